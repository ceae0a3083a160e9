"""Speed of the store with many runs: python -m tests.bench.bench_store [--runs 100000] [--path FILE] [--rounds 20]

With `--path` the file is kept, and made (`tests.bench.scale`) only where there is none. Every line tells how long the
first 64 rows take, or what it names, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from data.model import PipelineRun
from data.query import parse
from data.store.kinds import KINDS
from data.store.open import open_store
from data.store.port import Sort, Store
from tests.bench import scale

WINDOW: Final = 64
"""Rows of a screen and a bit."""
AMONG: Final = 2_000
"""Newest records of the quick answer of groups."""
WRITES: Final = 200
"""Runs a second that the writer changes."""
NEWEST: Final = Sort("created", descending=True)
BEST: Final = Sort("metrics.val_auc", descending=True)

ASKED: Final[dict[str, tuple[str, Sort]]] = {
    "all, newest first": ("", NEWEST),
    "sort by duration": ("", Sort("execution_time", descending=True)),
    "sort by a metric, best first": ("", BEST),
    "sort by a metric, least first": ("", Sort("metrics.val_loss")),
    "sort by a numeric param": ("", Sort("params.lr")),
    "sort by a text param": ("", Sort("params.optimizer", descending=True)),
    "metric, 50 % fit": ("metric.val_auc>0.5", NEWEST),
    "metric, 2 % fit": ("metric.val_auc>0.98", NEWEST),
    "metric, 1 of 10,000 fits": ("metric.val_auc>0.9999", NEWEST),
    "metric, none fits": ("metric.val_auc>2", NEWEST),
    "metric, by that metric": ("metric.val_auc>0.5", Sort("metrics.val_auc")),
    "metric, by another one": ("metric.val_auc>0.9", Sort("metrics.val_loss")),
    "param": ("param.lr=0.01 param.optimizer:adam*", NEWEST),
    "param, one fits": ("param.seed=777777", NEWEST),
    "metric and param, by a metric": ("metric.loss<0.05 param.batch_size>=128", BEST),
    "metric and status and user": ("metric.val_auc>0.9 status:failed by:user7", NEWEST),
    "metric or metric": ("metric.val_auc>0.99 or metric.loss<0.001", NEWEST),
    "not metric": ("-metric.val_auc>0.01", NEWEST),
    "text, nearly all": ("gitlab", NEWEST),
    "text, 40 %": ("warm-up", NEWEST),
    "text, 40 %, by a metric": ("warm-up", BEST),
    "text, rare": ("feature/4321", NEWEST),
    "text, one": ("d6645a1", NEWEST),
    "text, none": ("no such text", NEWEST),
    "text, short": ("up", NEWEST),
    "text and metric": ("warm-up metric.val_auc>0.9", NEWEST),
    "rare text and metric, by a metric": ("feature/4321 metric.val_auc>0.2", BEST),
    "text or metric": ("feature/4321 or metric.val_auc>0.9999", NEWEST),
    "project": ("project:project-7", NEWEST),
    "status": ("status:failed", NEWEST),
    "status active": ("status:active", NEWEST),
    "ref, by a metric": ("ref:main", BEST),
    "user, by duration": ("by:user7", Sort("execution_time")),
    "duration": ("took>1h59m", NEWEST),
    "since 7 days, by a metric": ("since:7d", BEST),
    "since 300 days, by a metric": ("since:300d", BEST),
    "label, none": ("label:gold", NEWEST),
}
"""Name, filter and order."""
BESIDE: Final = (
    "all, newest first", "sort by a metric, best first", "metric, 2 % fit", "metric and param, by a metric",
    "text and metric", "text, rare",
)  # fmt: skip
"""What is asked while another process writes."""


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
        shares = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95, 0.99)]
        p50, p95, p99 = shares
        print(f"{self.name:<52} p50 {p50:9.2f}  p95 {p95:9.2f}  p99 {p99:9.2f}  max {ordered[-1] * 1000:9.2f}")


async def first_rows(store: Store, rounds: int, *, whole: bool) -> None:
    """First window of each filter and order, then all keys, a window far down and a record's place."""
    for name, (text, sort) in ASKED.items():
        first, every, far, place = (Times(f"{name}: {what}") for what in ("rows", "all keys", "far rows", "place"))
        for _ in range(rounds):
            with first.measure():
                made = await store.listing(PipelineRun, query=parse(text), sort=sort)
                rows = await made.window(0, WINDOW)
            del made  # else it would go on to read all keys while the next one is measured
        first.print()
        if whole:
            with every.measure():
                made = await store.listing(PipelineRun, query=parse(text), sort=sort)
                await made.finish()
            for _ in range(rounds if rows else 0):
                with far.measure():
                    await made.window(made.size // 2, WINDOW)
                with place.measure():
                    assert made.index_of(rows[-1].id) is not None
            every.name += f" ({made.size:,})"
            for times in (every, far, place):
                if times.seconds:
                    times.print()


async def pages(store: Store, rounds: int) -> None:
    """Pages by keyset, one behind the other."""
    for sort in (NEWEST, BEST, Sort("params.lr"), Sort("execution_time")):
        times, after = Times(f"page of 200 by {sort.field}"), None
        for _ in range(rounds):
            with times.measure():
                page = await store.page(PipelineRun, sort=sort, after=after)
            after = page.after
        times.print()


async def groups(store: Store, rounds: int) -> None:
    """Groups: the quick answer, the exact one, and with the best of each."""
    asked: list[tuple[str, str, Sort | None, int | None]] = [
        (f"groups by {field}, quick", "", BEST, AMONG) for field in KINDS[PipelineRun].group_fields
    ]
    asked += [
        ("groups by ref, quick, of a filter", "warm-up metric.val_auc>0.5", BEST, AMONG),
        ("groups by ref, quick, of a rare filter", "metric.val_auc>0.9995", BEST, AMONG),
        *((f"groups by {field}, exact", "", None, None) for field in KINDS[PipelineRun].group_fields),
        ("groups by experiment, exact, with the best", "", BEST, None),
        ("groups by experiment, exact, of a filter", "metric.val_auc>0.98", BEST, None),
    ]
    for name, text, best, among in asked:
        times = Times(name)
        field = name.split()[2].rstrip(",")
        for _ in range(rounds if among else 1):
            with times.measure():
                found = await store.groups(PipelineRun, field, query=parse(text), best=best, among=among)
        times.name += f" ({len(found):,})"
        times.print()


async def small(store: Store, rounds: int) -> None:
    """What is asked all the time, and while one types."""
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        "revision poll": store.revision,
        "get": lambda: store.get(PipelineRun, "gitlab:7:7"),
        "count of active runs": lambda: store.count(PipelineRun, query=parse("status:active")),
        "count of a metric": lambda: store.count(PipelineRun, query=parse("metric.val_auc>0.99")),
        "names of metrics": lambda: store.names(PipelineRun, "metrics", contains="val"),
        "values of ref": lambda: store.values(PipelineRun, "ref", contains="feature/12"),
        "values of ref, inside": lambda: store.values(PipelineRun, "ref", contains="432"),
        "values of commits": lambda: store.values(PipelineRun, "git_commit_hash", contains="ffff"),
        "values of labels": lambda: store.values(PipelineRun, "labels"),
        "values of environment": lambda: store.values(PipelineRun, "environment"),
    }
    for name, ask in asked.items():
        times = Times(name)
        for _ in range(rounds):
            with times.measure():
                await ask()
        times.print()


