"""Log: where it opens, searching, following, the jobs beside it, and what its last line says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import JobRun, LogState, SyncState
from data.store.logs import LogFiles
from tests.tui.stage import change, dashboard, last_line, line_with, playing, press, settle, shown, top, type_text
from tests.world import FAILED_JOB, FAILED_RUN, LOG, records
from tui.screens.log import LogScreen
from tui.screens.merged import MergedScreen


def job_of(id_: str) -> JobRun:
    """A job of the fixed world."""
    return next(one for one in records() if isinstance(one, JobRun) and one.id == id_)


async def test_a_failed_log_opens_at_its_error(tmp_path: Path) -> None:
    async with playing(tmp_path, (100, 24)) as pilot:
        await press(pilot, "j", "l")
        await settle(pilot, lambda: "Traceback" in shown(pilot))
        assert "churn › #103 › train" in shown(pilot)
        assert "failed after 0:43, 2.5 KiB" in shown(pilot)
        assert "Running with gitlab-runner" not in shown(pilot)
        assert last_line(pilot).startswith(" / search"), "nobody asked to follow"


async def test_a_large_failed_log_opens_at_its_error_at_once(tmp_path: Path) -> None:
    filler = b"".join(b"line %07d of many\n" % number for number in range(400_000))
    world = [replace(job_of(FAILED_JOB), log=LogState(size=len(filler + LOG), complete=True))]
    async with playing(tmp_path, (100, 24), world=[*records(), *world]) as pilot:
        LogFiles(tmp_path / "logs").reset(FAILED_JOB, filler + LOG)
        await press(pilot, "j", "l")
        await settle(pilot, lambda: "Traceback" in shown(pilot))
        await settle(pilot, lambda: top(pilot, LogScreen).index.complete)  # type: ignore[union-attr]
        assert "RuntimeError: CUDA out of memory" in shown(pilot)


async def test_a_failed_log_that_is_still_fetched_moves_on_to_its_error(tmp_path: Path) -> None:
    half = LOG.index(b"epoch  30")
    async with playing(tmp_path, (100, 24), world=[*records(), replace(job_of(FAILED_JOB), log=LogState())]) as pilot:
        logs = LogFiles(tmp_path / "logs")
        logs.reset(FAILED_JOB, LOG[:half])
        await press(pilot, "j", "l")
        assert "epoch  29" in shown(pilot)
        logs.append(FAILED_JOB, half, LOG[half:])
        await settle(pilot, lambda: "Traceback" in shown(pilot))
        view = top(pilot, LogScreen).view
        assert view.index is not None
        assert view.index.line(view.current).text.startswith("Traceback")


async def test_a_failed_log_stays_where_the_user_went(tmp_path: Path) -> None:
    half = LOG.index("größe".encode())
    async with playing(tmp_path, (100, 24), world=[*records(), replace(job_of(FAILED_JOB), log=LogState())]) as pilot:
        logs = LogFiles(tmp_path / "logs")
        logs.reset(FAILED_JOB, LOG[:half])
        await press(pilot, "j", "l", "g")
        logs.append(FAILED_JOB, half, LOG[half:])
        screen = top(pilot, LogScreen)
        await settle(pilot, lambda: screen.index is not None and screen.index.size == len(LOG))
        assert "Running with gitlab-runner" in shown(pilot)


async def test_the_first_line_names_the_section(tmp_path: Path) -> None:
    async with playing(tmp_path, (100, 24)) as pilot:
        await press(pilot, "j", "l")
        assert "train › step_script 1:00" in line_with(pilot, "churn ›")
        await press(pilot, "g")
        assert "step_script" not in line_with(pilot, "churn ›")
        await press(pilot, "right_square_bracket", "j")
        await settle(pilot, lambda: "train › step_script 1:00" in line_with(pilot, "churn ›"))


async def test_opening_a_log_notes_that_it_is_read(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        path = LogFiles(tmp_path / "logs").path(FAILED_JOB)
        os.utime(path, (1000, 1000))
        await press(pilot, "j", "l")
        await settle(pilot, lambda: path.stat().st_atime > 1000)
        assert path.stat().st_mtime == 1000


async def test_the_other_attempts_and_the_merged_log_are_a_key_away(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l", "a")
        assert "there is only this attempt of the job" in last_line(pilot)
        await press(pilot, "A")
        assert top(pilot, MergedScreen).run_id == FAILED_RUN


async def test_search_finds_while_one_types_and_n_goes_on(tmp_path: Path) -> None:
    async with playing(tmp_path, (100, 24)) as pilot:
        await press(pilot, "j", "l", "g", "slash")
        await type_text(pilot, "val_auc=0.8")
        await settle(pilot, lambda: "1 of " in shown(pilot))
        await press(pilot, "enter", "n")
        await settle(pilot, lambda: "2 of " in last_line(pilot))
        await press(pilot, "N")
        await settle(pilot, lambda: "1 of 20" in last_line(pilot))
        await press(pilot, "N")
        view = top(pilot, LogScreen).view
        assert view.index is not None
        assert view.index.line(view.hit).text.startswith("epoch  59")


async def test_a_search_without_a_match_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l", "slash")
        await type_text(pilot, "zzzz")
        await settle(pilot, lambda: "no match" in shown(pilot))


async def test_n_without_a_search_says_why_not(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l")
        assert "n next" not in last_line(pilot)


async def test_a_growing_log_is_followed_and_scrolling_up_leaves_the_end(tmp_path: Path) -> None:
    job = "gitlab:1:job:1003"
    async with playing(tmp_path, (100, 20)) as pilot:
        logs = LogFiles(tmp_path / "logs")
        for number in range(60):
            logs.append(job, logs.size(job), f"line {number}\n".encode())
        await press(pilot, "j", "j", "j", "j", "l")
        screen = top(pilot, LogScreen)
        assert screen.job_id == job
        await settle(pilot, lambda: "line 59" in shown(pilot))
        assert "following" in shown(pilot)
        logs.append(job, logs.size(job), b"line 60\n")
        await settle(pilot, lambda: "line 60" in shown(pilot))
        await press(pilot, "pageup")
        logs.append(job, logs.size(job), b"line 61\n")
        await settle(pilot, lambda: screen.index is not None and screen.index.lines >= 62)
        assert "line 61" not in shown(pilot)
        await press(pilot, "F")
        await settle(pilot, lambda: "line 61" in shown(pilot))


async def test_braces_go_through_the_jobs_with_a_log_in_the_order_of_the_run(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l", "left_curly_bracket")
        assert top(pilot, LogScreen).job_id == "gitlab:1:job:1032"
        await press(pilot, "left_curly_bracket", "left_curly_bracket")
        assert top(pilot, LogScreen).job_id == "gitlab:1:job:1031"
        assert "this is the first job of the run that has a log" in last_line(pilot)
        await press(pilot, "right_curly_bracket", "right_curly_bracket", "right_curly_bracket")
        assert top(pilot, LogScreen).job_id == FAILED_JOB, "the trigger job, the skipped and the manual one have no log"
        assert "this is the last job of the run that has a log" in last_line(pilot)
        await press(pilot, "escape")
        assert top(pilot).NAME == "runs"


async def test_stages_decide_what_is_the_next_job(tmp_path: Path) -> None:
    """Job 1036 of the last stage was created before 1037, which is of the first."""
    early = replace(job_of(FAILED_JOB), id="gitlab:1:job:1037", git_job_id=1037, name="zzz", stage="data")
    async with playing(tmp_path, world=[*records(), early]) as pilot:
        await press(pilot, "j", "l", "left_curly_bracket")
        assert top(pilot, LogScreen).job_id == early.id


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"log": LogState(size=len(LOG), erased=True)}, "erased on the server; what we hold (2.5 KiB) stays here"),
        ({"log": LogState(size=len(LOG), complete=True)}, "failed after 0:43, 2.5 KiB"),
        ({"log": LogState(size=len(LOG) * 2, complete=True)}, "failed: the log is being fetched, 2.5 KiB so far"),
        ({"status": "running", "log": LogState()}, "following, 2.5 KiB; the runner sends every 60 s"),
        ({"status": "waiting_for_resource", "log": LogState()}, "waiting for resource: the log begins when a runner"),
        ({"status": "manual", "log": LogState()}, "manual: this job has not run"),
        ({"status": "canceled", "log": LogState()}, "canceled: the log is being fetched, 2.5 KiB so far"),
        ({"bridge": True, "log": LogState()}, "a trigger job has no log; its child pipeline has"),
    ],
)
async def test_the_last_line_says_what_it_waits_for(tmp_path: Path, values: dict[str, object], words: str) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l")
        await change(pilot, replace(job_of(FAILED_JOB), **values))
        await settle(pilot, lambda: words in shown(pilot))
        assert "CUDA out of memory" in shown(pilot)


async def test_the_engines_own_words_are_shown_and_taken_back(tmp_path: Path) -> None:
    running = replace(job_of(FAILED_JOB), status="running", log=LogState())
    id_ = f"log:{FAILED_JOB}"
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l")
        await change(pilot, running, SyncState(id=id_, connection="gitlab", last_error="a reason of the engine"))
        await settle(pilot, lambda: "following, 2.5 KiB; a reason of the engine" in shown(pilot))
        await change(pilot, SyncState(id=id_, connection="gitlab", last_error="the disk is full", hint="make room"))
        await settle(pilot, lambda: "the disk is full; make room; 2.5 KiB are held here" in shown(pilot))
        await change(pilot, delete=[(SyncState, id_)])
        await settle(pilot, lambda: "following, 2.5 KiB; the runner sends every 60 s" in shown(pilot))


async def test_a_log_that_the_quota_dropped_is_fetched_again(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        LogFiles(tmp_path / "logs").remove(FAILED_JOB)
        await press(pilot, "j", "l")
        assert "failed: the log is being fetched, 0 B so far" in shown(pilot)


async def test_an_offline_server_is_named_while_something_may_still_come(tmp_path: Path) -> None:
    from data.model import Connection

    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l")
        gitlab = next(one for one in records() if isinstance(one, Connection) and one.id == "gitlab")
        running = replace(job_of(FAILED_JOB), status="running", log=LogState())
        await change(pilot, running, replace(gitlab, state="offline", last_error="connection refused"))
        await settle(pilot, lambda: "gitlab is offline: connection refused; 2.5 KiB are held here" in shown(pilot))


async def test_y_copies_the_line(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l", "y")
        await settle(pilot, lambda: "copied" in last_line(pilot))
        assert "Traceback" in dashboard(pilot).clipboard


async def test_actions_work_on_the_job_of_the_log(tmp_path: Path) -> None:
    from tests.tui.stage import commands

    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "l", "r", "y")
        (command,) = await commands(pilot)
        assert (command.kind, command.target_id) == ("retry", FAILED_JOB)


async def test_log_commands_of_the_palette_reach_the_log(tmp_path: Path) -> None:
    async with playing(tmp_path, (100, 24)) as pilot:
        await press(pilot, "j", "l", "ctrl+p")
        await type_text(pilot, "log.home")
        await press(pilot, "enter")
        await settle(pilot, lambda: "Running with gitlab-runner" in shown(pilot))
        assert line_with(pilot, "Running with gitlab-runner").split()[0] == "1"


async def test_a_log_of_a_job_that_is_not_in_the_store_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        pilot.app.push_screen(LogScreen("gitlab:1:job:9999999"))
        await settle(pilot, lambda: "this job is not in the store" in shown(pilot))
        await press(pilot, "r", "escape")
        assert top(pilot).NAME == "runs"


async def test_what_led_to_the_failure_is_above_it(tmp_path: Path) -> None:
    after = b"".join(b"cleaning up %d\n" % number for number in range(200))
    world = [replace(job_of(FAILED_JOB), log=LogState(size=len(LOG + after), complete=True))]
    async with playing(tmp_path, (100, 40), world=[*records(), *world]) as pilot:
        LogFiles(tmp_path / "logs").reset(FAILED_JOB, LOG + after)
        await press(pilot, "j", "l")
        view = top(pilot, LogScreen).view
        assert view.row_of(view.hit) - view.top == view.page // 3
        assert "größe ✓ 日本語 done" in shown(pilot)
        assert "cleaning up 1" in shown(pilot)
        assert not view.following


async def test_what_the_log_is_filtered_by_stands_beside_the_tabs(tmp_path: Path) -> None:
    async with playing(tmp_path, (100, 24)) as pilot:
        await press(pilot, "j", "l", "ampersand", *"loss")
        await settle(pilot, lambda: "& loss" in line_with(pilot, "3 Runs"))
        await press(pilot, "enter", "alt+c")
        await settle(pilot, lambda: "& Aa loss" in line_with(pilot, "3 Runs"))
        await press(pilot, "ampersand", "escape")
        await settle(pilot, lambda: "loss" not in line_with(pilot, "3 Runs"))
