"""Logs of simulated GitLabs of three kinds: old ones, with ranges, with offsets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from data.model import JobRun
from data.simulator.server import Simulator
from data.simulator.settings import SimulatorSettings
from data.sources.gitlab import GitLabSource
from tests.sources.conftest import access_token, settings
from tests.sources.tracing import Got, trace

pytestmark = pytest.mark.server
KINDS: dict[str, dict[str, Any]] = {
    "whole": {},
    "range": {"trace_range": True},
    "byte_offset": {"trace_byte_offset": True},
}


@pytest.fixture(scope="module", params=KINDS)
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    known = KINDS[request.param]
    with Simulator(SimulatorSettings(projects=1, history_days=1, activity=0, speed=30, **known)) as running:
        yield running


@pytest.fixture
def source(simulator: Simulator) -> Iterator[GitLabSource]:
    made = GitLabSource("gl", settings(simulator.url), access_token(simulator.tokens["maintainer"]))
    yield made
    made.close()


def finished(source: GitLabSource, simulator: Simulator, size: int) -> JobRun:
    """A finished job with a log of some length."""
    project = min(simulator.world.projects)
    for run in source.pipelines(project).runs:
        for job in source.jobs(run):
            done = job.status == "success" and not job.bridge and job.erased is None
            if done and len(trace(source, project, job.git_job_id, b"").data) > size:
                return job
    raise AssertionError("no such job")


def control(simulator: Simulator, what: str, **body: object) -> None:
    requests.post(f"{simulator.url}/-/simulator/{what}", json=body, timeout=10).raise_for_status()


def test_a_log_is_read_on_from_anywhere(
    simulator: Simulator, source: GitLabSource, request: pytest.FixtureRequest
) -> None:
    job = finished(source, simulator, 600)
    where = job.git_project_id, job.git_job_id
    log = trace(source, *where, b"").data
    for offset in (1, 64, 65, 500, len(log) - 1, len(log)):
        found = trace(source, *where, log[:offset], thorough=True)
        assert (found.data, found.offset, found.reset) == (log[offset:], offset, False)
    expected = request.node.callspec.params["simulator"]
    assert trace(source, *where, log[:500]).how == expected


def test_a_log_that_was_cut_and_one_that_was_erased(simulator: Simulator, source: GitLabSource) -> None:
    job = finished(source, simulator, 600)
    where = job.git_project_id, job.git_job_id
    log = trace(source, *where, b"").data
    control(simulator, "job", id=job.git_job_id, action="truncate", bytes=300)
    assert trace(source, *where, log) == Got(log[:300], 0, True, "whole")
    control(simulator, "job", id=job.git_job_id, action="erase")
    assert trace(source, *where, log[:300]) == Got(b"", 0, True, "whole")
