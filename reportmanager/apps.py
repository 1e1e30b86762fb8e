from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportManagerConfig(AppConfig):
    name = "reportmanager"
    label = "reportmanager"

    def ready(self) -> None:
        from common import shell
        from reportmanager import checks  # noqa: F401  (registers them)

        shell.register_nav(
            shell.NavItem(key="home", label=_("Home"), url_name="home", icon="home", order=10),
            shell.NavItem(
                key="admin",
                label=_("Admin"),
                url_name="admin:index",
                icon="settings",
                order=100,
                section=shell.MANAGE,
                visible=lambda user: bool(user.is_staff),
            ),
        )
