"""Records as files for other programs: CSV, JSON Lines, JSON, Markdown and columnar text.

A `Table` says what is exported: a name, columns, and rows that come page by page. `writer` turns rows into text, `save`
writes that to a file. `data.export.tables` has the tables of runs, their metrics, params and metric histories.
"""

from __future__ import annotations

from data.export.file import Draft, save
from data.export.formats import ENDINGS, FORMATS, Format, Writer, format_of, writer
from data.export.table import Row, Table, Value

__all__ = [
    "ENDINGS", "FORMATS", "Draft", "Format", "Row", "Table", "Value", "Writer", "format_of", "save", "writer",
]  # fmt: skip
