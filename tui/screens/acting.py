"""Actions on runs and jobs: cancel, retry, play, launch, browser, copy. Each asks first; the answer defaults to No."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from data.errors import UsageError
from tui.screens.marking import Marking

if TYPE_CHECKING:
    from data.model.run import JobRun, PipelineRun
    from data.model.tracking import TrackedRun
    from data.model.work import Command
    from tui.actions import Runnable
    from tui.screens.marking import Marked, Target

    __all__ = ["Acting", "Marked", "Target"]

READ_ONLY = "Lineside runs read-only"
"""Why nothing is sent to a server."""


class Acting(Marking):
    """A screen with runs, jobs or MLflow runs to act on."""

    @property
    def current_run(self) -> PipelineRun | None:
        """The run that the screen is about, or the one under the cursor."""
        return None

    @property
    def current_job(self) -> JobRun | None:
        """The job under the cursor."""
        return None

    @property
    def current_tracked(self) -> TrackedRun | None:
        """The MLflow run that the screen is about, or the one under the cursor."""
        return None

    async def targets(self) -> Sequence[Target]:
        """What is marked, else what is under the cursor."""
        current = self.current_job or self.current_run or self.current_tracked
        return [current] if current is not None else []

    def project_of(self, target: Target) -> str:
        """Name of a target's project."""
        names = self.feed.overview.names if self.feed else {}
        return names.get(target.project_id, "")

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if reason := super().why_not(id):
            return reason
        if id == "settle" and self.dashboard.read_only:
            return READ_ONLY
        if id == "note" and self.dashboard.read_only and self.current_tracked is not None:
            return READ_ONLY
        target = self.current_job or self.current_run
        if id in {"run.cancel", "run.retry"} and target is not None:
            from tui.actions import why_not_cancel, why_not_retry

            return why_not_cancel(target) if id == "run.cancel" else why_not_retry(target)
        return ""

    async def do_run_cancel(self) -> None:
        """`x`: cancel."""
        from tui.actions import cancel_command

        await self._act(lambda target: cancel_command(target, project=self.project_of(target), by=self.dashboard.user))

    async def do_run_retry(self) -> None:
        """`r`: retry."""
        from tui.actions import retry_command

        await self._act(lambda target: retry_command(target, project=self.project_of(target), by=self.dashboard.user))

    def do_job_play(self) -> None:
        """`p`: start a manual job."""
        from tui.actions import play_command

        job = self.current_job
        if job is not None:
            self.offer([job], lambda _: play_command(job, project=self.project_of(job), by=self.dashboard.user))

    async def _act(self, build: Callable[[Runnable], Command]) -> None:
        self.offer(await self.targets(), build)  # type: ignore[arg-type]  # screens with these keys list no MLflow runs

    def offer(self, targets: Sequence[Target], build: Callable[[Target], Command]) -> None:
        """Ask one question about all commands that can be built, and send them."""
        from tui.actions import question

        commands, refusals, names = [], [], {}
        for target in targets:
            try:
                commands.append(build(target))
                names[target.id] = _short_name(target)
            except UsageError as error:
                refusals.append(error.message)
        if not commands:
            self.say(refusals[0] if refusals else "there is nothing under the cursor", "warning")
            return
        details = [command.title for command in commands] if len(commands) > 1 else []
        self.dashboard.confirm(question(commands), [*details, *refusals], lambda: self._send(commands, names))

    def _send(self, commands: Sequence[Command], names: dict[str, str]) -> None:
        self.work(partial(self._submit_all, commands, names), group=f"submit-{commands[0].id}")

    async def _submit_all(self, commands: Sequence[Command], names: dict[str, str]) -> None:
        """Put commands into the outbox, say so, and later what became of them."""
        from tui.actions import targets_called
        from tui.outcomes import Following

        feed = self.feed
        if feed is None:
            self.say("the store is still being opened", "warning")
            return
        for command in commands:
            await feed.submit(command)
        kind, many = commands[0].kind, len(commands) > 1
        what = f"{kind} {len(commands)} {targets_called(commands)}" if many else commands[0].title
        self.say(f"{what}: queued", "pending")
        Following(self.dashboard, commands, names)

    def do_launch(self) -> None:
        """`t`: the launch form of the project."""
        project_id = self.launch_project()
        if project_id:
            self.dashboard.open_launch(project_id)
        else:
            self.say("there is no project under the cursor", "warning")

    def launch_project(self) -> str:
        """Id of the project that `t` starts something in."""
        return self.current_run.project_id if self.current_run else ""

    def do_launch_like(self) -> None:
        """`T`: the launch form, filled from this run."""
        if self.current_run is not None:
            self.dashboard.open_launch(self.current_run.project_id, like=self.current_run)

    def address(self) -> str:
        """Web address of what is under the cursor."""
        target = self.current_job or self.current_run
        return target.web_url if target else ""

    def do_browse(self) -> None:
        """`o`: the browser."""
        self.dashboard.browse(self.address())

    def do_copy(self) -> None:
        """`y`: copy the address."""
        address = self.address()
        if address:
            self.dashboard.copy_to_clipboard(address)
            self.say(f"copied {address}")
        else:
            self.say("there is no address to copy", "warning")


def _short_name(target: Target) -> str:
    """How a target is called beside others of its kind: `#4312`, `train`, `calm-owl-7`."""
    from data.model.run import JobRun, PipelineRun

    if isinstance(target, PipelineRun):
        return f"#{target.git_pipeline_id}"
    return target.name if isinstance(target, JobRun) else target.name or target.run_id[:8]
