"""Pipelines: what can be run and how that went lately; below them the APIs of the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from data.model.ci import Schedule
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob
from data.model.project import Project
from data.model.run import PipelineRun
from styles import sheet
from tui.context import collect
from tui.lazyrows import LazyRows
from tui.present.definitions import API_COLUMNS, api_cells, next_runs
from tui.present.projects import PIPELINE_COLUMNS, Glance, pipeline_cells
from tui.screens.base import bindings
from tui.screens.definition_acts import Defining
from tui.screens.overview import AT_ONCE, OverviewScreen
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.grid import Grid, Row

if TYPE_CHECKING:
    from datetime import datetime

    from data.define.fields import Definition
    from data.store.port import Store
    from tui.snapshot import Snapshot

PARTS = (PipelineAPI, PipelineJob, Schedule)
"""Records that belong to pipelines."""
MOST_JOBS = 20_000
"""Jobs of all pipelines that are read."""


class PipelinesScreen(Defining, OverviewScreen[Pipeline]):
    """What can be run. `tab` goes to the APIs and back; each list has a cursor of its own."""

    NAME = "pipelines"
    TAB = "pipelines"
    BINDINGS = bindings("pipelines")
    CSS_PATH: ClassVar = [sheet("pipelines")]
    COLUMNS = PIPELINE_COLUMNS
    KINDS = (Pipeline, Project, *PARTS)
    FIELD = "pipeline_id"
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No pipelines yet",
        "Each project has one as soon as the engine has read it; n defines another one",
    )

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self.apis: dict[str, list[PipelineAPI]] = {}
        self.jobs: dict[str, list[PipelineJob]] = {}
        self.next: Mapping[str, datetime] = {}

    def body(self) -> Iterable[Widget]:
        """The pipelines, and the APIs below them."""
        yield self.list_grid()
        yield Facts(1, id="apis-head")
        yield Grid(API_COLUMNS, id="apis")

    @property
    def api_grid(self) -> Grid:
        """The lower list."""
        return self.query_one("#apis", Grid)

    @property
    def on_apis(self) -> bool:
        """Whether the lower list has the focus."""
        return self.is_attached and self.focused is self.api_grid

    # Data

    async def read(self, store: Store) -> Sequence[Pipeline]:
        """The pipelines and all that belongs to them: the lower list then follows the cursor without reading."""
        names = self.feed.overview.names if self.feed else {}
        found = await collect(store, Pipeline, AT_ONCE, query=self.parsed())
        found.sort(key=lambda one: (names.get(one.project_id, one.project_id).casefold(), one.name.casefold()))
        ids = [pipeline.id for pipeline in found]
        self.apis, self.jobs = {}, {}
        for api in await collect(store, PipelineAPI, where={"pipeline_id": ids}) if ids else ():
            self.apis.setdefault(api.pipeline_id, []).append(api)
        for job in await collect(store, PipelineJob, MOST_JOBS, where={"pipeline_id": ids}) if ids else ():
            self.jobs.setdefault(job.pipeline_id, []).append(job)
        schedules = await collect(store, Schedule, where={"active": True})
        last = await store.get_many(PipelineRun, [one.last_run_id for one in schedules if one.last_run_id])
        self.next = next_runs(found, schedules, {id_: run.pipeline_id for id_, run in last.items()})
        return found

    def cells(self, item: Pipeline, seen: Glance | None) -> tuple[Cell, ...]:
        """A row."""
        names = self.feed.overview.names if self.feed else {}
        project = names.get(item.project_id, item.project_id)
        return pipeline_cells(item, project, seen, self.next.get(item.id), self.now())

    def listed(self) -> None:
        """The pipelines stand: show the APIs below them."""
        self._show_apis()

    def topics(self) -> Sequence[str]:
        """All projects, and the schedules of the one under the cursor."""
        return ["projects", *([f"schedules:{self.item.project_id}"] if self.item else ())]

    # The APIs

    def on_grid_moved(self, message: Grid.Moved) -> None:
        """Another pipeline has other APIs, each with keys of its own."""
        if message.grid is self.grid:
            self._show_apis()
            self.work(self._look, group="look")
        self.refresh_frame()

    async def _look(self) -> None:
        if self.feed is not None:
            await self.feed.look_at(self.topics())

    def _show_apis(self) -> None:
        pipeline = self.item
        apis = self.apis.get(pipeline.id, []) if pipeline else []
        head = [Cell("APIs", "bold")]
        if pipeline is not None:
            head.append(Cell(f"of {pipeline.name}", "dim"))
            head.append(Cell("tab: to the pipelines" if self.on_apis else "tab: to the APIs", "dim"))
        self.query_one("#apis-head", Facts).update([head])
        told = ("This pipeline has no API yet", "tab, then n defines one") if pipeline else ()
        self.api_grid.set_empty([Cell(line, "dim" if number else "bold") for number, line in enumerate(told)])
        self.api_grid.set_source(LazyRows(apis, _id, self._api_row))

    def _api_row(self, api: PipelineAPI) -> Row:
        return Row(api.id, api_cells(api, self.jobs.get(api.pipeline_id, [])))

    @property
    def api(self) -> PipelineAPI | None:
        """The API under the cursor of the lower list."""
        rows = self.api_grid.source
        return rows.item(self.api_grid.cursor_key) if isinstance(rows, LazyRows) else None

    def do_panes_next(self) -> None:
        """`tab`: to the other list."""
        (self.grid if self.on_apis else self.api_grid).focus()

    def on_descendant_focus(self) -> None:
        """Say which keys the list has that has the focus now."""
        self._show_apis()
        self.refresh_frame()

    def owner_of(self, id: str) -> Widget | None:  # noqa: ARG002 - all of them
        """The list that has the focus moves."""
        return self.api_grid if self.on_apis else self.grid

    # Commands

    @property
    def definition(self) -> Definition | None:
        """What is under the cursor of the list that has the focus."""
        return self.api if self.on_apis else self.item

    def new_definition(self) -> Definition | None:
        """An API of the pipeline under the cursor, or a pipeline beside it."""
        pipeline = self.item
        if pipeline is None:
            return None
        if self.on_apis:
            return PipelineAPI(id=f"{pipeline.id}:", pipeline_id=pipeline.id, name="")
        return Pipeline(
            id=f"{pipeline.project_id}:",
            project_id=pipeline.project_id,
            name="",
            repository_id=pipeline.repository_id,
            repository_url=pipeline.repository_url,
            default_ref=pipeline.default_ref,
        )

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id in {"describe", "open"} and self.definition is None:
            return f"there is no {'API' if self.on_apis else 'pipeline'} under the cursor"
        return super().why_not(id)

    def do_open(self) -> None:
        """`enter` from the palette."""
        (self.api_grid if self.on_apis else self.grid).action_open()

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the pipeline's runs; on an API the form that launches it."""
        if message.grid is self.api_grid:
            self._launch(self.api)
        elif self.item is not None:
            self.dashboard.open_runs_of_pipeline(self.item)

    def do_describe(self) -> None:
        """`d`: everything about the pipeline."""
        if self.item is not None:
            self.dashboard.open_pipeline(self.item.id)

    def do_launch(self) -> None:
        """`t`: the launch form, of the API where the lower list has the focus."""
        if self.on_apis and self.api is not None:
            self._launch(self.api)
        elif self.item is not None:
            self.dashboard.open_launch(self.item.project_id, pipeline_id=self.item.id)
        else:
            self.say("there is no pipeline under the cursor", "warning")

    def _launch(self, api: PipelineAPI | None) -> None:
        pipeline = self.item
        if api is not None and pipeline is not None:
            self.dashboard.open_launch(pipeline.project_id, pipeline_id=pipeline.id, api_id=api.id)

    def address(self) -> str:
        """Address of the API, or of the pipeline's repository."""
        if self.on_apis and self.api is not None:
            return self.api.api_url or self.api.test_repository_url
        return self.item.repository_url if self.item else ""


def _id(api: PipelineAPI) -> str:
    return api.id
