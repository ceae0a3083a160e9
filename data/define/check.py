"""Whether pipelines, jobs and APIs are sound: the types of all attributes, and what types alone do not say. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from data.clean import is_clean
from data.config import rules
from data.config.units import MAX_DURATION
from data.define.fields import Definition, called, owner_of
from data.errors import RecordError
from data.model import Pipeline, PipelineAPI, PipelineJob, Variable
from data.model.base import decode, encode
from data.model.vocabulary import API_TYPES, PIPELINE_TYPES, STAGE_TYPES

WHEN: Final = ("on_success", "on_failure", "always", "manual", "delayed", "never")
"""When a job runs (GitLab docs, ci/yaml, when)."""
LINUX: Final = "linux"
"""The system on which jobs have images."""


class Problem(NamedTuple):
    """One thing that is wrong with a record."""

    name: str
    """Name of the record."""
    field: str
    """Dotted path of its field: `timeout`, `user_variables.LR`; empty for all of it."""
    sentence: str
    """What is wrong, and what would be right; it goes on behind the field's name."""


def check(record: Definition) -> list[Problem]:
    """All that is wrong with one record, by field; empty where it is sound."""
    try:
        decode(type(record), encode(record))
    except RecordError as error:
        return [_of_type(record, error)]
    found: list[tuple[str, str]] = [*_name(record)]
    if isinstance(record, Pipeline):
        found += _pipeline(record)
    elif isinstance(record, PipelineJob):
        found += _job(record)
    else:
        found += _api(record)
    return [Problem(record.name, field, sentence) for field, sentence in found]


def check_together(records: Iterable[Definition]) -> list[Problem]:
    """What is wrong with records of one project taken together: names twice, jobs that need each other in a circle."""
    found: list[Problem] = []
    jobs: dict[str, dict[str, Sequence[str]]] = {}
    seen: set[tuple[type[Definition], str]] = set()
    for record in records:
        if (key := (type(record), record.id)) in seen:
            found.append(Problem(record.name, "name", f"there is another {called(record)}"))
        seen.add(key)
        if isinstance(record, PipelineJob):
            jobs.setdefault(record.pipeline_id, {})[record.name] = record.needs
    for needs in jobs.values():
        if circle := _circle(needs):
            way = " needs ".join((*circle, circle[0]))
            found.append(Problem(circle[0], "needs", f"jobs wait for each other: {way}"))
    return found


def doubts(records: Iterable[Definition]) -> list[str]:
    """Sentences about what is allowed, and probably not meant: jobs that APIs and jobs name and that are not there."""
    given = tuple(records)
    jobs: dict[str, list[str]] = {}
    for record in given:
        if isinstance(record, PipelineJob):
            jobs.setdefault(record.pipeline_id, []).append(record.name)
    found = []
    for record in given:
        known = jobs.get(owner_of(record), []) if not isinstance(record, Pipeline) else []
        for name in _names_jobs(record) if known else ():
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                found.append(f"{called(record)}: the pipeline has no job {name}; {hint}")
    return found


def _names_jobs(record: Definition) -> Iterable[str]:
    if isinstance(record, PipelineAPI):
        return record.flow_control
    return record.needs if isinstance(record, PipelineJob) else ()


def _of_type(record: Definition, wrong: RecordError) -> Problem:
    given = getattr(record, wrong.field.partition(".")[0].partition("[")[0], "")
    return Problem(str(record.name), wrong.field, f"`{rules.shown(str(given))}` is not valid: {wrong.rule}")


def _name(record: Definition) -> Iterator[tuple[str, str]]:
    if not record.name.strip() or not is_clean(record.name):
        yield "name", "is empty, or holds control characters"
    elif isinstance(record, Pipeline) and ":" in record.name:
        # Ids of jobs and APIs begin with the pipeline's, parted by a colon.
        yield "name", "must not hold a `:`"
    elif record.id != f"{owner_of(record)}:{record.name}":
        yield "id", f"is {record.id}, and should be {owner_of(record)}:{record.name}"


