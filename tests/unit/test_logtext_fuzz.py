"""Properties of the log parser that hold for any bytes, cut anywhere."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyte
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.clean import is_clean
from data.logtext import PLAIN, LogIndex, LogLine, Sgr, parse_line, plain
from data.logtext.carry import CARRY_BYTES, carry
from data.logtext.index import BLOCK
from data.logtext.line import MAX_BYTES, MAX_CELLS
from data.logtext.raw import LINE_HEADERS
from data.logtext.row import draw
from data.logtext.stream import LineAssembler

STAMP = b"2026-11-20T10:00:07.020010Z 00O"

PIECES = [
    *(b"\n", b"\n", b"\r", b"\r\n", b"\b", b"\t", b"\0", b"\x07", b" ", b"a", b"text", b"+", b"E+", b"$ ", b"ERROR: "),
    *(b"\x1b", b"[", b"]", b"m", b";", b"0", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1bX", b"\x1b_", b"\x1b\\", b"\x1bc"),
    *(b"\x1b[31m", b"\x1b[1m", b"\x1b[0m", b"\x1b[m", b"\x1b[0;m", b"\x1b[39m", b"\x1b[38;5;208m", b"\x1b[4:3m"),
    *(b"\x1b[38:2::1:2:3m", b"\x1b[48;2;1;2;3m", b"\x1b[K", b"\x1b[1K", b"\x1b[2K", b"\x1b[J", b"\x1b[9G", b"\x1b[3D"),
    *(b"\x1b[99999G", b"\x1b[C", b"\x1b[2J", b"\x1b[1;1H", b"\x1b]8;;http://x\x1b\\", b"\x1b]52;c;QQ==\x07"),
    *("\x9b31m".encode(), "\x9d".encode(), "\x9c".encode(), "\u202e".encode(), "\u2066".encode(), "\u2028".encode()),
    *("日本".encode(), "é".encode(), "👍🏽".encode(), b"\xe6\x97", b"\xff", b"\xed\xa0\x80", "\ufeff".encode()),
    *(STAMP + b" ", b"\n" + STAMP + b" ", b"\n" + STAMP + b"+", b"\r\n" + STAMP + b"+", STAMP, STAMP[:13], b"\n2026"),
    *(b"section_start:1:a\r\x1b[0K", b"section_end:2:a\r\x1b[0K", b"section_", b"section_start:1:b[collapsed=true]\r"),
]
"""What logs are made of, whole and broken."""

BYTES = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=5)), max_size=50).map(b"".join)

STATES = st.sampled_from([PLAIN, Sgr(fg=1), Sgr(bg=(1, 2, 3), bold=True), Sgr(reverse=True, strike=True)])

LOGICAL_ENDS = re.compile(rb"\n(?!" + STAMP + rb"\+)")
"""The newlines that end a logical line, for the one stamp that `PIECES` has."""


def begun(data: bytes) -> bytes:
    """`data` as a log: a runner's first header continues no line."""
    first = LINE_HEADERS.search(data)
    return STAMP + b" " + data if first is not None and first.group().endswith(b"+") else data


LOGS = BYTES.map(begun)


