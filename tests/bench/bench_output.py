"""What Lineside sends to a terminal, its own output beside Textual's: python -m tests.bench.bench_output

Bytes and processor time per key on the real screens, a key held over a line of 256 kbit/s with a round trip of 100 ms,
what a second costs with runs under way, and without. Both programs run side by side and take each key in turn.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.__main__ import LINESIDE
from tests.bench.line import NARROW, Remote
from tests.bench.measure import environment, key, silence
from tests.bench.screens import LAST_LINE, LOG_JOB, make_store, start_runs
from tests.terminal.pty import Terminal

COLUMNS, ROWS = 160, 45
OUTPUTS = ("stock", "lean")
CONFIG = """\
connections:
  gitlab:
    kind: gitlab
    url: https://gitlab.example
    token_env: NO_SUCH_TOKEN
projects: []
"""
"""A configuration without anything to ask; no engine runs."""
HERTZ, HELD = 30.0, 3.0
"""Repetitions per second of a held key, and for how many seconds."""
QUIET, LONG = 1.5, 240.0
"""Seconds without output after which the screen behind the line is final; and after which it is given up."""
PAGE = b"\x1b[6~"
BEHIND = 0.3
"""Budget: seconds that the screen may be behind when a key was held."""
TICK = 500
"""Budget: bytes of a second with runs under way."""
CPU = 1.2
"""Budget: processor time of a key, as a multiple of stock's."""


@dataclass(frozen=True)
class Case:
    """Keys on a screen, taken in turn.

    Attributes:
        way: what leads there from the history, each with what the screen shows then.
        budget: bytes per key; None where there is none.
    """

    screen: str
    name: str
    keys: tuple[bytes, ...]
    budget: int | None = None
    way: tuple[tuple[bytes, str], ...] = ()


RUN = ((b"/label:baseline\r", "✓ 500 "), (b"\r", "check-schema"))
LOG = ((f":log {LOG_JOB}\r".encode(), LAST_LINE),)
METRICS = (*RUN, (b"m", "val_auc"), (b"m", "#500 › metrics"))
CASES = (
    Case("Runs", "cursor", (b"j", b"k"), 600),
    Case("Runs", "page down", (PAGE,), 7_000),
    Case("Runs", "scrolled row", (b"j",), None, ((b"j" * ROWS, ""),)),
    Case("Run", "cursor", (b"j", b"k"), 600, RUN),
    Case("Run", "next tab", (b"]",), None, RUN),
    Case("Log", "scrolled line", (b"k",), 500, LOG),
    Case("Log", "page up", (b"\x1b[5~",), 7_000, LOG),
    Case("Metrics", "reading line", (b"\x1b[C",), None, METRICS),
    Case("Metrics", "next chart", (b"l",), None, METRICS),
)
HELDS = (
    Case("Runs", "j", (b"j",)),
    Case("Runs", "page down", (PAGE,)),
    Case("Log", "k", (b"k",), None, LOG),
    Case("Log", "page up", (b"\x1b[5~",), None, LOG),
)


@dataclass
class Bench:
    """The store and the configuration that everything is measured on."""

    folder: Path
    config: Path

    @contextmanager
    def program(self, output: str) -> Iterator[Terminal]:
        """Lineside with one of the outputs."""
        # Folders of its own, so that it does not begin where another one was left.
        own = Path(tempfile.mkdtemp(prefix=output, dir=self.folder))
        shutil.copytree(self.folder / "data", own / "data")
        env = {**environment(own), "LINESIDE_OUTPUT": output}
        command = [*LINESIDE, "--config", str(self.config), "--no-engine"]
        with Terminal(command, columns=COLUMNS, rows=ROWS, env=env) as terminal:
            yield terminal
            terminal.send(b"\x11")
            terminal.wait_exit()
        shutil.rmtree(own)

    @contextmanager
    def shown(self, output: str, way: Sequence[tuple[bytes, str]]) -> Iterator[Terminal]:
        """The program on a screen, at rest."""
        with self.program(output) as terminal:
            terminal.wait("sqlite")
            silence(terminal, 0.5)
            for keys, wanted in way:
                terminal.send(keys)
                terminal.wait(wanted)
                silence(terminal, 0.5)
            yield terminal


