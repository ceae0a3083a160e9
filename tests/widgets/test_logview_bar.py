"""The marks on the scroll bar: where lines lie, in half cells, in every theme, under the mouse too."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest
from rich.segment import Segment

from tests.widgets.logs import append, looking, numbered, write
from widgets.glyphs import ASCII, UNICODE, use
from widgets.logbar import NOTHING, UPPER_HALF, MarkedBar, buckets
from widgets.logmarks import TICKS
from widgets.logview import LogView


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def cells(view: LogView) -> list[Segment]:
    """The scroll bar, cell by cell."""
    bar = view.vertical_scrollbar
    return [next(iter(strip)) for strip in bar.render_lines(bar.size.region)]


def ticked(view: LogView) -> dict[int, str]:
    """Cells of the scroll bar with a half block or a sign, and what they show."""
    signs = {UPPER_HALF, *"─✗◆-x#"}
    return {at: cell.text for at, cell in enumerate(cells(view)) if cell.text in signs}


def test_buckets_know_which_kinds_lie_where() -> None:
    chance = random.Random(3)
    for _ in range(200):
        edges = sorted(chance.choices(range(50), k=chance.randrange(0, 12)))
        places = [sorted(chance.sample(range(50), chance.randrange(0, 12))) for _ in range(3)]
        rarest = sorted(range(3), key=lambda kind: (len(places[kind]), -kind))
        slow = [
            next((kind for kind in rarest if any(a <= line < b for line in places[kind])), NOTHING)
            for a, b in pairwise(edges)
        ]
        assert list(buckets(edges, places)) == slow


async def test_marks_matches_and_errors_have_ticks_of_their_colours(log: Path) -> None:
    write(log, numbered(250) + b"ERROR: boom\n" + numbered(249, 251) + b"needle\n" + numbered(499, 501))
    async with looking(log, (60, 20)) as seen:
        view = seen.view
        assert ticked(view) == {}
        view.search("needle")
        await seen.until(lambda: view.hit == 500)
        await seen.until(lambda: ticked(view))
        assert list(ticked(view)) == [10]
        await seen.press("g", "E")
        await seen.until(lambda: view.hit == 250)
        await seen.until(lambda: len(ticked(view)) == 2)
        view.goto("1000")
        await seen.press("M")
        colours = {at: cells(view)[at].style for at in ticked(view)}
        assert list(colours) == [5, 10, 19]
        match, error, mark = (view.look(name).color for name in TICKS)
        assert len({match, error, mark}) == 3
        drawn = [{style.color, style.bgcolor} for style in colours.values() if style is not None]
        assert error in drawn[0] and match in drawn[1] and mark in drawn[2]
        view.search("")
        await seen.press("M")
        assert list(ticked(view)) == [5]


async def test_ticks_follow_growth_and_folding(log: Path) -> None:
    section = b"section_start:1:a\r\x1b[0KHeading\n" + numbered(500) + b"section_end:2:a\r\x1b[0K\n"
    write(log, section + b"needle\n" + numbered(497))
    async with looking(log, (60, 20)) as seen:
        view = seen.view
        view.search("needle")
        await seen.until(lambda: ticked(view))
        (middle,) = ticked(view)
        assert middle == 10
        await seen.press("g", "enter")
        assert list(ticked(view)) == [0]
        await seen.press("enter")
        append(log, numbered(3000))
        view.grow()
        await seen.until(lambda: list(ticked(view)) == [2])


async def test_a_theme_without_colours_and_ascii_have_signs(log: Path) -> None:
    write(log, numbered(520) + b"needle\n" + numbered(480))
    async with looking(log, theme="lineside-mono") as seen:
        seen.view.search("needle")
        await seen.until(lambda: ticked(seen.view) == {10: UNICODE.rule})
        await seen.press("M")
        assert ticked(seen.view) == {10: UNICODE.mark}
        seen.app.theme = "lineside-dark"
        use(ASCII)
        await seen.pilot.pause()
        seen.view.vertical_scrollbar.refresh()
        assert ticked(seen.view) == {10: ASCII.mark}


async def test_the_mouse_still_moves_the_scroll_bar(log: Path) -> None:
    write(log, numbered(1000))
    async with looking(log) as seen:
        view = seen.view
        view.search("line 5")
        await seen.until(lambda: len(ticked(view)) > 3)
        assert isinstance(view.vertical_scrollbar, MarkedBar)
        await seen.press("g")
        top = view.top
        await seen.pilot.click(view, offset=(59, 15))
        await seen.until(lambda: view.top > top)
        await seen.press("g")
        await seen.pilot.mouse_down(view, offset=(59, 0))
        await seen.pilot.hover(view, offset=(59, 10))
        await seen.pilot.mouse_up(view, offset=(59, 10))
        await seen.until(lambda: 400 < view.top < 600)


async def test_ticks_are_drawn_again_only_when_they_change(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, numbered(500) + b"needle\n" + numbered(500))
    async with looking(log) as seen:
        view = seen.view
        view.search("needle")
        await seen.until(lambda: ticked(view))
        drawn: list[int] = []
        monkeypatch.setattr(view.vertical_scrollbar, "refresh", lambda *args, **options: drawn.append(1))
        for _ in range(3):
            view.draw_ticks()
        assert drawn == []
