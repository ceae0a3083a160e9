"""The tab Lineage of the Run screen: what it shows, and what each line opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.stage import last_line, press, shown, top
from tests.tui.test_run_tabs import go_to, on_tab
from tests.world_more import CHILD
from tui.screens.log import LogScreen
from tui.screens.mlflow import MlflowScreen
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen

AROUND = (
    "production main LR=0.01, EPOCHS=60", "size=large", "registry.example/ml/train:3.11", "customers@a81f03",
    "s3://bucket/customers/2026-02.parquet", "wise-crane-12", "trial-a", "@challenger", "https://staging.example",
    "#498  nightly", "#501  trials", "#502  report",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "screen", "attribute", "value"),
    [
        ("#501", RunScreen, "run_id", CHILD),
        ("#498", RunScreen, "run_id", "gitlab:2:498"),
        ("#499", RunScreen, "run_id", "gitlab:1:499"),
        ("trial-a", MlflowScreen, "tracked_id", "mlflow:trial500a"),
        ("runs of this commit", RunsScreen, "filter", "sha:9f3c2ab177ab012944f3c2ab177ab012944f3c2a"),
        ("registry.example", LogScreen, "job_id", "gitlab:1:job:5001"),
        ("customers@", RunsScreen, "filter", "dataset:customers"),
    ],
)
async def test_each_line_opens_what_it_names(
    tmp_path: Path, text: str, screen: type, attribute: str, value: str
) -> None:
    async with on_tab(tmp_path, "Lineage") as pilot:
        await go_to(pilot, text)
        await press(pilot, "enter")
        assert getattr(top(pilot, screen), attribute) == value
        await press(pilot, "escape")


async def test_experiment_model_and_artifacts_open_their_own_places(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Lineage") as pilot:
        await go_to(pilot, "churn-experiment")
        await press(pilot, "enter")
        assert top(pilot).NAME == "tracked"
        await press(pilot, "escape")
        await go_to(pilot, "churn-model version 4")
        await press(pilot, "enter")
        assert top(pilot).NAME == "models"
        await press(pilot, "escape")
        await go_to(pilot, "tab Artifacts")
        await press(pilot, "enter")
        assert "[Artifacts" in shown(pilot)


async def test_everything_around_the_run_is_there(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Lineage", (120, 60)) as pilot:
        text = shown(pilot)
        for words in AROUND:
            assert words in text


async def test_a_line_that_names_nothing_says_so(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Lineage") as pilot:
        await go_to(pilot, "runners")
        await press(pilot, "enter")
        assert "names nothing that can be opened" in last_line(pilot)
