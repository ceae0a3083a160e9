"""Figures of the log viewer, side by side with bare Textual, less, lnav and toolong in one run.

python -m tests.bench.bench_log [--bytes 1e9] [--rounds 5] [--peers] [--flood 60]

`--peers` measures less, lnav and toolong too, and installs those that are missing where it may (apt-get, pip).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.logs import FIRST, LAST, NEEDLE, RARE, write_log
from tests.bench.measure import environment, key, quantile, start, until
from tests.terminal.pty import Terminal

HELLO = [sys.executable, str(Path(__file__).with_name("hello.py"))]
VIEW = [sys.executable, "-c", "from tui.cli import main; main()", "view"]
SMALL = 100_000_000
"""Bytes of the second log, for the figures that are given for 100 MB."""
PATIENCE = 60.0
"""Seconds that another viewer may take."""
RATE = 50_000
"""Lines per second of the flood."""
COUNTED = re.compile(r"\d[\d,]* of \d[\d,]*")
"""What the viewer says when it has counted."""
LINE = "2026-03-01T00:00:15.055Z INFO epoch 3 step {:09} loss=0.11762 tok/s=5086 grad_norm=0.5\n"


@dataclass(frozen=True)
class Viewer:
    """A program that shows a log.

    Attributes:
        command: how it is started; the file follows.
        end: keys that lead to the end, where it does not open there.
        top: keys that lead to the beginning.
        find: what is typed in front of and behind a text to find it.
    """

    name: str
    command: tuple[str, ...]
    end: bytes = b""
    top: bytes = b"g"
    find: tuple[bytes, bytes] = (b"/", b"\r")


LINESIDE = Viewer("lineside view", tuple(VIEW))


def peers(folder: Path) -> list[Viewer]:
    """The other viewers that the machine has, or may install."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        missing = [name for name in ("less", "lnav") if not shutil.which(name)]
        if missing:
            subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], check=False)
    tool = folder / "toolong"
    subprocess.run([sys.executable, "-m", "venv", str(tool)], check=False)
    subprocess.run([str(tool / "bin" / "pip"), "install", "--quiet", "toolong"], check=False)
    found = []
    if shutil.which("less"):
        found.append(Viewer("less", ("less", "-fR", "+G")))
    if shutil.which("lnav"):
        found.append(Viewer("lnav", ("lnav", "-N"), end=b"G"))
    if (tool / "bin" / "tl").exists():
        found.append(Viewer("toolong", (str(tool / "bin" / "tl"),), end=b"G", top=b"g"))
    return found


def rss(pid: int, what: str = "VmRSS") -> float:
    """Resident memory of a process in MB; `VmHWM` is its peak."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(what))


def measure_start(viewers: list[Viewer], log: Path, env: dict[str, str], rounds: int) -> None:
    """From exec until the last line is painted, round by round side by side; memory after five seconds."""
    times: dict[str, list[float]] = {"bare Textual": []}
    memory: dict[str, list[float]] = {}
    for number in range(rounds):
        times["bare Textual"].append(start(HELLO, {"hello": lambda out: b"HELLO-WORLD" in out}, env)["hello"])
        for viewer in viewers:
            if number and viewer is not LINESIDE:
                continue  # ten seconds each
            since = time.monotonic()
            with Terminal([*viewer.command, str(log)], columns=120, rows=40, env=env) as terminal:
                if viewer.end:
                    time.sleep(0.3)
                    terminal.send(viewer.end)
                try:
                    times.setdefault(viewer.name, []).append(seen(viewer, terminal, LAST, since))
                except TimeoutError:
                    times.setdefault(viewer.name, []).append(float("inf"))
                settle(terminal, 3.0)
                memory[viewer.name] = [rss(terminal.pid), rss(terminal.pid, "VmHWM")]
    with Terminal(HELLO, columns=120, rows=40, env=env) as terminal:
        settle(terminal, 2.0)
        base = rss(terminal.pid)
    yard = median(times["bare Textual"])
    for name, values in times.items():
        print(f"  {name:14}{median(values):9.0f} ms  {median(values) / yard:6.2f} x bare", end="")
        if name in memory:
            now, peak = memory[name]
            print(f"   {now - base:+7.0f} MB over bare Textual ({base:.0f} MB), peak {peak - base:+.0f}", end="")
        print(flush=True)


def shows(text: str) -> Callable[[bytes], bool]:
    """Whether a text was written."""
    return lambda out: text.encode() in out


def seen(viewer: Viewer, terminal: Terminal, text: str, since: float) -> float:
    """Milliseconds until a text stands on the screen; other programs may write it in pieces."""
    if viewer is LINESIDE:
        return until(terminal, shows(text), since)
    while time.monotonic() - since < PATIENCE:
        terminal.read(0.05)
        if text in terminal.text:
            return (time.monotonic() - since) * 1000
    raise TimeoutError(text)


def settle(terminal: Terminal, seconds: float) -> None:
    """Take what is written for some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.read(0.05)


