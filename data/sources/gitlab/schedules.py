"""GitLab's pipeline schedules -> records (GitLab docs, api/pipeline_schedules)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from data.model import Schedule, git_id, make, parse_time
from data.sources.gitlab.mapping import variable

Row = Mapping[str, Any]
"""One thing in GitLab's JSON."""

_PREFIXES: Final = ("refs/heads/", "refs/tags/")


def schedule(connection: str, git_project_id: int, row: Row) -> Schedule:
    """A schedule, from a list or in detail: a list tells neither variables and inputs nor the last pipeline.

    Variables are told to the owner and to maintainers only, and lose their values where they look like secrets.
    """
    last = row.get("last_pipeline") or {}
    return make(
        Schedule,
        id=git_id(connection, git_project_id, "schedule", row["id"]),
        project_id=git_id(connection, git_project_id),
        connection=connection,
        git_project_id=git_project_id,
        git_schedule_id=row["id"],
        description=row.get("description") or "",
        ref=_short(row.get("ref") or ""),
        cron=row.get("cron") or "",
        timezone=row.get("cron_timezone") or "",
        next_run=parse_time(row.get("next_run_at")),
        active=bool(row.get("active")),
        owner=(row.get("owner") or {}).get("username") or "",
        variables=[variable(one) for one in row.get("variables") or () if one.get("key")],
        inputs={str(one["name"]): _text(one.get("value")) for one in row.get("inputs") or () if one.get("name")},
        last_run_id=git_id(connection, git_project_id, last["id"]) if last.get("id") else "",
        last_status=last.get("status") or "",
    )


def _short(ref: str) -> str:
    for prefix in _PREFIXES:
        ref = ref.removeprefix(prefix)
    return ref


def _text(value: object) -> str:
    """An input's value as one would type it: lists and booleans as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
