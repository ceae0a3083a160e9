"""Compare: runs side by side. What differs, which run is best, and the charts of the metrics below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from data.direction import Direction
from data.model.run import PipelineRun
from data.model.tracking import TrackedRun
from tui.comparing import as_tsv, comparison_table, row_filter
from tui.present.compare import WAYS, run_label, value_text
from tui.present.text import plural
from tui.screens.base import bindings
from tui.screens.compared_charts import ComparedCharts

if TYPE_CHECKING:
    from widgets.prompt import Prompt

CYCLE: dict[Direction, Direction] = {"max": "min", "min": "", "": "max"}
"""What is best, in the order in which the key goes through it."""
SHOWN_COPY = 40
"""Characters of a copied value that are repeated."""
OFFERED = 20
"""Names of lines that are offered while one types."""


class CompareScreen(ComparedCharts):
    """Some runs of one kind, side by side."""

    BINDINGS = bindings("compare")

    def __init__(self, kind: type[PipelineRun] | type[TrackedRun], ids: Sequence[str]) -> None:
        super().__init__(kind, ids)
        self._before = ""
        self._copied = ""

    def _moved(self) -> None:
        self._copied = ""
        super()._moved()

    def on_grid_opened(self) -> None:
        """`enter`: the screen of the run under the cursor."""
        run = self.runs.get(self.run_id)
        if isinstance(run, PipelineRun):
            self.dashboard.open_run(run.id)
        elif run is not None:
            self.dashboard.open_tracked(run.id)

    # Commands

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id in {"compare.direction"} and (self.current is None or not self.current.measured):
            return "there is no metric under the cursor"
        if id == "compare.drop" and len(self.comparison.ids) < 2:  # noqa: PLR2004 - one is left
            return "it is the last run"
        return super().why_not(id)

    def do_open(self) -> None:
        """`enter` from the palette."""
        self.on_grid_opened()

    def do_compare_left(self) -> None:
        """The run to the left."""
        self.table.move_column(self.table.column - 1)

    def do_compare_right(self) -> None:
        """The run to the right."""
        self.table.move_column(self.table.column + 1)

    def do_compare_differing(self) -> None:
        """`d`: only what differs, or everything."""
        self.differing = not self.differing
        self._show()

    def do_compare_drop(self) -> None:
        """`D`: without the run under the cursor."""
        run = self.runs.get(self.run_id)
        self._forget(self.run_id)
        self.comparison.refresh()
        self.runs_changed()
        self._show()
        if run is not None:
            self.say(f"{run_label(run, self.names)} is no longer compared")

    def do_compare_direction(self) -> None:
        """`B`: greatest, least or neither is best, from now on; the configuration says it for good."""
        line = self.current
        if line is None:
            return
        way = CYCLE[line.direction(self.directions)]
        self.directions[line.name] = way or "none"
        self._show()
        words = f"{WAYS[way]} is best" if way else "neither is best"
        self.say(
            f"{line.name}: {words}; for good with `metrics: {{{line.name}: {way or 'none'}}}` in the configuration"
        )

    def do_compare_baseline(self) -> None:
        """`b`: compare all runs with the one under the cursor, or with none."""
        self.baseline = "" if self.baseline == self.run_id else self.run_id
        self._show()

    def do_compare_section_next(self) -> None:
        """`]`: the next section."""
        self._to_section(1)

    def do_compare_section_previous(self) -> None:
        """`[`: the section before."""
        self._to_section(-1)

    def _to_section(self, step: int) -> None:
        rows, table = self._rows, self.table
        if rows is None:
            return
        starts = [index for index, line in enumerate(rows.lines) if line is None]
        after = [at for at in starts if at > table.cursor] if step > 0 else [at for at in starts if at < table.cursor]
        if after:
            table.move_to(after[0] if step > 0 else after[-1])

    def do_copy(self) -> None:
        """`y`: the value under the cursor, a second `y` its line; the marked lines; those of a section."""
        rows, key = self._rows, self.table.cursor_key
        if rows is None or key is None:
            return
        line, marked = rows.line(key), rows.behind(self.table.marks)
        titles = [run_label(self.runs[id_], self.names) for id_ in self.comparison.ids]
        if marked or line is None:
            lines = marked or rows.behind([key])
            text, words = as_tsv(lines, titles), plural(len(lines), "line")
        elif self._copied == key:
            text, words = as_tsv([line], titles), f"{line.name} of all runs"
        else:
            text = value_text(line, line.values[self.table.column], whole=True)
            words = f"{text[:SHOWN_COPY]}; y again copies the line"
            self._copied = key
        self.dashboard.copy(text, words)

    async def do_export(self) -> None:
        """`E`: the lines that are shown, all of them, or the runs themselves."""
        from data.export.columns import columns_of
        from data.export.tables import selection, tables, whole, without_patterns
        from tui.exporting import export_prompt

        if self.feed is None or self._rows is None:
            return
        store = self.feed.context.store
        runs = selection(store, self.kind, ids=self.comparison.ids)
        wanted = columns_of(self.kind, "+metric.*,+param.*")
        columns = await without_patterns(wanted, whole(store, runs, wanted))
        what = [
            comparison_table("comparison", self.comparison, self._rows.shown, self.directions),
            comparison_table("comparison-whole", self.comparison, self.comparison.lines, self.directions),
            *tables(store, self.kind, runs, columns, self.names),
        ]
        await export_prompt(self, what)

    # The filter

    def do_filter(self) -> None:
        """`/`: type a filter; the lines follow while one types."""
        self._before = self.filter
        self.dashboard.ask(self, "/", self.filter, complete=self._complete)

    def _complete(self, text: str) -> list[str]:
        begin = text.lower()
        names = (line.name for line in self.comparison.lines if begin and line.name.lower().startswith(begin))
        return list(islice(names, OFFERED))

    def do_clear(self) -> None:
        """`backspace`: no filter."""
        self._set_filter("")

    def prompt_changed(self, prompt: Prompt, text: str) -> None:
        """Follow what is typed."""
        _, wrong = row_filter(text)
        prompt.show_error(wrong)
        if not wrong:
            self._set_filter(text)

    def prompt_submitted(self, text: str) -> None:
        """`enter` in the prompt."""
        self._set_filter(text)

    def prompt_cancelled(self) -> None:
        """`esc` in the prompt: as it was before."""
        self._set_filter(self._before)

    def _set_filter(self, text: str) -> None:
        if text != self.filter:
            self.filter = text
            self._show()
