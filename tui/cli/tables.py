"""Options and output of commands that print tables of runs: formats, columns, time windows."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from data.clean import clean
from data.errors import UsageError
from data.export import FORMATS, Format, Row, Table, writer
from tui.cli.failures import PipeClosed

if TYPE_CHECKING:
    from data.query import Query
    from tui.context import Context

F = TypeVar("F", bound=Callable[..., Any])

TABLE = "table"
"""The format for people: short values, and on a terminal what fits its width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of a listing of runs say."""

    words: Sequence[str] = ()
    limit: int | None = None
    sort: str | None = None
    as_json: bool = False
    form: str = TABLE
    columns: str = ""
    since: str = ""
    before: str = ""
    group: str = ""
    spreadsheet: bool = False

    @property
    def filter(self) -> str:
        """The words of the filter, joined.

        Raises:
            UsageError: one looks like an option that does not exist.
        """
        from tui.cli.lists import filter_text

        return filter_text(self.words)


@dataclass(slots=True)
class Printed:
    """Counts what was printed."""

    rows: int = field(default=0)


class FilterCommand(click.Command):
    """A command whose help ends with the filter language."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The language, line by line as it is written, then what else there is to say."""
        from data.query import help_text

        formatter.write_paragraph()
        for line in help_text().splitlines():
            formatter.write(f"{line}\n")
        super().format_epilog(ctx, formatter)


def format_option(command: F) -> F:
    """`--format` and `--spreadsheet`."""
    help_ = "table for people; the others have all digits, nothing is cut, and missing values differ from empty ones."
    command = click.option(
        "--spreadsheet", is_flag=True, help="In CSV, put ' in front of texts that a spreadsheet would run as formulas."
    )(command)
    kinds = click.Choice([TABLE, *FORMATS])
    return click.option("--format", "form", type=kinds, default=TABLE, show_default=True, help=help_)(command)


def window_options(command: F) -> F:
    """`--since` and `--before`."""
    command = click.option("--before", metavar="TIME", default="", help="Only runs that were made before.")(command)
    help_ = "Only runs made since: 7d, 12h, today, yesterday, 2026-11-01, 2026-11-01T12:30."
    return click.option("--since", metavar="TIME", default="", help=help_)(command)


async def query_of(context: Context, text: str, since: str, before: str) -> Query | None:
    """The predicate of a filter and a time window; None for neither.

    Raises:
        QueryError: the filter, or a time, cannot be read.
    """
    from data.query import parse
    from data.query.tree import quote_value
    from tui.context import personal_query

    parse(text)  # an error points at a character of what was typed
    window = [f"{name}:{quote_value(time)}" for name, time in (("since", since), ("before", before)) if time]
    parts = [f"({text})" if text.strip() and window else text, *window]
    return await personal_query(context.store, " ".join(filter(None, parts)))


async def print_table_of(table: Table, form: Format, *, safe: bool = False) -> Printed:
    """A table on stdout, page by page.

    Raises:
        PipeClosed: there is no stdout.
    """
    out = sys.stdout
    if out is None:
        raise PipeClosed
    printed = Printed()
    made = writer(form, table.columns, safe=safe)
    _write(made.begin())
    async for rows in table.pages():
        _write(made.rows(rows))
        printed.rows += len(rows)
    _write(made.end())
    return printed


def _write(text: str) -> None:
    """Text to stdout as it is: Windows would make CR CR LF of CSV's line ends."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    binary.write(text.encode("utf-8", "replace"))


async def rows_in(table: Table) -> list[Row]:
    """All rows of a short table."""
    return [row async for row in _each(table)]


async def _each(table: Table) -> AsyncIterator[Row]:
    async for rows in table.pages():
        for row in rows:
            yield row


def print_for_people(names: Sequence[str], rows: Sequence[Row]) -> None:
    """A table with short values, aligned; on a terminal what fits its width."""
    from tui.cli.output import print_table
    from tui.present.values import columns_for, value_cell

    cells = [[value_cell(name, value) for name, value in zip(names, row, strict=True)] for row in rows]
    print_table(columns_for(names, rows), cells)


def expression(text: str, option: str) -> str:
    """A regular expression that can be used.

    Raises:
        UsageError: it is none.
    """
    import re

    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"{option}: {clean(text)} is no regular expression: {error.msg}") from None
    return text
