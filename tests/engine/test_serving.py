"""`lineside engine` as a service on a team's store: what it says on stdout, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from data.config.settings import MONGO_DB_URL
from data.simulator import ManualClock, Simulator, SimulatorSettings
from tests.engine.conftest import CHURN, LONGEST
from tests.team.ferret import FerretDB, ferret

pytestmark = pytest.mark.server
PASSWORD = "pa55word"


class Running:
    """A service; `lines` are those of its stdout, as they come."""

    def __init__(self, folder: Path, url: str, mongo: str, token: str, *more: str) -> None:
        config = folder / "config.yaml"
        config.write_text(
            f"connections:\n  work:\n    kind: gitlab\n    url: {url}\n    token_env: TEST_TOKEN\n"
            f"projects:\n  - {CHURN}\n"
        )
        env = {**os.environ, "TEST_TOKEN": token, MONGO_DB_URL: mongo, "LINESIDE_DATA_DIR": str(folder / "data")}
        command = [sys.executable, "-m", "tui.cli", "--config", str(config), "engine", *more]
        with (folder / "stderr").open("wb") as told:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, env=env)
        self.lines: Queue[str] = Queue()
        self.all: list[str] = []
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line.decode())

    def next(self, *states: str) -> dict[str, Any]:
        """The next line of JSON with one of these states."""
        deadline = time.monotonic() + LONGEST
        while True:
            line = self.lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            self.all.append(line)
            found: dict[str, Any] = json.loads(line)
            if found["state"] in states:
                return found

    def end(self) -> float:
        """Send SIGTERM; seconds until it has ended."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LONGEST)
        return time.monotonic() - began


@pytest.fixture
def mongo(tmp_path: Path) -> Iterator[FerretDB]:
    """A server of the test's own."""
    with ferret(tmp_path / "ferretdb") as server:
        yield server


def test_a_service_outlives_its_store_and_says_how_it_does(mongo: FerretDB, tmp_path: Path) -> None:
    mongo.kill()
    quick = f"serverSelectionTimeoutMS=300&timeoutMS=1000&appName={PASSWORD}"
    with Simulator(SimulatorSettings(history_days=0, activity=0), ManualClock(time.time())) as simulator:
        url = mongo.url("lineside", options=quick)
        service = Running(tmp_path, simulator.url, url, simulator.tokens["maintainer"], "--json")
        try:
            away = service.next("opening")
            while not away["trouble"]:
                away = service.next("opening")
            assert away["leases"] == [] and away["projects"] == 1
            mongo.start()
            found = service.next("ok")
            while not found["leases"]:
                found = service.next("ok")
            assert found["connections"]["work"] == "ok" or service.next("ok")["connections"]["work"] == "ok"
            mongo.freeze()
            assert service.next("away")["trouble"]
            mongo.thaw()
            assert service.next("ok")["trouble"] == ""
            mongo.freeze()
            assert service.end() < 1.5 and service.process.returncode == 0
            mongo.thaw()
            assert service.next("ended")["owner"] == found["owner"]
        finally:
            service.process.kill()
            service.process.wait(LONGEST)
    assert not [line for line in service.all if PASSWORD in line]
    assert "Traceback" not in (tmp_path / "stderr").read_text()
