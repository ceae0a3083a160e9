"""The lean output is off: because somebody wants that, or because this Textual is not known, which is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from data.errors import UsageError
from tests.tui.stage import CONFIG, playing, press, settle, shown
from tui.dashboard import Dashboard
from tui.options import OUTPUT, DashboardOptions, chosen_output
from tui.output import driver
from tui.shell import BY_CHOICE
from tui.typed import terminal_driver

WHY = "this version of Textual is not known"


@pytest.mark.parametrize(
    ("option", "variable", "chosen"),
    [(None, "", None), (None, "stock", "stock"), ("lean", "stock", "lean"), ("stock", "nonsense", "stock")],
)
def test_the_command_line_stands_above_the_environment(option, variable, chosen) -> None:
    assert chosen_output(DashboardOptions(output=option), {OUTPUT: variable}) == chosen


def test_another_word_in_the_environment_is_refused() -> None:
    with pytest.raises(UsageError, match="neither lean nor stock"):
        chosen_output(DashboardOptions(), {OUTPUT: "fast"})


async def test_what_was_chosen_is_off_from_the_start_and_no_trouble(tmp_path: Path) -> None:
    async with playing(tmp_path, output="stock") as pilot:
        app = pilot.app
        assert isinstance(app, Dashboard)
        assert (app.output_off, app.output_trouble) == (BY_CHOICE, "")
        await press(pilot, "6")
        assert BY_CHOICE not in shown(pilot)


@pytest.mark.parametrize(("option", "off"), [(None, BY_CHOICE), ("lean", "")])
async def test_the_configuration_counts_where_nothing_else_was_chosen(tmp_path: Path, option, off) -> None:
    async with playing(tmp_path, config=f"{CONFIG}ui:\n  output: stock\n", output=option) as pilot:
        app = pilot.app
        assert isinstance(app, Dashboard)
        await settle(pilot, lambda: app.output_off == off)


async def test_activity_says_why_whole_screens_are_sent(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        app = pilot.app
        assert isinstance(app, Dashboard)
        app.switch_output_off(WHY)
        await press(pilot, "6")
        await settle(pilot, lambda: WHY in shown(pilot))
        assert app.output_trouble == WHY


def test_with_a_textual_that_it_does_not_know_the_stock_driver_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_driver(LinuxDriver) is driver.TerminalDriver
    monkeypatch.setattr(driver, "unknown", lambda: "run_input_thread")
    monkeypatch.setattr(
        linux_driver, "getincrementaldecoder", linux_driver.getincrementaldecoder
    )  # restored at the end
    assert terminal_driver(LinuxDriver) is LinuxDriver


def test_drivers_that_are_no_terminals_stay() -> None:
    from textual.drivers.headless_driver import HeadlessDriver

    assert terminal_driver(HeadlessDriver) is HeadlessDriver
