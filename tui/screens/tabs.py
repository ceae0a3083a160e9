"""What all screens with tabs share: a head, the line of tabs, the tab that is shown, one filter per tab."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from styles import sheet
from tui.screens.acting import Acting
from tui.screens.pane import TabPane
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.tabstrip import Tab, TabStrip

if TYPE_CHECKING:
    from data.store.port import Changes
    from widgets.prompt import Prompt

LOW = 16
"""Lines of a terminal below which the head is one line."""
COPIED = 60
"""Characters of what was copied that are said again."""
HEAD = 3
"""Lines of the head."""


class Tabbed(Acting):
    """A head, a line of tabs, and the tab that is shown. A tab is made and reads its data when it is first shown."""

    CSS_PATH: ClassVar = [sheet("tabs")]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-short"), (30, "-tall")]
    PANES: ClassVar[tuple[type[TabPane], ...]] = ()
    """The tabs, in order; the first one is shown first."""

    def __init__(self) -> None:
        super().__init__()
        self.active = self.PANES[0]
        self._before = ""
        self._missed: list[Changes] | None = None
        """What changed while the subject is being read; None while it is not."""

    def body(self) -> Iterable[Widget]:
        """Head, tabs and the first tab."""
        yield Facts(HEAD, id="facts")
        yield TabStrip(id="run-tabs")
        with Vertical(id="panes"):
            yield self.active()

    def on_resize(self) -> None:
        """The head may take another number of lines."""
        self.fit_head()

    @property
    def pane(self) -> TabPane:
        """The tab that is shown."""
        return self.query_one(self.active)

    def panes(self) -> list[TabPane]:
        """The tabs that have been made."""
        return list(self.query(TabPane))

    # What subclasses say

    def kinds(self) -> Sequence[type[TabPane]]:
        """The tabs that there are for what is shown."""
        return self.PANES

    def head_lines(self) -> Sequence[Sequence[Cell]]:
        """The lines at the top."""
        return ()

    async def read(self) -> bool:
        """Read the subject anew; False, with a sentence in the list, where it is not in the store."""
        return False

    async def renew(self, changes: Changes) -> bool:
        """Bring the subject up to date; whether something of it changed."""
        del changes
        return False

    # Data

    async def reload(self) -> None:
        """Read everything anew, and then what changed meanwhile: it may have been read before."""
        if self.feed is None:
            return
        missed: list[Changes] = []
        self._missed = missed
        try:
            if not await self.read():
                return
            while missed:
                await self.renew(missed.pop(0))
        finally:
            if self._missed is missed:  # else a newer load has begun
                self._missed = None
        await self._refreshed()

    async def data_changed(self, changes: Changes) -> None:
        """Take over what changed: the subject, and the tab that is shown."""
        if self._missed is not None:
            self._missed.append(changes)
        elif await self.renew(changes):
            for pane in self.panes():
                pane.ready = pane.ready and pane is self.pane
            self.show_head()
            self.pane.show()
        if self.is_attached:
            await self.pane.data_changed(changes)
            self.show_head()

    async def _refreshed(self) -> None:
        """The subject was read: the tab that is shown shows it, the others will."""
        if not self.is_attached:
            return
        for pane in self.panes():
            pane.ready = False
        self.show_head()
        await self._load_pane()

    async def _load_pane(self) -> None:
        pane = self.pane
        if not pane.ready and self.feed is not None:
            pane.ready = True
            await pane.load()
        if self.is_attached and self.feed is not None:
            self.show_head()
            self.refresh_frame()
            await self.feed.look_at(self.topics())

    def head_height(self) -> int:
        """Lines of the head; a very low terminal keeps its lines for the tab."""
        return HEAD if self.size.height >= LOW else 1

    def fit_head(self) -> None:
        """Give the head the lines that it takes."""
        facts, height = self.query_one("#facts", Facts), self.head_height()
        if facts.styles.height is None or facts.styles.height.value != height:
            facts.styles.height = height

    def show_head(self) -> None:
        """Draw head and tabs."""
        if self.is_attached:
            self.query_one("#facts", Facts).update(self.head_lines())
            self._show_tabs()

    def _show_tabs(self) -> None:
        counts = {type(pane): pane.count() for pane in self.panes()}
        tabs = [Tab(kind.TITLE, kind.TITLE, counts.get(kind, 0)) for kind in self.kinds()]
        self.query_one(TabStrip).update(tabs, self.active.TITLE)

    def tick(self) -> None:
        """What depends on the time."""
        self.show_head()
        if self.pane.is_mounted:  # on a busy machine the clock may come before its widgets
            self.pane.tick()

    # Tabs

    async def show_tab(self, kind: type[TabPane]) -> None:
        """Show another tab; its filter, its cursor and what it read are as they were."""
        if kind is self.active or not self.is_attached:
            return
        if not self.query(kind):
            made = kind()
            made.display = False
            await self.query_one("#panes").mount(made)  # until it has its widgets, the clock finds the other tab
        self.pane.display = False
        self.active = kind
        self.pane.display = True
        self.pane.main.focus()
        self._show_tabs()
        self.refresh_frame()
        self.work(self._load_pane, group="tab")

    async def do_run_tab_next(self) -> None:
        """`]`"""
        await self._step(1)

    async def do_run_tab_previous(self) -> None:
        """`[`"""
        await self._step(-1)

    async def _step(self, by: int) -> None:
        kinds = self.kinds()
        await self.show_tab(kinds[(kinds.index(self.active) + by) % len(kinds)])

    async def on_tab_strip_chosen(self, message: TabStrip.Chosen) -> None:
        """A click on a tab."""
        await self.show_tab(next(kind for kind in self.kinds() if message.name == kind.TITLE))

    # The filter of the tab

    def filter_text(self) -> str:
        """What restricts the tab that is shown."""
        return self.pane.filter if self.query(self.active) else ""

    def do_filter(self) -> None:
        """`/`: type what restricts the tab; it follows while one types."""
        self._before = self.pane.filter
        self.dashboard.ask(self, "/", self.pane.filter)

    def do_clear(self) -> None:
        """`backspace`: everything again."""
        self.pane.set_filter("")
        self.refresh_frame()

    def prompt_changed(self, prompt: Prompt, text: str) -> None:
        """The text of the prompt changed."""
        prompt.show_error(self.pane.set_filter(text))
        self.refresh_frame()

    def prompt_cancelled(self) -> None:
        """`esc` in the prompt: as it was before."""
        self.pane.set_filter(self._before)
        self.refresh_frame()

    def _close_prompt(self, prompt: Prompt) -> None:
        prompt.remove()
        self.pane.main.focus()

    def do_back(self) -> None:
        """`esc`: drop the filter of the tab, else go back."""
        if self.pane.filter:
            self.pane.set_filter("")
            self.refresh_frame()
        else:
            super().do_back()

    # Commands

    def topics(self) -> Sequence[str]:
        """What the tab looks at."""
        return self.pane.topics() if self.query(self.active) else ()

    def owner_of(self, id: str) -> Widget | None:
        """The widget of the tab that carries out one of its own commands."""
        return self.pane.owner_of(id)

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if reason := super().why_not(id):
            return reason
        return self.pane.why_not(id) if self.query(self.active) else ""

    def do_open(self) -> None:
        """`enter` from the palette."""
        self.pane.do_open()

    def do_copy(self) -> None:
        """`y`: what is under the cursor where that is a value, else the address."""
        text = self.pane.copied()
        if not text:
            super().do_copy()
            return
        self.dashboard.copy(text, f"{len(text)} characters" if len(text) > COPIED else text)

    def look_again(self) -> None:
        """The tab looks at something else: tell the engine."""
        if self.feed is not None:
            self.work(partial(self.feed.look_at, self.topics()), group="look")
