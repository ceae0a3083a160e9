"""Following a log while it is written, by a process of its own; its reader may go away."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

import tui.cli
from data.model import JobRun, LogState, SyncState
from data.store.logs import LogFiles
from data.store.open import open_store
from data.store.place import LOG_FOLDER
from tests.cli.conftest import fill
from tui.cli.failures import READER_GONE

DEADLINE = 60.0
"""Seconds until something that should happen counts as not happening."""
JOB = "gitlab:1:job:1003"
"""The running job of the world."""
HEADER = "2026-03-02T11:58:00.000000Z 00O"


class Following:
    """`lineside logs 1003` as a process; what it prints is collected."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "tui.cli", "--no-engine", "logs", "1003", *words]
        folder = Path(tui.cli.__file__).parents[2]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
        )
        self.out, self.err = bytearray(), bytearray()
        self._threads = [
            threading.Thread(target=self._collect, args=(self.process.stdout, self.out), daemon=True),
            threading.Thread(target=self._collect, args=(self.process.stderr, self.err), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _collect(self, stream: object, into: bytearray) -> None:
        while data := stream.read1():  # type: ignore[attr-defined]
            into += data

    def wait(self, text: str) -> None:
        """Wait until so much has been printed, and nothing else."""
        deadline = time.monotonic() + DEADLINE
        while self.out.decode() != text:
            assert time.monotonic() < deadline, (self.out, self.err)
            assert text.startswith(self.out.decode()), (self.out, text)
            time.sleep(0.01)

    def end(self) -> int:
        """The exit code, once everything was read."""
        code = self.process.wait(DEADLINE)
        for thread in self._threads:
            thread.join(DEADLINE)
        return code


Follow = Callable[..., Following]


@pytest.fixture
def follow() -> Iterator[Follow]:
    """Starts following; what still runs is ended."""
    started: list[Following] = []

    def begin(*words: str) -> Following:
        started.append(Following(*words))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.end()
        assert one.process.stdout is not None
        assert one.process.stderr is not None
        one.process.stdout.close()
        one.process.stderr.close()


class Written:
    """The log of the running job, as an engine writes it."""

    def __init__(self, store_file: Path) -> None:
        self._store_file = store_file
        self._files = LogFiles(store_file.parent / LOG_FOLDER)

    def append(self, text: str) -> None:
        """Something was printed."""
        self._files.append(JOB, self._files.size(JOB), text.encode())

    def anew(self, text: str) -> None:
        """The server has another log now."""
        self._files.reset(JOB, text.encode())

    def say(self, message: str) -> None:
        """What the log waits for."""
        fill(self._store_file, [SyncState(id=f"log:{JOB}", connection="gitlab", last_error=message)])

    def await_interest(self) -> None:
        """Wait until somebody wants the log."""

        async def wait() -> None:
            store = await open_store(self._store_file)
            deadline = time.monotonic() + DEADLINE
            while f"log:{JOB}" not in {one.topic for one in await store.interests(datetime.now(UTC))}:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
            await store.close()

        asyncio.run(wait())

    def finish(self) -> None:
        """The job has ended, and all of its log is here."""

        async def read() -> JobRun:
            store = await open_store(self._store_file)
            job = await store.get(JobRun, JOB)
            await store.close()
            assert job is not None
            return job

        log = LogState(size=self._files.size(JOB), complete=True)
        fill(self._store_file, [replace(asyncio.run(read()), status="success", log=log)])


@pytest.fixture
def log(store_file: Path) -> Written:
    """The log of the running job."""
    return Written(store_file)


def test_lines_come_as_they_become_complete(follow: Follow, log: Written) -> None:
    log.append("one\ntw")
    following = follow("--follow")
    following.wait("one\n")
    log.append("o\n\x1b[31m10%\r")
    following.wait("one\ntwo\n")
    log.append("20%\r30%")
    log.finish()
    assert following.end() == 0
    assert following.out.decode() == "one\ntwo\n30%\n"


def test_a_log_that_is_written_anew_begins_again(follow: Follow, log: Written) -> None:
    log.append("old one\nold two\nhalf a li")
    following = follow("--follow")
    following.wait("old one\nold two\n")
    log.anew("new\n")
    following.wait("old one\nold two\nhalf a li\nnew\n")
    log.append("newer\n")
    log.finish()
    assert following.end() == 0
    assert following.out.decode() == "old one\nold two\nhalf a li\nnew\nnewer\n"
    assert following.err.decode().count("the log was written anew on the server") == 1


def test_the_last_line_with_a_timestamp_does_not_wait_for_the_next(follow: Follow, log: Written) -> None:
    log.append(f"{HEADER} one\n{HEADER} two\n")
    following = follow("--follow", "--timestamps", "relative")
    following.wait("+0:00    one\n+0:00    two\n")
    log.append(f"{HEADER} 10%\r\n{HEADER}+20%\r\n{HEADER}+30%\n{HEADER} three\n")
    log.finish()
    assert following.end() == 0
    assert following.out.decode() == "".join(f"+0:00    {text}\n" for text in ("one", "two", "30%", "three"))


def test_what_is_wanted_is_told_from_what_is_not_while_it_comes(follow: Follow, log: Written) -> None:
    log.append("epoch 1\n")
    following = follow("--follow", "--section", "step_*", "--grep", "epoch")
    log.append("section_start:1772452800:step_script\r\x1b[0Kepochs\nloss\nepoch 2\n")
    following.wait("epochs\nepoch 2\n")
    log.append("section_end:1772452900:step_script\r\x1b[0K\nepoch 3\n")
    log.finish()
    assert following.end() == 0
    assert following.out.decode() == "epochs\nepoch 2\n"


def test_the_end_and_what_comes_behind_it(follow: Follow, log: Written) -> None:
    following = follow("--follow", "--tail", "2")
    log.append("".join(f"line {number}\n" for number in range(1000)))
    following.wait("line 998\nline 999\n")
    log.append("line 1000\nline 1001\nline 1002\n")
    following.wait("".join(f"line {number}\n" for number in range(998, 1003)))
    log.finish()
    assert following.end() == 0


def test_a_running_job_has_what_it_has(follow: Follow, log: Written) -> None:
    log.append("one\ntwo")
    following = follow()
    assert following.end() == 0
    assert following.out.decode() == "one\ntwo\n"
    failing = follow("--failing")
    assert failing.end() == 1
    assert b"tells of a failure" in failing.err


def test_of_a_running_job_what_the_server_has_by_now_is_waited_for(follow: Follow, log: Written) -> None:
    log.say("an engine that is gone waited for the runner")
    log.append("one\n")
    asked = follow("--timeout", str(DEADLINE))
    log.await_interest()
    log.append("two\n")
    assert asked.end() == 0
    assert (asked.out.decode(), asked.err.decode()) == ("one\ntwo\n", "")


def test_a_running_job_that_has_printed_nothing_since(follow: Follow, log: Written) -> None:
    log.append("one\n")
    asked = follow("--timeout", str(DEADLINE), "--tail", "3")
    log.await_interest()
    assert asked.process.poll() is None
    log.say("the runner sends every 60 s")
    assert asked.end() == 0
    assert (asked.out.decode(), asked.err.decode()) == ("one\n", "train: the runner sends every 60 s\n")


def test_to_follow_a_section_that_never_comes_says_so_at_the_end(follow: Follow, log: Written) -> None:
    log.append("section_start:1772452800:get_sources\r\x1b[0KGetting source\n")
    following = follow("--follow", "--section", "step_script")
    log.finish()
    assert following.end() == 3
    assert b"there are get_sources" in following.err


@pytest.mark.usefixtures("store_file")
@pytest.mark.parametrize("words", [(), ("--color",), ("--grep", "line"), ("--follow",), ("--tail", "900000")])
def test_a_reader_that_goes_away_is_no_error(log: Written, words: tuple[str, ...]) -> None:
    log.append("".join(f"line {number} of a log that fills a pipe\n" for number in range(20_000)))
    command = [sys.executable, "-m", "tui.cli", "--no-engine", "logs", "1003", *words]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(tui.cli.__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"line 0 of a log that fills a pipe\n"
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(DEADLINE) == READER_GONE
    assert said == b""


def test_reading_is_noted_so_that_the_log_is_kept(follow: Follow, log: Written, store_file: Path) -> None:
    log.append("one\n")
    path = LogFiles(store_file.parent / LOG_FOLDER).path(JOB)
    before = time.time_ns()
    assert follow().end() == 0
    assert path.stat().st_atime_ns >= before
