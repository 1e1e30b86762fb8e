"""What every form of this app can do: take the refusal of an action."""

from __future__ import annotations

from typing import Any

from django import forms

from common.http.problems import Problem


class ActionForm(forms.Form):
    """Shape and messages of input; what an action refuses is shown like the form's own errors."""

    use_required_attribute = False

    def take(self, problem: Problem) -> None:
        """Beside the fields it names, else above the form."""
        named: dict[str, Any] = problem.fields
        for name, sentences in named.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)
        if not named:
            self.add_error(None, problem.detail or str(problem))
