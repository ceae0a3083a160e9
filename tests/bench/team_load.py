"""What viewers cost the server, and what happens when the leading engine is killed or stands still."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import requests

from data.model import Command, Interest, JobRun, Lease, PipelineRun
from data.model.vocabulary import ACTIVE
from data.store.logs import LogFiles
from data.store.mirror import Mirror
from data.store.open import open_store
from data.store.port import Store
from tests.team.ferret import FerretDB
from tests.team.members import EngineMember, place_in, write_config

T = TypeVar("T")

PACE = (2.0, 15.0, 300.0)
"""The configuration's own intervals: fast, medium, slow."""
SETTLE = 900.0
"""Seconds after which something that should happen counts as not happening."""
LOOKING = timedelta(hours=2)
"""How long the viewers look."""
CONTROL = "/-/simulator/"


async def until(check: Callable[[], Awaitable[T | None]], what: str) -> T:
    """The first true result."""
    deadline = time.monotonic() + SETTLE
    while not (found := await check()):
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        await asyncio.sleep(0.2)
    return found


class Gitlab:
    """A simulator in a process of its own, asked over HTTP."""

    def __init__(self, url: str, tokens: dict[str, str]) -> None:
        self.url, self.tokens, self._http = url, tokens, requests.Session()

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """A request of somebody else; the JSON of the answer."""

        def ask() -> Any:
            root = "" if path.startswith(CONTROL) else "/api/v4"
            headers = {"PRIVATE-TOKEN": self.tokens["maintainer"]}
            answer = self._http.request(method, f"{self.url}{root}{path}", headers=headers, timeout=60, **options)
            answer.raise_for_status()
            return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.content

        return await asyncio.to_thread(ask)

    async def counts(self) -> Counter[str]:
        """Requests by route, those of `call` left out as far as they are the control's."""
        return Counter((await self.call("GET", f"{CONTROL}requests"))["routes"])


@contextmanager
def simulator(projects: int) -> Iterator[Gitlab]:
    """A server with so many projects, on which nobody works by himself and no job fails by chance."""
    options = {"projects": projects, "history-days": 0, "activity": 0, "failure-rate": 0, "rate-limit": 0}
    command = [sys.executable, "-m", "data.simulator", "--json", "--jobs-limit", "0"]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield Gitlab(said["url"], said["tokens"])
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class Scene:
    """The server, the store, the engines and the viewers of one measurement."""

    gitlab: Gitlab
    url: str
    config: Path
    folder: Path
    stack: AsyncExitStack
    projects: dict[str, int] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    engines: list[EngineMember] = field(default_factory=list)
    viewers: list[tuple[Store, LogFiles]] = field(default_factory=list)

    def engine(self) -> None:
        """One more engine process."""
        owner = f"engine-{len(self.engines)}"
        one = EngineMember(self.config, place_in(self.folder / owner, self.url), owner, self.gitlab.tokens["owner"])
        self.engines.append(one)
        self.stack.callback(one.stop)

    async def viewer(self, *topics: str) -> None:
        """One more mirror, whose viewer looks at these topics."""
        name = f"viewer-{len(self.viewers)}"
        place = place_in(self.folder / name, self.url)
        store, logs = await open_store(place.file), LogFiles(place.logs)
        expires = datetime.now(UTC) + LOOKING
        await store.watch([Interest(id=f"{name}:{one}", viewer=name, topic=one, expires=expires) for one in topics])
        mirror = Mirror(store, logs, self.url, place=place.shown, owner=name)
        task = asyncio.create_task(mirror.run())
        self.viewers.append((store, logs))

        async def leave() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await mirror.close()
            await store.close()

        self.stack.push_async_callback(leave)

    async def work(self, running: int) -> None:
        """Start so many pipelines in each project."""
        for git in self.projects.values():
            for _ in range(running):
                made = await self.gitlab.call("POST", f"/projects/{git}/pipeline", json={"ref": "main"})
                self.runs.append(f"work:{git}:{made['id']}")

    async def launch(self, viewer: int, git: int) -> Command:
        """A viewer asks for a run."""
        mark = uuid.uuid4().hex
        command = Command(
            id=mark, kind="launch", connection="work", project_id=f"work:{git}", title=f"launch {mark}", by="bench",
            payload={"ref": "main", "run_id": mark, "variables": [{"key": "RUN_ID", "value": mark}]},
            created=datetime.now(UTC),
        )  # fmt: skip
        await self.viewers[viewer][0].submit(command)
        return command


async def open_scene(stack: AsyncExitStack, server: FerretDB, folder: Path, projects: int, engines: int) -> Scene:
    """A simulator with projects, a new database and engines that have taken all leases."""
    gitlab = stack.enter_context(simulator(projects))
    found = await gitlab.call("GET", "/projects?simple=true&per_page=100")
    paths = {one["path_with_namespace"]: int(one["id"]) for one in found[:projects]}
    config = write_config(folder, gitlab.url, paths, pace=PACE)
    scene = Scene(gitlab, server.url(f"bench_{uuid.uuid4().hex[:8]}"), config, folder, stack, paths)
    for _ in range(engines):
        scene.engine()
    return scene


async def synced(scene: Scene, viewers: int) -> None:
    """Wait until the first viewers know all runs with their jobs."""

    async def check() -> bool:
        counts = [await store.count(PipelineRun, where={"jobs_synced": True}) for store, _ in scene.viewers[:viewers]]
        return min(counts) >= len(scene.runs)

    await until(check, f"{viewers} viewers never knew all runs")


