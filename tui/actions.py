"""What a user can ask for: builders of `Command` records.

Pure: nothing here reads a store or calls a server. Screens and the command line use the same functions, so that both
offer, refuse and word an action alike. Where an action is not possible the builders raise `UsageError` with the
sentence of `tui.reasons`, whose functions are offered here, too.
"""

from __future__ import annotations

import getpass
import re
import secrets
import socket
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from data.clean import clean, clean_block
from data.engine.left import OUTCOMES
from data.errors import UsageError
from data.model import Command, JobRun, Pipeline, PipelineAPI, Project, TrackedRun, Variable, make
from data.model.vocabulary import PRODUCTION, TEST
from tui.reasons import (
    Markable,
    Runnable,
    job_title,
    note_of,
    run_title,
    title_of,
    tracked_title,
    why_not_cancel,
    why_not_launch,
    why_not_note,
    why_not_play,
    why_not_retry,
    why_not_settle,
    why_not_value,
    why_not_variables,
    why_not_write,
)

__all__ = [
    "KINDS", "RUN_ID", "Markable", "Runnable", "cancel_command", "job_title", "label_command", "launch_command",
    "merge_variables", "new_run_id", "note_command", "note_of", "parse_labels", "parse_variable", "play_command",
    "question", "retry_command", "run_title", "secret_values", "settle_command", "targets_called", "title_of",
    "tracked_title", "user_name", "why_not_cancel", "why_not_launch", "why_not_note", "why_not_play", "why_not_retry",
    "why_not_settle", "why_not_value", "why_not_variables", "why_not_write",
]  # fmt: skip

KINDS = (PRODUCTION, TEST)
"""Kinds of a launch."""
RUN_ID = "RUN_ID"
"""Variable that Lineside sets at a launch: runs with the same value belong together; a lost launch is found by it."""
RUN_ID_RULE = re.compile(r"[\w.-]{1,100}", re.ASCII)
"""What a RUN_ID that the user gives may look like."""

