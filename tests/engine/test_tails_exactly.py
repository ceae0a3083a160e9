"""Not a byte of a log is lost or doubled, whatever happens to connections, servers, engines and the log itself."""

from __future__ import annotations

import asyncio
import mmap
import os
import random
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.logcopy import LogCopy
from data.engine.process import EngineProcess, spawn
from data.engine.server import Lane
from data.model import JobRun
from tests.engine.conftest import CHURN, TIMING, Lab, until
from tests.engine.joblogs import WAYS, add, asked, being_read, end, held, holds, log_state, started, write

pytestmark = pytest.mark.server
MakeLab = Callable[..., Awaitable[Lab]]
NAMES = ["whole", "range", "byte_offset"]
every_way = pytest.mark.parametrize("way", WAYS, ids=NAMES)
CHANCE = random.Random(7)
LINES = b"".join(b"%06d %032x\n" % (number, CHANCE.getrandbits(128)) for number in range(20_000))
"""A log of 800 KB in which no two parts are equal."""
WIDE = "größe 日本語 \x1b[38;2;255;0;1mrot\x1b[0;m section_start:1772452800:step[collapsed=true]\r\x1b[0K ✓\n".encode()


@every_way
@pytest.mark.parametrize("fault", ["truncate", "cut_before", "cut_after", "status"])
async def test_connections_that_break_off(make_lab: MakeLab, way: dict[str, bool], fault: str) -> None:
    lab = await make_lab(**way)
    async with lab.running():
        job = await started(lab)
        write(lab, job, LINES[:1000])
        await lab.look(f"log:{job.id}")
        await holds(lab, job, LINES[:1000])
        for size in (200_000, 200_064, 500_000, len(LINES)):
            await lab.fault(fault, count=2, path="/trace")
            write(lab, job, LINES[:size])
            await holds(lab, job, LINES[:size])
        end(lab, job)
        state = await log_state(lab, job, lambda log: log.complete)
        assert (state.generation, state.erased, state.size) == (0, False, len(LINES))
        assert held(lab, job) == LINES


@every_way
async def test_cuts_within_characters_and_sequences(make_lab: MakeLab, way: dict[str, bool]) -> None:
    lab = await make_lab(**way)
    async with lab.running():
        job = await started(lab)
        log = WIDE * 4
        write(lab, job, log[:1])
        await lab.look(f"log:{job.id}")
        for size in range(1, len(log), 17):
            write(lab, job, log[:size])
            await holds(lab, job, log[:size])


