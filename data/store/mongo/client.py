"""The connection: which server, which database, and what it can do."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final, NamedTuple, TypeAlias

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import InvalidURI

from data.errors import StoreError
from data.store.mongo.failures import as_store_errors

Database: TypeAlias = AsyncDatabase[dict[str, Any]]
Collection: TypeAlias = AsyncCollection[dict[str, Any]]

DATABASE: Final = "lineside"
"""Name of the database where the URL has none."""
PATIENCE: Final = 5_000
"""Milliseconds to wait for a server where the URL does not say (`serverSelectionTimeoutMS`)."""
NEEDED: Final = (5, 0)
"""The least version of MongoDB that pymongo's asynchronous client and wildcard indexes are tested with."""
_FOUND_AS: Final = "ferretdbVersion"
"""FerretDB says so in its answer to `buildInfo`; it calls itself a MongoDB of a certain version besides."""

_PARTS: Final = re.compile(r"(?:[^@/?]*@)?(?P<hosts>[^@/?]+)(?:/(?P<name>[^@/?]*))?(?:\?[^@]*)?")


class Server(NamedTuple):
    """A connected server.

    Attributes:
        place: host and database, for people; without user and password.
        scans: it has no indexes but reads whole collections (FerretDB with SQLite), so that one pass is better than
            many lookups.
    """

    client: AsyncMongoClient[dict[str, Any]]
    database: Database
    place: str
    scans: bool
    version: str


async def connect(url: str) -> Server:
    """Connect, and see that the server is one we can use.

    Raises:
        StoreError: it is not there, does not let us in, or is too old.
    """
    place, name = describe(url)
    with as_store_errors(place):
        client = _client(url)
        try:
            about = await client.admin.command("buildInfo")
            await client[name].command("ping")
        except BaseException:  # whatever it was, no connection stays open
            await close(client)
            raise
    version = str(about.get("version", ""))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdecimal()) < NEEDED:
        await close(client)
        needed = ".".join(map(str, NEEDED))
        raise StoreError(f"the server of the store {place} is MongoDB {version}", hint=f"{needed} or newer is needed")
    return Server(client, client[name], place, _FOUND_AS in about, str(about.get(_FOUND_AS, version)))


async def close(client: AsyncMongoClient[dict[str, Any]]) -> None:
    """Close all connections, and let the event loop take leave of them: it does so on its next turn."""
    await client.close()
    await asyncio.sleep(0)


def _client(url: str) -> AsyncMongoClient[dict[str, Any]]:
    given = "serverselectiontimeoutms" in url.lower()
    waiting: dict[str, Any] = {} if given else {"serverSelectionTimeoutMS": PATIENCE}
    try:
        return AsyncMongoClient(url, appname="lineside", **waiting)
    except ValueError:  # a port that is no number
        raise InvalidURI from None


def describe(url: str) -> tuple[str, str]:
    """Where a URL leads, without user and password, and the name of the database."""
    scheme, _, rest = url.partition("://")
    parts = _PARTS.fullmatch(rest)
    if parts is None:  # a password that is not escaped: nobody can tell where it ends
        return scheme, DATABASE
    name = parts["name"] or DATABASE
    return f"{scheme}://{parts['hosts']}/{name}", name
