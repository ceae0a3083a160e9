"""Run: its head, the tree of its jobs, and what can be done with a job."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import JobRun, PipelineRun
from data.store.port import Store
from tests import world_more
from tests.tui.stage import change, commands, dashboard, last_line, line_with, playing, press, settle, shown, top
from tests.world import FAILED_JOB, FAILED_RUN, NOW, RUNNING_RUN, records
from tests.world_more import more
from tui.family import Family
from tui.screens import run as run_module
from tui.screens.log import LogScreen
from tui.screens.run import RunScreen
from tui.screens.run_jobs import JobsPane
from widgets.graph import Graph
from widgets.grid import Grid


def job_of(id_: str) -> JobRun:
    """A job of the fixed world."""
    return next(one for one in records() if isinstance(one, JobRun) and one.id == id_)


async def open_run(pilot: Pilot[str], run_id: str) -> RunScreen:
    """Open a run by its number, as a person does."""
    from tests.tui.stage import type_text

    await press(pilot, "colon")
    await type_text(pilot, f"run gitlab:1:{run_id}" if run_id.isdigit() else f"run {run_id}")
    await press(pilot, "enter")
    return top(pilot, RunScreen)


def jobs(screen: RunScreen) -> Grid:
    """The tree."""
    return screen.query_one("#jobs", Grid)


def pane(screen: RunScreen) -> JobsPane:
    """The tab Jobs."""
    return screen.query_one(JobsPane)


async def test_the_tree_has_stages_jobs_and_the_child_below_its_trigger(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        depth = {node.job.name if node.job else node.stage or "child": node.depth for node in pane(screen).nodes}
        assert depth == {
            "data": 0, "load-data": 1, "validate-data": 1, "train": 1, "trials": 1, "child": 2, "tune": 3,
            "trial-1": 4, "trial-2": 4, "trial-3": 4, "evaluate": 1, "deploy": 1,
        }  # fmt: skip
        assert "▾ ✓ #1039 trials" in shown(pilot)


async def test_the_head_says_status_progress_ref_and_link(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await open_run(pilot, FAILED_RUN)
        text = shown(pilot)
        for words in ("✗ failed", "3/7 jobs", "1 failed", "took 0:40", "by bo", "feat/long-branch-name-with-words",
                      "b01134f0", "Tune the learning rate", "bright-owl-7 (failed)", "gitlab.CI_JOB_ID"):  # fmt: skip
            assert words in text


async def test_the_cursor_starts_on_the_failed_job_with_its_last_lines_in_sight(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        assert jobs(screen).cursor_key == FAILED_JOB
        assert "RuntimeError: CUDA out of memory" in shown(pilot)
        await press(pilot, "g", "j")
        await settle(pilot, lambda: "CUDA" not in shown(pilot))


async def test_enter_on_a_job_opens_its_log_and_on_a_child_its_run(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        await press(pilot, "enter")
        assert top(pilot, LogScreen).job_id == FAILED_JOB
        await press(pilot, "escape")
        jobs(screen).go_to("gitlab:1:1039")
        await press(pilot, "enter")
        assert top(pilot, RunScreen).run_id == "gitlab:1:1039"
        await press(pilot, "escape")
        assert top(pilot, RunScreen) is screen
        assert jobs(screen).cursor_key == "gitlab:1:1039"


async def test_earlier_attempts_are_hidden_until_a(tmp_path: Path) -> None:
    again = replace(
        job_of(FAILED_JOB),
        id="gitlab:1:job:2000",
        git_job_id=2000,
        attempt_number=2,
        retry_of=FAILED_JOB,
        status="running",
    )
    first = replace(job_of(FAILED_JOB), retried=True)
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        await change(pilot, first, again)
        await settle(pilot, lambda: jobs(screen).source.index_of(again.id) is not None)
        assert jobs(screen).source.index_of(FAILED_JOB) is None
        assert "attempt 2" in shown(pilot)
        await press(pilot, "a")
        assert jobs(screen).source.index_of(FAILED_JOB) is not None
        assert "retried since" in shown(pilot)


async def test_a_manual_job_is_played_with_p(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        await press(pilot, "p")
        assert "play:" in last_line(pilot)
        jobs(screen).go_to("gitlab:1:job:1036")
        await press(pilot, "p", "enter", "y")
        (command,) = await commands(pilot)
        assert (command.kind, command.target_id, command.title) == (
            "play",
            "gitlab:1:job:1036",
            "play churn deploy (job 1036)",
        )
        await settle(pilot, lambda: "◌ play" in line_with(pilot, "waits for p"))


async def test_x_and_r_work_on_the_job_and_on_a_stage_on_the_run(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        await press(pilot, "r", "y")
        assert [(c.kind, c.target_id) for c in await commands(pilot)] == [("retry", FAILED_JOB)]
        jobs(screen).go_to(f"{FAILED_RUN}/data")
        await press(pilot, "r", "y")
        assert {c.target_id for c in await commands(pilot)} == {FAILED_JOB, FAILED_RUN}


async def test_a_running_job_changes_in_its_row(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, RUNNING_RUN)
        key = "gitlab:1:job:1003"
        assert jobs(screen).cursor_key == key
        await change(pilot, replace(job_of(key), status="success", execution_time=77))
        await settle(pilot, lambda: "1:17" in shown(pilot))
        assert jobs(screen).cursor_key == key


async def test_a_run_that_is_gone_from_the_server_is_kept_and_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await open_run(pilot, FAILED_RUN)
        run = next(one for one in records() if isinstance(one, PipelineRun) and one.id == FAILED_RUN)
        await change(pilot, replace(run, gone=True))
        await settle(pilot, lambda: "no longer on the server, kept here" in shown(pilot))


async def test_a_run_that_is_not_in_the_store_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        pilot.app.push_screen(RunScreen("gitlab:1:7777"))
        await settle(pilot, lambda: "This run is not in the store" in shown(pilot))
        await press(pilot, "escape")
        assert top(pilot).NAME == "runs"


async def test_what_is_looked_at_is_told_to_the_engine(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await open_run(pilot, FAILED_RUN)
        assert {f"run:{FAILED_RUN}", f"log:{FAILED_JOB}"} <= await topics(pilot)


async def topics(pilot: Pilot[str]) -> set[str]:
    """What the engine is told."""
    feed = dashboard(pilot).feed
    assert feed is not None
    return {interest.topic for interest in await feed.context.store.interests(NOW)}


async def test_each_job_has_a_strip_on_the_common_axis(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), *more()]) as pilot:
        await open_run(pilot, world_more.RUN)
        assert "0:00" in line_with(pilot, "status")
        fetch, features, train = (line_with(pilot, f"✓ {name}  ") for name in ("fetch", "features", "render"))
        assert fetch.index("━") < features.index("━") < train.index("━")
        assert "─────" in line_with(pilot, "◌ trial-2")


async def test_a_pipeline_of_another_project_and_what_that_one_started_are_below(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), *more()]) as pilot:
        screen = await open_run(pilot, world_more.RUN)
        assert "pipeline of another project" in shown(pilot) or "pipeline of another pr" in shown(pilot)
        jobs(screen).go_to("gitlab:3:job:5021")
        await press(pilot, "enter")
        assert top(pilot, LogScreen).job_id == "gitlab:3:job:5021"


async def test_needs_runner_image_and_attempts_of_the_job_under_the_cursor_are_told(tmp_path: Path) -> None:
    async with playing(tmp_path, (200, 60), world=[*records(), *more()]) as pilot:
        await open_run(pilot, world_more.RUN)
        told = line_with(pilot, "attempt 2 of 2")
        for words in ("needs features, check-schema", "gpu-runner-1 [gpu a100]", "registry.example/ml/train:3.11"):
            assert words in told


async def test_where_there_is_room_the_graph_follows_the_cursor_and_takes_clicks(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), *more()]) as pilot:
        screen = await open_run(pilot, world_more.RUN)
        graph = screen.query_one(Graph)
        assert "● train x2 ─────── ◌ calibrate ─┬─ ◌ evaluate ─── ▷ deploy" in shown(pilot)
        place = graph.drawing.places["gitlab:1:job:5008"]
        await pilot.click(graph, offset=(place.x, place.y))
        await settle(pilot, lambda: jobs(screen).cursor_key == "gitlab:1:job:5008")
        jobs(screen).go_to("gitlab:2:job:5011")
        await settle(pilot, lambda: "gitlab:2:job:5011" in graph.drawing.places or not graph.display)


async def test_a_low_or_narrow_terminal_has_no_graph(tmp_path: Path) -> None:
    async with playing(tmp_path, (80, 24), world=[*records(), *more()]) as pilot:
        screen = await open_run(pilot, world_more.RUN)
        assert not screen.query_one(Graph).display
        assert jobs(screen).region.width == 80


async def test_jobs_are_found_by_typing(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), *more()]) as pilot:
        screen = await open_run(pilot, world_more.RUN)
        await press(pilot, "slash", *"pend", "enter")
        assert [node.job.name for node in pane(screen).nodes if node.job] == ["trial-2"]
        assert "/ pend" in shown(pilot)
        await press(pilot, "escape")
        assert top(pilot) is screen
        assert len(pane(screen).nodes) > 10
        await press(pilot, "slash", *"nobody", "enter")
        assert "Nothing matches nobody" in shown(pilot)


async def test_marked_jobs_are_acted_on_together(tmp_path: Path) -> None:
    async with playing(tmp_path, world=[*records(), *more()]) as pilot:
        screen = await open_run(pilot, world_more.RUN)
        jobs(screen).go_to("gitlab:1:job:5001")
        await press(pilot, "space", "r", "y")
        assert [(c.kind, c.target_id) for c in await commands(pilot)] == [("retry", "gitlab:1:job:5001")]


async def test_the_head_says_what_was_left_running_and_how_much_it_took(tmp_path: Path) -> None:
    async with playing(tmp_path, (200, 60), world=[*records(), *more()]) as pilot:
        await open_run(pilot, world_more.RUN)
        text = shown(pilot)
        for words in ("lost-otter-3 still says RUNNING, its job canceled: F settles it", "memory 19.9 GiB", "cpu 312%",
                      "gpu 98%", "eta ~5m", "by ada (API)", "RUN_ID 1ng1g6r4zpw0", "queued 0:05", "✓✓●◌◌ train",
                      "by MLFLOW_RUN_ID passed at launch", "baseline"):  # fmt: skip
            assert words in text


async def test_c_compares_with_the_run_before_of_the_same_pipeline(tmp_path: Path) -> None:
    asked: list[tuple[object, object]] = []
    async with playing(tmp_path, world=[*records(), *more()]) as pilot:
        dashboard(pilot).open_compare = lambda kind, ids: asked.append((kind, list(ids)))  # type: ignore[method-assign]
        await open_run(pilot, world_more.RUN)
        await press(pilot, "c")
        assert asked == [(PipelineRun, [world_more.RUN, world_more.BEFORE])]
        await press(pilot, "escape")
        await open_run(pilot, "gitlab:1:487")
        await press(pilot, "c")
        assert "there is no earlier run of this pipeline" in last_line(pilot)


async def test_a_new_job_of_this_run_appears_and_one_of_another_run_changes_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, RUNNING_RUN)
        before = screen.subject.family
        await change(pilot, replace(job_of(FAILED_JOB), endpoint="elsewhere"))
        assert screen.subject.family is before
        new = replace(job_of(FAILED_JOB), id="gitlab:1:job:777", git_job_id=777, pipeline_run_id=RUNNING_RUN)
        await change(pilot, new)
        await settle(pilot, lambda: jobs(screen).source.index_of(new.id) is not None)


async def test_what_changes_while_a_run_is_read_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = replace(job_of(FAILED_JOB), id="gitlab:1:job:2001", git_job_id=2001, name="late", status="created")
    read = run_module.read_family
    held: list[RunScreen] = []

    async with playing(tmp_path) as pilot:

        async def slow(store: Store, run: PipelineRun) -> Family:
            found = await read(store, run)
            screen = pilot.app.screen
            if isinstance(screen, RunScreen) and not held:
                held.append(screen)
                await store.put([late])
                while not screen._missed:
                    await asyncio.sleep(0.01)
            return found

        monkeypatch.setattr(run_module, "read_family", slow)
        screen = await open_run(pilot, FAILED_RUN)
        await settle(pilot, lambda: held)
        assert jobs(screen).source.index_of(late.id) is not None


async def test_the_cursor_finds_the_failed_job_however_the_jobs_come_in(tmp_path: Path) -> None:
    run = next(one for one in records() if isinstance(one, PipelineRun) and one.id == FAILED_RUN)
    mine = [one for one in records() if isinstance(one, JobRun) and one.pipeline_run_id == FAILED_RUN]
    others = [one for one in records() if one not in mine and one is not run]
    first = next(one for one in mine if one.id != FAILED_JOB and not one.bridge)
    unread = replace(run, jobs_synced=False, job_count=len(mine))
    async with playing(tmp_path, world=[*others, unread]) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        assert f"{len(mine)} jobs not read yet" in shown(pilot)
        await change(pilot, first)
        await settle(pilot, lambda: jobs(screen).cursor_key == first.id)
        await change(pilot, *mine)
        await settle(pilot, lambda: jobs(screen).cursor_key == FAILED_JOB)
        await press(pilot, "k")
        there = jobs(screen).cursor_key
        await change(pilot, replace(unread, jobs_synced=True))
        assert jobs(screen).cursor_key == there != FAILED_JOB


async def test_a_child_that_a_job_starts_later_appears(tmp_path: Path) -> None:
    extra = more()
    bridge = next(one for one in extra if isinstance(one, JobRun) and one.id == "gitlab:1:job:5006")
    before = [replace(bridge, downstream="", status="created") if one is bridge else one for one in extra]
    async with playing(tmp_path, world=[*records(), *before]) as pilot:
        screen = await open_run(pilot, world_more.RUN)
        assert not screen.subject.family.children
        await change(pilot, bridge)
        await settle(pilot, lambda: world_more.GRANDCHILD in screen.subject.family.children)


async def test_a_child_whose_run_comes_after_its_trigger_job_appears(tmp_path: Path) -> None:
    extra = more()
    child = next(one for one in extra if isinstance(one, PipelineRun) and one.id == world_more.CHILD)
    async with playing(tmp_path, world=[*records(), *(one for one in extra if one is not child)]) as pilot:
        screen = await open_run(pilot, world_more.RUN)
        assert not screen.subject.family.children
        jobs(screen).go_to("gitlab:1:job:5006")
        await press(pilot, "enter")
        assert "trials has no log, and its pipeline is not known here" in last_line(pilot)
        await change(pilot, child)
        await settle(pilot, lambda: world_more.GRANDCHILD in screen.subject.family.children)


async def test_two_thousand_jobs_open_and_only_those_in_sight_are_drawn(tmp_path: Path) -> None:
    many = [
        replace(job_of(FAILED_JOB), id=f"gitlab:1:job:{n}", git_job_id=n, name=f"shard-{n}", status="success",
                pipeline_run_id=RUNNING_RUN)
        for n in range(100_000, 102_000)
    ]  # fmt: skip
    async with playing(tmp_path, world=[*records(), *many]) as pilot:
        screen = await open_run(pilot, RUNNING_RUN)
        grid = jobs(screen)
        assert grid.source.size > 2000
        assert len(grid.source._rows) < 200  # type: ignore[attr-defined]
        await press(pilot, "G")
        assert "deploy" in shown(pilot)
