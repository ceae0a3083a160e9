"""Which colours a terminal shows and which theme it gets: by what it is and says, and never against the user."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tests.tui.stage import CONFIG, dashboard, last_line, playing, press, running, settle, stage, type_text
from tui.output.colours import Colourless, light_background, shown, suitable
from tui.output.terminal import Depth, Terminal, from_environment, named, refuses_colours
from tui.theming import By, Themed

PAPER, SLATE = (253, 246, 227), (0, 43, 54)
"""Backgrounds of Solarized."""


def terminal(depth: Depth = Depth.TRUE, **known: object) -> Terminal:
    """A terminal of which nothing else is known."""
    blank = from_environment({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, lambda _: None)
    return blank._replace(depth=depth, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "refuses"), [(None, False), ("", False), ("0", True), ("1", True)])
def test_no_color_counts_when_it_is_not_empty(value: str | None, refuses: bool) -> None:
    assert refuses_colours({} if value is None else {"NO_COLOR": value}) is refuses


@pytest.mark.parametrize(
    ("told", "light"),
    [
        ("15;0", False),
        ("0;15", True),
        ("0;7", True),
        ("15;8", False),
        ("0;default;15", True),
        ("default", None),
        ("", None),
    ],
)
def test_colorfgbg_tells_of_the_background(told: str, light: bool | None) -> None:
    assert light_background(None, {"COLORFGBG": told}) is light


@pytest.mark.parametrize(("background", "light"), [(PAPER, True), (SLATE, False), ((0, 0, 0), False)])
def test_the_terminals_own_answer_counts_most(background: tuple[int, int, int], light: bool) -> None:
    assert light_background(terminal(background=background), {"COLORFGBG": "0;15" if not light else "15;0"}) is light


@pytest.mark.parametrize(
    ("depth", "light", "name"),
    [
        (Depth.TRUE, None, "lineside-dark"),
        (Depth.EIGHT_BIT, True, "lineside-light"),
        (Depth.SIXTEEN, None, "lineside-ansi"),
        (Depth.SIXTEEN, True, "lineside-ansi-light"),
        (Depth.NONE, True, "lineside-mono"),
    ],
)
def test_each_terminal_has_its_theme(depth: Depth, light: bool | None, name: str) -> None:
    assert suitable(depth, light) == name


def test_names_of_terminals_tell_of_true_colour() -> None:
    assert named(terminal(Depth.EIGHT_BIT), "kitty(0.35.1)").depth is Depth.TRUE
    assert named(terminal(Depth.EIGHT_BIT), "tmux 3.4").depth is Depth.EIGHT_BIT
    assert named(terminal(Depth.NONE), "WezTerm 20240203").depth is Depth.NONE


def test_a_terminal_with_few_colours_shows_the_nearest_one() -> None:
    violet = Color.parse("#b346fd")
    assert shown(violet, Depth.TRUE) == violet
    assert shown(violet, Depth.EIGHT_BIT) == Color.parse("#af5fff")
    assert shown(violet, Depth.SIXTEEN).rgb in {(170, 0, 170), (255, 85, 255), (128, 0, 128), (255, 0, 255)}


def test_without_colours_attributes_and_notes_stay() -> None:
    style = Style(color="red", bgcolor="default", bold=True, reverse=True) + Style.from_meta({"offset": (3, 4)})
    (bare,) = Colourless().apply([Segment("text", style)], Color(0, 0, 0))
    assert bare.text == "text"
    assert bare.style is not None
    assert (bare.style.color, bare.style.bgcolor) == (None, None)
    assert (bare.style.bold, bare.style.reverse, bare.style.meta) == (True, True, {"offset": (3, 4)})
    assert Colourless().apply([Segment("plain")], Color(0, 0, 0)) == [Segment("plain")]


# What the application makes of it


def themed(app: object) -> Themed:
    """The application as what comes to a theme."""
    assert isinstance(app, Themed)
    return app


async def test_a_light_background_brings_the_light_theme_and_is_remembered(tmp_path: Path) -> None:
    app = await stage(tmp_path)
    async with running(app) as pilot:
        assert app.theme == "lineside-dark"
        app.take_terminal(terminal(background=PAPER, answers=True))
        assert app.theme == "lineside-light"
        await settle(pilot)
    again = await stage(tmp_path)
    assert (again.theme, again.theme_by) == ("lineside-light", By.TERMINAL)
    async with running(again):
        again.take_terminal(terminal())
        assert again.theme == "lineside-light"  # it has not answered yet
        again.take_terminal(terminal(answers=True))
        assert again.theme == "lineside-dark"  # it answers, and does not tell its background


async def test_what_the_user_chose_stays(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        await press(pilot, "colon")
        await type_text(pilot, "theme lineside-dark")
        await press(pilot, "enter")
        app.take_terminal(terminal(background=PAPER, answers=True))
        assert (app.theme, app.asks_background) == ("lineside-dark", False)
    again = await stage(tmp_path)
    async with running(again) as pilot:
        again.take_terminal(terminal(background=PAPER, answers=True))
        assert again.theme == "lineside-dark"
        await press(pilot, "colon")
        await type_text(pilot, "theme auto")
        await press(pilot, "enter")
        assert again.theme == "lineside-light"


async def test_what_the_configuration_chose_stays_as_long_as_it_says_so(tmp_path: Path) -> None:
    app = await stage(tmp_path, config=CONFIG + "ui:\n  theme: nord\n")
    async with running(app):
        app.take_terminal(terminal(background=PAPER, answers=True))
        assert app.theme == "nord"
    again = await stage(tmp_path)
    assert again.theme == "nord"
    async with running(again):
        assert again.theme == "lineside-dark"


async def test_the_environment_stands_above_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINESIDE_THEME", "dracula")
    app = await stage(tmp_path, config=CONFIG + "ui:\n  theme: nord\n")
    async with running(app):
        app.take_terminal(terminal(background=PAPER, answers=True))
        assert app.theme == "dracula"
    monkeypatch.delenv("LINESIDE_THEME")
    assert (await stage(tmp_path)).theme == "lineside-dark"


async def test_the_environment_may_leave_it_to_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINESIDE_THEME", "auto")
    app = await stage(tmp_path, config=CONFIG + "ui:\n  theme: nord\n")
    async with running(app):
        app.take_terminal(terminal(background=PAPER, answers=True))
        assert app.theme == "lineside-light"


async def test_an_unknown_theme_of_the_environment_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINESIDE_THEME", "no\x07such")
    async with playing(tmp_path) as pilot:
        assert "LINESIDE_THEME: there is no theme nosuch" in last_line(pilot)
        assert pilot.app.theme == "lineside-dark"


async def test_a_terminal_with_256_colours_gets_grounds_that_differ(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        app = themed(pilot.app)
        app.follow(terminal(Depth.EIGHT_BIT))
        await settle(pilot)
        assert app.theme == "lineside-dark"
        assert pilot.app.theme_variables["cursor-background"] == "#000087"
        assert pilot.app.screen.styles.background == Color.parse("#121212")
        app.follow(terminal(Depth.TRUE))
        await settle(pilot)
        assert pilot.app.screen.styles.background == Color.parse("#0f1317")


async def test_sixteen_colours_are_the_terminals_own(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        app = themed(pilot.app)
        app.follow(terminal(Depth.SIXTEEN, answers=True))
        assert app.theme == "lineside-ansi"
        app.follow(terminal(Depth.SIXTEEN, answers=True, background=PAPER))
        assert app.theme == "lineside-ansi-light"
        await settle(pilot)


async def test_without_colours_there_is_no_theme_to_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with playing(tmp_path, config=CONFIG + "ui:\n  theme: nord\n") as pilot:
        app = themed(pilot.app)
        assert (app.theme, app.asks_background) == ("lineside-mono", False)
        await press(pilot, "colon")
        await type_text(pilot, "theme nord")
        await press(pilot, "enter")
        assert "NO_COLOR" in last_line(pilot)
        app.follow(terminal(background=PAPER, answers=True))
        assert app.theme == "lineside-mono"


async def test_an_empty_no_color_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with playing(tmp_path) as pilot:
        assert pilot.app.theme == "lineside-dark"
        styles = [style for strip in pilot.app.screen._compositor.render_strips() for _, style, _ in strip if style]
        colours = {style.color.triplet for style in styles if style.color and style.color.triplet}
        assert any(len({*triplet}) > 1 for triplet in colours), "shades of grey only"
