"""``manage.py serve`` as a real process: start, sockets, limits, an orderly end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from reportmanager.server import limits, request

ROOT = Path(__file__).resolve().parent.parent
MIB = 2**20


class Served:
    """A server on a free port with a data directory of its own."""

    def __init__(self, directory: Path, *arguments: str, **environment: str) -> None:
        self.port = free_port()
        self.directory = directory
        self.log = directory / "log"
        self.process = self.launch(*arguments, **environment)

    def launch(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        clean = {
            key: value
            for key, value in os.environ.items()
            if key not in {"DATABASE_URL", "REDIS_URL", "WEB_CONCURRENCY"}
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port), *arguments],
                cwd=ROOT,
                env={
                    **clean,
                    "RM_DATA_DIR": str(self.directory / "data"),
                    "MAX_UPLOAD_MB": "4",
                    **environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while b"Listening on" not in self.log.read_bytes() or not self._accepts():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.status, response.read()
        self.headers = dict(response.getheaders())
        connection.close()
        return answer

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def written(self) -> int:
        """How many bytes the process has written so far, to files and sockets."""
        counters = Path(f"/proc/{self.process.pid}/io").read_text().split()
        return int(counters[counters.index("wchar:") + 1])

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"))
    try:
        server.wait()
        yield server
    finally:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Any]:
    started: list[Served] = []

    def start(*arguments: str, **environment: str) -> Served:
        started.append(Served(tmp_path, *arguments, **environment))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


def test_it_is_alive_and_does_not_say_what_it_is(served: Served) -> None:
    assert served.request("GET", "/healthz") == (200, b'{"status": "ok"}')
    assert "Server" not in served.headers


def test_a_large_body_is_refused_before_it_is_stored(served: Served) -> None:
    before = served.written()
    status, answer = served.request("POST", "/no-such-page", b"x" * (10 * MIB))
    assert status == 413
    assert served.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer)
    assert problem["code"] == "PAYLOAD_TOO_LARGE"
    assert problem["traceId"] == served.headers["X-Trace-Id"]
    assert served.written() - before < MIB


def test_the_declared_length_is_enough_to_be_refused(served: Served) -> None:
    """Not a byte of the 600 MB was sent."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as client:
        client.sendall(
            b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 629145600\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        answer = receive_json(client)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_chunks_are_counted(served: Served) -> None:
    chunks = (b"x" * 65536 for _number in range(160))
    before = served.written()
    status, _answer = served.request("POST", "/no-such-page", chunks)  # of unknown total
    assert status == 413
    assert served.written() - before < 3 * MIB


def test_upload_addresses_may_be_larger(served: Served) -> None:
    for path, limit in (("/api/v1/uploads", 5), ("/sources/upload/", 5), ("/elsewhere/", 2)):
        status, _answer = served.request("POST", path, b"x" * (limit * MIB))
        assert status != 413
        status, _answer = served.request("POST", path, b"x" * (limit * MIB + 1))
        assert status == 413


def test_the_connection_lives_on_for_small_requests(served: Served) -> None:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=30)
    for _number in range(3):
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b'{"status": "ok"}')
    connection.close()


def test_the_port_is_taken(served: Served) -> None:
    second = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", str(served.port)],
        cwd=ROOT,
        env={**os.environ, "RM_DATA_DIR": str(served.directory / "data")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert f"The address 127.0.0.1:{served.port} cannot be used" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_with_an_open_socket(alone: Any, number: int) -> None:
    server = alone()
    server.wait()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(
            b"GET /ws/live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n"
            + f"Origin: http://127.0.0.1:{server.port}\r\n\r\n".encode()
        )
        answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert server.stop(number) == 0
    assert "Traceback" not in server.log.read_text()


def test_it_ends_in_order_with_an_open_stream(tmp_path: Path) -> None:
    """Daphne's own command crashes here with a segmentation fault."""
    port, notes = free_port(), tmp_path / "notes"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.streaming", str(port), str(notes)], cwd=ROOT
    )
    try:
        with connected(port) as client:
            client.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            while received.count(b"still here") < 3:
                received += client.recv(4096)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
    assert sorted(notes.read_text().split("\n")[:-1]) == ["drained", "stopped", "stream closed"]


