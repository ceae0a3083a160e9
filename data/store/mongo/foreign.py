"""What documents of another tool of the plain design tell, as records. What they do not tell stays empty."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final, TypeVar

import bson
from bson import ObjectId
from msgspec.structs import replace

from data.errors import RecordError
from data.model import JobRun, Pipeline, PipelineRun, Project, Record, Session, make
from data.store.mongo.homes import OWN, Document, unescaped
from data.store.mongo.keys import FOREIGN, id_of

R = TypeVar("R", bound=Record)

CONNECTION: Final = "mongo"
"""Connection of records that were found in documents of other tools."""
UNKNOWN: Final = "unknown"
"""Project of runs whose pipeline no repository has."""
SESSION: Final = ("user_id", "repo_name", "repo_url", "branch", "commit_hash", "is_remote", "time")
"""Fields of a session."""
_DIGEST: Final = 8

log = logging.getLogger(__name__)


def digest_of(document: Mapping[str, Any], names: tuple[str, ...] = ()) -> str:
    """Tells whether another tool has changed its part of a document, or those of its fields that have these names."""
    chosen = names or sorted(name for name in document if name not in ("_id", OWN))
    return blake2b(bson.encode({name: document.get(name) for name in chosen}), digest_size=_DIGEST).hexdigest()


def repository(document: Document) -> list[Record]:
    """The project and the pipelines of a repository; none where it has no name."""
    name = _text(document, "repo_name")
    if not name:
        return []
    project_id = f"{FOREIGN}:{name}"
    url, branch = _text(document, "repo_url"), _text(document, "branch")
    records: list[Record] = [
        *_made(Project, id=project_id, name=name, path=name, connection=CONNECTION, web_url=url, default_ref=branch)
    ]
    for key, one in _items(document.get("pipelines")):
        history = one.get("job_run_history")
        records += _made(
            Pipeline,
            id=f"{project_id}:{key}",
            project_id=project_id,
            name=key,
            repository_url=url,
            default_ref=branch,
            pipeline_file_name=_text(one, "pipeline_file_name"),
            pipeline_config=_text(one, "pipeline_config"),
            job_run_history=tuple(str(run) for run in history) if isinstance(history, list) else (),
            active=bool(one.get("active", True)),
            running=bool(one.get("running")),
            last_commit_hash=_text(one, "last_commit_hash"),
        )
    return records


def pipelines_of(document: Document) -> list[str]:
    """Names of the pipelines of a repository."""
    return [key for key, _ in _items(document.get("pipelines"))]


def run(document: Document, homes: Mapping[str, str]) -> tuple[list[Record], dict[str, bytes]]:
    """A run with its jobs, and their logs by id; `homes` has the projects' ids by the names of their pipelines."""
    id_ = id_of(document["_id"])
    if id_ is None:
        return [], {}
    name = _text(document, "pipeline_name")
    project_id = homes.get(name, f"{FOREIGN}:{UNKNOWN}")
    jobs = list(_jobs(document, id_, project_id))
    key, number = document["_id"], document.get("run_number")
    start = _time(document.get("start_time"))
    records: list[Record] = []
    if name not in homes:
        records += _made(Project, id=project_id, name=UNKNOWN, connection=CONNECTION)
    records += _made(
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
        created=start or (key.generation_time if isinstance(key, ObjectId) else datetime.now(UTC)),
        start=start,
        completion=_time(document.get("completion_time")),
        execution_time=_seconds(document),
        job_count=len(jobs),
        failed_count=sum(job.status == "failed" for job, _ in jobs),
        success_count=sum(job.status == "success" for job, _ in jobs),
        stages=tuple(_stages(document)),
        jobs_synced=True,
    )
    return [*records, *(job for job, _ in jobs)], {job.id: text for job, text in jobs if text}


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


def session(document: Document, stored: Session | None) -> list[Session]:
    """Where a user was; what only Lineside knows of that stays as `stored` has it."""
    values: dict[str, Any] = {name: _text(document, name) for name in SESSION}
    values |= {"is_remote": bool(document.get("is_remote")), "time": _time(document.get("time"))}
    found = _made(Session, id=values["user_id"], **values)
    if not found or stored is None:
        return found
    return [replace(stored, **{name: getattr(found[0], name) for name in SESSION})]


def _made(kind: type[R], **values: Any) -> list[R]:
    """The record, or nothing where its values break a rule: other tools write what they like."""
    try:
        return [make(kind, **values)]
    except RecordError as error:
        log.warning("a document of another tool is passed over: %s", error)
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
