"""Labels, notes and outcomes: one prompt, one question, one command each, and a sentence about what became of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import Command, PipelineRun, TrackedRun
from tests.tui.stage import change, commands, dashboard, last_line, playing, press, settle, shown, top, type_text
from tests.world import FAILED_RUN, RUNNING_RUN, records
from tui.actions import parse_labels
from tui.screens.marking import complete_label
from tui.screens.runs import RunsScreen
from tui.screens.tracked import TrackedScreen
from widgets.prompt import Prompt

WORLD = records()
TRACKED = [record for record in WORLD if isinstance(record, TrackedRun)]


def run_of(id_: str) -> PipelineRun:
    return [one for one in WORLD if isinstance(one, PipelineRun) and one.id == id_][-1]


def world_with(*changed: PipelineRun | TrackedRun) -> list[object]:
    """The fixed world with some records changed."""
    ids = {one.id for one in changed}
    return [*(one for one in WORLD if one.id not in ids), *changed]


async def test_labels_of_marked_runs_are_asked_for_once(tmp_path: Path) -> None:
    labelled = replace(run_of(FAILED_RUN), labels=("old", "keep"))
    async with playing(tmp_path, world=world_with(labelled)) as pilot:  # type: ignore[arg-type]
        screen = top(pilot, RunsScreen)
        everything = screen.grid.source.size
        screen.grid.set_marks({FAILED_RUN, "gitlab:1:160"})
        await press(pilot, "L")
        assert "label [old keep]" in shown(pilot), "the labels that are there are shown"
        await type_text(pilot, "best -old")
        assert screen.grid.source.size == everything and screen.filter == "", "the list does not follow this prompt"
        await press(pilot, "enter")
        text = shown(pilot)
        assert "Label 2 runs?" in text and "label churn #103 +best -old" in text and "label churn #160 +best" in text
        await press(pilot, "y")
        made = {one.target_id: one for one in await commands(pilot)}
        assert made[FAILED_RUN].payload == {"add": ["best"], "remove": ["old"]}
        assert made["gitlab:1:160"].payload == {"add": ["best"], "remove": []}
        assert "label 2 runs: queued" in last_line(pilot)


async def test_a_label_that_cannot_be_read_is_said_and_esc_leaves_everything(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "L")
        await type_text(pilot, "best - old")
        assert top(pilot, RunsScreen).query_one(Prompt).error
        await press(pilot, "enter")
        assert top(pilot, RunsScreen).query(Prompt)
        await press(pilot, "escape")
        assert not top(pilot, RunsScreen).query(Prompt)
        assert await commands(pilot) == []


async def test_labels_that_change_nothing_are_not_sent(tmp_path: Path) -> None:
    labelled = replace(run_of(FAILED_RUN), labels=("old",))
    async with playing(tmp_path, world=world_with(labelled)) as pilot:  # type: ignore[arg-type]
        await press(pilot, "j", "L")
        await type_text(pilot, "old")
        await press(pilot, "enter")
        assert "#103 has these labels already" in last_line(pilot)
        assert await commands(pilot) == []


def test_commas_part_labels_too() -> None:
    assert parse_labels("best, für,später -old,") == (["best", "für", "später"], ["old"])


def test_labels_are_completed() -> None:
    known = ["best", "Baseline", "old"]
    assert complete_label(["old"], known, "b") == ["best", "Baseline"]
    assert complete_label(["old"], known, "best ol") == ["best old"]
    assert complete_label(["old"], known, "best -") == ["best -old"]
    assert complete_label(["old"], known, "-x") == []


async def test_a_note_is_edited_line_ends_and_all(tmp_path: Path) -> None:
    noted = replace(run_of(FAILED_RUN), notes="first\nsecond")
    async with playing(tmp_path, world=world_with(noted)) as pilot:  # type: ignore[arg-type]
        await press(pilot, "j", "N")
        assert top(pilot, RunsScreen).query_one(Prompt).value == "first¶second"
        await type_text(pilot, " more")
        await press(pilot, "enter")
        assert "Write a note on churn #103?" in shown(pilot)
        await press(pilot, "y")
        (made,) = await commands(pilot)
        assert made.payload == {"text": "first\nsecond more", "was": "first\nsecond"}


async def test_one_note_on_many_says_that_it_replaces_others(tmp_path: Path) -> None:
    noted = replace(run_of(FAILED_RUN), notes="mine")
    async with playing(tmp_path, world=world_with(noted)) as pilot:  # type: ignore[arg-type]
        top(pilot, RunsScreen).grid.set_marks({FAILED_RUN, "gitlab:1:160"})
        await press(pilot, "N")
        assert "note (replaces others)" in shown(pilot)
        assert top(pilot, RunsScreen).query_one(Prompt).value == ""
        await type_text(pilot, "bad data")
        await press(pilot, "enter")
        assert "Note 2 runs?" in shown(pilot)
        await press(pilot, "y")
        assert {one.payload["was"] for one in await commands(pilot)} == {"mine", ""}


@pytest.mark.parametrize("read_only", [False, True])
async def test_mlflow_runs_left_behind_are_settled_from_their_list(tmp_path: Path, read_only: bool) -> None:
    left = replace(TRACKED[0], status="RUNNING", ended_as="canceled")
    fine = replace(TRACKED[0], id="mlflow:fine", run_id="fine", name="calm-owl", status="RUNNING")
    async with playing(tmp_path, world=world_with(left, fine), read_only=read_only) as pilot:  # type: ignore[arg-type]
        dashboard(pilot).push_screen(TrackedScreen())
        await settle(pilot, lambda: isinstance(pilot.app.screen, TrackedScreen) and pilot.app.screen.grid.source.size)
        screen = top(pilot, TrackedScreen)
        screen.grid.set_marks({left.id, fine.id})
        await press(pilot, "F")
        if read_only:
            assert "read-only" in last_line(pilot)
            return
        text = shown(pilot)
        assert "Settle MLflow run bright-owl-7 as KILLED?" in text and "calm-owl was not left RUNNING" in text
        await press(pilot, "y")
        (made,) = await commands(pilot)
        assert (made.kind, made.connection, made.project_id, made.target_id) == ("settle", "mlflow", "mlflow", left.id)
        assert made.payload == {"status": "KILLED"}
        screen.grid.set_marks({left.id, fine.id})
        await press(pilot, "L")
        await type_text(pilot, "odd")
        await press(pilot, "enter")
        assert "Label 2 MLflow runs?" in shown(pilot)


async def test_what_became_of_marked_runs_is_said_as_it_comes_in(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        screen.grid.set_marks({"gitlab:1:160", RUNNING_RUN})
        await press(pilot, "x", "y")
        made = {one.target_id: one for one in await commands(pilot)}
        assert "cancel 2 runs: queued" in last_line(pilot)

        def answered(target: str, answer: str) -> Command:
            return replace(made[target], state="done", answer=answer)

        await change(pilot, answered(RUNNING_RUN, "canceled"))
        await settle(pilot, lambda: "1 of 2 cancelled, 1 under way" in last_line(pilot))
        dashboard(pilot).show("activity")
        await change(pilot, answered("gitlab:1:160", "it had ended already (success)"))
        await settle(pilot, lambda: "1 of 2 cancelled, #160 had already ended" in last_line(pilot))


async def test_a_single_refusal_is_told_with_its_reason(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "r", "y")
        (made,) = await commands(pilot)
        await change(pilot, replace(made, state="refused", answer="403 Forbidden"))
        await settle(pilot, lambda: "retry churn #103: refused: 403 Forbidden" in last_line(pilot))
