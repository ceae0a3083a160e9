"""`export`: histories, last values and params as files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, fill
from tests.compared import tracked_world


@pytest.fixture(autouse=True)
def filled(store_file) -> None:
    fill(store_file, tracked_world(5))


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_histories_of_a_metric(invoke: Invoke) -> None:
    done = invoke("--no-engine", "export", "metrics", "sweep000", "sweep001", "--key", "^val")
    rows = read(done.out)
    assert (done.code, len(rows)) == (0, 120)
    assert {row["metric"] for row in rows} == {"val_auc"}
    assert rows[0] == {
        "run": "mlflow:sweep000", "name": "tidy-fox-0", "metric": "val_auc", "step": "0",
        "time": "2026-03-02T12:00:00Z", "value": repr(0.9 / 60), "sampled": "false",
    }  # fmt: skip


def test_histories_of_a_pipeline_run(invoke: Invoke) -> None:
    done = invoke("--no-engine", "export", "metrics", "#100", "--format", "jsonl")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert {(row["run"], row["name"]) for row in rows} == {("mlflow:run100", "churn #100")}
    assert len(rows) == 120


def test_histories_that_are_here_ask_no_engine(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("an engine was asked for")

    monkeypatch.setattr("tui.cli.waiting.start_engine", never)
    assert len(read(invoke("export", "metrics", "sweep000", "--key", "auc").out)) == 60


def test_last_values_and_params(invoke: Invoke) -> None:
    last = read(invoke("export", "metrics", "--where", "sweep", "--tracked", "--last", "--key", "auc").out)
    assert len(last) == 5
    assert (last[1]["value"], last[1]["max_step"]) == ("0.97", "59")
    params = read(invoke("export", "params", "sweep001", "--key", "lr|comment").out)
    assert [(row["param"], row["value"]) for row in params] == [("comment", ""), ("lr", "1e-2")]


def test_a_file_gets_its_format_from_its_ending_and_is_not_written_over(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "params.jsonl"
    done = invoke("export", "params", "sweep001", "-o", str(path))
    assert (done.code, done.out) == (0, "")
    assert "wrote 5 rows" in done.err
    assert len(path.read_text().splitlines()) == 5
    again = invoke("export", "params", "sweep000", "-o", str(path))
    assert again.code == 2
    assert "exists already" in again.err
    assert len(path.read_text().splitlines()) == 5
    assert invoke("export", "params", "sweep000", "-o", str(path), "--replace").code == 0
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["metrics"], 2, "name the runs, or give --where"),
        (["params", "sweep000", "-o", "x.xls"], 2, "the ending names no format"),
        (["params", "sweep000", "--key", "["], 2, "no regular expression"),
        (["params", "nobody"], 3, "there is no run nobody"),
        (["params", "#100", "sweep000"], 2, "--tracked"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence(invoke: Invoke, words: list[str], code: int, said: str) -> None:
    done = invoke("export", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_nothing_to_export_is_said(invoke: Invoke) -> None:
    done = invoke("export", "params", "sweep000", "--key", "zzz")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert "these runs have no params of such a name" in done.err


def test_an_engine_is_asked_for_histories_that_are_not_here(
    invoke: Invoke, store_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in for an engine does what viewers ask for in the store."""
    import asyncio
    from datetime import UTC, datetime

    from data.model import MetricSeries
    from data.store.open import open_store

    served: list[str] = []

    class Engine:
        running = True

        def stop(self) -> None:
            self.running = False

    async def serve() -> None:
        store = await open_store(store_file)
        for interest in await store.interests(datetime.now(UTC)):
            served.append(interest.topic)
            _, connection, run, key = interest.topic.split(":")
            id_ = f"{connection}:{run}"
            await store.put([MetricSeries(id=f"{id_}:{key}", tracked_run_id=id_, key=key, steps=(0, 59), times=(0, 1),
                                          values=(1.0, 2.0))])  # fmt: skip
        await store.close()

    def start(_context: object) -> Engine:
        asyncio.run(serve())
        return Engine()

    monkeypatch.setattr("tui.cli.waiting.start_engine", start)
    done = invoke("export", "metrics", "sweep000", "--key", "epoch|val", "--format", "jsonl")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert served == ["metric:mlflow:sweep000:epoch"]
    assert [row["value"] for row in rows if row["metric"] == "epoch"] == [1.0, 2.0]
    assert sum(row["metric"] == "val_auc" for row in rows) == 60


def test_what_does_not_come_in_time_is_told(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        running = True

        def stop(self) -> None:
            self.running = False

    monkeypatch.setattr("tui.cli.waiting.start_engine", lambda _: Engine())
    done = invoke("export", "metrics", "sweep000", "--key", "epoch|val", "--timeout", "0")
    assert done.code == 0
    assert "1 of 1 histories did not come within 0 s" in done.err
    assert {row["metric"] for row in read(done.out)} == {"val_auc"}
