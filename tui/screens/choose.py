"""A list in a box, of which one is chosen; it filters while one types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from data.errors import LinesideError
from styles import sheet
from widgets.cells import Cell, Column
from widgets.facts import Facts
from widgets.frame import Rule
from widgets.grid import Grid, ListSource, Row
from widgets.prompt import Prompt

if TYPE_CHECKING:
    from tui.shell import Shell

T = TypeVar("T")

COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="", width=28, min_width=12, flex=1, priority=0),
    Column(key="sign", title="", width=2, priority=1),
    Column(key="help", title="", width=36, min_width=16, flex=1, priority=2),
)
"""Columns of the list: the name, a word on its state, what it means."""


class Choice(NamedTuple):
    """Something that can be chosen: what is returned for it, and how it is drawn."""

    key: str
    name: str
    help: str = ""
    sign: str = ""

    def holds(self, text: str) -> bool:
        """Whether it holds every word that was typed."""
        words = f"{self.name} {self.key} {self.help}".lower()
        return all(word in words for word in text.lower().split())


Offer = Callable[[str], Awaitable[Sequence[Choice]]]
"""Gives what fits a typed text, the best first."""


def fitting(choices: Iterable[Choice], text: str) -> list[Choice]:
    """Those of `choices` that hold what was typed: first those whose name begins with it."""
    typed = text.strip().lower()
    return sorted((one for one in choices if one.holds(text)), key=lambda one: not one.name.lower().startswith(typed))


def offered(choices: Sequence[Choice]) -> Offer:
    """Offers `choices` and nothing else."""

    async def offer(text: str) -> Sequence[Choice]:
        return fitting(choices, text)

    return offer


def key_cells(keys: Iterable[tuple[str, str]]) -> list[Cell]:
    """Keys and what they do, as a line."""
    return [Cell.of((key, "accent"), (f" {word}", "")) for key, word in keys]


class TypedList(ModalScreen[T]):
    """A line to type in above a list: the base of what chooses from many."""

    CSS_PATH: ClassVar = [sheet("prompt"), sheet("choose")]
    AUTO_FOCUS = "#choose-text"
    HEADINGS: ClassVar[tuple[Column, ...]] = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move('cursor_down')", "Down", show=False, priority=True),
        Binding("up,ctrl+p", "move('cursor_up')", "Up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
    ]

    LABEL = "find"
    """What stands before the typed text."""
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (("enter", "take"), ("esc", "leave"))
    """Keys and what they do."""

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__()
        self._title, self._hint = title, hint

    def compose(self) -> ComposeResult:
        """Heading, line, list and keys in a box."""
        with Vertical(id="choose-box"):
            yield Facts(1, id="choose-head")
            yield Prompt(self.LABEL, id="choose-text")
            yield Rule()
            yield Grid(self.HEADINGS, empty_text=(Cell("nothing is called that", "dim"),), id="choose-list")
            yield Rule()
            yield Facts(1, id="choose-keys")

    @property
    def grid(self) -> Grid:
        """The list."""
        return self.query_one("#choose-list", Grid)

    @property
    def typed(self) -> str:
        """What was typed."""
        return self.query_one("#choose-text", Prompt).value

    def on_mount(self) -> None:
        """Everything, to begin with."""
        self.query_one("#choose-head", Facts).update([[Cell(self._title, "bold"), Cell(self._hint, "dim")]])
        self.query_one("#choose-keys", Facts).update([key_cells(self.KEYS)])
        self.follow()

    def follow(self) -> None:
        """Show what fits the typed text, soon; a newer text makes an older one void."""
        self.work(partial(self._follow, self.typed))

    def work(self, what: Callable[[], Awaitable[None]]) -> None:
        """Do something that changes the list, in place of what was begun before."""
        self.run_worker(what, group="offer", exclusive=True, exit_on_error=False)

    async def _follow(self, text: str) -> None:
        try:
            await self.show(text)
        except LinesideError as error:
            self.query_one("#choose-text", Prompt).show_error(error.message)
        except Exception as error:  # what the list cannot show must not end the program
            cast("Shell", self.app).failed(error)

    async def show(self, text: str) -> None:
        """Put the rows that fit `text` into the list."""
        raise NotImplementedError

    def action_move(self, how: str) -> None:
        """Move in the list while the line keeps the keys."""
        getattr(self.grid, f"action_{how}")()

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Follow what is typed."""
        message.prompt.show_error("")
        self.follow()

    def on_prompt_cancelled(self) -> None:
        """`esc`: none."""
        self.dismiss(None)


class ChooseScreen(TypedList[str | None]):
    """Returns the key of what was chosen; None for nothing.

    Args:
        title: what is chosen.
        offers: what there is, the quick ones first; what later ones find comes below it.
        current: key on which the cursor begins.
        hint: what `enter` does.
    """

    def __init__(self, title: str, *offers: Offer, current: str = "", hint: str = "") -> None:
        super().__init__(title, hint)
        self._offers, self._current = offers, current

    async def show(self, text: str) -> None:
        """The choices that fit; the cursor on the first one, at the beginning on the current one."""
        rows: dict[str, Row] = {}
        for place, offer in enumerate(self._offers):
            for one in await offer(text):
                cells = (Cell(one.name), Cell(one.sign, "accent"), Cell(one.help, "dim"))
                rows.setdefault(one.key, Row(one.key, cells))
            if not self.is_attached:
                return
            self.grid.set_source(ListSource(rows.values()))
            if not place and (text or not self.grid.go_to(self._current)):
                self.grid.move_to(0)

    def on_prompt_submitted(self) -> None:
        """`enter`: the choice under the cursor."""
        if self.grid.cursor_key is not None:
            self.dismiss(self.grid.cursor_key)

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """A second click."""
        self.dismiss(message.key)