def measure_keys(log: Path, env: dict[str, str], rounds: int) -> None:
    """Keys right after the first paint, while the index is built, and later; and when the first line is reached."""
    early, late, indexed = [], [], []
    for _ in range(rounds):
        since = time.monotonic()
        with Terminal([*VIEW, str(log)], columns=120, rows=40, env=env) as terminal:
            until(terminal, shows(LAST), since)
            early += [key(terminal, typed)[0] for typed in (b"k", b"k", b"\x1b[5~", b"k", b"\x1b[5~", b"k") * 2]
            del terminal.raw[:]
            terminal.send("g")
            indexed.append(until(terminal, shows(FIRST), since))
            late += [key(terminal, typed)[0] for typed in (b"j", b"j", b"\x1b[6~", b"k", b"\x1b[5~", b"k") * 4]
    print(f"  first line reached {median(indexed):.0f} ms after exec (with 12 keys, 50 ms between them, before it)")
    for name, values in (("keys at once", early), ("keys later", late)):
        print(f"  {name:14} p50 {quantile(values, 0.5):6.1f} ms   p99 {quantile(values, 0.99):6.1f} ms", flush=True)


def measure_open(log: Path, small: Path, env: dict[str, str], rounds: int) -> None:
    """Inside the running program: from the key that changes to a large file until its last line is painted."""
    times = []
    with Terminal([*VIEW, str(small), str(log)], columns=120, rows=40, env=env) as terminal:
        until(terminal, shows(LAST), time.monotonic())
        for _ in range(rounds):
            settle(terminal, 2.0)
            del terminal.raw[:]
            since = time.monotonic()
            terminal.send("}")
            times.append(until(terminal, shows(LAST), since))
            settle(terminal, 2.0)
            terminal.send("{")
    print(f"  opened inside the running program: {median(times):.0f} ms, at most {max(times):.0f} ms", flush=True)


def measure_find(viewers: list[Viewer], log: Path, env: dict[str, str], rounds: int) -> None:
    """From the beginning: a text that stands in the last line but one."""
    for viewer in viewers:
        times = []
        for _ in range(rounds if viewer is LINESIDE else 1):
            with Terminal([*viewer.command, str(log)], columns=120, rows=40, env=env) as terminal:
                since = time.monotonic()
                if viewer.end:
                    settle(terminal, 0.5)
                    terminal.send(viewer.end)
                try:
                    seen(viewer, terminal, LAST, since)
                    settle(terminal, 2.0)
                    terminal.send(viewer.top)
                    seen(viewer, terminal, FIRST, time.monotonic())
                    settle(terminal, 1.0)
                    del terminal.raw[:]
                    before, after = viewer.find
                    since = time.monotonic()
                    terminal.send(before + NEEDLE.encode() + after)
                    times.append(seen(viewer, terminal, RARE.removeprefix(NEEDLE).strip(), since))
                except TimeoutError:
                    times.append(float("inf"))
        print(f"  {viewer.name:14}{median(times):9.0f} ms", flush=True)


