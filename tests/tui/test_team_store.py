"""The dashboard on a team's store that is away: it opens, says so, and goes on with what is here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.config import Settings
from data.store.place import place_of
from tests.tui.stage import fill_store, press, running, settle, shown, until, write_config
from tui.dashboard import Dashboard
from tui.options import DashboardOptions

NOWHERE = "mongodb://ada:hunter2@127.0.0.1:9/lineside?serverSelectionTimeoutMS=200"


@pytest.mark.server
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_first_line_says_so_and_what_is_here_can_be_read(tmp_path: Path, size: tuple[int, int]) -> None:
    await fill_store(place_of(Settings(), NOWHERE).file.parent)
    options = DashboardOptions(config=write_config(tmp_path), store=NOWHERE, engine=False, ascii=False)
    app = Dashboard(options, now=lambda: datetime.now(UTC))
    async with running(app, size) as pilot:
        await until(pilot, lambda: "✗ away" in first_line(shown(pilot)))
        assert ("127.0.0.1:9/lineside" in first_line(shown(pilot))) == (size[0] > 100)
        await press(pilot, "3")
        await settle(pilot, lambda: "103" in shown(pilot))
        await press(pilot, "6")
        await settle(pilot, lambda: "while the team store is away" in shown(pilot))
        assert "hunter2" not in shown(pilot)


def first_line(screen: str) -> str:
    """The line with the health of the connections."""
    return screen.partition("\n")[0]
