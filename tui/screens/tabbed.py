"""What the screens of a run and of an MLflow run share beside their tabs: the records that all tabs show."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from styles import sheet
from tui.screens.tabs import Tabbed
from tui.subject import Subject

if TYPE_CHECKING:
    from data.query import Query
    from tui.present.lineage_parts import Opens
    from tui.screens.base import LinesideScreen


class TabbedScreen(Tabbed):
    """The tabs of a run, or of an MLflow run."""

    CSS_PATH: ClassVar = [sheet("tabs"), sheet("run"), sheet("tests"), sheet("chart")]

    def __init__(self) -> None:
        super().__init__()
        self.subject = Subject()

    def tick(self) -> None:
        """What depends on the time."""
        if self.subject.run is not None or self.subject.tracked:
            super().tick()

    async def do_run_metrics(self) -> None:
        """`m`: the metrics; from there, the charts alone on a screen of their own."""
        from tui.screens.run_metrics import MetricsPane

        if self.active is not MetricsPane:
            await self.show_tab(MetricsPane)
        elif self.subject.tracked:
            self.dashboard.open_metrics([run.id for run in self.subject.tracked], self.crumbs()[-1])
        else:
            self.say("there are no metrics", "dim")

    def do_chart_filter(self) -> None:
        """`/`: type what restricts the tab; it follows while one types."""
        self.do_filter()

    # What lines name

    async def open_line(self, opens: Opens) -> None:
        """Open what a line of the lineage names."""
        app, name = self.dashboard, opens.name
        if opens.what == "run":
            app.open_run(name)
        elif opens.what == "tracked":
            app.open_tracked(name)
        elif opens.what == "job":
            app.open_log(name)
        elif opens.what == "page":
            app.browse(name)
        elif opens.what == "tab":
            await self.show_tab(next(kind for kind in self.PANES if name == kind.TITLE))
        elif opens.what:
            app.push_screen(_listing(opens))
        else:
            self.say("this line names nothing that can be opened", "dim")

    # Commands

    async def do_export(self) -> None:
        """`E`: write what the tab shows to a file."""
        from tui.exporting import export_prompt

        others = [pane for pane in self.panes() if pane is not self.pane]
        tables = [table for pane in (self.pane, *others) for table in pane.tables()]
        if tables:
            await export_prompt(self, tables)
        else:
            self.say("there is nothing to write to a file here", "dim")

    def text_query(self, text: str) -> Query | None:
        """Free text as a filter of a store; None for nothing."""
        from data.query.tree import Text

        return Text(text) if text.strip() else None


def _listing(opens: Opens) -> LinesideScreen:
    """A list with a filter: the history, an experiment's runs, the registry."""
    if opens.what == "runs":
        from tui.screens.runs import RunsScreen

        return RunsScreen(opens.name)
    if opens.what == "experiment":
        from tui.screens.tracked import TrackedScreen

        return TrackedScreen(opens.name)
    from tui.screens.tracking import ModelsScreen

    return ModelsScreen(opens.name)
