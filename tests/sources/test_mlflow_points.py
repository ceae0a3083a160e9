"""Sampling a history in an MLflow database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise

import pytest

from data.sources.mlflow.history import FIRST_STEP, LAST_STEP
from data.sources.mlflow.points import sampled


@pytest.fixture
def file() -> Iterator[sqlite3.Connection]:
    """MLflow's table and the index that counts."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE metrics (key, value, timestamp, step, is_nan, run_uuid)")
        made.execute("CREATE INDEX at ON metrics (run_uuid, key, step)")
        yield made


def write(file: sqlite3.Connection, *steps: int, run: str = "r") -> None:
    rows = [("loss", float(number), 1000 + number, step, 0, run) for number, step in enumerate(steps)]
    file.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)


def steps_of(file: sqlite3.Connection, limit: int, first: int = FIRST_STEP, last: int = LAST_STEP) -> list[int]:
    return [row["step"] for row in sampled(file, "r", "loss", first, last, limit)[0]]


def test_a_short_history_is_whole_and_in_order(file: sqlite3.Connection) -> None:
    write(file, 3, -1, 2, 0)
    write(file, 9, run="other")
    assert sampled(file, "r", "loss", FIRST_STEP, LAST_STEP, 4)[1] is False
    assert steps_of(file, 4) == [-1, 0, 2, 3]
    assert steps_of(file, 4, 0, 2) == [0, 2]
    assert sampled(file, "r", "nothing", FIRST_STEP, LAST_STEP, 4) == ([], False)


@pytest.mark.parametrize("limit", [2, 3, 10, 99])
def test_evenly_spaced_steps_with_both_ends(file: sqlite3.Connection, limit: int) -> None:
    write(file, *range(0, 30_000, 3))
    rows, cut = sampled(file, "r", "loss", FIRST_STEP, LAST_STEP, limit)
    steps = [row["step"] for row in rows]
    assert cut and limit - 1 <= len(steps) <= limit
    assert (steps[0], steps[-1]) == (0, 29_997)
    gaps = [after - before for before, after in pairwise(steps)]
    assert max(gaps) - min(gaps) <= 6


def test_a_gap_costs_points_and_no_point_comes_twice(file: sqlite3.Connection) -> None:
    write(file, *range(500), *range(1_000_000, 1_000_500))
    steps = steps_of(file, 100)
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, 1_000_499)


@pytest.mark.parametrize("steps", [[0] * 5_000, [step // 100 for step in range(5_000)]])
def test_many_points_at_a_step_are_told_apart_by_time(file: sqlite3.Connection, steps: list[int]) -> None:
    write(file, *steps)
    rows, cut = sampled(file, "r", "loss", FIRST_STEP, LAST_STEP, 60)
    times = [row["timestamp"] for row in rows]
    assert cut and 50 <= len(times) <= 60
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (1000, 5999)


def test_nan_and_infinities(file: sqlite3.Connection) -> None:
    file.execute("INSERT INTO metrics VALUES ('loss', 0, 1, 1, 1, 'r'), ('loss', 1.7976931348623157e308, 2, 2, 0, 'r')")
    assert [row["value"] for row in sampled(file, "r", "loss", 0, 9, 10)[0]] == ["NaN", 1.7976931348623157e308]
