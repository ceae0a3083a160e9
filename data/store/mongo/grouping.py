"""Records in groups. Counted here: not every server can tell the greatest value of a group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from data.errors import UsageError
from data.store.mongo.client import Server
from data.store.mongo.documents import time_value
from data.store.mongo.homes import OWN, Document, Home, entry_path, escaped, spelled
from data.store.mongo.order import parts
from data.store.mongo.reading import BATCH, rows, text_of
from data.store.port import Group, Sort
from data.store.specification import Kind


class _Count:
    """One group while it is counted."""

    def __init__(self) -> None:
        self.count = self.succeeded = self.failed = self.active = 0
        self.newest: int | None = None
        self.best: float | None = None

    def add(self, kind: Kind, own: Document, status: str, best: Sort | None, value: object) -> None:
        self.count += 1
        outcomes = kind.outcomes
        self.succeeded += status in outcomes.succeeded
        self.failed += status in outcomes.failed
        self.active += status in outcomes.active
        newest = own["f"].get(kind.default_sort.field)
        if newest is not None:
            self.newest = newest if self.newest is None else max(self.newest, newest)
        if best is not None and isinstance(value, int | float):
            pick = max if best.descending else min
            self.best = float(value) if self.best is None else pick(self.best, float(value))


async def groups(
    server: Server, at: Home, field: str, condition: Document, best: Sort | None, among: int | None, limit: int
) -> list[Group]:
    """Records that match, by the value of a field: newest activity first, then by value.

    Raises:
        UsageError: the kind is not put in groups by that, or has no such number.
    """
    kind = at.kind
    if field not in kind.group_fields:
        known = ", ".join(kind.group_fields) or "none"
        raise UsageError(f"{kind.name} have no groups by `{field}`", hint=f"there are groups by {known}")
    number = None if best is None else _number(at, best)
    paths = [at.field(field), spelled(field), at.field("status"), spelled("status"), at.field(kind.default_sort.field)]
    fields = dict.fromkeys([*paths, *([number[0]] if number else [])], 1)
    found: dict[str, _Count] = {}
    async for document in _documents(server, at, condition, among, fields):
        own = document[OWN]
        value = None if number is None else own.get(number[1], {}).get(number[2])
        count = found.setdefault(text_of(at, document, field), _Count())
        count.add(kind, own, text_of(at, document, "status"), best, value)
    told = [_group(value, count) for value, count in found.items()]
    told.sort(key=lambda group: group.value)
    told.sort(key=lambda group: group.newest.timestamp() if group.newest else 0, reverse=True)
    return told[:limit]


def _number(at: Home, best: Sort) -> tuple[str, str, str]:
    """Path of a number, and where it stands in a document."""
    name, _, key = best.field.partition(".")
    if key and name in at.kind.entries:
        return entry_path(name, key), "e", escaped(f"{name}:{key}")
    path = at.field(best.field)
    if at.kind.fields[best.field].type not in {"int", "real"}:
        raise UsageError(f"`{best.field}` is no number", hint="such as metrics.val_auc")
    return path, "f", best.field


async def _documents(
    server: Server, at: Home, condition: Document, among: int | None, fields: Document
) -> AsyncIterator[Document]:
    if among is None:
        cursor: Any = server.database[at.collection].find(condition, fields).batch_size(BATCH)
        async for one in cursor:
            yield one
        return
    order = parts(at, at.kind.default_sort)
    for one, _ in await rows(server, at, condition, order, None, among, fields):
        yield one


def _group(value: str, count: _Count) -> Group:
    newest = None if count.newest is None else time_value(count.newest)
    return Group(value, count.count, count.succeeded, count.failed, count.active, newest, count.best)
