"""Values that change atomically, on servers whose updates do not: each change is the insertion of a new document.

The value is the document with the greatest number; who inserts the next number has changed it, because no two documents
have one key. Numbers below the greatest are removed, so that somebody who comes late may insert one that was there
before: hence the look whether it is the greatest.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pymongo.errors import DuplicateKeyError

from data.store.mongo.client import Database

COLLECTION: Final = "register"


class State(NamedTuple):
    """What a register holds: nothing at number 0."""

    number: int
    value: dict[str, Any]


EMPTY: Final = State(0, {})


async def read(database: Database, name: str) -> State:
    """The present state."""
    found = database[COLLECTION].find({"name": name}).sort("number", -1).limit(1)
    for document in await found.to_list():
        return State(document["number"], document["value"])
    return EMPTY


async def change(database: Database, name: str, before: int, value: dict[str, Any]) -> bool:
    """Put a value in the place of state number `before`; False when that is not the present one any more."""
    collection, number = database[COLLECTION], before + 1
    key = f"{name}\n{number}"
    try:
        await collection.insert_one({"_id": key, "name": name, "number": number, "value": value})
    except DuplicateKeyError:
        return False
    if (await read(database, name)).number != number:
        await collection.delete_one({"_id": key})
        return False
    if before:
        await collection.delete_many({"name": name, "number": {"$lt": number}})
    return True


async def forget(database: Database, name: str) -> None:
    """Remove a register of something that is gone."""
    await database[COLLECTION].delete_many({"name": name})
