"""Logs for tests, and a log view that shows one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot

from data.logtext import LogIndex
from tests.widgets.stage import Stage, texts, until
from widgets.logview import LogView

BEGUN = datetime(2026, 11, 20, 22, 30, 5, tzinfo=UTC)
"""When the stamped logs begin."""

SECTIONED = (
    b"start\n"
    b"section_start:1000:get_sources[collapsed=true]\r\x1b[0KGetting source\n"
    b"fetch 1\nfetch 2\n"
    b"section_end:1072:get_sources\r\x1b[0Ksection_start:1072:step_script\r\x1b[0KExecuting\n"
    b"$ make\nneedle\n"
    b"section_end:1100:step_script\r\x1b[0K\n"
    b"end\n"
)
"""Two sections, the first one folded; `needle` is line 6."""


class Seen(NamedTuple):
    """A log view in an application that runs."""

    pilot: Pilot[None]
    view: LogView
    app: Stage

    def said(self) -> list[str]:
        """What keys said so far."""
        return [message.text for message in self.app.of(LogView.Said)]

    def lines(self) -> list[str]:
        """The lines in sight, without their numbers."""
        gutter = self.view.number_width + 1
        return [line[gutter:] for line in texts(self.view, range(self.view.size.height)) if line]

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until they are answered."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: object) -> None:
        """Wait until `condition`, called again and again, holds."""
        assert callable(condition)
        await until(self.pilot, condition)


@asynccontextmanager
async def looking(log: Path, size: tuple[int, int] = (60, 20), theme: str = "lineside-dark") -> AsyncIterator[Seen]:
    """A view of `log`, focused, with its lines known."""
    index = LogIndex(log)
    view = LogView(index)
    view.zone = UTC
    app = Stage(view, theme=theme)
    async with app.run_test(size=size, message_hook=app.hear) as pilot:
        view.focus()
        seen = Seen(pilot, view, app)
        await seen.until(lambda: view.rows and index.complete)
        yield seen


def numbered(count: int, first: int = 0) -> bytes:
    """Lines `line 0`, `line 1`, …"""
    return b"".join(b"line %d\n" % number for number in range(first, first + count))


def stamped(count: int, every: float = 1.0) -> bytes:
    """Numbered lines with the runner's headers, `every` seconds apart."""
    lines = []
    for number in range(count):
        moment = BEGUN + timedelta(seconds=number * every)
        lines.append(f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z 00O line {number}\n")
    return "".join(lines).encode()


def write(log: Path, data: bytes) -> None:
    """Make `data` all that `log` holds."""
    log.write_bytes(data)


def append(log: Path, data: bytes) -> None:
    """Write `data` behind what `log` holds."""
    with log.open("ab") as file:
        file.write(data)
