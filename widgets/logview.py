"""A log of any size: only the lines in sight are read and drawn. Follows its end, folds sections, searches."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from widgets.logfilter import LogFilter


class LogView(LogFilter):
    """The lines of a `LogIndex`, with keys.

    What it can do is spread over its bases, each of which adds to the one before: `LogPaint` how lines look, `LogBody`
    what is in sight, `LogMoves` scrolling and ways to show, `LogSelect` selecting and copying, `LogMarks` marks and the
    scroll bar, `LogGoto` places, `LogFind` searching and errors, `LogFilter` the filter.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_lines(1)", "Down", show=False, id="log.down"),
        Binding("k,up", "scroll_lines(-1)", "Up", show=False, id="log.up"),
        Binding("pagedown", "scroll_pages(2)", "Page down", show=False, id="log.page_down"),
        Binding("pageup", "scroll_pages(-2)", "Page up", show=False, id="log.page_up"),
        Binding("ctrl+d", "scroll_pages(1)", "Half a page down", show=False, id="log.half_page_down"),
        Binding("ctrl+u", "scroll_pages(-1)", "Half a page up", show=False, id="log.half_page_up"),
        Binding("g,home", "top", "Beginning", show=False, id="log.home"),
        Binding("G,end", "bottom", "End", show=False, id="log.end"),
        Binding("left", "pan(-1)", "Left", show=False, id="log.left"),
        Binding("right", "pan(1)", "Right", show=False, id="log.right"),
        Binding("F", "follow", "Follow", show=False, id="log.follow"),
        Binding("n", "next_match", "Next match", show=False, id="log.next_match"),
        Binding("N", "previous_match", "Previous match", show=False, id="log.previous_match"),
        Binding("E", "next_error", "Next error", show=False, id="log.next_error"),
        Binding("right_square_bracket", "next_section", "Next section", show=False, id="log.next_section"),
        Binding("left_square_bracket", "previous_section", "Previous section", show=False, id="log.previous_section"),
        Binding("enter", "fold", "Fold section", show=False, id="log.fold"),
        Binding("z", "fold_all", "Fold all sections", show=False, id="log.fold_all"),
        Binding("w", "wrap", "Wrap", show=False, id="log.wrap"),
        Binding("t", "stamps", "Timestamps", show=False, id="log.timestamps"),
        Binding("plus", "context_more", "More context", show=False, id="log.context_more"),
        Binding("minus", "context_less", "Less context", show=False, id="log.context_less"),
        Binding("M", "mark", "Mark", show=False, id="log.mark"),
        Binding("apostrophe", "next_mark", "Next mark", show=False, id="log.next_mark"),
        Binding("v", "select", "Select lines", show=False, id="log.select"),
        Binding("y", "copy", "Copy", show=False, id="log.copy"),
    ]
