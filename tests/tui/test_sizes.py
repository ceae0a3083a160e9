"""Every screen in terminals from 40x10 to 400x120, and what is under way while the terminal changes its size."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from data.model import PipelineRun
from tests.tui.launchworld import world
from tests.tui.stage import dashboard, playing, press, settle, shown, until
from tests.world import FAILED_JOB, FAILED_RUN, RUNNING_RUN, records
from tests.world_activity import activity
from tui.dashboard import Dashboard
from widgets.grid import Grid
from widgets.prompt import Prompt

SIZES = ((40, 10), (80, 24), (160, 45), (400, 120))
TRACKED = "mlflow:run100"
NEXT = "right_square_bracket"
KEYS: dict[str, Sequence[str]] = {
    "projects": ("1",),
    "pipelines": ("2",),
    "experiments": ("4",),
    "tracked": ("enter",),
    "models": ("5",),
    "activity": ("6",),
    "queue": (NEXT,),
    "submissions": (NEXT,),
    "schedules": (NEXT,),
    "health": (NEXT,),
    "help": ("3", "question_mark"),
    "palette": ("3", "ctrl+p"),
    "columns": ("3", "C"),
    "sort": ("3", "s"),
    "group": ("3", "b"),
    "views": ("3", "V"),
    "window": ("3", "w"),
    "export": ("3", "E"),
    "line": ("3", "colon"),
}
"""Keys that lead to a screen: from the history where they begin with a number, else from the one before."""
OPENERS: dict[str, Callable[[Dashboard], None]] = {
    "run": lambda app: app.open_run(FAILED_RUN),
    "log": lambda app: app.open_log(FAILED_JOB),
    "metrics": lambda app: app.open_metrics([TRACKED]),
    "mlflow": lambda app: app.open_tracked(TRACKED),
    "compare": lambda app: app.open_compare(PipelineRun, [FAILED_RUN, RUNNING_RUN]),
    "launch": lambda app: app.open_launch("gitlab:1"),
    "pipeline": lambda app: app.open_pipeline("gitlab:1:default"),
    "project": lambda app: app.open_project("gitlab:1"),
    "runs of": lambda app: app.open_runs_of(app.feed.overview.projects["gitlab:1"]) if app.feed else None,
    "confirm": lambda app: app.confirm("Cancel 40 runs?", [f"churn #{number}" for number in range(40)], lambda: None),
}
"""Screens that are opened from elsewhere."""


def everything() -> list[object]:
    """The worlds of the other tests in one."""
    return list({(type(one), one.id): one for one in (*world(), *records(), *activity())}.values())


def check(pilot: Pilot[str], name: str, size: tuple[int, int]) -> None:
    """The screen fills the terminal, and what has the focus shows where one is."""
    strips = pilot.app.screen._compositor.render_strips()
    assert len(strips) == size[1], name
    assert {strip.cell_length for strip in strips} == {size[0]}, name
    focused = pilot.app.focused
    assert focused is None or focused.region.intersection(pilot.app.screen.region).area, name
    if isinstance(focused, Grid) and focused.cursor_key is not None:
        assert focused.size.height > 1, f"{name} shows no row under its headings:\n{shown(pilot)}"
        assert focused.scroll_offset.y <= focused.cursor < focused.scroll_offset.y + focused.size.height, name


async def home(pilot: Pilot[str]) -> None:
    """Back to the history."""
    while len(pilot.app.screen_stack) > 1:
        await pilot.press("escape")
        await settle(pilot)
    for prompt in pilot.app.screen.query(Prompt):
        prompt.focus()
        await press(pilot, "escape")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_every_screen_opens(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size, world=everything()) as pilot:  # type: ignore[arg-type]
        for name, keys in KEYS.items():
            if keys[0].isdigit():
                await home(pilot)
            await press(pilot, *keys)
            check(pilot, name, size)
        for name, opened in OPENERS.items():
            await home(pilot)
            opened(dashboard(pilot))
            await settle(pilot)
            check(pilot, name, size)


async def resize(pilot: Pilot[str], size: tuple[int, int]) -> None:
    """Make the terminal another size, and wait until the screen has it."""
    await pilot.resize_terminal(*size)
    await until(pilot, lambda: pilot.app.screen.size == size)
    await settle(pilot)


async def typing(pilot: Pilot[str], size: tuple[int, int]) -> None:
    """What was typed stays, and more can be typed."""
    if not pilot.app.screen.query(Prompt):
        await press(pilot, "3", "slash", *"chu")
    else:
        await press(pilot, "r")
    prompt = pilot.app.screen.query_one(Prompt)
    assert prompt.has_focus
    assert prompt.value.rstrip("r") == "chu"


async def scrolling(pilot: Pilot[str], size: tuple[int, int]) -> None:
    """The row under the cursor stays, and stays in sight."""
    grid = pilot.app.screen.query_one("#list", Grid)
    before = grid.cursor
    await press(pilot, *"jjj")
    assert grid.cursor == before + 3


async def answering(pilot: Pilot[str], size: tuple[int, int]) -> None:
    """A question stays open."""
    if len(pilot.app.screen_stack) == 1:
        OPENERS["confirm"](dashboard(pilot))
        await settle(pilot)
    assert "Cancel 40 runs?" in shown(pilot)


@pytest.mark.parametrize("work", [typing, scrolling, answering])
async def test_the_size_changes_meanwhile(
    tmp_path: Path, work: Callable[[Pilot[str], tuple[int, int]], Awaitable[None]]
) -> None:
    async with playing(tmp_path, (120, 40)) as pilot:
        await work(pilot, (120, 40))
        for size in ((40, 10), (400, 120), (80, 24), (1, 1), (160, 45)):
            await resize(pilot, size)
            if size != (1, 1):
                await work(pilot, size)
                check(pilot, work.__name__, size)
