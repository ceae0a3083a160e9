"""The whole program in tmux, stock output beside lean output: after the same keys and sizes both panes are the same."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.output.tmux import Tmux
from tests.terminal.pty import DEADLINE
from tests.tui.stage import fill_store, write_config
from tests.world import records
from tests.world_activity import activity
from tests.world_more import more

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]

OUTPUTS = ("stock", "lean")
PAGE, BACK_PAGE, ESC = "\x1b[6~", "\x1b[5~", "\x1b"
STEPS: tuple[tuple[str | tuple[int, int], str], ...] = (
    ("j" * 43, "● 130"),
    (PAGE, "✗ 129"),
    ("G", "✓ 487"),
    ("g", "● 160"),
    ("1", "success last runs"),
    ("2", "train-e2e"),
    ("4", "sandbox"),
    ("6", "[Commands]"),
    ((80, 24), "8mo ◌ queued"),
    ("3", "✓ 1039"),
    ((120, 36), "! 143"),
    ("/label:baseline\r", "/ label:baseline"),
    ("\r", "needs features"),
    ("jj", "enter opens it"),
    ("]", "[Metrics 4]"),
    ("]", "[Params 5]"),
    ("]", "[Artifacts 6]"),
    (":log 1033\r", "failed after 0:43"),
    ("g", "1 Running with gitlab-runner"),
    ("jjjj", "35 epoch  31"),
    (PAGE, "66   File"),
    ("kk", "34 epoch  30"),
    (BACK_PAGE, "3 $ python"),
    ("G", "68 ERROR: Job failed"),
    ((60, 20), "55 epoch  51"),
    ((140, 40), "35 epoch  31"),
    ("?", "Keys of log"),
    ((100, 30), "Keys of log"),
    (ESC, "45 epoch  41"),
)
"""Keys, or a size, and what is shown then."""


@pytest.fixture
def panes(tmp_path: Path) -> Iterator[Tmux]:
    """Both programs, each on a store of its own."""
    config = write_config(tmp_path)
    with Tmux(120, 36) as tmux:
        for output in OUTPUTS:
            folder = tmp_path / output
            asyncio.run(fill_store(folder, [*records(), *more(), *activity()]))
            command = [sys.executable, "-m", "tui.cli", "--config", str(config), "--store", str(folder / "lineside.db")]
            env = {
                "COLORTERM": "truecolor",
                "LINESIDE_DATA_DIR": str(folder),
                "LINESIDE_STATE_DIR": str(folder / "state"),
                "PYTHONPATH": str(Path(__file__).parents[2]),
            }
            tmux.start(output, [*command, "--no-engine", "--output", output], env)
        yield tmux


def wait_until_equal(tmux: Tmux, wanted: str, step: object) -> None:
    """Wait until both panes show `wanted`, and the same in each cell."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if all(wanted in tmux.text(output) for output in OUTPUTS):
            stock, lean = (tmux.cells(output) for output in OUTPUTS)
            if stock == lean:
                return
    texts = "\n".join(tmux.text(output) for output in OUTPUTS)
    assert all(wanted in tmux.text(output) for output in OUTPUTS), f"{wanted!r} is not shown after {step!r}\n{texts}"
    wrong = [
        (y, x, a, b) for y, row in enumerate(stock) for x, (a, b) in enumerate(zip(row, lean[y], strict=True)) if a != b
    ]
    raise AssertionError(
        f"after {step!r} {len(wrong)} cells differ, the first (row, column, stock, lean): {wrong[:5]}\n{texts}"
    )


def test_lean_shows_what_stock_shows(panes: Tmux) -> None:
    wait_until_equal(panes, "160", "the start")
    for step, wanted in STEPS:
        for output in OUTPUTS:
            if isinstance(step, str):
                panes.send(output, step)
            else:
                panes.resize(output, *step)
        wait_until_equal(panes, wanted, step)
    for output in OUTPUTS:
        panes.send(output, "\x11")
