"""Sends only what changed: an application whose frames go through a `Canvas` instead of being written as they are.

The only module that knows how Textual (8.2) displays. What it relies on, checked at start by `unknown_parts`:

- `App._display(screen, renderable)` is where every frame ends. There is no public place: drivers get bytes.
- `LayoutUpdate` (`strips`, `region`) and `ChopsUpdate` (`chops`, `spans`, `chop_ends`) are frames made of strips.
- `App._driver`, `_running`, `_closed`, `_batch_count`: whether a frame is written at all. `_sync_available`: whether
  the terminal knows mode 2026. `Strip` gives its segments when iterated, and `crop` cuts it; `_divide_cache` holds the
  strip itself where nothing was cut off.
- `Style` (Rich) keeps what is seen of it in the attributes that `pens.LOOKS` names.

Where one of them is missing the layer is off, and every frame goes Textual's own way.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.style import Style
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.strip import Strip

from tui.output.canvas import Canvas
from tui.output.pace import QUESTION, Pace
from tui.output.pens import LINK_END, LOOKS, RESET
from tui.output.rows import Row, cells, joined
from tui.output.terminal import Terminal, from_environment

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen
    from textual.timer import Timer

SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
"""Mode 2026: what is between is shown at once (contour-terminal/vt-extensions, synchronized output)."""
WORTH_SYNC = 256
"""Characters of a frame below which a terminal shows it at once anyway."""
SOUND = LINK_END + "\x1b[r" + RESET
"""Ends links, margins and colours: before Textual writes its own way again."""
MOST_STRIPS = 256
"""Strips whose cells are remembered: most lines of a frame were in the one before."""
SIZES_AT_START = 2
"""Times that Textual tells the size before anything has changed: the application once, and its driver."""
SOON = 0.01
"""The shortest time in seconds that sending waits."""

FRAMES = (LayoutUpdate, ChopsUpdate)
"""Frames that go through a canvas."""
EXPECTED: dict[type, tuple[str, ...]] = {
    LayoutUpdate: ("strips", "region"),
    ChopsUpdate: ("chops", "spans", "chop_ends"),
}
"""What frames are made of."""


def unknown_parts(app: App[Any]) -> str:
    """What this layer relies on and this Textual lacks; nothing when all is there."""
    missing = [
        f"{kind.__name__}.{name}"
        for kind, names in EXPECTED.items()
        for name in names
        if name not in inspect.signature(kind).parameters
    ]
    if list(inspect.signature(App._display).parameters) != ["self", "screen", "renderable"]:
        missing.append("App._display")
    attributes = ("_driver", "_running", "_closed", "_batch_count", "_sync_available")
    missing += [f"App.{name}" for name in attributes if not hasattr(app, name)]
    missing += [f"Style.{name}" for name in LOOKS if not hasattr(Style, name)]
    if list(inspect.signature(Strip.crop).parameters) != ["self", "start", "end"]:
        missing.append("Strip.crop")
    if not hasattr(Strip, "_divide_cache"):
        missing.append("Strip._divide_cache")
    return ", ".join(missing)


class LeanOutput(App[str]):
    """An application that keeps what its terminal shows, and sends the difference as fast as the line takes it."""

    output_off = ""
    """Why frames go Textual's own way; empty: they do not. Set it before the start to have it so."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.output_pace = Pace()
        self._canvas: Canvas | None = None
        self._sizes_told = 0
        self._cells: dict[int, tuple[Strip, Row]] = {}
        self._sending: Timer | None = None

    # Frames

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Where Textual writes a frame."""
        if not self._is_lean(renderable):
            super()._display(screen, renderable)
            if self._canvas is not None and renderable is not None and not isinstance(renderable, FRAMES):
                self._canvas.forget()  # something else has been written
            return
        try:
            assert isinstance(renderable, FRAMES)
            canvas = self._canvas
            assert canvas is not None
            x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
            canvas.cursor = (x, y)
            absorb(renderable, canvas, self._cells_of)
            self._send()
        except Exception as error:  # nothing that goes wrong here may end the program: there is the other way
            self._fall_back(error)
        finally:
            self.post_display_hook()

    def _is_lean(self, renderable: RenderableType | None) -> bool:
        """Whether a frame goes through the canvas; what Textual would not write goes to Textual, which drops it."""
        driver = self._driver
        if self.output_off or driver is None or driver.is_inline or self.is_headless:
            return False
        if not isinstance(renderable, FRAMES) or self._batch_count:
            return False
        if self._canvas is None:
            missing = unknown_parts(self)
            if missing:
                self.output_off = f"this version of Textual is not known (it lacks {missing}): screens are sent whole"
                return False
            self._canvas = Canvas(getattr(driver, "terminal", None) or from_environment(os.environ))
        return self._running and not self._closed

    def _cells_of(self, strip: Strip) -> Row:
        """The cells of a strip. Strips never change, and the same ones come back frame after frame."""
        assert self._canvas is not None
        found = self._cells.get(id(strip))
        if found is not None and found[0] is strip:
            return found[1]
        row = cells(strip, self._canvas.pens)
        if len(self._cells) >= MOST_STRIPS:
            self._cells.pop(next(iter(self._cells)))
        self._cells[id(strip)] = (strip, row)
        return row

    # Sending

    def _send(self) -> None:
        """Send what the line takes now, and come back for the rest."""
        canvas, driver = self._canvas, self._driver
        if self._sending is not None:
            self._sending.stop()
            self._sending = None
        if canvas is None or driver is None or self.output_off or not self._running or self._closed:
            return
        pace = self.output_pace
        now = time.monotonic()
        pace.blocked(getattr(driver, "waiting", 0), now)
        pieces: list[str] = []
        while canvas.dirty and (room := pace.room(now)) > 0:
            # A question behind each piece, not behind the whole: the answers then let the line never run dry.
            text = canvas.draw(min(room, pace.piece))
            if not text:
                break
            pieces.append(text + QUESTION if pace.sent(len(text.encode()), now) else text)
        if pieces:
            self._write("".join(pieces))
        if canvas.dirty and (seconds := pace.wait(now)) is not None:
            self._sending = self.set_timer(max(seconds, SOON), self._send_safely)

    def _write(self, text: str) -> None:
        canvas, driver = self._canvas, self._driver
        assert canvas is not None and driver is not None
        if len(text) > WORTH_SYNC and (self._sync_available or canvas.terminal.synchronized):
            text = SYNC_START + text + SYNC_END
        driver.write(text)
        driver.flush()

    def _send_safely(self) -> None:
        try:
            self._send()
        except Exception as error:  # as in `_display`
            self._fall_back(error)

    def output_answered(self, at: float) -> None:
        """The terminal has answered `QUESTION`: what was sent before has arrived."""
        self.output_pace.answered(at)
        if self._canvas is not None and self._canvas.dirty:
            self._send_safely()

    def take_terminal(self, terminal: Terminal) -> None:
        """The terminal has told what it is. The same again: nobody knows what it shows, so that all is drawn again."""
        canvas = self._canvas
        if canvas is None:
            return
        if terminal == canvas.terminal:
            self.output_forget()
            return
        colours = terminal.depth is not canvas.terminal.depth
        canvas.terminal = terminal
        if colours:
            self._cells.clear()
            self.refresh()

    def output_forget(self) -> None:
        """Nobody knows what the terminal shows, for example because another program had it: draw everything again."""
        if self._canvas is not None:
            self.output_pace = Pace()
            self._canvas.forget()
            self._send_safely()

    def on_resize(self, event: events.Resize) -> None:
        """A terminal of another size has moved or lost what it showed, also when the size is the old one by now."""
        self._sizes_told += 1
        if self._canvas is None or self._sizes_told <= SIZES_AT_START:
            return
        self._canvas.forget()
        if event.size == (self._canvas.width, self._canvas.height):
            self._send_safely()

    def _fall_back(self, error: Exception) -> None:
        """Go Textual's own way from now on, and write down why."""
        from tui.journal import unexpected

        self.switch_output_off(f"{unexpected(error)}: screens are sent whole")

    def switch_output_off(self, why: str) -> None:
        """Go Textual's own way from now on; `why` is what people read."""
        self.output_off = why
        self._canvas = None
        self._cells.clear()
        if self._driver is not None:
            self._driver.write(SOUND)
        self.refresh()


def absorb(update: LayoutUpdate | ChopsUpdate, canvas: Canvas, cells_of: Callable[[Strip], Row]) -> None:
    """Take a frame, or a part of one, into a canvas, as `render_segments` of the update would write it."""
    if isinstance(update, LayoutUpdate):
        region = update.region
        _fit(canvas, region.right, region.bottom)
        for y, line in enumerate(update.strips, region.y):
            for whole in line:
                whole._divide_cache.clear()
            canvas.put(y, region.x, joined([cells_of(strip) for strip in line]))
        return
    _fit(canvas, update.chop_ends[0][-1], len(update.chops))
    for y, left, right in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None:
                continue
            strip._divide_cache.clear()  # it may hold the strip itself: garbage that only a pause of all would collect
            if x < right and end > left:
                canvas.put(y, x, cells_of(strip if end <= right else strip.crop(0, right - x)))


def _fit(canvas: Canvas, width: int, height: int) -> None:
    if (width, height) != (canvas.width, canvas.height):
        canvas.resize(width, height)
