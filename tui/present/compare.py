"""A comparison in cells: names of runs, values with the best one marked, differences to a baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from data.compare.facts import DURATIONS, RUN, TIMES
from data.model import MetricSummary, PipelineRun, TrackedRun
from tui.present.run import trigger_words
from tui.present.text import about, age, clock, number, sha, took
from tui.present.values import tracked_status
from widgets.cells import Cell, Column, Span
from widgets.glyphs import ASCII, glyphs, status_glyph, status_tone

if TYPE_CHECKING:
    from data.compare import Line, Value
    from data.direction import Direction

Run: TypeAlias = PipelineRun | TrackedRun

MAX_RUNS: Final = 200
"""Runs that are compared at once."""
PERCENT: Final = 100
FEW_PERCENT: Final = 10
"""Percentages below it are told with two digits."""
MANYFOLD: Final = 10.0
"""Shares from which on a difference is told as a multiple: `×12`."""
HUNDREDTH: Final = -0.99
"""Shares below which a difference is told as a part: `÷1000`; in per cent all of them would be some -100."""
LONG_FACTOR: Final = 1e5
"""Factors from which on powers of ten are shorter."""
LEAST_SHARE: Final = 5e-5
"""Shares below it are told as `~0%`."""
WAYS: Final[dict[Direction, str]] = {"max": "greatest", "min": "least", "": ""}
"""What is best, in words."""


def missing() -> str:
    """Stands where a run has no value; an empty text is drawn as one."""
    return "-" if glyphs() is ASCII else "–"


def star() -> str:
    """Marks the best values of a line."""
    return "*" if glyphs() is ASCII else "★"


def run_label(run: Run, names: Mapping[str, str]) -> str:
    """What to call a run: `churn #4312`, or the name of an MLflow run."""
    if isinstance(run, PipelineRun):
        return f"{names.get(run.project_id, run.project_id)} #{run.git_pipeline_id}"
    return run.name or run.run_id[:8]


def short_label(run: Run, names: Mapping[str, str], *, one_project: bool) -> str:
    """What to call a run in the heading of a narrow column: its number suffices where all are of one project."""
    if isinstance(run, PipelineRun):
        return f"#{run.git_pipeline_id}" + ("" if one_project else f" {names.get(run.project_id, run.project_id)}")
    return run.name or run.run_id[:8]


def head_line(run: Run, names: Mapping[str, str], now: datetime) -> list[Cell]:
    """A run in one line: name, status, age, how long it took, code, who."""
    status = tracked_status(run.status)
    cells = [
        Cell(run_label(run, names), "bold"),
        Cell(f"{status_glyph(status)} {status.replace('_', ' ')}", status_tone(status)),
    ]
    begun: datetime | None
    if isinstance(run, PipelineRun):
        begun, seconds, by = run.created, run.execution_time, run.triggered_by
        code = [run.ref, sha(run.git_commit_hash)]
        project = ""
    else:
        begun, by = run.start, run.user
        seconds = (run.end - run.start).total_seconds() if run.start and run.end else 0
        code = [sha(run.tags.get("mlflow.source.git.commit", ""))]
        project = names.get(run.project_id, "")
    if begun is not None:
        since = age(begun, now)
        cells.append(Cell(since if since == "now" else f"{since} ago", "dim"))
    if seconds:
        cells.append(Cell.of(("took ", "dim"), (took(seconds), "")))
    cells += [Cell(text, "accent") for text in [" ".join(filter(None, code))] if text]
    if by:
        cells.append(Cell.of(("by ", "dim"), (by, "")))
    return [*cells, *([Cell(project, "dim")] if project else [])]


def value_text(line: Line, value: Value, *, whole: bool = False, narrow: bool = False) -> str:
    """A value as text: short, shorter for a narrow column (`narrow`), or with all digits and letters (`whole`)."""
    if value is None:
        return missing() if not whole else "no value"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%m-%d %H:%M") if narrow else clock(value)
    if isinstance(value, str):
        return _worded(line, value, whole) or '""'
    if line.section == TIMES and line.name in DURATIONS:
        return took(value) or about(value)
    if whole and math.isfinite(value):
        return repr(value)
    return number(value)


def _worded(line: Line, value: str, whole: bool) -> str:
    if line.section != RUN:
        return value
    if line.name == "status":
        return tracked_status(value).replace("_", " ")
    if line.name == "trigger":
        return trigger_words(value)
    return sha(value) if line.name == "commit" and not whole else value


def value_tone(line: Line, value: Value) -> str:
    """The tone of a value that is not special otherwise."""
    if value is None:
        return "dim"
    if isinstance(value, float) and not math.isfinite(value):
        return "warning"
    if line.section == RUN and line.name == "status":
        return status_tone(tracked_status(str(value)))
    return "dim" if not line.differs else ""


def value_cell(
    line: Line, place: int, *, best: bool, reference: int | None, direction: Direction, narrow: bool = False
) -> Cell:
    """The value of a run, with what marks the best one, and the difference to the run at `reference`."""
    value = line.values[place]
    spans: list[Span] = []
    text, tone = value_text(line, value, narrow=narrow), value_tone(line, value)
    if best:
        spans.append((f"{star()} ", "success"))
        tone = "success"
    spans.append((text, tone))
    if reference is not None and reference != place:
        share = line.relative(place, reference)
        if share:
            spans.append((f" {share_text(share)}", share_tone(share, direction)))
    return Cell.of(*spans)


def share_text(share: float) -> str:
    """A difference as a share of what it is compared with: `+3.2%`, `-40%`, `×12`, `÷1000`."""
    if abs(share) < LEAST_SHARE:
        return "~0%"
    plain = glyphs() is ASCII
    if share >= MANYFOLD:
        return ("x" if plain else "×") + _times(share + 1)
    if -1 < share <= HUNDREDTH:
        return ("/" if plain else "÷") + _times(1 / (1 + share))
    percent = PERCENT * share
    return f"{percent:+.2g}%" if abs(percent) < FEW_PERCENT else f"{percent:+.0f}%"


def _times(factor: float) -> str:
    if PERCENT <= factor < LONG_FACTOR:
        return f"{factor:.0f}"
    return f"{factor:.3g}".replace("e+0", "e").replace("e+", "e")


def share_tone(share: float, direction: Direction) -> str:
    """Better, worse, or neither."""
    if not direction or not share:
        return "dim"
    return "success" if (share > 0) is (direction == "max") else "failed"


def name_cell(line: Line, direction: Direction) -> Cell:
    """A line's name, with a sign for what is best."""
    ways = {"max": glyphs().ascending, "min": glyphs().descending}
    after: list[Span] = [(f" {ways[direction]}", "dim")] if direction else []
    return Cell.of((line.name, "" if line.differs else "dim"), *after)


