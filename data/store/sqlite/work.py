"""Commands, leases and interests: compare and set within one write transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from data.errors import StoreError
from data.model import Command, Interest, Lease, decode
from data.store.sqlite.predicate import Clause
from data.store.sqlite.reading import get_many
from data.store.sqlite.rows import json_list, members, sql_value
from data.store.sqlite.tables import home
from data.store.sqlite.writing import bump, put, put_unseen, remove_rows

FENCE: Final = "fence"
"""Counter of fencing tokens."""
RELEASED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lease expires that was given back."""

_COMMANDS: Final = home(Command)
_INTERESTS: Final = home(Interest)


def submit(connection: Connection, commands: Sequence[Command]) -> None:
    """Put new commands in the outbox."""
    known = get_many(connection, Command, [command.id for command in commands])
    put(connection, [command for command in commands if command.id not in known])


def claim(
    connection: Connection,
    owner: str,
    project_ids: Sequence[str],
    limit: int,
    ids: Sequence[str] | None,
    now: datetime,
) -> list[Command]:
    """Take the first queued commands of these projects, or those of `ids` that are."""
    head = _COMMANDS.head
    chosen = [] if ids is None else [head.c.id.in_(members(json_list(list(ids))))]
    queued = _commands(connection, project_ids, limit, head.c.state == "queued", *chosen)
    taken = [
        msgspec.structs.replace(command, state="sending", owner=owner, sent=now, attempts=command.attempts + 1)
        for command in queued
    ]
    put(connection, taken)
    return taken


def adopt(connection: Connection, owner: str, project_ids: Sequence[str]) -> list[Command]:
    """Take over what others left in `sending`."""
    head = _COMMANDS.head
    left = _commands(connection, project_ids, None, head.c.state == "sending", head.c.owner != owner)
    taken = [msgspec.structs.replace(command, owner=owner) for command in left]
    put(connection, taken)
    return taken


def _commands(connection: Connection, project_ids: Sequence[str], limit: int | None, *chosen: Clause) -> list[Command]:
    """Commands of some projects, by place."""
    head, body = _COMMANDS.head, _COMMANDS.body
    statement = (
        select(body.c.doc)
        .join_from(head, body, head.c.n == body.c.n)
        .where(head.c.project_id.in_(members(json_list(list(project_ids)))), *chosen)
        .order_by(head.c.place, head.c.id)
        .limit(limit)
    )
    return [decode(Command, doc) for doc in connection.execute(statement).scalars()]


def settle(connection: Connection, command: Command) -> bool:
    """Record the outcome of a claimed command."""
    stored = get_many(connection, Command, [command.id]).get(command.id)
    mine = stored is not None and stored.owner == command.owner and stored.state not in ("queued", "withdrawn")
    if mine:
        put(connection, [command])
    return mine


def amend(connection: Connection, command: Command, was: Command) -> bool:
    """Replace a command that is still queued and as it `was`."""
    stored = get_many(connection, Command, [command.id]).get(command.id)
    if stored is None or stored != was or stored.state != "queued" or command.state != "queued":
        return False
    put(connection, [command])
    return True


def withdraw(connection: Connection, id_: str, now: datetime) -> bool:
    """Take back a queued command."""
    stored = get_many(connection, Command, [id_]).get(id_)
    if stored is None or stored.state != "queued":
        return False
    put(connection, [msgspec.structs.replace(stored, state="withdrawn", finished=now)])
    return True


def lease(connection: Connection, name: str, owner: str, host: str, seconds: float, now: datetime) -> Lease | None:
    """Take or renew a lease."""
    stored = get_many(connection, Lease, [name]).get(name)
    if stored is not None and stored.owner != owner and stored.expires > now:
        return None
    renewed = stored is not None and stored.owner == owner and stored.expires > RELEASED
    token = stored.token if stored is not None and renewed else bump(connection, FENCE)
    taken = Lease(id=name, owner=owner, host=host, token=token, expires=now + timedelta(seconds=seconds))
    put_unseen(connection, taken)
    return taken


def release(connection: Connection, name: str, owner: str) -> None:
    """Give a lease back; it stays as expired, so that a write fenced by it is refused."""
    stored = get_many(connection, Lease, [name]).get(name)
    if stored is not None and stored.owner == owner:
        put_unseen(connection, msgspec.structs.replace(stored, expires=RELEASED))


def check(connection: Connection, fence: Lease) -> None:
    """Refuse to go on when a lease is not its holder's any more.

    Raises:
        StoreError: it was given back, or taken by another owner.
    """
    stored = get_many(connection, Lease, [fence.id]).get(fence.id)
    if stored is None or stored.token != fence.token or stored.owner != fence.owner or stored.expires == RELEASED:
        holder = stored.owner if stored is not None and stored.expires > RELEASED else "nobody"
        raise StoreError(f"the lease `{fence.id}` is not held by {fence.owner} any more but by {holder}")


def watch(connection: Connection, interests: Sequence[Interest], now: datetime) -> None:
    """Say what a viewer looks at, and forget what has expired."""
    for interest in interests:
        put_unseen(connection, interest)
    head = _INTERESTS.head
    expired = connection.execute(select(head.c.n).where(head.c.expires <= sql_value(now))).scalars().all()
    if expired:
        remove_rows(connection, _INTERESTS, expired)


def interests(connection: Connection, now: datetime) -> list[Interest]:
    """Interests that have not expired."""
    head, body = _INTERESTS.head, _INTERESTS.body
    statement = select(body.c.doc).join_from(head, body, head.c.n == body.c.n)
    live = statement.where(head.c.expires > sql_value(now)).order_by(head.c.id)
    return [decode(Interest, doc) for doc in connection.execute(live).scalars()]
