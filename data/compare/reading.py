"""Reads from a store what a comparison shows, a few runs at a time, so that a screen lives on meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from data.compare.facts import Facts, Known, facts_of
from data.linked import read_linked
from data.model import Experiment, JobRun, PipelineRun, TrackedRun

if TYPE_CHECKING:
    from data.store.port import Store

Run: TypeAlias = PipelineRun | TrackedRun

PIECE: Final = 8
"""Runs read at a time: those of thousands of metrics each hold the interpreter for some milliseconds."""
JOBS: Final = 500
"""Jobs read at a time."""


async def read_facts(
    store: Store, kind: type[PipelineRun] | type[TrackedRun], ids: Sequence[str], names: Mapping[str, str]
) -> AsyncIterator[list[tuple[Run, Facts]]]:
    """The runs of a kind that exist among `ids`, in their order, with what can be compared of each.

    `names` tells the names of projects by id; those of experiments are read where they are missing.
    """
    for start in range(0, len(ids), PIECE):
        part = ids[start : start + PIECE]
        if kind is PipelineRun:
            yield await _pipeline_runs(store, part, names)
        else:
            yield await _tracked_runs(store, part, names)


async def _pipeline_runs(store: Store, ids: Sequence[str], names: Mapping[str, str]) -> list[tuple[Run, Facts]]:
    runs = await store.get_many(PipelineRun, ids)
    linked = await read_linked(store, runs.values())
    images = await _images(store, list(runs))
    return [
        (run, facts_of(run, Known(names, linked.get(run.id, ()), images.get(run.id, ()))))
        for run in (runs[id_] for id_ in ids if id_ in runs)
    ]


async def _tracked_runs(store: Store, ids: Sequence[str], names: Mapping[str, str]) -> list[tuple[Run, Facts]]:
    runs = await store.get_many(TrackedRun, ids)
    wanted = {f"{run.connection}:{run.experiment_id}" for run in runs.values()} - names.keys()
    experiments = await store.get_many(Experiment, sorted(wanted)) if wanted else {}
    called = {**names, **{id_: one.name for id_, one in experiments.items()}}
    job_ids = sorted({run.job_run_id for run in runs.values() if run.job_run_id})
    jobs = await store.get_many(JobRun, job_ids) if job_ids else {}
    return [
        (run, facts_of(run, Known(called, images=[jobs[run.job_run_id].image] if run.job_run_id in jobs else ())))
        for run in (runs[id_] for id_ in ids if id_ in runs)
    ]


async def _images(store: Store, ids: Sequence[str]) -> dict[str, set[str]]:
    """Container images of the jobs of runs, by run."""
    found: dict[str, set[str]] = {}
    after: str | None = None
    while ids:
        page = await store.page(JobRun, where={"pipeline_run_id": list(ids)}, after=after, limit=JOBS)
        for job in page.records:
            found.setdefault(job.pipeline_run_id, set()).add(job.image)
        after = page.after
        if after is None:
            break
    return found
