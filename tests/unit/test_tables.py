"""The columns of runs and of MLflow runs: which there are, what they draw, and how they are chosen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.export.columns import columns_of
from data.model import DatasetInput, MetricSummary, PipelineRun, StageRun, TrackedRun
from data.store.kinds import KINDS
from tui.look import Chosen
from tui.present.runs import COLUMNS, RUNS, run_cells
from tui.present.tracked import SILENT, TRACKED
from tui.table import Scene, Table
from widgets.glyphs import UNICODE, use

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BOTH = [(RUNS, PipelineRun), (TRACKED, TrackedRun)]


@pytest.fixture(autouse=True)
def _unicode():
    use(UNICODE)
    yield
    use(None)


def a_run(**values: Any) -> PipelineRun:
    given: dict[str, Any] = {
        "id": "g:1:42",
        "project_id": "g:1",
        "connection": "g",
        "git_project_id": 1,
        "git_pipeline_id": 42,
        "status": "running",
        "created": NOW - timedelta(minutes=3),
        "start": NOW - timedelta(minutes=2, seconds=11),
    }
    return PipelineRun(**{**given, **values})


def tracked(**values: Any) -> TrackedRun:
    given: dict[str, Any] = {"id": "m:r", "connection": "m", "run_id": "r", "name": "owl", "experiment_id": "3"}
    return TrackedRun(**{**given, "start": NOW - timedelta(hours=1), **values})


def drawn(table: Table[Any], key: str, record: Any, **scene: Any) -> tuple[str, str]:
    """Text and tone of a record's cell."""
    spec = table.spec(key)
    assert spec is not None
    cell = spec.draw(record, Scene(NOW, **scene))
    return cell.text, cell.tone


def full_run() -> PipelineRun:
    return a_run(
        status="failed",
        metrics={"val_auc": 0.913},
        params={"lr": "0.01", "opt": "adam"},
        variables={"GPU": "1"},
        tags={"team": "nlp"},
        labels=("good", "x"),
        experiment="churn-exp",
        dataset="clicks@a1",
        model="churn-model",
        max_memory_usage=2048.0,
        max_cpu_usage=93.4,
        execution_time=131,
        queued_time=61,
        completion=NOW,
        updated=NOW,
        job_count=7,
        success_count=5,
        failed_count=2,
        run_info_id="1ng1g6",
        stages=(StageRun(name="a", status="failed"),),
        git_commit_hash="9f3c2ab177",
        commit_title="Tune",
        error_message="boom\nand more",
        notes="first\nsecond",
        triggered_by="ada",
        api="train",
        ref="main",
        name="n",
        environment="prod",
        run_number=7,
        trigger_type="push",
        mlflow_run_ids=("m:r",),
    )


@pytest.mark.parametrize(("table", "kind"), BOTH)
def test_every_column_can_be_drawn_sorted_by_and_exported(table: Table[Any], kind: type) -> None:
    empty: Any = a_run() if kind is PipelineRun else tracked()
    fields = KINDS[kind].fields
    names = [spec.key for spec in table.specs]
    assert len(set(names)) == len(names)
    for spec in table.specs:
        spec.draw(empty, Scene(NOW))
        assert not spec.sort or (spec.sort in fields and fields[spec.sort].type != "words"), spec.key
        assert spec.column.min_width <= spec.column.width
        if spec.exported:
            assert columns_of(kind, spec.exported) == (spec.exported,)


@pytest.mark.parametrize(("table", "kind"), BOTH)
def test_what_rows_are_grouped_by_is_what_stores_group_by(table: Table[Any], kind: type) -> None:
    assert set(table.groups) <= set(KINDS[kind].group_fields)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("id", ("✗ 42", "")),
        ("status", ("failed", "failed")),
        ("pipeline", ("churn", "")),
        ("metrics.val_auc", ("0.913", "")),
        ("metrics.nothing", ("", "")),
        ("params.lr", ("0.01", "")),
        ("variables.GPU", ("1", "")),
        ("tags.team", ("nlp", "")),
        ("params", ("lr=0.01 opt=adam", "dim")),
        ("labels", ("good x", "accent")),
        ("experiment", ("churn-exp", "")),
        ("dataset", ("clicks@a1", "")),
        ("model", ("churn-model", "")),
        ("memory", ("1.9 GiB", "")),
        ("cpu", ("93%", "")),
        ("took", ("2:11", "")),
        ("queued", ("1:01", "")),
        ("jobs", ("5/7 ✗2", "")),
        ("failed", ("2", "failed")),
        ("run", ("1ng1g6", "dim")),
        ("notes", ("first", "")),
        ("error", ("boom", "failed")),
        ("number", ("7", "dim")),
        ("environment", ("prod", "")),
    ],
)
def test_cells_of_a_run(key: str, expected: tuple[str, str]) -> None:
    assert drawn(RUNS, key, full_run(), names={"g:1": "churn"}) == expected


def test_a_run_with_a_command_under_way_or_gone_from_the_server_says_so() -> None:
    assert drawn(RUNS, "status", a_run(), pending={"g:1:42": "cancel"}) == ("◌ cancel", "pending")
    assert drawn(RUNS, "status", a_run(gone=True)) == ("gone", "dim")


