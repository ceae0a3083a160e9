"""The store port: all that the rest of Lineside knows of a store.

One conformance suite (`tests/store`) runs against every implementation. No call returns everything: reads are paged by
keyset (`page`) or by viewport (`listing`), and what changed is asked by revision (`changes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from data.errors import StoreError
from data.model import Command, Interest, Lease, Record
from data.query import Query

R = TypeVar("R", bound=Record)

Value = str | int | float | bool | datetime | None
"""What a filterable field can hold."""


class Between(msgspec.Struct, frozen=True):
    """A range of a field: `low <= value < high`; None leaves an end open. What misses the value is outside."""

    low: Value = None
    high: Value = None


Where = Mapping[str, Value | Sequence[Value] | Between]
"""Equality, membership (a sequence) or a range, on fields that the kind's specification lists (`data.store.kinds`)."""

PAGE = 200
"""Records of a page where the caller does not say."""
GROUPS = 10_000
"""Groups that are told where the caller does not say."""
OFFERED = 50
"""Distinct values that are told where the caller does not say."""
NAMES = 200
"""Names of metrics, params and tags that are told where the caller does not say."""


class Sort(NamedTuple):
    """Order of a listing. Every order is total: ties are broken by id in the same direction, those of metrics, params
    and tags in an order that each store has of its own, in the same direction, too.

    `field` is one of the kind's fields or `metrics.<key>`, `params.<key>`, `tags.<key>`: numbers come before texts in
    both directions. Text sorts without regard to the case of ASCII letters. What misses the value comes last in both
    directions, in the kind's default order (by id where that can be missing, too).
    """

    field: str
    descending: bool = False


class Page(NamedTuple, Generic[R]):
    """Some records in order; `after` continues behind the last one, None at the end."""

    records: tuple[R, ...]
    after: str | None


class Group(NamedTuple):
    """Records that have one value of a field in common."""

    value: str
    """The value; empty for records that miss it."""
    count: int  # type: ignore[assignment]  # hides the method of tuples, which nobody asks a group for
    succeeded: int
    failed: int
    active: int
    newest: datetime | None
    """Greatest time by which the kind is sorted where nobody says."""
    best: float | None
    """Best value of what was asked for, None where no record of the group has one."""


class Changes(NamedTuple):
    """What changed up to `revision`: ids of records put and deleted, by type. `complete` is False when more follow."""

    revision: int
    put: dict[type[Record], frozenset[str]]
    deleted: dict[type[Record], frozenset[str]]
    complete: bool = True


class Listing(Protocol[R]):
    """A query's result in order, read by viewport.

    It is a picture of the moment it was made; after a change make a new one (`Store.listing`), which is cheap.
    """

    @property
    def size(self) -> int:
        """Number of records; exact once `complete`, a lower bound before."""

    @property
    def complete(self) -> bool:
        """Whether the order of all records is known."""

    async def window(self, start: int, count: int) -> list[R]:
        """Records at positions `start` to `start + count`; shorter at the end. Deleted ones are left out."""

    async def finish(self) -> None:
        """Wait until `complete`."""

    def index_of(self, id: str) -> int | None:
        """Position of a record, None when it is not in it (or not known yet).

        O(size) at worst (milliseconds for a million), microseconds near a window that was read.
        """


class Was(NamedTuple):
    """What a writer has read under an id."""

    kind: type[Record]
    id: str
    record: Record | None
    """None where there was nothing."""


class Overtaken(StoreError):
    """Somebody else has written what was to be changed: read it again."""

    def __init__(self) -> None:
        super().__init__("somebody else has changed this meanwhile", hint="it is done anew with what is there now")


