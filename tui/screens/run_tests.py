"""The tab Tests: GitLab's test report of a run, suites folded, failed cases first, their text in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult

from data.model.ci import TestReport
from tui.lazyrows import LazyRows
from tui.present.params import wrapped
from tui.present.tests import (
    COLUMNS,
    Line,
    first_unfolded,
    full_text,
    line_row,
    report_lines,
    report_words,
    table_rows,
)
from tui.screens.pane import CHARTS, TabPane
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.frame import EDGE
from widgets.grid import Grid, Row

if TYPE_CHECKING:
    from data.export import Table
    from data.store.port import Changes
    from tui.screens.run import RunScreen

SHARE = 3
"""The text of the case under the cursor takes at most one of so many lines of the tab."""


class ReportPane(TabPane):
    """The test report of one run."""

    TITLE = "Tests"

    def __init__(self) -> None:
        super().__init__()
        self.report: TestReport | None = None
        self.unfolded: set[str] | None = None

    def compose(self) -> ComposeResult:
        """Counts, suites with their cases, the text of the case under the cursor."""
        yield Facts(1, id="report-facts")
        yield Grid(COLUMNS, empty_text=(Cell("reading the test report", "dim"),), id="report", classes="pane-list")
        yield Facts(0, id="case-text")

    @property
    def report_id(self) -> str:
        """Id of the run whose report it is; empty for none."""
        raise NotImplementedError

    def topics(self) -> Sequence[str]:
        """The report, which is read only while somebody looks at it."""
        return [f"tests:{self.report_id}"] if self.report_id else []

    def count(self) -> int:
        """Cases."""
        return self.report.total if self.report else 0

    async def load(self) -> None:
        """Read the report as far as it is here."""
        if self.store is not None and self.report_id:
            self.report = await self.store.get(TestReport, self.report_id)
        self.show()

    async def data_changed(self, changes: Changes) -> None:
        """Read it again when it changed."""
        if self.report_id in changes.put.get(TestReport, frozenset()):
            await self.load()

    def show(self) -> None:
        """Draw the report."""
        if not self.is_attached:
            return
        report = self.report
        if report is not None and self.unfolded is None and report.suites:
            self.unfolded = first_unfolded(report)
        if report is None:
            self.nothing("No test report here yet", "it is read from GitLab while this tab is shown")
        else:
            self.nothing("No test report", "no job of this run has left a JUnit report (artifacts:reports:junit)")
        lines = report_lines(report, self.unfolded or (), self.filter) if report else []
        self.query_one("#report-facts", Facts).update([report_words(report)])
        self.grid.set_source(LazyRows(lines, _key, self._row))
        self._show_text()

    def _row(self, line: Line) -> Row:
        return line_row(line, unfolded=bool(self.filter) or line.key in (self.unfolded or ()))

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        rows = self.grid.source
        return rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None

    def on_grid_moved(self) -> None:
        """Another case."""
        self._show_text()
        self.home.refresh_frame()

    def on_resize(self) -> None:
        """Break the text anew."""
        self._show_text()

    def _show_text(self) -> None:
        """Why the case under the cursor did not pass, as far as there is room."""
        facts, line = self.query_one("#case-text", Facts), self.line
        text = line.case.output if line is not None and line.case is not None else ""
        room = max(1, self.size.height // SHARE)
        told = wrapped(text.rstrip(), max(2, self.size.width - 2 * EDGE)) if text else []
        if len(told) > room:
            told = [*told[: room - 1], f"{len(told) - room + 1} more lines; enter shows the whole text"]
        if facts.styles.height is None or facts.styles.height.value != len(told):
            facts.styles.height = len(told)
        facts.update([[Cell(one, "failed" if one.startswith("E ") else "dim")] for one in told])

    def on_grid_opened(self) -> None:
        """`enter`: fold or unfold a suite, read all of a case."""
        line = self.line
        if line is None or line.missing:
            return
        if line.case is not None:
            from tui.screens.value import ValueScreen

            self.home.dashboard.push_screen(ValueScreen(line.case.name, full_text(line)))
        elif not self.filter:
            self.unfolded = (self.unfolded or set()) ^ {line.key}
            self.show()

    def why_not(self, id: str) -> str:
        """Why a command cannot be used in this tab now."""
        return "the charts are in the tab Metrics" if id in CHARTS else ""

    def copied(self) -> str:
        """What `y` copies: the case with its text."""
        line = self.line
        return full_text(line) if line is not None and not line.missing else ""

    def tables(self) -> Sequence[Table]:
        """All cases."""
        from data.export import Table

        columns = ("suite", "class", "case", "status", "seconds", "file", "text")
        return [Table.of("tests", columns, table_rows(self.report))] if self.report and self.report.total else []


class TestsPane(ReportPane):
    """The test report of the run that the screen is about."""

    __test__ = False

    @property
    def report_id(self) -> str:
        """The run."""
        run = cast("RunScreen", self.screen).subject.run
        return run.id if run else ""


def _key(line: Line) -> str:
    return line.key
