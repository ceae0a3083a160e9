"""The jobs of a run as a graph: stages as columns, and lines from each job to those that wait for it by `needs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from data.model.run import JobRun, PipelineRun
from tui.present import wires
from tui.present.joborder import PASSAGE, Order
from widgets.cells import Span, crop_spans, fit_text, spans_width, truncate
from widgets.glyphs import glyphs, status_glyph, status_tone
from widgets.graph import SELECTED, Drawing, Place

LEAST_LABEL = 9
"""Cells of a job below which columns are left out instead."""
MOST_LABEL = 30
"""Cells of a job beyond which its name is cut."""
APART = 2
"""Cells between two columns without lines."""
MANY_TRACKS = 8
"""Tracks of lines between two columns beyond which nobody could follow one."""
EDGE = 1
"""Empty cells at the left."""
URGENT = {"failed": 0, "running": 1, "canceling": 1, "pending": 2, "manual": 3}
"""Which jobs of a column are shown first where there is no room for all."""


class _Column(NamedTuple):
    title: str
    ids: tuple[str, ...]
    more: int
    """Jobs for which there was no room."""
    width: int
    lines: Sequence[Sequence[wires.Wire]]
    """The lines that lead into it from the column before; empty without."""
    hot: frozenset[int]
    """Bundles among them that touch the job under the cursor."""

    @property
    def gutter(self) -> int:
        """Cells before it."""
        return len(self.lines[0]) + 1 if self.lines else 0


def rows_wanted(order: Order) -> int:
    """Rows of the whole graph, with the line of the stages."""
    return 1 + max((len(column) for column in order.columns), default=0)


def draw_graph(
    order: Order,
    jobs: Mapping[str, JobRun],
    children: Mapping[str, PipelineRun],
    size: tuple[int, int],
    selected: str = "",
) -> Drawing:
    """The graph in (width, height) cells.

    Where the lines do not fit, or would only confuse, the columns stand alone; where a column is too long its most
    urgent jobs are shown; where there are too many columns, those around the one of the job `selected`.
    """
    width, height = size
    labels = _Labels(jobs, children)
    columns = _columns(order, labels, height - 1, selected)
    if columns is None:
        columns = _bare_columns(order, jobs, labels, height - 1, selected)
    first, shown = _fitting(columns, width - EDGE, selected)
    near = {one for edge in order.edges if selected in edge for one in edge}
    rows: list[list[Span]] = [[(" " * EDGE, "")] for _ in range(height)]
    places: dict[str, Place] = {}
    x = EDGE
    for number, column in enumerate(shown):
        inner = column.gutter or APART
        if number:
            _draw_lines(rows, column, inner)
            x += inner
        more_left = first > 0 and number == 0
        more_right = number == len(shown) - 1 and first + len(shown) < len(columns)
        before = shown[number - 1].title if number else ""
        rows[0].append(_title(column, "" if column.title == before else column.title, more_left, more_right))
        following = shown[number + 1] if number + 1 < len(shown) else None
        for y in range(1, height):
            rows[y] += _cell(column, y - 1, labels, selected, near, following)
            if y - 1 < len(column.ids) and not column.ids[y - 1].startswith(PASSAGE):
                places[column.ids[y - 1]] = Place(x, y, column.width)
        x += column.width
    return Drawing(tuple(crop_spans(row, width) for row in rows), places)


class _Labels(dict[str, tuple[Span, Span, Span]]):
    """Labels of jobs by id, each made when it is asked for: of thousands of jobs a few are in sight."""

    def __init__(self, jobs: Mapping[str, JobRun], children: Mapping[str, PipelineRun]) -> None:
        super().__init__()
        self._jobs, self._children = jobs, children

    def __missing__(self, id: str) -> tuple[Span, Span, Span]:
        label = self[id] = _label(self._jobs[id], self._children)
        return label


def _label(job: JobRun, children: Mapping[str, PipelineRun]) -> tuple[Span, Span, Span]:
    softly = job.status == "failed" and job.allows_failure
    tone = "warning" if softly else status_tone(job.status)
    glyph = glyphs().warning if softly else status_glyph(job.status)
    child = children.get(job.downstream) if job.downstream else None
    after = ""
    if job.bridge:
        done = f" {child.success_count + child.failed_count}/{child.job_count}" if child and child.job_count else ""
        after = f" {glyphs().closed}{done}"
    elif job.attempt_number > 1:
        after = f" x{job.attempt_number}"
    return (glyph + " ", tone), (job.name, ""), (after, "dim")


def _columns(order: Order, labels: _Labels, height: int, selected: str) -> list[_Column] | None:
    """The columns with their lines; None where these do not fit."""
    if not order.edges or rows_wanted(order) - 1 > height:
        return None
    built: list[_Column] = []
    row = {id_: number for column in order.columns for number, id_ in enumerate(column)}
    place = {id_: number for number, column in enumerate(order.columns) for id_ in column}
    for number, ids in enumerate(order.columns):
        steps = [step for step in order.steps if place[step[1]] == number]
        found = wires.bundles((row[source], row[target]) for source, target in steps)
        track = wires.tracks(found)
        if track is None or max(track, default=0) >= MANY_TRACKS:
            return None
        hot_rows = {
            (row[source], row[target])
            for source, target in steps
            if any(selected in edge for edge in order.steps[source, target])
        }
        hot = frozenset(
            at for at, one in enumerate(found) if any(a in one.sources and b in one.targets for a, b in hot_rows)
        )
        across = max(track, default=0) + 3
        lines = wires.draw(found, track, across, height) if number else ()
        width = _width(order.stages[number], ids, labels) + (number + 1 < len(order.columns))
        built.append(_Column(order.stages[number], ids, 0, width, lines, hot))
    return built


def _bare_columns(
    order: Order, jobs: Mapping[str, JobRun], labels: _Labels, height: int, selected: str
) -> list[_Column]:
    """The columns without lines, each with as many jobs as there is room for."""
    built = []
    for title, column in zip(order.stages, order.columns, strict=True):
        ids = [id_ for id_ in column if not id_.startswith(PASSAGE)]
        more = max(0, len(ids) - height)
        if more:
            urgent = sorted(ids, key=lambda id_: (id_ != selected, URGENT.get(jobs[id_].status, len(URGENT))))
            kept = set(urgent[: max(0, height - 1)])
            more = len(ids) - len(kept)
            ids = [id_ for id_ in ids if id_ in kept]
        width = max(_width(title, ids, labels), len(_more(more)))
        built.append(_Column(title, tuple(ids), more, width, (), frozenset()))
    return built


def _more(count: int) -> str:
    """What stands below the jobs of a column for those that have no room."""
    return f"+ {count} more" if count else ""


def _width(title: str, ids: Sequence[str], labels: _Labels) -> int:
    widest = max((spans_width(labels[id_]) for id_ in ids if not id_.startswith(PASSAGE)), default=0)
    return min(MOST_LABEL, max(widest, spans_width(((title, ""),))))


def _fitting(columns: list[_Column], width: int, selected: str) -> tuple[int, list[_Column]]:
    """The number of the first column, and the columns that are shown; wide ones give way before any is left out."""
    limit = MOST_LABEL
    while limit > LEAST_LABEL and _total(columns, limit) > width:
        limit -= 1
    narrow = [column._replace(width=min(column.width, limit)) for column in columns]
    at = next((number for number, column in enumerate(narrow) if selected and selected in column.ids), 0)
    first = 0
    while first < at and _total(narrow[first : at + 1], limit) > width:
        first += 1
    stop = at + 1
    while stop < len(narrow) and _total(narrow[first : stop + 1], limit) <= width:
        stop += 1
    return first, narrow[first:stop]


def _total(columns: Sequence[_Column], limit: int) -> int:
    between = sum(column.gutter or APART for column in columns[1:])
    return between + sum(min(column.width, limit) for column in columns)


def _title(column: _Column, title: str, more_left: bool, more_right: bool) -> Span:
    before = glyphs().ellipsis if more_left else ""
    after = glyphs().ellipsis if more_right else ""
    room = column.width - len(before) - len(after)
    return before + fit_text(title, room) + after, "bold"


def _draw_lines(rows: list[list[Span]], column: _Column, width: int) -> None:
    rows[0].append((" " * width, ""))
    for y in range(1, len(rows)):
        if not column.lines:
            rows[y].append((" " * width, ""))
            continue
        rows[y] += [(wire.text, "accent" if wire.bundles & column.hot else "dim") for wire in column.lines[y - 1]]
        ends = y - 1 < len(column.ids) and column.ids[y - 1].startswith(PASSAGE)
        rows[y].append((column.lines[y - 1][-1].text if ends else " ", "dim"))


def _cell(
    column: _Column,
    row: int,
    labels: _Labels,
    selected: str,
    near: set[str],
    following: _Column | None,
) -> list[Span]:
    """One job of a column, or the line that passes there, in the column's width."""
    leads = following is not None and bool(following.lines) and following.lines[row][0].text.strip() != ""
    hot = following is not None and leads and bool(following.lines[row][0].bundles & following.hot)
    line = (following.lines[row][0].text if following and leads else " ", "accent" if hot else "dim")
    if row >= len(column.ids):
        more = _more(column.more) if row == len(column.ids) else ""
        return [(fit_text(more, column.width), "dim")]
    id_ = column.ids[row]
    if id_.startswith(PASSAGE):
        return [(line[0] * column.width, line[1])]
    glyph, (name, tone), after = labels[id_]
    if id_ in near:
        tone = "accent"
    if id_ == selected:
        tone = SELECTED
    room = column.width - spans_width((glyph, after))
    spans = [glyph, (truncate(name, room), tone), after]
    left = column.width - spans_width(spans)
    if left > 1 and leads:
        return [*spans, (" ", ""), (line[0] * (left - 1), line[1])]
    return [*spans, (" " * left, "")]
