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

from collections.abc import Sequence
from typing import Final

from pymongo import UpdateOne

from data.model import JobRun, Pipeline, PipelineRun, Project, Record, Session
from data.store.kinds import KINDS
from data.store.mongo.client import Server
from data.store.mongo.homes import OWN, Document, escaped, home
from data.store.mongo.keys import FOREIGN
from data.store.mongo.reading import by_ids
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
        names = ("user_id", "repo_name", "repo_url", "branch", "commit_hash", "is_remote", "time")
        return {name: getattr(record, name) for name in names}
    return {}


def is_foreign(id_: str) -> bool:
    """Whether a record was found in another tool's document."""
    return id_.startswith(f"{FOREIGN}:")


async def mirror(server: Server, records: Sequence[Record], write: Write) -> None:
    """Write what records mean for documents of the plain design that are not their own."""
    await _log(server, records, write)
    pipelines = [one for one in records if isinstance(one, Pipeline) and not is_foreign(one.project_id)]
    if pipelines:
        await write.go_on()
        await _configure(server, pipelines)


async def _log(server: Server, records: Sequence[Record], write: Write) -> None:
    """Write stages and jobs into the documents of their runs, as far as those are there."""
    runs = [one for one in records if isinstance(one, PipelineRun) and one.stages and not is_foreign(one.id)]
    jobs = [one for one in records if isinstance(one, JobRun) and not one.retried and not is_foreign(one.id)]
    at = home(PipelineRun)
    known = {one.id for one in runs}
    known |= set(await by_ids(server, at, list({one.pipeline_run_id for one in jobs} - known), {}))
    updates = [UpdateOne({"_id": run.id}, {"$set": _stages(run)}) for run in runs]
    logs: dict[str, list[Document]] = {}
    for job in jobs:
        if job.pipeline_run_id in known:
            logs.setdefault(job.pipeline_run_id, []).append(_job(job))
    for id_, several in logs.items():
        for start in range(0, len(several), _JOBS):
            values = {path: value for one in several[start : start + _JOBS] for path, value in one.items()}
            updates.append(UpdateOne({"_id": id_}, {"$set": values}))
    if updates:
        await write.go_on()
        await server.database[at.collection].bulk_write(updates)


def _stages(run: PipelineRun) -> Document:
    values: Document = {}
    for stage in run.stages:
        path = _stage_path(stage.name)
        values |= {
            f"{path}.stage_name": stage.name,
            f"{path}.stage_status": stage.status,
            f"{path}.start_time": stage.start,
            f"{path}.completion_time": stage.completion,
        }
    return values


def job_path(job: JobRun) -> str:
    """Where a job stands in the document of its run."""
    return f"{_stage_path(job.stage)}.jobs.{escaped(job.name)}"


def _stage_path(name: str) -> str:
    return f"logs.{escaped(name) or _UNNAMED}"


def _job(job: JobRun) -> Document:
    mine = job_path(job)
    return {
        f"{_stage_path(job.stage)}.stage_name": job.stage,
        f"{mine}.job_name": job.name,
        f"{mine}.job_status": job.status,
        f"{mine}.allows_failure": job.allows_failure,
        f"{mine}.start_time": job.start,
        f"{mine}.completion_time": job.completion,
    }


async def _configure(server: Server, pipelines: Sequence[Pipeline]) -> None:
    found = server.database[home(Project).collection].find({"_id": {"$in": [one.project_id for one in pipelines]}})
    paths = {one["_id"]: one["lineside"]["f"] for one in await found.to_list()}
    updates = []
    for one in pipelines:
        known = paths.get(one.project_id, {})
        repo = str(known.get("path") or known.get("name") or one.project_id)
        key = {"repo_name": repo, "repo_url": one.repository_url, "branch": one.default_ref}
        path = f"pipelines.{escaped(one.name)}"
        values: Document = {
            f"{OWN}.project_id": one.project_id,
            f"{path}.pipeline_file_name": one.pipeline_file_name,
            f"{path}.pipeline_config": one.pipeline_config,
            f"{path}.job_run_history": list(one.job_run_history),
            f"{path}.active": one.active,
            f"{path}.running": one.running,
            f"{path}.last_commit_hash": one.last_commit_hash,
        }
        updates.append(UpdateOne(key, {"$set": values}, upsert=True))
    await server.database[REPO_CONFIGS].bulk_write(updates)