class Store(Protocol):
    """Records, commands, leases and interests, for any number of readers and writers on any number of processes."""

    @property
    def name(self) -> str:
        """What to call it on the screen: `sqlite`, `mongo`."""

    async def close(self) -> None:
        """Write what is pending and let go of the files; more calls are an error."""

    # Records

    async def put(self, records: Sequence[Record], *, fence: Lease | None = None, was: Sequence[Was] = ()) -> int:
        """Insert or replace by id, in one transaction. A record equal to the stored one is not written.

        Returns the number of records that changed. With `fence`, writes nothing and raises `StoreError` when that lease
        has gone to another owner (token) since. With `was`, writes nothing and raises `Overtaken` when one of these is
        another record by now.
        """

    async def delete(self, kind: type[Record], ids: Sequence[str], *, fence: Lease | None = None) -> int:
        """Delete by id; returns how many there were. With `fence`, deletes nothing where `put` would write nothing."""

    async def get(self, kind: type[R], id: str) -> R | None:
        """One record."""

    async def get_many(self, kind: type[R], ids: Sequence[str]) -> dict[str, R]:
        """Those of `ids` that exist, by id."""

    async def page(
        self,
        kind: type[R],
        *,
        where: Where | None = None,
        query: Query | None = None,
        sort: Sort | None = None,
        after: str | None = None,
        limit: int = PAGE,
    ) -> Page[R]:
        """A page by keyset. `sort` None is the kind's default order; `after` comes from the page before."""

    async def listing(
        self, kind: type[R], *, where: Where | None = None, query: Query | None = None, sort: Sort | None = None
    ) -> Listing[R]:
        """The whole result, to be read by viewport; returns as soon as the first window can be read."""

    async def count(self, kind: type[Record], *, where: Where | None = None, query: Query | None = None) -> int:
        """How many match."""

    async def tally(
        self, kind: type[Record], field: str, *, where: Where | None = None, query: Query | None = None
    ) -> dict[str, int]:
        """How many match, by the value of a field: runs by status, runs by project."""

    async def groups(
        self,
        kind: type[Record],
        field: str,
        *,
        where: Where | None = None,
        query: Query | None = None,
        best: Sort | None = None,
        among: int | None = None,
        limit: int = GROUPS,
    ) -> list[Group]:
        """Records that match, by the value of one of the kind's `group_fields`: newest activity first, then by value.

        `among` looks only at so many of the newest records that match, for a quick first answer; without it numbers are
        exact. `best` names a field of numbers, such as `Sort("metrics.val_auc", descending=True)`: the greatest value
        in each group, the least one where it does not descend.
        """

    async def values(self, kind: type[Record], field: str, *, contains: str = "", limit: int = OFFERED) -> list[str]:
        """Distinct values of a field of texts that hold a text, without regard to case; the empty one is left out.

        First those that begin with `contains`, each in order. Values that differ in case only count as one. Of fields
        by which the kind is neither sorted nor filtered often these are the values of the newest records.

        `field` may also be `metrics.<key>`, `params.<key>` or `tags.<key>`: then numbers come before texts, texts in
        lower case, and some may be left out where there are thousands.
        """

    async def names(self, kind: type[Record], entries: str, *, contains: str = "", limit: int = NAMES) -> list[str]:
        """Names of `metrics`, `params` or `tags` that records have and that hold a text, in order, without regard to
        case.
        """

    # Change

    async def revision(self) -> int:
        """Revision of the newest write by anybody; microseconds without change, so that it can be asked often."""

    async def changes(self, since: int) -> Changes:
        """What was written after revision `since`."""

    async def sweep(self, seconds: float) -> int:
        """Remove the traces of deletions that are at least so many seconds old; returns how many there were.

        Who was away for longer is not told of them by `changes` any more, and has to read anew. It may be called often:
        something is done once in that time.
        """

    # Commands

    async def submit(self, *commands: Command) -> None:
        """Put new commands in the outbox, together where the store can; a second one of an id changes nothing."""

    async def claim(
        self, owner: str, project_ids: Sequence[str], *, limit: int = 1, ids: Sequence[str] | None = None
    ) -> list[Command]:
        """Take the first queued commands of these projects, by `place`: they become `sending`, atomically, for one
        owner. With `ids` only these; one that is not queued any more is left out.
        """

    async def amend(self, command: Command, *, was: Command) -> bool:
        """Replace a command that is still queued and as it `was`, for instance with another place.

        False when it is not queued any more, or somebody changed it meanwhile.
        """

    async def adopt(self, owner: str, project_ids: Sequence[str]) -> list[Command]:
        """Take over commands of these projects that others left in `sending`; the caller holds the projects' leases."""

    async def settle(self, command: Command) -> bool:
        """Record the outcome of a claimed command; False (and nothing written) when it is not its owner's any more."""

    async def withdraw(self, id: str) -> bool:
        """Take back a command that is still queued; False when it is not."""

    # Leases and interests

    async def lease(self, name: str, owner: str, *, host: str = "", seconds: float = 15) -> Lease | None:
        """Take or renew a lease. None when another owner holds it and it has not expired.

        The token stays while one owner renews, and is greater than all before whenever the lease is taken anew.
        """

    async def release(self, name: str, owner: str) -> None:
        """Give a lease back; nothing happens when it is not ours."""

    async def watch(self, interests: Sequence[Interest]) -> None:
        """Say what a viewer looks at; the same id replaces. Interests are no change: they do not move the revision."""

    async def interests(self, now: datetime) -> list[Interest]:
        """Interests that have not expired."""
