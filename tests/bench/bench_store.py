"""Speed of the store with many runs: python -m tests.bench.bench_store [--runs 100000] [--path FILE] [--rounds 50]

With `--path` the file is kept, and filled only where it has fewer runs.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from data.model import PipelineRun, Project, StageRun
from data.query import parse
from data.store.open import open_store
from data.store.port import Sort, Store

BATCH = 5_000
"""Runs of one transaction while filling."""
PROJECTS = 50
STATUSES = ("success",) * 70 + ("failed",) * 20 + ("canceled",) * 10
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
WINDOW = 64
"""Rows of a screen and a bit."""
SORTS = (
    Sort("created", True), Sort("execution_time", True), Sort("completion"), Sort("status"), Sort("ref"),
    Sort("metrics.val_auc", True), Sort("failed_count"),
)  # fmt: skip
FILTERS = ("status:failed", "status:active", "by:user7", "project:project-7", "sha:d6645", "scheduler", "no such text")


def make_run(number: int, chance: random.Random, *, running: bool) -> PipelineRun:
    """A run with stages and, one in three, metrics."""
    project = number % PROJECTS
    created = BEGIN + timedelta(minutes=number)
    status = "running" if running else chance.choice(STATUSES)
    stages = tuple(
        StageRun(name=name, order=order, status=status, start=created, completion=created)
        for order, name in enumerate(("data", "train", "evaluate", "deploy"))
    )
    return PipelineRun(
        id=f"gitlab:{project}:{number}",
        project_id=f"gitlab:{project}",
        pipeline_id=f"gitlab:{project}:train",
        connection="gitlab",
        git_project_id=project,
        git_pipeline_id=number,
        run_number=number // PROJECTS,
        status=status,
        trigger_type="push",
        triggered_by=f"user{chance.randrange(80)}",
        ref=chance.choice(("main", "develop", f"feature/{chance.randrange(5000)}")),
        git_commit_hash=f"{chance.getrandbits(160):040x}",
        commit_title=" ".join(chance.choices(("fix", "tune", "loader", "scheduler", "loss", "docs", "seed"), k=6)),
        created=created,
        updated=created + timedelta(seconds=chance.randrange(5000)),
        start=created + timedelta(seconds=9),
        completion=None if running else created + timedelta(seconds=chance.randrange(5000)),
        execution_time=chance.random() * 7200,
        queued_time=chance.random() * 100,
        success_count=4,
        job_count=4,
        stages=stages,
        metrics={"val_auc": chance.random(), "loss": chance.random()} if number % 3 == 0 else {},
        web_url=f"https://gitlab.example/ml/project-{project}/-/pipelines/{number}",
        jobs_synced=True,
    )


async def fill(store: Store, count: int) -> None:
    """Bring the store to `count` runs, the newest ten of them running."""
    held = await store.count(PipelineRun)
    names = [
        Project(id=f"gitlab:{n}", name=f"project-{n}", path=f"ml/project-{n}", connection="gitlab", git_project_id=n)
        for n in range(PROJECTS)
    ]
    await store.put(names)
    chance = random.Random(held + 3)
    begun = time.perf_counter()
    for start in range(held, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        await store.put([make_run(number, chance, running=number >= count - 10) for number in numbers])
    if held < count:
        spent = time.perf_counter() - begun
        print(f"filled {count - held:,} runs in {spent:.1f} s ({(count - held) / spent:,.0f}/s)")


class Times:
    """Durations of one thing, printed as milliseconds."""

    def __init__(self, name: str) -> None:
        self.name, self.seconds = name, list[float]()

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Add the time that the block takes."""
        begun = time.perf_counter()
        yield
        self.seconds.append(time.perf_counter() - begun)

    def print(self) -> None:
        """One line."""
        ordered = sorted(self.seconds)
        p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
        print(f"{self.name:<44} p50 {p50 * 1000:9.3f}   p99 {p99 * 1000:9.3f} ms   ({len(ordered)})")


async def listings(store: Store, rounds: int) -> None:
    """First window and full order of new sorts and filters."""
    for sort in SORTS:
        await listing(store, f"sort {sort.field}", rounds, "", sort)
    for text in FILTERS:
        await listing(store, f"filter {text}", rounds, text, None)


async def listing(store: Store, name: str, rounds: int, text: str, sort: Sort | None) -> None:
    """First window, full order, a window far down and the position of a record."""
    first, full, deep, index = (
        Times(f"{name}: {what}") for what in ("first window", "all keys", "far window", "index_of")
    )
    for _ in range(rounds):
        begun = time.perf_counter()
        with first.measure():
            made = await store.listing(PipelineRun, query=parse(text), sort=sort)
            rows = await made.window(0, WINDOW)
        await made.finish()
        full.seconds.append(time.perf_counter() - begun)
        with deep.measure():
            await made.window(made.size // 2, WINDOW)
        if rows:
            with index.measure():
                assert made.index_of(rows[-1].id) is not None
    for times in (first, full, deep, index):
        if times.seconds:
            times.print()


async def deep_page(store: Store, rounds: int) -> None:
    """Pages by keyset, from page 1 on."""
    times, after = Times("page of 200 by keyset, one behind the other"), None
    for _ in range(rounds):
        with times.measure():
            page = await store.page(PipelineRun, sort=Sort("execution_time"), after=after)
        after = page.after
    times.print()


async def writes(store: Store, rounds: int) -> None:
    """100 records of which each differs, then the same again."""
    changed, equal, seen = Times("put of 100 changed runs"), Times("put of 100 equal runs"), Times("changes after it")
    page = await store.page(PipelineRun, sort=Sort("id"), limit=100)
    for number in range(rounds):
        fresh = [
            msgspec.structs.replace(run, failed_count=number + 1, updated=datetime.now(UTC)) for run in page.records
        ]
        since = await store.revision()
        with changed.measure():
            assert await store.put(fresh) == len(fresh)
        with seen.measure():
            await store.changes(since)
        with equal.measure():
            assert await store.put(fresh) == 0
    for times in (changed, equal, seen):
        times.print()


async def small(store: Store, rounds: int) -> None:
    """What is asked all the time."""
    poll, get, count = Times("revision poll"), Times("get"), Times("count of active runs")
    asked: list[tuple[Times, Callable[[], Awaitable[object]]]] = [
        (poll, store.revision),
        (get, lambda: store.get(PipelineRun, "gitlab:7:7")),
        (count, lambda: store.count(PipelineRun, query=parse("status:active"))),
    ]
    for times, ask in asked:
        for _ in range(rounds * 20):
            with times.measure():
                await ask()
        times.print()


async def bench(path: Path, count: int, rounds: int) -> None:
    """Fill and measure."""
    opening, closing = Times("open"), Times("close")
    with opening.measure():
        store = await open_store(path)
    opening.print()
    await fill(store, count)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await listings(store, rounds)
    await deep_page(store, rounds)
    await writes(store, rounds)
    await small(store, rounds)
    with closing.measure():
        await store.close()
    closing.print()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = (await asyncio.to_thread(path.stat)).st_size
    print(f"file {size / 1e6:,.0f} MB; peak memory {peak / 1024:,.0f} MB, before the listings {base / 1024:,.0f} MB")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--path", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(bench(given.path or Path(folder) / "bench.db", given.runs, given.rounds))


if __name__ == "__main__":
    main()
