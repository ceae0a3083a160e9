"""Reading records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from data.model import Record
from data.store.mongo.client import Server
from data.store.mongo.documents import read
from data.store.mongo.homes import ID, OWN, Document, Home, home, id_in, spelled
from data.store.mongo.keys import key_of
from data.store.mongo.order import Part, Token, behind, values_of
from data.store.mongo.predicate import all_of

R = TypeVar("R", bound=Record)

DOC: Final[Document] = {f"{OWN}.doc": 1, ID: 1}
"""What has to be read of a document for its record."""
MANY: Final = 20
"""Ids up to which FerretDB is asked for one key after the other. It finds a key by looking at every document, too (its
index has another expression than its query), but does not read them: that takes about 25 times as long.
"""
TOGETHER: Final = 8
"""Keys that are looked up at the same time."""
BATCH: Final = 10_000
"""Documents of an answer (`batchSize`); an answer ends at 16 MB anyway."""


async def by_ids(server: Server, at: Home, ids: Sequence[str], wanted: Document) -> dict[str, Document]:
    """Documents of some ids, those that exist."""
    collection, fields = server.database[at.collection], {ID: 1, **wanted}
    keys = [key_of(at, id_) for id_ in dict.fromkeys(ids)]
    if not keys:
        return {}
    if len(keys) == 1 or (server.scans and len(keys) <= MANY):
        found: list[Document] = []
        for start in range(0, len(keys), TOGETHER):
            each = (collection.find_one({"_id": key}, fields) for key in keys[start : start + TOGETHER])
            found += [one for one in await asyncio.gather(*each) if one is not None]
    else:
        query: Document = {ID: {"$gte": min(ids), "$lte": max(ids)}} if server.scans else {"_id": {"$in": keys}}
        found = await collection.find(query, fields).batch_size(BATCH).to_list()
    asked = set(ids)
    return {id_: document for document in found if (id_ := id_in(document)) is not None and id_ in asked}


async def get_many(server: Server, kind: type[R], ids: Sequence[str]) -> dict[str, R]:
    """Those of `ids` that exist, by id."""
    found = await by_ids(server, home(kind), ids, DOC)
    return {id_: record for id_, one in found.items() if (record := read(kind, one)) is not None}


async def rows(
    server: Server,
    at: Home,
    condition: Document,
    parts: Sequence[Part],
    after: Token | None,
    limit: int,
    wanted: Document,
) -> list[tuple[Document, Token]]:
    """The first documents behind `after` in an order, each with where it stands."""
    found: list[tuple[Document, Token]] = []
    for number in range(after.part if after else 0, len(parts)):
        part = parts[number]
        here = [behind(part, after.values)] if after and after.part == number else []
        query = all_of([part.condition, condition, *here])
        need = limit - len(found)
        fields = {**wanted, **dict.fromkeys(part.keys, 1)}
        cursor = server.database[at.collection].find(query, fields).sort(part.sort).limit(need).batch_size(BATCH)
        found += [(one, Token(number, values_of(part, one))) async for one in cursor]
        if len(found) >= limit:
            break
    return found


async def count(server: Server, at: Home, condition: Document) -> int:
    """How many documents match."""
    return int(await server.database[at.collection].count_documents(condition))


async def tally(server: Server, at: Home, field: str, condition: Document) -> dict[str, int]:
    """How many documents match, by the value of a field; a missing value is the empty text."""
    path, column = at.field(field), at.kind.fields[field]
    found: dict[str, int] = {}
    if column.type == "words":
        fields = {path: 1, spelled(field): 1}
        async for one in server.database[at.collection].find(condition, fields).batch_size(BATCH):
            for word in words_of(one, field):
                found[word] = found.get(word, 0) + 1
        return found
    text = column.type == "text"
    key = {"f": f"${path}", "x": f"${spelled(field)}"} if text else {"f": f"${path}"}
    stages: list[Document] = [{"$match": condition}, {"$group": {"_id": key, "count": {"$sum": 1}}}]
    async for group in await server.database[at.collection].aggregate(stages, batchSize=BATCH):
        value = group["_id"].get("x") or group["_id"].get("f")
        if column.type == "flag":
            value = int(bool(value))
        name = "" if value is None else str(value)
        found[name] = found.get(name, 0) + group["count"]
    return found


def words_of(document: Document, field: str) -> Iterable[str]:
    """The words in a field as they are spelled."""
    own: dict[str, Any] = document.get(OWN, {})
    found: list[str] = own.get("x", {}).get(field) or own.get("f", {}).get(field, [])
    return found


def text_of(at: Home, document: Document, field: str) -> str:
    """The text in a field as it is spelled. Of ids the fields have the spelling, of texts what lies beside them."""
    own: dict[str, Any] = document.get(OWN, {})
    beside = {} if at.kind.fields[field].type == "id" else own.get("x", {})
    return str(beside.get(field) or own.get("f", {}).get(field, ""))
