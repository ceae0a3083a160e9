"""Runs side by side: what differs, what is best, and how far from a reference."""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from data.compare import SECTIONS, Comparison, Known, best, differ, facts_of, number, relative
from data.model import DatasetInput, MetricSummary, PipelineRun, TrackedRun, make
from tests.world import NOW

TEXTS = st.one_of(
    st.text(max_size=5), st.sampled_from(["0.01", "1e-2", " 1 ", "01", "1", "1.0", "nan", "inf", "1e999"])
)
VALUES = st.one_of(st.none(), TEXTS, st.integers(-3, 3), st.floats(), st.just(0.0), st.just(-0.0))


def meaning(value):
    """What a value is, said in another way than the code says it."""
    if value is None:
        return ("missing",)
    if isinstance(value, str):
        try:
            found = float(value)
        except ValueError:
            return ("text", value)
        if not math.isfinite(found):
            return ("text", value)
        try:
            return ("number", Fraction(int(value)))
        except ValueError:
            return ("number", Fraction(found))
    if isinstance(value, float) and not math.isfinite(value):
        return ("unbounded", repr(value))
    return ("number", Fraction(value))


@given(st.lists(VALUES, max_size=6))
def test_values_differ_where_their_meanings_do(values):
    assert differ(values) is (len({meaning(value) for value in values}) > 1)


@given(st.lists(VALUES, max_size=6), st.randoms())
def test_the_order_of_the_runs_says_nothing(values, random):
    shuffled = values[:]
    random.shuffle(shuffled)
    assert differ(shuffled) is differ(values)
    assert [values[place] for place in sorted(best(values, "max"))].count(None) == 0
    assert len(best(shuffled, "min")) == len(best(values, "min"))


@given(st.lists(VALUES, max_size=6), st.sampled_from(["max", "min", ""]))
def test_the_best_are_all_that_nothing_surpasses(values, way):
    counted = {place: exact[1] for place, value in enumerate(values) if (exact := meaning(value))[0] == "number"}
    found = best(values, way)
    if not way or len(set(counted.values())) < 2:
        assert found == frozenset()
    else:
        top = (max if way == "max" else min)(counted.values())
        assert found == {place for place, exact in counted.items() if exact == top}


@given(VALUES, VALUES)
def test_a_relative_difference_is_a_share_of_the_reference(value, reference):
    found = relative(value, reference)
    if found is None:
        return
    mine, other = Fraction(number(value)), Fraction(number(reference))
    if other:
        assert found == pytest.approx(float((mine - other) / abs(other)), rel=1e-9, abs=1e-300)
    else:
        assert mine == 0 == found


def test_relative_differences_by_hand():
    assert relative(1.1, 1.0) == pytest.approx(0.1)
    assert relative(-0.5, -1.0) == pytest.approx(0.5)  # above, though both are negative
    assert relative("0.02", "1e-2") == pytest.approx(1.0)
    assert relative(0.0, 0) == 0.0
    assert relative(1.0, 0.0) is None
    assert relative(1e308, 1e-308) is None
    assert relative("adam", 1) is None
    assert relative(None, 1) is None


def test_long_whole_numbers_stay_exact():
    assert differ(["12345678901234567890", "12345678901234567891"])
    assert not differ(["12345678901234567890", "+12345678901234567890"])


RUN = make(
    PipelineRun, id="gitlab:1:7", project_id="gitlab:1", pipeline_id="gitlab:1:train", connection="gitlab",
    git_project_id=1, git_pipeline_id=7, created=NOW, status="success", ref="main", git_commit_hash="1" * 40,
    params={"lr": "0.01", "note": ""}, metrics={"val_auc": 0.9, "system/cpu": 3.0}, variables={"LR": "0.01"},
    tags={"team": "nlp"}, execution_time=60, job_count=2, labels=["b", "a"],
)  # fmt: skip
TRACKED = make(
    TrackedRun, id="mlflow:a", connection="mlflow", run_id="a", experiment_id="3", name="owl", start=NOW,
    end=NOW + timedelta(seconds=90), params={"lr": "0.1"}, project_id="gitlab:1", parent_run_id="p",
    metrics={"loss": MetricSummary(last=None), "auc": MetricSummary(last=0.5)}, models=["churn"],
    tags={"mlflow.source.git.commit": "abc", "mlflow.user": "x", "team": "nlp"},
    datasets=[DatasetInput(name="d", digest="1"), DatasetInput(name="e")],
)  # fmt: skip


def test_facts_of_a_pipeline_run():
    facts = facts_of(RUN, Known({"gitlab:1": "churn"}, images=["torch:2", "", "py:3", "torch:2"]))
    assert set(facts) == set(SECTIONS)
    assert facts["params"] == {"lr": "0.01", "note": ""}
    assert facts["metrics"] == {"val_auc": 0.9}
    assert facts["system metrics"] == {"system/cpu": 3.0}
    assert facts["variables"] == {"LR": "0.01"}
    assert facts["tags"] == {"team": "nlp"}
    assert facts["run"] == {
        "status": "success", "project": "churn", "pipeline": "train", "kind": "production", "ref": "main",
        "commit": "1" * 40, "image": "py:3, torch:2", "trigger": "unknown", "labels": "a, b", "failed jobs": 0,
    }  # fmt: skip
    assert facts["times"] == {"created": NOW, "took": 60}


