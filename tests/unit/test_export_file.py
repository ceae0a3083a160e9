"""Tables as files: whole or not at all, and never over another file by accident."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.errors import UsageError
from data.export import Draft, Row, Table, save
from data.export.tables import (
    history_table,
    metric_table,
    param_table,
    run_table,
    selection,
    tables,
    whole,
    without_patterns,
)
from data.model import MetricSummary, PipelineRun, TrackedRun
from data.model.run import SUMMED_UP
from data.store.open import open_store
from tests.compared import tracked_world
from tests.world import records

TABLE = Table.of("numbers", ["n", "text"], [(1, "a"), (2, None)])


async def rows_of(table: Table) -> list[Row]:
    return [row async for page in table.pages() for row in page]


async def test_a_file_is_written_whole(tmp_path: Path):
    told: list[int] = []
    assert await save(TABLE, tmp_path / "n.csv", "csv", told=told.append) == 2
    assert (tmp_path / "n.csv").read_bytes() == b"n,text\r\n1,a\r\n2,\r\n"
    assert told == [2]
    assert os.listdir(tmp_path) == ["n.csv"]


async def test_no_file_is_written_over_without_being_asked(tmp_path: Path):
    path = tmp_path / "n.csv"
    path.write_text("mine")
    path.chmod(0o640)
    with pytest.raises(UsageError, match="exists already"):
        await save(TABLE, path, "csv")
    assert path.read_text() == "mine"
    await save(TABLE, path, "jsonl", replace=True)
    assert path.read_text().startswith('{"n": 1')
    assert path.stat().st_mode & 0o777 == 0o640


async def test_a_file_that_came_meanwhile_is_left_alone(tmp_path: Path):
    path = tmp_path / "n.csv"
    with pytest.raises(UsageError), Draft(path) as draft:
        draft.write("late")
        path.write_text("early")
    assert path.read_text() == "early"
    assert os.listdir(tmp_path) == ["n.csv"]


async def test_nothing_is_left_of_an_export_that_fails_or_is_given_up(tmp_path: Path):
    begun = asyncio.Event()

    async def pages() -> AsyncIterator[Sequence[Row]]:
        yield [(1,)]
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(save(Table(name="x", columns=("n",), pages=pages), tmp_path / "x.csv", "csv"))
    await asyncio.wait_for(begun.wait(), 10)
    assert len(os.listdir(tmp_path)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert os.listdir(tmp_path) == []


async def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path):
    with pytest.raises(UsageError, match="no such file"):
        await save(TABLE, tmp_path / "no" / "n.csv", "csv")


@pytest.fixture
async def store(tmp_path: Path):
    opened = await open_store(tmp_path / "s.db")
    await opened.put([*records(), *tracked_world(5)])
    yield opened
    await opened.close()


async def test_runs_come_page_by_page_in_their_order(store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("data.export.tables.PAGE", 7)
    runs = selection(store, PipelineRun)
    table = run_table(PipelineRun, runs, ("id", "number"), {})
    sizes = [len(page) async for page in table.pages()]
    everything = await rows_of(table)
    assert max(sizes) == 7
    assert len(everything) == sum(sizes) == await store.count(PipelineRun)
    limited = await rows_of(run_table(PipelineRun, selection(store, PipelineRun, limit=10), ("id",), {}))
    assert limited == [[row[0]] for row in everything[:10]]


async def test_marked_runs_keep_their_order_and_unknown_ones_are_left_out(store):
    runs = selection(store, TrackedRun, ids=["mlflow:sweep002", "mlflow:nope", "mlflow:sweep000"])
    rows = await rows_of(run_table(TrackedRun, runs, ("id",), {}))
    assert rows == [["mlflow:sweep002"], ["mlflow:sweep000"]]


async def test_patterns_are_spelled_out_by_what_the_runs_have(store):
    runs = selection(store, TrackedRun, ids=["mlflow:sweep000", "mlflow:sweep001"])
    columns = await without_patterns(("id", "param.*", "metric.*auc"), runs)
    assert columns == (
        "id", "param.batch", "param.comment", "param.files", "param.lr", "param.optimizer", "metric.val_auc",
    )  # fmt: skip


async def test_metrics_params_and_histories(store):
    runs = selection(store, TrackedRun, ids=["mlflow:sweep001"])
    metrics = await rows_of(metric_table(store, runs, {}, keys="auc"))
    assert [row[:4] for row in metrics] == [("mlflow:sweep001", "tidy-fox-1", "val_auc", 0.97)]
    assert metrics[0][6:] == (0.485, 0, 0.97, 59, False)
    params = await rows_of(param_table(store, runs, {}, keys="^l"))
    assert params == [("mlflow:sweep001", "tidy-fox-1", "lr", "1e-2")]
    history = await rows_of(history_table(store, runs, {}, keys="loss"))
    assert len(history) == 60
    everything = history_table(store, runs, {})
    assert (everything.remark(), len(await rows_of(everything))) == ("", 120)
    assert everything.remark() == "3 of 5 histories not read yet"
    assert history[0][:4] == ("mlflow:sweep001", "tidy-fox-1", "loss", 0)
    assert history[59][5] == pytest.approx(1 / 3)


async def test_histories_of_pipeline_runs_are_those_of_their_mlflow_runs(store):
    runs = selection(store, PipelineRun, ids=["gitlab:1:100", "gitlab:1:103"])
    rows = await rows_of(history_table(store, runs, {"gitlab:1": "churn"}))
    assert {row[:3] for row in rows} == {
        ("mlflow:run100", "churn #100", "loss"), ("mlflow:run100", "churn #100", "val_auc"),
        ("mlflow:run103", "churn #103", "loss"), ("mlflow:run103", "churn #103", "val_auc"),
    }  # fmt: skip
    assert len(rows) == 240


async def test_everything_of_some_runs(store):
    names = [table.name for table in tables(store, TrackedRun, selection(store, TrackedRun), ("id",), {})]
    assert names == ["runs", "metrics", "params", "histories"]


async def test_what_a_run_has_no_room_for_comes_from_its_mlflow_runs(store):
    names = [f"m{number:04}" for number in range(SUMMED_UP + 40)]
    long = "x" * 3_000
    old = TrackedRun(
        id="mlflow:old", connection="mlflow", run_id="old", pipeline_run_id="gitlab:1:100",
        metrics={name: MetricSummary(last=1.0) for name in names}, params={"note": "short"},
    )  # fmt: skip
    new = TrackedRun(
        id="mlflow:new", connection="mlflow", run_id="new", pipeline_run_id="gitlab:1:100", params={"note": long},
        metrics={names[-1]: MetricSummary(last=2.0, step=7, min=0.5, min_step=3), "loss": MetricSummary(last=None)},
    )  # fmt: skip
    run = await store.get(PipelineRun, "gitlab:1:100")
    summed_up = replace(
        run, mlflow_run_ids=("mlflow:old", "mlflow:new"), metrics=dict.fromkeys(names[:SUMMED_UP], 1.0),
        params={"note": long[:999] + "…"},
    )  # fmt: skip
    await store.put([old, new, summed_up])
    runs = selection(store, PipelineRun, ids=[run.id])
    rows = {row[2]: row for row in await rows_of(metric_table(store, runs, {}))}
    assert rows.keys() == {*names, "loss"}
    assert rows[names[-1]][3:8] == (2.0, 7, None, 0.5, 3)
    assert math.isnan(rows["loss"][3])
    assert await rows_of(param_table(store, runs, {"gitlab:1": "churn"})) == [(run.id, "churn #100", "note", long)]
    columns = (f"metric.{names[-1]}", "metric.m0001", "param.note")
    assert await rows_of(run_table(PipelineRun, whole(store, runs, columns), columns, {})) == [[2.0, 1.0, long]]