def _pipeline(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    yield from _one_of("type", pipeline.type, PIPELINE_TYPES)
    if not pipeline.pipeline_file_name.strip():
        yield "pipeline_file_name", "is empty: give the path of the CI configuration, such as .gitlab-ci.yml"
    if pipeline.timeout > MAX_DURATION:
        yield "timeout", "is longer than a hundred years; 0 is for never"


def _job(job: PipelineJob) -> Iterator[tuple[str, str]]:
    yield from _one_of("stage_type", job.stage_type, STAGE_TYPES)
    yield from _one_of("when", job.when, WHEN)
    if not job.os.strip():
        yield "os", "is empty: give linux, windows or macos"
    if job.image and job.os.lower() != LINUX:
        yield "image", f"a job on {job.os} has no container image: leave it empty, or choose linux"
    if job.name in job.needs:
        yield "needs", "a job cannot need itself"
    for field in ("needs", "optional_needs"):
        yield from _twice(field, getattr(job, field))
    if extra := [name for name in job.optional_needs if name not in job.needs]:
        yield "optional_needs", f"{extra[0]} is not among its needs"
    yield from _variables("variables", job.variables)


def _api(api: PipelineAPI) -> Iterator[tuple[str, str]]:
    yield from _one_of("type", api.type, API_TYPES)
    for field in ("system_variables", "user_variables"):
        yield from _twice(field, [one.key for one in getattr(api, field)])
        yield from _secrets(field, getattr(api, field))
    faults = [
        *rules.variables(_by_name(api.system_variables), _by_name(api.user_variables)),
        *rules.names_of_variables(
            image_variable=api.image_variable,
            environment_variable=api.environment_variable,
            callback_key_env=api.callback_key_env,
        ),
        *rules.flow_rule(api.flow_rule),
        *rules.callback(api.callback_url),
    ]
    for fault in faults:
        yield fault.field, _sentence(fault)
    for fault in rules.repository(api.test_repository_url):
        yield "test_repository_url", _sentence(fault)
    if api.test_repository_id < 0:
        yield "test_repository_id", "is below 0: give the id of a project, or 0 for none"
    if api.test_repository_url.isdecimal():
        yield "test_repository_url", "is an id: give that as test_repository_id"


def _variables(field: str, variables: Sequence[Variable]) -> Iterator[tuple[str, str]]:
    yield from _twice(field, [one.key for one in variables])
    yield from _secrets(field, variables)
    for fault in rules.variables(_by_name(variables), {}):
        yield f"{field}{fault.field.removeprefix('system_variables')}", _sentence(fault)


def _secrets(field: str, variables: Sequence[Variable]) -> Iterator[tuple[str, str]]:
    for one in variables:
        yield from _one_of(f"{field}.{one.key}.kind", one.kind, rules.VARIABLE_KINDS)
        if one.secret and one.value:
            yield f"{field}.{one.key}.value", "a secret's value is never kept, it is asked for: leave it empty"


def _by_name(variables: Sequence[Variable]) -> Mapping[str, Variable]:
    return {one.key: one for one in variables}


def _sentence(fault: rules.Fault) -> str:
    return f"{fault.message}: {fault.hint}" if fault.hint else fault.message


def _one_of(field: str, value: str, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    if value in words:
        return
    near = difflib.get_close_matches(value, words, n=1) or difflib.get_close_matches(value.upper(), words, n=1)
    hint = f"did you mean {near[0]}?" if near else f"use {', '.join(words)}"
    yield field, f"`{rules.shown(value)}` is not known: {hint}"


def _twice(field: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    if doubled := next((name for at, name in enumerate(names) if name in names[:at]), ""):
        yield field, f"{rules.shown(doubled)} is there twice"


def _circle(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Names of jobs that need each other in a circle, each the next one; empty where there is none."""
    free = {name: {one for one in wanted if one in needs and one != name} for name, wanted in needs.items()}
    while ready := [name for name, waits in free.items() if not waits]:
        for name in ready:
            del free[name]
        for waits in free.values():
            waits.difference_update(ready)
    if not free:
        return []
    way = [next(iter(free))]
    while (following := min(free[way[-1]])) not in way:
        way.append(following)
    return way[way.index(following) :]
