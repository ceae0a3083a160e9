"""Merging logs: order, cut lines, growth, logs that begin anew, and what is left behind."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.errors import StoreError
from data.logtext import LogIndex, parse_line
from data.logtext.merge import FOLDER, JobLog, MergedLog
from data.logtext.tap import BEHIND, COLOURS, ENOUGH, ERROR_LINES, FIRST, HOLD, READ, cells, fit, line_start

VERDICT = b"section_end:1772452860:step_script\r\x1b[0K\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def stamped(second: float, text: str, flag: str = " ") -> bytes:
    """A line with the runner's header."""
    time = (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"{time} 00O{flag}{text}\n".encode()


@pytest.fixture
def merged(tmp_path: Path) -> Iterator[MergedLog]:
    log = MergedLog(tmp_path / "spools", ["train", "lint"])
    yield log
    log.close()


def drain(merged: MergedLog, jobs: Sequence[JobLog] = (), now: float = 0.0) -> None:
    """Pump until there is nothing more."""
    for _ in range(10_000):
        if not merged.pump(jobs, now):
            return
    raise AssertionError("it never ends")


def texts(merged: MergedLog) -> list[str]:
    """The lines of the spool, as a viewer shows them, without the padding of names."""
    index = LogIndex(merged.path)
    index.extend()
    lines = [re.sub(r" +[│✗] ", "|", index.line(number).text) for number in range(index.lines)]
    index.close()
    return lines


def job(tmp_path: Path, name: str, *pieces: bytes, ended: bool = False) -> JobLog:
    """A job whose log holds `pieces`; called again, its log has grown by them."""
    path = tmp_path / f"{name}.log"
    with path.open("ab") as file:
        file.write(b"".join(pieces))
    return JobLog(name, name, path, ended)


def test_lines_come_in_the_order_of_their_times(tmp_path: Path, merged: MergedLog) -> None:
    train = job(tmp_path, "train", stamped(0, "a"), stamped(2, "c"), stamped(4, "e"), ended=True)
    lint = job(tmp_path, "lint", stamped(1, "b"), stamped(3, "d"), ended=True)
    drain(merged, [train, lint])
    assert texts(merged) == ["train|a", "lint|b", "train|c", "lint|d", "train|e"]


def test_times_stay_readable(tmp_path: Path, merged: MergedLog) -> None:
    drain(merged, [job(tmp_path, "train", stamped(1.25, "a"), ended=True)])
    raw = merged.path.read_bytes()
    assert parse_line(raw).timestamp == START + timedelta(seconds=1.25)
    assert raw.startswith(stamped(1.25, "")[:-1])


def test_a_line_waits_for_an_older_one_of_another_job_but_not_for_long(tmp_path: Path, merged: MergedLog) -> None:
    train = job(tmp_path, "train", stamped(0, "a"), stamped(5, "c"), stamped(6, "not over yet"))
    lint = job(tmp_path, "lint", stamped(1, "b"), stamped(2, "not over yet"))
    drain(merged, [train, lint], now=0.0)
    assert texts(merged) == ["train|a", "lint|b"], "of lint something between 2 and 5 may still come"
    job(tmp_path, "lint", stamped(3, "b3"), stamped(7, "not over yet"))
    drain(merged, now=1.0)
    assert texts(merged)[2:] == ["lint|not over yet", "lint|b3"]
    drain(merged, now=HOLD)
    assert texts(merged)[4:] == ["train|c"]


def test_logs_without_times_come_as_they_come(tmp_path: Path, merged: MergedLog) -> None:
    train, lint = job(tmp_path, "train", b"a\nb\n"), job(tmp_path, "lint", b"c\n")
    drain(merged, [train, lint])
    job(tmp_path, "lint", b"d\n")
    drain(merged)
    job(tmp_path, "train", b"e\n")
    drain(merged)
    assert texts(merged) == ["train|a", "train|b", "lint|c", "lint|d", "train|e"]


def test_a_line_is_written_once_it_is_whole(tmp_path: Path, merged: MergedLog) -> None:
    euro = "größe €".encode()
    drain(merged, [job(tmp_path, "train", b"a\n" + euro[:4])])
    assert texts(merged) == ["train|a"]
    job(tmp_path, "train", euro[4:])
    drain(merged)
    assert texts(merged) == ["train|a"]
    job(tmp_path, "train", b"\n")
    drain(merged)
    assert texts(merged) == ["train|a", "train|größe €"]


def test_what_an_ended_job_left_open_is_written(tmp_path: Path, merged: MergedLog) -> None:
    train = job(tmp_path, "train", b"a\nno newline")
    drain(merged, [train])
    assert texts(merged) == ["train|a"]
    drain(merged, [train._replace(ended=True)])
    drain(merged, [train._replace(ended=True)])
    assert texts(merged) == ["train|a", "train|no newline"]


def test_the_last_line_of_a_quiet_job_is_shown(tmp_path: Path, merged: MergedLog) -> None:
    drain(merged, [job(tmp_path, "train", stamped(0, "$ python train.py"))], now=0.0)
    assert texts(merged) == [], "a continuation may follow"
    drain(merged, now=HOLD)
    assert texts(merged) == ["train|$ python train.py"]


def test_a_progress_bar_is_one_line(tmp_path: Path, merged: MergedLog) -> None:
    train = job(tmp_path, "train", b" 10%|#   |\r 50%|##  |")
    drain(merged, [train])
    job(tmp_path, "train", b"\r100%|####|\ndone\n")
    drain(merged)
    assert texts(merged) == ["train|100%|####|", "train|done"]


def test_a_progress_bar_in_continuations_is_one_line(tmp_path: Path, merged: MergedLog) -> None:
    train = job(tmp_path, "train", stamped(0, " 10%"), stamped(1, "\r 50%", "+"))
    drain(merged, [train], now=0.0)
    drain(merged, now=10 * HOLD)
    assert texts(merged) == []
    job(tmp_path, "train", stamped(2, "\r100%", "+"), stamped(3, "done"))
    drain(merged, [train._replace(ended=True)], now=10 * HOLD)
    drain(merged, now=20 * HOLD)
    assert texts(merged) == ["train|100%", "train|done"]


def test_section_markers_leave_their_headings(tmp_path: Path, merged: MergedLog) -> None:
    start = b"section_start:1772452800:step_script\r\x1b[0K\x1b[36;1mExecuting\x1b[0;m\n"
    drain(merged, [job(tmp_path, "train", start, b"a\n", b"section_end:1772452860:step_script\r\x1b[0K\n")])
    assert texts(merged) == ["train|Executing", "train|a"]
    assert b"section_" not in merged.path.read_bytes()


def test_colours_stay_with_their_line(tmp_path: Path, merged: MergedLog) -> None:
    colours = b"\x1b[1;31mred\x1b[0m \x1b[38;5;200mpink\x1b[48;2;1;2;3m on\x1b[0m \x1b[93mbright\x1b[0m\n"
    drain(merged, [job(tmp_path, "train", colours, b"plain\n")])
    before, after = merged.path.read_bytes().splitlines()
    expected = [(line.text[start:end], sgr) for line in [parse_line(colours)] for start, end, sgr in line.spans]
    shown = parse_line(before)
    assert [(shown.text[start:end], sgr) for start, end, sgr in shown.spans][1:] == expected
    assert [shown.text[start:end] for start, end, _ in parse_line(after).spans] == ["train"]


def test_commands_and_errors_are_marked_behind_the_name(tmp_path: Path, merged: MergedLog) -> None:
    drain(merged, [job(tmp_path, "train", b"$ make\n", b"ValueError: no\n")])
    drain(merged, [job(tmp_path, "lint", VERDICT, b"no error\n")])
    command, error, own, none = (parse_line(raw) for raw in merged.path.read_bytes().splitlines())
    assert command.spans[-1].sgr.bold
    assert error.spans[-1].sgr.fg == 1
    found = [bool(ERROR_LINES.search(line.text)) for line in (command, error, own, none)]
    assert found == [False, True, True, False]


def test_names_have_their_own_colours_and_one_width(tmp_path: Path, merged: MergedLog) -> None:
    names = [f"job {number} with a long name" for number in range(len(COLOURS))]
    drain(merged, [job(tmp_path, name, b"x\n") for name in names])
    lines = [parse_line(raw) for raw in merged.path.read_bytes().splitlines()]
    assert [line.spans[0].sgr.fg for line in lines] == list(COLOURS)
    assert {line.text.index("│") for line in lines} == {merged.width + 1}


@pytest.mark.parametrize(
    ("name", "shown"), [("lint", "lint  "), ("evaluate", "evalu…"), ("需要予測", "需要… "), ("需要予", "需要予")]
)
def test_names_fit(name: str, shown: str) -> None:
    assert fit(name, 6) == shown
    assert cells(shown) == 6


def test_a_hostile_name_and_line_reach_nobody(tmp_path: Path, merged: MergedLog) -> None:
    evil = JobLog("x", "a\x1b]52;c;aGk=\x07\nb", job(tmp_path, "x", b"\x1b]0;t\x07\x1b[2J\xe2\x80\xaeok\x1bc\n").path)
    drain(merged, [evil])
    raw = merged.path.read_bytes()
    assert raw.count(b"\n") == 1
    assert not re.search(rb"\x1b(?!\[[0-9;]*m)|[\x00-\x09\x0b-\x1a]|\xe2\x80\xae", raw)
    assert raw.endswith(b"ok\n")


def test_a_long_log_begins_near_its_end_and_says_so(tmp_path: Path, merged: MergedLog) -> None:
    lines = [stamped(number, f"line {number}") for number in range(20_000)]
    drain(merged, [job(tmp_path, "train", *lines, ended=True)])
    shown = texts(merged)
    assert "earlier" not in shown[0]
    assert shown[0] == "train|… what came before is in this job's own log"
    assert shown[-1] == "train|line 19999"
    count = len(shown) - 1
    assert [text.removeprefix("train|line ") for text in shown[1:]] == [str(n) for n in range(20_000 - count, 20_000)]
    assert FIRST - 100 < sum(map(len, lines[-count:])) <= FIRST


def test_a_beginning_amid_continuations_is_passed_over() -> None:
    data = b"rest\n" + stamped(0, "more", "+") + stamped(1, "next")
    assert data[line_start(data) :] == stamped(1, "next")
    assert line_start(b"no newline") == 0


def test_a_flood_is_cut_and_says_so(tmp_path: Path, merged: MergedLog) -> None:
    train = job(tmp_path, "train", b"first\n")
    drain(merged, [train])
    job(tmp_path, "train", b"".join(b"line %07d\n" % number for number in range(BEHIND // 13 + 1)))
    drain(merged)
    shown = texts(merged)
    assert shown[:2] == ["train|first", "train|… some lines came too fast; they are in this job's own log"]
    assert shown[-1] == f"train|line {BEHIND // 13:07d}"
    assert len(shown) < FIRST // 13 + 3


def test_a_long_backlog_of_one_job_stays_in_order_with_a_short_one(tmp_path: Path, merged: MergedLog) -> None:
    many = [stamped(number, f"{number}") for number in range(ENOUGH * 2)]
    assert sum(map(len, many)) > 2 * READ
    last = ENOUGH * 2 - 1
    few = [stamped(0.5, "early"), stamped(last - 0.5, "late")]
    drain(merged, [job(tmp_path, "train", *many, ended=True), job(tmp_path, "lint", *few, ended=True)])
    shown = texts(merged)
    assert shown[:3] == ["train|0", "lint|early", "train|1"]
    assert shown[-3:] == [f"train|{last - 1}", "lint|late", f"train|{last}"]
    assert len(shown) == ENOUGH * 2 + 2


def test_jobs_join_and_ended_ones_stay(tmp_path: Path, merged: MergedLog) -> None:
    train = job(tmp_path, "train", b"a\n", ended=True)
    drain(merged, [train])
    drain(merged, [job(tmp_path, "lint", b"b\n")])
    job(tmp_path, "train", b"c\n")
    drain(merged)
    assert texts(merged) == ["train|a", "lint|b", "train|c"]


def test_a_log_that_does_not_exist_yet_is_waited_for(tmp_path: Path, merged: MergedLog) -> None:
    train = JobLog("train", "train", tmp_path / "train.log")
    drain(merged, [train])
    assert texts(merged) == []
    job(tmp_path, "train", b"a\n")
    drain(merged)
    assert texts(merged) == ["train|a"]


@pytest.mark.parametrize("how", ["replaced", "cut"])
def test_a_log_that_begins_anew_says_so(tmp_path: Path, merged: MergedLog, how: str) -> None:
    train = job(tmp_path, "train", b"a long first line\n")
    drain(merged, [train])
    if how == "replaced":
        new = tmp_path / "new.log"
        new.write_bytes(b"b\nand it is longer than the first one\n")
        new.replace(train.path)
    else:
        train.path.write_bytes(b"b\n")
    drain(merged)
    assert texts(merged)[:3] == ["train|a long first line", "train|… this log begins anew", "train|b"]


def test_an_erased_log_leaves_what_was_read(tmp_path: Path, merged: MergedLog) -> None:
    train = job(tmp_path, "train", b"a\n")
    drain(merged, [train])
    train.path.unlink()
    drain(merged)
    assert texts(merged) == ["train|a"]


def test_many_jobs_lose_no_line_however_they_grow(tmp_path: Path, merged: MergedLog) -> None:
    jobs: list[JobLog] = []
    for turn in range(50):
        jobs = [job(tmp_path, f"job-{n}", stamped(turn + n / 100, f"{n}:{turn}")) for n in range(30)]
        drain(merged, jobs, now=float(turn))
    drain(merged, [one._replace(ended=True) for one in jobs], now=100.0)
    drain(merged, now=200.0)
    shown = [text.split("|")[1] for text in texts(merged)]
    assert shown == [f"{n}:{turn}" for turn in range(50) for n in range(30)]


def test_the_spool_is_bounded_and_says_so(tmp_path: Path) -> None:
    merged = MergedLog(tmp_path, limit=20_000)
    for turn in range(20):
        drain(merged, [job(tmp_path, "train", b"".join(b"line %d-%d\n" % (turn, n) for n in range(50)))])
    shown = texts(merged)
    assert merged.path.stat().st_size <= 20_000
    assert merged.dropped
    assert shown[0] == "… what came before is in the jobs' own logs"
    written = [f"train|line {turn}-{n}" for turn in range(20) for n in range(50)]
    assert shown[1:] == written[-len(shown) + 1 :]
    merged.close()


def test_the_spool_is_private_and_removed(tmp_path: Path) -> None:
    merged = MergedLog(tmp_path / "spools")
    assert merged.folder.stat().st_mode & 0o077 == 0
    merged.close()
    merged.close()
    assert list((tmp_path / "spools").iterdir()) == []
    assert merged.pump([job(tmp_path, "train", b"a\n")], 0.0) is False


def test_a_killed_process_leaves_nothing_for_long(tmp_path: Path, merged: MergedLog) -> None:
    code = (
        "import os, sys; from pathlib import Path; from data.logtext.merge import MergedLog;"
        "merged = MergedLog(Path(sys.argv[1])); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code, str(merged.folder.parent)], timeout=60)
    assert len(list(merged.folder.parent.glob(f"{FOLDER}*"))) == 2
    MergedLog(merged.folder.parent).close()
    assert list(merged.folder.parent.glob(f"{FOLDER}*")) == [merged.folder]
    assert merged.path.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written"):
        MergedLog(tmp_path / "file" / "spools")
