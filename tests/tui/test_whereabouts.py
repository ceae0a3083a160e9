"""Where the user was: kept in the store, and found again at the next start, on whatever machine."""

from __future__ import annotations

import asyncio
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from data.model import PipelineRun, Session
from data.store.open import open_store
from tests.tui.stage import CONFIG, change, cursor, dashboard, fill_store, playing, press, running, settle, stage, top
from tests.world import NOW, records
from tui import whereabouts
from tui.actions import user_name
from tui.screens.listing import ListScreen
from tui.screens.runs import RunsScreen

LATER = NOW + timedelta(hours=1)
RUNS = sorted((one for one in records() if isinstance(one, PipelineRun)), key=lambda one: one.created, reverse=True)
FAR = [one.id for one in RUNS if not one.parent_run_id][55]
"""A run that is out of sight at first."""


def was_at(screen: str, cursor: str = "", filter: str = "", **values: object) -> Session:
    """The user was there."""
    given = {"id": user_name(), "user_id": user_name(), "time": NOW, **values}
    return Session(screen=screen, cursor=cursor, filter=filter, **given)  # type: ignore[arg-type]


async def put(folder: Path, session: Session) -> None:
    """Another machine has written it."""
    store = await open_store(await fill_store(folder))
    await store.put([session])
    await store.close()


async def kept(folder: Path) -> Session | None:
    """What the store has."""
    store = await open_store(folder / "lineside.db")
    found = await store.get(Session, user_name())
    await store.close()
    return found


def make_checkout(folder: Path) -> str:
    """A git checkout with one commit, whose hash is returned."""
    folder.mkdir()
    for command in (
        "init -q -b feat/x",
        "remote add origin https://ada:secret@gitlab.example/ml/churn.git",
        "-c user.name=ada -c user.email=a@b commit -q --allow-empty -m one",
    ):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return head.stdout.strip()


async def test_it_is_written_when_one_leaves_with_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "churn"
    head = make_checkout(checkout)
    monkeypatch.chdir(checkout)
    async with playing(tmp_path) as pilot:
        await press(pilot, "1", "j")
        await settle(pilot, lambda: top(pilot, ListScreen).grid.cursor_key is not None)
        row = cursor(pilot)
    found = await kept(tmp_path)
    assert found == was_at(
        "projects", row, repo_name="ml/churn", repo_url="https://gitlab.example/ml/churn.git", branch="feat/x",
        commit_hash=head, is_remote=True,
    )  # fmt: skip


async def test_outside_a_checkout_no_repository_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with playing(tmp_path):
        pass
    found = await kept(tmp_path)
    assert found is not None
    assert (found.screen, found.repo_name, found.is_remote) == ("runs", "", False)


async def test_on_another_machine_it_goes_on_there(tmp_path: Path) -> None:
    await put(tmp_path, was_at("projects", "gitlab:2"))
    async with playing(tmp_path) as pilot:
        await settle(pilot, lambda: cursor(pilot) == "gitlab:2")
        assert top(pilot, ListScreen).NAME == "projects"


async def test_filter_and_a_cursor_out_of_sight_are_found_again(tmp_path: Path) -> None:
    await put(tmp_path, was_at("runs", FAR, "project:ml"))
    async with playing(tmp_path, (120, 20)) as pilot:
        await settle(pilot, lambda: cursor(pilot) == FAR)
        screen = top(pilot, RunsScreen)
        assert screen.filter == "project:ml"
        start, stop = screen.grid.in_sight
        assert start <= screen.grid.cursor < stop


async def test_the_newer_of_this_machine_and_the_store_counts(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "2")
    await put(tmp_path, was_at("projects", time=NOW - timedelta(hours=1)))
    async with running(await stage(tmp_path)) as pilot:
        assert top(pilot, ListScreen).NAME == "pipelines"
    await put(tmp_path, was_at("activity", "c2", "by:bo", time=LATER))
    async with running(await stage(tmp_path)) as pilot:
        await settle(pilot, lambda: top(pilot, ListScreen).NAME == "activity" and cursor(pilot) == "c2")
        assert top(pilot, ListScreen).filter_text() == "by:bo"


async def test_a_configured_start_wins(tmp_path: Path) -> None:
    await put(tmp_path, was_at("projects", time=LATER))
    async with playing(tmp_path, config=f"{CONFIG}ui: {{start: pipelines}}\n") as pilot:
        await settle(pilot, lambda: top(pilot, ListScreen).NAME == "pipelines")


async def test_what_the_teams_store_tells_a_moment_later_counts_too(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        assert top(pilot, ListScreen).NAME == "runs"
        await change(pilot, was_at("projects", "gitlab:3"))
        await settle(pilot, lambda: top(pilot, ListScreen).NAME == "projects" and cursor(pilot) == "gitlab:3")


async def test_who_has_gone_elsewhere_stays_there(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j")
        await change(pilot, was_at("projects"))
        await settle(pilot)
        assert top(pilot, ListScreen).NAME == "runs"


@pytest.mark.parametrize("session", [was_at("log", time=LATER), was_at("", time=LATER), was_at("projects", time=None)])
async def test_a_place_that_is_none_does_no_harm(tmp_path: Path, session: Session) -> None:
    async with playing(tmp_path):
        pass
    await put(tmp_path, session)
    async with running(await stage(tmp_path)) as pilot:
        assert top(pilot, ListScreen).NAME == "runs"


async def test_it_is_kept_while_one_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whereabouts, "RESTED", 0.0)
    monkeypatch.setattr(whereabouts, "PACE", 0.0)
    async with playing(tmp_path) as pilot:
        await press(pilot, "1")
        feed = dashboard(pilot).feed
        assert feed is not None
        deadline = asyncio.get_running_loop().time() + 20
        while (found := await feed.context.store.get(Session, user_name())) is None or found.screen != "projects":
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)