@every_way
async def test_a_server_that_starts_again(make_lab: MakeLab, way: dict[str, bool]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = await make_lab(port=port, **way)
    async with lab.running():
        job = await started(lab)
        write(lab, job, LINES[:300_000])
        await lab.look(f"log:{job.id}")
        await holds(lab, job, LINES[:300_000])
        await asyncio.to_thread(lab.simulator.stop)
        write(lab, job, LINES)
        await asyncio.to_thread(lab.simulator.start)
        await holds(lab, job, LINES)
        assert (await log_state(lab, job, lambda log: log.size == len(LINES))).generation == 0


CHANGES = {
    "shorter": LINES[:100_000],
    "shorter and another": LINES[1000:100_000],
    "as long but another": LINES[: 3 * len(LINES) // 4].upper() + LINES[3 * len(LINES) // 4 :].replace(b"a", b"b"),
    "longer with another beginning": LINES.replace(b"0", b"O") + LINES[:5000],
}


@every_way
@pytest.mark.parametrize("change", CHANGES)
async def test_a_rewritten_log_replaces_what_is_held_and_a_viewer_can_go_on(
    make_lab: MakeLab, way: dict[str, bool], change: str
) -> None:
    lab = await make_lab(**way)
    async with lab.running():
        job = await being_read(lab, LINES)
        with lab.logs.path(job.id).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as viewer:
            write(lab, job, CHANGES[change])
            await holds(lab, job, CHANGES[change])
            assert viewer[:] == LINES, "what a viewer has mapped is left as it is"
        state = await log_state(lab, job, lambda log: log.generation > 0 and log.size == len(CHANGES[change]))
        assert (state.generation, state.erased) == (1, False)
        add(lab, job, b"and on\n")
        await holds(lab, job, CHANGES[change] + b"and on\n")


@every_way
async def test_a_beginning_that_changed_is_noticed_at_the_end(make_lab: MakeLab, way: dict[str, bool]) -> None:
    lab = await make_lab(**way)
    async with lab.running():
        job = await being_read(lab, LINES)
        write(lab, job, b"another" + LINES[7:])
        end(lab, job)
        state = await log_state(lab, job, lambda log: log.complete)
        assert held(lab, job) == b"another" + LINES[7:] and state.generation == 1


@every_way
async def test_bytes_that_were_written_and_not_recorded_are_counted(make_lab: MakeLab, way: dict[str, bool]) -> None:
    """As after a kill between the append and the store's record, also in the middle of a piece."""
    lab = await make_lab(**way)
    async with lab.running():
        job = await started(lab)
    write(lab, job, LINES)
    lab.logs.append(job.id, 0, LINES[:123_457])
    async with lab.running(owner="another"):
        await lab.look(f"log:{job.id}")
        await holds(lab, job, LINES)
        assert (await log_state(lab, job, lambda log: log.size == len(LINES))).generation == 0


async def test_an_engine_that_is_killed_while_it_writes(lab: Lab, tmp_path: Path) -> None:
    """Engines are killed at any moment, and the next one goes on, until the log is whole."""
    async with lab.running():
        job = await started(lab)
    write(lab, job, b"")
    config = tmp_path / "config.yaml"
    config.write_text(
        f"connections:\n  work:\n    kind: gitlab\n    url: {lab.simulator.url}\n    token_env: TEST_TOKEN\n"
        f"projects:\n  - {CHURN}\nstore:\n  path: {tmp_path}\nsync:\n  fast: 0.5\n  medium: 1\n  slow: 2\n"
    )
    env = {**os.environ, "TEST_TOKEN": lab.simulator.tokens["maintainer"]}
    await lab.look(f"log:{job.id}")
    engines: list[EngineProcess] = []
    try:
        for reached in range(1, 5):
            with (tmp_path / "engine.log").open("ab") as told:
                engines.append(spawn(config, owner=f"engine-{reached}", stderr=told, env=env))
            # the log grows for as long as the engine lives, so that it is killed at work
            growing = asyncio.create_task(_grow(lab, job, len(LINES) * reached // 4))
            await until(lambda n=reached: _grew(lab, job, len(LINES) * (n - 1) // 4))  # type: ignore[misc]
            if reached < 4:
                os.kill(engines[-1].pid, signal.SIGKILL)
            await growing
            await lab.store.release(lab.project_id(), f"engine-{reached}")  # sooner than it would run out
            assert LINES.startswith(held(lab, job))
        await holds(lab, job, LINES)
        assert (await log_state(lab, job, lambda log: log.size == len(LINES))).generation == 0
    finally:
        for engine in engines:
            engine.stop()


async def _grow(lab: Lab, job: JobRun, size: int) -> None:
    """Let the server's log grow to `size` bytes in small steps."""
    printed = lab.simulator.world.jobs[job.git_job_id].printed
    assert printed is not None
    while len(printed) < size:
        add(lab, job, LINES[len(printed) : min(len(printed) + 9_973, size)])
        await asyncio.sleep(0)


async def _grew(lab: Lab, job: JobRun, size: int) -> bool:
    return lab.logs.size(job.id) > size


async def test_two_engines_at_once_write_every_byte_once(make_lab: MakeLab) -> None:
    """As with a lease that has run out unnoticed: both fetch what they believe to be new, into one file."""
    lab = await make_lab(trace_byte_offset=True)
    async with lab.running() as engine:
        job = await started(lab)
        write(lab, job, b"")
        context = engine._sessions[0].context
        assert context is not None
        copies = [LogCopy(context, lab.logs, job.id, rank=Rank.PERSON, lane=Lane.LOGS) for _ in range(2)]
        for size in range(20_000, 400_000, 20_000):
            write(lab, job, LINES[:size])
            for copy in copies:
                await copy.load()
            results = await asyncio.gather(*(copy.fetch(job) for copy in copies), return_exceptions=True)
            assert held(lab, job) == LINES[:size], [str(result) for result in results]


async def test_a_stale_answer_never_gets_behind_a_log_that_was_begun_anew(make_lab: MakeLab) -> None:
    """One engine has asked for what follows; another begins the log anew, with by chance as many bytes."""
    lab = await make_lab(trace_byte_offset=True)
    async with lab.running() as engine:
        job = await started(lab)
        write(lab, job, LINES[:5000])
        context = engine._sessions[0].context
        assert context is not None
        copy = LogCopy(context, lab.logs, job.id, rank=Rank.PERSON, lane=Lane.LOGS)
        await copy.load()
        await copy.fetch(job)
        write(lab, job, LINES[:6000])
        await copy.load()
        await lab.fault_latency(300)
        before = await asked(lab)
        fetching = asyncio.create_task(copy.fetch(job))
        await until(lambda: _asked_again(lab, before))
        lab.logs.reset(job.id, LINES[100_000:105_000])
        await asyncio.gather(fetching, return_exceptions=True)
        await lab.fault_latency(0)
        now = held(lab, job)
        assert now in (LINES[100_000:105_000], LINES[:6000])


async def _asked_again(lab: Lab, before: int) -> bool:
    return await asked(lab) > before


async def test_a_log_that_is_dropped_while_it_is_read_comes_again(lab: Lab) -> None:
    async with lab.running():
        job = await being_read(lab, LINES)
        lab.logs.remove(job.id)
        await holds(lab, job, LINES)


async def test_a_clock_that_goes_ahead_does_not_end_a_log_early(make_lab: MakeLab) -> None:
    """By our clock the job ended a minute ago, by the server's just now: its last bytes may still be on the way."""
    lab = await make_lab(behind=60)
    async with lab.running(timing=replace(TIMING, tail_settle=1.0)):
        job = await started(lab)
        write(lab, job, b"begun\n")
        end(lab, job)
        await lab.look(f"log:{job.id}")
        await holds(lab, job, b"begun\n")
        add(lab, job, b"late\n")
        state = await log_state(lab, job, lambda log: log.complete)
        assert (held(lab, job), state) == (b"begun\nlate\n", replace(state, size=11, erased=False))
