"""Try a model: one question, its answer as it comes, and what it took. Nothing of it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import member, organization_of
from accounts.models import User
from common import ratelimit
from common.http.sse import CONTENT_TYPE, OPENING, EventStream, event
from common.templatetags.ui import duration, number
from llm.actions.base import authorise
from llm.forms.models import TrialForm
from llm.models import Provider
from llm.orchestrator import (
    Answer,
    Ask,
    Event,
    Failed,
    Finished,
    Loading,
    Noted,
    Purpose,
    Queued,
    Unanswered,
    run_now,
    stream,
)
from llm.providers.base import ChatMessage, Text, Thinking
from llm.providers.options import GenerationOptions
from llm.views.models import named_model

LONGEST_ANSWER = 1024


@require_POST
def model_trial(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events to who asks for them, a page with the whole answer to a plain form."""
    user = member(request)
    authorise(user)
    provider, name = named_model(request)
    form = TrialForm(request.POST)
    streamed = CONTENT_TYPE in request.headers.get("Accept", "")
    context = {"form": form, "provider": provider, "name": name}
    if not form.is_valid():
        return render(request, "llm/model_trial.html", context, status=422)
    ratelimit.charge("models", str(user.pk))
    ask = _ask(user, provider, name, form.cleaned_data["question"])
    if streamed:
        return EventStream(_events(ask))
    try:
        answer = run_now(ask)
    except Unanswered as error:
        context |= {"problem": error.message, "next_step": error.next_step}
        return render(request, "llm/model_trial.html", context)
    context |= {"answer": answer, "took": _took(answer)}
    return render(request, "llm/model_trial.html", context)


def _ask(user: User, provider: Provider, name: str, question: str) -> Ask:
    return Ask(
        purpose=Purpose.CHAT,
        organization=organization_of(user),
        user=user,
        messages=(ChatMessage("user", question),),
        model=name,
        provider=provider.pk,
        options=GenerationOptions(num_predict=LONGEST_ANSWER),
        prompt_key="trial",
    )


async def _events(ask: Ask) -> AsyncIterator[bytes]:
    """``state`` (a sentence), ``thinking`` and ``token``, then ``done`` or ``error``."""
    yield OPENING
    async with aclosing(stream(ask)) as events:
        async for each in events:
            if told := _told(each):
                yield event(*told)


def _told(each: Event) -> tuple[str, dict[str, Any]] | None:
    match each:
        case Queued():
            return "state", {"text": _waiting(each)}
        case Loading():
            return "state", {"text": _("The model is being loaded…")}
        case Noted(text):
            return "state", {"text": text}
        case Thinking(text):
            return "thinking", {"text": text}
        case Text(text):
            return "token", {"text": text}
        case Finished(answer):
            return "done", {"text": _took(answer)}
        case Failed():
            return "error", {"text": f"{each.message} {each.next_step}".strip()}
        case _:
            return None


def _waiting(place: Queued) -> str:
    if place.seconds is None:
        return _("Waiting: number %(n)d in line…") % {"n": place.position}
    return _("Waiting: number %(n)d in line, about %(time)s…") % {
        "n": place.position,
        "time": duration(round(place.seconds) * 1000),
    }


def _took(answer: Answer) -> str:
    """As in: 42 tokens · 38 tokens per second · first word after 0.4 s."""
    parts = []
    if (metrics := answer.metrics) is not None:
        count = metrics.completion_tokens
        words = ngettext("%(n)s token", "%(n)s tokens", count) % {"n": number(count)}
        parts.append(_("about %(count)s") % {"count": words} if metrics.estimated else words)
        if metrics.tokens_per_second:
            rate = number(metrics.tokens_per_second, 1)
            parts.append(_("%(rate)s tokens per second") % {"rate": rate})
    if answer.first_token_ms is not None:
        first = duration(answer.first_token_ms)
        parts.append(_("first word after %(time)s") % {"time": first})
    if answer.reason == "length":
        parts.append(_("cut off at %(n)s tokens") % {"n": number(LONGEST_ANSWER)})
    return " · ".join(parts)
