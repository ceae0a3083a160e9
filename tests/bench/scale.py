"""Makes a store with a long history in minutes: python -m tests.bench.scale FILE [--runs 1000000]

The rows are those that `Store.put` would write, made by the same functions; only the indexes are built at the end, and
nothing is kept for a rollback.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from data.model import PipelineRun, Project, StageRun
from data.store.open import open_store
from data.store.sqlite import index
from data.store.sqlite.rows import document, head_row
from data.store.sqlite.tables import Home, home

BATCH: Final = 5_000
"""Runs that share a revision, as those of one `put` do."""
PROJECTS: Final = 50
"""Projects among which runs are spread."""
STATUSES: Final = ("success",) * 7 + ("failed", "failed", "canceled")
RUNNING: Final = 10
"""Newest runs, which are still running."""
METRICS: Final = (
    "val_auc", "val_loss", "loss", "acc", "val_acc", "f1", "precision", "recall", "rmse", "mae", "lr", "grad_norm",
    "throughput", "perplexity", "bleu", "map", "ndcg", "logloss", "brier", "latency",
)  # fmt: skip
"""Names of metrics; further ones are numbered."""
PARAMS: Final[dict[str, tuple[str, ...]]] = {
    "lr": ("0.1", "0.01", "0.001", "0.0003", "0.0001"),
    "batch_size": ("16", "32", "64", "128", "256"),
    "optimizer": ("adamw", "sgd", "lion", "adafactor"),
    "epochs": ("5", "10", "20", "50"),
    "dropout": ("0", "0.1", "0.2", "0.5"),
    "scheduler": ("cosine", "linear", "constant"),
    "backbone": ("resnet50", "vit-b16", "convnext-tiny", "efficientnet-b3"),
    "augment": ("true", "false"),
}
"""Names of parameters and their values; `seed` is different in each run, further ones are numbered."""
WORDS: Final = ("fix", "tune", "loader", "warm-up", "loss", "docs", "seed", "cache", "embed", "grad", "clip", "eval")
_SEED: Final = "seed"
_COMMITS: Final = 5
"""Runs of one commit."""


def projects() -> list[Project]:
    """The projects of all runs."""
    return [
        Project(id=f"gitlab:{n}", name=f"project-{n}", path=f"ml/project-{n}", connection="gitlab", git_project_id=n)
        for n in range(PROJECTS)
    ]


def make_runs(count: int, newest: datetime, metrics: int, params: int) -> Iterator[PipelineRun]:
    """Runs a minute apart, oldest first, each with so many metrics and parameters."""
    chance = random.Random(count)
    names = [METRICS[n] if n < len(METRICS) else f"metric_{n}" for n in range(metrics)]
    known = [*PARAMS, _SEED]
    choices = [known[n] if n < len(known) else f"param_{n}" for n in range(params)]
    sha = ""
    for number in range(1, count + 1):
        if number % _COMMITS == 1:
            sha = f"{chance.getrandbits(160):040x}"
        created = newest - timedelta(minutes=count - number)
        yield _run(number, created, sha, names, choices, chance, running=number > count - RUNNING)


def _run(
    number: int,
    created: datetime,
    sha: str,
    metrics: Sequence[str],
    params: Sequence[str],
    chance: random.Random,
    *,
    running: bool,
) -> PipelineRun:
    project = number % PROJECTS
    status = "running" if running else chance.choice(STATUSES)
    took = chance.random() * 7200
    ended = None if running else created + timedelta(seconds=9 + took)
    names = ("data", "train", "evaluate", "deploy")
    return PipelineRun(
        id=f"gitlab:{project}:{number}",
        project_id=f"gitlab:{project}",
        pipeline_id=f"gitlab:{project}:train",
        run_info_id=f"nightly-{number // 4}" if number % 8 < 4 else "",
        connection="gitlab",
        git_project_id=project,
        git_pipeline_id=number,
        run_number=number // PROJECTS,
        status=status,
        trigger_type="push",
        triggered_by=f"user{chance.randrange(80)}",
        ref=chance.choice(("main", "develop", f"feature/{chance.randrange(5000)}")),
        git_commit_hash=sha,
        commit_title=" ".join(chance.choices(WORDS, k=6)),
        created=created,
        updated=ended or created,
        start=created + timedelta(seconds=9),
        completion=ended,
        execution_time=took,
        queued_time=chance.random() * 100,
        success_count=3 if status == "failed" else 4,
        failed_count=int(status == "failed"),
        job_count=4,
        stages=tuple(StageRun(name=name, order=n, status=status) for n, name in enumerate(names)),
        metrics={name: chance.random() for name in metrics},
        params={name: _param(name, number, chance) for name in params},
        experiment=f"experiment-{chance.randrange(50)}",
        dataset=f"customers-{project % 7}@{chance.randrange(40):08x}",
        model=f"model-{project}" if status == "success" and number % 3 == 0 else "",
        web_url=f"https://gitlab.example/ml/project-{project}/-/pipelines/{number}",
        jobs_synced=True,
    )


def _param(name: str, number: int, chance: random.Random) -> str:
    if name == _SEED:
        return str(number)
    return chance.choice(PARAMS[name]) if name in PARAMS else f"{chance.randrange(100) / 100}"


def build(
    path: Path, runs: int = 1_000_000, metrics: int = 20, params: int = 20, newest: datetime | None = None
) -> None:
    """Make a store of `runs` runs at `path`, where there is none; the last one was created at `newest` (now)."""

    asyncio.run(make(path, runs, metrics, params, newest))


async def make(path: Path, runs: int, metrics: int, params: int, newest: datetime | None = None) -> None:
    """As `build`, for those who have an event loop."""
    store = await open_store(path)
    await store.put(projects())
    await store.close()
    await asyncio.to_thread(_write, path, make_runs(runs, newest or datetime.now(UTC), metrics, params))


def _write(path: Path, runs: Iterator[PipelineRun]) -> None:
    raw = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
            raw.execute(f"PRAGMA {pragma}")
        told = raw.execute("SELECT * FROM sqlite_stat1").fetchall()  # dropping an index takes its line there, too
        indexes = _drop_indexes(raw, home(PipelineRun))
        raw.execute("BEGIN")
        _fill(raw, runs)
        raw.execute("COMMIT")
        for statement in indexes:
            raw.execute(statement)
        raw.execute("DELETE FROM sqlite_stat1")
        raw.executemany("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", told)
        raw.execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def _drop_indexes(raw: sqlite3.Connection, at: Home) -> list[str]:
    """Drop the indexes of runs; returns the statements that make them again."""
    tables = [at.head.name] + ([at.entries.values.name] if at.entries else [])
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
    found = [row for table in tables for row in raw.execute(made, (table,)).fetchall()]
    for name, _ in found:
        raw.execute(f"DROP INDEX {name}")
    return [statement for _, statement in found]


def _fill(raw: sqlite3.Connection, made: Iterator[PipelineRun]) -> None:
    at = home(PipelineRun)
    assert at.entries is not None and at.texts is not None
    names: dict[str, int] = {}
    (revision,) = raw.execute("SELECT value FROM counter WHERE name = 'revision'").fetchone()
    first, batch = 1, _batch(made)
    while batch:
        revision += 1
        heads = [head_row(at.kind, run, n, revision) for n, run in enumerate(batch, first)]
        columns = list(heads[0])
        _insert(raw, at.head.name, columns, [tuple(row.values()) for row in heads])
        _insert(raw, at.body.name, ["n", "doc"], [(n, document(run)) for n, run in enumerate(batch, first)])
        _insert(raw, at.texts.name, ["rowid", "search"], [(row["n"], row["search"]) for row in heads])
        found = [(n, index.entries(at, run)) for n, run in enumerate(batch, first)]
        for name in sorted({name for _, entries in found for name in entries} - names.keys()):
            names[name] = len(names) + 1
            _insert(raw, at.entries.names.name, ["k", "name"], [(names[name], name)])
        rows = sorted((n, names[name], value) for n, entries in found for name, value in entries.items())
        _insert(raw, at.entries.values.name, ["n", "k", "value"], rows)
        first += len(batch)
        batch = _batch(made)
    raw.execute("UPDATE counter SET value = ? WHERE name = 'revision'", (revision,))


def _batch(made: Iterator[PipelineRun]) -> list[PipelineRun]:
    return list(islice(made, BATCH))


def _insert(raw: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    named, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
    raw.executemany(f"INSERT INTO {table} ({named}) VALUES ({marks})", rows)


def main() -> None:
    """Read the arguments and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--metrics", type=int, default=20)
    parser.add_argument("--params", type=int, default=20)
    given = parser.parse_args()
    begun = time.perf_counter()
    build(given.file, given.runs, given.metrics, given.params)
    size = given.file.stat().st_size
    print(f"{given.runs:,} runs in {time.perf_counter() - begun:.0f} s; {size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
