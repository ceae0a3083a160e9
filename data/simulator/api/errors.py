"""GitLab's error answers (lib/api/helpers.rb, lib/api/api_guard.rb)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An answer that ends a request. `body` is JSON, or plain text where it is a string."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status, self.body, self.headers = status, body, dict(headers or {})


def unauthorized() -> ApiError:
    """No token, or one that nobody knows."""
    return ApiError(401, {"message": "401 Unauthorized"})


def invalid_token(description: str) -> ApiError:
    """A token that was good once."""
    return ApiError(401, {"error": "invalid_token", "error_description": description})


def insufficient_scope() -> ApiError:
    """A token without the scope `api` on a request that writes."""
    text = "The request requires higher privileges than provided by the access token."
    return ApiError(403, {"error": "insufficient_scope", "error_description": text, "scope": "api"})


def forbidden(reason: str = "") -> ApiError:
    """The user may not do this."""
    return ApiError(403, {"message": f"403 Forbidden - {reason}" if reason else "403 Forbidden"})


def not_found(what: str = "") -> ApiError:
    """No such thing; with `what` in GitLab's title case, without in its lower case."""
    return ApiError(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def bad_request(reason: str) -> ApiError:
    """The request makes no sense now."""
    return ApiError(400, {"message": f"400 Bad request - {reason}"})


def missing(name: str) -> ApiError:
    """A required parameter is not there."""
    return ApiError(400, {"error": f"{name} is missing"})


def invalid(name: str) -> ApiError:
    """A parameter of the wrong type."""
    return ApiError(400, {"error": f"{name} is invalid"})


def bad_value(name: str) -> ApiError:
    """A parameter with a value outside its list."""
    return ApiError(400, {"error": f"{name} does not have a valid value"})


def throttled(limit: int, observed: int, reset: float, date: str, wait: int) -> ApiError:
    """Too many requests for Rack::Attack: plain text with all headers."""
    headers = {
        "Retry-After": str(wait),
        "RateLimit-Limit": str(limit),
        "RateLimit-Name": "throttle_authenticated_api",
        "RateLimit-Observed": str(observed),
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": str(int(reset)),
        "RateLimit-ResetTime": date,
    }
    return ApiError(429, "Retry later\n", headers)


def application_limit() -> ApiError:
    """Too many requests for the application's own limiter: JSON."""
    text = "This endpoint has been requested too many times. Try again later."
    return ApiError(429, {"message": {"error": text}})
