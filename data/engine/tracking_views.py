"""What is read of single MLflow runs because somebody looks at them: their newest state, models and artifacts."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final

from data.engine.budget import Rank
from data.engine.desk import Desk
from data.engine.server import Server
from data.engine.tracking_runs import RunsCopy
from data.errors import RateLimited, SourceError, Unreachable
from data.model import Artifact, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from data.sources.mlflow import FOLDER, TrackingSource

log = logging.getLogger(__name__)

FEW: Final = 12
"""Runs up to which each is read by itself; who compares more looks at their numbers, not at their artifacts."""
MAX_FOLDERS: Final = 40
"""Folders of one run's artifacts that are listed, a request each."""
MAX_FILES: Final = 1_000
"""Files and folders of one run that are stored."""
AGAIN: Final = 60.0
"""Seconds after which the artifacts of a running run are listed again."""


class Views:
    """Reads what is looked at."""

    def __init__(self, name: str, server: Server[TrackingSource], desk: Desk, copy: RunsCopy) -> None:
        self._name, self._server, self._desk, self._copy = name, server, desk, copy
        self._opened: set[str] = set()
        self._listed: dict[str, tuple[str, float]] = {}

    def forget(self) -> None:
        """Read what is looked at once more, as if it had just been opened."""
        self._opened.clear()
        self._listed.clear()

    async def read(self, ids: Sequence[str], *, slowed: bool) -> None:
        """Bring the runs with these ids up to date.

        `slowed`: the connection's runs are read less often than what somebody looks at.
        """
        active = [id.removeprefix(f"{self._name}:") for id in ids if id in self._opened]
        active = [run_id for run_id in active if run_id in self._copy.active]
        if behind := [run_id for run_id in active if slowed or self._copy.is_quiet(run_id)]:
            await self._copy.again(behind, Rank.PERSON)
        if 0 < len(ids) <= FEW:
            await self._read_closely(ids)
        self._opened = set(ids)
        self._listed = {id: listed for id, listed in self._listed.items() if id in self._opened}

    async def _read_closely(self, ids: Sequence[str]) -> None:
        runs = await self._desk.store.get_many(TrackedRun, ids)
        for id, run in runs.items():
            if id not in self._opened:
                await self._detail(run)
            if self._is_due(run):
                await self._list(run)

    async def _detail(self, run: TrackedRun) -> None:
        found = await self._server.call(lambda source: source.detail(run.run_id), rank=Rank.PERSON)
        await self._copy.take([found.run])
        if found.models:
            await self._desk.put(self._name, found.models)

    def _is_due(self, run: TrackedRun) -> bool:
        status, at = self._listed.get(run.id, ("", 0.0))
        return status != run.status or (run.status in TRACKED_ACTIVE and time.monotonic() - at > AGAIN)

    async def _list(self, run: TrackedRun) -> None:
        """Store what artifacts a run has; a store of artifacts that cannot be read is asked once."""
        self._listed[run.id] = (run.status, time.monotonic())
        try:
            found = await self._walk(run.run_id)
        except (Unreachable, RateLimited):
            del self._listed[run.id]
            raise
        except SourceError as error:
            log.info("%s: %s", self._name, error)
            return
        await self._desk.put(self._name, found)
        stored = await self._desk.all(Artifact, {"tracked_run_id": run.id}, limit=2 * MAX_FILES)
        here, files = {one.id for one in found}, f"{run.id}:artifact:"
        gone = [one.id for one in stored if one.id.startswith(files) and one.id not in here]
        if gone:
            await self._desk.delete(self._name, Artifact, gone)

    async def _walk(self, run_id: str) -> list[Artifact]:
        """The files of a run, and the folders that there were too many of, level by level."""
        found: list[Artifact] = []
        waiting = [""]
        for _ in range(MAX_FOLDERS):
            if not waiting or len(found) >= MAX_FILES:
                break
            path = waiting.pop(0)
            for one in await self._server.call(lambda source: source.artifacts(run_id, path), rank=Rank.PERSON):  # noqa: B023
                if FOLDER in one.metadata:
                    waiting.append(one.path)
                found.append(one)
        left = set(waiting)
        return [one for one in found if FOLDER not in one.metadata or one.path in left][:MAX_FILES]
