"""Tags and filters that draw the parts every page is made of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

register = template.Library()

NOTHING = "—"

# A state of anything in the product has a tone; the tone decides colour and icon, not the words.
TONES = {
    "ok": "ok active answered completed connected done healthy live online passed published ready "
    "succeeded success valid",
    "warn": "warn cancelled degraded interrupted paused stale stopped warning",
    "bad": "bad danger dead error expired failed invalid offline refused unreachable",
    "info": "info busy confirmed converting executing new preparing processing retrying running "
    "streaming",
    "muted": "muted archived disabled draft inactive none off pending queued skipped trashed "
    "unknown waiting",
}
_TONE_OF = {state: tone for tone, states in TONES.items() for state in states.split()}
TONE_ICONS = {
    "ok": "circle-check",
    "warn": "alert-triangle",
    "bad": "circle-x",
    "info": "info-circle",
    "muted": "circle-dashed",
}
_BUSY = {
    "busy",
    "converting",
    "executing",
    "preparing",
    "processing",
    "retrying",
    "running",
    "streaming",
}
STATE_LABELS = {
    "ok": gettext_lazy("OK"),
    "succeeded": gettext_lazy("Succeeded"),
    "failed": gettext_lazy("Failed"),
    "running": gettext_lazy("Running"),
    "queued": gettext_lazy("Queued"),
    "cancelled": gettext_lazy("Cancelled"),
    "draft": gettext_lazy("Draft"),
    "published": gettext_lazy("Published"),
    "active": gettext_lazy("Active"),
    "paused": gettext_lazy("Paused"),
    "ready": gettext_lazy("Ready"),
    "pending": gettext_lazy("Pending"),
    "unreachable": gettext_lazy("Unreachable"),
    "stale": gettext_lazy("Stale"),
    "warn": gettext_lazy("Warning"),
    "bad": gettext_lazy("Error"),
    "info": gettext_lazy("Information"),
}


# --- small things ---------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """An icon of the sprite. Decorative unless it is given a label."""
    source = f"{static('vendor/icons.svg')}#{name}"
    css = f"icon {classes}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, source
        )
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"/></svg>', css, source
    )


@register.simple_tag
def status(state: str, text: str | Promise = "") -> SafeString:
    """A state as icon and word: ``{% status run.status run.get_status_display %}``."""
    key = str(state or "unknown").lower()
    tone = tone_of(key)
    drawing = (
        icon("loader-2", "icon--spin") if key in _BUSY else icon(TONE_ICONS.get(tone, "point"))
    )
    words = text or STATE_LABELS.get(key) or key.replace("_", " ").replace("-", " ").capitalize()
    return format_html(
        '<span class="status" data-state="{}">{}<span>{}</span></span>', tone, drawing, words
    )


@register.filter
def tone_of(state: str) -> str:
    """ok, warn, bad, info or muted."""
    return _TONE_OF.get(str(state).lower(), "muted")


@register.filter
def number(value: Any, decimals: int | None = None) -> str:
    """A figure in the reader's locale, with grouped thousands; a dash for nothing."""
    if value is None or value == "":
        return NOTHING
    if not isinstance(value, int | float | Decimal):
        return str(value)
    if decimals is None and isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:.3e}"
    text = formats.number_format(value, decimal_pos=decimals, use_l10n=True, force_grouping=True)
    return text.replace("-", "−", 1) if text.startswith("-") else text


@register.filter
def unlocalize_number(value: Any) -> str:
    """A number as HTML attributes want it: no grouping, a point."""
    return str(value) if isinstance(value, int | float | Decimal) else ""


@register.filter
def duration(value: Any) -> str:
    """Milliseconds (or a timedelta) in the unit a person would use: 320 ms, 1.4 s, 2 min 5 s."""
    if value is None or value == "":
        return NOTHING
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value) / 1000
    if seconds < 1:
        return _("%(count)s ms") % {"count": round(seconds * 1000)}
    if seconds < 60:
        tenths = round(seconds, 1)
        shown = int(tenths) if tenths == int(tenths) else tenths
        return _("%(count)s s") % {"count": formats.number_format(shown)}
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


@register.filter
def initials(person: Any) -> str:
    """Two letters for the avatar: of the name, else of the e-mail."""
    name = getattr(person, "name", "") or getattr(person, "email", "") or str(person)
    words = name.replace("@", " ").replace(".", " ").replace("-", " ").split()
    return "".join(word[0] for word in words[:2]).upper() or "?"


# --- time -----------------------------------------------------------------------------------------


@register.simple_tag
def timestamp(moment: datetime | date | None, style: str = "auto") -> SafeString | str:
    """A moment in the reader's zone, the full date in its title.

    ``auto`` is what one would say ("10:04", "yesterday 17:30", "3 days ago"), ``ago``
    always counts, ``time``, ``date`` and ``full`` spell it out.
    """
    if moment is None or moment == "":
        return NOTHING
    if not isinstance(moment, datetime):
        return format_html(
            '<time datetime="{}">{}</time>', moment.isoformat(), formats.date_format(moment)
        )
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        _full(local),
        _spoken(local, style),
    )


