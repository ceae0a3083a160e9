"""The last word on a test that does not end even after its time limit: it says where it stands, and ends the worker.

The limit of pytest-timeout is one exception, in whatever the main thread does at that moment. Where a task of an event
loop takes it for its own end, or the loop then waits for a task that never ends, nobody would hear of the test again.
pytest-xdist goes on with a new worker, and calls the test failed.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

GRACE = 60.0
"""Seconds that a test has, after its limit, to be taken down."""

STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """The real standard error: while a test runs, its place is taken."""
    config.stash[STDERR] = os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Look after one test, from the first of its fixtures to the end of the last."""
    marker = item.get_closest_marker("timeout")
    limit = float(marker.args[0] if marker else item.config.getini("timeout"))
    watch = threading.Timer(limit + GRACE, give_up, (item.nodeid, item.config.stash[STDERR]))
    watch.daemon = True
    watch.start()
    try:
        return (yield)
    finally:
        watch.cancel()


def give_up(name: str, descriptor: int) -> None:
    """Say where each thread and each task stands, and end this process and what it started."""
    with os.fdopen(descriptor, "w", errors="replace", closefd=False) as told, suppress(Exception):
        print(f"\n{name} does not end. Its threads:", file=told, flush=True)
        faulthandler.dump_traceback(told)
        print("Its tasks:", file=told)
        for task in list(getattr(asyncio.tasks, "_scheduled_tasks", None) or asyncio.tasks._all_tasks):  # type: ignore[attr-defined]
            if not task.done():
                task.print_stack(file=told)
    for child in started(os.getpid()):
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)
    os._exit(1)


def started(process: int) -> list[int]:
    """The processes that a process started, and theirs, where the system tells (Linux)."""
    children = [
        int(child)
        for told in Path(f"/proc/{process}/task").glob("*/children")
        for child in told.read_text(encoding="ascii").split()
    ]
    return [deeper for child in children for deeper in (child, *started(child))]
