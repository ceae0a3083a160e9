"""An application that shows the widgets under test, with our themes and styles, and a wait for conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from styles import BASE, sheet
from styles.themes import THEMES, variable_defaults
from widgets.paint import TONE_CLASSES

T = TypeVar("T")

DEADLINE = 10.0
"""Seconds after which a condition counts as never coming true."""


class Stage(App[None]):
    """Shows `widgets`, one below the other, and keeps the messages that they send."""

    COMPONENT_CLASSES = TONE_CLASSES
    CSS_PATH = [*BASE, *(sheet(name) for name in ("log", "prompt", "chart", "form"))]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *widgets: Widget, theme: str = "lineside-dark") -> None:
        super().__init__()
        self.shown = widgets
        self.heard: list[Message] = []
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our tokens for themes of Textual."""
        return variable_defaults(self.current_theme)

    def compose(self) -> ComposeResult:
        """The widgets."""
        yield from self.shown

    def hear(self, message: Message) -> None:
        """For `run_test(message_hook=…)`."""
        if type(message).__module__.startswith("widgets"):
            self.heard.append(message)

    def of(self, kind: type[T]) -> list[T]:
        """Messages of one kind, each once."""
        found: dict[int, T] = {id(message): message for message in self.heard if isinstance(message, kind)}
        return list(found.values())


async def until(pilot: Pilot[None], condition: Callable[[], object], what: str = "") -> None:
    """Wait until `condition` holds."""
    deadline = monotonic() + DEADLINE
    while not condition():
        assert monotonic() < deadline, f"never came true: {what or condition}"
        await pilot.pause(0.01)
    await pilot.pause()


def texts(widget: Widget, lines: Iterable[int]) -> list[str]:
    """What the widget draws in `lines`, without spaces at the end."""
    return [widget.render_line(y).text.rstrip() for y in lines]
