"""Tables of runs, their metrics, their params, and the histories of their metrics."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec.structs import replace

from data.export.columns import Names, is_pattern, name_of, rows_of, spelled_out
from data.export.table import Row, Table
from data.linked import FEW, metrics_of, params_of, read_linked, summary_of
from data.model import MetricSeries, MetricSummary, PipelineRun, Record, TrackedRun

if TYPE_CHECKING:
    from data.query import Query
    from data.store.port import Sort, Store, Where

Runs: TypeAlias = type[PipelineRun] | type[TrackedRun]
Selection: TypeAlias = Callable[[], AsyncIterator[Sequence[Any]]]
"""Begins to read some runs, a page at a time."""

PAGE: Final = 200
"""Runs that are read at a time."""
PIECE: Final = 8
"""Runs whose MLflow runs are read at a time: some have hundreds of them, with thousands of metrics each."""
SERIES: Final = 20
"""Histories that are read at a time; each has some thousand points."""

METRIC_COLUMNS: Final = (
    "run", "name", "metric", "value", "step", "time", "min", "min_step", "max", "max_step", "sampled",
)  # fmt: skip
"""`sampled`: there are points that nobody has read, so that `min` and `max` are those of the others."""
PARAM_COLUMNS: Final = ("run", "name", "param", "value")
HISTORY_COLUMNS: Final = ("run", "name", "metric", "step", "time", "value", "sampled")
"""`sampled`: the server holds more points of this metric than these."""


def selection(
    store: Store,
    kind: Runs,
    *,
    ids: Sequence[str] | None = None,
    where: Where | None = None,
    query: Query | None = None,
    sort: Sort | None = None,
    limit: int = 0,
) -> Selection:
    """The runs with these ids, in their order, or those that match; at most `limit`, all for 0."""

    async def named(wanted: Sequence[str]) -> AsyncIterator[Sequence[Any]]:
        for start in range(0, len(wanted), PAGE):
            part = wanted[start : start + PAGE]
            held = await store.get_many(kind, part)
            yield [held[id_] for id_ in part if id_ in held]

    async def matching() -> AsyncIterator[Sequence[Any]]:
        after: str | None = None
        left = limit
        while True:
            size = min(PAGE, left) if limit else PAGE
            page = await store.page(kind, where=where, query=query, sort=sort, after=after, limit=size)
            yield page.records
            after, left = page.after, left - len(page.records)
            if after is None or (limit and left <= 0):
                return

    return matching if ids is None else lambda: named(ids)


def run_table(
    kind: Runs, runs: Selection, columns: Sequence[str], names: Names, *, name: str = "runs", total: int | None = None
) -> Table:
    """One row per run. Without patterns among `columns`: see `without_patterns`."""
    make = rows_of(kind, columns, names)

    async def pages() -> AsyncIterator[Sequence[Row]]:
        async for records in runs():
            yield make(records)

    return Table(name=name, columns=tuple(columns), pages=pages, total=total)


async def without_patterns(columns: Sequence[str], runs: Selection) -> tuple[str, ...]:
    """`columns` with the ones that `metric.*` stands for in its place: those that the runs have, in alphabetical order.

    It reads all runs where there is a pattern, and nothing else.
    """
    patterns = [column for column in columns if is_pattern(column)]
    found: dict[str, set[str]] = {pattern: set() for pattern in patterns}
    if patterns:
        async for records in runs():
            spelled_out(patterns, records, found)
    return tuple(dict.fromkeys(name for column in columns for name in sorted(found.get(column, {column}))))


def whole(store: Store, runs: Selection, columns: Sequence[str]) -> Selection:
    """`runs` with the metrics and params of MLflow runs that their records have no room for, if `columns` ask for such.

    MLflow runs are read for those runs only that may have more: a table may have a million rows.
    """
    if any(column.startswith(("metric.", "param.")) for column in columns):
        return lambda: _completed(store, runs, few=0)
    return runs


async def _completed(store: Store, runs: Selection, few: int = FEW) -> AsyncIterator[Sequence[Any]]:
    async for records, linked in _with_linked(store, runs, few):
        yield [_with(run, linked.get(run.id, ())) for run in records]


async def _with_linked(
    store: Store, runs: Selection, few: int = FEW
) -> AsyncIterator[tuple[Sequence[Any], Mapping[str, Sequence[TrackedRun]]]]:
    """Some runs at a time, with the MLflow runs of those that are runs of pipelines."""
    async for records in runs():
        for start in range(0, len(records), PIECE):
            part = records[start : start + PIECE]
            yield part, await read_linked(store, [run for run in part if isinstance(run, PipelineRun)], few)


def _with(run: Any, linked: Sequence[TrackedRun]) -> Any:
    if not linked:
        return run
    return replace(run, metrics=metrics_of(run, linked), params=params_of(run, linked))


def metric_table(store: Store, runs: Selection, names: Names, *, keys: str = "", name: str = "metrics") -> Table:
    """One row per run and metric; `keys` is a regular expression for the metrics' names.

    Those of a pipeline run are those of its MLflow runs, as far as the store has these.
    """
    fits = re.compile(keys).search

    async def pages() -> AsyncIterator[Sequence[Row]]:
        async for records, linked in _with_linked(store, runs):
            yield [
                row for run in records for row in _metric_rows(run, linked.get(run.id, ()), names) if fits(str(row[2]))
            ]

    return Table(name=name, columns=METRIC_COLUMNS, pages=pages)


def param_table(store: Store, runs: Selection, names: Names, *, keys: str = "", name: str = "params") -> Table:
    """One row per run and param; `keys` is a regular expression for the params' names."""
    fits = re.compile(keys).search

    async def pages() -> AsyncIterator[Sequence[Row]]:
        async for records in _completed(store, runs):
            yield [
                (run.id, name_of(run, names), key, value)
                for run in records
                for key, value in sorted(run.params.items())
                if fits(key)
            ]

    return Table(name=name, columns=PARAM_COLUMNS, pages=pages)


