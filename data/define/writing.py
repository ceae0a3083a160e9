"""Definitions as YAML: every field that people set, in a stable order, with help beside each key's first place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import yaml

from data.config.schema import docs
from data.config.settings import ApiSettings, Section
from data.config.units import format_duration, parse_duration
from data.define.fields import Definition
from data.define.records import API_KEYS, JOB_KEYS, PIPELINE_KEYS
from data.define.sections import JobSettings, PipelineDefinition
from data.model import Pipeline, PipelineAPI, PipelineJob, Project, Variable

HEADER: Final = """\
# Pipelines, jobs and APIs of {project}, as `lineside export` writes them and `lineside apply -f FILE` takes them.
# What is left out stays as it is, `null` takes a key back to its default. The keys of pipelines and APIs are those of
# the configuration's `pipelines:`; as there, $${{ stands for a plain ${{, but for the texts of jobs.
"""
"""What stands above everything."""
WIDEST: Final = float("inf")
"""Columns of a line: texts are never folded."""


def to_yaml(
    project: Project, pipelines: Iterable[Pipeline], jobs: Iterable[PipelineJob], apis: Iterable[PipelineAPI]
) -> str:
    """The document of a project's definitions; `data.define.document.from_yaml` reads it.

    Pipelines and APIs come in the order of their names, jobs in that of their execution.
    """
    known: set[type[Section]] = set()
    lines = [HEADER.format(project=project.path or project.name), f"project: {_scalar(project.path or project.id)}"]
    all_jobs, all_apis = list(jobs), list(apis)
    chosen = sorted(pipelines, key=lambda one: one.name)
    lines.append("pipelines:" if chosen else "pipelines: []")
    for pipeline in chosen:
        lines += _record(pipeline, PipelineDefinition, PIPELINE_KEYS, 2, known)
        own_apis = sorted((one for one in all_apis if one.pipeline_id == pipeline.id), key=lambda one: one.name)
        own_jobs = sorted(
            (one for one in all_jobs if one.pipeline_id == pipeline.id), key=lambda one: (one.order, one.name)
        )
        lines.append("    apis:" if own_apis else "    apis: []")
        for api in own_apis:
            lines += _record(api, ApiSettings, API_KEYS, 6, known)
        lines.append("    jobs:" if own_jobs else "    jobs: []")
        for job in own_jobs:
            lines += _record(job, JobSettings, JOB_KEYS, 6, known)
    return "\n".join(lines) + "\n"


def _record(
    record: Definition, section: type[Section], keys: Mapping[str, str], indent: int, known: set[type[Section]]
) -> Iterator[str]:
    """A record as an item of a list."""
    first, pad = " " * indent + "- ", " " * (indent + 2)
    texts = {} if section in known else docs(section)
    known.add(section)
    literal = section.LITERAL
    yield f"{first}name: {_scalar(_text(record.name, literal))}"
    for key, field in keys.items():
        value = _value(record, key, field)
        if value is not None:
            about = f"  # {texts[key]}" if key in texts else ""
            yield from _entry(key, value, pad, about, literal)


def _value(record: Definition, key: str, field: str) -> Any:
    """What a key says; None where it is left out."""
    value = getattr(record, field)
    if key == "ref":
        return value or _Null
    if key == "timeout":
        return _duration(value)
    if isinstance(record, PipelineJob) and key == "needs":
        return [{"job": one, "optional": True} if one in record.optional_needs else one for one in value]
    if isinstance(record, PipelineAPI) and key == "test_repository":
        return value or (str(record.test_repository_id) if record.test_repository_id else "")
    if isinstance(record, PipelineAPI) and key == "test_repository_id":
        return value if value and record.test_repository_url else None
    if key.endswith("variables"):
        return {one.key: _variable(one) for one in value}
    return list(value) if isinstance(value, tuple) else value


def _variable(variable: Variable) -> Any:
    """A variable: its value alone, or a mapping of what is not at its default."""
    fields = {name: getattr(variable, name) for name in Variable.__struct_fields__ if name != "key"}
    fields["choices"] = list(variable.choices)
    if variable.secret:
        del fields["value"]
    blank = {"description": "", "kind": "string", "choices": [], "required": False, "pattern": "", "secret": False}
    more = {name: value for name, value in fields.items() if name == "value" or value != blank[name]}
    return more["value"] if list(more) == ["value"] else more


def _entry(key: str, value: Any, pad: str, about: str, literal: bool) -> Iterator[str]:
    """A key with its value, on one line or, where it holds others, on several."""
    head = f"{pad}{_scalar(key)}:"
    if not isinstance(value, dict | list) or not value:
        yield f"{head} {_scalar(_text(value, literal))}{about}"
        return
    yield head + about
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _entry(name, one, pad + "  ", "", literal)
    else:
        for one in value:
            yield f"{pad}  - {_scalar(_text(one, literal))}"


class _Null:
    """Stands for `null`, an empty value."""


def _text(value: Any, literal: bool) -> Any:
    return value.replace("${", "$${") if isinstance(value, str) and not literal else value


def _duration(seconds: float) -> str:
    """In units where those say it exactly, else in seconds."""
    written = format_duration(seconds)
    exact = "e" not in written and parse_duration(written) == seconds
    return written if exact else format(Decimal(repr(float(seconds))), "f")


def _scalar(value: Any) -> str:
    """A value on one line, quoted where it needs it."""
    if value is _Null:
        return "null"
    style = '"' if isinstance(value, str) and "\n" in value else None
    written = str(yaml.safe_dump(value, width=WIDEST, allow_unicode=True, default_flow_style=True, default_style=style))
    return written.removesuffix("\n").removesuffix("\n...")
