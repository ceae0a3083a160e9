"""What goes to stdout: tables for people, JSON for programs. Talk goes to stderr through `failures.say`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from data.model import Record, builtins
from widgets.cells import Cell, Column, Placed, fit, layout

if TYPE_CHECKING:
    from rich.text import Text

STYLES: Mapping[str, str] = {
    "dim": "dim",
    "bold": "bold",
    "accent": "cyan",
    "success": "green",
    "failed": "red",
    "running": "blue",
    "pending": "yellow",
    "canceled": "dim",
    "manual": "magenta",
    "warning": "yellow",
}
"""Tone (`widgets.cells.TONES`) -> style of the terminal's own palette."""
GAP = 2
"""Spaces between two columns."""


def to_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout is not None and sys.stdout.isatty()


def with_color() -> bool:
    """Whether stdout takes colours: a terminal that is not dumb, and no NO_COLOR (no-color.org)."""
    return to_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width_of_terminal() -> int:
    """Cells of a line of the terminal that stdout is; 0 where it is none, so that nothing needs to be cut."""
    import shutil

    return shutil.get_terminal_size().columns if to_terminal() else 0


def print_records(records: Iterable[Record]) -> None:
    """Records as a JSON array of objects, with all fields (`data.model.builtins`)."""
    print_json([builtins(record) for record in records])


def print_json(value: Any) -> None:
    """A JSON value, indented. Letters of every language stay readable where the encoding knows them."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    print(json.dumps(value, indent=2, ensure_ascii=not encoding.startswith("utf"), allow_nan=False))


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Aligned columns under their titles. A terminal gets what fits its width; a pipe gets all, and nothing is cut."""
    from rich.console import Console

    colors: Literal["auto"] | None = "auto" if with_color() else None
    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False, color_system=colors)
    placed = _placed(columns, rows, console.width if to_terminal() else 0)
    heading = [Cell(column.title, "bold") for column in columns]
    for row in [heading, *rows]:
        console.print(_line(columns, row, placed), soft_wrap=True)


def _placed(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> Sequence[Placed]:
    """Columns as wide as what they hold, those without content left out; squeezed into `width` unless that is 0."""
    from dataclasses import replace

    widest = [max((row[index].width for row in rows), default=0) for index in range(len(columns))]
    used = [index for index, size in enumerate(widest) if size or not rows]
    natural = [max(widest[index], Cell(columns[index].title).width) for index in used]
    if width == 0 or sum(natural) + GAP * (len(natural) - 1) <= width:
        return [Placed(index, 0, size) for index, size in zip(used, natural, strict=True)]
    narrowed = [
        replace(columns[index], width=size, min_width=min(columns[index].least, size), flex=0)
        for index, size in zip(used, natural, strict=True)
    ]
    return [Placed(used[index], x, size) for index, x, size in layout(narrowed, width, gap=GAP)]


def _line(columns: Sequence[Column], row: Sequence[Cell], placed: Sequence[Placed]) -> Text:
    from rich.text import Text

    line = Text(no_wrap=True)
    for position, (index, _, width) in enumerate(placed):
        if position:
            line.append(" " * GAP)
        for text, tone in fit(row[index], width, columns[index].align):
            line.append(text, STYLES.get(tone, ""))
    line.rstrip()
    return line
