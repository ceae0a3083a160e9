"""The emulator of the tests does what terminals do: it would not show what they do not."""

from __future__ import annotations

import pytest

from tests.terminal.emulator import Responder, Screen, Stream


def shown(*pieces: bytes, columns: int = 6, rows: int = 4) -> list[str]:
    """The rows of a terminal after these pieces of output."""
    screen = Screen(columns, rows)
    stream = Stream(screen)
    for piece in pieces:
        stream.feed(piece)
    return [row.rstrip() for row in screen.display]


ROWS = b"\x1b[H1\r\n2\r\n3\r\n4"


@pytest.mark.parametrize(
    ("order", "rows"),
    [
        (b"\x1b[2;3r\x1b[S\x1b[r", ["1", "3", "", "4"]),
        (b"\x1b[2;4r\x1b[2T\x1b[r", ["1", "", "", "2"]),
        (b"\x1b[S", ["2", "3", "4", ""]),
        (b"\x1b[9T", ["", "", "", ""]),
        (b"\x1b[Hab\x1b[3b", ["abbbb", "2", "3", "4"]),
        (b"\x1b[2H\x1b[K\x1b[4Hx\x1b[X", ["1", "", "3", "x"]),
        (b"\x1b[?2026$p\x1b[>0q\x1b[?u\x1b[22;2t", ["1", "2", "3", "4"]),
    ],
)
def test_orders_however_they_are_cut(order: bytes, rows: list[str]) -> None:
    assert shown(ROWS, order) == rows
    assert shown(ROWS, *(order[place : place + 1] for place in range(len(order)))) == rows


def test_rows_that_come_in_have_the_background_of_the_moment() -> None:
    screen = Screen(6, 4)
    Stream(screen).feed(ROWS + b"\x1b[41m\x1b[S")
    assert {screen.buffer[3][column].bg for column in range(6)} == {"red"}
    assert screen.buffer[2][0].bg == "default"


def test_each_question_is_answered_once() -> None:
    responder = Responder()
    said = [responder.answer(piece) for piece in (b"text\x1b[5", b"n", b"\x1b[5n\x1b[5n", b"n")]
    assert said == [b"", b"\x1b[0n", b"\x1b[0n\x1b[0n", b""]
    assert Responder(silent=True).answer(b"\x1b[5n") == b""
