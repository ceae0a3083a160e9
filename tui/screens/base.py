"""What all screens share: the frame, the commands of the registry, the prompt line, and the talk with the feed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from data.errors import LinesideError
from tui.commands import BY_ID, WIDGET_OWNED, CommandSpec, commands_for, key_name, keys_of
from widgets.cells import Cell
from widgets.frame import Foot, Head, Hint, Rule, TabsLine
from widgets.paint import filtered

if TYPE_CHECKING:
    from data.model.work import Command
    from data.store.port import Changes
    from tui.dashboard import Dashboard
    from tui.feed import Feed
    from widgets.prompt import Prompt

LINE = ":"
"""Label of the prompt for command lines."""
NOTICE_SECONDS = 6.0
"""How long a sentence stands in the last line."""

TABS: tuple[str, ...] = ("projects", "pipelines", "runs", "experiments", "models", "activity")
"""The screens of the second line. Their places are their keys: 1 to 6."""
TAB_TITLES = tuple(name.capitalize() for name in TABS)
"""How the second line calls them."""


def bindings(screen: str) -> list[BindingType]:
    """The registry's bindings of a screen."""
    return [
        Binding(",".join(spec.keys), f"command('{spec.id}')", spec.title, id=spec.id, show=False, tooltip=spec.help)
        for spec in commands_for(screen)
        if spec.id not in WIDGET_OWNED
    ]


