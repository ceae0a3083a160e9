"""Columns of runs: the names that one gives, and the values that records have under them.

A name is one of a record's own fields (`git_commit_hash`), a field of the filter language (`took`, `by`, `project`), or
`metric.<key>`, `param.<key>`, `tag.<key>`, `variable.<key>`; `min.<key>` and `max.<key>` are the least and the greatest
value that a metric of an MLflow run ever had. In `metric.val_*` the `*` stands for any characters: it means all such
columns that the runs have. A key may stand in quotes.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from data.errors import UsageError
from data.export.table import Row, Value
from data.model import MetricSummary, PipelineRun, Record, TrackedRun
from data.store.kinds import KINDS

Names = Mapping[str, str]
"""Ids of projects and experiments -> their names."""
Getter = Callable[[Any], Value]

PLAIN: Final[dict[type[Record], tuple[str, ...]]] = {
    PipelineRun: (
        "id", "project", "pipeline", "number", "status", "kind", "source", "by", "ref", "sha", "created", "started",
        "ended", "took", "queued", "experiment", "dataset", "model", "run", "url",
    ),
    TrackedRun: (
        "id", "project", "experiment", "name", "status", "by", "sha", "started", "ended", "took", "dataset", "model",
        "pipeline_run_id", "parent_run_id",
    ),
}  # fmt: skip
"""Columns of a kind where the user names none."""
COMMIT_TAG: Final = "mlflow.source.git.commit"
"""Tag with the commit of an MLflow run (MLflow docs, system tags)."""
ADD: Final = "+"
"""Stands before a column that comes in addition to those of `PLAIN`."""

_KEPT: Final = {
    "metric": "metrics", "min": "metrics", "max": "metrics", "param": "params", "tag": "tags", "variable": "variables",
}  # fmt: skip
_NAME: Final = re.compile(r'(?:"[^"]*"|[^,])+')
_ENTRIES: Final = {"metrics": "metric", "params": "param", "tags": "tag", "variables": "variable"}
_ALIASES: Final = {"commit": "sha"}


def columns_of(kind: type[Record], text: str) -> tuple[str, ...]:
    """The columns that a list such as `id,status,metric.val_auc` names; those of `PLAIN` for an empty one.

    Raises:
        UsageError: there is no such column.
    """
    words = [word.strip() for word in _NAME.findall(text) if word.strip()]
    added = all(word.startswith(ADD) for word in words)
    names = [_checked(kind, word.removeprefix(ADD)) for word in words]
    return tuple(dict.fromkeys([*PLAIN[kind], *names] if added else names))


def spelled_out(columns: Iterable[str], records: Iterable[Record], found: dict[str, set[str]]) -> None:
    """Collect in `found`, for each pattern among `columns`, the columns that `records` have for it."""
    for column in columns:
        if not is_pattern(column):
            continue
        first, _, key = column.partition(".")
        fits = re.compile(".*".join(map(re.escape, key.split("*"))), re.DOTALL).fullmatch
        keys = {key for record in records for key in _mapping(first, record) if fits(key)}
        found.setdefault(column, set()).update(f"{first}.{key}" for key in keys)


def is_pattern(column: str) -> bool:
    """Whether a column stands for several: `metric.*`."""
    return "." in column and "*" in column


def rows_of(kind: type[Record], columns: Sequence[str], names: Names) -> Callable[[Sequence[Record]], list[Row]]:
    """What makes rows of records, one value per column."""
    getters = [getter(kind, column, names) for column in columns]
    return lambda records: [[get(record) for get in getters] for record in records]


def getter(kind: type[Record], column: str, names: Names) -> Getter:
    """What reads the value of a column from a record of a kind.

    An empty text of a param, a tag or a variable is a value; in a field of the record it means that nobody knows one.
    """
    first, dot, key = column.partition(".")
    if dot:
        return lambda record: _entry(first, key, record)
    read = _field(kind, column, names)
    return lambda record: None if (value := read(record)) == "" else value


def _field(kind: type[Record], column: str, names: Names) -> Getter:
    if special := _special(kind, column, names):
        return special
    if column in kind.__struct_fields__:
        return lambda record: getattr(record, column)
    spec = KINDS[kind]
    return spec.fields[column if column in spec.fields else spec.terms[column].columns[0]].get


def name_of(record: Record, names: Names) -> str:
    """What to call a run in a table: `churn #4312`, or the name of an MLflow run."""
    if isinstance(record, PipelineRun):
        return f"{names.get(record.project_id, record.project_id)} #{record.git_pipeline_id}"
    return str(getattr(record, "name", "") or getattr(record, "run_id", record.id))


def _special(kind: type[Record], column: str, names: Names) -> Getter | None:
    if column == "project":
        return lambda run: names.get(run.project_id, run.project_id)
    if kind is TrackedRun:
        return _OF_TRACKED.get(column) if column != "experiment" else lambda run: _experiment(run, names)
    return {"number": lambda run: run.git_pipeline_id, "url": lambda run: run.web_url}.get(column)


def _experiment(run: TrackedRun, names: Names) -> str:
    return names.get(f"{run.connection}:{run.experiment_id}", run.experiment_id)


_OF_TRACKED: Final[dict[str, Getter]] = {
    "sha": lambda run: run.tags.get(COMMIT_TAG),
    "dataset": lambda run: [f"{one.name}@{one.digest}" if one.digest else one.name for one in run.datasets],
    "datasets": lambda run: [one.name for one in run.datasets],
    "model": lambda run: run.models,
}


def _mapping(first: str, record: Any) -> Mapping[str, Any]:
    """Where a record keeps what it has under `metric.`, `param.` …"""
    held: Mapping[str, Any] = getattr(record, _KEPT.get(first, ""), {})
    return held


def _entry(first: str, key: str, record: Any) -> Value:
    found = _mapping(first, record).get(key)
    if not isinstance(found, MetricSummary):
        return found
    if first == "metric":
        return math.nan if found.last is None else found.last
    value: float | None = getattr(found, first)
    return value


def _checked(kind: type[Record], word: str) -> str:
    """A column under its one name.

    Raises:
        UsageError: there is none of that name.
    """
    first, dot, key = word.partition(".")
    known_as = _ENTRIES.get(first, first)
    firsts = ("metric", "param", "tag", *(("variable",) if kind is PipelineRun else ("min", "max")))
    if dot and known_as in firsts and key.strip('"'):
        return f"{known_as}.{key.strip(chr(34))}"
    spec = KINDS[kind]
    named = [name for name, term in spec.terms.items() if term.columns]
    known = dict.fromkeys([*PLAIN[kind], "project", *named, *spec.fields, *kind.__struct_fields__])
    if not dot and _ALIASES.get(word, word) in known:
        return _ALIASES.get(word, word)
    near = [] if dot else difflib.get_close_matches(word, known, n=1)
    others = f"there are {', '.join([*PLAIN[kind], *(f'{first}.<key>' for first in firsts)])}"
    raise UsageError(f"there is no column {word}", hint=f"did you mean {near[0]}?" if near else others)
