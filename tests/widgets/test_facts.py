"""Lines of items that stand still."""

from __future__ import annotations

import pytest

from tests.widgets.stage import Stage, texts
from widgets.cells import Cell
from widgets.facts import Facts


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (30, " took 0:40  by emre  1m ago"),
        (27, " took 0:40  by emre  1m a\u2026"),
        (26, " took 0:40  by emre"),
        (25, " took 0:40  by emre"),
        (24, " took 0:40  by emre"),
        (19, " took 0:40  by em\u2026"),
        (16, " took 0:40"),
        (9, " took 0\u2026"),
    ],
)
async def test_an_item_of_which_nothing_would_be_seen_is_left_out(width: int, expected: str) -> None:
    facts = Facts(1)
    async with Stage(facts).run_test(size=(width, 2)) as pilot:
        facts.update([[Cell("took 0:40"), Cell("by emre"), Cell("1m ago", "dim")]])
        await pilot.pause()
        assert texts(facts, [0])[0].rstrip() == expected
