"""Finds out who and what answers at a GitLab connection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from data.clean import clean
from data.errors import Forbidden, NotFound, Refused, Unauthorized
from data.model import Connection, make
from data.sources.gitlab.api import Api, Row
from data.sources.http import describe

if TYPE_CHECKING:
    from data.config.credentials import Credential


def probe(api: Api, name: str, url: str, credential: Credential) -> Connection:
    """The connection's state; see `GitLabSource.probe`.

    `/version` answers to every login but a job token's, `/personal_access_tokens/self` to access tokens only
    (GitLab docs, api/version, api/personal_access_tokens); a job token is known by `/job` (docs, api/jobs).
    """
    job_token = credential.kind == "job_token"
    who = api.get("/job", "the job of this token") if job_token else api.get("/user", "the user of this login")
    version = _optional(api, "/version", "the server's version")
    token = {} if job_token else _optional(api, "/personal_access_tokens/self", "the scopes of this token")
    scopes = tuple(clean(str(scope)) for scope in token.get("scopes") or ())
    now = datetime.now(UTC)
    return make(
        Connection,
        id=name,
        name=name,
        kind="gitlab",
        url=url,
        auth=describe(credential),
        user=((who.get("user") or {}) if job_token else who).get("username") or "",
        state="ok",
        last_check=now,
        last_success=now,
        version=version.get("version") or "",
        scopes=scopes,
        can_write=False if job_token else _can_write(scopes),
        rate_limit=api.traffic.rate.limit,
        rate_remaining=api.traffic.rate.remaining,
        rate_reset=api.traffic.rate.reset,
    )


def _can_write(scopes: tuple[str, ...]) -> bool | None:
    """Whether scopes allow to start and cancel; None where they do not tell, as for OAuth and fine-grained tokens."""
    if "api" in scopes:
        return True
    return False if scopes and all(scope.startswith("read_") for scope in scopes) else None


def _optional(api: Api, path: str, what: str) -> Row:
    try:
        return api.get(path, what)
    except (Unauthorized, Forbidden, NotFound, Refused):
        return {}
