"""How widgets that draw their own lines turn tones into styles and spans into strips.

Such widgets have neither border nor padding: they answer `render_lines` themselves, which spares Textual's cache of
styles, and therefore apply the line filters (colour conversion, control characters) themselves too, once per strip.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.cells import TONES, Span

Run: TypeAlias = tuple[str, Style]
"""Text with the style that it is drawn in."""

TONE_CLASSES: set[str] = {f"tone--{tone}" for tone in TONES}
"""Component classes of an application whose widgets draw cells; `styles/tones.tcss` gives them their colours.

Not of the widgets: all have the same, and would compute them anew, each for itself. Textual looks for them in the first
base of a class, and that one's, only.
"""


def filtered(widget: Widget, strip: Strip, ground: Color | None = None) -> Strip:
    """A strip of a widget as the application's line filters want it; `ground` is what it is drawn on, where known."""
    if ground is None:
        ground = widget.background_colors[1]
    for line_filter in widget.get_line_filters():
        strip = strip.apply_filter(line_filter, ground)
    return strip


class Painter(Widget):
    """A widget that draws whole lines by `line(y)`; base of the one-line widgets and of the lists."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._looks: dict[tuple[str, ...], Style] = {}

    @property
    def line_width(self) -> int:
        """Cells of a line."""
        return self.size.width

    def line(self, y: int) -> Strip:
        """Line `y`, counted from the top of the widget, exactly `line_width` cells wide."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Line `y` for callers that do not use `render_lines`."""
        return self.line(y)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`."""
        left, right = crop.x, crop.right
        if left == 0 and right == self.line_width:
            return [self.line(y) for y in crop.line_range]
        return [self.line(y).crop(left, right) for y in crop.line_range]

    def notify_style_update(self) -> None:
        """Forget everything drawn with the old styles."""
        super().notify_style_update()
        self._looks.clear()
        self.forget_lines()

    def forget_lines(self) -> None:
        """Drop cached lines; for subclasses that keep some."""

    def look(self, *components: str) -> Style:
        """The widget's own style, and laid over it those of component classes, its own or the application's."""
        found = self._looks.get(components)
        if found is None:
            found = self.visual_style.rich_style
            for name in components:
                owner = self if name in self._component_styles else self.app
                if name in owner._component_styles:
                    found += owner.get_component_styles(name).partial_rich_style
            self._looks[components] = found
        return found

    def tone(self, tone: str, *under: str) -> Style:
        """The style of `tone`, laid over the component classes `under`."""
        return self.look(*under, f"tone--{tone}") if tone else self.look(*under)

    def toned(self, spans: Iterable[Span], *under: str) -> list[Run]:
        """`spans` with the styles of their tones, laid over the component classes `under`."""
        return [(text, self.tone(tone, *under)) for text, tone in spans]

    def strip(self, runs: Iterable[Run], width: int | None, fill: Style | None = None) -> Strip:
        """A filtered strip of `width` cells; a shorter one is filled in `fill`, else in the widget's own style.

        Without a width it is as wide as its text.
        """
        segments: list[Segment] = []
        for text, style in runs:
            if segments and segments[-1].style is style:
                segments[-1] = Segment(segments[-1].text + text, style)
            elif text:
                segments.append(Segment(text, style))
        # Measured when joined: a joiner between two runs makes one character of those around it.
        used = sum(len(text) if text.isascii() else cell_len(text) for text, *_ in segments)
        width = used if width is None else width
        if used < width:
            segments.append(Segment(" " * (width - used), fill or self.look()))
        strip = Strip(segments, max(used, width))
        return self.through_filters(strip if used <= width else strip.crop(0, width))

    def through_filters(self, strip: Strip) -> Strip:
        """`strip` as the application's line filters want it."""
        return filtered(self, strip)
