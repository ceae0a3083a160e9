"""Faults on order: what a network, a proxy and an overloaded server do to requests."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

Kind = Literal["status", "rate_limit", "application_limit", "html", "hang", "cut_before", "cut_after", "truncate"]
"""What a fault does. `cut_after` lets the request take effect and then drops the connection: nobody hears of it."""

KINDS: tuple[str, ...] = get_args(Kind)

SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>You need to sign in.</body></html>"
"""What a single sign-on proxy answers instead of JSON, with status 200."""

BAD_GATEWAY = "<html><head><title>{0} Server Error</title></head><body><h1>{0}</h1></body></html>"
"""What a proxy answers when the server behind it fails."""

_BODIES = {500: '{"message":"500 Internal Server Error"}'}


@dataclass(slots=True)
class Fault:
    """One order: the next `count` requests whose method and path fit get it.

    `path` is a regular expression that is searched in the path with its query string; `retry_after` is in seconds.
    """

    kind: Kind
    count: int = 1
    path: str = ""
    method: str = ""
    status: int = 502
    retry_after: int = 30

    @classmethod
    def make(cls, given: dict[str, Any]) -> Fault:
        """Return a fault out of JSON.

        Raises:
            ValueError: an unknown key or kind, or a path that is no regular expression.
        """
        unknown = set(given) - set(cls.__slots__)
        if unknown or given.get("kind") not in KINDS:
            raise ValueError(f"a fault has the keys {', '.join(cls.__slots__)} and a kind of {', '.join(KINDS)}")
        try:
            re.compile(str(given.get("path", "")))
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        return cls(**given)

    def fits(self, method: str, path: str) -> bool:
        """Whether it applies to a request."""
        return self.method.upper() in ("", method) and re.search(self.path, path) is not None


class Faults:
    """The orders that are still open, and the counters of requests by `METHOD template`."""

    def __init__(self, latency_ms: float = 0.0) -> None:
        self.latency_ms = latency_ms
        self.counts: Counter[str] = Counter()
        self._open: list[Fault] = []

    @property
    def pending(self) -> list[dict[str, Any]]:
        """The open orders as JSON."""
        return [asdict(fault) for fault in self._open]

    def add(self, fault: Fault) -> None:
        """Take another order."""
        self._open.append(fault)

    def reset(self) -> None:
        """Forget orders, latency and counters."""
        self._open.clear()
        self.counts.clear()
        self.latency_ms = 0.0

    def take(self, method: str, path: str) -> Fault | None:
        """Return the order that applies to a request and use it up by one."""
        found = next((fault for fault in self._open if fault.fits(method, path)), None)
        if found is not None:
            found.count -= 1
            if found.count <= 0:
                self._open.remove(found)
        return found


def instead(fault: Fault) -> Response | None:
    """Return what a fault answers without handling the request, None where the request is handled."""
    if fault.kind == "status":
        body = _BODIES.get(fault.status, BAD_GATEWAY.format(fault.status))
        kind = "application/json" if fault.status in _BODIES else "text/html"
        headers = {"Retry-After": str(fault.retry_after)} if fault.status in (429, 503) else None
        return Response(body, fault.status, headers, kind)
    if fault.kind == "rate_limit":
        return Response("Retry later\n", 429, {"Retry-After": str(fault.retry_after)}, "text/plain")
    if fault.kind == "application_limit":
        text = "This endpoint has been requested too many times. Try again later."
        return Response(f'{{"message":{{"error":"{text}"}}}}', 429, media_type="application/json")
    if fault.kind == "html":
        return Response(SIGN_IN, 200, media_type="text/html")
    if fault.kind == "hang":
        return HangResponse()
    return CutResponse() if fault.kind == "cut_before" else None


def afterwards(fault: Fault, response: Response) -> Response:
    """Return what a fault makes of the answer to a handled request."""
    if fault.kind == "cut_after":
        return CutResponse()
    return TruncatedResponse(response) if fault.kind == "truncate" else response


async def gone(receive: Receive) -> None:
    """Wait until the client or the server has closed the connection; the request's body must have been read."""
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()


def _transport(scope: Scope) -> asyncio.Transport:
    """Return the connection of a request; `data.simulator.server` puts it there."""
    transport: asyncio.Transport = scope["state"]["transport"]
    return transport


class HangResponse(Response):
    """Accepts the request and never answers; ends when the client gives up or the server stops."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Wait."""
        await gone(receive)


class CutResponse(Response):
    """Drops the connection without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Cut."""
        _transport(scope).abort()
        await gone(receive)


class TruncatedResponse(Response):
    """Promises the whole body, sends half of it and closes the connection."""

    def __init__(self, whole: Response) -> None:
        super().__init__(bytes(whole.body), whole.status_code)
        self.raw_headers = whole.raw_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half, then close."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        _transport(scope).close()
        await gone(receive)
