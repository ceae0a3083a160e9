"""The tab Notes: labels and notes of a run, and MLflow's own notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from data.model.work import Label, Note
from tui.lazyrows import LazyRows
from tui.present.notes import COLUMNS, Text, note_lines, text_row
from tui.screens.pane import Pane
from widgets.cells import Cell, layout
from widgets.grid import GUTTER, Grid

if TYPE_CHECKING:
    from data.store.port import Changes

MOST = 500
"""Notes, and labels, that are read."""


class NotesPane(Pane):
    """What people wrote."""

    TITLE = "Notes"

    def __init__(self) -> None:
        super().__init__()
        self.notes: tuple[Note, ...] = ()
        self.labels: tuple[Label, ...] = ()

    def compose(self) -> ComposeResult:
        """The lines."""
        yield Grid(COLUMNS, empty_text=(Cell("reading", "dim"),), id="notes", classes="pane-list")

    async def load(self) -> None:
        """Read notes and labels."""
        subject, store = self.subject, self.store
        if store is None:
            return
        own = [subject.run.id] if subject.run else []
        where = {"target_id": [*own, *(run.id for run in subject.tracked)]}
        self.notes = (await store.page(Note, where=where, limit=MOST)).records
        self.labels = (await store.page(Label, where=where, limit=MOST)).records
        self.show()

    def count(self) -> int:
        """Notes."""
        return len(self.notes)

    async def data_changed(self, changes: Changes) -> None:
        """Read again when somebody wrote one."""
        if {Note, Label} & {*changes.put, *changes.deleted}:
            await self.load()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.show()

    def show(self) -> None:
        """Draw the lines."""
        subject = self.subject
        placed = layout(COLUMNS, self.grid.line_width - GUTTER)
        width = placed[0].width if placed else 0
        lines = note_lines(subject.run, subject.tracked, self.notes, self.labels, self.now(), max(10, width))
        wanted = self.filter.lower()
        shown = [line for line in lines if wanted in f"{line.text.text} {line.who.text}".lower()]
        self.nothing("No notes and no labels", "N writes a note, L gives labels")
        self.grid.set_source(LazyRows(shown, _key, text_row))


def _key(line: Text) -> str:
    return line.key
