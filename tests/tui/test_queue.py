"""The tab Queue: order, holding, times, and taking back, for one and for all that is marked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from data.model import Command, PipelineRun, Record
from data.store.open import open_store
from data.store.port import Sort
from tests.tui.stage import (
    change,
    dashboard,
    last_line,
    line_with,
    playing,
    press,
    settle,
    shown,
    stage,
    top,
    type_text,
    until,
)
from tests.world import NOW, RUNNING_RUN, records
from tests.world_activity import QUEUED, activity, launch
from tui.screens.activity import ActivityScreen
from tui.screens.queue import QueuePane
from widgets.prompt import Prompt

QUEUE = ("6", "right_square_bracket")
"""Keys that lead to the tab."""


def world() -> list[Record]:
    """The fixed world with a queue."""
    return [*records(), *(one for one in activity() if isinstance(one, Command))]


def pane(pilot: Pilot[str]) -> QueuePane:
    return top(pilot, ActivityScreen).query_one(QueuePane)


async def order(pilot: Pilot[str]) -> list[str]:
    """Ids of the waiting launches, as the engine will take them."""
    feed = dashboard(pilot).feed
    assert feed is not None
    found = await feed.context.store.page(Command, where={"state": "queued", "kind": "launch"}, sort=Sort("place"))
    return [one.id for one in found.records]


async def stored(pilot: Pilot[str], id_: str) -> Command:
    feed = dashboard(pilot).feed
    assert feed is not None
    found = await feed.context.store.get(Command, id_)
    assert found is not None
    return found


async def test_it_says_in_order_what_each_waits_for(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        await press(pilot, *QUEUE)
        assert await order(pilot) == list(QUEUED)
        for number, (id_, words) in enumerate(
            (("q1", "5 of at most 5 runs"), ("q2", "bo to let it go"), ("q3", "(in 2h)"), ("q4", "#100 to succeed")), 1
        ):
            line = line_with(pilot, f"launch churn on {id_}")
            assert line.split()[0] == str(number) and words in line and "ada@gpu-1" in line and "m" in line
        assert "held" in line_with(pilot, "churn on q2")
        assert not line_with(pilot, "cancel churn #160").split()[0].isdigit(), "what is no launch has no place"
        assert "waits for 5 of at most 5 runs of default are under way; it goes when one ends" in shown(pilot)
        assert "4 waiting  1 held" in shown(pilot)


async def test_j_and_k_change_the_order_and_the_cursor_goes_along(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE, "J")
        assert await order(pilot) == ["q2", "q1", "q3", "q4"]
        assert pane(pilot).current and pane(pilot).current.id == "q1"  # type: ignore[union-attr]
        await press(pilot, "J", "J")
        assert await order(pilot) == ["q2", "q3", "q4", "q1"]
        await press(pilot, "J")
        assert "it is the last already" in last_line(pilot)
        await press(pilot, "K", "K", "K", "K")
        assert await order(pilot) == list(QUEUED)
        assert "it is the first already" in last_line(pilot)


async def test_marked_ones_move_together(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE)
        pane(pilot).grid.set_marks({"q3", "q4"})
        await press(pilot, "K")
        assert await order(pilot) == ["q1", "q3", "q4", "q2"]
        await press(pilot, "K")
        assert await order(pilot) == ["q3", "q4", "q1", "q2"]


async def test_what_is_no_launch_has_no_place_and_no_time(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE, "G", "K")
        assert "only launches wait in order" in last_line(pilot)
        await press(pilot, "w")
        assert "only launches wait in order" in last_line(pilot)


async def test_h_holds_back_and_lets_go(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE, "h")
        held = await stored(pilot, "q1")
        assert held.held == dashboard(pilot).user and held.state == "queued"
        assert "1 command held back" in last_line(pilot)
        pane(pilot).grid.set_marks({"q1", "q2", "q3"})
        await press(pilot, "h")
        assert (await stored(pilot, "q3")).held, "those that are not held yet are"
        assert (await stored(pilot, "q2")).held == "bo", "the others stay whose they are"
        await press(pilot, "h")
        assert [(await stored(pilot, id_)).held for id_ in ("q1", "q2", "q3")] == ["", "", ""]
        assert "3 commands let go" in last_line(pilot)


@pytest.mark.parametrize(
    ("text", "not_before", "after", "status"),
    [
        ("in 30m", NOW + timedelta(minutes=30), "", "success"),
        ("2026-03-03 22:00", datetime(2026, 3, 3, 22, tzinfo=UTC), "", "success"),
        ("after #100 ends", None, RUNNING_RUN, "finished"),
        ("now", None, "", "success"),
    ],
)
async def test_w_asks_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, not_before: datetime | None, after: str, status: str
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE, "w")
        await type_text(pilot, text)
        await press(pilot, "enter")
        found = await stored(pilot, "q1")
        assert (found.not_before, found.after, found.after_status) == (not_before, after, status)
        assert "1 command timed" in last_line(pilot)


async def test_the_time_that_is_set_can_be_changed(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE, "G", "k", "w")
        assert top(pilot).query_one(Prompt).value == "after #100"
        await press(pilot, "ctrl+u")
        await type_text(pilot, "tomorow")
        assert "is no time to launch at" in shown(pilot)
        await press(pilot, "enter")
        assert top(pilot).query(Prompt), "what cannot be read is not taken"
        await press(pilot, "escape")
        assert (await stored(pilot, "q4")).after == RUNNING_RUN


async def test_a_run_that_is_not_here_changes_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE, "w")
        await type_text(pilot, "after #999999")
        await press(pilot, "enter")
        assert "there is no run #999999 here" in last_line(pilot)
        assert top(pilot).query_one(Prompt).value == "after #999999", "it can be mended"
        assert (await stored(pilot, "q1")).after == ""


async def test_d_takes_back_one_at_once_and_several_after_a_question(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE, "D")
        assert (await stored(pilot, "q1")).state == "withdrawn"
        await settle(pilot, lambda: "launch churn on q1" not in shown(pilot))
        pane(pilot).grid.set_marks({"q2", "q3"})
        await press(pilot, "D")
        assert "Take back 2 commands?" in shown(pilot)
        await press(pilot, "enter")
        assert (await stored(pilot, "q2")).state == "queued", "the answer defaults to No"
        await press(pilot, "D", "y")
        await settle(pilot, lambda: "2 taken back" in last_line(pilot))
        assert await order(pilot) == ["q4"]


async def test_what_is_being_sent_is_told_apart(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE)
        pane(pilot).grid.set_marks({"q1", "q2"})
        feed = dashboard(pilot).feed
        assert feed is not None
        engine = await open_store(feed.context.store_path)
        assert [one.id for one in await engine.claim("engine", ["gitlab:1"], ids=["q1"])] == ["q1"]
        await engine.close()
        await settle(pilot, lambda: "sending" in line_with(pilot, "churn on q1"))
        await press(pilot, "D", "y")
        await settle(pilot)
        assert ((await stored(pilot, "q1")).state, (await stored(pilot, "q2")).state) == ("sending", "withdrawn")


async def test_the_queue_follows_the_store(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, *QUEUE)
        await change(pilot, launch("q0", 20, answer="its pipeline is full"))
        await settle(pilot, lambda: "churn on q0" in shown(pilot))
        assert line_with(pilot, "churn on q0").split()[0] == "1"
        assert "[Queue 6]" in shown(pilot)
        await press(pilot, "slash")
        await type_text(pilot, "q3")
        await press(pilot, "enter")
        assert "churn on q0" not in shown(pilot)
        assert line_with(pilot, "churn on q3").split()[0] == "4", "a filter does not change places"


async def test_an_empty_queue_says_what_would_be_here(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, *QUEUE)
        assert "Nothing waits" in shown(pilot)
        await press(pilot, "D")
        assert "nothing waits" in last_line(pilot)


async def test_a_launch_that_was_just_sent_is_taken_back_where_it_was_sent(tmp_path: Path) -> None:
    app = await stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        screen = top(pilot)
        screen.submit(launch("q9", 0))
        await settle(pilot, lambda: "queued; D takes it back" in last_line(pilot))
        await press(pilot, "D")
        assert (await stored(pilot, "q9")).state == "withdrawn"
        assert "taken back" in last_line(pilot)
        await until(pilot, lambda: not app.screen.query(Prompt))
        runs = [one for one in records() if isinstance(one, PipelineRun)]
        assert runs, "no run was asked about"
        assert "Delete" not in shown(pilot)
        await app.do_quit()
