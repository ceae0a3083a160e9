"""Large logs: the end is known at once, the rest counted backwards; both give what reading from the front gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.logtext import LogIndex, Section
from data.logtext import index as index_module
from data.logtext import lead as lead_module
from data.logtext.index import BLOCK
from tests.unit.noise import noise


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large, and what is read at a time, in a size that tests can afford."""
    monkeypatch.setattr(index_module, "LARGE", 3 * BLOCK)
    monkeypatch.setattr(index_module, "TAIL", BLOCK)
    monkeypatch.setattr(lead_module, "PIECE", 2)
    monkeypatch.setattr(lead_module, "PART", 3)


def whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> LogIndex:
    """The index of a file read from its beginning."""
    with monkeypatch.context() as patch:
        patch.setattr(index_module, "LARGE", 1 << 40)
        index = LogIndex(path)
        index.extend()
    assert index.complete
    return index


def texts(index: LogIndex) -> list[str]:
    return [index.line(number).text for number in range(index.lines)]


def as_tuples(sections: list[Section]) -> list[tuple[object, ...]]:
    return [(one.name, one.start, one.end, one.started, one.ended, one.depth) for one in sections]


@pytest.mark.parametrize("seed", range(4))
def test_it_ends_with_what_reading_from_the_front_gives(log: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    log.write_bytes(noise(4000, seed))
    expected = whole(log, monkeypatch)
    index = LogIndex(log)
    index.extend()
    assert not index.complete
    assert index.start > 0
    assert texts(index) == texts(expected)[-index.lines :]
    assert abs(index.guess - expected.lines) < expected.lines / 3
    parts = 0
    lead = index.lead()
    assert lead is not None
    for part in lead:
        parts += 1
        last = index.line(index.lines - 1)
        known = index.lines
        shift = index.prepend(part)
        assert index.lines == known + shift
        assert index.line(index.lines - 1)._replace(number=0) == last._replace(number=0)
        assert index.line(shift).text == texts(expected)[-known]
    assert parts > 2
    assert index.complete
    assert index.lead() is None
    assert index.guess == index.lines == expected.lines
    assert texts(index) == texts(expected)
    assert as_tuples(index.sections) == as_tuples(expected.sections)
    assert [index.offset_of(number) for number in range(0, index.lines, 97)] == [
        expected.offset_of(number) for number in range(0, index.lines, 97)
    ]


def test_it_grows_while_what_lies_before_is_counted(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = noise(5000, 9)
    log.write_bytes(data[: -2 * BLOCK])
    index = LogIndex(log)
    index.extend()
    with log.open("ab") as file:
        for part in index.lead() or ():
            at = file.tell()
            file.write(data[at : at + 20_000])
            file.flush()
            growth = index.extend()
            assert growth.done
            assert growth.first <= index.lines
            index.prepend(part)
        file.write(data[file.tell() :])
    index.extend()
    assert texts(index) == texts(whole(log, monkeypatch))
    assert as_tuples(index.sections) == as_tuples(whole(log, monkeypatch).sections)


def test_parts_of_a_file_that_was_replaced_are_not_taken(log: Path) -> None:
    log.write_bytes(noise(4000))
    index = LogIndex(log)
    index.extend()
    lead = index.lead()
    assert lead is not None
    part, *_ = lead
    log.unlink()
    log.write_bytes(noise(4000, 5))
    assert index.extend().reset
    before = index.lines
    assert index.prepend(part) == 0
    assert index.lines == before


def test_a_part_is_taken_only_once(log: Path) -> None:
    log.write_bytes(noise(4000))
    index = LogIndex(log)
    index.extend()
    lead = index.lead()
    assert lead is not None
    first, *_ = lead
    assert index.prepend(first) > 0
    assert index.prepend(first) == 0


def test_one_line_larger_than_all_that_is_read_at_once(log: Path) -> None:
    log.write_bytes(b"first\nsecond " + b"x" * (6 * BLOCK))
    index = LogIndex(log)
    index.extend()
    assert index.lines == 0
    index.finish()
    assert [text[:8] for text in texts(index)] == ["first", "second x"]
    assert index.line_at(4 * BLOCK) == 1


def test_small_files_are_known_whole_at_once(log: Path) -> None:
    log.write_bytes(b"one\ntwo\n")
    index = LogIndex(log)
    index.extend()
    assert index.complete
    assert index.lead() is None
    index.finish()
    assert index.guess == index.lines == 2


def test_a_small_file_that_becomes_large_is_read_on(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = noise(4000)
    log.write_bytes(data[:1000])
    index = LogIndex(log)
    index.extend()
    log.write_bytes(data)
    index.extend()
    assert index.complete
    assert texts(index) == texts(whole(log, monkeypatch))


def test_markers_without_end_are_counted_in_time_and_kept_within_bounds(log: Path) -> None:
    log.write_bytes(b"section_start:1:a\r\x1b[0K" * 60_000 + b"\n" + b"section_end:2:b\r\x1b[0K\n" * 60_000)
    index = LogIndex(log)
    index.extend()
    index.finish()
    assert index.lines == 60_001
    assert len(index.sections) <= index_module.MAX_MARKS
