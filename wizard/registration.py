"""What the wizard puts into the frame: navigation, + New, palette, home, upkeep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common import shell
from common.jobs.periodic import register_periodic
from wizard.actions.sessions import PERMISSION
from wizard.preview import discard_old
from wizard.queries import sessions_of, unfinished


def register() -> None:
    from wizard import tasks  # noqa: F401  (its handlers register themselves)

    shell.register_nav(
        shell.NavItem(
            key="wizard",
            label=_("AI wizard"),
            url_name="wizard:home",
            icon="wand",
            permission=PERMISSION,
            order=80,
        )
    )
    shell.register_new(
        shell.NewItem(
            label=_("Ask the wizard"),
            url_name="wizard:home",
            icon="wand",
            permission=PERMISSION,
            order=50,
            shortcut="w",
        )
    )
    shell.register_palette(palette)
    shell.register_home(shell.HomeSection("wizard", 15, home))
    register_periodic("wizard.discard_previews", 3600, discard_old)


def palette(user: Any, query: str) -> Iterator[shell.PaletteEntry]:
    """Conversations whose title holds the words."""
    if not query or not user.has_perm(PERMISSION):
        return
    for session in sessions_of(user, q=query)[:4]:
        url = reverse("wizard:session", args=[session.pk])
        yield shell.PaletteEntry(str(session), url, _("Wizard conversation"), "wand")


def home(request: HttpRequest) -> tuple[str, dict[str, Any]] | None:
    """Conversations to go on with."""
    from wizard.views.drawing import STATUS_WORDS

    user = request.user
    if not user.has_perm(PERMISSION):
        return None
    sessions = list(unfinished(user)[:4])
    if not sessions:
        return None
    return "wizard/home_unfinished.html", {"sessions": sessions, "words": STATUS_WORDS}
