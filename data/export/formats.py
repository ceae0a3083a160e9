"""The formats: each turns rows into text, a page at a time.

- `csv`: RFC 4180, UTF-8, lines end in CR LF, the first line names the columns. A missing value is an empty field, an
  empty text is `""`. For spreadsheets (`safe`), texts that one would run as a formula get an apostrophe in front
  (OWASP, CSV Injection).
- `jsonl`: one JSON object per line, with every column; `json`: an array of such objects. A missing value is null; NaN
  and infinities, for which JSON has no number, are the texts `NaN`, `Infinity`, `-Infinity` (as in Protocol Buffers).
- `text`: columns aligned by the first page of rows, two spaces apart; a longer value of a later page is not cut.
- `md`: a table of GitHub-flavoured Markdown.

Times are ISO 8601 in UTC, numbers have all their digits, truths are `true` and `false`. Where a format has no lists,
the members are joined by `, `, and mappings are JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Final, Literal, Protocol, TypeAlias, get_args

from data.export.table import Row, Value

Format: TypeAlias = Literal["csv", "jsonl", "json", "text", "md"]
"""Names of the formats."""
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
ENDINGS: Final[dict[str, Format]] = {
    ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".txt": "text", ".text": "text", ".md": "md",
}  # fmt: skip
"""Endings of files -> format. The first of a format is the one that is suggested."""

LINE: Final = "\r\n"
"""End of a line of CSV (RFC 4180, 2.1)."""
GAP: Final = "  "
"""Between two columns of text."""
FORMULA: Final = re.compile(r"[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection)."""

_QUOTED: Final = re.compile(r'[",\r\n]|^\s|\s$')
_BREAKS: Final = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


class Writer(Protocol):
    """Makes text of rows: what `begin` returns, then that of `rows` for each page, then that of `end`."""

    def begin(self) -> str:
        """What stands before the first row."""

    def rows(self, rows: Sequence[Row]) -> str:
        """Some rows, in order."""

    def end(self) -> str:
        """What stands behind the last row."""


def writer(form: Format, columns: Sequence[str], *, safe: bool = False) -> Writer:
    """A writer for one table; `safe` makes CSV safe for spreadsheets."""
    if form == "csv":
        return _Csv(columns, safe)
    if form in ("jsonl", "json"):
        return _Json(columns, lines=form == "jsonl")
    return _Text(columns) if form == "text" else _Markdown(columns)


def format_of(name: str) -> Format | None:
    """The format that a file's ending means; None where it means none."""
    return ENDINGS.get(PurePath(name).suffix.lower())


def plain(value: Value) -> str:
    """A value as text; empty for a missing one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else _unbounded(value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, Mapping):
        return json.dumps(jsonable(value), ensure_ascii=False)
    return ", ".join(map(plain, value)) if isinstance(value, Sequence) else str(value)


def jsonable(value: Value) -> object:
    """A value that `json` can write."""
    if isinstance(value, float) and not math.isfinite(value):
        return _unbounded(value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [jsonable(item) for item in value]
    return value


def _unbounded(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


class _Csv:
    def __init__(self, columns: Sequence[str], safe: bool) -> None:
        self._columns, self._safe = columns, safe

    def begin(self) -> str:
        return self._line(self._columns)

    def rows(self, rows: Sequence[Row]) -> str:
        return "".join(map(self._line, rows))

    def end(self) -> str:
        return ""

    def _line(self, row: Row) -> str:
        line = ",".join(map(self._field, row))
        # An empty line means no row to many readers, not one with one missing value.
        return (line or '""') + LINE

    def _field(self, value: Value) -> str:
        text = plain(value)
        if self._safe and isinstance(value, str | Sequence) and FORMULA.match(text) and not _is_number(text):
            text = f"'{text}"
        if _QUOTED.search(text) or value == "":
            return '"' + text.replace('"', '""') + '"'
        return text


class _Json:
    def __init__(self, columns: Sequence[str], *, lines: bool) -> None:
        self._columns, self._lines = columns, lines
        self._any = False

    def begin(self) -> str:
        return "" if self._lines else "["

    def rows(self, rows: Sequence[Row]) -> str:
        written = [json.dumps(dict(zip(self._columns, map(jsonable, row), strict=True)), ensure_ascii=False)
                   for row in rows]  # fmt: skip
        if self._lines:
            return "".join(f"{line}\n" for line in written)
        text = "".join(f"{',' if self._any or place else ''}\n  {line}" for place, line in enumerate(written))
        self._any = self._any or bool(written)
        return text

    def end(self) -> str:
        return "" if self._lines else "\n]\n" if self._any else "]\n"


class _Text:
    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = [_flat(name) for name in columns]
        self._widths: list[int] = []
        self._right: list[bool] = []

    def begin(self) -> str:
        return ""

    def rows(self, rows: Sequence[Row]) -> str:
        cells = [[_flat(plain(value)) for value in row] for row in rows]
        heading = "" if self._widths or not rows else self._measure(rows, cells)
        return heading + "".join(map(self._line, cells))

    def end(self) -> str:
        return "" if self._widths else GAP.join(self._columns) + "\n"

    def _measure(self, rows: Sequence[Row], cells: Sequence[Sequence[str]]) -> str:
        """Take the widths from the first rows; returns the heading."""
        places = range(len(self._columns))
        self._widths = [max(map(width, (self._columns[at], *(row[at] for row in cells)))) for at in places]
        self._right = [all(_counts(row[at]) for row in rows) for at in places]
        return self._line(self._columns)

    def _line(self, cells: Sequence[str]) -> str:
        padded = (_pad(*cell) for cell in zip(cells, self._widths, self._right, strict=True))
        return GAP.join(padded).rstrip() + "\n"


class _Markdown:
    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    def begin(self) -> str:
        return self._line(self._columns) + self._line(["---"] * len(self._columns))

    def rows(self, rows: Sequence[Row]) -> str:
        return "".join(map(self._line, rows))

    def end(self) -> str:
        return ""

    def _line(self, row: Row) -> str:
        return "| " + " | ".join(_markdown(plain(value)) for value in row) + " |\n"


def width(text: str) -> int:
    """Cells that a text takes on a terminal: wide characters take two, combining ones none (Unicode, UAX #11)."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def _pad(text: str, wanted: int, right: bool) -> str:
    space = " " * max(0, wanted - width(text))
    return space + text if right else text + space


def _counts(value: Value) -> bool:
    """Whether a value stands right in its column."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _flat(text: str) -> str:
    return _BREAKS.sub(" ", text)


def _markdown(text: str) -> str:
    """Text that means itself in a cell of a Markdown table."""
    return re.sub(r"([\\`*_{}\[\]<>|~])", r"\\\1", _flat(text))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
