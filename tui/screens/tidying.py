"""Keys that erase, keep, delete, rename and play, on one or on all that is marked. Each asks first; No is the default.

What is lost for good is named in the question, with what is held here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from data.errors import UsageError

if TYPE_CHECKING:
    from data.model.artifact import Artifact
    from data.model.project import Project
    from data.model.run import JobRun, PipelineRun
    from data.model.work import Connection
    from tui.screens.marking import Marking as Part
    from tui.screens.marking import Target
else:
    Part = object  # Textual does much for each class of screens, and the first frame waits for it: this is part of one

PLAY: Final = "play"
"""Beginning of the prompt for the variables of manual jobs, and name of its history."""
RENAME: Final = "name"
"""Beginning of the prompt for another name, and name of its history."""
OF_JOBS: Final = frozenset({"job.erase", "job.keep", "job.play"})
"""Commands on jobs."""
OF_RUNS: Final = frozenset({"run.delete", "run.rename", "run.together"})
"""Commands on runs."""
WRITES: Final = frozenset({*OF_JOBS, "run.delete", "run.rename", "schedule.run"})
"""Those that change a server."""
MOST_ARTIFACTS: Final = 1_000
"""Artifacts that are looked at for how long they are kept."""
MOST_JOBS: Final = 1_000
"""Jobs that are counted before their runs are deleted."""


class Tidying(Part):
    """The part of an `Acting` screen that has these keys."""

    # What may be done

    def project_record(self, target: Target) -> Project | None:
        """The project of a target, as far as it is known."""
        return self.feed.overview.projects.get(target.project_id) if self.feed else None

    def connection_record(self, target: Target) -> Connection | None:
        """The connection of a target, as far as it is known."""
        connections = self.feed.overview.connections if self.feed else ()
        return next((one for one in connections if one.id == target.connection), None)

    def why_not_tidy(self, id: str) -> str:
        """Why one of these commands cannot be used now; of marked ones each is looked at when it is used."""
        if id in WRITES and self.dashboard.read_only:
            return "Lineside runs read-only"
        if self.has_marks():
            return ""
        if id in OF_JOBS:
            job = self.current_job
            return self._why_not_job(id, job) if job is not None else "there is no job under the cursor"
        run = self.current_run
        return self._why_not_run(id, run) if run is not None else "there is no run under the cursor"

    def _why_not_job(self, id: str, job: JobRun) -> str:
        from tui.actions import why_not_play
        from tui.reasons_more import why_not_erase, why_not_in, why_not_keep

        if reason := why_not_in(self.project_record(job), self.connection_record(job)):
            return reason
        if id == "job.play":
            return why_not_play(job)
        return why_not_erase(job) if id == "job.erase" else why_not_keep(job, (), self.now())

    def _why_not_run(self, id: str, run: PipelineRun) -> str:
        from tui.reasons_more import why_not_delete, why_not_in, why_not_rename

        if id == "run.together":
            return "" if run.run_info_id else "this run has no RUN_ID that others could share"
        project = self.project_record(run)
        if reason := why_not_in(project, self.connection_record(run)):
            return reason
        return why_not_delete(run, project) if id == "run.delete" else why_not_rename(run)

    async def _jobs(self) -> list[JobRun]:
        """The jobs among the targets."""
        from data.model.run import JobRun

        return [one for one in await self.targets() if isinstance(one, JobRun)]

    async def _runs(self) -> list[PipelineRun]:
        """The runs among the targets, else the run that the screen is about."""
        from data.model.run import PipelineRun

        found = [one for one in await self.targets() if isinstance(one, PipelineRun)]
        return found or ([self.current_run] if self.current_run is not None else [])

    # Jobs

    async def do_job_play(self) -> None:
        """`p`: start manual jobs, with variables of their own where some are typed."""
        from tui.actions import why_not_play, why_not_variables
        from tui.actions_more import parse_variables
        from tui.present.text import plural

        jobs = await self._jobs()
        waiting = [job for job in jobs if not why_not_play(job)]
        if not waiting:
            return self.say(why_not_play(jobs[0]) if jobs else "there is no job under the cursor", "warning")
        project = self.project_record(waiting[0])
        if project is not None and why_not_variables(project):
            return self._play(jobs, "")
        what = waiting[0].name if len(waiting) == 1 else plural(len(waiting), "job")
        head = f"{PLAY} {what} with KEY=VALUE"
        self._prompt(PLAY, head, "", partial(self._play_with, jobs), parse_variables, None)

    async def _play_with(self, jobs: Sequence[JobRun], text: str) -> None:
        self._play(jobs, text)

    def _play(self, jobs: Sequence[JobRun], text: str) -> None:
        from tui.actions import play_command
        from tui.actions_more import parse_variables

        variables, by = parse_variables(text), self.dashboard.user
        self.offer(
            jobs,
            lambda job: play_command(job, variables=variables, project=self.project_of(job), by=by),  # type: ignore[arg-type]
            [f"with {one.key}={one.value}" for one in variables],
        )

    async def do_job_erase(self) -> None:
        """`ctrl+x`: erase log and artifacts of jobs on the server."""
        from tui.actions_more import erase_command
        from tui.present.losses import erase_losses

        jobs, by = await self._jobs(), self.dashboard.user
        self.offer(
            jobs,
            lambda job: erase_command(job, self.project_record(job), self.connection_record(job), by=by),  # type: ignore[arg-type]
            erase_losses(jobs),
        )

    async def do_job_keep(self) -> None:
        """`K`: keep the artifacts of jobs for good."""
        from tui.actions_more import keep_command

        jobs, by, now = await self._jobs(), self.dashboard.user, self.now()
        known = await self._artifacts(jobs)
        self.offer(
            jobs,
            lambda job: keep_command(
                job, known.get(job.id, ()), self.project_record(job), self.connection_record(job), now=now, by=by  # type: ignore[arg-type]
            ),
        )  # fmt: skip

    async def _artifacts(self, jobs: Sequence[JobRun]) -> Mapping[str, list[Artifact]]:
        """What is known of the artifacts of jobs, by the job's id."""
        from data.model.artifact import Artifact

        found: dict[str, list[Artifact]] = {}
        if self.feed is not None:
            where = {"job_run_id": [job.id for job in jobs]}
            for one in (await self.feed.context.store.page(Artifact, where=where, limit=MOST_ARTIFACTS)).records:
                found.setdefault(one.job_run_id, []).append(one)
        return found

    # Runs

    async def do_run_delete(self) -> None:
        """`D`: delete runs on the server."""
        from tui.actions_more import delete_command
        from tui.present.losses import delete_losses

        runs, by = await self._runs(), self.dashboard.user
        self.offer(
            runs,
            lambda run: delete_command(run, self.project_record(run), self.connection_record(run), by=by),  # type: ignore[arg-type]
            delete_losses(runs, await self._jobs_of(runs)),
        )

    async def _jobs_of(self, runs: Sequence[PipelineRun]) -> Sequence[JobRun]:
        from data.model.run import JobRun

        if self.feed is None:
            return ()
        where = {"pipeline_run_id": [run.id for run in runs]}
        return (await self.feed.context.store.page(JobRun, where=where, limit=MOST_JOBS)).records

    async def do_run_rename(self) -> None:
        """`M`: another name for runs."""
        runs = await self._runs()
        if not runs:
            return self.say("there is no run under the cursor", "warning")
        names = {run.name for run in runs}
        head = RENAME if len(runs) == 1 else f"{RENAME} of {len(runs)} runs"
        self._prompt(RENAME, head, names.pop() if len(names) == 1 else "", partial(self._rename, runs), _named, None)

    async def _rename(self, runs: Sequence[PipelineRun], name: str) -> None:
        from tui.actions_more import rename_command

        by = self.dashboard.user
        self.offer(
            runs,
            lambda run: rename_command(run, name, self.project_record(run), self.connection_record(run), by=by),  # type: ignore[arg-type]
        )

    def do_run_together(self) -> None:
        """`i`: the runs with the same RUN_ID."""
        run = self.current_run
        if run is not None:
            self.dashboard.open_together(run.run_info_id)


def _named(text: str) -> None:
    """Raises `UsageError` for what is no name."""
    if not text.strip():
        raise UsageError("a run needs a name")
