"""Engines that die at a chosen step of the outbox: a process of its own, which a test tells what to run.

Each write to the store that the outbox makes, and each request that changes a server, is two steps: one before it and
one after it. A line of JSON on standard input starts an engine in a fork of this process (importing once saves
seconds); its exit code comes back as a line. `last` is the step at which it ends at once, as by SIGKILL; 0 for none:
then it ends when its command is settled.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from msgspec.structs import replace

from data.config import ConnectionSettings, PipelineSettings, ProjectSettings, Secret, Settings
from data.engine import callbacks
from data.engine.outbox import Outbox
from data.engine.service import Engine
from data.model import Command, Record
from data.sources.gitlab import GitLabSource
from data.sources.mlflow import rest
from data.store.logs import LogFiles
from data.store.open import open_store
from data.store.port import Store
from tests.engine.conftest import SYNC, TIMING

KILLED, ENDED, LOST = 9, 0, 1
"""Exit codes: at the chosen step; with the command settled; the command was not settled in time."""
LONGEST = 90.0
"""Seconds that an engine has."""
ENDING = 30.0
"""Seconds that it has to end then."""
TOLD = 4_000
"""Characters of what its engines say that a failing test shows."""
STILL = 0.3
"""Seconds without a step after which the last one is believed to have been taken."""
REQUESTS = ("create_pipeline", "cancel_run", "cancel_job", "retry_run", "retry_job", "play_job")
TRACKING = ("create_run", "set_status", "set_tag")
PACE = replace(TIMING, creations=0.0)
"""A walk makes more pipelines in a minute than GitLab takes."""
INSIDE: ContextVar[bool] = ContextVar("inside", default=False)
"""Whether the outbox is at work: what the copying of the server writes is no step."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What an engine is to do.

    Attributes:
        trace: file that gets a line for each step.
    """

    command: str
    last: int
    owner: str
    store: str
    trace: str
    gitlab: str
    token: str
    path: str
    mlflow: str = ""
    experiment: str = ""

    def settings(self) -> Settings:
        """The configuration."""
        connections = {
            "work": ConnectionSettings(
                kind="gitlab", url=self.gitlab, token=Secret(self.token), timeout_read=5.0, max_concurrent=0
            )
        }
        if self.mlflow:
            connections["ml"] = ConnectionSettings(kind="mlflow", url=self.mlflow, timeout_read=10.0)
        project = ProjectSettings(
            project=self.path, connection="work", mlflow="ml" if self.mlflow else "", experiment=self.experiment,
            pipelines=[PipelineSettings(name="train", max_concurrent=0)],
        )  # fmt: skip
        return Settings(connections=connections, projects=[project], sync=SYNC)


class Steps:
    """Counts the steps, and ends the process at the last one."""

    def __init__(self, trace: str, last: int) -> None:
        self._file = os.open(trace, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        self._last, self.count = last, 0
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """One step."""
        with self._lock:
            self.count += 1
            os.write(self._file, f"{name}\n".encode())
            if self.count == self._last:
                os._exit(KILLED)


class Walked:
    """A store whose writes from the outbox are steps."""

    def __init__(self, store: Store, steps: Steps) -> None:
        self._store, self._steps = store, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._walked(name, found) if name in ("put", "claim", "settle", "amend", "submit") else found

    def _walked(self, name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def walked(*given: Any, **more: Any) -> Any:
            if not INSIDE.get():
                return await call(*given, **more)
            what = f"{name} {_kinds(given[0])}".strip() if given else name
            self._steps.take(f"before {what}")
            result = await call(*given, **more)
            self._steps.take(f"after {what}")
            return result

        return walked


def _kinds(given: object) -> str:
    if isinstance(given, Command):
        return given.state
    records = given if isinstance(given, list | tuple) else []
    return " ".join(sorted({type(one).__name__ for one in records if isinstance(one, Record)}))


def _watch(kind: Any, name: str, steps: Steps) -> None:
    original = getattr(kind, name)

    def call(*given: Any, **more: Any) -> Any:
        steps.take(f"before {name}")
        result = original(*given, **more)
        steps.take(f"after {name}")
        return result

    setattr(kind, name, call)


def _mark(name: str) -> None:
    original = getattr(Outbox, name)

    async def inside(*given: Any) -> Any:
        token = INSIDE.set(True)
        try:
            return await original(*given)
        finally:
            INSIDE.reset(token)

    setattr(Outbox, name, inside)


async def _work(order: Order) -> int:
    steps = Steps(order.trace, order.last)
    for name in REQUESTS:
        _watch(GitLabSource, name, steps)
    for name in TRACKING:
        _watch(rest.RestTracking, name, steps)
    _watch(callbacks, "_post", steps)
    for name in ("_round", "_look"):  # the tasks that they start are inside, too
        _mark(name)
    store = await open_store(Path(order.store))
    logs = LogFiles(Path(order.store).parent / "logs")
    engine = Engine(order.settings(), cast(Store, Walked(store, steps)), logs, order.owner, timing=PACE, env={})
    work = asyncio.create_task(engine.run())
    seen = -1
    async with asyncio.timeout(LONGEST):
        while True:
            await asyncio.sleep(STILL)
            command = await store.get(Command, order.command)
            settled = command is not None and command.state not in ("queued", "sending")
            if work.done() or (settled and seen == steps.count):
                return ENDED if settled else LOST
            seen = steps.count


def main() -> None:
    """Serve until standard input closes."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            # Whoever waits for it would wait for ever; where it stood is said in the log.
            faulthandler.dump_traceback_later(LONGEST + ENDING, exit=True)
            code = LOST
            try:
                code = asyncio.run(_work(Order(**json.loads(line))))
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


class Killing:
    """The process, as a test uses it."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process, self._log = process, log

    @property
    def said(self) -> str:
        """The end of what its engines have said."""
        return self._log.read_text(errors="replace")[-TOLD:]

    async def run(self, order: Order) -> int:
        """Run an engine; its exit code."""

        def ask() -> int:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.write(json.dumps(asdict(order)) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

        return await asyncio.to_thread(ask)


@contextmanager
def killing(log: Path) -> Iterator[Killing]:
    """The process, for the block; what its engines say goes into a file."""
    root = Path(__file__).resolve().parent.parent.parent
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.killing"], cwd=root, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=told,
        )  # fmt: skip
        try:
            yield Killing(process, log)
        finally:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            process.wait(LONGEST + 2 * ENDING)
            process.stdout.close()


if __name__ == "__main__":
    main()
