"""Fills a store with many runs, as a long history leaves them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.model import PipelineRun, Project, StageRun
from data.store.open import open_store

BATCH = 5_000
"""Records of one transaction."""
PROJECTS = 20
"""Projects among which the runs are spread."""
STATUSES = ("success",) * 7 + ("failed", "failed", "canceled")


def runs(count: int, now: datetime) -> list[PipelineRun]:
    """`count` finished runs, newest last."""
    chance = random.Random(7)
    made = []
    for number in range(1, count + 1):
        project = chance.randrange(1, PROJECTS + 1)
        status = chance.choice(STATUSES)
        created = now - timedelta(minutes=3 * (count - number) + 5)
        made.append(
            PipelineRun(
                id=f"gitlab:{project}:{number}",
                project_id=f"gitlab:{project}",
                pipeline_id=f"gitlab:{project}:default",
                connection="gitlab",
                git_project_id=project,
                git_pipeline_id=number,
                status=status,
                ref=chance.choice(("main", "develop", "feat/lr")),
                git_commit_hash=f"{chance.getrandbits(160):040x}",
                created=created,
                updated=created + timedelta(minutes=4),
                start=created + timedelta(seconds=20),
                completion=created + timedelta(minutes=4),
                execution_time=220,
                triggered_by=chance.choice(("ada", "bo", "chen")),
                trigger_type="push",
                stages=tuple(StageRun(name=name, status=status) for name in ("data", "train", "deploy")),
                metrics={"val_auc": chance.random()},
                jobs_synced=True,
            )
        )
    return made


async def fill(path: Path, count: int, now: datetime | None = None) -> None:
    """Make a store with `count` runs at `path`, the newest of which is some minutes older than `now`."""
    store = await open_store(path)
    names = [
        Project(id=f"gitlab:{n}", name=f"project-{n}", connection="gitlab", git_project_id=n, path=f"ml/project-{n}")
        for n in range(1, PROJECTS + 1)
    ]
    await store.put(names)
    everything = runs(count, now or datetime.now(UTC))
    for start in range(0, count, BATCH):
        await store.put(everything[start : start + BATCH])
    await store.close()