def history_table(store: Store, runs: Selection, names: Names, *, keys: str = "", name: str = "histories") -> Table:
    """One row per run, metric and point, of the histories that the store holds.

    `run` is the MLflow run, whatever kind the runs are; `keys` is a regular expression for the metrics' names. How many
    histories the store does not hold is remarked.
    """
    fits = re.compile(keys).search
    held = wanted = 0

    def remark() -> str:
        missing = wanted - held
        return f"{missing} of {wanted} histories not read yet" if missing > 0 else ""

    async def pages() -> AsyncIterator[Sequence[Row]]:
        nonlocal held, wanted
        held = wanted = 0
        async for records in runs():
            called = {id_: name_of(run, names) for run in records for id_ in tracked_ids(run)}
            wanted += await _count_metrics(store, list(called), fits)
            after: str | None = None
            while called:
                found = await store.page(
                    MetricSeries, where={"tracked_run_id": list(called)}, after=after, limit=SERIES
                )
                for series in found.records:
                    if series.window is None and fits(series.key):
                        held += 1
                        yield _history_rows(series, called[series.tracked_run_id])
                after = found.after
                if after is None:
                    break

    return Table(name=name, columns=HISTORY_COLUMNS, pages=pages, remark=remark)


async def _count_metrics(store: Store, ids: Sequence[str], fits: Callable[[str], object]) -> int:
    """How many metrics some MLflow runs have whose names fit."""
    count = 0
    for start in range(0, len(ids), PIECE):
        runs = await store.get_many(TrackedRun, ids[start : start + PIECE])
        count += sum(1 for run in runs.values() for key in run.metrics if fits(key))
    return count


def tables(store: Store, kind: Runs, runs: Selection, columns: Sequence[str], names: Names) -> tuple[Table, ...]:
    """All that can be exported of some runs: the runs with these columns, metrics, params, histories."""
    return (
        run_table(kind, whole(store, runs, columns), columns, names),
        metric_table(store, runs, names),
        param_table(store, runs, names),
        history_table(store, runs, names),
    )


def tracked_ids(run: Record) -> Sequence[str]:
    """The MLflow runs behind a run; an MLflow run is its own."""
    return run.mlflow_run_ids if isinstance(run, PipelineRun) else (run.id,)


def _metric_rows(run: Any, linked: Sequence[TrackedRun], names: Names) -> list[Row]:
    called = name_of(run, names)
    if not isinstance(run, PipelineRun):
        return [_metric_row(run.id, called, key, one) for key, one in sorted(run.metrics.items())]
    return [
        (run.id, called, key, value, *[None] * (len(METRIC_COLUMNS) - 4))
        if (one := summary_of(run, linked, key)) is None
        else _metric_row(run.id, called, key, one)
        for key, value in sorted(metrics_of(run, linked).items())
    ]


def _metric_row(id: str, called: str, key: str, one: MetricSummary) -> Row:
    return (
        id, called, key, _number(one.last), one.step, one.time,
        one.min, one.min_step, one.max, one.max_step, one.sampled,
    )  # fmt: skip


def _number(value: float | None) -> float:
    """A value as MLflow logged it: null stands for NaN."""
    return float("nan") if value is None else value


def _history_rows(series: MetricSeries, called: str) -> list[Row]:
    return [
        (series.tracked_run_id, called, series.key, step, _moment(time), _number(value), series.sampled)
        for step, time, value in zip(series.steps, series.times, series.values, strict=True)
    ]


def _moment(milliseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
