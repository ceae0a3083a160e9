"""Checks of projects: what they refer to exists, and nothing is there twice."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Final

from data.clean import clean
from data.config.problem import Problem, Severity
from data.config.settings import (
    DEFAULT_PIPELINE,
    NO_MLFLOW,
    ApiSettings,
    PipelineSettings,
    ProjectSettings,
    Settings,
    VariableSettings,
)
from data.config.urls import split
from data.model.vocabulary import STAGE_TYPES

PROJECT: Final = re.compile(r"\d+|[\w.+-]+(/[\w.+-]+)+", re.ASCII)
"""A numeric id, or a path with at least one group (GitLab docs, reserved and limited names)."""
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A CI/CD variable's key (GitLab docs, CI/CD variables)."""

NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""A whole or decimal number, with or without exponent."""


def check_projects(settings: Settings) -> Iterator[Problem]:
    """Problems of all projects, by field."""
    gitlabs = settings.names("gitlab")
    seen: dict[tuple[str, str], int] = {}
    for index, project in enumerate(settings.projects):
        path = f"projects[{index}]"
        yield from _project(project, path)
        yield from _connections(project, settings, path)
        connection = project.connection or (gitlabs[0] if len(gitlabs) == 1 else "")
        key = (connection, project.project.strip("/").lower())
        if key in seen:
            message = f"`{clean(project.project)}` is there twice; first as projects[{seen[key]}]"
            yield Problem(field=f"{path}.project", message=message, hint="put its pipelines together")
        seen.setdefault(key, index)
        yield from _keep_logs(project, path)
        yield from _twice((pipeline.name for pipeline in project.pipelines), f"{path}.pipelines")
        for number, pipeline in enumerate(project.pipelines):
            yield from _pipeline(pipeline, f"{path}.pipelines[{number}]")


def _project(project: ProjectSettings, path: str) -> Iterator[Problem]:
    given = project.project.strip("/")
    if PROJECT.fullmatch(given):
        return
    parts = split(given)
    tail = parts.path.split("/-/")[0].strip("/").removesuffix(".git") if parts and parts.scheme else ""
    hint = f"write `{clean(tail)}`" if tail else "write `group/name`, or its numeric id"
    message = f"`{clean(given, limit=60)}` is no project's path" if not tail else "is a URL, not a project's path"
    yield Problem(field=f"{path}.project", message=message, hint=hint)


def _connections(project: ProjectSettings, settings: Settings, path: str) -> Iterator[Problem]:
    for field, kind, given in (("connection", "gitlab", project.connection), ("mlflow", "mlflow", project.mlflow)):
        names = settings.names(kind)
        if given and given not in names and not (field == "mlflow" and given == NO_MLFLOW):
            near = difflib.get_close_matches(given, names, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(map(clean, names)) or 'none'}"
            yield Problem(
                field=f"{path}.{field}", message=f"no {kind} connection is called `{clean(given)}`", hint=hint
            )
        elif not given and len(names) > 1 and (field == "connection" or project.experiment or project.test_experiment):
            hint = f"add `{field}:` with one of {', '.join(map(clean, names))}"
            yield Problem(
                field=path, message=f"there are {len(names)} {kind} connections, and it does not say which", hint=hint
            )
        elif not given and not names and field == "connection":
            yield Problem(field=path, message="there is no gitlab connection", hint="add one under `connections:`")
    if (project.experiment or project.test_experiment) and not settings.names("mlflow"):
        message = "an experiment is named, and there is no mlflow connection"
        yield Problem(severity=Severity.WARNING, field=path, message=message, hint="add one under `connections:`")


def _keep_logs(project: ProjectSettings, path: str) -> Iterator[Problem]:
    if isinstance(project.keep_logs, bool):
        return
    names = [pipeline.name for pipeline in project.pipelines] or [DEFAULT_PIPELINE]
    for index, name in enumerate(project.keep_logs):
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(map(clean, names))}"
            message = f"no pipeline of this project is called `{clean(name, limit=60)}`"
            yield Problem(field=f"{path}.keep_logs[{index}]", message=message, hint=hint)


def _pipeline(pipeline: PipelineSettings, path: str) -> Iterator[Problem]:
    for job, kind in pipeline.stage_types.items():
        if kind not in STAGE_TYPES:
            near = difflib.get_close_matches(kind.upper(), STAGE_TYPES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(STAGE_TYPES)}"
            message = f"`{clean(kind, limit=60)}` is no known stage type"
            yield Problem(severity=Severity.WARNING, field=f"{path}.stage_types.{job}", message=message, hint=hint)
    yield from _twice((api.name for api in pipeline.apis), f"{path}.apis")
    for index, api in enumerate(pipeline.apis):
        yield from _api(api, f"{path}.apis[{index}]")


def _api(api: ApiSettings, path: str) -> Iterator[Problem]:
    for field, names in (
        ("system_variables", list(api.system_variables)),
        ("user_variables", list(api.user_variables)),
    ):
        for name in names:
            if not VARIABLE.fullmatch(name):
                message = f"`{clean(name, limit=60)}` cannot be a variable's name"
                yield Problem(field=f"{path}.{field}", message=message, hint="letters, digits and `_`")
    for name in api.system_variables.keys() & api.user_variables.keys():
        message = "is both a system and a user variable"
        yield Problem(field=f"{path}.user_variables.{name}", message=message, hint="system variables cannot be edited")
    for name, variable in api.user_variables.items():
        yield from _variable(variable, f"{path}.user_variables.{name}")


def _variable(variable: VariableSettings, path: str) -> Iterator[Problem]:
    if variable.kind == "choice" and not variable.choices:
        yield Problem(field=path, message="a `choice` needs `choices`")
    elif variable.choices and variable.value and variable.value not in variable.choices:
        yield Problem(field=path, message="the value is none of its choices")
    elif variable.kind == "number" and variable.value and not NUMBER.fullmatch(variable.value.strip()):
        yield Problem(field=path, message="the value is no number")
    try:
        pattern = re.compile(variable.pattern)
    except re.error as error:
        yield Problem(field=f"{path}.pattern", message=f"is no regular expression: {error.msg}")
        return
    if variable.pattern and variable.value and not pattern.fullmatch(variable.value):
        yield Problem(field=path, message="the value does not match the pattern")


def _twice(names: Iterable[str], path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            message = f"the name `{clean(name, limit=60)}` is there twice"
            yield Problem(field=f"{path}[{index}].name", message=message, hint="give each its own")
        seen.add(name)
