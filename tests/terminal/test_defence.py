"""Hostile text in everything that servers and people write, on every screen: only our own orders reach the terminal.

Stock output is read with the line filter before it, lean output without: each of them has to keep everything out alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from data.store.logs import LogFiles
from data.store.open import open_store
from tests.terminal import corpus, scanner
from tests.terminal.poison import poisoned
from tests.terminal.pty import Terminal
from tests.terminal.test_dashboard import QUIT
from tests.terminal.test_hostile_logs import MODES, Unseen
from tests.tui.stage import write_config
from tests.world import FAILED_JOB, records
from tests.world_activity import activity
from tests.world_more import more
from tests.world_pipelines import world

pytestmark = pytest.mark.terminal

COLUMNS, ROWS = 130, 40
QUIET = 0.06
"""Seconds without output after which a screen is taken for drawn."""
PROGRAM = """
import sys
from tui.cli import main
if {unguarded!r}:
    import tui.guard
    tui.guard.Guard.apply = lambda self, segments, background: segments
raise SystemExit(main(["--config", {config!r}, "--store", {store!r}, "--no-engine", "--output", {output!r}]))
"""
"""The program, with or without the filter that all lines pass."""

OURS = scanner.MOVES | {
    scanner.TEXT, "SGR", "CSI ?25l", "CSI ?25h", "CSI ?7l", "CSI ?7h", "CSI ?2026h", "CSI ?2026l", "CSI ?2026$p",
    "CSI ?2048$p", "CSI ?2048h", "CSI ?2048l", "CSI ?1049h", "CSI ?1049l", "CSI ?1000h", "CSI ?1000l", "CSI ?1003h",
    "CSI ?1003l", "CSI ?1004h", "CSI ?1004l", "CSI ?1006h", "CSI ?1006l", "CSI ?1015h", "CSI ?1015l", "CSI ?2004h",
    "CSI ?2004l", "CSI >1u", "CSI <u", "CSI ?u", "CSI 2J", "CSI 5n", "CSI >0q", "CSI 22;2t", "CSI 23;2t", "CSI 22;0t",
    "CSI 23;0t", "CSI >25u", "OSC 0", "OSC 2", "OSC 8", "OSC 11", "OSC 22", "control 07",
}  # fmt: skip
"""What Textual and we send of ourselves, whatever is shown."""

ESC = "\x1b"


class Shown(str):
    """Stands between keys for a text that is shown before the next one is pressed."""


WAYS: tuple[str, ...] = (
    "1", Shown("lineside  projects"), "j", "d", Shown("[Project]"), *"]]]", Shown("[Members 3]"),
    "2", Shown("lineside  pipelines"), "j", "\t", "d", Shown("[APIs"), *"]]]]]", Shown("[Definition]"),
    "2", Shown("E2E"), "t", Shown("› launch"), "\t", ESC, Shown("lineside  pipelines"),
    "4", Shown("all runs"), "j", "\r", Shown("-experiment"), "C", ESC, "\r", Shown("[Jobs"), *"]]]]", Shown("[Tests]"),
    "5", Shown("lineside  models"), "j", "\r",
    "6", Shown("[Commands]"), *"]]]]", Shown("[Health]"), "j", "\r",
    "3", Shown("lineside  runs"), "C", ESC, "s", ESC, "V", ESC, "b", ESC, "w", ESC, "?", ESC, "\x10", ESC,
    ":log ", ESC, ":runs ref:", ESC, "/id:500\r", Shown("/ id:500"),
    "\r", Shown("[Jobs 9]"), *"]]]]]]", Shown("[Notes 1]"), "L", ESC, "N", ESC, "x", ESC,
    "3", Shown("lineside  runs"), "m", Shown("› metrics"), "\x1b[C",
    "3", Shown("lineside  runs"), "i", Shown("[Runs 4]"),
    "3", Shown("lineside  runs"), "/\x15id:103\r", Shown("/ id:103"), "l", "g", "G", Shown("end <084>"), "S", ESC,
    "3", Shown("lineside  runs"), "/\x15status:success\r", Shown("/ status:success"), "g", " ", "j", " ", "c",
    Shown("compare › 2 runs"), "d", *"]]]]", "m",
    "3", Shown("lineside  runs"), "T", Shown("› launch"), "\t", "\t",
)  # fmt: skip
"""Keys that lead through every screen, its tabs and its questions."""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in which nothing is clean, and a log."""

    async def fill() -> None:
        store = await open_store(tmp_path / "lineside.db")
        await store.put(poisoned([*records(), *more(), *activity(), *world()]))
        await store.close()

    asyncio.run(fill())
    LogFiles(tmp_path / "logs").append(FAILED_JOB, 0, corpus.common())
    return tmp_path / "lineside.db"


def press(terminals: Sequence[Terminal], key: str) -> None:
    """Press a key in all terminals, and wait until what it draws is drawn."""
    for terminal in terminals:
        terminal.send(key)
    began = last = time.monotonic()
    silent = set(terminals)
    # After esc, a key that comes at once would make an alt chord.
    patience = 5 * QUIET if key == ESC else 2 * QUIET
    while time.monotonic() - last < QUIET or (silent and time.monotonic() - began < patience):
        for terminal in terminals:
            if terminal.read(0.01):
                last = time.monotonic()
                silent.discard(terminal)


def read_all(stock: Terminal, lean: Terminal) -> None:
    """Go all ways in both. Only what comes of the differences is shown: the emulator takes long for whole screens."""
    for terminal in (stock, lean):
        terminal.wait("sqlite")
    stock.stream = Unseen()  # type: ignore[assignment]
    for step in WAYS:
        if isinstance(step, Shown):
            lean.wait(step)
        else:
            press((stock, lean), step)


@pytest.fixture
def begin(store: Path, tmp_path: Path) -> Iterator[Callable[[str, bool], Terminal]]:
    """Starts the program with one of the outputs, with the line filter or without."""
    config = write_config(tmp_path)
    with contextlib.ExitStack() as stack:

        def run(output: str, unguarded: bool) -> Terminal:
            code = PROGRAM.format(unguarded=unguarded, config=str(config), store=str(store), output=output)
            env = {
                "COLORTERM": "truecolor",
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "LINESIDE_STATE_DIR": str(tmp_path / output),
            }
            command = [sys.executable, "-c", code]
            return stack.enter_context(Terminal(command, columns=COLUMNS, rows=ROWS, env=env, cwd=tmp_path))

        yield run


def test_only_our_own_orders_reach_the_terminal(begin: Callable[[str, bool], Terminal]) -> None:
    stock, lean = begin("stock", False), begin("lean", True)
    read_all(stock, lean)
    modes = []
    for terminal in (stock, lean):
        terminal.send(QUIT)
        assert terminal.wait_exit() == 0
        written = bytes(terminal.raw)
        found = scanner.kinds(written, columns=COLUMNS, rows=ROWS)
        assert {kind: data for kind, data in found.items() if kind not in OURS} == {}
        assert not [order for order in scanner.orders(written) if corpus.CANARY.encode() in order]
        assert corpus.CANARY.encode() in written
        modes.append([(mode, written.count(mode)) for mode in MODES])
    assert modes[0] == modes[1]
    assert (b"\x1b[?1049h", 1) in modes[0]
