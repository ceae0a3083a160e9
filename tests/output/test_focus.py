"""While the terminal has no focus less is asked for and drawn; when it is back, all is at once as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual import events

from data.config import SyncSettings
from data.model import Interest, PipelineRun
from data.store.open import open_store
from tests.engine.conftest import Lab, lab, make_lab, until
from tests.terminal.pty import Terminal
from tests.tui.stage import change, dashboard, playing, settle, shown
from tests.tui.stage import until as until_true
from tests.tui.viewing import log_of, screen_of, until_shown, viewing
from tests.world import RUNNING_RUN, records
from tui import feed as feeds
from tui import seldom as seldoms
from tui.feed import Feed
from tui.seldom import SELDOM, Seldom

__all__ = ["lab", "make_lab"]

LIST = "GET /api/v4/projects/{id}/pipelines"


def test_what_has_the_focus_is_always_due_and_the_rest_seldom() -> None:
    now = 0.0
    seldom = Seldom(lambda: now)
    assert seldom.is_due(True)
    assert seldom.is_due(True)
    assert not seldom.is_due(False)
    now = SELDOM
    assert seldom.is_due(False)
    assert not seldom.is_due(False)
    now += SELDOM / 2
    assert not seldom.is_due(False)
    assert seldom.is_due(True)


async def put_running_run(folder: Path, status: str) -> int:
    """The running run gets another status, as from an engine; the store's revision then."""
    run = next(one for one in records() if isinstance(one, PipelineRun) and one.id == RUNNING_RUN)
    store = await open_store(folder / "lineside.db")
    try:
        await store.put([replace(run, status=status)])
        return await store.revision()
    finally:
        await store.close()


async def interests(folder: Path) -> list[Interest]:
    """What viewers look at, as an engine reads it."""
    store = await open_store(folder / "lineside.db")
    try:
        return list(await store.interests(datetime.now(UTC)))
    finally:
        await store.close()


async def test_a_blurred_screen_waits_and_the_focus_brings_it_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "SELDOM", 3600.0)
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        feed = app.feed
        assert feed is not None
        app._tick()
        app.post_message(events.AppBlur())
        await settle(pilot, lambda: not app.app_focus and feed._back._waiters)
        before = shown(pilot)
        revision = await put_running_run(tmp_path, "canceling")
        for _ in range(5):
            app._tick()
        await settle(pilot)
        assert feed._seen < revision
        assert "canceling" not in shown(pilot)
        assert shown(pilot) == before
        app.post_message(events.AppFocus())
        await settle(pilot, lambda: feed._seen >= revision and "canceling" in shown(pilot))


async def test_a_key_is_as_good_as_the_focus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "SELDOM", 3600.0)
    run = next(one for one in records() if isinstance(one, PipelineRun) and one.id == RUNNING_RUN)
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        app.post_message(events.AppBlur())
        await settle(pilot, lambda: not app.app_focus)
        await pilot.press("j")
        await settle(pilot, lambda: app.app_focus)
        await change(pilot, replace(run, status="canceling"))


async def test_interests_are_short_and_rare_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "AWAY", 0.0)
    monkeypatch.setattr(feeds, "SELDOM", 0.05)
    monkeypatch.setattr(feeds, "AWAY_EVERY", 0.8)
    monkeypatch.setattr(feeds, "AWAY_TTL", timedelta(seconds=0.5))
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        found = await interests(tmp_path)
        assert [one.topic for one in found] == ["projects"]
        app.post_message(events.AppBlur())
        await settle(pilot, lambda: not app.app_focus)

        async def nobody() -> bool:
            return not await interests(tmp_path)

        async def somebody() -> list[Interest]:
            return await interests(tmp_path)

        await until(nobody, "interests never end")
        await until(somebody, "interests never come back")
        await until(nobody, "interests do not end again")
        feed = app.feed
        assert feed is not None
        monkeypatch.setattr(feeds, "AWAY_EVERY", 3600.0)
        await settle(pilot, lambda: feed._back._waiters)
        await until(nobody, "interests do not end for good")
        await feed.look_at(["projects"])
        assert await nobody()
        monkeypatch.setattr(feeds, "AWAY_TTL", timedelta(minutes=1))
        await feed.look_at(["projects", "project:gitlab:1"])
        assert len(await somebody()) == 2
        app.post_message(events.AppFocus())

        async def usual() -> bool:
            left = [one.expires - datetime.now(UTC) for one in await interests(tmp_path)]
            return bool(left) and max(left) <= feeds.INTEREST_TTL

        await until(usual, "interests do not become what they were")


