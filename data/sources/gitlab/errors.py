"""What GitLab's refusals mean, in sentences (GitLab docs, api/rest/troubleshooting and api/rest/authentication)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import requests
from gitlab.exceptions import GitlabError, RedirectError

from data.clean import clean
from data.config.secret import MASK, Secret
from data.errors import BadAnswer, Forbidden, NotFound, RateLimited, Refused, SourceError, Unauthorized
from data.sources.faults import Asked, Unanswered, connection_fault
from data.sources.http import Response

MAX_MESSAGE: Final = 600
"""Characters of a server's message that an error repeats: the errors of a CI configuration are long."""
SERVER_ERRORS: Final = range(500, 600)
"""Statuses with which a server or a proxy before it says that it failed."""
GATEWAY: Final = frozenset({502, 503, 504})
"""Statuses of a proxy: whether GitLab carried out the request is not known."""

TOO_LOW: Final = "its role in the project is too low"
"""Hint where GitLab forbids something and does not say why."""

_STATE = re.compile(r"is not (?:retryable|erasable|cancell?able|playable)", re.IGNORECASE)
_PREFIX = re.compile(r"^\d{3} [A-Za-z ]+?(?: - |$)")


def source_error(error: Exception, asked: Asked, last: Response) -> SourceError:
    """The error of ours that `error` means; `last` is the newest answer of the connection."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, requests.RequestException):
        return connection_fault(error, asked.server, writing=asked.writing)
    if isinstance(error, RedirectError):
        return _moved(asked, last)
    if isinstance(error, GitlabError) and error.response_code:
        return of_status(error.response_code, error.response_body or b"", asked, last)
    return BadAnswer(f"{asked.server} answered something that is no JSON when asked for {asked.what}", hint=_NOT_GITLAB)


_NOT_GITLAB: Final = "is the URL GitLab's own, without a login page or proxy in front of it?"


def not_json(asked: Asked, content_type: str) -> BadAnswer:
    """The error of an answer with status 200 that is a page for people: a login page, a proxy."""
    kind = clean(content_type, limit=80) or "something without a type"
    return BadAnswer(f"{asked.server} answered {kind} instead of JSON when asked for {asked.what}", hint=_NOT_GITLAB)


def of_status(status: int, body: bytes, asked: Asked, last: Response) -> SourceError:
    """The error of an answer that is not 2xx."""
    told = _Told.of(body, asked.secret)
    wait = last.retry_after if last.status == status else None
    if status == HTTPStatus.UNAUTHORIZED:
        return _unauthorized(told, asked)
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(told, asked)
    if status == HTTPStatus.NOT_FOUND:
        return _not_found(told, asked)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        hint = f"it asks to wait {wait:.0f} s" if wait else "Lineside waits before it asks again"
        return RateLimited(f"{asked.server} limits requests", hint=hint, status=status, retry_after=wait)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _moved(asked, last)
    if status in SERVER_ERRORS:
        return _server_failed(status, told, asked, wait)
    reason = told.text or f"status {status}"
    return Refused(f"{asked.server} refused {asked.what}: {reason}", status=status, hint=_way_out(reason))


@dataclass(frozen=True, slots=True)
class _Told:
    """What an error's body says; `json` is false for HTML and plain text."""

    text: str
    error: str = ""
    scope: str = ""
    json: bool = True

    @classmethod
    def of(cls, body: bytes, secret: Secret | None) -> _Told:
        """Reads a body: `message` may be text, a list, or a mapping of field to texts (GitLab docs, api/rest)."""
        text = body.decode(errors="replace")
        try:
            found = json.loads(text)
        except ValueError:
            html = text.lstrip()[:1] == "<"
            return cls("" if html else _tidy(text, secret), json=False)
        if not isinstance(found, dict):
            return cls(_tidy(_flat(found), secret))
        said = found.get("error_description") or found.get("message") or found.get("error") or ""
        return cls(_tidy(_flat(said), secret), str(found.get("error", "")), clean(str(found.get("scope", ""))))


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(
            _flat(texts) if key in ("base", "error") else f"{key}: {_flat(texts)}" for key, texts in value.items()
        )
    if isinstance(value, list):
        return ", ".join(_flat(item) for item in value)
    return str(value)


