"""Runs beside the server, on its database: ``python -m reportmanager.bench.seed begin``.

Prints one line of JSON. ``begin`` makes the demo workspace, a session, a token and a job;
``finish SOURCE`` a report and a dashboard of eight widgets on the uploaded file; ``pages REPORT
DASHBOARD`` counts the queries of each page.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django


def begin() -> dict[str, Any]:
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.actions import create_token
    from common import clock
    from common.jobs.models import Job
    from reportmanager.demo import workspace

    workspace.build()
    user = _analyst()
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    _token, text = create_token(actor=user, name="bench", scopes=["read", "write"], expires_at=None)
    job = Job.objects.create(
        kind="catalog.create_file_source",
        user=user,
        organization=user.organization,
        status=Job.Status.SUCCEEDED,
        finished_at=clock.now(),
    )
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    return {"cookie": cookie, "token": text, "job": str(job.pk)}


def finish(source_id: str) -> dict[str, Any]:
    from catalog.actions.dashboards import WidgetInput, create_dashboard
    from catalog.actions.reports import create_report
    from catalog.charts.layout import layout
    from catalog.models import DataSource
    from reportmanager.bench import questions

    user, source = _analyst(), DataSource.objects.get(pk=source_id)
    home = user.organization.default_project
    table = source.tables.select_related("file").get()
    assert table.file is not None  # noqa: S101  (it was uploaded a moment ago)
    reports = [
        create_report(actor=user, project=home, name=name, source=source, query=query, chart=chart)
        for name, query, chart in questions.all_of(table.name)
    ]
    widgets = [
        WidgetInput(kind="chart", report=report.pk, x=x, y=y, w=w, h=h)
        for report, (x, y, w, h) in zip(reports, layout(["chart"] * len(reports)), strict=True)
    ]
    dashboard = create_dashboard(actor=user, project=home, name="Bench", widgets=widgets)
    return {
        "report": reports[0].pk,
        "dashboard": dashboard.pk,
        "widgets": [widget.pk for widget in dashboard.widgets.all()],
        "table": table.name,
        "parquet": str(table.file.path),
        "rows": table.rows,
    }


def pages(report: str, dashboard: str) -> dict[str, int]:
    """Queries of each page for a logged-in analyst, second visit."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from catalog.models import Dashboard

    settings.ALLOWED_HOSTS = ["*"]
    browser = Client()
    browser.force_login(_analyst(), backend=settings.AUTHENTICATION_BACKENDS[0])
    widget = Dashboard.objects.get(pk=dashboard).widgets.all()[0].pk
    counts = {}
    for name, path in {
        "home": "/",
        "data sources": "/sources/",
        "reports": "/reports/",
        "report": f"/reports/{report}/",
        "report builder": f"/reports/{report}/edit/",
        "dashboard": f"/dashboards/{dashboard}/",
        "widget": f"/dashboards/{dashboard}/widgets/{widget}/",
        "chart data (API)": f"/api/v1/reports/{report}/data",
        "wizard": "/wizard/",
    }.items():
        browser.get(path)
        with CaptureQueriesContext(connection) as captured:
            answer = browser.get(path)
        if answer.status_code == 200:
            counts[name] = len(captured)
    return counts


def _analyst() -> Any:
    from accounts.models import User

    return User.objects.select_related("organization").get(email="analyst@demo.example")


if __name__ == "__main__":
    django.setup()
    deeds: dict[str, Any] = {"begin": begin, "finish": finish, "pages": pages}
    print(json.dumps(deeds[sys.argv[1]](*sys.argv[2:])))  # noqa: T201
