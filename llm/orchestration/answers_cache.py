"""Answers that would come out the same: kept for a day, for those who may see the same.

The key holds the organisation and the permission fingerprint, so that no answer reaches somebody
who may see less, and all that is sent, so that a changed prompt, option or schema is another one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.core.cache import caches

from llm.orchestration.outlook import Route
from llm.orchestration.purposes import IDEMPOTENT
from llm.orchestration.request import Ask
from llm.providers.base import ChatMessage

log = structlog.get_logger(__name__)
KEPT_SECONDS = 24 * 3600
_CACHE = "answers"


def key_for(ask: Ask, route: Route, messages: tuple[ChatMessage, ...]) -> str:
    """ "" when the answer is not to be kept."""
    if not ask.fingerprint or ask.purpose not in IDEMPOTENT or route.options.temperature != 0:
        return ""
    return digest(
        [
            *_whose(ask.organization.pk, ask.fingerprint, route),
            ask.purpose,
            ask.prompt_key,
            route.options.set(),
            ask.format,
            ask.tools,
            [asdict(message) for message in messages],
        ]
    )


def key_for_text(organization_id: int, fingerprint: str, route: Route, text: str) -> str:
    """Of one text's vector."""
    whose = _whose(organization_id, fingerprint, route)
    return digest([*whose, "embed", text]) if fingerprint else ""


async def find(key: str) -> dict[str, Any] | None:
    """None when it is not there, or the cache does not answer."""
    return (await find_many([key])).get(key)


async def find_many(keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    wanted = [key for key in keys if key]
    if not wanted:
        return {}
    try:
        return await sync_to_async(_get_many)(wanted)
    except Exception as error:
        log.warning("the cache does not answer", error=f"{type(error).__name__}")
        return {}


async def store(values: dict[str, dict[str, Any]]) -> None:
    values = {key: value for key, value in values.items() if key}
    if values:
        await sync_to_async(_set_many)(values)


def _get_many(keys: list[str]) -> dict[str, Any]:
    return caches[_CACHE].get_many(keys)


def _set_many(values: dict[str, Any]) -> None:
    caches[_CACHE].set_many(values, timeout=KEPT_SECONDS)


def digest(parts: list[Any]) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return "llm:answer:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _whose(organization_id: int, fingerprint: str, route: Route) -> list[Any]:
    """A provider whose address changed is another one, and so is a model that was pulled anew."""
    provider = route.provider
    return [organization_id, fingerprint, provider.pk, provider.version, route.model, route.digest]