def connected(port: int) -> socket.socket:
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_worker_process_beside_it(alone: Any) -> None:
    server = alone("--worker", "process")
    server.wait()
    children = children_of(server.process.pid)
    assert len(children) == 1
    os.kill(children[0], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while (again := children_of(server.process.pid)) in ([], children):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert server.stop() == 0
    assert not Path(f"/proc/{again[0]}").exists()


def test_several_web_processes_without_redis_are_refused(alone: Any) -> None:
    server = alone(WEB_CONCURRENCY="4")
    assert server.process.wait(timeout=60) == 1
    assert "jobs.E001" in server.log.read_text()


def children_of(pid: int) -> list[int]:
    """Children that live, not those that only wait to be collected."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    threads = Path(f"/proc/{pid}/task").iterdir()
    found = [child for task in threads for child in (task / "children").read_text().split()]
    return [int(child) for child in found if " Z " not in Path(f"/proc/{child}/stat").read_text()]


def receive_json(client: socket.socket) -> bytes:
    """An answer with a JSON body; the connection may stay open for a while."""
    answer = b""
    while not answer.endswith(b"}") and (block := client.recv(65536)):
        answer += block
    return answer


class Line:
    """One connection to our protocol without a network, on a clock of the test."""

    def __init__(self, settings: Any) -> None:
        settings.MAX_UPLOAD_MB = 4
        self.clock = Clock()
        self.transport = StringTransport(IPv4Address("TCP", "127.0.0.1", 5))
        factory = request.LimitedFactory(self)
        factory.reactor = self.clock
        self.reached: list[bytes] = []
        self.protocol = factory.buildProtocol(None)
        self.protocol.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        self.protocol.dataReceived(data)

    @property
    def answer(self) -> bytes:
        return self.transport.value()

    # What Daphne's server offers to a request.
    proxy_forwarded_address_header = None
    root_path = ""
    request_buffer_size = 8192

    def protocol_connected(self, protocol: Any) -> None: ...

    def protocol_disconnected(self, protocol: Any) -> None: ...

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> asyncio.Queue[Any]:
        self.reached.append(scope["path"].encode())
        return asyncio.Queue()


def test_a_body_that_drips_is_given_up(settings: Any) -> None:
    line = Line(settings)
    line.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
    for _second in range(60):
        line.send(b"x" * 10)
        line.clock.advance(1)
        if line.answer:
            break
    assert line.answer.startswith(b"HTTP/1.1 408 ")
    assert line.transport.disconnecting
    assert line.reached == []


def test_a_slow_but_steady_body_arrives(settings: Any) -> None:
    line = Line(settings)
    total = 200 * 8192
    line.send(f"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: {total}\r\n\r\n".encode())
    for _second in range(200):
        line.send(b"x" * 8192)
        line.clock.advance(1)
    assert line.answer == b""
    assert line.reached == [b"/x"]


def test_headers_that_drip_are_given_up(settings: Any) -> None:
    line = Line(settings)
    line.send(b"GET /x HTTP/1.1\r\n")
    for _second in range(70):
        line.send(b"X")
        line.clock.advance(1)
    assert line.transport.disconnecting or line.transport.disconnected


def test_an_answer_may_take_its_time(settings: Any) -> None:
    line = Line(settings)
    line.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    line.clock.advance(3600)
    assert line.reached == [b"/x"]
    assert not line.transport.disconnecting


def test_after_a_refusal_nothing_is_kept(settings: Any) -> None:
    line = Line(settings)
    line.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
    for _number in range(10):
        line.send(b"x" * 500_000)
    assert line.answer.count(b"HTTP/1.1") == 1
    line.clock.advance(limits.LINGER_SECONDS)
    assert line.transport.disconnecting
    assert line.reached == []


@pytest.mark.parametrize(
    ("target", "large"),
    [
        (b"/api/v1/uploads", True),
        (b"/api/v1/uploads?name=a", True),
        (b"/api/v1/sources/upload", True),
        (b"/sources/upload/", True),
        (b"/wizard/sessions/0f3b0b7e-4f5c-4a9e-9d5e-0d7a4b0f7c11/upload/", True),
        (b"/wizard/sessions/1/upload/", False),
        (b"/x?/sources/upload/", False),
        (b"/sources/upload/../../x", False),
        (b"/sources/%75pload/", False),
        (b"//sources/upload/", False),
        (b"/\xff", False),
    ],
)
def test_only_upload_addresses_are_large(settings: Any, target: bytes, large: bool) -> None:
    settings.MAX_UPLOAD_MB = 10
    assert limits.allowed_bytes(target) == (11 * MIB if large else 2 * MIB)
