"""Several engines on one store, offline times, limits: what happens around the work itself."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from data.model import Connection, EngineState, PipelineRun, SyncState
from tests.engine.conftest import CHURN, SYNC, TIMING, Lab, until

pytestmark = pytest.mark.server
LIST = "GET /api/v4/projects/{id}/pipelines"


async def lists(lab: Lab) -> int:
    """How often the list of pipelines was asked for."""
    return (await lab.requests()).get(LIST, 0)


async def test_of_two_engines_one_polls_and_the_other_takes_over(lab: Lab) -> None:
    """The engines use different tokens, so that the server can tell which of them asked."""
    number = await lab.pipeline(EPOCHS="3")
    await lab.engine().sync_once()
    engines = {who: lab.engine(lab.settings(who=who), owner=who) for who in ("developer", "owner")}
    tasks = [asyncio.create_task(engine.run()) for engine in engines.values()]
    await lab.look("projects")
    try:

        async def holder() -> str:
            states = {one.id: len(one.leases) for one in (await lab.store.page(EngineState)).records}
            return next((who for who, leases in states.items() if leases), "") if len(states) == 2 else ""

        busy = await until(holder)
        [idle] = engines.keys() - {busy}
        lab.pass_time(10)
        polled = await lists(lab)
        await until(lambda: _more(lab, polled + 5))
        assert _last_used(lab, busy) == lab.simulator.world.time
        assert _last_used(lab, idle) == 0.0
        engines[busy].stop()

        async def taken_over() -> bool:
            state = await lab.store.get(EngineState, idle)
            return state is not None and len(state.leases) == 1

        await until(taken_over)
        await lab.run(await lab.pipeline(EPOCHS="3"))
        await lab.run(number)
        assert _last_used(lab, idle) == lab.simulator.world.time
    finally:
        for engine in engines.values():
            engine.stop()
        await asyncio.gather(*tasks)
    assert (await lab.store.page(EngineState)).records == ()


async def test_an_engine_that_lost_its_lease_stops_at_once(lab: Lab) -> None:
    """Its lease ran out unnoticed, as on a suspended machine, and another engine took it."""
    async with lab.running(lab.settings(who="developer"), owner="slow"):
        await lab.run(await lab.pipeline(EPOCHS="3"))
        lease = await lab.store.lease(lab.project_id(), "slow", seconds=0)
        taken = await lab.store.lease(lab.project_id(), "other", seconds=60)
        assert lease is not None and taken is not None and taken.token > lease.token

        async def gave_up() -> bool:
            return not (await _state(lab, "slow")).leases

        await until(gave_up)
        lab.pass_time(10)
        async with lab.running(lab.settings(who="owner"), owner="other"):
            await lab.look("projects")
            await lab.run(await lab.pipeline(EPOCHS="4"))
            polled = await lists(lab)
            await until(lambda: _more(lab, polled + 5))
        assert _last_used(lab, "developer") < lab.simulator.world.time == _last_used(lab, "owner")


async def test_offline_is_said_once_and_recovery_is_quick_while_somebody_looks(lab: Lab) -> None:
    port = int(lab.simulator.url.rpartition(":")[2])
    async with lab.running():
        await lab.look("projects")
        number = await lab.pipeline(EPOCHS="3")
        await lab.run(number)
        lab.simulator.stop()
        away = await until(lambda: _connection(lab, "offline"))
        assert away.offline_since is not None and "refuses connections" in away.last_error and away.hint
        run = await lab.store.get(PipelineRun, lab.run_id(number))
        assert run is not None
        lab.simulator.settings = dataclasses.replace(lab.simulator.settings, port=port)
        lab.simulator.start()
        began = time.monotonic()
        back = await until(lambda: _connection(lab, "ok"))
        assert back.offline_since is None and back.last_error == ""
        assert time.monotonic() - began < 5.0
        await lab.run(await lab.pipeline(EPOCHS="3"))


async def test_a_revoked_token_is_said_and_a_restored_one_works_again(lab: Lab) -> None:
    async with lab.running():
        await lab.look("projects")
        await until(lambda: _connection(lab, "ok"))
        await lab.call("POST", "/-/simulator/token", json={"name": "maintainer", "action": "revoke"}, who="owner")
        refused = await until(lambda: _connection(lab, "unauthorized"))
        assert "revoked" in refused.last_error.lower()
        await lab.call("POST", "/-/simulator/token", json={"name": "maintainer", "action": "restore"}, who="owner")
        await until(lambda: _connection(lab, "ok"))


async def test_a_rate_limit_closes_the_connection_until_the_time_it_says(lab: Lab) -> None:
    async with lab.running():
        await lab.look("projects")
        await until(lambda: _connection(lab, "ok"))
        await lab.fault("rate_limit", retry_after=1)
        limited = await until(lambda: _connection(lab, "limited"))
        assert limited.retry_at is not None
        count = sum((await lab.requests()).values())
        back = await until(lambda: _connection(lab, "ok"))
        assert back.retry_at is None
        assert sum((await lab.requests()).values()) <= count + 25


async def test_half_of_the_limit_is_kept_for_people(make_lab: Callable[..., Awaitable[Lab]]) -> None:
    """The simulator's minute does not pass here, so what is used up stays used up."""
    lab = await make_lab(history_days=10, rate_limit=100)
    async with lab.running(lab.settings(sync=replace(SYNC, slow=60.0))):

        async def slowed() -> bool:
            connection = await lab.store.get(Connection, "work")
            return connection is not None and (connection.rate_remaining or 100) <= 70

        await until(slowed)
        detailed = await lab.store.count(PipelineRun, where={"jobs_synced": True})
        polled = await lists(lab)
        await lab.look(f"project:{lab.project_id()}")
        await until(lambda: _more(lab, polled + 10))
        later = await lab.store.count(PipelineRun, where={"jobs_synced": True})
        assert later <= detailed + 2, "details of old runs wait while somebody is served"
        connection = await lab.store.get(Connection, "work")
        assert connection is not None and connection.rate_limit == 100 and connection.state == "ok"


