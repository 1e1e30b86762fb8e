from __future__ import annotations

from django.urls import path

from wizard.views import pages, plans, turns

app_name = "wizard"
ONE = "sessions/<uuid:pk>/"
urlpatterns = [
    path("", pages.home, name="home"),
    path(ONE, pages.session, name="session"),
    path(f"{ONE}progress/", pages.progress, name="session-progress"),
    path(f"{ONE}preview/", pages.preview, name="session-preview"),
    path(f"{ONE}options/", pages.options, name="session-options"),
    path(f"{ONE}answer/", turns.answer, name="session-answer"),
    path(f"{ONE}upload/", turns.upload, name="session-upload"),
    path(f"{ONE}back/", turns.back, name="session-back"),
    path(f"{ONE}modification/", turns.modification, name="session-modification"),
    path(f"{ONE}cancellation/", turns.cancellation, name="session-cancellation"),
    path(f"{ONE}planning/", turns.planning, name="session-planning"),
    path(f"{ONE}template/", turns.template, name="session-template"),
    path(f"{ONE}deletion/", turns.deletion, name="session-deletion"),
    path(f"{ONE}plan.xml", plans.plan_xml, name="session-plan"),
    path(f"{ONE}execution/", plans.execution, name="session-execution"),
    path(f"{ONE}renewal/", plans.renewal, name="session-renewal"),
    path(f"{ONE}retry/", plans.retry, name="session-retry"),
    path(f"{ONE}undo/", plans.undo, name="session-undo"),
    path(f"{ONE}steps/<slug:step>/removal/", plans.removal, name="session-step-removal"),
]
