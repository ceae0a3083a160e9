"""Pages of a long history in MongoDB with their round trips, and the dashboard's keys behind a slow network."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median

from data.model import PipelineRun
from data.query import Query, parse
from data.store.mongo.store import MongoStore, open_mongo
from data.store.port import Sort
from tests.bench.measure import environment, key, quantile, until
from tests.team.counting import Trips, watched
from tests.team.members import TOKEN
from tests.team.proxy import Proxy
from tests.terminal.pty import Terminal

PAGE = 100
"""Rows of a page: twice what a large terminal shows."""
PAGES = 5
"""Pages in a row."""
CASES: tuple[tuple[str, str, Sort | None], ...] = (
    ("newest", "", None),
    ("status:failed", "status:failed", None),
    ("by:user7", "by:user7", None),
    ("by execution time", "", Sort("execution_time", descending=True)),
    ("by val_auc", "", Sort("metrics.val_auc", descending=True)),
    ("lr=0.001 by val_auc", "params.lr:0.001", Sort("metrics.val_auc", descending=True)),
)
KEYS = (b"j", b"k", b"\x1b[6~", b"\x1b[5~")
LINESIDE = [sys.executable, "-c", "from tui.cli import main; main()"]


async def measure_pages(url: str) -> None:
    """First page and next pages of the history, as the screens ask for them."""
    with watched() as trips:
        store = await open_mongo(url)
        try:
            print(f"  {'':24}{'first page':>12}{'round trips':>13}{'next pages':>14}{'round trips':>13}")
            for name, text, sort in CASES:
                await _pages(store, trips, name, parse(text) if text else None, sort)
            await _changes(store, trips)
        finally:
            await store.close()


async def _pages(store: MongoStore, trips: Trips, name: str, query: Query | None, sort: Sort | None) -> None:
    first: list[float] = []
    rest: list[float] = []
    after: str | None = None
    asked = [0, 0]
    for number in range(PAGES):
        trips.reset()
        began = time.perf_counter()
        page = await store.page(PipelineRun, query=query, sort=sort, after=after, limit=PAGE)
        (rest if number else first).append((time.perf_counter() - began) * 1000)
        asked[bool(number)] = max(asked[bool(number)], trips.total)
        after = page.after
        if after is None:
            break
    more = f"{median(rest):11.0f} ms{asked[1]:13}" if rest else ""
    print(f"  {name:24}{first[0]:9.0f} ms{asked[0]:13}{more}")


async def _changes(store: MongoStore, trips: Trips) -> None:
    """What a mirror asks once a second."""
    trips.reset()
    began = time.perf_counter()
    revision = await store.revision()
    await store.changes(revision)
    print(f"  nothing new: {(time.perf_counter() - began) * 1000:.1f} ms, {trips.total} round trips")


def measure_keys(config: Path, folder: Path, proxy: Proxy, url: str, token: str, newest: bytes, count: int) -> None:
    """Keys of a dashboard whose store is behind the proxy, with and without its delay, from the same mirror."""
    delay = proxy.delay
    for name, wait in (("at once", 0.0), ("delayed", delay)):
        proxy.delay = wait
        env = environment(folder) | {"MONGO_DB_URL": url, TOKEN: token}
        with Terminal([*LINESIDE, "--config", str(config)], columns=120, rows=40, env=env) as terminal:
            began = time.monotonic()
            until(terminal, lambda out: b"lineside" in out, began)
            os.write(terminal.fd, b"3")
            painted = until(terminal, lambda out: newest in out, began)
            asked, since = proxy.asked, time.monotonic()
            answers = [key(terminal, KEYS[turn % len(KEYS)]) for turn in range(count)]
            rate = (proxy.asked - asked) / (time.monotonic() - since)
            times = [milliseconds for milliseconds, size in answers if size]
            terminal.send("\x11")
            left = time.monotonic()
            terminal.wait_exit()
            print(
                f"  {name} ({wait * 1000:.0f} ms): rows after {painted:.0f} ms; keys p50 {quantile(times, 0.5):.1f} ms,"
                f" p99 {quantile(times, 0.99):.1f} ms, {len(times)} of {count} answered;"
                f" {rate:.1f} commands/s to Mongo; quit {(time.monotonic() - left) * 1000:.0f} ms"
            )
