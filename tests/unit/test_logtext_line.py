"""One logical line of a job log: text, colours, time, markers; and what hostile programs print."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import pytest

from data.clean import is_clean
from data.logtext import PLAIN, LogLine, Mark, Sgr, TextSpan, error_pattern, parse_line, plain
from data.logtext.carry import CARRY_BYTES, carry
from data.logtext.kinds import is_error
from data.logtext.line import MAX_BYTES, MAX_CELLS
from data.logtext.sgr import apply
from data.logtext.stream import LineAssembler

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
        (b"abcdef\x1b[2KXY", "      XY"),
        (b"abcdef\x1b[3G\x1b[1KXY", "  XYef"),
        (b"abcdef\x1b[3G\x1b[K", "ab"),
        (b"abcdef\r\x1b[J", ""),
        (b"abcdef\x1b[1000D\x1b[KXY", "XY"),
        (b"ab\x1b[3Cc\x1b[2Dd", "ab  dc"),
        (b"ab\x1b[Cc\x1b[0Cd", "ab c d"),
        (b"one\x1b[1A\x1b[2Ktwo", "   two"),
        (b"10%\b\b\b20%", "20%"),
        (b"\b\b\bab", "ab"),
        (b"a\tb", "a       b"),
        (b"abcdefgh\tb", "abcdefgh        b"),
        (b"abcdefghij\r\tX", "abcdefghXj"),
        (b"\x1b[0K\x1b[32;1m$ make\x1b[0;m", "$ make"),
        (b"\x1b]0;title\x07shown", "shown"),
        (b"\x1b]8;;http://evil.example\x1b\\label\x1b]8;;\x1b\\", "label"),
        (b"\x1b]8;id=1;http://evil.example\x07label\x1b]8;;\x07 and more", "label and more"),
        ("\x9d8;;http://evil.example\x9clabel\x9d8;;\x9c".encode(), "label"),
        (b"a\x1b]8;;http://evil.example", "a"),
        (b"a\x1bPq#0;2;0;0;0#0~~\x1b\\b\x1bXsos\x1b\\c\x1b^pm\x1b\\d\x1b_apc\x1b\\e", "abcde"),
        ("a\x90dcs\x9cb\x98sos\x9cc\x9epm\x9cd\x9fapc\x9ce".encode(), "abcde"),
        (b"a\x1bP unterminated", "a"),
        ("a\x9b31mb".encode(), "ab"),
        (b"a\x1bcb\x1b(0c\x1b)Bd\x0e\x0fe\x1b#8f", "abcdef"),
        (b"a\x1b[5;5Hb\x1b[2Ac\x1b[?25ld\x1b[>4;2me\x1b[!pf\x1b7g\x1b8h", "abcdefgh"),
        (b"a\x00b\x07c\x7fd", "abcd"),
        (b"a\xed\xa0\x80b", "a" + 3 * "\N{REPLACEMENT CHARACTER}" + "b"),
        (b"a\x1b[31", "a"),
        (b"a\x1b", "a"),
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
        ("58;5;1", PLAIN),
        ("58;2;1;3;4;1", Sgr(bold=True)),
        ("58:2::1:3:4;3", Sgr(italic=True)),
        ("38:2::10:20:30", Sgr(fg=(10, 20, 30))),
        ("48:2:0:10:20:30:0:1;1", Sgr(bg=(10, 20, 30), bold=True)),
        ("38:5:208", Sgr(fg=208)),
        ("38:5", PLAIN),
        ("38:2:1", PLAIN),
        ("38:", PLAIN),
        (":", PLAIN),
        ("38;2;10;20;30;48;5;7", Sgr(fg=(10, 20, 30), bg=7)),
        ("38;2;256;1;1;4", Sgr(underline=True)),
        ("4:3", Sgr(underline=True)),
        ("4:3;4:0", PLAIN),
        ("9", Sgr(strike=True)),
        ("9;29", PLAIN),
        ("5;8;53;3", Sgr(italic=True)),
        ("31;39;41;49", PLAIN),
        (";;31", Sgr(fg=1)),
        ("31;" + "1;" * 1000, PLAIN),
    ],
)
def test_sgr(params: str, expected: Sgr) -> None:
    assert apply(PLAIN, params) == expected


def test_colours_carry_over_line_ends() -> None:
    red = Sgr(fg=1)
    first = parse_line(b"\x1b[31mone\n")
    assert (first.spans, first.end) == ((TextSpan(0, 3, red),), red)
    second = parse_line(HEADER + b"two\x1b[1m!", 1, red)
    assert second.spans == (TextSpan(0, 3, red), TextSpan(3, 4, Sgr(fg=1, bold=True)))
    assert second.end == Sgr(fg=1, bold=True)
    assert parse_line(b"a\rbc", 2, red).spans == (TextSpan(0, 2, red),)
    assert parse_line(b"\x1b[mplain", 2, red) == LogLine(2, "plain")
    assert parse_line(b"", 2, red) == LogLine(2, "", end=red)
    marker = b"section_start:1:a\r\x1b[0K"
    assert parse_line(marker + b"Head", 2, red).spans == (TextSpan(0, 4, red),)


def test_a_stream_goes_on_after_a_flush() -> None:
    assembler = LineAssembler()
    red = (TextSpan(0, 3, Sgr(fg=1)),)
    assert assembler.feed(HEADER + b"\x1b[31mone\n") == []
    assert [(line.text, line.spans) for line in assembler.flush()] == [("one", red)]
    assert assembler.flush() == []
    assert [(line.number, line.text) for line in assembler.feed(MORE[1:] + b"two\nthree")] == [(1, "two")]
    assert [(line.number, line.text, line.spans) for line in assembler.flush()] == [
        (2, "three", (TextSpan(0, 5, Sgr(fg=1)),))
    ]
    assert [(line.number, line.text) for line in [*assembler.feed(b"four\n"), *assembler.flush()]] == [(3, "four")]


def test_a_stream_that_pauses_tells_of_the_lines_that_are_whole() -> None:
    assembler = LineAssembler()
    assert assembler.feed(HEADER + b"one\n") == []
    assert [line.text for line in assembler.settle()] == ["one"]
    assert assembler.feed(HEADER + b"tw") == []
    assert assembler.settle() == []
    assert [line.text for line in assembler.feed(b"o\n" + HEADER)] == ["two"]
    assert [(line.number, line.text) for line in assembler.flush()] == [(2, "")]


def test_lines_without_timestamps_are_complete_with_their_newline() -> None:
    assembler = LineAssembler()
    assert [line.text for line in assembler.feed(b"one\n")] == ["one"]
    assert [line.text for line in assembler.feed(b"two\nthr")] == ["two"]
    assert [line.text for line in assembler.feed(b"ee\n" + HEADER + b"four\n2")] == ["three"]
    assert [line.text for line in assembler.feed(b"0 percent\n")] == ["four"]
    assert [line.text for line in assembler.feed(MORE[1:])] == []
    assert [line.text for line in assembler.flush()] == ["20 percent"]
    whole = LineAssembler()
    assert [line.text for line in whole.feed(b"one" + MORE + b"no continuation")] == ["one"]
    assert [line.text for line in whole.flush()] == ["no continuation"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (b"", PLAIN),
        (b"no colours\n" * 5000, PLAIN),
        (b"\x1b[31mred\n", Sgr(fg=1)),
        (b"\x1b[31mred\x1b[0m plain\n", PLAIN),
        (b"\x1b[31;1mred\x1b[0;m\x1b[4mon\n", Sgr(underline=True)),
        (b"\x1b[31mred\x1b[39m\n", PLAIN),
        (b"\x1b[1mbold\x1b[m\x1b[32m\n", Sgr(fg=2)),
        (b"\x1b[0m\x1b[31mred\n" + b"x" * (CARRY_BYTES - 8), PLAIN),
        (b"\x1b[31m" + b"x" * (CARRY_BYTES - 5), Sgr(fg=1)),
        (b"\x1b[31m" + b"x" * (CARRY_BYTES - 4), PLAIN),
        (HEADER + b"a\x1b[3" + MORE + b"1mred\n", Sgr(fg=1)),
        (b"\x1b[3section_start:1:a\r\x1b[0K1mred\n", Sgr(fg=1)),
        (b"\x1b[31\nmnot one sequence\n", PLAIN),
    ],
)
def test_what_a_line_inherits(before: bytes, expected: Sgr) -> None:
    assert carry(before) == expected


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
        (b"Job succeeded", "success"),
        (b"\x1b[32;1mJob succeeded\x1b[0;m", "success"),
        (b"\x1b[0;33mWARNING: Failed to extract cache\x1b[0;m", "warning"),
        (b"\x1b[32;1m$ cd app && \\ # collapsed multi-line command\x1b[0;m", "command"),
        (b"$ echo ERROR: no", "command"),
        (b"[rank3]: Traceback (most recent call last):", "error"),
        (b"[rank3]: torch.OutOfMemoryError: CUDA out of memory.", "error"),
        (b"Error: Process completed", "error"),
        (b"src/app.ts(3,5): error TS2322: Type 'a' is not assignable", "error"),
        (b"    --- FAIL: TestParse/empty (0.00s)", "error"),
        (b"FAIL src/app.test.ts", "error"),
        (b"/bin/sh: 1: poetry: not found", "error"),
        (b"/usr/bin/bash: line 160:    57 Killed                  python train.py", "error"),
        (b"thread 'main' panicked at src/main.rs:2:5:", "error"),
        (b"ErrorReporter enabled", ""),
        (b"file not found, using the default", ""),
        (b"5 passed, no FAILURES", ""),
    ],
)
def test_the_kind_of_a_line(raw: bytes, kind: str) -> None:
    line = parse_line(raw)
    assert line.kind == kind
    assert is_error(line.text) == (error_pattern().search(line.text) is not None), "it has no hint"


def test_a_long_line_is_cut_and_says_so() -> None:
    text = plain(b"x" * 100_000)
    assert len(text) == MAX_CELLS
    assert text.endswith("x…")
    bar = b"".join(b"\r%5d/10000 %s" % (step, b"#" * 50) for step in range(10_000))
    assert len(bar) > 10 * MAX_BYTES
    assert plain(bar).startswith(" 9999/10000 #")
    assert parse_line(b"\x1b[31m" + bar).spans == ()
    assert parse_line(bar + b"\r\x1b[31mend").end == Sgr(fg=1)
    assert plain(b"x" * 5000 + b"\r\x1b[K") == ""
    assert plain(b"x" * 5000 + b"\x1b[2K\rnew") == "new"


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
