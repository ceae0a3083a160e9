"""Run: the tree of its jobs, its numbers, and what can be done with a job."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import JobRun, MetricSeries, PipelineRun
from tests.tui.stage import change, commands, last_line, line_with, playing, press, settle, shown, top
from tests.world import FAILED_JOB, FAILED_RUN, RUNNING_RUN, records
from tui.screens.log import LogScreen
from tui.screens.run import RunScreen
from widgets.chart import Chart
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


async def test_the_tree_has_stages_jobs_and_the_child_below_its_trigger(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        depth = {node.job.name if node.job else node.stage or "child": node.depth for node in screen.nodes}
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


async def test_metrics_params_and_variables_are_listed_and_the_cursor_chooses_the_chart(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        text = shown(pilot)
        for words in ("val_auc", "0.8475", "param lr", "variable EPOCHS"):
            assert words in text
        chart = screen.query_one(Chart)
        assert "val_auc" in chart_title(pilot, chart)
        await press(pilot, "m", "j")
        await settle(pilot, lambda: "loss" in chart_title(pilot, chart))
        assert top(pilot).focused is screen.query_one("#metrics")


def chart_title(pilot: Pilot[str], chart: Chart) -> str:
    """The first line of the chart as it is drawn."""
    return shown(pilot).splitlines()[chart.region.y][chart.region.x :]


async def test_a_new_point_of_the_metric_is_drawn(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = await open_run(pilot, RUNNING_RUN)
        chart = screen.query_one(Chart)
        assert "0.8475" in chart_title(pilot, chart)
        old = next(one for one in records() if isinstance(one, MetricSeries) and one.id == "mlflow:run100:val_auc")
        await change(pilot, replace(old, steps=(*old.steps, 60), times=(*old.times, 60), values=(*old.values, 0.95)))
        await settle(pilot, lambda: "0.95" in chart_title(pilot, chart))


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
        await press(pilot, "p", "y")
        (command,) = await commands(pilot)
        assert (command.kind, command.target_id, command.title) == (
            "play",
            "gitlab:1:job:1036",
            "play churn deploy (job 1036)",
        )
        await settle(pilot, lambda: "◌ play" in line_with(pilot, "▷ deploy"))


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
    from tests.tui.stage import dashboard
    from tests.world import NOW

    async with playing(tmp_path) as pilot:
        await open_run(pilot, FAILED_RUN)
        feed = dashboard(pilot).feed
        assert feed is not None
        topics = {interest.topic for interest in await feed.context.store.interests(NOW)}
        assert {f"run:{FAILED_RUN}", f"log:{FAILED_JOB}", "metrics:mlflow:run103"} <= topics


async def test_narrow_terminals_show_the_jobs_and_m_the_metrics(tmp_path: Path) -> None:
    async with playing(tmp_path, (80, 24)) as pilot:
        screen = await open_run(pilot, FAILED_RUN)
        assert screen.query_one("#jobs").region.width == 80
        assert not screen.query_one("#run-side").display
        await press(pilot, "m")
        assert not screen.query_one("#run-jobs").display
        assert "val_auc" in shown(pilot)
        await press(pilot, "m")
        assert screen.query_one("#run-jobs").display
