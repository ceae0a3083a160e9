"""Figures of the team store on FerretDB: load of the server, takeover, pages of a history, keys over a slow network.

python -m tests.bench.bench_team [--parts load,takeover,tail,pages,keys] [--viewers 20] [--projects 30] [--running 10]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from tests.bench import team_load, team_pages
from tests.bench.measure import environment
from tests.bench.scale_mongo import build
from tests.team.ferret import FerretDB, ferret
from tests.team.members import write_config
from tests.team.proxy import proxied

PARTS = ("load", "takeover", "tail", "pages", "keys")
PATIENT = "timeoutMS=600000"
"""A server without indexes is to be measured, not given up."""
NEVER = "http://127.0.0.1:9"
"""A server that is not there: the dashboard's keys are measured on what the store holds."""


async def serve(server: FerretDB, folder: Path, given: argparse.Namespace, parts: list[str]) -> None:
    """What needs a simulated server, engines and viewers."""
    async with AsyncExitStack() as stack:
        scene = await team_load.open_scene(stack, server, folder, given.projects, given.engines)
        print(f"load: {given.projects} projects, {given.running} running pipelines each, {given.engines} engines")
        await team_load.measure_load(scene, given.viewers, given.running, given.window)
        if "tail" in parts:
            print("log tail")
            await team_load.measure_tail(scene, given.window / 2)
        if "takeover" in parts:
            print("takeover")
            await team_load.measure_takeover(scene, given.freeze)


def browse(server: FerretDB, folder: Path, given: argparse.Namespace, parts: list[str]) -> None:
    """What needs a long history."""
    if "pages" in parts:
        print(f"pages: {given.runs:,} runs in MongoDB (FerretDB, loopback), {team_pages.PAGE} rows each")
        url = server.url("history", options=PATIENT)
        asyncio.run(build(url, given.runs))
        asyncio.run(team_pages.measure_pages(url))
    if "keys" in parts:
        print(f"keys: 120x40, {given.mirrored:,} runs in MongoDB, mirrored here while keys are typed")
        asyncio.run(build(server.url("short"), given.mirrored))
        config = write_config(folder, NEVER, ["ml/project-1"], pace=team_load.PACE)
        with proxied(server.port, given.delay / 1000) as proxy:
            url = server.url("short", proxy.port)
            newest = str(given.mirrored // 50).encode()
            team_pages.measure_keys(config, folder, proxy, url, "none", newest, given.keys)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help="which of them")
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--engines", type=int, default=3)
    parser.add_argument("--projects", type=int, default=30)
    parser.add_argument("--running", type=int, default=10, help="running pipelines of each project")
    parser.add_argument("--window", type=float, default=60, help="seconds in which requests are counted")
    parser.add_argument("--freeze", type=float, default=60, help="seconds for which an engine stands still")
    parser.add_argument("--runs", type=int, default=200_000, help="runs whose pages are read")
    parser.add_argument("--mirrored", type=int, default=20_000, help="runs behind the dashboard")
    parser.add_argument("--delay", type=float, default=50, help="milliseconds that an answer of MongoDB comes later")
    parser.add_argument("--keys", type=int, default=200, help="keys that are typed")
    given = parser.parse_args()
    parts = given.parts.split(",")
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="lineside-team-") as name, ferret(Path(name) / "ferretdb") as server:
        folder = Path(name)
        os.environ |= environment(folder)
        began = time.monotonic()
        if {"load", "takeover", "tail"} & set(parts):
            asyncio.run(serve(server, folder, given, parts))
        browse(server, folder, given, parts)
        print(f"measured in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
