"""The runs of one RUN_ID: what they come to together, and the cases of a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from data.model.pipeline import Pipeline, PipelineAPI
from data.model.run import JobRun, PipelineRun, RunInfo
from data.model.vocabulary import ACTIVE, BLOCKED, TEST
from tui.present.run import ago
from tui.present.runs import RUNS, elapsed, metric_cell, run_glyph, stage_strip, status_word
from tui.present.text import moment, plural, took
from tui.table import Scene, column
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph, status_tone
from widgets.rows import Row

SHOWN = ("id", "status", "project", "api", "kind", "ref", "stages", "created", "took", "metric", "by")
RUN_COLUMNS = tuple(spec for key in SHOWN if (spec := RUNS.spec(key)))
"""Columns of the runs, as in the history."""
CASE_COLUMNS: tuple[Column, ...] = (
    column("case", "case", 20, 0, least=12, flex=1),
    column("status", "status", 11, 1, least=8),
    column("run", "run", 9, 1, least=7),
    column("stages", "stages", 9, 3, least=6),
    column("took", "took", 8, 2, least=6, right=True),
    column("metric", "metric", 16, 4, least=14),
    column("why", "", 24, 5, least=10, flex=2),
)
"""Columns of the cases."""
CASE = "case:"
"""What the names of a test's trigger jobs may begin with."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The runs of one RUN_ID and what they belong to.

    Attributes:
        runs: those that are tested, or all where it is no test; oldest first.
        test: the run of the test repository's pipeline.
        jobs: its jobs.
    """

    id: str
    info: RunInfo | None = None
    runs: tuple[PipelineRun, ...] = ()
    test: PipelineRun | None = None
    jobs: tuple[JobRun, ...] = ()
    pipeline: Pipeline | None = None
    api: PipelineAPI | None = None

    @property
    def every(self) -> tuple[PipelineRun, ...]:
        """All runs, that of the test repository first."""
        return (self.test, *self.runs) if self.test else self.runs

    @property
    def kind(self) -> str:
        """Production or test."""
        return self.info.kind if self.info else self.every[0].kind if self.every else ""

    @property
    def project_id(self) -> str:
        """Project of the first run."""
        return self.every[0].project_id if self.every else ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a test: the trigger job, and the run that it started."""

    job: JobRun
    run: PipelineRun | None

    @property
    def name(self) -> str:
        """Its name, without what all of them begin with."""
        return self.job.name.removeprefix(CASE).strip() or self.job.name


def together_status(found: Gathered) -> str:
    """How they do: what the test's pipeline says, else the most urgent of all."""
    if found.test is not None:
        return found.test.status
    statuses = {run.status for run in found.runs}
    for wanted in (ACTIVE, BLOCKED, {"failed"}, {"canceled"}):
        if both := sorted(statuses & wanted):
            return "running" if "running" in both else both[0]
    return "success" if "success" in statuses else min(statuses, default="created")


def head_lines(found: Gathered, names: Mapping[str, str], now: datetime) -> list[list[Cell]]:
    """The three lines at the top: how it goes, what it is, when it was."""
    return [_how(found, now), _what(found, names), _when(found, now)]


def _how(found: Gathered, now: datetime) -> list[Cell]:
    status = together_status(found)
    line = [Cell(f"{status_glyph(status)} {status.replace('_', ' ')}", status_tone(status))]
    line.append(Cell.of(("RUN_ID ", "dim"), (found.id, "accent")))
    line.append(Cell(found.kind, "warning" if found.kind == TEST else "dim"))
    signs = [
        (f" {status_glyph(name)}{count}", status_tone(name))
        for name, count in sorted(Counter(run.status for run in found.runs).items())
    ]
    line.append(Cell.of((plural(len(found.runs), "case" if found.test is not None else "run"), ""), *signs))
    if seconds := span(found, now):
        line.append(Cell.of(("took " if found.info and found.info.finish_time else "for ", "dim"), (took(seconds), "")))
    return line


