"""What bench_output looks at: a store with a long history, a run with everything around it, and a long log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from data.model import JobRun, LogState, PipelineRun, Record, StageRun, TrackedRun
from data.store.logs import LogFiles
from data.store.open import open_store
from tests.bench.fill import fill, runs
from tests.bench.logs import LAST, write_log
from tests.world_more import more

AGE = timedelta(days=40)
"""How old the newest run is: its age is told in days, which changes nothing on the screen while it is measured."""
TRAINING = "gitlab:1:job:5005"
"""The job that gets the log."""
LOG_JOB = 70_000
"""Its number then, which no run has."""
LOG_BYTES = 3_000_000
TOOK = timedelta(minutes=9)
"""How long everything took that was under way."""
RUNNING = 10
"""Runs that are under way in the second store."""
UNDER_WAY = frozenset({"running", "pending", "created"})
LAST_LINE = LAST
"""The last line of the log."""


def finished(record: Record) -> Record:
    """`record` as it is when nothing runs any more: nothing on the screen counts seconds."""
    match record:
        case PipelineRun() | JobRun() if record.status in UNDER_WAY:
            began = record.start or record.created
            end = None if began is None else began + TOOK
            record = replace(record, status="success", completion=end, execution_time=TOOK.total_seconds())
        case TrackedRun(status="RUNNING") if record.start is not None:
            record = replace(record, status="FINISHED", end=record.start + TOOK)
    return record


def under_way(now: datetime) -> list[PipelineRun]:
    """Runs that began some minutes ago."""
    stages = tuple(
        StageRun(name=name, order=place, status=status)
        for place, (name, status) in enumerate((("data", "success"), ("train", "running"), ("deploy", "created")))
    )
    return [
        replace(
            run,
            id=f"{run.project_id}:{900_000 + place}",
            git_pipeline_id=900_000 + place,
            status="running",
            created=now - timedelta(minutes=12 + place),
            start=now - timedelta(minutes=11 + place),
            completion=None,
            execution_time=0.0,
            stages=stages,
            metrics={},
        )
        for place, run in enumerate(runs(RUNNING, now))
    ]


async def make_store(folder: Path, count: int) -> None:
    """A store with `count` finished runs, and one with jobs, metrics and a log, in `folder`."""
    path = folder / "lineside.db"
    await fill(path, count, datetime.now(UTC) - AGE)
    store = await open_store(path)
    await store.put([finished(record) for record in more()])
    training = await store.get(JobRun, TRAINING)
    assert training is not None
    job = replace(training, id=f"gitlab:1:job:{LOG_JOB}", git_job_id=LOG_JOB)
    log = folder / "job.log"
    write_log(log, LOG_BYTES)
    files = LogFiles(folder / "logs")
    with log.open("rb") as file:
        while piece := file.read(1 << 20):
            files.append(job.id, files.size(job.id), piece)
    await store.put([replace(job, log=LogState(size=log.stat().st_size, complete=True))])
    await store.close()
    log.unlink()


async def start_runs(folder: Path) -> None:
    """Let some runs be under way in the store in `folder`."""
    store = await open_store(folder / "lineside.db")
    await store.put(under_way(datetime.now(UTC)))
    await store.close()
