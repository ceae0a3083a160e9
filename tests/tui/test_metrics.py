"""The screen of charts: what it reads from the store, what it asks for, and what its keys do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from data.model import MetricSeries, MetricSummary, Record, TrackedRun, make
from tests.tui.stage import change, dashboard, last_line, line_with, playing, press, settle, shown, top, type_text
from tests.world import NOW
from tui.screens.metrics import MetricsScreen
from widgets import chartpaint

START = NOW - timedelta(minutes=30)
KEYS = ("grad_norm", "loss", "lr", "system/gpu_0_utilization_percentage", "val_auc")


def series(run: str, key: str, steps: Sequence[int], *, sampled: bool = False, lift: float = 0.0) -> MetricSeries:
    begin = round(START.timestamp() * 1000)
    return MetricSeries(
        id=f"{run}:{key}",
        tracked_run_id=run,
        key=key,
        steps=tuple(steps),
        times=tuple(begin + 1000 * step for step in steps),
        values=tuple(math.exp(-step / 40) + lift for step in steps),
        sampled=sampled,
        fetched=datetime(2026, 3, 3, tzinfo=UTC),
    )


def run(number: int, keys: Sequence[str] = KEYS, *, status: str = "FINISHED", last: int = 99) -> TrackedRun:
    return make(
        TrackedRun,
        id=f"mlflow:r{number}",
        connection="mlflow",
        run_id=f"r{number}",
        name=f"owl-{number}",
        status=status,
        start=START,
        end=NOW if status == "FINISHED" else None,
        metrics={key: MetricSummary(last=1.0, step=last) for key in keys},
    )


def world(runs: int = 2) -> list[Record]:
    numbers = range(1, runs + 1)
    histories = [series(f"mlflow:r{n}", key, range(100), lift=0.1 * n) for n in numbers for key in KEYS]
    return [*(run(n) for n in numbers), *histories]


async def open_metrics(pilot: Pilot[str], *ids: str, title: str = "") -> MetricsScreen:
    dashboard(pilot).open_metrics(ids, title)
    await settle(pilot, lambda: isinstance(pilot.app.screen, MetricsScreen))
    screen = top(pilot, MetricsScreen)
    await settle(pilot, lambda: screen.grid.drawn)
    return screen


async def topics(pilot: Pilot[str]) -> set[str]:
    """What the dashboard asks the engine for."""
    feed = dashboard(pilot).feed
    assert feed is not None
    return {one.topic for one in await feed.context.store.interests(datetime.now(UTC))}


async def test_all_metrics_of_the_runs_are_drawn_system_metrics_last(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1", "mlflow:r2")
        assert screen.grid.shown_keys == ["grad_norm", "loss", "lr", "val_auc", "system/gpu_0_utilization_percentage"]
        assert "1━ owl-1  2━ owl-2" in shown(pilot)
        assert "1 0.1842  2 0.2842" in line_with(pilot, "loss")
        assert "2 runs › metrics" in line_with(pilot, "lineside")
        await press(pilot, "escape")
        await open_metrics(pilot, "mlflow:r2")
        assert "owl-2 › metrics" in line_with(pilot, "lineside")
        await press(pilot, "escape")
        await open_metrics(pilot, "mlflow:r2", title="churn")
        assert "churn › metrics" in line_with(pilot, "lineside")


async def test_what_is_complete_is_not_asked_for(tmp_path: Path) -> None:
    records = [*world(1), run(2, status="RUNNING"), *(series("mlflow:r2", key, range(50)) for key in KEYS[:2])]
    async with playing(tmp_path, world=records) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1", "mlflow:r2", "mlflow:nothing")
        assert set(screen.topics()) == {f"metric:mlflow:r2:{key}" for key in KEYS}
        assert set(screen.topics()) <= await topics(pilot)


async def test_new_points_of_a_live_run_are_drawn_in_their_chart_only(tmp_path: Path, monkeypatch) -> None:
    records = [run(1, status="RUNNING"), *(series("mlflow:r1", key, range(50)) for key in KEYS)]
    async with playing(tmp_path, world=records) as pilot:
        await open_metrics(pilot, "mlflow:r1")
        drawn: list[int] = []
        real = chartpaint.draw_figure
        monkeypatch.setattr(chartpaint, "draw_figure", lambda *given: drawn.append(1) or real(*given))
        await change(pilot, series("mlflow:r1", "loss", range(60), lift=5.0))
        await settle(pilot, lambda: "loss  5.229" in shown(pilot))
        assert len(drawn) == 1


async def test_a_new_metric_and_a_new_name_come_in(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[run(1, ("loss",), status="RUNNING")]) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1")
        assert "not read yet" in shown(pilot)
        await change(pilot, series("mlflow:r1", "loss", range(5)))
        await settle(pilot, lambda: "not read yet" not in shown(pilot))
        await change(pilot, run(1, ("loss", "f1")))
        await settle(pilot, lambda: screen.grid.shown_keys == ["f1", "loss"])


async def test_what_changed_behind_another_screen_is_read_when_one_comes_back(tmp_path: Path) -> None:
    records = [run(1, status="RUNNING"), *(series("mlflow:r1", key, range(50)) for key in KEYS)]
    async with playing(tmp_path, world=records) as pilot:
        await open_metrics(pilot, "mlflow:r1")
        dashboard(pilot).open_metrics(["mlflow:nothing"])
        await settle(pilot, lambda: "None of these MLflow runs" in shown(pilot))
        await change(pilot, series("mlflow:r1", "loss", range(60), lift=5.0))
        await press(pilot, "escape")
        await settle(pilot, lambda: "loss  5.229" in shown(pilot))


async def test_only_what_is_in_sight_is_asked_for(tmp_path: Path) -> None:
    keys = [f"m{number:03}" for number in range(200)]
    async with playing(tmp_path, world=[run(1, keys, status="RUNNING")]) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1")
        seen = len(screen.grid.shown_keys)
        assert set(screen.topics()) == {f"metric:mlflow:r1:{key}" for key in keys[:seen]}
        await press(pilot, "pagedown")
        assert set(screen.topics()) == {f"metric:mlflow:r1:{key}" for key in keys[seen : 2 * seen]}
        assert set(screen.topics()) <= await topics(pilot)


async def test_a_zoom_asks_for_finer_points_and_draws_them(tmp_path: Path) -> None:
    coarse = series("mlflow:r1", "loss", range(0, 1_000_000, 1000), sampled=True)
    async with playing(tmp_path, world=[run(1, ("loss",), last=999_999), coarse]) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1")
        assert screen.topics() == ["metric:mlflow:r1:loss"]
        assert "sampled" in shown(pilot)
        screen.grid.read_at(screen.grid.shown[0], 500_000)
        await press(pilot, *["plus"] * 6)
        fine = next(topic for topic in screen.topics() if "@" in topic)
        first, last = map(int, fine.partition("@")[2].split(".."))
        assert 400_000 < first < 500_000 < last < 600_000
        assert fine in await topics(pilot)
        before = len(screen.grid.shown[0].lines[0].steps)
        part = series("mlflow:r1", "loss", range(first, last + 1, 100), sampled=True)
        await change(pilot, make(MetricSeries, **{**_fields(part), "id": fine[7:], "window": (first, last)}))
        await settle(pilot, lambda: len(screen.grid.shown[0].lines[0].steps) > before + 100)
        assert fine not in screen.topics(), "the part of a run that has ended does not change any more"
        await press(pilot, "0")
        assert screen.topics() == ["metric:mlflow:r1:loss"]


def _fields(record: MetricSeries) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


async def test_the_filter_is_a_regular_expression_and_follows_what_is_typed(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1", "mlflow:r2")
        await press(pilot, "slash")
        await type_text(pilot, "l")
        assert screen.grid.shown_keys == ["loss", "lr", "val_auc", "system/gpu_0_utilization_percentage"]
        await type_text(pilot, "o")
        assert screen.grid.shown_keys == ["loss"]
        await pilot.press("left_parenthesis")
        await settle(pilot)
        assert "missing )" in shown(pilot)
        await press(pilot, "backspace", "enter")
        assert screen.filter == "lo"
        assert "/ lo" in line_with(pilot, "1 Projects")
        await press(pilot, "slash")
        await type_text(pilot, "zzz")
        await press(pilot, "escape")
        assert screen.grid.shown_keys == ["loss"]
        await press(pilot, "slash", "backspace", "backspace")
        await type_text(pilot, "nope")
        await press(pilot, "enter")
        assert "No metric matches nope" in shown(pilot)


async def test_the_value_at_the_reading_line_is_copied(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1", "mlflow:r2")
        await press(pilot, "l", "left")
        screen.do_copy()
        await settle(pilot)
        assert dashboard(pilot).clipboard.splitlines()[0] == f"owl-1\t{math.exp(-99 / 40) + 0.1!r}"
        assert "copied 2 values: loss at step 99" in last_line(pilot)


async def test_a_key_says_what_it_did_and_what_it_cannot(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1")
        await press(pilot, "Y")
        assert "y axis: log" in last_line(pilot)
        await press(pilot, "escape")
        screen = await open_metrics(pilot, "mlflow:nothing")
        assert "None of these MLflow runs is in the store" in shown(pilot)
        await screen.action_command("chart.y_scale")
        assert "there are no metrics yet" in last_line(pilot)


async def test_metrics_and_histories_can_be_exported(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1", "mlflow:r2")
        screen.grid.set_filter("^loss$")
        await press(pilot, "E")
        target = tmp_path / "points.csv"
        prompt = pilot.app.screen.query_one("#export-path")
        prompt.open("export to", str(target))  # type: ignore[attr-defined]
        await pilot.press("alt+t", "enter")
        await settle(pilot, target.exists)
        await settle(pilot, lambda: len(target.read_text().splitlines()) == 201)
        assert "loss" in target.read_text()
        assert "val_auc" not in target.read_text()


async def test_a_colour_stays_with_its_run(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(3)) as pilot:
        screen = await open_metrics(pilot, "mlflow:r1", "mlflow:r2", "mlflow:r3")
        charts = screen.charts
        assert [charts.number_of(f"mlflow:r{n}") for n in (1, 2, 3)] == [0, 1, 2]
        charts.set_runs([screen.runs[2], screen.runs[0]])
        assert [charts.number_of(f"mlflow:r{n}") for n in (3, 1)] == [2, 0]
        await pilot.pause()
        assert "2━" not in shown(pilot)
        assert "3━ owl-3" in shown(pilot)