def _tidy(text: str, secret: Secret | None) -> str:
    if secret:
        text = text.replace(secret.reveal(), MASK)
    return _PREFIX.sub("", clean(text, limit=MAX_MESSAGE).strip()).strip()


def _unauthorized(told: _Told, asked: Asked) -> Unauthorized:
    status = HTTPStatus.UNAUTHORIZED
    if not asked.login:
        return Unauthorized(
            f"{asked.server} needs a login for {asked.what}", hint="give the connection a token", status=status
        )
    fate = next((word for word in ("expired", "revoked") if word in told.text), "")
    if fate:
        verb = "has expired" if fate == "expired" else "was revoked"
        hint = asked.advice or "make a new one on GitLab under Preferences, Access tokens"
        return Unauthorized(f"the {asked.login} {verb}", hint=hint, status=status)
    hint = asked.advice or "is it complete, and meant for this server?"
    return Unauthorized(f"{asked.server} does not accept the {asked.login}", hint=hint, status=status)


def _forbidden(told: _Told, asked: Asked) -> SourceError:
    status = HTTPStatus.FORBIDDEN
    if _STATE.search(told.text):
        return Refused(f"{asked.server} refused {asked.what}: {told.text}", status=status)
    if told.error == "insufficient_scope":
        message = f"the {asked.login or 'login'} lacks the scope {told.scope or 'api'}, which {asked.what} needs"
        return Forbidden(message, hint="make a token with this scope", status=status)
    if not told.json:
        hint = "a firewall, proxy or GitLab's own IP block may stand before it"
        return Forbidden(f"{asked.server} does not let this machine ask for {asked.what}", hint=hint, status=status)
    reason = f": {told.text}" if told.text else ""
    return Forbidden(f"this login may not ask for {asked.what}{reason}", hint=TOO_LOW, status=status)


def _not_found(told: _Told, asked: Asked) -> NotFound:
    status = HTTPStatus.NOT_FOUND
    if not told.json:
        return NotFound(
            f"{asked.server} offers no GitLab API at this URL", hint="check the URL of this connection", status=status
        )
    hint = "it may not exist, or this login may not see it"
    return NotFound(f"{asked.server} knows no such thing: {asked.what}", hint=hint, status=status)


def _moved(asked: Asked, last: Response) -> BadAnswer:
    target = clean(last.location.partition("?")[0], limit=200)
    hint = (
        f"set the URL of this connection to where it points: {target}" if target else "check the URL of this connection"
    )
    return BadAnswer(f"{asked.server} redirects elsewhere when asked for {asked.what}", hint=hint, status=last.status)


def _server_failed(status: int, told: _Told, asked: Asked, wait: float | None) -> SourceError:
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "unknown error"
    said = f": {told.text}" if told.text and told.json else ""
    message = f"{asked.server} failed with {status} ({phrase}) when asked for {asked.what}{said}"
    if asked.writing and status in GATEWAY:
        return Unanswered(f"{message}; whether it carried it out is not known", status=status, retry_after=wait)
    return BadAnswer(
        message, hint="the fault is on the server; trying again later helps", status=status, retry_after=wait
    )


_WAYS_OUT: Final = (
    ("Reference not found", "choose a branch or tag that exists"),
    ("Ref is ambiguous", "a branch and a tag have this name: write refs/heads/… or refs/tags/…"),
    ("Missing CI config file", "the ref has no CI configuration file"),
    ("would have been empty", "its rules add no job for this ref and these variables"),
    ("workflow:rules", "its workflow rules forbid a pipeline for this ref and these variables"),
    ("No stages / jobs", "its rules add no job for this ref and these variables"),
    (
        "permissions to set pipeline variables",
        "the project forbids variables at launch; use inputs, or ask a maintainer",
    ),
    ("sufficient permission to run a pipeline", "the ref is protected; ask a maintainer"),
    ("Pipelines are disabled", "CI/CD is switched off in the project's settings"),
    ("Unplayable Job", "it has started already, or waits for earlier jobs"),
)
"""Beginnings or parts of GitLab's refusals (app/services/ci/create_pipeline_service and its chain), and what helps."""


def _way_out(reason: str) -> str:
    return next((hint for part, hint in _WAYS_OUT if part in reason), "")
