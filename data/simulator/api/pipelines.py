"""Pipelines: lists, single ones, creation, cancel, retry, delete, name, variables, jobs, bridges and test reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from data.simulator import actions, scheduler
from data.simulator.api.call import Call, answer, no_content
from data.simulator.api.errors import ApiError, forbidden, missing
from data.simulator.api.guard import Limiter
from data.simulator.api.paging import by_offset
from data.simulator.entities import Access, Pipeline, Project, Variable
from data.simulator.factory import CreationError, Order, may_run_on
from data.simulator.reports import report_of, summary_of

STATUSES = frozenset(
    [
        "created",
        "waiting_for_resource",
        "preparing",
        "waiting_for_callback",
        "pending",
        "running",
        "success",
        "failed",
        "canceling",
        "canceled",
        "skipped",
        "manual",
        "scheduled",
    ]
)
"""Every status of jobs and pipelines (GitLab: app/models/concerns/ci/has_status.rb)."""

SOURCES = frozenset(
    [
        "unknown",
        "push",
        "web",
        "trigger",
        "schedule",
        "api",
        "external",
        "pipeline",
        "chat",
        "webide",
        "merge_request_event",
        "external_pull_request_event",
        "parent_pipeline",
        "ondemand_dast_scan",
        "ondemand_dast_validation",
        "security_orchestration_policy",
        "container_registry_push",
        "duo_workflow",
        "pipeline_execution_policy_schedule",
    ]
)
"""Every pipeline source (GitLab: app/models/concerns/enums/ci/pipeline.rb)."""

MAX_NAME = 255
"""Characters of a pipeline's name (GitLab: app/models/ci/pipeline_metadata.rb)."""

_SCOPES = ("running", "pending", "finished", "branches", "tags")
_ORDERS: dict[str, Callable[[Pipeline], Any]] = {
    "id": lambda row: row.id,
    "status": lambda row: row.status,
    "ref": lambda row: row.ref,
    "updated_at": lambda row: row.updated_at,
    "user_id": lambda row: row.user.id,
}
_FINISHED = ("success", "failed", "canceled")


def pipelines(call: Call) -> Response:
    """GET /projects/:id/pipelines; children only with source=parent_pipeline."""
    rows = _filtered(call, call.project())
    order = call.choice("order_by", tuple(_ORDERS), "id")
    descending = call.choice("sort", ("asc", "desc"), "desc") == "desc"
    rows.sort(key=lambda row: (_ORDERS[order](row), row.id), reverse=descending)
    return by_offset(call, rows, call.json.pipeline_row)


def _filtered(call: Call, project: Project) -> list[Pipeline]:
    source = call.choice("source", SOURCES)
    rows = [p for p in project.pipelines.values() if p.is_child == (source == "parent_pipeline")]
    status, username = call.choice("status", STATUSES), call.text("username")
    rows = [p for p in rows if not source or p.source == source]
    rows = [p for p in rows if not status or p.status == status]
    rows = [p for p in rows if not username or p.user.username == username]
    for field in ("ref", "sha", "name"):
        wanted = call.text(field)
        rows = [p for p in rows if not wanted or getattr(p, field) == wanted]
    for field in ("updated", "created"):
        after, before = call.instant(f"{field}_after"), call.instant(f"{field}_before")
        rows = [p for p in rows if after is None or getattr(p, f"{field}_at") > after]
        rows = [p for p in rows if before is None or getattr(p, f"{field}_at") < before]
    if call.flag("yaml_errors"):
        return []
    return _in_scope(rows, project, call.choice("scope", _SCOPES))


def _in_scope(rows: list[Pipeline], project: Project, scope: str) -> list[Pipeline]:
    if scope in ("running", "pending"):
        return [p for p in rows if p.status == scope]
    if scope == "finished":
        return [p for p in rows if p.status in _FINISHED]
    if scope:
        refs = project.tags if scope == "tags" else project.branches
        newest = {p.ref: p for p in sorted(rows, key=lambda p: p.id) if p.ref in refs and p.tag == (scope == "tags")}
        return list(newest.values())
    return rows


def pipeline(call: Call) -> Response:
    """GET /projects/:id/pipelines/:pid."""
    return answer(call.json.pipeline_detail(call.pipeline()))


def latest(call: Call) -> Response:
    """GET /projects/:id/pipelines/latest; 403 when the newest commit of the ref has none (GitLab docs)."""
    project = call.project()
    ref = call.text("ref", project.default_branch)
    branch = project.branches.get(ref)
    found = [
        p for p in project.pipelines.values() if p.ref == ref and not p.is_child and branch and p.sha == branch.head.sha
    ]
    if not found:
        raise forbidden()
    return answer(call.json.pipeline_detail(max(found, key=lambda p: p.id)))


