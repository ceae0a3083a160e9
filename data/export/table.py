"""What is exported: columns, and rows that come page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bool | datetime | Sequence[Any] | dict[str, Any] | None
"""What a cell holds. None: the record has no such value. An empty text, NaN and infinities are values."""
Row: TypeAlias = Sequence[Value]
"""One value per column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Something to export.

    Attributes:
        name: what to call it, and the file: `runs`, `metrics of churn #4312`.
        columns: names of the columns, in order.
        pages: begins to read; each page is some rows, in order. Nothing is read before.
        total: how many rows there are, where that is known.
        remark: what there is to say of the rows once all of them were read: that some are missing, for instance.
    """

    name: str
    columns: tuple[str, ...]
    pages: Callable[[], AsyncIterator[Sequence[Row]]]
    total: int | None = None
    remark: Callable[[], str] = str

    @classmethod
    def of(cls, name: str, columns: Iterable[str], rows: Iterable[Row]) -> Table:
        """A table whose rows are in memory."""
        held = list(rows)

        async def pages() -> AsyncIterator[Sequence[Row]]:
            yield held

        return cls(name=name, columns=tuple(columns), pages=pages, total=len(held))
