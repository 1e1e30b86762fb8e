"""A person at the wizard's pages, with JavaScript off: plain posts, and the page that follows."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from common.jobs import run_pending
from wizard.dialogue import Question
from wizard.models import WizardSession

SALES = b"""Month,Region,Revenue,Cost
2026-01-01,North,1200.50,800.00
2026-01-01,South,900.25,700.00
2026-02-01,North,1500.75,850.00
2026-02-01,South,1100.00,720.00
2026-03-01,North,1750.00,900.00
2026-03-01,South,1300.00,760.00
"""


class Person:
    """Answers what is asked; ``page`` is what came back last."""

    def __init__(self, browser: Client, session: WizardSession | None = None) -> None:
        self.browser = browser
        self.page: Any = None
        self.pk = session.pk if session else None

    def begin(self, **data: str) -> Person:
        response = self.browser.post(reverse("wizard:home"), data)
        assert response.status_code == 303, response.content.decode()
        return self.follow(response["Location"])

    def follow(self, url: str) -> Person:
        self.page = self.browser.get(url)
        assert self.page.status_code == 200
        self.pk = self.page.context["session"].pk
        return self

    def look(self) -> Person:
        return self.follow(self.url("session"))

    @property
    def session(self) -> WizardSession:
        return WizardSession.objects.get(pk=self.pk)

    @property
    def question(self) -> Question:
        question: Question = self.page.context["asked"].question
        return question

    @property
    def asked(self) -> str:
        return self.question.key if self.page.context.get("asked") else str(self.session.status)

    @property
    def text(self) -> str:
        return str(self.page.content.decode())

    def url(self, name: str, *more: str) -> str:
        name = "session" if name == "session" else f"session-{name}"
        return reverse(f"wizard:{name}", args=[self.pk, *more])

    def post(self, name: str, *more: str, **data: Any) -> Any:
        shown = self.page.context["session"]
        data = {"version": shown.version, **data}
        if self.page.context.get("asked"):
            data.setdefault("question", self.question.key)
        return self.browser.post(self.url(name, *more), data)

    def moved(self, response: Any) -> Person:
        assert response.status_code == 303, (self.asked, problem_of(response))
        return self.follow(response["Location"])

    def choose(self, *values: object) -> Person:
        return self.moved(self.post("answer", option=[str(value) for value in values]))

    def fill(self, **fields: object) -> Person:
        """The form as the browser sends it: what is shown, and what was changed."""
        shown = {one.name: one.value for one in self.page.context["asked"].fields}
        shown |= {f"field.{name.replace('__', '.')}": value for name, value in fields.items()}
        return self.moved(self.post("answer", **shown))

    def say(self, text: str) -> Person:
        return self.moved(self.post("answer", text=text))

    def give(self, value: str) -> Person:
        return self.moved(self.post("answer", value=value))

    def upload(self, name: str = "sales_q4.csv", content: bytes = SALES) -> Person:
        return self.moved(self.post("upload", file=SimpleUploadedFile(name, content)))

    def to_dashboard(self) -> Person:
        """From nothing to a suggested dashboard over an uploaded file, ready to be reviewed."""
        self.begin(option="create_dashboard").say("General")
        self.choose("suggest").choose("create").choose("csv").upload()
        self.fill().give("Sales Q4")
        self.choose(*[option.value for option in self.question.options])
        self.choose("done")
        return self.fill(name="Q4 dashboard")

    def reviewed(self) -> Person:
        run_pending()
        return self.look()

    def execute(self) -> Person:
        self.moved(self.post("execution", fingerprint=self.session.plan_sha256))
        return self


def problem_of(response: Any) -> str:
    """What the page says against what was sent."""
    context = response.context or {}
    problem = context["asked"].problem if context.get("asked") else ""
    return problem or context.get("notice") or f"{response.status_code}"
