"""What a copy of an MLflow server costs, beside MLflow's own client, against a real `mlflow server` on this machine.

python -m tests.bench.bench_mlflow [--experiments 50] [--runs 6] [--metrics 1500] [--params 150] [--points 1000000]

Each figure of the first table comes from a process of its own, so that its memory is its own. Times are this machine's;
ratios between two of them in one run say more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from data.config import ConnectionSettings
from data.config.credentials import Credential
from data.engine import histories
from data.engine.histories import STAGES
from data.model import MetricSeries, TrackedRun
from data.sources.mlflow import ClientTracking, RestTracking
from tests.engine.copying import NAME, Copying, copying
from tests.servers import MlflowServer, running_mlflow
from tests.sources.filling import Shape, database, fill, long_history

RUNNING = (0, 10, 200)
"""How many runs are under way in the second table."""
ROUNDS = 5
"""Refreshes and readings of which the median counts."""
LONG = 5.0
"""Seconds of refreshes after which no further one is measured."""
CLIENT_PAGE = 200
"""Runs of a page of MLflow's client, as ours are at most."""


def peak() -> float:
    """Megabytes that this process had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def told(began: float, cpu: float, base: float, **facts: float) -> None:
    """Print the figures of a part, for the process that started it."""
    took = {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu, "memory": peak(), "base": base}
    print(json.dumps({**took, **facts}))


def part_client(url: str) -> None:
    """All runs by MLflow's own client, a page at a time, none of them kept."""
    import requests
    from mlflow import MlflowClient

    counted = {"requests": 0, "bytes": 0, "runs": 0}
    send = requests.Session.send

    def counting(self: requests.Session, *args: Any, **options: Any) -> requests.Response:
        answer = send(self, *args, **options)
        counted["requests"] += 1
        counted["bytes"] += len(answer.content)
        return answer

    requests.Session.send = counting  # type: ignore[method-assign]
    client = MlflowClient(url)
    began, cpu, base = time.monotonic(), time.process_time(), peak()
    experiments = [one.experiment_id for one in client.search_experiments()]
    token: str | None = None
    while True:
        page = client.search_runs(experiments, max_results=CLIENT_PAGE, page_token=token)
        counted["runs"] += len(page)
        token = page.token
        if not token:
            break
    told(began, cpu, base, **counted)


def part_reading(url: str) -> None:
    """All runs by our source, as records."""
    source = RestTracking("ml", ConnectionSettings(kind="mlflow", url=url), Credential())
    began, cpu, base = time.monotonic(), time.process_time(), peak()
    experiments = [one.experiment_id for one in source.experiments()]
    token, runs = "", 0
    while True:
        found = source.runs(experiments, page_token=token)
        runs += len(found.runs)
        token = found.next_token
        if not token:
            break
    traffic = source._http.traffic
    told(began, cpu, base, requests=traffic.requests, bytes=traffic.received, runs=runs)


async def _copy(url: str, folder: Path) -> None:
    async with copying(url, folder) as copy:
        began, cpu, base = time.monotonic(), time.process_time(), peak()
        error = await copy.sync.once()
        assert error is None, error
        runs = await copy.store.count(TrackedRun)
        size = sum(path.stat().st_size for path in folder.iterdir())  # noqa: ASYNC240
        told(began, cpu, base, requests=copy.requests, bytes=copy.received, runs=runs, store=size)


def part_copy(url: str) -> None:
    """All runs into a store, by the engine's own synchronisation."""
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as name:
        asyncio.run(_copy(url, Path(name)))


PARTS: dict[str, Callable[[str], None]] = {"client": part_client, "reading": part_reading, "copy": part_copy}


