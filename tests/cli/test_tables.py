"""`runs` and `tracked` in every format: columns, order, time windows, groups."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

import pytest
from msgspec.structs import replace

from data.model import PipelineRun, Project
from tests import world
from tests.cli.conftest import Invoke, fill
from tests.compared import sweep, tracked_world

RUNS = list({record.id: record for record in world.records() if isinstance(record, PipelineRun)}.values())
"""The runs of the store: a later record of an id replaces an earlier one."""


@pytest.fixture(autouse=True)
def filled(store_file) -> None:
    fill(store_file, tracked_world(5))


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_has_all_runs_with_the_usual_columns(invoke: Invoke) -> None:
    done = invoke("runs", "--format", "csv")
    rows = read(done.out)
    assert (done.code, done.err) == (0, "")
    assert {row["id"] for row in rows} == {run.id for run in RUNS}
    assert list(rows[0])[:6] == ["id", "project", "pipeline", "number", "status", "kind"]
    assert done.out.split("\n")[0].endswith("\r")


def test_columns_metrics_and_params_are_chosen(invoke: Invoke) -> None:
    words = "--format jsonl --columns id,status,metric.val_auc,param.lr,took --sort -metric.val_auc --limit 3"
    done = invoke("runs", *words.split())
    rows = [json.loads(line) for line in done.out.splitlines()]
    best = sorted((run for run in RUNS if "val_auc" in run.metrics), key=lambda run: -run.metrics["val_auc"])[:3]
    assert [row["id"] for row in rows] == [run.id for run in best]
    assert rows[0] == {
        "id": best[0].id, "status": best[0].status, "metric.val_auc": best[0].metrics["val_auc"], "param.lr": None,
        "took": best[0].execution_time,
    }  # fmt: skip


def test_formats_say_the_same(invoke: Invoke) -> None:
    words = ["tracked", "label:none", "or", "sweep", "--columns", "run_id,param.lr,metric.val_auc"]
    as_json = json.loads(invoke(*words, "--format", "json").out)
    assert [json.loads(line) for line in invoke(*words, "--format", "jsonl").out.splitlines()] == as_json
    assert [row["param.lr"] for row in read(invoke(*words, "--format", "csv").out)] == [
        one["param.lr"] for one in as_json
    ]
    text = invoke(*words, "--format", "text").out.splitlines()
    assert text[0].split() == ["run_id", "param.lr", "metric.val_auc"]
    assert len(text) == len(as_json) + 1 == 6
    assert invoke(*words, "--format", "md").out.startswith("| run\\_id | param.lr | metric.val\\_auc |\n| --- |")


def test_a_pattern_stands_for_all_metrics_of_the_runs(invoke: Invoke) -> None:
    done = invoke("tracked", "sweep001", "--format", "csv", "--columns", "run_id,metric.*")
    assert list(read(done.out)[0]) == [
        "run_id", *(f"metric.{key}" for key in sorted(sweep(2)[1].metrics)),
    ]  # fmt: skip


def test_tracked_lists_mlflow_runs(invoke: Invoke) -> None:
    done = invoke("tracked", "--limit", "2")
    assert done.out.splitlines()[0].split() == [
        "run_id", "name", "status", "project", "experiment", "by", "started", "took",
    ]  # fmt: skip
    assert len(done.out.splitlines()) == 3
    assert "tidy-fox-0" in done.out
    assert [one["id"] for one in invoke("tracked", "sweep", "--json").json] == [run.id for run in sweep(5)]


def test_numbers_are_filtered_as_numbers(invoke: Invoke) -> None:
    done = invoke("tracked", "param.lr=0.01", "--format", "csv", "--columns", "run_id,param.lr")
    assert {row["run_id"]: row["param.lr"] for row in read(done.out)} == {
        "run100": "0.01", "run103": "0.01", "sweep000": "0.01", "sweep001": "1e-2", "sweep003": "0.01",
        "sweep004": "1e-2",
    }  # fmt: skip


def test_a_time_window_adds_to_the_filter(invoke: Invoke, store_file) -> None:
    done = invoke("tracked", "label:none", "or", "sweep", "--since", "2026-03-02T10:30", "--before", "2026-03-02T11:30",
                  "--format", "csv", "--columns", "run_id")  # fmt: skip
    assert [row["run_id"] for row in read(done.out)] == ["sweep001"]


def test_runs_are_counted_in_groups(invoke: Invoke) -> None:
    rows = [json.loads(line) for line in invoke("runs", "--group", "by", "--format", "jsonl").out.splitlines()]
    wanted = {name: [run for run in RUNS if run.triggered_by == name] for name in (*world.PEOPLE, "")}
    assert {row["by"]: row["count"] for row in rows} == {name: len(runs) for name, runs in wanted.items()}
    ada = next(row for row in rows if row["by"] == "ada")
    assert ada["failed"] == sum(run.status == "failed" for run in wanted["ada"])
    assert "best" not in ada


@pytest.mark.parametrize("named", ["pipeline", "pipeline_id"])
def test_pipelines_of_one_name_are_groups_of_their_own(invoke: Invoke, named: str) -> None:
    rows = read(invoke("runs", "--group", named, "--format", "csv").out)
    paths = {record.id: record.path for record in world.records() if isinstance(record, Project)}
    counts = Counter(run.pipeline_id for run in RUNS)
    assert len(counts) > 1 and {id_.rpartition(":")[2] for id_ in counts} == {"default", ""}
    assert {row["pipeline_id"]: int(row["count"]) for row in rows} == counts
    named_as = {f"{id_}:default": f"{path}/default" for id_, path in paths.items()}
    assert all(row["pipeline"] == named_as.get(row["pipeline_id"], "") for row in rows)
    plain = invoke("runs", "--group", named).out.splitlines()
    assert plain[0].split() == ["pipeline", "count", "succeeded", "failed", "active", "newest"]
    assert {row["pipeline"] for row in rows} - {""} <= {line.split()[0] for line in plain[1:]}


def test_groups_tell_the_best_value_of_a_metric(invoke: Invoke) -> None:
    done = invoke("runs", "--group", "ref", "--sort", "-metric.val_auc", "--format", "jsonl")
    for row in map(json.loads, done.out.splitlines()):
        values = [run.metrics["val_auc"] for run in RUNS if run.ref == row["ref"] and "val_auc" in run.metrics]
        assert row["best"] == (max(values) if values else None)


def test_experiments_are_named_in_groups(invoke: Invoke) -> None:
    done = invoke("tracked", "--group", "experiment")
    assert done.out.splitlines()[0].split() == ["experiment", "count", "succeeded", "failed", "active", "newest"]
    assert {line.split()[0] for line in done.out.splitlines()[1:]} == {"churn-sweep", "churn-experiment"}
    rows = read(invoke("tracked", "--group", "experiment", "--format", "csv").out)
    told = {(row["experiment"], row["experiment_id"]) for row in rows}
    assert told == {("churn-sweep", "9"), ("churn-experiment", "1")}


def test_why_least_and_greatest_values_have_no_order_is_said(invoke: Invoke) -> None:
    done = invoke("tracked", "--sort", "-max.val_auc")
    assert (done.code, done.out) == (2, "")
    assert "only the last values of metrics have an order" in done.err
    assert "--sort -metric.val_auc" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--columns", "statsu"], "did you mean status?"),
        (["--sort", "nonsense"], "cannot sort by nonsense"),
        (["--group", "nonsense"], "fields are pipeline, commit"),
        (["--group", "ref", "--sort", "took"], "--sort metric.KEY"),
        (["--json", "--columns", "id"], "--format json"),
        (["--since", "never"], "`never` is not a time"),
        (["--format", "xml"], "xml"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(invoke: Invoke, words: list[str], said: str) -> None:
    done = invoke("runs", *words)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


def test_help_shows_the_filter_language(invoke: Invoke) -> None:
    for command in (["runs"], ["tracked"], ["compare"], ["export", "metrics"]):
        text = invoke(*command, "--help").out
        assert "param.lr=0.01" in text
        assert "since:7d" in text


def test_texts_that_a_spreadsheet_would_run_are_made_safe_on_request(invoke: Invoke, store_file) -> None:
    run = replace(sweep(1)[0], params={"cmd": "=cmd|' /C calc'!A0"})
    fill(store_file, [run])
    words = ["tracked", "sweep000", "--format", "csv", "--columns", "param.cmd"]
    assert read(invoke(*words).out)[0]["param.cmd"].startswith("=")
    assert read(invoke(*words, "--spreadsheet").out)[0]["param.cmd"].startswith("'=")


def test_nothing_found_is_said_and_the_table_is_empty(invoke: Invoke) -> None:
    done = invoke("tracked", "zzz", "--format", "csv")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert "no MLflow runs fit the filter" in done.err


def test_the_usual_columns_are_a_promise(invoke: Invoke) -> None:
    """Scripts rely on them: one may be added at the end; one that goes or is renamed breaks them."""
    runs = invoke("runs", "--format", "csv", "--limit", "1").out.splitlines()[0]
    assert runs.startswith(
        "id,project,pipeline,number,status,kind,source,by,ref,sha,created,started,ended,took,queued,experiment,dataset,"
        "model,run,url"
    )
    tracked = invoke("tracked", "--format", "csv", "--limit", "1").out.splitlines()[0]
    assert tracked.startswith(
        "id,project,experiment,name,status,by,sha,started,ended,took,dataset,model,pipeline_run_id,parent_run_id"
    )
    compared = invoke("compare", "sweep000", "sweep001", "--format", "csv").out.splitlines()[0]
    assert compared == "section,name,differs,best,mlflow:sweep000,mlflow:sweep001"
    histories = invoke("--no-engine", "export", "metrics", "sweep000").out.splitlines()[0]
    assert histories == "run,name,metric,step,time,value,sampled"
