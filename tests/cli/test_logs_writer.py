"""What is printed does not depend on how the bytes were cut, nor on what was skipped on the way."""

from __future__ import annotations

import io
import re
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.logtext import LogIndex, LogLine, compile_pattern, parse_line
from data.logtext.raw import LINE_HEADERS
from data.logtext.stream import LineAssembler
from tests.terminal import corpus, scanner
from tui.cli.logplace import is_shown, tail_start
from tui.cli.logselect import Matching, Sections
from tui.cli.logwriter import Form, LineWriter, Stamper, whole_lines

HEADER = b"2026-03-02T11:58:00.000000Z 00O"
PIECES = st.sampled_from(
    [
        *(b"a", b"needle", b" ", b"\n", b"\n", b"\n", b"\r", b"\r\n", b"\t", b"\b", b"\x00", b"\x07", b"\x1b"),
        *(b"\x1b[31m", b"\x1b[0m", b"\x1b[1;38;5;9m", b"\x1b[0K", b"\x1b[5G", b"\x1b]0;t\x07", b"\x9b2J"),
        *("größe".encode(), "日本".encode(), b"\xe2\x80", b"\xff", "\u202e".encode(), b"x" * 5000),
        *(HEADER + b" ", HEADER + b"+", b"\n" + HEADER + b" ", b"\n" + HEADER + b"+"),
        b"section_start:1772452800:outer\r\x1b[0Kheading",
        b"section_start:1772452801:inner[collapsed=true]\r\x1b[0K",
        b"section_end:1772452802:inner\r\x1b[0K",
        b"section_end:1772452803:outer\r\x1b[0K",
    ]
)  # fmt: skip
"""What logs are made of, decent and hostile."""


def begun(data: bytes) -> bytes:
    """`data` as a log: a runner's first header continues no line."""
    first = LINE_HEADERS.search(data)
    return HEADER + b" " + data if first is not None and first[0].endswith(b"+") else data


LOGS = st.lists(PIECES, max_size=60).map(b"".join).map(begun)
CUTS = st.lists(st.integers(1, 400), min_size=1, max_size=20)


def printed(data: bytes, cuts: list[int], form: Form = Form.PLAIN, **options: object) -> list[str]:
    """What is printed of a log that comes in pieces of these lengths, again and again."""
    out = io.BytesIO()
    writer = LineWriter(out, form, **options)  # type: ignore[arg-type]
    position = number = 0
    while position < len(data):
        length = cuts[number % len(cuts)]
        writer.write(data[position : position + length])
        position, number = position + length, number + 1
    writer.end()
    return out.getvalue().decode().split("\n")[:-1]


def parsed(data: bytes) -> list[LogLine]:
    """The lines of a log that comes at once."""
    lines = LineAssembler()
    return [*lines.feed(data), *lines.flush()]


@given(LOGS, CUTS)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_plain_lines_are_those_of_the_parser(data: bytes, cuts: list[int]) -> None:
    assert printed(data, cuts) == [line.text for line in parsed(data) if is_shown(line)]


@given(LOGS, CUTS, st.integers(0, 3))
@settings(deadline=None, max_examples=300, derandomize=True)
def test_grep_finds_what_is_in_the_lines(data: bytes, cuts: list[int], context: int) -> None:
    pattern = compile_pattern("needle|größe", regex=True)
    texts = [line.text for line in parsed(data) if is_shown(line)]
    hits = [number for number, text in enumerate(texts) if pattern.search(text)]
    near = sorted({at for hit in hits for at in range(hit - context, hit + context + 1) if 0 <= at < len(texts)})
    for form in (Form.PLAIN, Form.COLOR):
        matching = Matching(pattern, context)
        shown = [line for line in printed(data, cuts, form, matching=matching) if _bare(line) != "--"]
        assert [_bare(line) for line in shown] == [texts[at] for at in near if texts[at] != "--"]
        assert matching.found is bool(hits)


def _bare(text: str) -> str:
    return re.sub("\x1b\\[[0-9;]*m", "", text)


@given(LOGS, CUTS)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_a_section_is_what_lies_between_its_marks(data: bytes, cuts: list[int]) -> None:
    with indexed(data) as index:
        outer = [one for one in index.sections if one.name == "outer"]
    inside = {number for one in outer for number in range(one.start, len(data) + 1 if one.end is None else one.end)}
    texts = [line.text for line in parsed(data) if is_shown(line) and line.number in inside]
    assert printed(data, cuts, sections=Sections("outer", told=False)) == texts


@given(LOGS, CUTS)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_colours_are_all_that_is_left(data: bytes, cuts: list[int]) -> None:
    shown = printed(data, cuts, Form.COLOR)
    assert [_bare(line) for line in shown] == [line.text for line in parsed(data) if is_shown(line)]
    for line in shown:
        assert {"text", "SGR"} >= scanner.kinds(line.encode()).keys()
        codes = re.findall("\x1b\\[([0-9;]*)m", line)
        assert not codes or codes[-1] == "0"


@given(LOGS)
@settings(deadline=None, max_examples=200, derandomize=True)
def test_what_is_whole_stays_whole(data: bytes) -> None:
    cut = whole_lines(data, stamped=LINE_HEADERS.search(data) is not None)
    assert parsed(data)[: len(parsed(data[:cut]))] == parsed(data[:cut])
    assert cut == 0 or data[cut - 1 : cut] == b"\n"


