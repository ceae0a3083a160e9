"""Pipelines: what the rows sum up, the APIs of the one under the cursor, and where the keys lead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import Pipeline, PipelineAPI, PipelineJob, PipelineRun, Schedule
from tests.tui.stage import (
    change,
    commands,
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
from tests.world import NOW
from tests.world_pipelines import FULL, HOSTILE, PIPELINE, QUICK, apis, pipeline, runs, world
from tui.screens.definition import DefinitionScreen
from tui.screens.pipeline import PipelineScreen
from tui.screens.pipelines import PipelinesScreen
from tui.screens.runs import RunsScreen
from widgets.field_name import NameScreen


def below(pilot: Pilot[str]) -> str:
    """Key under the cursor of the lower list."""
    return top(pilot, PipelinesScreen).api_grid.cursor_key or ""


def launches(pilot: Pilot[str], monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was opened as a launch form."""
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        dashboard(pilot), "open_launch", lambda project, **given: found.append((project, *given.values()))
    )
    return found


async def test_a_row_sums_up_the_newest_runs(tmp_path: Path) -> None:
    async with playing(tmp_path, (200, 60), world=world()) as pilot:
        await press(pilot, "2")
        row = line_with(pilot, " train ")
        for word in (
            "churn",
            "model training",
            "●✓✗✓",
            "12:30",
            "19:15",
            "66%",
            "in 15h",
            "yes",
            "● running 3m",
            "main",
        ):
            assert word in row


async def test_rows_stand_by_project_and_name(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "2")
        screen = top(pilot, PipelinesScreen)
        assert list(screen.items) == ["gitlab:1:default", PIPELINE, "gitlab:2:default", "gitlab:3:default"]


async def test_a_pipeline_that_is_not_in_use_and_one_that_never_ran_say_so(tmp_path: Path) -> None:
    idle = Pipeline(id="gitlab:1:aaa", project_id="gitlab:1", name="aaa", active=False)
    async with playing(tmp_path, (160, 45), world=[*world(), idle]) as pilot:
        await press(pilot, "2")
        row = line_with(pilot, " aaa ").split()
        assert "no" in row
        assert "never" in row
        assert "–" in row


async def test_the_next_schedule_is_an_active_one_of_this_pipeline(tmp_path: Path) -> None:
    other = Schedule(id="gitlab:1:schedule:9", project_id="gitlab:1", connection="gitlab", git_project_id=1,
                     git_schedule_id=9, next_run=NOW.replace(hour=13), last_run_id="gitlab:1:160")  # fmt: skip
    run = next(one for one in world() if isinstance(one, PipelineRun) and one.id == "gitlab:1:160")
    async with playing(tmp_path, (160, 45), world=[*world(), other]) as pilot:
        await press(pilot, "2")
        assert run.pipeline_id == "gitlab:1:default"
        assert "in 1h" in line_with(pilot, "default")
        assert "in 15h" in line_with(pilot, " train ")


async def test_the_apis_follow_the_cursor_and_keep_one_of_their_own(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "2")
        assert "APIs  of default" in shown(pilot)
        await press(pilot, "j")
        assert cursor(pilot) == PIPELINE
        for words in (("features", "3 of 6", "17", "CI file"), ("full", "6 of 6", "ml/churn-tests", "configuration"),
                      ("quick", "5 of 6", "user")):  # fmt: skip
            row = line_with(pilot, f" {words[0]} ")
            assert all(word in row for word in words)
        await press(pilot, "tab", "j", "j")
        assert (cursor(pilot), below(pilot)) == (PIPELINE, QUICK)
        await press(pilot, "tab", "k")
        assert cursor(pilot) == "gitlab:1:default"


async def test_the_way_to_the_other_list_is_said_however_one_came(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "2")
        screen = top(pilot, PipelinesScreen)
        for grid, words in ((screen.api_grid, "tab: to the pipelines"), (screen.grid, "tab: to the APIs")):
            grid.focus()  # as a click does
            await settle(pilot, lambda grid=grid: screen.focused is grid)
            assert words in line_with(pilot, "APIs  of default")


