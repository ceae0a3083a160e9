"""What becomes of a launch when the wait for it ends: what was asked for stays, what failed is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.engine.waiting import LIMITED, waits_for_server
from data.errors import LinesideError, RateLimited, Unreachable
from data.model import Command, Connection, TestCase, TestReport, TestSuite
from tui.cli.launch_options import Wish
from tui.cli.launch_sending import FOR_SERVER, Launching, tell_report
from tui.cli.waiting import Waiter
from tui.context import Context, open_context
from tui.options import DashboardOptions

FULL = "at most 1 run of training at a time; it goes when one ends"
OFFLINE = "gitlab: connection refused; it goes as soon as the server accepts it"
DEADLINE = 30.0


@pytest.fixture
async def context(config: Path) -> AsyncIterator[Context]:
    """An open session; nobody serves it."""
    opened = await open_context(DashboardOptions(config=config))
    assert opened is not None
    yield opened
    await opened.close()


def command(**more: object) -> Command:
    """A launch."""
    given = {"id": "c9", "kind": "launch", "connection": "gitlab", "project_id": "gitlab:1", "title": "launch churn",
             "payload": {"ref": "main"}, "created": datetime.now(UTC)}  # fmt: skip
    return Command(**{**given, **more})  # type: ignore[arg-type]


async def state(context: Context) -> str:
    """What became of the launch."""
    found = await context.store.get(Command, "c9")
    assert found is not None
    return found.state


async def told(context: Context, asked: Command, answer: str, wish: Wish) -> asyncio.Task[int]:
    """A launch that is under way, and of which an engine has said why it waits."""
    task = asyncio.create_task(Launching(Waiter(context, start=False), asked, wish).run())
    deadline = asyncio.get_running_loop().time() + DEADLINE
    while not task.done():
        found = await context.store.get(Command, "c9")
        if found is not None and await context.store.amend(replace(found, answer=answer), was=found):
            break
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
    return task


async def interrupted(task: asyncio.Task[int]) -> None:
    """The user presses ctrl+c."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_full_queue_is_left_at_once_without_wait(context: Context) -> None:
    task = await told(context, command(), FULL, Wish(timeout=DEADLINE))
    assert await task == 0
    assert await state(context) == "queued"


async def test_trouble_with_the_server_is_waited_for_and_then_taken_back(context: Context) -> None:
    task = await told(context, command(), OFFLINE, Wish(timeout=0.5))
    with pytest.raises(LinesideError):
        await task
    assert await state(context) == "withdrawn"


async def test_somebody_who_holds_it_back_is_not_hurried(context: Context) -> None:
    task = await told(context, command(held="bo"), "held back by bo", Wish(timeout=DEADLINE))
    assert await task == 0
    assert await state(context) == "queued"


async def test_with_secrets_it_does_not_stay_behind(context: Context) -> None:
    asked = command(payload={"ref": "main", "secrets": ["TOKEN"]})
    task = await told(context, asked, FULL, Wish(timeout=0.5))
    with pytest.raises(LinesideError):
        await task
    assert await state(context) == "withdrawn"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "withdrawn"),
        ({"not_before": datetime.now(UTC) + timedelta(hours=2)}, "queued"),
        ({"after": "gitlab:1:100"}, "queued"),
    ],
)
async def test_an_interrupt_takes_back_what_the_user_did_not_delay(
    context: Context, more: dict[str, object], expected: str
) -> None:
    task = await told(context, command(**more), FULL, Wish(wait=True))
    await interrupted(task)
    assert await state(context) == expected


async def test_a_rejected_token_takes_it_back(context: Context) -> None:
    task = await told(context, command(), "", Wish(wait=True))
    later = datetime.now(UTC) + timedelta(hours=1)
    broken = Connection(
        id="gitlab", name="gitlab", kind="gitlab", state="unauthorized", last_check=later, last_error="it was revoked"
    )
    await context.store.put([broken])
    with pytest.raises(LinesideError, match="revoked"):
        await task
    assert await state(context) == "withdrawn"


def test_reasons_of_the_server_are_told_from_those_of_the_queue() -> None:
    assert FOR_SERVER in LIMITED
    for error in (Unreachable("connection refused"), RateLimited("too many requests")):
        assert FOR_SERVER in waits_for_server(error, limited=False)


@pytest.mark.parametrize(
    ("report", "lost", "words"),
    [
        (TestReport(id="r", project_id="p"), 0, ""),
        (TestReport(id="r", project_id="p", total=3, success=3), 0, "3 of 3 cases passed, 0 failed"),
        (
            TestReport(id="r", project_id="p", total=4, success=1, failed=1, error=1, skipped=1, suites=(
                TestSuite(name="unit", cases=(TestCase(name="loads\x1b[31m", status="failed"),
                                              TestCase(name="fine", status="success"))),)),
            2,
            "1 of 4 cases passed, 2 failed, 1 skipped\n  unit: loads failed\n",
        ),
    ],
)  # fmt: skip
def test_a_test_report_in_a_few_lines(
    report: TestReport, lost: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell_report(report) == lost
    said = capsys.readouterr().err
    assert words in said if words else said == ""
