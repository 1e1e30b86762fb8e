"""The tags and filters that draw forms, figures, times and lists."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from common import shell
from common.templatetags import ui
from reportmanager.assets import icon_names

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def draw(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


class ReportForm(forms.Form):
    name = forms.CharField(help_text="Shown in lists.")
    note = forms.CharField(required=False, widget=forms.Textarea)
    kind = forms.ChoiceField(choices=[("bar", "Bars")], widget=forms.RadioSelect)
    run = forms.BooleanField(required=False, label="Run it now")
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_ties_label_help_and_control_together() -> None:
    html = draw('{% field form.name placeholder="Q3" %}', form=ReportForm())
    assert re.search(r'<label class="field__label" for="id_name">\s*Name', html)
    assert 'id="id_name_help"' in html
    assert 'aria-describedby="id_name_help"' in html
    assert 'placeholder="Q3"' in html
    assert "aria-invalid" not in html


def test_a_wrong_field_says_so() -> None:
    html = draw("{% field form.name %}", form=ReportForm({}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_help id_name_error"' in html
    assert "This field is required." in html
    assert html.count("aria-describedby") == 1


def test_an_optional_field_says_so() -> None:
    assert "(optional)" in draw("{% field form.note %}", form=ReportForm())
    assert "(optional)" not in draw("{% field form.run %}", form=ReportForm())


def test_choices_are_a_group_with_a_legend() -> None:
    html = draw("{% field form.kind %}", form=ReportForm())
    assert re.search(r"<fieldset.*<legend[^>]*>Kind", html, re.DOTALL)
    assert 'type="radio"' in html


def test_a_hidden_field_is_only_its_control() -> None:
    html = draw("{% field form.token %}", form=ReportForm())
    assert "<label" not in html
    assert 'type="hidden"' in html


def test_what_the_reader_typed_is_escaped() -> None:
    form = ReportForm({"name": '"><script>alert(1)</script>'})
    assert "<script>" not in draw("{% field form.name %}{% form_errors form %}", form=form)


def test_the_error_summary_leads_to_the_fields() -> None:
    html = draw("{% form_errors form %}", form=ReportForm({}))
    assert 'role="alert"' in html
    assert 'href="#id_name"' in html


def test_the_error_summary_of_a_good_form_is_empty() -> None:
    form = ReportForm({"name": "Sales", "kind": "bar"})
    assert draw("{% form_errors form %}", form=form).strip() == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1284320, "1,284,320"),
        (-12, "−12"),
        (0, "0"),
        (70.5, "70.5"),
        (1 / 3, "0.33"),
        (2.0, "2"),
        (Decimal("12345.60"), "12,345.60"),
        (None, "—"),
        ("n/a", "n/a"),
    ],
)
def test_figures(value: Any, text: str) -> None:
    assert ui.number(value) == text


def test_figures_with_decimals() -> None:
    assert ui.number(1234.5, 2) == "1,234.50"


def test_attributes_get_plain_numbers() -> None:
    assert ui.unlocalize_number(50000) == "50000"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (320, "320 ms"),
        (1400, "1.4 s"),
        (7000, "7 s"),
        (125_000, "2 min 5 s"),
        (timedelta(hours=2, minutes=3), "2 h 3 min"),
        (None, "—"),
    ],
)
def test_durations(value: Any, text: str) -> None:
    assert ui.duration(value) == text


NOON = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 18, 10, 4, tzinfo=UTC), "10:04"),
        (datetime(2026, 3, 17, 17, 30, tzinfo=UTC), "yesterday 17:30"),
        (datetime(2026, 3, 19, 9, 0, tzinfo=UTC), "tomorrow 09:00"),
        (datetime(2026, 3, 15, 23, 59, tzinfo=UTC), "3 days ago"),
        (datetime(2026, 1, 2, 8, 0, tzinfo=UTC), "2 Jan"),
        (datetime(2025, 3, 18, 8, 0, tzinfo=UTC), "18 Mar 2025"),
        (datetime(2026, 3, 25, 8, 0, tzinfo=UTC), "25 Mar"),
    ],
)
def test_times_as_one_says_them(moment: datetime, text: str) -> None:
    assert ui.as_one_says(moment, NOON) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(minutes=59, seconds=50), "1 hour ago"),
        (timedelta(hours=30), "1 day ago"),
        (timedelta(days=-3), "in 3 days"),
    ],
)
def test_distances(ago: timedelta, text: str) -> None:
    assert ui.distance(NOON - ago, NOON) == text


def test_times_are_shown_in_the_readers_zone() -> None:
    with timezone.override("Europe/Berlin"):
        html = draw('{% timestamp at "time" %}', at=datetime(2026, 7, 1, 8, 30, tzinfo=UTC))
    assert 'datetime="2026-07-01T10:30:00+02:00"' in html
    assert 'title="Wednesday, 1 July 2026, 10:30 CEST"' in html
    assert ">10:30</time>" in html


def test_a_day_has_no_clock() -> None:
    assert 'datetime="2026-07-01"' in draw("{% timestamp at %}", at=date(2026, 7, 1))


def test_no_time_is_a_dash() -> None:
    assert draw("{% timestamp at %}", at=None) == "—"


@pytest.mark.parametrize(
    ("state", "tone"),
    [("succeeded", "ok"), ("FAILED", "bad"), ("running", "info"), ("paused", "warn")],
)
def test_states_have_a_tone_an_icon_and_a_word(state: str, tone: str) -> None:
    html = draw("{% status state %}", state=state)
    assert f'data-state="{tone}"' in html
    assert "<svg" in html
    assert state.capitalize() in html


def test_an_unknown_state_is_shown_in_its_own_words() -> None:
    html = draw("{% status state %}", state="half_baked<b>")
    assert 'data-state="muted"' in html
    assert "Half baked&lt;b&gt;" in html


def test_a_labelled_icon_is_an_image() -> None:
    assert 'role="img" aria-label="Locked"' in draw('{% icon "lock" label="Locked" %}')
    assert 'aria-hidden="true"' in draw('{% icon "lock" %}')


def test_initials() -> None:
    assert ui.initials("alice.anders@example.org") == "AA"
    assert ui.initials("") == "?"


def test_pages_keep_the_filters(rf: RequestFactory) -> None:
    request = rf.get("/reports/", {"q": "a&b", "page": "2"})
    page = Paginator(range(100), 10).page(2)
    html = draw("{% pagination page %}", page=page, request=request)
    assert 'href="?q=a%26b&amp;page=3"' in html
    assert 'rel="prev"' in html
    assert "11–20 of 100" in html


def test_a_single_page_needs_no_pager(rf: RequestFactory) -> None:
    page = Paginator(range(5), 10).page(1)
    assert draw("{% pagination page %}", page=page, request=rf.get("/")).strip() == ""


def test_a_heading_sorts_both_ways(rf: RequestFactory) -> None:
    request = rf.get("/reports/", {"q": "x", "page": "3"})
    tag = '{% sort_header "name" "Report" sort %}'
    assert 'href="?q=x&amp;sort=name"' in draw(tag, sort="updated", request=request)
    ascending = draw(tag, sort="name", request=request)
    assert 'aria-sort="ascending"' in ascending
    assert 'href="?q=x&amp;sort=-name"' in ascending
    assert 'aria-sort="descending"' in draw(tag, sort="-name", request=request)


def sprite_names() -> set[str]:
    names = icon_names((ROOT / "static" / "icons.txt").read_text("utf-8"))
    return {f"{name.split('/')[1]}-filled" if "/" in name else name for name in names}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_use_icons_of_the_sprite(path: Path) -> None:
    used = re.findall(r"""\bicon(?:\s+|=)["']([a-z0-9-]+)["']""", path.read_text("utf-8"))
    assert set(used) <= sprite_names()


def test_the_frame_uses_icons_of_the_sprite() -> None:
    entries = [*shell.registry.nav.values(), *shell.registry.new.values()]
    assert {entry.icon for entry in entries} <= sprite_names()
    assert set(ui.TONE_ICONS.values()) <= sprite_names()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_keep_the_content_security_policy(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert "<style" not in text
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "hx-on" not in text
    assert not re.search(r"""["']\s*javascript:""", text)
    for attributes in re.findall(r"<script\b([^>]*)>", text):
        assert "src=" in attributes or "application/json" in attributes
