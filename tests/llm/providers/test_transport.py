"""Whatever is at the other end: every failure is a sentence with a code, and nothing hangs."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from contextlib import aclosing
from pathlib import Path

import pytest

from common.http.outgoing import Policy
from llm.providers.base import Endpoint
from llm.providers.decoding import LineSplitter, decode_object
from llm.providers.errors import (
    AddressRefused,
    AnswerTooLong,
    ModelMissing,
    NotAuthorized,
    NotUnderstood,
    PromptTooLong,
    ProviderError,
    RequestRefused,
    ServerBusy,
    ServerFailed,
    StreamCut,
    TooSlow,
    Unreachable,
    Unsupported,
)
from llm.providers.failures import clean, error_line
from llm.providers.transport import Wire
from tests.common.certificates import server_context
from tests.llm.providers.servers import HOLD, LOCAL, RawServer, chunked, head, reply

KEY = "sk-very-secret"


def wire(server: RawServer, *, answer_seconds: float = 5.0, key: str = "") -> Wire:
    endpoint = Endpoint(server.url, LOCAL, api_key=key, answer_seconds=answer_seconds)
    return Wire(endpoint, server="an Ollama server")


async def lines_of(server: RawServer, **more: object) -> list[str]:
    async with aclosing(wire(server).lines("POST", "/x", {}, **more)) as lines:  # type: ignore[arg-type]
        return [line async for line in lines]


async def failure(server: RawServer, **more: object) -> ProviderError:
    """The error of a short question; its words never hold markup or the key."""
    with pytest.raises(ProviderError) as caught:
        await wire(server, key=KEY, **more).request("GET", "/x")  # type: ignore[arg-type]
    assert "<" not in caught.value.message + caught.value.detail
    assert KEY not in caught.value.message + caught.value.detail
    return caught.value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- What is sent -----------------------------------------------------------------------------


async def test_a_request_says_who_asks_and_wants_nothing_packed() -> None:
    async with RawServer(reply({"ok": 1})) as server:
        assert await wire(server, key=KEY).request("POST", "/api/x", {"a": "ü\ud800"}) == {"ok": 1}
        (seen,) = server.seen
    assert (seen.method, seen.path, seen.json) == ("POST", "/api/x", {"a": "ü\ud800"})
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["traceparent"].startswith("00-")
    assert seen.headers["host"] == f"127.0.0.1:{server.port}"


async def test_paths_are_added_to_the_path_of_the_base_url() -> None:
    async with RawServer(reply({})) as server:
        await Wire(Endpoint(server.url + "/proxy/", LOCAL)).request("GET", "/api/tags")
        assert server.seen[0].path == "/proxy/api/tags"


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    async with RawServer(reply({"ok": 1})) as server:
        assert await wire(server).request("GET", "/x") == {"ok": 1}


async def test_a_key_that_would_break_the_headers_is_not_sent_nor_shown() -> None:
    async with RawServer(reply({})) as server:
        with pytest.raises(NotAuthorized) as caught:
            await wire(server, key="sk-1\r\nX-Evil: 1").request("GET", "/x")
        assert server.seen == []
    assert "sk-1" not in str(caught.value)


# --- No connection ----------------------------------------------------------------------------


async def test_a_server_that_is_off() -> None:
    wire = Wire(Endpoint(f"http://127.0.0.1:{free_port()}", LOCAL), server="an Ollama server")
    with pytest.raises(Unreachable, match="is an Ollama server running"):
        await wire.request("GET", "/x")


async def test_a_name_that_is_not_known() -> None:
    wire = Wire(Endpoint("http://no-such-host.invalid:11434", LOCAL))
    with pytest.raises(Unreachable, match=r"cannot be found: no-such-host\.invalid"):
        await wire.request("GET", "/x")


async def test_https_where_only_http_is_spoken() -> None:
    async with RawServer(b"HTTP/1.1 400 Bad Request\r\n\r\n", deaf=True) as server:
        https = Wire(Endpoint(server.url.replace("http:", "https:"), LOCAL))
        with pytest.raises(Unreachable, match="is it http://"):
            await https.request("GET", "/x")


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    context, _ = server_context(tmp_path, "localhost")
    async with RawServer(reply({}), tls=context) as server:
        https = Wire(Endpoint(f"https://localhost:{server.port}", LOCAL, api_key=KEY))
        with pytest.raises(Unreachable, match="certificate of the model server is not trusted"):
            await https.request("GET", "/x")
        assert server.seen == []


async def test_a_connection_that_nobody_takes_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        # The queue of waiting connections takes one or two; what comes then is not answered.
        taken = [socket.socket() for _ in range(4)]
        for client in taken:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        wire = Wire(Endpoint(f"http://127.0.0.1:{port}", LOCAL, connect_seconds=0.3))
        with pytest.raises(Unreachable, match="did not take the connection"):
            await wire.request("GET", "/x")
        for client in taken:
            client.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1", "this machine itself"),
        ("http://10.1.2.3", "private network"),
        ("http://169.254.169.254", "credentials"),
        ("ftp://example.org", "http://"),
        ("http://user:word@example.org", "user name"),
    ],
)
async def test_an_address_that_is_not_allowed_is_never_connected_to(url: str, words: str) -> None:
    with pytest.raises(AddressRefused, match=words):
        await Wire(Endpoint(url, Policy(hint="Name it in SOME_SETTING."))).request("GET", "/x")


# --- Too slow ---------------------------------------------------------------------------------


async def test_a_short_question_has_an_end() -> None:
    async with RawServer(head(), b'{"a"', HOLD) as server:
        error = await failure(server, answer_seconds=0.2)
        await asyncio.wait_for(server.left.wait(), 5)
    assert isinstance(error, TooSlow)
    assert "0.2 seconds" in error.message


async def test_silence_within_a_stream_has_an_end() -> None:
    async with RawServer(head(), b"one\n", HOLD) as server:
        with pytest.raises(TooSlow, match="silent"):
            await lines_of(server, silence_seconds=0.2)
        await asyncio.wait_for(server.left.wait(), 5)


async def test_a_failure_whose_words_never_end_is_still_told() -> None:
    async with RawServer(head(500), b"x" * 200_000, HOLD) as server:
        assert isinstance(await failure(server), ServerFailed)


async def test_a_failure_whose_words_stop_is_told_with_what_came() -> None:
    async with RawServer(head(500), b"half a sent", HOLD) as server:
        with pytest.raises(ServerFailed) as caught:
            await asyncio.wait_for(lines_of(server), 20)
    assert "half a sent" in caught.value.detail


# --- Leaving closes the connection --------------------------------------------------------------


async def test_leaving_a_stream_early_closes_the_connection() -> None:
    async with RawServer(head(), b"one\ntwo\n", HOLD) as server:
        async with aclosing(wire(server).lines("POST", "/x", {})) as lines:
            assert await anext(lines) == "one"
        await asyncio.wait_for(server.left.wait(), 5)


async def test_cancelling_the_task_closes_the_connection() -> None:
    async with RawServer(head(), b"one\n", HOLD) as server:
        task = asyncio.create_task(lines_of(server))
        while not server.sent:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.left.wait(), 5)


async def test_cancelling_before_the_headers_closes_the_connection() -> None:
    async with RawServer(HOLD) as server:
        task = asyncio.create_task(wire(server).request("GET", "/x", seconds=None))
        while not server.seen:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.left.wait(), 5)


# --- Other protocols ----------------------------------------------------------------------------


async def test_another_protocol() -> None:
    async with RawServer(b"220 mail.example.org ESMTP\r\n\r\n", HOLD, deaf=True) as server:
        error = await failure(server)
    assert isinstance(error, NotUnderstood)
    assert "not as an Ollama server" in error.message


async def test_a_protocol_whose_greeting_looks_unfinished() -> None:
    banner = b"SSH-2.0-OpenSSH_9.2p1\r\n"
    async with RawServer(banner, 0.1, b"Invalid SSH identification string.\r\n") as server:
        error = await failure(server)
    assert isinstance(error, StreamCut)
    assert "is it an Ollama server?" in error.message


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json"])
async def test_a_web_page(kind: str) -> None:
    page = b"<!doctype html><title>Router login</title>"
    async with RawServer(reply(page, kind=kind)) as server:
        error = await failure(server)
        assert isinstance(error, NotUnderstood)


async def test_a_web_page_instead_of_a_stream() -> None:
    async with RawServer(reply(b"<html>", kind="text/html")) as server:
        with pytest.raises(NotUnderstood):
            await lines_of(server)


@pytest.mark.parametrize(
    "body",
    [b"[]", b"12", b'"text"', b"null", b"NaN", b'{"a": NaN}', b"", b"\xff\xfe", b"{" * 50],
)
async def test_json_that_is_no_object(body: bytes) -> None:
    async with RawServer(reply(body)) as server:
        assert isinstance(await failure(server), NotUnderstood)


async def test_json_nested_without_end() -> None:
    async with RawServer(reply(b'{"a":' + b"[" * 200_000)) as server:
        assert isinstance(await failure(server), NotUnderstood)


def test_a_number_of_a_million_digits_is_not_computed() -> None:
    with pytest.raises(NotUnderstood):
        decode_object('{"a": ' + "9" * 1_000_000 + "}")


async def test_an_empty_body_only_where_it_is_expected() -> None:
    async with RawServer(reply(b"")) as server:
        assert await wire(server).request("DELETE", "/x", {}, empty_ok=True) == {}
        with pytest.raises(NotUnderstood):
            await wire(server).request("GET", "/x")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
async def test_redirects_are_not_followed(status: int) -> None:
    async with RawServer(reply({"ok": 1})) as other:
        place = f"{other.url}/elsewhere?token=abc"
        async with RawServer(reply(b"<a>", status, Location=place)) as server:
            error = await failure(server)
        assert other.seen == []
    assert isinstance(error, AddressRefused)
    assert f"redirects to {other.url}/elsewhere;" in error.message
    assert "token" not in error.message


async def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    async with RawServer(reply(bomb, Content_Encoding="gzip")) as server:
        error = await failure(server)
        assert isinstance(error, NotUnderstood)
        assert "packed" in error.detail
        with pytest.raises(NotUnderstood):
            await lines_of(server)


# --- Broken and endless answers -------------------------------------------------------------------


async def test_a_server_that_hangs_up_without_a_word() -> None:
    async with RawServer() as server:
        assert isinstance(await failure(server), StreamCut)


async def test_a_content_length_that_promises_too_much() -> None:
    async with RawServer(head(Content_Length="500"), b'{"a": 1}') as server:
        assert isinstance(await failure(server), StreamCut)


async def test_a_content_length_that_promises_too_little() -> None:
    async with RawServer(head(Content_Length="5"), b'{"a": 1}') as server:
        assert isinstance(await failure(server), NotUnderstood)


async def test_a_chunked_stream_that_breaks_gives_what_came_before() -> None:
    got: list[str] = []
    opening = head(Transfer_Encoding="chunked") + chunked(b"one\ntw")
    async with RawServer(opening) as server:
        with pytest.raises(StreamCut):  # noqa: PT012
            async with aclosing(wire(server).lines("GET", "/x")) as lines:
                async for line in lines:
                    got.append(line)
    assert got == ["one"]


async def test_an_endless_stream_ends() -> None:
    many = b"x" * 999 + b"\n"
    async with RawServer(head(), *[many * 100] * 200, HOLD) as server:
        with pytest.raises(AnswerTooLong):
            await lines_of(server, max_bytes=1_000_000)
        await asyncio.wait_for(server.left.wait(), 5)


async def test_an_endless_answer_ends() -> None:
    async with RawServer(head(), *[b" " * 100_000] * 50, HOLD) as server:
        with pytest.raises(AnswerTooLong):
            await wire(server).request("GET", "/x", max_bytes=1_000_000)


async def test_a_line_of_ten_megabytes() -> None:
    async with RawServer(head(), *[b"x" * 1_000_000] * 10, HOLD) as server:
        with pytest.raises(NotUnderstood, match="a line of more than 8388608 bytes"):
            await lines_of(server)


async def test_endless_headers() -> None:
    async with RawServer(b"HTTP/1.1 200 OK\r\n", *[b"X-A: " + b"b" * 90_000] * 20, HOLD) as server:
        assert isinstance(await failure(server), NotUnderstood)


# --- Lines --------------------------------------------------------------------------------------


async def test_lines_come_as_they_are_sent_and_the_last_needs_no_end() -> None:
    async with RawServer(head(), b"one\r\n\ntw", 0.01, b"o\nthree") as server:
        assert await lines_of(server) == ["one", "", "two", "three"]


async def test_bytes_split_inside_a_character() -> None:
    steps: list[bytes | float] = []
    for byte in "Größe 🙂\nzwei".encode():
        steps += [bytes([byte]), 0.001]
    async with RawServer(head(), *steps) as server:
        assert await lines_of(server) == ["Größe 🙂", "zwei"]


def test_a_line_ends_at_a_line_feed_only() -> None:
    splitter = LineSplitter()
    assert splitter.feed("a\u2028b\x0bc\x85d\n".encode()) == ["a\u2028b\x0bc\x85d"]


def test_bytes_that_are_no_text_are_replaced() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"a\xffb\n\xc3") == ["a\ufffdb"]
    assert splitter.flush() == ["\ufffd"]


def test_the_limit_of_a_line_holds_for_each() -> None:
    splitter = LineSplitter(limit=4)
    assert splitter.feed(b"1234\n12") == ["1234"]
    assert splitter.feed(b"34\n") == ["1234"]
    with pytest.raises(NotUnderstood):
        splitter.feed(b"12345")


# --- Statuses -----------------------------------------------------------------------------------

SIGN_IN = {"error": "unauthorized", "signin_url": "https://ollama.com/connect?x"}
NAMED = {"error": {"message": "The model `x` does not exist", "code": "model_not_found"}}
WINDOW = {"error": {"message": "This model's maximum context length is 4096 tokens"}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"error": '"m" does not support thinking'}, Unsupported, "cannot think"),
        (400, {"error": "registry/m does not support tools"}, Unsupported, "tools"),
        (400, {"error": "the prompt is longer than the context length"}, PromptTooLong, "longer"),
        (400, WINDOW, PromptTooLong, "longer"),
        (400, {"error": "model is required"}, RequestRefused, "refuses this request"),
        (400, b"Client sent an HTTP request to an HTTPS server.", RequestRefused, "refuses"),
        (401, {"error": "unauthorized"}, NotAuthorized, "API key"),
        (401, SIGN_IN, NotAuthorized, "ollama signin"),
        (403, b"", NotAuthorized, "OLLAMA_HOST"),
        (403, {"error": "cloud is disabled"}, NotAuthorized, "refuses this request"),
        (404, {"error": "model 'x' not found"}, ModelMissing, "does not have this model"),
        (404, NAMED, ModelMissing, "does not have this model"),
        (404, b"404 page not found", Unsupported, "too old"),
        (404, b"", NotUnderstood, "not as an Ollama server"),
        (404, b"<html>nginx", NotUnderstood, "not as an Ollama server"),
        (429, {"error": "slow down"}, ServerBusy, "too many requests"),
        (429, b"<html>", ServerBusy, "too many requests"),
        (499, {"error": "cancelled"}, StreamCut, "gave up"),
        (500, {"error": "boom"}, ServerFailed, "HTTP 500"),
        (500, {"error": 'option "top_k" must be of type integer'}, RequestRefused, "options"),
        (500, {"error": "model requires more system memory (9 GiB)"}, ServerFailed, "memory"),
        (502, b"<html><h1>Bad Gateway</h1>", ServerFailed, "HTTP 502"),
        (503, {"error": "server busy, please try again.  maximum"}, ServerBusy, "queue is full"),
        (503, b"", ServerBusy, "busy"),
    ],
)
async def test_a_status_says_what_is_wrong(
    status: int, body: object, kind: type[ProviderError], words: str
) -> None:
    async with RawServer(reply(body, status)) as server:
        error = await failure(server)
        with pytest.raises(kind):
            await lines_of(server)
    assert type(error) is kind
    assert words in error.message
    assert error.status == status
    assert f"HTTP {status}" in error.detail


async def test_what_a_server_says_is_kept_short_and_harmless() -> None:
    evil = "no\x1b[31m \u202egood\r\n" + "x" * 5000
    async with RawServer(reply({"error": evil}, 500)) as server:
        error = await failure(server)
    assert len(error.detail) <= 500
    assert "no [31m good x" in error.detail


def test_only_what_the_server_is_to_blame_for_counts_against_it() -> None:
    assert not error_line('"m" does not support tools').counts
    assert not error_line("model 'x' not found").counts
    assert error_line("llama runner process has terminated").counts
    assert error_line({"message": "overloaded"}).message == "The model server failed: overloaded"
    assert error_line(["?"]).message == "The model server failed."


def test_clean_leaves_plain_words() -> None:
    assert clean(" a\n\tb  ") == "a b"
    assert clean("abcdef", 4) == "abc…"
    assert json.loads(json.dumps(clean("\x00"))) == ""
