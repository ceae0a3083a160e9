"""Real servers for tests, each on a free port of this machine and ended with its own process."""

from __future__ import annotations

import importlib.util
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

START = 60.0
"""Seconds after which a server that does not answer is given up."""
END = 10.0
"""Seconds that a server has to end by itself."""


@dataclass(frozen=True, slots=True)
class MlflowServer:
    """A running `mlflow server`.

    Attributes:
        url: its base URL.
        database: tracking URI of the file behind it.
        folder: where its file and its artifacts lie.
    """

    url: str
    database: str
    folder: Path


def readable(stream: IO[bytes] | int, seconds: float) -> bool:
    """Whether something can be read from a pipe or terminal within `seconds`; for descriptors of any number."""
    poll = select.poll()
    poll.register(stream, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(seconds * 1000))


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running_mlflow(folder: Path, *options: str, port: int = 0) -> Iterator[MlflowServer]:
    """An MLflow server with one worker and without its background jobs, which cost seconds and gigabytes.

    It goes on with what another one left in `folder`. Without a `port` it takes a free one.
    """
    for package in ("mlflow", "flask", "sqlalchemy"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs the package {package} (lineside[server])")
    port, database = port or free_port(), f"sqlite:///{folder / 'mlflow.db'}"
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", database, "--artifacts-destination", str(folder / "artifacts"), *options),
    ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "GITLAB", "CI_"))}
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "HOME": str(folder)}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=kept | quiet, stdout=log, stderr=log, start_new_session=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _await(f"{url}/health", process, folder / "server.log")
            yield MlflowServer(url, database, folder)
        finally:
            _end(process)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with opener.open(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server and its workers: they are a process group of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(END)
            return
        except subprocess.TimeoutExpired:
            continue


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """One MLflow server for all tests of a session: each test makes an experiment of its own."""
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as server:
        yield server
