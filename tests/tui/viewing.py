"""Puts the viewer on a stage, without a terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from tests.tui.stage import shown, until
from tui.options import DashboardOptions
from tui.viewer import Viewer
from tui.viewer_screen import ViewScreen, Wishes
from tui.viewer_source import openers


@asynccontextmanager
async def viewing(
    *files: Path | str, pipe: int | None = None, size: tuple[int, int] = (80, 24), **wishes: object
) -> AsyncIterator[Pilot[str]]:
    """A running viewer whose first frame stands and whose file is read."""
    good, bad = openers([str(file) for file in files], pipe)
    said = "; ".join(map(str, bad))
    app = Viewer(good, Wishes(**{"said": said, **wishes}), DashboardOptions(ascii=False))  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.viewed._ready and app.viewed.index is not None and app.viewed.index.complete)
        yield pilot


def screen_of(pilot: Pilot[str]) -> ViewScreen:
    """The viewer's screen."""
    assert isinstance(pilot.app, Viewer)
    return pilot.app.viewed


async def until_shown(pilot: Pilot[str], text: str) -> None:
    """Wait until the screen shows `text`."""
    await until(pilot, lambda: text in shown(pilot))


async def type_line(pilot: Pilot[str], text: str) -> None:
    """Replace what the prompt holds by `text`."""
    from widgets.prompt import Prompt

    screen = screen_of(pilot)
    await until(pilot, lambda: screen.query(Prompt))
    prompt = screen.query_one(Prompt)
    prompt._edit.set("")
    prompt._edit.insert(text)
    prompt.post_message(Prompt.Changed(prompt, text))
    await pilot.pause()


def log_of(folder: Path, lines: int = 200, name: str = "some.log") -> Path:
    """A file of numbered lines."""
    path = folder / name
    path.write_text("".join(f"line {number} of some log\n" for number in range(1, lines + 1)))
    return path
