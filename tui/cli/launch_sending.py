"""Sends a launch and tells what came of it, or leaves it in the queue where it has to wait."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

from data.clean import clean
from data.errors import LinesideError
from data.model import Command, PipelineRun, TestReport
from data.model.vocabulary import COMMAND_OPEN, TEST
from tui.cli.failures import FAILED, say
from tui.cli.launch_options import Wish
from tui.cli.outbox import END_SECONDS, GOOD, accepted, follow_run, result_of
from tui.cli.output import print_json
from tui.cli.waiting import Waiter, deadline_error, engine_serves

PASSED: Final = frozenset({"success"})
"""Statuses of a test's run that passed."""
REPORT_SECONDS: Final = 30.0
"""How long the test report of a run that has ended is waited for."""
SHOWN_CASES: Final = 10
"""Failed cases that are named."""
FOR_SERVER: Final = "as soon as the server"
"""Part of the reasons for which a command waits that the server is the cause of; all others are those of the queue."""


class Launching:
    """One launch on its way.

    A launch that the user delayed, or that waits for its turn, stays in the queue when the wait for it ends, and that
    is said. Any other one that is still queued then is taken back: what failed on the screen must not happen an hour
    later. So is one that waits for its turn when the user interrupts the wait, and one with secrets, which an engine
    that starts later would not have.
    """

    def __init__(self, waiting: Waiter, command: Command, wish: Wish) -> None:
        self._waiting, self._command, self._wish = waiting, command, wish
        self._store = waiting.context.store
        self._alone = bool(command.payload.get("secrets"))
        self._idle_since = 0.0

    async def run(self) -> int:
        """Send it; the exit code: 0 where it was started, or waits as asked; with `--wait` that of the run.

        Raises:
            Refused: the server said no.
            LinesideError: no answer in time, or no way to the server.
        """
        await self._store.submit(self._command)
        stays, found = False, None
        try:
            found = await self._outcome()
            stays = found is not None and (found.state not in COMMAND_OPEN or self._may_stay(found))
        except asyncio.CancelledError:
            stays = self._is_delayed(self._command)
            raise
        finally:
            if not stays:
                await asyncio.shield(self._take_back())
        if found is None or not stays:
            record = await self._waiting.trouble(self._command.connection)
            raise deadline_error(self._command.title, self._wish.timeout or self._wish.answer_seconds, record)
        return await (self._left(found) if found.state in COMMAND_OPEN else self._ended(found))

    async def _outcome(self) -> Command | None:
        """The command when it has ended; or still open, where nobody takes it or the wait for its turn is over."""
        if self._is_delayed(self._command) and not self._wish.wait:
            return self._command
        loop = asyncio.get_running_loop()
        self._idle_since = loop.time()

        async def look() -> Command | None:
            found = await self._store.get(Command, self._command.id)
            if found is None or found.state not in COMMAND_OPEN:
                return found
            if found.state == "queued" and found.answer:
                self._waiting.say_once(f"{found.title}: waits: {clean(found.answer)}")
            if self._is_queued_up(found):
                self._idle_since = loop.time()
                return None if self._wish.wait or self._alone else found
            return found if loop.time() - self._idle_since >= self._wish.answer_seconds else None

        found = await self._waiting.until(look, timeout=self._longest(), connection=self._command.connection)
        return found or await self._store.get(Command, self._command.id)

    def _longest(self) -> float:
        """Seconds that are waited for the outcome at most."""
        if not self._wish.wait:
            return self._wish.answer_seconds
        starts = self._command.not_before
        delay = max((starts - datetime.now(UTC)).total_seconds(), 0.0) if starts else 0.0
        return self._wish.timeout or END_SECONDS + delay

    def _may_stay(self, found: Command) -> bool:
        return found.state == "queued" and self._is_queued_up(found) and not self._alone

    def _is_queued_up(self, found: Command) -> bool:
        """Whether it waits because the user wants it to, or for its turn; not for the server, nor for an engine."""
        if found.state != "queued":
            return False
        return self._is_delayed(found) or bool(found.held or (found.answer and FOR_SERVER not in found.answer))

    @staticmethod
    def _is_delayed(command: Command) -> bool:
        later = command.not_before is not None and command.not_before > datetime.now(UTC)
        return later or bool(command.after)

    async def _take_back(self) -> None:
        if await self._store.withdraw(self._command.id):
            say(f"{self._command.title}: taken back, nothing was sent")
            return
        found = await self._store.get(Command, self._command.id)
        if found is not None and found.state in COMMAND_OPEN:
            say(f"{self._command.title}: on its way to the server; lineside shows its outcome under Activity")

    async def _left(self, found: Command) -> int:
        """It stays in the queue."""
        starts = f"until {found.not_before.astimezone():%Y-%m-%d %H:%M}" if found.not_before else "for its turn"
        reason = clean(found.answer) or (f"it waits {starts}" if not found.after else "it waits for the end of a run")
        say(f"{found.title}: in the queue: {reason}")
        say(f"  lineside queue shows it, and can take it back: {found.id}")
        ours = self._waiting.engine is not None
        if ours or not await engine_serves(self._waiting.context, found.project_id):
            say("  no engine is left running: it goes while lineside, or lineside engine, runs")
        self._print(found, None)
        if self._wish.wait:
            raise LinesideError(f"{found.title}: it has not started within {self._longest():g} s; it stays queued")
        return 0

    async def _ended(self, found: Command) -> int:
        if self._wish.json and found.state != "done":
            self._print(found, None)
        ended = accepted(found)
        if not ended.result_id:
            raise LinesideError("the engine did not say which run came of it", hint="lineside runs lists the newest")
        run = await result_of(self._waiting, ended, timeout=self._wish.answer_seconds)
        run = run if isinstance(run, PipelineRun) else None
        if not self._wish.wait:
            self._print(ended, run)
            return 0
        if not self._wish.json:
            self._print(ended, run)
        try:
            return await self._follow(ended)
        finally:
            if self._wish.json:
                self._print(ended, await self._store.get(PipelineRun, ended.result_id))

    async def _follow(self, ended: Command) -> int:
        """Wait for the end of the run; of a test, for what its report says, too."""
        test = ended.payload.get("kind") == TEST
        code = await follow_run(
            self._waiting,
            ended.result_id,
            connection=ended.connection,
            timeout=self._wish.timeout or END_SECONDS,
            good=PASSED if test else GOOD,
        )
        if not test:
            return code
        report = await self._report(ended.result_id)
        lost = tell_report(report) if report is not None else 0
        return FAILED if code or lost else 0

    async def _report(self, run_id: str) -> TestReport | None:
        """The test report of a run that has ended; None where none comes in time."""

        async def complete() -> TestReport | None:
            found = await self._store.get(TestReport, run_id)
            return found if found is not None and found.complete else None

        return await self._waiting.until(complete, timeout=REPORT_SECONDS, topics=[f"tests:{run_id}"])

    def _print(self, command: Command, run: PipelineRun | None) -> None:
        """What came of it: for programs one object; for people the run's id and address, or the submission's id."""
        if self._wish.json:
            print_json(
                {
                    "submission": command.id,
                    "RUN_ID": command.payload.get("run_id", ""),
                    "state": command.state,
                    "answer": clean(command.answer),
                    "run": command.result_id,
                    "status": run.status if run else "",
                    "web_url": run.web_url if run else "",
                }
            )
            return
        print(command.result_id or command.id)
        if run is not None and run.web_url:
            print(run.web_url)


def tell_report(report: TestReport) -> int:
    """Say what a test report says; the number of cases that did not pass."""
    if not report.total:
        return 0
    lost = report.failed + report.error
    skipped = f", {report.skipped} skipped" if report.skipped else ""
    say(f"{report.success} of {report.total} cases passed, {lost} failed{skipped}")
    failed = [
        (suite.name, case) for suite in report.suites for case in suite.cases if case.status in ("failed", "error")
    ]
    for suite, case in failed[:SHOWN_CASES]:
        say(f"  {clean(suite)}: {clean(case.name)} {clean(case.status)}")
    if len(failed) > SHOWN_CASES:
        say(f"  and {len(failed) - SHOWN_CASES} more")
    return lost
