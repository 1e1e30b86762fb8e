"""Wizard sessions: the conversation, the plan that came of it, and what became of each step."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common import clock
from common.crypto import EncryptedJSONField
from common.models import TenantModel
from common.querysets import TenantQuerySet
from wizard.dialogue.transitions import Status


class SessionQuerySet(TenantQuerySet["WizardSession"]):
    def visible_to(self, user: Any) -> Self:
        """People see their own sessions only."""
        return super().visible_to(user).filter(user_id=user.pk)

    def unconfirmed_too_long(self) -> Self:
        return self.filter(status=Status.CONFIRMING, plan_expires_at__lte=clock.now())


class WizardSession(TenantModel):
    """``answers`` is the ordered list everything is derived from; ``plan`` are the exact bytes that
    were reviewed. Every change raises ``version``; a write that names an older one is refused."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(
        max_length=12, choices=[(each.value, each.value) for each in Status], default=Status.INIT
    )
    title = models.CharField(max_length=200, blank=True)
    intent = models.CharField(max_length=30, blank=True)
    entity = models.CharField(max_length=20, blank=True)
    answers = models.JSONField(default=list)
    secrets = EncryptedJSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    plan = models.BinaryField(null=True)
    plan_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    plan_expires_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=list)
    prepared = models.JSONField(default=dict)
    dry_run = models.JSONField(default=dict)
    job = models.UUIDField(null=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    undo_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="undone_by"
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        verbose_name = _("wizard session")
        indexes = [models.Index(fields=["user", "-updated_at"], name="wizardsession_by_user")]
        permissions = [
            ("use_wizard", "Can use the AI wizard"),
            ("execute_wizard_plan", "Can execute wizard plans"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.pk)

    @property
    def fingerprint(self) -> str:
        """The eight digits people compare."""
        return self.plan_sha256[:8]


class WizardMessage(models.Model):
    class Role(models.TextChoices):
        USER = "user", _("You")
        ASSISTANT = "assistant", _("Wizard")
        SYSTEM = "system", _("System")

    session = models.ForeignKey(WizardSession, on_delete=models.CASCADE, related_name="messages")
    role = models.CharField(max_length=10, choices=Role.choices)
    question = models.CharField(max_length=120, blank=True)
    content = models.TextField()
    options = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.content[:60]


class StepResult(models.Model):
    """What became of one step of one plan; ``before`` is what undo needs."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        PREPARING = "preparing", _("Preparing")
        PREPARED = "prepared", _("Prepared")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        ROLLED_BACK = "rolled_back", _("Rolled back")
        SKIPPED = "skipped", _("Skipped")

    session = models.ForeignKey(WizardSession, on_delete=models.CASCADE, related_name="steps")
    plan_sha256 = models.CharField(max_length=64)
    step = models.CharField(max_length=10)
    position = models.PositiveSmallIntegerField()
    operation = models.CharField(max_length=10)
    entity = models.CharField(max_length=12)
    title = models.CharField(max_length=300)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    object_id = models.PositiveBigIntegerField(null=True)
    object_name = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict)
    version_before = models.PositiveIntegerField(null=True)
    version_after = models.PositiveIntegerField(null=True)
    error = models.TextField(blank=True)
    needs_attention = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "plan_sha256", "step"], name="stepresult_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.title}"

    @property
    def duration_ms(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds() * 1000
