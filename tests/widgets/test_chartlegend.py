"""What stands around charts."""

from __future__ import annotations

import math

import pytest

from widgets.chartlegend import title_row
from widgets.courses import Courses
from widgets.curves import Line, Metric


def title(*values: float, sampled: bool = False, width: int = 60) -> str:
    line = Line("r", "owl", 0, range(len(values)), range(len(values)), values)
    curves = Courses().curves(Metric("loss", (line,), sampled), "step", "linear", 0.0)
    return "".join(text for text, _ in title_row("loss", curves, None, width, sampled=sampled)).rstrip()


@pytest.mark.parametrize(("sampled", "expected"), [(False, "min 1  max 3"), (True, "min ~1  max ~3")])
def test_least_and_greatest_of_samples_are_about_those_of_the_metric(sampled: bool, expected: str) -> None:
    assert title(2, 1, 3, 2.5, sampled=sampled) == f"loss  2.5  {expected}"


def test_a_missing_last_value_is_called_as_in_tables() -> None:
    assert title(2, math.nan, width=12) == "loss  NaN"
