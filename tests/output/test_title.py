"""The title of the terminal's window: when it is written, and that the old one comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import PipelineRun
from tests.terminal.pty import Terminal
from tests.tui.stage import CONFIG, change, dashboard, playing, settle
from tests.world import RUNNING_RUN, records
from tui.output.title import LONGEST, RESTORE, SAVE, Title, counted, has_title

TOLD = re.compile(r"\x1b\]2;([^\x07]*)\x07")


def test_the_old_title_is_saved_once_and_comes_back() -> None:
    title = Title()
    assert title.give_back() == ""
    assert title.tell() == ""
    assert title.set("one") == f"{SAVE}\x1b]2;one\x07"
    assert title.set("one") == ""
    assert title.set("two") == "\x1b]2;two\x07"
    assert title.give_back() == RESTORE
    assert title.give_back() == ""
    assert title.tell() == f"{SAVE}\x1b]2;two\x07"


def test_a_title_holds_no_sequence_and_is_short() -> None:
    assert Title().set("a\x1b]52;c;AAAA\x07b\x9b2J\x07") == f"{SAVE}\x1b]2;ab\x07"
    assert len(Title().set("x" * 1000)) == len(SAVE) + LONGEST + len("\x1b]2;\x07")


@pytest.mark.parametrize(
    ("running", "failed", "text"),
    [(0, 0, "lineside"), (3, 1, "lineside · 3 running, 1 failed"), (1200, 0, "lineside · 1,200 running")],
)
def test_it_counts(running: int, failed: int, text: str) -> None:
    assert counted("lineside", running, failed) == text


def test_consoles_have_none_and_screen_gives_none_back() -> None:
    assert has_title("xterm-256color")
    assert not has_title("linux")
    assert not has_title("dumb")
    assert has_title("screen-256color", "tmux")
    assert not has_title("screen.xterm-256color", "screen")


@pytest.mark.parametrize("ui", ["", "ui:\n  title: false\n"])
async def test_it_tells_what_runs_and_what_failed_until_somebody_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ui: str
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    run = next(one for one in records() if isinstance(one, PipelineRun) and one.id == RUNNING_RUN)
    async with playing(tmp_path, config=CONFIG + ui) as pilot:
        app = dashboard(pilot)
        sent: list[str] = []
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", sent.append)
        await change(pilot, replace(run, status="failed"))
        await settle(pilot, lambda: app.feed is not None and app.feed.overview.active == 12)
        app._tick()
        app._tick()
        await pilot.press("j")
        await settle(pilot)
        told = TOLD.findall("".join(sent))
        assert told == ([] if ui else ["lineside · 12 running, 1 failed", "lineside · 12 running"])


async def test_another_program_finds_the_old_title(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        sent: list[str] = []
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", sent.append)
        app.app_suspend_signal.publish(app)
        assert sent.pop() == RESTORE
        app.app_resume_signal.publish(app)
        assert sent.pop() == f"{SAVE}\x1b]2;lineside · 13 running\x07"
    assert sent[-1] == RESTORE


@pytest.mark.terminal
@pytest.mark.parametrize("term", ["xterm-256color", "linux"])
def test_a_terminal_gets_its_own_title_back(start: Callable[..., Terminal], term: str) -> None:
    terminal = start(env={"TERM": term})
    terminal.wait("sqlite")
    terminal.wait(lambda _: term == "linux" or bool(TOLD.search(bytes(terminal.raw).decode("utf-8", "replace"))))
    terminal.send("\x11")
    assert terminal.wait_exit() == 0
    raw = bytes(terminal.raw).decode("utf-8", "replace")
    assert raw.count(SAVE) == raw.count(RESTORE) == (0 if term == "linux" else 1)
    assert bool(TOLD.search(raw)) == (term != "linux")
    assert raw.rfind(RESTORE) >= raw.rfind("\x1b]2;")