def configure(folder: Path) -> Path:
    """Write the configuration."""
    path = folder / "lineside.yaml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    return path


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has taken (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def per_key(bench: Bench, case: Case, count: int) -> dict[str, tuple[float, float]]:
    """Bytes and milliseconds of processor time per key, by output: medians."""
    found: dict[str, list[tuple[int, float]]] = {output: [] for output in OUTPUTS}
    with ExitStack() as stack:
        programs = {output: stack.enter_context(bench.shown(output, case.way)) for output in OUTPUTS}
        for turn in range(count):
            for output, terminal in programs.items():
                before = cpu(terminal.pid)
                _, size = key(terminal, case.keys[turn % len(case.keys)])
                found[output].append((size, (cpu(terminal.pid) - before) * 1000))
                assert terminal.poll() is None, f"{output} has ended"
    return {
        output: (median(size for size, _ in answers if size), median(spent for size, spent in answers if size))
        for output, answers in found.items()
    }


def print_keys(bench: Bench, count: int) -> None:
    """The rows of bytes and processor time per key."""
    print(f"per key, {COLUMNS}x{ROWS}, median of {count}")
    print(f"  {'':24}{'stock':>9}{'lean':>8}{'ratio':>7}{'budget':>8}{'':>4}{'CPU stock':>10}{'lean':>9}{'ratio':>7}")
    for case in CASES:
        found = per_key(bench, case, count)
        (stock, spent), (lean, less) = found["stock"], found["lean"]
        print(
            f"  {case.screen + ', ' + case.name:24}{stock:7.0f} B{lean:6.0f} B{lean / stock:7.2f}"
            f"{_limit(lean, case.budget):>12}{spent:7.1f} ms{less:6.1f} ms{_over(less / spent, CPU)}",
            flush=True,
        )


def _limit(value: float, budget: float | None) -> str:
    """A budget, with a mark where it is not kept."""
    return "" if budget is None else f"<= {budget:g} {'!' if value > budget else ' '}"


def _over(ratio: float, budget: float) -> str:
    return f"{ratio:7.2f}{' !' if ratio > budget else ''}"


def held(bench: Bench, output: str, case: Case) -> tuple[float, int, float]:
    """A key held over the line: seconds behind at the end, bytes, and most bytes that waited in the line."""
    with bench.program(output) as terminal:
        remote = Remote(terminal)
        remote.settle(QUIET, LONG)
        for keys, wanted in case.way:
            remote.type(keys)
            remote.settle(QUIET, LONG)
            remote.behind(0)
            assert wanted in terminal.text, terminal.text
        remote.behind(0)
        last = remote.hold(case.keys[0], HERTZ, HELD)
        before = len(terminal.raw)
        remote.settle(QUIET, LONG)
        behind = remote.behind(last)
        return behind, len(terminal.raw) - before, remote.most_waiting


def print_held(bench: Bench) -> None:
    """The rows of the narrow line."""
    print(
        f"a key held {HELD:.0f} s at {HERTZ:.0f} Hz, {NARROW.bits / 1000:.0f} kbit/s, round trip"
        f" {NARROW.round_trip * 1000:.0f} ms: behind at the end, sent, most waiting in the line"
    )
    for case in HELDS:
        line = f"  {case.screen + ', ' + case.name:24}"
        for output in OUTPUTS:
            behind, sent, waited = held(bench, output, case)
            line += f"{output:>8} {behind:6.2f} s {sent / 1000:6.1f} kB {waited / 1000:6.1f} kB"
        print(f"{line}   {_limit(behind, BEHIND)} s", flush=True)


def each_second(bench: Bench, seconds: float) -> dict[str, tuple[float, float]]:
    """Bytes per second, and share of a processor, of leaving the history alone, by output."""
    with ExitStack() as stack:
        programs = {output: stack.enter_context(bench.shown(output, ())) for output in OUTPUTS}
        before = {output: (len(one.raw), cpu(one.pid)) for output, one in programs.items()}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for terminal in programs.values():
                terminal.read(0.02)
        return {
            output: ((len(one.raw) - before[output][0]) / seconds, (cpu(one.pid) - before[output][1]) / seconds)
            for output, one in programs.items()
        }


def print_each_second(bench: Bench, name: str, seconds: float, budget: float) -> None:
    """A row of what a second costs."""
    found = each_second(bench, seconds)
    (stock, spent), (lean, less) = found["stock"], found["lean"]
    print(
        f"  {name:24}{stock:7.0f} B{lean:6.0f} B   {_limit(lean, budget):9}"
        f"   CPU {spent * 100:.1f} % and {less * 100:.1f} %",
        flush=True,
    )


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=10.0, help="that it is left alone")
    parser.add_argument("--only", choices=("keys", "held", "rest"), help="one part")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        asyncio.run(make_store(folder / "data", given.runs))
        bench = Bench(folder, configure(folder))
        parts: dict[str, Callable[[], None]] = {
            "keys": lambda: print_keys(bench, given.keys),
            "held": lambda: print_held(bench),
            "rest": lambda: print_rest(bench, given.seconds),
        }
        for part, work in parts.items():
            if given.only in {None, part}:
                work()


def print_rest(bench: Bench, seconds: float) -> None:
    """The rows of leaving it alone: first nothing runs, then some runs do."""
    print(f"each second, {seconds:.0f} s on Runs")
    print_each_second(bench, "nothing runs", seconds, 0)
    asyncio.run(start_runs(bench.folder / "data"))
    print_each_second(bench, "10 runs under way", seconds, TICK)


if __name__ == "__main__":
    main()
