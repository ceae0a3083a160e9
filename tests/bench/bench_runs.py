"""The history with a million runs, from outside: python -m tests.bench.bench_runs [--store FILE] [--runs 1000000]

Start, what it takes until the first rows of another order, filter or grouping stand, keys at rest and while 200 runs a
second are written, and memory; beside bare Textual and, with --datatable, Textual's DataTable with 100,000 rows.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.__main__ import HELLO, KEYS, LINESIDE, configure, prime
from tests.bench.measure import environment, key, quantile, start, until
from tests.servers import readable
from tests.terminal.pty import Terminal

RATE = 200
"""Runs a second that are written beside the keys."""
TABLE_ROWS = 100_000
"""Rows of the DataTable."""
ANSWERED, QUIET = 3.0, 0.4
"""Seconds that an answer may take at most, and without output after which it is taken to be whole."""
LIST = slice(4, -4)
"""Lines of the screen that show rows only: above are the frame and the heading, below the prompt and its offers."""

OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("filter on a status", ":runs status:failed\r", ":runs status:success\r"),
    ("filter on a metric", ":runs metric.val_auc>0.9\r", ":runs metric.loss<0.2\r"),
    ("filter on a rare metric", ":runs metric.val_auc>0.99999\r", ":runs metric.loss<0.00001\r"),
    ("filter on metric and text", ":runs metric.val_auc>0.5 gradient\r", ":runs metric.loss<0.5 loader\r"),
    ("filter on a param", ":runs param.lr=0.01\r", ":runs param.optimizer:lion\r"),
    ("a common text", ":runs gradient\r", ":runs loader\r"),
    ("a text that is nowhere", ":runs qqzzy\r", ":runs zzqqx\r"),
)
"""Name, and two command lines in turn."""


def rows_after(terminal: Terminal, typed: str) -> float:
    """Milliseconds from the last character until other rows, or the words of an empty list, stand on the screen.

    What the program writes is only noted while it is measured, and looked at afterwards.
    """
    for letter in typed[:-1]:
        os.write(terminal.fd, letter.encode())
        terminal.read(0.02)
    while terminal.read(QUIET):
        pass
    before = _rows(terminal)
    began = time.monotonic()
    os.write(terminal.fd, typed[-1:].encode())
    heard: list[tuple[float, bytes]] = []
    while time.monotonic() - began < ANSWERED and readable(terminal.fd, QUIET):
        chunk = os.read(terminal.fd, 262_144)
        heard.append((time.monotonic(), chunk))
        terminal.answer(chunk)
    took: float | None = None
    for at, chunk in heard:
        terminal.stream.feed(chunk)
        rows = _rows(terminal)
        if took is None and rows != before and any(rows):
            took = (at - began) * 1000
    return float("nan") if took is None else took


def _rows(terminal: Terminal) -> list[str]:
    """The list's lines."""
    return [line.strip() for line in terminal.text.split("\n")[LIST]]


async def _forget_views(store: Path) -> None:
    from data.model import View
    from data.store.open import open_store

    opened = await open_store(store)
    await opened.delete(View, [view.id for view in (await opened.page(View)).records])
    await opened.close()


def measure_operations(config: Path, env: dict[str, str], newest: bytes, rounds: int) -> None:
    """First rows of filters, as a user sees them."""
    with Terminal([*LINESIDE, "--config", str(config), "--no-engine"], columns=120, rows=40, env=env) as terminal:
        terminal.wait(newest.decode())
        terminal.read(2.0)
        for name, one, other in OPERATIONS:
            times = [rows_after(terminal, (one, other)[turn % 2]) for turn in range(rounds)]
            print(f"  {name:28} p50 {median(times):6.0f} ms   p95 {quantile(times, 0.95):6.0f} ms", flush=True)
        terminal.send("\x7f")
        terminal.read(1.0)
        terminal.send("\x11")
        terminal.wait_exit()


def measure_keys(config: Path, env: dict[str, str], newest: bytes, count: int, store: Path, *, busy: bool) -> None:
    """Keys at rest, or while runs are written; and the memory afterwards."""
    writer = None
    if busy:
        command = [sys.executable, "-m", "tests.bench.writer", str(store), str(RATE)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        writer.stdout.readline()
    try:
        with Terminal([*LINESIDE, "--config", str(config), "--no-engine"], columns=120, rows=40, env=env) as terminal:
            until(terminal, lambda out: newest in out, time.monotonic())
            time.sleep(4.0)
            for name, typed in KEYS:
                answers = [key(terminal, typed[turn % len(typed)]) for turn in range(count)]
                times = [milliseconds for milliseconds, size in answers if size]
                print(
                    f"  {name:10}{'writing' if busy else 'at rest':9} p50 {quantile(times, 0.5):6.1f} ms"
                    f"   p99 {quantile(times, 0.99):6.1f} ms   {median(size for _, size in answers):6.0f} bytes"
                )
            print(f"  memory {resident(terminal.pid):.0f} MB", flush=True)
            terminal.send("\x11")
            terminal.wait_exit()
    finally:
        if writer is not None:
            writer.terminate()
            said, _ = writer.communicate()
            print("  written:", said.split("\n")[-2] if said.count("\n") else "nothing")


def resident(pid: int) -> float:
    """Resident memory of a process in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def measure_start(config: Path, env: dict[str, str], newest: bytes, rounds: int) -> None:
    """First rows painted, from exec, side by side with bare Textual. The command is the one that people type."""
    env, command = {**env, "LINESIDE_CONFIG": str(config)}, LINESIDE
    prime(command, env, newest)
    bare, painted = [], []
    for _ in range(rounds):
        bare.append(start(HELLO, {"hello": lambda out: b"HELLO-WORLD" in out}, env)["hello"])
        since = time.monotonic()
        with Terminal(command, columns=120, rows=40, env=env) as terminal:
            painted.append(until(terminal, lambda out: newest in out, since))
            time.sleep(1.5)
            terminal.send("\x11")
            terminal.wait_exit()
    print(f"  bare Textual        {median(bare):6.0f} ms")
    print(f"  first rows painted  {median(painted):6.0f} ms   {median(painted) / median(bare):.2f} x bare", flush=True)


def measure_datatable(env: dict[str, str]) -> None:
    """First rows of Textual's own table."""
    command = [sys.executable, str(Path(__file__).with_name("datatable.py")), str(TABLE_ROWS)]
    took = start(command, {"rows": lambda out: b"#1" in out and b"churn" in out}, env)["rows"]
    print(f"  DataTable, {TABLE_ROWS:,} rows  {took:.0f} ms", flush=True)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="a store made by tests.bench.scale; without it one is made")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--datatable", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as name:
        folder = Path(name)
        env = environment(folder)
        (folder / "data").mkdir()
        store = folder / "data" / "lineside.db"
        if given.store is not None:
            store.symlink_to(given.store.absolute())
        else:
            from tests.bench.scale import build

            build(store, given.runs)
        config = configure(folder, "http://127.0.0.1:9", "none", [])
        newest = str(given.runs).encode()
        asyncio.run(_forget_views(store))
        measure_start(config, env, newest, given.rounds)
        measure_operations(config, env, newest, max(given.rounds * 3, 20))
        for busy in (False, True):
            measure_keys(config, env, newest, given.keys, store, busy=busy)
        if given.datatable:
            measure_datatable(env)


if __name__ == "__main__":
    main()
