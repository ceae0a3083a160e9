"""Launches, and what is asked of them, for the tests of the queue."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from data.config import ConnectionSettings, PipelineSettings, ProjectSettings, Secret, Settings
from data.model import Command, Submission
from tests.engine.conftest import CHURN, Lab, until

PLAIN = "ml/supply-chain/planning/demand-forecast"
"""A project without child pipelines."""


def pairs(**values: str) -> list[dict[str, str]]:
    """Variables as a payload holds them."""
    return [{"key": key, "value": value} for key, value in values.items()]


def launch_command(
    lab: Lab, run_id: str, *, path: str = CHURN, fields: dict[str, Any] | None = None, **more: Any
) -> Command:
    """A launch with its RUN_ID; `fields` are those of the command, the rest of its payload."""
    variables = pairs(EPOCHS="3", RUN_ID=run_id) + more.pop("variables", [])
    payload = {"ref": "main", "run_id": run_id, "variables": variables, **more}
    given: dict[str, Any] = {
        "id": str(uuid.uuid4()), "kind": "launch", "connection": "work", "project_id": lab.project_id(path),
        "title": f"launch {run_id}", "payload": payload, "by": "ada", "created": datetime.now(UTC),
    }  # fmt: skip
    return Command(**given | (fields or {}))


async def launch(
    lab: Lab, run_id: str, *, path: str = CHURN, fields: dict[str, Any] | None = None, **more: Any
) -> Command:
    """Ask for one."""
    command = launch_command(lab, run_id, path=path, fields=fields, **more)
    await lab.store.submit(command)
    return command


def limited(
    lab: Lab, *paths: str, most: int = 0, connection: int = 0, timeout: float = 0, who: str = "maintainer"
) -> Settings:
    """A configuration whose pipelines, and whose connection, take so many launches at a time; 0 for any number."""
    server = ConnectionSettings(
        kind="gitlab", url=lab.simulator.url, token=Secret(lab.simulator.tokens[who]), timeout_read=5.0,
        max_concurrent=connection,
    )  # fmt: skip
    pipelines = [PipelineSettings(name="train", max_concurrent=most, timeout=timeout)]
    projects = [ProjectSettings(project=path, connection="work", pipelines=pipelines) for path in paths or (CHURN,)]
    return lab.settings(projects=projects, connections={"work": server})


async def order_of(lab: Lab) -> list[str]:
    """RUN_IDs of the pipelines that were created, in this order."""
    return [one["variables"]["RUN_ID"] for one in await lab.requested()]


async def says(lab: Lab, command: Command, words: str, state: str = "queued") -> Command:
    """The command, once its answer has these words."""

    async def check() -> Command | None:
        now = await lab.store.get(Command, command.id)
        return now if now is not None and now.state == state and words in now.answer else None

    return await until(check, f"{command.title} never said {words}")


async def submission(lab: Lab, command: Command, fits: Callable[[Submission], object] = bool) -> Submission:
    """The submission of a launch, once it fits."""

    async def check() -> Submission | None:
        found = await lab.store.get(Submission, command.id)
        return found if found is not None and fits(found) else None

    return await until(check, f"the submission of {command.title} never got there")


def most_at_a_time(lab: Lab, ids: Sequence[int]) -> int:
    """How many of these pipelines ran at the same moment of the simulated world, at most."""
    world = lab.simulator.world
    with world.lock:
        spans = [(world.pipelines[id].created_at, world.pipelines[id].finished_at) for id in ids]
    # What ends at the moment at which another one begins has made place for it.
    edges = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans if end is not None])
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most
