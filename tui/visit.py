"""What began or ended since the user left last: which rows have a sign for it until they were looked at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from tui.present.text import age
from widgets.cells import Cell
from widgets.glyphs import glyphs

if TYPE_CHECKING:
    from data.model.base import Record
    from data.store.port import Store, Where


class Visit:
    """The time from when the user left last to when they came back.

    Args:
        since: when they left; None where nobody was here before, and nothing is new then.
        until: when they came back. What happens later happens before their eyes.
        fields: the store's fields for when a record began and ended; its attributes have the same names.
    """

    def __init__(self, since: datetime | None, until: datetime, fields: tuple[str, str]) -> None:
        self.since, self.until = since, until
        self._began, self._ended = fields
        self.total = 0
        """How many are new, once `count` was asked."""
        self.fresh: set[str] = set()
        """Ids of records that are new, were drawn, and have not been looked at."""
        self._seen: set[str] = set()

    def notice(self, record: Record) -> None:
        """A record is about to be drawn."""
        if record.id not in self._seen and self.is_new(record):
            self.fresh.add(record.id)

    def is_new(self, record: Record) -> bool:
        """Whether it began or ended in that time."""
        if self.since is None:
            return False
        times = (getattr(record, self._began), getattr(record, self._ended))
        return any(when is not None and self.since <= when < self.until for when in times)

    def see(self, ids: Iterable[str]) -> bool:
        """These rows were looked at; whether one of them was new."""
        looked = self.fresh.intersection(ids)
        self.fresh -= looked
        self._seen |= looked
        return bool(looked)

    def see_all(self) -> None:
        """Nothing is new any more."""
        self.since = None
        self.total = 0
        self.fresh.clear()

    @property
    def left(self) -> int:
        """How many new ones have not been looked at."""
        return max(0, self.total - len(self._seen))

    async def count(self, store: Store, kind: type[Record], where: Where) -> None:
        """Ask the store how many are new.

        Filters do not matter for it: to count what matches a text could take a store seconds, after each key.
        """
        if self.since is None:
            return
        from data.store.port import Between

        fresh = Between(self.since, self.until)
        began, ended = {self._began: fresh}, {self._ended: fresh}
        counts = [await store.count(kind, where={**where, **times}) for times in (began, ended, {**began, **ended})]
        self.total = counts[0] + counts[1] - counts[2]  # what began and ended in that time counts once

    def cell(self, now: datetime) -> Cell:
        """`• 12 new since 2h`; empty when nothing is."""
        if self.since is None or not self.left:
            return Cell()
        return Cell(f"{glyphs().fresh} {self.left} new since {age(self.since, now)}", "accent")
