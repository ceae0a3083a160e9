"""Times in logs: read off headers or lines, found by bisection, asked for as people write them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

import pytest

from data.logtext import LogIndex
from data.logtext.when import REACH, Clock, LogTimes, parse_age, parse_clock

BEGUN = datetime(2026, 11, 20, 22, 30, 5, 250_000, UTC)


class Held:
    """Bytes in memory that are read as a log is."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of it."""
        assert offset >= 0
        return self.data[offset : offset + length]


def stamped(seconds: float, text: str = "text", sign: str = "O ") -> bytes:
    moment = BEGUN + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z 00{sign}{text}\n".encode()


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("12:30", Clock(time(12, 30), timedelta(minutes=1))),
        ("7:05", Clock(time(7, 5), timedelta(minutes=1))),
        ("12:30:05", Clock(time(12, 30, 5), timedelta(seconds=1))),
        ("24:00", None),
        ("12:60", None),
        ("12", None),
        ("+1:30", None),
    ],
)
def test_times_of_day_as_people_write_them(text: str, clock: Clock | None) -> None:
    assert parse_clock(text) == clock


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("+90s", 90),
        ("+90", 90),
        ("+2m", 120),
        ("+1:30", 90),
        ("+1h30m", 5400),
        ("+1h30m5s", 5405),
        ("+1:02:03", 3723),
        ("+0", 0),
        ("+", None),
        ("90s", None),
        ("+1d2h", 93_600),
        ("+1w", None),
        ("+1:75", None),
    ],
)
def test_ages_as_people_write_them(text: str, seconds: int | None) -> None:
    assert parse_age(text) == (None if seconds is None else timedelta(seconds=seconds))


def test_every_time_is_found_where_the_first_line_has_it() -> None:
    chance = random.Random(5)
    data, offsets, seconds = b"", [], 0.0
    for _ in range(3000):
        if chance.random() < 0.3:
            data += b"a line without a time\n" * chance.randrange(1, 4)
        seconds += chance.choice([0, 0, 0.5, 1, 7])
        offsets.append((len(data), seconds))
        data += stamped(seconds, "x" * chance.randrange(60))
    times = LogTimes(Held(data), UTC)
    assert times.first is not None and times.first.time == BEGUN + timedelta(seconds=offsets[0][1])
    assert times.last == BEGUN + timedelta(seconds=seconds)
    for _ in range(300):
        goal = chance.uniform(-5, seconds + 5)
        expected = next((at for at, second in offsets if second >= round(goal, 6)), None)
        assert times.offset_at(BEGUN + timedelta(seconds=round(goal, 6))) == expected


def test_a_clock_time_is_the_first_one_since_the_log_began() -> None:
    times = LogTimes(Held(stamped(0) + stamped(7200)), UTC)

    def at(text: str) -> datetime | None:
        clock = parse_clock(text)
        assert clock is not None
        return times.moment_of(clock)

    day = BEGUN.replace(microsecond=0)
    assert at("23:00") == day.replace(hour=23, minute=0, second=0)
    assert at("0:10") == day.replace(hour=0, minute=10, second=0) + timedelta(days=1)
    # The log began within that minute, and that second.
    assert at("22:30") == day.replace(second=0)
    assert at("22:30:05") == day
    assert at("22:30:04") == day.replace(second=4) + timedelta(days=1)


def test_clock_times_are_those_of_the_zone() -> None:
    zone = timezone(timedelta(hours=2))
    times = LogTimes(Held(stamped(0) + stamped(7200)), zone)
    assert times.moment_of(Clock(time(0, 45), timedelta(minutes=1))) == datetime(2026, 11, 20, 22, 45, tzinfo=UTC)


def test_lines_that_begin_with_a_time_have_it_without_a_runner() -> None:
    data = (
        b"banner\n"
        b"\x1b[2m2026-03-01T00:00:00.5Z\x1b[0m started\n"
        b"[2026-03-01 01:00:10,250] in the zone of the view\n"
        b"2026-02-31 00:00:00 no such day\n"
        b"2026-03-01T02:00:20+0100 with its own\n"
    )
    times = LogTimes(Held(data), timezone(timedelta(hours=1)))
    assert times.first is not None and times.first.time == datetime(2026, 3, 1, microsecond=500_000, tzinfo=UTC)
    assert times.first.offset == data.index(b"\x1b")
    assert times.last == datetime(2026, 3, 1, 1, 0, 20, tzinfo=UTC)
    assert not times.by_runner and LogTimes(Held(stamped(0))).by_runner
    assert times.offset_at(datetime(2026, 3, 1, 0, 0, 5, tzinfo=UTC)) == data.index(b"[2026")


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"no time\n" * 50_000, b"2026-99-99T00:00:00Z x\n9999-12-31 00:00:00 y\n"]
)
def test_a_log_without_times_has_none(data: bytes) -> None:
    times = LogTimes(Held(data), UTC)
    assert times.first is None
    assert times.last is None
    assert times.offset_at(BEGUN) is None
    assert times.moment_of(Clock(time(1), timedelta(minutes=1))) is None


def test_a_time_is_never_read_out_of_the_middle_of_a_line() -> None:
    first = stamped(0, "see 2026-11-20T23:59:59.000000Z 00O not a header")
    times = LogTimes(Held(first + stamped(5)), UTC)
    for offset in (1, first.index(b"2026", 1)):
        stamp = times.next(offset)
        assert stamp is not None and stamp.offset == len(first)
    assert times.offset_at(BEGUN + timedelta(seconds=1)) == len(first)


def test_looking_for_a_time_is_bounded() -> None:
    log = Held(b"x\n" * (2 * REACH))
    read: list[int] = []
    plain_read = log.read

    def counted(offset: int, length: int) -> bytes:
        read.append(length)
        return plain_read(offset, length)

    log.read = counted  # type: ignore[method-assign]
    assert LogTimes(log, UTC).first is None
    assert sum(read) < 10 * REACH


def test_an_index_is_looked_through_before_its_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    path.write_bytes(b"".join(stamped(second / 10, "y" * 40) for second in range(80_000)))
    index = LogIndex(path)
    index.extend()
    assert not index.complete
    times = LogTimes(index, UTC)
    assert times.first is not None and times.first.offset == 0
    assert times.offset_at(BEGUN + timedelta(seconds=100)) == 1000 * len(stamped(0, "y" * 40))
    index.close()