def _spoken(local: datetime, style: str) -> str:
    now = timezone.localtime() if timezone.is_aware(local) else datetime.now()
    if style == "time":
        return formats.time_format(local, "H:i")
    if style == "date":
        return formats.date_format(local, "DATE_FORMAT")
    if style == "full":
        return _full(local)
    if style == "ago":
        return distance(local, now)
    return as_one_says(local, now)


def as_one_says(local: datetime, now: datetime) -> str:
    days = (now.date() - local.date()).days
    clock = formats.time_format(local, "H:i")
    if days == 0:
        return clock
    if days == 1:
        return _("yesterday %(time)s") % {"time": clock}
    if days == -1:
        return _("tomorrow %(time)s") % {"time": clock}
    if 1 < days < 7:
        return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}
    if local.year == now.year:
        return formats.date_format(local, "j M")
    return formats.date_format(local, "j M Y")


def distance(local: datetime, now: datetime) -> str:
    seconds = (now - local).total_seconds()
    if abs(seconds) < 45:
        return _("just now")
    amount = _amount(abs(seconds))
    template_ = _("%(amount)s ago") if seconds > 0 else _("in %(amount)s")
    return template_ % {"amount": amount}


def _amount(seconds: float) -> str:
    minutes, hours, days = round(seconds / 60), round(seconds / 3600), round(seconds / 86400)
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if hours < 24:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def _full(local: datetime) -> str:
    zone = local.tzname() or ""
    return f"{formats.date_format(local, 'l, j F Y, H:i')} {zone}".strip()


# --- forms ----------------------------------------------------------------------------------------

_CHECKS = (forms.CheckboxInput,)
_GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    label: str | Promise = "",
    help: str | Promise = "",
    hidden_label: bool = False,
    **attributes: Any,
) -> dict[str, Any]:
    """One form field: label, control, help, errors, and the ARIA that ties them together.

    Further keywords become attributes of the control: ``placeholder="…"``, ``autofocus=True``,
    ``data_shortcut="/"`` (underscores turn into hyphens).
    """
    kind = _kind(bound)
    attrs = {name.replace("_", "-"): value for name, value in attributes.items()}
    help_text = help or bound.help_text
    described = [f"{bound.auto_id}_help"] if help_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    attrs["class"] = _control_class(bound, kind)
    return {
        "field": bound,
        "kind": kind,
        "label": label or bound.label,
        "help": help_text,
        "hidden_label": hidden_label,
        "control": bound.as_widget(attrs=attrs),
        "optional": not bound.field.required and kind not in ("check", "hidden"),
    }


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if bound.is_hidden:
        return "hidden"
    if isinstance(widget, _GROUPS):
        return "group"
    return "check" if isinstance(widget, _CHECKS) else "control"


def _control_class(bound: BoundField, kind: str) -> str:
    widget = bound.field.widget
    own = widget.attrs.get("class", "")
    base = "form-select" if isinstance(widget, forms.Select) else "form-control"
    if kind in ("group", "check"):
        base = "form-check-input"
    invalid = "is-invalid" if bound.errors else ""
    return " ".join(filter(None, (base, own, invalid)))


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm, title: str | Promise = "") -> dict[str, Any]:
    """Summary of what is wrong with a form; its lines lead to the fields."""
    fields = [(bound, bound.errors) for bound in form.visible_fields() if bound.errors]
    hidden = [error for bound in form.hidden_fields() for error in bound.errors]
    general = [*form.non_field_errors(), *hidden]
    return {"fields": fields, "general": general, "title": title}


# --- lists ----------------------------------------------------------------------------------------


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Page[Any], target: str = "") -> dict[str, Any]:
    """Page links of a list; ``target`` (a CSS selector) lets htmx replace just the list."""
    paginator = page.paginator
    return {
        "page": page,
        "target": target,
        "links": [
            (mark, _query(context, page=mark) if isinstance(mark, int) else "")
            for mark in paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
        ],
        "previous": _query(context, page=page.number - 1) if page.has_previous() else "",
        "next": _query(context, page=page.number + 1) if page.has_next() else "",
    }


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(
    context: template.Context,
    key: str,
    label: str | Promise,
    current: str = "",
    classes: str = "",
    target: str = "",
) -> dict[str, Any]:
    """A column heading that sorts by ``?sort=key`` and, pressed again, by ``?sort=-key``."""
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    wanted = f"-{key}" if direction == "ascending" else key
    return {
        "label": label,
        "direction": direction,
        "url": _query(context, sort=wanted, page=None),
        "classes": classes,
        "target": target,
        "icon": {"ascending": "sort-ascending", "descending": "sort-descending"}.get(direction),
    }


def _query(context: template.Context, **changes: Any) -> str:
    request: HttpRequest | None = context.get("request")
    params = request.GET.copy() if request else {}
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = str(value)
    encoded = params.urlencode() if hasattr(params, "urlencode") else ""
    return f"?{encoded}"
