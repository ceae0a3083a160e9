"""One run in words: its head, and which of its jobs one wants to see first."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime

from data.model.run import JobRun, PipelineRun
from data.model.tracking import TrackedRun
from data.model.vocabulary import FINISHED, TEST, TRACKED_ACTIVE
from tui.present.runs import elapsed, link_words, remaining, run_glyph, stage_strip, status_word
from tui.present.text import about, age, sha, size, took
from widgets.cells import Cell
from widgets.glyphs import glyphs

NAMED = 3
"""MLflow runs that the head names."""
MEGABYTE = 1_000_000
"""Bytes; MLflow's system metrics count memory so (MLflow docs, system metrics)."""
SYSTEM = "system/"
"""Beginning of the names of MLflow's system metrics."""
MEMORY_METRIC = re.compile(r"system/(?:.+/)?system_memory_usage_megabytes")
CPU_METRIC = re.compile(r"system/(?:.+/)?cpu_utilization_percentage")
GPU_METRIC = re.compile(r"system/(?:.+/)?gpu_\d+_utilization_percentage")
"""MLflow's system metrics, of several nodes with the node's name in them (MLflow docs, system metrics)."""


def head_lines(
    run: PipelineRun,
    tracked: Sequence[TrackedRun] | None,
    like: Sequence[float],
    now: datetime,
    gpu: float | None = None,
) -> list[list[Cell]]:
    """The three lines at the top of the Run screen: how it goes, what it is, what it came to.

    `tracked` are its MLflow runs, None until they are read; `like` has the seconds that like runs took, `gpu` is the
    greatest use of a graphics processor in per cent.
    """
    return [_how(run, like, now), _what(run), _came_to(run, tracked, gpu)]


def _how(run: PipelineRun, like: Sequence[float], now: datetime) -> list[Cell]:
    glyph, tone = run_glyph(run)
    line = [Cell(f"{glyph} {status_word(run)}", tone)]
    if run.gone:
        line.append(Cell("no longer on the server, kept here", "warning"))
    if run.stages:
        line.append(Cell.of(*stage_strip(run).spans, (f" {stage_now(run)}".rstrip(), "dim")))
    if run.job_count:
        line.append(Cell(f"{run.success_count + run.failed_count}/{run.job_count} jobs"))
    if run.failed_count:
        line.append(Cell(f"{run.failed_count} failed", "failed"))
    if seconds := elapsed(run, now):
        line.append(Cell.of(("took " if run.status in FINISHED else "for ", "dim"), (took(seconds), "")))
    if left := remaining(run, like, now):
        line.append(Cell.of(("eta ", "dim"), (about(left), "")))
    why = f" ({trigger_words(run.trigger_type)})"
    line.append(Cell.of(("by ", "dim"), (run.triggered_by or "unknown", ""), (why, "dim")))
    if run.queued_time >= 1:
        line.append(Cell.of(("queued ", "dim"), (took(run.queued_time), "")))
    line.append(Cell(ago(run.created, now), "dim"))
    return line


def ago(then: datetime | None, now: datetime) -> str:
    """How long something has been, in words: `3m ago`, `just now`; empty for never."""
    found = age(then, now)
    return "just now" if found == "now" else f"{found} ago" if found else ""


def stage_now(run: PipelineRun) -> str:
    """The stage in which a run is, or in which it stopped; empty when it went through."""
    for wanted in ({"running"}, {"failed", "canceled", "canceling"}, {"pending", "preparing"}, {"manual"}):
        found = next((stage.name for stage in run.stages if stage.status in wanted), "")
        if found:
            return found
    return ""


def trigger_words(trigger_type: str) -> str:
    """Why a run was started, in words; GitLab's own one where it needs none."""
    words = {
        "api": "API",
        "pipeline": "another pipeline",
        "merge_request_event": "merge request",
        "web": "by hand",
        "trigger": "trigger token",
    }
    return words.get(trigger_type, trigger_type.replace("_", " "))


def _what(run: PipelineRun) -> list[Cell]:
    line = [Cell.of(("ref ", "dim"), (run.ref, "accent")), Cell(sha(run.git_commit_hash), "dim")]
    if run.commit_title:
        line.append(Cell(run.commit_title))
    if run.run_info_id:
        line.append(Cell.of(("RUN_ID ", "dim"), (run.run_info_id, "")))
    if run.kind == TEST:
        line.append(Cell("test", "warning"))
    if run.labels:
        line.append(Cell(" ".join(run.labels), "accent"))
    return line


def _came_to(run: PipelineRun, tracked: Sequence[TrackedRun] | None, gpu: float | None) -> list[Cell]:
    line = [Cell(run.error_message.replace("\n", " "), "failed")] if run.error_message else []
    if abandoned := left_behind(tracked or ()):
        line.append(left_cell(abandoned))
    line += usage(run.max_memory_usage, run.max_cpu_usage, gpu)
    if tracked is None:
        return line
    if not tracked:
        return [*line, Cell("no MLflow run is linked with it", "dim")]
    names = ", ".join(f"{run_name(one)} ({one.status.lower()})" for one in tracked[:NAMED])
    more = f" and {len(tracked) - NAMED} more" if len(tracked) > NAMED else ""
    line.append(Cell.of(("MLflow ", "dim"), (names + more, "")))
    line.append(Cell(f"by {link_words(run)}" if run.link else "", "dim"))
    return line


def left_behind(tracked: Sequence[TrackedRun]) -> list[TrackedRun]:
    """MLflow runs that say they go on though the job that they belong to has ended."""
    return [run for run in tracked if run.ended_as and run.status in TRACKED_ACTIVE and run.lifecycle_stage == "active"]


def left_cell(abandoned: Sequence[TrackedRun]) -> Cell:
    """What there is to say of MLflow runs that were left behind, and the way out."""
    first = abandoned[0]
    others = f" and {len(abandoned) - 1} more" if len(abandoned) > 1 else ""
    verb = "still say" if others else "still says"
    words = f"{run_name(first)}{others} {verb} {first.status}, its job {first.ended_as.replace('_', ' ')}: F settles it"
    return Cell(f"{glyphs().warning} {words}", "warning")


def usage(memory: float | None, cpu: float | None, gpu: float | None) -> list[Cell]:
    """Greatest use of memory (MB), processor and graphics processor (%), as far as MLflow's system metrics tell."""
    items = []
    if memory:
        items.append(Cell.of(("memory ", "dim"), (size(int(memory * MEGABYTE)), "")))
    if cpu:
        items.append(Cell.of(("cpu ", "dim"), (f"{cpu:.0f}%", "")))
    if gpu is not None:
        items.append(Cell.of(("gpu ", "dim"), (f"{gpu:.0f}%", "")))
    return items


def greatest(tracked: Sequence[TrackedRun], pattern: re.Pattern[str]) -> float | None:
    """The greatest value known of the metrics whose names match; the last one where no greatest is known."""
    found = [
        metric.last if metric.max is None else metric.max
        for run in tracked
        for name, metric in run.metrics.items()
        if name.startswith(SYSTEM) and pattern.fullmatch(name)
    ]
    finite = [value for value in found if value is not None and math.isfinite(value)]
    return max(finite) if finite else None


def run_name(run: TrackedRun) -> str:
    """How to call an MLflow run."""
    return run.name or run.run_id[:8]


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
