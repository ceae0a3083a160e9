"""Grouped lists follow changes by reading only the groups that changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from data.model import Connection, PipelineRun
from data.store.open import open_store
from data.store.port import Store
from tests.store.samples import run
from tests.tui.stage import change, playing, settle, shown, top
from tests.tui.test_history import run_of
from tests.world import FAILED_RUN
from tui import regrouping
from tui.regrouping import GROUPS, WHOLE, Regrouping
from tui.screens.runs import RunsScreen


class Clock:
    """A clock that is put forward by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> Any:
    """A store with many refs."""
    opened = await open_store(tmp_path / "lineside.db")
    await opened.put([run(number, ref=f"ref-{number}") for number in range(GROUPS + 10)])
    yield opened
    await opened.close()


def suffices(known: Regrouping) -> bool:
    """Whether reading some groups is enough."""
    return known.suffices


def is_due(known: Regrouping) -> bool:
    """Whether all are to be read."""
    return known.is_due


def ids(*numbers: int) -> list[str]:
    """Ids of runs."""
    return [run(number).id for number in numbers]


async def test_groups_that_changed_are_known_by_their_runs(store: Store) -> None:
    clock = Clock()
    known = Regrouping(clock)
    await known.note(store, PipelineRun, "ref", ids(1), ["gone"])
    assert not suffices(known), "nothing was read yet"
    known.begin()
    assert not suffices(known)
    await known.note(store, PipelineRun, "ref", ids(1, 2), ["gone"])
    assert suffices(known)

    class Rows:
        async def renewed(self, values: frozenset[str]) -> frozenset[str]:
            return values

    read: Any = await known.renewed(Rows())  # type: ignore[arg-type]
    assert read == {"ref-1", "ref-2", "gone"}
    assert not suffices(known) and not is_due(known)
    clock.now += WHOLE + 1
    assert is_due(known), "a run may have left a group that nobody looked at"
    await known.note(store, PipelineRun, "ref", ids(1), [])
    assert not suffices(known)
    known.begin()
    assert not is_due(known)


async def test_of_many_changes_all_groups_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Regrouping(Clock())
    known.begin()
    await known.note(store, PipelineRun, "ref", ids(*range(GROUPS + 5)), [])
    assert not suffices(known)
    monkeypatch.setattr(regrouping, "RUNS", 3)
    known.begin()
    await known.note(store, PipelineRun, "ref", ids(1, 2, 3, 4), [])
    assert not suffices(known)


async def test_what_could_not_be_read_is_still_to_be(store: Store) -> None:
    known = Regrouping(Clock())
    known.begin()
    await known.note(store, PipelineRun, "ref", ids(1), [])

    class Broken:
        async def renewed(self, values: frozenset[str]) -> None:
            raise OSError

    with pytest.raises(OSError):
        await known.renewed(Broken())  # type: ignore[arg-type]
    assert suffices(known)


async def test_a_change_reads_its_groups_only_and_other_records_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        screen.change_look(group="ref")
        await settle(pilot, lambda: "▸ main" in shown(pilot))
        assert screen.feed is not None
        store, asked = screen.feed.context.store, []
        groups = store.groups

        async def told(*given: Any, where: Any = None, **options: Any) -> Any:
            asked.append((where, options.get("among")))
            return await groups(*given, where=where, **options)

        monkeypatch.setattr(store, "groups", told)
        await change(pilot, Connection(id="other", name="other", kind="gitlab", url="https://other.example"))
        failed = run_of(FAILED_RUN)
        await change(pilot, replace(failed, id="gitlab:1:990", git_pipeline_id=990, ref="brandnew"))
        await settle(pilot, lambda: "▸ brandnew" in shown(pilot))
        assert asked == [({"ref": ["brandnew"]}, None)]
        await change(pilot, replace(failed, id="gitlab:1:990", git_pipeline_id=990, ref="main"))
        await settle(pilot, lambda: "▸ brandnew" not in shown(pilot) or len(asked) > 1)
        assert asked[1:] == [({"ref": ["main"]}, None)], "nobody had seen where it was"
