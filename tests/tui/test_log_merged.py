"""Merged: which jobs it follows, live, and what it says of them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot

from data.config.paths import state_dir
from data.model import JobRun, LogState
from data.store.logs import LogFiles
from tests.tui.stage import change, dashboard, last_line, line_with, playing, press, settle, shown, top, type_text
from tests.tui.test_run import job_of, open_run
from tests.world import FAILED_RUN, NOW, RUNNING_RUN, records
from tui.screens.merged import FOLDER, MergedScreen

TRAIN = "gitlab:1:job:1003"
"""The running job of the running run."""


def other(status: str = "running", **values: object) -> JobRun:
    """A second job of the running run."""
    fields = {"id": "gitlab:1:job:1007", "git_job_id": 1007, "name": "lint", "status": status, **values}
    return replace(job_of(TRAIN), **fields)


def stamped(second: float, text: str) -> bytes:
    """A line with the runner's header."""
    time = (NOW + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"{time} 00O {text}\n".encode()


def write(folder: Path, job_id: str, data: bytes) -> None:
    """Append to a job's log."""
    logs = LogFiles(folder / "logs")
    logs.append(job_id, logs.size(job_id), data)


async def open_merged(pilot: Pilot[str], run_id: str = RUNNING_RUN) -> MergedScreen:
    """Press `A` on a run."""
    await open_run(pilot, run_id)
    await press(pilot, "A")
    return top(pilot, MergedScreen)


def lines(pilot: Pilot[str]) -> list[str]:
    """The lines of logs on the screen, without their numbers and the scroll bar."""
    numbered = [line for line in shown(pilot).splitlines() if re.match(r" *\d+ .* [│✗] ", line)]
    return [line.lstrip(" 0123456789").rstrip(" ▀▁▂▃▄▅▆▇█") for line in numbered]


async def test_running_jobs_are_merged_in_the_order_of_time(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), other()]) as pilot:
        write(tmp_path, TRAIN, stamped(0, "epoch 1") + stamped(2, "epoch 2") + stamped(9, "…"))
        write(tmp_path, "gitlab:1:job:1007", stamped(1, "looking at a.py") + stamped(3, "looking at b.py"))
        await open_merged(pilot)
        await settle(pilot, lambda: "looking at b.py" in shown(pilot))
        assert "churn › #100 › all jobs" in shown(pilot)
        assert "following 2 jobs" in shown(pilot)
        assert lines(pilot)[:4] == [
            "train         │ epoch 1",
            "lint          │ looking at a.py",
            "train         │ epoch 2",
            "lint          │ looking at b.py",
        ]


async def test_it_is_live_and_jobs_join(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_merged(pilot)
        assert list(screen.followed) == [TRAIN]
        write(tmp_path, TRAIN, b"epoch 1\n")
        await settle(pilot, lambda: "│ epoch 1" in shown(pilot))
        write(tmp_path, "gitlab:1:job:1007", b"looking\n")
        await change(pilot, other())
        await settle(pilot, lambda: "│ looking" in shown(pilot))
        await change(pilot, other("success", log=LogState(size=8, complete=True)))
        await settle(pilot, lambda: "following 1 job; 1 job ended" in shown(pilot))
        assert "│ looking" in shown(pilot)


async def test_without_running_jobs_all_logs_are_shown(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_merged(pilot, FAILED_RUN)
        await settle(pilot, lambda: "ERROR: Job failed: exit code 1" in shown(pilot))
        names = [job.name for job in screen.followed.values()]
        assert names == ["load-data", "validate-data", "train", "trial-1", "trial-2", "trial-3"]
        assert "6 jobs ended; 5 logs still being fetched" in shown(pilot)
        assert "✗ Traceback (most recent call last):" in line_with(pilot, "Traceback")
        assert "✗ ERROR: Job failed" in line_with(pilot, "Job failed")


async def test_the_engine_is_told_which_logs_are_wanted(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), other()]) as pilot:
        await open_merged(pilot)
        feed = dashboard(pilot).feed
        assert feed is not None
        topics = {interest.topic for interest in await feed.context.store.interests(NOW)}
        assert {f"run:{RUNNING_RUN}", f"log:{TRAIN}", "log:gitlab:1:job:1007"} <= topics


async def test_errors_are_found_behind_the_names(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        write(tmp_path, TRAIN, b"fine\n" * 50 + b"ValueError: no\n" + b"fine\n" * 50)
        screen = await open_merged(pilot)
        await settle(pilot, lambda: "│ fine" in shown(pilot))
        await press(pilot, "E")
        await settle(pilot, lambda: "✗ ValueError: no" in shown(pilot))
        assert screen.view.current == 50


async def test_searching_a_name_finds_its_lines(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), other()]) as pilot:
        write(tmp_path, TRAIN, b"a\nb\n")
        write(tmp_path, "gitlab:1:job:1007", b"c\n")
        await open_merged(pilot)
        await settle(pilot, lambda: "│ c" in shown(pilot))
        await press(pilot, "slash")
        await type_text(pilot, "lint")
        await press(pilot, "enter")
        await settle(pilot, lambda: "1 of 1" in last_line(pilot))


async def test_there_are_no_sections(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await open_merged(pilot)
        assert "next section" not in last_line(pilot)
        await press(pilot, "S")
        assert "those of several jobs overlap" in last_line(pilot)


async def test_the_spool_is_gone_when_one_leaves(tmp_path: Path) -> None:
    folder = state_dir() / FOLDER
    async with playing(tmp_path) as pilot:
        write(tmp_path, TRAIN, b"epoch 1\n")
        await open_merged(pilot)
        await settle(pilot, lambda: "│ epoch 1" in shown(pilot))
        assert len(list(folder.iterdir())) == 1
        await press(pilot, "escape")
        await settle(pilot, lambda: not list(folder.iterdir()))


async def test_a_run_without_any_log_says_so(tmp_path: Path) -> None:
    world = [one for one in records() if not (isinstance(one, JobRun) and one.pipeline_run_id.startswith(RUNNING_RUN))]
    async with playing(tmp_path, world=world) as pilot:
        await open_merged(pilot)
        assert "no job of this run has begun" in shown(pilot)


async def test_a_run_that_is_not_in_the_store_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        pilot.app.push_screen(MergedScreen("gitlab:1:7777"))
        await settle(pilot, lambda: "this run is not in the store" in shown(pilot))
        await press(pilot, "s")
        assert "there is no log yet" in last_line(pilot)
        await press(pilot, "escape")
        assert top(pilot).NAME == "runs"


async def test_many_jobs_are_cut_and_it_says_so(tmp_path: Path) -> None:
    many = [other(id=f"gitlab:1:job:{20_000 + n}", git_job_id=20_000 + n, name=f"shard {n}/60") for n in range(60)]
    async with playing(tmp_path, world=[*records(), *many]) as pilot:
        screen = await open_merged(pilot)
        assert len(screen.followed) == 50
        assert "following 50 jobs; 11 more not shown" in shown(pilot)