def test_the_time_left_comes_from_runs_of_the_same_pipeline_and_api() -> None:
    run = a_run(pipeline_id="g:1:nightly", api="train")
    like = {("g:1:nightly", "train"): [360.0] * 5, ("g:1:nightly", ""): [9000.0] * 5}
    assert drawn(RUNS, "eta", run, like=like) == ("~4m", "dim")
    assert drawn(RUNS, "eta", a_run(pipeline_id="g:1:nightly", api="other"), like=like) == ("", "dim")


def test_the_best_value_in_sight_is_told_from_the_others() -> None:
    assert drawn(RUNS, "metrics.val_auc", full_run(), best={"metrics.val_auc": 0.913}) == ("0.913", "accent")
    assert drawn(RUNS, "metrics.val_auc", full_run(), best={"metrics.val_auc": 0.95}) == ("0.913", "")


def test_last_least_and_greatest_value_of_a_metric_of_mlflow() -> None:
    run = tracked(metrics={"loss": MetricSummary(last=0.3, min=0.1, max=9.0), "bad": MetricSummary(last=None)})
    assert drawn(TRACKED, "metrics.loss", run) == ("0.3", "")
    assert drawn(TRACKED, "min.loss", run) == ("0.1", "")
    assert drawn(TRACKED, "max.loss", run) == ("9", "")
    assert drawn(TRACKED, "metrics.bad", run) == ("NaN", "warning")
    assert drawn(TRACKED, "min.bad", run) == ("", "")
    assert drawn(TRACKED, "max.none", run) == ("", "")


def test_an_mlflow_run_left_behind_its_job_is_marked() -> None:
    assert drawn(TRACKED, "status", tracked(ended_as="canceled")) == ("! left, canceled", "warning")
    assert drawn(TRACKED, "took", tracked(ended_as="canceled")) == ("", "")
    assert drawn(TRACKED, "status", tracked(status="FINISHED", ended_as="success")) == ("✓ finished", "success")
    assert drawn(TRACKED, "status", tracked()) == ("● running", "running")
    assert drawn(TRACKED, "took", tracked()) == ("1:00:00", "")


def test_a_running_mlflow_run_that_is_silent_is_marked() -> None:
    lately, long_ago = NOW - timedelta(seconds=40), NOW - SILENT - timedelta(seconds=1)
    assert drawn(TRACKED, "logged", tracked(last_logged=lately)) == ("40s", "running")
    assert drawn(TRACKED, "logged", tracked(last_logged=long_ago)) == ("! 15m", "warning")
    assert drawn(TRACKED, "logged", tracked(status="FINISHED", last_logged=long_ago)) == ("15m", "dim")


def test_a_nested_mlflow_run_is_set_off() -> None:
    assert drawn(TRACKED, "name", tracked(parent_run_id="p")) == ("↳ owl", "")
    assert drawn(TRACKED, "name", tracked(name="")) == ("r", "")


def test_more_of_an_mlflow_run() -> None:
    run = tracked(
        params={"b": "2", "a": "1"},
        datasets=(DatasetInput(name="clicks", digest="a1"), DatasetInput(name="views")),
        pipeline_run_id="g:1:42",
        tags={"team": "nlp"},
        note="one\ntwo",
    )
    assert drawn(TRACKED, "params", run) == ("a=1 b=2", "dim")
    assert drawn(TRACKED, "dataset", run) == ("clicks@a1 views", "")
    assert drawn(TRACKED, "pipeline", run) == ("#42", "accent")
    assert drawn(TRACKED, "experiment", run, experiments={"m:3": "churn"}) == ("churn", "")
    assert drawn(TRACKED, "experiment", run) == ("3", "")
    assert drawn(TRACKED, "tags.team", run) == ("nlp", "")
    assert drawn(TRACKED, "notes", run) == ("one", "")


# Choosing


def test_nothing_chosen_is_the_tables_own() -> None:
    assert RUNS.chosen(()) == RUNS.shown
    assert RUNS.chosen([Chosen("no such"), Chosen("metrics.")]) == RUNS.shown


def test_columns_stand_in_the_chosen_order_with_the_chosen_widths() -> None:
    chosen = [Chosen("ref", 30), Chosen("metrics.val_auc"), Chosen("id"), Chosen("ref"), Chosen("gone")]
    specs = RUNS.chosen(chosen)
    assert [spec.key for spec in specs] == ["ref", "metrics.val_auc", "id"]
    assert RUNS.chosen([Chosen("ref", 30)])[0].column.width == 30
    assert RUNS.chosen([Chosen("ref", 30)])[0].column.flex == 0


def test_a_metric_with_dots_and_slashes_is_one_column() -> None:
    spec = RUNS.spec("metrics.system/gpu.0")
    assert spec is not None
    assert spec.column.title == "system/gpu.0"
    assert spec.sort == "metrics.system/gpu.0"
    assert RUNS.spec("min.loss") is None, "runs of pipelines know the last value only"


def test_cells_for_the_command_line_are_those_of_the_tables_own_columns() -> None:
    cells = run_cells(a_run(), {"g:1": "churn"}, [360.0] * 5, NOW)
    assert [column.key for column in COLUMNS][:3] == ["id", "status", "pipeline"]
    assert {c.key: cell.text for c, cell in zip(COLUMNS, cells, strict=True)}["eta"] == "~4m"
