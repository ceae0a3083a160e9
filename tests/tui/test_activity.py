"""Activity: its tabs, commands with the server's answer, connections, engines, and what is wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from data.model import Command, Connection, EngineState, Lease, SyncState
from data.store.logs import LogFiles
from tests.tui.stage import (
    CONFIG,
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
)
from tests.world import NOW, records
from tui.screens.activity import ActivityScreen
from widgets.prompt import Prompt


def waiting(**values: object) -> Command:
    """A command that waits."""
    given = {
        "id": "c7",
        "kind": "cancel",
        "connection": "gitlab",
        "project_id": "gitlab:1",
        "target_id": "gitlab:1:160",
        "title": "cancel churn #160",
        "by": "ada",
        "created": NOW,
        "answer": "gitlab is offline",
    }
    return Command(**{**given, **values})  # type: ignore[arg-type]


async def test_commands_with_who_what_state_and_answer(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40)) as pilot:
        await press(pilot, "6")
        line = line_with(pilot, "launch churn on main")
        for words in ("4m", "✗ refused", "bo@gpu-1", "Insufficient permissions to set pipeline variables"):
            assert words in line
        assert "✓ done" in line_with(pilot, "cancel churn #148")


HEALTH = ("6", "left_square_bracket")
"""Keys that lead to the tab Health."""


async def test_the_tabs_come_round_and_each_keeps_its_filter(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6")
        screen = top(pilot, ActivityScreen)
        titles = []
        for _ in screen.PANES:
            titles.append(screen.active.TITLE)
            await press(pilot, "right_square_bracket")
        assert titles == ["Commands", "Queue", "Submissions", "Schedules", "Health"]
        assert screen.active.TITLE == "Commands"
        screen.set_filter("status:refused")
        await settle(pilot)
        assert "launch churn on main" in shown(pilot) and "cancel churn #148" not in shown(pilot)
        await press(pilot, "right_square_bracket")
        assert screen.filter_text() == ""
        await press(pilot, "left_square_bracket", "escape")
        assert "cancel churn #148" in shown(pilot), "esc drops the filter of the tab first"


async def test_a_tab_can_be_asked_for(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        dashboard(pilot).push_screen(ActivityScreen(tab="schedules"))
        await settle(pilot, lambda: "[Schedules]" in shown(pilot))


async def test_a_filter_that_cannot_be_read_says_so_while_one_types(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6", "slash")
        await pilot.press(*"status", "colon", *"refused", "enter")
        await settle(pilot, lambda: "cancel churn #148" not in shown(pilot))
        await press(pilot, "backspace", "slash")
        await pilot.press("left_parenthesis")
        await settle(pilot, lambda: top(pilot, ActivityScreen).query_one(Prompt).error)


async def test_keys_of_other_tabs_say_where_they_belong(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6", "K")
        assert "that is done in the tab Queue" in last_line(pilot)
        await press(pilot, "p")
        assert "that is done in the tab Schedules" in last_line(pilot)


async def test_connections_say_how_they_are_and_what_is_left_of_the_budget(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40)) as pilot:
        await press(pilot, *HEALTH)
        line = line_with(pilot, "https://gitlab.example")
        for words in ("✓ ok", "18.10.0", "ada", "1890/2000"):
            assert words in line
        assert "✗ offline 3m" in line_with(pilot, "https://mlflow.example")
        await press(pilot, "right_square_bracket")
        line = line_with(pilot, "mlflow: connection refused").strip()
        assert line.endswith("is the server running?"), "what is wrong is said in every tab"


async def test_engines_are_named_with_their_leases_and_their_absence_says_what_to_do(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6")
        assert "gpu-1-77: 1 lease" in shown(pilot)
        await change(pilot, EngineState(id="gpu-1-77", host="gpu-1", pid=77))
        await settle(pilot, lambda: "gpu-1 pid 77: 1 lease" in shown(pilot))
        lease = next(one for one in records() if isinstance(one, Lease))
        await change(pilot, replace(lease, expires=NOW - timedelta(seconds=1)))
        await settle(pilot, lambda: "none is running; start one with: lineside engine" in shown(pilot))


async def test_a_queued_command_can_be_taken_back(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6")
        await press(pilot, "D")
        assert "only a queued command can be taken back" in last_line(pilot)
        await change(pilot, waiting())
        await settle(pilot, lambda: "◌ queued" in shown(pilot))
        await press(pilot, "g")
        assert cursor(pilot) == "c7"
        await press(pilot, "D")
        await settle(pilot, lambda: "withdrawn" in line_with(pilot, "cancel churn #160"))
        assert [command.state for command in await commands(pilot)] == ["withdrawn"]


async def test_a_command_that_is_being_sent_can_not(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6")
        await change(pilot, waiting(state="sending"))
        await settle(pilot, lambda: "sending" in shown(pilot))
        await press(pilot, "g", "D")
        assert [command.state for command in await commands(pilot)] == ["sending"]


async def test_enter_opens_what_came_of_a_command(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6", "enter")
        assert "nothing came of it yet" in last_line(pilot)
        await press(pilot, "j", "enter")
        assert top(pilot).NAME == "run"
        await press(pilot, "escape")
        await change(pilot, waiting(state="done", kind="retry", result_id="gitlab:1:job:1033"))
        await press(pilot, "g", "enter")
        assert top(pilot).NAME == "log"


async def test_another_size_leaves_no_empty_line_below_the_head(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6")
        screen = top(pilot, ActivityScreen)
        assert len(screen.head_lines()) == 2
        for size, lines in (((80, 24), 2), ((100, 14), 1), ((120, 40), 2)):
            await pilot.resize_terminal(*size)
            await settle(pilot, lambda size=size: screen.size == size)
            assert screen.query_one("#facts").size.height == lines


async def test_the_trouble_line_follows_the_connections(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6")
        mlflow = next(one for one in records() if isinstance(one, Connection) and one.id == "mlflow")
        await change(pilot, replace(mlflow, state="ok", last_success=NOW, last_error="", hint=""))
        await settle(pilot, lambda: "connection refused" not in shown(pilot))
        gitlab = next(one for one in records() if isinstance(one, Connection) and one.id == "gitlab")
        await change(pilot, replace(gitlab, state="unauthorized", last_error="401", hint="the token has expired"))
        await settle(pilot, lambda: "the token has expired" in shown(pilot))
        assert "gitlab ✗ unauthorized" in shown(pilot)


async def test_r_asks_the_engine_for_every_project_now(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "R")
        feed = dashboard(pilot).feed
        assert feed is not None
        topics = {interest.topic for interest in await feed.context.store.interests(NOW)}
        assert {"refresh:gitlab:1", "refresh:gitlab:2", "refresh:gitlab:3", "projects"} <= topics
        assert "asking the servers" in last_line(pilot)


async def test_what_the_disk_holds(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path / "logs")
    logs.append("gitlab:1:job:1", 0, b"x" * 500_000)
    logs.append("gitlab:2:job:2", 0, b"x" * 100_000)
    async with playing(tmp_path, (160, 40), config=f"{CONFIG}logs:\n  quota: 1MB\n") as pilot:
        await press(pilot, *HEALTH)
        line = line_with(pilot, " logs  ")
        for words in ("3 held, 588", "of 976.6 KiB (60%)", "churn 490", "fraud-detection 97.7 KiB", "records "):
            assert words in line
        assert line.index("churn 490") < line.index("fraud-detection")


async def test_what_a_log_waits_for_is_no_trouble(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40)) as pilot:
        await press(pilot, "6")
        mlflow = next(one for one in records() if isinstance(one, Connection) and one.id == "mlflow")
        waits = SyncState(id="log:x", connection="gitlab", what="log:x", last_error="the runner sends every 60 s")
        broken = SyncState(id="gitlab:ml/churn", connection="gitlab", what="ml/churn", last_error="no such project")
        await change(pilot, replace(mlflow, state="ok", last_success=NOW, last_error="", hint=""), waits, broken)
        await settle(pilot, lambda: "ml/churn: no such project" in shown(pilot))
        assert "60 s" not in shown(pilot)


async def test_how_far_each_copy_is(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40)) as pilot:
        await press(pilot, *HEALTH)
        await change(
            pilot,
            SyncState(id="gitlab:ml/churn", connection="gitlab", what="ml/churn", last_success=NOW),
            SyncState(id="mlflow:churn", connection="mlflow", what="churn-experiment", last_error="no such experiment"),
        )
        await settle(pilot, lambda: "churn-experiment" in shown(pilot))
        rows = [line for line in shown(pilot).splitlines() if "ml/churn" in line or "churn-experiment" in line]
        assert "no such experiment" in rows[0] and "ml/churn" in rows[1], "what is wrong stands first"
