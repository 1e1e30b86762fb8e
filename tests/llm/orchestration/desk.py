"""What tests of the orchestrator stand on: providers at real stand-in servers, a breaker and a
queue of their own, and short ways to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from asgiref.sync import sync_to_async

from accounts.models import Organization
from llm.models import ModelCall, Provider
from llm.orchestration.breaker import Rules, open_breaker
from llm.orchestration.machinery import Machinery, using
from llm.orchestration.queue import open_queue
from llm.orchestrator import (
    Ask,
    Event,
    Failed,
    Finished,
    Purpose,
    settled,
    stream,
)
from llm.providers.base import ChatMessage, Text
from llm.standin import Model, Seen, StandIn
from tests.world import World

CHAT = Model(name="llama3.2:latest")
SECOND = Model(name="mistral:latest", size=4 * 2**30, parameter_size="7.2B")
EMBED = Model(name="nomic-embed-text:latest", family="nomic-bert", capabilities=("embedding",))


@dataclass
class Desk:
    """Asks in alice's name unless told otherwise."""

    world: World

    def provider(self, url: str, **fields: Any) -> Provider:
        fields = {"name": "Own", "kind": "ollama", "organization": self.world.acme} | fields
        return Provider.objects.create(base_url=url, **fields)

    async def aprovider(self, url: str, **fields: Any) -> Provider:
        return await sync_to_async(self.provider)(url, **fields)

    def ask(self, text: str = "What is in the report?", **fields: Any) -> Ask:
        user = fields.pop("user", self.world.alice)
        fields = {"purpose": Purpose.CHAT, "organization": user.organization} | fields
        fields.setdefault("messages", (ChatMessage("user", text),))
        return Ask(user=user, **fields)

    def unwritable(self) -> Ask:
        """Of an organisation that is not there, so that no row can name it."""
        return replace(self.ask(), organization=Organization(pk=10**9, name="Gone"))

    async def calls(self) -> list[ModelCall]:
        await settled()
        return await sync_to_async(lambda: list(ModelCall.objects.order_by("pk")))()


async def heard(ask: Ask) -> list[Event]:
    """All events of a stream; the last one, and only that, ends it."""
    async with aclosing(stream(ask)) as events:
        told = [event async for event in events]
    assert [isinstance(each, Finished | Failed) for each in told] == [
        *[False] * (len(told) - 1),
        True,
    ]
    return told


def text_of(events: list[Event]) -> str:
    return "".join(each.text for each in events if isinstance(each, Text))


@contextmanager
def own_machinery(**rules: Any) -> Iterator[Machinery]:
    """A breaker and a queue that no other test has seen, in this process."""
    with using(Machinery(open_breaker("", Rules(**rules)), open_queue(""))) as machinery:
        yield machinery


@asynccontextmanager
async def asking(ask: Ask) -> AsyncIterator[AsyncIterator[Event]]:
    async with aclosing(stream(ask)) as events:
        yield events


def chats(server: StandIn) -> list[Seen]:
    """The requests for an answer that the server saw."""
    return [request for request in server.requests if request.path == "/api/chat"]
