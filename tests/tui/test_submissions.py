"""The tabs Submissions and Schedules: what was asked for, again, side by side; what comes by itself, and now."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import Project, Record, Schedule, Submission
from tests.tui.stage import change, commands, dashboard, last_line, line_with, playing, press, settle, shown, top, until
from tests.world import FAILED_RUN, NOW, records
from tests.world_activity import NEW, NIGHTLY, OLDER, PAUSED, REFUSED, SENT, activity, submission
from tui.screens.activity import ActivityScreen
from tui.screens.submission import SubmissionScreen
from tui.screens.submission_compare import SubmissionCompareScreen
from tui.screens.value import ValueScreen
from widgets.sidetable import SideTable

SUBMISSIONS = ("6", "right_square_bracket", "right_square_bracket")
SCHEDULES = (*SUBMISSIONS, "right_square_bracket")
"""Keys that lead to the tabs."""


def world(level: int = 40) -> list[Record]:
    """The fixed world with submissions and schedules, in projects in which we have this access level."""
    found = [*records(), *activity()]
    found = [replace(one, access_level=level) if isinstance(one, Project) else one for one in found]
    return list({(type(one), one.id): one for one in found}.values())


async def test_submissions_say_what_was_asked_for_and_what_came_of_it(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        await press(pilot, *SUBMISSIONS)
        first = line_with(pilot, "#103 failed")
        for words in ("3m", "✓ done", "churn", "train-e2e", "main", "9f3c2ab1", "ada", "ml/train:3.11"):
            assert words in first
        assert "Reference not found" in line_with(pilot, "✗ refused")
        detail = "ml/train:3.11 without evaluate LR=0.01 EPOCHS=60 TOKEN=••• size=large folds=5"
        assert detail in shown(pilot)


async def test_the_filter_is_that_of_the_other_lists(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        await press(pilot, *SUBMISSIONS)
        screen = top(pilot, ActivityScreen)
        screen.set_filter("status:refused")
        await settle(pilot, lambda: "#103 failed" not in shown(pilot))
        assert "Reference not found" in shown(pilot)
        screen.set_filter("kind:test")
        await settle(pilot, lambda: "#100 running" in shown(pilot))
        assert "Reference not found" not in shown(pilot)
        screen.set_filter("ref:nowhere")
        await settle(pilot, lambda: "Nothing matches ref:nowhere" in shown(pilot))


async def test_enter_shows_every_field_and_then_the_run(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await press(pilot, *SUBMISSIONS, "enter")
        screen = top(pilot, SubmissionScreen)
        values = {value.name: value.value for value in screen._values if value.kind}
        for field in Submission.__struct_fields__:
            value = getattr(screen.submission, field)
            if isinstance(value, str) and value and field not in {"pipeline_run_id", "project_id"}:
                assert any(value in one or one in value for one in values.values() if one), field
        assert values["uuid"] == SENT and values["time"].startswith("2026-03-02") and values["RUN_ID"] == "1ng1g6r4zpw0"
        assert values["TOKEN"] == "•••" and values["folds"] == "5" and values["evaluate"] == "off"
        assert values["timeout"] == "30:00" and values["callback"] == "https://hooks.example/done"
        assert '"needs"' in values["job tree"] and '"train": true' in values["build plan"]
        await until(pilot, lambda: screen.current is not None and screen.current.name == "run")
        await press(pilot, "enter")
        await settle(pilot, lambda: top(pilot).NAME == "run")
        assert top(pilot).run_id == FAILED_RUN  # type: ignore[attr-defined]


async def test_a_long_value_is_shown_whole_and_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        monkeypatch.setattr(dashboard(pilot), "copy_to_clipboard", copied.append)
        await press(pilot, *SUBMISSIONS, "enter")
        screen = top(pilot, SubmissionScreen)
        await until(pilot, lambda: screen.current is not None)
        await press(pilot, "G", "y", "enter")
        assert isinstance(pilot.app.screen, ValueScreen)
        assert '"train": true' in shown(pilot)
        assert copied == ['{\n  "train": true\n}']
        await press(pilot, "escape", "escape")
        assert top(pilot).NAME == "activity"


async def test_marked_ones_are_compared_where_they_differ(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 40), world=world()) as pilot:
        await press(pilot, *SUBMISSIONS, "c")
        assert "mark two or more submissions" in last_line(pilot)
        top(pilot, ActivityScreen).grid.set_marks({SENT, OLDER})
        await press(pilot, "c")
        assert isinstance(pilot.app.screen, SubmissionCompareScreen)
        text = shown(pilot)
        assert "0.01" in text and "0.1" in text and "production" in text
        assert "EPOCHS" not in text, "what is alike is left out"
        await press(pilot, "d")
        assert "EPOCHS" in shown(pilot)
        table = pilot.app.screen.query_one(SideTable)
        await press(pilot, "right")
        assert table.column == 1
        await press(pilot, "d", "g", "enter")
        assert isinstance(pilot.app.screen, ValueScreen) and "test" in shown(pilot)


async def test_t_opens_the_form_with_the_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, object]] = []
    async with playing(tmp_path, world=world()) as pilot:
        app = dashboard(pilot)
        monkeypatch.setattr(app, "open_launch", lambda project, **given: opened.append((project, given["like"])))
        await press(pilot, *SUBMISSIONS, "T")
        await settle(pilot, lambda: opened)
        project, like = opened[0]
        assert project == "gitlab:1" and isinstance(like, Submission) and like.id == SENT
        await press(pilot, "left_square_bracket", "T")
        assert "it has not been written down yet" in last_line(pilot)
        await press(pilot, "left_square_bracket", "j", "T")
        assert "only a launch can be made again" in last_line(pilot)


async def test_submissions_follow_their_runs(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        await press(pilot, *SUBMISSIONS)
        await change(pilot, submission("s-new", 0, ref="fresh", state="sending"))
        await settle(pilot, lambda: "fresh" in shown(pilot))
        feed = dashboard(pilot).feed
        assert feed is not None
        from data.model import PipelineRun

        run = await feed.context.store.get(PipelineRun, FAILED_RUN)
        assert run is not None
        await change(pilot, replace(run, gone=True))
        await settle(pilot, lambda: "#103 failed (deleted)" in shown(pilot))


# Schedules


async def test_schedules_of_all_projects_with_the_next_time_and_the_last_run(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        await press(pilot, *SCHEDULES)
        nightly = line_with(pilot, "0 2 * * *")
        for words in ("churn", "nightly training", "main", "UTC", "in 14h", "ada", "active", "✗ failed #103 1m"):
            assert words in nightly
        paused = line_with(pilot, "weekly report")
        assert "inactive" in paused and "Asia/Tokyo" in paused and "fraud-detection" in paused
        assert "none yet" in line_with(pilot, "需要予測 daily")
        feed = dashboard(pilot).feed
        assert feed is not None
        topics = {one.topic for one in await feed.context.store.interests(NOW)}
        assert {"schedules:gitlab:1", "schedules:gitlab:2", "schedules:gitlab:3"} <= topics


async def test_p_runs_the_schedule_after_a_question(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        await press(pilot, *SCHEDULES, "p")
        assert "Run churn schedule nightly training now?" in shown(pilot)
        assert "GitLab makes the pipeline at once, as you" in shown(pilot)
        await press(pilot, "enter")
        assert [one for one in await commands(pilot) if one.kind == "schedule"] == [], "the answer defaults to No"
        await press(pilot, "p", "y")
        sent = [one for one in await commands(pilot) if one.kind == "schedule"]
        assert [(one.target_id, one.project_id, one.connection) for one in sent] == [(NIGHTLY, "gitlab:1", "gitlab")]


async def test_all_marked_schedules_are_run(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        await press(pilot, *SCHEDULES)
        top(pilot, ActivityScreen).grid.set_marks({NIGHTLY, PAUSED, NEW})
        await press(pilot, "p")
        assert "Run 3 schedules now?" in shown(pilot)
        assert "run fraud-detection schedule weekly report now" in shown(pilot)
        await press(pilot, "y")
        assert {one.target_id for one in await commands(pilot) if one.kind == "schedule"} == {NIGHTLY, PAUSED, NEW}


async def test_why_a_schedule_cannot_be_run(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world(20)) as pilot:
        await press(pilot, *SCHEDULES, "p")
        assert "your access level in churn is 20 (reporter)" in last_line(pilot)
    async with playing(tmp_path / "other", (160, 40), world=world(), read_only=True) as pilot:
        await press(pilot, *SCHEDULES, "p")
        assert "read-only" in last_line(pilot)


async def test_enter_on_a_schedule_opens_its_last_run(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        await press(pilot, *SCHEDULES, "j", "enter")
        assert "it has not started anything yet" in last_line(pilot)
        await press(pilot, "k", "enter")
        assert top(pilot).NAME == "run"


async def test_o_opens_gitlabs_page_of_schedules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    async with playing(tmp_path, (160, 40), world=world()) as pilot:
        monkeypatch.setattr(dashboard(pilot), "browse", opened.append)
        await press(pilot, *SCHEDULES)
        top(pilot, ActivityScreen).do_browse()
        assert opened == ["https://gitlab.example/ml/churn/-/pipeline_schedules"]


async def test_empty_tabs_say_what_would_be_here(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, *SUBMISSIONS)
        assert "Nothing was launched from here yet" in shown(pilot)
        await press(pilot, "right_square_bracket")
        assert "No schedules" in shown(pilot)
        await change(pilot, next(one for one in activity() if isinstance(one, Schedule)))
        await settle(pilot, lambda: "nightly training" in shown(pilot))


def test_the_world_has_what_the_tests_name() -> None:
    assert {SENT, REFUSED, OLDER, NIGHTLY, PAUSED, NEW} <= {one.id for one in activity()}
