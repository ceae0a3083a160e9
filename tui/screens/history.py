"""Reads lists of runs, and keeps them right while the store changes: rows come in without moving what one looks at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.timer import Timer

from tui.look import Look
from tui.regrouping import Regrouping
from tui.rows import RecordRows, StoreRows
from tui.screens.drawing import TableScreen
from widgets.grid import Grid, RowSource

if TYPE_CHECKING:
    from data.model.base import Record
    from data.store.port import Changes, Sort, Store
    from tui.completing import Completer
    from tui.feed import Feed
    from tui.snapshot import Snapshot
    from widgets.prompt import Prompt

R = TypeVar("R", bound="Record")

PACE = 0.5
"""Least seconds between two listings that changes in the store ask for."""
SHARE = 4.0
"""A listing that changes ask for waits as many times as long as the last one took."""
REST = 5.0
"""It waits no longer than so many seconds."""
AT_ONCE = 0.01
"""Seconds after which a listing that needs no rest begins."""


class HistoryScreen(TableScreen[R], Generic[R]):
    """A list of runs, live."""

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self._started_with = filter
        self._to_top = self._quiet = self._must = self._counted = False
        self._again: Timer | None = None
        self._regrouping = Regrouping()
        self._rested, self._cost = -math.inf, 0.0
        self._cursor_key: str | None = None
        self._shown_keys: frozenset[str] = frozenset()
        self._completer: Completer | None = None
        self._metrics: list[str] = []

    # Reading

    async def reload(self) -> None:
        """List the runs anew; cursor and view stay on their rows."""
        feed = self.feed
        if feed is None:
            return
        await self._arrive(feed)
        began = monotonic()
        # What a change in the store asked for is shown when it is whole, what the user asked for at once.
        quiet, self._quiet, self._must = self._quiet, False, False
        self._regrouping.begin()
        store = feed.context.store
        rows = await self._open_rows(store, quiet=quiet)
        if isinstance(rows, StoreRows) and not rows.listing.complete and (quiet or self._lost(rows)):
            await rows.finish()
        await self._load_first(store, rows)
        self._show(rows)
        if isinstance(rows, StoreRows):
            if not rows.listing.complete:
                await rows.finish()
                self.grid.size_changed()
        elif await rows.complete():  # type: ignore[attr-defined]
            self.grid.size_changed()
        self._rested, self._cost = monotonic(), monotonic() - began
        await self._after(store)

    async def _arrive(self, feed: Feed) -> None:
        """The first time: look at the list as it was left last, and see what is new since."""
        if self._visit is not None:
            return
        from tui.views import Views
        from tui.visit import Visit

        last = await Views(feed.context.store, self.NAME, self.dashboard.user).last()
        here = self._seen.taken if self._seen is not None else None
        if last is not None and (here is None or (last.updated is not None and last.updated > here)):
            kept = Look.of(last)
            if self.whole and self.filter == self._started_with:
                self.take_look(kept)
            else:
                own = kept._replace(filter="", window="", group="") if not self.whole else kept
                self.take_look(own._replace(filter=self.filter))
        times = [time for time in (self.dashboard.left, last.updated if last else None) if time is not None]
        self._visit = Visit(max(times, default=None), self.now(), self.TIMES)
        self.grid.fresh = self._visit.fresh

    async def _open_rows(self, store: Store, *, quiet: bool) -> RecordRows[R]:
        query, by = self.parsed(), self.grouped_by
        shown = self.grid.source
        if isinstance(shown, StoreRows) and not quiet:
            shown.let_go()
        if not by:
            listing = await store.listing(self.kind, where=self.where(), query=query, sort=self.order())
            return StoreRows(listing, self.cells, self.above())
        from tui.groups import GroupRows
        from tui.headers import Headers

        best = await self._best_metric(store)
        if self._headers is None or (self._headers.field, self._headers.metric) != (by, best[0]):
            given = self.feed.context.settings.directions if self.feed else {}
            self._headers = Headers(by, self.TABLE.groups[by], best[0], lambda: self.scene, self.glyph_of, given)
        return await GroupRows.open(
            store,
            self.kind,
            by,
            where=self.where(),
            query=query,
            sort=self.order(),
            best=best[1],
            header=self.header,
            cells=self.cells,
            unfolded=self._unfolded,
            quick=not quiet,
        )

    async def _best_metric(self, store: Store) -> tuple[str, Sort | None]:
        """The metric whose best value the headers show: the one sorted by, else one shown, else what tells most."""
        from data.direction import direction
        from data.store.port import Sort
        from tui.present.runs import metric_rank

        wanted = [self.sorted_by.key, *(spec.key for spec in self.specs)]
        names = [key.partition(".")[2] for key in wanted if key.startswith("metrics.")]
        if not names:
            self._metrics = self._metrics or sorted(await store.names(self.kind, "metrics"), key=metric_rank)
            names = self._metrics
        given = self.feed.context.settings.directions if self.feed else {}
        for name in names:
            if way := direction(name, given):
                return name, Sort(f"metrics.{name}", descending=way == "max")
        return "", None

    def _lost(self, rows: StoreRows[R]) -> bool:
        """Whether the row that one looks at is not among those that are known so far."""
        anchor = self.grid.place
        if self._to_top or anchor.home or not isinstance(self.grid.source, RecordRows):
            return False
        return anchor.cursor_key is not None and rows.index_of(anchor.cursor_key) is None

    async def _load_first(self, store: Store, rows: RecordRows[R]) -> None:
        """Bring the rows into memory that will be in sight, and what their cells need."""
        page = self.grid.page
        top = 0 if self._to_top else self.grid.place.move(rows, page)[1]
        await rows.load(top, top + page + 1)
        records = (rows.record(index) for index in range(top, min(rows.size, top + page)))
        if await self.prepare(store, [record for record in records if record is not None]):
            self._scene = None

    def _show(self, rows: RecordRows[R]) -> None:
        """Put rows, columns and order into the grid, in one step."""
        grid = self.grid
        if self._to_top:
            self._to_top = False
            grid.show_top()
        self._specs = None
        self.forget_cells()
        grid.set_columns(self.columns())
        grid.set_sort(self.sorted_by.key, descending=self._look.descending)
        grid.set_source(rows)
        if self._find_best():
            self.look_anew()
        self._shown_keys = self._keys_in_sight()
        if not rows.size:
            self.nothing()
        self.refresh_frame()
        self.filled()

    async def _after(self, store: Store) -> None:
        """What may come later than the rows: what the headers say, and how many are new."""
        await self._peek()
        if self._visit is not None and not self._counted:
            self._counted = True
            await self._visit.count(store, self.kind, self.where())
            self.refresh_frame()

    async def _peek(self) -> None:
        """Look into the groups in sight."""
        rows, feed = self.grid.source, self.feed
        if feed is None or self._headers is None or not self.grouped_by or not hasattr(rows, "is_group"):
            return
        sight = range(*self.grid.in_sight)
        groups = [rows.group(index) for index in sight if rows.is_group(index)]  # type: ignore[attr-defined]
        if await self._headers.peek(feed.context.store, self.kind, self.where(), self.parsed(), groups):
            self.look_anew()

    # Change

    async def data_changed(self, changes: Changes) -> None:
        """Put newer versions of rows in memory in place; what may change order or number lists anew, soon."""
        from data.model.work import Command

        put = changes.put.get(self.kind, frozenset())
        rows, feed = self.grid.source, self.feed
        if feed is None or not isinstance(rows, RecordRows):
            self.load()
            return
        if Command in changes.put:
            self.look_anew()
        if put and self.grouped_by:
            await self._note_groups(feed.context.store, put)
        records = await feed.context.store.get_many(self.kind, rows.known(put))
        changed = rows.replace(records)
        if changed:
            await self.changed(feed.context.store, list(records.values()))
            if self._find_best():
                self.look_anew()
            for index in changed:
                self.grid.refresh_rows(index, index + 1)
        if changes.deleted.get(self.kind) or self._above_changed(rows):
            self._must = True
        if self._must or (put and self._moves(put, rows)):
            self.list_soon()

    async def changed(self, store: Store, records: Sequence[R]) -> None:
        """Runs in memory have newer versions."""

    async def _note_groups(self, store: Store, put: frozenset[str]) -> None:
        from data.store.kinds import KINDS

        value = KINDS[self.kind].fields[self.grouped_by].get
        before = [value(self._drawn[id_][0]) for id_ in put & self._drawn.keys()]
        await self._regrouping.note(store, self.kind, self.grouped_by, put, before)

    @property
    def _steady(self) -> bool:
        """Whether a changed run stays where it is: only new ones change what is listed."""
        return self.sorted_by.key == self.TABLE.sort and not self.filter and not self.grouped_by

    def _moves(self, put: frozenset[str], rows: RecordRows[R]) -> bool:
        """Whether changed runs may change which rows there are, or their order."""
        return not self._steady or len(rows.known(put)) < len(put)

    def _above_changed(self, rows: RecordRows[R]) -> bool:
        return isinstance(rows, StoreRows) and list(rows.above) != self.above()

    def list_soon(self) -> None:
        """List anew, after a rest that grows with what listing costs."""
        if self._again is None:
            cost = self._regrouping.cost if self._regrouping.suffices and not self._must else self._cost
            rest = self._rested + min(REST, max(PACE, SHARE * cost)) - monotonic()
            self._again = self.set_timer(max(AT_ONCE, rest), self._list_again)

    def _list_again(self) -> None:
        self._again = None
        if self.dashboard.top_screen() is not self:  # it is listed anew when one comes back to it
            return
        if any(worker.group == "load" and worker.node is self and not worker.is_finished for worker in self.workers):
            self._again = self.set_timer(PACE, self._list_again)  # a newer one would make that one void
            return
        self.work(self._list_if_due, group="due")

    async def _list_if_due(self) -> None:
        """List anew, unless all that has changed are runs that stay where they are, out of sight."""
        rows, feed = self.grid.source, self.feed
        if feed is not None and self._steady and not self._must and isinstance(rows, StoreRows):
            self._rested = monotonic()
            count = await feed.context.store.count(self.kind, where=self.where(), query=self.parsed())
            if count == rows.listing.size:
                return
        if feed is not None and self._regrouping.suffices and not self._must and await self._regrouped(feed, rows):
            return
        self._quiet = True
        self.load()

    async def _regrouped(self, feed: Feed, rows: RowSource) -> bool:
        """Read only those groups anew that have changed; whether that could be done."""
        from tui.groups import GroupRows

        if not isinstance(rows, GroupRows) or not rows.exact:
            return False
        renewed = await self._regrouping.renewed(rows)
        await self._load_first(feed.context.store, renewed)
        if self.grid.source is not rows or rows.unfolded != renewed.unfolded:
            return False
        self._show(renewed)
        self._rested = monotonic()
        await self._peek()
        return True

    def tick(self) -> None:
        """Ages and durations of the rows in sight."""
        self.look_anew()
        if self.grouped_by and self._regrouping.is_due:
            self.list_soon()

    # Looking

    def _keys_in_sight(self) -> frozenset[str]:
        return frozenset(record.id for record in self.in_sight())

    def on_grid_scrolled(self, message: Grid.Scrolled) -> None:
        """What left the sight was looked at; other values may be best now, other groups are to be looked into."""
        if message.grid is not self.grid or not isinstance(self.grid.source, RecordRows):
            return
        now = self._keys_in_sight()
        self._see(self._shown_keys - now)
        self._shown_keys = now
        if self._find_best():
            self.look_anew()
        if self.grouped_by:
            self.work(self._peek, group="peek")

    async def _want(self, start: int, stop: int) -> None:
        await super()._want(start, stop)
        if self.feed is not None and await self.prepare(self.feed.context.store, self.in_sight()):
            self.look_anew()
        if self._find_best():
            self.look_anew()
        self._shown_keys = self._keys_in_sight()

    def on_grid_moved(self, message: Grid.Moved) -> None:
        """What the cursor has left was looked at; other keys may do something on another run."""
        if self._cursor_key is not None and self._cursor_key != message.key:
            self._see({self._cursor_key})
        self._cursor_key = message.key
        self.refresh_frame()

    def _see(self, keys: Iterable[str]) -> None:
        if self._visit is not None and self._visit.see(keys):
            self.grid.repaint_rows()
            self.refresh_frame()

    def do_clear(self) -> None:
        """`backspace`: no filter; without one, nothing is new any more."""
        if not self.filter and self._visit is not None:
            self._visit.see_all()
            self.grid.repaint_rows()
            self.refresh_frame()
        super().do_clear()

    # What is kept

    async def keep(self) -> None:
        """Keep how the list is looked at for the next time."""
        feed = self.feed
        if feed is None or self._visit is None:
            return
        from tui.views import Views

        views = Views(feed.context.store, self.NAME, self.dashboard.user)
        look = self.look()
        if not self.whole:
            last = await views.last()
            kept = Look.of(last) if last is not None else Look()
            look = kept._replace(columns=look.columns, sort=look.sort, descending=look.descending)
        await views.save("", look, self.now())

    # The filter

    def complete_filter(self, text: str) -> Sequence[str]:
        """Completions of a filter: whole texts, of what was read of the store so far."""
        known = self._completer.known(text) if self._completer else ()
        return list(dict.fromkeys([*known, *super().complete_filter(text)]))

    def prompt_changed(self, prompt: Prompt, text: str) -> None:
        """Follow what is typed, and read what could complete it."""
        super().prompt_changed(prompt, text)
        self.work(partial(self._learn, prompt, text), group="complete")

    async def _learn(self, prompt: Prompt, text: str) -> None:
        if self.feed is None:
            return
        if self._completer is None:
            from tui.completing import Completer

            self._completer = Completer(self.feed.context.store, self.kind)
        if await self._completer.learn(text) and prompt.is_attached:
            prompt.refresh()

    def prompt_submitted(self, text: str) -> None:
        """`enter` in the prompt."""
        super().prompt_submitted(text)
        if self.whole:
            self.work(self.keep, group="keep")
