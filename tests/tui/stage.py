"""Puts the dashboard on a stage: the fixed world in a real store, a fixed clock, no engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.screen import Screen

from data.model import Command, Record
from data.store.logs import LogFiles
from data.store.open import open_store
from tests import stores
from tests.world import FAILED_JOB, LOG, NOW, records
from tui.dashboard import Dashboard
from tui.options import DashboardOptions
from tui.screens.base import LinesideScreen
from tui.screens.listing import ListScreen

S = TypeVar("S", bound=Screen)  # type: ignore[type-arg]

CONFIG = """
connections:
  gitlab:
    kind: gitlab
    url: https://gitlab.example
    token_env: NO_SUCH_TOKEN
projects:
  - project: ml/churn
"""
DEADLINE = 40.0
"""Seconds after which a wait gives up."""


def write_config(folder: Path, text: str = CONFIG) -> Path:
    """A configuration file."""
    path = folder / "lineside.yaml"
    path.write_text(text)
    path.chmod(0o600)
    return path


async def fill_store(folder: Path, world: Sequence[Record] | None = None) -> Path:
    """A store with the fixed world in it; returns its file."""
    path = folder / "lineside.db"
    await stores.fill_store(path, records() if world is None else world)
    logs = LogFiles(folder / "logs")
    if not logs.size(FAILED_JOB):
        logs.append(FAILED_JOB, 0, LOG)
    return path


async def stage(
    folder: Path, *, config: str = CONFIG, world: Sequence[Record] | None = None, **options: object
) -> Dashboard:
    """A dashboard on the fixed world, or on another one."""
    path = await fill_store(folder, world)
    given = {"config": write_config(folder, config), "store": path, "engine": False, "ascii": False, **options}
    return Dashboard(DashboardOptions(**given), now=lambda: NOW)  # type: ignore[arg-type]


@asynccontextmanager
async def playing(
    folder: Path,
    size: tuple[int, int] = (120, 40),
    *,
    config: str = CONFIG,
    world: Sequence[Record] | None = None,
    **options: object,
) -> AsyncIterator[Pilot[str]]:
    """A running dashboard whose first screen has read the store."""
    app = await stage(folder, config=config, world=world, **options)
    async with running(app, size) as pilot:
        yield pilot


@asynccontextmanager
async def running(app: Dashboard, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[str]]:
    """`app`, run until its first screen has read the store; it is quit at the end."""
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot
        await app.do_quit()


async def settle(pilot: Pilot[str], condition: Callable[[], object] | None = None) -> None:
    """Wait until the store is open (or refused), all workers but the feed are done, all is laid out, and `condition`
    holds.
    """
    app = pilot.app
    assert isinstance(app, Dashboard)

    def rests() -> bool:
        busy = [worker for worker in app.workers if worker.group != "feed" and not worker.is_finished]
        screen = app.screen
        pending = screen._callbacks or screen._layout_required or screen._scroll_required
        shown = app._opening is not None and (app._exit or (screen.is_mounted and not pending and all_wait(app)))
        return shown and not busy and (condition is None or bool(condition()))

    await until(pilot, rests)


def all_wait(app: App[Any]) -> bool:
    """Whether the application, its screens and all widgets wait for a message: none has one under way or to come.

    How busy the process is does not tell: on a busy machine it hardly runs while it has a lot to do.
    """
    pumps: list[MessagePump] = [app]
    for screen in app.screen_stack:
        pumps += screen.walk_children(with_self=True)
    return all(_waits(pump) for pump in pumps)


def _waits(pump: MessagePump) -> bool:
    if pump._closing or pump._closed:
        return True
    ready: asyncio.Event = pump._message_queue.ready_event
    waiting = any(not waiter.done() for waiter in ready._waiters)  # while a message is dealt with, nobody waits
    return waiting and not ready.is_set() and not pump._next_callbacks


async def until(pilot: Pilot[str], condition: Callable[[], object]) -> None:
    """Wait until `condition` holds."""

    async def rest() -> None:
        await pilot.pause()
        while not condition():
            assert pilot.app._exception is None, pilot.app._exception
            await asyncio.sleep(0.01)
            if condition():
                await pilot.pause()

    try:
        await asyncio.wait_for(rest(), DEADLINE)
    except TimeoutError:
        raise AssertionError(f"this never came true; the screen shows\n{shown(pilot)}") from None


async def press(pilot: Pilot[str], *keys: str) -> None:
    """Type keys, one by one, and wait until nothing moves any more."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def type_text(pilot: Pilot[str], text: str) -> None:
    """Type a text."""
    names = {
        " ": "space",
        ":": "colon",
        "/": "slash",
        "-": "minus",
        ".": "full_stop",
        "#": "number_sign",
        "_": "underscore",
    }
    await pilot.press(*(names.get(letter, letter) for letter in text))
    await settle(pilot)


def dashboard(pilot: Pilot[str]) -> Dashboard:
    """The application."""
    assert isinstance(pilot.app, Dashboard)
    return pilot.app


def top(pilot: Pilot[str], kind: type[S] = LinesideScreen) -> S:  # type: ignore[assignment]
    """The screen on top, which must be of a kind."""
    screen = pilot.app.screen
    assert isinstance(screen, kind), screen
    return screen


def cursor(pilot: Pilot[str]) -> str:
    """Key of the row under the cursor of the list on top."""
    return top(pilot, ListScreen).grid.cursor_key or ""


def shown(pilot: Pilot[str]) -> str:
    """What the terminal would show, as text."""
    screen = pilot.app.screen
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in lines)


def line_with(pilot: Pilot[str], text: str) -> str:
    """The first line of the screen that holds a text."""
    found = next((line for line in shown(pilot).splitlines() if text in line), None)
    assert found is not None, f"no line with {text!r} in\n{shown(pilot)}"
    return found


def last_line(pilot: Pilot[str]) -> str:
    """The line of keys and sentences."""
    return shown(pilot).splitlines()[-1]


async def change(pilot: Pilot[str], *put: Record, delete: Sequence[tuple[type[Record], str]] = ()) -> None:
    """Write into the store as another process does, and wait until the dashboard has noticed."""
    app = dashboard(pilot)
    assert app.feed is not None
    other = await open_store(app.feed.context.store_path)
    await other.put(list(put))
    for kind, id_ in delete:
        await other.delete(kind, [id_])
    revision = await other.revision()
    await other.close()
    feed = app.feed
    await settle(pilot, lambda: feed._seen >= revision)


async def commands(pilot: Pilot[str]) -> list[Command]:
    """The commands in the store, the newest first, without those of the fixed world."""
    app = dashboard(pilot)
    assert app.feed is not None
    page = await app.feed.context.store.page(Command)
    return [command for command in page.records if command.id not in {"c1", "c2"}]
