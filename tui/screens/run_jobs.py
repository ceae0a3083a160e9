"""The tab Jobs: the tree with its Gantt strips, the graph by stages and needs where there is room, why a job failed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from data.logtext.kinds import is_error
from data.model.run import JobRun, PipelineRun
from data.model.vocabulary import ACTIVE
from tui.lazyrows import LazyRows
from tui.present.gantt import heading, strip
from tui.present.graph import draw_graph, rows_wanted
from tui.present.jobfacts import node_facts
from tui.present.joborder import Order, order_jobs
from tui.present.jobs import COLUMNS, Node, gantt_columns, gantt_width, job_tree, matching, node_cells
from tui.present.run import worst_job
from tui.present.runs import remaining
from tui.present.text import plural
from tui.present.timeline import Axis, Lane, lanes, make_axis, span
from tui.screens.pane import Pane
from tui.tail import failure_lines
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.glyphs import status_glyph
from widgets.graph import Graph
from widgets.grid import GUTTER, Grid, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.export import Table

TAIL_ROOM = ((40, 8), (30, 5), (24, 4))
"""Lines of a terminal from which so many log lines tell why a job failed; the first that fits counts."""
GRAPH_COLUMNS, GRAPH_ROOM = 110, 30
"""Width and height of a terminal from which the graph is shown."""
GRAPH_SHARE = 3
"""The graph takes at most one of so many lines of the tab."""
NO_AXIS = Axis(0.0, 0.0, ())


class JobsPane(Pane):
    """The jobs of a run and of all runs below it."""

    TITLE = "Jobs"

    def __init__(self) -> None:
        super().__init__()
        self.attempts = False
        self.nodes: list[Node] = []
        self._lanes: Mapping[str, Lane] = {}
        self._axis = NO_AXIS
        self._width = 0
        self._placed = False
        self._put = ""
        """The job on which the cursor was put."""
        self._orders: dict[str, tuple[object, Order]] = {}

    def compose(self) -> ComposeResult:
        """Graph, tree, and what there is to say of the line under the cursor."""
        yield Graph(id="graph")
        yield Grid(COLUMNS, empty_text=(Cell("reading the jobs", "dim"),), id="jobs", classes="pane-list")
        yield Facts(1, id="job-facts")
        yield Facts(0, id="tail")

    async def load(self) -> None:
        """Show the jobs that the screen has read, and why the one under the cursor failed."""
        self.show()
        await self._show_tail()

    def count(self) -> int:
        """Jobs in all."""
        return sum(len(jobs) for jobs in self.subject.family.jobs.values())

    # The tree

    def show(self) -> None:
        """Draw tree and graph."""
        subject = self.subject
        if subject.run is None or not self.is_attached:
            return
        family = subject.family
        nodes = job_tree(subject.run, family.jobs, family.children, attempts=self.attempts, whole=family.whole)
        self.nodes = matching(nodes, self.filter) if self.filter else nodes
        self._measure()
        grid = self.grid
        self.nothing(*_why_none(subject.run))
        grid.set_source(LazyRows(self.nodes, _key, self._row))
        if not self._placed and self.nodes:
            self._place(subject.run)
        self._show_graph()
        self._show_facts()

    def _place(self, run: PipelineRun) -> None:
        """Put the cursor on the job that one wants to see first, until all jobs are there or somebody has moved it."""
        grid, jobs = self.grid, self.subject.family.all_jobs()
        worst = worst_job(jobs)
        if self._put and grid.cursor_key != self._put:
            self._placed = True
        elif worst is not None:
            grid.go_to(worst.id)
            self._put = worst.id
            self._placed = run.jobs_synced or 0 < run.job_count <= len(jobs)

    def _measure(self) -> None:
        """Lanes and axis of this moment."""
        subject, now = self.subject, self.now()
        assert subject.run is not None
        own: dict[str, Lane] = {}
        for id_, run in subject.runs.items():
            of_run = lanes(run, subject.family.jobs.get(id_, ()), now)
            if id_ != subject.run.id and (whole := span(of_run.values(), run.status)) is not None:
                own[id_] = whole
            own.update(of_run)
        self._lanes = own
        self._axis = make_axis(subject.run, own, remaining(subject.run, subject.like, now))
        grid = self.grid
        self._width = gantt_width(grid.line_width - GUTTER)
        grid.set_columns(gantt_columns(self._width, heading(self._axis, self._width)))

    def _row(self, node: Node) -> Row:
        lane = None if node.stage and node.job is None else self._lanes.get(node.key)
        cells = node_cells(node, self.now(), strip(lane, self._axis, self._width))
        pending = self.home.feed.overview.pending_for(node.key) if self.home.feed else None
        if pending is not None:
            cells = (cells[0], Cell(f"{status_glyph('pending')} {pending.kind}", "pending"), *cells[2:])
        return Row(node.key, cells)

    def tick(self) -> None:
        """Durations and strips of what is active, as far as it is in sight."""
        subject = self.subject
        if subject.run is None or not (
            subject.run.status in ACTIVE or any(run.status in ACTIVE for run in subject.family.children.values())
        ):
            return
        before = self._axis
        self._measure()
        rows = self.grid.source
        if not isinstance(rows, LazyRows):
            return
        start, stop = self.grid.in_sight
        if before.length == self._axis.length and len(before.parts) == len(self._axis.parts):
            rows.forget(index for index in range(start, stop) if _active(self.nodes[index]))
        else:
            rows.forget(range(rows.size))
        self.grid.refresh_rows(start, stop)

    # The graph

    def on_resize(self) -> None:
        """The strips have another width, the graph another size."""
        if self.subject.run is not None:
            self.show()
            self.home.work(self._show_tail, group="tail")

    @property
    def node(self) -> Node | None:
        """The line under the cursor."""
        grid = next(iter(self.query("#jobs").results(Grid)), None)  # there is none while the tab is being made
        rows = grid.source if grid is not None else None
        return rows.item(grid.cursor_key) if grid is not None and isinstance(rows, LazyRows) else None

    def _drawn_run(self) -> str:
        """Id of the run whose graph is drawn: the one in which the cursor stands."""
        node = self.node
        if node is None:
            return self.subject.run.id if self.subject.run else ""
        return node.job.pipeline_run_id if node.job else node.run.id if node.run else ""

    def _show_graph(self) -> None:
        graph, run = self.query_one(Graph), self.subject.runs.get(self._drawn_run())
        if run is None:
            return
        size = self.screen.size
        jobs = self.subject.family.jobs.get(run.id, ())
        fits = size.width >= GRAPH_COLUMNS and size.height >= GRAPH_ROOM and not self.filter
        order = self._ordered(run, jobs) if fits else None
        graph.display = order is not None and len(order.columns) > 1
        if order is None or not graph.display:
            return
        height = min(rows_wanted(order), max(2, self.size.height // GRAPH_SHARE))
        if graph.styles.height is None or graph.styles.height.value != height:
            graph.styles.height = height
        selected = self.current_job.id if self.current_job else ""
        by_id = {job.id: job for job in jobs}
        graph.show(draw_graph(order, by_id, self.subject.family.children, (self.size.width, height), selected))

    def _ordered(self, run: PipelineRun, jobs: Sequence[JobRun]) -> Order:
        """The jobs in columns; of thousands this takes a while, and what goes on in them changes nothing of it."""
        stages = tuple(stage.name for stage in run.stages)
        shape = stages, tuple((job.id, job.retried, job.needs) for job in jobs)
        known = self._orders.get(run.id)
        if known is None or known[0] != shape:
            known = self._orders[run.id] = shape, order_jobs(run, jobs)
        return known[1]

    def on_graph_picked(self, message: Graph.Picked) -> None:
        """A first click puts the cursor on a job, a second one opens it."""
        if self.grid.cursor_key == message.key:
            self.grid.action_open()
        else:
            self.grid.go_to(message.key)

    # The line under the cursor

    @property
    def current_job(self) -> JobRun | None:
        """The job under the cursor."""
        node = self.node
        return node.job if node else None

    def chosen_jobs(self) -> list[JobRun]:
        """The marked jobs, else the one under the cursor."""
        marked = [node.job for node in self.nodes if node.job is not None and node.key in self.grid.marks]
        return marked or ([self.current_job] if self.current_job else [])

    def topics(self) -> Sequence[str]:
        """The log of the job under the cursor when that failed."""
        job = self.current_job
        return [f"log:{job.id}"] if job is not None and job.status == "failed" else []

    def on_grid_moved(self) -> None:
        """The cursor moved: other facts, other last lines."""
        self._show_graph()
        self._show_facts()
        self.home.work(self._moved, group="tail")
        self.home.refresh_frame()

    async def _moved(self) -> None:
        if self.home.feed is not None:
            await self.home.feed.look_at(self.home.topics())
        await self._show_tail()

    def _show_facts(self) -> None:
        node = self.node
        run_id = self._drawn_run()
        items = node_facts(node, self.subject.family.jobs.get(run_id, ())) if node else []
        self.query_one("#job-facts", Facts).update([items])

    async def _show_tail(self) -> None:
        """The lines that tell why the job under the cursor failed."""
        feed, job = self.home.feed, self.current_job
        lines: list[str] = []
        room = next((count for height, count in TAIL_ROOM if self.screen.size.height >= height), 0)
        if feed is not None and job is not None and job.status == "failed" and room:
            lines = await asyncio.to_thread(failure_lines, feed.context.logs.path(job.id), room)
            lines = lines or ["the log is being fetched"]
        tail = next(iter(self.query("#tail").results(Facts)), None)
        if tail is not None and tail.is_attached:
            tail.styles.height = len(lines)
            tail.update([[Cell(line, "failed" if is_error(line) else "dim")] for line in lines])

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the log of a job, the child pipeline's own screen."""
        node = self.node
        if node is None or node.key != message.key:
            return
        if node.job is not None and node.job.bridge:
            self._open_started(node.job)
        elif node.job is not None:
            self.home.dashboard.open_log(node.job.id)
        elif node.run is not None and self.subject.run is not None and node.run.id != self.subject.run.id:
            self.home.dashboard.open_run(node.run.id)

    def _open_started(self, job: JobRun) -> None:
        """The pipeline that a trigger job started; such a job has no log."""
        if job.downstream in self.subject.family.children:
            self.home.dashboard.open_run(job.downstream)
        else:
            what = "its pipeline is not known here" if job.downstream else "it has not started a pipeline yet"
            self.home.say(f"{job.name} has no log, and {what}", "warning")

    def tables(self) -> Sequence[Table]:
        """The jobs, earlier attempts and children included."""
        from tui.present.jobtable import job_table

        run = self.subject.run
        return [job_table(run, self.subject.family.all_jobs())] if run else []


def _why_none(run: PipelineRun) -> tuple[str, str]:
    """Why a run has no jobs here."""
    if run.jobs_synced and not run.job_count:
        return "No jobs yet", "GitLab has not told any for this run"
    known = plural(run.job_count, "job") if run.job_count else "Jobs"
    return f"{known} not read yet", "an engine reads them from GitLab while this is shown"


def _key(node: Node) -> str:
    return node.key


def _active(node: Node) -> bool:
    status = node.job.status if node.job else node.run.status if node.run and not node.stage else ""
    return status in ACTIVE
