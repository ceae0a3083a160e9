"""The test report of a run, and the screen of the runs with one RUN_ID."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import PipelineRun, Record, RunInfo
from tests import tested
from tests.tui.stage import change, commands, dashboard, last_line, line_with, playing, press, settle, shown, top
from tests.tui.test_run import topics
from tests.world import NOW, records
from tui.screens.launch import LaunchScreen
from tui.screens.log import LogScreen
from tui.screens.run import RunScreen
from tui.screens.run_tests import TestsPane
from tui.screens.tabs import Tabbed
from tui.screens.together import TogetherScreen
from tui.screens.together_panes import CasesPane, RunsPane, SuitePane, TogetherReportPane
from tui.screens.value import ValueScreen

CASE_RUN = "gitlab:1:702"


@asynccontextmanager
async def on_report(
    tmp_path: Path, more: Sequence[Record] = (), size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Pilot[str]]:
    """The tab Tests of the test's own pipeline."""
    async with playing(tmp_path, size, world=[*records(), *tested.tested(), *more]) as pilot:
        dashboard(pilot).open_run(tested.TEST_RUN)
        await settle(pilot)
        await top(pilot, RunScreen).show_tab(TestsPane)
        await settle(pilot)
        yield pilot


@asynccontextmanager
async def on_together(
    tmp_path: Path, run_id: str = tested.RUN_ID, more: Sequence[Record] = (), size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Pilot[str]]:
    """The screen of a RUN_ID."""
    async with playing(tmp_path, size, world=[*records(), *tested.tested(), *more]) as pilot:
        dashboard(pilot).open_together(run_id)
        await settle(pilot)
        yield pilot


def rows(pilot: Pilot[str]) -> list[str]:
    """The first cells of the rows of the tab."""
    source = top(pilot, Tabbed).pane.grid.source
    return [row.cells[0].text.strip() for index in range(source.size) if (row := source.row(index)) is not None]


# The report


async def test_failures_come_first_and_what_passed_is_folded(tmp_path: Path) -> None:
    async with on_report(tmp_path) as pilot:
        assert "[Tests 6]" in shown(pilot)
        assert "1 failed, 1 error, 3 passed, 1 skipped" in shown(pilot)
        assert [row.partition("  ")[0] for row in rows(pilot)] == [
            "▾ report: [full]", "✗ test_metric_above_baseline", "! test_predictions_in_range",
            "↷ test_registered_model", "✓ test_pipeline_succeeds", "▸ report: [drift]", "▸ prepare-cases",
        ]  # fmt: skip
        assert "JUnit XML parsing failed" in line_with(pilot, "report: [drift]")
        assert await topics(pilot) >= {f"tests:{tested.TEST_RUN}"}


async def test_enter_folds_suites_and_reads_cases_in_full(tmp_path: Path) -> None:
    async with on_report(tmp_path) as pilot:
        await press(pilot, "enter")
        assert len(rows(pilot)) == 3
        await press(pilot, "enter", "j")
        assert "E       assert 0.8012 >= (0.8231 - 0.005)" in shown(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ValueScreen)
        assert "cases/full/test_full.py:38: AssertionError" in shown(pilot)
        await press(pilot, "escape")
        await press(pilot, "G", "enter")
        assert "✓ test_baseline_größe_🚀" in rows(pilot)


async def test_the_filter_looks_into_folded_suites(tmp_path: Path) -> None:
    async with on_report(tmp_path) as pilot:
        await press(pilot, "slash", *"data", "enter")
        assert [row.partition("  ")[0] for row in rows(pilot)] == ["▾ prepare-cases", "✓ test_data_is_there"]
        await press(pilot, "escape")
        await press(pilot, "slash", *"error", "enter")
        assert "! test_predictions_in_range" in rows(pilot)
        await press(pilot, "slash", *"zzz", "enter")
        assert "Nothing matches errorzzz" in shown(pilot)


async def test_a_long_text_is_cut_where_there_is_no_room_and_read_with_enter(tmp_path: Path) -> None:
    text = "\n".join(f"E   line {number}" for number in range(100))
    report = tested.report(tested.suite("s", tested.case("test_long", "failed", text)))
    async with on_report(tmp_path, [report]) as pilot:
        await press(pilot, "j")
        assert "more lines; enter shows the whole text" in shown(pilot)
        await press(pilot, "enter", "G")
        assert "E   line 99" in shown(pilot)


async def test_a_report_that_comes_is_shown(tmp_path: Path) -> None:
    world = [one for one in tested.tested() if getattr(one, "suites", None) is None]
    async with playing(tmp_path, world=[*records(), *world]) as pilot:
        dashboard(pilot).open_run(tested.TEST_RUN)
        await settle(pilot)
        await top(pilot, RunScreen).show_tab(TestsPane)
        await settle(pilot)
        assert "No test report here yet" in shown(pilot)
        await change(pilot, replace(tested.whole_report(), complete=False))
        await settle(pilot, lambda: "[Tests 6]" in shown(pilot) and "more may come" in shown(pilot))
        await change(pilot, tested.report())
        await settle(pilot, lambda: "no job of this run has left a JUnit report" in shown(pilot))


async def test_hostile_texts_are_drawn_as_they_are(tmp_path: Path) -> None:
    case = tested.case("[red]test[/red]", "failed", "[bold]no markup[/bold] [@click=app.quit]x[/]")
    async with on_report(tmp_path, [tested.report(tested.suite("[s]", case))]) as pilot:
        await press(pilot, "j")
        assert "[red]test[/red]" in shown(pilot) and "[bold]no markup[/bold] [@click=app.quit]x[/]" in shown(pilot)


# Together


