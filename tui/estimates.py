"""Durations of like runs, from which the time left is estimated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tui.present.runs import likeness

if TYPE_CHECKING:
    from data.model.run import PipelineRun
    from data.store.port import Store

LIKE = 20
"""Newest successful runs whose durations give the estimate."""


class Estimates:
    """Durations in seconds by what makes runs alike (`likeness`), learned when a run is under way."""

    def __init__(self) -> None:
        self.like: dict[tuple[str, str], Sequence[float]] = {}

    async def learn(self, store: Store, runs: Iterable[PipelineRun]) -> bool:
        """Ask for what is not known yet of the active ones of `runs`; whether there was anything to ask."""
        from data.model.vocabulary import ACTIVE

        unknown = {likeness(run): run for run in runs if run.status in ACTIVE and likeness(run) not in self.like}
        for key, run in unknown.items():
            self.like[key] = await like_durations(store, run)
        return bool(unknown)

    def forget(self, runs: Iterable[PipelineRun]) -> None:
        """Some runs have ended: what is alike is asked for anew."""
        for run in runs:
            if run.status == "success":
                self.like.pop(likeness(run), None)


async def like_durations(store: Store, run: PipelineRun) -> list[float]:
    """Seconds that the newest successful runs of the same pipeline and API took."""
    from data.model.run import PipelineRun

    same = {"pipeline_id": run.pipeline_id} if run.pipeline_id else {"project_id": run.project_id}
    page = await store.page(PipelineRun, where={**same, "api": run.api, "status": "success"}, limit=LIKE)
    return [float(one.execution_time) for one in page.records if one.execution_time]
