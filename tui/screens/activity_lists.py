"""Tabs of Activity that are lists of records of the store: any number of them, read by viewport, with a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult

from data.model.base import Record
from data.model.work import Command
from tui.present.activity import COMMAND_COLUMNS, command_cells
from tui.present.params import wrapped
from tui.rows import StoreRows
from tui.screens.pane import TabPane
from widgets.cells import Cell, Column
from widgets.facts import Facts
from widgets.frame import EDGE
from widgets.grid import Grid, ListSource

if TYPE_CHECKING:
    from data.query import Node
    from data.store.port import Changes
    from tui.screens.activity import ActivityScreen
    from widgets.rows import Row

R = TypeVar("R", bound=Record)

DETAIL = 2
"""Lines below a list for what its columns cut."""


class ActivityPane(TabPane):
    """A tab of Activity."""

    @property
    def home(self) -> ActivityScreen:
        """The screen."""
        return cast("ActivityScreen", self.screen)

    @property
    def names(self) -> Mapping[str, str]:
        """Names of the projects, by id."""
        return self.home.feed.overview.names if self.home.feed else {}

    def detail(self) -> str:
        """What there is to say of the row under the cursor that its columns cut; empty for nothing."""
        return ""

    def show_detail(self) -> None:
        """Draw it below the list."""
        facts = next(iter(self.query("#detail").results(Facts)), None)
        if facts is not None and self.is_attached:
            lines = wrapped(self.detail(), max(1, self.size.width - 2 * EDGE))[:DETAIL]
            facts.update([[Cell(line, "dim")] for line in lines])

    def on_grid_moved(self) -> None:
        """Another row."""
        self.show_detail()

    def on_resize(self) -> None:
        """Break the text anew."""
        self.show_detail()

    def parsed(self) -> Node | None:
        """The filter as a tree; None for no filter.

        Raises:
            QueryError: it cannot be read.
        """
        if not self.filter.strip():
            return None
        from data.query import for_viewer, parse
        from tui.context import names_of

        connections = self.home.feed.overview.connections if self.home.feed else ()
        return for_viewer(parse(self.filter), names_of(connections, self.home.dashboard.user))

    def set_filter(self, text: str) -> str:
        """Show only what matches; returns what is wrong with the text, or nothing."""
        from data.errors import QueryError
        from data.query import parse

        try:
            parse(text)
        except QueryError as error:
            return error.message
        if text != self.filter:
            self.filter = text
            self.home.work(self.load, group=f"load-{self.id}")
        return ""


class StorePane(ActivityPane, Generic[R]):
    """Records of one kind, the store's own order."""

    KIND: type[R]
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[tuple[str, ...]] = ()
    """Sentences for an empty list: what would be here, and how to get it."""
    ALSO: ClassVar[frozenset[type[Record]]] = frozenset()
    """Further kinds of records that rows show."""

    def compose(self) -> ComposeResult:
        """The list, with the rows of the last look until the store's own are there."""
        rows: Sequence[Row] = self.first_rows()
        grid = Grid(
            self.COLUMNS, ListSource(rows), empty_text=(Cell("opening the store", "dim"),), id=self.TITLE.lower(),
            classes="pane-list",
        )  # fmt: skip
        if cursor := self.first_cursor():
            grid.expect(cursor)
        yield grid
        yield Facts(DETAIL, id="detail")

    def first_cursor(self) -> str:
        """Key of the row that the cursor is to stand on as soon as it is there."""
        return ""

    def first_rows(self) -> Sequence[Row]:
        """Rows to begin with."""
        return ()

    def cells(self, record: R) -> tuple[Cell, ...]:
        """A row."""
        raise NotImplementedError

    async def learn(self, records: Sequence[R]) -> None:
        """Read what the rows of these records show beside them."""

    async def load(self) -> None:
        """List anew; what is in sight is read first."""
        if self.store is None:
            return
        listing = await self.store.listing(self.KIND, query=self.parsed())
        rows = StoreRows(listing, self.cells)
        start, stop = self.grid.in_sight
        await rows.load(0, max(stop, self.grid.page) + 1)
        await rows.load(start, stop + 1)
        await self.learn(self.loaded(rows))
        if not self.is_attached:
            return
        self.nothing(*self.EMPTY)
        self.grid.set_source(rows)
        self.show_detail()
        self.home.refresh_frame()

    async def want(self, start: int, stop: int) -> None:
        """Bring rows into memory that came into sight."""
        rows = self.grid.source
        if isinstance(rows, StoreRows):
            await rows.load(start, stop)
            await self.learn(self.loaded(rows))
            if rows is self.grid.source:
                self.grid.refresh_rows(start, stop)

    def loaded(self, rows: StoreRows[R]) -> list[R]:
        """The records in and around the sight."""
        start, stop = self.grid.in_sight
        reach = range(max(0, start - self.grid.page), stop + self.grid.page + 1)
        return [record for index in reach if (record := rows.record(index)) is not None]

    async def data_changed(self, changes: Changes) -> None:
        """Read again when such records changed."""
        touched = {*changes.put, *changes.deleted}
        if self.KIND in touched or touched & self.ALSO:
            await self.load()

    def tick(self) -> None:
        """Ages."""
        self.grid.repaint_rows()

    @property
    def current(self) -> R | None:
        """The record under the cursor."""
        rows = self.grid.source if self.is_attached else None
        return rows.record(self.grid.cursor) if isinstance(rows, StoreRows) else None

    async def chosen(self) -> list[R]:
        """The marked records in the order of the list, else the one under the cursor."""
        rows, marks = self.grid.source, self.grid.marks
        if marks and self.store is not None:
            found = list((await self.store.get_many(self.KIND, sorted(marks))).values())
            return sorted(found, key=lambda one: rows.index_of(one.id) or 0)
        return [self.current] if self.current is not None else []

    def copied(self) -> str:
        """The id under the cursor."""
        return self.current.id if self.current is not None else ""


class CommandsPane(StorePane[Command]):
    """What was asked for, and what became of it."""

    TITLE = "Commands"
    KIND = Command
    COLUMNS = COMMAND_COLUMNS
    EMPTY: ClassVar[tuple[str, ...]] = (
        "Nothing was asked for yet",
        "Launches, cancels, retries and plays appear here with the server's answer",
    )

    def first_rows(self) -> Sequence[Row]:
        """The rows as they stood when one left."""
        return self.home.seen_rows()

    def first_cursor(self) -> str:
        """The row that one left."""
        return self.home.seen_cursor()

    def cells(self, record: Command) -> tuple[Cell, ...]:
        """A row."""
        return command_cells(record, self.now())

    def detail(self) -> str:
        """The whole answer, and why it was asked for."""
        command = self.current
        if command is None:
            return ""
        why = f"why: {command.why}" if command.why else ""
        return "  ".join(filter(None, [command.answer.replace("\n", " "), why]))

    async def on_grid_opened(self) -> None:
        """`enter`: the run that came of a command, or what it acted on."""
        command = self.current
        if command is not None:
            self.home.open_target(command.result_id or command.target_id)

    def why_not(self, id: str) -> str:
        """Only what waits can be taken back; only launches can be made again."""
        command = self.current
        if id == "withdraw" and not self.grid.marks and (command is None or command.state != "queued"):
            return "only a queued command can be taken back"
        if id == "launch.like" and (command is None or command.kind != "launch"):
            return "only a launch can be made again"
        return ""