async def test_moving_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [Pipeline(id=f"gitlab:1:p{n:03}", project_id="gitlab:1", name=f"p{n:03}") for n in range(120)]
    own = [PipelineAPI(id=f"{one.id}:api", pipeline_id=one.id, name=f"api-of-{one.name}") for one in many]
    async with playing(tmp_path, world=[*world(), *many, *own]) as pilot:
        await press(pilot, "2")
        feed = dashboard(pilot).feed
        assert feed is not None
        asked: list[object] = []
        for name in ("page", "get", "get_many", "count", "listing"):
            monkeypatch.setattr(feed.context.store, name, lambda *given, **_: asked.append(given))
        await pilot.press(*["j"] * 40)
        await pilot.pause()
        assert asked == []
        assert f"api-of-{cursor(pilot).rpartition(':')[2]}" in shown(pilot)
        monkeypatch.undo()


async def test_rows_out_of_sight_are_summed_up_behind_those_in_sight(tmp_path: Path) -> None:
    many = [Pipeline(id=f"gitlab:1:p{n:03}", project_id="gitlab:1", name=f"p{n:03}") for n in range(120)]
    late = replace(runs()[0], id="gitlab:1:999", git_pipeline_id=999, pipeline_id="gitlab:1:p119")
    async with playing(tmp_path, world=[*world(), *many, late]) as pilot:
        await press(pilot, "2")
        screen = top(pilot, PipelinesScreen)
        await settle(pilot, lambda: len(screen.glances) == len(screen.items))
        await press(pilot, "G")
        await press(pilot, "slash")
        await type_text(pilot, "p119")
        await press(pilot, "enter")
        assert "●" in line_with(pilot, " p119 ")


async def test_enter_shows_runs_of_a_pipeline_and_the_form_of_an_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "2", "j", "enter")
        assert top(pilot, RunsScreen).filter == "project:churn pipeline:train"
        await press(pilot, "escape")
        found = launches(pilot, monkeypatch)
        await press(pilot, "tab", "j", "enter", "t")
        assert found == [("gitlab:1", PIPELINE, FULL)] * 2
        await press(pilot, "tab", "t")
        assert found[-1] == ("gitlab:1", PIPELINE)


async def test_d_shows_the_pipeline(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "2", "j", "d")
        assert top(pilot, PipelineScreen).pipeline_id == PIPELINE
        await press(pilot, "escape")
        assert cursor(pilot) == PIPELINE


async def test_n_e_and_c_open_the_form_of_what_the_cursor_stands_on(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "2", "j", "n")
        screen = top(pilot, DefinitionScreen)
        assert isinstance(screen.record, Pipeline)
        assert (screen.new, screen.record.project_id, screen.record.name) == (True, "gitlab:1", "")
        await press(pilot, "escape", "e")
        assert (top(pilot, DefinitionScreen).record.id, top(pilot, DefinitionScreen).new) == (PIPELINE, False)
        await press(pilot, "escape", "tab", "j", "n")
        assert isinstance(top(pilot, DefinitionScreen).record, PipelineAPI)
        await press(pilot, "escape", "e")
        assert top(pilot, DefinitionScreen).record.id == FULL
        await press(pilot, "escape", "c")
        screen = top(pilot, DefinitionScreen)
        assert screen.like is not None
        assert (screen.like.id, screen.new, screen.record.name) == (FULL, True, "")


async def test_delete_asks_for_the_name_and_sends_one_command(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "2", "j", "tab", "G", "D")
        top(pilot, NameScreen)
        assert "Delete API train/quick?" in shown(pilot)
        await type_text(pilot, "quik")
        await press(pilot, "enter")
        assert "that is another name" in shown(pilot)
        await press(pilot, "escape")
        assert await commands(pilot) == []
        await press(pilot, "D")
        await type_text(pilot, "quick")
        await press(pilot, "enter")
        await settle(pilot)
        (command,) = await commands(pilot)
        assert command.kind == "define"
        assert command.payload["delete"] == [{"record": "PipelineAPI", "id": QUICK}]
        assert command.title == "delete API train/quick of churn"


