"""The table: one line per param, metric or fact, one value per run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from data.compare.facts import FACT_ORDER, MEASURED, RUN, SECTIONS, TIMES, Facts
from data.compare.values import NAMES_OF_TEXTS, Value, best, differ, relative
from data.direction import Direction, direction

Rank = Callable[[str], Any]
"""Sorts the names of metrics."""


class Line:
    """One line.

    Attributes:
        section: one of `SECTIONS`.
        name: of the param, metric or fact.
        values: one per run, in the order of the comparison; None where a run has none.
        differs: whether not all runs have the same; kept by `Comparison.refresh`.
    """

    __slots__ = ("differs", "name", "section", "values")

    def __init__(self, section: str, name: str, values: list[Value]) -> None:
        self.section, self.name, self.values = section, name, values
        self.differs = False

    @property
    def measured(self) -> bool:
        """Whether it is a metric's."""
        return self.section in MEASURED

    @property
    def key(self) -> str:
        """Names it for good."""
        return f"{self.section}:{self.name}"

    def direction(self, given: Mapping[str, str]) -> Direction:
        """Which of its values are the better ones; `given` as in `data.direction.direction`."""
        return direction(self.name, given) if self.measured else ""

    def best(self, given: Mapping[str, str]) -> frozenset[int]:
        """Places of the best values."""
        return best(self.values, self.direction(given))

    def relative(self, place: int, reference: int) -> float | None:
        """How much the value at `place` is above that of the run at `reference`; None where that cannot be said."""
        return relative(self.values[place], self.values[reference]) if self.section not in {RUN, TIMES} else None


class Comparison:
    """Some runs side by side. Columns are filled with `put`, in any order; `refresh` finds out what differs then.

    Filling costs microseconds per value and is meant to be done in pieces; 100 runs of 1,650 values take some 100 ms.
    """

    def __init__(self, ids: Sequence[str], *, rank: Rank = str.lower) -> None:
        self.ids = list(dict.fromkeys(ids))
        """The runs, in the order of their columns."""
        self._rank = rank
        self._places = {id_: place for place, id_ in enumerate(self.ids)}
        self._lines: dict[str, dict[str, Line]] = {section: {} for section in SECTIONS}
        self._filled: set[str] = set()
        self._order: list[Line] = []

    def put(self, id: str, facts: Facts) -> None:
        """Fill the column of a run, or fill it anew."""
        place, count = self._places[id], len(self.ids)
        if id in self._filled:
            for line in self._all():
                line.values[place] = None
        self._filled.add(id)
        for section, values in facts.items():
            lines = self._lines[section]
            for name, value in values.items():
                if name not in lines:
                    lines[name] = Line(section, name, [None] * count)
                lines[name].values[place] = value

    def drop(self, id: str) -> None:
        """Take a run out."""
        place = self._places.pop(id)
        del self.ids[place]
        self._places = {id_: place for place, id_ in enumerate(self.ids)}
        self._filled.discard(id)
        for line in self._all():
            del line.values[place]

    def refresh(self) -> None:
        """Bring `lines` up to date with what was put and dropped."""
        for section, lines in self._lines.items():
            self._lines[section] = {
                name: line for name, line in lines.items() if line.values.count(None) < len(line.values)
            }
        for line in self._all():
            line.differs = differ(line.values, as_text=line.section == RUN or _holds_text(line))
        self._order = [line for section in SECTIONS for line in self._sorted(section)]

    @property
    def lines(self) -> Sequence[Line]:
        """All lines, by section; new ones after `refresh`."""
        return self._order

    def place(self, id: str) -> int | None:
        """The column of a run; None where it is not in the comparison."""
        return self._places.get(id)

    def _all(self) -> Iterator[Line]:
        return (line for lines in self._lines.values() for line in lines.values())

    def _sorted(self, section: str) -> list[Line]:
        lines = self._lines[section]
        if section in MEASURED:
            return sorted(lines.values(), key=lambda line: (self._rank(line.name), line.name))
        if section == RUN:
            return sorted(lines.values(), key=lambda line: FACT_ORDER.get(line.name, len(FACT_ORDER)))
        return list(lines.values()) if section == TIMES else sorted(lines.values(), key=_alphabet)


def _alphabet(line: Line) -> tuple[str, str]:
    return line.name.lower(), line.name


def _holds_text(line: Line) -> bool:
    return not line.measured and NAMES_OF_TEXTS.search(line.name) is not None
