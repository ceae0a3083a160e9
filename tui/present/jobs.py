"""The jobs of a run as a tree: stages, attempts, child pipelines to any depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from data.model.run import JobRun, PipelineRun
from data.model.vocabulary import ACTIVE
from tui.present.runs import elapsed, run_glyph, status_word
from tui.present.text import took
from widgets.cells import Cell, Column, layout
from widgets.glyphs import glyphs, status_glyph, status_tone

GANTT = "gantt"
"""Key of the column of the Gantt strips; its title is the time axis."""
COLUMNS: tuple[Column, ...] = (
    Column(key="job", title="job", width=26, min_width=16, flex=2, priority=0),
    Column(key="status", title="status", width=10, min_width=8, priority=1),
    Column(key="took", title="took", width=8, min_width=6, align="right", priority=2),
    Column(key=GANTT, title="", width=24, min_width=16, flex=6, priority=3),
    Column(key="why", title="", width=22, min_width=16, flex=1, priority=4),
    Column(key="queued", title="queued", width=7, min_width=6, align="right", priority=5),
    Column(key="runner", title="runner", width=14, min_width=10, priority=6),
)
"""Columns of the job tree."""
DEEP = 6
"""Depth of the tree below which each level moves by one cell only."""


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree: a stage's heading, a job, or a child pipeline's heading."""

    key: str
    depth: int
    stage: str = ""
    job: JobRun | None = None
    run: PipelineRun | None = None
    home: str = ""
    """Project of the run above a child pipeline."""
    lost: bool = False
    """Whether the job started a pipeline that the store does not have: that of a project which is not looked at."""


def job_tree(
    run: PipelineRun,
    jobs: Mapping[str, Sequence[JobRun]],
    children: Mapping[str, PipelineRun],
    *,
    attempts: bool,
    whole: bool = False,
) -> list[Node]:
    """The lines of a run's tree. `jobs` holds the jobs by run id; `attempts` shows earlier attempts, too.

    `whole`: the store has no other runs below it than `children`.
    """
    nodes = list(_branch(run, jobs, children, attempts, 0, frozenset()))
    return nodes if whole else [replace(node, lost=False) if node.lost else node for node in nodes]


def _branch(
    run: PipelineRun,
    jobs: Mapping[str, Sequence[JobRun]],
    children: Mapping[str, PipelineRun],
    attempts: bool,
    depth: int,
    seen: frozenset[str],
) -> Iterable[Node]:
    if run.id in seen:
        return
    of_stage: dict[str, list[JobRun]] = {stage.name: [] for stage in run.stages}
    for job in sorted(jobs.get(run.id, ()), key=lambda job: job.git_job_id):
        of_stage.setdefault(job.stage, []).append(job)
    for stage, mine in of_stage.items():
        in_stage = [job for job in mine if attempts or not job.retried]
        if not in_stage:
            continue
        yield Node(f"{run.id}/{stage}", depth, stage=stage, run=run)
        for job in sorted(in_stage, key=lambda job: (job.name, job.git_job_id)):
            child = children.get(job.downstream)
            yield Node(job.id, depth + 1, stage=stage, job=job, lost=bool(job.downstream) and child is None)
            if child is not None:
                yield Node(child.id, depth + 2, run=child, home=run.project_id)
                yield from _branch(child, jobs, children, attempts, depth + 3, seen | {run.id})


def job_seconds(job: JobRun, now: datetime) -> float:
    """Seconds that a job took, or has taken so far."""
    if job.status in ACTIVE and job.start is not None:
        return max(0.0, (now - job.start).total_seconds())
    return float(job.execution_time)


def job_why(job: JobRun) -> str:
    """What there is to say about a job beside its status."""
    words = []
    if job.attempt_number > 1:
        words.append(f"attempt {job.attempt_number}")
    if job.retried:
        words.append("retried since")
    if job.failure_reason:
        words.append(job.failure_reason.replace("_", " "))
    if job.status == "failed" and job.allows_failure:
        words.append("allowed to fail")
    if job.status == "manual":
        words.append("waits for p (play)")
    if job.bridge:
        words.append("started a pipeline" if job.downstream else "starts a pipeline")
    if job.log.erased:
        words.append("log erased on the server")
    return ", ".join(words)


def matching(nodes: Sequence[Node], text: str) -> list[Node]:
    """The jobs in whose name, status, stage, runner or reason `text` occurs, under their headings."""
    wanted = text.lower()
    kept: list[Node] = []
    headings: list[Node] = []
    for node in nodes:
        headings = [one for one in headings if one.depth < node.depth]
        if node.job is None:
            headings.append(node)
        elif wanted in _words(node.job):
            kept += [*headings, node]
            headings = []
    return kept


def _words(job: JobRun) -> str:
    return " ".join((job.name, job.stage, job.status, job.endpoint, job_why(job))).lower()


def gantt_columns(width: int, title: str) -> tuple[Column, ...]:
    """`COLUMNS` with the time axis in place; `width` are the cells of the column, 0 where it has no room."""
    return tuple(replace(column, title=title) if column.key == GANTT and width else column for column in COLUMNS)


def gantt_width(width: int) -> int:
    """Cells of the Gantt strips in a tree of `width` cells; 0 where there is no room."""
    placed = {COLUMNS[one.column].key: one.width for one in layout(COLUMNS, width)}
    return placed.get(GANTT, 0)


def node_cells(node: Node, now: datetime, strip: Cell = Cell()) -> tuple[Cell, ...]:  # noqa: B008 - it cannot change
    """A line of the tree, a cell per entry of `COLUMNS`; `strip` is its Gantt strip."""
    indent = "  " * min(node.depth, DEEP) + " " * max(0, node.depth - DEEP)
    if node.job is not None:
        job = node.job
        failed_softly = job.status == "failed" and job.allows_failure
        tone = "warning" if failed_softly else status_tone(job.status)
        why = job_why(job) + (", not known here" if node.lost else "")
        return (
            Cell.of((indent, ""), (status_glyph(job.status) + " ", tone), (job.name, "dim" if job.retried else "")),
            Cell(job.status.replace("_", " "), tone),
            Cell(took(job_seconds(job, now))),
            strip,
            Cell(why, "failed" if job.failure_reason and not failed_softly else "dim"),
            Cell(took(job.queued_time), "dim"),
            Cell(job.endpoint, "dim"),
        )
    run = node.run
    if run is None:
        return (Cell(indent + node.stage, "bold"),)
    if node.stage:
        stage = next((stage for stage in run.stages if stage.name == node.stage), None)
        words = stage.status.replace("_", " ") if stage else ""
        return (Cell(indent + node.stage, "bold"), Cell(words, "dim"), *[Cell()] * (len(COLUMNS) - 2))
    glyph, tone = run_glyph(run)
    elsewhere = run.project_id != node.home
    return (
        Cell.of((f"{indent}{glyphs().open} {glyph} ", tone), (f"#{run.git_pipeline_id} {run.name}".rstrip(), "accent")),
        Cell(status_word(run), tone),
        Cell(took(elapsed(run, now))),
        strip,
        Cell("pipeline of another project" if elsewhere else "child pipeline", "dim"),
        Cell(),
        Cell(),
    )
