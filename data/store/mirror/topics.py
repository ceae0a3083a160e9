"""What the topics of Interests name: the records that a viewer needs who looks at one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final

from data.model import (
    Artifact,
    CiPreview,
    Command,
    Connection,
    JobRun,
    Label,
    MetricSeries,
    ModelVersion,
    Note,
    Pipeline,
    PipelineRun,
    Project,
    Record,
    Refs,
    RunInfo,
    Schedule,
    Submission,
    SyncState,
    TestReport,
    TrackedRun,
)
from data.store.port import Store, Where

MOST: Final = 2_000
"""Records of a kind that are brought for one topic; the rest comes with what is older."""
PAGE: Final = 500
"""Records of a request."""
NEWEST: Final = 200
"""Runs of a project that are brought at once."""
_PART: Final = re.compile(r"@-?\d+\.\.-?\d+$")
"""The end of a topic that names a part of a history."""
HISTORIES: Final = ("metrics", "metric")
"""Topics of histories, which the feed brings only to those who look at them."""
ALWAYS: Final = (*HISTORIES, "tests")
"""Topics that have to be brought even where everything older is here."""


async def records_of(store: Store, topic: str) -> Sequence[Record]:
    """The records that a topic names; none of one that nobody knows."""
    name, _, id_ = topic.partition(":")
    reader = _READERS.get(name)
    return [] if reader is None else await reader(store, id_)


def log_of(topic: str) -> str:
    """The job whose log a topic names, empty where it names none."""
    name, _, id_ = topic.partition(":")
    return id_ if name == "log" else ""


def histories(topics: Collection[str]) -> frozenset[str]:
    """The MLflow runs and histories that topics name."""
    pairs = (topic.partition(":") for topic in topics)
    return frozenset(_PART.sub("", id_) for name, _, id_ in pairs if name in HISTORIES)


async def _found(store: Store, kind: type[Record], where: Where | None, most: int = MOST) -> list[Record]:
    records: list[Record] = []
    after: str | None = None
    while len(records) < most:
        page = await store.page(kind, where=where, after=after, limit=min(PAGE, most - len(records)))
        records += page.records
        after = page.after
        if after is None:
            break
    return records


async def _together(*questions: Awaitable[Sequence[Record]]) -> list[Record]:
    return [record for some in await asyncio.gather(*questions) for record in some]


async def _some(store: Store, kind: type[Record], ids: Collection[str]) -> list[Record]:
    wanted = sorted(filter(None, ids))
    return list((await store.get_many(kind, wanted)).values()) if wanted else []


async def _all_projects(store: Store, _id: str) -> Sequence[Record]:
    return await _together(*(_found(store, kind, None) for kind in (Project, Pipeline, Connection, SyncState)))


async def _project(store: Store, id_: str) -> Sequence[Record]:
    of: Mapping[str, Any] = {"project_id": id_}
    return await _together(
        _some(store, Project, [id_]),
        _found(store, Pipeline, of),
        _found(store, SyncState, of),
        _found(store, PipelineRun, of, NEWEST),
    )


async def _run(store: Store, id_: str) -> Sequence[Record]:
    run = await store.get(PipelineRun, id_)
    if run is None:
        return []
    children = await _found(store, PipelineRun, {"parent_run_id": id_})
    runs = [id_, *(child.id for child in children)]
    jobs = await _found(store, JobRun, {"pipeline_run_id": runs})
    of = {"pipeline_run_id": id_}
    rest = await _together(
        _some(store, RunInfo, [run.run_info_id]),
        _some(store, Pipeline, [run.pipeline_id]),
        _found(store, TrackedRun, of),
        _found(store, Submission, of),
        _found(store, ModelVersion, of),
        _found(store, Artifact, {"job_run_id": [job.id for job in jobs]}),
        *(_found(store, kind, {"target_id": id_}) for kind in (Label, Note, Command)),
    )
    return [run, *children, *jobs, *rest]


async def _log(store: Store, id_: str) -> Sequence[Record]:
    return await _together(_some(store, JobRun, [id_]), _some(store, SyncState, [f"log:{id_}"]))


async def _metrics(store: Store, id_: str) -> Sequence[Record]:
    run = _PART.sub("", id_)
    return await _together(_some(store, TrackedRun, [run]), _found(store, MetricSeries, {"tracked_run_id": run}))


async def _metric(store: Store, id_: str) -> Sequence[Record]:
    return await _some(store, MetricSeries, {id_, _PART.sub("", id_)})


def _by_id(kind: type[Record]) -> Callable[[Store, str], Awaitable[Sequence[Record]]]:
    return lambda store, id_: _some(store, kind, [id_])


_READERS: Final[dict[str, Callable[[Store, str], Awaitable[Sequence[Record]]]]] = {
    "projects": _all_projects,
    "project": _project,
    "run": _run,
    "log": _log,
    "metrics": _metrics,
    "metric": _metric,
    "refs": _by_id(Refs),
    "preview": _by_id(CiPreview),
    "tests": _by_id(TestReport),
    "schedules": lambda store, id_: _found(store, Schedule, {"project_id": id_}),
}
