"""The screen of a pipeline: its tabs, every field, and where the keys lead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import Pipeline, PipelineAPI, PipelineJob, PipelineRun, Record, RunInfo, Schedule, Submission
from tests.tui.stage import (
    change,
    commands,
    dashboard,
    last_line,
    line_with,
    playing,
    press,
    settle,
    shown,
    top,
    type_text,
)
from tests.world import NOW, records
from tests.world_pipelines import (
    CONFIG,
    FEATURES,
    FULL,
    HOSTILE,
    PIPELINE,
    QUICK,
    RUN,
    RUN_ID,
    apis,
    jobs,
    pipeline,
    runs,
    world,
)
from tui.present.fields import field_lines, field_title
from tui.screens.definition import DefinitionScreen
from tui.screens.pane_records import RecordsPane
from tui.screens.pipeline import PipelineScreen
from tui.screens.pipeline_facts import ConfigPane
from tui.screens.run import RunScreen

TABS = ("APIs", "Jobs", "RUN_IDs", "Schedules", "Submissions", "Definition", "CI")
NEXT = "right_square_bracket"


async def open_tab(pilot: Pilot[str], tab: str) -> PipelineScreen:
    """The screen of the pipeline, with a tab."""
    dashboard(pilot).open_pipeline(PIPELINE)
    await settle(pilot)
    await press(pilot, *[NEXT] * TABS.index(tab))
    return top(pilot, PipelineScreen)


def records_pane(screen: PipelineScreen) -> RecordsPane[Any]:
    """The tab that is shown."""
    assert isinstance(screen.pane, RecordsPane)
    return screen.pane


async def test_the_head_says_what_it_is_and_how_it_goes(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_tab(pilot, "APIs")
        told = ("model training", "of churn", "active", "defined by configuration", "4 runs", "66% success",
                "12:30 median", "1 running", "next in 15h", "at most 2 runs at a time", "after 2:00:00")  # fmt: skip
        for words in told:
            assert words in shown(pilot)


DEFINED: list[Record] = [pipeline(), jobs()[3], apis()[0]]
ASKED = [one for one in world() if isinstance(one, Schedule | Submission | RunInfo | PipelineRun)][:6]


@pytest.mark.parametrize("width", [20, 60])
@pytest.mark.parametrize("record", [*DEFINED, *ASKED], ids=lambda one: one.id)
def test_every_field_of_a_record_has_a_line(record: Record, width: int) -> None:
    lines = field_lines(record, NOW, width)
    names = [line.name for line in lines if line.name]
    assert names == [field_title(name) for name in record.__struct_fields__]
    assert len({line.key for line in lines}) == len(lines)
    assert all(line.value.width <= width for line in lines)


async def test_the_fields_of_the_api_under_the_cursor_follow_it(tmp_path: Path) -> None:
    async with playing(tmp_path, (200, 60), world=world()) as pilot:
        await open_tab(pilot, "APIs")
        assert "off: evaluate needs train, which is off" in line_with(pilot, "evaluate")
        assert "train = off" in shown(pilot)
        await press(pilot, "j")
        rate = "LR = 0.01  (number, required, matches [\\d.]+)  Step width"
        told = (rate, "API_KEY = •••  (secret)", "HOOK_KEY", "https://api.example/test", "BUCKET = churn-raw")
        for words in told:
            assert words in shown(pilot)


async def test_jobs_stand_in_the_order_of_execution(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        screen = await open_tab(pilot, "Jobs")
        assert [job.name for job in records_pane(screen).records] == [job.name for job in jobs()]
        for word in ("MODEL_TRAINING", "features", "check-data?", "gpu", "linux"):
            assert word in line_with(pilot, " 3 train ")
        await press(pilot, "j", "j")
        assert "EPOCHS = 60" in shown(pilot)
        assert "python features.py --lr $LR" in shown(pilot)


async def test_run_ids_sum_up_their_runs_and_open_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_tab(pilot, "RUN_IDs")
        opened: list[str] = []
        monkeypatch.setattr(dashboard(pilot), "open_together", opened.append)
        row = line_with(pilot, f"{RUN_ID}   ")
        for word in ("production", "● running", "✓● 2", "open", "20:00", "ada"):
            assert word in row
        assert "test" in line_with(pilot, "0ng1g6r4zpw0")
        await press(pilot, "enter")
        assert opened == [RUN_ID]
        await change(pilot, replace(runs()[0], status="failed"))
        await settle(pilot, lambda: "✗ failed" in line_with(pilot, f"{RUN_ID}   "))


async def test_a_schedule_is_run_now_after_a_question(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_tab(pilot, "Schedules")
        for word in ("main", "0 3 * * *", "in 15h", "ada", "✓ success"):
            assert word in line_with(pilot, "nightly")
        assert "no" in line_with(pilot, "weekly") or "inactive" in line_with(pilot, "weekly")
        await press(pilot, "p")
        assert "schedule nightly now?" in shown(pilot)
        await press(pilot, "enter")
        assert await commands(pilot) == []
        await press(pilot, "p", "y")
        (command,) = await commands(pilot)
        assert (command.kind, command.target_id) == ("schedule", "gitlab:1:schedule:5")
        await press(pilot, "enter")
        assert top(pilot, RunScreen).run_id == "gitlab:1:680"


async def test_schedules_are_looked_at(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_tab(pilot, "APIs")
        assert "schedules:gitlab:1" in screen.topics()


async def test_p_says_where_the_schedules_are(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_tab(pilot, "Jobs")
        await press(pilot, "p")
        assert "they are in the tab Schedules" in last_line(pilot)


async def test_submissions_lead_to_their_runs(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        await open_tab(pilot, "Submissions")
        assert "refused" in line_with(pilot, "feat-x")
        assert "deploy = off" not in shown(pilot)
        await press(pilot, "enter")
        assert "no run came of it: Insufficient permissions" in last_line(pilot)
        await press(pilot, "j")
        assert "deploy = off" in shown(pilot)
        await press(pilot, "enter")
        assert top(pilot, RunScreen).run_id == RUN


async def test_the_configuration_is_plain_text_of_any_length(tmp_path: Path) -> None:
    async with playing(tmp_path, (80, 24), world=world()) as pilot:
        screen = await open_tab(pilot, "CI")
        assert isinstance(screen.pane, ConfigPane)
        grid = screen.pane.grid
        assert grid.source.size >= CONFIG.count("\n")
        assert "# 日本語 [bold]x[/]" in shown(pilot)
        await press(pilot, "G")
        assert f"{CONFIG.count(chr(10))} " in shown(pilot)
        before = grid.source
        await press(pilot, "k", "k", "pageup")
        assert grid.source is before
        await press(pilot, "slash")
        await type_text(pilot, "job-1199")
        await press(pilot, "enter")
        assert grid.source.size == 1
        await press(pilot, "escape")
        assert grid.source.size >= CONFIG.count("\n")


async def test_long_lines_of_the_configuration_are_broken(tmp_path: Path) -> None:
    long = replace(pipeline(), pipeline_config=f"script: {'x' * 150}END\nlast: 1\n")
    async with playing(tmp_path, (80, 24), world=[*(one for one in world() if one.id != PIPELINE), long]) as pilot:
        await open_tab(pilot, "CI")
        assert "xEND" in shown(pilot)
        assert "2 last: 1" in shown(pilot)


async def test_without_a_configuration_it_says_when_it_is_read(tmp_path: Path) -> None:
    async with playing(tmp_path, world=records()) as pilot:
        dashboard(pilot).open_pipeline("gitlab:1:default")
        await settle(pilot)
        await press(pilot, *[NEXT] * TABS.index("CI"))
        assert "No configuration is known" in shown(pilot)


@pytest.mark.parametrize(("tab", "words"), [
    ("Jobs", "No job is known yet"), ("RUN_IDs", "No RUN_ID yet"), ("Schedules", "No schedule starts"),
    ("Submissions", "Nothing was launched from here yet"),
])  # fmt: skip
async def test_empty_tabs_say_what_to_do(tmp_path: Path, tab: str, words: str) -> None:
    async with playing(tmp_path, world=records()) as pilot:
        dashboard(pilot).open_pipeline("gitlab:2:default")
        await settle(pilot)
        await press(pilot, *[NEXT] * TABS.index(tab))
        assert words in shown(pilot)


async def test_e_changes_what_the_tab_shows_and_n_makes_another_one(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_tab(pilot, "APIs")
        await press(pilot, "e")
        assert top(pilot, DefinitionScreen).record.id == FEATURES
        await press(pilot, "escape", NEXT, "j", "e")
        assert top(pilot, DefinitionScreen).record.id == f"{PIPELINE}:check-data"
        await press(pilot, "escape", "n")
        new = top(pilot, DefinitionScreen).record
        assert isinstance(new, PipelineJob)
        assert (new.order, new.pipeline_id) == (6, PIPELINE)
        await press(pilot, "escape", "left_square_bracket", "left_square_bracket", "left_square_bracket", "e")
        assert isinstance(top(pilot, DefinitionScreen).record, Pipeline)


async def test_t_launches_the_api_under_the_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_tab(pilot, "APIs")
        opened: list[dict[str, str]] = []
        monkeypatch.setattr(dashboard(pilot), "open_launch", lambda _project, **given: opened.append(given))
        await press(pilot, "G", "t", "enter")
        assert opened == [{"pipeline_id": PIPELINE, "api_id": QUICK}] * 2
        await press(pilot, NEXT, "t")
        assert opened[-1] == {"pipeline_id": PIPELINE, "api_id": ""}


async def test_y_copies_the_value_of_a_field(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_tab(pilot, "Definition")
        await press(pilot, "j", "j", "y")
        assert dashboard(pilot).clipboard == "train"
        await press(pilot, "left_square_bracket", "y")
        assert dashboard(pilot).clipboard == "https://gitlab.example/ml/churn"


async def test_changes_appear_and_the_cursor_stays(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_tab(pilot, "APIs")
        await press(pilot, "j")
        new = PipelineAPI(id=f"{PIPELINE}:aaa", pipeline_id=PIPELINE, name="aaa")
        await change(pilot, new, replace(pipeline(), max_concurrent=0, active=False))
        await settle(pilot, lambda: " aaa " in shown(pilot) and "not active" in shown(pilot))
        assert "no limit" in shown(pilot)
        assert records_pane(screen).grid.cursor_key == FULL
        await change(pilot, delete=[(PipelineAPI, FULL)])
        await settle(pilot, lambda: "churn-tests" not in shown(pilot))


async def test_a_pipeline_that_is_gone_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path, world=records()) as pilot:
        dashboard(pilot).open_pipeline("gitlab:9:none")
        await settle(pilot)
        assert "not in the store any more" in shown(pilot)
        await press(pilot, *[NEXT] * 7, "e", "t", "n", "d", "y", "escape")
        assert top(pilot).NAME == "runs"


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (200, 60)])
async def test_hostile_texts_are_only_text_in_every_tab(tmp_path: Path, size: tuple[int, int]) -> None:
    odd = replace(pipeline(), description=HOSTILE, pipeline_config=f"{HOSTILE}\n" * 3, default_ref=HOSTILE)
    api = replace(apis()[1], name=HOSTILE, description=HOSTILE)
    job = replace(jobs()[0], name=HOSTILE, instructions=(HOSTILE,), image=HOSTILE)
    others = [one for one in world() if one.id not in {PIPELINE, api.id, job.id}]
    async with playing(tmp_path, size, world=[*others, odd, api, job]) as pilot:
        dashboard(pilot).open_pipeline(PIPELINE)
        await settle(pilot)
        for _ in TABS:
            await press(pilot, "j", "tab", "j", "tab", NEXT)
        assert dashboard(pilot).is_running
        assert "[bold red]x" in shown(pilot)


async def test_a_filter_shows_what_matches_in_its_tab_only(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_tab(pilot, "Jobs")
        await press(pilot, "slash")
        await type_text(pilot, "deploy")
        await press(pilot, "enter")
        assert records_pane(screen).grid.source.size == 1
        await press(pilot, "left_square_bracket")
        assert records_pane(screen).grid.source.size == 3
        await press(pilot, NEXT, "backspace")
        assert records_pane(screen).grid.source.size == 6
