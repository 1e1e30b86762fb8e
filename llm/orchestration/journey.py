"""From one question to one answer: cache, choice, attempts, one retry, fallbacks, the record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import stamina
from django.utils.translation import gettext as _

from llm.models.settings import Advanced
from llm.orchestration import answers_cache, usage
from llm.orchestration.aftermath import learn
from llm.orchestration.attempts import Attempt
from llm.orchestration.budgets import budget_for
from llm.orchestration.choice import Candidate
from llm.orchestration.events import Answer
from llm.orchestration.failures import (
    EXPECTED,
    AttemptFailed,
    cut_short,
    failed,
    not_ready,
    said_nothing,
    thought_too_long,
)
from llm.orchestration.logbook import Logbook, Tell
from llm.orchestration.outlook import Outlook, Route, look
from llm.orchestration.purposes import IDEMPOTENT, Purpose
from llm.orchestration.request import Ask, Unanswered
from llm.providers.base import ChatMessage
from llm.providers.structured import InvalidAnswer, parse

A = TypeVar("A", bound=Attempt)
T = TypeVar("T")
Messages = tuple[ChatMessage, ...]
MOST_FALLBACKS = 2
LEAST_SECONDS = 1.0
"""With less time left nothing new is begun."""
LONGEST_REPAIRED = 4000
"""Characters of a wrong answer that the model is shown again."""


async def travel(ask: Ask, tell: Tell, *, live: bool) -> Answer:
    """The answer, or ``Unanswered``. ``live``: somebody reads along, so that what was said stays
    said: no retry and no other model once a word was told."""
    journey = Journey(ask, tell, live)
    try:
        return await journey.answer()
    finally:
        usage.keep(journey.records)


@dataclass
class Journey(Logbook):
    """One way from a question to an answer; to be made once."""

    async def answer(self) -> Answer:
        try:
            outlook = await self._look()
            choice = outlook.choose(self.ask)
        except Unanswered as error:
            self.record("refused", code=error.code)
            raise
        self.chosen_because = choice.reason
        if self.ask.model and not choice.candidate.is_named(self.ask.model):
            self.note(choice.reason)
        others = choice.others[:MOST_FALLBACKS] if self.ask.falls_back else ()
        return await self._first_of(outlook, (choice.candidate, *others))

    async def _look(self) -> Outlook:
        """What organisations may change of budgets is known only after it."""
        asked = self.ask.budget or budget_for(self.ask.purpose, Advanced())
        try:
            async with asyncio.timeout(asked.total):
                outlook = await look(self.ask)
        except TimeoutError as error:
            message = _("The model servers did not say in time which models they have.")
            raise Unanswered("MODEL_TIMEOUT", message, retryable=True) from error
        self.budget = self.ask.budget or budget_for(self.ask.purpose, outlook.rows.advanced)
        self.deadline.set(self.budget)
        return outlook

    async def _first_of(self, outlook: Outlook, candidates: tuple[Candidate, ...]) -> Answer:
        routes = [outlook.route(self.ask, candidate) for candidate in candidates]
        for number, route in enumerate(routes):
            written = len(self.records)
            try:
                return await self._by(route, retries=number == 0)
            except EXPECTED as error:
                failure = failed(error)
            if len(self.records) == written:
                self.record("refused", route, failure.code)
            following = routes[number + 1 :]
            if not following or not self._may_go_on(failure):
                raise self.unanswered(failure)
            self._fall_back(route, following[0], failure)
        raise AssertionError("there is at least one route")

    async def _by(self, route: Route, *, retries: bool) -> Answer:
        self.tell_choice(route)
        messages = await self._messages(route)
        key = answers_cache.key_for(self.ask, route, messages)
        if (kept := await answers_cache.find(key)) is not None:
            return self.cached(route, kept)
        answer = await self._repeated(lambda: self._answer(route, messages), retries=retries)
        if key and not answer.tool_calls:
            usage.later(lambda: answers_cache.store({key: _kept(answer)}))
        return answer

    async def _repeated(self, work: Callable[[], Awaitable[T]], *, retries: bool) -> T:
        """The one retry loop there is: of idempotent purposes, once, within the deadline."""
        again = retries and self.ask.purpose in IDEMPOTENT
        async for each in stamina.retry_context(
            on=self._may_repeat,
            attempts=2 if again else 1,
            timeout=max(self.deadline.left, LEAST_SECONDS),
            wait_initial=0.2,
            wait_max=1.0,
            wait_jitter=0.3,
        ):
            if each.num > 1:
                self.note(_("The first attempt failed, so the model was asked once more."))
            with each:
                return await work()
        raise AssertionError("the loop ends with a result or an exception")

    async def _answer(self, route: Route, messages: Messages) -> Answer:
        """One attempt, and for filled forms one more with what was wrong with the first."""
        try:
            await self._attempt(route, messages)
        except AttemptFailed as failure:
            wrong = failure.__cause__
            if not isinstance(wrong, InvalidAnswer) or not self._may_correct():
                raise
            self.note(_("The model's answer had the wrong form; it was asked to correct it."))
            await self._attempt(route, _repair(messages, self.so_far().text, wrong.findings))
        return self.so_far()

    async def _attempt(self, route: Route, messages: Messages) -> Attempt:
        attempt = Attempt(
            self.ask,
            route,
            messages,
            self.deadline,
            self.budget,
            self.tell,
            number=len(self.records) + 1,
        )
        return await self._made(attempt)

    async def _made(self, attempt: A) -> A:
        """The attempt, complete and recorded, or ``AttemptFailed``."""
        self.attempt = attempt
        outcome, code = "failed", "INTERNAL_ERROR"
        error: Exception | None = None
        try:
            await attempt.make()
            self._check(attempt)
            outcome, code = "ok", ""
        except EXPECTED as raised:
            error, failure = raised, failed(raised)
            outcome, code = ("failed" if failure.tried else "refused"), failure.code
            if failure is raised:
                raise
            raise failure from raised
        except asyncio.CancelledError:
            outcome, code = "cancelled", ""
            raise
        except Exception as raised:
            error = raised
            raise
        finally:
            self.records.append(attempt.record(outcome, code))
            learn(attempt, error, cancelled=outcome == "cancelled")
        return attempt

    def _check(self, attempt: Attempt) -> None:
        heard = attempt.heard
        if self.ask.format is not None and heard.reason == "length":
            raise cut_short()
        if not heard.text and not heard.tool_calls:
            raise thought_too_long() if heard.reason == "length" else said_nothing()
        if self.ask.format is not None:
            attempt.value = parse(heard.text, self.ask.format)

    async def _messages(self, route: Route) -> Messages:
        if not callable(self.ask.messages):
            return self.ask.messages
        try:
            async with asyncio.timeout(self.deadline.left):
                built = await self.ask.messages(route.target)
        except TimeoutError as error:
            raise not_ready() from error
        for note in built.notes:
            self.note(note)
        return built.messages

    # What may follow a failure --------------------------------------------------------

    def _may_speak_again(self) -> bool:
        said = self.attempt is not None and self.attempt.heard.anything
        return self.deadline.left > LEAST_SECONDS and not (self.live and said)

    def _may_go_on(self, failure: AttemptFailed) -> bool:
        return failure.elsewhere and self._may_speak_again()

    def _may_correct(self) -> bool:
        return self.ask.purpose is Purpose.EXTRACT and self._may_speak_again()

    def _may_repeat(self, error: Exception) -> bool:
        """For stamina, which knows how many attempts there are."""
        if not isinstance(error, AttemptFailed) or not error.repeatable:
            return False
        return self._may_speak_again()

    def _fall_back(self, route: Route, following: Route, failure: AttemptFailed) -> None:
        self.note(
            _(
                "“%(model)s” (%(provider)s) did not answer: %(reason)s "
                "“%(next)s” (%(at)s) is asked instead."
            )
            % {
                "model": route.model,
                "provider": route.provider.name,
                "reason": failure.message,
                "next": following.model,
                "at": following.provider.name,
            }
        )
        self.chosen_because = _("The model before it did not answer.")


def _kept(answer: Answer) -> dict[str, Any]:
    return {"text": answer.text, "value": answer.value, "reason": answer.reason}


def _repair(messages: Messages, wrong: str, findings: list[str]) -> Messages:
    """After what was sent, so that the server need not read it again."""
    said = "\n".join(f"- {finding}" for finding in findings)
    asked = (
        "That answer does not have the right form:\n"
        f"{said}\nAnswer again with the corrected JSON object and nothing else."
    )
    answer = ChatMessage("assistant", wrong[:LONGEST_REPAIRED])
    return (*messages, answer, ChatMessage("user", asked))
