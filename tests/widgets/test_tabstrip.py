"""The line of tabs of a screen."""

from __future__ import annotations

from tests.widgets.stage import Stage, texts, until
from widgets.tabstrip import Tab, TabStrip

TABS = (Tab("Jobs", "Jobs", 13), Tab("Metrics", "Metrics", 1500), Tab("Notes", "Notes"))


async def test_the_tab_that_is_shown_stands_in_brackets() -> None:
    strip = TabStrip()
    async with Stage(strip).run_test(size=(60, 4)) as pilot:
        strip.update(TABS, "Metrics")
        await pilot.pause()
        assert texts(strip, [0]) == [" Jobs 13 [Metrics 1500] Notes"]


async def test_a_click_tells_the_tab() -> None:
    strip = TabStrip()
    app = Stage(strip)
    async with app.run_test(size=(60, 4), message_hook=app.hear) as pilot:
        strip.update(TABS, "Jobs")
        await pilot.pause()
        await pilot.click(strip, offset=(12, 0))
        await until(pilot, lambda: app.of(TabStrip.Chosen))
        assert app.of(TabStrip.Chosen)[0].name == "Metrics"


async def test_where_it_is_narrow_numbers_go_first_and_then_the_ends_of_other_titles() -> None:
    strip = TabStrip()
    async with Stage(strip).run_test(size=(25, 4)) as pilot:
        strip.update(TABS, "Notes")
        await pilot.pause()
        assert texts(strip, [0]) == [" Jobs  Metrics [Notes]"]
        assert strip.draw(18).text.rstrip() == " Job  Met [Notes]"
        for width in range(1, 60):
            assert strip.draw(width).cell_length == width


async def test_it_is_drawn_again_only_when_it_says_something_else() -> None:
    strip = TabStrip()
    async with Stage(strip).run_test(size=(60, 4)) as pilot:
        strip.update(TABS, "Jobs")
        await pilot.pause()
        drawn: list[int] = []
        draw = strip.draw
        strip.draw = lambda width: (drawn.append(width), draw(width))[1]  # type: ignore[method-assign]
        strip.update(list(TABS), "Jobs")
        await pilot.pause()
        assert drawn == []
