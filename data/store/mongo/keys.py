"""Keys of documents: ids of records; documents of other tools keep the `ObjectId` that MongoDB gave them."""

from __future__ import annotations

import re
from typing import Any, Final

from bson import ObjectId

from data.store.mongo.homes import Home

FOREIGN: Final = "@mongo"
"""Beginning of the ids of records that were found in documents of other tools; no connection is called so."""
_FOREIGN: Final = re.compile(rf"{FOREIGN}:([0-9a-f]{{24}})")


def key_of(at: Home, id_: str) -> Any:
    """The key of the document that holds a record."""
    found = _FOREIGN.fullmatch(id_) if at.shared else None
    return ObjectId(found[1]) if found else id_


def id_of(key: Any) -> str | None:
    """Id of the record in another tool's document; None for a key of a kind that we do not take up."""
    if isinstance(key, ObjectId):
        return f"{FOREIGN}:{key}"
    return key if isinstance(key, str) and key else None
