"""Organisations (the tenants), their people, projects, tokens and the audit trail."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.roles import ROLES
from common import clock
from common.models import TenantModel, TimestampedModel
from common.querysets import TenantQuerySet


class Organization(TimestampedModel):
    name = models.CharField(_("name"), max_length=120, unique=True)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    features = models.JSONField(_("features"), default=dict, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("organization")
        permissions = [("manage_organization", "Can change the organization's settings")]

    def __str__(self) -> str:
        return self.name

    @property
    def time_zone(self) -> str:
        return str(self.settings.get("time_zone") or "UTC")

    @cached_property
    def default_project(self) -> Project:
        return Project.objects.get(organization=self, is_default=True)


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An operator: all rights in Django admin, no organisation."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def visible_to(self, user: Any) -> models.QuerySet[User]:
        if not user.is_active or user.organization_id is None:
            return self.none()
        return self.filter(organization_id=user.organization_id)


class User(AbstractBaseUser, PermissionsMixin):
    """One account, in at most one organisation; operators are in none."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    organization = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        verbose_name=_("organization"),
    )
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the admin"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        ordering = ["email"]
        verbose_name = _("user")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_ignoring_case"),
        ]
        permissions = [
            ("manage_members", "Can invite members and change their roles"),
            ("view_analytics", "Can see the organization's usage"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @cached_property
    def role(self) -> str:
        """The seeded role (Viewer, Analyst, Admin), the highest if there are several."""
        names = set(self.groups.values_list("name", flat=True))
        return next((role for role in reversed(ROLES) if role in names), "")

    @property
    def is_operator(self) -> bool:
        """Runs the installation: all rights in Django admin, in no organisation."""
        return self.is_superuser and self.organization_id is None

    @property
    def is_organization_admin(self) -> bool:
        return self.organization_id is not None and self.has_perm("accounts.manage_members")

    def forget_permissions(self) -> None:
        """Drop what was read of the user's rights: they changed since."""
        for name in (
            "role",
            "_perm_cache",
            "_user_perm_cache",
            "_group_perm_cache",
            "_memberships",
        ):
            self.__dict__.pop(name, None)

    @property
    def time_zone(self) -> str:
        if zone := self.settings.get("time_zone"):
            return str(zone)
        return self.organization.time_zone if self.organization else "UTC"

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()


class ProjectAccess(models.TextChoices):
    ORGANIZATION = "organization", _("Everyone in the organization")
    MEMBERS = "members", _("Its members only")


class ProjectsQuerySet(TenantQuerySet["Project"]):
    def visible_to(self, user: Any) -> Self:
        rows = super().visible_to(user)
        if not user.is_authenticated or user.is_organization_admin:
            return rows
        return rows.filter(
            Q(access=ProjectAccess.ORGANIZATION) | Q(pk__in=user.memberships.values("project"))
        )

    def editable_by(self, user: Any) -> Self:
        """Projects in which the user may put new items: open ones, or those edited."""
        rows = self.visible_to(user)
        if not user.is_authenticated or user.is_organization_admin:
            return rows
        editing = user.memberships.filter(role=ProjectMember.Role.EDITOR).values("project")
        return rows.filter(Q(access=ProjectAccess.ORGANIZATION) | Q(pk__in=editing))


class Project(TenantModel):
    name = models.CharField(_("name"), max_length=120)
    access = models.CharField(
        _("who may see it"),
        max_length=20,
        choices=ProjectAccess.choices,
        default=ProjectAccess.ORGANIZATION,
    )
    is_default = models.BooleanField(_("default project"), default=False, editable=False)

    objects = ProjectsQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "name"]
        verbose_name = _("project")
        constraints = [
            models.UniqueConstraint("organization", Lower("name"), name="project_name_unique"),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(is_default=True), name="project_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.is_default and self.access != ProjectAccess.ORGANIZATION:
            raise ValidationError({"access": _("The default project is open to everyone.")})


class ProjectMember(TimestampedModel):
    class Role(models.TextChoices):
        VIEWER = "viewer", _("Viewer")
        EDITOR = "editor", _("Editor")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        verbose_name = _("project member")
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="project_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.project}"


class ApiTokenQuerySet(TenantQuerySet["ApiToken"]):
    def visible_to(self, user: Any) -> Self:
        """People see their own tokens only, whatever their role."""
        return super().visible_to(user).filter(user_id=user.pk)

    def active(self) -> Self:
        return self.filter(revoked_at__isnull=True).filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now())
        )

    def matching(self, text: str) -> ApiToken | None:
        """The active token whose secret is ``text``; compared in constant time."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        candidates = self.active().select_related("user__organization")
        for token in candidates.filter(prefix=text[: ApiToken.PREFIX_LENGTH]):
            if hmac.compare_digest(token.sha256, digest) and token.user.is_active:
                return token
        return None


class ApiToken(TenantModel):
    """A bearer token of one user. Only its hash is kept; the text is shown once."""

    PREFIX_LENGTH = 11
    SCOPES = ("read", "write")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=PREFIX_LENGTH, db_index=True, editable=False)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def state(self) -> str:
        """active, expired or revoked; ``{% status %}`` knows the words."""
        if self.revoked_at is not None:
            return "revoked"
        expired = self.expires_at is not None and self.expires_at <= clock.now()
        return "expired" if expired else "active"

    def revoke(self) -> None:
        self.revoked_at = self.revoked_at or clock.now()
        self.save(update_fields=["revoked_at", "updated_at"])

    @classmethod
    def issue(
        cls, *, user: User, name: str, scopes: list[str], expires_at: datetime | None
    ) -> tuple[ApiToken, str]:
        """A saved token and its text, which cannot be had again."""
        text = f"rm_{secrets.token_urlsafe(32)}"
        token = cls.objects.create(  # type: ignore[misc]
            organization_id=user.organization_id,
            user=user,
            name=name,
            scopes=scopes,
            expires_at=expires_at,
            prefix=text[: cls.PREFIX_LENGTH],
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
        return token, text


class AuditEntry(models.Model):
    """Who changed or exported what, written in the change's own transaction. Never edited."""

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_email = models.EmailField(blank=True)
    action = models.CharField(_("action"), max_length=80, db_index=True)
    object_type = models.CharField(_("type"), max_length=60, blank=True)
    object_id = models.CharField(_("ID"), max_length=64, blank=True)
    object_name = models.CharField(_("name"), max_length=200, blank=True)
    changes = models.JSONField(_("changes"), default=dict)
    origin = models.CharField(_("origin"), max_length=10)
    plan_sha256 = models.CharField(max_length=64, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(_("at"), default=clock.now, db_index=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        default_permissions = ("view",)
        permissions = [("view_audit", "Can see the organization's audit trail")]
        indexes = [models.Index(fields=["organization", "-at"], name="audit_by_organization")]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_name}".strip()
