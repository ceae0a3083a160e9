"""Which run an MLflow run belongs to. Pure rules; `data.engine.linker` applies them to a store.

First match wins: the run that was launched with this MLFLOW_RUN_ID; tag `gitlab.CI_JOB_ID` (GitLab docs, MLflow client
compatibility); tags that the configuration names; the same commit at the same time, which is likely only. A nested run
that says nothing itself goes where its parent went.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from msgspec.structs import replace

from data.model import JobRun, PipelineRun, TrackedRun

JOB_TAG: Final = "gitlab.CI_JOB_ID"
"""Tag by which GitLab itself joins an MLflow run with a job."""
COMMIT_TAG: Final = "mlflow.source.git.commit"
"""Tag in which MLflow keeps the commit that it ran from."""
MLFLOW_RUN_ID: Final = "MLFLOW_RUN_ID"
"""Variable by which MLflow's client takes up an existing run."""
RUN_ID: Final = "RUN_ID"
"""Variable that the runs of one `RunInfo` share."""
SLACK: Final = timedelta(seconds=90)
"""How far clocks of runners and servers may differ."""
ORDER: Final = {"launch": 0, "job": 1, "tag": 2, "commit": 3}
"""Ways to join, the surest first."""


class Keys(NamedTuple):
    """What an MLflow run says about where it ran."""

    job: int = 0
    tagged_jobs: tuple[int, ...] = ()
    pipelines: tuple[int, ...] = ()
    run_infos: tuple[str, ...] = ()
    commit: str = ""

    def tokens(self, run: TrackedRun) -> set[str]:
        """Words under which a run or job that appears later finds this MLflow run."""
        jobs = {f"job:{job}" for job in (self.job, *self.tagged_jobs) if job}
        pipelines = {f"pipeline:{pipeline}" for pipeline in self.pipelines}
        infos = {f"run:{info}" for info in self.run_infos}
        commits = {f"commit:{self.commit}"} if self.commit else set()
        parents = {f"parent:{run.parent_run_id}"} if run.parent_run_id else set()
        return {f"launch:{run.run_id}"} | jobs | pipelines | infos | commits | parents


class Candidates(NamedTuple):
    """What the store holds under a run's keys."""

    launched: PipelineRun | None = None
    jobs: Mapping[int, JobRun] = {}
    pipelines: Mapping[int, PipelineRun] = {}
    of_run_info: Sequence[PipelineRun] = ()
    of_commit: Sequence[PipelineRun] = ()
    parent: TrackedRun | None = None


class Match(NamedTuple):
    """Where an MLflow run belongs."""

    pipeline_run_id: str
    job_run_id: str = ""
    by: str = "launch"
    certain: bool = True


def keys(run: TrackedRun, patterns: Iterable[str]) -> Keys:
    """What the tags of `run` say; `patterns` are the project's `link_tags`."""
    jobs: list[int] = []
    pipelines: list[int] = []
    infos: list[str] = []
    patterns = tuple(patterns)
    for tag, value in run.tags.items():
        if not value or tag == JOB_TAG or not any(fnmatchcase(tag, pattern) for pattern in patterns):
            continue
        word = tag.lower()
        if "run_id" in word or (tag in patterns and not value.isdecimal()):
            infos.append(value)
        elif value.isdecimal() and not word.endswith("iid"):
            (jobs if "job" in word else pipelines).append(int(value))
    own = run.tags.get(JOB_TAG, "")
    return Keys(
        job=int(own) if own.isdecimal() else 0,
        tagged_jobs=tuple(jobs),
        pipelines=tuple(pipelines),
        run_infos=tuple(infos),
        commit=run.tags.get(COMMIT_TAG, ""),
    )


def match(run: TrackedRun, found: Keys, candidates: Candidates, now: datetime) -> Match | None:
    """The first rule that holds, None when none does."""
    if (launched := candidates.launched) is not None:
        named = (candidates.jobs.get(job_id) for job_id in (found.job, *found.tagged_jobs))
        own = next((job.id for job in named if job is not None and job.pipeline_run_id == launched.id), "")
        return Match(launched.id, own)
    for by, job_ids in (("job", (found.job,)), ("tag", found.tagged_jobs)):
        for job_id in job_ids:
            if (job := candidates.jobs.get(job_id)) is not None:
                return Match(job.pipeline_run_id, job.id, by)
    for pipeline_id in found.pipelines:
        if (pipeline := candidates.pipelines.get(pipeline_id)) is not None:
            return Match(pipeline.id, by="tag")
    if candidates.of_run_info:
        return _of_run_info(run, found, candidates.of_run_info, now)
    parent = candidates.parent
    if parent is not None and parent.pipeline_run_id and parent.linked_by in ORDER:
        return Match(parent.pipeline_run_id, parent.job_run_id, parent.linked_by, parent.linked_by != "commit")
    if (likely := _within(run, candidates.of_commit, now)) is not None:
        return Match(likely.id, by="commit", certain=False)
    return None


def is_settled(run: TrackedRun, found: Keys) -> bool:
    """Whether no better place for `run` can turn up: it has the run it belongs to, and the job where it names one."""
    names_job = bool(found.job or found.tagged_jobs)
    return bool(run.pipeline_run_id) and run.linked_by != "commit" and (bool(run.job_run_id) or not names_job)


def apply(run: TrackedRun, found: Match | None, project_id: str) -> TrackedRun:
    """The MLflow run with its links; a surer one that it has already is kept."""
    if found is None:
        return replace(run, project_id=run.project_id or project_id)
    if run.pipeline_run_id and ORDER.get(run.linked_by, 0) < ORDER[found.by]:
        return run
    return replace(
        run,
        project_id=project_id,
        pipeline_run_id=found.pipeline_run_id,
        job_run_id=found.job_run_id,
        linked_by=found.by,
    )


def slim(run: TrackedRun) -> TrackedRun:
    """An MLflow run with what it belongs to and when it ran only: what it logged may be hundreds of kilobytes."""
    return replace(run, metrics={}, params={}, tags={}, datasets=(), models=(), note="", artifact_uri="")


def _of_run_info(run: TrackedRun, found: Keys, runs: Sequence[PipelineRun], now: datetime) -> Match:
    if len(runs) == 1:
        return Match(runs[0].id, by="tag")
    same = [one for one in runs if found.commit and one.git_commit_hash == found.commit] or runs
    picked = _within(run, same, now) or max(same, key=lambda one: one.created)
    return Match(picked.id, by="tag")


def _within(run: TrackedRun, runs: Sequence[PipelineRun], now: datetime) -> PipelineRun | None:
    """The newest of `runs` that was under way when `run` started."""
    if run.start is None:
        return None
    under_way = [one for one in runs if run.start <= (one.completion or now) + SLACK]
    before = [one for one in under_way if (one.start or one.created) <= run.start]
    if before:
        return max(before, key=lambda one: one.created)
    # A runner's clock may be slow: the MLflow run then seems to begin before its pipeline.
    soon = [one for one in under_way if (one.start or one.created) - SLACK <= run.start]
    return min(soon, key=lambda one: one.created, default=None)