def create(call: Call, limiter: Limiter) -> Response:
    """POST /projects/:id/pipeline."""
    project = call.project()
    ref = call.required("ref")
    variables = tuple(read_variables(call.body.get("variables", ()), "variables"))
    inputs = call.body.get("inputs")
    if call.world.access(call.user, project) < Access.DEVELOPER:
        raise forbidden()
    limiter.application(call.world.settings.create_limit, "create", project.id, call.user.id)
    order = Order(
        project=project,
        user=call.user,
        ref=ref,
        variables=variables,
        inputs=inputs if isinstance(inputs, dict) else None,
    )
    try:
        made = scheduler.create_pipeline(call.world, order)
    except CreationError as error:
        raise ApiError(400, {"message": {"base": error.errors}}) from error
    call.world.requested.append(made)
    return answer(call.json.pipeline(made), 201)


def read_variables(given: Any, name: str) -> list[Variable]:
    """Return `[{key, value, variable_type}]` as variables.

    Raises:
        ApiError: 400 with the path of what is missing, as Grape says it.
    """
    if not isinstance(given, (list, tuple)) or not all(isinstance(item, dict) for item in given):
        raise ApiError(400, {"error": f"{name} is invalid"})
    found = []
    for index, item in enumerate(given):
        for key in ("key", "value"):
            if key not in item:
                raise missing(f"{name}[{index}][{key}]")
        kind = str(item.get("variable_type", "env_var"))
        if kind not in ("env_var", "file"):
            raise ApiError(400, {"error": f"{name}[{index}][variable_type] does not have a valid value"})
        found.append(Variable(str(item["key"]), str(item["value"]), kind))
    return found


def variables(call: Call) -> Response:
    """GET …/pipelines/:pid/variables; Maintainers and the pipeline's creator only."""
    found = call.pipeline()
    if call.world.access(call.user, found.project) < Access.MAINTAINER and found.user is not call.user:
        raise forbidden()
    return answer([call.json.variable(item) for item in found.variables])


def _changeable(call: Call) -> Pipeline:
    found = call.pipeline(Access.DEVELOPER)
    if not may_run_on(call.world, call.user, found.project, found.ref):
        raise forbidden()
    return found


def cancel(call: Call) -> Response:
    """POST …/cancel: always 200, whatever there was to cancel."""
    found = _changeable(call)
    scheduler.cancel_pipeline(call.world, found)
    return answer(call.json.pipeline(found))


def retry(call: Call) -> Response:
    """POST …/retry: 201, also when there is nothing to retry."""
    found = _changeable(call)
    scheduler.retry_pipeline(call.world, found)
    return answer(call.json.pipeline(found), 201)


def delete(call: Call) -> Response:
    """DELETE …/pipelines/:pid; Owners only."""
    actions.delete_pipeline(call.world, call.pipeline(Access.OWNER))
    return no_content()


def rename(call: Call) -> Response:
    """PUT …/pipelines/:pid/metadata."""
    found, name = call.pipeline(Access.DEVELOPER), call.required("name")
    if len(name) > MAX_NAME:
        reason = f"Name is too long (maximum is {MAX_NAME} characters)"
        raise ApiError(400, {"message": f"400 Failed to update pipeline - {reason}"})
    found.name = name or None
    return answer(call.json.pipeline_detail(found))


def jobs(call: Call) -> Response:
    """GET …/pipelines/:pid/jobs: newest first, without trigger jobs."""
    found, scope = call.pipeline(), call.many("scope", STATUSES)
    rows = found.jobs if call.flag("include_retried") else found.latest
    rows = [job for job in rows if not job.is_bridge and (not scope or job.status in scope)]
    return by_offset(call, sorted(rows, key=lambda job: -job.id), call.json.job)


def bridges(call: Call) -> Response:
    """GET …/pipelines/:pid/bridges."""
    found, scope = call.pipeline(), call.many("scope", STATUSES)
    rows = [job for job in found.latest if job.is_bridge and (not scope or job.status in scope)]
    return by_offset(call, sorted(rows, key=lambda job: -job.id), call.json.bridge)


def report(call: Call) -> Response:
    """GET …/pipelines/:pid/test_report."""
    return answer(report_of(call.pipeline()))


def report_summary(call: Call) -> Response:
    """GET …/pipelines/:pid/test_report_summary."""
    return answer(summary_of(call.pipeline()))
