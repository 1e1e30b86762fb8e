"""Generation options in words for people. Their ranges are those of the options themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from llm.forms.base import ActionForm
from llm.orchestration.options import DEFAULT_WINDOW
from llm.providers.options import GenerationOptions, Think

MOST_STOPS, LONGEST_STOP = 8, 100
SCHEMA = GenerationOptions.model_json_schema()["properties"]
THINK: dict[str, tuple[Think, Any]] = {
    "off": (False, gettext_lazy("Off: answer at once")),
    "on": (True, gettext_lazy("On")),
    "low": ("low", gettext_lazy("A little")),
    "medium": ("medium", gettext_lazy("Some")),
    "high": ("high", gettext_lazy("Much")),
    "max": ("max", gettext_lazy("As much as it can")),
}
NUMBERS = {
    "temperature": (
        gettext_lazy("Temperature"),
        gettext_lazy(
            "How freely it words things. Low: sober, and much the same every time. High: more "
            "inventive, and more often wrong."
        ),
    ),
    "top_p": (
        gettext_lazy("Top P"),
        gettext_lazy("Leaves out unlikely words: 0.9 keeps the likeliest ones that make up 90 %."),
    ),
    "top_k": (
        gettext_lazy("Top K"),
        gettext_lazy("Leaves out all but this many of the likeliest next words."),
    ),
    "repeat_penalty": (
        gettext_lazy("Repeat penalty"),
        gettext_lazy("Above 1 it avoids words it has just used; 1 leaves it alone."),
    ),
    "num_ctx": (
        gettext_lazy("Context window"),
        gettext_lazy(
            "Tokens it reads at once: question, data, conversation. More take more memory; a "
            "change makes models load again. Only on your own servers."
        ),
    ),
    "num_predict": (
        gettext_lazy("Longest answer"),
        gettext_lazy("In tokens; a token is about three quarters of a word. Then it is cut off."),
    ),
    "seed": (
        gettext_lazy("Seed"),
        gettext_lazy(
            "With the same number the same question gets the same answer, as far as the server can."
        ),
    ),
}


class GenerationForm(ActionForm):
    """``installation`` lies below: what is left empty is as it says."""

    stop = forms.CharField(
        label=gettext_lazy("Stop at"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Texts at which an answer ends, one a line, at most 8. The text itself is left out."
        ),
    )
    think = forms.ChoiceField(
        label=gettext_lazy("Thinking"),
        required=False,
        help_text=gettext_lazy(
            "Some models think before they answer, which takes longer and can be read in the chat. "
            "Others ignore this."
        ),
    )
    field_order = [
        "temperature", "top_p", "top_k", "repeat_penalty", "num_ctx", "num_predict", "think",
        "seed", "stop",
    ]  # fmt: skip

    def __init__(self, *args: Any, installation: GenerationOptions, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, sentence) in NUMBERS.items():
            self.fields[name] = _number(name, label, sentence, getattr(installation, name))
        think: Any = self.fields["think"]
        think.choices = [("", _inherited(installation)), *((k, w) for k, (_v, w) in THINK.items())]
        if installation.stop:
            said = _("installation: %(value)s") % {"value": " · ".join(installation.stop)}
            self.fields["stop"].widget.attrs["placeholder"] = said
        self.order_fields(self.field_order)

    @staticmethod
    def initial_of(options: GenerationOptions) -> dict[str, Any]:
        keys = {value: key for key, (value, _words) in THINK.items()}
        initial = options.set()
        if options.think is not None:
            initial["think"] = keys[options.think]
        if options.stop:
            initial["stop"] = "\n".join(options.stop)
        return initial

    def clean_stop(self) -> list[str] | None:
        lines = [line for line in self.cleaned_data["stop"].splitlines() if line.strip()]
        if len(lines) > MOST_STOPS:
            raise forms.ValidationError(_("At most %(n)d texts.") % {"n": MOST_STOPS})
        if any(len(line) > LONGEST_STOP for line in lines):
            raise forms.ValidationError(_("At most %(n)d characters a line.") % {"n": LONGEST_STOP})
        return lines or None

    def clean_think(self) -> Think | None:
        key = self.cleaned_data["think"]
        return THINK[key][0] if key else None

    def options(self) -> dict[str, Any]:
        """What is said, by name."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


def bounds(name: str) -> dict[str, Any]:
    """As the options' schema says: type, minimum, maximum, exclusiveMinimum."""
    found: dict[str, Any] = SCHEMA[name]["anyOf"][0]
    return found


def _number(name: str, label: Any, sentence: Any, inherited: Any) -> forms.Field:
    limits = bounds(name)
    whole = limits["type"] == "integer"
    kind: Any = forms.IntegerField if whole else forms.FloatField
    above = limits.get("exclusiveMinimum")
    least = limits.get("minimum", above)
    span = _("From %(least)s to %(most)s.")
    if above is not None:
        span = _("More than %(least)s, up to %(most)s.")
    words = span % {"least": _shown(least), "most": _shown(limits["maximum"])}
    field: forms.Field = kind(
        label=label,
        required=False,
        min_value=None if above is not None else least,
        max_value=limits["maximum"],
        help_text=lazystr(f"{sentence} {words}"),
    )
    field.widget.attrs |= {
        "placeholder": _placeholder(name, inherited),
        "step": "1" if whole else "any",
    }
    return field


def _placeholder(name: str, inherited: Any) -> str:
    """What holds while the field is empty. Windows of own servers are not the installation's."""
    if name == "num_ctx":
        return _("otherwise %(value)s") % {"value": _shown(DEFAULT_WINDOW)}
    if inherited is None:
        return _("the model's default")
    return _("installation: %(value)s") % {"value": _shown(inherited)}


def _inherited(installation: GenerationOptions) -> str:
    if installation.think is None:
        return _("The model's default")
    words = next(words for value, words in THINK.values() if value == installation.think)
    return _("As the installation says: %(words)s") % {"words": words}


def _shown(value: Any) -> str:
    return str(number_format(value, use_l10n=True, force_grouping=True))
