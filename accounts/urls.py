from django.urls import path

from accounts.views import (
    appearance,
    audit,
    login,
    members,
    organization,
    password,
    profile,
    projects,
    sessions,
    setup,
    tokens,
)

app_name = "accounts"
urlpatterns = [
    path("login/", login.log_in, name="login"),
    path("logout/", login.log_out, name="logout"),
    path("setup/", setup.setup, name="setup"),
    path("password/change/", password.change, name="password-change"),
    path("password/reset/", password.reset, name="password-reset"),
    path("password/reset/sent/", password.reset_sent, name="password-reset-sent"),
    path(
        "password/set/<uidb64>/<token>/",
        password.SetPassword.as_view(),
        name="password-reset-confirm",
    ),
    path("settings/", profile.edit, name="profile"),
    path("settings/appearance/", appearance.edit, name="appearance"),
    path("settings/theme/", appearance.switch, name="theme"),
    path("settings/tokens/", tokens.listing, name="token-list"),
    path("settings/tokens/new/", tokens.create, name="token-create"),
    path("settings/tokens/<int:pk>/revocation/", tokens.revoke, name="token-revocation"),
    path("settings/sessions/", sessions.listing, name="session-list"),
    path("settings/sessions/<slug:key>/end/", sessions.end, name="session-end"),
    path("organization/", organization.edit, name="organization"),
    path("organization/members/", members.listing, name="member-list"),
    path("organization/members/new/", members.invite, name="member-create"),
    path("organization/members/<int:pk>/", members.edit, name="member-update"),
    path("organization/members/<int:pk>/invitation/", members.invitation, name="member-invitation"),
    path(
        "organization/members/<int:pk>/deactivation/",
        members.deactivate,
        name="member-deactivation",
    ),
    path("organization/members/<int:pk>/activation/", members.reactivate, name="member-activation"),
    path("organization/projects/", projects.listing, name="project-list"),
    path("organization/projects/new/", projects.create, name="project-create"),
    path("organization/projects/<int:pk>/", projects.edit, name="project-update"),
    path("organization/projects/<int:pk>/members/", projects.set_member, name="project-member-set"),
    path(
        "organization/projects/<int:pk>/members/<int:user_pk>/removal/",
        projects.remove_member,
        name="project-member-removal",
    ),
    path("organization/audit/", audit.listing, name="audit-list"),
]
