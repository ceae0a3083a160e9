"""MLflow's search expressions: conditions joined by AND; there is no OR, and IN for run ids only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from data.errors import Refused
from data.model import TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE, TRACKED_STATUSES


class Conditions(TypedDict, total=False):
    """What runs are wanted; all of it must hold. None and nothing are no condition.

    A run whose creator gave no start time fits `undated` and none of the conditions on its start.
    """

    status: str | None
    active: bool
    """RUNNING or SCHEDULED, in one question: the other statuses are ruled out one by one."""
    started_after: datetime | None
    started_until: datetime | None
    ended_after: datetime | None
    undated: bool
    run_ids: Sequence[str]
    without: Sequence[str]
    """Run ids that are not wanted."""


def run_filter(**wanted: Unpack[Conditions]) -> str:
    """The filter of runs for which all of it holds (MLflow docs, search syntax); empty for all runs.

    Raises:
        Refused: a text that holds both kinds of quotes cannot be written in this language.
    """
    conditions = []
    if (status := wanted.get("status")) is not None:
        conditions.append(f"attributes.status = {quoted(status)}")
    if wanted.get("active"):
        ended = [status for status in TRACKED_STATUSES if status not in TRACKED_ACTIVE]
        conditions += [f"attributes.status != {quoted(status)}" for status in ended]
    if (after := wanted.get("started_after")) is not None:
        conditions.append(f"attributes.start_time > {milliseconds(after)}")
    if (until := wanted.get("started_until")) is not None:
        conditions += [f"attributes.start_time <= {milliseconds(until)}", "attributes.start_time > 0"]
    if (ended_after := wanted.get("ended_after")) is not None:
        conditions.append(f"attributes.end_time > {milliseconds(ended_after)}")
    if wanted.get("undated"):
        conditions.append("attributes.start_time <= 0")
    if run_ids := wanted.get("run_ids"):
        conditions.append(f"attributes.run_id IN ({', '.join(map(quoted, run_ids))})")
    conditions += [f"attributes.run_id != {quoted(run_id)}" for run_id in wanted.get("without", ())]
    return " AND ".join(conditions)


def fits(run: TrackedRun, **wanted: Unpack[Conditions]) -> bool:
    """Whether all conditions hold for a run, for a server that knows no filter; an unknown start is never too early."""
    status, run_ids = wanted.get("status"), wanted.get("run_ids")
    after, until, ended = wanted.get("started_after"), wanted.get("started_until"), wanted.get("ended_after")
    return (
        (status is None or run.status == status)
        and (not wanted.get("active") or run.status in TRACKED_ACTIVE)
        and (after is None or run.start is None or run.start > after)
        and (until is None or run.start is None or run.start <= until)
        and (ended is None or (run.end is not None and run.end > ended))
        and (not wanted.get("undated") or run.start is None)
        and (not run_ids or run.run_id in run_ids)
        and run.run_id not in wanted.get("without", ())
    )


def quoted(text: str) -> str:
    """`text` as a literal."""
    for quote in ("'", '"'):
        if quote not in text:
            return f"{quote}{text}{quote}"
    raise Refused(f"MLflow cannot search for a text with both kinds of quotes: {text}")


def milliseconds(moment: datetime) -> int:
    """MLflow's time: milliseconds since the epoch."""
    return int(moment.timestamp() * 1000)
