"""A large log is shown at its end at once; what lies before comes in the background and moves nothing in sight."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from data.logtext import Lead, LeadPart, LogIndex
from tests.widgets.body import Shown, numbered, showing, write
from tests.widgets.stage import DEADLINE, until

LINES = 60_000
"""Enough for a tail and several parts, with the sizes that `small` sets."""


class Gate:
    """Lets a lead read one part at a time."""

    def __init__(self) -> None:
        self._open = threading.Semaphore(0)

    def let(self, count: int = 1) -> None:
        """Let `count` parts more be read."""
        self._open.release(count)

    def pass_through(self) -> None:
        """Wait until a part may be read."""
        assert self._open.acquire(timeout=DEADLINE)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Files of 200 KB are large, of which 128 KiB are known at once; the rest comes by single blocks, when let."""
    gate = Gate()
    read = Lead._part

    def part(self: Lead, first: int, end: int) -> LeadPart:
        gate.pass_through()
        return read(self, first, end)

    monkeypatch.setattr("data.logtext.index.LARGE", 200_000)
    monkeypatch.setattr("data.logtext.index.TAIL", 131_072)
    monkeypatch.setattr("data.logtext.lead.PART", 1)
    monkeypatch.setattr("widgets.loglead.TELL_EVERY", 0.0)
    monkeypatch.setattr(Lead, "_part", part)
    yield gate
    gate.let(1000)


def text_of(lines: list[str]) -> list[str]:
    """Without line numbers."""
    return [line[6:] for line in lines]


async def part_taken(shown: Shown, gate: Gate) -> None:
    """Let one part be read, and wait until it was taken over."""
    assert shown.body.index is not None
    start = shown.body.index.start
    gate.let()
    await until(shown.pilot, lambda: shown.body.index is not None and shown.body.index.start < start)


async def test_the_end_is_shown_without_numbers_then_with_them(log: Path, gate: Gate) -> None:
    async with showing(log, numbered(LINES), complete=False) as shown:
        body = shown.body
        assert (await shown.settled())[-1] == "      line 59999"
        assert body.number_width == 5
        await part_taken(shown, gate)
        assert (await shown.settled())[-1] == "      line 59999"
        gate.let(1000)
        await until(shown.pilot, lambda: body.index and body.index.complete)
        assert (await shown.settled())[-1] == "60000 line 59999"
        assert body.lines == body.rows == LINES


