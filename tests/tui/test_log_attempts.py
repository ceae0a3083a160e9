"""Two attempts of a job: what is shown of each, and which one the keys work on."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import JobRun, LogState, Record
from data.store.logs import LogFiles
from tests.tui.stage import change, dashboard, last_line, line_with, playing, press, settle, shown, top, type_text
from tests.tui.test_run import job_of
from tests.world import FAILED_JOB, LOG, NOW, records
from tui.screens.attempts import AttemptsScreen

SECOND = "gitlab:1:job:2000"
"""The second attempt of the failed job."""


def attempt(number: int, **values: object) -> JobRun:
    """A later attempt of the failed job."""
    id_ = 1998 + number
    fields = {"id": f"gitlab:1:job:{id_}", "git_job_id": id_, "attempt_number": number, "failure_reason": "", **values}
    return replace(job_of(FAILED_JOB), **fields)


def world() -> list[Record]:
    """The fixed world with a second attempt that runs."""
    first = replace(job_of(FAILED_JOB), retried=True)
    return [*records(), first, attempt(2, retry_of=FAILED_JOB, status="running", log=LogState())]


def write(folder: Path, data: bytes, job_id: str = SECOND) -> None:
    """Append to a log."""
    logs = LogFiles(folder / "logs")
    logs.append(job_id, logs.size(job_id), data)


async def open_attempts(pilot: Pilot[str]) -> AttemptsScreen:
    """`a` on the log of the newest failed job, or its newest attempt."""
    await press(pilot, "j", "l", "a")
    return top(pilot, AttemptsScreen)


async def test_both_attempts_are_beside_each_other(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        write(tmp_path, b"second time lucky\n")
        screen = await open_attempts(pilot)
        older, newer = screen.halves
        assert (older.job_id, newer.job_id) == (FAILED_JOB, SECOND)
        assert older.region.y == newer.region.y
        heading = line_with(pilot, "attempt 1")
        assert "✗ failed" in heading
        assert "0:43" in heading
        assert "gpu-runner-1" in heading
        assert "attempt 2" in heading
        assert "● running" in heading
        assert "CUDA out of memory" in shown(pilot)
        assert "second time lucky" in shown(pilot)
        assert "churn › #103 › train › attempts" in shown(pilot)


async def test_narrow_terminals_show_one_below_the_other(tmp_path: Path) -> None:
    async with playing(tmp_path, (80, 24), world=world()) as pilot:
        older, newer = (await open_attempts(pilot)).halves
        assert older.region.x == newer.region.x == 0
        assert older.region.bottom <= newer.region.y
        assert older.region.width == 80


async def test_tab_changes_the_half_that_keys_work_on(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        write(tmp_path, b"".join(b"line %d of the second\n" % number for number in range(100)))
        screen = await open_attempts(pilot)
        older, newer = screen.halves
        assert screen.focused is newer.view
        before = older.view.top
        await press(pilot, "g")
        assert newer.view.top == 0
        assert older.view.top == before
        await press(pilot, "tab", "g")
        assert screen.view is older.view
        assert "▸ attempt 1" in shown(pilot)
        assert "▸ attempt 2" not in shown(pilot)
        assert older.view.top == 0
        assert "Running with gitlab-runner" in shown(pilot)


async def test_each_half_has_its_own_search(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        write(tmp_path, b"epoch of the second\n" * 3)
        screen = await open_attempts(pilot)
        await press(pilot, "slash")
        await type_text(pilot, "epoch")
        await press(pilot, "enter")
        await settle(pilot, lambda: " of 3" in last_line(pilot))
        assert screen.focused is screen.halves[1].view
        await press(pilot, "tab")
        assert screen.searched == ""
        await press(pilot, "slash")
        await type_text(pilot, "val_auc=0.84")
        await press(pilot, "enter")
        await settle(pilot, lambda: " of 4" in last_line(pilot))
        assert screen.focused is screen.halves[0].view
        await press(pilot, "tab")
        assert screen.searched == "epoch"


async def test_a_growing_attempt_is_followed(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_attempts(pilot)
        write(tmp_path, b"now it runs\n")
        await settle(pilot, lambda: "now it runs" in shown(pilot))
        await change(pilot, attempt(2, status="success", execution_time=77, log=LogState(size=12, complete=True)))
        await settle(pilot, lambda: "✓ success" in shown(pilot))
        assert "success after 1:17" in shown(pilot)


async def test_the_engine_is_asked_for_both_logs(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_attempts(pilot)
        feed = dashboard(pilot).feed
        assert feed is not None
        topics = {interest.topic for interest in await feed.context.store.interests(NOW)}
        assert {f"log:{FAILED_JOB}", f"log:{SECOND}"} <= topics


async def test_an_older_attempt_is_set_beside_the_last_one(tmp_path: Path) -> None:
    third = attempt(3, retry_of=SECOND, status="running")
    async with playing(tmp_path, world=[*world(), third]) as pilot:
        screen = await open_attempts(pilot)
        assert [half.job_id for half in screen.halves] == [SECOND, third.id]
        await press(pilot, "escape", "escape", "colon")
        await type_text(pilot, f"log {FAILED_JOB}")
        await press(pilot, "enter", "a")
        assert [half.job_id for half in top(pilot, AttemptsScreen).halves] == [FAILED_JOB, third.id]


async def test_both_failed_attempts_open_where_they_fail(tmp_path: Path) -> None:
    state = LogState(size=len(LOG), complete=True)
    async with playing(tmp_path, (120, 24), world=[*records(), attempt(2, status="failed", log=state)]) as pilot:
        write(tmp_path, LOG)
        await open_attempts(pilot)
        await settle(pilot, lambda: line_with(pilot, "Traceback").count("Traceback") == 2)


async def test_sections_and_places_are_those_of_the_half(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        write(tmp_path, b"no sections\n")
        screen = await open_attempts(pilot)
        await press(pilot, "S")
        assert "this log has no sections" in last_line(pilot)
        await press(pilot, "tab", "colon")
        await type_text(pilot, "3")
        await press(pilot, "enter")
        assert screen.halves[0].view.current == 2
        await press(pilot, "S")
        await settle(pilot, lambda: "1 section" in shown(pilot))
