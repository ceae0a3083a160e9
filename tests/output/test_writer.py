"""What is written reaches the terminal in its order and at once where it takes it, and nothing waits for one that does
not.
"""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Iterator

import pytest

from tests.servers import readable
from tui.output.writer import Writer

MUCH = "x" * 200_000
"""More than a terminal holds that nobody reads."""


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """A terminal's own end, and that of the program."""
    own, program = pty.openpty()
    tty.setraw(program)
    yield own, program
    for end in (own, program):
        os.close(end)


def read(end: int, size: int) -> str:
    got = b""
    while len(got) < size and readable(end, 10):
        got += os.read(end, 65_536)
    return got.decode()


def test_what_the_terminal_takes_is_written_before_write_returns(ends: tuple[int, int]) -> None:
    own, program = ends
    writer = Writer(program)  # its thread never runs
    writer.write("now")
    assert writer.waiting == 0
    assert read(own, 3) == "now"


def test_what_it_does_not_take_is_written_by_the_thread_in_order(ends: tuple[int, int]) -> None:
    own, program = ends
    writer = Writer(program)
    writer.start()
    writer.write(MUCH)
    writer.write("behind")
    assert writer.waiting, "nobody has read yet, and nothing waited for that"
    assert read(own, len(MUCH) + 6) == MUCH + "behind"
    writer.stop()


def test_a_terminal_that_takes_nothing_ends_with_the_program(ends: tuple[int, int]) -> None:
    _, program = ends
    writer = Writer(program)
    writer.start()
    writer.write(MUCH)
    writer.stop()
    assert not writer.is_alive()
    writer.write("late")
    assert writer.waiting == 0


def test_a_terminal_that_is_gone_takes_nothing_and_is_no_fault() -> None:
    own, program = pty.openpty()
    writer = Writer(program)
    writer.start()
    os.close(own)
    writer.write("nobody is there")
    writer.write("nor now")
    writer.stop()
    os.close(program)
    assert writer.waiting == 0


def test_a_file_that_is_no_terminal_is_left_to_the_thread() -> None:
    out, into = os.pipe()
    writer = Writer(into)
    writer.write("later")
    assert writer.waiting == 1, "a pipe may block"
    writer.start()
    assert read(out, 5) == "later"
    writer.stop()
    for end in (out, into):
        os.close(end)
