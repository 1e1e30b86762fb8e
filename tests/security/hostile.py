"""A model server that means harm: it answers each path with whatever bytes it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CALM: dict[str, bytes] = {
    "/api/version": b'{"version": "0.9"}',
    "/api/tags": b'{"models": [{"name": "m:1"}]}',
    "/api/ps": b'{"models": []}',
    "/api/show": b'{"details": {}}',
}


class Hostile(ThreadingHTTPServer):
    """``answers`` by path; what is not named there is answered calmly. ``headers``: of requests."""

    daemon_threads = True
    address_family = 2

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.redirect = ""
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def lists(self, *models: dict[str, Any], at: str = "/api/tags") -> None:
        self.answers[at] = json.dumps({"models": models}).encode()


class Handler(BaseHTTPRequestHandler):
    server: Hostile

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(self.path)
        self.server.keys.append(self.headers.get("Authorization"))
        if self.server.redirect:
            self.send_response(302)
            self.send_header("Location", self.server.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.server.answers.get(self.path) or CALM.get(self.path, b"{}")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def hostile() -> Iterator[Hostile]:
    server = Hostile()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
