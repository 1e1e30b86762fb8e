"""Daphne's request, which as it stands stores any body of any size before Django sees it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol

from common import trace
from common.http import problems
from reportmanager.server import limits

CHECK_EVERY = 5.0
REASONS = {408: "Request Timeout", 413: "Content Too Large"}


if TYPE_CHECKING:
    _HTTPChannel = Any  # Twisted's has no annotations
else:
    _HTTPChannel = HTTPChannel


class LimitedRequest(WebRequest):  # type: ignore[misc]
    """Counts the body while it arrives and answers 413 or 408 without keeping it."""

    _refused = False
    _received = 0
    _limit = 0
    _timer: Any = None

    def gotLength(self, length: int | None) -> None:
        """Called when the headers are complete; ``None`` means chunks of unknown total."""
        target: bytes = self.channel._path
        self._limit = limits.allowed_bytes(target)
        if length is not None and length > self._limit:
            self.content = io.BytesIO()
            self._refuse("PAYLOAD_TOO_LARGE", 413, self._size_sentence())
            return
        super().gotLength(length)
        if length != 0:
            self._started = self._now()
            self._timer = self.channel.callLater(CHECK_EVERY, self._check_pace)

    def handleContentChunk(self, data: bytes) -> None:
        if self._refused:
            return
        self._received += len(data)
        if self._received > self._limit:
            self._refuse("PAYLOAD_TOO_LARGE", 413, self._size_sentence())
        else:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        self._stop_timer()
        if self._refused:
            self._hang_up()
        else:
            super().requestReceived(command, path, version)

    def connectionLost(self, reason: Any) -> None:
        self._stop_timer()
        super().connectionLost(reason)

    def _refuse(self, code: str, status: int, detail: str) -> None:
        """Answer at once; what still arrives is thrown away for some seconds.

        Closing at once would reset the connection and the answer could get lost on its way.
        """
        self._refused = True
        self._stop_timer()
        self.content.close()
        self.content = io.BytesIO()
        self.channel.persistent = False
        self.requestHeaders.removeHeader(b"expect")  # no "100 Continue" after this answer
        self.channel.transport.write(_answer(code, status, detail))
        self._timer = self.channel.callLater(limits.LINGER_SECONDS, self._hang_up)

    def _hang_up(self) -> None:
        self._stop_timer()
        if self.channel is not None:
            self.channel.loseConnection()

    def _check_pace(self) -> None:
        self._timer = None
        if self._refused or self.channel is None:
            return
        if limits.too_slow(self._received, self._now() - self._started):
            self._refuse("BAD_REQUEST", 408, "The request arrived too slowly.")
            self._hang_up()
        else:
            self._timer = self.channel.callLater(CHECK_EVERY, self._check_pace)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _now(self) -> float:
        return float(self.channel.factory.reactor.seconds())

    def _size_sentence(self) -> str:
        return f"At most {self._limit / 2**20:.0f} MiB are accepted here."


class LimitedChannel(_HTTPChannel):  # type: ignore[misc]
    """A connection that has to bring its headers in time, not only one byte now and then."""

    _deadline: Any = None

    def connectionMade(self) -> None:
        super().connectionMade()
        self._await_headers()

    def allHeadersReceived(self) -> None:
        self._forget_deadline()
        super().allHeadersReceived()

    def requestDone(self, request: Any) -> None:
        if self.persistent:
            self._await_headers()  # first: the next request may already be here
        super().requestDone(request)

    def connectionLost(self, reason: Any) -> None:
        self._forget_deadline()
        super().connectionLost(reason)

    def _await_headers(self) -> None:
        self._forget_deadline()
        self._deadline = self.callLater(limits.HEADER_SECONDS, self.forceAbortClient)

    def _forget_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


class LimitedFactory(HTTPFactory):  # type: ignore[misc]
    def protocol(self) -> Any:
        return _GenericHTTPChannelProtocol(LimitedChannel())

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = LimitedRequest
        return protocol


def _answer(code: str, status: int, detail: str) -> bytes:
    with trace.scope(origin="page", trace_id=trace.new_trace_id()):
        body = json.dumps(problems.body(code, detail)).encode()
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\n"
            "Content-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"X-Trace-Id: {trace.trace_id()}\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode("ascii") + body
