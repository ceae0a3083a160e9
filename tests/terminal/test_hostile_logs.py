"""Hostile logs in a real terminal: whatever they hold, it receives our own sequences and text, and nothing else.

What a terminal receives is read by a strict scanner. The kinds of sequences that the program sends of itself are those
of a run on a harmless log with the same keys.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import JobRun, LogState
from data.store.logs import LogFiles
from data.store.open import open_store
from tests.terminal import corpus, scanner
from tests.terminal.pty import DEADLINE, Terminal
from tests.terminal.test_dashboard import QUIT
from tests.world import FAILED_JOB

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(400)]

COLUMNS, ROWS = 100, 30
FIRST_JOB = 70_000
"""Number of the first job whose log is hostile."""
HALF_PAGE = "\x04"
NO_FILTER = "&\x15\r"
"""Opens the filter, empties it (ctrl+u) and keeps it so."""
QUIET = 0.02
"""Seconds without output after which a screen is taken for drawn."""
LOGS = corpus.logs()
READ_THROUGH = {"common", "stamped", "boundaries", "long lines", "nested", "harmless"}
"""Logs that are read through; of the others only the end matters."""
FAR_APART = {"boundaries", "nested"}
"""Logs in which what is to be seen lies among thousands of lines."""
LABELS = {name: corpus.labels(data) for name, data in {**LOGS, "harmless": corpus.harmless()}.items()}
"""What is to be seen of each log."""

MODES = [b"\x1b[?%d%s" % (mode, way) for mode in (1000, 1003, 1004, 1006, 1049, 2004) for way in (b"h", b"l")]
"""What is sent when the program begins and when it ends, and never between: mouse, focus, alternate screen, paste."""

Start = Callable[..., Terminal]


async def hold(folder: Path, logs: dict[str, bytes]) -> dict[str, int]:
    """Give jobs of their own these logs; returns the number of the job by the log's name."""
    store = await open_store(folder / "lineside.db")
    job = await store.get(JobRun, FAILED_JOB)
    assert job is not None
    files = LogFiles(folder / "logs")
    numbers = {name: FIRST_JOB + place for place, name in enumerate(logs)}
    for name, data in logs.items():
        number = numbers[name]
        log = LogState(size=len(data), complete=True)
        named = replace(job, id=f"gitlab:1:job:{number}", git_job_id=number, name=name.replace(" ", "-"), log=log)
        await store.put([named])
        files.append(named.id, 0, data)
    await store.close()
    return numbers


def settle(terminal: Terminal) -> str:
    """The screen, once nothing comes any more."""
    while terminal.read(QUIET):
        pass
    return terminal.text


def press(terminal: Terminal, *keys: str, patience: float = 0.05) -> None:
    """Press keys, each when the one before was drawn; one that draws nothing is waited for `patience` seconds."""
    for key in keys:
        before = len(terminal.raw)
        terminal.send(key)
        end = time.monotonic() + patience
        while len(terminal.raw) == before and time.monotonic() < end:
            terminal.read(0.005)
        settle(terminal)


def scroll(terminal: Terminal, wanted: Iterable[str]) -> None:
    """Go through the log, from its beginning, until everything that is wanted was seen."""
    missing = set(wanted)
    end = time.monotonic() + DEADLINE
    press(terminal, "g", patience=1)
    while missing := {text for text in missing if text not in terminal.text}:
        assert time.monotonic() < end, f"never seen: {sorted(missing)}\n{terminal.text}"
        before = terminal.text
        press(terminal, HALF_PAGE, patience=1)
        if terminal.text == before:
            press(terminal, "g", patience=1)


def read_through(terminal: Terminal, name: str) -> None:
    """Scroll, search, filter, and change how the lines are drawn."""
    if name in FAR_APART:
        press(terminal, "g", *[HALF_PAGE] * 5, "/<0\r", *["n"] * 8, "&<0\r")
        scroll(terminal, LABELS[name])
        press(terminal, NO_FILTER)
    else:
        scroll(terminal, LABELS[name])
    press(terminal, f"/{corpus.CANARY}\r", "n", "N", "E", "]", "[", f"&{corpus.CANARY}\r", "g", "+", "G", NO_FILTER)
    press(terminal, "t", "t", "t", "t", "w", HALF_PAGE, "w", "z", "z", "M", "G", "\x1b[C", "\x1b[D", "G")


def check(written: bytes, harmless: bytes) -> None:
    """Everything that was written is of a kind that is written for a harmless log, too, and carries nothing."""
    known = scanner.kinds(harmless, columns=COLUMNS, rows=ROWS)
    found = scanner.kinds(written, columns=COLUMNS, rows=ROWS)
    assert {kind: found[kind] for kind in found if kind not in known and kind not in scanner.MOVES} == {}
    assert [(mode, written.count(mode)) for mode in MODES] == [(mode, harmless.count(mode)) for mode in MODES]
    orders = scanner.orders(written)
    assert orders
    assert not any(corpus.CANARY.encode() in order for order in orders)