class LinesideScreen(Screen[None]):
    """A screen in the frame: head, tabs, body, keys."""

    NAME: ClassVar[str] = ""
    """Its name in the registry."""
    TAB: ClassVar[str] = ""
    """The tab that is marked while it is on top."""
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._notice = Cell()
        self._notice_timer: Timer | None = None

    @property
    def dashboard(self) -> Dashboard:
        """The application."""
        return cast("Dashboard", self.app)

    @property
    def feed(self) -> Feed | None:
        """The store's side; None until it is open."""
        return self.dashboard.feed

    def now(self) -> datetime:
        """The time that ages are counted from."""
        return self.dashboard.now()

    # The frame

    def compose(self) -> ComposeResult:
        """The frame around `body`."""
        yield Head(id="head")
        yield Rule()
        yield TabsLine(TAB_TITLES, id="tabs")
        yield from self.body()
        yield Rule(id="foot-rule")
        yield Foot(id="foot")

    def body(self) -> Iterable[Widget]:
        """The widgets between the tabs and the keys."""
        return ()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Blank lines: what is seen are the widgets. Textual would style, filter and keep each of them by itself."""
        return [filtered(self, Strip.blank(crop.width, self.visual_style.rich_style))] * crop.height

    def crumbs(self) -> tuple[str, ...]:
        """The way one came, from the program's name inwards."""
        return ("lineside", self.NAME)

    def filter_text(self) -> str:
        """What restricts the list, as it is shown in the second line."""
        return ""

    def notes(self) -> Sequence[Cell]:
        """What else the second line says about the list, before the filter."""
        return ()

    def filter_sign(self) -> str:
        """What stands before that text: the key that asks for it, and how it is taken."""
        return "/"

    def take_line(self, text: str) -> bool:  # noqa: ARG002 - most screens have nothing of their own
        """Carry out a text of the `:` line that means something on this screen only; whether it did."""
        return False

    def topics(self) -> Sequence[str]:
        """What this screen looks at, for the engine (see `data.model.Interest`)."""
        return ("projects",)

    def refresh_frame(self) -> None:
        """Draw head, tabs and keys again where they differ from what stands there."""
        head = next(iter(self.query(Head)), None)
        if not self.is_attached or head is None:  # left meanwhile, and its widgets are gone
            return
        head.update(self.crumbs(), self.dashboard.head_cells())
        shown = self.filter_text()
        filtered = (Cell.of((f"{self.filter_sign()} ", "dim"), (shown, "accent")),) if shown else ()
        right = (*self.notes(), *filtered)
        self.query_one(TabsLine).update(TAB_TITLES, TABS.index(self.TAB) if self.TAB else -1, right)
        self._refresh_foot()

    def _refresh_foot(self) -> None:
        keymap = self.dashboard.keymap_given
        shown = [spec for spec in self.commands() if spec.footer and not self.why_not(spec.id)]
        hints = [
            Hint(key_name(keys_of(spec, keymap)[0]), spec.title, spec.id, kept=spec.id == "help")
            for spec in sorted(shown, key=lambda spec: spec.footer)
        ]
        for foot in self.query(Foot):  # a screen that is just being opened has none yet, and draws it when it has
            foot.update(hints, self._notice if self._notice.text else self._trouble_cell())

    def _trouble_cell(self) -> Cell:
        """Why nothing new can be shown, as long as that is so."""
        trouble = self.feed.trouble if self.feed else ""
        return Cell(trouble, "failed") if trouble else Cell()

    def say(self, sentence: str, tone: str = "") -> None:
        """Put a sentence into the last line for some seconds."""
        if not self.is_attached:
            return
        self._notice = Cell(sentence, tone)
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self.set_timer(NOTICE_SECONDS, self._forget_notice)
        self._refresh_foot()

    def _forget_notice(self) -> None:
        self._notice = Cell()
        if self.is_attached:
            self._refresh_foot()

    # Life

    async def on_mount(self) -> None:
        """Draw the frame; the data follows when the screen is shown (`on_screen_resume`)."""
        self.refresh_frame()

    async def on_screen_resume(self) -> None:
        """Come back on top: say what is looked at, and bring everything up to date."""
        self.refresh_frame()
        if self.feed is not None:
            await self.feed.look_at(self.topics())
            self.load()

    def load(self) -> None:
        """Read everything again, in the background; a newer call makes an older one void."""
        self.work(self.reload, group="load")

    def work(self, what: Callable[[], Awaitable[Any]], *, group: str) -> None:
        """Call `what` on the event loop; its errors become sentences. A newer one of a group counts."""
        work: Callable[[], Awaitable[None]] = partial(self._guard, what)
        self.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    async def _guard(self, what: Callable[[], Awaitable[object]]) -> None:
        try:
            await what()
        except LinesideError as error:
            self.say(str(error), "failed")
        except Exception as error:  # what one list cannot show must not end the program
            if self.is_attached:  # else the screen was left meanwhile, and its widgets are gone
                self.dashboard.failed(error)

    async def reload(self) -> None:
        """Read what the screen shows from the store."""

    async def data_changed(self, changes: Changes) -> None:
        """Take over what changed in the store."""

    def tick(self) -> None:
        """Once a second: draw what depends on the time."""

    # Commands

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now; empty when it can."""
        if id in {"run.cancel", "run.retry", "job.play", "launch", "launch.like"} and self.dashboard.read_only:
            return "Lineside runs read-only"
        return ""

    def commands(self) -> list[CommandSpec]:
        """The commands that this screen has."""
        return commands_for(self.NAME)

    def unavailable(self) -> dict[str, str]:
        """Why commands cannot be used now, by id; those that can are left out."""
        return {spec.id: why for spec in self.commands() if (why := self.why_not(spec.id))}

    async def action_command(self, id: str) -> None:
        """Carry a command out, or say why that cannot be. Keys that follow wait until it is done."""
        why = self.why_not(id)
        if why:
            self.say(f"{BY_ID[id].title}: {why}", "warning")
            return
        try:
            await self._perform(id)
        except LinesideError as error:
            self.say(str(error), "failed")
        except Exception as error:  # a key that fails must not end the program
            self.dashboard.failed(error)

    async def _perform(self, id: str) -> None:
        if id in WIDGET_OWNED:
            widget = self.owner_of(id)
            action = _action_of(widget, id)
            if widget is not None and action:
                await widget.run_action(action)
            return
        method = getattr(self, BY_ID[id].method, None) or getattr(self.dashboard, BY_ID[id].method)
        result = method()
        if result is not None:
            await result

    def perform(self, id: str) -> None:
        """Carry a command out soon, for callers that no key has called."""
        self.dashboard.later(partial(self.action_command, id), "command")

    def owner_of(self, id: str) -> Widget | None:  # noqa: ARG002 - screens with several widgets ask
        """The widget that carries out one of `WIDGET_OWNED`."""
        return self.focused

    def submit(self, command: Command) -> None:
        """Hand a command to the engine and say so."""
        self.work(partial(self._submit, command), group=f"submit-{command.id}")

    async def _submit(self, command: Command) -> None:
        if self.feed is None:
            self.say("the store is still being opened", "warning")
            return
        await self.feed.submit(command)
        self.say(f"{command.title}: queued", "pending")

    def do_back(self) -> None:
        """`esc`: one screen back."""
        self.dashboard.go_back()

    def do_leave(self) -> None:
        """`q`: one screen back; on the first screen, quit."""
        self.dashboard.leave()

    # The prompt

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Follow what is typed; of a command line, only what could complete it."""
        if message.prompt.label == LINE:
            self.work(partial(self._learn_line, message.prompt, message.value), group="complete")
        else:
            self.prompt_changed(message.prompt, message.value)

    async def _learn_line(self, prompt: Prompt, text: str) -> None:
        if await self.dashboard.learn_line(text) and prompt.is_attached:
            prompt.refresh()

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """`enter`."""
        if message.prompt.error:
            return
        label, text = message.prompt.label, message.value
        self.dashboard.remember(label, text)
        self._close_prompt(message.prompt)
        if label == LINE:
            self.dashboard.run_line(text)
        else:
            self.prompt_submitted(text)

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """`esc`."""
        label = message.prompt.label
        self._close_prompt(message.prompt)
        if label != LINE:
            self.prompt_cancelled()

    def _close_prompt(self, prompt: Prompt) -> None:
        prompt.remove()
        if self.AUTO_FOCUS:
            self.query_one(self.AUTO_FOCUS).focus()

    def prompt_changed(self, prompt: Prompt, text: str) -> None:
        """The text of the screen's own prompt changed."""

    def prompt_submitted(self, text: str) -> None:
        """The screen's own prompt was confirmed."""

    def prompt_cancelled(self) -> None:
        """The screen's own prompt was given up."""

    # Frame events

    def on_tabs_line_clicked(self, message: TabsLine.Clicked) -> None:
        """A click on a tab."""
        self.dashboard.show(TABS[message.index])

    def on_foot_clicked(self, message: Foot.Clicked) -> None:
        """A click on a key hint."""
        self.perform(message.command)


def _action_of(widget: Widget | None, id: str) -> str:
    """The action that a widget binds under the id of a command."""
    for kind in type(widget).__mro__:
        for binding in kind.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id == id:
                return binding.action
    return ""
