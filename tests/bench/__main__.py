"""`make bench`: start and keys of the history with many cached runs, against a bare Textual hello-world.

python -m tests.bench [--runs 100000] [--rounds 7] [--keys 200]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.fill import fill
from tests.bench.measure import environment, key, quantile, start, until
from tests.terminal.pty import Terminal

LINESIDE = [sys.executable, "-c", "from tui.cli import main; main()"]
HELLO = [sys.executable, str(Path(__file__).with_name("hello.py"))]
CONFIG = """\
connections:
  gitlab:
    kind: gitlab
    url: {url}
    token: {token}
projects:
{projects}store:
  path: {store}
"""
"""A configuration against the simulator."""


KEYS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("cursor", (b"j", b"k")),
    ("page", (b"\x1b[6~",)),
    ("scroll", (b"j",)),
)
"""Keys in turn: the cursor within the page, pages, and lines that scroll."""


def configure(folder: Path, url: str, token: str, projects: list[str]) -> Path:
    """Write the configuration."""
    path = folder / "lineside.yaml"
    names = "".join(f"  - project: {name}\n" for name in projects) or "  []\n"
    path.write_text(CONFIG.format(url=url, token=token, projects=names, store=folder / "data"))
    path.chmod(0o600)
    return path


def simulator(*options: str) -> tuple[subprocess.Popen[str], dict[str, object]]:
    """A simulator process and what it says of itself."""
    import json

    process = subprocess.Popen(
        [sys.executable, "-m", "data.simulator", "--json", *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def measure_start(config: Path, env: dict[str, str], newest: bytes, rounds: int) -> None:
    """First rows painted, from exec, side by side with the yardstick."""
    command = [*LINESIDE, "--config", str(config), "--no-engine"]
    prime(command, env, newest)
    bare, painted, keyed, live = [], [], [], []
    for _ in range(rounds):
        bare.append(start(HELLO, {"hello": lambda out: b"HELLO-WORLD" in out}, env)["hello"])
        since = time.monotonic()
        with Terminal(command, columns=120, rows=40, env=env) as terminal:
            os.write(terminal.fd, b"jj")
            painted.append(until(terminal, lambda out: newest in out, since))
            keyed.append(until(terminal, lambda out: out.count(newest) > 1, since))
            live.append(until(terminal, lambda out: b"sqlite" in out.rpartition(newest)[2] or b"sqlite" in out, since))
            time.sleep(0.5)
            terminal.send("g")
            time.sleep(0.2)
            terminal.send("\x11")
            terminal.wait_exit()
    yard = median(bare)
    for name, values in (("bare Textual", bare), ("first rows painted", painted), ("a key answered", keyed)):
        print(f"  {name:28}{median(values):8.0f} ms   {median(values) / yard:5.2f} x bare")


def prime(command: list[str], env: dict[str, str], newest: bytes) -> None:
    """Run once, so that there is a snapshot of the last look."""
    with Terminal(command, columns=120, rows=40, env=env) as terminal:
        until(terminal, lambda out: newest in out, time.monotonic())
        time.sleep(1.0)
        terminal.send("g")
        time.sleep(0.2)
        terminal.send("\x11")
        terminal.wait_exit()


def measure_keys(config: Path, env: dict[str, str], newest: bytes, count: int, *, engine: bool) -> None:
    """Cursor and page keys, at rest or while the engine syncs."""
    options = [] if engine else ["--no-engine"]
    with Terminal([*LINESIDE, "--config", str(config), *options], columns=120, rows=40, env=env) as terminal:
        until(terminal, lambda out: newest in out, time.monotonic())
        time.sleep(4.0)
        for name, typed in KEYS:
            answers = [key(terminal, typed[turn % len(typed)]) for turn in range(count)]
            times = [milliseconds for milliseconds, size in answers if size]
            print(
                f"  {name:10}{'syncing' if engine else 'at rest':9} p50 {quantile(times, 0.5):6.1f} ms"
                f"   p99 {quantile(times, 0.99):6.1f} ms   {median(size for _, size in answers):6.0f} bytes"
            )
        terminal.send("\x11")
        began = time.monotonic()
        terminal.wait_exit()
        print(f"  quit {(time.monotonic() - began) * 1000:.0f} ms")


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keys", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as name:
        folder = Path(name)
        env = environment(folder)
        (folder / "data").mkdir()
        print(f"filling a store with {given.runs:,} runs", flush=True)
        asyncio.run(fill(folder / "data" / "lineside.db", given.runs))
        newest = str(given.runs).encode()
        process, said = simulator("--projects", "6", "--history-days", "3", "--speed", "20")
        try:
            tokens = said["tokens"]
            assert isinstance(tokens, dict)
            config = configure(folder, str(said["url"]), str(tokens["maintainer"]), [])
            print(f"start with {given.runs:,} cached runs, 120x40, median of {given.rounds}")
            measure_start(config, env, newest, given.rounds)
            print("keys")
            measure_keys(config, env, newest, given.keys, engine=False)
            import urllib.request

            ask = urllib.request.Request(
                f"{said['url']}/api/v4/projects?simple=true&per_page=50",
                headers={"Authorization": f"Bearer {tokens['maintainer']}"},
            )
            import json

            projects = [item["path_with_namespace"] for item in json.load(urllib.request.urlopen(ask, timeout=10))]
            config = configure(folder, str(said["url"]), str(tokens["maintainer"]), projects)
            measure_keys(config, env, b"running", given.keys, engine=True)
        finally:
            process.terminate()
            process.wait(5)


if __name__ == "__main__":
    main()