async def test_a_pipeline_goes_with_its_parts(tmp_path: Path) -> None:
    own = replace(pipeline(), defined_by="user")
    async with playing(tmp_path, world=[*(one for one in world() if one.id != PIPELINE), own]) as pilot:
        await press(pilot, "2", "j", "D")
        assert "Its 3 APIs and 6 jobs go with it; its 4 runs stay." in shown(pilot)
        assert "1 run of it goes on." in shown(pilot)
        await type_text(pilot, "train")
        await press(pilot, "enter")
        (command,) = await commands(pilot)
        assert {"record": "Pipeline", "id": PIPELINE} in command.payload["delete"]


async def test_of_a_pipeline_without_runs_none_are_said_to_stay(tmp_path: Path) -> None:
    own = replace(pipeline(), id="gitlab:1:fresh", name="fresh", defined_by="user")
    async with playing(tmp_path, world=[*world(), own]) as pilot:
        await press(pilot, "2")
        top(pilot, PipelinesScreen).grid.go_to(own.id)
        await press(pilot, "D")
        assert "Its 0 APIs and 0 jobs go with it; it has no runs." in shown(pilot)


async def test_what_is_read_from_elsewhere_says_why_it_cannot_be_deleted(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        await press(pilot, "2", "j", "tab", "j", "D")
        assert "is defined in the configuration file, and would come back" in last_line(pilot)
        await press(pilot, "k", "D")
        assert "comes from the project itself, and would come back" in last_line(pilot)


async def test_read_only_defines_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(), read_only=True) as pilot:
        await press(pilot, "2", "j", "e")
        assert "edit: Lineside runs read-only" in last_line(pilot)
        assert isinstance(top(pilot), PipelinesScreen)


async def test_changes_appear_and_the_cursors_stay(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "2", "j", "tab", "j")
        first = Pipeline(id="gitlab:1:aaa", project_id="gitlab:1", name="aaa")
        new = PipelineAPI(id=f"{PIPELINE}:aaa", pipeline_id=PIPELINE, name="aaa-api", flow_control={"train": False})
        await change(pilot, first, new)
        await settle(pilot, lambda: "aaa-api" in shown(pilot) and " aaa " in shown(pilot))
        assert (cursor(pilot), below(pilot)) == (PIPELINE, FULL)
        assert "3 of 6" in line_with(pilot, "aaa-api")
        await change(pilot, delete=[(PipelineJob, f"{PIPELINE}:deploy")])
        await settle(pilot, lambda: "5 of 5" in line_with(pilot, " full "))


async def test_a_run_that_ends_changes_its_row_only(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        await press(pilot, "2")
        screen = top(pilot, PipelinesScreen)
        before = screen.glances["gitlab:2:default"]
        ended = replace(runs()[0], status="failed", execution_time=60)
        await change(pilot, ended)
        await settle(pilot, lambda: "✗✓✗✓" in line_with(pilot, " train "))
        assert screen.glances["gitlab:2:default"] is before


async def test_without_pipelines_it_says_how_to_get_one(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[]) as pilot:
        await press(pilot, "2")
        assert "No pipelines yet" in shown(pilot)
        assert "n defines another one" in shown(pilot)
        await press(pilot, "n")
        assert "there is no project that it could belong to" in last_line(pilot)


async def test_a_pipeline_without_api_says_how_to_get_one(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[one for one in world() if not isinstance(one, PipelineAPI)]) as pilot:
        await press(pilot, "2")
        assert "This pipeline has no API yet" in shown(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_hostile_names_are_only_text(tmp_path: Path, size: tuple[int, int]) -> None:
    odd = replace(pipeline(), name=HOSTILE, id=f"gitlab:1:{HOSTILE}")
    api = replace(apis()[0], pipeline_id=odd.id, id=f"{odd.id}:x", name=HOSTILE, callback_url=HOSTILE)
    async with playing(tmp_path, size, world=[*world(), odd, api]) as pilot:
        await press(pilot, "2", "slash")
        await type_text(pilot, "pipeline:[bold*")
        await press(pilot, "escape")
        assert "[bold red]" in shown(pilot)
        await press(pilot, "j", "tab", "e", "escape", "D", "escape")
        assert dashboard(pilot).is_running