def fuzz(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The same examples every time, however slow the machine is."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def logical(data: bytes) -> list[bytes]:
    """The logical lines of a log, found in the plainest way."""
    lines = LOGICAL_ENDS.split(data)
    return lines if lines[-1] else lines[:-1]


def assembled(*pieces: bytes) -> list[LogLine]:
    assembler = LineAssembler()
    return [*(line for piece in pieces for line in assembler.feed(piece)), *assembler.flush()]


def cut(data: bytes, draws: st.DataObject) -> list[bytes]:
    """`data` in pieces."""
    places = sorted(draws.draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def inherited(data: bytes, offset: int) -> Sgr:
    return carry(data[max(0, offset - CARRY_BYTES) : offset])


@fuzz(600)
@given(BYTES, STATES)
def test_nothing_that_a_terminal_obeys_gets_through(raw: bytes, state: Sgr) -> None:
    line = parse_line(raw, 7, state)
    assert is_clean(line.text)
    assert len(line.text) <= MAX_CELLS
    ends = [0, *(at for span in line.spans for at in (span.start, span.end)), len(line.text)]
    assert ends == sorted(ends)
    assert all(span.start < span.end and span.sgr != PLAIN for span in line.spans)
    assert all(re.fullmatch(r"[\w.-]+", mark.name, re.ASCII) for mark in line.marks)
    assert line == parse_line(raw + b"\n", 7, state)
    assert line.text == plain(raw), "colours change no text"


@fuzz(200)
@given(LOGS)
def test_a_stream_has_the_lines_of_the_log(data: bytes) -> None:
    offset = 0
    lines = []
    for number, raw in enumerate(logical(data)):
        lines.append(parse_line(raw, number, inherited(data, offset)))
        offset += len(raw) + 1
    assert assembled(data) == lines


@fuzz(200)
@given(LOGS, st.data())
def test_however_a_stream_is_cut_its_lines_are_the_same(data: bytes, draws: st.DataObject) -> None:
    whole = assembled(data)
    assert assembled(*cut(data, draws)) == whole
    assert assembled(*(bytes([byte]) for byte in data)) == whole


@fuzz(100)
@given(LOGS)
def test_a_line_begins_with_the_colours_with_which_the_one_before_ended(data: bytes) -> None:
    state = PLAIN
    offset = 0
    for raw in logical(data)[:100]:
        assert inherited(data, offset) == state
        state = parse_line(raw, 0, state).end
        offset += len(raw) + 1


@fuzz(60)
@given(LOGS, st.integers(1, 60), st.data())
def test_an_index_of_a_growing_file_and_a_stream_agree(data: bytes, times: int, draws: st.DataObject) -> None:
    data *= times
    streamed: list[LogLine] = []
    assembler = LineAssembler()
    shown: list[LogLine] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "job.log")
        path.write_bytes(b"")
        index = LogIndex(path)
        for piece in cut(data, draws):
            with path.open("ab") as file:
                file.write(piece)
            streamed += assembler.feed(piece)
            growth = index.extend()
            shown[growth.first :] = [index.line(number) for number in range(growth.first, index.lines)]
            assert shown[: len(streamed)] == streamed
        index.close()
    assert [*streamed, *assembler.flush()] == shown


@fuzz(12)
@given(LOGS, BYTES, st.integers(1, 3), st.data())
def test_they_agree_on_lines_that_are_too_long(data: bytes, unit: bytes, blocks: int, draws: st.DataObject) -> None:
    unit = unit.replace(b"\n", b"") or b"x"
    log = begun(data + b"\n" + unit * (blocks * BLOCK // len(unit)) + data)
    lines = file_lines(log)
    assert assembled(*cut(log, draws)) == lines
    size = draws.draw(st.integers(1, 3 * MAX_BYTES))
    assert assembled(*(log[at : at + size] for at in range(0, len(log), size))) == lines


def file_lines(data: bytes) -> list[LogLine]:
    """The lines of a file with `data`, by an index."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "job.log")
        path.write_bytes(data)
        index = LogIndex(path)
        index.extend()
        lines = [index.line(number) for number in range(index.lines)]
        index.close()
    return lines


@pytest.mark.parametrize("stamp", [b"", STAMP + b" "])
@pytest.mark.parametrize("more", range(-2, 40, 3))
def test_they_agree_at_the_edges_of_what_is_looked_at(stamp: bytes, more: int) -> None:
    overwritten = b"x" * (5 * MAX_BYTES) + b"\rA\x1b[34mB" + b"y" * (MAX_BYTES - more) + b"\n"
    coloured = b"\x1b[31mred" + b"z" * (CARRY_BYTES - more) + b"\n"
    data = b"".join(stamp + line for line in (coloured, b"next\n", overwritten, b"next\n", coloured, b"next\n"))
    expected = file_lines(data)
    for size in (1000, 4096, BLOCK - 1, len(data)):
        assert assembled(*(data[at : at + size] for at in range(0, len(data), size))) == expected
    end = len(stamp + coloured + stamp + b"next\n" + stamp + overwritten)
    assert assembled(data[: end + 7], data[end + 7 :]) == expected


@fuzz(200)
@given(BYTES, STATES)
def test_colours_alone_are_drawn_like_colours_among_others(raw: bytes, state: Sgr) -> None:
    text = raw.decode("utf-8", "replace")
    assert draw(text, state) == draw(f"\x1b[s{text}", state)


ROWS = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "bc",
                "some text",
                "100%|####| ",
                " ",
                "\r",
                "\r",
                "\b",
                "\t",
                "\x1b[K",
                "\x1b[0K",
                "\x1b[1K",
                "\x1b[2K",
            ),
            *("\x1b[J", "\x1b[9G", "\x1b[1G", "\x1b[G", "\x1b[3D", "\x1b[99D", "\x1b[2C", "\x1b[C", "\x1b[5a"),
            *("\x1b[1m", "\x1b[22m", "\x1b[3m", "\x1b[4;7m", "\x1b[27m", "\x1b[9m", "\x1b[0m", "\x1b[31m", "\x1b[39m"),
        ]
    ),
    max_size=40,
).map("".join)


@fuzz(300)
@given(ROWS)
def test_a_line_is_what_a_terminal_shows(text: str) -> None:
    screen = pyte.Screen(600, 2)
    pyte.Stream(screen).feed(text)
    line = parse_line(text.encode())
    assert line.text.rstrip(" ") == screen.display[0].rstrip(" ")
    looks = [PLAIN] * len(line.text)
    for span in line.spans:
        looks[span.start : span.end] = [span.sgr] * (span.end - span.start)
    for column, (character, sgr) in enumerate(zip(line.text, looks, strict=True)):
        if character == " ":
            continue
        there = screen.buffer[0][column]
        shown = (sgr.bold, sgr.italic, sgr.underline, sgr.reverse, sgr.strike, sgr.fg == 1)
        assert shown == (
            *(there.bold, there.italics, there.underscore, there.reverse, there.strikethrough),
            there.fg == "red",
        )


HOSTILE = [
    *(b"\x1b]", b"\x1b[", b"\x1b[38;5;", b"\x1b[9;", b"\x1bP\x1b", b"\r", b"\rx", b"\b", b"x\b", b"\t", b"\x1b[2Kx"),
    *(b"\n", b"\r\n", b"\x1b[31m\n", b"\x1b[1mx", b"section_start:1:a", b"section_start:1:a\r\x1b[0K", b"a=b, ", b"E+"),
    *(b"\n" + STAMP + b"+", b"\n" + STAMP + b" ", b"\r\n" + STAMP + b"+x", STAMP, b"\xe6\x97", b"ERROR ", b"$ ", b"x"),
]
"""What a log may consist of that wants to keep us busy."""

FOURFOLD = 12
"""Four times the bytes may take this many times as long; quadratic work takes 16 times."""

LEAST = 1e-4
"""Seconds below which time cannot be told from noise."""

TRIES = 3


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the quickest of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("unit", HOSTILE, ids=repr)
def test_four_times_the_bytes_take_about_four_times_as_long(unit: bytes) -> None:
    def stream(size: int) -> object:
        data = STAMP + b" section_start:1:a[" + unit * (size // len(unit))
        return assembled(*(data[at : at + 4096] for at in range(0, len(data), 4096)))

    def line(size: int) -> object:
        return parse_line(unit * (size // len(unit)), 0, Sgr(fg=1))

    for work, size in ((stream, 16 * 1024), (line, MAX_BYTES // 4)):
        ratios = []
        for _ in range(TRIES):
            short = max(seconds(partial(work, size)), LEAST)
            ratios.append(seconds(partial(work, 4 * size)) / short)
            if ratios[-1] <= FOURFOLD:
                break
        assert min(ratios) <= FOURFOLD, f"{unit!r}: {ratios}"
