"""Keys typed before a list is there: kept for its rows, dropped when it is left or empty."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from data.model import Record
from data.store.sqlite.store import SqliteStore
from tests.tui.stage import dashboard, settle, shown, stage, top, until
from tests.tui.test_typing import burst
from tests.world import records
from tui import opening
from tui.early import KEPT
from tui.screens.compare import CompareScreen
from tui.screens.help import HelpScreen
from tui.screens.overview import OverviewScreen
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen
from tui.screens.tracked import TrackedScreen
from widgets.grid import Grid
from widgets.prompt import Prompt


@asynccontextmanager
async def unopened(
    folder: Path, monkeypatch: pytest.MonkeyPatch, world: Sequence[Record] | None = None
) -> AsyncIterator[tuple[Pilot[str], asyncio.Event]]:
    """A dashboard whose store opens when the event is set."""
    gate, open_backend = asyncio.Event(), opening.open_backend

    async def wait(app: Any) -> Any:
        await gate.wait()
        return await open_backend(app)

    monkeypatch.setattr(opening, "open_backend", wait)
    app = await stage(folder, world=world)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query(Grid) and app.focused is not None)
        yield pilot, gate
        gate.set()
        await settle(pilot)
        await app.do_quit()


@pytest.mark.parametrize("pause", [0, 3])
async def test_they_are_carried_out_in_order_when_the_rows_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pause: int
) -> None:
    async with unopened(tmp_path, monkeypatch) as (pilot, gate):
        app = dashboard(pilot)
        await burst(app, ["j", "space", "space", "c"], pause)
        await pilot.pause()
        assert isinstance(app.screen, RunsScreen)
        assert "nothing" not in shown(pilot)
        gate.set()
        await settle(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.runs)
        source = app.screen_stack[0].query_one(Grid).source
        assert set(top(pilot, CompareScreen).runs) == {row.key for row in map(source.row, (1, 2)) if row is not None}


async def test_what_follows_them_reaches_the_screen_that_they_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with unopened(tmp_path, monkeypatch) as (pilot, gate):
        app = dashboard(pilot)
        await burst(app, ["j", "enter", "right_square_bracket"], 1)
        gate.set()
        await settle(pilot, lambda: isinstance(app.screen, RunScreen))
        home, run = app.screen_stack[0], app.screen
        assert isinstance(home, RunsScreen) and isinstance(run, RunScreen)
        row = home.grid.source.row(1)
        assert row is not None and run.run_id == row.key
        await settle(pilot, lambda: run.active is not run.PANES[0])


async def test_a_screen_that_is_opened_later_keeps_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with unopened(tmp_path, monkeypatch) as (pilot, gate):
        gate.set()
        await settle(pilot)
        app = dashboard(pilot)
        await burst(app, ["4", "enter", "j"], 0)
        await settle(pilot, lambda: isinstance(app.screen, TrackedScreen) and app.screen.grid.cursor == 1)


@pytest.mark.parametrize("leaving", ["escape", "2"])
async def test_whoever_leaves_wants_them_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaving: str) -> None:
    async with unopened(tmp_path, monkeypatch) as (pilot, gate):
        app = dashboard(pilot)
        await burst(app, ["j", "j", "enter", leaving], 1)
        await until(pilot, lambda: not app._ahead)
        gate.set()
        await settle(pilot)
        assert isinstance(app.screen, OverviewScreen if leaving == "2" else RunsScreen)
        assert app.screen_stack[0].query_one(Grid).cursor == 0


async def test_an_empty_list_drops_them_but_not_what_needs_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = [record for record in records() if "Run" not in type(record).__name__]
    async with unopened(tmp_path, monkeypatch, nobody) as (pilot, gate):
        app = dashboard(pilot)
        await burst(app, ["j", "c", "enter", "question_mark"], 1)
        gate.set()
        await settle(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert isinstance(app.screen_stack[-2], RunsScreen)
        await burst(app, ["escape", "l"], 1)
        await settle(pilot, lambda: "there is no run under the cursor" in shown(pilot))


async def test_no_more_are_kept_than_somebody_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with unopened(tmp_path, monkeypatch) as (pilot, gate):
        app = dashboard(pilot)
        await burst(app, ["j"] * (2 * KEPT), 1)
        assert len(app._ahead) == KEPT
        gate.set()
        await settle(pilot, lambda: app.screen.query_one(Grid).cursor == KEPT)


async def test_what_needs_no_rows_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with unopened(tmp_path, monkeypatch) as (pilot, _):
        app = dashboard(pilot)
        await burst(app, ["question_mark"], 1)
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await burst(app, ["escape", "slash", "a", "j"], 1)
        await until(pilot, lambda: app.screen.query(Prompt) and app.screen.query_one(Prompt).value == "aj")


@pytest.mark.parametrize("pause", [0, 3])
async def test_a_key_behind_a_filter_is_for_the_rows_that_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pause: int
) -> None:
    app = await stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        gate, listing = asyncio.Event(), SqliteStore.listing

        async def slow(*given: Any, **named: Any) -> Any:
            await gate.wait()
            return await listing(*given, **named)

        monkeypatch.setattr(SqliteStore, "listing", slow)
        await burst(app, ["slash", *"id:103", "enter", "enter"], pause)
        await until(pilot, lambda: not app.screen.query(Prompt))
        assert isinstance(app.screen, RunsScreen)
        gate.set()
        await settle(pilot, lambda: isinstance(app.screen, RunScreen))
        assert "#103" in shown(pilot)
        await app.do_quit()


async def test_digits_of_a_filter_that_is_typed_ahead_leave_no_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with unopened(tmp_path, monkeypatch) as (pilot, gate):
        app = dashboard(pilot)
        await burst(app, ["2", "3", "slash", *"id:103", "enter", "enter"], 0)
        gate.set()
        await settle(pilot, lambda: isinstance(app.screen, RunScreen))
        assert "#103" in shown(pilot)
