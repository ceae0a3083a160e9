"""What a canvas sends leads to the same screen in tmux, too, which knows widths, regions and repetition."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from random import Random

import pytest

from tests.output.test_equal import ABLE, CERTAIN, HOME, HOSTILE, ODD, console, guarded, strip, update, whole
from tests.output.tmux import Tmux
from tui.output.canvas import Canvas
from tui.output.lean import absorb
from tui.output.rows import cells

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]

WIDTH, HEIGHT = 44, 12
SCREENS = 3
STEPS = 6
PATIENCE = 20.0
"""Seconds until two panes have to show the same."""
BEGIN = "\x1b[?1049h\x1b[?7l"
"""The alternate screen, without wrapping, as Textual has it."""


def outputs(chance: Random, pieces: list[str], stock: bool) -> tuple[str, str]:
    """What leads to the same screen by way of a canvas, and by Textual's own output or by drawing anew."""
    canvas = Canvas(ABLE)
    lines = [strip(chance, WIDTH, pieces) for _ in range(HEIGHT)]
    lean, other = "", ""
    for step in range(STEPS):
        taken = update(chance, WIDTH, lines, pieces) if step else whole(lines, WIDTH)
        absorb(taken, canvas, lambda line: cells(line, canvas.pens))
        lean += canvas.draw(chance.randrange(1, 2000))
        other += guarded(taken).render_segments(console) + HOME
    while canvas.dirty:
        lean += canvas.draw()
    if not stock:
        canvas.forget()
        other = canvas.draw()
    return lean, other


@pytest.mark.parametrize("stock", [True, False], ids=["as Textual draws it", "odd characters"])
def test_the_screens_are_the_same_in_tmux(tmp_path: Path, stock: bool) -> None:
    with Tmux(WIDTH, HEIGHT) as tmux:
        for seed in range(SCREENS):
            texts = outputs(Random(seed), CERTAIN + HOSTILE + ([] if stock else ODD), stock)
            for name, text in zip(("lean", "other"), texts, strict=True):
                path = tmp_path / f"{name}{seed}"
                path.write_bytes((BEGIN + text).encode())
                tmux.start(f"{name}{seed}", ["sh", "-c", f"cat {path}; exec cat"], {"TERM": "tmux-256color"})
        for seed in range(SCREENS):
            end = time.monotonic() + PATIENCE
            while tmux.cells(f"lean{seed}") != (there := tmux.cells(f"other{seed}")) and time.monotonic() < end:
                time.sleep(0.02)
            assert tmux.cells(f"lean{seed}") == there, seed
            assert any(cell[0] == "|" for row in there for cell in row)
