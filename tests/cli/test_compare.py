"""`compare`: what differs between runs, for people and for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.conftest import Invoke, fill
from tests.compared import sweep, tracked_world


@pytest.fixture(autouse=True)
def filled(store_file) -> None:
    fill(store_file, tracked_world(5))


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_people_see_what_differs_under_headings(invoke: Invoke) -> None:
    done = invoke("compare", "#100", "#103")
    lines = done.out.splitlines()
    assert lines[0].split() == ["churn", "#100", "churn", "#103"]
    assert "run" in lines
    assert next(line for line in lines if line.startswith("  status")).split() == ["status", "running", "failed"]
    assert "lr" not in done.out  # both ran with 0.01
    assert "  lr " in invoke("compare", "#100", "#103", "--all").out


def test_mlflow_runs_are_named_by_name_or_id(invoke: Invoke) -> None:
    done = invoke("compare", "tidy-fox-0", "sweep001", "mlflow:sweep002", "--format", "csv")
    rows = {row["name"]: row for row in read(done.out)}
    assert list(rows["batch"])[4:] == ["mlflow:sweep000", "mlflow:sweep001", "mlflow:sweep002"]
    assert rows["val_auc"]["best"] == "mlflow:sweep001"
    assert rows["comment"]["mlflow:sweep000"] == rows["comment"]["mlflow:sweep001"] == ""
    assert '"",with warm-up' in done.out  # missing, then empty, then a text
    assert "optimizer" not in rows


def test_json_has_values_by_run(invoke: Invoke) -> None:
    done = invoke("compare", "sweep000", "sweep003", "--format", "jsonl")
    rows = {row["name"]: row for row in map(json.loads, done.out.splitlines())}
    assert rows["loss"] == {
        "section": "metrics", "name": "loss", "differs": True, "direction": "min", "best": [],
        "values": {"mlflow:sweep000": 0.5, "mlflow:sweep003": "NaN"},
    }  # fmt: skip
    assert rows["test/f1"]["values"] == {"mlflow:sweep003": 0.8}
    assert "lr" not in rows


def test_runs_that_match_a_filter_are_compared(invoke: Invoke) -> None:
    words = ["--where", "sweep", "--tracked", "--sort", "-metric.val_auc", "--metric", "auc", "--format", "json"]
    rows = json.loads(invoke("compare", *words).out)
    assert [row["name"] for row in rows] == ["val_auc"]
    best = sorted(sweep(5), key=lambda run: -(run.metrics["val_auc"].last or 0))
    assert list(rows[0]["values"]) == [run.id for run in best]


def test_a_baseline_adds_relative_differences(invoke: Invoke) -> None:
    words = ["compare", "sweep000", "sweep001", "--baseline", "sweep000", "--metric", "auc"]
    row = read(invoke(*words, "--format", "csv").out)[0]
    assert float(row["mlflow:sweep001 relative"]) == pytest.approx(0.97 / 0.9 - 1)
    nested = json.loads(invoke(*words, "--format", "json").out)[0]
    assert list(nested["relative"]) == ["mlflow:sweep001"]
    assert "+7.8%" in invoke(*words).out


def test_only_metrics_or_params_of_a_name(invoke: Invoke) -> None:
    names = [row["name"] for row in read(invoke("compare", "sweep000", "sweep001", "--param", "^b|file", "--metric",
                                                "loss", "--all", "--format", "csv").out)]  # fmt: skip
    assert names == ["batch", "files", "loss"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "name the runs, or give --where"),
        (["#100", "--where", "x"], 2, "name the runs, or give --where"),
        (["#100", "#9999"], 3, "there is no run #9999"),
        (["#100", "sweep000"], 2, "--tracked"),
        (["--where", "zzz"], 2, "no run matches"),
        (["#100", "#103", "--metric", "("], 2, "no regular expression"),
        (["sweep000", "sweep001", "--baseline", "#100"], 3, "there is no MLflow run #100"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(invoke: Invoke, words: list[str], code: int, said: str) -> None:
    done = invoke("compare", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_twins_do_not_differ(invoke: Invoke) -> None:
    done = invoke("compare", "sweep000", "sweep000")
    assert (done.code, done.out) == (0, "")
    assert "there is only one run to compare" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sweep000"], "there is only one run to compare; --all shows it"),
        (["sweep000", "sweep001", "--metric", "no_such"], "nothing that matches differs"),
        (["sweep000", "sweep001", "--metric", "no_such", "--all"], "no line matches"),
    ],
)
def test_what_is_empty_says_why(invoke: Invoke, words: list[str], said: str) -> None:
    done = invoke("compare", *words)
    assert (done.code, done.out) == (0, "")
    assert said in done.err


def test_long_values_are_whole_in_a_pipe(invoke: Invoke) -> None:
    from tests.compared import LONG

    assert LONG in invoke("compare", "sweep000", "sweep001").out
