"""One logical line of a job log: text, colours, time, markers; and what hostile programs print."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import pytest

from data.clean import is_clean
from data.logtext import PLAIN, LogLine, Mark, Sgr, TextSpan, parse_line, plain
from data.logtext.line import MAX_BYTES, MAX_CELLS
from data.logtext.sgr import apply

HEADER = b"2026-11-20T10:00:07.020010Z 00O "
MORE = b"\n2026-11-20T10:00:08.020010Z 00O+"


def test_a_plain_line() -> None:
    assert parse_line(b"Collecting numpy==2.1\n", 7) == LogLine(7, "Collecting numpy==2.1")
    assert plain("größer 日本\n".encode()) == "größer 日本"
    assert parse_line(b"").text == ""


def test_the_header_of_a_runner_with_timestamps() -> None:
    line = parse_line(HEADER + b"hello")
    assert (line.text, line.timestamp) == ("hello", datetime(2026, 11, 20, 10, 0, 7, 20010, UTC))
    assert parse_line(b"2026-02-31T10:00:07.020010Z 00O x").timestamp is None
    assert parse_line(b"2026-02-31T10:00:07.020010Z 00O x").text == "x"
    assert parse_line(b"2026-11-20T10:00:07.020Z 00O x").text == "2026-11-20T10:00:07.020Z 00O x"


def test_continuations_are_joined_before_carriage_returns_are_obeyed() -> None:
    raw = HEADER + b"  0%|    |\r" + MORE + b" 50%|##  |\r" + MORE + b"100%|####|"
    assert plain(raw) == "100%|####|"
    assert plain(HEADER + b"split" + MORE + b" up") == "split up"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"abc\r\n", "abc"),
        (b"abc\r\r\r", "abc"),
        (b"abcdef\rXY", "XYcdef"),
        (b"abcdef\r\x1b[KXY", "XY"),
        (b"abcdef\rXY\x1b[0K", "XY"),
        (b"abcdef\x1b[2K\rXY", "XY"),
        (b"abcdef\x1b[1GXY\x1b[K", "XY"),
        (b"10%\b\b\b20%", "20%"),
        (b"a\tb", "a       b"),
        (b"abcdefgh\tb", "abcdefgh        b"),
        (b"\x1b[0K\x1b[32;1m$ make\x1b[0;m", "$ make"),
        (b"\x1b]0;title\x07shown", "shown"),
        (b"\x1b]8;;http://evil.example\x1b\\label\x1b]8;;\x1b\\", "label"),
        (b"a\x1b[31", "a"),
        (b"caf\xc3", "caf"),
        (b"caf\xff!", "caf\N{REPLACEMENT CHARACTER}!"),
        ("a\u202eb\u2066c\u200f".encode(), "abc"),
        ("a\u2028b\x85c".encode(), "a b c"),
    ],
)
def test_what_a_terminal_would_show(raw: bytes, expected: str) -> None:
    assert plain(raw) == expected


def test_colours_become_spans() -> None:
    line = parse_line(b"\x1b[32;1mok\x1b[0m and \x1b[38;5;208mpalette\x1b[39m \x1b[48;2;1;2;3;4mrgb\x1b[0;m")
    assert line.text == "ok and palette rgb"
    assert line.spans == (
        TextSpan(0, 2, Sgr(fg=2, bold=True)),
        TextSpan(7, 14, Sgr(fg=208)),
        TextSpan(15, 18, Sgr(bg=(1, 2, 3), underline=True)),
    )


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("", PLAIN),
        ("0", PLAIN),
        ("31", Sgr(fg=1)),
        ("97", Sgr(fg=15)),
        ("44;7", Sgr(bg=4, reverse=True)),
        ("1;2;3;4", Sgr(bold=True, dim=True, italic=True, underline=True)),
        ("1;22", PLAIN),
        ("38:2:10:20:30", Sgr(fg=(10, 20, 30))),
        ("38;5", PLAIN),
        ("38;5;999;1", Sgr(bold=True)),
        ("38;2;1;2", PLAIN),
        ("38;9;1", Sgr(bold=True)),
        ("999999999999999999999;31", Sgr(fg=1)),
        ("58;73", PLAIN),
    ],
)
def test_sgr(params: str, expected: Sgr) -> None:
    assert apply(PLAIN, params) == expected


def test_section_markers_are_taken_out_of_the_text() -> None:
    line = parse_line(
        b"\x1b[0Ksection_end:1560896353:one\r\x1b[0K\x1b[0K"
        b"section_start:1560896354:step_script[collapsed=true, hide_duration=true]\r\x1b[0K\x1b[36;1mHeader\x1b[0;m"
    )
    assert (line.text, line.kind, line.section) == ("Header", "section_start", "step_script")
    assert line.marks == (
        Mark("end", "one", 1560896353),
        Mark("start", "step_script", 1560896354, (("collapsed", "true"), ("hide_duration", "true"))),
    )
    line = parse_line(b"section_end:1560896353:one\r\x1b[0K\n")
    assert (line.text, line.kind, line.section) == ("", "section_end", "one")
    # PowerShell scripts of the runner write the marker without the escape sequence.
    assert parse_line(b"section_start:1560896353:two\rHeader").text == "Header"
    assert parse_line(b"section_start:1560896353:two\r\n").kind == "section_start"
    assert parse_line(b"see section_start in the docs").text == "see section_start in the docs"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"\x1b[32;1m$ python train.py\x1b[0;m", "command"),
        (b"\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m", "error"),
        (b"Traceback (most recent call last):", "error"),
        (b"ValueError: bad", "error"),
        (b"torch.cuda.OutOfMemoryError: CUDA out of memory", "error"),
        (b"E   AssertionError", "error"),
        (b"FAILED tests/test_x.py::test_y", "error"),
        (b"src/a.c:3:4: error: expected ';'", "error"),
        (b"error[E0308]: mismatched types", "error"),
        (b"fatal: not a git repository", "error"),
        (b"npm ERR! code 1", "error"),
        (b"2026-01-01 12:00 [ERROR] lost", "error"),
        (b"0 errors, 3 warnings", ""),
        (b"error rate 0.02", ""),
        (b"the job failed no test", ""),
        (b"Job succeeded", ""),
    ],
)
def test_the_kind_of_a_line(raw: bytes, kind: str) -> None:
    assert parse_line(raw).kind == kind


def test_a_long_line_is_cut_and_says_so() -> None:
    text = plain(b"x" * 100_000)
    assert len(text) == MAX_CELLS
    assert text.endswith("x…")
    bar = b"".join(b"\r%5d/10000 %s" % (step, b"#" * 50) for step in range(10_000))
    assert len(bar) > 10 * MAX_BYTES
    assert plain(bar).startswith(" 9999/10000 #")


PIECES = [
    *("\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b\\", "\x07", "\x9b", "\x9d", "\x9c", "\x1bc", "\x1b#8", "\x1b(0"),
    *("\x1b[31m", "\x1b[0K", "\x1b[2J", "\x1b[10G", "\x1b[999999G", "\x1b]52;c;QUFB\x07", "\x1b]8;;x\x1b\\"),
    *("\r", "\n", "\b", "\t", "\x00", "\x7f", "\x85", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\x0b"),
    *("a", "text", "日本", "e\u0301", "[m", "]52;c;", ";", "52", "section_start:1:a\r\x1b[0K", "👍🏽"),
]


def test_no_soup_of_escapes_gets_through() -> None:
    chance = random.Random(5)
    for _ in range(3000):
        soup = "".join(chance.choices(PIECES, k=chance.randint(1, 30)))
        raw = bytearray(soup.encode("utf-8", "surrogatepass"))
        if raw and chance.random() < 0.3:
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        line = parse_line(bytes(raw))
        assert is_clean(line.text), repr(soup)
        ends = [0, *(at for span in line.spans for at in (span.start, span.end)), len(line.text)]
        assert ends == sorted(ends)
        assert all(span.start < span.end for span in line.spans)
        assert all(re.fullmatch(r"[\w.-]+", mark.name) for mark in line.marks)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x1b]" * 500_000,
        b"\x1b[" + b"9;" * 500_000 + b"m",
        b"\r" + b"\rx" * 500_000,
        b"\x1b[31mx" * 10_000 + b"\r\x1b[32my" * 100_000,
        b"\x1b[2Kx" * 300_000,
        b"section_start:" * 100_000,
        b"section_start:1:a[" + b"a=b, " * 200_000,
        b"E" * 1_000_000,
        b"a.b" * 300_000,
        b"\x1b[99999Gx\x1b[K" * 100_000,
        HEADER + MORE * 30_000,
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_huge_hostile_lines_come_out_clean_and_short(raw: bytes) -> None:
    line = parse_line(raw)
    assert is_clean(line.text)
    assert len(line.text) <= MAX_CELLS
