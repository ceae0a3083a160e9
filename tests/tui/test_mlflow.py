"""The screen of one MLflow run: the same tabs, without a pipeline as well as with one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import TrackedRun
from tests.tui.stage import change, commands, dashboard, last_line, playing, press, settle, shown, top
from tests.tui.test_run import topics
from tests.world import NOW, records
from tests.world_more import ALONE, LEFT, NESTED, RUN, TRACKED, more
from tui.screens.mlflow import MlflowScreen
from tui.screens.run import RunScreen


@asynccontextmanager
async def on_run(tmp_path: Path, id_: str, *keys: str, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[str]]:
    """The screen of an MLflow run, after some keys."""
    async with playing(tmp_path, size, world=[*records(), *more()]) as pilot:
        dashboard(pilot).open_tracked(id_)
        await settle(pilot)
        await press(pilot, *keys)
        yield pilot


def record(id_: str) -> TrackedRun:
    return next(one for one in more() if isinstance(one, TrackedRun) and one.id == id_)


NEXT = "right_square_bracket"
HEAD = (
    "● running", "for 5:35", "by ada", "last logged 4s ago", "experiment churn-experiment", "run run500", "9f3c2ab1",
    "train.py", "model churn-model", "pipeline #500", "by MLFLOW_RUN_ID passed at launch", "gpu 98%",
)  # fmt: skip


async def test_the_head_says_how_it_goes_what_it_is_and_where_it_belongs(tmp_path: Path) -> None:
    async with on_run(tmp_path, TRACKED) as pilot:
        text = shown(pilot)
        for words in HEAD:
            assert words in text
        assert "[Metrics 4]" in text


async def test_a_run_without_a_pipeline_is_a_run_too(tmp_path: Path) -> None:
    async with on_run(tmp_path, ALONE) as pilot:
        assert "no pipeline is linked with it" in shown(pilot)
        assert "took 3:00" in shown(pilot)
        assert "experiment sandbox" in shown(pilot)
        await press(pilot, NEXT)
        assert "0.1" in shown(pilot)


async def test_a_silent_run_and_one_that_was_left_are_told_apart(tmp_path: Path) -> None:
    async with on_run(tmp_path, LEFT) as pilot:
        assert "lost-otter-3 still says RUNNING, its job canceled: F settles it" in shown(pilot)
        await change(pilot, replace(record(LEFT), ended_as="", last_logged=NOW - timedelta(hours=2)))
        await settle(pilot, lambda: "silent: last logged 2h ago" in shown(pilot))
        assert top(pilot).why_not("settle")


async def test_f_settles_and_l_and_n_write_on_it(tmp_path: Path) -> None:
    async with on_run(tmp_path, LEFT, "F", "y") as pilot:
        await press(pilot, "L", *"lost", "enter", "y")
        await press(pilot, "N", *"hm", "enter", "y")
        assert {(one.kind, one.target_id) for one in await commands(pilot)} == {
            ("settle", LEFT), ("label", LEFT), ("note", LEFT),
        }  # fmt: skip


async def test_children_are_listed_and_opened(tmp_path: Path) -> None:
    async with on_run(tmp_path, TRACKED, NEXT, NEXT) as pilot:
        assert "[Children 2]" in shown(pilot)
        assert "val_auc 0.9" in shown(pilot)
        await press(pilot, "G", "enter")
        assert top(pilot, MlflowScreen).tracked_id == NESTED
        await press(pilot, "escape")
        await press(pilot, "slash", *"0.001", "enter")
        await settle(pilot, lambda: "trial-a" not in shown(pilot))
        assert "trial-b" in shown(pilot)


async def test_a_thousand_children_are_read_by_viewport(tmp_path: Path) -> None:
    nested = [
        replace(record(NESTED), id=f"mlflow:n{n}", run_id=f"n{n}", name=f"n{n}", start=NOW - timedelta(seconds=n))
        for n in range(1000)
    ]
    async with playing(tmp_path, world=[*records(), *more(), *nested]) as pilot:
        dashboard(pilot).open_tracked(TRACKED)
        await settle(pilot)
        await press(pilot, NEXT, NEXT)
        grid = top(pilot, MlflowScreen).pane.grid
        await settle(pilot, lambda: grid.source.size == 1002)
        await press(pilot, "G")
        await settle(pilot, lambda: grid.cursor_key is not None)
        assert grid.cursor == 1001


async def test_lineage_leads_to_pipeline_parent_and_nested_runs(tmp_path: Path) -> None:
    async with on_run(tmp_path, NESTED, NEXT, NEXT, NEXT, NEXT) as pilot:
        assert "parent run" in shown(pilot)
        grid = top(pilot, MlflowScreen).pane.grid
        assert grid.go_to(f"parent run:{TRACKED}")
        await press(pilot, "enter")
        assert top(pilot, MlflowScreen).tracked_id == TRACKED
        await press(pilot, NEXT, NEXT, NEXT, NEXT)
        grid = top(pilot, MlflowScreen).pane.grid
        assert grid.go_to(f"pipeline:{RUN}")
        await press(pilot, "enter")
        assert top(pilot, RunScreen).run_id == RUN


async def test_artifacts_and_notes_are_those_of_the_run(tmp_path: Path) -> None:
    async with on_run(tmp_path, TRACKED, NEXT, NEXT, NEXT) as pilot:
        assert "MLmodel" in shown(pilot)
        await press(pilot, NEXT, NEXT)
        assert "First try with class weights." in shown(pilot)


async def test_its_page_is_copied(tmp_path: Path) -> None:
    async with on_run(tmp_path, ALONE, NEXT, NEXT, "y") as pilot:
        assert pilot.app.clipboard == "https://mlflow.example/#/experiments/9/runs/alone"


async def test_a_run_that_is_not_in_the_store_says_so(tmp_path: Path) -> None:
    async with on_run(tmp_path, "mlflow:nobody") as pilot:
        assert "This MLflow run is not in the store" in shown(pilot)
        await press(pilot, "m", "z", NEXT, NEXT, "F")
        assert "was not left RUNNING" in last_line(pilot)
        await press(pilot, "escape")
        assert top(pilot).NAME == "runs"


async def test_the_engine_is_told_what_is_looked_at(tmp_path: Path) -> None:
    async with on_run(tmp_path, TRACKED) as pilot:
        assert {f"run:{RUN}", f"metric:{TRACKED}:lr"} <= await topics(pilot)


async def test_it_follows_the_run(tmp_path: Path) -> None:
    async with on_run(tmp_path, TRACKED, size=(80, 24)) as pilot:
        await change(pilot, replace(record(TRACKED), status="FINISHED", end=NOW))
        await settle(pilot, lambda: "✓ finished" in shown(pilot))
