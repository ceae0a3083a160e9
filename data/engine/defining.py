"""What becomes of a project's definitions when somebody changes some of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from data.clean import clean
from data.config import ProjectSettings
from data.define.check import check, check_together
from data.define.fields import FIELDS, KINDS, Definition, Definitions, blank, called, digest, named, same, tidied
from data.engine import definitions
from data.engine.definitions import USER
from data.engine.verdict import Rejected
from data.errors import RecordError
from data.model import Command, Pipeline, PipelineAPI, PipelineJob

Key = tuple[type[Definition], str]
"""What identifies a definition: an API and a job may share an id."""
Records = dict[Key, Definition]
NAMED: Final = 5
"""Records that an answer names; of more it gives the number."""


class Deletion(msgspec.Struct, frozen=True):
    """A record that is to go."""

    record: str
    id: str


class Order(msgspec.Struct, frozen=True):
    """What a command `define` carries (see `data.define.plan.define_payload`)."""

    put: list[dict[str, Any]] = []
    delete: list[Deletion] = []
    was: dict[str, str] = {}


class Outcome(NamedTuple):
    """What is to be written."""

    put: tuple[Definition, ...]
    delete: tuple[Key, ...]
    answer: str


def order_of(command: Command) -> Order:
    """What a command asks for.

    Raises:
        Rejected: it cannot be read.
    """
    try:
        return msgspec.convert(command.payload, Order)
    except msgspec.ValidationError as error:
        raise Rejected(f"these definitions cannot be read: {error}") from None


def outcome(order: Order, stored: Definitions, settings: ProjectSettings) -> Outcome:
    """What an order makes of what is stored; doing it twice changes nothing.

    Raises:
        Rejected: it is not sound, or somebody changed one of the records meanwhile.
    """
    before: Records = {(type(one), one.id): one for one in stored.records}
    wanted = _wanted(order, before, stored)
    gone = {(_kind(one.record), one.id) for one in order.delete} - wanted.keys()
    _check_unchanged(order, before, wanted, gone)
    after = {**before, **wanted}
    for key in gone:
        after.pop(key, None)
    lost = {id for kind, id in gone if kind is Pipeline}
    after = {key: one for key, one in after.items() if isinstance(one, Pipeline) or one.pipeline_id not in lost}
    _take_over_jobs(after, before, wanted)
    back = _bring_back(after, before, gone, stored, settings)
    _validate_again(after, before)
    after = _with_components(after)
    known = check_together(before.values())
    for wrong in check_together(after.values()):
        if wrong not in known:
            raise Rejected(f"{wrong.name}: {wrong.sentence}")
    return Outcome(
        put=tuple(one for key, one in after.items() if before.get(key) != one),
        delete=tuple(key for key in before if key not in after),
        answer=_answer(before, wanted, gone, back),
    )


def _wanted(order: Order, before: Records, stored: Definitions) -> Records:
    """The records that are asked for, in order."""
    found: Records = {}
    for row in order.put:
        record = _read(row, before)
        if isinstance(record, Pipeline):
            if record.project_id != stored.project.id:
                raise Rejected(f"the pipeline {record.name} is of another project")
            place = {"repository_id": stored.project.git_project_id, "repository_url": stored.project.web_url}
            record = replace(record, **place)
        elif (Pipeline, record.pipeline_id) not in {**before, **found}:
            raise Rejected(f"{called(record)}: there is no such pipeline here any more")
        for wrong in check(record):
            raise Rejected(f"{called(record)}: {wrong.field}: {wrong.sentence}")
        found[type(record), record.id] = record
    return found


def _read(row: Mapping[str, Any], before: Records) -> Definition:
    kind = _kind(str(row.get("record", "")))
    owner = str(row.get("project_id" if kind is Pipeline else "pipeline_id", ""))
    id, name = str(row.get("id", "")), str(row.get("name", ""))
    base = before.get((kind, id)) or blank(kind, name, owner)
    given = {field: row[field] for field in FIELDS[kind] if field in row}
    try:
        typed = msgspec.convert({"id": id, "name": name, **_owner(kind, owner), **given}, kind)
        made = tidied(typed)
    except (msgspec.ValidationError, RecordError) as error:
        raise Rejected(f"{clean(name)} cannot be read: {error}") from None
    fields = {field: getattr(made, field) for field in given}
    record = replace(base, **fields)
    if (kind, id) in before and same(record, base):
        return base
    if (
        isinstance(base, Pipeline)
        and fields.get("pipeline_file_name", base.pipeline_file_name) != base.pipeline_file_name
    ):
        record = replace(record, pipeline_config="", last_commit_hash="", inputs=())
    return replace(record, id=made.id, name=made.name, defined_by=USER)


def _owner(kind: type[Definition], owner: str) -> dict[str, str]:
    return {"project_id": owner} if kind is Pipeline else {"pipeline_id": owner}


def _kind(name: str) -> type[Definition]:
    if name not in KINDS:
        raise Rejected(f"this version defines no {clean(name) or 'nameless thing'}")
    return KINDS[name]


def _check_unchanged(order: Order, before: Records, wanted: Records, gone: Iterable[Key]) -> None:
    """Refuse to replace or delete another version than the one that the user saw (`was`)."""
    for key in (*wanted, *gone):
        seen, stored = order.was.get(f"{key[0].__name__}:{key[1]}"), before.get(key)
        if key in wanted:
            done = stored is not None and same(stored, wanted[key])
        else:  # what is nobody's comes back by itself, perhaps after this very command
            done = stored is None or stored.defined_by != USER
        if seen is None or done or digest(stored) == seen:
            continue
        if stored is None:
            raise Rejected(f"somebody has deleted {called(wanted[key])} meanwhile")
        if not seen:
            raise Rejected(f"there is another {called(stored)} already")
        raise Rejected(f"somebody has changed {called(stored)} meanwhile: look at it again")


def _take_over_jobs(after: Records, before: Records, wanted: Records) -> None:
    """A new pipeline with the CI file of another one has that one's jobs, without asking a server."""
    for key, pipeline in wanted.items():
        if not isinstance(pipeline, Pipeline) or key in before:
            continue
        like = next((one for one in before.values() if isinstance(one, Pipeline) and one.pipeline_config
                     and one.pipeline_file_name == pipeline.pipeline_file_name), None)  # fmt: skip
        if like is None:
            continue
        after[key] = replace(
            pipeline,
            pipeline_config=like.pipeline_config,
            last_commit_hash=like.last_commit_hash,
            inputs=like.inputs,
        )
        for job in before.values():
            if isinstance(job, PipelineJob) and job.pipeline_id == like.id and job.defined_by != USER:
                copy = named(job, job.name, pipeline.id)
                after.setdefault((PipelineJob, copy.id), copy)