def viewer(files: list[Path], logs: Iterable[str]) -> bytes:
    """What a terminal receives of `lineside view FILE...`, read through."""
    command = [sys.executable, "-m", "tui.cli", "view", *map(str, files)]
    env = {"COLORTERM": "truecolor", "PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal(command, columns=COLUMNS, rows=ROWS, env=env) as terminal:
        for path, name in zip(files, logs, strict=True):
            terminal.wait(path.name)
            go_through(terminal, name)
            press(terminal, "}")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        return bytes(terminal.raw)


def go_through(terminal: Terminal, name: str) -> None:
    """Read a log of the corpus, or the harmless one."""
    if name in READ_THROUGH:
        read_through(terminal, name)
    else:
        terminal.wait(lambda text: all(label in text for label in LABELS[name]))


def test_the_viewer(tmp_path: Path, own_world: Path) -> None:
    paths = []
    for place, (name, data) in enumerate({**LOGS, "harmless": corpus.harmless()}.items()):
        paths.append(tmp_path / f"{place}-{name.replace(' ', '-')}.log")
        paths[-1].write_bytes(data)
    check(viewer(paths[:-1], LOGS), viewer(paths[-1:], ["harmless"]))


def dashboard(start: Start, numbers: dict[str, int]) -> bytes:
    """What a terminal receives of the dashboard's log screen, with one log after the other read through."""
    terminal = start(columns=COLUMNS, rows=ROWS)
    terminal.wait("sqlite")
    for name, number in numbers.items():
        press(terminal, f":log {number}\r")
        terminal.wait(name.replace(" ", "-"))
        go_through(terminal, name)
        press(terminal, "q")
        terminal.wait("lineside  runs")
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0
    return bytes(terminal.raw)


def test_the_log_screen(start: Start, tmp_path: Path) -> None:
    numbers = asyncio.run(hold(tmp_path / "data", {**LOGS, "harmless": corpus.harmless()}))
    harmless = {"harmless": numbers.pop("harmless")}
    check(dashboard(start, numbers), dashboard(start, harmless))


PROGRAM = """
import sys
from tui.cli import main
for words in {calls!r}:
    main([*{options!r}, "--no-engine", "logs", *words])
    sys.stdout.flush()
"""


class Unseen:
    """Stands for a terminal's screen where only the bytes matter."""

    def feed(self, data: bytes) -> None:
        """Show nothing."""


def printed(start: Start, tmp_path: Path, calls: list[list[str]]) -> bytes:
    """What a terminal receives of `lineside logs`, called again and again in one process."""
    options = ["--config", str(tmp_path / "lineside.yaml"), "--store", str(tmp_path / "data" / "lineside.db")]
    code = PROGRAM.format(calls=calls, options=options)
    env = {"COLORTERM": "truecolor", "PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal([sys.executable, "-c", code], columns=COLUMNS, rows=ROWS, env=env) as terminal:
        terminal.stream = Unseen()
        assert terminal.wait_exit(seconds=2 * DEADLINE) == 0
        while terminal.read():
            pass
        return bytes(terminal.raw)


NOTHING = {"text", "control 0a", "control 0d"}


@pytest.mark.parametrize("form", ["--plain", "--color"])
def test_printed(start: Start, tmp_path: Path, form: str) -> None:
    numbers = asyncio.run(hold(tmp_path / "data", LOGS))
    calls = [[str(number), form] for number in numbers.values()]
    canary = corpus.CANARY
    for words in (["--grep", canary], ["--timestamps", "absolute"], ["--tail", "100"], ["--section", "s99*"]):
        calls += [[str(numbers[name]), form, *words] for name in ("common", "stamped", "nested")]
    calls += [[str(numbers["nested"]), "--sections"], [str(numbers["common"]), "--section", "no\x1b]0;31337\x07such"]]
    written = printed(start, tmp_path, calls)
    found = scanner.kinds(written)
    allowed = NOTHING | ({"SGR"} if form == "--color" else set())
    # The table of the sections is drawn in colours in either form.
    lines, _, table = written.partition(b"line")
    assert scanner.kinds(lines).keys() <= allowed
    assert found.keys() <= NOTHING | {"SGR"}
    assert table
    assert not any(canary.encode() in order for order in scanner.orders(written))
    assert all(label.encode() in written for label in LABELS["common"])


def test_every_line_with_colours_ends_without_them(start: Start, tmp_path: Path) -> None:
    numbers = asyncio.run(hold(tmp_path / "data", {"common": LOGS["common"], "harmless": corpus.harmless()}))
    written = printed(start, tmp_path, [[str(number), "--color"] for number in numbers.values()])
    coloured = 0
    for line in written.split(b"\n"):
        orders = [token.data for token in scanner.scan(line) if token.kind == "SGR"]
        coloured += bool(orders)
        assert not orders or orders[-1] == b"\x1b[0m"
    assert coloured > 100


@pytest.mark.parametrize("entry", corpus.ORDERS, ids=[entry.name for entry in corpus.ORDERS])
def test_the_scanner_would_see_it(entry: corpus.Entry) -> None:
    with pytest.raises(AssertionError):
        check(b"\x1b[1;1H" + entry.data + b"\x1b[0m", b"text \x1b[1;1H\x1b[1;38;5;9m\x1b[0m\r\n")