@pytest.mark.terminal
def test_the_terminal_itself_tells(start: Callable[..., Terminal], tmp_path: Path) -> None:
    """FocusOut and FocusIn as xterm sends them (mode 1004), and the whole program between them."""
    terminal = start(env={"TERM": "xterm-256color"})
    terminal.wait("sqlite")
    assert b"\x1b[?1004h" in terminal.raw
    terminal.send("\x1b[O")
    asyncio.run(put_running_run(tmp_path / "data", "canceling"))
    terminal.send("\x1b[I")
    terminal.wait("canceling")
    terminal.send("\x11")
    assert terminal.wait_exit() == 0


async def test_the_viewer_looks_seldom_at_a_file_that_grows_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seldoms, "SELDOM", 3600.0)
    path = log_of(tmp_path, 3)
    async with viewing(path) as pilot:
        app, view = pilot.app, screen_of(pilot)
        await until_true(pilot, lambda: view._seldom._last > 0)
        app.post_message(events.AppBlur())
        await until_true(pilot, lambda: not app.app_focus)
        with path.open("a") as file:
            file.write("one more\n")
        looked: list[bool] = []
        for _ in range(3):
            view._look_in_turn()
            looked.append("one more" in shown(pilot))
        assert not any(looked)
        app.post_message(events.AppFocus())
        await until_shown(pilot, "one more")


@pytest.mark.server
async def test_the_server_is_asked_less_while_the_terminal_is_left(lab: Lab) -> None:
    """The feed and an engine on one store, in shortened time: what is counted are requests for each of our looks."""

    async def asked() -> int:
        return (await lab.requests()).get(LIST, 0)

    class Place:
        """The part of a context that a feed needs."""

        store = lab.store
        store_path = lab.folder / "lineside.db"

    async def heard(_: object) -> None:
        """Nothing is drawn here."""

    loop = asyncio.get_running_loop()
    feed = Feed(Place(), "me", heard, lambda _: None)  # type: ignore[arg-type]
    await feed.open()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(feeds, "INTEREST_EVERY", 0.2)
        patched.setattr(feeds, "AWAY", 0.0)
        patched.setattr(feeds, "SELDOM", 0.05)
        patched.setattr(feeds, "AWAY_EVERY", 3600.0)
        patched.setattr(feeds, "AWAY_TTL", timedelta(seconds=0.2))
        patched.setattr(feeds, "INTEREST_TTL", timedelta(seconds=2))
        # Only what somebody looks at is asked for again within the test.
        quiet = SyncSettings(fast=0.1, medium=3600.0, slow=3600.0)
        async with lab.running(lab.settings(sync=quiet)) as engine:
            task = asyncio.create_task(feed.run())
            await feed.look_at([f"project:{lab.project_id()}"])
            before, began = await asked(), loop.time()

            async def often() -> bool:
                return await asked() >= before + 10

            await until(often, "the engine never polled")
            took = loop.time() - began
            feed.attend(False)

            async def left() -> bool:
                return not engine._board.watched

            await until(left, "the interest never ended")
            before, began = await asked(), loop.time()

            async def as_long() -> bool:
                return loop.time() - began >= took

            await until(as_long)
            assert await asked() <= before + 1, "at most the one that was on its way"
            feed.attend(True)
            before = await asked()
            await until(often, "the engine never polled again")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
