"""The lines around every screen."""

from __future__ import annotations

from rich.cells import cell_len

from tests.widgets.stage import Stage, texts, until
from widgets.cells import Cell
from widgets.frame import Foot, Head, Hint, OneLine, Rule, TabsLine

HEALTH = (Cell("gitlab ✓ 2s", "success"), Cell("mlflow … 40s", "warning"), Cell("sqlite"))
TABS = ("Projects", "Pipelines", "Runs")
HINTS = [Hint("enter", "open", "open"), Hint("l", "log", "log"), Hint("?", "help", "help")]


async def test_the_head_gives_way_on_the_left() -> None:
    head = Head()
    async with Stage(head).run_test(size=(100, 4)) as pilot:
        head.update(("lineside", "churn", "train-e2e", "#4312"), HEALTH)
        await pilot.pause()
        assert texts(head, [0])[0].startswith(" lineside  churn › train-e2e › #4312   ")
        assert texts(head, [0])[0].endswith("gitlab ✓ 2s  mlflow … 40s  sqlite")
        await pilot.resize_terminal(56, 4)
        await pilot.pause()
        assert texts(head, [0])[0] == " … train-e2e › #4312  gitlab ✓ 2s  mlflow … 40s  sqlite"
        for width in range(1, 60):
            assert head.draw(width).cell_length == width


async def test_lines_are_drawn_again_only_when_they_say_something_else() -> None:
    head, tabs, foot = Head(), TabsLine(), Foot()
    async with Stage(head, Rule(), tabs, foot).run_test(size=(100, 6)) as pilot:
        await pilot.pause()
        drawn: list[OneLine] = []
        for line in (head, tabs, foot):
            draw = line.draw
            line.draw = lambda width, line=line, draw=draw: (drawn.append(line), draw(width))[1]  # type: ignore[misc]
        for _ in range(2):
            head.update(["lineside"], HEALTH)
            tabs.update(TABS, 2, [Cell("/ mine")])
            foot.update(HINTS)
            await pilot.pause()
        assert sorted(type(line).__name__ for line in drawn) == ["Foot", "Head", "TabsLine"]


async def test_tabs_shrink_and_answer_clicks() -> None:
    tabs = TabsLine()
    app = Stage(tabs)
    async with app.run_test(size=(60, 4), message_hook=app.hear) as pilot:
        tabs.update(TABS, 1, [Cell("/ status:failed", "accent")])
        await pilot.pause()
        assert texts(tabs, [0])[0].split() == ["1", "Projects", "2", "Pipelines", "3", "Runs", "/", "status:failed"]
        await pilot.click(tabs, offset=(16, 0))
        await until(pilot, lambda: app.of(TabsLine.Clicked))
        assert app.of(TabsLine.Clicked)[0].index == 1
        await pilot.resize_terminal(36, 4)
        await pilot.pause()
        assert texts(tabs, [0])[0].split() == ["1", "2", "Pipelines", "3", "/", "status:failed"]
        for width in range(1, 60):
            assert tabs.draw(width).cell_length == width


async def test_the_foot_leaves_out_what_does_not_fit() -> None:
    foot = Foot()
    app = Stage(foot)
    async with app.run_test(size=(60, 4), message_hook=app.hear) as pilot:
        foot.update(HINTS)
        await pilot.pause()
        assert texts(foot, [0])[0] == " enter open  l log  ? help"
        await pilot.click(foot, offset=(14, 0))
        await until(pilot, lambda: app.of(Foot.Clicked))
        assert app.of(Foot.Clicked)[0].command == "log"
        await pilot.resize_terminal(20, 4)
        await pilot.pause()
        assert texts(foot, [0])[0] == " enter open  l log"
        foot.update([*HINTS[:2], HINTS[2]._replace(kept=True)])
        assert foot.draw(20).text.rstrip() == " enter open  ? help"
        assert foot.draw(18).text.rstrip() == " enter open"
        foot.update(HINTS, Cell("nothing is marked", "warning"))
        assert foot.draw(60).text.rstrip() == " nothing is marked  enter open  l log  ? help"
        for width in range(1, 60):
            assert foot.draw(width).cell_length == width


async def test_the_rule_is_as_long_as_the_screen() -> None:
    rule = Rule()
    async with Stage(rule).run_test(size=(33, 4)):
        assert cell_len(texts(rule, [0])[0]) == 33
