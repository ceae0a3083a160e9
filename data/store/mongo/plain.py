"""The fields of the plain design, which other tools read: `sessions`, `repo_configs`, `jobs_history`.

    sessions       user_id (key), repo_name, repo_url, branch, commit_hash, is_remote, time
    repo_configs   repo_name, repo_url, branch (key); pipelines by name: pipeline_file_name, pipeline_config,
                   job_run_history, active, running, last_commit_hash
    jobs_history   pipeline_name, run_number, git_commit_hash, pipeline_config_used, status, start_time,
                   completion_time; logs by stage: stage_name, stage_status, start_time, completion_time, and jobs by
                   name: job_name, job_status, allows_failure, start_time, completion_time, job_logs

Names that are keys are escaped (`data.store.mongo.homes.escaped`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import UpdateOne

from data.model import JobRun, Pipeline, PipelineRun, Project, Record, Session
from data.store.kinds import KINDS
from data.store.mongo.bulk import update
from data.store.mongo.client import Server
from data.store.mongo.ends import ends
from data.store.mongo.foreign import SESSION
from data.store.mongo.homes import OWN, Document, escaped, home
from data.store.mongo.keys import FOREIGN
from data.store.mongo.reading import by_ids, get_many
from data.store.mongo.revisions import Write

REPO_CONFIGS: Final = "repo_configs"
_JOBS: Final = 100
"""Jobs that one update writes: what it takes grows with the square of the fields."""
_UNNAMED: Final = "_"
"""Key of a stage without a name."""


def plain(record: Record) -> Document:
    """The plain fields of a record's own document, all but `logs`. Documents of other tools keep theirs."""
    if is_foreign(record.id):
        return {}
    if isinstance(record, PipelineRun):
        return {
            "pipeline_name": KINDS[PipelineRun].fields["pipeline"].get(record),
            "run_number": record.run_number,
            "git_commit_hash": record.git_commit_hash,
            "pipeline_config_used": record.pipeline_config_used,
            "status": record.status,
            "start_time": record.start,
            "completion_time": record.completion,
        }
    if isinstance(record, Session):
        return {name: getattr(record, name) for name in SESSION}
    return {}


def is_foreign(id_: str) -> bool:
    """Whether a record was found in another tool's document."""
    return id_.startswith(f"{FOREIGN}:")


async def shadows(server: Server, records: Sequence[Record]) -> dict[str, Document]:
    """What jobs and pipelines mean for documents of the plain design that are not their own, by their ids.

    A job is left out while its run is not there.
    """
    found: dict[str, Document] = {}
    runs = {one.id for one in records if isinstance(one, PipelineRun)}
    jobs = [one for one in records if isinstance(one, JobRun) and not one.retried and not is_foreign(one.id)]
    asked = list({one.pipeline_run_id for one in jobs} - runs)
    runs |= set(await by_ids(server, home(PipelineRun), asked, {}))
    for one in records:
        if isinstance(one, Pipeline) and not is_foreign(one.project_id):
            found[one.id] = _pipeline(one)
    jobs = [one for one in jobs if one.pipeline_run_id in runs]
    logs = await ends(server, [one.id for one in jobs if one.log.complete and one.log.size])
    return found | {one.id: _job(one, logs.get(one.id)) for one in jobs}


async def mirror(server: Server, records: Sequence[Record], shades: Mapping[str, Document], write: Write) -> None:
    """Write the shadows of records."""
    logs: dict[str, list[Document]] = {}
    for one in records:
        if isinstance(one, JobRun):
            logs.setdefault(one.pipeline_run_id, []).append(shades[one.id])
    updates = []
    for id_, jobs in logs.items():
        for start in range(0, len(jobs), _JOBS):
            values = {path: value for one in jobs[start : start + _JOBS] for path, value in one.items()}
            updates.append(UpdateOne({"_id": id_}, {"$set": values}))
    if updates:
        await write.go_on()
        await update(server, home(PipelineRun).collection, updates)
    pipelines = [one for one in records if isinstance(one, Pipeline)]
    if pipelines:
        await write.go_on()
        await _configure(server, pipelines)


def stages(run: PipelineRun) -> Document:
    """The stages of a run that is new."""
    return {
        escaped(stage.name) or _UNNAMED: {
            "stage_name": stage.name,
            "stage_status": stage.status,
            "start_time": stage.start,
            "completion_time": stage.completion,
        }
        for stage in run.stages
    }


def stage_paths(run: PipelineRun) -> Document:
    """The same for one that is there: its jobs stay."""
    return {f"logs.{key}.{name}": value for key, values in stages(run).items() for name, value in values.items()}


def job_path(job: JobRun) -> str:
    """Where a job stands in the document of its run."""
    return f"{_stage_path(job.stage)}.jobs.{escaped(job.name)}"


def _stage_path(name: str) -> str:
    return f"logs.{escaped(name) or _UNNAMED}"


def _job(job: JobRun, log: str | None) -> Document:
    mine = job_path(job)
    end = {} if log is None else {f"{mine}.job_logs": log}
    return {
        f"{_stage_path(job.stage)}.stage_name": job.stage,
        f"{mine}.job_name": job.name,
        f"{mine}.job_status": job.status,
        f"{mine}.allows_failure": job.allows_failure,
        f"{mine}.start_time": job.start,
        f"{mine}.completion_time": job.completion,
        **end,
    }


async def _configure(server: Server, pipelines: Sequence[Pipeline]) -> None:
    projects = await get_many(server, Project, [one.project_id for one in pipelines])
    updates = []
    for one in pipelines:
        project = projects.get(one.project_id)
        repo = (project.path or project.name) if project is not None else one.project_id
        key = {"repo_name": repo, "repo_url": one.repository_url, "branch": one.default_ref}
        updates.append(UpdateOne(key, {"$set": _pipeline(one)}, upsert=True))
    await update(server, REPO_CONFIGS, updates)


def _pipeline(one: Pipeline) -> Document:
    path = f"pipelines.{escaped(one.name)}"
    return {
        f"{OWN}.project_id": one.project_id,
        f"{path}.pipeline_file_name": one.pipeline_file_name,
        f"{path}.pipeline_config": one.pipeline_config,
        f"{path}.job_run_history": list(one.job_run_history),
        f"{path}.active": one.active,
        f"{path}.running": one.running,
        f"{path}.last_commit_hash": one.last_commit_hash,
    }
