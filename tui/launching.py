"""From a request to the command that the engine carries out: what form and command line do alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from data.errors import UsageError
from data.launch.asked import Problem, Request, Target, files_of
from data.launch.document import secret_names
from data.launch.naming import MLFLOW_NAMES
from data.launch.payload import Payload
from data.launch.request import payload
from data.launch.values import FILE, shown
from data.launch.when import When, parse_when
from data.model.base import Json
from data.model.run import PipelineRun
from data.model.work import Command
from tui.actions_launch import launch_command

MAX_FILE = 1_000_000
"""Largest file in bytes that goes as a variable; GitLab keeps its content with the pipeline."""
HIDDEN = "•••"
"""Shown in place of a secret."""
MADE_FIRST = "of the MLflow run that is made first"
"""Shown in place of what is known only when it goes."""
DEFAULT_BRANCH = "the default branch"
"""Shown in place of the branch on which tests are started."""
TESTED_API, TESTED_REF = "LINESIDE_API", "LINESIDE_REF"
"""Variables that tell a test repository what to test (`data.engine.testing`)."""


def with_files(request: Request, target: Target, folder: Path | None = None) -> tuple[Request, list[Problem]]:
    """The request with the contents of the files that it names, and what stands against reading some.

    Paths are those of the user: `~` is the home folder, others are below `folder`, or where the program was started.
    """
    contents: dict[str, str] = {}
    found: list[Problem] = []
    for key, path in files_of(request, target).items():
        try:
            contents[key] = _content((folder or Path()) / Path(path).expanduser())
        except (UsageError, RuntimeError) as error:  # RuntimeError: there is no home folder
            found.append(Problem(f"variables.{key}", f"{key}: {error}"))
    return replace(request, files={**request.files, **contents}), found


def when_of(request: Request, now: datetime, tz: tzinfo | None = None) -> When:
    """When a request goes: both its time and the run that it waits for hold.

    Raises:
        UsageError: they cannot be read, or the time is in the past.
    """
    at = parse_when(request.at, now, tz)
    if not request.after.strip():
        return at
    if at.after:
        raise UsageError(f"it is to go both {shown(request.at)} and after {shown(request.after)}", hint="name one run")
    after = parse_when(f"after {request.after}", now, tz)
    return When(at.not_before, after.after, after.after_status)


def command_of(request: Request, target: Target, when: When, *, by: str, after: PipelineRun | None = None) -> Command:
    """The command of a request whose files were read. `after` is the run that `when` names.

    Raises:
        UsageError: something in it is missing or not valid.
    """
    return launch_command(
        target.project,
        payload(request, target),
        api=target.api,
        by=by,
        why=request.why,
        not_before=when.not_before,
        after=after.id if after is not None else "",
        after_status=when.after_status,
    )


def exact(sent: Payload, target: Target) -> dict[str, Json]:
    """The request as GitLab gets it (GitLab docs, api/pipelines), but for secrets and what an MLflow run adds.

    A test is started on the default branch of its repository, which is told what to test.
    """
    variables: list[dict[str, str]] = [_pair(one.key, one.value, file=one.kind == FILE) for one in sent.variables]
    variables += [_pair(key, HIDDEN, file=key in sent.secret_files) for key in sent.secrets]
    if makes_run(sent):
        variables += [_pair(name, MADE_FIRST) for name in MLFLOW_NAMES]
    body: dict[str, Any] = {"project": target.project.path, "ref": sent.ref}
    if sent.test_repository:
        body = {"project": sent.test_repository, "ref": DEFAULT_BRANCH}
        variables += [_pair(TESTED_API, target.api.name if target.api else sent.api), _pair(TESTED_REF, sent.ref)]
    if variables:
        body["variables"] = variables
    if sent.inputs:
        body["inputs"] = dict(sent.inputs)
    return body


def makes_run(sent: Payload) -> bool:
    """Whether an MLflow run is made first: not for a test repository, whose cases would all resume it."""
    return sent.track and not sent.test_repository


def as_json(request: Request, target: Target) -> dict[str, Json]:
    """A request as plain JSON types, without the values of secrets."""
    secret = secret_names(request, target)
    fields: dict[str, Json] = msgspec.json.decode(msgspec.json.encode(request))
    return {
        name: {key: item for key, item in value.items() if key not in secret} if isinstance(value, Mapping) else value
        for name, value in fields.items()
    }


def _pair(key: str, value: str, *, file: bool = False) -> dict[str, str]:
    return {"key": key, "value": value, **({"variable_type": "file"} if file else {})}


def _content(path: Path) -> str:
    """The text of a file.

    Raises:
        UsageError: it cannot be read, is too large, or no text.
    """
    name = shown(str(path))
    try:
        if not path.is_file():
            raise UsageError(f"there is no file {name}" if not path.exists() else f"{name} is no file")
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise UsageError(f"{name} is larger than {MAX_FILE // 1000} kB, too large for a variable")
    if not data:
        raise UsageError(f"{name} is empty")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{name} is no UTF-8 text; variables hold nothing else") from None
    if "\0" in text:
        raise UsageError(f"{name} holds null characters; variables cannot")
    return text
