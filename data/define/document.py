"""YAML -> what is wanted of a project's pipelines, jobs and APIs.

The keys are the configuration's under `pipelines:`, with `jobs:` besides. What a file does not name is left as it is:
records, and fields of those that it names; an empty value (`null`) takes a field back to its default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import UnsetType

from data.clean import clean
from data.config.document import MAX_FILE, compose
from data.config.problem import Problem, line_of
from data.config.settings import ApiSettings, PipelineSettings, VariableSettings
from data.define.fields import Definition
from data.define.records import (
    API_KEYS,
    JOB_KEYS,
    PIPELINE_KEYS,
    api_fields,
    fields_given,
    job_fields,
    pipeline_fields,
)
from data.define.sections import DocumentSettings, JobSettings
from data.model import Pipeline, PipelineAPI, PipelineJob

START: Final = "`lineside export PROJECT` writes one to start from"
"""Where to get a document."""
TOP: Final = "the top of the file wants the keys `project:` and `pipelines:`"
"""What stands at its top."""


class Item(NamedTuple):
    """One record of a document, with the fields that it gives."""

    kind: type[Definition]
    pipeline: str
    """Name of its pipeline; its own name where it is one."""
    name: str
    fields: dict[str, Any]
    path: str
    """Where it stands: `pipelines[0].apis[1]`."""


class Document(NamedTuple):
    """What a file wants."""

    project: str
    """Path, name or id of the project; empty where the file does not say."""
    items: tuple[Item, ...]
    """A pipeline before what belongs to it."""
    listed: frozenset[tuple[str, type[Definition]]]
    """Pipelines whose jobs or APIs the file lists: those that it leaves out may be deleted."""
    stage_types: tuple[Item, ...]
    """What jobs do, where that is given as the configuration does: only for jobs that there are."""
    file: str
    lines: Mapping[str, int]

    def problem(self, field: str, message: str, hint: str = "") -> Problem:
        """A problem at a place of the file."""
        line = line_of(field, self.lines)
        return Problem(file=self.file, line=line, field=clean(field), message=message, hint=hint)


def from_yaml(text: str, *, file: str = "") -> Document | list[Problem]:
    """Read a document; all that is wrong with it at once, by line, where it cannot be used."""
    from data.config.decode import Decoder

    if len(text) > MAX_FILE:
        return [Problem(file=file, message=f"is larger than {MAX_FILE // 1000} kB: no document of definitions")]
    node = compose(text.removeprefix("\ufeff"), file, start=START, top=TOP)
    if isinstance(node, Problem):
        return [node]
    decoder = Decoder(file, None)
    settings = decoder.section(node, DocumentSettings)
    if isinstance(settings, UnsetType) or decoder.problems:
        return decoder.problems
    lines = decoder.lines
    items = tuple(_items(settings, lines))
    listed = {
        (pipeline.name, kind)
        for index, pipeline in enumerate(settings.pipelines)
        for key, kind in (("jobs", PipelineJob), ("apis", PipelineAPI))
        if f"pipelines[{index}].{key}" in lines
    }
    stage_types = tuple(
        Item(PipelineJob, pipeline.name, job, {"stage_type": kind}, f"pipelines[{index}].stage_types.{job}")
        for index, pipeline in enumerate(settings.pipelines)
        for job, kind in pipeline.stage_types.items()
    )
    document = Document(settings.project, items, frozenset(listed), stage_types, file, lines)
    return sorted([*_twice(document), *_secrets(settings, document)], key=lambda one: one.line) or document


def _items(settings: DocumentSettings, lines: Mapping[str, int]) -> Iterator[Item]:
    for index, pipeline in enumerate(settings.pipelines):
        path = f"pipelines[{index}]"
        name = pipeline.name
        yield Item(Pipeline, name, name, _given(pipeline_fields(pipeline), PIPELINE_KEYS, path, lines), path)
        for at, job in enumerate(pipeline.jobs):
            here = f"{path}.jobs[{at}]"
            yield Item(PipelineJob, name, job.name, _given(job_fields(job), JOB_KEYS, here, lines), here)
        for at, api in enumerate(pipeline.apis):
            here = f"{path}.apis[{at}]"
            yield Item(PipelineAPI, name, api.name, _given(api_fields(api), API_KEYS, here, lines), here)


def _given(fields: dict[str, Any], keys: Mapping[str, str], path: str, lines: Mapping[str, int]) -> dict[str, Any]:
    """Those of the fields whose keys the file gives."""
    names = [name for key in keys if f"{path}.{key}" in lines for name in fields_given(key, keys)]
    return {name: fields[name] for name in names}


def _twice(document: Document) -> Iterator[Problem]:
    seen: set[tuple[type[Definition], str, str]] = set()
    for item in document.items:
        if (key := (item.kind, item.pipeline, item.name)) in seen:
            message = f"the name `{clean(item.name, limit=60)}` is there twice"
            yield document.problem(f"{item.path}.name", message, "give each its own")
        seen.add(key)


def _secrets(settings: DocumentSettings, document: Document) -> Iterator[Problem]:
    """Values of secrets: they would be lost, and must not stand in a file."""
    for index, pipeline in enumerate(settings.pipelines):
        for path, variables in _variables(pipeline, pipeline.jobs, f"pipelines[{index}]"):
            for name, variable in variables.items():
                if variable.secret and variable.value:
                    message = "a secret's value is never kept, it is asked for at launch"
                    yield document.problem(f"{path}.{name}.value", message, "leave it out")


def _variables(
    pipeline: PipelineSettings, jobs: Sequence[JobSettings], path: str
) -> Iterator[tuple[str, Mapping[str, VariableSettings]]]:
    for at, job in enumerate(jobs):
        yield f"{path}.jobs[{at}].variables", job.variables
    apis: Sequence[ApiSettings] = pipeline.apis
    for at, api in enumerate(apis):
        yield f"{path}.apis[{at}].system_variables", api.system_variables
        yield f"{path}.apis[{at}].user_variables", api.user_variables
