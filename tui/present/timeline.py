"""When the jobs of a run waited and ran, on one time axis that leaves idle hours out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from data.model.run import JobRun, PipelineRun
from data.model.vocabulary import ACTIVE

WAITING = frozenset({"pending", "waiting_for_resource", "preparing", "waiting_for_callback"})
"""Statuses of a job whose turn has come and that has no runner yet."""
IDLE_SHARE = 0.25
"""A time without any job that is longer than this share of the busy time is cut out of the axis."""
IDLE_LEAST = 120.0
"""Seconds below which no idle time is cut out."""
BREAK_SHARE = 0.03
"""What stands for a time that was cut out takes this share of the busy time."""
HORIZON = 1.15
"""Each length of the axis of a running run is this much greater than the one before, so that bars rarely shrink."""
FIRST_HORIZON = 30.0
"""Seconds of the shortest axis of a running run."""


class Lane(NamedTuple):
    """Epoch seconds: when a job began to wait and to run, and when it ended (or now). `start` is None before it ran."""

    queued: float
    start: float | None
    end: float
    status: str


class Part(NamedTuple):
    """A stretch of time without a cut: epoch seconds, and where it begins on the axis."""

    start: float
    end: float
    at: float


class Axis(NamedTuple):
    """The common axis: its first moment (epoch seconds), its length in seconds, and its stretches in order."""

    origin: float
    length: float
    parts: tuple[Part, ...]

    def place(self, moment: float) -> float:
        """Where an epoch second lies, between 0 and 1; one that was cut out lies at the cut."""
        if not self.parts or self.length <= 0:
            return 0.0
        at = 0.0
        for part in self.parts:
            if moment < part.start:
                break
            at = part.at + min(moment, part.end) - part.start
        return min(1.0, max(0.0, at / self.length))


def lanes(run: PipelineRun, jobs: Sequence[JobRun], now: datetime) -> dict[str, Lane]:
    """The lane of each job of a run that waited or ran, by id."""
    ends = _Ends(run, jobs)
    found: dict[str, Lane] = {}
    for job in jobs:
        if job.start is not None:
            found[job.id] = _ran(job, job.start.timestamp(), now.timestamp())
        elif job.status in WAITING:
            found[job.id] = Lane(min(ends.turn(job), now.timestamp()), None, now.timestamp(), job.status)
    return found


def _ran(job: JobRun, start: float, now: float) -> Lane:
    over = job.completion.timestamp() if job.completion else start + job.execution_time
    return Lane(start - job.queued_time, start, max(start, now if job.status in ACTIVE else over), job.status)


class _Ends:
    """When the jobs of a run ended, to tell when another one's turn came."""

    def __init__(self, run: PipelineRun, jobs: Sequence[JobRun]) -> None:
        self._created = run.created.timestamp()
        names = dict.fromkeys([*(stage.name for stage in run.stages), *(job.stage for job in jobs)])
        self._order = {name: place for place, name in enumerate(names)}
        self._of_stage = [0.0] * len(names)
        self._of_job: dict[str, float] = {}
        for job in jobs:
            if job.completion is not None and not job.retried:
                ended = job.completion.timestamp()
                place = self._order[job.stage]
                self._of_stage[place] = max(self._of_stage[place], ended)
                self._of_job[job.name] = max(self._of_job.get(job.name, 0.0), ended)

    def turn(self, job: JobRun) -> float:
        """When the last job that `job` waits for had ended, in epoch seconds.

        GitLab tells how long a job was queued only once it runs (GitLab docs, api/jobs, `queued_duration`).
        """
        if job.needs:
            before = [self._of_job.get(name, 0.0) for name in job.needs]
        else:
            before = self._of_stage[: self._order[job.stage]]
        return max([job.created.timestamp() if job.created else self._created, *before])


def span(own: Iterable[Lane], status: str) -> Lane | None:
    """One lane from the first to the last moment of several."""
    known = list(own)
    starts = [lane.start for lane in known if lane.start is not None]
    if not known:
        return None
    first = min(lane.queued for lane in known)
    return Lane(first, min(starts) if starts else None, max(lane.end for lane in known), status)


def make_axis(run: PipelineRun, own: Mapping[str, Lane], left: float = 0.0) -> Axis:
    """The axis of the lanes of a run and its children; `left` are the seconds that it will still take, where known.

    The axis of an active run reaches beyond now, in steps, so that a bar grows while the others keep their places.
    """
    busy = _merged([(lane.queued, lane.end) for lane in own.values()])
    if not busy:
        return Axis(run.created.timestamp(), 0.0, ())
    total = sum(end - start for start, end in busy)
    allowed = max(IDLE_LEAST, total * IDLE_SHARE)
    parts: list[Part] = []
    at = 0.0
    for start, end in busy:
        if parts and start - parts[-1].end <= allowed:
            last = parts.pop()
            start, at = last.start, last.at  # noqa: PLW2901 - the two stretches become one
        elif parts:
            at += total * BREAK_SHARE
        parts.append(Part(start, end, at))
        at += end - start
    if run.status in ACTIVE:
        ahead = max(at + left, at)
        longer = horizon(ahead)
        last = parts.pop()
        parts.append(last._replace(end=last.end + longer - at))
        at = longer
    return Axis(parts[0].start, at, tuple(parts))


def horizon(seconds: float) -> float:
    """The shortest length of an axis, of a fixed series of lengths, that holds `seconds`."""
    length = FIRST_HORIZON
    while length < seconds:
        length *= HORIZON
    return length


def _merged(stretches: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
