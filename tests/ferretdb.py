"""A server for tests that speaks MongoDB's wire protocol: FerretDB with SQLite, or one that the environment names."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

URL: Final = "LINESIDE_TEST_MONGO_URL"
"""Environment variable with the URL of a server that tests may make databases on."""
NAME: Final = "ferretdb"
PATIENCE: Final = 20.0
"""Seconds to wait for the server."""
POLL: Final = 0.05
REASON: Final = f"no MongoDB server: neither {URL} nor the program `{NAME}` (.ci/ferretdb builds it)"


def _find() -> Path | None:
    if found := shutil.which(NAME):
        return Path(found)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lineside"
    go = Path(os.environ.get("GOBIN") or Path(os.environ.get("GOPATH") or Path.home() / "go") / "bin")
    return next((place for place in (cache / NAME, go / NAME) if os.access(place, os.X_OK)), None)


PROGRAM: Final = _find()
"""FerretDB: on the path, where `.ci/ferretdb` puts it, or where `go install` does. Tests have another home."""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """URL of a running server, without a database; it keeps its files in `folder`, and ends with the context."""
    if given := os.environ.get(URL):
        yield given.rstrip("/")
        return
    if PROGRAM is None:
        pytest.skip(REASON)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("data", "state"):
        (folder / name).mkdir(parents=True)
    arguments = (
        "--handler=sqlite",
        f"--sqlite-url=file:{folder}/data/?_pragma=synchronous(off)",
        f"--listen-addr=127.0.0.1:{port}",
        "--telemetry=disable",
        f"--state-dir={folder}/state",
        "--debug-addr=-",
        "--log-level=error",
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, *arguments], stdout=log, stderr=log)
    try:
        _wait(process, port, folder / "log")
        yield f"mongodb://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(POLL)
    raise RuntimeError(f"FerretDB did not start: {log.read_text(errors='replace')}")
