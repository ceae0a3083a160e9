"""The thread that reads what lies before the known part of a log."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from data.logtext import Lead, LeadPart, LogIndex
from tests.widgets.stage import DEADLINE
from widgets.loglead import LeadReader


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogIndex]:
    """Of 40,000 lines, of which the last 64 KiB or more are known; parts are single blocks."""
    monkeypatch.setattr("data.logtext.index.LARGE", 200_000)
    monkeypatch.setattr("data.logtext.index.TAIL", 65_536)
    monkeypatch.setattr("data.logtext.lead.PART", 1)
    log = tmp_path / "job.log"
    log.write_bytes(b"".join(b"line %06d\n" % number for number in range(40_000)))
    index = LogIndex(log)
    index.extend()
    yield index
    index.close()


def lead_of(index: LogIndex) -> Lead:
    """What is to be read."""
    lead = index.lead()
    assert lead is not None
    return lead


@pytest.mark.parametrize("pause", [0.0, 3600.0])
def test_the_parts_make_the_index_complete(index: LogIndex, monkeypatch: pytest.MonkeyPatch, pause: float) -> None:
    monkeypatch.setattr("widgets.loglead.TELL_EVERY", pause)
    told: queue.Queue[list[LeadPart]] = queue.Queue()
    LeadReader(lead_of(index), lambda _, parts: told.put(parts)).join(DEADLINE)
    deliveries = [told.get_nowait() for _ in range(told.qsize())]
    assert all(deliveries)
    assert (len(deliveries) == 1) == bool(pause)
    shift = sum(index.prepend(part) for parts in deliveries for part in parts)
    assert shift
    assert index.complete
    assert (index.lines, index.line(12_345).text) == (40_000, "line 012345")


def test_it_can_be_stopped(index: LogIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.loglead.TELL_EVERY", 0.0)
    told: list[list[LeadPart]] = []

    def listen(reader: LeadReader, parts: list[LeadPart]) -> None:
        told.append(parts)
        reader.stop()

    LeadReader(lead_of(index), listen).join(DEADLINE)
    assert len(told) == 1


def test_it_ends_when_nobody_listens(index: LogIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.loglead.TELL_EVERY", 0.0)
    calls: list[int] = []

    def gone(_: LeadReader, parts: list[LeadPart]) -> None:
        calls.append(len(parts))
        raise RuntimeError("the event loop is closed")

    LeadReader(lead_of(index), gone).join(DEADLINE)
    assert calls == [1]


def test_a_disk_that_fails_ends_it(index: LogIndex) -> None:
    class Broken:
        def __iter__(self) -> Iterator[LeadPart]:
            yield next(iter(lead_of(index)))
            raise OSError("input/output error")

    told: list[list[LeadPart]] = []
    LeadReader(cast(Lead, Broken()), lambda _, parts: told.append(parts)).join(DEADLINE)
    assert len(told) <= 1
