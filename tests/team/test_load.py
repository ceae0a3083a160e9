"""What more viewers cost the server: nothing."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from tests.engine.conftest import CHURN, until
from tests.team.conftest import PACE
from tests.team.members import Team, Viewer

VIEWERS, RUNS = 4, 3
LISTS = "GET /api/v4/projects/{id}/pipelines"
ROUNDS = 6
"""Lists of pipelines after which a look at the requests is worth something."""
SPARE = 3
"""Rounds that a window may hold beyond its length: at its two edges, and one that somebody's coming brought forward."""


async def counted(viewer: Viewer) -> tuple[Counter[str], float]:
    """Requests by route while the engine goes some rounds, and how many seconds that took."""
    before, began = Counter(await viewer.requests()), time.monotonic()

    async def enough() -> bool:
        return (await viewer.requests())[LISTS] >= before[LISTS] + ROUNDS

    await until(enough)
    passed = time.monotonic() - began
    return Counter(await viewer.requests()) - before, passed


async def test_more_viewers_are_no_more_requests(team: Team) -> None:
    """The list comes round at its pace, and so does each run, however many look. A slow machine makes fewer rounds,
    never more; `tests.bench.bench_team` has the figures for twenty viewers.
    """
    team.engine("engine")
    first = await team.viewer("viewer-0")
    await first.look("projects", seconds=600)
    await first.known()
    numbers = [await first.pipeline(EPOCHS="1000") for _ in range(RUNS)]
    first.pass_time(60)
    for number in numbers:
        await first.run(number, "running")
    await first.look(f"run:{first.run_id(numbers[0])}", seconds=600)
    alone, seconds = await counted(first)
    others = [await team.viewer(f"viewer-{number}") for number in range(1, VIEWERS)]
    for turn, other in enumerate(others):
        await other.look("projects", f"project:{other.project_id(CHURN)}", seconds=600)
        await other.look(f"run:{other.run_id(numbers[turn % len(numbers)])}", seconds=600)
    await asyncio.gather(*(other.run(number, "running") for other in others for number in numbers))
    together, longer = await counted(first)
    rounds = longer / PACE[0] + SPARE
    assert together[LISTS] <= rounds, (together, longer)
    for route, count in together.items():
        assert count <= RUNS * rounds, (route, alone, seconds, together, longer)
