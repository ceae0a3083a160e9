"""What a user can ask for: builders of `Command` records.

Pure: nothing here reads a store or calls a server. Screens and the command line use the same functions, so that both
offer, refuse and word an action alike. Where an action is not possible the builders raise `UsageError` with the
sentence of `tui.reasons`, whose functions are offered here, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.clean import clean, clean_block
from data.engine.left import OUTCOMES
from data.errors import UsageError
from data.launch.naming import KINDS, RUN_ID, VARIABLE_KEY, new_run_id
from data.model import Command, JobRun, TrackedRun, Variable
from data.model.masking import is_secret
from tui.actions_base import check, new_command, user_name
from tui.actions_launch import launch_command
from tui.reasons import (
    Markable,
    Runnable,
    job_title,
    note_of,
    run_title,
    title_of,
    tracked_title,
    why_not_act,
    why_not_cancel,
    why_not_connection,
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
    "new_run_id", "note_command", "note_of", "parse_labels", "parse_variable", "play_command", "question",
    "retry_command", "run_title", "settle_command", "targets_called", "title_of", "tracked_title", "user_name",
    "why_not_act", "why_not_cancel", "why_not_connection", "why_not_launch", "why_not_note", "why_not_play",
    "why_not_retry", "why_not_settle", "why_not_value", "why_not_variables", "why_not_write",
]  # fmt: skip


def cancel_command(target: Runnable, *, project: str = "", why: str = "", by: str = "") -> Command:
    """Cancel a run or a job. `project` is the project's name, for the title.

    Raises:
        UsageError: it cannot be cancelled.
    """
    check(why_not_cancel(target))
    return _on_target("cancel", target, project, why, by)


def retry_command(target: Runnable, *, project: str = "", why: str = "", by: str = "") -> Command:
    """Retry the failed and cancelled jobs of a run, or one job.

    Raises:
        UsageError: there is nothing to retry.
    """
    check(why_not_retry(target))
    return _on_target("retry", target, project, why, by)


def play_command(
    job: JobRun, *, variables: Sequence[Variable] = (), project: str = "", why: str = "", by: str = ""
) -> Command:
    """Start a manual job, with variables of its own if wanted.

    Raises:
        UsageError: the job does not wait for a person, a variable's name is not valid, or it looks like a secret:
            those of a command are stored.
    """
    check(why_not_play(job))
    payload = {"variables": _pairs(variables)} if variables else {}
    return _on_target("play", job, project, why, by, payload)


def note_command(target: Markable, text: str, *, project: str = "", by: str = "") -> Command:
    """Write a note on a run or an MLflow run in place of the one it has; an empty one takes that away.

    Raises:
        UsageError: there is nothing to write, or it is too long.
    """
    text = clean_block(text).strip()
    check(why_not_note(target, text))
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
    check("" if given or taken else "name a label to add or to remove")
    if both := [word for word in given if word in taken]:
        raise UsageError(f"the label {both[0]} is both added and removed")
    payload = {
        "add": [word for word in given if word not in target.labels],
        "remove": [word for word in taken if word in target.labels],
    }
    what = " ".join([*(f"+{word}" for word in payload["add"]), *(f"-{word}" for word in payload["remove"])])
    name = title_of(target, project)
    check("" if what else f"{name} {'has these labels already' if given else 'has none of these labels'}")
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
    check(why_not_settle(run))
    status = OUTCOMES[run.ended_as]
    title = f"settle {tracked_title(run)} as {status}"
    return _on_target("settle", run, "", "", by, {"status": status}, title)


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
    return new_command(
        kind, target.connection, place, title=title, target_id=target.id, payload=payload, why=why, by=by
    )


def _pairs(variables: Sequence[Variable]) -> list[dict[str, str]]:
    for variable in variables:
        if not VARIABLE_KEY.fullmatch(variable.key):
            raise UsageError(f"{clean(variable.key)!r} is no name of a variable", hint="use letters, digits and _")
        if variable.secret or is_secret(variable.key, variable.value):
            raise UsageError(
                f"{variable.key} looks like a secret, and what a job is started with is kept and shown",
                hint="set it as a masked variable in the project's CI/CD settings",
            )
    return [{"key": variable.key, "value": variable.value} for variable in variables]


def _words(labels: Sequence[str]) -> list[str]:
    words = (clean(label).strip() for label in labels)
    return list(dict.fromkeys(word for word in words if word))
