"""The one place that opens connections to model servers. Every failure is a ``ProviderError``.

    wire = Wire(endpoint, server="an Ollama server")
    answer = await wire.request("GET", "/api/tags")                    # one JSON object
    async with aclosing(wire.lines("POST", "/api/chat", body)) as lines:
        async for line in lines: ...                                   # as they come, empty too
    wire.pieces(…)                                                     # the same, as bytes

``request`` ends after ``endpoint.answer_seconds`` unless another limit (or None: the caller's
budget) is given. ``lines`` has no end of its own but ``max_bytes`` and, when given,
``silence_seconds``. Leaving it early or cancelling the task closes the connection: model servers
take that as "stop". Wrap it in ``contextlib.aclosing``: without, a generator is closed only when
it is collected. Paths are added to the path of ``endpoint.base_url``.

One client a call: a shared one delays first tokens when many start at once. The ``Accept-Encoding``
is identity and packed answers are refused, so that a small answer cannot become a huge one.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Any, Final

import httpx

from common.http.outgoing import HostUnknown, OutgoingRefused, PinnedTransport, check_url
from common.trace import traceparent
from llm.providers.base import Endpoint
from llm.providers.decoding import LONGEST_LINE, LineSplitter, decode_object
from llm.providers.errors import (
    AddressRefused,
    AnswerTooLong,
    NotAuthorized,
    NotUnderstood,
    ProviderError,
    StreamCut,
    TooSlow,
    Unreachable,
)
from llm.providers.failures import clean, failure_of, looks_like_html, redirected

__all__ = ["ANSWER", "LONGEST_STREAM", "LineSplitter", "Wire", "decode_object"]

LONGEST_ANSWER = 4 * 2**20
"""Of a short question. Reading JSON holds up everything else: a few hundredths of a second."""
LONGEST_WORK = 32 * 2**20
"""Of a request without a limit of its own: vectors of many texts."""
LONGEST_STREAM = 32 * 2**20
"""Bytes on the wire: a quarter of a million tokens, as every piece of text comes in a line."""
LONGEST_FAILURE = 64 * 2**10
FAILURE_SECONDS = 2.0
WRITE_SECONDS = 30.0
ANSWER: Final = -1.0
"""As ``seconds``: the endpoint's ``answer_seconds``."""
KEY = re.compile(r"[\x21-\x7e]+")
NO_ANSWER = re.compile(r"disconnected without sending", re.IGNORECASE)
CUT = re.compile(r"closed connection|incomplete|without sending", re.IGNORECASE)


