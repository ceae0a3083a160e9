"""The line of the bench carries what a line carries, no faster and no slower."""

from __future__ import annotations

import sys
import time

import pytest

from tests.bench.line import NARROW, PIECE, Channel, Rate, Remote
from tests.terminal.pty import Terminal

ECHO = """
import sys, tty
tty.setraw(0)
print(end="?", flush=True)
for key in iter(lambda: sys.stdin.read(1), "q"):
    sys.stdout.write(key * 1500 + "\\x1b[5n" if key == "x" else key)
    sys.stdout.flush()
"""
"""Writes each key back, and much for an x."""


def test_bytes_leave_one_after_the_other() -> None:
    channel = Channel(Rate(8_000, 0.1, 1_500))
    assert channel.arrival(1_000, 0.0) == pytest.approx(1.05)
    assert channel.arrival(500, 0.0) == pytest.approx(1.55)
    assert channel.full(0.0)
    assert not channel.full(0.5)
    assert channel.waiting(1.0) == pytest.approx(500)
    assert channel.arrival(100, 10.0) == pytest.approx(10.15)
    assert channel.most == pytest.approx(1_500)


def test_a_key_takes_a_round_trip_and_much_output_its_time() -> None:
    with Terminal([sys.executable, "-u", "-c", ECHO], columns=80, rows=24) as terminal:
        remote = Remote(terminal)
        remote.run(time.monotonic() + 30, lambda: bool(remote.arrived))
        began = remote.type(b"a")
        remote.run(began + 30, lambda: len(remote.arrived) > 1)
        when, piece = remote.arrived[1]
        assert piece == b"a"
        assert when - began >= NARROW.round_trip
        last = remote.type(b"x")
        remote.settle(0.5, 30)
        assert max(len(piece) for _, piece in remote.arrived) <= PIECE
        behind = remote.behind(last)
        assert behind >= NARROW.round_trip + 1500 * 8 / NARROW.bits
        assert terminal.text.startswith("?ax")
        remote.type(b"q")
        remote.run(time.monotonic() + 30, lambda: terminal.poll() is not None)
