"""Every text that is on a screen is legible: each pair of colours that the styles bring together, as it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import ModalScreen

from data.model import TrackedRun
from styles.contrast import LEGIBLE, contrast
from tests.compared import sweep, tracked_world
from tests.output.test_colours import terminal
from tests.tui.stage import dashboard, last_line, playing, press, settle
from tests.world import records
from tui.output.colours import shown
from tui.output.terminal import Depth

NEXT = "right_square_bracket"
SCREENS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "runs, marked": (("j", "space", "j"), ()),
    "palette": (("ctrl+p", "down"), ("escape",)),
    "help": (("question_mark",), ("escape",)),
    "columns": (("C", "down"), ("escape",)),
    "run": (("j", "enter"), ()),
    "params": ((NEXT, NEXT, "j"), ()),
    "artifacts": ((NEXT, "j"), ()),
    "tests": ((NEXT, "j"), ()),
    "lineage": ((NEXT, "j"), ("escape",)),
    "launch": (("j", "T"), ("escape",)),
    "projects": (("1",), ()),
    "pipelines": (("2",), ()),
    "experiments": (("4",), ()),
    "models": (("5",), ()),
    "submissions": (("6", NEXT, NEXT), ()),
    "health": ((NEXT, NEXT), ()),
}
"""Keys to a screen, and back to the list from which the next one is reached."""
COLUMNS, ROWS = 120, 40

Pair = tuple[Color, Color]


def rounded_by_rich(colour: Color, depth: Depth) -> Color:
    """What a terminal of 256 colours shows where Rich rounds: output that does not go through our layer."""
    if depth is not Depth.EIGHT_BIT:
        return colour
    return Color(*colour.rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor())


ROUNDINGS: tuple[Callable[[Color, Depth], Color], ...] = (shown, rounded_by_rich)


def pairs(pilot: Pilot[str]) -> Iterator[tuple[str, Pair]]:
    """Texts on the screen with their colours; not those under a dialog, which are faded on purpose."""
    screen = pilot.app.screen
    whole = Region(0, 0, COLUMNS, ROWS)
    box = screen.children[0].region if isinstance(screen, ModalScreen) else whole
    for y, strip in enumerate(screen._compositor.render_strips()):
        x = 0
        for text, style, _ in strip:
            if text.strip() and style is not None and style.color and style.bgcolor and box.contains(x, y):
                colours = as_seen(style.color), as_seen(style.bgcolor)
                yield text.strip(), colours[::-1] if style.reverse else colours
            x += cell_len(text)


def as_seen(colour: RichColor) -> Color:
    """A colour of a theme of true colours."""
    assert colour.triplet is not None, "a colour of the terminal's own"
    return Color(*colour.triplet)


def illegible(pilot: Pilot[str], depth: Depth) -> list[str]:
    """What cannot be read on the screen."""
    found = {}
    for text, (letters, ground) in pairs(pilot):
        for rounded in ROUNDINGS:
            ratio = contrast(rounded(letters, depth), rounded(ground, depth))
            if ratio < LEGIBLE:
                found[letters.hex, ground.hex] = f"{text!r}: {letters.hex} on {ground.hex} is {ratio:.2f}"
    return list(found.values())


@pytest.mark.parametrize("depth", [Depth.TRUE, Depth.EIGHT_BIT], ids=["true colour", "256 colours"])
@pytest.mark.parametrize("theme", ["lineside-dark", "lineside-light"])
async def test_all_text_is_legible(theme: str, depth: Depth, tmp_path: Path) -> None:
    config = "connections: {}\nui:\n  theme: " + theme + "\n"
    world = [*records(), *tracked_world(12)]
    async with playing(tmp_path, (COLUMNS, ROWS), config=config, world=world) as pilot:
        assert pilot.app.theme == theme
        dashboard(pilot).follow(terminal(depth))
        seen = 0
        for name, (keys, back) in SCREENS.items():
            await press(pilot, *keys)
            await settle(pilot)
            assert "went wrong" not in last_line(pilot), name
            assert not illegible(pilot, depth), name
            seen += len({pair for _, pair in pairs(pilot)})
            await press(pilot, *back)
        dashboard(pilot).open_compare(TrackedRun, [run.id for run in sweep(12)])
        await settle(pilot)
        assert not illegible(pilot, depth)
        assert seen > len(SCREENS)
