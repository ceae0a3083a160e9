"""Compare: what differs, what is best, moving sideways, filtering, dropping, copying, charts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import MetricSeries, MetricSummary, PipelineRun, Record, TrackedRun
from tests.compared import LONG, sweep, tracked_world
from tests.tui.stage import change, dashboard, last_line, line_with, playing, press, settle, shown, top, type_text
from tests.world import FAILED_RUN, RUNNING_RUN, records
from tui.screens.compare import CompareScreen
from tui.screens.run import RunScreen


@asynccontextmanager
async def comparing(
    folder: Path,
    size: tuple[int, int] = (120, 40),
    *,
    count: int = 4,
    kind: type[PipelineRun] | type[TrackedRun] = TrackedRun,
    ids: Sequence[str] = (),
    world: Sequence[Record] = (),
    **options: Any,
) -> AsyncIterator[Pilot[str]]:
    """The comparison of the first runs of the sweep, or of others."""
    everything = [*records(), *(world or tracked_world(count))]
    async with playing(folder, size, world=everything, **options) as pilot:
        dashboard(pilot).open_compare(kind, ids or [run.id for run in sweep(count)])
        await settle(pilot)
        yield pilot


def names(pilot: Pilot[str]) -> list[str]:
    """The names of the lines that are shown."""
    rows = top(pilot, CompareScreen)._rows
    assert rows is not None
    return [line.name for line in rows.shown]


async def go_to(pilot: Pilot[str], key: str) -> None:
    """Put the cursor on a line."""
    assert top(pilot, CompareScreen).table.go_to(key)
    await settle(pilot)


async def test_only_what_differs_is_shown_until_one_asks_for_everything(tmp_path: Path) -> None:
    async with comparing(tmp_path) as pilot:
        assert {"lr", "batch", "comment", "val_auc", "commit"} <= set(names(pilot))
        assert not {"optimizer", "epoch", "project"} & set(names(pilot))
        await press(pilot, "d")
        assert {"lr", "optimizer", "epoch", "project"} <= set(names(pilot))
        assert "showing everything" in shown(pilot)
        await press(pilot, "d")
        assert "optimizer" not in names(pilot)


async def test_equal_numbers_do_not_differ_however_they_are_written(tmp_path: Path) -> None:
    async with comparing(tmp_path, ids=["mlflow:sweep000", "mlflow:sweep001"]) as pilot:
        assert "lr" not in names(pilot)  # 0.01 and 1e-2


async def test_missing_values_look_different_from_empty_ones(tmp_path: Path) -> None:
    async with comparing(tmp_path) as pilot:
        assert line_with(pilot, "  comment").split() == ["comment", "–", '""', "with", "warm-up", "–"]


async def test_the_best_value_is_marked_by_the_direction_and_the_direction_can_be_changed(tmp_path: Path) -> None:
    async with comparing(tmp_path) as pilot:
        assert "★ 0.97" in line_with(pilot, "val_auc")
        assert "★ 0.25" in line_with(pilot, "loss ")
        await go_to(pilot, "metrics:loss")
        await press(pilot, "B")  # from least to neither
        assert "★" not in line_with(pilot, "loss ")
        assert "neither is best" in last_line(pilot)
        await press(pilot, "B")
        assert "★ 0.5" in line_with(pilot, "loss ")
        await go_to(pilot, "params:lr")
        await press(pilot, "B")
        assert "no metric under the cursor" in last_line(pilot)


async def test_the_configured_direction_counts(tmp_path: Path) -> None:
    from tests.tui.stage import CONFIG

    async with comparing(tmp_path, config=CONFIG + "metrics: {'*_auc': min}\n") as pilot:
        assert "★ 0.9 " in line_with(pilot, "val_auc")


async def test_runs_move_sideways_while_the_names_stay(tmp_path: Path) -> None:
    async with comparing(tmp_path, (80, 24), count=30) as pilot:
        assert "tidy-fox-0" in shown(pilot)
        assert "1/30" in shown(pilot)
        await press(pilot, *["right"] * 12)
        text = shown(pilot)
        assert "13/30  tidy-fox-12" in text
        assert "tidy-fox-0 " not in text
        assert line_with(pilot, "  batch").split()[0] == "batch"
        assert str(32 * 13) in line_with(pilot, "  batch")
        await press(pilot, *["left"] * 20)
        assert "1/30  tidy-fox-0" in shown(pilot)


async def test_the_cell_under_the_cursor_stands_whole_below(tmp_path: Path) -> None:
    async with comparing(tmp_path, (80, 24)) as pilot:
        await go_to(pilot, "params:files")
        await press(pilot, "right")
        below = "".join(line.strip() for line in shown(pilot).splitlines()[-9:-2])
        assert LONG[:300] in below
        await go_to(pilot, "metrics:val_auc")
        await settle(pilot, lambda: "greatest 0.97" in shown(pilot))
        assert "least 0.485 at step 0" in shown(pilot)


async def test_a_filter_takes_words_and_expressions_and_follows_what_one_types(tmp_path: Path) -> None:
    async with comparing(tmp_path) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "metrics val")
        assert names(pilot) == ["val_auc"]
        await press(pilot, "escape")
        assert len(names(pilot)) > 5
        await press(pilot, "slash", *["circumflex_accent", "l", "enter"])
        assert names(pilot) == ["lr", "loss"]
        await press(pilot, "backspace")
        assert len(names(pilot)) > 5
        await press(pilot, "slash", "left_parenthesis")
        assert "no regular expression" in shown(pilot)
        await press(pilot, "escape", "slash", *"zzz", "enter")
        assert "No line matches zzz" in shown(pilot)


async def test_a_baseline_shows_how_far_the_others_are(tmp_path: Path) -> None:
    async with comparing(tmp_path) as pilot:
        await press(pilot, "b")
        assert "baseline tidy-fox-0" in shown(pilot)
        auc = line_with(pilot, "val_auc")
        assert ("+7.8%" in auc, "-50%" in line_with(pilot, "loss ")) == (True, True)
        await press(pilot, "right", "b")
        assert "-7.2%" in line_with(pilot, "val_auc")
        await press(pilot, "b")
        assert "%" not in line_with(pilot, "val_auc")
        top(pilot, CompareScreen).dashboard.run_line("baseline")
        await settle(pilot)
        assert "baseline tidy-fox-1" in shown(pilot)


async def test_a_run_can_be_dropped_but_not_the_last_one(tmp_path: Path) -> None:
    async with comparing(tmp_path, count=3) as pilot:
        await press(pilot, "right", "D")
        assert "2 runs" in shown(pilot)
        assert "tidy-fox-1 is no longer compared" in last_line(pilot)
        assert "files" not in names(pilot)
        await press(pilot, "D", "D")
        assert "it is the last run" in last_line(pilot)
        assert "1/1" in shown(pilot)


async def test_runs_keep_their_letters_when_others_are_dropped(tmp_path: Path) -> None:
    async with comparing(tmp_path, count=3) as pilot:
        await press(pilot, "D", "m")
        assert "2 ✓ tidy-fox-1" in shown(pilot)
        assert "3 ● tidy-fox-2" in shown(pilot)


async def test_y_copies_the_value_and_then_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with comparing(tmp_path) as pilot:
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        await go_to(pilot, "params:batch")
        await press(pilot, "right", "y", "y")
        assert copied == ["64", "batch\t32\t64\t96\t128"]
        await go_to(pilot, "section:params")
        await press(pilot, "y")
        lines = copied[-1].splitlines()
        assert lines[0] == "\ttidy-fox-0\ttidy-fox-1\ttidy-fox-2\ttidy-fox-3"
        assert "lr\t0.01\t1e-2\t0.1\t0.01" in lines


async def test_sections_are_a_key_away(tmp_path: Path) -> None:
    async with comparing(tmp_path) as pilot:
        await press(pilot, "right_square_bracket")
        assert top(pilot, CompareScreen).table.cursor_key == "section:metrics"
        await press(pilot, "right_square_bracket", "left_square_bracket", "left_square_bracket")
        assert top(pilot, CompareScreen).table.cursor_key == "section:params"


async def test_enter_opens_the_run_under_the_cursor(tmp_path: Path) -> None:
    async with comparing(tmp_path, kind=PipelineRun, ids=[RUNNING_RUN, FAILED_RUN]) as pilot:
        assert "churn #100" in shown(pilot)
        await press(pilot, "right", "enter")
        assert top(pilot, RunScreen).run_id == FAILED_RUN


async def test_runs_of_several_projects_say_which(tmp_path: Path) -> None:
    ids = [RUNNING_RUN, "gitlab:2:159"]
    async with comparing(tmp_path, kind=PipelineRun, ids=ids) as pilot:
        assert "#159 fraud-detection" in shown(pilot)
        assert line_with(pilot, "  project").split() == ["project", "churn", "fraud-detection"]
        assert "lr" in names(pilot)  # of the linked MLflow run of the first, and missing in the second


async def test_changes_in_the_store_are_shown(tmp_path: Path) -> None:
    async with comparing(tmp_path) as pilot:
        await go_to(pilot, "metrics:val_auc")
        run = sweep(1)[0]
        await change(pilot, replace(run, metrics={**run.metrics, "val_auc": MetricSummary(last=0.999)}))
        await settle(pilot, lambda: "★ 0.999" in line_with(pilot, "val_auc"))
        assert top(pilot, CompareScreen).table.cursor_key == "metrics:val_auc"


async def test_runs_that_are_not_in_the_store_are_left_out(tmp_path: Path) -> None:
    async with comparing(tmp_path, ids=["mlflow:sweep000", "mlflow:none", "mlflow:sweep001"]) as pilot:
        assert "compare › 2 runs" in shown(pilot)
    async with comparing(tmp_path / "two", ids=["mlflow:none"]) as pilot:
        assert "None of these runs is in the store" in shown(pilot)


async def test_more_runs_than_can_be_compared_are_left_out_and_said(tmp_path: Path) -> None:
    async with comparing(tmp_path, count=203) as pilot:
        assert "compare › 200 runs" in shown(pilot)
        assert "3 more runs left out" in shown(pilot)


async def test_nothing_differs(tmp_path: Path) -> None:
    run = sweep(1)[0]
    twins = [run, replace(run, id="mlflow:twin", run_id="twin")]
    async with comparing(tmp_path, world=twins, ids=[one.id for one in twins]) as pilot:
        assert "Nothing differs" in shown(pilot)
        await press(pilot, "d")
        assert "optimizer" in names(pilot)


async def test_charts_of_the_metric_under_the_cursor_stand_below(tmp_path: Path) -> None:
    async with comparing(tmp_path) as pilot:
        screen = top(pilot, CompareScreen)
        await go_to(pilot, "metrics:loss")
        await press(pilot, "m")
        assert screen.grid.shown_keys == ["loss"]
        assert [line.run for line in screen.grid.shown[0].lines] == [run.id for run in sweep(4)]
        await go_to(pilot, "metrics:val_auc")
        await settle(pilot, lambda: screen.grid.shown_keys == ["val_auc"])
        await go_to(pilot, "params:lr")
        await settle(pilot, lambda: len(screen.grid.shown) > 1)
        assert {metric.key for metric in screen.grid.shown} == {
            name for name in names(pilot) if name in sweep(4)[3].metrics
        }
        assert "metric:mlflow:sweep000:loss" not in screen.topics()  # it has ended, and its history is here
        await press(pilot, "m")
        assert not screen.grid.display


async def test_headings_have_letters_while_there_are_charts(tmp_path: Path) -> None:
    runs = [run for run in records() if isinstance(run, PipelineRun) and run.id in {RUNNING_RUN, FAILED_RUN}]
    sweeping = [replace(run, mlflow_run_ids=tuple(one.id for one in sweep(4))) for run in runs]
    ids = [run.id for run in runs]
    async with comparing(tmp_path, kind=PipelineRun, ids=ids, world=[*tracked_world(4), *sweeping]) as pilot:
        heading = top(pilot, CompareScreen).table.headings[0]
        assert [text.strip() for text, _ in heading.signs] in (["●"], ["✗"])
        await press(pilot, "m")
        assert "123… " in line_with(pilot, "#100")
        await press(pilot, "m")
        assert "123" not in line_with(pilot, "#100")


async def test_a_run_has_one_letter_in_the_table_and_in_the_charts(tmp_path: Path) -> None:
    async with comparing(tmp_path, count=3) as pilot:
        screen = top(pilot, CompareScreen)
        await press(pilot, "D", "m")
        await settle(pilot, lambda: screen.grid.shown)
        for run in screen.runs.values():
            lines = [line for metric in screen.grid.shown for line in metric.lines if line.run == run.id]
            assert {line.colour for line in lines} == set(screen.numbers_of(run)), run.id


async def test_new_points_are_drawn(tmp_path: Path) -> None:
    async with comparing(tmp_path, count=3) as pilot:
        screen = top(pilot, CompareScreen)
        await go_to(pilot, "metrics:loss")
        await press(pilot, "m")
        held = tracked_world(3)[-1]
        assert isinstance(held, MetricSeries)
        await change(pilot, replace(held, steps=(*held.steps, 60), times=(*held.times, held.times[-1] + 1000),
                                    values=(*held.values, 0.1)))  # fmt: skip
        await settle(pilot, lambda: len(screen.grid.shown[0].lines[-1].steps) == 61)


async def test_charts_need_an_mlflow_run(tmp_path: Path) -> None:
    async with comparing(tmp_path, kind=PipelineRun, ids=["gitlab:2:159", "gitlab:3:158"]) as pilot:
        await press(pilot, "m")
        assert "none of these runs has an MLflow run" in last_line(pilot)


async def test_export_writes_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with comparing(tmp_path / "store") as pilot:
        await press(pilot, "E")
        assert "comparison.csv" in shown(pilot)
        await press(pilot, *["backspace"] * 3, *"jsonl", "enter")
        await settle(pilot, lambda: "wrote" in last_line(pilot))
        written = [json.loads(line) for line in (tmp_path / "comparison.jsonl").read_text().splitlines()]
        assert [one["name"] for one in written] == names(pilot)
        assert written[0]["mlflow:sweep001"] == "64"


async def test_marked_lines_are_charted_and_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with comparing(tmp_path) as pilot:
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        screen = top(pilot, CompareScreen)
        await go_to(pilot, "metrics:val_auc")
        await press(pilot, "space", "j", "space")
        assert screen.table.marks == {"metrics:val_auc", "metrics:loss"}
        await press(pilot, "m")
        await settle(pilot, lambda: {metric.key for metric in screen.grid.shown} == {"val_auc", "loss"})
        await press(pilot, "y")
        assert [line.split("\t")[0] for line in copied[-1].splitlines()] == ["", "val_auc", "loss"]
        await go_to(pilot, "metrics:val_auc")
        await press(pilot, "space", "G", "v")
        assert {"metrics:loss", "run:commit"} <= screen.table.marks
