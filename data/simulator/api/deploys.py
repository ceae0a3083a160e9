"""Environments, deployments and pipeline schedules."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from starlette.responses import Response

from data.simulator import author
from data.simulator.api.call import Call, answer
from data.simulator.api.errors import ApiError, bad_request, forbidden, not_found
from data.simulator.api.paging import by_offset
from data.simulator.api.pipelines import SOURCES
from data.simulator.entities import Access, Deployment, Schedule
from data.simulator.factory import CreationError
from data.simulator.serializers import deployment_status
from data.simulator.settings import DAY

DEPLOYMENT_STATUSES = frozenset({"created", "running", "success", "failed", "canceled", "skipped", "blocked"})
"""Statuses of a deployment (GitLab docs, api/deployments)."""

_ORDERS = ("id", "iid", "created_at", "updated_at", "finished_at", "ref")
_MIN_SEARCH = 3


def environments(call: Call) -> Response:
    """GET /projects/:id/environments: by name, or by search of three characters and more."""
    project, name, search = call.project(), call.text("name"), call.text("search")
    if name and search:
        raise ApiError(400, {"error": "name, search are mutually exclusive"})
    if search and len(search) < _MIN_SEARCH:
        raise bad_request(f"Search query is less than {_MIN_SEARCH} characters")
    state = call.choice("states", ("available", "stopping", "stopped"))
    rows = [
        item
        for item in project.environments
        if (not name or item.name == name) and search in item.name and (not state or item.state == state)
    ]
    return by_offset(call, rows, lambda row: call.json.environment(row, project))


def environment(call: Call) -> Response:
    """GET /projects/:id/environments/:eid: with its last deployment."""
    project, number = call.project(), call.number("eid")
    found = next((item for item in project.environments if item.id == number), None)
    if found is None:
        raise not_found("Environment")
    done = [d for d in project.deployments if d.environment is found and d.job.status == "success"]
    last = call.json.deployment(done[-1]) if done else None
    return answer(call.json.environment(found, project) | {"last_deployment": last})


def _instants(row: Deployment) -> dict[str, float]:
    job = row.job
    times = [value for value in (row.created_at, job.started_at, job.finished_at) if value is not None]
    return {"created_at": row.created_at, "updated_at": max(times), "finished_at": job.finished_at or 0.0}


def deployments(call: Call) -> Response:
    """GET /projects/:id/deployments: oldest first by default; time filters need the matching order (400 otherwise)."""
    rows = list(call.project().deployments)
    order = call.choice("order_by", _ORDERS, "id")
    status, name = call.choice("status", DEPLOYMENT_STATUSES), call.text("environment")
    for field in ("updated", "finished"):
        after, before = call.instant(f"{field}_after"), call.instant(f"{field}_before")
        if after is None and before is None:
            continue
        if order != f"{field}_at":
            raise bad_request(f"`{field}_at` filter requires `{field}_at` sort")
        if field == "finished" and status != "success":
            raise bad_request("`finished_at` filter must be combined with `success` status filter.")
        rows = [row for row in rows if after is None or _instants(row)[f"{field}_at"] > after]
        rows = [row for row in rows if before is None or _instants(row)[f"{field}_at"] < before]
    rows = [row for row in rows if not status or deployment_status(row.job) == status]
    rows = [row for row in rows if not name or row.environment.name == name]
    rows.sort(
        key=lambda row: (_instants(row).get(order, 0.0), row.job.pipeline.ref if order == "ref" else "", row.id),
        reverse=call.choice("sort", ("asc", "desc"), "asc") == "desc",
    )
    return by_offset(call, rows, call.json.deployment)


def deployment(call: Call) -> Response:
    """GET /projects/:id/deployments/:did."""
    number = call.number("did")
    found = next((row for row in call.project().deployments if row.id == number), None)
    if found is None:
        raise not_found("Deployment")
    return answer(call.json.deployment(found))


def next_run(schedule: Schedule, now: float) -> float:
    """Return the next instant at which `schedule` fires."""
    instant = now - now % DAY + schedule.hour * 3_600.0
    while instant <= now or schedule.weekday not in (None, datetime.fromtimestamp(instant, UTC).weekday()):
        instant += DAY
    return instant


def schedules(call: Call) -> Response:
    """GET /projects/:id/pipeline_schedules."""
    scope = call.choice("scope", ("active", "inactive"))
    rows = [item for item in call.project().schedules if not scope or item.active == (scope == "active")]
    return by_offset(call, rows, lambda row: call.json.schedule(row, next_run(row, call.world.time)))


def _schedule(call: Call, needed: Access = Access.REPORTER) -> Schedule:
    project, number = call.project(), call.number("sid")
    found = next((item for item in project.schedules if item.id == number), None)
    if found is None:
        raise not_found("Pipeline Schedule")
    if call.world.access(call.user, project) < needed:
        raise forbidden()
    return found


def schedule(call: Call) -> Response:
    """GET /projects/:id/pipeline_schedules/:sid; variables for maintainers and the owner (pipeline_schedule_policy)."""
    found = _schedule(call)
    told = found.owner is call.user or call.world.access(call.user, call.project()) >= Access.MAINTAINER
    return answer(call.json.schedule_detail(found, next_run(found, call.world.time), told=told))


def schedule_pipelines(call: Call) -> Response:
    """GET …/pipeline_schedules/:sid/pipelines: those that still exist, oldest first unless `sort` says otherwise."""
    call.choice("source", SOURCES)
    after, order = call.instant("created_after"), call.choice("sort", ("asc", "desc"), "asc")
    rows = [p for p in _schedule(call).pipelines if p.id in call.world.pipelines]
    rows = [p for p in rows if after is None or p.created_at > after]
    rows.sort(key=lambda p: p.id, reverse=order == "desc")
    return by_offset(call, rows, call.json.pipeline_row)


def play_schedule(call: Call) -> Response:
    """POST …/pipeline_schedules/:sid/play: 201 without the pipeline's id; a refusal happens in the background.

    The pipeline belongs to whoever plays, not to the schedule's owner (app/workers/run_pipeline_schedule_worker.rb).
    """
    found = _schedule(call, Access.DEVELOPER)
    with contextlib.suppress(CreationError):  # a worker creates the pipeline: the caller never hears of a refusal
        author.run_schedule(call.world, call.project(), found, call.user)
    return answer({"message": "201 Created"}, 201)