async def per_minute(scene: Scene, seconds: float) -> Counter[str]:
    """Requests to the server within `seconds`, per minute, by route."""
    before, began = await scene.gitlab.counts(), time.monotonic()
    await asyncio.sleep(seconds)
    passed = time.monotonic() - began
    counts = await scene.gitlab.counts() - before
    return Counter({route: round(60 * count / passed) for route, count in counts.items() if CONTROL not in route})


async def measure_load(scene: Scene, viewers: int, running: int, window: float) -> None:
    """Requests per minute with one viewer and with many: looking at the same, and each at something else."""
    await scene.work(running)
    first = scene.runs[0]
    began = time.monotonic()
    await scene.viewer("projects", f"run:{first}")
    await synced(scene, 1)
    print(f"  first synchronisation: {time.monotonic() - began:.0f} s")
    alone = await per_minute(scene, window)
    active = await scene.viewers[0][0].count(PipelineRun, where={"status": sorted(ACTIVE)})
    print(f"  1 viewer: {alone.total()} requests a minute, {active} active runs")
    for _ in range(1, viewers):
        await scene.viewer("projects", f"run:{first}")
    await synced(scene, viewers)
    await _compare(f"{viewers} viewers at the same run", alone, await per_minute(scene, window))
    expires = datetime.now(UTC) + LOOKING
    for number, (store, _) in enumerate(scene.viewers):
        topic, name = f"run:{scene.runs[number * running % len(scene.runs)]}", f"viewer-{number}"
        await store.watch([Interest(id=f"{name}:{topic}", viewer=name, topic=topic, expires=expires)])
    await _compare(f"{viewers} viewers at runs of their own", alone, await per_minute(scene, window))


async def _compare(what: str, alone: Counter[str], together: Counter[str]) -> None:
    print(
        f"  {what}: {together.total()} requests a minute, {together.total() / max(alone.total(), 1):.2f} x one viewer"
    )
    for route, count in sorted((together - alone).items(), key=lambda one: -one[1])[:4]:
        print(f"    {count:+5} {route}")


async def measure_takeover(scene: Scene, freeze: float) -> None:
    """Kill the engine with most leases, then freeze the next one: who goes on after how long, and what was doubled."""
    team = await open_store(scene.url)
    scene.stack.push_async_callback(team.close)
    names = [f"work:{git}" for git in scene.projects.values()]

    async def held() -> Counter[str]:
        return Counter(one.owner for one in (await team.get_many(Lease, names)).values())

    for how in ("killed", "frozen"):
        leader = (await held()).most_common(1)[0][0]
        member = next(one for one in scene.engines if one.owner == leader)
        asked = [await scene.launch(turn % len(scene.viewers), git) for turn, git in enumerate(scene.projects.values())]
        (member.kill if how == "killed" else member.freeze)()
        began = time.monotonic()

        async def taken(gone: str = leader) -> bool:
            return (await held())[gone] == 0

        await until(taken, "nobody took over")
        print(f"  {leader} {how}: all its projects taken over after {time.monotonic() - began:.1f} s")
        if how == "frozen":
            await asyncio.sleep(max(freeze - (time.monotonic() - began), 0))
            member.thaw()
        began = time.monotonic()
        await _settled(scene, asked)
        print(f"  the last of them {time.monotonic() - began:.1f} s later")
    for one in scene.engines:
        refused = sum("lease" in line and ("held by" in line or "lost" in line) for line in one.told().splitlines())
        print(f"  {one.owner}: {refused} lines about leases that others hold")


async def _settled(scene: Scene, asked: list[Command]) -> None:
    store = scene.viewers[-1][0]
    ids = [one.id for one in asked]

    async def check() -> dict[str, Command] | None:
        found = await store.get_many(Command, ids)
        return found if len(found) == len(ids) and all(one.finished for one in found.values()) else None

    states = Counter(one.state for one in (await until(check, "commands were never settled")).values())
    made = [one["variables"].get("RUN_ID") for one in await scene.gitlab.call("GET", f"{CONTROL}pipelines")]
    times = Counter(made.count(id) for id in ids)
    print(f"  {len(ids)} launches: {dict(states)}; pipelines made for each: {dict(times)}")


async def measure_tail(scene: Scene, seconds: float) -> None:
    """One log that everybody reads while it grows: every viewer ends up with the server's bytes."""
    store = scene.viewers[0][0]
    where = {"status": "running"}
    job = (await store.page(JobRun, where=where, limit=1)).records[0]
    expires = datetime.now(UTC) + LOOKING
    for number, (local, _) in enumerate(scene.viewers):
        name = f"viewer-{number}"
        await local.watch([Interest(id=f"{name}:log", viewer=name, topic=f"log:{job.id}", expires=expires)])
    order = {"id": job.git_job_id, "action": "write", "text": "begun anew\n"}
    await scene.gitlab.call("POST", f"{CONTROL}job", json=order)
    end, number, late = time.monotonic() + seconds, 0, []
    while time.monotonic() < end:
        number += 1
        text = f"line {number} " + "x" * 200 + "\n"
        await scene.gitlab.call("POST", f"{CONTROL}job", json={**order, "action": "append", "text": text * 20})
        began = time.monotonic()
        whole = await scene.gitlab.call("GET", f"/projects/{job.git_project_id}/jobs/{job.git_job_id}/trace")

        async def here(expected: bytes = whole) -> bool:
            held = [logs.size(job.id) for _, logs in scene.viewers]
            return min(held) >= len(expected)

        await until(here, "the log never came")
        late.append(time.monotonic() - began)
    same = [logs.read(job.id, 0, len(whole)) == whole for _, logs in scene.viewers]
    late.sort()
    print(
        f"  log of {len(whole):,} bytes in {number} pieces: equal at {sum(same)} of {len(same)} viewers;"
        f" a piece is at all of them after {late[len(late) // 2]:.1f} s (median), {late[-1]:.1f} s (longest)"
    )
