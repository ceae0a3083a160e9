"""Where lines begin in files that grow, are cut anywhere, shrink and vanish; sections; streams; searching."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from data.logtext import LogIndex, LogLine, plain
from data.logtext.index import BLOCK
from data.logtext.stream import LineAssembler
from tests.unit.noise import noise

PROGRESS = b"""\
2021-01-01T01:00:00.020010Z ffE PREFIX This is the beginning of a new line
2021-01-01T03:00:00.020010Z ffE PREFIX Progress bar: .\r
2021-01-01T04:00:00.020010Z ffE+.\r
2021-01-01T05:00:00.020010Z ffE+.\r
2021-01-01T13:00:00.020010Z ffE+Done.\x1b[0K\r
2021-01-01T14:00:00.020010Z ffE PREFIX Another windows new-line\r
2021-01-01T15:00:00.020010Z ffE PREFIX multiple
2021-01-01T20:00:00.020010Z ffE\x20
2021-01-01T21:00:00.020010Z ffE start
2021-01-01T23:00:00.020010Z ffE PREFIX Eat carriages\r\r\r\r\r\r\r
2021-01-02T02:00:00.020010Z ffE PREFIX The end
"""
"""In the form of the runner's own test of FF_TIMESTAMPS."""

SECTIONS = (
    b"\x1b[0Ksection_start:1560896352:my_first_section\r\x1b[0KHeader of the 1st collapsible section\n"
    b"this line should be hidden when collapsed\n"
    b"\x1b[0Ksection_end:1560896353:my_first_section\r\x1b[0K\n"
    b"\x1b[0Ksection_start:1560896360:outer\r\x1b[0KOuter\n"
    b"\x1b[0Ksection_start:1560896361:inner[collapsed=true,hide_duration=true]\r\x1b[0KInner\n"
    b"inside\n"
    b"section_end:1560896365:inner\r\x1b[0Ksection_start:1560896365:next\r\x1b[0KNext\n"
    b"section_end:1560896399:never_started\r\x1b[0K\n"
    b"the job was cut off here\n"
)
"""In the form of GitLab docs, ci/jobs/job_logs, and of a job that was canceled."""


def assembled(data: bytes) -> list[LogLine]:
    assembler = LineAssembler()
    return [*assembler.feed(data), *assembler.flush()]


def indexed(path: Path) -> list[LogLine]:
    index = LogIndex(path)
    assert index.extend().done
    lines = [index.line(number) for number in range(index.lines)]
    index.close()
    return lines


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def test_the_lines_of_a_log_with_timestamps(log: Path) -> None:
    log.write_bytes(PROGRESS)
    lines = indexed(log)
    assert [line.text for line in lines] == [
        "PREFIX This is the beginning of a new line",
        "Done.",
        "PREFIX Another windows new-line",
        "PREFIX multiple",
        "",
        "start",
        "PREFIX Eat carriages",
        "PREFIX The end",
    ]
    assert [line.number for line in lines] == list(range(8))
    assert lines == assembled(PROGRESS)


def test_index_and_stream_agree_on_a_large_log(log: Path) -> None:
    data = noise(3000)
    assert len(data) > 8 * BLOCK
    log.write_bytes(data)
    lines = indexed(log)
    assert lines == assembled(data)
    index = LogIndex(log)
    index.extend()
    for number in random.Random(2).sample(range(index.lines), 300):
        offset = index.offset_of(number)
        assert index.line_at(offset) == number
        assert index.line_at(offset + 5) == number
        assert index.line(number) == lines[number]
        assert plain(index.raw(number)) == lines[number].text
    assert index.line(index.lines + 5) == LogLine(index.lines + 5, "")


@pytest.mark.parametrize("seed", range(6))
def test_growing_by_any_pieces_gives_the_same_lines(log: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = noise(900, seed)
    expected = assembled(data)
    log.write_bytes(b"")
    index = LogIndex(log)
    assembler = LineAssembler()
    streamed: list[LogLine] = []
    position = known = 0
    seen: list[LogLine] = []
    while position < len(data):
        size = chance.choice([1, 7, 31, 33, 500, 5000, BLOCK, BLOCK + 1])
        piece = data[position : position + size]
        with log.open("ab") as file:
            file.write(piece)
        position += len(piece)
        streamed += assembler.feed(piece)
        growth = index.extend()
        assert growth.done
        assert not growth.reset
        assert growth.first >= known - 1
        seen[growth.first :] = [index.line(number) for number in range(growth.first, index.lines)]
        known = index.lines
    assert seen == expected
    assert [*streamed, *assembler.flush()] == expected
    assert index.extend().first == index.lines


def test_an_unfinished_line_is_shown_as_far_as_it_is_there(log: Path) -> None:
    index = LogIndex(log)
    assert index.extend() == (False, 0, True)
    assert index.lines == 0
    log.write_bytes(b"one\n\x1b[32mcaf\xc3")
    growth = index.extend()
    assert (growth.first, index.lines, index.line(1).text) == (0, 2, "caf")
    with log.open("ab") as file:
        file.write(b"\xa9\x1b[0")
    assert index.extend().first == 1
    assert index.line(1).text == "café"
    with log.open("ab") as file:
        file.write(b"m!\n")
    index.extend()
    assert (index.lines, index.line(1).text) == (2, "café!")


def test_a_log_that_is_erased_or_rewritten_begins_anew(log: Path, tmp_path: Path) -> None:
    log.write_bytes(noise(500))
    index = LogIndex(log)
    index.extend()
    log.write_bytes(b"short\n")
    assert index.extend().reset
    assert [index.lines, index.line(0).text] == [1, "short"]
    other = tmp_path / "other"
    other.write_bytes(b"another file that is longer\nthan before\n")
    other.rename(log)
    assert index.extend().reset
    assert index.line(0).text == "another file that is longer"
    log.unlink()
    assert index.extend().reset
    assert index.lines == 0
    assert index.line(0).text == ""
    assert not index.extend().reset


def test_indexing_in_slices_ends_with_the_same(log: Path) -> None:
    log.write_bytes(noise(4000))
    index = LogIndex(log)
    slices = 1
    while not index.extend(seconds=0).done:
        slices += 1
        assert index.line(index.lines - 1).number == index.lines - 1
    assert slices > 5
    assert [index.line(number) for number in range(index.lines)] == indexed(log)


def test_sections(log: Path) -> None:
    log.write_bytes(SECTIONS)
    index = LogIndex(log)
    index.extend()
    found = [(one.name, one.start, one.end, one.seconds, one.depth) for one in index.sections]
    assert found == [
        ("my_first_section", 0, 2, 1, 0),
        ("outer", 3, None, None, 0),
        ("inner", 4, 6, 4, 1),
        ("next", 6, None, None, 1),
    ]
    assert [one.collapsed for one in index.sections] == [False, False, True, False]
    assert [one.hide_duration for one in index.sections] == [False, False, True, False]
    with log.open("ab") as file:
        file.write(b"section_end:1560896400:outer\r\x1b[0K\n")
    index.extend()
    assert [(one.name, one.end, one.seconds) for one in index.sections[1:]] == [
        ("outer", 9, 40),
        ("inner", 6, 4),
        ("next", 9, None),
    ]


def test_section_bombs_cost_no_memory(log: Path) -> None:
    log.write_bytes(b"section_start:1:a\r\x1b[0K\n" * 60_000 + b"section_end:2:b\r\x1b[0K\n" * 60_000)
    index = LogIndex(log)
    index.extend()
    assert index.lines == 120_000
    assert len(index.sections) <= 20_000


def test_a_line_without_end_is_no_problem(log: Path) -> None:
    log.write_bytes(b"first\n" + b"x" * (5 * BLOCK) + b"\nlast\n")
    index = LogIndex(log)
    index.extend()
    assert index.lines == 3
    assert index.line(1).text.endswith("x…")
    assert index.line(2).text == "last"
    assert index.line_at(3 * BLOCK) == 1
