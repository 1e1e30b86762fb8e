"""What the models put into the frame: navigation, tasks, topics, notices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from common import shell
from common.jobs.periodic import register_periodic
from common.realtime import drain, register_topic
from llm import survey
from llm.actions.pulls import forget_old_pulls
from llm.notices import model_notice, palette
from llm.orchestration.usage import forget_old_calls, settled

SHARED = "shared"


def register() -> None:
    """Called once, when the app is ready."""
    register_work()
    register_frame()


def register_frame() -> None:
    """Where models are in the navigation, and the bar above the pages."""
    shell.register_nav(
        shell.NavItem(
            key="models",
            label=_("Models"),
            url_name="llm:model-list",
            icon="cpu",
            visible=lambda user: user.organization_id is not None,
            order=85,
        )
    )
    shell.register_notice(model_notice)
    shell.register_palette(palette)


def register_work() -> None:
    """Jobs, the live topic, and what is looked after every so often."""
    from llm import tasks  # noqa: F401  (its handlers register themselves)

    register_topic("models", may_follow)
    register_periodic("llm.refresh_health", settings.LLM_HEALTH_SECONDS, survey.refresh_asked)
    register_periodic("llm.forget_calls", 3600, forget_old_calls)
    register_periodic("llm.forget_pulls", 3600, forget_old_pulls)
    drain.register(settled)


def may_follow(user: Any, owner: str) -> bool:
    """``models:<id>`` is open to the organisation's members, ``models:shared`` to all."""
    if user.organization_id is None:
        return False
    return owner in {SHARED, str(user.organization_id)}
