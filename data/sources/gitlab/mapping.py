"""GitLab's JSON -> records. Pure functions; `connection` is the connection's name in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from data.clean import clean
from data.model import (
    Artifact,
    Deployment,
    JobRun,
    Membership,
    Organization,
    PipelineRun,
    Project,
    User,
    UserGroup,
    Variable,
    git_id,
    make,
    parse_time,
)
from data.model.masking import is_secret
from data.model.vocabulary import guess_stage_type

Row = Mapping[str, Any]
"""One thing in GitLab's JSON."""

NOT_ARTIFACTS: Final = frozenset({"trace", "metadata"})
"""Entries of a job's `artifacts` that nobody asked for: its log and the index of its archive."""
_ARTIFACT_TYPES: Final = {
    "archive": "OTHER",
    "junit": "REPORT",
    "metrics": "METRICS",
    "dotenv": "CONFIG",
}
_WARNED: Final = "success-with-warnings"


def project(connection: str, row: Row) -> Project:
    """A project (GitLab docs, api/projects). Fields that only the configuration knows stay empty."""
    granted = [part.get("access_level") or 0 for part in (row.get("permissions") or {}).values() if part]
    return make(
        Project,
        id=git_id(connection, row["id"]),
        name=row.get("name") or row.get("path") or str(row["id"]),
        connection=connection,
        git_project_id=row["id"],
        path=row.get("path_with_namespace") or "",
        create_time=parse_time(row.get("created_at")),
        description=row.get("description") or "",
        labels=row.get("topics") or row.get("tag_list") or (),
        default_ref=row.get("default_branch") or "",
        web_url=row.get("web_url") or "",
        archived=bool(row.get("archived")),
        access_level=max(granted, default=0),
        variables_role=row.get("ci_pipeline_variables_minimum_override_role") or "",
    )


def pipeline_run(connection: str, git_project_id: int, row: Row) -> PipelineRun:
    """A pipeline, from a list or in detail (GitLab docs, api/pipelines). A list knows neither user nor durations."""
    return make(
        PipelineRun,
        id=git_id(connection, git_project_id, row["id"]),
        project_id=git_id(connection, git_project_id),
        connection=connection,
        git_project_id=git_project_id,
        git_pipeline_id=row["id"],
        run_number=row.get("iid") or 0,
        name=row.get("name") or "",
        web_url=row.get("web_url") or "",
        status=row.get("status") or "created",
        warnings=(row.get("detailed_status") or {}).get("group") == _WARNED,
        trigger_type=row.get("source") or "unknown",
        triggered_by=_user_name(row),
        ref=row.get("ref") or "",
        git_commit_hash=row.get("sha") or "",
        created=parse_time(row.get("created_at")),
        updated=parse_time(row.get("updated_at")),
        start=parse_time(row.get("started_at")),
        completion=parse_time(row.get("finished_at")),
        execution_time=_seconds(row.get("duration")),
        queued_time=_seconds(row.get("queued_duration")),
        error_message=row.get("yaml_errors") or "",
    )


def job_run(connection: str, git_project_id: int, row: Row) -> JobRun:
    """A job or a bridge (GitLab docs, api/jobs) as a first attempt; `glance.number_attempts` resolves the attempts."""
    bridge = "downstream_pipeline" in row
    status, stage = row.get("status") or "created", row.get("stage") or ""
    return make(
        JobRun,
        id=git_id(connection, git_project_id, "job", row["id"]),
        pipeline_run_id=git_id(connection, git_project_id, row["pipeline"]["id"]),
        project_id=git_id(connection, git_project_id),
        connection=connection,
        git_project_id=git_project_id,
        git_job_id=row["id"],
        name=row["name"],
        stage=stage,
        stage_type=guess_stage_type(row["name"], stage),
        status=status,
        bridge=bridge,
        allows_failure=bool(row.get("allow_failure")),
        created=parse_time(row.get("created_at")),
        start=parse_time(row.get("started_at")),
        completion=parse_time(row.get("finished_at")),
        execution_time=_seconds(row.get("duration")),
        queued_time=_seconds(row.get("queued_duration")),
        endpoint=_runner(row.get("runner")),
        runner_tags=row.get("tag_list") or (),
        failure_reason=(row.get("failure_reason") or "") if status == "failed" else "",
        artifacts_size=sum(part.get("size") or 0 for part in _artifacts(row)),
        downstream=_downstream(connection, git_project_id, row) if bridge else "",
        web_url=row.get("web_url") or "",
        triggered_by=_user_name(row),
        coverage=_number(row.get("coverage")),
        erased=parse_time(row.get("erased_at")),
    )


def variable(row: Row) -> Variable:
    """A pipeline's variable (GitLab docs, api/pipelines). What looks like a secret loses its value here."""
    key, value = clean(str(row.get("key") or "")), clean(str(row.get("value") or ""))
    secret = is_secret(key, value)
    kind = "file" if row.get("variable_type") == "file" else "string"
    return Variable(key=key, value="" if secret else value, kind=kind, secret=secret)


def user(connection: str, row: Row) -> User:
    """A user (GitLab docs, api/users and api/members)."""
    return make(
        User,
        id=git_id(connection, row["id"]),
        connection=connection,
        username=row.get("username") or str(row["id"]),
        name=row.get("name") or "",
        state=row.get("state") or "",
        web_url=row.get("web_url") or "",
        email=row.get("email") or row.get("public_email") or "",
    )