def text_table(
    lines: Sequence[Line], directions: Mapping[str, str], reference: int | None
) -> list[tuple[Cell, list[Cell]]]:
    """Every line as (name, values), with a line for each section before its first one."""
    rows: list[tuple[Cell, list[Cell]]] = []
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            rows.append((Cell(section, "bold"), [Cell() for _ in line.values]))
        way, best = line.direction(directions), line.best(directions)
        cells = [
            value_cell(line, place, best=place in best, reference=reference, direction=way)
            for place in range(len(line.values))
        ]
        name = name_cell(line, way)
        rows.append((Cell.of(("  ", ""), *name.spans), cells))
    return rows


def summary_cells(summary: MetricSummary) -> list[Cell]:
    """Where a metric's last value was logged, and its extremes."""
    cells = [Cell.of(("at step ", "dim"), (str(summary.step), ""))]
    for word, value, step in (("least", summary.min, summary.min_step), ("greatest", summary.max, summary.max_step)):
        if value is not None:
            place = "" if step is None else f" at step {step}"
            cells.append(Cell.of((f"{word} ", "dim"), (number(value), ""), (place, "dim")))
    return [*cells, Cell("of the points that were read", "dim")] if summary.sampled else cells


Block: TypeAlias = tuple[tuple[Column, ...], list[list[Cell]]]


def blocks(titles: Sequence[str], rows: Sequence[tuple[Cell, list[Cell]]], width: int, gap: int = 2) -> list[Block]:
    """Tables of as many runs side by side as `width` cells have room for, each with the names again; 0: one table."""
    names = max((name.width for name, _ in rows), default=0)
    widths = [
        max([Cell(title).width, *(cells[place].width for _, cells in rows)]) for place, title in enumerate(titles)
    ]
    found: list[Block] = []
    start = 0
    while start < len(titles):
        stop, used = start + 1, names + gap + widths[start]
        while stop < len(titles) and (not width or used + gap + widths[stop] <= width):
            used += gap + widths[stop]
            stop += 1
        columns = (
            Column(key="name", title="", width=names),
            *(Column(key=str(at), title=titles[at], width=widths[at], min_width=8) for at in range(start, stop)),
        )
        found.append((columns, [[name, *cells[start:stop]] for name, cells in rows]))
        start = stop
    return found
