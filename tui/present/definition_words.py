"""What the form of a definition says about itself: where it comes from, what would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from data.define.check import Problem
from data.define.fields import CALLED, Definition, called
from data.define.plan import ADDED, DELETED, Plan
from data.model.pipeline import Pipeline, PipelineJob
from tui.present.definition import labels_of
from tui.present.text import plural
from widgets.cells import Cell

if TYPE_CHECKING:
    from tui.screens.definition_source import Around

COMES_FROM: Final = {
    "configuration": "defined in the configuration; saved here it is yours until you delete it",
    "user": "defined here; D in the list deletes it",
    "": "found out from the CI file; saved here it is yours until you delete it",
}
"""Who says so, and what saving means then."""
GONE: Final = "somebody has deleted it meanwhile; saving makes it anew"
"""What is said of a record that is not in the store any more."""
TONES: Final = {ADDED: "success", DELETED: "failed"}
"""Tones of what is added and deleted."""


def head_lines(
    record: Definition,
    around: Around,
    *,
    new: bool,
    gone: bool,
    like: Definition | None,
    both: Sequence[str],
    changes: int,
    problems: Sequence[Problem],
) -> list[list[Cell]]:
    """What is defined; where it comes from; how it stands."""
    what = f"New {CALLED[type(record)]}" if new and not gone else f"Change {called(record)}"
    where = [Cell(f"in {around.project.name}", "dim")] if around.project else []
    if new and not isinstance(record, Pipeline) and around.pipeline is not None:
        where.insert(0, Cell(f"of pipeline {around.pipeline.name}", "dim"))
    if gone:
        source = GONE
    elif like is not None:
        more = " with its jobs and APIs" if isinstance(like, Pipeline) else ""
        source = f"like {called(like)}{more}"
    elif new and isinstance(record, PipelineJob) and around.proposals:
        source = f"the CI file has {plural(len(around.proposals), 'further job')}: enter in the name shows them"
    elif new:
        source = ""
    else:
        source = COMES_FROM.get(record.defined_by, f"defined by {record.defined_by}")
    return [
        [Cell(what, "bold"), *where],
        [Cell(source, "dim")],
        _stand(labels_of(type(record), both), changes, problems),
    ]


def _stand(both: str, changes: int, problems: Sequence[Problem]) -> list[Cell]:
    cells = [Cell(plural(changes, "change") if changes else "no change yet", "accent" if changes else "dim")]
    if problems:
        cells.append(Cell(f"{plural(len(problems), 'thing')} to mend", "failed"))
    elif changes:
        cells.append(Cell("ctrl+s shows the difference and saves", "dim"))
    if both:
        cells.append(Cell(f"somebody else has changed {both}, too: saving replaces that", "warning"))
    return cells


def difference_lines(wanted: Plan, most: int) -> list[Cell]:
    """What would change, a line each, the remarks behind it."""
    lines: list[Cell] = []
    for line in wanted.lines():
        sign = line.strip()[:1]
        lines.append(Cell(line, "bold" if line[:1] == sign else TONES.get(sign, "accent")))
    lines += [Cell(remark, "warning") for remark in wanted.remarks]
    if len(lines) > most:
        lines[most - 1 :] = [Cell(f"and {len(lines) - most + 1} more lines", "dim")]
    return lines
