"""What MLflow's refusals mean, in sentences (MLflow docs, REST API and authentication; its source, mlflow/protos)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from data.clean import clean
from data.config.secret import MASK, Secret
from data.errors import BadAnswer, Forbidden, NotFound, RateLimited, Refused, SourceError, Unauthorized
from data.sources.faults import Asked, Unanswered
from data.sources.http import mask_logins

MAX_MESSAGE: Final = 400
"""Characters of a server's message that an error repeats."""
SERVER_ERROR: Final = 500
"""First of the statuses with which a server or a proxy before it says that it failed."""


class NoEndpoint(NotFound):
    """The server answers, but has no such call: an older MLflow, GitLab's own, or something else altogether."""


def of_status(status: int, body: bytes, asked: Asked, wait: float | None = None) -> SourceError:
    """The error of an answer that is not 2xx; `wait` is the server's Retry-After in seconds."""
    code, text = _told(body, asked.secret)
    if status == HTTPStatus.UNAUTHORIZED:
        return unauthorized(asked)
    if status == HTTPStatus.FORBIDDEN:
        return forbidden(text, asked)
    if status == HTTPStatus.NOT_FOUND:
        return not_found(asked, endpoint=code == "ENDPOINT_NOT_FOUND" or (not code and "Project" not in text))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        hint = f"it asks to wait {wait:.0f} s" if wait else "Lineside waits before it asks again"
        return RateLimited(f"{asked.server} limits requests", hint=hint, status=status, retry_after=wait)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        hint = "set the URL of this connection to where it points"
        return BadAnswer(f"{asked.server} redirects elsewhere when asked for {asked.what}", hint=hint, status=status)
    if status >= SERVER_ERROR:
        return failed(status, text, asked, wait)
    return Refused(f"{asked.server} refused {asked.what}: {text or f'status {status}'}", status=status)


def unauthorized(asked: Asked) -> Unauthorized:
    """The error of a missing or unknown login."""
    status = HTTPStatus.UNAUTHORIZED
    if asked.login:
        hint = asked.advice or "MLflow's basic authentication wants username and password, not a token"
        return Unauthorized(f"{asked.server} does not accept the {asked.login}", hint=hint, status=status)
    hint = "give the connection a username and password, or a token"
    return Unauthorized(f"{asked.server} needs a login", hint=hint, status=status)


def forbidden(text: str, asked: Asked) -> Forbidden:
    """The error of a login that may not, or of a server that does not know its own name."""
    status = HTTPStatus.FORBIDDEN
    if "Invalid Host header" in text:
        host = asked.server
        hint = f"start it with --allowed-hosts {host}, or use its IP address"
        return Forbidden(f"the MLflow server does not accept to be called {host}", hint=hint, status=status)
    reason = f": {text}" if text else ""
    hint = "with basic authentication, MLflow says so of unknown runs, too"
    return Forbidden(f"this login may not ask for {asked.what}{reason}", hint=hint, status=status)


def not_found(asked: Asked, *, endpoint: bool) -> NotFound:
    """The error of a missing thing, or of a missing call."""
    status = HTTPStatus.NOT_FOUND
    if endpoint:
        message, hint = f"{asked.server} has no MLflow call for {asked.what}", "check the URL of this connection"
        return NoEndpoint(message, hint=hint, status=status)
    return NotFound(f"{asked.server} knows no such thing: {asked.what}", status=status)


def failed(status: int, text: str, asked: Asked, wait: float | None = None) -> SourceError:
    """The error of a server, or a proxy before it, that failed."""
    said = f": {text}" if text else ""
    message = f"{asked.server} failed with {status} when asked for {asked.what}{said}"
    if asked.writing:
        return Unanswered(f"{message}; whether it carried it out is not known", status=status, retry_after=wait)
    hint = "the fault is on the server; trying again later helps"
    return BadAnswer(message, hint=hint, status=status, retry_after=wait)


def not_json(asked: Asked) -> BadAnswer:
    """The error of an answer with status 200 that is a page for people: a login page, a proxy."""
    hint = "is the URL MLflow's own, without a login page or proxy in front of it?"
    return BadAnswer(f"{asked.server} answered something that is no JSON when asked for {asked.what}", hint=hint)


def _told(body: bytes, secret: Secret | None) -> tuple[str, str]:
    """Error code and message of a body, which is JSON, plain text (401, 403) or HTML."""
    text = body.decode(errors="replace")
    try:
        found = json.loads(text)
    except ValueError:
        return "", "" if text.lstrip().startswith("<") else tidy(text, secret)
    if not isinstance(found, dict):
        return "", tidy(text, secret)
    said = found.get("message") or found.get("error_description") or found.get("error") or ""
    return str(found.get("error_code") or ""), tidy(str(said), secret)


def tidy(text: str, secret: Secret | None) -> str:
    """A server's or client's message: one line, cut, without any login in it."""
    if secret:
        text = text.replace(secret.reveal(), MASK)
    return mask_logins(clean(text, limit=MAX_MESSAGE).strip())
