"""The tabs of the Run screen: what each shows, how one moves among them, what is read when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import Artifact, MetricSeries, MetricSummary, Note, PipelineRun, TrackedRun
from tests.tested import whole_report
from tests.tui.stage import change, commands, dashboard, last_line, line_with, playing, press, settle, shown, top
from tests.tui.test_run import open_run, topics
from tests.world import FAILED_RUN, NOW, records
from tests.world_more import ALONE, CHILD, LEFT, RUN, TRACKED, more
from tui.screens.log import LogScreen
from tui.screens.metrics import MetricsScreen
from tui.screens.pane import Pane
from tui.screens.run import RunScreen
from tui.screens.value import ValueScreen
from widgets.chartgrid import ChartGrid
from widgets.grid import Grid
from widgets.tabstrip import TabStrip

WRITTEN = (
    "label baseline", "bo, 5m ago", "Class weights from the February churners.",
    "Compare with #490 before it is deployed.", "ada, 2m ago", "First try with class weights.",
)  # fmt: skip
TITLES = ["Jobs", "Metrics", "Params", "Artifacts", "Tests", "Lineage", "Notes"]


@asynccontextmanager
async def on_tab(tmp_path: Path, title: str, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[str]]:
    """The run with everything around it, on one of its tabs."""
    async with playing(tmp_path, size, world=[*records(), *more(), whole_report(RUN)]) as pilot:
        await open_run(pilot, RUN)
        await press(pilot, *["right_square_bracket"] * TITLES.index(title))
        assert f"[{title}" in shown(pilot)
        yield pilot


def pane(pilot: Pilot[str]) -> Pane:
    return top(pilot, RunScreen).pane


def grid(pilot: Pilot[str]) -> Grid:
    return pane(pilot).grid


def record(id_: str) -> TrackedRun:
    return next(one for one in more() if isinstance(one, TrackedRun) and one.id == id_)


async def go_to(pilot: Pilot[str], text: str) -> None:
    """Put the cursor on the first row that holds a text."""
    rows = grid(pilot).source
    for index in range(rows.size):
        row = rows.row(index)
        if row is not None and any(text in cell.text for cell in row.cells):
            grid(pilot).move_to(index)
            await settle(pilot)
            return
    raise AssertionError(f"no row with {text!r} in\n{shown(pilot)}")


# Moving among them


async def test_brackets_go_through_the_tabs_and_around(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Jobs") as pilot:
        seen = []
        for _ in TITLES:
            seen.append(top(pilot, RunScreen).active.TITLE)
            assert top(pilot).focused is pane(pilot).main
            await press(pilot, "right_square_bracket")
        assert seen == TITLES
        assert top(pilot, RunScreen).active.TITLE == "Jobs"
        await press(pilot, "left_square_bracket")
        assert top(pilot, RunScreen).active.TITLE == "Notes"


async def test_a_click_shows_a_tab_and_m_the_metrics_then_them_alone(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Jobs") as pilot:
        strip = top(pilot).query_one(TabStrip)
        await pilot.click(strip, offset=(shown(pilot).splitlines()[strip.region.y].index("Lineage") + 2, 0))
        await settle(pilot, lambda: "[Lineage]" in shown(pilot))
        await press(pilot, "m")
        assert "[Metrics 4]" in shown(pilot)
        run = top(pilot, RunScreen).subject
        await press(pilot, "m")
        assert top(pilot, MetricsScreen).tracked_ids == tuple(one.id for one in run.tracked)
        await press(pilot, "escape")
        assert "[Metrics 4]" in shown(pilot)


async def test_a_tab_is_made_when_it_is_first_shown_and_stays_as_it_was(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Jobs") as pilot:
        screen = top(pilot, RunScreen)
        assert [one.TITLE for one in screen.panes()] == ["Jobs"]
        await press(pilot, "left_square_bracket", "left_square_bracket", "G")
        place = grid(pilot).cursor
        assert place > 5
        await press(pilot, "left_square_bracket", "right_square_bracket")
        assert grid(pilot).cursor == place
        assert {one.TITLE for one in screen.panes()} == {"Jobs", "Notes", "Lineage", "Tests"}
        await press(pilot, "l", "escape")
        assert screen.active.TITLE == "Lineage"


async def test_chart_keys_are_offered_in_the_tab_metrics_only(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Jobs") as pilot:
        screen = top(pilot, RunScreen)
        assert "Y y scale" not in last_line(pilot)
        assert screen.why_not("chart.zoom_in") == "the charts are in the tab Metrics"
        await press(pilot, "m")
        assert "Y y scale" in last_line(pilot)
        assert screen.why_not("run.attempts") == "the attempts are in the tab Jobs"


@pytest.mark.parametrize("title", TITLES[1:])
async def test_a_narrow_terminal_has_all_tabs(tmp_path: Path, title: str) -> None:
    async with on_tab(tmp_path, title, (80, 24)) as pilot:
        assert grid(pilot).region.height >= 4
        assert grid(pilot).source.size


@pytest.mark.parametrize("size", [(30, 8), (40, 12), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_tab_can_be_shown_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size, world=[*records(), *more()]) as pilot:
        dashboard(pilot).open_run(RUN)
        await settle(pilot)
        for _ in TITLES:
            await press(pilot, "right_square_bracket", "j")
            assert all(len(line) <= size[0] for line in shown(pilot).splitlines())
        assert top(pilot, RunScreen).active.TITLE == "Jobs"


# Metrics


async def test_the_table_has_last_best_least_greatest_with_steps_and_age(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Metrics") as pilot:
        line = line_with(pilot, "val_loss   ")
        assert line.split()[:9] == ["val_loss", "0.2019", "0.2019", "▾", "396", "0.2019", "396", "1.6", "0"]
        assert line.split()[-3:] == ["4s", "2", "wise-crane-12"]
        assert line_with(pilot, "0.72 ▴").split()[:2] == ["val_auc", "0.71"]


async def test_the_configuration_says_what_is_best(tmp_path: Path) -> None:
    from tests.tui.stage import CONFIG

    config = CONFIG + "metrics:\n  val_loss: max\n"
    async with playing(tmp_path, config=config, world=[*records(), *more()]) as pilot:
        await open_run(pilot, RUN)
        await press(pilot, "m")
        assert "1.6 ▴" in line_with(pilot, "val_loss   ")


async def test_the_cursor_of_the_table_chooses_the_chart_and_charts_take_their_keys(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Metrics") as pilot:
        charts = top(pilot).query_one(ChartGrid)
        await go_to(pilot, "val_loss")
        assert charts.current == "val_loss"
        await press(pilot, "z", "Y")
        assert charts.maximised
        assert "log" in shown(pilot)
        await press(pilot, "z")
        charts.focus()
        await settle(pilot)
        await press(pilot, "h")
        await settle(pilot, lambda: (grid(pilot).cursor_key or "").endswith(charts.current))


async def test_histories_in_sight_are_asked_for_and_drawn_while_they_grow(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Metrics") as pilot:
        assert f"metric:{TRACKED}:val_auc" in await topics(pilot)
        old = next(one for one in more() if isinstance(one, MetricSeries) and one.key == "val_auc")
        more_of = {"steps": 400, "times": old.times[-1] + 4000, "values": 0.99}
        grown = replace(old, **{name: (*getattr(old, name), value) for name, value in more_of.items()})
        await change(pilot, grown)
        await settle(pilot, lambda: "0.99" in line_with(pilot, "val_auc  0.99"))
        run = record(TRACKED)
        metrics = {**run.metrics, "val_auc": MetricSummary(last=0.991, step=400, time=NOW, max=0.991, max_step=400)}
        await change(pilot, replace(run, metrics=metrics))
        await settle(pilot, lambda: "0.991 ▴" in shown(pilot))


async def test_metrics_are_filtered_by_a_regular_expression(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Metrics") as pilot:
        await press(pilot, "slash", *"^val_l")
        assert "lr  " not in line_with(pilot, "val_loss  ")
        assert grid(pilot).source.size == 1
        await press(pilot, "left_parenthesis")
        assert "missing )" in shown(pilot)
        await press(pilot, "escape")
        assert grid(pilot).source.size == 5


async def test_a_run_without_metrics_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), *more()]) as pilot:
        await open_run(pilot, CHILD)
        await press(pilot, "m")
        assert "no MLflow run is linked with it" in shown(pilot)


# Params


async def test_a_long_value_is_whole_under_the_cursor_and_copied_with_y(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Params", (80, 24)) as pilot:
        assert "0.3]}" not in shown(pilot)
        await go_to(pilot, "search_space")
        assert "0.3]}" in shown(pilot)
        await press(pilot, "y")
        assert pilot.app.clipboard.endswith('"dropout": [0, 0.1, 0.3]}')


async def test_a_value_that_does_not_fit_is_shown_whole_by_enter(tmp_path: Path) -> None:
    run = replace(record(TRACKED), params={"long": " ".join(str(n) for n in range(1300))})
    async with playing(tmp_path, (80, 24), world=[*records(), *more(), run]) as pilot:
        await open_run(pilot, RUN)
        await press(pilot, "right_square_bracket", "right_square_bracket")
        await go_to(pilot, "long")
        assert "more lines; enter shows the whole value" in shown(pilot)
        await press(pilot, "enter", "G")
        assert isinstance(pilot.app.screen, ValueScreen)
        assert "1299" in shown(pilot)
        await press(pilot, "escape")
        assert top(pilot, RunScreen)


async def test_params_are_searched_by_name_and_value(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Params") as pilot:
        await press(pilot, "slash", *"retention", "enter")
        assert "team" in shown(pilot)
        assert "epochs" not in shown(pilot)


async def test_the_configuration_that_was_used_is_listed(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Params") as pilot:
        assert "4   script: [python train.py]" in shown(pilot)


async def test_variables_that_the_server_did_not_tell_are_said_to_be_unknown(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), *more()]) as pilot:
        await open_run(pilot, CHILD)
        await press(pilot, "right_square_bracket", "right_square_bracket")
        assert "variables: the server has not told them" in shown(pilot)


# Artifacts


async def test_artifacts_of_both_servers_are_one_tree_with_what_is_not_known(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Artifacts") as pilot:
        assert "train.parquet" in shown(pilot)
        assert "3.7 MiB      in 6d" in line_with(pilot, "train.parquet")
        assert "expired" in line_with(pilot, "junit.xml")
        assert "the list was not read yet" in line_with(pilot, "features ")
        assert "not read: s3://bucket/1/left500" in line_with(pilot, "MLflow lost-otter-3")
        assert "640 B" in line_with(pilot, "MLmodel")
        await go_to(pilot, "MLmodel")
        assert "mlflow, of wise-crane-12" in shown(pilot)


async def test_a_new_artifact_appears_and_enter_leads_to_the_job(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Artifacts") as pilot:
        old = next(one for one in more() if isinstance(one, Artifact) and one.path == "data/schema.json")
        await change(pilot, replace(old, id="new", path="data/stats.json", name="stats.json"))
        await settle(pilot, lambda: "stats.json" in shown(pilot))
        await go_to(pilot, "stats.json")
        await press(pilot, "enter")
        assert top(pilot, LogScreen).job_id == "gitlab:1:job:5001"


# Notes


async def test_labels_notes_and_those_of_mlflow_are_shown_and_follow(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Notes") as pilot:
        text = shown(pilot)
        for words in WRITTEN:
            assert words in text
        await change(pilot, Note(id="n2", target_id=RUN, text="Looks good.", by="chen", created=NOW))
        await settle(pilot, lambda: "Looks good." in shown(pilot))


# Export


async def test_e_offers_what_the_tab_shows(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Params") as pilot:
        await press(pilot, "E")
        assert "params and variables" in shown(pilot)
        assert "jobs of #500" in shown(pilot)
        await press(pilot, "escape")
        assert top(pilot, RunScreen).active.TITLE == "Params"


# At scale


async def test_fifteen_hundred_metrics_open_and_only_rows_in_sight_are_made(tmp_path: Path) -> None:
    metrics = {f"layer{n % 30}/norm_{n:04d}": MetricSummary(last=n / 7, step=n) for n in range(1500)}
    params = {f"p{n:03d}": "x" * 400 for n in range(150)}
    run = replace(record(ALONE), pipeline_run_id=RUN, metrics=metrics, params=params)
    async with playing(tmp_path, world=[*records(), *more(), run]) as pilot:
        await open_run(pilot, RUN)
        await press(pilot, "m")
        assert "[Metrics 1504]" in shown(pilot)
        assert len(grid(pilot).source._rows) < 200  # type: ignore[attr-defined]
        assert len(await topics(pilot)) < 100
        await press(pilot, "right_square_bracket")
        assert grid(pilot).source.size > 150


async def test_an_mlflow_run_that_is_linked_while_one_looks_appears(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Params") as pilot:
        await change(pilot, replace(record(ALONE), pipeline_run_id=RUN))
        run = next(one for one in more() if isinstance(one, PipelineRun) and one.id == RUN)
        await change(pilot, replace(run, mlflow_run_ids=(TRACKED, ALONE)))
        await settle(pilot, lambda: "notebook-run" in shown(pilot))
        await change(pilot, replace(record(LEFT), status="KILLED"))
        await settle(pilot, lambda: "F settles it" not in shown(pilot))


# Acting


async def test_what_was_left_running_is_settled_with_f(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Jobs") as pilot:
        await press(pilot, "F", "y")
        (command,) = await commands(pilot)
        assert (command.kind, command.target_id, command.payload["status"]) == ("settle", LEFT, "KILLED")


async def test_labels_and_notes_are_given_from_every_tab(tmp_path: Path) -> None:
    async with on_tab(tmp_path, "Params") as pilot:
        await press(pilot, "L", *"best", "enter", "y")
        await press(pilot, "N", *"hm", "enter", "y")
        assert {(command.kind, command.target_id) for command in await commands(pilot)} == {
            ("label", RUN),
            ("note", RUN),
        }


async def test_without_such_a_run_f_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await open_run(pilot, FAILED_RUN)
        await press(pilot, "F")
        assert "no MLflow run was left RUNNING behind an ended job" in last_line(pilot)
