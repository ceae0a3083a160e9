"""Durations and sizes."""

from __future__ import annotations

import random

import pytest

from data.config import format_duration, format_size, parse_duration, parse_size
from data.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("15m", 900),
        ("12h", 43_200),
        ("90d", 7_776_000),
        ("2w", 1_209_600),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("1.5h", 5400),
        ("45", 45),
        ("0", 0),
        ("2.5", 2.5),
        (" 5 S ", 5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-5s", "5y", "h", "1e3", "5 s m", "٣s", "1:30", "nan", "9" * 400, "200000d"]
)
def test_no_durations(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_duration(text)


@pytest.mark.parametrize("seed", range(50))
def test_a_written_duration_reads_the_same(seed: int) -> None:
    seconds = random.Random(seed).choice([0, 1, 59, 60, 2.5, 5400, 86_400, 90_061, 30 * 86_400]) * (seed % 7 + 1)
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds)


def test_durations_are_written_short() -> None:
    assert [format_duration(value) for value in (0, 2.5, 90, 5400, 90 * 86_400)] == [
        "0s",
        "2.5s",
        "1m30s",
        "1h30m",
        "90d",
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [("5GB", 5 * 10**9), ("500 mb", 5 * 10**8), ("2GiB", 2**31), ("1.5k", 1500), ("12", 12), ("7B", 7), ("1T", 10**12)],
)
def test_sizes(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "big", "-1GB", "5XB", "1e9", "iB", "٣GB", "9" * 30, "9" * 400])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_size(text)


def test_sizes_are_written_with_three_digits() -> None:
    counts = (0, 999, 1234, 999_999, 1_234_567, 5 * 10**9)
    assert [format_size(count) for count in counts] == ["0B", "999B", "1.23KB", "1MB", "1.23MB", "5GB"]
