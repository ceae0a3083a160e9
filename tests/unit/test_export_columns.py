"""Columns of runs: names that people give, and the values behind them."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from data.errors import UsageError
from data.export.columns import PLAIN, columns_of, getter, name_of, spelled_out
from data.model import MetricSummary, PipelineRun, TrackedRun, make
from tests.compared import sweep
from tests.world import NOW

RUN = make(
    PipelineRun, id="gitlab:1:7", project_id="gitlab:1", pipeline_id="gitlab:1:train", connection="gitlab",
    git_project_id=1, git_pipeline_id=7, created=NOW, status="success", triggered_by="ada", git_commit_hash="abc",
    params={"lr": "0.01", "note": "", "a.b": "x"}, metrics={"val_auc": 0.9, "val auc": 0.8}, tags={"team": "nlp"},
    variables={"LR": "1"}, execution_time=60, labels=["b", "a"], trigger_type="push", web_url="https://x/7",
)  # fmt: skip
NAMES = {"gitlab:1": "churn", "mlflow:9": "sweep"}


def values(kind, record, text):
    return {column: getter(kind, column, NAMES)(record) for column in columns_of(kind, text)}


def test_columns_of_a_run():
    text = 'id,project,pipeline,number,by,sha,commit,took,source,metric.val_auc,metrics."val auc",param.a.b,params.note'
    assert values(PipelineRun, RUN, text) == {
        "id": "gitlab:1:7", "project": "churn", "pipeline": "train", "number": 7, "by": "ada", "sha": "abc",
        "took": 60, "source": "push", "metric.val_auc": 0.9, "metric.val auc": 0.8, "param.a.b": "x", "param.note": "",
    }  # fmt: skip


def test_fields_of_the_record_itself_are_columns_and_what_nobody_knows_is_missing():
    found = values(PipelineRun, RUN, "git_commit_hash,labels,ref,metric.nope,variable.LR,tag.team,url,completion")
    assert found == {
        "git_commit_hash": "abc", "labels": ("b", "a"), "ref": None, "metric.nope": None, "variable.LR": "1",
        "tag.team": "nlp", "url": "https://x/7", "completion": None,
    }  # fmt: skip


def test_columns_of_an_mlflow_run():
    run = sweep(4)[3]
    text = "name,experiment,project,by,sha,dataset,metric.loss,metric.val_auc,min.val_auc,max.val_auc,took,status"
    found = values(TrackedRun, run, text)
    assert math.isnan(found.pop("metric.loss"))
    assert found == {
        "name": "tidy-fox-3", "experiment": "sweep", "project": "churn", "by": "chen", "sha": "2c0ffee" * 5,
        "dataset": ["churn@d1"], "metric.val_auc": 0.91, "min.val_auc": 0.455, "max.val_auc": 0.91,
        "took": 780.0, "status": "FAILED",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [PipelineRun, TrackedRun])
def test_the_usual_columns_can_be_read_and_added_to(kind):
    record = RUN if kind is PipelineRun else sweep(1)[0]
    assert columns_of(kind, "") == PLAIN[kind]
    assert tuple(values(kind, record, "")) == PLAIN[kind]
    assert columns_of(kind, "+metric.*,+id,+labels") == (*PLAIN[kind], "metric.*", "labels")


def test_mappings_of_the_record_are_columns_as_well():
    assert values(PipelineRun, RUN, "variables,tags") == {"variables": {"LR": "1"}, "tags": {"team": "nlp"}}


@pytest.mark.parametrize(("text", "hint"), [("statsu", "status"), ("metric.", "metric.<key>"), ("nonsense.x", "took")])
def test_an_unknown_column_says_what_there_is(text, hint):
    with pytest.raises(UsageError) as caught:
        columns_of(PipelineRun, f"id,{text}")
    assert text in caught.value.message
    assert hint in caught.value.hint


def test_variables_are_those_of_pipeline_runs_only():
    with pytest.raises(UsageError):
        columns_of(TrackedRun, "variable.LR")
    with pytest.raises(UsageError):
        columns_of(PipelineRun, "min.loss")


def test_patterns_stand_for_the_columns_that_runs_have():
    found: dict[str, set[str]] = {}
    other = replace(RUN, metrics={"val_f1": 1.0, "loss": 2.0})
    spelled_out(["id", "metric.val*", "param.*"], [RUN], found)
    spelled_out(["id", "metric.val*", "param.*"], [other], found)
    assert sorted(found["metric.val*"]) == ["metric.val auc", "metric.val_auc", "metric.val_f1"]
    assert sorted(found["param.*"]) == ["param.a.b", "param.lr", "param.note"]


def test_runs_have_names():
    assert name_of(RUN, NAMES) == "churn #7"
    assert name_of(sweep(1)[0], NAMES) == "tidy-fox-0"
    assert name_of(make(TrackedRun, id="m:x", connection="m", run_id="x"), {}) == "x"


def test_a_metric_without_a_value_is_not_a_number_and_one_without_extremes_misses_them():
    run = make(TrackedRun, id="m:x", connection="m", run_id="x", metrics={"a": MetricSummary(last=None)})
    found = values(TrackedRun, run, "metric.a,min.a,metric.b")
    assert math.isnan(found["metric.a"])
    assert (found["min.a"], found["metric.b"]) == (None, None)
