"""Processes that are killed and servers that go away at any moment: whoever goes on loses and doubles nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from data.model import Command, Connection, PipelineRun, View
from data.store.mirror import Mirror, status
from data.store.mirror.pulling import BATCH
from data.store.port import Store
from tests.mirror.conftest import FAST, Here, MongoTeam, here_in, stop, until
from tests.store.conftest import MongoFactory, collect_sockets
from tests.store.samples import NOON, changed, command, job, run
from tests.team.ferret import FerretDB, ferret

RUNS = BATCH * 4
ROUNDS = 6
VIEW = View(id="ada:runs:", screen="runs", by="ada", updated=NOON)


@asynccontextmanager
async def mirror_process(tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A mirror as a process of its own, killed at the end of the block."""
    arguments = ("-m", "tests.mirror.process", str(tmp_path / "here"), str(tmp_path / "team"))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def is_mirrored(here: Here, since: int) -> bool:
    """Whether a mirror has brought anything since."""
    return await here.store.revision() > since


async def carry_out(theirs: Store, sent: Counter[str]) -> None:
    """An engine sends some of what waits."""
    for taken in await theirs.claim("engine", ["gitlab:1"], limit=3):
        sent[taken.id] += 1
        assert await theirs.settle(changed(taken, state="done"))


async def ask(here: Here, number: int) -> None:
    """A viewer asks for some things, and thinks better of others."""
    for name in range(number * 4, number * 4 + 4):
        await here.store.submit(command(f"c{name:03}"))
    await here.store.withdraw(f"c{number * 4 + 1:03}")
    await here.store.put([changed(VIEW, filter=f"{number}", updated=NOON + timedelta(seconds=number))])


async def test_a_mirror_that_is_killed_again_and_again_loses_and_doubles_nothing(
    tmp_path: Path, here: Here, theirs: Store
) -> None:
    chance, sent = random.Random(7), Counter[str]()
    await theirs.put([run(number, status="running") for number in range(RUNS)])
    for number in range(ROUNDS):
        await ask(here, number)
        async with mirror_process(tmp_path):
            await until(partial(is_mirrored, here, await here.store.revision()))
            await theirs.put([run(one, status="success") for one in chance.sample(range(RUNS), 50)])
            await theirs.delete(PipelineRun, [f"gitlab:1:{one}" for one in chance.sample(range(RUNS), 5)])
            await carry_out(theirs, sent)
            await asyncio.sleep(chance.random() * 0.2)
    async with here.running() as mirror:
        await until(partial(is_complete, mirror))
        while await theirs.count(Command, where={"state": "queued"}) or len(sent) < await asked(here):
            await carry_out(theirs, sent)
            await asyncio.sleep(0.01)
        await until(partial(equal, here.store, theirs))
    assert set(sent.values()) == {1}


async def asked(here: Here) -> int:
    """Commands that nobody took back in time."""
    return ROUNDS * 4 - await here.store.count(Command, where={"state": "withdrawn"})


async def is_complete(mirror: Mirror) -> bool:
    return mirror.complete


async def equal(one: Store, other: Store) -> bool:
    """Whether both hold the same."""
    for kind in (PipelineRun, Command, View):
        pages = [await store.page(kind, limit=RUNS + 100) for store in (one, other)]
        if pages[0].records != pages[1].records:
            return False
    return True


async def test_a_mirror_that_stood_still_while_another_one_went_on_writes_over_nothing(
    tmp_path: Path, here: Here, theirs: Store
) -> None:
    await theirs.put([run(1, status="running")])
    async with mirror_process(tmp_path) as frozen:
        await until(partial(is_mirrored, here, 0))
        await freeze(frozen.pid, here.path)
        await theirs.put([run(1, status="success")])
        async with here.running():
            await until(partial(has, here.store, "success"), "the lease has run out", 60.0)
            os.kill(frozen.pid, signal.SIGCONT)
            await theirs.put([run(1, status="failed")])
            await until(partial(has, here.store, "failed"))

            async def still_leads() -> bool:  # a lease that is renewed late is nobody's for a moment
                return (await status(here.path)).owner.startswith("mirror-")

            await until(still_leads)


async def freeze(pid: int, path: Path) -> None:
    """Stop a process between two writes: in the middle of one it would keep SQLite's lock for as long as it stands."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        with contextlib.closing(sqlite3.connect(path, timeout=0.1, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                await asyncio.sleep(0.01)
            else:
                connection.execute("ROLLBACK")
                return


async def has(store: Store, wanted: str) -> bool:
    found = await store.get(PipelineRun, "gitlab:1:1")
    return found is not None and found.status == wanted


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FerretDB]:
    """A server that can be frozen and killed."""
    with ferret(tmp_path / "ferretdb") as running:
        yield running
    collect_sockets()


@pytest.mark.server
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("how", ["frozen", "killed"])
async def test_a_server_that_goes_away_and_comes_back_in_the_middle_of_everything(
    tmp_path: Path, server: FerretDB, how: str
) -> None:
    team = MongoTeam(MongoFactory(server.url("").rstrip("/")))
    theirs, sent = await team.open(), Counter[str]()
    await theirs.put([run(1, status="running"), job(7, 1)])
    team.logs.append("gitlab:1:job:7", 0, b"before\n")
    async with here_in(tmp_path / "here", team) as here, here.running(replace(FAST, answer=1.0, retry=(0.1,))):
        await here.look_at("log:gitlab:1:job:7")
        await until(partial(is_state, here, "ok"))
        (server.freeze if how == "frozen" else server.kill)()
        await until(partial(is_state, here, "offline"))
        await ask(here, 1)
        assert await here.store.count(Command) == 4
        (server.thaw if how == "frozen" else server.start)()
        await until(partial(is_state, here, "ok"))
        await theirs.put([run(1, status="success")])
        team.logs.append("gitlab:1:job:7", 7, b"after\n")
        await until(partial(has, here.store, "success"))
        await until(partial(holds, here, b"before\nafter\n"))
        while len(sent) < 3:
            await carry_out(theirs, sent)
        await until(partial(equal, here.store, theirs))
    assert sent == {"c004": 1, "c006": 1, "c007": 1}
    await theirs.close()
    team.close()


@pytest.mark.server
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_server_that_stands_still_does_not_hold_up_the_end(tmp_path: Path, server: FerretDB) -> None:
    team = MongoTeam(MongoFactory(server.url("").rstrip("/")))
    theirs = await team.open()
    await theirs.put([run(1), job(7, 1)])
    async with here_in(tmp_path / "here", team) as here:
        mirror = await here.mirror(replace(FAST, close=0.2))
        task = asyncio.create_task(mirror.run())
        await until(partial(is_state, here, "ok"))
        await here.look_at("log:gitlab:1:job:7")
        server.freeze()
        await here.store.submit(command("c1"))
        begun = asyncio.get_running_loop().time()
        await stop(mirror, task)
        assert asyncio.get_running_loop().time() - begun < 5
        server.thaw()
        async with here.running():
            await until(partial(same, theirs, "c1"))
    await theirs.close()
    team.close()


async def same(theirs: Store, name: str) -> bool:
    return await theirs.get(Command, name) is not None


async def holds(here: Here, data: bytes) -> bool:
    return here.logs.read("gitlab:1:job:7", 0, 100) == data


async def is_state(here: Here, state: str) -> bool:
    found = await here.store.get(Connection, "store")
    return found is not None and found.state == state
