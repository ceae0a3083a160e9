"""Saved views in the store: the user's own, shared ones, and the one that was left last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from data.model import View
from data.store.open import open_store
from data.store.port import Store
from tests.world import NOW
from tui.look import Look
from tui.views import Views

LOOK = Look(filter="status:failed", window="7d", columns=("id", "ref:20"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "lineside.db")
    yield opened
    await opened.close()


async def test_a_view_is_found_by_its_name_and_replaced(store: Store) -> None:
    views = Views(store, "runs", "ada")
    await views.save("Failed", LOOK, NOW)
    later = await views.save("Failed", Look(filter="x"), NOW + timedelta(hours=1))
    assert await views.named() == [later]
    assert Look.of(later) == Look(filter="x")


async def test_own_views_come_first_then_shared_ones_of_others(store: Store) -> None:
    mine, others = Views(store, "runs", "ada"), Views(store, "runs", "bo")
    await others.save("Alpha", LOOK, NOW, shared=True)
    await others.save("Secret", LOOK, NOW)
    await mine.save("zeta", LOOK, NOW)
    await mine.save("Beta", LOOK, NOW)
    await Views(store, "tracked", "ada").save("elsewhere", LOOK, NOW)
    assert [(view.by, view.name) for view in await mine.named()] == [("ada", "Beta"), ("ada", "zeta"), ("bo", "Alpha")]
    assert not mine.is_mine((await mine.named())[-1])


async def test_the_view_without_a_name_is_how_one_left_and_is_not_listed(store: Store) -> None:
    views = Views(store, "runs", "ada")
    assert await views.last() is None
    await views.save("", LOOK, NOW)
    last = await views.last()
    assert last is not None
    assert (Look.of(last), last.updated) == (LOOK, NOW)
    assert await views.named() == []


async def test_rename_share_and_delete(store: Store) -> None:
    views = Views(store, "runs", "ada")
    shared = await views.share(await views.save("one", LOOK, NOW), NOW)
    assert shared.shared
    renamed = await views.rename(shared, "two", NOW)
    assert (renamed.name, renamed.shared, Look.of(renamed)) == ("two", True, LOOK)
    assert [view.name for view in await views.named()] == ["two"]
    assert (await views.rename(renamed, "two", NOW)).name == "two"
    assert not (await views.share(renamed, NOW)).shared
    await views.delete(renamed)
    assert await store.get(View, renamed.id) is None
