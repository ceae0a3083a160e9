"""The tabs Definition and CI of a pipeline: every field of it, and the configuration that was validated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult

from data.model.base import Record
from tui.lazyrows import LazyRows
from tui.present.definitions import defined_by
from tui.present.pipeline import ConfigLine, config_lines, config_row
from tui.screens.pane import TabPane
from tui.screens.pane_records import FieldsPane
from widgets.cells import Cell, Column
from widgets.grid import GUTTER, Grid

if TYPE_CHECKING:
    from tui.screens.pipeline import PipelineScreen

CONFIG_COLUMNS = (Column(key="line", title="merged configuration", width=60, min_width=10, flex=1),)
"""One column for the lines."""


class DefinitionPane(FieldsPane):
    """Every field of the pipeline."""

    TITLE = "Definition"

    def record(self) -> Record | None:
        """The pipeline."""
        return cast("PipelineScreen", self.screen).pipeline

    def told(self) -> Mapping[str, Any]:
        """The project's name, and who defined it."""
        screen = cast("PipelineScreen", self.screen)
        if screen.pipeline is None:
            return {}
        lines = screen.pipeline.pipeline_config.count("\n")
        return {
            "defined_by": defined_by(screen.pipeline).text,
            "project_id": f"{screen.project.name}  ({screen.project.id})" if screen.project else "",
            "pipeline_config": f"{lines} lines, in the tab CI" if lines else "",
        }


class ConfigPane(TabPane):
    """The CI configuration as GitLab has merged and accepted it: plain text of any length."""

    TITLE = "CI"

    def __init__(self) -> None:
        super().__init__()
        self._of: tuple[str, int] = ("", 0)
        self._lines: list[ConfigLine] = []

    def compose(self) -> ComposeResult:
        """The lines."""
        yield Grid(CONFIG_COLUMNS, empty_text=(Cell("reading", "dim"),), id="config", classes="pane-list")

    async def load(self) -> None:
        """The screen has read it."""
        self.show()

    def on_resize(self) -> None:
        """Break long lines anew."""
        self.show()

    def show(self) -> None:
        """Draw the lines; they are broken once for each width."""
        pipeline = cast("PipelineScreen", self.screen).pipeline
        if pipeline is None or not self.is_attached:
            return
        what = pipeline.pipeline_config, self.grid.line_width - GUTTER
        if what != self._of:
            self._of, self._lines = what, config_lines(*what)
        wanted = self.filter.lower()
        shown: Sequence[ConfigLine] = self._lines
        if wanted:
            shown = [line for line in self._lines if wanted in line.text.lower()]
        self.nothing(
            "No configuration is known",
            f"{pipeline.pipeline_file_name} is read when the default branch has run; what is not valid is not kept",
        )
        self.grid.set_source(LazyRows(shown, _key, config_row))

    def copied(self) -> str:
        """What `y` copies: the line under the cursor."""
        rows = self.grid.source
        line = rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None
        return line.text if isinstance(line, ConfigLine) else ""


def _key(line: ConfigLine) -> str:
    return line.key
