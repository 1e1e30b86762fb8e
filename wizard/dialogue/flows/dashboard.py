"""A dashboard: reports that exist, new ones, a suggested set, then a name."""

from __future__ import annotations

from dataclasses import replace

from wizard.dialogue.catalog import Item
from wizard.dialogue.drafts import DashboardDraft, ReportDraft
from wizard.dialogue.flows.report import existing_report, new_report, suggested_reports
from wizard.dialogue.flows.source import source_for
from wizard.dialogue.question import Option, Question, enabled
from wizard.dialogue.talk import Talk
from wizard.dialogue.words import PERMISSIONS, about, count, existing, guarded, pick, pick_many
from wizard.plan.model import Entity

MAX_NEW_REPORTS = 12
PICK = Option("pick", "Yes, use reports I have", icon="list", aliases=("yes",))
CREATE = Option("create", "No, create a new report", icon="plus", aliases=("no", "new"))
SUGGEST = Option(
    "suggest",
    "Suggest a dashboard for my data",
    "Several good reports at once",
    icon="sparkles",
    aliases=("suggest",),
)
DONE = Option("done", "No, that is all", icon="check", aliases=("no", "done", "enough", "finish"))


def new_dashboard(talk: Talk) -> DashboardDraft:
    reports: list[ReportDraft] = []
    used: set[str] = set()
    wish = _first(talk)
    while wish != "done":
        used.add(wish)
        reports += _add(talk, wish)
        wish = _more(talk, reports, used)
    name, description = about(
        talk,
        Entity.DASHBOARD,
        "dashboard.about",
        "What should the dashboard be called?",
        _proposal(talk, reports),
    )
    return DashboardDraft(name, reports, description=description)


def existing_dashboard(item: Item) -> DashboardDraft:
    return DashboardDraft(item.name, [], existing=item.id)


def _first(talk: Talk) -> str:
    return talk.choose(
        Question(
            "dashboard.have_reports",
            "A dashboard shows one or more reports. Do you already have reports for it?",
            "choice",
            options=(existing(talk, PICK, Entity.REPORT), *_creations(talk)),
        )
    )


def _creations(talk: Talk) -> tuple[Option, ...]:
    permission = PERMISSIONS[Entity.REPORT]
    return guarded(talk, CREATE, permission), guarded(talk, SUGGEST, permission)


def _add(talk: Talk, wish: str) -> list[ReportDraft]:
    if wish == "pick":
        question = pick(talk, Entity.REPORT, "dashboard.reports", "Which reports?", multiple=True)
        return [existing_report(item) for item in pick_many(talk, Entity.REPORT, question)]
    if wish == "suggest":
        source = source_for(talk, "dashboard")
        room = MAX_NEW_REPORTS - len(talk.reports)
        found = suggested_reports(talk, source, "dashboard", min(room, 6))
        return found or [new_report(talk, source)]
    return [new_report(talk)]


def _more(talk: Talk, reports: list[ReportDraft], used: set[str]) -> str:
    """Ask for another report, until there are as many as one dashboard takes."""
    if len(talk.reports) >= MAX_NEW_REPORTS:
        return "done"
    create = replace(CREATE, label="Add another new report", aliases=("yes", "another", "add"))
    pick_more = replace(PICK, label="Add reports I have", aliases=("pick",))
    suggest = replace(SUGGEST, label="Suggest more for my data")
    permission = PERMISSIONS[Entity.REPORT]
    options = (
        DONE,
        guarded(talk, create, permission),
        existing(talk, pick_more, Entity.REPORT),
        guarded(talk, suggest, permission),
    )
    offered = tuple(o for o in options if o.value == "create" or o.value not in used)
    if enabled(offered) == [DONE]:
        return "done"
    rounds = sum(key.startswith("dashboard.more[") for key in talk.trail) + 1
    have = count(len(reports), "report", "reports")
    text = f"That makes {have}. Would you like to add another report?"
    key = f"dashboard.more[{rounds}]"
    return talk.choose(Question(key, text, "choice", offered, default="done"))


def _proposal(talk: Talk, reports: list[ReportDraft]) -> str:
    if talk.sources:
        return f"{talk.sources[0].name} dashboard"
    return f"{reports[0].name} dashboard"
