"""Every page there is, made to be used by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Browser, Locator, expect

from tests.browser.axe import check_everybody_can_use
from tests.browser.conftest import Visit
from tests.browser.demo import Demo
from tests.browser.talk import Mouse, Turn, main_job, question
from tests.browser.visitor import Visitor

OTHER_PEOPLES = {"admin", "api"}  # Django's admin and the documentation of the API
TALL = {"viewport": {"width": 1280, "height": 2400}, "reduced_motion": "reduce"}


class Things:
    """What some pages are about, made when the first of them is looked at."""

    def __init__(self, demo: Demo, visitor: Visitor) -> None:
        self.demo = demo
        self.page = visitor.page

    @cached_property
    def upload(self) -> str:
        file = ("Months.csv", b"Month,Takings\n2024-01-01,3\n2024-02-01,4\n", "text/csv")
        return str(self.demo.api("POST", "uploads", files={"file": file})["id"])

    @cached_property
    def job(self) -> str:
        self.page.goto(f"/sources/uploads/{self.upload}/")
        self.page.get_by_role("button", name="Create data source").click()
        expect(self.page.get_by_role("link", name="Open the result")).to_be_visible()
        return self.page.url.rstrip("/").rpartition("/")[2]

    @cached_property
    def trashed(self) -> str:
        """A report that lies in the trash."""
        self.page.goto("/reports/new/?source=2&suggestion=0")
        self.page.get_by_label("Name", exact=True).fill("Not needed")
        self.page.get_by_role("button", name="Create report").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Not needed")
        found = re.search(r"/reports/(\d+)/", self.page.url)
        assert found
        self.page.goto(f"/reports/{found[1]}/trash/")
        self.page.get_by_role("main").get_by_role("button", name="Move to trash").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Reports")
        return found[1]

    @cached_property
    def session(self) -> str:
        """A conversation whose chart is known."""
        self.page.goto("/wizard/")
        self.page.get_by_role("button", name="Create a report").click()
        for asked, answer in (
            ("data source", "Yes, use a data source I have"),
            ("data source", "US employment"),
            ("What kind of chart", "Number"),
        ):
            question(self.page, asked).get_by_role("button", name=answer).first.click()
        expect(question(self.page, "What kind of chart")).to_be_hidden()
        return self.page.url.rstrip("/").rpartition("/")[2]

    @cached_property
    def reset(self) -> list[str]:
        """User and token of a password reset, as they stand in its mail."""
        self.page.goto("/password/reset/")
        self.page.get_by_role("textbox").fill("viewer@demo.example")
        self.page.get_by_role("button", name="Send the link").click()
        expect(self.page).to_have_url(re.compile("/password/reset/sent/"))
        found = re.search(r"/password/set/([^/\s]+)/([^/\s]+)/", self.demo.log.read_text())
        assert found
        return [found[1], found[2]]


@dataclass(frozen=True)
class Place:
    role: str = "analyst"
    args: Callable[[Things], Any] = lambda things: []
    query: str = ""
    status: int = 200


def thing(*args: Any, query: str = "", role: str = "analyst") -> Place:
    return Place(role, lambda things: args, query)


PAGES: dict[str, Place] = {
    "home": Place(),
    "palette": Place(query="?q=sales"),
    "accounts:login": Place(role=""),
    "accounts:password-reset": Place(role=""),
    "accounts:password-reset-sent": Place(role=""),
    "accounts:password-reset-confirm": Place(role="", args=lambda things: things.reset),
    **{
        f"accounts:{name}": Place()
        for name in (
            "password-change", "profile", "appearance", "token-list", "token-create", "session-list"
        )
    },
    **{
        f"llm:{name}": Place(role="admin")
        for name in (
            "model-list", "health", "settings-connection", "settings-generation",
            "settings-preferences", "settings-access", "settings-advanced", "provider-create"
        )
    },
    "llm:settings-access-rule": Place(role="admin", args=lambda things: (1,)),
    **{
        f"accounts:{name}": Place(role="admin")
        for name in (
            "organization", "member-list", "member-create", "project-list", "project-create",
            "audit-list",
        )
    },
    "accounts:member-update": thing(3, role="admin"),
    "accounts:project-update": thing(1, role="admin"),
    "jobs:job-detail": Place(args=lambda things: [things.job]),
    "catalog:source-list": Place(),
    "catalog:upload": Place(),
    "catalog:intake": Place(args=lambda things: [things.upload]),
    "catalog:source-detail": thing(1),
    "catalog:source-edit": thing(1),
    "catalog:report-list": Place(),
    "catalog:report-create": Place(query="?source=2"),
    "catalog:report-detail": thing(5),
    "catalog:report-edit": thing(5),
    "catalog:dashboard-list": Place(),
    "catalog:dashboard-create": Place(),
    "catalog:dashboard-detail": thing(1),
    "catalog:dashboard-edit": thing(1),
    "catalog:widget-result": thing(1, 4),
    "catalog:schedule-list": Place(),
    "catalog:schedule-create": Place(query="?target=dashboard:1"),
    "catalog:schedule-detail": thing(1),
    "catalog:schedule-edit": thing(1),
    "catalog:trash": Place(),
    "catalog:item-trash": thing("source", 1),
    "catalog:item-purge": Place(args=lambda things: ["report", things.trashed]),
    "wizard:home": Place(),
    "wizard:session": Place(args=lambda things: [things.session]),
    "wizard:session-preview": Place(args=lambda things: [things.session]),
}  # fmt: skip
ADDRESSES: dict[str, Place] = {
    "/reports/new/": Place(),
    "/reports/?q=nothing+like+this": Place(),
    "/dashboards/1/?view=full": Place(),
    "/reports/8/": Place(),
    "/reports/9999/": Place(status=404),
    "/wizard/": Place(role="viewer", status=403),
    "/": Place(role="viewer"),
    "/dashboards/2/": Place(role="viewer"),
}
FRAGMENTS = {
    "catalog:source-preview": "rows of catalog:source-detail",
    "catalog:report-result": "the drawing of catalog:report-detail",
    "wizard:session-progress": "wizard:session under another address",
    "accounts:setup": "there only before the first account",
    **{f"llm:model-{name}": "test_models" for name in ("detail", "loading", "deletion")},
    **{f"llm:provider-{name}": "test_model_settings" for name in ("edit", "deletion")},
}
PLACEHOLDERS = {"int": 1, "uuid": "00000000-0000-4000-8000-000000000000", "kind": "report"}


@pytest.fixture(scope="module")
def things(browser: Browser, demo: Demo, logins: Callable[[str], Any]) -> Iterator[Things]:
    context = browser.new_context(base_url=demo.url, storage_state=logins("analyst"))
    yield Things(demo, Visitor(context))
    context.close()


def look(visit: Visit, place: Place, address: str) -> None:
    visitor = visit(place.role, **TALL)
    visitor.expected = {place.status} - {200}
    answer = visitor.page.goto(address)
    assert answer
    assert answer.status == place.status
    check_everybody_can_use(visitor.page)


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_it(visit: Visit, things: Things, name: str) -> None:
    place = PAGES[name]
    look(visit, place, reverse(name, args=place.args(things)) + place.query)


@pytest.mark.parametrize("address", ADDRESSES)
def test_everybody_can_use_it_in_that_state(visit: Visit, address: str) -> None:
    look(visit, ADDRESSES[address], address)


def test_a_refused_form_can_be_understood_by_everybody(visit: Visit) -> None:
    visitor = visit("analyst", **TALL)
    visitor.expected = {422}
    visitor.page.goto("/reports/new/?source=2")
    visitor.page.get_by_label("Name", exact=True).fill("")
    visitor.page.get_by_role("button", name="Create report").click()
    expect(visitor.page.get_by_role("alert").first).to_be_focused()
    check_everybody_can_use(visitor.page)


def test_no_page_was_forgotten(visit: Visit) -> None:
    """What is not looked at above is no page: it takes no GET, or answers with something else."""
    requests = visit("admin").context.request
    forgotten = []
    for name, arguments in named_urls(get_resolver().url_patterns):
        if name in PAGES or name in FRAGMENTS:
            continue
        answer = requests.get(reverse(name, kwargs=arguments), max_redirects=0)
        if answer.status != 405 and "text/html" in answer.headers.get("content-type", ""):
            forgotten.append(name)
    # A session's options and XML are asked for by its page; the placeholder has none.
    assert set(forgotten) <= {"wizard:session-options", "wizard:session-plan", "catalog:report-svg"}
    assert not FRAGMENTS.keys() & PAGES.keys()


def named_urls(patterns: list[Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, (above, pattern.namespace)))
            if inner not in OTHER_PEOPLES:
                yield from named_urls(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            arguments = {
                key: PLACEHOLDERS.get(
                    type(converter).__name__.removesuffix("Converter").lower(), "x"
                )
                for key, converter in pattern.pattern.converters.items()
            }
            parents = {"pk": PLACEHOLDERS["uuid"]} if above == "wizard" and arguments else {}
            yield ":".join(filter(None, (above, pattern.name))), {**arguments, **parents}


class Examiner(Mouse):
    """Looks at each kind of question."""

    kinds = ("have reports", "upload", "Are the types right", "What kind of chart", "be called")

    def look(self, asked: Locator) -> None:
        if any(kind in asked.get_by_role("heading").inner_text() for kind in self.kinds):
            check_everybody_can_use(self.page)


def test_everybody_can_use_each_state_of_a_conversation(visit: Visit) -> None:
    wizard = Examiner(visit("ben", **TALL))
    wizard.begin()
    wizard.say(main_job("Axe"))
    wizard.wait_for_plan()
    check_everybody_can_use(wizard.page)
    wizard.page.get_by_text("View XML").click()
    check_everybody_can_use(wizard.page)
    wizard.execute()
    wizard.wait_for_result()
    check_everybody_can_use(wizard.page)


def test_everybody_can_use_a_list_and_an_end(visit: Visit) -> None:
    wizard = Examiner(visit("ben", **TALL))
    wizard.begin("List existing items")
    wizard.say([Turn("What", "All")])
    expect(wizard.page.get_by_role("table").first).to_be_visible()
    check_everybody_can_use(wizard.page)
    wizard.begin("Create a schedule")
    wizard.page.get_by_role("button", name="Cancel", exact=True).click()
    expect(wizard.page.get_by_role("heading", name="Cancelled. Nothing")).to_be_visible()
    check_everybody_can_use(wizard.page)
