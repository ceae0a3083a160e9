"""A FerretDB that a test can freeze, kill and start again, on the same port and the same files."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.ferretdb import NAME, PATIENCE, PROGRAM
from tests.servers import free_port

REASON: Final = f"needs the program `{NAME}` (.ci/ferretdb builds it): a test stops it and starts it again"
POLL: Final = 0.02
"""Seconds between two looks whether it listens."""


class FerretDB:
    """One server; `folder` holds its files through every restart."""

    def __init__(self, folder: Path) -> None:
        if PROGRAM is None:
            pytest.skip(REASON)
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("data", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def url(self, database: str, port: int = 0, options: str = "") -> str:
        """URL of one of its databases, through another port if one is given."""
        return f"mongodb://127.0.0.1:{port or self.port}/{database}{options and '?' + options}"

    def start(self) -> None:
        """Listen again, with what was there."""
        command = (
            str(PROGRAM), "--handler=sqlite", f"--sqlite-url=file:{self.folder}/data/?_pragma=synchronous(off)",
            f"--listen-addr=127.0.0.1:{self.port}", "--telemetry=disable", f"--state-dir={self.folder}/state",
            "--debug-addr=-", "--log-level=error",
        )  # fmt: skip
        with (self.folder / "log").open("ab") as told:
            self._process = subprocess.Popen(command, stdout=told, stderr=told)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(POLL)
        raise RuntimeError(f"FerretDB did not start: {(self.folder / 'log').read_text(errors='replace')}")

    def freeze(self) -> None:
        """It still accepts connections (the system does) and answers nothing more."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """It ends in the middle of whatever it does, and nobody listens on its port."""
        self._send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(PATIENCE)
        self._process = None

    def stop(self) -> None:
        """End it, in whatever state it is."""
        if self._process is not None:
            self.kill()

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None, "it does not run"
        os.kill(self._process.pid, number)


@contextmanager
def ferret(folder: Path) -> Iterator[FerretDB]:
    """A running server, for the block."""
    server = FerretDB(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
