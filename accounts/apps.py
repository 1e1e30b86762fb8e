from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import navigation, roles

        post_migrate.connect(roles.grant_permissions, dispatch_uid="accounts.roles")
        navigation.register()


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site, in which organisations' Admins see their own rows only."""

    default_site = "accounts.admin_site.ScopedAdminSite"
