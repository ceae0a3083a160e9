"""A field of a form that holds lines of text: the script of a job, the choices of a variable."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events

from widgets.cells import truncate
from widgets.editing import EditLine
from widgets.formfield import MODIFIED, LinedField, edit_runs
from widgets.forms import held_whole, summary
from widgets.paint import Run


class _Line:
    """A line that is being edited; one that cannot be shown in a line is kept whole."""

    def __init__(self, text: str = "") -> None:
        self.whole = text if held_whole(text) else ""
        self.edit = EditLine("" if self.whole else text)

    @property
    def text(self) -> str:
        return self.whole or self.edit.text


class LinesField(LinedField):
    """Lines of text: `enter` begins another one below, `ctrl+x` deletes one, `backspace` an empty one."""

    def __init__(self, label: str, lines: Iterable[str] = (), *, hint: str = "", id: str | None = None) -> None:
        super().__init__(label, hint=hint, id=id)
        self._lines = [_Line(text) for text in lines]
        self.styles.height = self.rows

    @property
    def rows(self) -> int:
        """One line for each, and one behind the last."""
        return len(self._lines) + 1

    @property
    def value(self) -> tuple[str, ...]:
        """The lines, without empty ones."""
        return tuple(line.text for line in self._lines if line.text.strip())

    def set_value(self, lines: Iterable[str]) -> None:
        """Replace all lines, without telling."""
        given = tuple(lines)
        if given != self.value:
            self._lines = [_Line(text) for text in given]
            self._at = min(self._at, len(self._lines))
            self.resized()

    def value_runs(self, y: int, width: int) -> list[Run]:
        """Line `y`; behind the last one how to add another."""
        active = self.has_focus and self._at == y
        if y >= len(self._lines):
            said = "+ enter adds a line, ctrl+x deletes one"
            return [(truncate(said, width), self.look("form--focus") if active else self.tone("dim"))]
        line = self._lines[y]
        if line.whole:
            return [(truncate(summary(line.whole), width), self.look("form--focus") if active else self.tone("dim"))]
        return edit_runs(self, line.edit, width, active=active)

    def press(self, event: events.Key) -> bool:
        """Move among the lines, add, delete, edit."""
        if event.key in {"up", "down"}:
            return self._move(self._at + (1 if event.key == "down" else -1))
        if event.key == "enter":
            self._add(min(self._at + 1, len(self._lines)), "")
            return True
        if event.key == "ctrl+x":
            return self._delete()
        return self._edit(event)

    def _move(self, at: int) -> bool:
        if not 0 <= at <= len(self._lines):
            return False
        self._at = at
        self.refresh()
        self.keep_in_sight(at)
        return True

    def _add(self, at: int, text: str) -> None:
        self._lines.insert(at, _Line(text))
        self._at = at
        self.resized()
        self.call_after_refresh(self.keep_in_sight, at)

    def _delete(self) -> bool:
        if self._at < len(self._lines):
            del self._lines[self._at]
            self.resized()
            self.changed()
        return True

    def _edit(self, event: events.Key) -> bool:
        typed = event.character is not None and event.is_printable and not event.key.startswith(MODIFIED)
        if self._at >= len(self._lines):
            if typed:
                self._add(len(self._lines), "")
            else:
                return False
        line = self._lines[self._at]
        if line.whole:
            if event.key != "ctrl+u":
                return typed
            line.whole = ""
            self.changed()
            return True
        if event.key == "backspace" and not line.edit.text:
            self._delete()
            return self._move(max(0, self._at - 1))
        before = line.edit.text
        if not line.edit.press(event.key):
            if not typed:
                return False
            line.edit.insert(event.character or "")
        self.refresh()
        if line.edit.text != before:
            self.changed()
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Insert what was pasted: one line where one types, several below each other."""
        event.stop()
        first, *more = event.text.strip("\n").splitlines() or [""]
        if self._at >= len(self._lines):
            self._lines.append(_Line())
        line = self._lines[self._at]
        if not line.whole:
            line.edit.insert(first)
        for text in more:
            self._at += 1
            self._lines.insert(self._at, _Line(text))
        self.resized()
        self.changed()
