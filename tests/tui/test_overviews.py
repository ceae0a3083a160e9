"""Projects, Pipelines, Experiments and Models: what they sum up, and where they lead."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from data.model import ModelVersion, PipelineRun, Project
from tests.tui.stage import (
    change,
    cursor,
    dashboard,
    line_with,
    playing,
    press,
    settle,
    shown,
    top,
    type_text,
)
from tests.world import NOW, RUNNING_RUN, records
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen


async def test_projects_sum_up_their_runs(tmp_path: Path) -> None:
    async with playing(tmp_path, (200, 60)) as pilot:
        await press(pilot, "1")
        line = line_with(pilot, "ml/risk/fraud-detection")
        for word in ("20", "4", "80%", "✗ failed 9m", "fraud-detection-exp"):
            assert word in line
        assert "prod" in line_with(pilot, "ml/churn")


async def test_a_project_changes_with_its_runs(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "1")
        newest = next(one for one in records() if isinstance(one, PipelineRun) and one.id == "gitlab:2:159")
        await change(pilot, replace(newest, id="gitlab:2:900", git_pipeline_id=900, created=NOW, status="running"))
        await settle(pilot, lambda: "● running" in line_with(pilot, "fraud-detection"))


async def test_enter_shows_the_runs_of_the_project(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "1", "j", "enter")
        screen = top(pilot, RunsScreen)
        assert screen.filter == "project:ml/risk/fraud-detection"
        assert screen.grid.source.size == 20
        await press(pilot, "escape")
        assert top(pilot).NAME == "projects"
        assert cursor(pilot) == "gitlab:2"


async def test_t_launches_in_the_project_under_the_cursor(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "1", "j", "t")
        assert "Launch fraud-detection" in shown(pilot)


async def test_projects_can_be_filtered(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "1", "slash")
        await type_text(pilot, "churn")
        await press(pilot, "enter")
        assert "fraud-detection" not in shown(pilot)
        assert "churn" in shown(pilot)


async def test_pipelines_have_durations_and_lead_to_their_runs(tmp_path: Path) -> None:
    async with playing(tmp_path, (200, 60)) as pilot:
        await press(pilot, "2")
        line = line_with(pilot, "fraud-detection")
        for word in ("default", "model training", "3:40", "80%", "main"):
            assert word in line
        await press(pilot, "enter")
        assert top(pilot, RunsScreen).filter == "project:churn pipeline:default"
        assert top(pilot, RunsScreen).grid.source.size > 0


async def test_experiments_count_their_runs_and_lead_to_them(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "4")
        assert line_with(pilot, "all runs").split() == ["all", "runs", "2", "1"]
        words = line_with(pilot, "churn-experiment").split()
        assert words[:5] == ["churn-experiment", "1", "mlflow", "2", "1"]
        await press(pilot, "j", "enter")
        assert "val_auc 0.8475" in shown(pilot)
        assert "experiments › churn-experiment" in shown(pilot)
        await press(pilot, "j", "enter")
        assert top(pilot, RunScreen).run_id == RUNNING_RUN


async def test_models_say_where_each_version_comes_from(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "5")
        line = line_with(pilot, "churn-model")
        for word in ("3", "ready", "champion", "#100"):
            assert word in line
        await press(pilot, "enter")
        assert top(pilot, RunScreen).run_id == RUNNING_RUN


async def test_a_new_version_appears_above_the_older_ones(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "5")
        await change(
            pilot,
            ModelVersion(id="m:10", connection="mlflow", name="churn-model", version="10", status="READY", created=NOW),
        )
        await settle(pilot, lambda: " 10 " in shown(pilot))
        lines = [line for line in shown(pilot).splitlines() if "churn-model" in line]
        assert " 10 " in lines[0]
        assert " 3 " in lines[1]


async def test_a_project_with_a_hostile_name_is_only_text(tmp_path: Path) -> None:
    name = "[bold red]x[/] [@click=app.quit]y[/] [/foo]"
    world = [Project(id="gitlab:9", name=name, connection="gitlab", git_project_id=9, path="a/b")]
    async with playing(tmp_path, (200, 60), world=world) as pilot:
        await press(pilot, "1")
        assert name[:22] in shown(pilot)
        await press(pilot, "t")
        assert f"Launch {name}" in shown(pilot)
        assert dashboard(pilot).is_running
