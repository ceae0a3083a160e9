"""The jobs that a launch will run, as the graph of a run that is not there yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from data.launch.asked import Request, Target, preview_of, ref_of
from data.launch.components import components
from data.model.pipeline import PipelineJob
from data.model.run import JobRun, PipelineRun, StageRun
from tui.present.graph import draw_graph, rows_wanted
from tui.present.joborder import Order, order_jobs
from widgets.cells import Cell, Span, crop_spans, fit_text, spans_width
from widgets.glyphs import status_glyph, status_tone
from widgets.graph import Drawing

NOBODY = "preview"
"""Stands for the server where a record must name one."""
NO_STAGE = "jobs"
"""Title of the column of jobs whose stage is not known."""
STAGE = 18
"""Cells of a stage's name where the jobs are listed."""
NO_TIME = datetime.fromtimestamp(0, UTC)
SWITCHED, BY_RULES = "switched off", "left out by its rules"
"""Why a job does not run."""
WHEN = {"manual": "manual", "delayed": "scheduled"}
"""Status of a job that waits for a person or a time (GitLab docs, ci/yaml, when)."""


class Outlook(NamedTuple):
    """What will run, as far as it is known.

    Attributes:
        said: sentences above the graph: where it comes from, and what CI lint said.
        jobs: the jobs, those that are off among them.
        off: why jobs do not run, by name.
    """

    said: tuple[Cell, ...]
    jobs: tuple[PipelineJob, ...]
    off: Mapping[str, str]


def outlook(target: Target, request: Request, flow: Mapping[str, bool]) -> Outlook:
    """The jobs of a request. `flow` says which components run."""
    ref, preview = ref_of(request, target), preview_of(request, target)
    jobs, said = target.jobs, []
    if preview is None:
        said.append(Cell(f"CI lint has not said yet what runs on {ref}; these are the jobs known before", "dim"))
    elif not preview.valid:
        said.append(Cell(f"CI lint refuses the configuration on {ref}", "failed"))
        said += [Cell(error, "failed") for error in preview.errors]
    else:
        jobs = preview.jobs
        said.append(Cell(f"CI lint, commit {preview.sha[:8]}", "dim") if preview.sha else Cell("CI lint", "dim"))
        if not preview.dry_run:
            said.append(Cell("no dry run was allowed: rules were not looked at, more or fewer jobs may run", "warning"))
        said += [Cell(warning, "warning") for warning in preview.warnings]
    off = _off(jobs, flow)
    names = {job.name for job in jobs}
    # What the dry run left out already, though it is on, runs only by other rules.
    missing = tuple(job for job in target.jobs if job.name not in names) if preview and preview.dry_run else ()
    off |= {job.name: BY_RULES if flow.get(job.name, True) else SWITCHED for job in missing}
    return Outlook(tuple(said), (*jobs, *missing), off)


def _off(jobs: Sequence[PipelineJob], flow: Mapping[str, bool]) -> dict[str, str]:
    """Why jobs do not run, by name."""
    parts = components(jobs, {name: on for name, on in flow.items() if not on})
    off = {one.name for one in parts if not one.on}
    return {
        one.name: next((f"needs {need}" for need in one.needs if need in off), SWITCHED) for one in parts if not one.on
    }


def draw(found: Outlook, width: int, height: int) -> Drawing:
    """The jobs in `width` cells; those that are off say so. Where the graph does not show all, a list does, of as
    many rows as it takes.
    """
    jobs = [_job(job, number, found.off) for number, job in enumerate(found.jobs)]
    order = _order(found, jobs)
    rows = rows_wanted(order)
    if rows <= height:
        graph = draw_graph(order, {job.id: job for job in jobs}, {}, (width, rows))
        if len(graph.places) == len(jobs):
            return graph
    return Drawing(tuple(_listed(jobs, width)))


def _listed(jobs: Sequence[JobRun], width: int) -> list[tuple[Span, ...]]:
    """The jobs stage by stage, as many in a row as fit."""
    rows: list[tuple[Span, ...]] = []
    for stage in dict.fromkeys(job.stage for job in jobs):
        row: list[Span] = [(f" {fit_text(stage, STAGE)} ", "bold")]
        for job in (one for one in jobs if one.stage == stage):
            piece: list[Span] = [(f"{status_glyph(job.status)} ", status_tone(job.status)), (f"{job.name}  ", "")]
            if len(row) > 1 and spans_width([*row, *piece]) > width:
                rows.append(crop_spans(row, width))
                row = [(" " * (STAGE + 2), "")]
            row += piece
        rows.append(crop_spans(row, width))
    return rows


def _order(found: Outlook, jobs: Sequence[JobRun]) -> Order:
    stages = dict.fromkeys(job.stage or NO_STAGE for job in found.jobs)
    run = PipelineRun(
        id=NOBODY, project_id=NOBODY, connection=NOBODY, git_project_id=0, git_pipeline_id=0, created=NO_TIME,
        stages=tuple(StageRun(name=name, order=place) for place, name in enumerate(stages)),
    )  # fmt: skip
    return order_jobs(run, jobs)


def _job(job: PipelineJob, number: int, off: Mapping[str, str]) -> JobRun:
    status = "skipped" if job.name in off else WHEN.get(job.when, "created")
    return JobRun(
        id=f"{number}:{job.name}",
        pipeline_run_id=NOBODY,
        project_id=NOBODY,
        connection=NOBODY,
        git_project_id=0,
        git_job_id=number,
        name=_called(job.name, off),
        stage=job.stage or NO_STAGE,
        status=status,
        needs=tuple(_called(need, off) for need in job.needs),
    )


def _called(name: str, off: Mapping[str, str]) -> str:
    """A job with the word that strikes it out; that comes first, since long names are cut."""
    return f"off {name}" if name in off else name


def off_lines(found: Outlook) -> Sequence[list[Cell]]:
    """What does not run, a line for each reason."""
    by_reason: dict[str, list[str]] = {}
    for name, why in found.off.items():
        by_reason.setdefault(why, []).append(name)
    return [[Cell(f"off: {', '.join(names)}", "dim"), Cell(why, "dim")] for why, names in by_reason.items()]
