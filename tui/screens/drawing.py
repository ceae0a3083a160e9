"""How lists of runs are drawn: the columns that one chose, filled with what the runs and the store tell.

`tui.screens.history` reads the runs, `tui.screens.arranging` has the keys that change how the list looks, and
`tui.screens.selecting` those that use its rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from tui.look import Chosen, Look, window_words
from tui.rows import RecordRows
from tui.screens.acting import Acting
from tui.screens.listing import ListScreen
from tui.table import Scene, Spec, Table
from widgets.cells import Cell, Column
from widgets.glyphs import glyphs
from widgets.grid import GUTTER, Row

if TYPE_CHECKING:
    from data.model.base import Record
    from data.query import Node
    from data.store.port import Group, Sort, Store
    from tui.headers import Headers
    from tui.snapshot import Snapshot
    from tui.visit import Visit

R = TypeVar("R", bound="Record")

FEW_VALUES = 2
"""Fewer values in sight than these have no best one."""


class TableScreen(Acting, ListScreen, Generic[R]):
    """A list of runs. Subclasses say of which, and what columns there are."""

    TABLE: ClassVar[Table[Any]]
    TIMES: ClassVar[tuple[str, str]]
    """Fields that say when a run began and ended."""

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self._look = seen.look if seen is not None else Look()
        self._specs: tuple[Spec[R], ...] | None = None
        self._scene: Scene | None = None
        self._drawn: dict[str, tuple[R, tuple[Cell, ...]]] = {}
        self._drawn_headers: dict[str, tuple[Group, int, bool, bool, tuple[Cell, ...]]] = {}
        self._visit: Visit | None = None
        self._headers: Headers[R] | None = None
        self._unfolded: frozenset[str] = frozenset()
        self._experiments: dict[str, str] = {}
        self._best: dict[str, float] = {}
        self._like: Mapping[tuple[str, str], Sequence[float]] = {}

    # What is listed

    @property
    def kind(self) -> type[R]:
        """What the rows are."""
        raise NotImplementedError

    @property
    def whole(self) -> bool:
        """Whether this is the list itself, whose look is kept, and not a part of it that something else opened."""
        return False

    def where(self) -> dict[str, Any]:
        """What the list is restricted to, beside what the user restricts it to."""
        return {}

    def above(self) -> list[Row]:
        """Rows before those of the store."""
        return []

    def glyph_of(self, record: R) -> tuple[str, str]:
        """(glyph, tone) of a run."""
        raise NotImplementedError

    async def prepare(self, store: Store, records: Sequence[R]) -> bool:  # noqa: ARG002 - some need nothing more
        """Read what cells of `records` need beside them; whether cells look different now."""
        return False

    # How it is looked at

    def look(self) -> Look:
        """How the list is looked at."""
        return self._look._replace(filter=self.filter)

    def take_look(self, look: Look) -> None:
        """Look at the list in another way, as soon as it is listed anew."""
        self.filter, self._look = look.filter, look

    def columns_of(self, chosen: Sequence[Chosen]) -> Sequence[Chosen]:
        """The columns for those that the user chose, who may have chosen none."""
        return chosen

    @property
    def specs(self) -> tuple[Spec[R], ...]:
        """The columns that are shown."""
        if self._specs is None:
            self._specs = self.TABLE.chosen(self.columns_of(self._look.chosen))
        return self._specs

    def columns(self) -> Sequence[Column]:
        """How the columns that are shown are laid out."""
        return tuple(spec.column for spec in self.specs)

    @property
    def sorted_by(self) -> Spec[R]:
        """The column by which the list is ordered."""
        spec = self.TABLE.spec(self._look.sort) if self._look.sort else None
        if spec is None or not spec.sort:
            spec = self.TABLE.spec(self.TABLE.sort)
            assert spec is not None
        return spec

    def order(self) -> Sort:
        """The order for the store."""
        from data.store.port import Sort

        return Sort(self.sorted_by.sort, self._look.descending)

    @property
    def grouped_by(self) -> str:
        """The field that the list is grouped by; "" for none."""
        return self._look.group if self._look.group in self.TABLE.groups else ""

    def parsed(self) -> Node | None:
        """The filter and the window as one predicate."""
        query = super().parsed()
        if not self._look.window:
            return query
        from data.query import And, Compare
        from data.query.values import span

        reach = span(self._look.window, self.now().astimezone())
        if reach is None:
            return query
        recent = Compare("created", ">=", reach.start.isoformat(timespec="seconds"))
        return recent if query is None else And((recent, query))

    def notes(self) -> Sequence[Cell]:
        """What is new, and how the list is looked at where that is not its own way."""
        notes = [self._visit.cell(self.now())] if self._visit is not None else []
        if marked := len(self.grid.marks):
            notes.append(Cell(f"{marked:,} marked", "accent"))
        if self.grouped_by:
            notes.append(Cell(f"by {self.TABLE.groups[self.grouped_by]}", "accent"))
        if self._look.sort and self._look.sort != self.TABLE.sort:
            arrow = glyphs().descending if self._look.descending else glyphs().ascending
            notes.append(Cell(f"{arrow} {self.sorted_by.column.title}", "accent"))
        if self._look.window:
            notes.append(Cell(window_words(self._look.window), "accent"))
        return [note for note in notes if note.text]

    def nothing(self) -> None:
        """Say why the list is empty."""
        if self._look.window:
            matching = f" that matches {self.filter}" if self.filter else ""
            lines = (f"No run {window_words(self._look.window)}{matching}", "w reaches further back")
            self.grid.set_empty(tuple(Cell(line, "dim" if index else "bold") for index, line in enumerate(lines)))
        else:
            super().nothing()

    # Cells

    @property
    def scene(self) -> Scene:
        """What cells are made of."""
        if self._scene is None:
            overview = self.feed.overview if self.feed else None
            pending = overview.pending if overview else ()
            self._scene = Scene(
                self.now(),
                names=overview.names if overview else {},
                projects=overview.projects if overview else {},
                experiments=self._experiments,
                like=self._like,
                best=self._best,
                pending={command.target_id: command.kind for command in pending if command.target_id},
            )
        return self._scene

    def forget_cells(self) -> None:
        """What cells are made of has changed."""
        self._scene = None
        self._drawn.clear()
        self._drawn_headers.clear()

    def look_anew(self) -> None:
        """Make the cells in sight again: the time, or what they are made of, has changed."""
        self.forget_cells()
        self.grid.refresh_rows(*self.grid.in_sight)

    def cells(self, record: R) -> tuple[Cell, ...]:
        """A run's cells, kept until something that they are made of changes."""
        drawn = self._drawn.get(record.id)
        if drawn is not None and drawn[0] is record:
            return drawn[1]
        if self._visit is not None:
            self._visit.notice(record)
        scene = self.scene
        cells = tuple(spec.draw(record, scene) for spec in self.specs)
        self._drawn[record.id] = record, cells
        return cells

    def header(self, group: Group) -> tuple[Cell, ...]:
        """The line of a group, kept as long as the cells of runs are."""
        assert self._headers is not None
        width, unfolded = self.grid.line_width - GUTTER, group.value in self._unfolded
        exact: bool = getattr(self.grid.source, "exact", True)
        drawn = self._drawn_headers.get(group.value)
        if drawn is None or drawn[:4] != (group, width, unfolded, exact):
            cells = (self._headers.cell(group, width, unfolded=unfolded, exact=exact),)
            drawn = self._drawn_headers[group.value] = group, width, unfolded, exact, cells
        return drawn[4]

    def in_sight(self) -> list[R]:
        """The runs in sight that are in memory."""
        rows = self.grid.source
        if not isinstance(rows, RecordRows):
            return []
        return [record for index in range(*self.grid.in_sight) if (record := rows.record(index)) is not None]

    def _find_best(self) -> bool:
        """Look which values in sight are best; whether that has changed."""
        from data.direction import direction

        given = self.feed.context.settings.directions if self.feed else {}
        best: dict[str, float] = {}
        for spec in self.specs:
            way = direction(spec.key.partition(".")[2], given) if spec.measure is not None else ""
            if not way or spec.measure is None:
                continue
            found = [value for record in self.in_sight() if (value := spec.measure(record)) is not None]
            values = [value for value in found if math.isfinite(value)]
            if len(values) >= FEW_VALUES and min(values) < max(values):
                best[spec.key] = max(values) if way == "max" else min(values)
        changed, self._best = best != self._best, best
        return changed
