"""POST /api/graphql: the part of GitLab's schema that tells which jobs of a pipeline wait for which."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from data.simulator.api.call import Call, answer
from data.simulator.api.errors import ApiError
from data.simulator.api.graphql_text import Field, ParseError, parse
from data.simulator.entities import Access, Job, Pipeline, Project

MOST = 100
"""Rows of a page: GitLab's maximum (GitLab docs, api/graphql, limits)."""

Resolve = Callable[[Call, Any, Mapping[str, Any]], Any]
"""From the thing above and the arguments to a value, a thing or a list of things."""


def graphql(call: Call) -> Response:
    """Answer a query; whatever is wrong with one is told with status 200, as GitLab does."""
    if not call.world.settings.graphql:
        raise ApiError(404, {"error": "404 Not Found"})
    given = call.body.get("variables")
    try:
        fields = parse(call.text("query"), given if isinstance(given, dict) else {})
        for field in fields:
            _check("Query", field)
        return answer({"data": {field.name: _field(call, "Query", None, field) for field in fields}})
    except ParseError as error:
        return answer({"errors": [{"message": str(error)}]})
    except _Unknown as error:
        return answer({"errors": [{"message": str(error), "extensions": error.extensions}]})


class _Unknown(Exception):
    """A field or argument that the schema does not have."""

    def __init__(self, message: str, **extensions: str) -> None:
        super().__init__(message)
        self.extensions = extensions


def _check(kind: str, field: Field) -> None:
    """Hold a field and those below it against the schema, before anything is looked up."""
    known = _SCHEMA[kind].get(field.name)
    if known is None:
        text = f"Field '{field.name}' doesn't exist on type '{kind}'"
        raise _Unknown(text, code="undefinedField", typeName=kind, fieldName=field.name)
    below, allowed, _ = known
    for name in field.arguments:
        if name not in allowed:
            text = f"Field '{field.name}' doesn't accept argument '{name}'"
            raise _Unknown(text, code="argumentNotAccepted", name=field.name, argumentName=name)
    if bool(below) != bool(field.fields):
        raise ParseError(f"Field must have selections (field '{field.name}')" if below else "Selections can't be made")
    for one in field.fields:
        _check(below, one)


def _field(call: Call, kind: str, above: Any, field: Field) -> Any:
    below, _, resolve = _SCHEMA[kind][field.name]
    value = resolve(call, above, field.arguments)
    if not below or value is None:
        return value
    if isinstance(value, list):
        return [_object(call, below, one, field) for one in value]
    return _object(call, below, value, field)


def _object(call: Call, kind: str, value: Any, field: Field) -> dict[str, Any]:
    return {one.name: _field(call, kind, value, one) for one in field.fields}


def _project(call: Call, _: Any, given: Mapping[str, Any]) -> Project | None:
    """A project that the user may see; anybody else gets null."""
    found = call.world.paths.get(str(given.get("fullPath")))
    visible = found is not None and call.token is not None and call.world.access(call.user, found) >= Access.REPORTER
    return found if visible else None


def _pipeline(_: Call, project: Project, given: Mapping[str, Any]) -> Pipeline | None:
    return next((one for one in project.pipelines.values() if str(one.iid) == str(given.get("iid"))), None)


def _jobs(_: Call, pipeline: Pipeline, given: Mapping[str, Any]) -> dict[str, Any]:
    """A page of jobs and trigger jobs, the newest first."""
    rows = sorted(pipeline.jobs, key=lambda job: -job.id)
    start = _position(given.get("after"))
    size = min(int(given.get("first") or MOST), MOST)
    end = min(start + size, len(rows))
    return {"rows": rows[start:end], "more": end < len(rows), "cursor": _cursor(end)}


def _needs(_: Call, job: Job, __: Mapping[str, Any]) -> list[str]:
    """Needs that are in the pipeline: those of jobs that rules left out do not exist."""
    names = {other.name for other in job.pipeline.latest}
    return [name for name in job.spec.needs or () if name in names]


def _cursor(position: int) -> str:
    return base64.b64encode(f'{{"position":{position}}}'.encode()).decode()


def _position(cursor: object) -> int:
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(str(cursor), validate=True).decode()
        return int(text.removeprefix('{"position":').removesuffix("}"))
    except (binascii.Error, ValueError):
        raise ParseError("Please provide a valid cursor") from None


_NONE: frozenset[str] = frozenset()
_SCHEMA: dict[str, dict[str, tuple[str, frozenset[str], Resolve]]] = {
    "Query": {"project": ("Project", frozenset({"fullPath"}), _project)},
    "Project": {
        "id": ("", _NONE, lambda _, project, __: f"gid://gitlab/Project/{project.id}"),
        "fullPath": ("", _NONE, lambda _, project, __: project.full_path),
        "pipeline": ("Pipeline", frozenset({"iid"}), _pipeline),
    },
    "Pipeline": {
        "id": ("", _NONE, lambda _, pipeline, __: f"gid://gitlab/Ci::Pipeline/{pipeline.id}"),
        "iid": ("", _NONE, lambda _, pipeline, __: str(pipeline.iid)),
        "jobs": ("CiJobConnection", frozenset({"first", "after"}), _jobs),
    },
    "CiJobConnection": {
        "pageInfo": ("PageInfo", _NONE, lambda _, page, __: page),
        "nodes": ("CiJob", _NONE, lambda _, page, __: page["rows"]),
    },
    "PageInfo": {
        "hasNextPage": ("", _NONE, lambda _, page, __: page["more"]),
        "endCursor": ("", _NONE, lambda _, page, __: page["cursor"]),
    },
    "CiJob": {
        "id": ("", _NONE, lambda _, job, __: f"gid://gitlab/Ci::{'Bridge' if job.is_bridge else 'Build'}/{job.id}"),
        "name": ("", _NONE, lambda _, job, __: job.name),
        "needs": ("CiBuildNeedConnection", _NONE, lambda call, job, given: {"names": _needs(call, job, given)}),
    },
    "CiBuildNeedConnection": {"nodes": ("CiBuildNeed", _NONE, lambda _, needs, __: needs["names"])},
    "CiBuildNeed": {"name": ("", _NONE, lambda _, name, __: name)},
}
"""Types with their fields: the type below (empty for a value), the arguments, how to get it."""
