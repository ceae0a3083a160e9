"""What the fields of a form share: label, marks, errors, the way from one to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.containers import ScrollableContainer, VerticalScroll
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip

from widgets.cells import fit_text, truncate
from widgets.editing import EditLine
from widgets.glyphs import glyphs
from widgets.paint import Painter, Run

LABEL_WIDTH, MOST_LABEL = 22, 30
"""Cells of the labels in a narrow form and in a wide one; the values of all fields begin below each other."""
LABEL_SHARE = 4
"""Labels take one of so many parts of a form, between these two."""
NARROW = 60
"""A form of fewer cells is narrow: explanations give way, and what needs room takes the whole line."""
MOST_SHARE = 2
"""Labels take at most one of so many parts of a narrow form."""

MARGIN = 2
"""Cells before a label: the first marks the field that has the focus, the second one what differs."""

NOTE_GAP = 2
"""Empty cells before the note at the end of a line."""
NOTE_SHARE = 2
"""A note takes at most one of so many parts of the room of a value."""
NOTE_LEAST = 8
"""A note that has fewer cells than these is left out."""

MODIFIED = ("ctrl+", "alt+")
"""Keys with these modifiers type nothing, and a form may bind them."""

SECRET = "•"
"""Drawn for each character of a secret."""

CHANGED, FILLED = "changed", "filled"
"""How the value of a field came about, beside by default: the user changed it; it was taken over from elsewhere."""


def fit_runs(runs: Iterable[Run], width: int, fill: Run) -> list[Run]:
    """`runs` in exactly `width` cells: cut, or filled with the spaces of `fill`'s style."""
    fitted: list[Run] = []
    left = width
    for text, style in runs:
        size = cell_len(text)
        if size > left:
            fitted.append((set_cell_size(text, left), style))
            return fitted
        fitted.append((text, style))
        left -= size
    return [*fitted, (" " * left, fill[1])] if left else fitted


def edit_runs(painter: Painter, edit: EditLine, width: int, *, active: bool, secret: bool = False) -> list[Run]:
    """The text that `edit` holds, in `width` cells, with a cursor when it is `active`."""
    shown, _ = edit.view(width)
    at = edit.cursor - (len(edit.text) - len(shown))
    if secret:
        shown = SECRET * len(shown)
    look = painter.look("form--value")
    if not active:
        return [(fit_text(shown, width), look)]
    under = shown[at : at + 1] or " "
    return [
        (shown[:at], look),
        (under, painter.look("form--value", "form--cursor")),
        (shown[at + 1 :], look),
    ]


