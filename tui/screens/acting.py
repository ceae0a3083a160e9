"""Actions on runs and jobs: cancel, retry, play, launch, browser, copy. Each asks first; the answer defaults to No."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from data.errors import UsageError
from tui.screens.base import LinesideScreen

if TYPE_CHECKING:
    from typing import TypeAlias

    from data.model.run import JobRun, PipelineRun
    from data.model.work import Command

    Target: TypeAlias = PipelineRun | JobRun
    """What an action works on."""


class Acting(LinesideScreen):
    """A screen with runs or jobs to act on."""

    async def targets(self) -> Sequence[Target]:
        """What is marked, else what is under the cursor."""
        return ()

    @property
    def current_run(self) -> PipelineRun | None:
        """The run that the screen is about, or the one under the cursor."""
        return None

    @property
    def current_job(self) -> JobRun | None:
        """The job under the cursor."""
        return None

    def project_of(self, target: Target) -> str:
        """Name of a target's project."""
        names = self.feed.overview.names if self.feed else {}
        return names.get(target.project_id, "")

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        target = self.current_job or self.current_run
        if reason := super().why_not(id):
            return reason
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
            self._build([job], lambda _: play_command(job, project=self.project_of(job), by=self.dashboard.user))

    async def _act(self, build: Callable[[Target], Command]) -> None:
        self._build(await self.targets(), build)

    def _build(self, targets: Sequence[Target], build: Callable[[Target], Command]) -> None:
        from tui.actions import question

        commands, refusals = [], []
        for target in targets:
            try:
                commands.append(build(target))
            except UsageError as error:
                refusals.append(error.message)
        if not commands:
            self.say(refusals[0] if refusals else "there is nothing under the cursor", "warning")
            return
        details = [command.title for command in commands] if len(commands) > 1 else []
        self.dashboard.confirm(question(commands), [*details, *refusals], lambda: self._send(commands))

    def _send(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self.submit(command)

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
