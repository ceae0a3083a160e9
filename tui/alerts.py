"""Tells when a run that somebody waits for has ended: a bell, and a notification of the terminal, as configured."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from data.clean import clean
from data.model.vocabulary import ACTIVE, FINISHED

if TYPE_CHECKING:
    from data.model.run import PipelineRun

LONGEST = 200
"""Characters of a notification."""


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
        return clean(f"{names.get(run.project_id, '')} #{run.git_pipeline_id} {run.status}".strip())[:LONGEST]
    failed = sum(run.status == "failed" for run in runs)
    return f"{len(runs)} runs ended" + (f", {failed} of them failed" if failed else "")


def notification(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """The sequences that ask a terminal for a notification: OSC 9 (iTerm2) and OSC 777 (urxvt, foot, Ghostty).

    In tmux they are wrapped for its pass-through (tmux(1), allow-passthrough).
    """
    # Semicolons separate the fields of OSC 777.
    said = clean(text).replace(";", ",")
    asked = [f"\x1b]9;{said}\x07", f"\x1b]777;notify;Lineside;{said}\x07"]
    if environ.get("TMUX"):
        asked = ["\x1bPtmux;" + one.replace("\x1b", "\x1b\x1b") + "\x1b\\" for one in asked]
    return "".join(asked)
