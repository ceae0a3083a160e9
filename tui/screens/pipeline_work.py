"""The tabs RUN_IDs, Schedules and Submissions of a pipeline: what was asked of it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from data.model.ci import Schedule
from data.model.pipeline import Submission
from data.model.run import PipelineRun, RunInfo
from tui.context import collect
from tui.present.pipeline import (
    RUN_ID_COLUMNS,
    SUBMISSION_COLUMNS,
    run_id_cells,
    submission_cells,
)
from tui.present.submissions import Known
from tui.screens.pane_records import RecordsPane
from tui.screens.pane_schedules import ScheduleList
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Store
    from tui.screens.pipeline import PipelineScreen

MOST = 500
"""RUN_IDs, or submissions, that are listed: the newest."""


class RunIdsPane(RecordsPane[RunInfo]):
    """Runs of several APIs that belong together."""

    TITLE = "RUN_IDs"
    COLUMNS = RUN_ID_COLUMNS
    KINDS = (RunInfo, PipelineRun)
    NOTHING = ("No RUN_ID yet", "A launch makes one, or joins one; t launches")

    def __init__(self) -> None:
        super().__init__()
        self.runs: Mapping[str, PipelineRun] = {}

    async def read(self, store: Store) -> Sequence[RunInfo]:
        """The newest ones, and their runs."""
        pipeline_id = cast("PipelineScreen", self.screen).pipeline_id
        found = await collect(store, RunInfo, MOST, where={"pipeline_id": pipeline_id})
        self.runs = await store.get_many(PipelineRun, [id_ for one in found for id_ in one.runs])
        return found

    def cells(self, record: RunInfo) -> tuple[Cell, ...]:
        """A row."""
        return run_id_cells(record, [self.runs[id_] for id_ in record.runs if id_ in self.runs], self.now())

    def open(self, record: RunInfo) -> None:
        """`enter`: the runs that belong together."""
        self.home.dashboard.open_together(record.id)


class SchedulesPane(ScheduleList):
    """What starts it by the clock."""

    async def read(self, store: Store) -> Sequence[Schedule]:  # noqa: ARG002 - the screen has read them
        """Those of the project that start this pipeline."""
        screen = cast("PipelineScreen", self.screen)
        return [one for one in screen.schedules if screen.starts(one)]

    def started(self) -> Mapping[str, PipelineRun]:
        """The screen has read them."""
        return cast("PipelineScreen", self.screen).started


class SubmissionsPane(RecordsPane[Submission]):
    """What was asked for."""

    TITLE = "Submissions"
    COLUMNS = SUBMISSION_COLUMNS
    KINDS = (Submission, PipelineRun)
    NOTHING = ("Nothing was launched from here yet", "t launches; what was started elsewhere is in the runs")

    def __init__(self) -> None:
        super().__init__()
        self._known = Known({}, {}, {})

    async def read(self, store: Store) -> Sequence[Submission]:
        """The newest ones, and the runs that they led to."""
        screen = cast("PipelineScreen", self.screen)
        found = await collect(store, Submission, MOST, where={"pipeline_id": screen.pipeline_id})
        runs = await store.get_many(PipelineRun, [one.pipeline_run_id for one in found if one.pipeline_run_id])
        self._known = Known({}, {api.id: api.name for api in screen.apis}, runs)
        return found

    def cells(self, record: Submission) -> tuple[Cell, ...]:
        """A row."""
        return submission_cells(record, self._known, self.now())

    def open(self, record: Submission) -> None:
        """`enter`: the run that came of it."""
        if record.pipeline_run_id:
            self.home.dashboard.open_run(record.pipeline_run_id)
        else:
            self.home.say(f"no run came of it: {record.answer or record.state}", "dim")
