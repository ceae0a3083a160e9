"""Histories from the store as lines of charts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.model import MetricSeries, MetricSummary, TrackedRun, make
from data.model.vocabulary import TRACKED_ACTIVE
from tui.present.histories import is_settled, line_of, ordered_keys, points_of, run_names, spliced, wide_window

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def series(steps, values=None, **fields):
    values = [float(step) for step in steps] if values is None else values
    return MetricSeries(
        id="m:1:loss",
        tracked_run_id="m:1",
        key="loss",
        steps=tuple(steps),
        times=tuple(1000 * step for step in steps),
        values=tuple(values),
        **fields,
    )


def run(**fields):
    given = {"id": "m:1", "connection": "m", "run_id": "0123456789ab", "metrics": {"loss": MetricSummary(step=9)}}
    return make(TrackedRun, **{**given, **fields})


def test_missing_values_are_gaps():
    found = points_of(series([1, 2], [None, 3.0], sampled=True))
    assert math.isnan(found.values[0])
    assert found.values[1] == 3.0
    assert found.sampled


def test_finer_parts_take_the_place_of_coarse_points():
    coarse = points_of(series(range(0, 100, 10), sampled=True))
    fine = points_of(series(range(20, 31)))
    found = spliced(coarse, [((20, 30), fine)])
    assert list(found.steps) == [0, 10, *range(20, 31), *range(40, 100, 10)]
    assert list(found.values) == list(map(float, found.steps))
    assert len(found.times) == len(found.steps)
    later = points_of(series([25], [-1.0]))
    twice = spliced(coarse, [((20, 30), fine), ((25, 26), later)])
    assert list(twice.steps) == [0, 10, *range(20, 26), *range(27, 31), *range(40, 100, 10)]
    assert -1.0 in twice.values
    assert spliced(coarse, [((20, 30), points_of(series([])))]) is coarse


@given(st.integers(-1000, 10**9), st.integers(0, 10**9))
def test_a_window_holds_what_is_looked_at_and_little_more(first, size):
    low, high = wide_window(first, first + size)
    assert low <= first
    assert first + size <= high
    assert high - low < max(64, 4 * (size + 1))


@given(st.integers(0, 10**9), st.integers(100, 10**8))
def test_moving_on_a_little_asks_for_the_same_window(first, size):
    asked = {wide_window(first + size * part // 16, first + size + size * part // 16) for part in range(16)}
    assert len(asked) <= 5


def test_runs_of_one_name_are_told_apart():
    runs = [run(name="owl"), run(id="m:2", run_id="fedcba987654", name="owl"), run(id="m:3", name="fox"), run(id="m:4")]
    assert list(run_names(runs).values()) == ["owl 01234567", "owl fedcba98", "fox", "01234567"]


def test_system_metrics_come_last():
    runs = [
        run(metrics={"system/cpu": MetricSummary(), "val": MetricSummary()}),
        run(metrics={"zeta": MetricSummary()}),
    ]
    assert ordered_keys(runs) == ["val", "zeta", "system/cpu"]


def test_a_line_knows_the_start_of_its_run():
    line = line_of(run(start=NOW), "owl", 3, points_of(series([1, 2])))
    assert (line.run, line.name, line.colour, line.start) == ("m:1", "owl", 3, round(NOW.timestamp() * 1000))
    assert line_of(run(), "owl", 0, points_of(series([1]))).start is None


@pytest.mark.parametrize(
    ("settled", "run_fields", "series_fields"),
    [
        (True, {"status": "FINISHED", "end": NOW}, {"fetched": NOW + timedelta(seconds=1)}),
        (False, {"status": "FINISHED", "end": NOW}, {"fetched": NOW - timedelta(seconds=1)}),
        (False, {"status": "RUNNING"}, {"fetched": NOW}),
        (False, {"status": "FINISHED", "end": NOW}, {"fetched": NOW, "sampled": True}),
        (True, {"status": "FINISHED"}, {}),
        (False, {"status": "FINISHED", "metrics": {"loss": MetricSummary(step=10)}}, {}),
    ],
)
def test_more_points_are_asked_for_until_all_are_here(settled, run_fields, series_fields):
    assert is_settled(run(**run_fields), series(range(10), **series_fields), TRACKED_ACTIVE) is settled


def test_what_is_not_here_is_asked_for():
    assert not is_settled(run(status="FINISHED"), None, TRACKED_ACTIVE)
