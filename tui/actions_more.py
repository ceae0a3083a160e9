"""Further things that a user can ask for: builders of `Command` records for what is on a server.

Pure, like `tui.actions`; where an action is not possible the builders raise `UsageError` with the sentence of
`tui.reasons_more`. `project` and `connection` are the records, None where they are not known: then the server decides.
"""

from __future__ import annotations

import shlex
import socket
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from data.clean import clean
from data.errors import UsageError
from data.model import Artifact, Command, Connection, JobRun, PipelineRun, Project, Schedule, Variable, make
from tui.actions import job_title, parse_variable, question, run_title, user_name
from tui.reasons_more import (
    why_not_delete,
    why_not_erase,
    why_not_in,
    why_not_keep,
    why_not_rename,
    why_not_schedule,
)

PHRASES: Final[Mapping[str, str]] = {
    "erase": "Erase log and artifacts of {} jobs", "keep": "Keep the artifacts of {} jobs",
    "delete": "Delete {} runs on the server", "schedule": "Run {} schedules now",
}  # fmt: skip
"""How several commands of a kind are asked for, where the kind's own name does not say it."""


def question_of(commands: Sequence[Command]) -> str:
    """What to ask before commands are sent: `Delete churn #4312 on the server?`, `Keep the artifacts of 2 jobs?`."""
    kinds = {command.kind for command in commands}
    phrase = PHRASES.get(kinds.pop(), "") if len(kinds) == 1 else ""
    if len(commands) > 1 and phrase:
        return f"{phrase.format(len(commands))}?"
    asked = question(commands)
    return f"{asked[:-1]} on the server?" if commands[0].kind in {"erase", "delete"} else asked


def erase_command(
    job: JobRun,
    project: Project | None = None,
    connection: Connection | None = None,
    *,
    why: str = "",
    by: str = "",
) -> Command:
    """Erase the log and the artifacts of a job on the server.

    Raises:
        UsageError: it has not ended, is erased already, or may not be.
    """
    _check(why_not_in(project, connection) or why_not_erase(job))
    return _on("erase", job, f"erase {job_title(job, _name(project))}", why, by)


def keep_command(
    job: JobRun,
    artifacts: Sequence[Artifact] = (),
    project: Project | None = None,
    connection: Connection | None = None,
    *,
    now: datetime | None = None,
    why: str = "",
    by: str = "",
) -> Command:
    """Keep the artifacts of a job for good; `artifacts` are those that were read of it, maybe none yet.

    Raises:
        UsageError: it has none, or they do not expire.
    """
    _check(why_not_in(project, connection) or why_not_keep(job, artifacts, now or datetime.now(UTC)))
    return _on("keep", job, f"keep the artifacts of {job_title(job, _name(project))}", why, by)


def delete_command(
    run: PipelineRun,
    project: Project | None = None,
    connection: Connection | None = None,
    *,
    why: str = "",
    by: str = "",
) -> Command:
    """Delete a run on the server.

    Raises:
        UsageError: it is gone, or may not be deleted.
    """
    _check(why_not_in(project, connection) or why_not_delete(run, project))
    return _on("delete", run, f"delete {run_title(run, _name(project))}", why, by)


def rename_command(
    run: PipelineRun,
    name: str,
    project: Project | None = None,
    connection: Connection | None = None,
    *,
    why: str = "",
    by: str = "",
) -> Command:
    """Give a run another name.

    Raises:
        UsageError: no name, one that is too long, or the one that it has.
    """
    name = clean(name).strip()
    _check(why_not_in(project, connection) or why_not_rename(run, name))
    return _on("rename", run, f"rename {run_title(run, _name(project))} to {name}", why, by, {"name": name})


def schedule_command(
    schedule: Schedule,
    project: Project | None = None,
    connection: Connection | None = None,
    *,
    why: str = "",
    by: str = "",
) -> Command:
    """Run a schedule now.

    Raises:
        UsageError: it may not be.
    """
    _check(why_not_in(project, connection) or why_not_schedule(schedule))
    return _on("schedule", schedule, f"run {schedule_title(schedule, _name(project))} now", why, by)


def schedule_title(schedule: Schedule, project: str = "") -> str:
    """`churn schedule nightly`: its description, or its number."""
    return f"{project} schedule {schedule.description or schedule.git_schedule_id}".strip()


def parse_variables(text: str) -> list[Variable]:
    """Variables from `KEY=VALUE` words; a value with spaces stands in quotation marks. None for an empty text.

    Raises:
        UsageError: a word that is no variable, one that comes twice, a quotation mark that does not end.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError("a quotation mark does not end") from None
    found = [parse_variable(word) for word in words]
    keys = [one.key for one in found]
    if doubled := next((key for at, key in enumerate(keys) if key in keys[:at]), ""):
        raise UsageError(f"the variable {doubled} is given twice")
    return found


def _check(reason: str) -> None:
    if reason:
        raise UsageError(reason)


def _name(project: Project | None) -> str:
    return project.name if project is not None else ""


def _on(
    kind: str,
    target: PipelineRun | JobRun | Schedule,
    title: str,
    why: str,
    by: str,
    payload: Mapping[str, Any] | None = None,
) -> Command:
    return make(
        Command,
        id=str(uuid.uuid4()),
        kind=kind,
        connection=target.connection,
        project_id=target.project_id,
        target_id=target.id,
        title=title,
        payload=dict(payload or {}),
        by=by or user_name(),
        host=socket.gethostname(),
        why=why,
        created=datetime.now(UTC),
    )
