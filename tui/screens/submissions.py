"""The tab Submissions of Activity: every launch as it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.base import Record
from data.model.pipeline import Pipeline, PipelineAPI, Submission
from data.model.run import PipelineRun
from tui.present.submissions import COLUMNS, Known, asked_for, submission_cells
from tui.screens.activity_lists import StorePane
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Changes

FEWEST_COMPARED = 2
"""Submissions that a comparison needs."""


class SubmissionsPane(StorePane[Submission]):
    """Submissions, the newest first."""

    TITLE = "Submissions"
    KIND = Submission
    COLUMNS = COLUMNS
    EMPTY: ClassVar[tuple[str, ...]] = (
        "Nothing was launched from here yet",
        "t on a project, pipeline or run launches; all that was asked for is kept here",
    )
    ALSO: ClassVar[frozenset[type[Record]]] = frozenset({Pipeline, PipelineAPI})

    def __init__(self) -> None:
        super().__init__()
        self._apis: dict[str, str] = {}
        self._runs: dict[str, PipelineRun] = {}

    @property
    def known(self) -> Known:
        """What rows show beside the records."""
        return Known(self.names, self._apis, self._runs)

    def cells(self, record: Submission) -> tuple[Cell, ...]:
        """A row."""
        return submission_cells(record, self.known, self.now())

    def detail(self) -> str:
        """All that was asked for, and what became of it."""
        submission = self.current
        if submission is None:
            return ""
        return "  ".join(filter(None, [asked_for(submission), submission.answer.replace("\n", " ")]))

    async def learn(self, records: Sequence[Submission]) -> None:
        """Read the names of their pipelines and APIs, and the runs that came of them."""
        if self.store is None:
            return
        store = self.store
        runs = sorted({one.pipeline_run_id for one in records if one.pipeline_run_id})
        self._runs |= await store.get_many(PipelineRun, runs)
        apis = await store.get_many(PipelineAPI, sorted({one.pipeline_api_id for one in records} - {""}))
        pipelines = await store.get_many(Pipeline, sorted({one.pipeline_id for one in records} - {""}))
        self._apis |= {id_: api.name for id_, api in apis.items()}
        self._apis |= {id_: pipeline.name for id_, pipeline in pipelines.items()}

    async def data_changed(self, changes: Changes) -> None:
        """Read again when a submission changed, or a run that came of one."""
        if changes.put.get(PipelineRun, frozenset()) & self._runs.keys():
            await self.load()
        else:
            await super().data_changed(changes)

    def on_grid_opened(self) -> None:
        """`enter`: all of its fields, the run that came of it first: `enter` again opens that."""
        submission = self.current
        if submission is not None:
            from tui.screens.submission import SubmissionScreen

            self.home.dashboard.push_screen(SubmissionScreen(submission, self.known), self._opened)

    def _opened(self, run_id: str | None) -> None:
        if run_id:
            self.home.dashboard.open_run(run_id)

    def why_not(self, id: str) -> str:
        """Why a submission cannot be used so."""
        if id == "launch.like":
            return "" if self.current is not None else "there is no submission under the cursor"
        if id == "submission.compare" and len(self.grid.marks) < FEWEST_COMPARED:
            return "mark two or more submissions with space first"
        return ""

    async def compare(self) -> None:
        """The marked submissions side by side."""
        chosen = await self.chosen()
        await self.learn(chosen)
        from tui.screens.submission_compare import SubmissionCompareScreen

        self.home.dashboard.push_screen(SubmissionCompareScreen(chosen, self.known))
