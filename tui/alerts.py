"""Notices when a run that somebody waits for has ended, and says so in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from data.clean import clean
from data.model.vocabulary import ACTIVE, FINISHED

if TYPE_CHECKING:
    from data.model.run import PipelineRun


class Alerts:
    """Knows which runs were active when they were seen last. Child pipelines are not told of: their parent is."""

    def __init__(self, active: Iterable[str]) -> None:
        self._active = set(active)

    def ended(self, runs: Iterable[PipelineRun]) -> list[PipelineRun]:
        """Those of `runs`, as they are now, that were active before and have ended."""
        done = []
        for run in runs:
            if run.status in ACTIVE:
                self._active.add(run.id)
            elif run.id in self._active:
                self._active.discard(run.id)
                if run.status in FINISHED and not run.parent_run_id:
                    done.append(run)
        return done


def sentence(runs: list[PipelineRun], names: Mapping[str, str]) -> str:
    """What a notification says of ended runs: `churn #4312 failed`, `3 runs ended, 1 of them failed`."""
    if len(runs) == 1:
        run = runs[0]
        return clean(f"{names.get(run.project_id, '')} #{run.git_pipeline_id} {run.status}".strip())
    failed = sum(run.status == "failed" for run in runs)
    return f"{len(runs)} runs ended" + (f", {failed} of them failed" if failed else "")
