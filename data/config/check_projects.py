"""Checks of projects: what they refer to exists, and nothing is there twice."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from itertools import chain

from data.clean import clean
from data.config import rules
from data.config.problem import Problem, Severity
from data.config.settings import (
    DEFAULT_PIPELINE,
    NO_MLFLOW,
    ApiSettings,
    PipelineSettings,
    ProjectSettings,
    Settings,
)
from data.config.urls import split
from data.model.vocabulary import STAGE_TYPES


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
    if rules.PROJECT.fullmatch(given):
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
    faults = (
        rules.variables(api.system_variables, api.user_variables),
        rules.names_of_variables(
            image_variable=api.image_variable,
            environment_variable=api.environment_variable,
            callback_key_env=api.callback_key_env,
        ),
        rules.flow_rule(api.flow_rule),
        rules.callback(api.callback_url),
        rules.repository(api.test_repository),
    )
    for fault in chain(*faults):
        yield Problem(field=f"{path}.{fault.field}", message=fault.message, hint=fault.hint)
    for name, variable in api.user_variables.items():
        if variable.secret and variable.value:
            field, message = f"{path}.user_variables.{name}.value", "a secret's value is never kept; it is asked for"
            yield Problem(severity=Severity.WARNING, field=field, message=message, hint="leave it out")


def _twice(names: Iterable[str], path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            message = f"the name `{clean(name, limit=60)}` is there twice"
            yield Problem(field=f"{path}[{index}].name", message=message, hint="give each its own")
        seen.add(name)
