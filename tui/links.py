"""What a web address of GitLab or MLflow names, as a record of ours.

Pure but for `find`, which asks the store for the project behind a path. GitLab's routes are those of its web
(`<project>/-/pipelines/1`) and of its API v4; MLflow's are the fragments of its single page (`#/experiments/1/runs/…`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from data.clean import clean
from data.errors import UsageError
from data.model import (
    Experiment,
    JobRun,
    ModelVersion,
    PipelineRun,
    Project,
    Record,
    RegisteredModel,
    TrackedRun,
    git_id,
)
from data.store.port import Store

GITLAB_WEB = re.compile(r"^(?P<path>[^/]+(?:/[^/]+)+?)(?:/-)?/(?P<what>pipelines|jobs)(?:/(?P<number>\d+)(?:/.*)?)?$")
"""`group/project/-/pipelines/12`, also without `/-/` as GitLab wrote it before version 12."""
GITLAB_API = re.compile(r"^api/v4/projects/(?P<path>[^/]+)(?:/(?P<what>pipelines|jobs)(?:/(?P<number>\d+)(?:/.*)?)?)?$")
"""Addresses of the API, as error messages and scripts hold them."""
GITLAB_PROJECT = re.compile(r"^(?P<path>[^/]+(?:/[^/]+)+?)(?:/-(?:/.*)?)?$")
"""Any other page of a project."""
MLFLOW_RUN = re.compile(r"experiments/(?P<experiment>\d+)/runs/(?P<run>[0-9a-f]{32})")
MLFLOW_EXPERIMENT = re.compile(r"experiments/(?P<experiment>\d+)")
MLFLOW_MODEL = re.compile(r"models/(?P<model>[^/?]+)(?:/versions/(?P<version>\d+))?")
"""Routes of MLflow's web client (mlflow, `server/js/src/experiment-tracking/routes.ts`, `model-registry/routes.ts`)."""
USUAL_PORTS = frozenset({None, 80, 443})
"""Ports that are not written."""
LOG_LINE = re.compile(r"^L(?P<line>\d+)")
"""Fragment of a GitLab log address: `#L120`, `#L12-20`."""


class LinkTarget(NamedTuple):
    """What an address names.

    Attributes:
        kind: record type.
        connection: name of the connection whose server the address is on.
        path: project path or numeric project id (GitLab); experiment, run or model (MLflow).
        number: pipeline or job id, model version; 0 for none.
        line: 1-based line of a log, 0 for none.
    """

    kind: type[Record]
    connection: str
    path: str
    number: int = 0
    line: int = 0


class Found(NamedTuple):
    """A record's type and id; `record` is None where the store does not hold it (yet)."""

    kind: type[Record]
    id: str
    record: Record | None
    line: int = 0


def is_link(text: str) -> bool:
    """Whether a text is meant as a web address."""
    return text.startswith(("http://", "https://"))


def parse_link(url: str, gitlab: Mapping[str, str], mlflow: Mapping[str, str]) -> LinkTarget:
    """What `url` names, given the addresses of the connections by name.

    Raises:
        UsageError: it is on no known server, or names nothing that Lineside shows.
    """
    for name, rest, _ in _under(url, gitlab.items()):
        if target := _gitlab(name, rest, urlsplit(url).fragment):
            return target
        raise UsageError(f"{clean(url)} names no project, pipeline or job")
    for name, rest, fragment in _under(url, mlflow.items()):
        if target := _mlflow(name, f"{rest}/{fragment}"):
            return target
        raise UsageError(f"{clean(url)} names no experiment, run or model")
    host = clean(urlsplit(url).netloc.rpartition("@")[2])
    raise UsageError(f"no connection leads to {host or 'that address'}", hint="add one to the configuration")


async def find(target: LinkTarget, store: Store) -> Found:
    """The record that a link names. The id is known even where the record is not in the store yet.

    Raises:
        UsageError: its project is not followed, so that no id can be made.
    """
    kind, connection, path, number, line = target
    if kind is TrackedRun or kind is Experiment or kind is RegisteredModel:
        found = f"{connection}:{path}"
    elif kind is ModelVersion:
        found = f"{connection}:{path}:{number}"
    else:
        found = await _git_record_id(target, store)
    return Found(kind, found, await store.get(kind, found), line)


async def _git_record_id(target: LinkTarget, store: Store) -> str:
    project = await find_project(store, target.connection, target.path)
    if project is None:
        raise UsageError(
            f"the project {clean(target.path)} is not followed", hint="add it under projects: in the configuration"
        )
    if target.kind is JobRun:
        return git_id(target.connection, project.git_project_id, "job", target.number)
    if target.kind is PipelineRun:
        return git_id(target.connection, project.git_project_id, target.number)
    return project.id


async def find_project(store: Store, connection: str, path: str) -> Project | None:
    """The project of a connection with this path or numeric id."""
    if path.isdigit():
        return await store.get(Project, git_id(connection, path))
    from tui.context import collect

    mine = await collect(store, Project, where={"connection": connection})
    return next((project for project in mine if project.path.lower() == path.lower()), None)


def _under(url: str, servers: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(name, path below the server's address, fragment) of the servers that `url` is on, the longest address first."""
    asked = _split(url)
    matches: list[tuple[int, str, str]] = []
    for name, address in servers:
        server = _split(address)
        base = server.path.rstrip("/")
        if _place(server) == _place(asked) and (asked.path + "/").startswith(base + "/"):
            matches.append((len(base), name, asked.path[len(base) :].strip("/")))
    return [(name, rest, asked.fragment) for _, name, rest in sorted(matches, reverse=True)]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise UsageError(f"{clean(url)} is not an address: {clean(str(error))}") from None
    return parts


def _place(parts: SplitResult) -> tuple[str, int]:
    """Host and port; http and https of one host are the same server to a person who pastes an address."""
    return (parts.hostname or "").lower(), 0 if parts.port in USUAL_PORTS else int(parts.port or 0)


def _gitlab(connection: str, rest: str, fragment: str) -> LinkTarget | None:
    matched = GITLAB_API.match(rest) or GITLAB_WEB.match(rest) or GITLAB_PROJECT.match(rest)
    if matched is None or rest == "":
        return None
    parts = matched.groupdict()
    path, number = unquote(parts["path"]), int(parts.get("number") or 0)
    what = parts.get("what") if number else None
    kinds: dict[str, type[Record]] = {"pipelines": PipelineRun, "jobs": JobRun}
    kind = kinds.get(what or "", Project)
    anchor = LOG_LINE.match(fragment)
    return LinkTarget(kind, connection, path, number, int(anchor["line"]) if anchor and kind is JobRun else 0)


def _mlflow(connection: str, route: str) -> LinkTarget | None:
    if matched := MLFLOW_RUN.search(route):
        return LinkTarget(TrackedRun, connection, matched["run"])
    if matched := MLFLOW_EXPERIMENT.search(route):
        return LinkTarget(Experiment, connection, matched["experiment"])
    if matched := MLFLOW_MODEL.search(route):
        version = int(matched["version"] or 0)
        return LinkTarget(ModelVersion if version else RegisteredModel, connection, unquote(matched["model"]), version)
    return None
