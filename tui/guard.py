"""The second line of defence against text from outside: nothing that a terminal obeys leaves with the text we draw.

`data.clean` cleans text where it enters. Should something slip through, this filter sees every piece of every line on
its way to the terminal.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

CONTROLS: dict[int, str | None] = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], None),
    **dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], None),
    **dict.fromkeys([0x2028, 0x2029, 0xFEFF], None),
    **dict.fromkeys(range(0xD800, 0xE000), "?"),
}
"""Control and bidirectional characters, which take no cell and are dropped, and surrogates, which cannot be written."""


class Guard(LineFilter):
    """Drops control characters and links. A piece that holds neither, nearly every one, is left as it is."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """`segments` as they may be written; a segment of Rich's own control codes is dropped."""
        del background  # the filter's signature
        if all(_is_harmless(segment) for segment in segments):
            return segments
        return [_harmless(segment) for segment in segments if not segment.control]


def _is_harmless(segment: Segment) -> bool:
    text, style, control = segment
    return text.isprintable() and not control and (style is None or not style.link)


def _harmless(segment: Segment) -> Segment:
    text, style, _ = segment
    if style is not None and style.link:
        style = style.update_link(None)
    return Segment(text if text.isprintable() else text.translate(CONTROLS), style)
