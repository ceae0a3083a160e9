"""Copies that are cut off anywhere, or disturbed: run again they go on, and nothing wrong is taken for whole."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from data.errors import StoreError
from data.model import Lease, PipelineRun, Record
from data.store.moving import contents as reading
from data.store.moving import holding
from data.store.moving.contents import Side
from data.store.moving.copying import Moved, move
from data.store.moving.origin import StoreOrigin
from data.store.moving.sides import opened
from data.store.place import Place
from tests.moving.conftest import NewPlace
from tests.moving.filling import LONG, contents, contents_of, fill, many
from tests.moving.test_copy import copied
from tests.store.samples import run

PATIENCE = 60.0
"""Seconds that a process is waited for."""


class CutOff(Exception):
    """The process ends here."""


class Disturbed:
    """A store, or its logs, of which each call that writes is preceded by another one."""

    def __init__(self, inner: Any, before: Callable[[str], None], writes: Sequence[str]) -> None:
        self._inner, self._before, self._writes = inner, before, writes

    def __getattr__(self, name: str) -> Any:
        if name in self._writes:
            self._before(name)
        return getattr(self._inner, name)


async def cut_off(here: Side, there: Side, calls: int) -> bool:
    """Copy until so many calls have written; whether it came to its end before."""
    left = calls

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise CutOff

    store: Any = Disturbed(there.store, count, ("put",))
    logs: Any = Disturbed(there.logs, count, ("append",))
    try:
        await copy(here, Side(store, logs, there.shown))
    except CutOff:
        return False
    return True


async def copy(here: Side, there: Side) -> Moved:
    """Copy to the end."""
    origin = StoreOrigin(here)
    await origin.prepare(lambda _: None)
    return await move(origin, there)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few records, and few bytes of a log, at a time."""
    monkeypatch.setattr(reading, "FIRST_PAGE", 4)
    monkeypatch.setattr(reading, "MOST", 4)
    monkeypatch.setattr("data.store.moving.origin.PIECE", len(LONG) // 3 + 1)


@pytest.mark.usefixtures("small_pages")
async def test_cut_off_before_every_write(file: NewPlace) -> None:
    """Whatever is there already, the copy is whole in the end; what was there is not written again."""
    first = file("first")
    await fill(first, many(4), {"gitlab:1:job:1": LONG, "gitlab:1:job:2": b"short\n"})
    async with opened(first) as here:
        wanted = await contents_of(here)
        for calls in range(100):
            async with opened(file(f"cut-{calls}"), new=True) as there:
                whole = await cut_off(here, there, calls)
                if not whole:
                    begun = await contents_of(there)
                    moved = await copy(here, there)
                    assert sum(moved.written.values()) == len(wanted.items() - begun.items()) > 0
                assert await contents_of(there) == wanted
            if whole:
                break
    assert calls == 7  # a project, runs, jobs; three pieces of a log and one of another


async def test_cut_off_on_mongo(file: NewPlace, mongo: Place) -> None:
    """The same on MongoDB, in the middle of a log and of records."""
    first = file("first")
    await fill(first, many(10), {"gitlab:1:job:1": LONG * 2})
    async with opened(first) as here, opened(mongo) as there:
        for calls in (2, 3):
            assert not await cut_off(here, there, calls)
        await copy(here, there)
        assert await contents_of(there) == await contents_of(here)


async def test_an_engine_that_begins_meanwhile(
    file: NewPlace, monkeypatch: pytest.MonkeyPatch, small_pages: None
) -> None:
    """It is noticed, and the copy stops before it writes over the engine's work."""
    monkeypatch.setattr(holding, "RENEWED", 0.0)
    first, last = file("first"), file("last")
    await fill(first, many(20))
    async with opened(first) as here, opened(last, new=True) as there, opened(last) as engine:
        writes = 0

        class Taking(Disturbed):
            async def put(self, records: Sequence[Record], **given: Any) -> int:
                nonlocal writes
                writes += 1
                if writes == 3:
                    await engine.store.lease("gitlab:1", "engine", host="gpu-1", seconds=900)
                return int(await self._inner.put(records, **given))

        store: Any = Taking(there.store, lambda _: None, ())
        with pytest.raises(StoreError, match="an engine on gpu-1 works"):
            await copy(here, Side(store, there.logs, there.shown))
        assert writes == 3
        lease = await engine.store.get(Lease, holding.LEASE)
        assert lease is not None
        assert (lease.expires.timestamp()) == 0  # given back


async def test_what_was_lost_is_noticed(file: NewPlace) -> None:
    """A store that loses a record, or a byte of a log, does not pass for a copy."""
    first = file("first")
    await fill(first, many(5), {"gitlab:1:job:1": LONG})

    class Losing(Disturbed):
        async def put(self, records: Sequence[Record], **given: Any) -> int:
            kept = [one for one in records if one.id != run(3).id]
            return int(await self._inner.put(kept, **given))

        def append(self, job_id: str, offset: int, data: bytes, **given: Any) -> int:
            return int(self._inner.append(job_id, offset, b"!" + data[1:], **given))

    async with opened(first) as here, opened(file("last"), new=True) as there:
        losing = [Losing(one, lambda _: None, ()) for one in (there.store, there.logs)]
        store: Any = losing[0]
        logs: Any = losing[1]
        with pytest.raises(
            StoreError, match=r"is not the same as .*: it lacks runs \(1\); it has otherwise logs \(1\)"
        ):
            await copy(here, Side(store, logs, there.shown))


async def test_killed(file: NewPlace) -> None:
    """A process that is killed while it writes leaves what the next one goes on with at once."""
    first, last = file("first"), file("last")
    await fill(first, many(1_500), {"gitlab:1:job:1": LONG})
    arguments = ["store", "copy", "--from", str(first.file), "--to", str(last.file)]
    process = subprocess.Popen(  # noqa: ASYNC220  # it is waited for with a limit
        [sys.executable, "-m", "tui.cli", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        assert any(line.startswith("copying") for line in process.stderr)
        async with opened(last) as side, asyncio.timeout(PATIENCE):
            while not await side.store.count(PipelineRun):
                await asyncio.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)
    assert await contents(last) != await contents(first)
    await copied(first, last)
    assert await contents(last) == await contents(first)
