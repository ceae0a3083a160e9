"""Lists of things with runs: each is summed up from its newest runs, and again when one of these changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from data.model.pipeline import Pipeline
from data.model.project import Project
from data.model.run import PipelineRun
from data.model.vocabulary import ACTIVE
from tui.lazyrows import LazyRows
from tui.present.projects import RECENT, Glance, glance
from tui.screens.acting import Acting
from tui.screens.listing import ListScreen
from widgets.cells import Cell
from widgets.grid import Row

if TYPE_CHECKING:
    from data.store.port import Changes, Store
    from tui.snapshot import Snapshot

T = TypeVar("T", bound=Project | Pipeline)

AT_ONCE = 2000
"""Projects or pipelines read at once; more are rare, and the rest is left to the filter."""
TOLD = 500
"""Runs that changed at once and are looked at one by one; of more, everything is summed up anew."""
BATCH = 25
"""Rows that are summed up between two paintings."""


async def read_glance(store: Store, where: dict[str, str], now: datetime) -> Glance:
    """What the newest runs say that match `where`."""
    mine = {**where, "parent_run_id": ""}
    recent = await store.page(PipelineRun, where=mine, limit=RECENT)
    total = await store.count(PipelineRun, where=mine)
    active = await store.count(PipelineRun, where={**mine, "status": sorted(ACTIVE)})
    return glance(recent.records, total, active, now)


class OverviewScreen(Acting, ListScreen, Generic[T]):
    """A list of things with runs. Those in sight are summed up first."""

    KINDS: ClassVar[tuple[type, ...]] = ()
    """Records that the list is made of."""
    FIELD: ClassVar[str] = ""
    """Field of a run that names what it belongs to."""

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self.items: dict[str, T] = {}
        self.glances: dict[str, Glance] = {}
        self.stale: set[str] = set()
        """Ids of those whose sum is out of date."""
        self._minute = -1

    # What subclasses say

    async def read(self, store: Store) -> Sequence[T]:
        """What is listed, in its order."""
        raise NotImplementedError

    def cells(self, item: T, seen: Glance | None) -> tuple[Cell, ...]:
        """A row; `seen` is None while it was not summed up."""
        raise NotImplementedError

    # Data

    async def reload(self) -> None:
        """List anew; sums that are known stay."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        found = await self.read(store)
        self.items = {item.id: item for item in found}
        for gone in self.glances.keys() - self.items.keys():
            del self.glances[gone]
        await self._sum_up(store, self._wanted()[: max(BATCH, self.grid.page)])
        self.grid.set_source(LazyRows(found, _id, self._row))
        self.refresh_frame()
        if not found:
            self.nothing()
        self.listed()
        self.filled()
        await self._sum_up_all()

    def listed(self) -> None:
        """The list stands."""

    async def _sum_up_all(self) -> None:
        """Sum up what is out of date, some at a time."""
        while self.feed is not None and (wanted := self._wanted()):
            await self._sum_up(self.feed.context.store, wanted[:BATCH])
            if not self.is_attached:
                return
            self.draw_again(wanted[:BATCH])

    async def _sum_up(self, store: Store, ids: Iterable[str]) -> None:
        for id_ in ids:
            self.stale.discard(id_)
            self.glances[id_] = await read_glance(store, {self.FIELD: id_}, self.now())

    def _wanted(self) -> list[str]:
        """Ids of those without an up-to-date sum, those in sight first."""
        order = list(self.items)
        near = order[slice(*self.grid.in_sight)]
        return [id_ for id_ in dict.fromkeys([*near, *order]) if id_ in self.stale or id_ not in self.glances]

    def draw_again(self, ids: Iterable[str]) -> None:
        """Draw the rows of `ids` that are in sight again."""
        rows = self.grid.source
        if isinstance(rows, LazyRows):
            places = [place for id_ in ids if (place := rows.index_of(id_)) is not None]
            rows.forget(places)
            self.grid.repaint_rows()

    def _row(self, item: T) -> Row:
        return Row(item.id, self.cells(item, self.glances.get(item.id)))

    async def data_changed(self, changes: Changes) -> None:
        """List anew, or sum up anew what changed."""
        runs = await self._of_runs(changes)
        self.stale |= runs
        if any(kind in changes.put or kind in changes.deleted for kind in self.KINDS):
            self.load()
        elif runs:
            self.work(self._sum_up_all, group="sum")

    async def _of_runs(self, changes: Changes) -> set[str]:
        """Ids of those whose runs changed."""
        put, deleted = changes.put.get(PipelineRun, frozenset()), changes.deleted.get(PipelineRun, frozenset())
        if self.feed is None or not (put or deleted):
            return set()
        if deleted or len(put) > TOLD:
            return set(self.items)
        runs = await self.feed.context.store.get_many(PipelineRun, sorted(put))
        return {getattr(run, self.FIELD) for run in runs.values()} & self.items.keys()

    def tick(self) -> None:
        """Ages are told in minutes: once in a minute they are drawn again."""
        minute = self.now().minute
        if minute != self._minute:
            self._minute = minute
            self.draw_again(list(self.items))

    @property
    def key(self) -> str:
        """Id under the cursor."""
        return self.grid.cursor_key or ""

    @property
    def item(self) -> T | None:
        """What is under the cursor."""
        return self.items.get(self.key)


def _id(item: Project | Pipeline) -> str:
    return item.id
