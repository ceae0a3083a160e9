"""GitLab's branches and tags -> refs, with whether this login may start a pipeline on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from data.model import Refs, git_id, make, parse_time

DEVELOPER: Final = 30
"""Access level from which one starts pipelines, and pushes to what is not protected (GitLab docs, user/permissions)."""
MAINTAINER: Final = 40
"""Access level that a protected tag asks for unless its settings say otherwise (GitLab docs, protected tags)."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)

Row = Mapping[str, Any]
"""One thing in GitLab's JSON."""


def refs(
    connection: str, git_project_id: int, branches: Sequence[Row], tags: Sequence[Row], access_level: int = 0
) -> Refs:
    """Branches and tags, the newest commit first (GitLab docs, api/branches and api/tags).

    Args:
        connection: name of the connection.
        git_project_id: GitLab's id of the project.
        branches: rows of its branches.
        tags: rows of its tags.
        access_level: this login's in the project, 0 where it is not known.
    """
    return make(
        Refs,
        id=git_id(connection, git_project_id),
        branches=_newest_first([_ref(row, _may_run_branch(row, access_level)) for row in branches if row.get("name")]),
        tags=_newest_first([_ref(row, _may_run_tag(row, access_level)) for row in tags if row.get("name")]),
    )


def _ref(row: Row, may_run: bool) -> dict[str, Any]:
    commit = row.get("commit") or {}  # null for a tag of something that is no commit
    return {
        "name": row["name"],
        "sha": commit.get("id") or row.get("target") or "",
        "title": commit.get("title") or "",
        "committed": parse_time(commit.get("committed_date") or commit.get("created_at")),
        "protected": bool(row.get("protected")),
        "may_run": may_run,
    }


def _newest_first(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda one: one["committed"] or _NEVER, reverse=True)


def _may_run_branch(row: Row, level: int) -> bool:
    """Who may push or merge to a branch may run pipelines on it (GitLab, chain/validate/abilities.rb).

    `can_push` is of this login. Who may merge is told for developers only; maintainers may unless nobody does, which
    the server does not tell.
    """
    can_push = row.get("can_push")
    if can_push is None:
        can_push = not row.get("protected") and (not level or level >= DEVELOPER)
    if can_push or not row.get("protected"):
        return bool(can_push)
    return level >= (DEVELOPER if row.get("developers_can_merge") or row.get("developers_can_push") else MAINTAINER)


def _may_run_tag(row: Row, level: int) -> bool:
    """Who may create a tag may run pipelines on it; who that is for a protected one is told to maintainers only."""
    return not level or level >= (MAINTAINER if row.get("protected") else DEVELOPER)
