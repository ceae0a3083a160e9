"""`demo`: a simulated GitLab with two weeks of history, a local MLflow store, and the dashboard on both."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from data.errors import LinesideError, UsageError
from tui.cli.failures import say
from tui.options import OUTPUT_HELP, OUTPUTS, DashboardOptions, Output

if TYPE_CHECKING:
    from data.simulator.names import Theme

START_SECONDS = 60.0
"""How long the simulator may take to make its world."""
TRACKING_SECONDS = 20.0
"""How long the simulator may take to make its MLflow store before the engine starts without it."""
TRACKING_FILE = "mlflow.db"
"""The MLflow store in the demo's folder."""
REMOVE_SECONDS = 2.0
"""How long what is still being written into is tried to be removed."""
STOP_SECONDS = 5.0
"""How long a process may take to end before it is killed."""
SPEED = 4.0
"""How much faster than in life the demo's jobs run."""
RATE_LIMIT = 12_000
"""Requests a minute that the simulated GitLab grants, as a server of one's own may: history is there in seconds."""
TEST_RUNS = 3
"""Runs of test repositories that are there at the start."""
PROJECTS = 6
"""Projects of the demo: those that the simulator has names for."""
TESTED_BY = "-tests"
"""End of the paths of test repositories (`data.simulator.templates_tests`)."""
TOKEN = "maintainer"
"""Whose token the demo works with (`data.simulator.server.Simulator.tokens`)."""
MARKER = ".lineside-demo"
"""File that marks a folder as made by the demo, so that no other folder is ever written over."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs.

    Attributes:
        folder: everything that it writes lies below.
        config: configuration file for its servers and its own store.
        url: address of the simulated GitLab.
        tokens: its tokens by name; they open nothing else.
        pid: process id of the simulator.
    """

    folder: Path
    config: Path
    url: str
    tokens: dict[str, str]
    pid: int


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder to keep it in.")
@click.option("--keep", is_flag=True, help="Leave the temporary folder behind.")
@click.option("--seed", default=1, show_default=True, help="Everything random follows from it.")
@click.option("--projects", type=click.IntRange(min=1), default=PROJECTS, show_default=True, help="Number of projects.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), default=SPEED, show_default=True, help="Pace of the jobs."
)
@click.option("--no-tui", is_flag=True, help="Say how to connect and run until Ctrl+C, without the dashboard.")
@click.option("--json", "as_json", is_flag=True, help="With --no-tui: say it as one line of JSON.")
@click.option("--output", type=click.Choice(OUTPUTS), help=OUTPUT_HELP)
@click.pass_obj
def demo_cli(
    options: DashboardOptions,
    /,
    folder: Path | None,
    keep: bool,
    no_tui: bool,
    as_json: bool,
    output: Output | None,
    **world: Any,
) -> int:
    """Try Lineside without a server.

    A simulated GitLab with two weeks of history and an MLflow store run on this machine; all is removed at the end.
    """
    if not no_tui and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the dashboard needs a terminal", hint="lineside demo --no-tui runs without it")
    options = replace(options, output=output or options.output)
    return run_demo(options, folder=folder, keep=keep, no_tui=no_tui, as_json=as_json, **world)


def run_demo(
    options: DashboardOptions | None = None,
    *,
    folder: Path | None = None,
    keep: bool = False,
    no_tui: bool = False,
    as_json: bool = False,
    seed: int = 1,
    projects: int = PROJECTS,
    speed: float = SPEED,
) -> int:
    """Start the demo, and the dashboard on it; returns the dashboard's exit code when the user quits.

    Raises:
        UsageError: the folder holds something else.
        LinesideError: the simulator does not start.
    """
    options = options or DashboardOptions()
    with ended_by_signals(), demo_folder(folder, keep=keep) as place, simulator(place, seed, projects, speed) as told:
        demo = Demo(place, place / "config.yaml", told["url"], told["tokens"], told["pid"])
        write_config(demo, seed, projects)
        os.environ["LINESIDE_DATA_DIR"] = str(place / "data")
        os.environ["LINESIDE_STATE_DIR"] = str(place / "state")
        if no_tui:
            return serve(demo, options, as_json=as_json)
        from tui.app import run_dashboard

        return run_dashboard(replace(options, config=demo.config, store=None))


def serve(demo: Demo, options: DashboardOptions, *, as_json: bool) -> int:
    """Say how to connect, keep an engine running, and wait to be ended."""
    engine = None
    if options.engine:
        from data.engine.process import spawn

        wait_for_tracking(demo.folder / TRACKING_FILE)
        engine = spawn(demo.config)
    try:
        if as_json:
            facts = {"config": str(demo.config), "url": demo.url, "tokens": demo.tokens, "pid": demo.pid}
            print(json.dumps({**facts, "folder": str(demo.folder)}), flush=True)
        else:
            print(f"lineside --config {demo.config}", flush=True)
            say(f"GitLab simulator on {demo.url}; Ctrl+C ends it")
        while True:
            signal.pause()
    finally:
        if engine is not None:
            engine.stop()


