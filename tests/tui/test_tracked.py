"""MLflow runs, of one experiment or of all; those without a pipeline are runs, too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.model import MetricSummary, TrackedRun
from tests.tui.stage import (
    change,
    cursor,
    dashboard,
    last_line,
    line_with,
    playing,
    press,
    settle,
    shown,
    top,
    type_text,
)
from tests.world import FAILED_RUN, NOW, RUNNING_RUN, records
from tui.screens.tracked import TrackedScreen


def tracked(name: str, **values: Any) -> TrackedRun:
    """An MLflow run of the first experiment."""
    given = {"connection": "mlflow", "experiment_id": "1", "status": "FINISHED", "start": NOW - timedelta(hours=2)}
    return TrackedRun(**{"id": f"mlflow:{name}", "run_id": name, "name": name, **given, **values})


NOTEBOOK = tracked("notebook", metrics={"val_auc": MetricSummary(last=0.5, min=0.4, max=0.6)}, params={"lr": "0.3"})
LEFT = tracked("leftover", status="RUNNING", ended_as="canceled")
CHILD = tracked("trial-1", parent_run_id="notebook", experiment_id="2")
WORLD = [*records(), NOTEBOOK, LEFT, CHILD]


def names(screen: TrackedScreen) -> list[str]:
    """Names of the runs in their order."""
    found = (screen.grid.source.record(index) for index in range(screen.grid.source.size))
    return [run.name for run in found]


async def test_the_runs_of_one_experiment_and_of_all(tmp_path: Path) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        await press(pilot, "4", "enter")
        screen = top(pilot, TrackedScreen)
        assert screen.grid.source.size == 5
        assert "fraud-d" in line_with(pilot, "trial-1"), "each says which experiment it belongs to"
        assert "experiments › all" in shown(pilot)
        await press(pilot, "escape", "j", "enter")
        assert top(pilot, TrackedScreen).grid.source.size == 4
        assert "trial-1" not in shown(pilot)


async def test_enter_opens_the_pipelines_run_or_the_mlflow_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        opened: list[str] = []
        monkeypatch.setattr(dashboard(pilot), "open_run", opened.append)
        monkeypatch.setattr(dashboard(pilot), "open_tracked", opened.append)
        await press(pilot, "4", "enter", "enter")
        screen = top(pilot, TrackedScreen)
        assert screen.grid.go_to(NOTEBOOK.id)
        await press(pilot, "enter")
        assert opened == [FAILED_RUN, NOTEBOOK.id]


async def test_left_silent_and_nested_runs_are_marked(tmp_path: Path) -> None:
    silent = tracked("silent", status="RUNNING", last_logged=NOW - timedelta(hours=1))
    async with playing(tmp_path, (200, 60), world=[*WORLD, silent]) as pilot:
        await press(pilot, "4", "enter")
        assert "! left, canceled" in line_with(pilot, "leftover")
        assert "! 1h" in line_with(pilot, "silent")
        assert "↳ trial-1" in shown(pilot)


async def test_any_order_columns_of_extremes_and_the_whole_filter_language(tmp_path: Path) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        await press(pilot, "4", "enter")
        screen = top(pilot, TrackedScreen)
        screen.change_look(sort="metrics.val_auc", columns=("name", "metrics.val_auc", "min.val_auc", "max.val_auc"))
        await settle(pilot, lambda: screen.grid.sort_column == "metrics.val_auc")
        assert names(screen)[:3] == ["bright-owl-7", "bright-owl-7", "notebook"]
        line = line_with(pilot, "notebook")
        assert line.split()[1:4] == ["0.5", "0.4", "0.6"]
        await press(pilot, "slash")
        await type_text(pilot, "param.lr>0.1 metric.val_auc<=0.5")
        await press(pilot, "enter")
        assert names(screen) == ["notebook"]
        await press(pilot, "slash", "ctrl+u")
        await type_text(pilot, "is:left OR is:nested")
        await press(pilot, "enter")
        assert sorted(names(screen)) == ["leftover", "trial-1"]


async def test_why_least_values_are_not_sorted_by_is_said(tmp_path: Path) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        await press(pilot, "4", "enter")
        screen = top(pilot, TrackedScreen)
        screen.change_look(columns=("name", "min.val_auc", "metrics.val_auc"))
        await settle(pilot, lambda: len(screen.grid.columns) == 3)
        await press(pilot, "s")
        reason = "only the last values of metrics have an order"
        assert "min val_auc" in line_with(pilot, "only the last values of")
        await type_text(pilot, "min val")
        await press(pilot, "enter")
        assert f"one cannot sort by min val_auc: {reason}" in shown(pilot)
        assert screen.sorted_by.key == "created"
        await press(pilot, "s")
        await type_text(pilot, "max.v")
        assert "max val_auc" in line_with(pilot, "only the last values of")
        await press(pilot, "backspace", "backspace", "backspace", "backspace", "backspace")
        await type_text(pilot, "auc")
        assert "max val_auc" not in shown(pilot).partition("Sort by")[2], "of columns that are not shown nobody asked"


async def test_children_are_grouped_under_the_name_of_their_parent(tmp_path: Path) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        await press(pilot, "4", "enter")
        top(pilot, TrackedScreen).change_look(group="parent_run_id")
        await settle(pilot, lambda: "no parent run" in shown(pilot))
        assert "1 run" in line_with(pilot, "▸ notebook")


async def test_experiments_are_groups_with_their_names(tmp_path: Path) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        await press(pilot, "4", "enter")
        top(pilot, TrackedScreen).change_look(group="experiment_id")
        await settle(pilot, lambda: "▸ fraud-detection-experiment" in shown(pilot))
        assert "4 runs" in line_with(pilot, "▸ churn-experiment")


async def test_a_new_run_comes_in_and_the_cursor_stays(tmp_path: Path) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        await press(pilot, "4", "enter", "j")
        before = cursor(pilot)
        await change(pilot, tracked("fresh", start=NOW))
        await settle(pilot, lambda: "fresh" in shown(pilot))
        assert cursor(pilot) == before


async def test_compare_and_metrics_take_mlflow_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        opened: list[object] = []
        monkeypatch.setattr(dashboard(pilot), "open_compare", lambda kind, ids: opened.append((kind, ids)))
        monkeypatch.setattr(dashboard(pilot), "open_metrics", lambda ids, title: opened.append((ids, title)))
        await press(pilot, "4", "enter", "m", "space", "space", "c")
        first = f"mlflow:run{FAILED_RUN.rpartition(':')[2]}"
        second = f"mlflow:run{RUNNING_RUN.rpartition(':')[2]}"
        assert opened == [([first], "bright-owl-7"), (TrackedRun, [first, second])]


async def test_an_experiment_without_runs_says_how_to_get_some(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "4", "G", "enter")
        assert "No MLflow runs here" in shown(pilot)
        await press(pilot, "c")
        assert "mark two or more runs" in last_line(pilot)


async def test_the_list_of_all_is_as_one_left_it(tmp_path: Path) -> None:
    async with playing(tmp_path, world=WORLD) as pilot:
        await press(pilot, "4", "enter")
        top(pilot, TrackedScreen).change_look(sort="name", descending=False, filter="is:nested")
        await settle(pilot, lambda: names(top(pilot, TrackedScreen)) == ["trial-1"])
        await press(pilot, "escape", "enter")
        assert top(pilot, TrackedScreen).look().filter == "is:nested"
        await press(pilot, "escape", "j", "enter")
        assert top(pilot, TrackedScreen).look().filter == ""
        assert top(pilot, TrackedScreen).look().sort == "name"


async def test_actions_on_mlflow_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    async with playing(tmp_path, world=WORLD) as pilot:
        await press(pilot, "4", "enter", "F")
        assert "was not left RUNNING" in last_line(pilot)
        screen = top(pilot, TrackedScreen)
        assert screen.grid.go_to(NOTEBOOK.id)
        await press(pilot, "y")
        assert dashboard(pilot).clipboard == "https://mlflow.example/#/experiments/1/runs/notebook"
        await press(pilot, "space", "k", "k", "space")
        assert len(await screen.targets()) == 2
