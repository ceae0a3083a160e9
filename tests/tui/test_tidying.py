"""Keys that erase, keep, delete, rename and play: the question, what is lost, and what is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import Artifact, Command, JobRun, LogState, PipelineRun, Project, Record, make
from tests.tui.stage import change, commands, dashboard, last_line, playing, press, settle, shown, top, type_text
from tests.world import FAILED_JOB, FAILED_RUN, LOG, NOW, RUNNING_RUN, records
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen
from widgets.prompt import Prompt

MANUAL = "gitlab:1:job:1036"
"""A manual job of the failed run."""


def world(level: int = 50, **of_failed_job: object) -> list[Record]:
    """The fixed world, with this access level in all projects."""
    found: list[Record] = []
    for one in records():
        if isinstance(one, Project):
            found.append(replace(one, access_level=level))
        elif isinstance(one, JobRun) and one.id == FAILED_JOB:
            found.append(replace(one, **of_failed_job))  # type: ignore[arg-type]
        else:
            found.append(one)
    return found


async def sent(pilot: object, kind: str) -> list[Command]:
    return [one for one in await commands(pilot) if one.kind == kind]  # type: ignore[arg-type]


async def open_failed(pilot: object) -> RunScreen:
    """The screen of the failed run, with the cursor on the job that failed."""
    dashboard(pilot).open_run(FAILED_RUN)  # type: ignore[arg-type]
    await settle(pilot, lambda: top(pilot, RunScreen).current_job is not None)  # type: ignore[arg-type]
    screen = top(pilot, RunScreen)  # type: ignore[arg-type]
    assert screen.current_job is not None and screen.current_job.id == FAILED_JOB
    return screen


async def test_erasing_says_what_is_lost_and_what_is_held(tmp_path: Path) -> None:
    held = LogState(size=len(LOG), complete=True)
    async with playing(tmp_path, world=world(log=held, artifacts_size=4_400_000)) as pilot:
        await open_failed(pilot)
        await press(pilot, "ctrl+x")
        text = shown(pilot)
        assert "Erase churn train (job 1033) on the server?" in text
        assert "Lost: 1 log (all held here, 2.5 KiB) and 4.2 MiB of artifacts." in text
        assert "for everybody and for good" in text
        await press(pilot, "enter")
        assert await sent(pilot, "erase") == [], "the answer defaults to No"
        await press(pilot, "ctrl+x", "y")
        assert [one.target_id for one in await sent(pilot, "erase")] == [FAILED_JOB]


async def test_erasing_several_leaves_out_what_cannot_be(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_failed(pilot)
        screen.pane.grid.set_marks({FAILED_JOB, MANUAL, "gitlab:1:job:1031", "gitlab:1:job:1032"})
        await press(pilot, "ctrl+x")
        text = shown(pilot)
        assert "Erase log and artifacts of 3 jobs?" in text
        assert "1 left out: deploy (job 1036) has not ended" in text
        await press(pilot, "y")
        made = {one.target_id for one in await sent(pilot, "erase")}
        assert made == {FAILED_JOB, "gitlab:1:job:1031", "gitlab:1:job:1032"}


async def test_what_cannot_be_erased_says_why(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(erased=NOW)) as pilot:
        await open_failed(pilot)
        await press(pilot, "ctrl+x")
        assert "train (job 1033) is erased already" in last_line(pilot)
    async with playing(tmp_path / "reporter", world=world(20)) as pilot:
        await open_failed(pilot)
        await press(pilot, "ctrl+x")
        assert "your access level in churn is 20 (reporter)" in last_line(pilot)
    async with playing(tmp_path / "readonly", world=world(), read_only=True) as pilot:
        await open_failed(pilot)
        await press(pilot, "ctrl+x")
        assert "read-only" in last_line(pilot)


async def test_keeping_artifacts_looks_whether_they_expire(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(artifacts_size=1)) as pilot:
        await open_failed(pilot)
        kept = make(Artifact, id="a1", name="a.zip", job_run_id=FAILED_JOB)
        await change(pilot, kept)
        await press(pilot, "K")
        assert "are kept already: they do not expire" in last_line(pilot)
        await change(pilot, replace(kept, expires=NOW.replace(year=2027)))
        await press(pilot, "K")
        assert "Keep the artifacts of churn train (job 1033)?" in shown(pilot)
        await press(pilot, "y")
        assert [one.target_id for one in await sent(pilot, "keep")] == [FAILED_JOB]


async def test_a_job_without_artifacts_keeps_none(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_failed(pilot)
        await press(pilot, "K")
        assert "has no artifacts on the server" in last_line(pilot)


async def test_deleting_runs_names_them_and_counts_what_is_lost(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = top(pilot, RunsScreen)
        screen.grid.set_marks({FAILED_RUN, RUNNING_RUN})
        await press(pilot, "D")
        text = shown(pilot)
        assert "Delete 2 runs on the server?" in text
        assert "delete churn #103" in text and "delete churn #100" in text
        assert "Lost: 2 pipelines," in text and "for everybody and for good" in text
        await press(pilot, "y")
        assert {one.target_id for one in await sent(pilot, "delete")} == {FAILED_RUN, RUNNING_RUN}


async def test_many_are_named_shortly(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 40), world=world()) as pilot:
        screen = top(pilot, RunsScreen)
        ids = [one.id for one in records() if isinstance(one, PipelineRun) and not one.parent_run_id][:20]
        screen.grid.set_marks(ids)
        await press(pilot, "D")
        assert "Delete 20 runs on the server?" in shown(pilot)
        assert "#160, " in shown(pilot)


async def test_only_owners_delete(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(40)) as pilot:
        await press(pilot, "j", "D")
        assert "deleting a run needs 50 (owner)" in last_line(pilot)
        assert await sent(pilot, "delete") == []


async def test_a_run_that_is_gone_is_not_deleted_again(tmp_path: Path) -> None:
    gone = [replace(one, gone=True) if isinstance(one, PipelineRun) else one for one in world()]
    async with playing(tmp_path, world=gone) as pilot:
        await press(pilot, "D")
        assert "is no longer on the server; only our copy is left" in last_line(pilot)


async def test_renaming_asks_for_the_name(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_failed(pilot)
        await press(pilot, "M")
        await press(pilot, "enter")
        assert top(pilot).query(Prompt), "an empty name is not taken"
        await type_text(pilot, "nightly baseline")
        await press(pilot, "enter")
        assert "Rename churn #103 to nightly baseline?" in shown(pilot)
        await press(pilot, "y")
        made = await sent(pilot, "rename")
        assert [(one.target_id, one.payload) for one in made] == [(FAILED_RUN, {"name": "nightly baseline"})]


async def test_playing_asks_for_variables(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_failed(pilot)
        screen.pane.grid.go_to(MANUAL)
        await settle(pilot)
        await press(pilot, "p")
        assert "play deploy with KEY=VALUE" in shown(pilot)
        await pilot.press(*"LR=0", "full_stop", *"1")
        await settle(pilot)
        await press(pilot, "space", *"X")
        assert top(pilot).query_one(Prompt).error, "half a variable is none"
        await press(pilot, "backspace", "backspace", "enter")
        text = shown(pilot)
        assert "Play churn deploy (job 1036)?" in text and "with LR=0.1" in text
        await press(pilot, "y")
        made = await sent(pilot, "play")
        assert [one.payload for one in made] == [{"variables": [{"key": "LR", "value": "0.1"}]}]


async def test_playing_without_variables_sends_none(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_failed(pilot)
        screen.pane.grid.set_marks({MANUAL, FAILED_JOB})
        await press(pilot, "p", "enter")
        text = shown(pilot)
        assert "Play churn deploy (job 1036)?" in text and "1 left out: train (job 1033) does not wait" in text
        await press(pilot, "y")
        assert [(one.target_id, one.payload) for one in await sent(pilot, "play")] == [(MANUAL, {})]


async def test_what_does_not_wait_is_not_played(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_failed(pilot)
        await press(pilot, "p")
        assert "train (job 1033) does not wait for anybody" in last_line(pilot)


async def test_i_opens_the_runs_with_the_same_run_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    together = [
        replace(one, run_info_id="1ng1g6r4zpw0") if isinstance(one, PipelineRun) and one.id == FAILED_RUN else one
        for one in world()
    ]
    async with playing(tmp_path, world=together) as pilot:
        monkeypatch.setattr(dashboard(pilot), "open_together", opened.append)
        await open_failed(pilot)
        await press(pilot, "i", "escape", "G", "i")
        assert opened == ["1ng1g6r4zpw0"]
        assert "this run has no RUN_ID" in last_line(pilot)


async def test_a_cancel_counts_only_when_the_server_has_carried_it_out(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = top(pilot, RunsScreen)
        runs = [one for one in records() if isinstance(one, PipelineRun)]
        other = next(one for one in runs if one.status == "running" and one.id != RUNNING_RUN)
        screen.grid.set_marks({RUNNING_RUN, other.id, FAILED_RUN})
        await press(pilot, "x", "y")
        made = {one.target_id: one for one in await sent(pilot, "cancel")}
        assert made.keys() == {RUNNING_RUN, other.id}
        run = next(one for one in runs if one.id == RUNNING_RUN)
        await change(
            pilot,
            replace(made[RUNNING_RUN], state="done", answer="is being canceled"),
            replace(made[other.id], state="done", answer="it had ended already (success)"),
            replace(run, status="canceling"),
            replace(other, status="success"),
        )
        await settle(pilot, lambda: "0 of 3 cancelled, #100 being cancelled" in last_line(pilot))
        await change(pilot, replace(run, status="canceled"))
        await settle(pilot, lambda: "1 of 3 cancelled" in last_line(pilot))
        assert f"#{other.git_pipeline_id} had already ended" in last_line(pilot)
        assert "#103 is over: its status is failed" in last_line(pilot)