class Field(Painter, can_focus=True):
    """A label and a value; base of the fields."""

    DEFAULT_CSS = "Field { height: 1; width: 1fr; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"form--label", "form--focus", "form--value", "form--cursor"}

    @dataclass(eq=False, repr=False)
    class Changed(Message):
        """The value of a field has changed."""

        field: Field

        @property
        def control(self) -> Field:
            """The field."""
            return self.field

    def __init__(
        self,
        label: str,
        *,
        required: bool = False,
        locked: bool = False,
        hint: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.label, self.required, self.locked, self.hint = label, required, locked, hint
        self.error = ""
        self.note = ""
        self.mark = ""

    @property
    def rows(self) -> int:
        """Lines of the field without that of an error."""
        return 1

    @property
    def narrow(self) -> bool:
        """Whether there is little room in a line."""
        return 0 < self.line_width < NARROW

    @property
    def label_width(self) -> int:
        """Cells of the label, with a space behind it."""
        wanted = min(MOST_LABEL, max(LABEL_WIDTH, self.line_width // LABEL_SHARE))
        return min(wanted, self.line_width // MOST_SHARE, self.narrow_label) if self.narrow else wanted

    @property
    def narrow_label(self) -> int:
        """Cells that the label takes at most where the form is narrow."""
        return MOST_LABEL

    @property
    def cursor_row(self) -> int:
        """The line that keys go to."""
        return 0

    @property
    def error_lines(self) -> list[str]:
        """What is wrong: one line under the value; as many as it takes, from the left, where the form is narrow."""
        if not self.error or not self.narrow:
            return [self.error] * bool(self.error)
        return wrap(self.error, max(1, self.line_width - MARGIN))

    def set_error(self, error: str) -> None:
        """Say under the field what is wrong; "" when nothing is."""
        if error != self.error:
            self.error = error
            self.resized()

    def set_note(self, note: str, mark: str = "") -> None:
        """Say at the end of the line where the value comes from; `mark` is `CHANGED`, `FILLED` or nothing."""
        if (note, mark) != (self.note, self.mark):
            self.note, self.mark = note, mark
            self.refresh()

    def resized(self) -> None:
        """Take as many lines as there is to show."""
        height = self.rows + len(self.error_lines)
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
            self._followed()
        self.refresh()

    def _followed(self) -> None:
        """Lines move: on a low screen the form scrolls to where keys go."""
        form = self.parent
        if isinstance(form, FieldScroll) and form.low:
            form.follow()

    def on_resize(self) -> None:
        """What is wrong takes another number of lines where the form has another width."""
        if self.error:
            self.resized()

    def keep_in_sight(self, y: int) -> None:
        """Scroll the form so that line `y` of this field can be seen; on a low screen also what is wrong below it."""
        form = self.parent
        if isinstance(form, ScrollableContainer):
            place = self.virtual_region
            if not place.height:  # it is not laid out yet
                return
            height = 1
            if isinstance(form, FieldScroll) and form.low and y >= self.rows - 1:
                height += len(self.error_lines)
            form.scroll_to_region(Region(place.x, place.y + y, place.width, height), animate=False)

    def changed(self) -> None:
        """The value has changed: draw it, take back the complaint, and tell the form."""
        self.set_error("")
        self.refresh()
        self.post_message(self.Changed(self))

    def line(self, y: int) -> Strip:
        """Label and value, or what is wrong."""
        width = self.line_width
        if y >= self.rows:
            before = MARGIN if self.narrow else MARGIN + self.label_width
            said = "".join(self.error_lines[y - self.rows : y - self.rows + 1])
            runs = [(" " * before, self.look()), (truncate(said, width - before), self.tone("failed"))]
            return self.strip(runs, width)
        room = max(1, width - MARGIN - self.label_width)
        note = self.note_runs(y, room)
        taken = sum(cell_len(text) for text, _ in note)
        value = self.value_runs(y, room - taken)
        if note:
            value = fit_runs(value, room - taken, ("", self.look()))
        return self.strip([*self.label_runs(y), *value, *note], width)

    def note_runs(self, y: int, room: int) -> list[Run]:
        """What stands at the end of line `y`, in a part of `room` cells."""
        if y or not self.note:
            return []
        most = room // NOTE_SHARE - NOTE_GAP - 1
        if most < NOTE_LEAST:
            return []
        text = truncate(self.note, most)
        look = self.tone("accent" if self.mark else "dim")
        return [(" " * NOTE_GAP, self.look()), (text, look), (" ", self.look())]

    def label_runs(self, y: int) -> list[Run]:
        """The mark of the focus and, in the first line, the label."""
        first = y == 0 or self._alone(y)
        focus = glyphs().closed if self.has_focus and first else " "
        mark = self.mark_sign() if y == 0 else " "
        label = f"{self.label}{' *' if self.required else ''}" if first else ""
        name = "form--focus" if self.has_focus else "form--label"
        return [
            (focus, self.look("form--focus")),
            (mark, self.tone("accent")),
            (fit_text(label, self.label_width - 1), self.look(name)),
            (" ", self.look()),
        ]

    def _alone(self, y: int) -> bool:
        """Whether line `y` has the cursor, and the first line, with the label, is out of sight on a low screen."""
        if not self.has_focus or y != self.cursor_row:
            return False
        form = self.parent
        return isinstance(form, FieldScroll) and form.low and self.virtual_region.y < form.scroll_offset.y

    def mark_sign(self) -> str:
        """The sign of how the value came about."""
        return {CHANGED: glyphs().mark, FILLED: glyphs().fresh}.get(self.mark, " ")

    def value_runs(self, y: int, width: int) -> list[Run]:
        """Line `y` of the value in at most `width` cells."""
        raise NotImplementedError

    def press(self, event: events.Key) -> bool:
        """Do what a key does here; False when it does nothing."""
        raise NotImplementedError

    def on_key(self, event: events.Key) -> None:
        """Up, down and enter go to the other fields, what the form binds belongs to it, other keys to the value."""
        if self._of_form(event.key):
            return
        if not self.locked and self.press(event):
            pass
        elif event.key == "up":
            self.screen.focus_previous(Field)
        elif event.key in {"down", "enter"}:
            self.screen.focus_next(Field)
        elif not event.is_printable or event.key.startswith(MODIFIED):
            return
        event.stop()
        event.prevent_default()

    def _of_form(self, key: str) -> bool:
        """Whether the screen binds a key that would otherwise edit the text."""
        if not key.startswith(MODIFIED):
            return False
        bound = self.screen.active_bindings.get(key)
        return bound is not None and bound.node is not self

    def watch_has_focus(self, value: bool) -> None:
        """Mark the field that keys go to."""
        super().watch_has_focus(value)
        self.refresh()
        if value:
            self._followed()


class LinedField(Field):
    """A field of several lines, one of which keys go to."""

    _at = 0

    @property
    def cursor_row(self) -> int:
        """The line that keys go to."""
        return self._at


class FieldScroll(VerticalScroll, can_focus=False):
    """Fields, one below the other, of which the one that keys go to stays in sight."""

    _screen_size = Size()
    """Size of the screen when the form got its own."""

    @property
    def low(self) -> bool:
        """Whether there is little room for lines."""
        return self.is_attached and self.screen.has_class("-low")

    def scroll_to_region(self, region: Region, **options: Any) -> Offset:
        """Scroll as far as needed, at once; whether Textual would put a field into the middle depends on layouts."""
        return super().scroll_to_region(region, **{**options, "center": False, "x_axis": False, "animate": False})

    def follow(self) -> None:
        """Scroll to the line that keys go to, once all is laid out; again where another scrolling came between."""
        self.call_after_refresh(self._follow, again=True)

    def _follow(self, *, again: bool) -> None:
        field = self.screen.focused if self.is_attached else None  # else the screen was left meanwhile
        if isinstance(field, Field) and field.parent is self:
            field.keep_in_sight(field.cursor_row)
            if again:
                self.call_after_refresh(self._follow, again=False)

    def on_resize(self) -> None:
        """Where the terminal has another size there may be fewer lines in sight."""
        before, self._screen_size = self._screen_size, self.screen.size
        if self.low or before not in {Size(), self._screen_size}:
            self.follow()
