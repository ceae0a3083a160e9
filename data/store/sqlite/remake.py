"""What migration scripts do with whole tables: put one aside, make one and its indexes as a version has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alembic import op

_TYPES: Final[dict[str, str]] = {
    "id": "TEXT", "text": 'TEXT COLLATE "NOCASE"', "int": "INTEGER", "real": "REAL", "flag": "INTEGER",
    "time": "INTEGER", "words": "TEXT",
}  # fmt: skip
"""What column types of a specification are in SQLite."""


def put_aside(name: str) -> str:
    """Give a table another name and take away its indexes, whose names are needed again."""
    bind = op.get_bind()
    made = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
    for found in bind.exec_driver_sql(made, (name,)).scalars().all():
        op.execute(f"DROP INDEX {found}")
    op.execute(f"ALTER TABLE {name} RENAME TO {name}_old")
    return f"{name}_old"


def make(name: str, columns: str) -> None:
    described = ["id TEXT NOT NULL", "revision INTEGER NOT NULL"]
    for word in columns.split():
        column, _, type_ = word.partition(":")
        nullable = type_.endswith("?") or type_ == "words"
        described.append(f"{quoted(column)} {_TYPES[type_.removesuffix('?')]}{'' if nullable else ' NOT NULL'}")
    described += ["search TEXT NOT NULL", "UNIQUE (id)"]
    op.execute(f"CREATE TABLE {quoted(name)} ( n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, {', '.join(described)} )")


def index(name: str, indexes: Sequence[str]) -> None:
    op.execute(f"CREATE INDEX ix_{name}_revision ON {quoted(name)} (revision)")
    for words in indexes:
        columns = words.split()
        called = "_".join(column for column in columns if column != "id")
        listed = ", ".join(map(quoted, columns))
        op.execute(f"CREATE INDEX ix_{name}_{called} ON {quoted(name)} ({listed})")


def quoted(name: str) -> str:
    return f'"{name}"' if name in {"after", "by", "end", "view"} else name