async def test_what_is_in_sight_is_not_drawn_again(log: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing(log, numbered(LINES), complete=False) as shown:
        body = shown.body
        body.move(-500)
        before = await shown.settled()
        drawn: list[int] = []
        draw = body._draw

        def heard(number: int, part: int, row: int, selection: Selection | None) -> Strip:
            drawn.append(number)
            return draw(number, part, row, selection)

        monkeypatch.setattr(body, "_draw", heard)
        for _ in range(3):
            top = body.top
            await part_taken(shown, gate)
            assert body.top > top
            assert body.vertical_scrollbar.position == body.top
            assert body.vertical_scrollbar.window_virtual_size == body.rows
        assert drawn == []
        assert await shown.settled() == before
        body.move(-1)
        assert (await shown.settled())[1:] == before[:-1]


async def test_wrapped_lines_stay_in_place_too(log: Path, gate: Gate) -> None:
    async with showing(log, numbered(6000, width=70), complete=False) as shown:
        body = shown.body
        body.set_wrap(True)
        body.move(-100)
        while not body.part:
            body.move(-1)
        before = await shown.settled()
        await part_taken(shown, gate)
        assert await shown.settled() == before
        gate.let(1000)
        await until(shown.pilot, lambda: body.index and body.index.complete)
        assert text_of(await shown.settled()) == text_of(before)
        body.move(30)
        await shown.settled()
        body.go_top()
        assert (await shown.settled())[0].startswith("   1 line 0")


async def test_what_refers_to_lines_goes_with_them(log: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing(log, numbered(LINES), complete=False) as shown:
        body = shown.body
        assert body.index is not None
        body.move(-30)
        line = body.current
        text = body.index.line(line).text
        body.hit, body.marked, body.chosen = line, {line, line + 2}, (line + 1, line + 3)
        shown.app.screen.selections = {body: Selection(Offset(0, line), Offset(4, line + 1))}
        shifts: list[int] = []
        monkeypatch.setattr(body, "shifted", shifts.append)
        await part_taken(shown, gate)
        gate.let(1000)
        await until(shown.pilot, lambda: body.index and body.index.complete)
        line += sum(shifts)
        assert body.index.line(line).text == text
        assert (body.hit, body.current) == (line, line)
        assert (body.marked, body.chosen) == ({line, line + 2}, (line + 1, line + 3))
        selection = body.text_selection
        assert selection is not None
        assert (selection.start, selection.end) == (Offset(0, line), Offset(4, line + 1))


async def test_growth_meanwhile_is_shown(log: Path, gate: Gate) -> None:
    async with showing(log, numbered(LINES), complete=False) as shown:
        await part_taken(shown, gate)
        await shown.write(numbered(1000, LINES))
        assert (await shown.settled())[-1] == "      line 60999"
        await part_taken(shown, gate)
        await shown.write(b"the last one\n")
        gate.let(1000)
        await until(shown.pilot, lambda: shown.body.index and shown.body.index.complete)
        assert (await shown.settled())[-1] == "61001 the last one"
        shown.body.jump(30_000)
        assert (await shown.settled())[0] == "30001 line 30000"


async def test_the_beginning_is_gone_to_when_it_is_known(log: Path, gate: Gate) -> None:
    async with showing(log, numbered(LINES), complete=False) as shown:
        body = shown.body
        body.go_top()
        assert body.top == 0
        first = await shown.settled()
        await part_taken(shown, gate)
        assert await shown.settled() == first
        gate.let(1000)
        await until(shown.pilot, lambda: body.index and body.index.complete)
        assert (await shown.settled())[0] == "    1 line 0"


async def test_the_beginning_is_not_gone_to_when_the_user_went_elsewhere(log: Path, gate: Gate) -> None:
    async with showing(log, numbered(LINES), complete=False) as shown:
        body = shown.body
        body.go_top()
        body.move(1)
        before = await shown.settled()
        gate.let(1000)
        await until(shown.pilot, lambda: body.index and body.index.complete)
        assert text_of(await shown.settled()) == text_of(before)


def sectioned(collapsed: bytes, lines: int) -> bytes:
    """A section that begins long before the end of a log."""
    return (
        numbered(5000)
        + b"section_start:1000:early"
        + collapsed
        + b"\r\x1b[0KEarly\n"
        + numbered(500)
        + b"section_end:1009:early\r\x1b[0K\nsection_start:1000:late"
        + collapsed
        + b"\r\x1b[0KLate\n"
        + numbered(lines)
        + b"section_end:1065:late\r\x1b[0K\n"
    )


async def test_sections_found_late_are_folded_without_moving_what_is_in_sight(log: Path, gate: Gate) -> None:
    data = sectioned(b"[collapsed=true]", 10) + numbered(LINES)
    async with showing(log, data, complete=False) as shown:
        body = shown.body
        body.move(-50)
        before = await shown.settled()
        gate.let(1000)
        await until(shown.pilot, lambda: body.index and body.index.complete)
        assert text_of(await shown.settled()) == text_of(before)
        assert body.rows == body.lines - 501 - 11
        body.show_line(5000)
        assert "Early" in "".join(await shown.settled())


async def test_a_section_found_late_that_holds_what_is_in_sight_stays_open(log: Path, gate: Gate) -> None:
    async with showing(log, sectioned(b"[collapsed=true]", LINES), complete=False) as shown:
        body = shown.body
        body.move(-500)
        before = await shown.settled()
        gate.let(1000)
        await until(shown.pilot, lambda: body.index and body.index.complete)
        assert text_of(await shown.settled()) == text_of(before)
        assert body.rows == body.lines - 501
        body.move(-LINES)
        assert not body.following


@pytest.mark.parametrize("wrap", [False, True])
async def test_a_page_that_the_known_lines_do_not_fill_is_filled(log: Path, gate: Gate, *, wrap: bool) -> None:
    data = b"".join(b"%03d" % number + b"." * 30_000 + b"\n" for number in range(60))
    async with showing(log, data, complete=False) as shown:
        shown.body.set_wrap(wrap)
        assert shown.body.lines < 10
        await part_taken(shown, gate)
        gate.let(1000)
        await until(shown.pilot, lambda: shown.body.index and shown.body.index.complete)
        last = await shown.settled()
        assert shown.follows()
        assert all(last)
        assert wrap or [line[5:8] for line in last] == [f"{number:03}" for number in range(50, 60)]


async def test_a_log_that_is_replaced_meanwhile_starts_anew(log: Path, gate: Gate) -> None:
    async with showing(log, numbered(LINES), complete=False) as shown:
        await part_taken(shown, gate)
        write(log, numbered(3))
        shown.body.grow()
        assert (await shown.settled())[:3] == ["   1 line 0", "   2 line 1", "   3 line 2"]
        gate.let(1000)
        other = log.with_name("other.log")
        write(other, numbered(LINES, 100_000))
        shown.body.open(LogIndex(other))
        await until(shown.pilot, lambda: shown.body.index and shown.body.index.complete)
        assert (await shown.settled())[-1] == "60000 line 159999"


async def test_the_thread_ends_with_the_view(log: Path, gate: Gate) -> None:
    async with showing(log, numbered(LINES), complete=False) as shown:
        reader = shown.body._lead
        assert reader is not None
        await shown.body.remove()
        gate.let(1000)
        reader.join(DEADLINE)
        assert not reader._thread.is_alive()


async def test_a_large_log_is_whole_with_parts_of_the_real_size(log: Path) -> None:
    async with showing(log, numbered(400_000, width=20)) as shown:
        body = shown.body
        assert body.lines == 400_000
        for line in (0, 1, 77_777, 399_990):
            body.jump(line)
            assert (await shown.settled())[0].startswith(f"{line + 1:6} line {line}")
