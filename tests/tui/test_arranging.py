"""How a list of runs is arranged: columns, saved views, groups."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from data.model import PipelineRun, Project, View
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
from tests.world import FAILED_RUN, NOW, records
from tui.look import Look
from tui.screens.columns import ColumnsScreen
from tui.screens.listing import ListScreen
from tui.screens.runs import RunsScreen
from tui.screens.views import ViewsScreen
from widgets.confirm import Confirm
from widgets.prompt import Prompt


def run_of(id_: str) -> PipelineRun:
    """A run of the fixed world, as it was written last."""
    return [one for one in records() if isinstance(one, PipelineRun) and one.id == id_][-1]


def keys_of(screen: ListScreen) -> list[str]:
    """Keys of the columns."""
    return [column.key for column in screen.grid.columns]


def row_keys(screen: ListScreen) -> list[str]:
    """Keys of the rows in memory."""
    rows = (screen.grid.source.row(index) for index in range(screen.grid.source.size))
    return [row.key for row in rows if row is not None]


# Columns


async def test_a_metric_becomes_a_column_by_typing_its_name(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        before = keys_of(screen)
        await press(pilot, "C")
        await type_text(pilot, "auc")
        assert "metrics.val_auc" in shown(pilot)
        await press(pilot, "down", "up", "space", "enter")
        assert keys_of(screen) == [*before, "metrics.val_auc"]
        assert "0.8475" in line_with(pilot, " 103 ")
        assert screen.look().columns == (*before, "metrics.val_auc")


async def test_columns_move_and_change_their_widths(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "C", "down", "J", "plus", "plus", "minus", "enter")
        assert keys_of(screen)[:3] == ["id", "pipeline", "status"]
        assert screen.look().columns[2] == "status:13"
        assert screen.grid.columns[2].width == 13
        await press(pilot, "C", "down", "down", "K", "shift+up", "equals_sign", "enter")
        assert screen.look().columns[:2] == ("status", "id")


async def test_columns_are_hidden_but_for_one(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "C")
        for _ in range(20):
            await pilot.press("space")
            await settle(pilot)
        await press(pilot, "enter")
        assert len(keys_of(screen)) == 1
        await press(pilot, "C", "ctrl+r", "enter")
        assert screen.look().columns == ()
        assert keys_of(screen) == [spec.key for spec in screen.TABLE.shown]


async def test_esc_leaves_the_columns_as_they_were(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "C", "space", "escape")
        assert screen.look().columns == ()


async def test_columns_without_room_are_told(tmp_path: Path) -> None:
    async with playing(tmp_path, (80, 24)) as pilot:
        await press(pilot, "C")
        top(pilot, ColumnsScreen)
        assert "no room at this width" in line_with(pilot, "api")


async def test_the_best_value_in_sight_is_accented(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        screen.change_look(columns=("id", "metrics.val_auc", "metrics.loss"))
        await settle(pilot, lambda: len(keys_of(screen)) == 3)
        tones = {
            row.cells[1].text: row.cells[1].tone
            for index in range(*screen.grid.in_sight)
            if (row := screen.grid.source.row(index)) is not None and row.cells[1].text
        }
        best = max(tones, key=float)
        assert {text for text, tone in tones.items() if tone == "accent"} == {best}


# Views


async def test_a_view_is_saved_opened_renamed_shared_and_deleted(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        wanted = Look(filter="status:failed", sort="took", columns=("id", "took"))
        screen.change_look(**wanted.as_dict())
        await settle(pilot, lambda: screen.grid.sort_column == "took")
        await press(pilot, "V")
        assert "No saved views yet" in shown(pilot)
        await press(pilot, "a")
        await type_text(pilot, "failures")
        await press(pilot, "enter")
        assert "saved failures" in shown(pilot)
        assert "status:failed" in line_with(pilot, "│ failures")
        await press(pilot, "escape")
        screen.change_look(**Look().as_dict())
        await settle(pilot, lambda: screen.grid.sort_column == "created")
        await press(pilot, "V", "enter")
        assert screen.look() == wanted
        assert "/ status:failed" in shown(pilot)
        await press(pilot, "V", "s", "r", "ctrl+u")
        await type_text(pilot, "mine")
        await press(pilot, "enter")
        assert "shared" in line_with(pilot, " mine")
        await press(pilot, "D")
        assert "Delete the view mine?" in shown(pilot)
        assert "Others who use it lose it" in shown(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ViewsScreen), "No is the default"
        await press(pilot, "D", "y")
        assert "No saved views yet" in shown(pilot)


async def test_a_view_becomes_how_the_list_looks_after_a_question(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "V", "a", "x", "enter", "escape")
        await press(pilot, "slash")
        await type_text(pilot, "ref:main")
        await press(pilot, "enter", "V", "u")
        assert isinstance(pilot.app.screen, Confirm)
        assert "now: ref:main" in shown(pilot)
        await press(pilot, "y", "escape", "backspace", "V", "enter")
        assert screen.filter == "ref:main"


async def test_two_views_never_have_one_name(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "V", "a", "x", "enter", "a", "y", "enter", "a", "x", "enter")
        assert "there is a view x already" in shown(pilot)
        await press(pilot, "r", "backspace", "x", "enter")
        assert "there is a view x already" in shown(pilot)


async def test_a_view_of_somebody_else_is_opened_but_not_changed(tmp_path: Path) -> None:
    theirs = View(id="eve:runs:night", screen="runs", name="night", by="eve", shared=True, filter="by:bo", updated=NOW)
    async with playing(tmp_path, world=[*records(), theirs]) as pilot:
        await press(pilot, "V")
        assert "eve" in line_with(pilot, "night")
        for key in ("D", "r", "s", "u"):
            await press(pilot, key)
            assert "night belongs to eve" in shown(pilot)
        await press(pilot, "enter")
        assert top(pilot, RunsScreen).filter == "by:bo"


async def test_a_view_that_cannot_be_read_any_more_says_so(tmp_path: Path) -> None:
    broken = View(id="eve:runs:b", screen="runs", name="b", by="eve", shared=True, filter="nosuch:1", window="bad")
    async with playing(tmp_path, world=[*records(), broken]) as pilot:
        await press(pilot, "V", "enter")
        assert "nosuch" in last_line(pilot)
        await press(pilot, "backspace")
        await settle(pilot, lambda: " 103 " in shown(pilot))


# Groups


async def test_runs_are_grouped_and_a_group_unfolds(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "b")
        await type_text(pilot, "ref")
        await press(pilot, "enter")
        assert "by ref" in shown(pilot).splitlines()[2]
        line = line_with(pilot, "▸ main")
        for word in ("runs", "%", "✓"):
            assert word in line
        assert screen.grid.source.size == 5
        await press(pilot, "g", "enter")
        header = cursor(pilot)
        assert header.startswith("group:")
        assert screen.grid.source.size > 5
        await press(pilot, "j")
        assert (await screen.targets())[0].ref == header.removeprefix("group:")
        await press(pilot, "z")
        assert cursor(pilot) == header, "folding stays on the group"
        assert screen.grid.source.size == 5
        await press(pilot, "Z")
        assert screen.grid.source.size > 60
        await press(pilot, "Z")
        assert screen.grid.source.size == 5
        await press(pilot, "b", "up", "up", "up", "up", "up", "up", "up", "up", "enter")
        assert screen.look().group == ""
        assert screen.grid.source.size > 60


async def test_groups_need_no_run_under_the_cursor(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "z")
        assert "the list is not grouped" in last_line(pilot)
        top(pilot, RunsScreen).change_look(group="ref")
        await settle(pilot, lambda: cursor(pilot).startswith("group:"))
        for key in ("x", "l", "m", "T"):
            await press(pilot, key)
            assert "there is no run under the cursor" in last_line(pilot)


async def test_a_mark_on_a_header_marks_its_runs(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        screen.change_look(group="ref", filter="ref:main")
        await settle(pilot, lambda: cursor(pilot) == "group:main")
        await press(pilot, "space")
        runs = await screen.targets()
        assert len(runs) > 10
        assert f"{len(runs)} marked" in shown(pilot).splitlines()[2]
        assert {run.ref for run in runs} == {"main"}
        await press(pilot, "g", "space")
        assert not screen.grid.marks


async def test_a_group_changes_with_its_runs(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        screen.change_look(group="ref", filter="ref:brandnew,main")
        await settle(pilot, lambda: cursor(pilot) == "group:main")
        await change(pilot, replace(run_of(FAILED_RUN), id="gitlab:1:990", git_pipeline_id=990, ref="brandnew"))
        await settle(pilot, lambda: "▸ brandnew" in shown(pilot))
        line = line_with(pilot, "▸ brandnew")
        assert "1 run " in line
        assert "✗ failed" in line


async def test_commits_are_called_by_their_subject(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        top(pilot, RunsScreen).change_look(group="git_commit_hash")
        await settle(pilot, lambda: "Tune the learning rate" in line_with(pilot, "▸ 6f498ff8"))


async def test_what_misses_the_value_is_a_group_too(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        top(pilot, RunsScreen).change_look(group="dataset")
        await settle(pilot, lambda: "no dataset" in shown(pilot))


async def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    name = "[bold red]x[/] [@click=app.quit]y[/] [/foo]"
    world = [*records(), Project(id="gitlab:1", name=name, connection="gitlab", git_project_id=1, path="a/b")]
    hostile = [replace(run_of(FAILED_RUN), ref=name, metrics={name: 1.0, "b": 2.0})]
    async with playing(tmp_path, (200, 60), world=[*world, *hostile]) as pilot:
        screen = top(pilot, RunsScreen)
        screen.change_look(columns=("id", f"metrics.{name}", "ref:60"), group="ref")
        await settle(pilot, lambda: name in shown(pilot))
        await press(pilot, "V", "a")
        await type_text(pilot, "x")
        await press(pilot, "enter")
        assert dashboard(pilot).is_running


async def test_a_list_that_is_asked_twice_at_once_answers_the_newer_question_only(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "C")
        screen = top(pilot, ColumnsScreen)
        screen.follow()
        screen.query_one(Prompt)._edit.insert("commit")
        screen.follow()  # the first one has not begun, and leaves nothing behind that nobody awaits
        await settle(pilot)
        assert [screen.grid.key_at(index) for index in range(screen.grid.source.size)] == ["commit", "title"]
