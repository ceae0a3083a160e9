"""Sections of a log: folding, unfolding, growth of sections that are folded, and very many of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.widgets.body import Shown, numbered, showing


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def begin(name: str, title: str = "", *, collapsed: bool = False, at: int = 1000) -> bytes:
    """A section begins, on a line of its own."""
    options = "[collapsed=true]" if collapsed else ""
    return f"section_start:{at}:{name}{options}\r\x1b[0K{title or name}\n".encode()


def end(name: str, at: int = 1065) -> bytes:
    """It ends, on a line of its own, which is empty."""
    return f"section_end:{at}:{name}\r\x1b[0K\n".encode()


NESTED = (
    numbered(3)
    + begin("outer")
    + numbered(2)
    + begin("inner")
    + numbered(4)
    + end("inner")
    + numbered(2)
    + end("outer")
    + numbered(3)
)
"""`outer` is line 3 to 13, `inner` in it line 6 to 11, of 17."""


def shown_lines(shown: Shown) -> list[int]:
    """The lines in sight or to be scrolled to."""
    return [shown.body.line_of_row(row) for row in range(shown.body.rows)]


async def test_where_sections_are(log: Path) -> None:
    async with showing(log, NESTED) as shown:
        body = shown.body
        assert [body.section_of(line) for line in (2, 3, 5, 6, 10, 11, 12, 14)] == [None, 3, 3, 6, 6, 3, 3, None]
        assert [body.heading_after(line) for line in (0, 3, 6)] == [3, 6, None]
        assert [body.heading_before(line) for line in (16, 6, 3)] == [6, 3, None]


async def test_nested_sections_fold_and_unfold(log: Path) -> None:
    async with showing(log, NESTED, size=(40, 20)) as shown:
        body = shown.body
        body.toggle(6)
        assert shown_lines(shown) == [*range(7), *range(12, 18)]
        body.toggle(3)
        assert shown_lines(shown) == [*range(4), *range(15, 18)]
        body.toggle(6)
        assert shown_lines(shown) == [*range(4), *range(15, 18)]
        body.toggle(3)
        assert shown_lines(shown) == [*range(18)]
        body.toggle(5)
        assert shown_lines(shown) == [*range(18)]
        await shown.settled()


async def test_a_line_in_folded_sections_is_revealed(log: Path) -> None:
    async with showing(log, NESTED) as shown:
        body = shown.body
        body.fold_all(True)
        assert shown_lines(shown) == [*range(4), *range(15, 18)]
        body.show_line(8)
        assert shown_lines(shown) == [*range(18)]
        assert "   9 line 1" in await shown.settled()
        body.fold_all(True)
        assert shown_lines(shown) == [*range(4), *range(15, 18)]
        body.fold_all(False)
        assert shown_lines(shown) == [*range(18)]


async def test_folding_all_keeps_the_current_line_in_place(log: Path) -> None:
    data = b"".join(begin(f"s{number}") + numbered(30) + end(f"s{number}") for number in range(40))
    async with showing(log, data) as shown:
        body = shown.body
        for wrap in (False, True):
            body.set_wrap(wrap)
            body.show_line(32 * 20)
            y = [body.line_of_row(body.place_at(y)[0]) for y in range(10)].index(32 * 20)
            for fold in (True, False):
                body.fold_all(fold)
                assert body.line_of_row(body.place_at(y)[0]) == 32 * 20
                assert (await shown.settled())[y].split()[1:] == ["▸" if fold else "▾", "s20", "1:05"]


async def test_a_folded_section_hides_what_it_grows_by(log: Path) -> None:
    for wrap in (False, True):
        async with showing(log, numbered(3) + begin("long", collapsed=True) + numbered(2)) as shown:
            shown.body.set_wrap(wrap)
            assert (await shown.settled())[:5] == ["   1 line 0", "   2 line 1", "   3 line 2", "   4 ▸ long  …", ""]
            await shown.write(numbered(50))
            assert (await shown.settled())[4] == ""
            await shown.write(end("long") + numbered(2))
            assert (await shown.settled())[3:7] == ["   4 ▸ long  1:05", "  58 line 0", "  59 line 1", ""]


async def test_a_section_that_begins_while_it_is_watched(log: Path) -> None:
    async with showing(log, numbered(30)) as shown:
        await shown.write(begin("new", collapsed=True) + numbered(30))
        assert (await shown.settled())[-1] == "  31 ▸ new  …"
        await shown.write(end("new") + b"behind\n")
        assert (await shown.settled())[-2:] == ["  31 ▸ new  1:05", "  63 behind"]


async def test_a_line_with_an_end_and_text_is_not_folded(log: Path) -> None:
    data = begin("a", collapsed=True) + numbered(2) + end("a").rstrip(b"\n") + b"text behind the end\n" + numbered(1)
    async with showing(log, data) as shown:
        assert (await shown.settled())[:3] == ["   1 ▸ a  1:05", "   4 text behind the end", "   5 line 0"]


async def test_very_many_sections(log: Path) -> None:
    count = 9000
    data = b"".join(begin(f"s{n}", collapsed=True) + b"x\n" + end(f"s{n}").rstrip(b"\n") for n in range(count))
    async with showing(log, data) as shown:
        body = shown.body
        assert body.rows == count
        body.fold_all(False)
        assert body.rows == body.lines == 2 * count + 1
        assert body.section_of(2 * 4321) == 2 * 4321
        assert body.heading_after(2 * 4321) == 2 * 4322
        body.jump(1000)
        before = await shown.settled()
        await shown.write(numbered(3))
        assert await shown.settled() == before
        body.fold_all(True)
        await shown.settled()