async def writes(store: Store, rounds: int) -> None:
    """100 records of which each differs, then the same again; what differs is little, or every metric."""
    few, many, equal, seen = (
        Times(f"put of 100 runs: {what}") for what in ("other status", "other metrics", "equal", "changes after")
    )
    page = await store.page(PipelineRun, sort=NEWEST, limit=100)
    for number in range(rounds):
        status = ("running", "failed", "success")[number % 3]
        fresh = [msgspec.structs.replace(run, status=status, updated=datetime.now(UTC)) for run in page.records]
        since = await store.revision()
        with few.measure():
            assert await store.put(fresh) == len(fresh)
        with seen.measure():
            await store.changes(since)
        with equal.measure():
            assert await store.put(fresh) == 0
        moved = [logged(run, number) for run in fresh]
        with many.measure():
            assert await store.put(moved) == len(moved)
    await store.put(page.records)
    for times in (few, many, equal, seen):
        times.print()


def logged(run: PipelineRun, number: int) -> PipelineRun:
    """The run with other values of all its metrics."""
    metrics = {name: (value + 0.001 * (number + 1)) % 1 for name, value in run.metrics.items()}
    return msgspec.structs.replace(run, metrics=metrics, updated=datetime.now(UTC))


async def beside_a_writer(path: Path, store: Store, rounds: int) -> None:
    """First rows, and windows, while another process writes 200 runs a second, each with new values of all metrics."""
    asked = [sys.executable, "-m", "tests.bench.writer", str(path), str(WRITES)]
    writer = await asyncio.create_subprocess_exec(*asked, stdout=asyncio.subprocess.PIPE)
    assert writer.stdout is not None
    told = [await writer.stdout.readline()]
    for name in BESIDE:
        text, sort = ASKED[name]
        times = Times(f"beside the writer: {name}")
        for _ in range(rounds * 5):
            with times.measure():
                made = await store.listing(PipelineRun, query=parse(text), sort=sort)
                await made.window(0, WINDOW)
            del made
        times.print()
    window, poll = Times("beside the writer: window of 64 rows"), Times("beside the writer: revision poll")
    listing = await store.listing(PipelineRun)
    await listing.finish()
    for number in range(rounds * 50):
        with window.measure():
            await listing.window(number * 64 % listing.size, WINDOW)
        with poll.measure():
            await store.revision()
    window.print()
    poll.print()
    writer.terminate()
    rest, _ = await writer.communicate()
    print("the writer reached", *b"".join([*told, rest]).decode().split("\n")[-2:])


