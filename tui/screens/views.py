"""Saved views of a list: open one, keep how the list looks now, rename, share, delete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from data.errors import LinesideError
from styles import sheet
from tui.look import Look
from tui.present.text import age, plural
from tui.screens.choose import key_cells
from widgets.cells import Cell, Column
from widgets.confirm import Confirm
from widgets.facts import Facts
from widgets.frame import Rule
from widgets.glyphs import glyphs
from widgets.grid import Grid, ListSource, Row
from widgets.prompt import Prompt

if TYPE_CHECKING:
    from data.model.work import View
    from tui.views import Views

COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="view", width=22, min_width=12, flex=1, priority=0),
    Column(key="by", title="by", width=14, min_width=8, priority=3),
    Column(key="look", title="what it shows", width=44, min_width=20, flex=2, priority=1),
    Column(key="age", title="saved", width=5, align="right", priority=4),
)
"""Columns of the list of views."""
HINTS = (("enter", "open"), ("a", "save as"), ("u", "update"), ("r", "rename"), ("s", "share"), ("D", "delete"))
"""The keys."""
LONGEST = 80
"""Characters of a name."""


def look_words(look: Look, groups: Mapping[str, str]) -> str:
    """What a look restricts and how it orders, in a line; `groups` are those that its list knows (`Table.groups`)."""
    parts = [
        look.filter,
        f"last {look.window}" if look.window else "",
        f"by {groups.get(look.group, look.group)}" if look.group else "",
        f"{glyphs().descending if look.descending else glyphs().ascending} {look.sort}" if look.sort else "",
        plural(len(look.columns), "column") if look.columns else "",
    ]
    return "  ".join(filter(None, parts)) or "everything, newest first"


class ViewsScreen(ModalScreen[Look | None]):
    """Returns how the opened view looks at its list; None when none was opened.

    Args:
        views: where they are kept.
        look: how the list looks now.
        groups: what the list can be grouped by (`Table.groups`).
        now: the time.
    """

    CSS_PATH: ClassVar = [sheet("prompt"), sheet("choose")]
    AUTO_FOCUS = "#choose-list"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,V", "dismiss(None)", "Close", show=False),
        Binding("a", "save", "Save as", show=False),
        Binding("u", "update", "Replace by how the list looks", show=False),
        Binding("r", "rename", "Rename", show=False),
        Binding("s", "share", "Share", show=False),
        Binding("D,delete", "delete", "Delete", show=False),
    ]

    def __init__(self, views: Views, look: Look, groups: Mapping[str, str], now: Callable[[], datetime]) -> None:
        super().__init__()
        self._views, self._look, self._groups, self._now = views, look, groups, now
        self._shown: dict[str, View] = {}
        self._take: Callable[[str], Awaitable[Any]] | None = None

    def compose(self) -> ComposeResult:
        """The list with its keys in a box."""
        empty = (Cell("No saved views yet", "bold"), Cell("a keeps how the list looks now under a name", "dim"))
        with Vertical(id="choose-box"):
            yield Facts(1, id="choose-head")
            yield Rule()
            yield Grid(COLUMNS, empty_text=empty, id="choose-list")
            yield Rule()
            yield Facts(1, id="choose-keys")

    def on_mount(self) -> None:
        """Read the views."""
        self.query_one("#choose-keys", Facts).update([key_cells(HINTS)])
        self._say(Cell(look_words(self._look, self._groups), "dim"))
        self._work(self._read)

    def _say(self, note: Cell) -> None:
        self.query_one("#choose-head", Facts).update([[Cell("Views", "bold"), note]])

    def _work(self, what: Callable[[], Awaitable[Any]]) -> None:
        self.run_worker(self._guarded(what), group="views", exit_on_error=False)

    async def _guarded(self, what: Callable[[], Awaitable[Any]]) -> None:
        try:
            await what()
        except LinesideError as error:
            self._say(Cell(str(error), "failed"))

    async def _read(self) -> None:
        views = await self._views.named()
        self._shown = {view.id: view for view in views}
        if self.is_attached:
            self.query_one(Grid).set_source(ListSource([Row(view.id, self._cells(view)) for view in views]))

    def _cells(self, view: View) -> tuple[Cell, ...]:
        whose = "" if self._views.is_mine(view) else view.by
        return (
            Cell(view.name, "" if self._views.is_mine(view) else "accent"),
            Cell(whose or ("shared" if view.shared else ""), "dim"),
            Cell(look_words(Look.of(view), self._groups)),
            Cell(age(view.updated, self._now()), "dim"),
        )

    def _current(self, *, mine: bool = True) -> View | None:
        """The view under the cursor; where it has to be one's own and is not, that is said."""
        view = self._shown.get(self.query_one(Grid).cursor_key or "")
        if view is not None and mine and not self._views.is_mine(view):
            self._say(Cell(f"{view.name} belongs to {view.by}; open it and save it as your own with a", "warning"))
            return None
        return view

    def on_grid_opened(self) -> None:
        """`enter`: look at the list so."""
        view = self._current(mine=False)
        if view is not None:
            self.dismiss(Look.of(view))

    def action_save(self) -> None:
        """`a`: keep how the list looks under a new name."""
        self._ask("save as", "", self._save)

    async def _save(self, name: str) -> None:
        if self._views.id_of(name) in self._shown:
            self._say(Cell(f"there is a view {name} already; u updates it", "warning"))
            return
        view = await self._views.save(name, self._look, self._now())
        await self._read()
        self.query_one(Grid).go_to(view.id)
        self._say(Cell(f"saved {name}", "success"))

    def action_update(self) -> None:
        """`u`: the view becomes how the list looks, after a question."""
        view = self._current()
        if view is not None:
            was, now = (look_words(look, self._groups) for look in (Look.of(view), self._look))
            details = (f"was: {was}", f"now: {now}")
            self._confirm(f"Update the view {view.name}?", details, partial(self._update, view))

    async def _update(self, view: View) -> None:
        await self._views.save(view.name, self._look, self._now(), shared=view.shared)
        await self._read()

    def action_rename(self) -> None:
        """`r`: another name."""
        view = self._current()
        if view is not None:
            self._ask("rename", view.name, partial(self._rename, view))

    async def _rename(self, view: View, name: str) -> None:
        if name != view.name and self._views.id_of(name) in self._shown:
            self._say(Cell(f"there is a view {name} already", "warning"))
            return
        renamed = await self._views.rename(view, name, self._now())
        await self._read()
        self.query_one(Grid).go_to(renamed.id)

    def action_share(self) -> None:
        """`s`: offer it to others, or no longer."""
        view = self._current()
        if view is not None:
            self._work(partial(self._share, view))

    async def _share(self, view: View) -> None:
        shared = await self._views.share(view, self._now())
        await self._read()
        self._say(Cell(f"{view.name} is {'offered to others' if shared.shared else 'yours alone'}", "success"))

    def action_delete(self) -> None:
        """`D`: take it away, after a question."""
        view = self._current()
        if view is not None:
            shared = ("Others who use it lose it, too.",) if view.shared else ()
            self._confirm(f"Delete the view {view.name}?", shared, partial(self._delete, view))

    async def _delete(self, view: View) -> None:
        await self._views.delete(view)
        await self._read()

    def _confirm(self, question: str, details: tuple[str, ...], yes: Callable[[], Awaitable[Any]]) -> None:
        self.app.push_screen(Confirm(question, details), lambda answer: self._work(yes) if answer else None)

    # Names

    def _ask(self, label: str, value: str, take: Callable[[str], Awaitable[Any]]) -> None:
        """Ask for a name in the line below the list."""
        if self.query(Prompt):
            return
        self._take = take
        prompt = Prompt(id="choose-text")
        self.query_one("#choose-box").mount(prompt, before="#choose-keys")
        prompt.open(label, value)
        self.set_focus(prompt)

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """`enter`: take the name."""
        name = message.value.strip()[:LONGEST]
        take, self._take = self._take, None
        self.on_prompt_cancelled(message)
        if name and take is not None:
            self._work(partial(take, name))

    def on_prompt_cancelled(self, message: Prompt.Sent) -> None:
        """`esc`: no name."""
        message.prompt.remove()
        self.query_one(Grid).focus()