def span(found: Gathered, now: datetime) -> float:
    """Seconds from the beginning to the end of all, or until now."""
    begin = began(found)
    if begin is None:
        return 0.0
    end = found.info.finish_time if found.info else None
    return max(0.0, ((end or now) - begin).total_seconds())


def began(found: Gathered) -> datetime | None:
    """When it was made: what is known of it, else its first run."""
    if found.info is not None and found.info.create_time is not None:
        return found.info.create_time
    return min((run.created for run in found.every), default=None)


def _what(found: Gathered, names: Mapping[str, str]) -> list[Cell]:
    line = [Cell(names.get(found.project_id, found.project_id), "bold")]
    if found.pipeline is not None:
        line.append(Cell.of(("pipeline ", "dim"), (found.pipeline.name, "")))
    apis = [found.api.name] if found.api else sorted({run.api for run in found.runs if run.api})
    if apis:
        line.append(Cell.of(("API " if len(apis) == 1 else "APIs ", "dim"), (", ".join(apis), "")))
    if found.test is not None:
        name = f"#{found.test.git_pipeline_id} {found.test.name}".strip()
        line.append(Cell.of(("test pipeline ", "dim"), (name, "")))
    return line


def _when(found: Gathered, now: datetime) -> list[Cell]:
    begin, end = began(found), found.info.finish_time if found.info else None
    line = [Cell.of(("created ", "dim"), (moment(begin, now), ""), (f" {ago(begin, now)}", "dim"))]
    line.append(
        Cell.of(("finished ", "dim"), (moment(end, now), ""), (f" {ago(end, now)}", "dim"))
        if end
        else Cell("not finished", "dim")
    )
    requester = (found.info.requester if found.info else "") or (found.every[0].triggered_by if found.every else "")
    line.append(Cell.of(("by ", "dim"), (requester or "unknown", "")))
    return line


def run_row(run: PipelineRun, scene: Scene) -> Row:
    """A run as in the history."""
    return Row(run.id, tuple(spec.draw(run, scene) for spec in RUN_COLUMNS))


def run_holds(run: PipelineRun, names: Mapping[str, str], text: str) -> bool:
    """Whether a run matches words."""
    words = (
        f"{run.git_pipeline_id} {run.status} {names.get(run.project_id, '')} {run.api} {run.kind} {run.ref} {run.name}"
    )
    return all(word in words.lower() for word in text.lower().split())


def cases_of(found: Gathered) -> list[Case]:
    """The cases of a test, those first that did not succeed: its trigger jobs, without earlier attempts."""
    by_id = {run.id: run for run in found.runs}
    cases = [Case(job, by_id.get(job.downstream)) for job in found.jobs if job.bridge and not job.retried]
    return sorted(cases, key=lambda case: (case.job.status != "failed", case.job.git_job_id))


def case_row(case: Case, now: datetime) -> Row:
    """A cell per entry of `CASE_COLUMNS`."""
    job, run = case.job, case.run
    status, tone = (status_word(run), run_glyph(run)) if run else (job.status, _sign(job))
    cells = (
        Cell.of((f"{tone[0]} ", tone[1]), (case.name, "")),
        Cell(status, tone[1]),
        Cell(f"#{run.git_pipeline_id}" if run else ""),
        stage_strip(run) if run else Cell(),
        Cell(took(elapsed(run, now)) if run else ""),
        metric_cell(run) if run else Cell(),
        Cell(case_why(case), "dim"),
    )
    return Row(job.id, cells)


def _sign(job: JobRun) -> tuple[str, str]:
    return status_glyph(job.status), status_tone(job.status)


def case_why(case: Case) -> str:
    """What there is to say of a case beside its run's status."""
    if case.run is not None:
        return f"{plural(case.run.failed_count, 'job')} failed" if case.run.failed_count else ""
    if case.job.failure_reason:
        return case.job.failure_reason.replace("_", " ")
    return "its run is not read yet" if case.job.downstream else "has started nothing yet"


def case_holds(case: Case, text: str) -> bool:
    """Whether a case matches words."""
    words = f"{case.name} {case.job.status} {case.run.status if case.run else ''} {case_why(case)}"
    return all(word in words.lower() for word in text.lower().split())
