"""The ASGI application: routes requests to endpoints; tokens, limits, faults and GitLab's errors lie around them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from data.simulator.api.call import Call, answer
from data.simulator.api.control import Control
from data.simulator.api.errors import ApiError
from data.simulator.api.guard import Limiter, authenticate
from data.simulator.api.routes import PREFIX, Endpoint, control_endpoints, gitlab_endpoints
from data.simulator.entities import Token
from data.simulator.faults import Faults, afterwards, gone, instead
from data.simulator.logs import LogBook
from data.simulator.serializers import Serializer
from data.simulator.world import World

_HTML_404 = "<!DOCTYPE html><html><head><title>The page could not be found (404)</title></head><body>404</body></html>"

Handler = Callable[[Request], Awaitable[Response]]


def _error(error: ApiError) -> Response:
    if isinstance(error.body, str):
        return Response(error.body, error.status, error.headers, "text/plain")
    return answer(error.body, error.status, error.headers)


def _body(request: Request, raw: bytes) -> dict[str, Any]:
    """Return the parameters in a JSON or form body.

    Raises:
        ApiError: 400 for JSON that cannot be read.
    """
    if not raw:
        return {}
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
    try:
        found = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise ApiError(400, {"error": "Problems parsing JSON"}) from error
    return found if isinstance(found, dict) else {}


class Api:
    """All that the requests of one server share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults, self.limiter = Faults(world.settings.latency_ms), Limiter(world)
        self.json = Serializer(world, LogBook(world))

    def application(self) -> ASGIApp:
        """Return the ASGI application."""
        control = Control(self.faults, self.limiter)
        routes = [
            *(
                Route(path, self._gitlab(path, call), methods=[method])
                for method, path, call in gitlab_endpoints(self.limiter)
            ),
            *(Route(path, self._control(call), methods=[method]) for method, path, call in control_endpoints(control)),
            Route("/{path:path}", self._gitlab("(unknown)", None), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
        starlette = Starlette(routes=routes)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            # Starlette matches the decoded path, where an encoded slash of a project's path is a slash like any other.
            scope["path"] = scope["raw_path"].decode("ascii", "replace")
            await starlette(scope, receive, send)

        return app

    def _call(self, request: Request, raw: bytes) -> Call:
        path = request.scope["path"]
        return Call(
            world=self.world,
            json=self.json,
            path=request.path_params,
            query=request.query_params,
            body=_body(request, raw),
            token=None,
            url=self.json.base + path,
            range=request.headers.get("range", ""),
        )

    def _control(self, endpoint: Endpoint) -> Handler:
        async def handle(request: Request) -> Response:
            raw = await request.body()
            with self.world.lock:
                self.world.advance()
                try:
                    return endpoint(self._call(request, raw))
                except ApiError as error:
                    return _error(error)

        return handle

    def _gitlab(self, template: str, endpoint: Endpoint | None) -> Handler:
        async def handle(request: Request) -> Response:
            raw = await request.body()
            query = f"?{request.url.query}" if request.url.query else ""
            self.faults.counts[f"{request.method} {template}"] += 1
            fault = self.faults.take(request.method, request.scope["path"] + query)
            if self.faults.latency_ms:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(gone(request.receive), self.faults.latency_ms / 1000)
            early = instead(fault) if fault is not None else None
            if early is not None:
                return early
            response = self._answer(request, endpoint, raw)
            return afterwards(fault, response) if fault is not None else response

        return handle

    def _answer(self, request: Request, endpoint: Endpoint | None, raw: bytes) -> Response:
        headers: dict[str, str] = {}
        with self.world.lock:
            self.world.advance()
            try:
                token, refused = self._who(request)
                headers = self.limiter.request(token.user.username if token else "anonymous")
                if refused is not None:
                    raise refused
                if endpoint is None:
                    response = self._unknown(request)
                else:
                    call = self._call(request, raw)
                    call.token = token
                    response = endpoint(call)
            except ApiError as error:
                response = _error(error)
        response.headers.update(headers)
        response.headers["X-Request-Id"] = f"sim-{sum(self.faults.counts.values()):08d}"
        return response

    def _who(self, request: Request) -> tuple[Token | None, ApiError | None]:
        """Return the token of a request, or why it is refused; refused requests count as anonymous ones."""
        try:
            return authenticate(self.world, request), None
        except ApiError as error:
            return None, error

    def _unknown(self, request: Request) -> Response:
        if request.scope["path"].startswith(PREFIX):
            return answer({"error": "404 Not Found"}, 404)
        return Response(_HTML_404, 404, media_type="text/html")