def measured(part: str, url: str) -> dict[str, float]:
    """The figures of a part, from a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.bench_mlflow", "--part", part, "--url", url]
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=env)
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return facts


def measure_sync(server: MlflowServer) -> None:
    """The first synchronisation, side by side."""
    names = {"client": "MlflowClient, pages of 200", "reading": "our source", "copy": "our copy, with its store"}
    found = {part: measured(part, server.url) for part in names}
    yard = found["client"]
    print(
        f"  {'':28}{'requests':>9}{'MB':>8}{'s':>8}{'x':>6}{'client CPU s':>14}{'x':>6}{'peak MB':>9}{'over base':>11}"
    )
    for part, name in names.items():
        one = found[part]
        print(
            f"  {name:28}{one['requests']:9.0f}{one['bytes'] / 1e6:8.1f}{one['seconds']:8.1f}"
            f"{one['seconds'] / yard['seconds']:6.2f}{one['cpu']:14.2f}{one['cpu'] / yard['cpu']:6.2f}"
            f"{one['memory']:9.0f}{one['memory'] - one['base']:11.0f}"
        )
    print(f"  {found['copy']['runs']:.0f} runs; the store has {found['copy']['store'] / 1e6:.1f} MB")


async def refresh_costs(server: MlflowServer, folder: Path, label: str) -> None:
    """What looks for news cost when nothing has changed."""
    async with copying(server.url, folder) as copy:
        assert await copy.sync.once() is None
        await copy.sync._read_experiments()
        await copy.refresh()
        before = await copy.store.revision()
        rounds = [await _timed(copy)]
        while len(rounds) < ROUNDS and sum(one[2] for one in rounds) < LONG:
            rounds.append(await _timed(copy))
        moved = await copy.store.revision() - before
        whole = await _round(copy)
    seconds = median(one[2] for one in rounds)
    print(
        f"  {label:28}{rounds[0][0]:9d}{rounds[0][1]:12,d}{seconds * 1000:10.0f}{whole[0]:12d}{whole[1]:12,d}"
        f"{moved:18d}"
    )


async def _timed(copy: Copying) -> tuple[int, int, float]:
    began = time.monotonic()
    requests, received = await copy.refresh()
    return requests, received, time.monotonic() - began


async def _round(copy: Copying) -> tuple[int, int]:
    requests, received = copy.requests, copy.received
    await copy.sync._read_active()
    return copy.requests - requests, copy.received - received


def measure_refresh(shape: Shape) -> None:
    """A refresh with 0, 10 and 200 runs under way, small ones and large ones."""
    print(f"  {'':28}{'requests':>9}{'bytes':>12}{'ms':>10}{'round: req.':>12}{'bytes':>12}{'store writes':>18}")
    large = Shape(runs=200, metrics=shape.metrics, params=shape.params)
    for each, name in ((Shape(runs=400), "20 metrics"), (large, f"{shape.metrics} metrics")):
        for running in RUNNING:
            with serving() as server:
                fill(server, Shape(runs=each.runs, metrics=each.metrics, params=each.params, running=running))
                with tempfile.TemporaryDirectory(prefix="lineside-bench-") as folder:
                    label = f"{name}, {running} running"
                    asyncio.run(refresh_costs(server, Path(folder), label))


def measure_history(server: MlflowServer, points: int) -> None:
    """One long metric: a quick picture, an even sample, a part of it; through the server and from its file."""
    _, (run_id, *_) = fill(server, Shape(runs=1), prefix="long")
    long_history(server, run_id, "loss", points)
    rest = RestTracking("ml", ConnectionSettings(kind="mlflow", url=server.url), Credential())
    file = ClientTracking("ml", server.database)
    asks: dict[str, Callable[[], Any]] = {
        "first picture": lambda: rest.sketch([run_id], "loss", points - 1, STAGES[0]),
        "what makes it finer": lambda: rest.sketch([run_id], "loss", points - 1, STAGES[1]),
        "even sample": lambda: rest.histories([run_id], "loss"),
        "a twentieth of it": lambda: rest.histories(
            [run_id], "loss", start_step=points // 2, end_step=points * 11 // 20
        ),
        "what came since": lambda: rest.histories([run_id], "loss", start_step=points - 10),
        "even sample of the file": lambda: file.histories([run_id], "loss"),
    }
    for name, ask in asks.items():
        before = rest.received
        found, times = None, []
        for _ in range(ROUNDS):
            began = time.monotonic()
            found = ask()
            times.append(time.monotonic() - began)
        count = len(found[0].steps) if found else 0
        size = (rest.received - before) / ROUNDS
        print(f"  {name:28}{count:9d} points{median(times) * 1000:10.0f} ms{size:14,.0f} bytes")
    measure_first_picture(server, run_id)


async def first_picture(server: MlflowServer, run_id: str) -> tuple[float, float]:
    """Seconds, and those of our processor, until a part of a long history is in the store."""
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as folder:
        async with copying(server.url, Path(folder)) as copy:
            assert await copy.sync.once() is None
            began, cpu = time.monotonic(), time.process_time()
            await copy.sync._histories.read([f"{NAME}:{run_id}:loss"])
            took = time.monotonic() - began, time.process_time() - cpu
            assert await copy.store.get(MetricSeries, f"{NAME}:{run_id}:loss") is not None
            return took


def measure_first_picture(server: MlflowServer, run_id: str) -> None:
    """The same through the engine, which does nothing more than draw it roughly."""
    histories.SLICE = 0.0  # type: ignore[misc]  # it has its turn for one thing only
    rounds = [asyncio.run(first_picture(server, run_id)) for _ in range(ROUNDS)]
    wall, cpu = (median(one[at] for one in rounds) * 1000 for at in (0, 1))
    print(f"  {'first picture, in the store':28}{'':15}{wall:10.0f} ms, {cpu:.0f} ms of them our processor's")


@contextmanager
def serving() -> Iterator[MlflowServer]:
    """A server of the bench's own."""
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as folder, running_mlflow(Path(folder)) as server:
        yield server


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=50)
    parser.add_argument("--runs", type=int, default=6, help="of each experiment")
    parser.add_argument("--metrics", type=int, default=1500)
    parser.add_argument("--params", type=int, default=150)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        PARTS[given.part](given.url)
        return
    shape = Shape(experiments=given.experiments, runs=given.runs, metrics=given.metrics, params=given.params)
    with serving() as server:
        began = time.monotonic()
        fill(server, shape)
        size = database(server).stat().st_size / 1e6
        print(f"filled in {time.monotonic() - began:.0f} s, {size:,.0f} MB", flush=True)
        print(
            f"first synchronisation, {shape.experiments} x {shape.runs} x {shape.metrics} x {shape.params}", flush=True
        )
        measure_sync(server)
    print("one refresh of an unchanged server", flush=True)
    measure_refresh(shape)
    with serving() as server:
        print(f"the history of a metric with {given.points:,} points", flush=True)
        measure_history(server, given.points)


if __name__ == "__main__":
    main()
