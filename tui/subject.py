"""What a screen of a run, or of an MLflow run, is about: the records that its tabs share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data.model.run import PipelineRun
from data.model.tracking import TrackedRun
from tui.family import Family
from tui.present.run import GPU_METRIC, greatest

if TYPE_CHECKING:
    from data.store.port import Store

TRACKED = 1000
"""MLflow runs of a run and its children that are read."""
TRACKED_PAGE = 16
"""MLflow runs read at once: each may have thousands of metrics, and keys are answered between two pages."""


@dataclass
class Subject:
    """The records of one run.

    Attributes:
        run: the GitLab run; None for an MLflow run without one, and until it is read.
        family: its jobs, and the runs below it.
        tracked: the MLflow runs, the oldest first; for the screen of an MLflow run that one alone.
        is_tracked_read: whether `tracked` was read.
        like: seconds that like runs took.
        gpu: greatest known use of a graphics processor, in per cent.
    """

    run: PipelineRun | None = None
    family: Family = field(default_factory=lambda: Family({}, {}))
    tracked: tuple[TrackedRun, ...] = ()
    is_tracked_read: bool = False
    like: Sequence[float] = ()
    gpu: float | None = None

    @property
    def runs(self) -> dict[str, PipelineRun]:
        """The run and those below it, by id."""
        own = {self.run.id: self.run} if self.run else {}
        return {**own, **self.family.children}

    def set_tracked(self, runs: Sequence[TrackedRun]) -> None:
        """Take over other MLflow runs."""
        self.is_tracked_read = True
        self.tracked = tuple(sorted(runs, key=lambda one: (one.start is None, one.start, one.id)))
        self.gpu = greatest(self.tracked, GPU_METRIC)


async def read_tracked(store: Store, run_ids: Sequence[str]) -> list[TrackedRun]:
    """The MLflow runs of some runs."""
    found: list[TrackedRun] = []
    after: str | None = None
    while len(found) < TRACKED:
        page = await store.page(TrackedRun, where={"pipeline_run_id": list(run_ids)}, after=after, limit=TRACKED_PAGE)
        found += page.records
        after = page.after
        if after is None:
            break
    return found
