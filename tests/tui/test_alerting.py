"""A run that fails while one looks elsewhere rings, and tells the terminal, as the configuration says."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import PipelineRun
from tests.tui.stage import CONFIG, change, dashboard, playing, settle
from tests.world import RUNNING_RUN, records


def running_run(status: str) -> PipelineRun:
    """The running run of the fixed world with another status."""
    run = next(one for one in records() if isinstance(one, PipelineRun) and one.id == RUNNING_RUN)
    return replace(run, status=status)


@pytest.mark.parametrize(
    ("ui", "status", "rings", "written"),
    [
        ("", "failed", 1, ""),
        ("", "success", 0, ""),
        ("ui:\n  bell: false\n", "failed", 0, ""),
        ("ui:\n  notify: true\n", "success", 0, "churn #100 success"),
        ("ui:\n  notify: true\n", "failed", 1, "churn #100 failed"),
    ],
)
async def test_as_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ui: str, status: str, rings: int, written: str
) -> None:
    async with playing(tmp_path, config=CONFIG + ui) as pilot:
        app = dashboard(pilot)
        rung: list[bool] = []
        sent: list[str] = []
        monkeypatch.setattr(app, "bell", lambda: rung.append(True))
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", sent.append)
        await change(pilot, running_run(status))
        await settle(pilot, lambda: app.feed is not None and app.feed.overview.active == 12)
        assert len(rung) == rings
        told = [text for text in sent if text.startswith("\x1b]9;")]
        assert [written in text for text in told] == ([True] if written else [])
