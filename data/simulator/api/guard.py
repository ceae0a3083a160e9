"""Who is asking: tokens, scopes, and both of GitLab's request limits."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request

from data.simulator.api.errors import application_limit, insufficient_scope, invalid_token, throttled, unauthorized
from data.simulator.entities import Token
from data.simulator.world import World

WINDOW = 60.0
"""Seconds over which requests are counted."""

READING = frozenset({"GET", "HEAD"})
"""Methods that the scope read_api allows."""

READ_BY_POST = "/api/graphql"
"""Path whose POSTs are reads here: there are no mutations."""


def authenticate(world: World, request: Request) -> Token | None:
    """Return the request's token, None for an anonymous one.

    Raises:
        ApiError: 401 for an unknown, expired or revoked token; 403 for one without the scope.
    """
    value = request.headers.get("private-token") or request.query_params.get("private_token") or ""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if not value and scheme.lower() == "bearer":
        value = bearer.strip()
    if not value:
        return None
    token = world.tokens.get(value)
    if token is None:
        raise unauthorized()
    if token.revoked:
        raise invalid_token("Token was revoked. You have to re-authorize from the user.")
    if token.expires_at is not None and token.expires_at <= world.time:
        raise invalid_token("Token is expired. You can either do re-authorization or token refresh.")
    reading = request.method in READING or request.scope["path"] == READ_BY_POST
    if "api" not in token.scopes and not (reading and "read_api" in token.scopes):
        raise insufficient_scope()
    token.last_used_at = world.time
    return token


class Limiter:
    """Counts requests per minute of the world's clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._counts: dict[tuple[object, ...], tuple[float, int]] = {}

    def _hit(self, *key: object) -> tuple[float, int]:
        """Count one request and return the end of its window and the number in it."""
        end, number = self._counts.get(key, (0.0, 0))
        if self._world.time >= end:
            end, number = (self._world.time // WINDOW + 1) * WINDOW, 0
        self._counts[key] = end, number + 1
        return end, number + 1

    def reset(self) -> None:
        """Forget every count."""
        self._counts.clear()

    def request(self, who: str) -> dict[str, str]:
        """Count a request of `who` and return the RateLimit headers.

        Raises:
            ApiError: 429 in Rack::Attack's form.
        """
        limit = self._world.settings.rate_limit
        end, number = self._hit("all", who)
        if limit and number > limit:
            wait = max(math.ceil(end - self._world.time), 1)
            raise throttled(limit, number, end, format_datetime(datetime.fromtimestamp(end, UTC), usegmt=True), wait)
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(number),
            "RateLimit-Remaining": str(max(limit - number, 0)),
            "RateLimit-Reset": str(int(end)),
        }

    def application(self, limit: int, *key: object) -> None:
        """Count a request to a limited endpoint.

        Raises:
            ApiError: 429 in the application limiter's form.
        """
        if limit and self._hit("application", *key)[1] > limit:
            raise application_limit()
