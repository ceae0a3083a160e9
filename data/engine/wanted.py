"""Which metric histories viewers look at: the names behind the topics `metrics:` and `metric:`. Pure.

`<run>` are all metrics of an MLflow run, `<run>:<key>` is one, `<run>:<key>@<first>..<last>` the steps of a part of it,
both inclusive. MLflow allows no `@` in the name of a metric (MLflow source, utils/validation.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from data.engine.summary import SYSTEM
from data.model import TrackedRun

MAX_KEYS: Final = 200
"""Metrics of one run whose histories are read when all of them are looked at."""
_PART: Final = re.compile(r"(?P<key>.+)@(?P<first>-?\d{1,19})\.\.(?P<last>-?\d{1,19})", re.DOTALL)

Window = tuple[int, int]
"""First and last step, both inclusive."""


class Course(NamedTuple):
    """What is asked of the server at once, for many runs: a metric, or a part of it."""

    key: str
    window: Window | None = None

    def id(self, tracked_id: str) -> str:
        """Id of the `MetricSeries` of a run."""
        at = f"@{self.window[0]}..{self.window[1]}" if self.window else ""
        return f"{tracked_id}:{self.key}{at}"


class Wish(NamedTuple):
    """What one topic names; without a course it is all metrics of a run."""

    tracked_id: str
    course: Course | None = None


def read_wish(connection: str, name: str) -> Wish | None:
    """The wish behind a topic's name; None for the runs of another connection, and for nonsense."""
    if not name.startswith(f"{connection}:"):
        return None
    run_id, colon, key = name[len(connection) + 1 :].partition(":")
    tracked_id = f"{connection}:{run_id}"
    if not colon:
        return Wish(tracked_id) if run_id else None
    if (part := _PART.fullmatch(key)) is not None:
        first, last = int(part["first"]), int(part["last"])
        return Wish(tracked_id, Course(part["key"], (first, last))) if first <= last else None
    return Wish(tracked_id, Course(key)) if key and run_id else None


def plan(wishes: Iterable[Wish], runs: Mapping[str, TrackedRun]) -> dict[Course, list[TrackedRun]]:
    """What to ask for, the most urgent first: parts that somebody zoomed into, then single metrics, then all others.

    Runs and metrics that nobody knows are left out.
    """
    found: dict[Course, dict[str, TrackedRun]] = {}
    for wish in sorted(wishes, key=_urgency):
        run = runs.get(wish.tracked_id)
        if run is None:
            continue
        for course in [wish.course] if wish.course else _all_of(run):
            if course.key in run.metrics:
                found.setdefault(course, {})[run.id] = run
    return {course: list(some.values()) for course, some in found.items()}


def only(run: TrackedRun, wishes: Iterable[Wish]) -> TrackedRun:
    """A run with those metrics only that are wished for: it may have thousands."""
    keys: set[str] = set()
    for wish in wishes:
        keys |= {wish.course.key} if wish.course else {course.key for course in _all_of(run)}
    metrics = {key: value for key, value in run.metrics.items() if key in keys}
    return replace(run, metrics=metrics, params={}, tags={}, datasets=())


def _all_of(run: TrackedRun) -> list[Course]:
    """All metrics of a run, those about the machine last."""
    keys = sorted(run.metrics, key=lambda key: (key.startswith(SYSTEM), key))
    return [Course(key) for key in keys[:MAX_KEYS]]


def _urgency(wish: Wish) -> tuple[int, str, Window, str]:
    if wish.course is None:
        return 2, "", (0, 0), wish.tracked_id
    window = wish.course.window
    return (1, wish.course.key, (0, 0), wish.tracked_id) if window is None else (
        0, wish.course.key, window, wish.tracked_id,
    )  # fmt: skip
