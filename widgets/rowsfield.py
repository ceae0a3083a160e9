"""A field of a form that holds names and values: variables and inputs of a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual import events

from widgets.cells import fit_text, truncate
from widgets.editing import EditLine
from widgets.forms import Field, edit_runs
from widgets.glyphs import glyphs
from widgets.paint import Run

KEY_WIDTH = 28
"""Cells of the names, where there is room."""

EQUALS = " = "


class Pair(NamedTuple):
    """One row: name, value, whether both are given and cannot be changed, whether the value is drawn as dots."""

    key: str
    value: str
    locked: bool = False
    secret: bool = False


class _Row:
    """A row that is being edited."""

    def __init__(self, pair: Pair) -> None:
        self.key, self.value = EditLine(pair.key), EditLine(pair.value)
        self.locked, self.secret = pair.locked, pair.secret

    @property
    def pair(self) -> Pair:
        return Pair(self.key.text, self.value.text, self.locked, self.secret)


class RowsField(Field):
    """Names and values. Enter goes on and adds a row behind the last one, `ctrl+x` deletes one; `tab` changes sides."""

    def __init__(
        self, label: str, pairs: Iterable[Pair] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(label, id=id, classes=classes)
        self._rows = [_Row(pair) for pair in pairs]
        self._at = 0
        self._on_value = False
        self.styles.height = self.rows

    @property
    def rows(self) -> int:
        """One line for each pair, and one that says how to add another."""
        return len(self._rows) + 1

    @property
    def pairs(self) -> list[Pair]:
        """What was entered; rows without a name are left out."""
        return [row.pair for row in self._rows if row.key.text.strip()]

    def set_pairs(self, pairs: Iterable[Pair]) -> None:
        """Replace all rows, without telling."""
        self._rows = [_Row(pair) for pair in pairs]
        self._at = min(self._at, len(self._rows))
        self.resized()

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
            value = "•" * len(row.value.text) if row.secret else row.value.text
            key = f"{glyphs().locked} {row.key.text}"
            return [(fit_text(key, names), dim), (EQUALS, dim), (fit_text(value, room), dim)]
        key_runs = edit_runs(self, row.key, names, active=active and not self._on_value)
        pad = self.strip(key_runs, names)
        return [
            *((part.text, part.style or self.look()) for part in pad),
            (EQUALS, self.tone("dim")),
            *edit_runs(self, row.value, room, active=active and self._on_value, secret=row.secret),
        ]

    def press(self, event: events.Key) -> bool:
        """Move among the rows, add, delete, edit."""
        moves = {"up": -1, "down": 1}
        if event.key in moves:
            at = self._at + moves[event.key]
            if not 0 <= at <= len(self._rows):
                return False
            self._at = at
            self.refresh()
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
        edit = row.value if self._on_value else row.key
        before = row.pair
        if not edit.press(event.key):
            if event.character is None or not event.is_printable:
                return False
            edit.insert(event.character)
        self.refresh()
        if row.pair != before:
            self.changed()
        return True

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
        else:
            (row.value if self._on_value else row.key).insert(event.text.strip())
        self.changed()