async def test_one_failing_project_stops_no_other(lab: Lab) -> None:
    fraud = "ml/risk/fraud-detection"
    await lab.fault("status", status=500, count=10_000, path=f"/projects/{lab.git(fraud)}/pipelines")
    number = await lab.pipeline(EPOCHS="3")
    async with lab.running(lab.settings(fraud, CHURN)):
        await lab.look("projects")

        async def said() -> bool:
            state = await lab.store.get(SyncState, f"work:{fraud}")
            return state is not None and bool(state.last_error)

        await until(said)
        await lab.run(number)
        lab.pass_time(30)
        lab.pass_time_until(lambda: lab.simulator.world.pipelines[number].status == "success")
        await lab.run(number, "success")


async def test_stopping_takes_less_than_a_second_while_the_server_hangs(lab: Lab) -> None:
    engine = lab.engine(timing=TIMING)
    task = asyncio.create_task(engine.run())
    await lab.look("projects")
    await until(lambda: _connection(lab, "ok"))
    await lab.fault("hang", count=1000)
    before = sum((await lab.requests()).values())

    async def hangs() -> bool:
        return sum((await lab.requests()).values()) > before

    await until(hangs)
    began = time.monotonic()
    engine.stop()
    await task
    assert time.monotonic() - began < 1.0
    lab.simulator.stop()


async def test_refresh_reads_at_once_what_would_come_round_later(lab: Lab) -> None:
    settings = lab.settings(sync=replace(SYNC, fast=600.0, medium=600.0, slow=600.0))
    async with lab.running(settings):
        await lab.run(await lab.pipeline(EPOCHS="3"))
        number = await lab.pipeline(EPOCHS="4")
        await lab.look(f"refresh:{lab.project_id()}")
        await lab.run(number)


async def _more(lab: Lab, count: int) -> bool:
    return await lists(lab) > count


def _last_used(lab: Lab, who: str) -> float:
    """When the server saw a token last, 0 for never."""
    world = lab.simulator.world
    return world.tokens[lab.simulator.tokens[who]].last_used_at or 0.0


async def _state(lab: Lab, owner: str) -> EngineState:
    found = await lab.store.get(EngineState, owner)
    assert found is not None
    return found


async def _connection(lab: Lab, state: str) -> Connection | None:
    found = await lab.store.get(Connection, "work")
    return found if found is not None and found.state == state else None