async def test_the_head_tells_every_field(tmp_path: Path) -> None:
    async with on_together(tmp_path) as pilot:
        head = "\n".join(shown(pilot).splitlines()[3:6])
        for fact in (
            "● running", f"RUN_ID {tested.RUN_ID}", "test", "3 cases", "churn", "pipeline default", "API train-e2e",
            "test pipeline #700 Tests of churn", "created", "30m ago", "not finished", "by ada",
        ):  # fmt: skip
            assert fact in head, fact
        assert "Runs 4" in shown(pilot)
        assert await topics(pilot) >= {f"run:{tested.TEST_RUN}", "run:gitlab:1:703"}


async def test_production_runs_have_no_cases(tmp_path: Path) -> None:
    async with on_together(tmp_path, tested.TOGETHER) as pilot:
        assert "finished" in shown(pilot) and "APIs features, train-e2e" in shown(pilot)
        assert "Cases" not in shown(pilot) and "Suite" not in shown(pilot)
        await press(pilot, "right_square_bracket")
        assert top(pilot, TogetherScreen).active is RunsPane


async def test_tabs_of_a_test(tmp_path: Path) -> None:
    async with on_together(tmp_path) as pilot:
        seen = []
        for _ in range(4):
            await press(pilot, "right_square_bracket")
            seen.append(top(pilot, TogetherScreen).active)
        assert seen == [SuitePane, CasesPane, TogetherReportPane, RunsPane]


async def test_keys_work_on_the_run_under_the_cursor(tmp_path: Path) -> None:
    async with on_together(tmp_path) as pilot:
        await press(pilot, "slash", *"702", "enter", "enter")
        assert top(pilot, RunScreen).run_id == CASE_RUN
        await press(pilot, "escape")
        await press(pilot, "r")
        await press(pilot, "y")
        await settle(pilot)
        assert [(one.kind, one.target_id) for one in await commands(pilot)] == [("retry", CASE_RUN)]


async def test_marked_runs_are_cancelled_together(tmp_path: Path) -> None:
    async with on_together(tmp_path) as pilot:
        await press(pilot, "g", "space", "G", "space", "x")
        assert "2 runs" in shown(pilot)
        await press(pilot, "y")
        assert {one.target_id for one in await commands(pilot)} == {tested.TEST_RUN, "gitlab:1:703"}


async def test_the_suite_has_jobs_logs_and_leads_to_the_runs_of_its_cases(tmp_path: Path) -> None:
    async with on_together(tmp_path) as pilot:
        await press(pilot, "right_square_bracket")
        assert {"prepare-cases", "case: full", "report: [small]"} <= {row.partition(" ")[2] for row in rows(pilot)}
        grid = top(pilot, TogetherScreen).pane.grid
        grid.go_to(f"gitlab:{tested.REPOSITORY}:job:7000")
        await settle(pilot)
        await press(pilot, "l")
        assert isinstance(pilot.app.screen, LogScreen)
        await press(pilot, "q")
        grid.go_to(f"gitlab:{tested.REPOSITORY}:job:7002")
        await settle(pilot)
        await press(pilot, "enter")
        assert top(pilot, RunScreen).run_id == CASE_RUN


async def test_cases_tell_the_status_of_their_runs(tmp_path: Path) -> None:
    async with on_together(tmp_path) as pilot:
        await press(pilot, "right_square_bracket", "right_square_bracket")
        assert rows(pilot) == ["✗ full", "✓ small", "● drift"]
        assert "1 job failed" in line_with(pilot, "✗ full") and "#702" in line_with(pilot, "✗ full")
        await press(pilot, "enter")
        assert top(pilot, RunScreen).run_id == CASE_RUN
        await press(pilot, "escape", "slash", *"drift", "enter")
        assert rows(pilot) == ["● drift"]


async def test_the_report_of_a_test_is_that_of_its_own_pipeline(tmp_path: Path) -> None:
    async with on_together(tmp_path) as pilot:
        await press(pilot, "left_square_bracket")
        assert "✗ test_metric_above_baseline" in rows(pilot)
        assert await topics(pilot) >= {f"tests:{tested.TEST_RUN}"}


async def test_it_follows_what_changes(tmp_path: Path) -> None:
    async with on_together(tmp_path) as pilot:
        run = next(one for one in tested.tested() if isinstance(one, PipelineRun) and one.id == "gitlab:1:703")
        info = next(one for one in tested.tested() if isinstance(one, RunInfo) and one.id == tested.RUN_ID)
        test = next(one for one in tested.tested() if one.id == tested.TEST_RUN)
        assert isinstance(test, PipelineRun)
        ended = replace(run, status="success", completion=NOW, execution_time=1600)
        await change(pilot, ended, replace(test, status="failed", completion=NOW), replace(info, finish_time=NOW))
        await settle(pilot, lambda: "✗ failed" in shown(pilot).splitlines()[3])
        assert "finished" in shown(pilot).splitlines()[5]


async def test_launch_like_opens_the_form(tmp_path: Path) -> None:
    async with on_together(tmp_path, tested.TOGETHER) as pilot:
        await press(pilot, "T")
        assert isinstance(pilot.app.screen, LaunchScreen)


async def test_an_unknown_run_id_says_so(tmp_path: Path) -> None:
    async with on_together(tmp_path, "nothing") as pilot:
        assert "No run with this RUN_ID is in the store" in shown(pilot)
        await press(pilot, "x")
        assert "there is no run under the cursor" in last_line(pilot)


async def test_it_fits_a_small_terminal(tmp_path: Path) -> None:
    async with on_together(tmp_path, size=(80, 24)) as pilot:
        for _ in range(4):
            assert max(len(line) for line in shown(pilot).splitlines()) <= 80
            await press(pilot, "right_square_bracket")
