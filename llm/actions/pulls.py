"""Downloads of models: started, taken up again, cancelled, put away."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Organization, User
from common import clock, ratelimit, realtime
from common.http.problems import Problem
from common.jobs import cancel, submit
from common.jobs.models import ACTIVE, Job
from llm.actions.base import authorise, authorise_for
from llm.connections import can
from llm.models import ModelPull, Provider
from llm.problems import Invalid
from llm.providers.base import Capability
from llm.providers.errors import RequestRefused
from llm.providers.ollama import check_pull_name

KIND = "llm.pull_model"


def start_pull(*, actor: User, provider: Provider, name: str) -> ModelPull:
    """Download a model. While the same is under way, that download is returned; one that broke
    off goes on under its old row."""
    organization = authorise_for(actor, provider)
    if not can(provider, Capability.PULL):
        raise Problem("MODEL_UNSUPPORTED", _("Servers of this kind cannot be told to download."))
    name = _checked(name)
    ratelimit.charge("models", str(actor.pk))
    with transaction.atomic():
        _hold(provider)
        rows = ModelPull.objects.filter(organization=organization, provider=provider, name=name)
        latest = rows.shown().select_related("job").first()
        if latest is not None and latest.is_active:
            return latest
        if latest is not None and latest.can_resume:
            return _go_on(actor, latest)
        rows.shown().update(dismissed_at=clock.now())
        pull = ModelPull(organization=organization, provider=provider, name=name, user=actor)
        return _submit(pull, actor, "model-pull.started")


def resume_pull(*, actor: User, pull: ModelPull) -> ModelPull:
    """Go on with a download that failed or was cancelled; the server still has what came."""
    authorise_for(actor, pull.provider)
    ratelimit.charge("models", str(actor.pk))
    with transaction.atomic():
        _hold(pull.provider)
        fresh = ModelPull.objects.select_related("job", "provider").get(pk=pull.pk)
        if fresh.is_active:
            return fresh
        if not fresh.can_resume:
            raise Problem("ILLEGAL_TRANSITION", _("This download is complete."))
        return _go_on(actor, fresh)


def cancel_pull(*, actor: User, pull: ModelPull) -> bool:
    """Ask it to stop. What came is kept by the server. False if it has ended already."""
    _authorise_stop(actor, pull)
    if pull.job is None or not cancel(pull.job):
        return False
    with transaction.atomic():
        audit.record("model-pull.cancelled", actor=actor, target=pull)
        tell(pull.organization_id, pull.pk)
    return True


def dismiss_pull(*, actor: User, pull: ModelPull) -> None:
    """Take an ended download out of the list."""
    _authorise_stop(actor, pull)
    if pull.is_active:
        raise Problem("ILLEGAL_TRANSITION", _("It is still running. Cancel it first."))
    if pull.dismissed_at is None:
        pull.dismissed_at = clock.now()
        pull.save(update_fields=["dismissed_at", "updated_at"])
        tell(pull.organization_id, pull.pk)


def forget_old_pulls() -> int:
    """Delete what was put away, or ended, long ago; how many they were. Jobs of downloads are
    kept as long as these rows point at them."""
    limit = clock.now() - timedelta(days=settings.JOB_DAYS)
    active = Q(job__status__in=ACTIVE)
    old = ModelPull.objects.exclude(active).filter(updated_at__lt=limit)
    return old.delete()[0]


def tell(organization_id: int, pull_id: uuid.UUID) -> None:
    """The list of downloads is another now."""
    realtime.publish(f"models:{organization_id}", "pulls-changed", {"id": str(pull_id)})


def _authorise_stop(actor: User, pull: ModelPull) -> Organization:
    """Also where the provider has been taken out of the Admins' hands meanwhile."""
    organization = authorise(actor)
    if pull.organization_id != organization.pk:
        raise Problem("NOT_FOUND")
    return organization


def _go_on(actor: User, pull: ModelPull) -> ModelPull:
    pull.dismissed_at = None
    return _submit(pull, actor, "model-pull.resumed")


def _submit(pull: ModelPull, actor: User, action: str) -> ModelPull:
    pull.job = submit(
        KIND,
        payload={"pull_id": str(pull.pk)},
        organization=pull.organization,
        user=actor,
        subject=f"model-pull:{pull.pk}",
        dedupe_key=_key(pull),
    )
    if (other := _other_pull(pull.job, pull)) is not None:
        return other
    pull.status, pull.bytes_per_second = "", None
    pull.save()
    audit.record(action, actor=actor, target=pull, changes={"provider": pull.provider.name})
    tell(pull.organization_id, pull.pk)
    return pull


def _other_pull(job: Job, pull: ModelPull) -> ModelPull | None:
    """Somebody was quicker: the running job belongs to another row."""
    owner = str(job.payload["pull_id"])
    if owner == str(pull.pk):
        return None
    return ModelPull.objects.select_related("job", "provider").get(pk=owner)


def _hold(provider: Provider) -> None:
    """One who starts at a time, and none while it is being deleted."""
    if not Provider.objects.select_for_update().filter(pk=provider.pk).exists():
        raise Problem("NOT_FOUND")


def _key(pull: ModelPull) -> str:
    """Each organisation has its own: what is shared, the server shares."""
    digest = hashlib.sha256(pull.name.encode()).hexdigest()[:40]
    return f"{pull.organization_id}:{pull.provider_id}:{digest}"


def _checked(name: str) -> str:
    try:
        return check_pull_name(name, settings.LLM_REGISTRIES)
    except RequestRefused as error:
        raise Invalid(name=error.message) from error
