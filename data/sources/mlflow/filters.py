"""MLflow's search expressions: conditions joined by AND; there is no OR, and IN for run ids only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.errors import Refused


def run_filter(
    *,
    status: str | None = None,
    started_after: datetime | None = None,
    ended_after: datetime | None = None,
    run_ids: Sequence[str] = (),
) -> str:
    """The filter of runs for which all of it holds (MLflow docs, search syntax); empty for all runs.

    Raises:
        Refused: a text that holds both kinds of quotes cannot be written in this language.
    """
    conditions = []
    if status is not None:
        conditions.append(f"attributes.status = {quoted(status)}")
    if started_after is not None:
        conditions.append(f"attributes.start_time > {milliseconds(started_after)}")
    if ended_after is not None:
        conditions.append(f"attributes.end_time > {milliseconds(ended_after)}")
    if run_ids:
        conditions.append(f"attributes.run_id IN ({', '.join(map(quoted, run_ids))})")
    return " AND ".join(conditions)


def quoted(text: str) -> str:
    """`text` as a literal."""
    for quote in ("'", '"'):
        if quote not in text:
            return f"{quote}{text}{quote}"
    raise Refused(f"MLflow cannot search for a text with both kinds of quotes: {text}")


def milliseconds(moment: datetime) -> int:
    """MLflow's time: milliseconds since the epoch."""
    return int(moment.timestamp() * 1000)
