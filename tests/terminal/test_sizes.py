"""Terminals of every size, and of another one than before: nothing is written where there is no room."""

from __future__ import annotations

import pytest

from tests.terminal import scanner
from tests.terminal.pty import Terminal
from tests.terminal.test_dashboard import QUIT, TRACE
from tests.terminal.test_hostile_logs import press, settle

pytestmark = pytest.mark.terminal

SIZES = ((40, 10), (80, 24), (160, 45), (400, 120), (61, 13))
SCREENS = {
    "1": "需要予測",
    "2": "default",
    "4": "experiment",
    "5": "churn-model",
    "6": "cancel churn",
    "3": "churn",
}
"""What each screen shows, at any size, by the key that leads there."""


def wait_for_size(terminal: Terminal, columns: int, rows: int) -> None:
    """Wait until the rule above the last line reaches over the whole width, at the place where it belongs."""
    terminal.wait(lambda text: text.split("\n")[rows - 2].startswith("─" * columns))
    settle(terminal)


def test_every_screen_at_every_size(start) -> None:
    columns, rows = SIZES[0]
    terminal = start("--no-engine", "--output", "lean", columns=columns, rows=rows)
    terminal.wait("churn")
    for columns, rows in SIZES:
        terminal.resize(columns, rows)
        wait_for_size(terminal, columns, rows)
        before = len(terminal.raw)
        for key, shown in SCREENS.items():
            terminal.send(key)
            terminal.wait(shown)
        press(terminal, "\x1b[6~", "\x1b[5~", "G", "g")
        assert TRACE not in terminal.text
        kinds = scanner.kinds(bytes(terminal.raw[before:]), columns=columns, rows=rows)
        assert not [kind for kind in kinds if kind.endswith("outside")]
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0


def test_resized_all_the_time_it_shows_the_last_size(start) -> None:
    terminal = start("--no-engine", "--output", "lean")
    terminal.wait("sqlite")
    for number in range(30):
        terminal.resize(60 + 7 * number % 90, 12 + 5 * number % 30)
        terminal.send("j" if number % 3 else "\x1b[6~")
        terminal.read(0.005)
    terminal.resize(97, 31)
    wait_for_size(terminal, 97, 31)
    lean = terminal.screen.display
    terminal.resize(96, 31)
    wait_for_size(terminal, 96, 31)
    terminal.resize(97, 31)
    wait_for_size(terminal, 97, 31)
    assert terminal.screen.display == lean
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0
