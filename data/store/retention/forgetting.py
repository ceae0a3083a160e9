"""Deletes runs from the store, with all that is theirs: jobs, logs, artifacts, reports, notes and labels."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

from msgspec.structs import replace

from data.model import (
    Artifact,
    Dataset,
    JobRun,
    Label,
    LogState,
    Model,
    Note,
    PipelineRun,
    Record,
    RunInfo,
    Submission,
    TestReport,
)
from data.store.logs import LogStore
from data.store.port import Store, Where

MEMBERS: Final = 500
"""Ids that one query names."""
PAGE: Final = 500
"""Records of what belongs to runs that are read together."""
R = TypeVar("R", bound=Record)


class Writer(Protocol):
    """Changes records, under a lease where there is one."""

    async def delete(self, kind: type[Record], ids: Sequence[str]) -> int:
        """Delete by id; returns how many there were."""

    async def edit(self, kind: type[R], edits: Mapping[str, Callable[[R], R]]) -> None:
        """Change stored records, each by its own edit."""


class Unleased:
    """Writes without a lease: for a person who deletes what no engine works on any more."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def delete(self, kind: type[Record], ids: Sequence[str]) -> int:
        """Delete by id; returns how many there were."""
        return await self._store.delete(kind, ids)

    async def edit(self, kind: type[R], edits: Mapping[str, Callable[[R], R]]) -> None:
        """Change stored records, each by its own edit."""
        found = await self._store.get_many(kind, list(edits))
        await self._store.put([edits[id](record) for id, record in found.items()])


class Belongings(NamedTuple):
    """What goes with some runs.

    Attributes:
        ids: ids of the records by their type, the runs themselves last: while these are there, a deletion that was cut
            off is done again.
        logs: ids of the jobs whose logs are held.
        bytes: size of these logs.
    """

    ids: dict[type[Record], list[str]]
    logs: list[str]
    bytes: int

    def numbers(self) -> Counter[type[Record]]:
        """How many records of each type."""
        return Counter({kind: len(ids) for kind, ids in self.ids.items() if ids})


async def belongings(store: Store, runs: Sequence[PipelineRun]) -> Belongings:
    """What goes with these runs."""
    run_ids = [run.id for run in runs]
    jobs: list[str] = []
    logs: list[str] = []
    size = 0
    async for job in _each(store, JobRun, "pipeline_run_id", run_ids):
        jobs.append(job.id)
        if job.log != LogState():
            logs.append(job.id)
            size += job.log.size
    artifacts = [one.id async for one in _each(store, Artifact, "job_run_id", jobs)]
    reports = await store.get_many(TestReport, run_ids)
    ids: dict[type[Record], list[str]] = {
        Dataset: [one.id async for one in _each(store, Dataset, "artifact_id", artifacts)],
        Model: [one.id async for one in _each(store, Model, "artifact_id", artifacts)],
        Artifact: artifacts,
        TestReport: list(reports),
        Note: [one.id async for one in _each(store, Note, "target_id", [*run_ids, *jobs])],
        Label: [one.id async for one in _each(store, Label, "target_id", [*run_ids, *jobs])],
        JobRun: jobs,
        PipelineRun: run_ids,
    }
    return Belongings(ids, logs, size)


async def forget(store: Store, logs: LogStore, writer: Writer, runs: Sequence[PipelineRun]) -> Belongings:
    """Delete runs with what belongs to them; returns what that was. Done again, it ends what was begun."""
    found = await belongings(store, runs)
    for job_id in found.logs:
        await asyncio.to_thread(logs.remove, job_id)
    for kind, ids in found.ids.items():
        if kind is PipelineRun:
            await _leave(store, writer, runs)
        if ids:
            await writer.delete(kind, ids)
    return found


async def _leave(store: Store, writer: Writer, runs: Sequence[PipelineRun]) -> None:
    """Take runs out of those that share a RUN_ID; where none is left and nobody asked for them, that goes, too."""
    going = {run.id for run in runs}
    infos = await store.get_many(RunInfo, sorted({run.run_info_id for run in runs if run.run_info_id}))
    if not infos:
        return
    asked = {one.run_id async for one in _each(store, Submission, "run_id", list(infos))}
    empty = [info.id for info in infos.values() if not _others(info, going) and info.id not in asked]
    await writer.delete(RunInfo, empty)
    await writer.edit(RunInfo, {id: lambda info: _without(info, going) for id in infos if id not in empty})


def _others(info: RunInfo, going: Collection[str]) -> set[str]:
    return {*info.runs, *filter(None, [info.test_run_id])}.difference(going)


def _without(info: RunInfo, going: Collection[str]) -> RunInfo:
    test_run = "" if info.test_run_id in going else info.test_run_id
    return replace(info, test_run_id=test_run, runs=tuple(run for run in info.runs if run not in going))


async def _each(store: Store, kind: type[R], field: str, ids: Sequence[str]) -> AsyncIterator[R]:
    """Records whose `field` is one of these ids."""
    for start in range(0, len(ids), MEMBERS):
        where: Where = {field: list(ids[start : start + MEMBERS])}
        after: str | None = None
        while True:
            page = await store.page(kind, where=where, after=after, limit=PAGE)
            for record in page.records:
                yield record
            after = page.after
            if after is None:
                break
