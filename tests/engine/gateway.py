"""A proxy before a server, as companies have one: it can lose the server's answer and say 502 in its place."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})
"""Headers that belong to one connection."""


class Gateway:
    """Passes everything on to `target`. `lose` is how many answers to creations of pipelines get lost."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.lose = 0
        self.url = ""

    def creates(self, method: str, path: str) -> bool:
        """Whether a request creates a pipeline."""
        return method == "POST" and path.endswith("/pipeline")


@contextmanager
def gateway(target: str) -> Iterator[Gateway]:
    """A gateway on a free port, for the block."""
    found = Gateway(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            upstream = http.client.HTTPConnection(found.host, found.port, timeout=10)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            upstream.request(self.command, self.path, body=body or None, headers=headers)
            answer = upstream.getresponse()
            status, content = answer.status, answer.read()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP]
            upstream.close()
            if found.lose and found.creates(self.command, self.path):
                found.lose -= 1
                status, content, kept = 502, b"<html><h1>502 Bad Gateway</h1></html>", [("Content-Type", "text/html")]
            self.send_response(status)
            for name, value in kept:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - the library's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
