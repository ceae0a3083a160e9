"""Run: its jobs by stage with children, its parameters and last metrics, one chart, the last lines of a failed job."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from data.model.run import JobRun, PipelineRun
from data.model.tracking import MetricSeries, TrackedRun
from data.model.vocabulary import ACTIVE
from styles import sheet
from tui.actions import why_not_play
from tui.family import read_family
from tui.present.jobs import COLUMNS, Node, job_tree, node_cells
from tui.present.run import FACT_COLUMNS, METRIC, fact_rows, head_lines, worst_job
from tui.screens.acting import Acting
from tui.screens.base import bindings
from tui.tail import tail_lines
from widgets.cells import Cell
from widgets.chart import Chart, Series
from widgets.facts import Facts
from widgets.glyphs import status_glyph
from widgets.grid import Grid, ListSource, Row
from widgets.rows import RowSource

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.screens.acting import Target

TRACKED = 1000
"""MLflow runs of a run and its children that are read."""
LOW = 16
"""Lines of a terminal below which the head of the run is one line."""
TAIL_LINES = 5
"""Log lines shown of a failed job."""


class RunScreen(Acting):
    """One run."""

    NAME = "run"
    TAB = "runs"
    BINDINGS = bindings("run")
    AUTO_FOCUS = "#jobs"
    CSS_PATH: ClassVar = [sheet("run"), sheet("chart")]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.run: PipelineRun | None = None
        self.jobs: dict[str, list[JobRun]] = {}
        self.downstream: dict[str, PipelineRun] = {}
        self.tracked: list[TrackedRun] = []
        self.nodes: list[Node] = []
        self._like: Sequence[float] = ()
        self._attempts = False
        self._placed = False

    def body(self) -> Iterable[Widget]:
        """Head, jobs, and beside them (or below) metrics with the chart."""
        yield Facts(3, id="facts")
        with Horizontal(id="run-body"):
            with Vertical(id="run-jobs"):
                yield Grid(COLUMNS, empty_text=(Cell("reading the jobs", "dim"),), id="jobs")
                yield Facts(0, id="tail")
            with Vertical(id="run-side"):
                empty = (Cell("no metrics, params or variables", "dim"),)
                yield Grid(FACT_COLUMNS, empty_text=empty, id="metrics")
                yield Chart(id="chart")

    def crumbs(self) -> tuple[str, ...]:
        """Project and number."""
        if self.run is None:
            return ("lineside", "run")
        names = self.feed.overview.names if self.feed else {}
        return ("lineside", names.get(self.run.project_id, ""), f"#{self.run.git_pipeline_id}")

    def topics(self) -> Sequence[str]:
        """The run, its metrics, and the log of the job under the cursor when that failed."""
        job = self.current_job
        log = [f"log:{job.id}"] if job is not None and job.status == "failed" else []
        return [f"run:{self.run_id}", *(f"metrics:{one.id}" for one in self.tracked), *log]

    def on_resize(self) -> None:
        """A very low terminal keeps its lines for the jobs."""
        self.query_one("#facts", Facts).styles.height = 3 if self.size.height >= LOW else 1

    # Reading

    async def reload(self) -> None:
        """Read run, jobs, children and MLflow runs."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        self.run = await store.get(PipelineRun, self.run_id)
        if self.run is None:
            self.query_one("#jobs", Grid).set_empty((Cell("This run is not in the store", "bold"),))
            return
        self.jobs, self.downstream = await read_family(store, self.run)
        ids = [run.id for run in (self.run, *self.downstream.values())]
        found = await store.page(TrackedRun, where={"pipeline_run_id": ids}, limit=TRACKED)
        self.tracked = sorted(found.records, key=lambda one: (one.start is None, one.start, one.id))
        if not self._like:
            like = await store.page(
                PipelineRun, where={"project_id": self.run.project_id, "status": "success"}, limit=20
            )
            self._like = [float(run.execution_time) for run in like.records if run.execution_time]
        self._show()
        await feed.look_at(self.topics())
        await self._show_chart()
        await self._show_tail()

    async def data_changed(self, changes: Changes) -> None:
        """Read again when something of this run changed."""
        mine = {self.run_id, *self.downstream, *(job.id for jobs in self.jobs.values() for job in jobs)}
        touched = {id_ for ids in changes.put.values() for id_ in ids}
        of_kind = changes.put.get(TrackedRun, frozenset()) | changes.put.get(JobRun, frozenset())
        if changes.put.get(MetricSeries):
            await self._show_chart()
        if touched & mine or of_kind or any(kind.__name__ == "Command" for kind in changes.put):
            self.load()

    # Showing

    def _show(self) -> None:
        if self.run is None or not self.is_attached:
            return
        self.nodes = job_tree(self.run, self.jobs, self.downstream, attempts=self._attempts)
        self.query_one("#facts", Facts).update(head_lines(self.run, self.tracked, self._like, self.now()))
        grid = self.query_one("#jobs", Grid)
        grid.set_empty((Cell("No jobs yet", "bold"), Cell("GitLab has not told any for this run", "dim")))
        grid.set_source(ListSource(self._rows()))
        if not self._placed and self.nodes:
            self._placed = True
            worst = worst_job([job for jobs in self.jobs.values() for job in jobs])
            if worst is not None:
                grid.go_to(worst.id)
        self.query_one("#metrics", Grid).set_source(ListSource(fact_rows(self.run, self.tracked)))
        self.set_class(not self.tracked and not self.run.variables, "-bare")
        self.refresh_frame()

    def _rows(self) -> list[Row]:
        feed = self.feed
        rows = []
        for node in self.nodes:
            cells = node_cells(node, self.now())
            pending = feed.overview.pending_for(node.key) if feed else None
            if pending is not None:
                cells = (cells[0], Cell(f"{status_glyph('pending')} {pending.kind}", "pending"), *cells[2:])
            rows.append(Row(node.key, cells))
        return rows

    async def _show_chart(self) -> None:
        feed = self.feed
        if feed is None or not self.tracked or not self.is_attached:
            return
        key = self._metric_key()
        chart = self.query_one("#chart", Chart)
        if not key:
            chart.show("", ())
            return
        series = []
        for one in self.tracked:
            stored = await feed.context.store.get(MetricSeries, f"{one.id}:{key}")
            if stored is not None and stored.values:
                points = tuple(
                    (float(step), float("nan") if value is None else value)
                    for step, value in zip(stored.steps, stored.values, strict=True)
                )
                series.append(Series(one.name or one.run_id[:8], points))
        chart.show(key, series)

    def _metric_key(self) -> str:
        """The metric under the cursor, else the first one."""
        grid = self.query_one("#metrics", Grid)
        for key in (grid.cursor_key or "", *(row.key for row in _rows_of(grid.source))):
            if key.startswith(METRIC):
                return next(
                    (key[len(METRIC) + len(one.id) + 1 :] for one in self.tracked if one.id in key[len(METRIC) :]), ""
                )
        return ""

    async def _show_tail(self) -> None:
        """The last lines of the failed job under the cursor."""
        feed, job = self.feed, self.current_job
        tail = self.query_one("#tail", Facts)
        lines: list[str] = []
        if feed is not None and job is not None and job.status == "failed" and self.size.height >= 24:  # noqa: PLR2004
            lines = await asyncio.to_thread(tail_lines, feed.context.logs.path(job.id), TAIL_LINES)
            lines = lines or ["the log is being fetched"]
        if tail.is_attached:
            tail.styles.height = len(lines)
            tail.update([[Cell(line, "failed" if "error" in line.lower() else "dim")] for line in lines])

    def tick(self) -> None:
        """Durations of what is active."""
        if self.run is not None and self.run.status in ACTIVE:
            self.query_one("#facts", Facts).update(head_lines(self.run, self.tracked, self._like, self.now()))
            self.query_one("#jobs", Grid).set_source(ListSource(self._rows()))

    def on_grid_moved(self, message: Grid.Moved) -> None:
        """The cursor of a grid moved: another metric's chart, another job's last lines."""
        if message.grid.id == "metrics":
            self.work(self._show_chart, group="chart")
        else:
            self.work(self._job_moved, group="tail")
        self.refresh_frame()

    async def _job_moved(self) -> None:
        if self.feed is not None:
            await self.feed.look_at(self.topics())
        await self._show_tail()

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the log of a job, the child pipeline's own screen."""
        node = self._node(message.key)
        if message.grid.id != "jobs" or node is None:
            return
        if node.job is not None and node.job.bridge and node.job.downstream in self.downstream:
            self.dashboard.open_run(node.job.downstream)
        elif node.job is not None:
            self.dashboard.open_log(node.job.id)
        elif node.run is not None and node.run.id != self.run_id:
            self.dashboard.open_run(node.run.id)

    # Commands

    def _node(self, key: str | None) -> Node | None:
        return next((node for node in self.nodes if node.key == key), None)

    @property
    def current_run(self) -> PipelineRun | None:
        """This run."""
        return self.run

    @property
    def current_job(self) -> JobRun | None:
        """The job under the cursor."""
        if not self.is_attached:
            return None
        node = self._node(self.query_one("#jobs", Grid).cursor_key)
        return node.job if node else None

    async def targets(self) -> Sequence[Target]:
        """The job under the cursor; the whole run on a stage's line."""
        if self.current_job is not None:
            return [self.current_job]
        return [self.run] if self.run else []

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id == "job.play":
            job = self.current_job
            return super().why_not(id) or (why_not_play(job) if job else "there is no manual job under the cursor")
        return super().why_not(id)

    def do_run_log(self) -> None:
        """`l`: the log of the job under the cursor, else of the one that matters most."""
        job = self.current_job or worst_job([job for jobs in self.jobs.values() for job in jobs])
        if job is None:
            self.say("there is no job with a log yet", "warning")
        else:
            self.dashboard.open_log(job.id)

    def do_log_merged(self) -> None:
        """`A`: the logs of all running jobs in one."""
        from tui.screens.merged import MergedScreen

        self.dashboard.push_screen(MergedScreen(self.run_id))

    def do_run_metrics(self) -> None:
        """`m`: metrics in place of the jobs, and back."""
        self.toggle_class("-metrics")
        target = "#metrics" if self.has_class("-metrics") else "#jobs"
        self.query_one(target).focus()

    def do_run_attempts(self) -> None:
        """`a`: earlier attempts."""
        self._attempts = not self._attempts
        self._show()

    def do_open(self) -> None:
        """`enter` from the palette."""
        self.query_one("#jobs", Grid).action_open()


def _rows_of(source: RowSource) -> Iterable[Row]:
    return (row for index in range(source.size) if (row := source.row(index)) is not None)
