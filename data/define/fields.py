"""Which fields of pipelines, jobs and APIs people set, and how those are told apart. The others are found out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from data.clean import clean, clean_block
from data.model import Pipeline, PipelineAPI, PipelineJob, Project, Variable, make
from data.model.base import builtins

Definition = Pipeline | PipelineJob | PipelineAPI
"""A record that people define."""
D = TypeVar("D", bound=Definition)

KINDS: Final[dict[str, type[Pipeline] | type[PipelineJob] | type[PipelineAPI]]] = {
    kind.__name__: kind for kind in (Pipeline, PipelineJob, PipelineAPI)
}
"""Record types by name, a pipeline before what belongs to it."""
CALLED: Final = {Pipeline: "pipeline", PipelineJob: "job", PipelineAPI: "API"}
"""What people call a record."""

FIELDS: Final[dict[type[Any], tuple[str, ...]]] = {
    Pipeline: (
        "description", "type", "pipeline_file_name", "default_ref", "storage_bucket", "data_version_bucket",
        "test_storage_bucket", "test_data_version_bucket", "active", "max_concurrent", "timeout",
    ),
    PipelineJob: (
        "order", "stage", "stage_type", "os", "image", "runner_tag", "variables", "instructions", "environment",
        "needs", "optional_needs", "when", "allow_failure",
    ),
    PipelineAPI: (
        "description", "type", "default_ref", "flow_control", "flow_rule", "system_variables", "user_variables",
        "inputs", "image_variable", "environment_variable", "track", "callback_url", "callback_key_env",
        "test_repository_url", "test_repository_id", "api_url", "test_api_url",
    ),
}  # fmt: skip
"""Fields that people set, in the order in which they are shown, without the name."""

VARIABLES: Final[dict[type[Any], tuple[str, ...]]] = {
    Pipeline: (),
    PipelineJob: ("variables",),
    PipelineAPI: ("system_variables", "user_variables"),
}
"""Fields that hold variables, in whose values line ends count."""

DIGITS: Final = 16
"""Hexadecimal digits of a digest: enough to tell versions of one record apart."""


class Definitions(NamedTuple):
    """All that is defined in a project."""

    project: Project
    pipelines: tuple[Pipeline, ...] = ()
    jobs: tuple[PipelineJob, ...] = ()
    apis: tuple[PipelineAPI, ...] = ()

    @property
    def records(self) -> tuple[Definition, ...]:
        """All of them, a pipeline before what belongs to it."""
        return (*self.pipelines, *self.jobs, *self.apis)

    def of(self, pipeline_id: str) -> tuple[tuple[PipelineJob, ...], tuple[PipelineAPI, ...]]:
        """Jobs and APIs of a pipeline."""
        return (
            tuple(one for one in self.jobs if one.pipeline_id == pipeline_id),
            tuple(one for one in self.apis if one.pipeline_id == pipeline_id),
        )


def owner_of(record: Definition) -> str:
    """Id of the project of a pipeline, of the pipeline of the others."""
    return record.project_id if isinstance(record, Pipeline) else record.pipeline_id


def called(record: Definition) -> str:
    """What to call it: `pipeline train`, `API train/retrain`, `job train/fit`."""
    if isinstance(record, Pipeline):
        return f"pipeline {record.name}"
    _, _, pipeline = record.pipeline_id.rpartition(":")
    return f"{CALLED[type(record)]} {pipeline}/{record.name}"


def blank(kind: type[Definition], name: str, owner: str) -> Definition:
    """A record with nothing but its identity; `owner` is the project of a pipeline, the pipeline of the others."""
    if issubclass(kind, Pipeline):
        return Pipeline(id=f"{owner}:{name}", project_id=owner, name=name)
    if issubclass(kind, PipelineJob):
        return PipelineJob(id=f"{owner}:{name}", pipeline_id=owner, name=name)
    return PipelineAPI(id=f"{owner}:{name}", pipeline_id=owner, name=name)


def named(record: D, name: str, owner: str = "") -> D:
    """A copy of another name, or of another owner: a new record, since both are its identity."""
    owner = owner or owner_of(record)
    place = {"project_id": owner} if isinstance(record, Pipeline) else {"pipeline_id": owner}
    copied: D = replace(record, id=f"{owner}:{name}", name=name, defined_by="", **place)
    return copied


def copied(
    pipeline: Pipeline, jobs: Iterable[PipelineJob], apis: Iterable[PipelineAPI], name: str
) -> tuple[Pipeline, list[PipelineJob], list[PipelineAPI]]:
    """A copy of a pipeline with its jobs and APIs under another name, without what was run or validated."""
    made = replace(named(pipeline, name), running=False, job_run_history=(), pipeline_config="", last_commit_hash="")
    return (
        made,
        [named(job, job.name, made.id) for job in jobs if job.pipeline_id == pipeline.id],
        [named(api, api.name, made.id) for api in apis if api.pipeline_id == pipeline.id],
    )


def chosen(record: Definition) -> dict[str, Any]:
    """The fields that people set, with their values."""
    return {name: getattr(record, name) for name in FIELDS[type(record)]}


def tidied(record: D) -> D:
    """The record with texts as records hold them: safe to draw, on one line where they have one.

    Raises:
        RecordError: a value is of the wrong type.
    """
    made = make(type(record), **builtins(record))
    kept: dict[str, Any] = {name: tuple(map(_tidied, getattr(record, name))) for name in VARIABLES[type(record)]}
    if isinstance(record, PipelineAPI):
        kept["inputs"] = {clean(name): clean_block(value) for name, value in record.inputs.items()}
    tidy: D = replace(made, **kept)
    return tidy


def same(one: Definition, other: Definition) -> bool:
    """Whether two versions say the same in all that people set."""
    return one.id == other.id and chosen(one) == chosen(other)


def digest(record: Definition | None) -> str:
    """What tells versions of a record apart by the fields that people set; empty for no record."""
    if record is None:
        return ""
    written = msgspec.json.encode(chosen(record), order="deterministic")
    return hashlib.sha256(written).hexdigest()[:DIGITS]


def _tidied(variable: Variable) -> Variable:
    texts = {name: clean(getattr(variable, name)) for name in ("key", "kind", "pattern")}
    blocks = {name: clean_block(getattr(variable, name)) for name in ("value", "description")}
    return replace(variable, **texts, **blocks, choices=tuple(map(clean, variable.choices)))
