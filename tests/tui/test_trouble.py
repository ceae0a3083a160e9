"""When things are missing or broken: a sentence with the way out, never a traceback, and no dead screen."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from data.errors import StoreError
from data.model import Connection
from tests.tui.stage import (
    CONFIG,
    change,
    dashboard,
    fill_store,
    last_line,
    playing,
    press,
    running,
    settle,
    shown,
    stage,
    top,
    write_config,
)
from tests.world import NOW, records
from tui.dashboard import Dashboard
from tui.options import DashboardOptions
from tui.screens.notice import TroubleScreen, WelcomeScreen
from tui.screens.runs import RunsScreen


def flat(text: str) -> str:
    """A text without its line breaks and the frame around it."""
    return " ".join(text.replace("│", " ").split())


def solid(text: str) -> str:
    """A text without any space, as long words are broken anywhere."""
    return flat(text).replace(" ", "")


async def test_without_any_record_each_screen_says_what_will_be_there(tmp_path: Path) -> None:
    sentences = {
        "1": "No projects yet", "2": "No pipelines yet", "3": "No runs yet", "4": "No experiments yet",
        "5": "No registered models", "6": "Nothing was asked for yet",
    }  # fmt: skip
    async with playing(tmp_path, world=[]) as pilot:
        for key, sentence in sentences.items():
            await press(pilot, key)
            assert sentence in shown(pilot)
            await press(pilot, "enter", "l", "x", "j", "space", "y")
            assert dashboard(pilot).is_running


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "ok", "last_success": NOW - timedelta(seconds=70)}, "gitlab … 1m"),
        ({"state": "offline", "offline_since": NOW - timedelta(minutes=4)}, "gitlab ✗ offline 4m"),
        ({"state": "limited", "retry_at": NOW + timedelta(seconds=11)}, "gitlab ◷ 12s"),
        ({"state": "unauthorized"}, "gitlab ✗ unauthorized"),
        ({"state": "unknown", "last_success": None}, "gitlab ◌"),
    ],
)
async def test_the_first_line_says_how_old_the_data_is(tmp_path: Path, values: dict[str, Any], words: str) -> None:
    async with playing(tmp_path) as pilot:
        gitlab = next(one for one in records() if isinstance(one, Connection) and one.id == "gitlab")
        await change(pilot, replace(gitlab, **values))
        await settle(pilot, lambda: words in shown(pilot).splitlines()[0])


async def test_without_a_configuration_the_demo_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = Dashboard(DashboardOptions(engine=False))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        assert "lineside config init" in shown(pilot)
        await pilot.press("d")
        await settle(pilot, lambda: app._exit)
    assert app.return_value == "demo"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("connections: [", ["lineside.yaml:2", "isnotYAML"]),
        ("conections: {}\n", ["lineside.yaml:1", "conections"]),
        (CONFIG + "sync:\n  fast: soon\n", ["sync.fast"]),
        (CONFIG + "ui:\n  start: nowhere\n", ["ui.start"]),
    ],
)
async def test_a_wrong_configuration_is_named_by_file_line_and_field(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    config = write_config(tmp_path, text)
    app = Dashboard(DashboardOptions(config=config, store=tmp_path / "x.db", engine=False))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot, lambda: isinstance(app.screen, TroubleScreen))
        said = solid(shown(pilot))
        for word in words:
            assert word in said
        assert "Traceback" not in shown(pilot)
        await pilot.press("q")
        await settle(pilot, lambda: app._exit)
    assert app.return_code == 1


async def test_a_missing_configuration_file_is_named(tmp_path: Path) -> None:
    app = Dashboard(DashboardOptions(config=tmp_path / "nosuch.yaml", engine=False))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot, lambda: isinstance(app.screen, TroubleScreen))
        assert "nosuch.yaml" in solid(shown(pilot))


async def test_an_unknown_theme_is_said_and_the_program_goes_on(tmp_path: Path) -> None:
    async with playing(tmp_path, config=CONFIG + "ui:\n  theme: nosuch\n") as pilot:
        assert "there is no theme nosuch" in last_line(pilot)
        assert pilot.app.theme == "lineside-dark"


def damage(path: Path) -> None:
    """Overwrite a store with something else."""
    for extra in ("-wal", "-shm"):
        Path(str(path) + extra).unlink(missing_ok=True)
    path.write_bytes(b"this is no database " * 500)


def forget_rights(path: Path) -> None:
    """A folder in which nothing can be written."""
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    path.chmod(stat.S_IRUSR)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (damage, "is damaged or no SQLite database"),
        pytest.param(
            forget_rights,
            "cannot be written",
            marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere"),
        ),
    ],
)
async def test_a_store_that_cannot_be_opened_is_named_with_the_way_out(
    tmp_path: Path, harm: Callable[[Path], None], words: str
) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    path = await fill_store(folder)
    harm(path)
    try:
        options = DashboardOptions(config=write_config(tmp_path), store=path, engine=False)
        app = Dashboard(options)
        async with app.run_test(size=(120, 30)) as pilot:
            await settle(pilot, lambda: isinstance(app.screen, TroubleScreen))
            assert words in flat(shown(pilot))
            await pilot.press("q")
            await settle(pilot, lambda: app._exit)
        assert app.return_code == 1
    finally:
        folder.chmod(0o700)


async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    options = DashboardOptions(config=write_config(tmp_path), store=tmp_path / "file" / "x.db", engine=False)
    app = Dashboard(options)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot, lambda: isinstance(app.screen, TroubleScreen))
        assert "file" in shown(pilot)


async def test_a_store_that_fails_for_a_while_is_a_sentence_and_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(tmp_path) as pilot:
        feed = dashboard(pilot).feed
        assert feed is not None
        store = feed.context.store
        whole = store.revision

        async def locked() -> int:
            raise StoreError("the store is locked", hint="another process has been writing for too long")

        monkeypatch.setattr(store, "revision", locked)
        await settle(pilot, lambda: "the store is locked" in last_line(pilot))
        assert "✗ store" in shown(pilot).splitlines()[0]
        await press(pilot, "j", "j")
        assert top(pilot, RunsScreen).grid.cursor == 2
        monkeypatch.setattr(store, "revision", whole)
        gitlab = next(one for one in records() if isinstance(one, Connection) and one.id == "gitlab")
        await store.put([replace(gitlab, state="forbidden")])
        await settle(pilot, lambda: "gitlab ✗ forbidden" in shown(pilot) and "locked" not in last_line(pilot))


async def test_a_store_that_was_deleted_is_noticed(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        feed = dashboard(pilot).feed
        assert feed is not None
        feed._renewed = 0.0
        (tmp_path / "lineside.db").unlink()
        await settle(pilot, lambda: "is gone" in last_line(pilot))
        await press(pilot, "j", "enter")
        assert dashboard(pilot).is_running


async def test_a_locked_store_refuses_a_command_with_a_sentence(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        feed = dashboard(pilot).feed
        assert feed is not None

        async def locked(_: object) -> None:
            raise StoreError("the store is locked")

        feed.context.store.submit = locked  # type: ignore[method-assign,assignment]
        await press(pilot, "j", "j", "x", "y")
        await settle(pilot, lambda: "the store is locked" in last_line(pilot))


async def test_what_nobody_expected_is_written_down_and_the_program_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_world: Path
) -> None:
    async with playing(tmp_path) as pilot:

        def broken() -> None:
            raise ZeroDivisionError("private-token: glpat-abcdefghijklmnop")

        async def broken_too() -> None:
            raise ZeroDivisionError("again")

        screen = top(pilot, RunsScreen)
        monkeypatch.setattr(screen, "do_sort", broken)
        await press(pilot, "s")
        assert "something went wrong that should not have (ZeroDivisionError)" in last_line(pilot)
        monkeypatch.setattr(screen, "reload", broken_too)
        screen.load()
        await settle(pilot)
        await press(pilot, "j")
        assert screen.grid.cursor == 1
        crashes = own_world / "state" / "crashes.log"
        text = crashes.read_text()
        assert text.count("ZeroDivisionError") >= 2
        assert "glpat-" not in text
        assert stat.S_IMODE(crashes.stat().st_mode) == 0o600


async def test_an_error_in_the_feed_does_not_stop_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        feed = app.feed
        assert feed is not None
        whole = feed._on_change

        async def broken(_: object) -> None:
            raise ZeroDivisionError

        feed._on_change = broken
        gitlab = next(one for one in records() if isinstance(one, Connection) and one.id == "gitlab")
        await feed.context.store.put([replace(gitlab, state="forbidden")])
        await settle(pilot, lambda: "ZeroDivisionError" in last_line(pilot))
        feed._on_change = whole
        await settle(pilot, lambda: "gitlab ✗ forbidden" in shown(pilot) and "Zero" not in last_line(pilot))


async def test_q_while_everything_is_still_being_opened(tmp_path: Path) -> None:
    app = await stage(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("q")
        await pilot.pause()
    assert app.return_code == 0


@pytest.mark.parametrize("size", [(40, 10), (20, 5), (1, 1)])
async def test_very_small_terminals_do_no_harm(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size) as pilot:
        await press(pilot, "j", "enter", "l", "slash", "escape", "escape", "escape", "t", "escape", "question_mark")
        await press(pilot, "escape", "ctrl+p", "escape", "1", "2", "4", "5", "6", "3", "x", "escape")
        await pilot.resize_terminal(120, 40)
        await settle(pilot, lambda: "1 Projects" in shown(pilot))
        assert "failed" in shown(pilot)


async def test_a_terminal_of_40_by_10_shows_the_runs(tmp_path: Path) -> None:
    async with playing(tmp_path, (40, 10)) as pilot:
        text = shown(pilot)
        assert "3 Runs" in text
        assert "✗ 103" in text
        assert "mlflow ✗ offline" in text


async def test_rubbish_in_the_snapshot_does_no_harm(tmp_path: Path, own_world: Path) -> None:
    async with running(await stage(tmp_path)) as pilot:
        await press(pilot, "j")
    (path,) = (own_world / "state").glob("screen-*.json")
    good = path.read_bytes()
    for rubbish in (b"", b"{", b"[]", b"\xff\xfe", good[: len(good) // 2], good.replace(b'"rows":[', b'"rows":[7,')):
        path.write_bytes(rubbish)
        assert (await stage(tmp_path))._snapshot is None


async def test_the_last_screen_is_there_before_the_store(tmp_path: Path) -> None:
    async with running(await stage(tmp_path)) as pilot:
        await press(pilot, "j", "j")
        was = shown(pilot).splitlines()[3:-1]
    app = await stage(tmp_path)
    (tmp_path / "lineside.db").unlink()
    app.options = DashboardOptions(config=tmp_path / "nosuch.yaml", engine=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot, lambda: isinstance(app.screen, TroubleScreen))
        app.pop_screen()
        await pilot.pause()
        now = shown(pilot).splitlines()[3:-1]
    assert [line[:100] for line in now[:30]] == [line[:100] for line in was[:30]]
