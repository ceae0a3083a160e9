"""The rows of a comparison as a screen shows them: sections with their lines, filtered; and as tables to export."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from data.compare import Comparison, Line
from data.export import Table
from data.export.formats import plain
from tui.present.compare import name_cell, value_cell
from widgets.cells import Cell
from widgets.rows import Row

if TYPE_CHECKING:
    from data.export import Value

SECTION: Final = "section:"
"""Beginning of the keys of rows that begin a section."""
INDENT: Final = "  "
_EXPRESSION: Final = re.compile(r"[\\^$.|?*+()\[\]{}]")
_BREAKS: Final = re.compile(r"[\t\r\n]+")

Fits = Callable[[Line], bool]


def everything(_line: Line) -> bool:
    """No filter."""
    return True


def row_filter(text: str) -> tuple[Fits, str]:
    """What a filter's text means, and what is wrong with it ("" for nothing).

    Words that all must occur in a line's name or that of its section, whatever the case; a text with signs of regular
    expressions is one.
    """
    words = text.lower().split()
    if not words:
        return everything, ""
    if not _EXPRESSION.search(text):
        return (lambda line: all(word in f"{line.section} {line.name}".lower() for word in words)), ""
    try:
        search = re.compile(text, re.IGNORECASE).search
    except re.error as error:
        return everything, f"no regular expression: {error.msg}"
    return (lambda line: search(line.name) is not None), ""


class ComparisonRows:
    """Rows for `widgets.sidetable.SideTable`.

    Attributes:
        lines: one per row; None for those that begin a section.
    """

    def __init__(
        self,
        comparison: Comparison,
        *,
        directions: Mapping[str, str],
        differing: bool,
        fits: Fits = everything,
        reference: int | None = None,
    ) -> None:
        self._directions, self._reference = directions, reference
        self._best: dict[int, frozenset[int]] = {}
        self.lines: list[Line | None] = []
        self._heads: dict[int, tuple[str, int, int]] = {}
        self._keys: dict[str, int] = {}
        self.widest = 0
        counted: dict[str, int] = {}
        chosen: dict[str, list[Line]] = {}
        for line in comparison.lines:
            counted[line.section] = counted.get(line.section, 0) + 1
            if (line.differs or not differing) and fits(line):
                chosen.setdefault(line.section, []).append(line)
        for section, lines in chosen.items():
            self._heads[len(self.lines)] = section, len(lines), counted[section]
            self._keys[SECTION + section] = len(self.lines)
            self.lines.append(None)
            for line in lines:
                self._keys[line.key] = len(self.lines)
                self.lines.append(line)
                self.widest = max(self.widest, cell_len(line.name) + len(INDENT) + 2)
            self.widest = max(self.widest, self._head_cell(len(self.lines) - len(lines) - 1).width)

    @property
    def size(self) -> int:
        """How many rows there are, those that begin sections among them."""
        return len(self.lines)

    @property
    def shown(self) -> list[Line]:
        """The lines."""
        return [line for line in self.lines if line is not None]

    def row(self, index: int) -> Row | None:
        """Key and name of a row."""
        if not 0 <= index < len(self.lines):
            return None
        line = self.lines[index]
        if line is None:
            return Row(SECTION + self._heads[index][0], (self._head_cell(index),))
        name = name_cell(line, line.direction(self._directions))
        return Row(line.key, (Cell.of((INDENT, ""), *name.spans),))

    def _head_cell(self, index: int) -> Cell:
        """The name of a section, and how many of its lines are shown."""
        section, shown, all_ = self._heads[index]
        return Cell.of((section, "bold"), (f" {shown}" if shown == all_ else f" {shown}/{all_}", "dim"))

    def index_of(self, key: str) -> int | None:
        """Where a row stands."""
        return self._keys.get(key)

    def line(self, key: str | None) -> Line | None:
        """The line of a row; None for one that begins a section."""
        index = self._keys.get(key or "")
        return None if index is None else self.lines[index]

    def behind(self, keys: Collection[str]) -> list[Line]:
        """The lines of some rows, in order: a row that begins a section stands for all of its lines."""
        sections = {key.removeprefix(SECTION) for key in keys if key.startswith(SECTION)}
        return [line for line in self.shown if line.section in sections or line.key in keys]

    def cell(self, index: int, column: int) -> Cell:
        """What a run has in a line."""
        line = self.lines[index]
        if line is None:
            return Cell()
        if index not in self._best:
            self._best[index] = line.best(self._directions)
        best = column in self._best[index]
        way = line.direction(self._directions)
        return value_cell(line, column, best=best, reference=self._reference, direction=way, narrow=True)


def comparison_table(name: str, comparison: Comparison, lines: Sequence[Line], directions: Mapping[str, str]) -> Table:
    """Lines for a file: section, name, whether they differ, the best runs, then a column per run, named by its id."""

    def row(line: Line) -> Sequence[Value]:
        best = [comparison.ids[place] for place in sorted(line.best(directions))]
        return [line.section, line.name, line.differs, best or None, *line.values]

    return Table.of(name, ["section", "name", "differs", "best", *comparison.ids], map(row, lines))


def as_tsv(lines: Sequence[Line], titles: Sequence[str]) -> str:
    """Lines for a spreadsheet: tabs between values, a heading with the runs where there are several lines."""
    rows = [[line.name, *map(plain, line.values)] for line in lines]
    if len(rows) > 1:
        rows.insert(0, ["", *titles])
    return "\n".join("\t".join(_BREAKS.sub(" ", text) for text in row) for row in rows)
