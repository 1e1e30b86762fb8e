"""Pages that hold the parts of the frame, for tests in a browser. They need no database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from common import shell
from common.http.htmx import redirect

HERE = Path(__file__).parent
PARTS = (HERE / "frame_parts.html").read_text("utf-8")
FORM = (HERE / "frame_form.html").read_text("utf-8")
PLAIN = (HERE / "frame_plain.html").read_text("utf-8")

counted: list[int] = []


class Thing(forms.Form):
    name = forms.CharField(help_text="Shown in lists.")
    kind = forms.ChoiceField(
        choices=[("a", "Bars"), ("b", "Lines")], widget=forms.RadioSelect, required=False
    )
    note = forms.CharField(widget=forms.Textarea, required=False)
    size = forms.ChoiceField(choices=[("s", "Small")], required=False)
    run = forms.BooleanField(required=False)


class Person:
    is_authenticated = True
    name = "Alice Anders"
    email = "alice@example.org"
    organization = None
    settings: dict[str, Any] = {}

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return True


def sign_in(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Middleware: everybody is Alice, with the theme of ?theme= or of the cookie."""

    def middleware(request: HttpRequest) -> HttpResponse:
        person = Person()
        theme = request.GET.get("theme") or request.COOKIES.get("rm_theme", "")
        person.settings = {"theme": theme}
        request.user = person  # type: ignore[assignment]
        return get_response(request)

    return middleware


def draw(request: HttpRequest, source: str, status: int = 200, **context: Any) -> HttpResponse:
    return HttpResponse(
        engines["django"].from_string(source).render(context, request), status=status
    )


def parts(request: HttpRequest) -> HttpResponse:
    form = Thing({}) if "wrong" in request.GET else Thing()
    states = ["succeeded", "stale", "failed", "running", "draft"]
    return draw(request, PARTS, form=form, states=states)


def new_thing(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return draw(request, FORM, form=Thing())
    form = Thing(request.POST)
    if form.is_valid():
        return redirect(request, "/sources/")
    return draw(request, FORM, form=form, status=422)


def upload(request: HttpRequest) -> HttpResponse:
    if "bad" in request.FILES["file"].name:
        return HttpResponse(
            '{"message": "This file cannot be used.", "detail": "Row 3 has 5 cells."}',
            status=422,
            content_type="application/problem+json",
        )
    return redirect(request, "/sources/")


def count(request: HttpRequest) -> HttpResponse:
    counted.append(1)
    return HttpResponse("refreshed")


def theme(request: HttpRequest) -> HttpResponse:
    response = redirect(request, "/")
    response.set_cookie("rm_theme", request.POST["theme"])
    return response


def palette(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "")
    entries = shell.palette_entries(request.user, query)
    source = '{% include "components/palette_results.html" %}'
    return draw(request, source, entries=entries, q=query)


def place(name: str) -> Callable[[HttpRequest], HttpResponse]:
    return lambda request: draw(request, PLAIN, name=name)


accounts = (
    [path("theme/", theme, name="theme"), path("out/", place("Bye"), name="logout")],
    "accounts",
)
urlpatterns = [
    path("", place("Home"), name="home"),
    path("parts/", parts, name="parts"),
    path("things/new/", new_thing, name="new-thing"),
    path("reports/", place("Reports"), name="reports"),
    path("sources/", place("Sources"), name="sources"),
    path("upload/", upload, name="upload"),
    path("count/", count, name="count"),
    path("palette/", palette, name="palette"),
    path("accounts/", include(accounts)),
]
