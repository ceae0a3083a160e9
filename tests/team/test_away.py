"""The team's store stops while everybody works, and comes back: nothing freezes, nothing is lost or doubled."""

from __future__ import annotations

import pytest

from data.model import Command, PipelineRun
from tests.engine.joblogs import add, holds, write
from tests.team.ferret import FerretDB
from tests.team.members import SHOWN, Team
from tests.team.test_together import running

PRINTED = [f"part {number}\n".encode() * 500 for number in range(4)]


@pytest.mark.parametrize("how", ["frozen", "killed"])
async def test_the_store_goes_away_while_in_use(team: Team, mongo: FerretDB, how: str) -> None:
    ada = await team.behind(team.engine("ada"))
    bo = await team.viewer("bo")
    for one in (ada, bo):
        await one.look("projects")
        await one.known()
    number = await bo.pipeline(EPOCHS="40")
    job = await running(bo, number)
    write(bo, job, PRINTED[0])
    for one in (ada, bo):
        await one.look(f"run:{one.run_id(number)}", f"log:{job.id}", seconds=600)
        await holds(one, job, PRINTED[0])
    assert (await bo.connection("ok")).offline_since is None

    (mongo.freeze if how == "frozen" else mongo.kill)()
    try:
        for one in (ada, bo):
            told = await one.connection("offline")
            assert told.offline_since is not None and told.last_error and told.hint and told.url == SHOWN
            assert await one.store.get(PipelineRun, one.run_id(number)) is not None, "what is here is read as before"
        launch = await bo.submit("launch", ref="main", run_id="r1", variables=[{"key": "RUN_ID", "value": "r1"}])
        regretted = await bo.submit("launch", ref="main", run_id="r2", variables=[{"key": "RUN_ID", "value": "r2"}])
        assert await bo.store.withdraw(regretted.id)
        add(bo, job, PRINTED[1])
        assert (await bo.settled(launch, ("queued",))).state == "queued"
    finally:
        (mongo.thaw if how == "frozen" else mongo.start)()

    for one in (bo, ada):
        assert (await one.connection("ok")).offline_since is None
        assert (await one.settled(launch)).state == "done", team.told()
        assert (await one.settled(regretted, ("withdrawn", "done", "refused"))).state == "withdrawn"
    add(bo, job, PRINTED[2])
    for one in (ada, bo):
        await holds(one, job, b"".join(PRINTED[:3]))
    assert [one["variables"].get("RUN_ID") for one in await bo.requested() if "RUN_ID" in one["variables"]] == ["r1"]
    assert len((await bo.store.page(Command)).records) == 2