class Wire:
    """How to talk to one endpoint. It holds no connection; ``server`` names the kind of server in
    sentences ("an Ollama server")."""

    def __init__(self, endpoint: Endpoint, *, server: str = "a model server") -> None:
        self._endpoint = endpoint
        self._server = server

    async def request(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        seconds: float | None = ANSWER,
        max_bytes: int | None = None,
        empty_ok: bool = False,
    ) -> dict[str, Any]:
        """The JSON object of an answer. ``empty_ok``: an empty body is an empty object."""
        limit = self._endpoint.answer_seconds if seconds == ANSWER else seconds
        try:
            async with asyncio.timeout(limit), self._open(method, path, body) as response:
                text = await _text(response, max_bytes or _longest(limit))
        except TimeoutError as error:
            raise TooSlow(f"The model server took longer than {limit:g} seconds.") from error
        if empty_ok and not text.strip():
            return {}
        if looks_like_html(response.headers.get("content-type", ""), text):
            raise self._strange("a page of HTML")
        return decode_object(text, self._server)

    async def lines(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        silence_seconds: float | None = None,
        max_bytes: int = LONGEST_STREAM,
        max_line: int = LONGEST_LINE,
    ) -> AsyncGenerator[str, None]:
        """The lines of an answer without their ends, the last one even if nothing ends it.
        ``silence_seconds``: the longest wait for the headers and between two pieces."""
        splitter = LineSplitter(max_line)
        received = self.pieces(
            method, path, body, silence_seconds=silence_seconds, max_bytes=max_bytes
        )
        async with aclosing(received) as pieces:
            async for piece in pieces:
                for line in splitter.feed(piece):
                    yield line
        for line in splitter.flush():
            yield line

    async def pieces(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        silence_seconds: float | None = None,
        max_bytes: int = LONGEST_STREAM,
    ) -> AsyncGenerator[bytes, None]:
        """An answer's bytes as they come, cut anywhere; for what is not made of lines."""
        async with self._open(method, path, body, silence_seconds) as response:
            if "html" in response.headers.get("content-type", "").lower():
                raise self._strange("a page of HTML")
            async with aclosing(_pieces(response, max_bytes)) as pieces:
                async for piece in pieces:
                    yield piece

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, body: dict[str, Any] | None, silence: float | None = None
    ) -> AsyncIterator[httpx.Response]:
        """An answer with a good status, of which nothing is read yet."""
        with self._explained():
            url, headers = self._address(path), self._headers()
            timeout = httpx.Timeout(
                connect=self._endpoint.connect_seconds, read=silence, write=WRITE_SECONDS, pool=None
            )
            content = None if body is None else json.dumps(body, allow_nan=False).encode()
            transport = PinnedTransport(self._endpoint.policy)
            async with (
                httpx.AsyncClient(
                    transport=transport, timeout=timeout, trust_env=False, follow_redirects=False
                ) as client,
                client.stream(method, url, content=content, headers=headers) as response,
            ):
                await self._accept(response)
                yield response

    def _address(self, path: str) -> str:
        check_url(self._endpoint.base_url)
        return self._endpoint.base_url.rstrip("/") + path

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "report-manager",
            "traceparent": traceparent(),
        }
        if key := self._endpoint.api_key:
            if not KEY.fullmatch(key):
                raise NotAuthorized("The API key holds characters that no key has.")
            headers["Authorization"] = f"Bearer {key}"
        return headers

    async def _accept(self, response: httpx.Response) -> None:
        if 300 <= response.status_code < 400:
            raise redirected(response.status_code, response.headers.get("location", ""))
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise self._strange("a packed answer, which was not asked for")
        if response.is_success:
            return
        kind = response.headers.get("content-type", "")
        raise failure_of(response.status_code, kind, await _failure_text(response), self._server)

    def _strange(self, detail: str) -> NotUnderstood:
        return NotUnderstood(
            f"This address answers, but not as {self._server} does.", detail=detail
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What httpx and the address check raise, as our errors with a sentence."""
        try:
            yield
        except OutgoingRefused as error:
            raise AddressRefused(str(error)) from error
        except httpx.HTTPError as error:
            raise self._explain(error) from error

    def _explain(self, error: httpx.HTTPError) -> ProviderError:
        detail = clean(str(error))
        if isinstance(error, httpx.TimeoutException):
            return _too_slow(error, self._endpoint.connect_seconds)
        if isinstance(error, HostUnknown):
            return Unreachable(f"The model server cannot be found: {error}", detail=detail)
        if isinstance(error, httpx.ConnectError):
            return _unreachable(error, self._server)
        if isinstance(error, httpx.RemoteProtocolError) and not CUT.search(str(error)):
            return self._strange(detail)
        message = "The connection to the model server broke before its answer was complete."
        if NO_ANSWER.search(str(error)):
            message = f"The server hung up without an answer; is it {self._server}?"
        return StreamCut(message, detail=detail)


def _longest(seconds: float | None) -> int:
    return LONGEST_WORK if seconds is None else LONGEST_ANSWER


def _too_slow(error: httpx.TimeoutException, connect_seconds: float) -> ProviderError:
    if isinstance(error, httpx.ConnectTimeout):
        return Unreachable(
            f"The model server did not take the connection within {connect_seconds:g} seconds."
        )
    if isinstance(error, httpx.WriteTimeout):
        return TooSlow("The model server does not read what is sent to it.")
    return TooSlow("The model server was silent for too long.")


def _unreachable(error: Exception, server: str) -> Unreachable:
    causes = list(_causes(error))
    detail = clean(str(causes[-1]))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Unreachable("The certificate of the model server is not trusted.", detail=detail)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Unreachable(
            "The model server does not speak https as expected; is it http://?", detail=detail
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Unreachable(f"Nothing answers at this address; is {server} running?", detail=detail)
    return Unreachable("The model server cannot be reached.", detail=detail)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


async def _pieces(response: httpx.Response, max_bytes: int) -> AsyncGenerator[bytes, None]:
    received = 0
    async for piece in response.aiter_raw():
        received += len(piece)
        if received > max_bytes:
            raise AnswerTooLong(f"The model server's answer is longer than {max_bytes} bytes.")
        yield piece


async def _text(response: httpx.Response, max_bytes: int) -> str:
    pieces = [piece async for piece in _pieces(response, max_bytes)]
    return b"".join(pieces).decode("utf-8", "replace")


async def _failure_text(response: httpx.Response) -> str:
    """The beginning of an answer that says what is wrong; what comes in time."""
    received = bytearray()
    try:
        async with asyncio.timeout(FAILURE_SECONDS):
            async for piece in response.aiter_raw():
                received += piece
                if len(received) > LONGEST_FAILURE:
                    break
    except (TimeoutError, httpx.HTTPError):
        pass
    return received[:LONGEST_FAILURE].decode("utf-8", "replace")