VARIABLE_KEY = re.compile(r"[A-Za-z0-9_]{1,255}")
"""What GitLab takes as the name of a CI/CD variable (GitLab docs, ci/variables)."""
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: sorts like the numbers it writes, without letters that look like digits."""
TIME_DIGITS = 7
"""Digits of a RUN_ID that hold the seconds since 1970; enough until the year 3058."""
CHANCE_DIGITS = 5
"""Random digits of a RUN_ID: 33 million values within one second."""


def user_name() -> str:
    """Login name of whoever runs this process; `unknown` where the system cannot tell."""
    try:
        return clean(getpass.getuser()) or "unknown"
    except (OSError, KeyError):
        return "unknown"


def new_run_id(now: datetime | None = None) -> str:
    """A new RUN_ID: 12 letters and digits, later ones sort behind earlier ones (to the second)."""
    seconds = int((now or datetime.now(UTC)).timestamp())
    digits = "".join(ALPHABET[seconds >> shift & 31] for shift in range(5 * (TIME_DIGITS - 1), -1, -5))
    return digits + "".join(secrets.choice(ALPHABET) for _ in range(CHANCE_DIGITS))


def cancel_command(target: Runnable, *, project: str = "", why: str = "", by: str = "") -> Command:
    """Cancel a run or a job. `project` is the project's name, for the title.

    Raises:
        UsageError: it cannot be cancelled.
    """
    _check(why_not_cancel(target))
    return _on_target("cancel", target, project, why, by)


def retry_command(target: Runnable, *, project: str = "", why: str = "", by: str = "") -> Command:
    """Retry the failed and cancelled jobs of a run, or one job.

    Raises:
        UsageError: there is nothing to retry.
    """
    _check(why_not_retry(target))
    return _on_target("retry", target, project, why, by)


def play_command(
    job: JobRun, *, variables: Sequence[Variable] = (), project: str = "", why: str = "", by: str = ""
) -> Command:
    """Start a manual job, with variables of its own if wanted.

    Raises:
        UsageError: the job does not wait for a person, or a variable's name is not valid.
    """
    _check(why_not_play(job))
    payload = {"variables": _pairs(variables)} if variables else {}
    return _on_target("play", job, project, why, by, payload)


def note_command(target: Markable, text: str, *, project: str = "", by: str = "") -> Command:
    """Write a note on a run or an MLflow run in place of the one it has; an empty one takes that away.

    Raises:
        UsageError: there is nothing to write, or it is too long.
    """
    text = clean_block(text).strip()
    _check(why_not_note(target, text))
    title = f"{'write a note on' if text else 'remove the note of'} {title_of(target, project)}"
    # With the note that the user saw: another one, which somebody wrote meanwhile, is not replaced.
    return _on_target("note", target, project, "", by, {"text": text, "was": note_of(target)}, title)


def label_command(
    target: Markable, *, add: Sequence[str] = (), remove: Sequence[str] = (), project: str = "", by: str = ""
) -> Command:
    """Put labels on a run or an MLflow run, and take labels off.

    Raises:
        UsageError: no label is named, or nothing would change.
    """
    given, taken = _words(add), _words(remove)
    _check("" if given or taken else "name a label to add or to remove")
    if both := [word for word in given if word in taken]:
        raise UsageError(f"the label {both[0]} is both added and removed")
    payload = {
        "add": [word for word in given if word not in target.labels],
        "remove": [word for word in taken if word in target.labels],
    }
    what = " ".join([*(f"+{word}" for word in payload["add"]), *(f"-{word}" for word in payload["remove"])])
    name = title_of(target, project)
    _check("" if what else f"{name} {'has these labels already' if given else 'has none of these labels'}")
    return _on_target("label", target, project, "", by, payload, f"label {name} {what}")


def parse_labels(text: str) -> tuple[list[str], list[str]]:
    """Labels to add and to remove, from words: `best -old` adds one and removes the other; commas part words, too.

    Raises:
        UsageError: a sign without a word.
    """
    words = clean(text).replace(",", " ").split()
    if "-" in words:
        raise UsageError("name the label behind the -, without a space")
    return [word for word in words if word[0] != "-"], [word[1:] for word in words if word[0] == "-"]


def settle_command(run: TrackedRun, *, by: str = "") -> Command:
    """Write the outcome of its job to an MLflow run that was left RUNNING behind it.

    Raises:
        UsageError: it was not, or has ended.
    """
    _check(why_not_settle(run))
    status = OUTCOMES[run.ended_as]
    title = f"settle {tracked_title(run)} as {status}"
    return _on_target("settle", run, "", "", by, {"status": status}, title)


def launch_command(
    project: Project,
    *,
    ref: str = "",
    variables: Sequence[Variable] = (),
    inputs: Mapping[str, str] | None = None,
    pipeline: Pipeline | None = None,
    api: PipelineAPI | None = None,
    kind: str = PRODUCTION,
    track: bool = True,
    why: str = "",
    by: str = "",
    run_id: str = "",
    now: datetime | None = None,
) -> Command:
    """Start a run of a project: of one of its APIs, one of its pipelines, or as its CI configuration says.

    `ref` defaults to the pipeline's and then to the project's default. `variables` are those of the user; the system
    variables of the API, the defaults of its user variables and RUN_ID are added here. `track` asks for an MLflow run
    to be made and passed as MLFLOW_RUN_ID. `run_id` joins the run to earlier ones; a new one is made otherwise. Values
    of secret variables do not enter the command; it names their keys (see `secret_values`).

    Raises:
        UsageError: the project does not take launches, or a ref, variable or input is missing or not valid.
    """
    _check(why_not_launch(project))
    if kind not in KINDS:
        raise UsageError(f"{clean(kind)} is no kind of run", hint=f"use {' or '.join(KINDS)}")
    ref = ref or (pipeline.default_ref if pipeline else "") or project.default_ref
    if not ref:
        raise UsageError(f"{project.name} has no default branch", hint="name a branch or tag with --ref")
    merged = merge_variables(api, variables)
    closed = why_not_variables(project)
    if merged:
        _check(closed)
    run_id = run_id or new_run_id(now)
    if not RUN_ID_RULE.fullmatch(run_id):
        raise UsageError(f"{clean(run_id)} is no RUN_ID", hint="use letters, digits, . _ and -")
    own = () if closed else (Variable(key=RUN_ID, value=run_id),)
    payload: dict[str, Any] = {
        "ref": ref,
        "variables": _pairs([*merged, *own]),
        "inputs": dict(inputs or {}),
        "api": api.id if api else "",
        "pipeline": pipeline.id if pipeline else "",
        "kind": kind,
        "run_id": run_id,
        "track": track and not closed,
        "secrets": [variable.key for variable in merged if variable.secret],
    }
    what = " ".join(filter(None, [project.name, api.name if api else "", f"on {ref}"]))
    title = f"launch {what}" + (" (test)" if kind == TEST else "")
    return _command("launch", project.connection, project.id, "", title, payload, why, by, now)


def merge_variables(api: PipelineAPI | None, given: Sequence[Variable]) -> tuple[Variable, ...]:
    """The variables of a launch, in the API's order: locked ones, the user's (checked) and further given ones.

    Raises:
        UsageError: a locked, own, doubled, missing or wrong variable.
    """
    values = {variable.key: variable for variable in given}
    if len(values) < len(given):
        doubled = next(v.key for i, v in enumerate(given) if v.key in {o.key for o in given[:i]})
        raise UsageError(f"the variable {doubled} is given twice")
    if RUN_ID in values:
        raise UsageError(f"the variable {RUN_ID} is set by Lineside itself")
    locked = {variable.key: variable for variable in api.system_variables} if api else {}
    if taken := sorted(locked.keys() & values.keys()):
        raise UsageError(f"the variable {taken[0]} is set by the API and locked")
    merged = dict(locked)
    for declared in api.user_variables if api else ():
        chosen = values.pop(declared.key, None)
        value = chosen.value if chosen else declared.value
        _check(why_not_value(declared, value))
        if value or chosen:
            merged[declared.key] = replace(declared, value=value)
    return (*merged.values(), *values.values())


def secret_values(api: PipelineAPI | None, given: Sequence[Variable]) -> dict[str, str]:
    """The values that a launch of these variables leaves out of its command, by key: for the engine's ears only."""
    return {variable.key: variable.value for variable in merge_variables(api, given) if variable.secret}