def membership(connection: str, git_project_id: int, row: Row) -> Membership:
    """A member of a project, inherited roles included (GitLab docs, api/members, `members/all`)."""
    project_id, user_id = git_id(connection, git_project_id), git_id(connection, row["id"])
    return make(
        Membership,
        id=f"{project_id}:{user_id}",
        user_id=user_id,
        username=row.get("username") or "",
        name=row.get("name") or "",
        project_id=project_id,
        access_level=row.get("access_level") or 0,
        state=row.get("membership_state") or row.get("state") or "",
        expires=parse_time(row.get("expires_at")),
    )


def organization(connection: str, row: Row) -> Organization:
    """A top-level group (GitLab docs, api/groups)."""
    path = row.get("full_path") or row.get("path") or ""
    web_url = row.get("web_url") or ""
    return make(
        Organization,
        id=git_id(connection, row["id"]),
        connection=connection,
        name=row["name"],
        path=path,
        web_url=web_url,
    )


def user_group(connection: str, row: Row, organization_id: str) -> UserGroup:
    """A group (GitLab docs, api/groups)."""
    return make(
        UserGroup,
        id=git_id(connection, row["id"]),
        connection=connection,
        name=row["name"],
        path=row.get("full_path") or row.get("path") or "",
        organization_id=organization_id,
        web_url=row.get("web_url") or "",
    )


def deployment(connection: str, git_project_id: int, row: Row, tiers: Mapping[int, str]) -> Deployment:
    """A deployment (GitLab docs, api/deployments); `tiers` maps ids of environments to their tier."""
    place, job = row.get("environment") or {}, row.get("deployable") or {}
    return make(
        Deployment,
        id=git_id(connection, git_project_id, "deployment", row["id"]),
        name=place.get("name") or f"deployment {row.get('iid') or row['id']}",
        project_id=git_id(connection, git_project_id),
        environment=place.get("name") or "",
        tier=place.get("tier") or tiers.get(place.get("id") or 0, ""),
        status=row.get("status") or "",
        url=place.get("external_url") or "",
        ref=row.get("ref") or "",
        commit=row.get("sha") or "",
        job_run_id=git_id(connection, git_project_id, "job", job["id"]) if job.get("id") else "",
        deployed_by=_user_name(row),
        created=parse_time(row.get("created_at")),
        updated=parse_time(row.get("updated_at")),
    )


def environment(connection: str, git_project_id: int, row: Row) -> Deployment:
    """An environment without a deployment (GitLab docs, api/environments): the list does not tell the last one."""
    return make(
        Deployment,
        id=git_id(connection, git_project_id, "environment", row["id"]),
        name=row["name"],
        project_id=git_id(connection, git_project_id),
        environment=row["name"],
        tier=row.get("tier") or "",
        status=row.get("state") or "",
        url=row.get("external_url") or "",
        created=parse_time(row.get("created_at")),
        updated=parse_time(row.get("updated_at")),
    )


def artifacts(connection: str, git_project_id: int, row: Row) -> list[Artifact]:
    """What a job left behind, its log aside (GitLab docs, api/jobs, `artifacts`); sizes in bytes."""
    job_id = git_id(connection, git_project_id, "job", row["id"])
    return [
        make(
            Artifact,
            id=f"{job_id}:{part.get('file_type')}:{part.get('filename')}",
            name=part.get("filename") or part.get("file_type") or "artifact",
            artifact_type=_ARTIFACT_TYPES.get(part.get("file_type") or "", "REPORT"),
            file_name=part.get("filename") or "",
            file_size=part.get("size") or 0,
            storage_type="GITLAB",
            job_run_id=job_id,
            metadata={"file_type": part.get("file_type") or "", "file_format": part.get("file_format") or ""},
            created=parse_time(row.get("finished_at")),
            expires=parse_time(row.get("artifacts_expire_at")),
        )
        for part in _artifacts(row)
    ]


def archived_file(connection: str, git_project_id: int, job: Row, row: Row) -> Artifact:
    """A file in a job's archive (GitLab docs, api/job_artifacts, `artifacts/tree`, 18.8 and newer)."""
    job_id = git_id(connection, git_project_id, "job", job["id"])
    return make(
        Artifact,
        id=f"{job_id}:file:{row['path']}",
        name=row.get("name") or row["path"],
        path=row["path"],
        file_name=row.get("name") or "",
        file_size=row.get("size") or 0,
        storage_type="GITLAB",
        job_run_id=job_id,
        created=parse_time(job.get("finished_at")),
        expires=parse_time(job.get("artifacts_expire_at")),
    )


def _artifacts(row: Row) -> list[Row]:
    return [part for part in row.get("artifacts") or () if part.get("file_type") not in NOT_ARTIFACTS]


def _user_name(row: Row) -> str:
    """The user name; empty for deleted users, whom GitLab gives as null."""
    who = row.get("user") or {}
    return who.get("username") or who.get("name") or ""


def _runner(row: Row | None) -> str:
    if not row:
        return ""
    return row.get("description") or row.get("name") or f"#{row.get('id')}"


def _downstream(connection: str, git_project_id: int, row: Row) -> str:
    """The run that a bridge started; empty until it exists, or when an old server does not say in which project."""
    started = row.get("downstream_pipeline")
    if not started:
        return ""
    home = started.get("project_id")
    if not home and _project_url(started.get("web_url")) == _project_url((row.get("pipeline") or {}).get("web_url")):
        home = git_project_id
    return git_id(connection, home, started["id"]) if home else ""


def _project_url(url: str | None) -> str:
    return (url or "").partition("/pipelines/")[0].removesuffix("/-")


def _number(value: object) -> float | None:
    """A number that some answers give as text: a pipeline's coverage is text, a job's is a number."""
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None


def _seconds(value: object) -> float:
    return max(_number(value) or 0.0, 0.0)
