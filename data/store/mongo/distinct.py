"""What values and names there are, for completion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from data.errors import UsageError
from data.store.mongo.client import Server
from data.store.mongo.homes import NAMES, OWN, Document, Home, entry_path, escaped, leading, spelled
from data.store.mongo.predicate import LAST, holds
from data.store.mongo.reading import BATCH, text_of, words_of
from data.store.offering import offered

NEWEST: Final = 5_000
"""Records that are looked at for values of a field without an index."""


async def values(server: Server, at: Home, field: str, contains: str, limit: int) -> list[str]:
    """Distinct values of a field of texts that hold a text: first those that begin with it.

    Raises:
        UsageError: the kind has no such field, or it holds no texts.
    """
    group, dot, key = field.partition(".")
    if dot and group in at.kind.entries:
        return await _of_entries(server, at, group, key, contains, limit)
    path, kind = at.field(field), at.kind.fields[field].type
    if kind not in {"id", "text", "words"}:
        raise UsageError(f"`{field}` of {at.kind.name} is no text", hint="numbers and times are not listed")
    wanted = contains.lower()
    if field in leading(at.kind):
        asked: Document = holds(path, wanted) if wanted and kind != "id" else {}
        given: Iterable[str] = await _distinct(server, at, path, asked)
        if kind != "id":
            given = [*await _distinct(server, at, spelled(field), asked), *given]
    else:
        given = await _newest(server, at, field)
    found: dict[str, str] = {}
    for one in given:
        if one and wanted in one.lower():
            found.setdefault(one.lower(), one)
    first = sorted(key for key in found if key.startswith(wanted))
    return [found[key] for key in dict.fromkeys([*first, *sorted(found)])][:limit]


async def _of_entries(server: Server, at: Home, group: str, key: str, contains: str, limit: int) -> list[str]:
    """Values of a metric, param or tag among the newest records that have it: no server leaps through its index."""
    path, default = entry_path(group, key), at.kind.default_sort
    order = (at.field(default.field), -1 if default.descending else 1)
    found = server.database[at.collection].find({path: {"$exists": True}}, {path: 1}).sort(*order).limit(NEWEST)
    name = escaped(f"{group}:{key}")
    return offered([one[OWN]["e"][name] async for one in found.batch_size(BATCH)], contains, limit)


async def _newest(server: Server, at: Home, field: str) -> list[str]:
    """Values of the newest records."""
    default = at.kind.default_sort
    fields = {at.field(field): 1, spelled(field): 1}
    found = (
        server.database[at.collection].find({}, fields).sort(at.field(default.field), -1 if default.descending else 1)
    )
    documents = await found.limit(NEWEST).batch_size(BATCH).to_list()
    if at.kind.fields[field].type == "words":
        return [word for one in documents for word in words_of(one, field)]
    return [text_of(at, one, field) for one in documents]


async def names(server: Server, at: Home, entries: str, contains: str, limit: int) -> list[str]:
    """Names of `metrics`, `params` or `tags` that records have and that hold a text, in order.

    Raises:
        UsageError: records of the kind have none of these.
    """
    if entries not in at.kind.entries:
        known = ", ".join(at.kind.entries) or "none"
        raise UsageError(f"{at.kind.name} have no `{entries}`", hint=f"there are {known}")
    start, wanted = f"{entries}:", contains.lower()
    known_names = await _distinct(server, at, NAMES, {NAMES: {"$gte": start, "$lt": start + LAST}})
    found = [name.removeprefix(start) for name in known_names if name.startswith(start)]
    return sorted((name for name in found if wanted in name.lower()), key=lambda name: (name.lower(), name))[:limit]


async def _distinct(server: Server, at: Home, path: str, asked: Document) -> Iterable[str]:
    """Values of a field of texts, or of lists of them."""
    collection = server.database[at.collection]
    if not server.scans:
        found: list[str] = await collection.distinct(path, asked)
        return found
    # FerretDB's `distinct` refuses to be told how long it may take.
    values: set[str] = set()
    parts = path.split(".")
    async for one in collection.find(asked, {path: 1}).batch_size(BATCH):
        held: Any = one
        for part in parts:
            held = held.get(part, {})
        values.update(held if isinstance(held, list) else [held] if isinstance(held, str) else [])
    return values
