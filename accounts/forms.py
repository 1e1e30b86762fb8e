"""Shape and messages of what people type on the pages of accounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from accounts.models import ProjectAccess, ProjectMember, User
from accounts.roles import ROLES, VIEWER
from common import clock, shell

ROLE_HELP = {
    "Viewer": _("Viewer: sees reports and dashboards"),
    "Analyst": _("Analyst: also creates and changes them, runs SQL and exports"),
    "Admin": _("Admin: also manages members, projects, databases and models"),
}


@cache
def time_zones() -> list[tuple[str, str]]:
    names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    return [
        (name, name.replace("_", " "))
        for name in names
        if not name.startswith(("Etc/", "SystemV/", "posix/", "right/", "US/"))
    ]


def role_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Role"),
        choices=[(role, ROLE_HELP[role]) for role in ROLES],
        initial=VIEWER,
        widget=forms.RadioSelect,
    )


class LoginForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(strip=False, max_length=1024, widget=widget, **options)


class NewPasswordForm(forms.Form):
    """A password typed twice and checked by the validators of the settings."""

    password = PasswordField(
        label=_("New password"), help_text=_("At least 10 characters, not only digits.")
    )
    repeated = PasswordField(label=_("New password again"))
    user: User | None = None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        password, repeated = values.get("password"), values.get("repeated")
        if password and repeated and password != repeated:
            self.add_error("repeated", _("The two passwords are not the same."))
        if password:
            try:
                password_validation.validate_password(password, self.user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return values


class ChangePasswordForm(NewPasswordForm):
    current = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["current", "password", "repeated"]

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_current(self) -> str:
        current = str(self.cleaned_data["current"])
        if self.user is None or not self.user.check_password(current):
            raise forms.ValidationError(_("This is not your current password."))
        return current


class SetPasswordForm(NewPasswordForm):
    """For the link of an invitation or a reset; has the ``save`` that Django's view calls."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def save(self) -> User:
        from accounts.actions import change_password

        assert self.user is not None  # noqa: S101  (set in __init__)
        return change_password(actor=self.user, password=self.cleaned_data["password"])


class SetupForm(NewPasswordForm):
    token = forms.CharField(
        label=_("Token"), max_length=200, help_text=_("It stands in the server's log.")
    )
    organization_name = forms.CharField(label=_("Name of your organization"), max_length=120)
    name = forms.CharField(label=_("Your name"), max_length=120)
    email = forms.EmailField(label=_("Your e-mail address"), max_length=254)
    field_order = ["token", "organization_name", "name", "email", "password", "repeated"]


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zones, help_text=_("Dates and times are shown in it.")
    )


class OrganizationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        help_text=_("For members who chose none, and for new schedules."),
    )


class AppearanceForm(forms.Form):
    theme = forms.ChoiceField(
        label=_("Theme"),
        choices=[(theme.key, theme.label) for theme in shell.THEMES],
        widget=forms.RadioSelect,
    )
    density = forms.ChoiceField(
        label=_("Density"), choices=shell.DENSITIES, widget=forms.RadioSelect
    )


class ThemeForm(forms.Form):
    """The switch in the user menu: either of the two."""

    theme = forms.ChoiceField(
        choices=[(theme.key, theme.label) for theme in shell.THEMES], required=False
    )
    density = forms.ChoiceField(choices=shell.DENSITIES, required=False)


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("What the token is for, such as “nightly export”."),
    )
    scope = forms.ChoiceField(
        label=_("It may"),
        choices=[("read", _("Read only")), ("write", _("Read and change"))],
        initial="read",
        widget=forms.RadioSelect,
    )
    days = forms.TypedChoiceField(
        label=_("It expires"),
        coerce=int,
        choices=[
            (30, _("after 30 days")),
            (90, _("after 90 days")),
            (365, _("after a year")),
            (0, _("never")),
        ],
        initial=90,
    )

    @property
    def scopes(self) -> list[str]:
        return ["read", "write"] if self.cleaned_data["scope"] == "write" else ["read"]

    @property
    def expires_at(self) -> datetime | None:
        days = int(self.cleaned_data["days"])
        return clock.now() + timedelta(days=days) if days else None


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=120)
    role = role_field()


class MemberForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    role = role_field()


class ProjectForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    access = forms.ChoiceField(
        label=_("Who may see it"),
        choices=ProjectAccess.choices,
        initial=ProjectAccess.ORGANIZATION,
        widget=forms.RadioSelect,
    )


class ProjectMemberForm(forms.Form):
    """Offers the active people of the project's organisation."""

    user = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())
    role = forms.ChoiceField(
        label=_("Role in this project"),
        choices=ProjectMember.Role.choices,
        initial=ProjectMember.Role.VIEWER,
    )

    def __init__(self, actor: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(actor).filter(is_active=True)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]


class AuditFilterForm(forms.Form):
    q = forms.CharField(required=False, max_length=100)
    actor = forms.ModelChoiceField(
        label=_("Person"), required=False, queryset=User.objects.none(), empty_label=_("Everyone")
    )
    origin = forms.ChoiceField(
        label=_("By way of"),
        required=False,
        choices=[
            ("", _("All ways")),
            ("page", _("Pages")),
            ("api", _("API")),
            ("admin", _("Admin pages")),
            ("job", _("Background tasks")),
            ("plan", _("Wizard plans")),
            ("command", _("Commands")),
        ],
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, actor: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["actor"].queryset = User.objects.visible_to(actor)  # type: ignore[attr-defined]
