"""Which models are taken first, by purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.http.problems import Problem
from llm.forms.base import ActionForm
from llm.forms.settings.words import PURPOSES
from llm.orchestration.purposes import Purpose

PLACES = 5
SHOWN = 2
"""The others are folded away while they are empty."""
ORDINALS = (
    gettext_lazy("First choice"),
    gettext_lazy("Second choice"),
    gettext_lazy("Third choice"),
    gettext_lazy("Fourth choice"),
    gettext_lazy("Fifth choice"),
)
Choices = Sequence[tuple[str, str]]


class PreferencesForm(ActionForm):
    """``chosen`` and ``choices`` by purpose; fields are "chat-1", "chat-2" …"""

    def __init__(
        self,
        *args: Any,
        chosen: Mapping[str, Sequence[str]],
        choices: Mapping[str, Choices],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.places = {
            purpose: max(PLACES, len(chosen.get(purpose, ()))) for purpose in map(str, Purpose)
        }
        for purpose, place, name in self._names():
            names = chosen.get(purpose, ())
            self.fields[name] = forms.ChoiceField(
                label=ORDINALS[place - 1] if place <= PLACES else _("Choice %(n)d") % {"n": place},
                required=False,
                choices=[("", _("Automatic") if place == 1 else "—"), *choices[purpose]],
                initial=names[place - 1] if place <= len(names) else "",
            )

    def preferences(self) -> dict[str, list[str]]:
        """Gaps are closed."""
        found: dict[str, list[str]] = {purpose: [] for purpose in self.places}
        for purpose, _place, name in self._names():
            if value := self.cleaned_data[name]:
                found[purpose].append(value)
        return found

    def shown(self, purpose: Purpose) -> list[BoundField]:
        return self._bound(purpose)[:SHOWN]

    def folded(self, purpose: Purpose) -> list[BoundField]:
        return self._bound(purpose)[SHOWN:]

    def take(self, problem: Problem) -> None:
        """What an action says of a purpose stands at its first choice."""
        fields = {f"{purpose}-1": said for purpose, said in problem.fields.items()}
        super().take(Problem(problem.code, problem.detail, fields=fields))

    def _bound(self, purpose: Purpose) -> list[BoundField]:
        return [self[name] for other, _place, name in self._names() if other == purpose]

    def _names(self) -> Iterator[tuple[str, int, str]]:
        for purpose, places in self.places.items():
            for place in range(1, places + 1):
                yield purpose, place, f"{purpose}-{place}"


assert set(PURPOSES) == set(Purpose)  # noqa: S101  (each has its words)
