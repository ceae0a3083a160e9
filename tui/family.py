"""The jobs of a run and of the runs that its trigger jobs started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from data.model.run import JobRun, PipelineRun

if TYPE_CHECKING:
    from data.store.port import Changes, Store

PAGE = 500
"""Jobs read at once: few enough that turning them into records does not hold up a key."""
JOBS = 20_000
"""Jobs of one family that are read; GitLab allows some thousand in a pipeline, and each of them could start another."""
STRANGERS = 200
"""Changed jobs that were not known before and are looked at one by one; of more, everything is read again."""


class Family(NamedTuple):
    """Jobs by the id of their run, and the child runs by their own; `whole`: all that the store has were looked for."""

    jobs: dict[str, list[JobRun]]
    children: dict[str, PipelineRun]
    whole: bool = False

    def all_jobs(self) -> list[JobRun]:
        """The jobs of all of them."""
        return [job for jobs in self.jobs.values() for job in jobs]


async def read_family(store: Store, run: PipelineRun) -> Family:
    """Jobs of the run and, level by level, of the runs that its trigger jobs started: children and other projects'."""
    jobs: dict[str, list[JobRun]] = {}
    children: dict[str, PipelineRun] = {}
    level = [run.id]
    count = 0
    while level and count < JOBS:
        found = await read_jobs(store, level)
        count += len(found)
        for job in found:
            jobs.setdefault(job.pipeline_run_id, []).append(job)
        known = {run.id, *children}
        wanted = {job.downstream for job in found if job.downstream} - known
        new = await store.get_many(PipelineRun, sorted(wanted)) if wanted else {}
        children.update(new)
        level = list(new)
    return Family(jobs, children, whole=True)


async def read_jobs(store: Store, run_ids: Sequence[str]) -> list[JobRun]:
    """All jobs of some runs, earlier attempts included."""
    found: list[JobRun] = []
    after: str | None = None
    while len(found) < JOBS:
        page = await store.page(JobRun, where={"pipeline_run_id": list(run_ids)}, after=after, limit=PAGE)
        found += page.records
        after = page.after
        if after is None:
            break
    return found


async def renewed(store: Store, run: PipelineRun, family: Family, changes: Changes) -> Family | None:
    """`family` with what changed; itself when nothing of it did, None when everything must be read again."""
    if changes.deleted.get(JobRun):
        return None
    touched = changes.put.get(JobRun, frozenset())
    known = {job.id for job in family.all_jobs()}
    prefixes = {f"{one.connection}:{one.git_project_id}:" for one in (run, *family.children.values())}
    strangers = [id_ for id_ in touched - known if id_.rpartition("job:")[0] in prefixes]
    if len(strangers) > STRANGERS:
        return None
    jobs = await store.get_many(JobRun, sorted(touched & known | set(strangers)))
    mine = {run.id, *family.children}
    awaited = {job.downstream for job in family.all_jobs() if job.downstream} - mine
    if awaited & changes.put.get(PipelineRun, frozenset()):
        return None
    fresh = {id_: job for id_, job in jobs.items() if job.pipeline_run_id in mine}
    if any(job.downstream and job.downstream not in mine for job in fresh.values()):
        return None
    runs = await store.get_many(PipelineRun, sorted(changes.put.get(PipelineRun, frozenset()) & family.children.keys()))
    if not fresh and not runs:
        return family
    return family._replace(jobs=_with(family.jobs, fresh, known), children={**family.children, **runs})


def _with(jobs: dict[str, list[JobRun]], fresh: dict[str, JobRun], known: set[str]) -> dict[str, list[JobRun]]:
    touched = {job.pipeline_run_id for job in fresh.values()}
    changed = {
        run_id: [fresh.get(job.id, job) for job in mine] if run_id in touched else mine for run_id, mine in jobs.items()
    }
    for job in fresh.values():
        if job.id not in known:
            changed.setdefault(job.pipeline_run_id, []).append(job)
    return changed
