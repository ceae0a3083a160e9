"""Actions on runs and jobs: cancel, retry, launch, browser, copy. Each asks first; the answer defaults to No."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from data.errors import UsageError
from tui.screens.marking import Marking
from tui.screens.tidying import OF_JOBS, OF_RUNS, Tidying

if TYPE_CHECKING:
    from data.model.work import Command
    from tui.actions import Runnable
    from tui.screens.marking import Marked, Target

    __all__ = ["Acting", "Marked", "Target"]

READ_ONLY = "Lineside runs read-only"
"""Why nothing is sent to a server."""
FEW_TITLES = 8
"""Commands that a question lists line by line; of more it has the short names."""
FEW_NAMES = 60
"""Short names that a question lists; of more it says how many there are."""
AT_ONCE = 100
"""Commands that are written in one transaction."""
FEW_REFUSALS = 3
"""Reasons that a question gives for what is left out; of more it says how many there are."""
UNDO_SECONDS = 6.0
"""How long the key that takes back a launch does so wherever the cursor stands: as long as it is said."""


class JustSent(NamedTuple):
    """Launches that were just sent from a screen."""

    ids: list[str]
    until: float
    """By the monotonic clock."""


class Acting(Tidying, Marking):
    """A screen with runs, jobs or MLflow runs to act on."""

    _sent: JustSent | None = None
    """Launches that were just sent from here."""

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
        if id == "run.delete" and self.just_sent():
            return ""
        if id in OF_JOBS or id in OF_RUNS:
            return self.why_not_tidy(id)
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

    async def _act(self, build: Callable[[Runnable], Command]) -> None:
        self.offer(await self.targets(), build)  # type: ignore[arg-type]  # screens with these keys list no MLflow runs

    def offer(self, targets: Sequence[Target], build: Callable[[Target], Command], details: Sequence[str] = ()) -> None:
        """Ask one question about all commands that can be built, and send them. `details` stand before their names."""
        from tui.actions_more import question_of

        commands, refusals, names = [], [], {}
        for target in targets:
            try:
                commands.append(build(target))
                names[target.id] = short_name(target)
            except UsageError as error:
                refusals.append(error.message)
        if not commands:
            self.say(refusals[0] if refusals else "there is nothing under the cursor", "warning")
            return
        told = [*details, *_listed(commands, names), *_left_out(refusals)]
        self.dashboard.confirm(question_of(commands), told, lambda: self._send(commands, names, refusals))

    def submit(self, command: Command) -> None:
        """Hand a command to the engine, say so, and follow what becomes of it."""
        self._send([command], {}, [])

    def _send(self, commands: Sequence[Command], names: dict[str, str], left_out: Sequence[str]) -> None:
        self.work(partial(self._submit_all, commands, names, left_out), group=f"submit-{commands[0].id}")

    async def _submit_all(
        self, commands: Sequence[Command], names: dict[str, str], left_out: Sequence[str] = ()
    ) -> None:
        """Put commands into the outbox, say so, and later what became of them."""
        from tui.actions import targets_called
        from tui.outcomes import Following

        feed = self.feed
        if feed is None:
            self.say("the store is still being opened", "warning")
            return
        for some in batched(commands):
            await feed.submit(*some)
        kind, many = commands[0].kind, len(commands) > 1
        what = f"{kind} {len(commands)} {targets_called(commands)}" if many else commands[0].title
        undo = ""
        if kind == "launch":
            self._sent = JustSent([one.id for one in commands], monotonic() + UNDO_SECONDS)
            undo = "; D takes it back" if self._takes_back else "; 6 D takes it back"
        self.say(f"{what}: queued{undo}", "pending")
        Following(self.dashboard, commands, names, left_out)

    # Undo

    @property
    def _takes_back(self) -> bool:
        """Whether `D` is a key of this screen that takes back what was just sent."""
        return any(spec.id in {"run.delete", "withdraw"} for spec in self.commands())

    def just_sent(self) -> bool:
        """Whether a launch was sent so lately that the way to take it back is still on the screen."""
        sent = self._sent
        return sent is not None and monotonic() < sent.until

    async def do_run_delete(self) -> None:
        """`D`: delete runs on the server; right after a launch was sent, take that back."""
        if self.just_sent():
            await self.take_back_sent()
        else:
            await super().do_run_delete()

    async def take_back_sent(self) -> None:
        """Take back the launches that were just sent, those that still wait."""
        sent, self._sent = self._sent, None
        if self.feed is None or sent is None:
            return
        done = [await self.feed.context.store.withdraw(id) for id in sent.ids]
        self.say("taken back" if all(done) else "too late: it is being sent", "" if all(done) else "warning")

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
            self.dashboard.copy(address, address)
        else:
            self.say("there is no address to copy", "warning")


def _listed(commands: Sequence[Command], names: dict[str, str]) -> list[str]:
    """What several commands do: line by line for a few, else the short names of what they are about."""
    if len(commands) == 1:
        return []
    if len(commands) <= FEW_TITLES:
        return [command.title for command in commands]
    shown = [names[command.target_id] for command in commands[:FEW_NAMES]]
    more = [f"and {len(commands) - FEW_NAMES:,} more"] if len(commands) > FEW_NAMES else []
    return [", ".join(shown), *more]


def batched(commands: Sequence[Command]) -> Iterator[Sequence[Command]]:
    """Commands in parts: each is a transaction, and others write to the store, too."""
    for start in range(0, len(commands), AT_ONCE):
        yield commands[start : start + AT_ONCE]


def _left_out(refusals: Sequence[str]) -> list[str]:
    """Why some are not among them."""
    if not refusals:
        return []
    more = [f"and {len(refusals) - FEW_REFUSALS} more"] if len(refusals) > FEW_REFUSALS else []
    return [f"{len(refusals)} left out: {refusals[0]}", *refusals[1:FEW_REFUSALS], *more]


def short_name(target: Target) -> str:
    """How a target is called beside others of its kind: `#4312`, `train`, `calm-owl-7`."""
    from data.model.ci import Schedule
    from data.model.run import JobRun, PipelineRun

    if isinstance(target, PipelineRun):
        return f"#{target.git_pipeline_id}"
    if isinstance(target, Schedule):
        return target.description or str(target.git_schedule_id)
    return target.name if isinstance(target, JobRun) else target.name or target.run_id[:8]
