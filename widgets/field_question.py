"""A question with a long list of what will happen, which scrolls. The answer is No unless one says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import chop_cells
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from widgets.cells import Cell, Column
from widgets.facts import Facts
from widgets.frame import EDGE
from widgets.grid import GUTTER, Grid, ListSource, Row
from widgets.wrapped import Wrapped

COLUMNS = (Column(key="line", title="what changes", width=40, min_width=10, flex=1),)
"""One column for the lines."""
MORE = 2
"""Cells by which the rest of a long line is indented."""
FRAME = 8
"""Lines of the box and the screen beside the list."""
MOST_CELLS = 100
"""Cells of the question at most, as of the box."""


class QuestionScreen(ModalScreen[bool]):
    """Asks `question` above `lines`, and returns whether the answer was Yes."""

    CSS_PATH = "../styles/field.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False, id="question.yes"),
        Binding("n,escape,q", "answer(False)", "No", show=False, id="question.no"),
    ]
    AUTO_FOCUS = "#question-lines"

    def __init__(self, question: str, lines: Sequence[Cell]) -> None:
        super().__init__()
        self._question, self._lines = question, tuple(lines)

    def compose(self) -> ComposeResult:
        """The question, the lines, the keys."""
        with Vertical(id="question-box"):
            yield Wrapped([(self._question, "bold")], MOST_CELLS, indent=EDGE, id="question-head")
            yield Grid(COLUMNS, id="question-lines")
            yield Facts(1, id="question-foot")

    def on_mount(self) -> None:
        """Say how it is answered."""
        keys = [Cell("y yes", "accent"), Cell("n no", "accent"), Cell("enter: no", "dim")]
        self.query_one("#question-foot", Facts).update([keys])

    def on_resize(self) -> None:
        """Break the lines anew, once the box has its width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        """The lines, as high as they want and the screen has room."""
        grid = self.query_one(Grid)
        cells = [part for line in self._lines for part in broken(line, grid.line_width - GUTTER)]
        grid.set_source(ListSource(Row(str(at), (cell,)) for at, cell in enumerate(cells)))
        asked = self.query_one("#question-head").size.height
        frame = asked + 1 if self.has_class("-low") else FRAME + asked - 1  # where it is low, the box is all there is
        grid.styles.height = max(2, min(len(cells) + 1, self.size.height - frame))

    def action_answer(self, yes: bool) -> None:
        """Answer, and close."""
        self.dismiss(yes)

    def on_grid_opened(self) -> None:
        """`enter` answers No."""
        self.dismiss(False)


def broken(line: Cell, width: int) -> list[Cell]:
    """A line in as many as it takes in `width` cells; the further ones are indented as it is, and a little more."""
    indent = " " * (len(line.text) - len(line.text.lstrip()) + MORE)
    room = max(1, width)
    if line.width <= room or len(indent) >= room:
        return [line]
    first = chop_cells(line.text, room)[0]
    rest = chop_cells(line.text[len(first) :], room - len(indent))
    return [Cell(first, line.tone), *(Cell(indent + part, line.tone) for part in rest)]
