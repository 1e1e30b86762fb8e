"""What models say on pages that are not theirs: the bar above the page, the command palette."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import shell
from llm import survey
from llm.models import Provider
from llm.queries import providers_in_use
from llm.survey import State

NEAR = ("/wizard/", "/chat/")
"""Where models matter; elsewhere only those who can mend it are told."""
OWN = "/models/"
"""These pages say it themselves."""
MANAGE = "llm.manage_models"


def model_notice(request: HttpRequest) -> shell.Notice | None:
    """A server that has answered before does not any more. One that never did is no news: the
    product works without a model."""
    user: Any = request.user
    manages = user.has_perm(MANAGE)
    concerned = manages or request.path.startswith(NEAR)
    if user.organization_id is None or not concerned or request.path.startswith(OWN):
        return None
    seen = Provider.objects.visible_to(user).filter(enabled=True, seen_at__isnull=False)
    known = {each.pk: survey.last_known(each) for each in seen}
    if not any(state.state is State.DOWN for state in known.values()):
        return None
    used = [each for each in providers_in_use(user) if each.pk in known]
    away = [each.name for each in used if known[each.pk].state is State.DOWN]
    if not away:
        return None
    answering = any(known[each.pk].answers for each in used)
    return shell.Notice(
        key="models",
        state="info" if answering else "warn",
        text=_away(away, others=answering),
        url=reverse("llm:health" if manages else "llm:model-list"),
        action=gettext_lazy("See details"),
    )


def palette(user: Any, query: str) -> Iterator[shell.PaletteEntry]:
    """Models by name, as far as they are known without asking."""
    if not query or user.organization_id is None:
        return
    for provider in Provider.objects.visible_to(user).filter(enabled=True):
        for model in survey.last_known(provider).models:
            if query.casefold() in model.name.casefold():
                where = urlencode({"provider": provider.pk, "name": model.name})
                url = f"{reverse('llm:model-detail')}?{where}"
                yield shell.PaletteEntry(model.name, url, _("Model"), "cpu", provider.name)


def _away(names: list[str], *, others: bool) -> str:
    if len(names) == 1:
        sentence = _("%(name)s does not answer.") % {"name": names[0]}
    else:
        sentence = _("These model servers do not answer: %(names)s.") % {"names": ", ".join(names)}
    if others:
        return _("%(sentence)s Other models answer instead.") % {"sentence": sentence}
    return _(
        "%(sentence)s No language model is available. Guided mode and everything else work on."
    ) % {"sentence": sentence}
