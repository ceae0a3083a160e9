"""The local file as the mirror writes it: each step one transaction, refused when another process mirrors it now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Concatenate, Final, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import Connection, select

from data.errors import StoreError
from data.model import Command, JobRun, Lease, Record
from data.store.kinds import KINDS
from data.store.mirror import journal
from data.store.mirror.merging import OURS, TWO_WAY, goes, is_copied, is_own, is_pending, keeps, takes
from data.store.sqlite import work, writing
from data.store.sqlite.changes import last_revision
from data.store.sqlite.lanes import Lane
from data.store.sqlite.reading import get_many
from data.store.sqlite.store import SqliteStore
from data.store.sqlite.tables import home

P = ParamSpec("P")
T = TypeVar("T")

Gone = Mapping[type[Record], Sequence[str]]
"""Ids of deleted records by kind."""
PURGE: Final = 1_000
"""Records that are removed at a time."""


class LocalTrouble(StoreError):
    """The local file cannot be written or read: no fault of the team store."""


class Displaced(StoreError):
    """Another process mirrors this file now."""


class Pending(NamedTuple):
    """A record that was changed or deleted (`here` None) in the local file, and what both sides agreed on before."""

    kind: type[Record]
    id: str
    here: Record | None
    agreed: Record | None
    sent: bool
    """`agreed` was told to the team store, which did not confirm it."""


class Entry(NamedTuple):
    """An entry of the journal."""

    part: journal.Part
    name: str
    value: str


class Local:
    """The file of a mirror. `fence` is the lease under which it is written."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.fence: Lease | None = None
        self._writer = Lane(store.path, writes=True)
        self._reader = Lane(store.path)

    async def open(self) -> None:
        """Make the journal where there is none."""
        with _told():
            await self._writer.run(journal.make)

    async def close(self) -> None:
        """Let go of the file."""
        await self._reader.close()
        await self._writer.close()

    async def read(self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the file something."""
        with _told():
            return await self._reader.run(question, *args, **kwargs)

    async def write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Change the file in one transaction.

        Raises:
            Displaced: the lease is another process's now.
            LocalTrouble: the file cannot be written.
        """

        def fenced(connection: Connection) -> T:
            if self.fence is not None:
                try:
                    work.check(connection, self.fence)
                except StoreError as error:
                    raise Displaced(error.message) from None
            return change(connection, *args, **kwargs)

        with _told():
            return await self._writer.run(fenced)

    async def apply(self, records: Sequence[Record], gone: Gone, *, entries: Sequence[Entry] = ()) -> int:
        """Take over what the team store has, but for what was changed here and has to be told first.

        `entries` are written to the journal in the same transaction. Returns how many records changed.
        """
        return await self.write(_apply, records, gone, entries)

    async def agree(self, kind: type[Record], id_: str, was: Record | None, there: Record | None) -> None:
        """Both sides have `there` (None: nothing); it comes here unless somebody changed what `was` here meanwhile."""
        await self.write(_agree, kind, id_, was, there)

    async def send(self, record: Record) -> None:
        """Note that the team store is about to be told of a record for the first time."""
        await self.write(journal.send, record)

    async def say(self, record: Record) -> None:
        """Write a record of our own: the team store never hears of it."""
        await self.write(writing.put, [record])

    async def pending(self, since: int) -> tuple[int, list[Pending]]:
        """Revision of the local file, and what was changed in it behind revision `since` by others than us."""
        return await self.read(pending, since)

    async def purge(self) -> list[str]:
        """Forget everything that came from the team store; what it was not told of yet stays. Returns ids of jobs."""
        jobs: list[str] = []
        for kind in filter(is_copied, KINDS):
            after = ""
            while found := await self.write(_purge, kind, after):
                after = found[-1]
                jobs += found if kind is JobRun else ()
        await self.write(_forget)
        return jobs


@contextmanager
def _told() -> Iterator[None]:
    """Tell failures of the file from those of the team store."""
    try:
        yield
    except (LocalTrouble, Displaced):
        raise
    except StoreError as error:
        raise LocalTrouble(error.message, hint=error.hint) from None


def _apply(connection: Connection, records: Sequence[Record], gone: Gone, entries: Sequence[Entry]) -> int:
    plain = [record for record in records if type(record) not in TWO_WAY and not is_own(record)]
    both: dict[type[Record], dict[str, Record]] = {}
    for record in records:
        if type(record) in TWO_WAY:
            both.setdefault(type(record), {})[record.id] = record
    for kind, there in both.items():
        plain += _taken(connection, kind, there)
    count = writing.put(connection, plain)
    for kind, ids in gone.items():
        left = _going(connection, kind, ids) if kind in TWO_WAY else ids
        count += writing.remove(connection, kind, left) if left else 0
    for entry in entries:
        journal.write(connection, entry.part, entry.name, entry.value)
    return count


def _taken(connection: Connection, kind: type[Record], there: Mapping[str, Record]) -> list[Record]:
    here = get_many(connection, kind, list(there))
    agreed = journal.agreed(connection, kind, list(there))
    taken = [record for id_, record in there.items() if takes(here.get(id_), agreed.get(id_), record)]
    for record in taken:
        _note(connection, record)
    return taken


def _note(connection: Connection, record: Record) -> None:
    if keeps(record):
        journal.agree(connection, record)
    else:
        journal.forget(connection, type(record), record.id)


def _going(connection: Connection, kind: type[Record], ids: Sequence[str]) -> list[str]:
    here = get_many(connection, kind, ids)
    agreed = journal.agreed(connection, kind, ids)
    for id_ in ids:
        journal.forget(connection, kind, id_)
    return [id_ for id_, record in here.items() if goes(record, agreed.get(id_))]


def _agree(connection: Connection, kind: type[Record], id_: str, was: Record | None, there: Record | None) -> None:
    here = get_many(connection, kind, [id_]).get(id_)
    if there is None:
        if here is not None and here == was:
            writing.remove(connection, kind, [id_])
        journal.forget(connection, kind, id_)
        return
    if here == was or not keeps(there) or takes(here, was, there):
        writing.put(connection, [there])
    _note(connection, there)


def pending(connection: Connection, since: int) -> tuple[int, list[Pending]]:
    """Revision of the file, and what was changed in it behind revision `since` of which the team store must be told."""
    revision = last_revision(connection)
    found: list[Pending] = []
    for kind in TWO_WAY:
        head = home(kind).head
        mine = [head.c.state.in_(OURS)] if kind is Command else []
        changed = set(connection.execute(select(head.c.id).where(head.c.revision > since, *mine)).scalars())
        sent = journal.ids(connection, "sent", kind)
        known = set() if kind is Command else journal.ids(connection, "agreed", kind)  # some may be deleted here
        ids = sorted({*changed, *known, *sent})
        here, agreed = get_many(connection, kind, ids), journal.agreed(connection, kind, ids)
        found += [
            Pending(kind, id_, here.get(id_), agreed.get(id_), id_ in sent)
            for id_ in ids
            if id_ in sent or is_pending(here.get(id_), agreed.get(id_))
        ]
    return revision, found


def _purge(connection: Connection, kind: type[Record], after: str) -> list[str]:
    """Remove the next records of a kind; returns the ids that were looked at."""
    head = home(kind).head
    following = select(head.c.id).where(head.c.id > after).order_by(head.c.id).limit(PURGE)
    ids = list(connection.execute(following).scalars())
    here = get_many(connection, kind, ids)
    agreed = journal.agreed(connection, kind, ids) if kind in TWO_WAY else {}
    left = [
        id_
        for id_, record in here.items()
        if not is_own(record) and (kind not in TWO_WAY or goes(record, agreed.get(id_)))
    ]
    if left:
        writing.remove(connection, kind, left)
    return ids


def _forget(connection: Connection) -> None:
    parts: tuple[journal.Part, ...] = ("state", "cursor", "agreed", "sent", "brought", "generation")
    for part in parts:
        journal.drop(connection, part)
