"""Model preferences: which models are taken first for a purpose, and what Auto takes now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import member, requires
from common.http.htmx import redirect
from common.http.problems import Problem
from llm import queries, survey
from llm.actions.settings import set_preferences
from llm.forms.settings.preferences import PreferencesForm
from llm.forms.settings.words import PURPOSES, Words
from llm.orchestration.choice import Candidate, NoModel, choose, same_model
from llm.orchestration.purposes import Purpose
from llm.queries import InstalledModel
from llm.views.settings import MANAGE
from llm.views.settings.refusals import posted, refused, status_of

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Outcome:
    """What would answer now; no ``model``: ``sentence`` says why none."""

    sentence: str
    model: str = ""
    provider: str = ""
    """Said where several could be meant."""


@dataclass(frozen=True)
class Section:
    """A purpose on the page."""

    key: str
    words: Words
    now: Outcome
    shown: list[BoundField]
    folded: list[BoundField]

    @property
    def is_open(self) -> bool:
        return any(field.value() or field.errors for field in self.folded)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def preferences(request: HttpRequest) -> HttpResponse:
    user = member(request)
    models = queries.installed(user)
    chosen = queries.preferences_of(user)
    choices = {str(purpose): choices_for(purpose, models, chosen[purpose]) for purpose in Purpose}
    form = PreferencesForm(posted(request), chosen=chosen, choices=choices)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            set_preferences(actor=user, preferences=form.preferences())
        except Problem as problem:
            status = refused(form, problem)
        else:
            messages.success(request, _("The preferences are saved."))
            return redirect(request, reverse("llm:settings-preferences"))
    context = {"form": form, "sections": _sections(models, form, chosen), "models": models}
    status = max(status, status_of(form))
    return render(request, "llm/settings_preferences.html", context, status=status)


def choices_for(
    purpose: Purpose, models: Sequence[InstalledModel], chosen: Sequence[str]
) -> Choices:
    """Installed models that can do it, then those that are named and are not there.

    A name alone means the model wherever it is; where several providers have it, one of them can
    be named too.
    """
    able = [row for row in models if _can(row, purpose)]
    counts = Counter(row.name for row in able)
    found: Choices = [(name, name) for name in dict.fromkeys(row.name for row in able)]
    found += [
        (_key(row), _("%(model)s on %(provider)s") % {"model": row.name, "provider": row.provider})
        for row in able
        if counts[row.name] > 1 or _key(row) in chosen
    ]
    known = {value for value, _label in found}
    for name in chosen:
        if name not in known:
            there = any(same_model(value, name) for value in known)
            found.append(
                (name, name if there else _("%(model)s (not installed)") % {"model": name})
            )
    return sorted(found, key=lambda choice: choice[1].casefold())


def outcomes(
    models: Sequence[InstalledModel], chosen: dict[str, list[str]]
) -> dict[Purpose, Outcome]:
    """What Auto takes for this person, as the servers were last seen."""
    providers = {row.provider.pk: row.provider for row in models}
    states = {pk: survey.last_known(provider).state for pk, provider in providers.items()}
    candidates = [
        _candidate(row, states[row.provider.pk])
        for row in models
        if not (row.stale and row.provider.builtin)
    ]
    names = {pk: provider.name for pk, provider in providers.items()} if len(providers) > 1 else {}
    return {purpose: _outcome(purpose, candidates, chosen[purpose], names) for purpose in Purpose}


def _outcome(
    purpose: Purpose,
    candidates: Sequence[Candidate],
    preferences: Sequence[str],
    names: Mapping[int, str],
) -> Outcome:
    try:
        choice = choose(purpose, candidates=candidates, preferences=preferences)
    except NoModel as error:
        return Outcome(error.sentence)
    best = choice.candidate
    return Outcome(choice.reason, best.name, names.get(best.provider_id, ""))


def _candidate(row: InstalledModel, state: survey.State) -> Candidate:
    return Candidate(
        provider_id=row.provider.pk,
        name=row.name,
        provider_order=row.provider.order,
        size=row.info.size,
        parameters=row.info.parameters,
        context_length=row.info.context_length,
        capabilities=row.info.capabilities,
        loaded=row.is_loaded,
        external=row.external,
        external_allowed=row.external_allowed,
        access=row.allowed or (row.external and not row.external_allowed),
        health=state.value,
    )


def _sections(
    models: Sequence[InstalledModel], form: PreferencesForm, chosen: dict[str, list[str]]
) -> list[Section]:
    now = outcomes(models, chosen)
    return [
        Section(purpose, words, now[purpose], form.shown(purpose), form.folded(purpose))
        for purpose, words in PURPOSES.items()
    ]


def _can(row: InstalledModel, purpose: Purpose) -> bool:
    """As far as the server tells; where it does not, its name has to."""
    if row.info.capabilities is None:
        embeds = Candidate(provider_id=row.provider.pk, name=row.name).embeds_only
        return purpose is Purpose.EMBED or not embeds
    needed = "embedding" if purpose is Purpose.EMBED else "completion"
    return needed in row.info.capabilities


def _key(row: InstalledModel) -> str:
    return f"{row.provider.pk}/{row.name}"
