"""Least and greatest values of metrics, from what is known of their histories."""

from __future__ import annotations

import math
import random
import sys

from msgspec.structs import replace

from data.engine.extremes import Point, extremes, widened
from data.model import MetricSeries, MetricSummary


def test_extremes_never_shrink_whatever_comes_in_whatever_order() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        every = [Point(chance.choice([1.0, 2.0, -3.0, 9.5, -7.25]), chance.choice([None, 0, 3, 8])) for _ in range(12)]
        summary, low, high = MetricSummary(), math.inf, -math.inf
        for at in range(0, 12, 3):
            last = chance.choice([0.0, 4.0, math.nan, sys.float_info.max])
            summary = widened(replace(summary, last=last, step=99), every[at : at + 3])
            assert summary.min is not None and summary.max is not None
            assert summary.min <= low and summary.max >= high, (seed, every)
            low, high = summary.min, summary.max
        assert low <= min(one.value for one in every) and high >= max(one.value for one in every)
        assert high < 1e300, "an infinity is no extreme"


def test_extremes_of_samples_are_told_from_those_of_all_points() -> None:
    whole = MetricSeries(id="ml:r:a", tracked_run_id="ml:r", key="a", steps=(0, 1), times=(0, 1), values=(1.0, 3.0))
    sampled, part = replace(whole, sampled=True), replace(whole, window=(0, 1))
    summary = widened(MetricSummary(last=3.0, step=1), [*extremes(sampled), *extremes(part)])
    assert summary.sampled and (summary.min, summary.max) == (1.0, 3.0)
    assert not widened(summary, extremes(whole)).sampled
    assert widened(widened(summary, extremes(whole)), extremes(sampled)).sampled
