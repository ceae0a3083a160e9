"""The table of endpoints: method, route below /api/v4, function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.responses import Response

from data.simulator.api import deploys, graphql, job_artifacts, jobs, lint, people, pipelines, projects
from data.simulator.api.call import Call
from data.simulator.api.control import Control
from data.simulator.api.guard import Limiter

Endpoint = Callable[[Call], Response]
"""Answers one request."""

PREFIX = "/api/v4"
"""Root of the REST API."""

GRAPHQL = "/api/graphql"
"""The GraphQL API, which reads with a POST."""

CONTROL = "/-/simulator"
"""Root of the control endpoints."""

_PIPELINE, _JOB, _REPOSITORY = (
    "/projects/{id}/pipelines/{pid}",
    "/projects/{id}/jobs/{jid}",
    "/projects/{id}/repository",
)


def _people() -> list[tuple[str, str, Endpoint]]:
    return [
        ("GET", "/version", people.version),
        ("GET", "/metadata", people.metadata),
        ("GET", "/user", people.me),
        ("GET", "/personal_access_tokens/self", people.token_self),
        ("GET", "/runners/{rid}", people.runner),
        ("GET", "/projects/{id}/members/all", people.members),
        ("GET", "/projects/{id}/runners", people.project_runners),
        ("GET", "/projects/{id}/variables", people.variables),
        ("GET", "/projects/{id}/variables/{key}", people.variable),
    ]


def _projects() -> list[tuple[str, str, Endpoint]]:
    return [
        ("GET", "/projects", projects.projects),
        ("GET", "/projects/{id}", projects.project),
        ("GET", f"{_REPOSITORY}/branches", projects.branches),
        ("GET", f"{_REPOSITORY}/branches/{{branch}}", projects.branch),
        ("GET", f"{_REPOSITORY}/tags", projects.tags),
        ("GET", f"{_REPOSITORY}/tree", projects.tree),
        ("GET", f"{_REPOSITORY}/commits", projects.commits),
        ("GET", f"{_REPOSITORY}/commits/{{sha}}", projects.commit),
        ("GET", f"{_REPOSITORY}/files/{{path}}/raw", projects.raw_file),
        ("GET", f"{_REPOSITORY}/files/{{path}}", projects.file),
        ("GET", "/projects/{id}/ci/lint", lint.lint_project),
        ("POST", "/projects/{id}/ci/lint", lint.lint_content),
        ("GET", "/projects/{id}/environments", deploys.environments),
        ("GET", "/projects/{id}/environments/{eid}", deploys.environment),
        ("GET", "/projects/{id}/deployments", deploys.deployments),
        ("GET", "/projects/{id}/deployments/{did}", deploys.deployment),
        ("GET", "/projects/{id}/pipeline_schedules", deploys.schedules),
        ("GET", "/projects/{id}/pipeline_schedules/{sid}", deploys.schedule),
        ("GET", "/projects/{id}/pipeline_schedules/{sid}/pipelines", deploys.schedule_pipelines),
        ("POST", "/projects/{id}/pipeline_schedules/{sid}/play", deploys.play_schedule),
    ]


def _pipelines(limiter: Limiter) -> list[tuple[str, str, Endpoint]]:
    return [
        ("GET", "/projects/{id}/pipelines", pipelines.pipelines),
        ("POST", "/projects/{id}/pipeline", partial(pipelines.create, limiter=limiter)),
        ("GET", "/projects/{id}/pipelines/latest", pipelines.latest),
        ("GET", _PIPELINE, pipelines.pipeline),
        ("DELETE", _PIPELINE, pipelines.delete),
        ("PUT", f"{_PIPELINE}/metadata", pipelines.rename),
        ("POST", f"{_PIPELINE}/cancel", pipelines.cancel),
        ("POST", f"{_PIPELINE}/retry", pipelines.retry),
        ("GET", f"{_PIPELINE}/variables", pipelines.variables),
        ("GET", f"{_PIPELINE}/jobs", pipelines.jobs),
        ("GET", f"{_PIPELINE}/bridges", pipelines.bridges),
        ("GET", f"{_PIPELINE}/test_report", pipelines.report),
        ("GET", f"{_PIPELINE}/test_report_summary", pipelines.report_summary),
    ]


def _jobs(limiter: Limiter) -> list[tuple[str, str, Endpoint]]:
    return [
        ("GET", "/projects/{id}/jobs", partial(jobs.project_jobs, limiter=limiter)),
        ("GET", "/projects/{id}/jobs/artifacts/{ref}/download", job_artifacts.download_by_ref),
        ("GET", "/projects/{id}/jobs/artifacts/{ref}/raw/{path:path}", job_artifacts.file_by_ref),
        ("GET", _JOB, jobs.job),
        ("GET", f"{_JOB}/trace", jobs.trace),
        ("POST", f"{_JOB}/cancel", jobs.cancel),
        ("POST", f"{_JOB}/retry", jobs.retry),
        ("POST", f"{_JOB}/play", jobs.play),
        ("POST", f"{_JOB}/erase", jobs.erase),
        ("GET", f"{_JOB}/artifacts", job_artifacts.download),
        ("DELETE", f"{_JOB}/artifacts", job_artifacts.delete),
        ("POST", f"{_JOB}/artifacts/keep", job_artifacts.keep),
        ("GET", f"{_JOB}/artifacts/tree", job_artifacts.tree),
        ("GET", f"{_JOB}/artifacts/{{path:path}}", job_artifacts.one_file),
    ]


def gitlab_endpoints(limiter: Limiter) -> list[tuple[str, str, Endpoint]]:
    """Return GitLab's endpoints with their full routes, specific ones before general ones."""
    table = [*_people(), *_projects(), *_pipelines(limiter), *_jobs(limiter)]
    rest = [(method, PREFIX + route, endpoint) for method, route, endpoint in table]
    return [*rest, ("POST", GRAPHQL, graphql.graphql)]


def control_endpoints(control: Control) -> list[tuple[str, str, Endpoint]]:
    """Return the simulator's own endpoints."""
    table: list[tuple[str, str, Endpoint]] = [
        ("GET", "/state", control.state),
        ("GET", "/requests", control.requests),
        ("GET", "/pipelines", control.pipelines),
        ("GET", "/faults", control.list_faults),
        ("POST", "/faults", control.add_fault),
        ("POST", "/reset", control.reset),
        ("POST", "/token", control.token),
        ("POST", "/job", control.job),
        ("POST", "/outcome", control.outcome),
        ("POST", "/runner", control.runner),
    ]
    return [(method, CONTROL + route, endpoint) for method, route, endpoint in table]