def memory() -> tuple[float, float]:
    """Resident memory of this process, now and at most, in megabytes (proc(5))."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    held = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith("Vm")}
    return held["VmRSS"], held["VmHWM"]


async def bench(path: Path, count: int, rounds: int, parts: str) -> None:
    """Fill and measure."""
    if not await asyncio.to_thread(path.exists):
        begun = time.perf_counter()
        await scale.make(path, count, len(scale.METRICS), len(scale.METRICS))
        print(f"{count:,} runs made in {time.perf_counter() - begun:.0f} s")
    opening, closing = Times("open"), Times("close")
    with opening.measure():
        store = await open_store(path)
    opening.print()
    base, _ = memory()
    steps: dict[str, Callable[[], Awaitable[None]]] = {
        "r": lambda: first_rows(store, rounds, whole=False),
        "k": lambda: first_rows(store, 1, whole=True),
        "p": lambda: pages(store, rounds),
        "g": lambda: groups(store, rounds),
        "s": lambda: small(store, rounds),
        "w": lambda: writes(store, rounds),
        "b": lambda: beside_a_writer(path, store, rounds),
    }
    for part in parts:
        await steps[part]()
    now, peak = memory()
    with closing.measure():
        await store.close()
    closing.print()
    size = (await asyncio.to_thread(path.stat)).st_size
    print(f"file {size / 1e6:,.0f} MB; memory {base:,.0f} MB before, {now:,.0f} MB after, at most {peak:,.0f} MB")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--path", type=Path)
    parser.add_argument(
        "--parts", default="rpgswbk", help="rows, keys, pages, groups, small, writes, beside: their first letters"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(bench(given.path or Path(folder) / "bench.db", given.runs, given.rounds, given.parts))


if __name__ == "__main__":
    main()
