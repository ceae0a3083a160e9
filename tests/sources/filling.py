"""Fills the database behind an MLflow server by SQL, since jobs' own requests would take hours for a large one."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path

from tests.servers import MlflowServer

LATEST = "insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, ?, 0, ?)"
POINTS = "insert into metrics (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, ?, 0, ?)"
PARAMS = "insert into params (key, value, run_uuid) values (?, ?, ?)"
TAGS = "insert into tags (key, value, run_uuid) values (?, ?, ?)"
RUNS = (
    "insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
    " end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
    " values (?, ?, 'UNKNOWN', '', '', 'ada', ?, ?, ?, '', 'active', ?, ?)"
)
EXPERIMENTS = (
    "insert into experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace)"
    " values (?, ?, 'active', ?, ?, 'default')"
)


QUICK = ("pragma journal_mode = memory", "pragma synchronous = off", "pragma cache_size = -100000")
"""How SQLite writes what is not worth keeping when the machine fails."""

TOOK, AGO = 3_600_000, 3_600_000
"""Milliseconds that a finished run took, and that the newest of them ended ago at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much is written: `running` of all runs are under way, the newest ones."""

    experiments: int = 1
    runs: int = 10
    """Of each experiment."""
    metrics: int = 20
    params: int = 20
    tags: int = 10
    running: int = 0


def database(server: MlflowServer) -> Path:
    """The file behind a server."""
    return Path(server.database.removeprefix("sqlite:///"))


def fill(server: MlflowServer, shape: Shape, prefix: str = "wide") -> tuple[list[str], list[str]]:
    """Write experiments with runs; ids of the experiments, and of the runs, the newest first."""
    now = int(time.time() * 1000)
    with opened(server) as file:
        experiments = [_experiment(file, f"{prefix}-{number}", now) for number in range(shape.experiments)]
        runs = []
        for number in range(shape.experiments * shape.runs):
            start = now - 60_000 * number - (0 if number < shape.running else TOOK + AGO)
            end = None if number < shape.running else start + TOOK
            runs.append(_run(file, shape, experiments[number % shape.experiments], start, end))
    return experiments, runs


@contextmanager
def opened(server: MlflowServer) -> Iterator[sqlite3.Connection]:
    """The file behind a server, for one transaction."""
    with closing(sqlite3.connect(database(server), timeout=60)) as file:
        for pragma in QUICK:
            file.execute(pragma)
        with file:
            yield file


def long_history(server: MlflowServer, run_id: str, key: str, points: int) -> None:
    """Write the history of one metric, a point a second, its last one as the newest value."""
    start = int(time.time() * 1000) - 1000 * points
    with opened(server) as file:
        file.executemany(POINTS, _history(run_id, key, points, start))
        file.execute(LATEST, (key, 1 / points, start + 1000 * points, points - 1, run_id))


def _history(run_id: str, key: str, points: int, start: int) -> Iterator[tuple[object, ...]]:
    times = range(start, start + 1000 * points, 1000)
    values = [1 / (step + 1) for step in range(points)]
    return zip(repeat(key), values, times, range(points), repeat(run_id))


def _experiment(file: sqlite3.Connection, name: str, now: int) -> str:
    columns = {row[1] for row in file.execute("pragma table_info(experiments)")}
    older = EXPERIMENTS.replace(", workspace", "").replace(", 'default'", "")
    statement = EXPERIMENTS if "workspace" in columns else older
    return str(file.execute(statement, (name, f"mlflow-artifacts:/{name}", now, now)).lastrowid)


def _run(file: sqlite3.Connection, shape: Shape, experiment: str, start: int, end: int | None) -> str:
    # Ids that rise with time keep what is written together side by side in the tables' indexes.
    run_id, name = f"{time.time_ns():016x}{uuid.uuid4().hex[:16]}", f"brave-fox-{start % 1_000_000}"
    status, logged = ("RUNNING", int(time.time() * 1000)) if end is None else ("FINISHED", end)
    file.execute(RUNS, (run_id, name, status, start, end, f"mlflow-artifacts:/{experiment}/{run_id}", int(experiment)))
    values = [number / (start % 997 + 1) for number in range(shape.metrics)]
    file.executemany(LATEST, zip(_metrics(shape.metrics), values, repeat(logged), repeat(999), repeat(run_id)))
    units = [str(start % 97 + number) for number in range(shape.params)]
    file.executemany(PARAMS, zip(_params(shape.params), units, repeat(run_id)))
    file.executemany(TAGS, ((f"tag_{number}", f"value {start}", run_id) for number in range(shape.tags)))
    file.execute(TAGS, ("mlflow.runName", name, run_id))
    return run_id


@cache
def _metrics(count: int) -> list[str]:
    return [f"group_{number % 30}/metric_{number:04d}" for number in range(count)]


@cache
def _params(count: int) -> list[str]:
    return [f"model.layer_{number:03d}.units" for number in range(count)]
