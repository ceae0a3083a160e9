"""Textual's frames go through the canvas; where that cannot be, they go Textual's own way."""

from __future__ import annotations

import gc
import time
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Static

from tests.output.emulator import Emulator
from tui.output import lean
from tui.output.canvas import Canvas
from tui.output.lean import LeanOutput, unknown_parts
from tui.output.pace import QUESTION, Pace
from tui.output.terminal import Depth, Terminal

WIDTH, HEIGHT = 60, 10
TRUE = Terminal("emulator", Depth.TRUE, True, True, True, False, None, "", None)


class Program(LeanOutput):
    """Lines of text."""

    def compose(self) -> ComposeResult:
        for number in range(HEIGHT):
            yield Static(f"line {number}", id=f"line-{number}")


class Line:
    """What was written, and the terminal at the other end, which answers every question at once."""

    def __init__(self) -> None:
        self.screen = Emulator(WIDTH, HEIGHT)
        self.sent: list[str] = []
        self.app: LeanOutput | None = None

    def write(self, data: str) -> None:
        """What the driver does."""
        self.sent.append(data)
        self.screen.feed(data)
        if self.app is not None and QUESTION in data:
            self.app.call_later(self.app.output_answered, time.monotonic())

    def text(self) -> list[str]:
        """The lines of the screen."""
        return [line.rstrip() for line in self.screen.display]

    def taken(self) -> str:
        """What was sent since the last time."""
        sent, self.sent = "".join(self.sent), []
        return sent


class Busy(Pace):
    """A line that takes nothing before an answer comes."""

    def room(self, now: float) -> int:
        return 0

    def wait(self, now: float) -> float | None:
        return None


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Line:
    made = Line()
    monkeypatch.setenv("LINESIDE_STATE", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(HeadlessDriver, "is_headless", property(lambda _: False))
    monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: made.write(data))
    monkeypatch.setattr(lean, "from_environment", lambda _: TRUE)
    return made


async def rest(pilot: Pilot[str]) -> None:
    """Wait until all frames are out."""
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, LeanOutput)
    while app._canvas is not None and app._canvas.dirty and not app.output_off:
        await pilot.pause(0.01)


LINES = [f"line {number}" for number in range(HEIGHT)]


async def test_only_what_changed_is_sent(line: Line) -> None:
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await rest(pilot)
        assert line.text() == LINES
        assert app.output_off == ""
        line.taken()
        app.query_one("#line-3", Static).update("line x")
        await rest(pilot)
        assert line.text() == [*LINES[:3], "line x", *LINES[4:]]
        assert len(line.taken()) < 80


async def test_it_waits_for_answers_and_merges_frames(line: Line) -> None:
    app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await rest(pilot)
        line.taken()
        app.output_pace = Busy()
        for count in range(5):
            app.query_one("#line-3", Static).update(f"count {count}")
            await pilot.pause()
        assert line.taken() == ""
        app.output_pace = Pace()
        app.output_answered(time.monotonic())
        await rest(pilot)
        sent = line.taken()
        assert sent.count("count") == 1
        assert line.text()[3] == "count 4"


async def test_what_goes_wrong_in_it_is_written_down_and_the_screen_is_whole(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await rest(pilot)

        def broken(_: Canvas, room: int | None = None) -> str:
            raise ZeroDivisionError

        monkeypatch.setattr(Canvas, "draw", broken)
        app.query_one("#line-3", Static).update("line x")
        await pilot.pause()
        await pilot.pause()
        assert "ZeroDivisionError" in app.output_off
        assert line.text() == [*LINES[:3], "line x", *LINES[4:]]
        app.query_one("#line-4", Static).update("line y")
        await pilot.pause()
        assert line.text()[4] == "line y"


async def test_with_an_unknown_textual_it_is_off_and_says_so(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lean, "EXPECTED", {lean.LayoutUpdate: ("strips", "area")})
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        assert "LayoutUpdate.area" in app.output_off
        assert line.text() == LINES


async def test_this_textual_is_known(line: Line) -> None:
    assert unknown_parts(Program()) == ""


async def test_it_can_be_switched_off_before_and_after_the_start(line: Line) -> None:
    line.app = app = Program()
    app.output_off = "so chosen"
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        assert line.text() == LINES
        assert app._canvas is None


async def test_a_terminal_that_lost_what_it_showed_gets_it_again(line: Line) -> None:
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await rest(pilot)
        for lose in (lambda: app.take_terminal(TRUE), app.output_forget):
            line.screen.reset()
            lose()
            await rest(pilot)
            assert line.text() == LINES


async def test_another_size_is_drawn_anew(line: Line) -> None:
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await rest(pilot)
        line.screen.resize(5, 30)
        await pilot.resize_terminal(30, 5)
        await rest(pilot)
        assert [text[: len("line 0")] for text in line.text()] == LINES[:5]
        assert app.size == Size(30, 5)


async def test_a_depth_that_the_terminal_tells_later_is_taken(line: Line) -> None:
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await rest(pilot)
        line.taken()
        app.take_terminal(TRUE._replace(depth=Depth.EIGHT_BIT))
        await rest(pilot)
        sent = line.taken()
        assert "48;5;" in sent and "48;2;" not in sent
        assert line.text() == LINES


async def test_frames_are_synchronized_where_the_terminal_knows_it(line: Line) -> None:
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await rest(pilot)
        app.take_terminal(TRUE._replace(synchronized=True))
        for number in range(HEIGHT):
            app.query_one(f"#line-{number}", Static).update(f"{number} is another text, and a longer one")
        line.taken()
        await rest(pilot)
        sent = line.taken()
        assert sent.startswith(lean.SYNC_START) and sent.endswith(lean.SYNC_END)


async def test_a_batch_of_changes_is_no_reason_to_draw_everything(line: Line) -> None:
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await rest(pilot)
        line.taken()
        with app.batch_update():
            app.query_one("#line-3", Static).update("line x")
            await pilot.pause()
        await rest(pilot)
        assert line.text()[3] == "line x"
        assert len(line.taken()) < 120


async def test_strips_that_are_shown_no_more_are_let_go_without_a_collection(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean, "MOST_STRIPS", 2 * HEIGHT)
    line.app = app = Program()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:

        async def strips_after(updates: int) -> int:
            for number in range(updates):
                app.query_one("#line-3", Static).update(f"{updates} {number}")
                await rest(pilot)
            return sum(isinstance(found, Strip) for found in gc.get_objects())

        await strips_after(2 * HEIGHT)
        gc.collect()
        gc.disable()
        try:
            before = await strips_after(1)
            assert await strips_after(30) < before + 30, "Textual's strips refer to themselves"
        finally:
            gc.enable()
