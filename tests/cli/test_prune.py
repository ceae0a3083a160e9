"""`logs prune`: what it would delete, what it deletes, what it keeps, and what the records say afterwards."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import Interest, JobRun, LogState, Record
from data.store.logs import LogFiles
from data.store.open import open_store
from data.store.place import LOG_FOLDER
from tests import world
from tests.cli.conftest import Invoke, fill

DAY = 86_400


@pytest.fixture
def logs(store_file: Path) -> LogFiles:
    """Six logs of 1000 bytes beside that of the failed job; log n was read n days ago, and 0 and 5 are erased."""
    files = LogFiles(store_file.parent / LOG_FOLDER)
    job = next(one for one in world.records() if isinstance(one, JobRun) and one.id == world.FAILED_JOB)
    records: list[Record] = []
    for number in range(6):
        project = 1 + number % 2
        id = f"gitlab:{project}:job:{5000 + number}"
        log = LogState(size=1000, complete=True, erased=number in {0, 5})
        records.append(replace(job, id=id, git_job_id=5000 + number, project_id=f"gitlab:{project}", log=log))
        files.append(id, 0, b"x" * 1000)
        at = time.time() - number * DAY
        os.utime(files.path(id), (at, at))
    fill(store_file, records)
    files.remove(world.FAILED_JOB)
    return files


def numbers(logs: LogFiles) -> list[int]:
    """Numbers of the logs that are there."""
    return sorted(int(use.path.stem) - 5000 for use in logs.usage())


def record(store_file: Path, id: str) -> JobRun:
    """A job's record."""

    async def get() -> JobRun | None:
        store = await open_store(store_file)
        try:
            return await store.get(JobRun, id)
        finally:
            await store.close()

    found = asyncio.run(get())
    assert found is not None
    return found


def test_all_but_those_that_are_gone_for_good(invoke: Invoke, logs: LogFiles, store_file: Path) -> None:
    done = invoke("logs", "prune", "--yes")
    assert (done.code, done.out, numbers(logs)) == (0, "", [0, 5])
    assert "6 logs held, 5.9 KiB" in done.err
    assert "4 logs to delete, 3.9 KiB, last read 4d ago to 1d ago" in done.err
    assert "2 logs stay: GitLab has them no more" in done.err
    assert "gitlab:2:job:5005  1000 B" in done.err
    assert "4 logs deleted, 3.9 KiB freed" in done.err
    assert record(store_file, "gitlab:2:job:5001").log == LogState()
    assert record(store_file, "gitlab:1:job:5000").log.complete


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (["--erased"], []),
        (["--older-than", "60h"], [0, 1, 2, 5]),
        (["--older-than", "60h", "--erased"], [0, 1, 2]),
        (["--to", "4000"], [0, 1, 2, 5]),
        (["--to", "4KB", "--erased"], [0, 1, 2, 5]),
        (["--to", "1000", "--erased"], [0]),
        (["--to", "1GB"], [0, 1, 2, 3, 4, 5]),
        (["--project", "churn"], [0, 1, 3, 5]),
        (["--project", "ml/churn", "--to", "2kB"], [0, 1, 2, 3, 5]),
        (["--to", "5kB", "--older-than", "10d"], [0, 1, 2, 3, 4, 5]),
    ],
)
def test_what_is_chosen(invoke: Invoke, logs: LogFiles, options: Sequence[str], left: list[int]) -> None:
    assert invoke("logs", "prune", "--yes", *options).code == 0
    assert numbers(logs) == left


def test_a_dry_run_deletes_nothing_and_asks_nothing(invoke: Invoke, logs: LogFiles) -> None:
    done = invoke("logs", "prune", "--dry-run", "--older-than", "60h")
    assert (done.code, numbers(logs)) == (0, [0, 1, 2, 3, 4, 5])
    assert "2 logs to delete" in done.err and "deleted" not in done.err


def test_nobody_to_ask_is_no_consent(invoke: Invoke, logs: LogFiles) -> None:
    done = invoke("logs", "prune")
    assert (done.code, numbers(logs)) == (2, [0, 1, 2, 3, 4, 5])
    assert "Delete 4 logs, 3.9 KiB? Nobody is there to ask" in done.err and "--yes" in done.err


def test_as_json(invoke: Invoke, logs: LogFiles) -> None:
    planned = invoke("logs", "prune", "--json", "--dry-run").json
    assert planned["held"] == {"count": 6, "bytes": 6000}
    assert not planned["deleted"] and planned["chosen"]["count"] == 4 and planned["chosen"]["bytes"] == 4000
    assert [one["job_id"].rpartition(":")[2] for one in planned["chosen"]["logs"]] == ["5004", "5003", "5002", "5001"]
    assert {one["erased"] for one in planned["kept_erased"]["logs"]} == {True}
    assert datetime.fromisoformat(planned["chosen"]["logs"][0]["read"]) < datetime.now(UTC) - timedelta(days=3)
    done = invoke("logs", "prune", "--json", "--yes")
    assert done.json == {**planned, "deleted": True} and numbers(logs) == [0, 5]
    assert invoke("logs", "prune", "--json", "--yes").json["chosen"]["count"] == 0


def test_what_somebody_reads_stays(invoke: Invoke, logs: LogFiles, store_file: Path) -> None:
    topic = "log:gitlab:2:job:5003"
    expires = datetime.now(UTC) + timedelta(hours=1)

    async def watch() -> None:
        store = await open_store(store_file)
        await store.watch([Interest(id=f"me:{topic}", viewer="me", topic=topic, expires=expires)])
        await store.close()

    asyncio.run(watch())
    done = invoke("logs", "prune", "--yes", "--erased")
    assert numbers(logs) == [3] and "1 log stays" in done.err


@pytest.mark.usefixtures("logs")
@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--project", "no/such"], 3, "there is no project no/such here"),
        (["--older-than", "soon"], 2, "is not a duration"),
        (["--to", "little"], 2, "is not a size"),
    ],
)
def test_what_is_not_understood(invoke: Invoke, options: Sequence[str], code: int, words: str) -> None:
    done = invoke("logs", "prune", "--yes", *options)
    assert done.code == code and words in done.err


def test_without_logs_there_is_nothing_to_do(invoke: Invoke, store_file: Path) -> None:
    LogFiles(store_file.parent / LOG_FOLDER).remove(world.FAILED_JOB)
    done = invoke("logs", "prune")
    assert (done.code, done.err.splitlines()) == (0, ["0 logs held, 0 B", "nothing to delete"])


def test_doctor_tells_what_the_logs_take(invoke: Invoke, logs: LogFiles) -> None:
    found = invoke("doctor", "--offline", "--json").json["logs"]
    projects = [{"project_id": "gitlab:1", "bytes": 3000}, {"project_id": "gitlab:2", "bytes": 3000}]
    assert (found["count"], found["bytes"], found["quota"]) == (6, 6000, 5_000_000_000)
    assert sorted(found["projects"], key=lambda one: str(one["project_id"])) == projects
    lines = invoke("doctor", "--offline").out.splitlines()
    [line] = [one for one in lines if " logs " in one]
    assert "6 held" in line and "5.9 KiB of 4.7 GiB" in line and "gitlab:1 2.9 KiB" in line