@given(LOGS, st.integers(0, 20))
@settings(deadline=None, max_examples=100, derandomize=True)
def test_the_tail_begins_so_many_lines_before_the_end(data: bytes, count: int) -> None:
    out = io.BytesIO()
    writer = LineWriter(out, Form.PLAIN)
    with indexed(data) as index:
        writer.write(data[writer.begin(index.path, tail_start(index.path, count)) :])
    writer.end()
    shown = [line.text for line in parsed(data) if is_shown(line)]
    assert out.getvalue().decode().split("\n")[:-1] == shown[len(shown) - min(count, len(shown)) :]


@pytest.mark.parametrize("name", corpus.logs())
@pytest.mark.parametrize("form", [Form.PLAIN, Form.COLOR])
def test_hostile_logs_leave_nothing_but_colours(name: str, form: Form) -> None:
    data = corpus.logs()[name]
    text = "\n".join(printed(data, [65_536], form)).encode()
    allowed = {"text", "control 0a"} | ({"SGR"} if form is Form.COLOR else set())
    assert scanner.kinds(text).keys() <= allowed
    assert not any(corpus.CANARY.encode() in order for order in scanner.orders(text))


def test_memory_stays_flat() -> None:
    block = b"".join(b"\x1b[32mline %d\x1b[0m of a log\r\n" % number for number in range(3000))
    out = _Nowhere()
    for options in (
        {},
        {"matching": Matching(compile_pattern("line 2999"), 2)},
        {"tail": 10},
        {"sections": Sections("x")},
    ):
        writer = LineWriter(out, Form.PLAIN, **options)  # type: ignore[arg-type]
        writer.write(block)
        tracemalloc.start()
        for _ in range(60):
            writer.write(block)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        writer.end()
        assert peak < 20 * len(block), options


def test_a_line_that_never_ends_is_not_held() -> None:
    out = io.BytesIO()
    writer = LineWriter(out, Form.PLAIN)
    writer.write(b"beginning ")
    tracemalloc.start()
    for _ in range(500):
        writer.write(b"x" * 65_536)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    writer.write(b"\rend\n")
    writer.end()
    assert peak < 2_000_000
    assert out.getvalue().startswith(b"end")


def test_a_line_is_printed_once_it_is_complete() -> None:
    out = io.BytesIO()
    writer = LineWriter(out, Form.PLAIN)
    steps = [(b"one\ntw", "one\n"), (b"o\n10%\r20%", "one\ntwo\n"), (b"\r30%", "one\ntwo\n")]
    for data, so_far in steps:
        writer.write(data)
        writer.pause()
        assert out.getvalue().decode() == so_far
    writer.idle()
    assert out.getvalue().decode() == "one\ntwo\n"
    writer.end()
    assert out.getvalue().decode() == "one\ntwo\n30%\n"


def test_a_line_with_a_timestamp_waits_for_its_continuation_only_so_long() -> None:
    out = io.BytesIO()
    writer = LineWriter(out, Form.PLAIN)
    writer.write(HEADER + b" text\n")
    writer.pause()
    assert out.getvalue() == b""
    writer.idle()
    assert out.getvalue() == b"text\n"
    writer.write(HEADER + b" 10%\r\n")
    writer.idle()
    writer.write(HEADER + b"+20%\r\n" + HEADER + b" next\n")
    writer.end()
    assert out.getvalue() == b"text\n20%\nnext\n"


def test_a_log_that_begins_anew_is_not_joined_to_the_old_one() -> None:
    out = io.BytesIO()
    writer = LineWriter(out, Form.COLOR, sections=Sections("*"))
    writer.write(b"section_start:1:a\r\x1b[0K\x1b[31mred\nhalf a li")
    writer.restart()
    writer.write(b"new\nsection_start:1:b\r\x1b[0Kplain\n")
    writer.end()
    assert out.getvalue().decode().splitlines() == [
        "\x1b[38;5;1mred\x1b[0m",
        "\x1b[38;5;1mhalf a li\x1b[0m",
        "plain",
    ]


def test_what_a_pipe_takes_in_parts_is_written_whole() -> None:
    out = _Slow()
    writer = LineWriter(out, Form.PLAIN)  # type: ignore[arg-type]
    writer.write(b"one\ntwo of them\n")
    writer.end()
    assert out.got == b"one\ntwo of them\n"


def test_times_stand_in_a_column_of_their_own() -> None:
    stamps = Stamper("relative")
    line = parse_line(HEADER + b" \x1b[31mred\x1b[0m")
    stamps.see(line)
    stamped = stamps.stamped(line)
    assert stamped.text == "+0:00    red"
    assert [stamped.text[span.start : span.end] for span in stamped.spans] == ["+0:00    ", "red"]
    assert stamps.stamped(parse_line(b"without")).text == "         without"


class _Nowhere(io.RawIOBase):
    def write(self, data: memoryview, /) -> int:  # type: ignore[override]
        return len(data)


class _Slow(io.RawIOBase):
    def __init__(self) -> None:
        self.got = b""

    def write(self, data: memoryview, /) -> int:  # type: ignore[override]
        self.got += data[:3]
        return min(3, len(data))


@contextmanager
def indexed(data: bytes) -> Iterator[LogIndex]:
    """The index of a log."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        index = LogIndex(Path(file.name))
        index.extend()
        yield index
        index.close()
