"""Leases with their fencing tokens, each one register; and interests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from data.errors import StoreError
from data.model import Interest, Lease, decode, encode
from data.store.mongo import register
from data.store.mongo.client import Server
from data.store.mongo.documents import plain_value, read
from data.store.mongo.homes import ID, home
from data.store.mongo.reading import DOC
from data.store.mongo.writing import put_unseen, remove_unseen

RELEASED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lease expires that was given back."""
_INTERESTS: Final = home(Interest)


async def lease(server: Server, name: str, owner: str, host: str, seconds: float, now: datetime) -> Lease | None:
    """Take or renew a lease, and show it as a record."""
    taken = await take(server, name, owner, host, seconds, now)
    if taken is not None:
        await put_unseen(server, [taken])
    return taken


async def take(server: Server, name: str, owner: str, host: str, seconds: float, now: datetime) -> Lease | None:
    """Take or renew a lease. Its token is the number of the state in which it was taken."""
    while True:
        state = await register.read(server.database, _name(name))
        stored = _lease(state)
        if stored is not None and stored.owner != owner and stored.expires > now:
            return None
        renewed = stored is not None and stored.owner == owner and stored.expires > RELEASED
        token = stored.token if stored is not None and renewed else state.number + 1
        taken = Lease(id=name, owner=owner, host=host, token=token, expires=now + timedelta(seconds=seconds))
        if await register.change(server.database, _name(name), state.number, _value(taken)):
            return taken


async def release(server: Server, name: str, owner: str) -> None:
    """Give a lease back, and show it as a record."""
    given = await give_back(server, name, owner)
    if given is not None:
        await put_unseen(server, [given])


async def give_back(server: Server, name: str, owner: str) -> Lease | None:
    """Give a lease back; it stays as expired, so that a write fenced by it is refused."""
    while True:
        state = await register.read(server.database, _name(name))
        stored = _lease(state)
        if stored is None or stored.owner != owner or stored.expires == RELEASED:
            return None
        given = replace(stored, expires=RELEASED)
        if await register.change(server.database, _name(name), state.number, _value(given)):
            return given


async def check(server: Server, fence: Lease) -> None:
    """Refuse to go on when a lease is not its holder's any more.

    Raises:
        StoreError: it was given back, or taken by another owner.
    """
    stored = _lease(await register.read(server.database, _name(fence.id)))
    if stored is None or stored.token != fence.token or stored.owner != fence.owner or stored.expires == RELEASED:
        holder = stored.owner if stored is not None and stored.expires > RELEASED else "nobody"
        raise StoreError(f"the lease `{fence.id}` is not held by {fence.owner} any more but by {holder}")


async def watch(server: Server, interests: Sequence[Interest], now: datetime) -> None:
    """Say what a viewer looks at, and forget what has expired."""
    await put_unseen(server, interests)
    await remove_unseen(server, Interest, {_INTERESTS.field("expires"): {"$lte": plain_value(now)}})


async def interests(server: Server, now: datetime) -> list[Interest]:
    """Interests that have not expired."""
    live = {_INTERESTS.field("expires"): {"$gt": plain_value(now)}}
    found = server.database[_INTERESTS.collection].find(live, DOC).sort(ID, 1)
    return [one for document in await found.to_list() if (one := read(Interest, document)) is not None]


def _name(name: str) -> str:
    return f"lease:{name}"


def _lease(state: register.State) -> Lease | None:
    return decode(Lease, state.value["doc"]) if state.number else None


def _value(of: Lease) -> dict[str, Any]:
    return {"doc": encode(of).decode()}
