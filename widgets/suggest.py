"""A text field that offers values in a list below it, filtered while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual import events
from textual.strip import Strip

from widgets.cells import fit_text, truncate
from widgets.formfield import MARGIN
from widgets.forms import TextField
from widgets.paint import Run

MOST_SHOWN = 8
"""Offered values in sight at a time."""
SCREEN_SHARE = 4
"""The list takes at most one of so many parts of the screen's height."""
LEAST_SHOWN = 2
"""Offered values in sight at a time on the lowest screen."""
VALUE_SHARE = 2
"""An offered value takes at most one of so many parts of the line where something is said about it."""


class Offer(NamedTuple):
    """A value that is offered, and a few words about it."""

    value: str
    about: str = ""
    tone: str = "dim"
    """Tone of these words."""


def matching(offers: Sequence[Offer], typed: str) -> list[Offer]:
    """The offers that fit what was typed, in any case: those that begin with it first, then those that hold it, then
    those that have its letters in their order.
    """
    wanted = typed.strip().lower()
    if not wanted:
        return list(offers)
    ranked: list[tuple[int, int, Offer]] = []
    for place, offer in enumerate(offers):
        rank = _rank(offer.value.lower(), wanted)
        if rank is not None:
            ranked.append((rank, place, offer))
    ranked.sort(key=lambda one: one[:2])
    return [offer for _, _, offer in ranked]


def _rank(text: str, wanted: str) -> int | None:
    at = text.find(wanted)
    if at == 0:
        return 0
    if at > 0:
        return 1 if not text[at - 1].isalnum() else 2
    letters = iter(text)
    return 3 if all(letter in letters for letter in wanted) else None


class SuggestField(TextField):
    """Typing, or `enter`, opens the list: up and down go through it, `enter` takes a value, `esc` closes the list.

    What is typed counts as it stands, whether it is offered or not.
    """

    def __init__(
        self,
        label: str,
        value: str = "",
        *,
        required: bool = False,
        hint: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(label, value, required=required, hint=hint, id=id, classes=classes)
        self.offers: tuple[Offer, ...] = ()
        self.find: Callable[[str], Sequence[Offer]] = self._find
        """What is offered for a text; by default those of `offers` that match it."""
        self.found: list[Offer] = []
        self.open = False
        self._filters = False
        self._before: str | None = None
        self._at = -1
        self._first = 0

    def set_offers(self, offers: Sequence[Offer]) -> None:
        """Offer other values, without telling; what is typed stays, and so does the one under the cursor."""
        if tuple(offers) == self.offers:
            return
        picked = self.found[self._at].value if self.open and self._at >= 0 else None
        self.offers = tuple(offers)
        if self.open:
            self._look_up()
            self._at = next((at for at, offer in enumerate(self.found) if offer.value == picked), -1)
            self._place()

    @property
    def rows(self) -> int:
        """The line of the text, and those of the list."""
        return 1 + self.lines

    @property
    def lines(self) -> int:
        """Lines of the list: the values in sight, and one that counts the others."""
        if not self.open:
            return 0
        return max(1, min(self.room, len(self.found))) + (len(self.found) > self.room)

    @property
    def room(self) -> int:
        """Values that may be in sight."""
        return max(LEAST_SHOWN, min(MOST_SHOWN, self.screen.size.height // SCREEN_SHARE))

    def line_runs(self, y: int, width: int) -> list[Run]:
        """Line `y` of the list, from 0."""
        if not self.found:
            return [("nothing like it is known; it counts as typed", self.tone("dim"))]
        if y >= self.room:
            return [(f"{len(self.found)} in all", self.tone("dim"))]
        number = self._first + y
        if number >= len(self.found):
            return []
        offer = self.found[number]
        look = self.look("form--value", "form--cursor") if number == self._at else self.look("form--value")
        if self.narrow:
            return [(truncate(offer.value, width), look)]
        room = max(1, width // VALUE_SHARE - 1) if offer.about else width
        about = truncate(offer.about, max(0, width - room - 1))
        return [(fit_text(offer.value, room), look), (" ", self.look()), (about, self.tone(offer.tone))]

    def line(self, y: int) -> Strip:
        """Where the form is narrow, the list takes its whole width."""
        if not (self.narrow and 0 < y < self.rows):
            return super().line(y)
        width = self.line_width
        return self.strip([(" " * MARGIN, self.look()), *self.line_runs(y - 1, width - MARGIN)], width)

    def value_runs(self, y: int, width: int) -> list[Run]:
        """The text, and below it the list."""
        return super().value_runs(y, width) if y == 0 else self.line_runs(y - 1, width)

    def press(self, event: events.Key) -> bool:
        """Go through the list while it is open, else edit."""
        if self.open and self._move(event.key):
            return True
        if event.key == "enter":
            return self._open(filters=False)
        before = self.value
        if self.open and not self._filters and event.is_printable:
            self.set_value("")  # one who looks through the whole list begins to search
        done = super().press(event)
        if done and self.value != before:
            self._open(filters=True)
        return done

    def _move(self, key: str) -> bool:
        page = self.room
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page}
        if key in steps:
            at = min(self._at + steps[key], len(self.found) - 1)
            if at < -1 and self._at == -1:
                return False
            self._at = max(-1, at)
            self._place()
        elif key == "enter":
            if self._at >= 0:
                self._take_offer(self._at)
            else:
                self.close()
        elif key == "escape":
            self._give_up()
        else:
            return False
        return True

    def on_click(self, event: events.Click) -> None:
        """Open the list, or take the value that was clicked."""
        event.stop()
        if self.open and event.y > 0:
            number = self._first + event.y - 1
            if event.y <= self.room and number < len(self.found):
                self._take_offer(number)
        elif not self.open:
            self._open(filters=False)

    def on_paste(self, event: events.Paste) -> None:
        """Take what was pasted as it is; a list helps no more."""
        super().on_paste(event)
        self.close()

    def watch_has_focus(self, value: bool) -> None:
        """The list closes when one leaves."""
        super().watch_has_focus(value)
        if not value:
            self.close()

    def close(self) -> None:
        """Close the list."""
        if self.open:
            self.open = False
            self._before = None
            self._at, self._first = -1, 0
            self.resized()

    def _give_up(self) -> None:
        """Close the list; where it was opened to choose from, the text is again what it was."""
        before = self._before
        self.close()
        if before is not None and before != self.value:
            self.set_value(before)
            self.changed()

    def _open(self, *, filters: bool) -> bool:
        """Open the list of what matches the text, or of everything; whether there is any list at all."""
        was = self.open
        self._filters = filters
        self._at, self._first = -1, 0
        self._look_up()
        self.open = bool(self.found) or (filters and bool(self.offers))
        if not self.open and not was:
            return False
        if not filters:
            self._before = self.value
            self._at = next((at for at, offer in enumerate(self.found) if offer.value == self.value), -1)
        self._place()
        self.call_after_refresh(self.keep_in_sight, self.lines)
        return self.open

    def _look_up(self) -> None:
        self.found = list(self.find(self.value if self._filters else ""))

    def _find(self, typed: str) -> Sequence[Offer]:
        return matching(self.offers, typed)

    def _place(self) -> None:
        """Keep the chosen value among those in sight."""
        at = max(0, self._at)
        self._first = max(min(self._first, at), at - self.room + 1, 0)
        self.resized()

    def _take_offer(self, number: int) -> None:
        value = self.found[number].value
        self.close()
        if value != self.value:
            self.set_value(value)
            self.changed()