def parse_variable(text: str) -> Variable:
    """A variable from `KEY=VALUE`.

    Raises:
        UsageError: no `=`, or a name that GitLab does not take.
    """
    key, found, value = text.partition("=")
    if not found or not VARIABLE_KEY.fullmatch(key):
        raise UsageError(f"{clean(key) or 'nothing'!r} is no name of a variable", hint="write KEY=VALUE")
    return Variable(key=key, value=value)


def question(commands: Sequence[Command]) -> str:
    """What to ask before commands are sent: `Cancel churn #4312?`, `Cancel 3 runs?`."""
    if len(commands) == 1:
        title = commands[0].title
        return f"{title[:1].upper()}{title[1:]}?"
    kinds = sorted({command.kind for command in commands})
    return f"{' and '.join(kinds).capitalize()} {len(commands)} {targets_called(commands)}?"


def targets_called(commands: Sequence[Command]) -> str:
    """What several commands are about: `runs`, `jobs`, `MLflow runs`, or `things`."""
    called = {_target_called(command) for command in commands}
    return called.pop() if len(called) == 1 else "things"


def _target_called(command: Command) -> str:
    if command.project_id == command.connection:
        return "MLflow runs"
    return "jobs" if ":job:" in command.target_id else "runs"


def _on_target(
    kind: str,
    target: Runnable | Markable,
    project: str,
    why: str,
    by: str,
    payload: Mapping[str, Any] | None = None,
    title: str = "",
) -> Command:
    title = title or f"{kind} {title_of(target, project)}"
    # What concerns MLflow runs is carried out by whoever holds the lease of their connection.
    place = target.connection if isinstance(target, TrackedRun) else target.project_id
    return _command(kind, target.connection, place, target.id, title, payload or {}, why, by, None)


def _command(
    kind: str,
    connection: str,
    project_id: str,
    target_id: str,
    title: str,
    payload: Mapping[str, Any],
    why: str,
    by: str,
    now: datetime | None,
) -> Command:
    command = make(
        Command,
        id=str(uuid.uuid4()),
        kind=kind,
        connection=connection,
        project_id=project_id,
        target_id=target_id,
        title=title,
        by=by or user_name(),
        host=socket.gethostname(),
        why=why,
        created=now or datetime.now(UTC),
    )
    # Not through `make`: the line ends of a variable's value belong to it.
    return replace(command, payload=dict(payload))


def _pairs(variables: Sequence[Variable]) -> list[dict[str, str]]:
    for variable in variables:
        if not VARIABLE_KEY.fullmatch(variable.key):
            raise UsageError(f"{clean(variable.key)!r} is no name of a variable", hint="use letters, digits and _")
    return [{"key": variable.key, "value": variable.value} for variable in variables if not variable.secret]


def _words(labels: Sequence[str]) -> list[str]:
    words = (clean(label).strip() for label in labels)
    return list(dict.fromkeys(word for word in words if word))


def _check(reason: str) -> None:
    if reason:
        raise UsageError(reason)
