"""Logs in words: what one waits for, which jobs have one, the attempts of a job, the section one is in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.cells import cell_len

from data.logtext import Section
from data.model.run import JobRun
from data.model.vocabulary import ACTIVE, FINISHED
from data.model.work import Connection, SyncState
from tui.present.jobs import job_seconds
from tui.present.text import plural, size, took
from widgets.cells import Cell, truncate, truncate_left
from widgets.glyphs import glyphs, status_glyph, status_tone

SLOW_RUNNER = "the runner sends every 60 s unless someone watches in the browser"
"""GitLab docs, ci/jobs/job_logs: the runner's update interval is 3 s only while the job's page is open."""
NOT_STARTED = frozenset({"manual", "scheduled", "skipped", "created"})
"""Statuses of a job that no runner will take by itself."""


def log_status(job: JobRun, held: int, reason: SyncState | None, connection: Connection | None) -> Cell:
    """What stands behind the last line of a job's log.

    Args:
        job: the job.
        held: bytes of its log that are on this machine.
        reason: what the engine says that the log waits for.
        connection: the server that it comes from.
    """
    if job.log.erased:
        told = reason.last_error if reason is not None else ""
        return Cell(_erased(held, told), "warning")
    if job.bridge:
        return Cell("a trigger job has no log; its child pipeline has", "dim")
    if is_whole(job, held):
        return Cell(f"{job.status} after {took(job.execution_time) or '0:00'}, {size(held)}", "dim")
    if connection is not None and connection.state not in {"ok", "unknown"}:
        words = f"{connection.name} is {connection.state}: {connection.last_error}"
        return Cell(f"{words}; {size(held)} are held here", "warning")
    if reason is not None and reason.last_error:
        return _reason(job, held, reason)
    if job.status == "running":
        return Cell(f"following, {size(held)}; {SLOW_RUNNER}", "running")
    if job.status in NOT_STARTED:
        return Cell(f"{job.status}: this job has not run", "dim")
    if job.status in ACTIVE:
        return Cell(f"{job.status.replace('_', ' ')}: the log begins when a runner takes the job", "pending")
    return Cell(f"{job.status}: the log is being fetched, {size(held)} so far", "pending")


def is_whole(job: JobRun, held: int) -> bool:
    """Whether all of a job's log is on this machine; it was and is not any more where the quota dropped it."""
    return job.log.complete and held >= job.log.size


def _erased(held: int, told: str) -> str:
    if not held:
        return told or "erased on the server; nothing of it is held here"
    return f"erased on the server; what we hold ({size(held)}) stays here"


def _reason(job: JobRun, held: int, reason: SyncState) -> Cell:
    """The engine's own words. What it has a hint for is trouble, the rest is waiting."""
    if reason.hint:
        return Cell(f"{reason.last_error}; {reason.hint}; {size(held)} are held here", "warning")
    if job.status == "running":
        return Cell(f"following, {size(held)}; {reason.last_error}", "running")
    return Cell(f"{reason.last_error}; {size(held)} so far" if held else reason.last_error, "pending")


def has_log(job: JobRun) -> bool:
    """Whether a job has a log, here or on the server: a trigger job has none, nor has one that did not start."""
    return not job.bridge and (job.start is not None or job.log.size > 0)


def two_attempts(job: JobRun, jobs: Iterable[JobRun]) -> tuple[JobRun, JobRun] | None:
    """Two attempts of `job` among the `jobs` of its run, the older first: the last two, or `job` and the last one.

    None where there is but one. Attempts of a job have its name (GitLab docs, ci/jobs: retry).
    """
    attempts = sorted((one for one in jobs if one.name == job.name and not one.bridge), key=lambda one: one.git_job_id)
    if len(attempts) < 2:  # noqa: PLR2004 - a pair
        return None
    older = next((one for one in attempts[:-1] if one.id == job.id), attempts[-2])
    return older, attempts[-1]


def attempt_heading(job: JobRun, now: datetime, *, chosen: bool) -> list[Cell]:
    """One attempt in a line: which, its status, how long it took, where it ran, why it failed."""
    mark = f"{status_glyph(job.status)} {job.status.replace('_', ' ')}"
    return [
        Cell(f"{glyphs().closed if chosen else ' '} attempt {job.attempt_number}", "accent" if chosen else "dim"),
        Cell(mark, status_tone(job.status)),
        Cell(took(job_seconds(job, now)) or "0:00"),
        Cell(job.endpoint, "dim"),
        Cell(job.failure_reason.replace("_", " "), "failed"),
    ]


def section_words(section: Section, now: datetime) -> str:
    """A section and how long it took, or has taken so far: `step_script 3:12`."""
    if section.hide_duration:
        return section.name
    seconds = section.seconds
    if seconds is None:
        seconds = max(0, int(now.timestamp()) - section.started) if section.end is None else 0
    return f"{section.name} {took(seconds)}".rstrip()


def merged_names(jobs: Sequence[JobRun], width: int) -> dict[str, str]:
    """Names by id that tell the jobs apart in `width` cells: where several have one, their numbers come first.

    Long names lose their middle: the jobs that GitLab makes of one (docs, ci/yaml: parallel) differ at the end.
    """
    names = [job.name for job in jobs]
    return {
        job.id: _shortened(job.name, width) if names.count(job.name) == 1 else f"#{job.git_job_id} {job.name}"
        for job in jobs
    }


def _shortened(name: str, width: int) -> str:
    if cell_len(name) <= width:
        return name
    head = truncate(name, width * 2 // 5 + 1)
    return head + truncate_left(name, width - cell_len(head) + 1).removeprefix(glyphs().ellipsis)


def merged_status(followed: Sequence[JobRun], more: int, connection: Connection | None, *, dropped: bool) -> Cell:
    """What stands behind the last line of a merged log; `more` jobs have a log that is not followed."""
    if not followed:
        return Cell("no job of this run has begun", "pending")
    going = [job for job in followed if job.status not in FINISHED]
    fetched = [job for job in followed if job.status in FINISHED and not job.log.complete]
    words = [f"following {plural(len(going), 'job')}"] if going else []
    if len(followed) > len(going):
        words.append(f"{plural(len(followed) - len(going), 'job')} ended")
    if fetched:
        words.append(f"{plural(len(fetched), 'log')} still being fetched")
    if more:
        words.append(f"{more} more not shown")
    if dropped:
        words.append("what came first was dropped here")
    if connection is not None and connection.state not in {"ok", "unknown"} and (going or fetched):
        return Cell("; ".join([f"{connection.name} is {connection.state}: {connection.last_error}", *words]), "warning")
    return Cell("; ".join(words), "running" if going else "dim")
