"""A log body in an application that runs, for its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot

from data.logtext import LogIndex
from tests.widgets.stage import Stage, texts, until
from widgets.logbody import LogBody


def write(log: Path, data: bytes, mode: str = "wb") -> None:
    """Write or append."""
    with log.open(mode) as file:
        file.write(data)


class Shown(NamedTuple):
    """The body, and what the terminal shows of it."""

    pilot: Pilot[None]
    body: LogBody
    app: Stage

    def screen(self) -> list[str]:
        """What was drawn on the terminal, without the scroll bar."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip)[:-1].rstrip() for strip in strips]

    def drawn(self) -> list[str]:
        """What the body would draw now."""
        return texts(self.body, range(self.body.size.height))

    async def settled(self) -> list[str]:
        """What the terminal shows when all is drawn; it is what the body would draw."""
        await self.pilot.pause()
        assert self.screen() == self.drawn()
        return self.screen()

    def follows(self) -> bool:
        """Whether the end is followed."""
        return self.body.following

    async def write(self, data: bytes) -> None:
        """Append to the log, and have it shown."""
        assert self.body.index is not None
        write(self.body.index.path, data, "ab")
        self.body.grow()
        await self.pilot.pause()


@asynccontextmanager
async def showing(
    log: Path, data: bytes, *, size: tuple[int, int] = (40, 10), complete: bool = True
) -> AsyncIterator[Shown]:
    """A body that shows `log`, into which `data` was written; `complete` waits until all of it is known."""
    write(log, data)
    index = LogIndex(log)
    body = LogBody(index)
    body.zone = UTC
    app = Stage(body)
    async with app.run_test(size=size, message_hook=app.hear) as pilot:
        body.focus()
        await until(pilot, lambda: body.size and index.lines == body.lines and (index.complete or not complete))
        yield Shown(pilot, body, app)


def numbered(count: int, first: int = 0, width: int = 0) -> bytes:
    """Lines `line 0`, `line 1`, … each filled up to `width` characters."""
    return b"".join(b"line %d".ljust(width, b".") % number + b"\n" for number in range(first, first + count))
