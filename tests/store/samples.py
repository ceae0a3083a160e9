"""Records with a value in every field, made from their types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from data.model import Command, JobRun, PipelineRun, Project, Record

R = TypeVar("R", bound=Record)

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A moment to count from."""


def full(kind: type[R], number: int = 1) -> R:
    """A record of which no field is at its default; different for each `number`."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    values = {field.name: _value(field.type, f"{field.name}-{number}", number) for field in described.fields}
    return kind(**{**values, "id": f"{kind.__name__}:{number}"})


def _value(described: inspect.Type, name: str, number: int) -> Any:
    if isinstance(described, inspect.UnionType):
        return _value(next(one for one in described.types if not isinstance(one, inspect.NoneType)), name, number)
    if isinstance(described, inspect.StructType):
        return described.cls(**{one.name: _value(one.type, f"{name}.{one.name}", number) for one in described.fields})
    if isinstance(described, inspect.VarTupleType):
        return (_value(described.item_type, f"{name}.0", number), _value(described.item_type, f"{name}.1", number))
    if isinstance(described, inspect.TupleType):
        return tuple(_value(one, name, number) for one in described.item_types)
    if isinstance(described, inspect.DictType):
        return {name: _value(described.value_type, name, number)}
    if isinstance(described, inspect.AnyType):
        return {"list": [1, 2.5, None, True], "text": name}
    values: dict[type[inspect.Type], Any] = {
        inspect.StrType: name,
        inspect.BoolType: number % 2 == 1,
        inspect.IntType: 100 + number,
        inspect.FloatType: 0.5 + number,
        inspect.DateTimeType: NOON + timedelta(seconds=number, microseconds=number),
    }
    return values[type(described)]


def run(number: int, **values: Any) -> PipelineRun:
    """Run `number` of project 1; later numbers were created later."""
    given: dict[str, Any] = {
        "project_id": "gitlab:1",
        "connection": "gitlab",
        "git_project_id": 1,
        "git_pipeline_id": number,
        "run_number": number,
        "created": NOON + timedelta(minutes=number),
    }
    return PipelineRun(id=f"gitlab:1:{number}", **{**given, **values})


def job(number: int, run_number: int, **values: Any) -> JobRun:
    """Job `number` of run `run_number` of project 1."""
    given: dict[str, Any] = {
        "pipeline_run_id": f"gitlab:1:{run_number}",
        "project_id": "gitlab:1",
        "connection": "gitlab",
        "git_project_id": 1,
        "git_job_id": number,
        "name": f"job-{number}",
    }
    return JobRun(id=f"gitlab:1:job:{number}", **{**given, **values})


def project(number: int, name: str, path: str, **values: Any) -> Project:
    """A GitLab project."""
    return Project(id=f"gitlab:{number}", name=name, path=path, connection="gitlab", git_project_id=number, **values)


def command(name: str, **values: Any) -> Command:
    """A queued command of project 1."""
    given: dict[str, Any] = {"kind": "cancel", "project_id": "gitlab:1", "created": NOON}
    return Command(id=name, **{**given, **values})


def changed(record: R, **values: Any) -> R:
    """The record with other values."""
    return msgspec.structs.replace(record, **values)
