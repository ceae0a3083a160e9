"""The base of lists that can have any number of lines: one line of text per row, drawn when it comes into sight."""

from __future__ import annotations

from typing import Any

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.widget import Widget

from widgets.paint import Painter


class LineView(Painter, ScrollView, can_focus=True, inherit_bindings=False):
    """Lines of one cell height, scrolled vertically and without animation; a scroll bar of one cell."""

    DEFAULT_CSS = """
    LineView { width: 1fr; height: 1fr; overflow: hidden scroll; scrollbar-size-vertical: 1; }
    """

    HEADER = 0
    """Lines at the top that stay where they are."""

    @property
    def line_width(self) -> int:
        """Cells of a line: all but those of the scroll bar."""
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    @property
    def top(self) -> int:
        """The first line in sight."""
        return self.scroll_offset.y

    @property
    def laid_out(self) -> bool:
        """Whether it has a size yet. Before, nobody knows what will be in sight, and nothing is to be scrolled: else
        what is seen depends on whether the rows or the first layout come first.
        """
        return self.size.height > 0

    @property
    def page(self) -> int:
        """Lines that are in sight at once, at least one."""
        return max(1, self.size.height - self.HEADER)

    def set_count(self, count: int) -> None:
        """Tell how many lines there are.

        The scroll bar is always there, so nothing else on the screen moves: a layout, which `virtual_size` would ask
        for, is spared.
        """
        size = Size(self.line_width, count + self.HEADER)
        if size == self.virtual_size:
            return
        self.set_reactive(Widget.virtual_size, size)
        if self.is_attached:
            self._scroll_update(size)

    def shift(self, count: int, top: int) -> None:
        """Tell that there are `count` lines, and those in sight begin at `top` now: only the scroll bar is drawn."""
        size = Size(self.line_width, count + self.HEADER)
        self.set_reactive(Widget.virtual_size, size)
        self.set_reactive(Widget.scroll_y, float(top))
        self.set_reactive(Widget.scroll_target_y, float(top))
        if self.is_attached:
            self.vertical_scrollbar.window_virtual_size = size.height
            self.vertical_scrollbar.position = top

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scroll at once; `animate` is ignored."""
        super().scroll_to(x, y, **{**options, "animate": False})

    def jump(self, top: int) -> None:
        """Bring line `top` to the first place, as far as there are lines enough."""
        self.scroll_to(y=max(0, top), force=True)

    def repaint(self, y: int, count: int = 1) -> None:
        """Draw `count` lines of the widget from `y` again."""
        self.refresh(Region(0, y, self.line_width, count))
