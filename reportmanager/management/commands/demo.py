"""``manage.py demo``: a spreadsheet becomes a dashboard by the wizard, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from accounts.actions import create_token
from accounts.models import User
from catalog.actions.base import free_name
from catalog.charts.option import draw
from catalog.charts.png import to_png
from catalog.charts.render import render_svg
from catalog.models import Dashboard, DataSource, Report
from catalog.running import run_report
from common import trace
from reportmanager.demo.journey import Api, Arrival, JourneyError, Names, travel

SIZE = (960, 540)


class Command(BaseCommand):
    help = "Upload a real spreadsheet, go through the wizard, execute its plan, draw the charts."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("load_demo")
        user = User.objects.get(email="analyst@demo.example")
        with trace.scope(origin="command"):
            arrival = self._travel(user)
        folder = Path(settings.DATA_DIR) / "demo"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.xml").write_text(arrival.xml, "utf-8")
        for step in arrival.made("REPORT"):
            self._draw(Report.objects.get(pk=step["id"]), user, folder)
        (dashboard,) = arrival.made("DASHBOARD")
        self.stdout.write(f"\nPlan and pictures are in {folder}")
        self.stdout.write(f"Dashboard: {settings.BASE_URL}{dashboard['url']}")

    def _travel(self, user: User) -> Arrival:
        token, text = create_token(
            actor=user, name="demo", scopes=["read", "write"], expires_at=None
        )
        try:
            arrival = travel(Api(text, settings.ALLOWED_HOSTS[0]), _names(user), self.stdout.write)
        except JourneyError as error:
            raise CommandError(str(error)) from None
        finally:
            token.delete()
        for step in arrival.results:
            self.stdout.write(f"✔ {step['title']} ({step['status']}, ID {step['id']})")
        return arrival

    def _draw(self, report: Report, user: User, folder: Path) -> None:
        result = run_report(report, reader=user)
        picture = draw(result, report.chart_spec, title=report.name)
        if picture.option is None:
            raise CommandError(f"“{report.name}” has no picture: {picture.message}")
        svg = render_svg(picture.option, *SIZE)
        path = folder / slugify(report.name)
        path.with_suffix(".svg").write_bytes(svg)
        path.with_suffix(".png").write_bytes(to_png(svg))
        self.stdout.write(f"Drew {path.name}.svg and .png from {len(result.rows)} rows")


def _names(user: User) -> Names:
    """Names nobody uses yet, so that the demo can be run again and again."""
    assert user.organization is not None  # noqa: S101  (demo accounts have one)
    home = user.organization.default_project

    def free(model: type[DataSource | Report | Dashboard], name: str) -> str:
        return free_name(model, home, name)

    return Names(
        source=free(DataSource, "US employment by sector"),
        dashboard=free(Dashboard, "US employment at a glance"),
        reports=(
            free(Report, "All employees by month"),
            free(Report, "Average employees by sector"),
            free(Report, "Sectors year by year"),
        ),
    )
