"""Runs: moving, filtering, marking, sorting and acting in the history."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import Command, PipelineRun
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
from tests.world import FAILED_RUN, NOW, RUNNING_RUN, records
from tui.screens.launch import LaunchScreen
from tui.screens.listing import ListScreen
from tui.screens.log import LogScreen
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen
from widgets.confirm import Confirm
from widgets.grid import Grid
from widgets.prompt import Prompt


def run_of(id_: str) -> PipelineRun:
    """A run of the fixed world."""
    return next(one for one in records() if isinstance(one, PipelineRun) and one.id == id_)


def keys(screen: ListScreen) -> list[str]:
    """The keys of the rows that are in memory, from the top."""
    rows = (screen.grid.source.row(index) for index in range(screen.grid.source.size))
    return [row.key for row in rows if row is not None]


async def test_history_shows_the_newest_first_with_all_its_columns(tmp_path: Path) -> None:
    async with playing(tmp_path, (200, 60)) as pilot:
        line = line_with(pilot, "✗ 103 ")
        for word in ("failed", "churn", "feat/long-branch", "b01134f0", "take 1", "0:40", "val_auc"):
            assert word in line
        created = [record.created for record in await runs_in_order(pilot)]
        assert created == sorted(created, reverse=True)


async def runs_in_order(pilot) -> list[PipelineRun]:  # type: ignore[no-untyped-def]
    """The runs of the list in its order."""
    rows = top(pilot, RunsScreen).grid.source
    return [rows.record(index) for index in range(20)]


@pytest.mark.parametrize(
    ("typed", "place"),
    [("j", 1), ("down", 1), ("G", 63), ("end", 63), ("ctrl+d", 16), ("pagedown", 33)],
)
async def test_keys_move_the_cursor_and_come_back(tmp_path: Path, typed: str, place: int) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, typed)
        assert top(pilot, RunsScreen).grid.cursor in range(place - 1, place + 2)
        await press(pilot, "g")
        assert top(pilot, RunsScreen).grid.cursor == 0
        await press(pilot, "j", "j", "k")
        assert top(pilot, RunsScreen).grid.cursor == 1


async def test_rows_out_of_sight_are_read_when_they_come_into_sight(tmp_path: Path) -> None:
    like = run_of("gitlab:2:159")
    extra = [replace(like, id=f"gitlab:2:{number}", git_pipeline_id=number) for number in range(10_000, 10_400)]
    async with playing(tmp_path, world=[*records(), *extra]) as pilot:
        screen = top(pilot, RunsScreen)
        assert screen.grid.source.size > 400
        for _ in range(6):
            await press(pilot, "pagedown")
        first, stop = screen.grid.in_sight
        assert first > 150
        assert all(screen.grid.source.row(index) is not None for index in range(first, stop))


async def test_enter_opens_the_run_and_l_the_log_of_its_failed_job(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "enter")
        assert top(pilot, RunScreen).run_id == FAILED_RUN
        await press(pilot, "escape")
        assert cursor(pilot) == FAILED_RUN
        await press(pilot, "l")
        assert top(pilot, LogScreen).job_id == "gitlab:1:job:1033"
        assert "CUDA out of memory" in shown(pilot)


async def test_filter_follows_what_is_typed_and_esc_brings_back_what_was(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        everything = top(pilot, RunsScreen).grid.source.size
        await press(pilot, "slash")
        await type_text(pilot, "status:failed ref:release*")
        screen = top(pilot, RunsScreen)
        await settle(pilot, lambda: 0 < screen.grid.source.size < everything)
        found = [screen.grid.source.record(index) for index in range(screen.grid.source.size)]
        assert {run.status for run in found if run} == {"failed"}
        assert {run.ref for run in found if run} == {"release/2026.03"}
        await press(pilot, "escape")
        await settle(pilot, lambda: screen.grid.source.size == everything)
        assert screen.filter == ""
        assert not screen.query(Prompt)


async def test_filter_stays_after_enter_and_backspace_drops_it(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        everything = screen.grid.source.size
        await press(pilot, "slash")
        await type_text(pilot, "project:fraud-detection")
        await press(pilot, "enter")
        assert screen.filter == "project:fraud-detection"
        assert "/ project:fraud-detection" in shown(pilot)
        assert {key.split(":")[1] for key in keys(screen)} == {"2"}
        await press(pilot, "backspace")
        await settle(pilot, lambda: screen.grid.source.size == everything)


async def test_esc_on_the_first_screen_drops_the_filter_and_never_quits(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "slash")
        await type_text(pilot, "status:manual")
        await press(pilot, "enter", "escape")
        assert screen.filter == ""
        await press(pilot, "escape")
        assert pilot.app.is_running
        assert pilot.app.screen is screen


async def test_a_wrong_filter_says_where_and_changes_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        everything = screen.grid.source.size
        await press(pilot, "slash")
        await type_text(pilot, "ref:main nosuch:1")
        prompt = screen.query_one(Prompt)
        assert "nosuch" in prompt.error
        assert prompt._error_at == len("ref:main ")
        await press(pilot, "enter")
        assert screen.query(Prompt), "enter does not take a filter that cannot be read"
        await press(pilot, "escape")
        await settle(pilot, lambda: screen.grid.source.size == everything)


async def test_tab_completes_fields_and_their_values(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "sta")
        await press(pilot, "tab")
        prompt = top(pilot, RunsScreen).query_one(Prompt)
        assert prompt.value == "status:"
        await type_text(pilot, "fai")
        await press(pilot, "tab")
        assert prompt.value == "status:failed"
        await type_text(pilot, " project:fr")
        await press(pilot, "tab")
        assert prompt.value == "status:failed project:fraud-detection"


async def test_a_filter_that_nothing_matches_says_so_and_the_way_out(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "nothing-is-called-this")
        await press(pilot, "enter")
        assert "Nothing matches nothing-is-called-this" in shown(pilot)
        assert "backspace shows everything again" in shown(pilot)


async def test_up_brings_back_what_was_typed_before(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "status:manual")
        await press(pilot, "enter", "backspace", "slash", "up")
        assert top(pilot, RunsScreen).query_one(Prompt).value == "status:manual"


async def test_another_order_is_chosen_by_typing_and_turned(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        assert screen.grid.sort_column == "created"
        assert screen.grid.sort_descending
        await press(pilot, "G", "S")
        assert not screen.grid.sort_descending
        assert screen.grid.cursor == 0, "another order is shown from its beginning"
        first = screen.grid.source.record(0)
        assert first is not None
        assert first.git_pipeline_id == 101
        await press(pilot, "s")
        await type_text(pilot, "durat")
        await press(pilot, "enter")
        assert screen.grid.sort_column == "took"
        longest = [screen.grid.source.record(index) for index in range(3)]
        assert [run.execution_time for run in longest if run] == [220, 220, 220]
        assert "▾ took" in shown(pilot).splitlines()[2]
        await press(pilot, "s", "enter")
        assert not screen.grid.sort_descending, "the same column again turns the order"


async def test_names_sort_upwards_and_a_heading_can_be_clicked(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        for column, descending in (("ref", False), ("took", True), ("took", False)):
            place = next(one for one in screen.grid._placed if screen.grid.columns[one.column].key == column)
            await pilot.click("#list", offset=(place.x + 3, 0))
            wanted = (column, descending)
            await settle(pilot, lambda: (screen.grid.sort_column, screen.grid.sort_descending) == wanted)  # noqa: B023
        place = next(one for one in screen.grid._placed if screen.grid.columns[one.column].key == "stages")
        await pilot.click("#list", offset=(place.x + 3, 0))
        await settle(pilot, lambda: "one cannot sort by stages" in last_line(pilot))


async def test_cancel_asks_and_no_is_the_default(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "j", "x")
        assert "Cancel churn #160?" in shown(pilot)
        await press(pilot, "enter")
        assert await commands(pilot) == []
        await press(pilot, "x", "y")
        (command,) = await commands(pilot)
        assert (command.kind, command.target_id, command.project_id) == ("cancel", "gitlab:1:160", "gitlab:1")
        assert (command.state, command.title) == ("queued", "cancel churn #160")
        assert command.payload == {}


async def test_a_pending_command_is_shown_on_its_row_until_it_is_over(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "j", "x", "y")
        await settle(pilot, lambda: "◌ cancel" in line_with(pilot, " 160 "))
        assert "1 queued" in shown(pilot)
        (command,) = await commands(pilot)
        await change(pilot, command_like(command, state="done", answer="canceled"))
        await settle(pilot, lambda: "running" in line_with(pilot, " 160 "))
        await settle(pilot, lambda: "1 queued" not in shown(pilot))


def command_like(command: Command, **values: object) -> Command:
    """A command with other values."""
    from msgspec.structs import replace

    return replace(command, **values)


async def test_retry_of_a_failed_run_and_the_reason_where_it_cannot_be(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "r")
        assert "retry: #1039 has no failed or cancelled job" in last_line(pilot)
        await press(pilot, "j", "r", "y")
        (command,) = await commands(pilot)
        assert (command.kind, command.target_id) == ("retry", FAILED_RUN)


async def test_marked_runs_are_acted_on_together_and_refusals_are_said(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "j", "j", "space", "j", "space", "g", "space")
        assert screen.grid.marks == {"gitlab:1:160", RUNNING_RUN, "gitlab:1:1039"}
        await press(pilot, "x")
        text = shown(pilot)
        assert "Cancel 2 runs?" in text
        for sentence in ("cancel churn #160", "cancel churn #100", "#1039 is over"):
            assert sentence in text
        await press(pilot, "y")
        made = await commands(pilot)
        assert {(command.kind, command.target_id) for command in made} == {
            ("cancel", "gitlab:1:160"),
            ("cancel", RUNNING_RUN),
        }


async def test_a_range_is_marked_from_the_last_mark(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "space", "j", "j", "v")
        assert screen.grid.marks == set(keys(screen)[:4])


async def test_new_runs_come_in_while_cursor_and_view_stay_on_their_rows(tmp_path: Path) -> None:
    from msgspec.structs import replace

    async with playing(tmp_path, (120, 24)) as pilot:
        screen = top(pilot, RunsScreen)
        for _ in range(30):
            await pilot.press("j")
        await settle(pilot)
        size = screen.grid.source.size
        before, top_row = cursor(pilot), screen.grid.source.row(screen.grid.top)
        old = run_of("gitlab:2:159")
        await change(
            pilot, *(replace(old, id=f"gitlab:2:{n}", git_pipeline_id=n, created=NOW) for n in range(900, 907))
        )
        await settle(pilot, lambda: screen.grid.source.size == size + 7)
        assert cursor(pilot) == before
        after = screen.grid.source.row(screen.grid.top)
        assert top_row is not None
        assert after is not None
        assert after.key == top_row.key
        await press(pilot, "g")
        assert screen.grid.source.row(0).key == "gitlab:2:906"


async def test_on_the_first_row_the_newest_run_comes_into_sight(tmp_path: Path) -> None:
    from msgspec.structs import replace

    async with playing(tmp_path) as pilot:
        await change(pilot, replace(run_of("gitlab:2:159"), id="gitlab:2:999", git_pipeline_id=999, created=NOW))
        await settle(pilot, lambda: "999" in shown(pilot))


async def test_a_changed_run_is_drawn_anew_in_its_place(tmp_path: Path) -> None:
    from msgspec.structs import replace

    async with playing(tmp_path) as pilot:
        assert "running" in line_with(pilot, " 160 ")
        await change(pilot, replace(run_of("gitlab:1:160"), status="failed", execution_time=61))
        await settle(pilot, lambda: "failed" in line_with(pilot, " 160 "))
        assert "1:01" in line_with(pilot, " 160 ")


async def test_a_deleted_run_goes_away(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await change(pilot, delete=[(PipelineRun, "gitlab:1:160")])
        await settle(pilot, lambda: " 160 " not in shown(pilot))


async def test_a_launch_under_way_is_a_row_above_the_runs(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        launch = Command(
            id="c9",
            kind="launch",
            connection="gitlab",
            project_id="gitlab:1",
            title="launch churn on main",
            payload={"ref": "release/1"},
            by="ada",
            created=NOW,
            state="sending",
            answer="creating the MLflow run",
        )
        await change(pilot, launch)
        await settle(pilot, lambda: "creating the" in shown(pilot))
        first = shown(pilot).splitlines()[4]
        for word in ("new", "sending", "churn", "ada"):
            assert word in first
        await press(pilot, "g", "enter")
        assert top(pilot).NAME == "activity"
        await press(pilot, "3")
        await change(pilot, command_like(launch, state="done", result_id="gitlab:1:160"))
        await settle(pilot, lambda: "sending" not in shown(pilot))


async def test_on_the_row_of_a_launch_its_keys_work_on_that_launch(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        waiting = Command(
            id="c9",
            kind="launch",
            connection="gitlab",
            project_id="gitlab:2",
            title="launch fraud on main",
            payload={"ref": "main"},
            by="ada",
            created=NOW,
            answer="it starts later",
        )
        await change(pilot, waiting)
        await settle(pilot, lambda: "it starts later" in shown(pilot))
        await press(pilot, "g", "x")
        assert "it has no run yet: D takes it back" in last_line(pilot)
        await press(pilot, "T")
        assert "not been written down yet" in last_line(pilot)
        await press(pilot, "t")
        form = dashboard(pilot).screen
        assert isinstance(form, LaunchScreen)
        assert form.project_id == "gitlab:2"
        await press(pilot, "escape")
        await settle(pilot, lambda: dashboard(pilot).screen.query_one(Grid).cursor_key == "command:c9")
        await press(pilot, "D")
        await settle(pilot, lambda: "taken back" in last_line(pilot))
        await settle(pilot, lambda: "it starts later" not in shown(pilot))


async def test_a_long_estimate_comes_from_runs_of_the_same_project(tmp_path: Path) -> None:
    from msgspec.structs import replace

    slow = [
        replace(run_of("gitlab:1:157"), id=f"gitlab:1:{n}", git_pipeline_id=n, execution_time=1910) for n in (1, 2, 3)
    ]
    world = [one for one in records() if not (isinstance(one, PipelineRun) and one.status == "success")]
    async with playing(tmp_path, world=[*world, *slow]) as pilot:
        await settle(pilot, lambda: "~30m" in line_with(pilot, " 160 "))


async def test_t_and_shift_t_open_the_launch_form(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "t")
        assert top(pilot).NAME == "launch"
        await press(pilot, "escape", "T")
        assert "filled from #103" in shown(pilot)


async def test_y_copies_the_address_and_o_does_so_where_there_is_no_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "y")
        assert dashboard(pilot).clipboard == "https://gitlab.example/ml/p/-/pipelines/159"
        opened: list[str] = []
        monkeypatch.setattr(dashboard(pilot), "open_url", opened.append)
        await press(pilot, "j", "o")
        assert dashboard(pilot).clipboard.endswith("/160")
        assert "no browser here" in last_line(pilot)
        monkeypatch.delenv("SSH_CONNECTION")
        monkeypatch.setenv("DISPLAY", ":0")
        await press(pilot, "o")
        assert opened == ["https://gitlab.example/ml/p/-/pipelines/160"]


async def test_an_active_question_does_not_stop_the_list_behind_it(tmp_path: Path) -> None:
    from msgspec.structs import replace

    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "j", "x")
        top(pilot, Confirm)
        await change(pilot, replace(run_of("gitlab:1:160"), status="canceled"))
        await press(pilot, "n")
        await settle(pilot, lambda: "canceled" in line_with(pilot, " 160 "))