def wait_for_tracking(path: Path) -> None:
    """Wait until the simulator has made its MLflow store, up to `TRACKING_SECONDS`.

    An engine that nobody watches looks rarely for a store that was not there when it began. The tables are complete
    when the first run is in them.
    """
    deadline = time.monotonic() + TRACKING_SECONDS
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(path.as_uri() + "?mode=ro", uri=True)) as file,
        ):
            if file.execute("SELECT 1 FROM runs LIMIT 1").fetchone():
                return
        time.sleep(0.1)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into a normal end, so that what was started is ended and removed."""

    ended: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ended.append(number)
        raise SystemExit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    except Exception:
        if ended:  # what fails while the terminal is taken away is no news
            raise SystemExit(128 + ended[0]) from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def demo_folder(folder: Path | None, *, keep: bool) -> Iterator[Path]:
    """The named folder, begun anew, or a temporary one that is removed at the end.

    Raises:
        UsageError: the named folder holds something that the demo has not made.
    """
    if folder is None:
        place = Path(tempfile.mkdtemp(prefix="lineside-demo-"))
    else:
        place = folder.expanduser().absolute()
        if place.exists() and any(place.iterdir()) and not (place / MARKER).exists():
            raise UsageError(f"{place} holds something else", hint="name a new folder, or an empty one")
        if place.exists():
            shutil.rmtree(place)
        place.mkdir(mode=0o700, parents=True)
    (place / MARKER).touch()
    try:
        yield place
    finally:
        if folder is None and not keep:
            _remove(place)
        else:
            say(f"the demo's files are in {place}")


def _remove(place: Path) -> None:
    """Remove the folder; an engine that was ended by a signal with us may still write for a moment."""
    end = time.monotonic() + REMOVE_SECONDS
    while place.exists() and time.monotonic() < end:
        shutil.rmtree(place, ignore_errors=True)
        time.sleep(0.05)


@contextlib.contextmanager
def simulator(place: Path, seed: int, projects: int, speed: float) -> Iterator[dict[str, Any]]:
    """A simulator process that logs to MLflow below `place`; yields what it says of itself. It ends with us.

    Raises:
        LinesideError: it does not start.
    """
    given = {
        "seed": seed,
        "projects": projects,
        "speed": speed,
        "mlflow-uri": tracking_uri(place),
        "rate-limit": RATE_LIMIT,
        "test-runs": TEST_RUNS,
    }
    options = [text for name, value in given.items() for text in (f"--{name}", str(value))]
    errors = place / "simulator.log"
    with errors.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tui.cli", "simulate", "--json", "--parent", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _first_line(process, errors)
    finally:
        _end(process)


def tracking_uri(place: Path) -> str:
    """Tracking URI of the demo's MLflow store."""
    return f"sqlite:///{place / TRACKING_FILE}"


def _first_line(process: subprocess.Popen[bytes], errors: Path) -> dict[str, Any]:
    assert process.stdout is not None
    deadline, text = time.monotonic() + START_SECONDS, b""
    while b"\n" not in text:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 65_536) if ready else b""
        if not piece:
            reason = "it ended" if ready else f"it said nothing for {START_SECONDS:g} s"
            raise LinesideError(f"the simulator did not start: {reason}", hint=f"its own words are in {errors}")
        text += piece
    facts: dict[str, Any] = json.loads(text.partition(b"\n")[0])
    return facts


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process by its id, and wait for it."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def write_config(demo: Demo, seed: int, projects: int) -> None:
    """Write the demo's configuration: its servers, and every simulated project with two ways to start it."""
    import yaml

    from data.simulator.names import theme

    themes = [theme(seed, index) for index in range(projects)]
    content = {
        "connections": {
            "gitlab": {"kind": "gitlab", "url": demo.url, "token": demo.tokens[TOKEN]},
            "mlflow": {"kind": "mlflow", "url": tracking_uri(demo.folder)},
        },
        "projects": [
            {
                "project": f"{one.group}/{one.path}",
                "experiment": one.path,
                "labels": list(one.topics),
                "pipelines": [{"name": "training", "apis": _apis(one)}],
            }
            for one in themes
        ],
        "store": {"path": str(demo.folder / "data")},
        "sync": {"history": "30d"},
    }
    demo.config.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    demo.config.chmod(0o600)


def _apis(theme: Theme) -> list[dict[str, Any]]:
    """Two ways to start a project; the projects that the simulator has test repositories for are tested by them."""
    from data.simulator.names import THEMES

    tested = {"test_repository": f"{theme.group}/{theme.path}{TESTED_BY}"} if theme in THEMES else {}
    return [_api("train-e2e", 30) | tested, _api("quick-check", 3) | tested]


def _api(name: str, epochs: int) -> dict[str, Any]:
    variables = {"EPOCHS": {"value": str(epochs), "kind": "number", "description": "Passes over the data"}}
    return {"name": name, "user_variables": variables}
