"""Writes changed runs into a store at a steady rate, as a busy engine does: python -m tests.bench.writer STORE RATE."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from data.model import PipelineRun
from data.store.open import open_store

BATCHES = 5
"""Transactions a second."""
NEWEST = 1_000
"""Runs that change in turn."""


def changed(run: PipelineRun, chance: random.Random) -> PipelineRun:
    """The run with another duration and other values of its metrics."""
    metrics = {name: value + chance.uniform(-0.01, 0.01) for name, value in run.metrics.items()}
    return replace(run, metrics=metrics, updated=datetime.now(UTC), execution_time=run.execution_time + 1)


async def write(path: Path, rate: int) -> None:
    """Write until the process is ended; says on stdout when it has begun, and what each second achieved."""
    store = await open_store(path)
    chance = random.Random(5)
    runs: list[PipelineRun] = []
    after: str | None = None
    while len(runs) < NEWEST:
        page = await store.page(PipelineRun, after=after)
        runs += page.records
        after = page.after
        if after is None:
            break
    place, begun, written = 0, time.monotonic(), 0
    print("writing", flush=True)
    while True:
        size = rate // BATCHES
        chosen = [(place + offset) % len(runs) for offset in range(size)]
        for index in chosen:
            runs[index] = changed(runs[index], chance)
        written += await store.put([runs[index] for index in chosen])
        place = (place + size) % len(runs)
        wait = begun + written / rate - time.monotonic()
        if written % rate < size:
            print(f"{written / (time.monotonic() - begun):.0f} runs/s", flush=True)
        await asyncio.sleep(max(0.0, wait))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
