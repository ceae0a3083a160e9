"""Rows for a grid that shows records in groups: a header for each group, its records below it where it is unfolded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final, TypeVar

from tui.rows import RecordRows, StoreRows
from widgets.cells import Cell
from widgets.rows import Row

if TYPE_CHECKING:
    from data.model.base import Record
    from data.query import Query
    from data.store.port import Group, Listing, Sort, Store, Where

R = TypeVar("R", bound="Record")

AMONG: Final = 2_000
"""Newest records that the quick first answer looks at."""
UNFOLDED: Final = 50
"""Groups, from the first one on, that unfold together."""
PREFIX: Final = "group:"
"""Beginning of a header's row key; the group's value follows."""


class GroupRows(RecordRows[R]):
    """Rows: headers, newest activity first, and under an unfolded one its records in their order.

    It is a picture of the moment it was opened, as `StoreRows` is; after a change open a new one with the same
    `unfolded`, or let it make one of which only some groups are read anew (`renewed`). `header` and `cells` are called
    each time that a row is drawn.
    """

    def __init__(
        self,
        list_members: Callable[[str], Awaitable[Listing[R]]],
        list_groups: Callable[[int | None, AbstractSet[str] | None], Awaitable[list[Group]]],
        header: Callable[[Group], tuple[Cell, ...]],
        cells: Callable[[R], tuple[Cell, ...]],
        unfolded: Collection[str] = (),
    ) -> None:
        """Without rows until `read`; `open` makes one that reads a store.

        `list_groups` is told how many of the newest records to look at (None for all) and which groups are wanted (None
        for all), `list_members` a group's value.
        """
        self._list_members, self._list_groups = list_members, list_groups
        self._header, self._cells = header, cells
        self._wanted = frozenset(unfolded)
        self._groups: list[Group] = []
        self._exact = False
        self._members: dict[str, StoreRows[R]] = {}
        self._starts: list[int] = []
        self._numbers: dict[str, int] = {}
        self._size = 0

    @classmethod
    async def open(
        cls,
        store: Store,
        kind: type[R],
        field: str,
        *,
        where: Where | None = None,
        query: Query | None = None,
        sort: Sort | None = None,
        best: Sort | None = None,
        header: Callable[[Group], tuple[Cell, ...]],
        cells: Callable[[R], tuple[Cell, ...]],
        unfolded: Collection[str] = (),
        quick: bool = True,
    ) -> GroupRows[R]:
        """The groups of what matches `where` and `query`, by one of the kind's `group_fields`.

        `sort` orders the records of a group, `best` is what `Group.best` tells. A quick answer counts the newest
        records only: `complete` makes it exact. Without `quick` numbers are exact at once, so that a list that is drawn
        anew after a change does not go back to rough ones.
        """

        async def list_groups(among: int | None, values: AbstractSet[str] | None) -> list[Group]:
            asked = dict(where or {})
            if values is not None:
                only = asked.get(field)
                asked[field] = sorted(values & {only} if isinstance(only, str) else values)
            return await store.groups(kind, field, where=asked, query=query, best=best, among=among)

        async def list_members(value: str) -> Listing[R]:
            return await store.listing(kind, where={**(where or {}), field: value}, query=query, sort=sort)

        rows = cls(list_members, list_groups, header, cells, unfolded)
        await rows.read(AMONG if quick else None)
        return rows

    async def complete(self) -> bool:
        """Make numbers and sizes exact; whether something differs from before, if only that they are exact."""
        before = self._groups, self._size, self._exact
        if not self._exact:
            await self.read(None)
        for rows in list(self._members.values()):
            if not rows.listing.complete:
                await rows.listing.finish()
        self._lay_out()
        return before != (self._groups, self._size, self._exact)

    @property
    def exact(self) -> bool:
        """Whether the groups' numbers are those of all records."""
        return self._exact

    async def read(self, among: int | None) -> None:
        """Read the groups: with `among` only those of so many of the newest records."""
        groups = await self._list_groups(among, None)
        members = await self._listed(group.value for group in groups if group.value in self._wanted)
        self._exact = among is None or sum(group.count for group in groups) < among
        self._groups = groups
        self._show(members)

    async def renewed(self, values: AbstractSet[str]) -> GroupRows[R]:
        """The same rows, of which these groups and their records are read anew: others have not changed."""
        anew = GroupRows(self._list_members, self._list_groups, self._header, self._cells, self._wanted)
        groups = [group for group in self._groups if group.value not in values]
        groups += await self._list_groups(None, values)
        groups.sort(key=lambda group: group.value)
        groups.sort(key=lambda group: group.newest.timestamp() if group.newest else 0, reverse=True)
        members = {value: StoreRows(await self._list_members(value), self._cells) for value in values & self._wanted}
        for rows in members.values():
            await rows.finish()
        anew._groups, anew._exact = groups, self._exact
        anew._members = {value: rows for value, rows in self._members.items() if value not in values}
        anew._show(members)
        return anew

    # Folding

    @property
    def unfolded(self) -> frozenset[str]:
        """Values of the groups that show their records, whether they have any now or not."""
        return self._wanted

    async def toggle(self, value: str) -> None:
        """Fold or unfold the group of `value`."""
        if value in self._wanted:
            self._wanted -= {value}
            self._show({})
        else:
            self._wanted |= {value}
            self._show(await self._listed([value]))

    async def toggle_all(self) -> None:
        """Fold all groups; where none is unfolded, unfold the first ones."""
        if self._members:
            self._wanted = frozenset()
            self._show({})
        else:
            self._wanted = frozenset(group.value for group in self._groups[:UNFOLDED])
            self._show(await self._listed(self._wanted))

    async def _listed(self, values: Iterable[str]) -> dict[str, StoreRows[R]]:
        """Rows of groups that have none yet."""
        missing = set(values) - self._members.keys()
        return {value: StoreRows(await self._list_members(value), self._cells) for value in missing}

    def _show(self, members: Mapping[str, StoreRows[R]]) -> None:
        """Show these groups' records, too, in one step: rows may be asked for while others are being read."""
        kept = {**self._members, **members}
        self._members = {value: kept[value] for value in kept if value in self._wanted}
        self._lay_out()

    def _lay_out(self) -> None:
        """Where each header stands."""
        self._starts, at = [], 0
        for group in self._groups:
            self._starts.append(at)
            at += 1
            if group.value in self._members:
                at += self._members[group.value].size
        self._numbers = {group.value: number for number, group in enumerate(self._groups)}
        self._size = at

    # Rows

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups in their order."""
        return tuple(self._groups)

    @property
    def size(self) -> int:
        """Rows in all, headers among them."""
        return self._size

    def is_group(self, index: int) -> bool:
        """Whether row `index` is a header."""
        return 0 <= index < self._size and self._at(index)[1] < 0

    def group(self, index: int) -> Group | None:
        """The group that row `index` heads or belongs to; None outside of the list."""
        number, _ = self._at(index)
        return self._groups[number] if number >= 0 else None

    def row(self, index: int) -> Row | None:
        """The row at `index`; None while its record is not loaded."""
        number, place = self._at(index)
        if number < 0:
            return None
        group = self._groups[number]
        if place < 0:
            return Row(PREFIX + group.value, self._header(group))
        return self._members[group.value].row(place)

    def record(self, index: int) -> R | None:
        """The record at `index`; None for headers and for records that are not loaded."""
        number, place = self._at(index)
        return None if place < 0 else self._members[self._groups[number].value].record(place)

    def index_of(self, key: str) -> int | None:
        """Where the row of `key` is; None where it is not, or is folded."""
        if key.startswith(PREFIX) and key.removeprefix(PREFIX) in self._numbers:
            return self._starts[self._numbers[key.removeprefix(PREFIX)]]
        loaded = [value for value, rows in self._members.items() if rows.known([key])]
        for value in loaded or self._members:
            place = self._members[value].index_of(key)
            if place is not None and value in self._numbers:
                return self._starts[self._numbers[value]] + 1 + place
        return None

    async def load(self, start: int, stop: int) -> None:
        """Bring the records of rows `start` to `stop` into memory."""
        wanted = []
        for value, rows in self._members.items():
            if value in self._numbers:
                first = self._starts[self._numbers[value]] + 1
                wanted.append((rows, max(0, start - first), min(rows.size, stop - first)))
        for rows, low, high in wanted:
            if low < high:
                await rows.load(low, high)

    def known(self, ids: Iterable[str]) -> list[str]:
        """Those of `ids` that are loaded."""
        wanted = list(ids)
        return [id_ for rows in self._members.values() for id_ in rows.known(wanted)]

    def replace(self, records: Mapping[str, R]) -> list[int]:
        """Put newer versions of loaded records in place; returns the rows that changed."""
        changed = []
        for value, rows in self._members.items():
            places = rows.replace(records)
            if value in self._numbers:
                changed += [self._starts[self._numbers[value]] + 1 + place for place in places]
        return sorted(changed)

    def _at(self, index: int) -> tuple[int, int]:
        """(number of the group, place among its records) of a row; the place of a header is -1, as is all outside."""
        if not 0 <= index < self._size:
            return -1, -1
        number = bisect_right(self._starts, index) - 1
        return number, index - self._starts[number] - 1
