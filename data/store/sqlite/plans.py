"""Statistics for SQLite's query planner, told instead of gathered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from data.store.specification import ROWS
from data.store.sqlite.tables import HOMES, Home

_CROWD: Final = 4
"""Rows that share a value where a kind says nothing."""


def fix_plans(connection: Connection) -> None:
    """Tell SQLite how crowded the values of indexed fields are in a big store.

    Statistics of the data at hand would not do: a store begins empty, and its plans must not change while it grows
    (sqlite.org/optoverview.html, "Manual control of query plans using SQLITE_STAT tables").
    """
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").first():
        connection.exec_driver_sql("ANALYZE")  # the only way to make the table
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    rows = [row for home in HOMES.values() if home.kind.crowds for row in _statistics(home)]
    connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", rows)


def _statistics(home: Home) -> Iterator[tuple[str, str, str]]:
    """Table, index, and rows: all, of one value of its first column, of its first two (sqlite.org/fileformat2.html)."""
    for index in home.head.indexes:
        first, *others = [column.name for column in index.columns]
        crowd = home.kind.crowds.get(first, _CROWD)
        counts = [ROWS, crowd, *(min(crowd, _CROWD) for _ in others[:-1]), *(1 for _ in others[-1:])]
        yield home.head.name, str(index.name), " ".join(map(str, counts))