def test_params_of_a_pipeline_run_come_from_its_mlflow_runs_where_its_record_has_none():
    newer = replace(TRACKED, id="mlflow:b", params={"lr": "0.2", "opt": "adam"})
    facts = facts_of(replace(RUN, params={}, metrics={}), Known(tracked=[TRACKED, newer]))
    assert facts["params"] == {"lr": "0.2", "opt": "adam"}
    assert facts["metrics"]["auc"] == 0.5
    assert math.isnan(facts["metrics"]["loss"])
    assert facts_of(RUN, Known(tracked=[TRACKED]))["params"] == {"lr": "0.01", "note": ""}


def test_facts_of_an_mlflow_run():
    facts = facts_of(TRACKED, Known({"gitlab:1": "churn", "mlflow:3": "search"}, images=["torch:2"]))
    assert facts["run"] == {
        "status": "RUNNING", "project": "churn", "experiment": "search", "commit": "abc", "image": "torch:2",
        "dataset": "d@1, e", "model": "churn", "parent run": "p",
    }  # fmt: skip
    assert facts["times"] == {"started": NOW, "ended": NOW + timedelta(seconds=90), "took": 90.0}
    assert facts["tags"] == {"team": "nlp"}
    assert facts["variables"] == {}


def compared(**runs: dict[str, dict[str, object]]) -> Comparison:
    comparison = Comparison(list(runs))
    for id_, facts in runs.items():
        comparison.put(id_, facts)
    comparison.refresh()
    return comparison


def values(comparison: Comparison) -> dict[str, list[object]]:
    return {line.key: line.values for line in comparison.lines}


def test_lines_stand_by_section_and_say_whether_they_differ():
    comparison = compared(
        a={"metrics": {"loss": 1.0}, "params": {"lr": "0.01", "b": "x"}, "run": {"commit": "1e1", "status": "s"}},
        b={"metrics": {"loss": 1.0, "auc": 2.0}, "params": {"lr": "1e-2", "B": "y"}, "run": {"commit": "10"}},
    )
    assert values(comparison) == {
        "params:B": [None, "y"],
        "params:b": ["x", None],
        "params:lr": ["0.01", "1e-2"],
        "metrics:auc": [None, 2.0],
        "metrics:loss": [1.0, 1.0],
        "run:status": ["s", None],
        "run:commit": ["1e1", "10"],
    }
    differing = {line.key for line in comparison.lines if line.differs}
    assert differing == {"params:B", "params:b", "metrics:auc", "run:status", "run:commit"}


def test_versions_and_hashes_are_words():
    comparison = compared(
        a={"params": {"torch_version": "1.1", "data.sha": "1e5", "lr": "1.1", "grid": "1"}},
        b={"params": {"torch_version": "1.10", "data.sha": "100000", "lr": "1.10", "grid": "1.0"}},
    )
    assert {line.name for line in comparison.lines if line.differs} == {"torch_version", "data.sha"}


def test_a_run_that_is_dropped_takes_its_lines_along():
    comparison = compared(a={"params": {"x": "1"}}, b={"params": {"y": "1"}}, c={"params": {"y": "1"}})
    comparison.drop("a")
    comparison.refresh()
    assert comparison.ids == ["b", "c"]
    assert (comparison.place("c"), comparison.place("a")) == (1, None)
    assert values(comparison) == {"params:y": ["1", "1"]}
    assert not comparison.lines[0].differs


def test_a_run_that_changed_is_filled_anew():
    comparison = compared(a={"params": {"x": "1"}, "metrics": {"m": 1.0}}, b={"params": {"x": "1"}})
    comparison.put("a", {"metrics": {"m": 2.0}})
    comparison.refresh()
    assert values(comparison) == {"params:x": [None, "1"], "metrics:m": [2.0, None]}


def test_a_run_that_is_named_twice_has_one_column():
    comparison = Comparison(["a", "b", "a"])
    assert comparison.ids == ["a", "b"]


def test_only_metrics_have_a_best_and_only_what_is_measured_or_set_a_difference():
    comparison = compared(
        a={"metrics": {"loss": 1.0}, "params": {"lr": "1"}, "run": {"failed jobs": 1}},
        b={"metrics": {"loss": 2.0}, "params": {"lr": "2"}, "run": {"failed jobs": 2}},
    )
    lines = {line.name: line for line in comparison.lines}
    assert {name: line.best({}) for name, line in lines.items()} == {"loss": {0}, "lr": set(), "failed jobs": set()}
    assert lines["loss"].best({"loss": "max"}) == {1}
    assert (lines["loss"].relative(1, 0), lines["lr"].relative(1, 0), lines["failed jobs"].relative(1, 0)) == (
        1.0, 1.0, None,
    )  # fmt: skip


def test_metrics_stand_in_the_order_that_the_caller_ranks():
    comparison = Comparison(["a"], rank=lambda name: -len(name))
    comparison.put("a", {"metrics": {"b": 1.0, "aaa": 1.0, "cc": 1.0}, "params": {"z": "1", "Y": "2"}})
    comparison.refresh()
    assert [line.name for line in comparison.lines] == ["Y", "z", "aaa", "cc", "b"]
