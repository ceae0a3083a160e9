"""A field of a form that holds names and values: variables and inputs of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rich.cells import cell_len
from textual import events

from widgets.cells import fit_text, truncate
from widgets.editing import EditLine
from widgets.formfield import CHANGED, FILLED, MODIFIED, SECRET, LinedField, edit_runs
from widgets.forms import held_whole, summary
from widgets.glyphs import glyphs
from widgets.paint import Run

KEY_WIDTH = 28
"""Cells of the names, where there is room."""

EQUALS = " = "


class Pair(NamedTuple):
    """One row.

    Attributes:
        key: name.
        value: value.
        locked: both are given and cannot be changed.
        secret: the value is drawn as dots.
        mark: `CHANGED`, `FILLED` or nothing: how it came about.
    """

    key: str
    value: str
    locked: bool = False
    secret: bool = False
    mark: str = ""


class _Row:
    """A row that is being edited."""

    def __init__(self, pair: Pair) -> None:
        self.whole = pair.value if held_whole(pair.value) else ""
        self.key, self.value = EditLine(pair.key), EditLine("" if self.whole else pair.value)
        self.locked, self.secret, self.mark = pair.locked, pair.secret, pair.mark

    @property
    def pair(self) -> Pair:
        return Pair(self.key.text, self.whole or self.value.text, self.locked, self.secret, self.mark)

    def edit(self, event: events.Key, on_value: bool) -> bool:
        """Do what a key does to the name or the value; False when it does nothing."""
        if on_value and self.whole:
            if event.key == "ctrl+u":
                self.whole = ""
            return event.key == "ctrl+u" or event.is_printable
        line = self.value if on_value else self.key
        if line.press(event.key):
            return True
        if event.character is None or not event.is_printable or event.key.startswith(MODIFIED):
            return False
        line.insert(event.character)
        return True


class RowsField(LinedField):
    """Names and values. Enter goes on and adds a row behind the last one, `ctrl+x` deletes one; `tab` changes sides."""

    def __init__(
        self, label: str, pairs: Iterable[Pair] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(label, id=id, classes=classes)
        self._rows = [_Row(pair) for pair in pairs]
        self._on_value = False
        self.styles.height = self.rows

    @property
    def rows(self) -> int:
        """One line for each pair, and one that says how to add another."""
        return len(self._rows) + 1

    @property
    def narrow_label(self) -> int:
        """No more than the label takes, as names and values share the rest."""
        return cell_len(self.label) + 2

    @property
    def pairs(self) -> list[Pair]:
        """What was entered; rows without a name are left out."""
        return [row.pair for row in self._rows if row.key.text.strip()]

    def set_pairs(self, pairs: Iterable[Pair]) -> None:
        """Replace all rows, without telling."""
        pairs = list(pairs)
        if pairs == self.pairs:
            return
        self._rows = [_Row(pair) for pair in pairs]
        self._at = min(self._at, len(self._rows))
        self.resized()

    def set_marks(self, marks: Mapping[str, str]) -> None:
        """Mark the rows with these names as changed or taken over, and the others as neither."""
        for row in self._rows:
            row.mark = marks.get(row.key.text, "")
        self.refresh()

    def label_runs(self, y: int) -> list[Run]:
        """The mark of the focus, that of the row, and in the first line the label."""
        focus, _, label, space = super().label_runs(y)
        mark = self._rows[y].mark if y < len(self._rows) else ""
        sign = {CHANGED: glyphs().mark, FILLED: glyphs().fresh}.get(mark, " ")
        return [focus, (sign, self.tone("accent")), label, space]

    def duplicates(self) -> list[str]:
        """Names that more than one row has."""
        names = [pair.key for pair in self.pairs]
        return sorted({name for name in names if names.count(name) > 1})

    def value_runs(self, y: int, width: int) -> list[Run]:
        """Row `y`: name, `=`, value; behind the last one how to add another."""
        if y >= len(self._rows):
            active = self.has_focus and self._at == y
            return [
                (
                    truncate("+ enter adds a row, ctrl+x deletes one", width),
                    self.look("form--focus") if active else self.tone("dim"),
                )
            ]
        row = self._rows[y]
        active = self.has_focus and y == self._at and not row.locked
        names = min(KEY_WIDTH, width // 2)
        room = max(1, width - names - len(EQUALS))
        if row.locked:
            dim = self.look("form--focus") if self.has_focus and y == self._at else self.tone("dim")
            value = SECRET * len(row.value.text) if row.secret else row.value.text
            key = f"{glyphs().locked} {row.key.text}"
            return [(fit_text(key, names), dim), (EQUALS, dim), (fit_text(value, room), dim)]
        key_runs = edit_runs(self, row.key, names, active=active and not self._on_value)
        pad = self.strip(key_runs, names)
        return [
            *((part.text, part.style or self.look()) for part in pad),
            (EQUALS, self.tone("dim")),
            *self._value_of(row, room, active=active and self._on_value),
        ]

    def _value_of(self, row: _Row, room: int, *, active: bool) -> list[Run]:
        if row.whole:
            return [(truncate(summary(row.whole, secret=row.secret), room), self.tone("dim"))]
        return edit_runs(self, row.value, room, active=active, secret=row.secret)

    def press(self, event: events.Key) -> bool:
        """Move among the rows, add, delete, edit."""
        moves = {"up": -1, "down": 1}
        if event.key in moves:
            at = self._at + moves[event.key]
            if not 0 <= at <= len(self._rows):
                return False
            self._at = at
            self.refresh()
            self.keep_in_sight(at)
            return True
        if event.key == "enter":
            self._next()
            return True
        if event.key == "ctrl+x":
            return self._delete()
        if event.key in {"tab", "shift+tab"}:
            return self._change_side(to_value=event.key == "tab")
        return self._edit(event)

    def _next(self) -> None:
        """From the name to its value, from there to the next row; behind the last one a new row begins."""
        if self._at < len(self._rows) and not self._on_value and not self._rows[self._at].locked:
            self._on_value = True
        else:
            self._at = min(self._at + 1, len(self._rows)) if self._at < len(self._rows) else self._at
            self._on_value = False
            if self._at == len(self._rows):
                self._rows.append(_Row(Pair("", "")))
                self.resized()
        self.refresh()
        self.keep_in_sight(self._at)

    def _delete(self) -> bool:
        if self._at >= len(self._rows) or self._rows[self._at].locked:
            return False
        del self._rows[self._at]
        self._on_value = False
        self.resized()
        self.changed()
        return True

    def _change_side(self, *, to_value: bool) -> bool:
        if self._at >= len(self._rows) or self._rows[self._at].locked or self._on_value == to_value:
            return False
        self._on_value = to_value
        self.refresh()
        return True

    def _edit(self, event: events.Key) -> bool:
        if self._at >= len(self._rows) or self._rows[self._at].locked:
            return False
        row = self._rows[self._at]
        before = row.pair
        if not row.edit(event, self._on_value):
            return False
        self.refresh()
        if row.pair != before:
            self.changed()
        return True

    def on_click(self, event: events.Click) -> None:
        """Go to the row that was clicked; below the last one, add one."""
        event.stop()
        if event.y <= len(self._rows):
            self._at, self._on_value = event.y, False
            if event.y == len(self._rows):
                self._next()
            self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        """Insert what was pasted, as one clean line; `NAME=value` into an empty name fills both."""
        event.stop()
        if self._at >= len(self._rows) or self._rows[self._at].locked:
            return
        row = self._rows[self._at]
        name, equals, value = event.text.strip().partition("=")
        if equals and not self._on_value and not row.key.text and name.isidentifier():
            row.key.set(name)
            row.value.set(value)
        elif not (self._on_value and row.whole):
            (row.value if self._on_value else row.key).insert(event.text.strip())
        self.changed()
