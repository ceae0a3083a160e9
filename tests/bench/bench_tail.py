"""What following a job's log costs on the wire, and whether it keeps up, against the simulated GitLab over HTTP.

python -m tests.bench.bench_tail [--megabytes 100] [--polls 200] [--flood 60]

The wire is measured in front of the server: a relay counts every byte of every answer, headers too. The flood goes
through an engine of its own process, as the dashboard starts it; what it wrote is compared by its SHA-256.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import requests

from data.config import ConnectionSettings, Secret
from data.config.credentials import Credential
from data.engine.process import spawn
from data.model import Interest, JobRun
from data.simulator import ManualClock, Simulator, SimulatorSettings
from data.sources.gitlab import GitLabSource
from data.store.logs import LogFiles
from data.store.open import open_store

PROJECT = "ml/customer/churn"
WAYS: dict[str, dict[str, bool]] = {
    "byte_offset": {"trace_byte_offset": True},
    "range": {"trace_range": True},
    "whole": {},
}
"""Servers that take `byte_offset`, honour Range, and know neither."""
LESS = 10
"""The last kind of server is measured with so many times fewer bytes and polls: it sends everything every time."""
LINE = "2026-03-01T00:00:15.055000Z 01O step {:09} loss=0.11762 tok/s=5086 grad_norm=0.51 lr=0.00097600\n"
WIDTH = len(LINE.format(0))
"""Bytes of a line."""
RATE = 50_000
"""Lines a second."""
STEPS = 10
"""Times a second that the job prints."""
PATIENCE = 120.0
"""Seconds that the end is waited for."""


class Server(NamedTuple):
    """A simulated GitLab in a process of its own, with a job that runs until it is told to end."""

    process: subprocess.Popen[str]
    url: str
    token: str
    project: int
    job: int

    @property
    def job_id(self) -> str:
        """Id of the `JobRun`."""
        return f"work:{self.project}:job:{self.job}"

    def order(self, session: requests.Session, **body: object) -> None:
        """Change what the job has printed."""
        session.post(f"{self.url}/-/simulator/job", json={"id": self.job, **body}, timeout=60).raise_for_status()

    def end(self) -> None:
        """Let the job end."""
        assert self.process.stdin is not None
        self.process.stdin.write("end\n")
        self.process.stdin.flush()


def serve(settings: SimulatorSettings) -> None:
    """Serve a world whose time stands still once its training job runs; a line on stdin lets it end, the end stops."""
    clock = ManualClock(time.time())
    with Simulator(settings, clock) as simulator:
        world, token = simulator.world, simulator.tokens["maintainer"]
        project = world.paths[PROJECT]
        made = requests.post(
            f"{simulator.url}/api/v4/projects/{project.id}/pipeline",
            json={"ref": "main"}, headers={"PRIVATE-TOKEN": token}, timeout=10,
        ).json()  # fmt: skip
        jobs = world.pipelines[made["id"]].jobs

        def advance() -> None:
            with world.lock:
                clock.advance(5.0)
                world.advance()

        while not (running := [job for job in jobs if job.name == "train" and job.status == "running"]):
            advance()
        told = {"url": simulator.url, "token": token, "project": project.id, "job": running[0].id}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        for _ in sys.stdin:
            while running[0].finished_at is None:
                advance()


@contextmanager
def server(way: str) -> Iterator[Server]:
    """A running server of a kind."""
    command = [sys.executable, "-m", "tests.bench.bench_tail", "--serve", way]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdin is not None
    try:
        yield Server(process, **json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(10)


class Relay:
    """Hands a server's connections through and counts what it answers, in bytes."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.answered = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                upstream = socket.create_connection(self._target)
                for one in (client, upstream):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._copy, args=(client, upstream, False), daemon=True).start()
                threading.Thread(target=self._copy, args=(upstream, client, True), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(262_144):
                self.answered += len(data) if counted else 0
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def lines(first: int, count: int) -> str:
    """Lines as the job prints them."""
    return "".join(LINE.format(number) for number in range(first, first + count))


def measure_wire(way: str, size: int, polls: int, folder: Path) -> None:
    """A log that grows to `size` bytes over `polls` polls."""
    files, digest = LogFiles(folder / way), hashlib.sha256()
    with server(way) as running, requests.Session() as session:
        relay = Relay(running.url)
        settings = ConnectionSettings(kind="gitlab", url=relay.url)
        source = GitLabSource(
            "work", settings, Credential(kind="private_token", secret=Secret(running.token), origin="")
        )
        running.order(session, action="write", text="")
        printed, step, spent = 0, size // WIDTH // polls, 0.0
        for _ in range(polls):
            text = lines(printed, step)
            digest.update(text.encode())
            printed += step
            running.order(session, action="append", text=text)
            began = time.monotonic()
            held = files.size(running.job_id)
            for piece in source.trace(
                running.project, running.job, held, lambda start, length: files.read(running.job_id, start, length)
            ):
                held = files.append(running.job_id, held, piece.data)
            spent += time.monotonic() - began
        source.close()
        relay.close()
        whole = hashlib.sha256(files.path(running.job_id).read_bytes())
        same = "equal" if whole.digest() == digest.digest() else "NOT EQUAL"
        print(
            f"  {way:12} {held / 1e6:6.1f} MB over {polls:3} polls: {relay.answered / 1e6:8.1f} MB answered, "
            f"{relay.answered / held:6.3f} x its size, {1000 * spent / polls:5.1f} ms a poll, {same}", flush=True,
        )  # fmt: skip


def rss(pid: int) -> float:
    """Resident memory of a process in MB."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


class Flood:
    """Prints `RATE` lines a second into the server's log, and notes how far the copy is behind."""

    def __init__(self, running: Server, files: LogFiles, pid: int) -> None:
        self._server, self._files, self._pid = running, files, pid
        self.printed = 0
        self.digest = hashlib.sha256()
        self.behind: list[float] = []
        self.memory: list[float] = []

    def run(self, seconds: int) -> None:
        """Print for some seconds."""
        with requests.Session() as session:
            began = time.monotonic()
            for turn in range(seconds * STEPS):
                text = lines(self.printed, RATE // STEPS)
                self.digest.update(text.encode())
                self.printed += RATE // STEPS
                self._server.order(session, action="append", text=text)
                missing = self.printed * WIDTH - self._files.size(self._server.job_id)
                self.behind.append(missing / (RATE * WIDTH))
                if turn % STEPS == 0:
                    self.memory.append(rss(self._pid))
                time.sleep(max(began + (turn + 1) / STEPS - time.monotonic(), 0.0))


async def measure_flood(way: str, seconds: int, folder: Path) -> None:
    """A job that prints 5 MB a second, followed by an engine with its usual paces."""
    with server(way) as running, requests.Session() as session:
        running.order(session, action="write", text="")
        config = folder / "lineside.yaml"
        config.write_text(
            f"connections:\n  work:\n    kind: gitlab\n    url: {running.url}\n    token_env: BENCH_TOKEN\n"
            f"projects:\n  - {PROJECT}\nstore:\n  path: {folder}\n"
        )
        config.chmod(0o600)
        files, store = LogFiles(folder / "logs"), await open_store(folder / "lineside.db")
        topics = (f"log:{running.job_id}", "projects")
        expires = datetime.now(UTC) + timedelta(hours=1)
        await store.watch([Interest(id=topic, viewer="bench", topic=topic, expires=expires) for topic in topics])
        with (folder / "engine.log").open("wb") as told:
            engine = spawn(config, stderr=told, env={**os.environ, "BENCH_TOKEN": running.token})
        try:
            running.order(session, action="append", text="begun\n")
            await _until(lambda: files.size(running.job_id) > 0)
            running.order(session, action="write", text="")
            flood = Flood(running, files, engine.pid)
            began = time.monotonic()
            await asyncio.to_thread(flood.run, seconds)
            took = time.monotonic() - began
            total = flood.printed * WIDTH
            await _until(lambda: files.size(running.job_id) >= total)
            caught_up = time.monotonic() - began - took
            running.end()
            state = (await _complete(store, running.job_id)).log
            held = hashlib.sha256(files.path(running.job_id).read_bytes()).digest()
            same = "equal" if held == flood.digest.digest() and state.size == total else "NOT EQUAL"
            print(f"  {way}: {flood.printed:,} lines, {total / 1e6:.0f} MB in {took:.1f} s: {same}")
            print(
                f"    behind by {sorted(flood.behind)[len(flood.behind) // 2]:.2f} s in the middle, "
                f"{max(flood.behind):.2f} s at most; the last line held {caught_up:.2f} s after it was printed"
            )
            print(
                f"    engine's memory {flood.memory[0]:.0f} MB at first, {max(flood.memory):.0f} MB at most", flush=True
            )
        finally:
            engine.stop()
            await store.close()


async def _until(check: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError("the log never came")
        await asyncio.sleep(0.02)


async def _complete(store: Any, job_id: str) -> JobRun:
    deadline = time.monotonic() + PATIENCE
    while True:
        found = await store.get(JobRun, job_id)
        if found is not None and found.log.complete:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError("the log never was complete")
        await asyncio.sleep(0.05)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--polls", type=int, default=200)
    parser.add_argument("--flood", type=int, default=60, help="seconds; 0 leaves it out")
    parser.add_argument("--serve", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(SimulatorSettings(history_days=0, activity=0, failure_rate=0, rate_limit=0, **WAYS[given.serve]))
        return
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as name:
        folder, size = Path(name), int(given.megabytes * 1e6)
        print("a log that grows, and what the server answers", flush=True)
        for way in WAYS:
            less = LESS if way == "whole" else 1
            measure_wire(way, size // less, max(given.polls // less, 1), folder)
        print("  (a server that always sends the whole log costs half as many times its size as there are polls)")
        if given.flood:
            print(f"a job that prints {RATE:,} lines a second for {given.flood} s", flush=True)
            asyncio.run(measure_flood("byte_offset", given.flood, folder))


if __name__ == "__main__":
    main()
