"""Export from a screen: which table, to which file, in which format; then all of it or nothing.

A screen calls `await export_prompt(self, what)` in `do_export`, where `what` is a `data.export.Table`, or several from
which the user chooses. `data.export.tables.tables` makes those of runs:

    runs = selection(store, PipelineRun, query=…, sort=…)       # or ids=[…] for marked rows
    columns = await without_patterns(("id", "status", "metric.val_auc"), runs)
    await export_prompt(self, tables(store, PipelineRun, runs, columns, feed.overview.names))
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from data.errors import UsageError
from data.export import Format, Table, format_of, save
from styles import sheet
from tui.present.text import plural, size
from tui.reading_save import complete_path, short
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.frame import Rule
from widgets.prompt import Prompt

if TYPE_CHECKING:
    from tui.dashboard import Dashboard
    from tui.screens.base import LinesideScreen

LABEL: Final = "export to"
"""Label of the prompt, under which its history is kept."""
TOLD_EVERY: Final = 0.5
"""Seconds between two sentences about the progress."""
SHOWN_ENDINGS: Final = ".csv .jsonl .json .txt .md"
"""The endings that are offered, one for each format."""

_UNFIT = re.compile(r"[^\w.+-]+")


async def export_prompt(screen: LinesideScreen, what: Table | Sequence[Table]) -> None:
    """Ask for a file (its ending is the format), and write what was chosen while the dashboard goes on."""
    tables = (what,) if isinstance(what, Table) else tuple(what)
    screen.dashboard.push_screen(ExportScreen(tables, screen.dashboard))


class Target:
    """A file to write. `held` is how many bytes would be replaced, None where there is no such file yet.

    Raises:
        UsageError: nothing can be written there, or the ending names no format.
    """

    def __init__(self, text: str, suggested: str) -> None:
        try:
            path = Path(os.path.realpath(os.path.expanduser(text.strip())))
            path = path / suggested if path.is_dir() else path
            if not path.parent.is_dir():
                raise UsageError(f"there is no folder {short(path.parent)}")
            if path.exists() and not path.is_file():
                raise UsageError(f"{short(path)} is no regular file")
            self.held = path.stat().st_size if path.exists() else None
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot write there: {getattr(error, 'strerror', None) or error}") from None
        self.path, self.form = path, ending_of(path.name)


def ending_of(name: str) -> Format:
    """The format that a file's ending names.

    Raises:
        UsageError: it names none.
    """
    form = format_of(name)
    if form is None:
        raise UsageError(f"the ending is the format: {SHOWN_ENDINGS}")
    return form


def suggested(table: Table, ending: str = ".csv") -> str:
    """The name that is offered for a table's file."""
    return (_UNFIT.sub("-", table.name).strip(".-") or "export") + ending


class ExportScreen(ModalScreen[None]):
    """Three lines at the bottom: what is exported, how, and where to."""

    CSS_PATH: ClassVar = [sheet("prompt"), sheet("exporting")]
    AUTO_FOCUS = "#export-path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+t,ctrl+t", "next_table", "What to export", show=False, id="export.table"),
        Binding("alt+s", "safe", "Make CSV safe for spreadsheets", show=False, id="export.safe"),
    ]

    def __init__(self, tables: Sequence[Table], dashboard: Dashboard) -> None:
        super().__init__()
        self.tables, self.chosen, self.safe = tuple(tables), 0, False
        self._dashboard = dashboard

    @property
    def table(self) -> Table:
        """What is exported."""
        return self.tables[self.chosen]

    @property
    def prompt(self) -> Prompt:
        """The line with the path."""
        return self.query_one("#export-path", Prompt)

    def compose(self) -> ComposeResult:
        """What, and where to."""
        with Vertical(id="export-box"):
            yield Rule()
            yield Facts(1, id="export-what")
            yield Prompt(LABEL, id="export-path")

    def on_mount(self) -> None:
        """Offer a name."""
        history = self._dashboard.history.setdefault(LABEL, [])
        self.prompt.open(LABEL, suggested(self.table), complete=complete_path, history=history)
        self._show()

    def _show(self) -> None:
        cells = [Cell("export", "bold"), Cell(self.table.name, "accent")]
        if self.table.total is not None:
            cells.append(Cell(plural(self.table.total, "row"), "dim"))
        if len(self.tables) > 1:
            following = self.tables[(self.chosen + 1) % len(self.tables)].name
            cells.append(Cell.of(("alt+t", "accent"), (f" {following}", "dim")))
        if format_of(self.prompt.value) == "csv":
            cells.append(Cell.of(("alt+s", "accent"), (f" safe for spreadsheets: {_word(self.safe)}", "dim")))
        else:
            cells.append(Cell(SHOWN_ENDINGS, "dim"))
        self.query_one(Facts).update([cells])

    def action_next_table(self) -> None:
        """Another table; the name that was offered for the one before goes with it."""
        before = suggested(self.table, Path(self.prompt.value).suffix)
        self.chosen = (self.chosen + 1) % len(self.tables)
        if self.prompt.value.endswith(before):
            begin = self.prompt.value.removesuffix(before)
            value = begin + suggested(self.table, Path(before).suffix)
            self.prompt.open(LABEL, value, complete=complete_path, history=self._dashboard.history[LABEL])
        self._show()

    def action_safe(self) -> None:
        """CSV in which no text is a formula, or as the values are."""
        self.safe = not self.safe
        self._show()

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Follow the ending."""
        message.prompt.show_error("")
        self._show()

    def on_prompt_cancelled(self) -> None:
        """`esc`: nothing is written."""
        self.dismiss(None)

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """`enter`: write, after a question where a file would be replaced."""
        if not message.value.strip():
            return
        try:
            target = Target(message.value, suggested(self.table))
        except UsageError as error:
            message.prompt.show_error(error.message)
            return
        self._dashboard.remember(LABEL, message.value)
        write = partial(self._start, target)
        self.dismiss(None)
        if target.held is None:
            write()
            return
        question = f"Replace {short(target.path)}?"
        details = [f"The file is there already, with {size(target.held)}."]
        # Asked by the application: an answer to a screen that has gone reaches nobody.
        self._dashboard.call_next(self._dashboard.confirm, question, details, write)

    def _start(self, target: Target) -> None:
        write = partial(_write, self._dashboard, self.table, target, self.safe)
        self._dashboard.later(write, group=f"export {target.path}")


def _word(on: bool) -> str:
    return "yes" if on else "no"


async def _write(dashboard: Dashboard, table: Table, target: Target, safe: bool) -> None:
    """Write it, and say how far it is."""
    said = monotonic()

    def tell(count: int) -> None:
        nonlocal said
        if monotonic() - said > TOLD_EVERY:
            said = monotonic()
            dashboard.say(f"writing {short(target.path)}: {plural(count, 'row')}", "running")

    count = await save(table, target.path, target.form, replace=target.held is not None, safe=safe, told=tell)
    written, remark = size(target.path.stat().st_size), table.remark()
    words = f"wrote {plural(count, 'row')} to {short(target.path)}, {written}"
    dashboard.say(f"{remark}: {words}" if remark else words, "warning" if remark else "success")
