"""What the jobs of an open run wait for: one question for a run, and none to a server that cannot answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from data.model import JobRun
from tests.engine.conftest import Lab, until

pytestmark = pytest.mark.server
MakeLab = Callable[..., Awaitable[Lab]]
GRAPHQL = "POST /api/graphql"


async def needing(lab: Lab, number: int) -> dict[str, JobRun] | None:
    """The jobs of a run, once one of them needs another."""
    jobs = await lab.jobs(number)
    return jobs if any(job.needs for job in jobs.values()) else None


async def asked(lab: Lab) -> int:
    """How many GraphQL questions the server got."""
    return (await lab.requests()).get(GRAPHQL, 0)


async def test_needs_are_asked_once_for_a_run_that_is_open(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    other = await lab.pipeline(EPOCHS="3")
    async with lab.running():
        await lab.run(number)
        await lab.run(other)
        assert await asked(lab) == 0
        await lab.look(f"run:{lab.run_id(number)}")
        jobs = await until(lambda: needing(lab, number))
        assert jobs["train"].needs == ("features",) and jobs["trials"].bridge
        assert set(jobs["evaluate"].needs) == {"train", "trials"}
        lab.pass_time(60)

        async def moved() -> bool:
            return (await lab.jobs(number))["extract"].status == "success"

        await until(moved)
        jobs = await lab.jobs(number)
        assert jobs["train"].needs == ("features",), "kept when the job is read again"
        assert await asked(lab) == 1
        assert not any(job.needs for job in (await lab.jobs(other)).values())


async def test_a_retried_job_and_the_child_pipeline_have_their_needs_too(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running():
        await lab.look(f"run:{lab.run_id(number)}")
        await until(lambda: needing(lab, number))
        lab.pass_time_until(lambda: bool(lab.simulator.world.pipelines[number].jobs[-1].created_at) and _child(lab) > 0)
        child = _child(lab)

        async def told() -> bool:
            jobs = await lab.jobs(child)
            return bool(jobs) and jobs["pick-best"].needs == () and await asked(lab) >= 2

        await until(told)
        first = next(job for job in lab.simulator.world.pipelines[number].jobs if job.name == "validate-data")
        lab.pass_time_until(lambda: first.status == "success")
        await lab.call("POST", f"/projects/{lab.git()}/jobs/{first.id}/retry")

        async def retried() -> JobRun | None:
            job = (await lab.jobs(number)).get("validate-data")
            return job if job is not None and job.attempt_number == 2 else None

        assert (await until(retried)).needs == ("extract",)
        assert await asked(lab) == 2


def _child(lab: Lab) -> int:
    return next((one.id for one in lab.simulator.world.pipelines.values() if one.is_child), 0)


async def test_a_server_without_graphql_is_asked_once(make_lab: MakeLab) -> None:
    lab = await make_lab(graphql=False)
    first, second = await lab.pipeline(EPOCHS="3"), await lab.pipeline(EPOCHS="3")
    async with lab.running():
        await lab.look(f"run:{lab.run_id(first)}")
        await until(lambda: _has(lab, GRAPHQL, "(unknown)"))
        before = await asked(lab)
        await lab.look(f"run:{lab.run_id(second)}")
        await lab.run(second)
        routes = await lab.requests()
        jobs_route = next(route for route in routes if route.endswith("/pipelines/{pid}/jobs"))
        enough = routes[jobs_route] + 6
        await until(lambda: _at_least(lab, jobs_route, enough))
        assert await asked(lab) == before == 1
        assert (await lab.run(first)).job_count


async def _has(lab: Lab, *routes: str) -> bool:
    found = await lab.requests()
    return any(route in found for route in routes)


async def _at_least(lab: Lab, route: str, count: int) -> bool:
    return (await lab.requests()).get(route, 0) >= count
