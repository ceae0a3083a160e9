"""What `store copy`, `backup` and `restore` do, and how they tell of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from data.errors import StoreCorrupt
from data.store.moving.archive import pack
from data.store.moving.copying import NAMES, move
from data.store.moving.holding import refuse_working
from data.store.moving.mode import Mode
from data.store.moving.origin import LOGS, Origin, Step, StoreOrigin
from data.store.moving.sides import opened, refuse_same, shown
from data.store.moving.tally import Tally
from data.store.moving.unpacking import BackupOrigin
from data.store.place import Place
from tui.cli.failures import say
from tui.cli.output import print_json, print_table
from tui.present.text import plural, size
from widgets.cells import Cell, Column

COLUMNS: Final = (
    Column(key="what", title="what", width=24),
    Column(key="count", title="count", width=10, align="right"),
    Column(key="written", title="written", width=10, align="right"),
    Column(key="kept", title="kept", width=8, align="right"),
    Column(key="bytes", title="bytes", width=10, align="right"),
    Column(key="checksum", title="checksum", width=12),
)
DIGITS: Final = 12
"""Digits of a checksum that people are shown; `--json` has all."""
OFTEN: Final = 0.1
"""Seconds between two signs of progress on a terminal."""
SELDOM: Final = 5.0
"""The same in a file."""
CLEAR: Final = "\r\x1b[K"
"""Begins the line of a terminal anew (ECMA-48, EL)."""


class Request(NamedTuple):
    """What the options of everything that writes into a store say."""

    mode: Mode
    logs: bool
    force: bool
    as_json: bool


class Progress:
    """Tells on stderr how far it is: on one line of a terminal, else in a line now and then."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._doing = ""
        self._next = 0.0

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if step.doing == self._doing and now < self._next:
            return
        self._doing, self._next = step.doing, now + (OFTEN if self._is_terminal else SELDOM)
        of = f" of {step.of:,}" if step.of else ""
        line = f"{step.doing} {NAMES[step.what]}: {step.done:,}{of}"
        if self._is_terminal:
            print(CLEAR + line, end="", file=sys.stderr, flush=True)
        else:
            say(line)

    def end(self) -> None:
        """Leave the line to what comes next."""
        if self._is_terminal and self._doing:
            print(CLEAR, end="", file=sys.stderr, flush=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress that leaves its line however it ends."""
    found = Progress()
    try:
        yield found
    finally:
        found.end()


async def copy(source: Place, target: Place, request: Request) -> int:
    """`store copy`."""
    refuse_same(source, target)
    async with opened(source) as here:
        if not request.force:
            await refuse_working(here)
        return await _move(StoreOrigin(here, logs=request.logs), target, request)


async def restore(file: Path, target: Place, request: Request) -> int:
    """`restore`."""
    return await _move(BackupOrigin(file, logs=request.logs), target, request)


async def _move(origin: Origin, target: Place, request: Request) -> int:
    with progress() as tell:
        await origin.prepare(tell)  # before a store is made where there is none
        async with opened(target, new=True) as side:
            moved = await move(origin, side, mode=request.mode, force=request.force, tell=tell)
    tallies = {name: one.here for name, one in moved.checked.parts.items()}
    kept = {name: one.kept for name, one in moved.checked.parts.items()}
    if request.as_json:
        numbers = {"written": moved.written, "kept": kept}
        print_json({"from": origin.shown, "to": shown(target), **_facts(tallies, numbers), "waiting": moved.waiting})
        return 0
    _table(tallies, moved.written, kept)
    say(f"{origin.shown} is in {shown(target)} now: {_sum(tallies, moved.written)}; counts and checksums are the same")
    if moved.waiting and not isinstance(origin, BackupOrigin):
        say(f"{plural(moved.waiting, 'command')} wait{'s' * (moved.waiting == 1)} in both stores now, and an engine on")
        say("either would send them: let engines work with one of these stores only")
    elif moved.waiting:
        say(f"{plural(moved.waiting, 'command')} held back: lineside queue lists and releases them")
    return 0


async def backup(source: Place, file: Path, *, logs: bool, replace: bool, as_json: bool) -> int:
    """`backup`."""
    with progress() as tell:
        async with opened(source) as side:
            tallies = await pack(StoreOrigin(side, logs=logs), file, replace=replace, tell=tell)
        written = BackupOrigin(file)
        await written.prepare(tell)
    if {name: one.facts() for name, one in written.tallies.items()} != {k: one.facts() for k, one in tallies.items()}:
        raise StoreCorrupt(f"the backup {file} is not what was written", hint="is the disk in order?")
    _tell_file(written, file, as_json=as_json)
    return 0


async def look_into(file: Path, *, as_json: bool) -> int:
    """`restore --check`."""
    held = BackupOrigin(file)
    with progress() as tell:
        await held.prepare(tell)
    _tell_file(held, file, as_json=as_json)
    return 0


def _tell_file(held: BackupOrigin, file: Path, *, as_json: bool) -> None:
    bytes_ = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "size": bytes_, **held.about, **_facts(held.tallies, {})})
        return
    _table(held.tallies)
    say(f"{file}, {size(bytes_)}: {_sum(held.tallies)}; every checksum is right")


def _facts(tallies: Mapping[str, Tally], numbers: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    def row(name: str) -> dict[str, Any]:
        return {**tallies[name].facts(), **{key: counts[name] for key, counts in numbers.items()}}

    return {"records": {name: row(name) for name in tallies if name != LOGS}, LOGS: row(LOGS)}


def _table(
    tallies: Mapping[str, Tally], written: Mapping[str, int] | None = None, kept: Mapping[str, int] | None = None
) -> None:
    rows = []
    for name, tally in tallies.items():
        keeps = (kept or {}).get(name, 0)
        if tally.count or keeps:
            new = "" if written is None else f"{written[name]:,}"
            texts = (NAMES[name], f"{tally.count:,}", new, f"{keeps:,}" if keeps else "", size(tally.size))
            rows.append([*map(Cell, texts), Cell(tally.digest[:DIGITS], "dim")])
    print_table(COLUMNS, rows)


def _sum(tallies: Mapping[str, Tally], written: Mapping[str, int] | None = None) -> str:
    records = sum(tally.count for name, tally in tallies.items() if name != LOGS)
    text = f"{records:,} record{'s' * (records != 1)}, {plural(tallies[LOGS].count, 'log')}"
    return text if written is None else f"{text} ({sum(written.values()):,} of these new)"