def _bring_back(
    after: Records, before: Records, gone: Iterable[Key], stored: Definitions, settings: ProjectSettings
) -> list[Definition]:
    """Put back what the configuration names, as it says; gives those that were to go."""
    pipelines = [one for one in after.values() if isinstance(one, Pipeline)]
    for fresh in definitions.configured(stored.project, settings, pipelines):
        if (Pipeline, fresh.id) not in after:
            old = before.get((Pipeline, fresh.id))
            known = replace(old, defined_by="") if isinstance(old, Pipeline) else None
            after[Pipeline, fresh.id] = definitions.laid_under(known, fresh)
            for key, job in before.items():
                if isinstance(job, PipelineJob) and job.pipeline_id == fresh.id and job.defined_by != USER:
                    after[key] = job
    for pipeline in [one for one in after.values() if isinstance(one, Pipeline)]:
        own = [one for one in after.values() if isinstance(one, PipelineAPI) and one.pipeline_id == pipeline.id]
        for api in definitions.apis(pipeline, settings, own):
            after.setdefault((PipelineAPI, api.id), api)
    return [after[key] for key in gone if key in after]


def _validate_again(after: Records, before: Records) -> None:
    """Have the CI file read again where jobs went that it may have."""
    for key, one in before.items():
        owner = (Pipeline, one.pipeline_id) if isinstance(one, PipelineJob) else None
        pipeline = after.get(owner) if owner and key not in after else None
        if isinstance(pipeline, Pipeline):
            after[Pipeline, pipeline.id] = replace(pipeline, last_commit_hash="")


def _with_components(after: Records) -> Records:
    """Every API with the names of the jobs that it runs."""
    jobs: dict[str, list[PipelineJob]] = {}
    for one in after.values():
        if isinstance(one, PipelineJob):
            jobs.setdefault(one.pipeline_id, []).append(one)
    names = {id: [one.name for one in sorted(own, key=lambda job: job.order)] for id, own in jobs.items()}
    return {
        key: definitions.with_jobs(one, names[one.pipeline_id])
        if isinstance(one, PipelineAPI) and one.pipeline_id in names
        else one
        for key, one in after.items()
    }


def _answer(before: Records, wanted: Records, gone: Iterable[Key], back: list[Definition]) -> str:
    """What was done, for people."""
    returned = {(type(one), one.id) for one in back}
    deleted = [before[key] for key in gone if key in before and key not in returned]
    parts = [
        _called("added", [one for key, one in wanted.items() if key not in before]),
        _called("changed", [one for key, one in wanted.items() if key in before]),
        _called("deleted", deleted),
        *(f"{called(one)} is back as {_source(one)}" for one in back),
    ]
    if any(isinstance(one, PipelineJob) for one in deleted):
        parts.append("a job that the CI file has comes back when that is validated again")
    return "; ".join(filter(None, parts)) or "nothing had to be changed"


def _source(record: Definition) -> str:
    if record.defined_by:
        return "the configuration names it"
    return "there has to be one"


def _called(word: str, records: list[Definition]) -> str:
    if len(records) > NAMED:
        return f"{word} {len(records)} definitions"
    return f"{word} {', '.join(map(called, records))}" if records else ""
