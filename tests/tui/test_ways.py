"""The ways through the program: tabs, back, quit, help, palette, command line, keys of one's own, themes, read-only."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.query import GRAMMAR
from tests.tui.stage import (
    CONFIG,
    commands,
    cursor,
    last_line,
    playing,
    press,
    running,
    settle,
    shown,
    stage,
    top,
    type_text,
)
from tests.world import FAILED_RUN
from tui.commands import BY_ID, FORMS, LISTED, commands_for, moves_for
from tui.screens.base import TABS
from tui.screens.help import FORM_KEYS, HelpScreen
from tui.screens.log import LogScreen
from tui.screens.palette import PaletteScreen
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen
from widgets.grid import Grid


async def test_digits_show_the_tabs_and_the_second_line_marks_where_one_is(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        for place, name in enumerate(TABS, 1):
            await press(pilot, str(place))
            assert name == top(pilot).NAME
            assert f"{place} {name.capitalize()}" in shown(pilot)
        assert len(pilot.app.screen_stack) == 2


async def test_the_history_keeps_its_cursor_below_the_other_tabs(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "j", "j")
        before = cursor(pilot)
        await press(pilot, "5", "1", "3")
        assert cursor(pilot) == before


async def test_q_goes_back_and_quits_on_the_first_screen(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "enter", "l", "q")
        top(pilot, RunScreen)
        await press(pilot, "q")
        top(pilot, RunsScreen)
        await pilot.press("q")
        await settle(pilot, lambda: not pilot.app._running or pilot.app._exit)
    assert pilot.app.return_code == 0


async def test_esc_never_quits(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "6", "escape", "escape", "escape")
        assert top(pilot).NAME == "runs"
        assert not pilot.app._exit


async def test_help_lists_every_command_of_the_screen_and_why_some_cannot_be_used(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 70)) as pilot:
        await press(pilot, "question_mark")
        text = shown(pilot)
        for spec in (*commands_for("runs"), *moves_for("runs")):
            assert spec.title in text
        assert "not now: #1039 is over: its status is success" in text
        await press(pilot, *"j" * 8)
        assert "id for the keys section of the configuration: run.retry" in shown(pilot)
        await press(pilot, "escape")
        top(pilot, RunsScreen)


@pytest.mark.parametrize("name", [*TABS, "log", "run", "launch", "tracked"])
async def test_help_of_each_screen_knows_only_keys_that_do_something_there(tmp_path: Path, name: str) -> None:
    async with playing(tmp_path) as pilot:
        screen = HelpScreen(name, {}, {})
        pilot.app.push_screen(screen)
        await settle(pilot)
        grid = screen.query_one(Grid)
        found = {row.key for index in range(grid.source.size) if (row := grid.source.row(index))}
        commands = {spec.id for spec in (*commands_for(name), *moves_for(name))}
        taught = {f"in a filter {example}" for example, _ in GRAMMAR} if name in LISTED.split() else set()
        fields = {f"in a field {keys}" for keys, _ in FORM_KEYS} if name in FORMS else set()
        assert found == commands | taught | fields


async def test_the_palette_finds_a_command_and_carries_it_out(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "ctrl+p")
        top(pilot, PaletteScreen)
        await type_text(pilot, "retry")
        await press(pilot, "enter")
        assert "Retry churn #103?" in shown(pilot)
        await press(pilot, "y")
        assert [command.target_id for command in await commands(pilot)] == [FAILED_RUN]


async def test_the_palette_moves_by_arrows_and_says_why_a_command_cannot_be_used(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "ctrl+p")
        await type_text(pilot, "cancel")
        assert "not now: #1039 is over" in shown(pilot)
        await press(pilot, "enter")
        top(pilot, RunsScreen)
        assert "cancel: #1039 is over" in last_line(pilot)
        await press(pilot, "ctrl+p", "down", "down", "up", "escape")
        top(pilot, RunsScreen)
        await press(pilot, "ctrl+p")
        await type_text(pilot, "zzz")
        assert "no command is called that" in shown(pilot)
        await press(pilot, "enter", "escape")
        top(pilot, RunsScreen)


async def test_the_palette_shows_another_tab(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "ctrl+p")
        await type_text(pilot, "activ")
        await press(pilot, "enter")
        await settle(pilot, lambda: top(pilot).NAME == "activity")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("projects", "projects"),
        ("activity", "activity"),
        ("run gitlab:1:103", "run"),
        ("open #103", "run"),
        ("log gitlab:1:job:1033", "log"),
        ("https://gitlab.example/ml/churn/-/pipelines/103", "run"),
        ("https://gitlab.example/ml/churn/-/jobs/1033", "log"),
        ("launch", "launch"),
    ],
)
async def test_the_command_line_leads_everywhere(tmp_path: Path, line: str, name: str) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "colon")
        await type_text(pilot, line)
        await press(pilot, "enter")
        await settle(pilot, lambda: name == top(pilot).NAME)


async def test_the_command_line_filters_a_tab_with_completion(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "colon")
        await type_text(pilot, "runs status:fai")
        await press(pilot, "tab", "enter")
        assert top(pilot, RunsScreen).filter == "status:failed"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense", "there is no command nonsense"),
        ("log 99999999", "99999999"),
        ("https://elsewhere.example/a", "no connection leads to elsewhere.example"),
        ("theme nosuch", "themes: "),
        ("cancel", "cancel: #1039 is over"),
    ],
)
async def test_what_the_command_line_does_not_know_is_said(tmp_path: Path, line: str, sentence: str) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "colon")
        await type_text(pilot, line)
        await press(pilot, "enter")
        await settle(pilot, lambda: sentence in last_line(pilot))
        top(pilot, RunsScreen)


async def test_themes_can_be_changed_and_are_remembered(tmp_path: Path) -> None:
    app = await stage(tmp_path)
    async with running(app) as pilot:
        await press(pilot, "colon")
        await type_text(pilot, "theme nord")
        await press(pilot, "enter")
        assert pilot.app.theme == "nord"
    again = await stage(tmp_path)
    assert again.theme == "nord"


async def test_keys_are_remapped_by_id_and_shown_so(tmp_path: Path) -> None:
    config = CONFIG + "keys:\n  run.cancel: ctrl+x\n  go.projects: f2\n  grid.down: z\n"
    async with playing(tmp_path, config=config) as pilot:
        await press(pilot, "z", "z")
        assert top(pilot, RunsScreen).grid.cursor == 2
        assert "ctrl+x cancel" in last_line(pilot)
        await press(pilot, "x")
        assert "?" not in shown(pilot).splitlines()[20]
        await press(pilot, "ctrl+x")
        assert "Cancel churn #160?" in shown(pilot)
        await press(pilot, "n", "f2")
        assert top(pilot).NAME == "projects"


async def test_read_only_refuses_every_action_with_a_sentence(tmp_path: Path) -> None:
    async with playing(tmp_path, read_only=True) as pilot:
        assert "read-only" in shown(pilot).splitlines()[0]
        await press(pilot, "j")
        for key in ("x", "r", "t", "T"):
            await press(pilot, key)
            assert "Lineside runs read-only" in last_line(pilot)
            top(pilot, RunsScreen)
        assert await commands(pilot) == []


async def test_clicks_on_tabs_and_keys(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await pilot.click("#tabs", offset=(18, 0))
        await settle(pilot, lambda: top(pilot).NAME == "pipelines")
        await pilot.click("#foot", offset=(2, 0))
        await settle(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))


async def test_every_command_has_a_method_or_a_widget(tmp_path: Path) -> None:
    from tui.commands import WIDGET_OWNED
    from tui.screens.activity import ActivityScreen
    from tui.screens.base import _action_of
    from tui.screens.compare import CompareScreen
    from tui.screens.launch import LaunchScreen
    from tui.screens.metrics import MetricsScreen
    from tui.screens.mlflow import MlflowScreen
    from tui.screens.projects import PipelinesScreen, ProjectsScreen
    from tui.screens.tracked import TrackedScreen
    from tui.screens.tracking import ExperimentsScreen, ModelsScreen
    from widgets.chartgrid import ChartGrid
    from widgets.logview import LogView

    screens = {
        kind.NAME: kind
        for kind in (RunsScreen, RunScreen, LogScreen, LaunchScreen, ActivityScreen, ProjectsScreen, PipelinesScreen,
                     ExperimentsScreen, ModelsScreen, TrackedScreen, CompareScreen, MetricsScreen, MlflowScreen)
    }  # fmt: skip
    app = await stage(tmp_path)
    widgets = {"log": LogView(), "grid": Grid(), "chart": ChartGrid()}
    for name, kind in screens.items():
        for spec in commands_for(name):
            if spec.id in WIDGET_OWNED:
                assert _action_of(widgets[spec.id.partition(".")[0]], spec.id), spec.id
            else:
                assert hasattr(kind, spec.method) or hasattr(app, spec.method), (name, spec.id)
    for spec in moves_for("runs"):
        assert _action_of(widgets["grid"], spec.id), spec.id
    assert set(BY_ID) >= {"palette", "help", "quit"}


async def test_where_one_left_is_where_one_comes_back(tmp_path: Path) -> None:
    async with running(await stage(tmp_path)) as pilot:
        await press(pilot, "1", "j")
        await press(pilot, "slash")
        await type_text(pilot, "ml")
        await press(pilot, "enter", "j")
        was = cursor(pilot)
    app = await stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot, lambda: top(pilot).NAME == "projects")
        assert top(pilot).filter_text() == "ml"
        assert cursor(pilot) == was
        await press(pilot, "escape")
        assert top(pilot).NAME == "runs"
        await app.do_quit()


async def test_the_configuration_names_the_first_screen(tmp_path: Path) -> None:
    async with playing(tmp_path, config=CONFIG + "ui:\n  start: activity\n") as pilot:
        await settle(pilot, lambda: top(pilot).NAME == "activity")
        await press(pilot, "1")
    app = await stage(tmp_path, config=CONFIG + "ui:\n  start: activity\n")
    async with running(app) as pilot:
        assert top(pilot).NAME == "activity"
