"""The search in a thread of its own: first the nearest match, then all of them, then what is written since."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from data.logtext import compile_pattern, error_pattern
from data.logtext.search import Found, find_lines
from widgets.logsearch import LineSearch

DEADLINE = 10.0
"""Seconds after which a thread that says nothing has failed."""

LINES = 20_000


class Reports:
    """What a search reported: its first match, how many lines it knew, whether it was done."""

    def __init__(self) -> None:
        self.seen: list[tuple[int | None, int, bool]] = []

    def __call__(self, search: LineSearch) -> None:
        self.seen.append((search.first, len(search.lines), search.done))


def until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + DEADLINE
    while not condition():
        assert monotonic() < deadline
        sleep(0.001)


def searched(path: Path, pattern: re.Pattern[str], near: int = 0) -> tuple[LineSearch, Reports]:
    reports = Reports()
    search = LineSearch(path, pattern, reports, near)
    search.resume()
    search.join(DEADLINE)
    assert search.done
    return search, reports


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "job.log"
    path.write_bytes(b"".join(b"line %05d %s\n" % (n, b"Needle" if n % 1000 == 7 else b"hay") for n in range(LINES)))
    return path


WIDTH = len(b"line 00000 hay\n")


def test_every_match_is_found(log: Path) -> None:
    search, reports = searched(log, compile_pattern("needle"))
    assert list(search.lines) == list(range(7, LINES, 1000))
    assert search.lines.itemsize == 4
    assert reports.seen[0] == (7 * WIDTH, 0, False)
    assert reports.seen[-1] == (7 * WIDTH, 20, True)
    assert [search.after(-1), search.after(7), search.after(8), search.after(19_007)] == [7, 1007, 1007, None]
    assert [search.before(7), search.before(8), search.before(LINES)] == [None, 7, 19_007]
    assert [search.place(7), search.place(1007), search.place(8)] == [1, 2, 0]


def test_the_first_match_is_that_behind_where_the_user_is(log: Path) -> None:
    search, reports = searched(log, compile_pattern("needle"), near=10_000 * WIDTH)
    assert search.first == log.read_bytes().index(b"line 10007")
    assert reports.seen[0][:2] == (search.first, 0)


def test_behind_the_last_match_comes_the_first(log: Path) -> None:
    search, _ = searched(log, compile_pattern("needle"), near=log.stat().st_size)
    assert search.first == 7 * WIDTH
    search, reports = searched(log, compile_pattern("no such line"), near=10_000 * WIDTH)
    assert reports.seen == [(None, 0, True)]
    assert not search.lines


def test_an_error_is_found_from_where_the_user_is(log: Path) -> None:
    size = log.stat().st_size
    with log.open("ab") as file:
        file.write(b"ERROR: one\n" * 2)
    search, _ = searched(log, error_pattern(), near=size)
    assert search.first == size
    assert list(search.lines) == [LINES, LINES + 1]


def test_what_is_written_later_is_found_later(log: Path) -> None:
    search, reports = searched(log, compile_pattern("needle|last", regex=True))
    with log.open("ab") as file:
        file.write(b"the la")
    search.resume()
    search.join(DEADLINE)
    assert len(search.lines) == 20
    with log.open("ab") as file:
        file.write(b"st\n")
    search.resume()
    search.join(DEADLINE)
    assert list(search.lines[-2:]) == [19_007, LINES]
    assert search.first == 7 * WIDTH
    assert [seen[1:] for seen in reports.seen if seen[2]] == [(20, True), (20, True), (21, True)]


def test_what_is_written_while_it_runs_is_found_too(log: Path) -> None:
    """Whenever `resume` comes: a search that is about to end goes on, or a new thread does."""
    search = LineSearch(log, compile_pattern("needle"), Reports())
    for number in range(200):
        with log.open("ab") as file:
            file.write(b"Needle %d\n" % number)
        search.resume()
    until(lambda: search.done and len(search.lines) == 220)


def test_a_search_that_was_stopped_ends_and_reports_no_more(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    within, go_on = threading.Event(), threading.Event()

    def waiting(path: Path, pattern: re.Pattern[str], *, offset: int, line: int) -> Iterator[Found]:
        within.set()
        assert go_on.wait(DEADLINE)
        yield from find_lines(path, pattern, offset=offset, line=line)

    monkeypatch.setattr("data.logtext.search.find_lines", waiting)
    reports = Reports()
    search = LineSearch(log, compile_pattern("needle"), reports)
    search.resume()
    assert within.wait(DEADLINE)
    search.stop()
    search.resume()
    go_on.set()
    search.join(DEADLINE)
    assert reports.seen == [(7 * WIDTH, 0, False)]
    assert not search.lines


def test_a_log_that_is_gone_ends_the_search(log: Path) -> None:
    log.unlink()
    search, reports = searched(log, compile_pattern("needle"))
    assert reports.seen == [(None, 0, True)]
    log.write_bytes(b"needle\n")
    search.resume()
    search.join(DEADLINE)
    assert list(search.lines) == [0]
