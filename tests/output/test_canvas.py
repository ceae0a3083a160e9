"""What a canvas sends: the fewest bytes that lead to the screen that is wanted."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style

from tests.output.emulator import Emulator
from tui.output.canvas import Canvas
from tui.output.rows import cells, fitted
from tui.output.terminal import Depth, Terminal
from tui.output.writing import move

ABLE = Terminal("emulator", Depth.TRUE, True, True, True, False, None, "", None)
BAR = Style(color="#ffffff", bgcolor="#102030")


class Pair:
    """A canvas and the terminal that it draws on."""

    def __init__(self, width: int = 60, height: int = 8, terminal: Terminal = ABLE) -> None:
        self.canvas = Canvas(terminal)
        self.canvas.resize(width, height)
        self.screen = Emulator(width, height)

    def take(self, y: int, text: str, style: Style | None = None) -> None:
        """Row `y` shall show `text`."""
        row = cells([Segment(text, style)], self.canvas.pens)
        self.canvas.put(y, 0, fitted(row, self.canvas.width))

    def draw(self, room: int | None = None) -> str:
        """Draw; returns what was sent."""
        sent = self.canvas.draw(room)
        self.screen.feed(sent)
        return sent

    def text(self) -> list[str]:
        """The lines of the screen."""
        return [line.rstrip() for line in self.screen.display]


@pytest.fixture
def pair() -> Pair:
    made = Pair()
    for y in range(made.canvas.height):
        made.take(y, f"line {y}")
    made.draw()
    return made


def test_what_is_shown_is_not_sent_again(pair: Pair) -> None:
    assert pair.text() == [f"line {y}" for y in range(8)]
    pair.take(3, "line 3")
    assert not pair.canvas.dirty
    assert pair.draw() == ""


def test_only_the_cells_that_differ_are_sent(pair: Pair) -> None:
    pair.take(3, "line x")
    assert pair.draw() == "\x1b[4;6Hx"


def test_a_row_that_is_wanted_back_before_it_was_sent_costs_nothing(pair: Pair) -> None:
    pair.take(3, "other")
    pair.take(3, "line 3")
    assert pair.draw() == ""
    assert not pair.canvas.dirty


def test_blanks_to_the_end_are_erased_and_characters_repeated(pair: Pair) -> None:
    pair.take(0, "l" * 40, BAR)
    sent = pair.draw()
    assert len(sent) < 60
    pair.take(0, "")
    assert pair.draw() == "\x1b[H\x1b[K"
    assert pair.text()[0] == ""


def test_blanks_are_written_where_erasing_has_no_colour() -> None:
    pair = Pair(terminal=ABLE._replace(erases_coloured=False, repeats=False))
    pair.take(0, " " * 60, BAR)
    sent = pair.draw()
    assert " " * 60 in sent and "\x1b[K" not in sent
    assert {look[2] for look in pair.screen.looks()[0]} == {"102030"}


def test_underlined_blanks_are_never_erased(pair: Pair) -> None:
    pair.take(0, " " * 60, Style(underline=True))
    assert "\x1b[K" not in pair.draw()
    assert {look[3] for look in pair.screen.looks()[0]} == {(True, False, False)}


def test_every_drawing_leaves_a_plain_pen(pair: Pair) -> None:
    pair.take(1, "bar", BAR)
    assert pair.draw().endswith("\x1b[m")


def test_a_region_that_moved_is_moved(pair: Pair) -> None:
    texts = [f"a rather long line {chr(97 + y) * 20}" for y in range(9)]
    for y in range(8):
        pair.take(y, texts[y])
    pair.draw()
    for y in range(8):
        pair.take(y, texts[y + 1])
    sent = pair.draw()
    assert "\x1b[1;8r\x1b[S\x1b[r" in sent and len(sent) < 80
    assert pair.text() == texts[1:]


def test_room_holds_whole_rows_and_the_rest_stays_wanted(pair: Pair) -> None:
    for y in range(8):
        pair.take(y, f"other {y}")
    pair.draw(1)
    assert pair.text() == ["other 0", *(f"line {y}" for y in range(1, 8))]
    assert pair.canvas.dirty
    pair.take(1, "newer 1")
    while pair.canvas.dirty:
        assert pair.draw(20)
    assert pair.text() == ["other 0", "newer 1", *(f"other {y}" for y in range(2, 8))]


def test_rows_at_the_end_get_their_turn_while_those_at_the_top_always_change(pair: Pair) -> None:
    for y in range(8):
        pair.take(y, f"other {y}")
    for count in range(8):
        pair.take(0, f"count {count}")
        pair.draw(1)
    assert pair.text()[7] == "other 7"


def test_what_nobody_knows_is_drawn_again(pair: Pair) -> None:
    pair.screen.reset()
    pair.canvas.forget()
    pair.draw()
    assert pair.text() == [f"line {y}" for y in range(8)]


def test_another_depth_of_colours_needs_all_rows_again(pair: Pair) -> None:
    pair.canvas.terminal = ABLE._replace(depth=Depth.EIGHT_BIT)
    assert pair.draw() == ""
    pair.take(0, "bar", BAR)
    assert "48;5;" in pair.draw()


def test_an_ability_more_draws_nothing_again_and_one_less_does(pair: Pair) -> None:
    pair.canvas.terminal = ABLE._replace(name="xterm", synchronized=True)
    assert not pair.canvas.dirty
    pair.canvas.terminal = ABLE._replace(repeats=False)
    assert pair.canvas.dirty


def test_the_cursor_ends_where_it_belongs_and_moves_only_when_it_must(pair: Pair) -> None:
    pair.canvas.cursor = (3, 2)
    assert pair.draw() == "\x1b[3;4H"
    assert pair.draw() == ""
    pair.take(5, "new")
    pair.draw()
    assert (pair.screen.cursor.x, pair.screen.cursor.y) == (3, 2)


def test_a_link_is_closed_at_the_end_of_the_frame(pair: Pair) -> None:
    pair.take(1, "here", Style(link="https://example.org"))
    sent = pair.draw()
    assert sent.count("\x1b]8;") == 2
    assert sent.endswith("\x1b]8;;\x1b\\")


def test_what_does_not_fit_is_left_out(pair: Pair) -> None:
    x, letters = (cells([Segment(text)], pair.canvas.pens) for text in ("x", "abcdef"))
    pair.canvas.put(99, 0, x)
    pair.canvas.put(0, 99, x)
    assert not pair.canvas.dirty
    pair.canvas.put(0, 58, letters)
    pair.draw()
    assert pair.screen.display[0].endswith("ab")


@pytest.mark.parametrize(
    ("old", "new", "sent"),
    [
        (None, (0, 0), "\x1b[H"),
        (None, (0, 4), "\x1b[5H"),
        ((199, 4), (30, 4), "\x1b[31G"),
        ((9, 4), (8, 4), "\b"),
        ((9, 4), (10, 4), "\x1b[C"),
        ((9, 4), (40, 4), "\x1b[31C"),
        ((100, 4), (0, 4), "\r"),
        ((9, 4), (0, 5), "\r\n"),
        ((9, 4), (9, 7), "\x1b[3B"),
        ((9, 4), (9, 3), "\x1b[A"),
        ((9, 4), (20, 7), "\x1b[8;21H"),
        ((9, 4), (9, 4), ""),
    ],
)
def test_the_cursor_takes_the_shortest_way(old: tuple[int, int] | None, new: tuple[int, int], sent: str) -> None:
    assert move(old, *new) == sent
