"""What a comparison reads and shows: the runs, the table, the run and the cell under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from textual.widget import Widget

from data.compare import Comparison
from data.compare.reading import read_facts
from data.model.run import PipelineRun
from data.model.tracking import TrackedRun
from styles import sheet
from tui.comparing import SECTION, ComparisonRows, row_filter
from tui.present.compare import MAX_RUNS, WAYS, head_line, run_label, short_label, value_text
from tui.present.runs import metric_rank
from tui.present.text import plural
from tui.present.values import tracked_status
from tui.screens.base import LinesideScreen
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.glyphs import glyphs, status_glyph, status_tone
from widgets.series import letter, series_tone
from widgets.sidetable import LEAST, Heading, SideTable

if TYPE_CHECKING:
    from data.compare import Line
    from data.store.port import Changes

Run: TypeAlias = PipelineRun | TrackedRun

WITH_DIFFERENCE = 16
"""Cells of a column, at least, where values have the difference to a baseline behind them."""
DETAIL_LINES = 2
"""Lines below the table: the cell under the cursor."""
MOST_LETTERS = 3
"""Letters of lines in a heading, for runs that have several."""
MOST_DETAIL = 6
"""Lines that a long value may take there."""


class ComparedRuns(LinesideScreen):
    """Some runs of one kind, side by side."""

    NAME = "compare"
    TAB = "runs"
    AUTO_FOCUS = "#compare-table"
    CSS_PATH: ClassVar = [sheet("chart"), sheet("compare")]

    def __init__(self, kind: type[PipelineRun] | type[TrackedRun], ids: Sequence[str]) -> None:
        super().__init__()
        self.kind: type[Any] = kind
        self.comparison = Comparison(list(dict.fromkeys(ids))[:MAX_RUNS], rank=metric_rank)
        self.left_out = max(0, len(dict.fromkeys(ids)) - MAX_RUNS)
        self.runs: dict[str, Run] = {}
        self.differing = True
        self.filter = ""
        self.baseline = ""
        """Id of the run that the others are compared with; "" for none."""
        self._rows: ComparisonRows | None = None
        self._stale: set[str] = set()
        self._renewing = False

    def body(self) -> Iterable[Widget]:
        """The run under the cursor, the table, the cell under the cursor."""
        yield Facts(2, id="compare-head")
        yield SideTable(empty_text=(Cell("reading the runs", "dim"),), id="compare-table")
        yield Facts(DETAIL_LINES, id="compare-detail")

    @property
    def table(self) -> SideTable:
        """The table."""
        return self.query_one("#compare-table", SideTable)

    @property
    def names(self) -> dict[str, str]:
        """Names of projects by id."""
        return self.feed.overview.names if self.feed else {}

    @property
    def directions(self) -> dict[str, Any]:
        """What is best for metrics: as configured, and as chosen since."""
        return self.feed.context.settings.directions if self.feed else {}

    @property
    def run_id(self) -> str:
        """Id of the run under the cursor; "" where there is none."""
        ids = self.comparison.ids
        return ids[self.table.column] if self.table.column < len(ids) else ""

    @property
    def current(self) -> Line | None:
        """The line under the cursor; None on one that begins a section."""
        return self._rows.line(self.table.cursor_key) if self._rows else None

    def crumbs(self) -> tuple[str, ...]:
        """How many runs."""
        return ("lineside", "compare", plural(len(self.comparison.ids), "run"))

    def filter_text(self) -> str:
        """What restricts the lines."""
        return self.filter

    def topics(self) -> Sequence[str]:
        """The pipeline runs, so that their metrics stay up to date."""
        active = [id_ for id_, run in self.runs.items() if isinstance(run, PipelineRun) and run.status == "running"]
        return ["projects", *(f"run:{id_}" for id_ in active)]

    def owner_of(self, id: str) -> Widget | None:  # noqa: ARG002 - all of them
        """The table moves by the commands of lists."""
        return self.table

    # Reading

    async def reload(self) -> None:
        """Read all runs, some at a time."""
        await self._read(list(self.comparison.ids))
        if self.feed is not None:
            await self.feed.look_at(self.topics())

    async def _read(self, ids: Sequence[str]) -> None:
        feed = self.feed
        if feed is None:
            return
        done = 0
        found: set[str] = set()
        async for part in read_facts(feed.context.store, self.kind, ids, self.names):
            for run, facts in part:
                found.add(run.id)
                if self.comparison.place(run.id) is not None:
                    self.comparison.put(run.id, facts)
                    self.runs[run.id] = _lean(run)
            done += len(part)
            if len(ids) == len(self.comparison.ids) and done < len(ids):
                self.table.set_empty((Cell(f"reading the runs: {done} of {len(ids)}", "dim"),))
        for id_ in set(ids) - found - self.runs.keys():
            self._forget(id_)
        self.comparison.refresh()
        self.runs_changed()
        self._show()

    def runs_changed(self) -> None:
        """Other runs, or newer records of them, are there; they are shown next."""

    def _forget(self, id_: str) -> None:
        """Take out a run that the store does not have."""
        if self.comparison.place(id_) is not None:
            self.comparison.drop(id_)
        self.runs.pop(id_, None)

    async def data_changed(self, changes: Changes) -> None:
        """Read again the runs that changed; what changes meanwhile is read after them."""
        self._stale |= changes.put.get(self.kind, frozenset()) & set(self.comparison.ids)
        if self.kind is PipelineRun and (tracked := changes.put.get(TrackedRun)):
            self._stale |= {id_ for id_, run in self.runs.items() if tracked & set(tracked_of(run))}
        if self._stale and not self._renewing:
            self.work(self._renew, group="renew")

    async def _renew(self) -> None:
        self._renewing = True
        try:
            while self._stale:
                ids, self._stale = [id_ for id_ in self.comparison.ids if id_ in self._stale], set()
                await self._read(ids)
        finally:
            self._renewing = False

    # Showing

    def _show(self) -> None:
        """Show the lines that are wanted now."""
        if not self.is_attached:
            return
        fits, _ = row_filter(self.filter)
        reference = self.comparison.place(self.baseline)
        self._rows = ComparisonRows(
            self.comparison, directions=self.directions, differing=self.differing, fits=fits, reference=reference
        )
        table = self.table
        table.set_empty(self._nothing())
        table.show(self._rows, self._headings(), least=LEAST if reference is None else WITH_DIFFERENCE)
        if table.cursor_key is not None and table.cursor_key.startswith(SECTION) and table.cursor == 0:
            table.move_to(1)
        self._show_place()
        self.refresh_frame()

    def _nothing(self) -> Sequence[Cell]:
        if not self.comparison.ids:
            return (Cell("None of these runs is in the store", "bold"),)
        if self.filter:
            return (Cell(f"No line matches {self.filter}", "bold"), Cell("backspace shows all lines again", "dim"))
        if self.differing and self.comparison.lines:
            return (Cell("Nothing differs", "bold"), Cell("d shows what is the same", "dim"))
        return (Cell("These runs have nothing to compare", "bold"),)

    def _headings(self) -> list[Heading]:
        runs = [self.runs.get(id_) for id_ in self.comparison.ids]
        one_project = len({run.project_id for run in runs if run is not None}) == 1
        return [Heading() if run is None else self._heading(run, one_project=one_project) for run in runs]

    def _heading(self, run: Run, *, one_project: bool) -> Heading:
        status = tracked_status(run.status)
        numbers = self.numbers_of(run)
        letters = [(letter(number), series_tone(number)) for number in numbers[:MOST_LETTERS]]
        gap = [(f"{glyphs().ellipsis if len(numbers) > MOST_LETTERS else ''} ", "dim")] if letters else []
        signs = (*letters, *gap, (f"{status_glyph(status)} ", status_tone(status)))
        label = short_label(run, self.names, one_project=one_project)
        return Heading(signs, label, ((" =", "accent"),) if run.id == self.baseline else ())

    def numbers_of(self, run: Run) -> Sequence[int]:  # noqa: ARG002 - whoever draws lines knows them
        """The numbers of the lines that a run has in charts: what their colours and letters are made of."""
        return ()

    def _show_place(self) -> None:
        """Say which cell the cursor is on."""
        run = self.runs.get(self.run_id)
        if not self.is_attached or self._rows is None:
            return
        place = f"{self.table.column + 1}/{len(self.comparison.ids)}"
        head = [Cell(place, "dim"), *head_line(run, self.names, self.now())] if run is not None else []
        self.query_one("#compare-head", Facts).update([head, self._summary()])
        self._show_detail()

    def _summary(self) -> list[Cell]:
        differing = sum(line.differs for line in self.comparison.lines)
        cells = [Cell(f"{differing} of {plural(len(self.comparison.lines), 'line')} differ", "dim")]
        cells.append(Cell("showing what differs" if self.differing else "showing everything", "dim"))
        if (base := self.runs.get(self.baseline)) is not None:
            cells.append(Cell.of(("baseline ", "dim"), (run_label(base, self.names), "accent")))
        if self.left_out:
            cells.append(Cell(f"{plural(self.left_out, 'more run')} left out", "warning"))
        return cells

    def _show_detail(self) -> None:
        """The cell under the cursor with all digits and letters, over as many lines as that takes."""
        line, detail = self.current, self.query_one("#compare-detail", Facts)
        if line is None or self._rows is None or not self.comparison.ids:
            detail.styles.height = DETAIL_LINES
            detail.update([])
            return
        value = line.values[self.table.column]
        words: list[Cell] = [Cell(line.name, "bold")]
        way = line.direction(self.directions)
        if line.measured:
            words.append(Cell(f"{WAYS[way]} is best" if way else "neither greatest nor least is best", "dim"))
            words += self.summary_cells(line)
        text = value_text(line, value, whole=True)
        rows = _wrapped(text, max(20, self.size.width - 2), MOST_DETAIL - 1)
        detail.styles.height = max(DETAIL_LINES, 1 + len(rows))
        detail.update([words, *([Cell(row, "dim" if value is None else "")] for row in rows)])

    def on_side_table_column_moved(self) -> None:
        """The cursor stands on another run."""
        self._moved()

    def on_grid_moved(self) -> None:
        """The cursor stands on another line."""
        self._moved()

    def summary_cells(self, line: Line) -> Sequence[Cell]:  # noqa: ARG002 - whoever reads MLflow runs knows more
        """What else is known of a metric of the run under the cursor."""
        return ()

    def _moved(self) -> None:
        self._show_place()
        self.refresh_frame()


def _lean(run: Run) -> Run:
    """A run without what the comparison holds already: thousands of metrics take megabytes."""
    from msgspec.structs import replace

    if isinstance(run, PipelineRun):
        return replace(run, metrics={}, params={}, variables={}, pipeline_config_used="")
    kept = {key: value for key, value in run.tags.items() if key.startswith("mlflow.source.")}
    return replace(run, metrics={}, params={}, tags=kept)


def tracked_of(run: Run) -> Sequence[str]:
    """The MLflow runs behind a run."""
    return run.mlflow_run_ids if isinstance(run, PipelineRun) else (run.id,)


def _wrapped(text: str, width: int, most: int) -> list[str]:
    """A text over at most `most` lines; an ellipsis tells that it goes on."""
    from textwrap import wrap

    rows = wrap(text, width, break_long_words=True, break_on_hyphens=False) or [""]
    if len(rows) > most:
        rows = [*rows[: most - 1], rows[most - 1][: width - 1] + glyphs().ellipsis]
    return rows
