"""A document laid over what is defined: the records as they are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from data.config.problem import Problem
from data.define.check import check, check_together, doubts
from data.define.document import Document, Item
from data.define.fields import Definition, Definitions, blank, called, tidied
from data.define.plan import Plan, plan
from data.define.records import API_KEYS, JOB_KEYS, PIPELINE_KEYS
from data.model import Pipeline, PipelineAPI, PipelineJob

BY_USER: Final = "user"
"""`defined_by` of what people made or changed."""
KEYS: Final[dict[type[Definition], Mapping[str, str]]] = {
    Pipeline: PIPELINE_KEYS, PipelineJob: JOB_KEYS, PipelineAPI: API_KEYS,
}  # fmt: skip
"""Keys of a document with the fields of the records."""

Records = dict[tuple[type[Definition], str], Definition]


class Wanted(NamedTuple):
    """The records as a document wants them."""

    records: tuple[Definition, ...]
    """All of the project's; what the document does not name is as it was."""
    problems: tuple[Problem, ...]
    """Why it cannot be had: nothing may be changed where there are any."""
    remarks: tuple[str, ...]
    """What else is to be said."""


def wanted(document: Document, stored: Definitions, *, prune: bool = False) -> Wanted:
    """What a document wants of a project.

    Args:
        prune: also leave out what people made, and the document does not name: pipelines, and in pipelines whose
            `jobs:` or `apis:` it gives, jobs and APIs. What the configuration or the CI file says stays.
    """
    records: Records = {(type(one), one.id): one for one in stored.records}
    touched: dict[tuple[type[Definition], str], Item] = {}
    remarks: list[str] = []
    for item in (*document.items, *document.stage_types):
        record = _laid_over(item, records, stored)
        key = (type(record), record.id)
        if item in document.stage_types and key not in records:
            remarks.append(f"{called(record)}: there is no such job yet; its stage type is left out")
            continue
        records[key], touched[key] = record, item
    if prune:
        pruned = {key for key, one in records.items() if _is_pruned(one, document, touched, stored)}
        lost = {id for kind, id in pruned if kind is Pipeline}
        records = {
            key: one
            for key, one in records.items()
            if key not in pruned and (isinstance(one, Pipeline) or one.pipeline_id not in lost)
        }
    problems = [problem for key, item in touched.items() for problem in _problems(document, item, records[key])]
    for wrong in check_together(records.values()):
        place = next((item.path for item in touched.values() if item.name == wrong.name), "pipelines")
        problems.append(document.problem(f"{place}.{wrong.field}", wrong.sentence))
    remarks += [one for one in doubts(records.values()) if one not in doubts(stored.records)]
    return Wanted(tuple(records.values()), tuple(sorted(problems, key=lambda one: one.line)), tuple(remarks))


def plan_of(document: Document, stored: Definitions, *, prune: bool = False) -> Plan | list[Problem]:
    """The difference that a document makes, or why it cannot be had."""
    found = wanted(document, stored, prune=prune)
    if found.problems:
        return list(found.problems)
    return plan(stored.records, found.records, found.remarks)


def _laid_over(item: Item, records: Records, stored: Definitions) -> Definition:
    """The record of an item: the stored one, or a new one, with what the item gives."""
    owner = stored.project.id if item.kind is Pipeline else f"{stored.project.id}:{item.pipeline}"
    before = records.get((item.kind, f"{owner}:{item.name}"))
    fields: dict[str, Any] = item.fields
    if before is None:
        before = blank(item.kind, item.name, owner)
        if item.kind is PipelineJob and "order" not in fields:
            fields = {"order": _next_order(records, owner), **fields}
    return tidied(replace(before, **fields))


def _next_order(records: Records, pipeline_id: str) -> int:
    orders = [one.order for one in records.values() if isinstance(one, PipelineJob) and one.pipeline_id == pipeline_id]
    return max(orders, default=-1) + 1


def _is_pruned(
    record: Definition, document: Document, touched: Mapping[tuple[type[Definition], str], Item], stored: Definitions
) -> bool:
    if record.defined_by != BY_USER or (type(record), record.id) in touched:
        return False
    if isinstance(record, Pipeline):
        return True
    pipeline = record.pipeline_id.removeprefix(f"{stored.project.id}:")
    return (pipeline, type(record)) in document.listed


def _problems(document: Document, item: Item, record: Definition) -> Iterator[Problem]:
    keys = {field: key for key, field in KEYS[item.kind].items()} | {"optional_needs": "needs"}
    for wrong in check(record):
        head, dot, rest = wrong.field.partition(".")
        yield document.problem(f"{item.path}.{keys.get(head, head)}{dot}{rest}", wrong.sentence)
