"""Takes up what another tool of the plain design has written: its documents become records, as far as they tell.

Its documents stay as they are, and get Lineside's subdocument beside their own fields, so that both tools go on working
with them. What they do not tell (a project's path, a job's number) stays empty.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bson import ObjectId

from data.errors import RecordError
from data.model import JobRun, Pipeline, PipelineRun, Project, Record, Session, make
from data.store.mongo.client import Server
from data.store.mongo.homes import OWN, REVISION, Document, home, unescaped
from data.store.mongo.keys import FOREIGN, id_of
from data.store.mongo.leases import give_back, take
from data.store.mongo.logs import MongoLogs
from data.store.mongo.plain import REPO_CONFIGS
from data.store.mongo.revisions import Revisions
from data.store.mongo.writing import put

CONNECTION: Final = "mongo"
"""Connection of records that were found in documents of other tools."""
UNKNOWN: Final = "unknown"
"""Project of runs whose pipeline no repository has."""
LEASE: Final = "adopt"
"""Lease under which it is done."""
_SECONDS: Final = 600.0
_NEW: Final[Document] = {REVISION: None}
"""Documents without a revision: an index knows them."""
_BATCH: Final = 100


async def adopt(server: Server, revisions: Revisions) -> int:
    """Take up all documents that are new, where no other client does; returns how many records came of them."""
    if not await _is_needed(server):
        return 0
    owner = f"{socket.gethostname()}:{os.getpid()}:{id(server)}"
    if await take(server, LEASE, owner, socket.gethostname(), _SECONDS, datetime.now(UTC)) is None:
        return 0
    try:
        return await _adopt(server, revisions)
    finally:
        await give_back(server, LEASE, owner)


async def _is_needed(server: Server) -> bool:
    for collection in (home(PipelineRun).collection, home(Session).collection):
        if await server.database[collection].find_one(_NEW, {"_id": 1}) is not None:
            return True
    return await server.database[REPO_CONFIGS].find_one({OWN: {"$exists": False}}, {"_id": 1}) is not None


async def _adopt(server: Server, revisions: Revisions) -> int:
    found = 0
    homes: dict[str, str] = {}
    async for document in server.database[REPO_CONFIGS].find():
        records = list(_repository(document))
        homes |= {one.name: one.project_id for one in records if isinstance(one, Pipeline)}
        if OWN not in document:
            found += await put(server, revisions, records)
            await server.database[REPO_CONFIGS].update_one({"_id": document["_id"]}, {"$set": {OWN: {"seen": True}}})
    async for document in server.database[home(PipelineRun).collection].find(_NEW).batch_size(_BATCH):
        found += await _run(server, revisions, document, homes)
    async for document in server.database[home(Session).collection].find(_NEW).batch_size(_BATCH):
        found += await _session(server, revisions, document)
    return found


def _repository(document: Document) -> Iterator[Record]:
    """The project and the pipelines of a repository."""
    name = _text(document, "repo_name")
    if not name:
        return
    project_id = f"{FOREIGN}:{name}"
    url, branch = _text(document, "repo_url"), _text(document, "branch")
    yield from _made(
        Project, id=project_id, name=name, path=name, connection=CONNECTION, web_url=url, default_ref=branch
    )
    for key, one in _items(document.get("pipelines")):
        yield from _made(
            Pipeline,
            id=f"{project_id}:{key}",
            project_id=project_id,
            name=key,
            repository_url=url,
            default_ref=branch,
            pipeline_file_name=_text(one, "pipeline_file_name"),
            pipeline_config=_text(one, "pipeline_config"),
            job_run_history=tuple(str(run) for run in one.get("job_run_history") or ()),
            active=bool(one.get("active", True)),
            running=bool(one.get("running")),
            last_commit_hash=_text(one, "last_commit_hash"),
        )


async def _run(server: Server, revisions: Revisions, document: Document, homes: Mapping[str, str]) -> int:
    id_ = id_of(document["_id"])
    if id_ is None:
        return 0
    records: list[Record] = []
    name = _text(document, "pipeline_name")
    project_id = homes.get(name, f"{FOREIGN}:{UNKNOWN}")
    if name not in homes:
        records += _made(Project, id=project_id, name=UNKNOWN, connection=CONNECTION)
    jobs = list(_jobs(document, id_, project_id))
    key = document["_id"]
    start = _time(document.get("start_time"))
    made = key.generation_time if isinstance(key, ObjectId) else datetime.now(UTC)
    number = document.get("run_number")
    run = _made(
        PipelineRun,
        id=id_,
        project_id=project_id,
        pipeline_id=f"{project_id}:{name}" if name else "",
        name=name,
        connection=CONNECTION,
        git_project_id=0,
        git_pipeline_id=number if isinstance(number, int) else 0,
        run_number=number if isinstance(number, int) and number >= 0 else 0,
        status=_text(document, "status") or "unknown",
        git_commit_hash=_text(document, "git_commit_hash"),
        pipeline_config_used=_text(document, "pipeline_config_used"),
        created=start or made,
        start=start,
        completion=_time(document.get("completion_time")),
        execution_time=_seconds(document),
        job_count=len(jobs),
        failed_count=sum(job.status == "failed" for job, _ in jobs),
        success_count=sum(job.status == "success" for job, _ in jobs),
        stages=tuple(_stages(document)),
        jobs_synced=True,
    )
    logs = MongoLogs(server)
    for job, text in jobs:
        if text:
            await logs.reset(job.id, text)
    return await put(server, revisions, [*records, *run, *(job for job, _ in jobs)])


def _stages(document: Document) -> Iterator[Document]:
    for order, (key, stage) in enumerate(_items(document.get("logs"), "stage_name")):
        yield {
            "name": key,
            "order": order,
            "status": _text(stage, "stage_status") or "unknown",
            "start": _time(stage.get("start_time")),
            "completion": _time(stage.get("completion_time")),
        }


def _jobs(document: Document, run_id: str, project_id: str) -> Iterator[tuple[JobRun, bytes]]:
    """Jobs of a run with their logs: below their stages under `jobs`, or right there."""
    number = 0
    for stage_name, stage in _items(document.get("logs"), "stage_name"):
        below = stage.get("jobs", {key: value for key, value in stage.items() if isinstance(value, Mapping)})
        for name, job in _items(below, "job_name"):
            text = _log(job.get("job_logs"))
            number += 1
            for made in _made(
                JobRun,
                id=f"{run_id}:job:{number}",
                pipeline_run_id=run_id,
                project_id=project_id,
                connection=CONNECTION,
                git_project_id=0,
                git_job_id=number,
                name=name,
                stage=stage_name,
                status=_text(job, "job_status") or "unknown",
                allows_failure=bool(job.get("allows_failure")),
                created=_time(job.get("start_time")),
                start=_time(job.get("start_time")),
                completion=_time(job.get("completion_time")),
                execution_time=_seconds(job),
                log={"size": len(text), "complete": True},
            ):
                yield made, text


async def _session(server: Server, revisions: Revisions, document: Document) -> int:
    """Where a user was. Its document gets the user's id as key: users have one session each."""
    user = _text(document, "user_id")
    names = ("repo_name", "repo_url", "branch", "commit_hash")
    found = _made(
        Session,
        id=user,
        user_id=user,
        is_remote=bool(document.get("is_remote")),
        time=_time(document.get("time")),
        **{name: _text(document, name) for name in names},
    )
    if not found:
        return 0
    sessions = server.database[home(Session).collection]
    own = {name: value for name, value in document.items() if name not in ("_id", OWN)}
    if document["_id"] != user:
        await sessions.update_one({"_id": user}, {"$setOnInsert": own}, upsert=True)
        await sessions.delete_one({"_id": document["_id"]})
    return await put(server, revisions, found)


def _made(kind: Any, **values: Any) -> list[Any]:
    """The record, or nothing where its values break a rule: other tools write what they like."""
    try:
        return [make(kind, **values)]
    except RecordError:
        return []


def _items(value: Any, name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Things by name: in a document by their keys, or in a list, each with its name inside."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if isinstance(one, Mapping):
                yield str(one.get(name) or unescaped(key)), one
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, Mapping) and one.get(name):
                yield str(one[name]), one


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _log(value: Any) -> bytes:
    lines = [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]
    return "\n".join(lines).encode(errors="replace")


def _time(value: Any) -> datetime | None:
    """A time as MongoDB has it, or as text (ISO 8601)."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _seconds(document: Mapping[str, Any]) -> float:
    start, end = _time(document.get("start_time")), _time(document.get("completion_time"))
    return max((end - start).total_seconds(), 0) if start and end else 0
