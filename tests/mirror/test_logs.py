"""Logs that somebody reads are copied here byte for byte, as they grow and when they begin anew."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import StoreError
from data.model import JobRun, LogState
from data.store.logs import LogFiles, LogStore
from data.store.mirror import logcopy
from data.store.mirror.logcopy import copy
from data.store.port import Store
from tests.mirror.conftest import FAST, AnyTeam, Here, until
from tests.store.samples import changed, job, run

JOB = "gitlab:1:job:7"


@pytest.fixture
def there(tmp_path: Path) -> LogFiles:
    return LogFiles(tmp_path / "there")


@pytest.fixture
def files(tmp_path: Path) -> LogFiles:
    return LogFiles(tmp_path / "files")


def content(logs: LogStore) -> bytes:
    return logs.read(JOB, 0, 1 << 30)


def test_a_log_is_copied_and_continued(there: LogFiles, files: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logcopy, "PIECE", 100)
    there.append(JOB, 0, b"a" * 250)
    assert copy(there, files, JOB) == 250
    there.append(JOB, 250, b"b" * 30)
    assert copy(there, files, JOB) == 30
    assert copy(there, files, JOB) == 0
    assert content(files) == content(there)


@pytest.mark.parametrize("fresh", [b"another log, which is longer than the one before" * 9, b"short"])
def test_a_log_that_began_anew_is_copied_anew(there: LogFiles, files: LogFiles, fresh: bytes) -> None:
    there.append(JOB, 0, b"the first log\n" * 10)
    copy(there, files, JOB)
    there.reset(JOB, fresh)
    copy(there, files, JOB)
    assert content(files) == fresh


def test_what_the_team_store_has_dropped_stays_readable_here(there: LogFiles, files: LogFiles) -> None:
    there.append(JOB, 0, b"kept")
    copy(there, files, JOB)
    there.remove(JOB)
    assert copy(there, files, JOB, thorough=True) == 0
    assert content(files) == b"kept"


def test_a_log_that_differs_before_its_end_is_found_when_all_is_compared(there: LogFiles, files: LogFiles) -> None:
    end = b"\nthe same end of both, longer than what is compared usually" * 3
    there.append(JOB, 0, b"first" + end)
    copy(there, files, JOB)
    there.reset(JOB, b"later" + end)
    assert copy(there, files, JOB) == 0
    assert copy(there, files, JOB, thorough=True) > 0
    assert content(files) == content(there)


class Cut(LogFiles):
    """Logs of a connection that breaks now and then, and of which others write more at any moment."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        super().__init__(root)
        self.chance = chance

    def read(self, job_id: str, start: int, length: int) -> bytes:
        if self.chance.random() < 0.2:
            raise StoreError("cut off")
        if self.chance.random() < 0.3:
            self.append(job_id, self.size(job_id), self.chance.randbytes(50))
        if self.chance.random() < 0.05:
            self.reset(job_id, self.chance.randbytes(80))
        return super().read(job_id, start, length)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_on_the_way_no_byte_is_lost_or_doubled(
    tmp_path: Path, files: LogFiles, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logcopy, "PIECE", 64)
    cut = Cut(tmp_path / "cut", random.Random(seed))
    for _ in range(60):
        cut.append(JOB, cut.size(JOB), cut.chance.randbytes(200))
        try:
            copy(cut, files, JOB)
        except StoreError:
            continue
    copy(LogFiles(cut.root), files, JOB)
    assert content(files) == content(LogFiles(cut.root))


async def test_a_log_that_is_read_grows_here_as_it_grows_there(
    any_here: Here, any_team: AnyTeam, any_theirs: Store
) -> None:
    one = job(7, 1, status="running")
    await any_theirs.put([run(1), one])
    any_team.logs.append(JOB, 0, b"first\n")
    async with any_here.running():
        await until(lambda: any_here.store.get(JobRun, JOB))
        await any_here.look_at(f"log:{JOB}")
        await until(lambda: holds(any_here, b"first\n"))
        any_team.logs.append(JOB, 6, b"second\n")
        await any_theirs.put([changed(one, log=LogState(size=13))])
        await until(lambda: holds(any_here, b"first\nsecond\n"))
        any_team.logs.reset(JOB, b"begun anew")
        await any_theirs.put([changed(one, log=LogState(size=10, generation=1))])
        await until(lambda: holds(any_here, b"begun anew"))
        await any_here.look_away(f"log:{JOB}")
        await any_theirs.delete(JobRun, [JOB])
        await until(lambda: holds(any_here, b""))


async def holds(here: Here, data: bytes) -> bool:
    return content(here.logs) == data


async def test_a_log_grows_here_even_where_no_record_says_so(here: Here, theirs: Store) -> None:
    await theirs.put([run(1), job(7, 1, status="running")])
    here.team.logs.append(JOB, 0, b"first\n")
    async with here.running():
        await here.look_at(f"log:{JOB}")
        await until(lambda: holds(here, b"first\n"))
        here.team.logs.append(JOB, 6, b"second\n")
        await until(lambda: holds(here, b"first\nsecond\n"))


async def test_copies_beyond_their_room_go_the_least_recently_read_first(here: Here, theirs: Store) -> None:
    names = [f"gitlab:1:job:{number}" for number in range(4)]
    for name in names:
        here.logs.append(name, 0, b"x" * 100)
    for name in reversed(names[1:]):
        here.logs.touch(name)
    await here.look_at(f"log:{names[0]}")
    async with here.running(replace(FAST, log_bytes=250, trim=0.05)):
        await until(lambda: holds_at_most(here, 250))
    assert here.logs.size(names[0]) == 100 and here.logs.size(names[1]) == 100


async def holds_at_most(here: Here, size: int) -> bool:
    return here.logs.total() <= size
