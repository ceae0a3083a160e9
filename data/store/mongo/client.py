"""The connection: which server, which database, and what it can do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import pymongo
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import InvalidURI

from data.errors import StoreError
from data.store.mongo.calls import Calls, Client
from data.store.mongo.failures import as_store_errors

C = TypeVar("C")

Database: TypeAlias = AsyncDatabase[dict[str, Any]]
Collection: TypeAlias = AsyncCollection[dict[str, Any]]

DATABASE: Final = "lineside"
"""Name of the database where the URL has none."""
PATIENCE: Final = 5_000
"""Milliseconds to wait for a server where the URL does not say (`serverSelectionTimeoutMS`)."""
TIMEOUT: Final = 20_000
"""Milliseconds that one call may take in all, with its retries, where the URL does not say (`timeoutMS`)."""
_ASKED: Final = {"serverSelectionTimeoutMS": PATIENCE, "timeoutMS": TIMEOUT}
NEEDED: Final = (5, 0)
"""The least version of MongoDB that pymongo's asynchronous client and wildcard indexes are tested with."""
FERRETDB: Final = "ferretdbVersion"
"""FerretDB says so in its answer to `buildInfo`; it calls itself a MongoDB of a certain version besides."""

_PARTS: Final = re.compile(r"(?:[^@/?]*@)?(?P<hosts>[^@/?]+)(?:/(?P<name>[^@/?]*))?(?:\?[^@]*)?")


class Server(NamedTuple):
    """A connected server.

    Attributes:
        place: host and database, for people; without user and password.
        scans: it has no indexes but reads whole collections (FerretDB with SQLite), so that one pass is better than
            many lookups.
        calls: by which the driver is asked wherever somebody may give up waiting.
    """

    client: Client
    database: Database
    place: str
    scans: bool
    version: str
    calls: Calls

    async def close(self) -> None:
        """Close all connections, soon, whatever the server does."""
        await self.calls.close(self.client)


async def connect(url: str) -> Server:
    """Connect, and see that the server is one we can use.

    Raises:
        StoreError: it is not there, does not let us in, or is too old.
    """
    place, name = describe(url)
    calls = Calls()
    with as_store_errors(place):
        client: Client = made(AsyncMongoClient, url)
        try:
            about = await calls.run(_about(client, name))
        except asyncio.CancelledError:
            calls.close_soon(client)
            raise
        except BaseException:  # whatever it was, no connection stays open
            await calls.close(client)
            raise
    version = str(about.get("version", ""))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdecimal()) < NEEDED:
        await calls.close(client)
        needed = ".".join(map(str, NEEDED))
        raise StoreError(f"the server of the store {place} is MongoDB {version}", hint=f"{needed} or newer is needed")
    return Server(client, client[name], place, FERRETDB in about, str(about.get(FERRETDB, version)), calls)


async def _about(client: Client, name: str) -> dict[str, Any]:
    """What the server says of itself, and that it lets us in."""
    # With `timeoutMS` pymongo waits that long for a server, too, whatever `serverSelectionTimeoutMS` says.
    patience = client.options.server_selection_timeout
    with pymongo.timeout(min(patience, client.options.timeout or patience)):
        about = await client.admin.command("buildInfo")
        await client[name].command("ping")
    return about


def made(client: Callable[..., C], url: str, **more: Any) -> C:
    """One of pymongo's clients, with what we ask of both where the URL does not say: nothing may wait for ever."""
    for name, value in _ASKED.items():
        if not re.search(rf"[?&]{name}=", url, re.IGNORECASE):
            more[name] = value
    try:
        return client(url, appname="lineside", **more)
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
