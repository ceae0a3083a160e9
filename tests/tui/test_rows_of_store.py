"""Rows out of a store's listing: what is loaded, and what is given up."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

from data.model import Project
from tui.rows import RecordRows, StoreRows
from widgets.cells import Cell
from widgets.rows import ListSource, Row


def project(number: int, name: str = "") -> Project:
    """A project of that number."""
    return Project(id=f"p{number}", name=name or f"project {number}", connection="g", git_project_id=number)


class Slow:
    """A listing of 1,000 projects, of which the first 100 are known until `whole` is set; windows may be held back."""

    def __init__(self) -> None:
        self.whole = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    @property
    def complete(self) -> bool:
        return self.whole.is_set()

    @property
    def size(self) -> int:
        return 1000 if self.complete else 100

    async def window(self, start: int, count: int) -> list[Project]:
        await self.open.wait()
        return [project(number) for number in range(start, start + count)]

    async def finish(self) -> None:
        await self.whole.wait()

    def index_of(self, id: str) -> int | None:
        number = int(id[1:])
        return number if number < self.size else None


def rows_of(listing: Any, above: tuple[Row, ...] = ()) -> StoreRows[Project]:
    return StoreRows(listing, lambda one: (Cell(one.name),), above)


async def test_rows_are_loaded_by_window_and_stand_below_the_callers_own() -> None:
    rows = rows_of(Slow(), (Row("new", (Cell("new"),)),))
    assert isinstance(rows, RecordRows)
    assert not isinstance(ListSource(), RecordRows)
    await rows.load(0, 12)
    assert [rows.row(0), rows.row(1), rows.row(12)] == [
        Row("new", (Cell("new"),)), Row("p0", (Cell("project 0"),)), None,
    ]  # fmt: skip
    assert (rows.size, rows.index_of("new"), rows.index_of("p50"), rows.index_of("p500")) == (101, 0, 51, None)
    assert rows.record(0) is None


async def test_newer_versions_take_the_place_of_loaded_records() -> None:
    rows = rows_of(Slow())
    await rows.load(0, 10)
    assert rows.known(["p3", "p50"]) == ["p3"]
    assert rows.replace({"p3": project(3, "other"), "p4": project(4), "p50": project(50, "x")}) == [3]
    assert rows.row(3) == Row("p3", (Cell("other"),))


async def test_rows_that_are_let_go_keep_what_they_have_and_read_nothing_more() -> None:
    listing = Slow()
    rows = rows_of(listing)
    await rows.load(0, 10)
    gone = weakref.ref(listing)
    del listing
    rows.let_go()
    assert gone() is None, "a listing that nobody holds stops reading"
    await rows.load(0, 100)
    await rows.finish()
    assert (rows.size, rows.row(3), rows.row(30)) == (100, Row("p3", (Cell("project 3"),)), None)


async def test_a_whole_listing_is_not_let_go() -> None:
    listing = Slow()
    rows = rows_of(listing)
    listing.whole.set()
    rows.let_go()
    await rows.load(500, 510)
    assert rows.row(505) is not None


async def test_who_waits_and_is_cancelled_holds_the_listing_no_longer() -> None:
    gc.disable()
    try:
        for wait in (lambda rows: rows.finish(), lambda rows: rows.load(0, 10)):
            listing = Slow()
            listing.open.clear()
            rows = rows_of(listing)
            gone = weakref.ref(listing)
            del listing
            task = asyncio.create_task(wait(rows))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            rows.let_go()
            assert gone() is None
            assert task.cancelled()
    finally:
        gc.enable()
