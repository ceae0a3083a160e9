"""An HTTP server that answers what a test tells it, for answers that no real server can be asked for."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer. `cut` drops the connection instead; `held` answers only when the server ends.

    `endless` does not tell how long the answer is: it ends with the connection, as HTTP/1.0 has it.
    """

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    cut: bool = False
    held: bool = False
    endless: bool = False

    @property
    def raw(self) -> bytes:
        """The body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


Rule = Answer | Callable[[Seen], Answer]


class Scripted:
    """Answers by path, without the query; of several answers each is given once, and the last for ever."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.url = ""
        self.ended = threading.Event()
        self._rules: dict[str, list[Rule]] = {}

    def on(self, path: str, *rules: Rule) -> None:
        """Set the answers of a path."""
        self._rules[path] = list(rules)

    def answer(self, seen: Seen) -> Answer:
        """The next answer."""
        self.seen.append(seen)
        rules = self._rules.get(seen.path)
        if rules is None:
            return Answer({"error": "404 Not Found"}, status=404)
        rule = rules.pop(0) if len(rules) > 1 else rules[0]
        return rule(seen) if callable(rule) else rule

    def asked(self, path: str) -> list[Seen]:
        """The requests for a path."""
        return [seen for seen in self.seen if seen.path == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    script: Scripted

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = parse_qs(parts.query, keep_blank_values=True)
        answer = self.script.answer(Seen(self.command, parts.path, query, dict(self.headers), body))
        if answer.held:
            self.script.ended.wait(60)
        if answer.cut or answer.held:
            self.close_connection = True
            return
        self.send_response(answer.status)
        headers = {"Content-Type": answer.kind, "Content-Length": str(len(answer.raw)), **answer.headers}
        if answer.endless:
            del headers["Content-Length"]
            headers["Connection"] = "close"
            self.close_connection = True
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(answer.raw)
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - names that http.server gives

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Nothing is printed."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no fault of the test."""


@contextmanager
def scripted(context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """A running scripted server, with TLS where a context is given."""
    script = Scripted()
    handler = type("Handler", (_Handler,), {"script": script})
    server = _Server(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    script.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
