"""Beside the launch form: the exact request, or the jobs that will run."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from data.launch.asked import Problem
from tui.present.launch_graph import Outlook, draw, off_lines
from tui.present.launch_request import Line, drawn, refused
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.frame import EDGE
from widgets.graph import Drawing, Graph

APART = 1
"""Empty lines between the request and the jobs below it."""
GRAPH_SHARE = 2
"""What is said above the graph takes at most one of so many parts of the height."""


class LaunchPreview(Vertical):
    """A heading, and below it lines that scroll, or the graph."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.graph = False
        self.lines: list[Line] = []
        self.waits: list[str] = []
        self.said: list[str] = []
        self.problems: list[Problem] = []
        self.found = Outlook((), (), {})
        self._drawn: tuple[tuple[Outlook, int, int], Drawing] | None = None

    def compose(self) -> ComposeResult:
        """Heading, lines, graph."""
        yield Facts(1, id="preview-head")
        with VerticalScroll(id="preview-scroll", can_focus=True):
            yield Facts(0, id="preview")
        yield Graph(id="launch-graph")

    def show(
        self,
        found: Outlook,
        lines: Sequence[Line] = (),
        waits: Sequence[str] = (),
        said: Sequence[str] = (),
        problems: Sequence[Problem] = (),
    ) -> None:
        """Take the jobs that will run, and a request with what it waits for and what is to be known, or what is wrong
        with it.
        """
        self.found = found
        self.lines, self.waits, self.said, self.problems = list(lines), list(waits), list(said), list(problems)
        self.draw()

    def draw(self) -> None:
        """Draw what is wanted in the size that there is; below a short request stand the jobs, too."""
        width = self.size.width - 2 * EDGE
        if width <= 0:
            return
        lines = self._jobs_lines() if self.graph else self._request_lines(width)
        facts = self.query_one("#preview", Facts)
        facts.styles.height = len(lines)
        facts.update(lines)
        apart = 0 if self.graph else APART
        room = self.size.height - 1 - len(lines) - apart
        drawing = self._drawing(room) if room > 0 else Drawing()
        graph = self.query_one(Graph)
        graph.display = bool(drawing.rows) and (self.graph or len(drawing.rows) <= room)
        if graph.display:
            graph.styles.margin = (apart, 0, 0, 0)
            graph.show(drawing)

    def _drawing(self, room: int) -> Drawing:
        """The jobs; drawn anew only when something about them is another."""
        wanted = (self.found, self.size.width, room)
        if self._drawn is None or self._drawn[0] != wanted:
            self._drawn = (wanted, draw(*wanted))
        return self._drawn[1]

    def _request_lines(self, width: int) -> list[list[Cell]]:
        if self.problems:
            count = len(self.problems)
            self._heading("cannot be sent", "failed", f"{count} thing{'s' if count > 1 else ''} to mend")
            return refused(self.problems, width)
        self._heading("what will be sent", "bold", "exactly this, after a question")
        return drawn(self.lines, self.waits, self.said, width)

    def _jobs_lines(self) -> list[list[Cell]]:
        running = sum(job.name not in self.found.off for job in self.found.jobs)
        self._heading("what will run", "bold", f"{running} of {len(self.found.jobs)} jobs")
        lines: list[list[Cell]] = [*([cell] for cell in self.found.said), *off_lines(self.found)]
        return lines[: max(1, (self.size.height - 1) // GRAPH_SHARE)]

    def _heading(self, title: str, tone: str, about: str) -> None:
        self.query_one("#preview-head", Facts).update([[Cell(title, tone), Cell(about, "dim")]])

    def on_resize(self) -> None:
        """Another size has other lines."""
        self.call_after_refresh(self.draw)
