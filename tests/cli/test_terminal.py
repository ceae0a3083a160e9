"""Commands on a terminal: colours, widths, questions and Ctrl+C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tui.cli
from data.simulator.server import Simulator
from data.simulator.settings import SimulatorSettings
from tests.cli.conftest import Invoke, failed_job, fill
from tests.cli.test_act import outbox
from tests.cli.test_demo import SMALL
from tests.terminal.pty import Terminal
from tui.cli.failures import INTERRUPTED

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def size_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal alone says how large it is; pytest-xdist sets COLUMNS for its workers."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)


ROOT = str(Path(tui.cli.__file__).parents[2])
ENTRY = f"""
import os, sys
while not os.get_terminal_size(1).columns:
    pass  # the other end has not said yet how large the terminal is
sys.path.insert(0, {ROOT!r})
from tui.cli import main
sys.exit(main())
"""


def lineside(*words: str, columns: int = 100, env: dict[str, str] | None = None) -> Terminal:
    """The program in a terminal, in the folder of the test."""
    return Terminal([sys.executable, "-c", ENTRY, *words], columns=columns, rows=40, env=env)


def end(terminal: Terminal, *, seconds: float = 60) -> int:
    """The exit code, once everything that was written has been read."""
    code = terminal.wait_exit(seconds=seconds)
    while terminal.read():
        pass
    return code


@pytest.mark.usefixtures("store_file")
@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_table_fits_its_terminal(columns: int) -> None:
    with lineside("runs", "--limit", "12", columns=columns) as terminal:
        assert end(terminal) == 0
        rows = [line for line in terminal.screen.display if line.strip()]
        assert len(rows) == 13
        assert "status" in rows[0]
        assert b"\x1b[31m" in terminal.raw


@pytest.mark.usefixtures("store_file")
@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_none_are_wanted(env: dict[str, str]) -> None:
    with lineside("runs", env=env) as terminal:
        assert end(terminal) == 0
        assert b"\x1b[" not in terminal.raw
    with lineside("--no-color", "logs", "1033", "--timeout", "0") as terminal:
        end(terminal)
        assert b"\x1b" not in terminal.raw
        assert b"CUDA out of memory" in terminal.raw


@pytest.mark.usefixtures("store_file")
def test_a_raw_log_does_not_reach_a_terminal() -> None:
    with lineside("logs", "1033", "--raw") as terminal:
        assert end(terminal) == 2
        assert "would obey the control sequences" in terminal.text


@pytest.mark.parametrize("answer", ["\r", "n\r", "\x04"])
def test_the_answer_is_no_unless_it_is_yes(store_file: Path, answer: str) -> None:
    with lineside("--no-engine", "cancel", "#100") as terminal:
        terminal.wait("Cancel churn #100? [y/N]")
        terminal.send(answer)
        assert end(terminal) in {1, INTERRUPTED}
    assert outbox(store_file) == []


def test_ctrl_c_takes_a_command_back(store_file: Path) -> None:
    with lineside("--no-engine", "cancel", "#100") as terminal:
        terminal.wait("Cancel churn #100? [y/N]")
        terminal.send("y\r")
        terminal.wait(lambda _: bool(outbox(store_file)))
        terminal.send("\x03")
        assert end(terminal) == INTERRUPTED
        assert "taken back, nothing was sent" in terminal.text
        assert "Traceback" not in terminal.text
    assert [command.state for command in outbox(store_file)] == ["withdrawn"]


def test_ctrl_c_ends_following_a_log(store_file: Path) -> None:
    fill(store_file, failed_job(complete=False))
    with lineside("--no-engine", "logs", "1033", "--follow") as terminal:
        terminal.wait("ERROR: Job failed")
        terminal.send("\x03")
        assert end(terminal) == INTERRUPTED, terminal.text
        assert "KeyboardInterrupt" not in terminal.text


@pytest.mark.server
def test_a_demo_that_is_terminated_gives_the_terminal_back(tmp_path: Path) -> None:
    with lineside("demo", *SMALL, env={"TMPDIR": str(tmp_path)}) as terminal:
        terminal.wait("Churn", seconds=60)
        os.kill(terminal.pid, signal.SIGTERM)
        assert end(terminal) == 128 + signal.SIGTERM
        assert b"\x1b[?1049l" in terminal.raw[terminal.raw.rindex(b"\x1b[?1049h") :]
        assert b"Traceback" not in terminal.raw
    assert list(tmp_path.glob("lineside-demo-*")) == []


@pytest.mark.server
def test_a_checkout_needs_no_configuration(
    invoke: Invoke, own_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SimulatorSettings(projects=1, history_days=0.2, activity=0, failure_rate=0)
    with Simulator(settings) as gitlab:
        remote = f"{gitlab.url}/ml/customer/churn.git"
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", remote], check=True)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(own_world / "none"))
        monkeypatch.setenv("GITLAB_HOST", gitlab.url)
        monkeypatch.setenv("GITLAB_TOKEN", gitlab.tokens["maintainer"])
        synced = invoke("sync", "--once", "--timeout", "60")
        assert synced.code == 0, synced.err
        assert [one["path"] for one in invoke("projects", "--json").json] == ["ml/customer/churn"]
        launched = invoke("launch", "churn", "--yes", "--timeout", "60")
        assert launched.code == 0, launched.err
