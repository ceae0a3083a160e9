"""After any updates the screen is the one that Textual's own output makes."""

from __future__ import annotations

from random import Random
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip

from tests.output.emulator import Emulator
from tui.guard import Guard
from tui.output.canvas import Canvas
from tui.output.lean import absorb
from tui.output.rows import cells
from tui.output.terminal import Depth, Terminal

Update: TypeAlias = LayoutUpdate | ChopsUpdate

ABLE = Terminal("emulator", Depth.TRUE, True, True, True, False, None, "", None)
PLAIN = ABLE._replace(erases_coloured=False, repeats=False, scrolls=False)
BLACK = Color(0, 0, 0)
HOME = "\x1b[H"
"""Textual puts the cursor to its place behind each frame."""
GUARD = Guard()
USUAL, SELDOM = 0.6, 0.15
"""How often things happen."""

STYLES = [
    None,
    Style(color="red"),
    Style(bgcolor="#102030"),
    Style(bgcolor="#102030", bold=True),
    Style(color="#a0b0c0", bgcolor="#102030"),
    Style(color="#a0b0c0", bgcolor="#304050", bold=True, italic=True),
    Style(reverse=True),
    Style(underline=True, color="green"),
    Style(strike=True, bgcolor="color(17)"),
]
CERTAIN = ["a", "b", " ", "          ", "---------", "x" * 12, "ä", "●", "│", "需要予測", "한국", "e\u0301", "かな "]
HOSTILE = ["\x1b[2J", "\x1b]52;c;aGk=\x07", "\x9b5n", "\r\n", "\t", "\x00", "\u202e", "\x1bc", "\x0f\x0e", "\x08\x08"]
ODD = ["👩\u200d👩\u200d👧", "🇩🇪", "❤\ufe0f", "⚠\ufe0f", "👍🏽", "😀", "\u0301", "\u200d", "\ue0b0", "ก็", "\xad"]

console = Console(color_system="truecolor", force_terminal=True, _environ={})


def strip(chance: Random, width: int, pieces: list[str]) -> Strip:
    """A strip `width` cells wide, whose first character takes a cell."""
    segments = [Segment(chance.choice(pieces), chance.choice(STYLES)) for _ in range(chance.randrange(6))]
    return Strip([Segment("|", STYLES[4]), *segments]).adjust_cell_length(width)


def part(chance: Random, width: int, height: int, pieces: list[str]) -> ChopsUpdate:
    """A part of a frame."""
    cuts = sorted({0, *(chance.randrange(1, width) for _ in range(chance.randrange(4)))})
    ends = [*cuts[1:], width]
    chops = [
        {
            x: strip(chance, end - x, pieces) if chance.random() < USUAL else None
            for x, end in zip(cuts, ends, strict=True)
        }
        for _ in range(height)
    ]
    rows = sorted(chance.sample(range(height), chance.randrange(1, height + 1)))
    spans = [(y, *sorted(chance.sample(range(width + 1), 2))) for y in rows]
    return ChopsUpdate(chops, spans, [ends] * height)


def whole(lines: list[Strip], width: int) -> LayoutUpdate:
    """A whole frame."""
    return LayoutUpdate([[line] for line in lines], Region(0, 0, width, len(lines)))


def update(chance: Random, width: int, lines: list[Strip], pieces: list[str]) -> Update:
    """A whole frame, one that moved, or a part of one. `lines` are those of the last whole frame."""
    height = len(lines)
    kind = chance.choice(["whole", "moved", "part", "part"])
    if kind == "part":
        return part(chance, width, height, pieces)
    steps = chance.randrange(1 - height, height) if kind == "moved" else height
    lines[:] = [lines[y + steps] if 0 <= y + steps < height else strip(chance, width, pieces) for y in range(height)]
    return whole(lines, width)


def guarded(update: Update) -> Update:
    """The update as it leaves Textual's filters."""

    def through(strip: Strip | None) -> Strip | None:
        return None if strip is None else strip.apply_filter(GUARD, BLACK)

    if isinstance(update, LayoutUpdate):
        return LayoutUpdate([[through(strip) or strip for strip in line] for line in update.strips], update.region)
    return ChopsUpdate(
        [{x: through(strip) for x, strip in line.items()} for line in update.chops], update.spans, update.chop_ends
    )


def play(chance: Random, steps: int, terminal: Terminal, pieces: list[str], stock: bool) -> None:
    """Random updates, drawn in random pieces: in the end the screens are the same.

    `stock`: the other screen is sent Textual's own output, else everything is drawn anew for it.
    """
    canvas = Canvas(terminal)
    screen, reference = Emulator(1, 1), Emulator(1, 1)
    width, lines = 0, []
    for step in range(steps):
        if not step or chance.random() < SELDOM:
            width, height = chance.randrange(4, 44), chance.randrange(2, 12)
            screen.resize(height, width)
            reference.resize(height, width)
            canvas.forget()
            lines = [strip(chance, width, pieces) for _ in range(height)]
            taken: Update = whole(lines, width)
        else:
            taken = update(chance, width, lines, pieces)
        absorb(taken, canvas, lambda strip: cells(strip, canvas.pens))
        if stock:
            reference.feed(guarded(taken).render_segments(console) + HOME)
        if chance.random() < USUAL:
            screen.feed(canvas.draw(chance.randrange(1, 400)))
        if chance.random() < SELDOM:
            canvas.forget()
    while canvas.dirty:
        screen.feed(canvas.draw(chance.randrange(1, 2000)))
    if not stock:
        canvas.forget()
        reference.feed(canvas.draw())
    assert screen.looks() == reference.looks()


SEEDS = st.integers(0, 2**32)
STEPS = st.integers(1, 8)
TERMINALS = st.sampled_from([ABLE, PLAIN])


@settings(max_examples=200, deadline=None)
@given(SEEDS, STEPS, TERMINALS)
def test_the_screen_is_that_of_textuals_own_output(seed: int, steps: int, terminal: Terminal) -> None:
    play(Random(seed), steps, terminal, CERTAIN + HOSTILE, stock=True)


@settings(max_examples=100, deadline=None)
@given(SEEDS, STEPS, TERMINALS)
def test_with_characters_of_uncertain_width_it_is_that_of_a_new_drawing(
    seed: int, steps: int, terminal: Terminal
) -> None:
    play(Random(seed), steps, terminal, CERTAIN + HOSTILE + ODD, stock=False)
