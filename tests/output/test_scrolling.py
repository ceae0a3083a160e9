"""Regions that moved are found, where moving them saves something."""

from __future__ import annotations

from rich.segment import Segment

from tui.output.pens import Pens
from tui.output.rows import Row, cells
from tui.output.scrolling import Scroll, find
from tui.output.terminal import Depth


def rows(*texts: str) -> list[Row]:
    pens = Pens(Depth.TRUE)
    return [cells([Segment(f"{text:<60}")], pens) for text in texts]


def log(first: int, count: int = 10) -> list[str]:
    return [f"line {number} " + chr(65 + number % 26) * 40 for number in range(first, first + count)]


def changed(shown: list[Row], wanted: list[Row]) -> list[int]:
    return [y for y, (old, new) in enumerate(zip(shown, wanted, strict=True)) if old != new]


def found(shown: list[Row], wanted: list[Row]) -> Scroll | None:
    return find(shown, wanted, changed(shown, wanted))


def test_a_region_between_fixed_rows_moves_up_and_down() -> None:
    head, foot = ["title", "columns"], ["keys"]
    before, after = rows(*head, *log(5), *foot), rows(*head, *log(6), *foot)
    assert found(before, after) == Scroll(2, 11, 1)
    assert found(after, before) == Scroll(2, 11, -1)
    assert found(before, rows(*head, *log(8), *foot)) == Scroll(2, 11, 3)


def test_columns_beside_the_region_that_stay_are_no_hindrance() -> None:
    side = ["tree", "", "", "a", "", "", "", "b", "", ""]
    before = rows(*(f"{left:<6}│{text}" for left, text in zip(side, log(0), strict=True)))
    after = rows(*(f"{left:<6}│{text}" for left, text in zip(side, log(1), strict=True)))
    assert found(before, after) == Scroll(0, 9, 1)


def test_nothing_is_moved_where_that_saves_nothing() -> None:
    assert found(rows(*log(0)), rows(*log(100))) is None
    assert found(rows(*["same"] * 10), rows(*["same"] * 9, "other")) is None
    assert found(rows(*log(0)), rows(*log(0)[:8], *log(30, 2))) is None
    assert found(rows("a", "b", "c", "d", "e", "f"), rows("b", "c", "d", "e", "f", "g")) is None


def test_rows_that_nobody_knows_are_not_moved() -> None:
    unknown: list[Row | None] = [None] * 10
    assert find(unknown, rows(*log(0)), list(range(10))) is None
