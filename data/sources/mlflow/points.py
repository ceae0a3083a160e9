"""Points of a metric's history straight from an MLflow database file, opened for reading only.

MLflow's client reads a history whole, which takes a gigabyte for a million points. Its table and index are the same
in all versions since 1.0 (MLflow source, store/tracking/dbmodels/models.py); the range of steps makes SQLite use the
index by run, key and step.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from data.sources.mlflow.mapping import Row

_OF: Final = "FROM metrics WHERE run_uuid = ? AND key = ? AND step BETWEEN ? AND ?"
_COLUMNS: Final = "step, timestamp, value, is_nan"
_ORDER: Final = "ORDER BY step, timestamp, value"


def sampled(
    file: sqlite3.Connection, run_id: str, key: str, first: int, last: int, limit: int
) -> tuple[list[Row], bool]:
    """At most `limit` (2 or more) points between two steps, the first and last among them; whether there are more."""
    within = (run_id, key, first, last)
    # Each of these looks at one end of the index, or at no more of it than is wanted; a count of all takes long.
    (count,) = file.execute(f"SELECT count(*) FROM (SELECT 1 {_OF} LIMIT ?)", (*within, limit + 1)).fetchone()
    if count <= limit:
        return [_row(found) for found in file.execute(f"SELECT {_COLUMNS} {_OF} {_ORDER}", within)], False
    (low,) = file.execute(f"SELECT min(step) {_OF}", within).fetchone()
    (high,) = file.execute(f"SELECT max(step) {_OF}", within).fetchone()
    spread = high - low >= limit
    found = _by_step(file, run_id, key, low, high, limit) if spread else _by_row(file, within, limit)
    return [_row(one) for one in found], True


def _by_step(
    file: sqlite3.Connection, run_id: str, key: str, low: int, high: int, limit: int
) -> Iterator[tuple[int, int, float, int]]:
    """The first point at or after each of evenly spaced steps: the index is entered so often, and never walked."""
    before: int | None = None
    for part in range(limit - 1):
        step = low + part * (high - low) // (limit - 1)
        if before is not None and step <= before:
            continue
        found = file.execute(f"SELECT {_COLUMNS} {_OF} {_ORDER} LIMIT 1", (run_id, key, step, high)).fetchone()
        before = found[0]
        if found[0] < high:
            yield found
    last = f"SELECT {_COLUMNS} {_OF} ORDER BY step DESC, timestamp DESC, value DESC LIMIT 1"
    yield file.execute(last, (run_id, key, high, high)).fetchone()


def _by_row(
    file: sqlite3.Connection, within: tuple[str, str, int, int], limit: int
) -> Iterator[tuple[int, int, float, int]]:
    """Every so many-th point, for histories with many points at one step."""
    (count,) = file.execute(f"SELECT count(*) {_OF}", within).fetchone()
    numbered = f"SELECT {_COLUMNS}, row_number() OVER ({_ORDER}) AS number {_OF}"
    stride = -(-count // (limit - 1))
    wanted = f"SELECT {_COLUMNS} FROM ({numbered}) WHERE (number - 1) % ? = 0 OR number = ? ORDER BY number"
    yield from file.execute(wanted, (*within, stride, count))


def _row(found: tuple[int, int, float, int]) -> Row:
    step, timestamp, value, is_nan = found
    return {"step": step, "timestamp": timestamp, "value": "NaN" if is_nan else value}
