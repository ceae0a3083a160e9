"""`logs --sections`: the sections of a log, with their times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.logtext import LogIndex
from data.logtext.failing import failing_line
from data.logtext.sections import SectionTime, summary
from data.logtext.stamps import clock
from tui.cli.failures import say
from tui.cli.output import print_json, print_table
from widgets.cells import Cell, Column

INDENT = "  "
"""What stands before the name of a section for each one that it lies in."""
MAX_INDENTS = 20
"""Depth up to which names are indented."""
PERCENT = 100

COLUMNS: tuple[Column, ...] = (
    Column(key="line", title="line", width=7, align="right", priority=2),
    Column(key="section", title="section", width=36, min_width=12, priority=0),
    Column(key="took", title="took", width=8, align="right", priority=0),
    Column(key="share", title="share", width=5, align="right", priority=1),
    Column(key="failed", title="", width=6, priority=0),
)
"""What is told of a section."""


def print_sections(path: Path, *, failed: bool, as_json: bool) -> None:
    """The sections of the log in `path`; of a failed job the one that failed is named."""
    index = LogIndex(path)
    try:
        index.extend()
        index.finish()
        found = summary(index.sections, failing_line(index) if failed else None)
    finally:
        index.close()
    shares = _shares(found)
    if as_json:
        print_json([_object(section, share) for section, share in zip(found, shares, strict=True)])
    elif found:
        print_table(COLUMNS, [_cells(section, share) for section, share in zip(found, shares, strict=True)])
    if not found:
        say("this log has no sections")


def _shares(found: Sequence[SectionTime]) -> list[float | None]:
    """The part of each in the time of all that lie in no other; None where it is not known."""
    total = sum(section.seconds or 0 for section in found if not section.depth)
    return [None if section.seconds is None or not total else section.seconds / total for section in found]


def _object(section: SectionTime, share: float | None) -> dict[str, object]:
    return {
        "name": section.name,
        "depth": section.depth,
        "seconds": section.seconds,
        "share": None if share is None else round(share, 4),
        "line": section.start + 1,
        "failing": section.failing,
    }


def _cells(section: SectionTime, share: float | None) -> tuple[Cell, ...]:
    return (
        Cell(str(section.start + 1), "dim"),
        Cell(INDENT * min(section.depth, MAX_INDENTS) + section.name, "failed" if section.failing else ""),
        Cell("" if section.seconds is None else clock(section.seconds)),
        Cell("" if share is None else f"{share * PERCENT:.0f}%", "dim"),
        Cell("failed" if section.failing else "", "failed"),
    )
