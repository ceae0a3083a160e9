"""The model registry of one MLflow connection: names, versions, and which run made what."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from data.engine.desk import Desk
from data.engine.server import Server
from data.engine.tracking_runs import RunsCopy
from data.errors import Forbidden, NotFound, Refused
from data.model import ModelVersion, Record, RegisteredModel, TrackedRun, git_id
from data.sources.mlflow import TrackingSource

log = logging.getLogger(__name__)

MAX_STORED: Final = 100_000
"""Records of one kind that are compared with the server's."""


class Registry:
    """Copies the registry. It is read as a whole: a new alias or tag moves no time (MLflow source, model registry)."""

    def __init__(self, name: str, server: Server[TrackingSource], desk: Desk, copy: RunsCopy) -> None:
        self._name, self._server, self._desk, self._copy = name, server, desk, copy
        self._read: tuple[list[RegisteredModel], list[ModelVersion]] = ([], [])
        self._stale = True

    def load(self) -> None:
        """Compare everything with the store at the next reading."""
        self._stale = True

    def runs_changed(self, ids: Iterable[str]) -> None:
        """MLflow runs changed, perhaps their links, which versions repeat."""
        makers = {git_id(self._name, one.run_id) for one in self._read[1] if one.run_id}
        self._stale = self._stale or not makers.isdisjoint(ids)

    async def read(self) -> None:
        """Read the registry, where there is one; one that is as it was costs the store nothing."""
        try:
            models = await self._server.call(lambda source: source.registered_models())
            versions = await self._server.call(lambda source: source.model_versions(models)) if models else []
        except (NotFound, Forbidden, Refused) as error:
            log.debug("%s: there is no model registry to read: %s", self._name, error)
            return
        if (models, versions) == self._read and not self._stale:
            return
        before = _models_by_run(self._read[1] if not self._stale else await self._stored_versions())
        await self._desk.put(self._name, [*models, *await self._linked(versions)])
        await self._forget(RegisteredModel, {one.id for one in models})
        await self._forget(ModelVersion, {one.id for one in versions})
        self._copy.models = now = _models_by_run(versions)
        again = self._stale
        self._read, self._stale = (models, versions), False
        await self._tell_runs(
            now, {run for run in before.keys() | now.keys() if again or before.get(run) != now.get(run)}
        )

    async def _linked(self, versions: Sequence[ModelVersion]) -> list[ModelVersion]:
        """The versions with the run of the pipeline that made them."""
        ids = {git_id(self._name, one.run_id) for one in versions if one.run_id}
        linked = {run.id: run.pipeline_run_id async for run in self._desk.each_of(TrackedRun, ids)}
        return [_made_by(one, git_id(self._name, one.run_id), linked) for one in versions]

    async def _tell_runs(self, now: Mapping[str, tuple[str, ...]], changed: set[str]) -> None:
        """Write at the runs of which models they made versions."""
        async for run in self._desk.each_of(TrackedRun, (git_id(self._name, run_id) for run_id in changed)):
            names = now.get(run.run_id, ())
            if run.models != names:
                await self._desk.edit(self._name, TrackedRun, run.id, lambda one: replace(one, models=names))  # noqa: B023

    async def _stored_versions(self) -> list[ModelVersion]:
        return await self._desk.all(ModelVersion, {"connection": self._name}, limit=MAX_STORED)

    async def _forget(self, kind: type[Record], kept: set[str]) -> None:
        stored = await self._desk.all(kind, {"connection": self._name}, limit=MAX_STORED)
        gone = [one.id for one in stored if one.id not in kept]
        if gone:
            await self._desk.delete(self._name, kind, gone)


def _models_by_run(versions: Iterable[ModelVersion]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for one in versions:
        if one.run_id:
            found.setdefault(one.run_id, set()).add(one.name)
    return {run_id: tuple(sorted(names)) for run_id, names in found.items()}


def _made_by(version: ModelVersion, tracked_id: str, linked: Mapping[str, str]) -> ModelVersion:
    """A version with the MLflow run that made it; `linked` are the runs of those that are known."""
    if tracked_id not in linked:
        return version
    return replace(version, tracked_run_id=tracked_id, pipeline_run_id=linked[tracked_id])
