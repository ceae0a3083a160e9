"""The demo: complete within seconds, on nothing but this machine, and gone without a trace at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tui.cli
from tests.cli.conftest import Invoke
from tests.servers import readable
from tests.terminal.pty import Terminal
from tui.cli.demo import MARKER

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

ROOT = Path(tui.cli.__file__).parents[2]
DEADLINE = 60.0
"""Seconds until something that should happen counts as not happening."""
HISTORY_DEADLINE = 150.0
"""As `DEADLINE`, for what servers, an engine and commands work at: on a busy machine that takes a minute."""
PAUSE = 0.05
"""Seconds between two looks whether something has happened."""
CLI_PAUSE = 0.5
"""As `PAUSE`, where a look is a whole command, which takes the processor from what it waits for."""
SMALL = ("--projects", "2")


@contextmanager
def demo(*words: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """A demo without the dashboard, and what it says of itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    with process:
        try:
            assert process.stdout is not None
            assert readable(process.stdout, DEADLINE)
            yield process, json.loads(process.stdout.readline())
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(DEADLINE)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def until(condition: Callable[[], bool], seconds: float = DEADLINE, pause: float = PAUSE) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(pause)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_everything(number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with demo("--no-engine", "demo", "--no-tui", "--json", *SMALL) as (process, facts):
        folder = Path(facts["folder"])
        assert folder.parent == tmp_path
        assert alive(facts["pid"])
        os.kill(process.pid, number)
        assert process.wait(DEADLINE) == 128 + number
        assert not alive(facts["pid"])
        assert not folder.exists()


def test_the_simulator_does_not_outlive_a_killed_demo(tmp_path: Path) -> None:
    with demo("--no-engine", "demo", "--no-tui", "--json", "--dir", str(tmp_path / "demo"), *SMALL) as (process, facts):
        process.kill()
        process.wait(DEADLINE)
        until(lambda: not alive(facts["pid"]))


@pytest.mark.timeout(2 * HISTORY_DEADLINE + DEADLINE)
def test_history_is_there_within_seconds(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "demo"
    monkeypatch.setenv("LINESIDE_DATA_DIR", "")
    with demo("demo", "--no-tui", "--json", "--dir", str(folder), *SMALL) as (_, facts):
        config = ("--config", facts["config"])

        def runs(*filters: str) -> list[dict[str, Any]]:
            return list(invoke(*config, "runs", *filters, "--json", "--limit", "0").json)

        until(lambda: len(runs("status:finished")) >= 100, HISTORY_DEADLINE, CLI_PAUSE)
        projects = invoke(*config, "projects", "--json").json
        assert {one["path"] for one in projects} == {"ml/customer/churn", "ml/risk/fraud-detection"}
        until(lambda: any(run["metrics"] for run in runs()), HISTORY_DEADLINE, CLI_PAUSE)
        examined = invoke(*config, "doctor", "--json")
        assert examined.code == 0, examined.out
        assert [one["state"] for one in examined.json["connections"]] == ["ok", "ok"]
    assert (folder / MARKER).exists()


def test_a_folder_with_something_else_is_left_alone(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    shown = invoke("demo", "--no-tui", "--dir", str(tmp_path))
    assert shown.code == 2
    assert "holds something else" in shown.err
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.terminal
def test_the_dashboard_on_the_demo(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tui.cli", "demo", *SMALL]
    with Terminal(command, env={"TMPDIR": str(tmp_path)}, cwd=ROOT) as terminal:
        terminal.wait("Churn", seconds=DEADLINE)
        folders = list(tmp_path.glob("lineside-demo-*"))
        assert len(folders) == 1
        terminal.send("\x11")
        assert terminal.wait_exit(seconds=DEADLINE) == 0
    assert list(tmp_path.glob("lineside-demo-*")) == []


@pytest.mark.terminal
def test_hanging_up_removes_the_demo(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tui.cli", "demo", *SMALL]
    with Terminal(command, env={"TMPDIR": str(tmp_path)}, cwd=ROOT) as terminal:
        terminal.wait("Churn", seconds=DEADLINE)
        os.kill(terminal.pid, signal.SIGHUP)
        terminal.wait_exit(seconds=DEADLINE)
    until(lambda: list(tmp_path.glob("lineside-demo-*")) == [])
