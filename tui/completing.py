"""Completion of filters with what the store holds, without ever keeping the prompt waiting.

A screen gives `Completer.known` to the prompt, which answers at once from what was read before; when the text changes
it awaits `learn` in a worker and draws the prompt anew where that is true.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import chain, islice
from typing import Final, NamedTuple

from data.errors import StoreError
from data.model.base import Record
from data.query import complete, wanted, word_start
from data.query.fields import ENTRIES, entry
from data.store.kinds import KINDS
from data.store.port import NAMES, OFFERED, Store

FRESH: Final = 30.0
"""Seconds for which an answer of the store is as good as a new one."""
KEPT: Final = 100
"""Answers that are kept."""
LOOKED_AT: Final = 4
"""Answers that are looked through for one completion, which happens each time that the prompt is drawn."""
COMPLETED_IDS: Final = frozenset({"run"})
"""Fields that hold ids which people give themselves, so that completing them makes sense."""


class _Answer(NamedTuple):
    """What the store told of a field for a part of a value."""

    values: tuple[str, ...]
    whole: bool
    """Whether these are all, so that a longer part needs no new question."""
    at: float


class Completer:
    """Completes filters of one record type."""

    def __init__(self, store: Store, kind: type[Record], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._kind, self._clock = store, kind, clock
        self._answers: dict[tuple[str, str], _Answer] = {}

    def known(self, text: str, cursor: int | None = None) -> list[str]:
        """Texts that `text` could become, best first, by what was read of the store before. Returns at once."""
        at = len(text) if cursor is None else cursor
        start = word_start(text, at)
        asked = wanted(text, at)
        partial = asked[1] if asked else ""
        offers = complete(text, at, lambda name: self._values(name, partial))
        return [text[:start] + offer + text[at:] for offer in offers]

    async def offers(self, text: str, cursor: int | None = None) -> list[str]:
        """Texts that `text` could become, best first, after asking the store."""
        await self.learn(text, cursor)
        return self.known(text, cursor)

    async def learn(self, text: str, cursor: int | None = None) -> bool:
        """Ask the store for what completes the term at the cursor; whether there is something new to offer.

        A store that cannot answer is no reason to disturb who types: then there is nothing new.
        """
        asked = wanted(text, len(text) if cursor is None else cursor)
        if asked is None or self._fresh(*asked):
            return False
        before = set(self._values(*asked))
        try:
            values, whole = await self._read(*asked)
        except StoreError:
            return False
        self._answers.pop(asked, None)
        self._answers[asked] = _Answer(values, whole, self._clock())
        while len(self._answers) > KEPT:
            del self._answers[next(iter(self._answers))]
        return not before.issuperset(values)

    def _fresh(self, name: str, partial: str) -> bool:
        """Whether a question would tell nothing that is not known."""
        oldest = self._clock() - FRESH
        return any(
            answer.at > oldest and (part == partial or (answer.whole and part.lower() in partial.lower()))
            for (field, part), answer in self._answers.items()
            if field == name
        )

    def _values(self, name: str, partial: str) -> Iterable[str]:
        """What is known of a field and may hold `partial`: the newest answers to parts of it."""
        typed = partial.lower()
        answers = (
            answer.values
            for (field, part), answer in reversed(self._answers.items())
            if field == name and part.lower() in typed
        )
        return dict.fromkeys(chain.from_iterable(islice(answers, LOOKED_AT)))

    async def _read(self, name: str, partial: str) -> tuple[tuple[str, ...], bool]:
        """What the store has, and whether that is all of it."""
        kind = KINDS[self._kind]
        if (named := entry(name)) is not None:
            if named[0] not in kind.entries:
                return (), True
            values = await self._store.values(self._kind, ".".join(named), contains=partial)
            return tuple(values), len(values) < OFFERED
        if name in ENTRIES:
            if ENTRIES[name] not in kind.entries:
                return (), True
            names = await self._store.names(self._kind, ENTRIES[name], contains=partial)
            return tuple(names), len(names) < NAMES
        found: dict[str, None] = {}
        whole = True
        for record, field in self._sources(name):
            values = await self._store.values(record, field, contains=partial)
            found.update(dict.fromkeys(values))
            whole = whole and len(values) < OFFERED
        return tuple(found), whole

    def _sources(self, name: str) -> list[tuple[type[Record], str]]:
        """Record types and fields in which the values of a filter's field stand."""
        term = KINDS[self._kind].terms.get(name)
        if term is None:
            return []
        own = [(self._kind, column) for column in term.columns]
        through = [(via.record, field) for via in term.via for field in via.fields]
        useful = {"text", "words", "id"} if name in COMPLETED_IDS else {"text", "words"}
        return [(record, field) for record, field in own + through if KINDS[record].fields[field].type in useful]
