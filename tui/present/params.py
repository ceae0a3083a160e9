"""Names and values that a run was given or came to: parameters, variables, tags, the configuration that was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import chop_cells

from data.model.run import PipelineRun
from data.model.tracking import TrackedRun
from tui.present.run import run_name
from tui.present.text import plural
from widgets.cells import Cell, Column
from widgets.rows import Row

COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="name", width=28, min_width=16, flex=1, priority=0),
    Column(key="value", title="value", width=30, min_width=20, flex=3, priority=0),
    Column(key="where", title="of", width=18, min_width=8, priority=1),
)
"""Columns of the list."""
SYSTEM_TAGS = "mlflow."
"""Beginning of the tags that MLflow's clients write themselves (MLflow docs, system tags); shown behind the others."""
CONFIG = "config"
"""Kind of a line of the configuration."""


class Value(NamedTuple):
    """A line of the list.

    Attributes:
        key: names it for good.
        kind: what it belongs to: `param`, `variable`, `tag`, `config`; "" for a heading.
        name: its name, or the heading.
        value: the whole of it, of any number of lines.
        owner: name of the MLflow run, where there are several.
    """

    key: str
    kind: str
    name: str
    value: str = ""
    owner: str = ""


def values_of(run: PipelineRun | None, tracked: Sequence[TrackedRun]) -> list[Value]:
    """Params, variables, tags and the used configuration under their headings; what is not known is said."""
    found = _section("params", [value for one in tracked for value in _of(one, "param", one.params, tracked)])
    if run is not None:
        own = _pairs(f"{run.id}:variable", "variable", run.variables)
        told = run.variables_known or bool(own)
        found += _section("variables" if told else "variables: the server has not told them", own, always=not told)
        found += _section("tags of the run", _pairs(f"{run.id}:tag", "tag", run.tags))
    tags = [value for one in tracked for value in _of(one, "tag", one.tags, tracked)]
    found += _section("tags", sorted(tags, key=lambda value: value.name.startswith(SYSTEM_TAGS)))
    if run is not None and run.pipeline_config_used:
        found += _section("configuration that was used", _config(run))
    return found


def _of(run: TrackedRun, kind: str, pairs: Mapping[str, str], every: Sequence[TrackedRun]) -> list[Value]:
    return _pairs(f"{run.id}:{kind}", kind, pairs, run_name(run) if len(every) > 1 else "")


def _pairs(key: str, kind: str, pairs: Mapping[str, str], owner: str = "") -> list[Value]:
    return [Value(f"{key}:{name}", kind, name, value, owner) for name, value in sorted(pairs.items())]


def _config(run: PipelineRun) -> list[Value]:
    lines = run.pipeline_config_used.rstrip("\n").split("\n")
    return [Value(f"{run.id}:config:{number}", CONFIG, str(number), line) for number, line in enumerate(lines, 1)]


def _section(title: str, values: list[Value], *, always: bool = False) -> list[Value]:
    return [Value(f"heading:{title}", "", title), *values] if values or always else []


def filtered(values: Sequence[Value], text: str) -> list[Value]:
    """Those in whose name or value `text` occurs, under their headings."""
    wanted = text.lower()
    kept: list[Value] = []
    heading: list[Value] = []
    for value in values:
        if not value.kind:
            heading = [value]
        elif wanted in value.name.lower() or wanted in value.value.lower():
            kept += [*heading, value]
            heading = []
    return kept


def value_row(value: Value) -> Row:
    """A row of the list: a cell per entry of `COLUMNS`, one alone for a heading and a line of the configuration."""
    if not value.kind:
        return Row(value.key, (Cell(value.name, "bold"),))
    if value.kind == CONFIG:
        return Row(value.key, (Cell.of((f"{value.name:>5} ", "dim"), (value.value, "")),))
    first, newline, rest = value.value.partition("\n")
    more = f" (and {plural(rest.count(chr(10)) + 1, 'line')})" if newline else ""
    return Row(value.key, (Cell(value.name), Cell.of((first, ""), (more, "dim")), Cell(value.owner, "dim")))


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines += chop_cells(line, max(2, width)) or [""]
    return lines
