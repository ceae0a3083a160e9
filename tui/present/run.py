"""One run in words: its head, its parameters and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from data.model.run import JobRun, PipelineRun
from data.model.tracking import TrackedRun
from data.model.vocabulary import FINISHED
from tui.present.runs import elapsed, link_words, metric_rank, remaining, run_glyph, status_word
from tui.present.text import about, age, clock, number, sha, took
from widgets.cells import Cell, Column
from widgets.rows import Row

FACT_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="name", width=24, min_width=12, flex=2, priority=0),
    Column(key="value", title="last", width=12, min_width=8, flex=1, align="right", priority=0),
    Column(key="min", title="min", width=9, align="right", priority=2),
    Column(key="max", title="max", width=9, align="right", priority=2),
    Column(key="step", title="step", width=7, align="right", priority=3),
)
"""Columns of metrics and parameters."""

METRIC = "metric:"
"""Prefix of the keys of rows that hold a metric: `metric:<tracked run id>:<key>`."""


def head_lines(
    run: PipelineRun, tracked: Sequence[TrackedRun], like: Sequence[float], now: datetime
) -> list[list[Cell]]:
    """The three lines at the top of the Run screen."""
    glyph, tone = run_glyph(run)
    done = run.success_count + run.failed_count
    first = [Cell(f"{glyph} {status_word(run)}", tone)]
    if run.gone:
        first.append(Cell("no longer on the server, kept here", "warning"))
    if run.job_count:
        first.append(Cell(f"{done}/{run.job_count} jobs"))
    if run.failed_count:
        first.append(Cell(f"{run.failed_count} failed", "failed"))
    if seconds := elapsed(run, now):
        first.append(Cell.of(("took " if run.status in FINISHED else "for ", "dim"), (took(seconds), "")))
    if left := remaining(run, like, now):
        first.append(Cell.of(("eta ", "dim"), (about(left), "")))
    first.append(Cell.of(("by ", "dim"), (run.triggered_by or "unknown", ""), (f" ({run.trigger_type})", "dim")))
    first.append(Cell(f"{age(run.created, now)} ago  {clock(run.created)}", "dim"))
    second = [Cell.of(("ref ", "dim"), (run.ref, "accent")), Cell(sha(run.git_commit_hash), "dim")]
    if run.commit_title:
        second.append(Cell(run.commit_title))
    if run.run_info_id:
        second.append(Cell.of(("RUN_ID ", "dim"), (run.run_info_id, "")))
    if run.labels:
        second.append(Cell(" ".join(run.labels), "accent"))
    return [first, second, _third(run, tracked)]


def _third(run: PipelineRun, tracked: Sequence[TrackedRun]) -> list[Cell]:
    if run.error_message:
        return [Cell(run.error_message.replace("\n", " "), "failed")]
    if not tracked:
        return [Cell("no MLflow run is linked with it", "dim")]
    names = ", ".join(f"{run_name(one)} ({one.status.lower()})" for one in tracked[:3])
    more = f" and {len(tracked) - 3} more" if len(tracked) > 3 else ""  # noqa: PLR2004 - three names fit the line
    return [Cell.of(("MLflow ", "dim"), (names + more, "")), Cell(f"by {link_words(run)}" if run.link else "", "dim")]


def fact_rows(run: PipelineRun, tracked: Sequence[TrackedRun]) -> list[Row]:
    """Metrics (last, min, max), then parameters, then variables, as rows."""
    rows: list[Row] = []
    many = len(tracked) > 1
    for key in sorted({key for one in tracked for key in one.metrics}, key=metric_rank):
        rows += [_metric(one, key, many) for one in tracked if key in one.metrics]
    for one in tracked:
        rows += _pairs(f"param:{one.id}", "param ", run_name(one) if many else "", one.params)
    rows += _pairs("variable", "variable ", "", run.variables)
    return rows


def run_name(run: TrackedRun) -> str:
    """How to call an MLflow run."""
    return run.name or run.run_id[:8]


def _metric(run: TrackedRun, key: str, many: bool) -> Row:
    summary = run.metrics[key]
    cells = (
        Cell.of((key, ""), (f"  {run_name(run)}" if many else "", "dim")),
        Cell(number(summary.last), "bold"),
        Cell(number(summary.min) if summary.min is not None else "", "dim"),
        Cell(number(summary.max) if summary.max is not None else "", "dim"),
        Cell(str(summary.step), "dim"),
    )
    return Row(f"{METRIC}{run.id}:{key}", cells)


def _pairs(key: str, kind: str, owner: str, pairs: Mapping[str, str]) -> list[Row]:
    after = f"  {owner}" if owner else ""
    return [
        Row(f"{key}:{name}", (Cell.of((kind, "dim"), (name, ""), (after, "dim")), Cell(value), Cell(), Cell(), Cell()))
        for name, value in sorted(pairs.items())
    ]


def worst_job(jobs: Sequence[JobRun]) -> JobRun | None:
    """The job that one wants to see first: a failed one that mattered, a failed one, a running one, the last."""
    newest = sorted((job for job in jobs if not job.retried and not job.bridge), key=lambda job: job.git_job_id)
    for wanted in (
        [job for job in newest if job.status == "failed" and not job.allows_failure],
        [job for job in newest if job.status == "running"],
        [job for job in newest if job.status == "failed"],
        [job for job in newest if job.start is not None][-1:],
    ):
        if wanted:
            return wanted[0]
    return newest[0] if newest else None


def log_heading(job: JobRun) -> str:
    """How the log screen calls a job."""
    return f"{job.name} attempt {job.attempt_number}" if job.attempt_number > 1 else job.name