def measure_count(log: Path, env: dict[str, str], rounds: int) -> None:
    """Every match counted, keys answered meanwhile."""
    for text in (NEEDLE.lower(), "error", "epoch 7", "loss="):
        times = []
        found = None
        for _ in range(rounds):
            with Terminal([*VIEW, str(log)], columns=120, rows=40, env=env) as terminal:
                until(terminal, shows(LAST), time.monotonic())
                settle(terminal, 1.0)
                del terminal.raw[:]
                since = time.monotonic()
                terminal.send(f"/{text}\r")
                while time.monotonic() - since < 30:
                    terminal.read(0.02)
                    if (found := COUNTED.search(terminal.text)) and "so far" not in terminal.text:
                        break
                times.append((time.monotonic() - since) * 1000)
        print(f"  {text!r:22}{median(times):7.0f} ms   {found[0] if found else 'never'}", flush=True)


def measure_flood(folder: Path, env: dict[str, str], seconds: int) -> None:
    """A file that grows by 50,000 lines a second: is the last line shown, how late are keys, does memory stay flat."""
    log = folder / "flood.log"
    log.write_bytes(b"")
    digest = hashlib.sha256()
    written = [0]

    def write() -> None:
        with log.open("ab", buffering=0) as file:
            began = time.monotonic()
            while (passed := time.monotonic() - began) < seconds:
                due = int(passed * RATE)
                data = "".join(LINE.format(number) for number in range(written[0], due)).encode()
                file.write(data)
                digest.update(data)
                written[0] = due
                time.sleep(0.02)
            file.write(f"{LAST}\n".encode())

    with Terminal([*VIEW, str(log)], columns=120, rows=40, env=env) as terminal:
        settle(terminal, 1.5)
        thread = threading.Thread(target=write)
        thread.start()
        settle(terminal, 3.0)
        before = rss(terminal.pid)
        times = []
        while thread.is_alive():
            times += [key(terminal, typed)[0] for typed in (b"k", b"k", b"\x1b[5~", b"j", b"G")]
        ended = time.monotonic()
        thread.join()
        terminal.send("G")
        late = until(terminal, shows(LAST), ended)
        after = rss(terminal.pid)
    size = log.stat().st_size / 1e6
    print(f"  {written[0]:,} lines, {size:.0f} MB; the last one shown {late:.0f} ms after it was written")
    print(
        f"  keys meanwhile p50 {quantile(times, 0.5):.1f} ms   p99 {quantile(times, 0.99):.1f} ms   ({len(times)} keys)"
    )
    print(f"  memory {before:.0f} MB after 3 s, {after:.0f} MB at the end", flush=True)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=float, default=1e9)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="less, lnav and toolong beside it")
    parser.add_argument("--flood", type=int, default=60, help="seconds; 0 leaves it out")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as name:
        folder = Path(name)
        env = environment(folder)
        viewers = [LINESIDE, *(peers(folder) if given.peers else ())]
        log = folder / "large.log"
        small = folder / "small.log"
        lines = write_log(log, int(given.bytes))
        write_log(small, SMALL)
        print(f"{log.stat().st_size / 1e9:.2f} GB, {lines:,} lines, 120x40, median of {given.rounds}; others once")
        print("the end painted, from exec", flush=True)
        measure_start(viewers, log, env, given.rounds)
        measure_open(log, small, env, given.rounds)
        print("keys")
        measure_keys(log, env, given.rounds)
        print(f"a text in the last line but one found from the beginning, {log.stat().st_size / 1e6:.0f} MB")
        measure_find(viewers, log, env, given.rounds)
        print(f"the same, {small.stat().st_size / 1e6:.0f} MB")
        measure_find(viewers, small, env, given.rounds)
        print(f"every matching line counted, {small.stat().st_size / 1e6:.0f} MB")
        measure_count(small, env, given.rounds)
        if given.flood:
            print(f"a log that grows by {RATE:,} lines a second for {given.flood} s")
            measure_flood(folder, env, given.flood)


if __name__ == "__main__":
    main()
