"""Rows in groups: where headers and records stand, folding, quick and exact numbers."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest
import pytest_asyncio

from data.model import PipelineRun, Record, TrackedRun
from data.query import parse
from data.store.kinds import KINDS
from data.store.open import open_store
from data.store.port import Group, Sort, Store
from tests.store.conformance.filter_cases import WORLD
from tests.store.samples import NOON, changed, run
from tui.groups import AMONG, UNFOLDED, GroupRows
from tui.headers import Headers
from tui.table import Scene
from widgets.cells import Cell


def header(group: Group) -> tuple[Cell, ...]:
    """What a header says."""
    return (Cell(f"{group.value or '(none)'} {group.count}"),)


def cells(record: PipelineRun) -> tuple[Cell, ...]:
    """What a record's row says."""
    return (Cell(f"{record.run_number} {record.status}"),)


class Members:
    """A listing of some records, of which only `ready` are known at first."""

    def __init__(self, records: list[PipelineRun], ready: int | None = None) -> None:
        self.records, self.ready = records, len(records) if ready is None else ready

    @property
    def size(self) -> int:
        """Records that are known."""
        return self.ready

    @property
    def complete(self) -> bool:
        """Whether all are."""
        return self.ready == len(self.records)

    async def window(self, start: int, count: int) -> list[PipelineRun]:
        """Some of them."""
        return self.records[start : start + count]

    async def finish(self) -> None:
        """Know all of them."""
        self.ready = len(self.records)

    def index_of(self, id: str) -> int | None:
        """Where one stands."""
        return next((index for index, record in enumerate(self.records) if record.id == id), None)


class World:
    """Groups and their records as a store would tell them."""

    def __init__(self, sizes: dict[str, int], ready: int | None = None) -> None:
        number = iter(range(1, 100_000))
        self.records = {value: [run(next(number), ref=value) for _ in range(size)] for value, size in sizes.items()}
        self.ready = ready
        self.asked: list[int | None] = []
        self.quick: list[Group] | None = None

    def group(self, value: str) -> Group:
        """The group of `value`."""
        return Group(value, len(self.records[value]), 0, 0, 0, None, None)

    async def groups(self, among: int | None, values: Collection[str] | None = None) -> list[Group]:
        """All groups, some of them, or what a quick look finds."""
        self.asked.append(among)
        if values is not None:
            return [self.group(value) for value in self.records if value in values]
        return self.quick if among is not None and self.quick is not None else [*map(self.group, self.records)]

    async def members(self, value: str) -> Members:
        """The records of a group."""
        return Members(self.records[value], self.ready)

    async def rows(self, *unfolded: str, quick: bool = False) -> GroupRows[PipelineRun]:
        """The row source."""
        found = GroupRows(self.members, self.groups, header, cells, unfolded)
        await found.read(AMONG if quick else None)
        return found

    def keys(self, unfolded: frozenset[str]) -> list[str]:
        """Row keys as they should be."""
        keys = []
        for value, records in self.records.items():
            keys.append(f"group:{value}")
            keys += [record.id for record in records] if value in unfolded else []
        return keys


def texts(rows: GroupRows[PipelineRun]) -> list[str]:
    """What is drawn; `…` for rows that are not loaded."""
    found = [rows.row(index) for index in range(rows.size)]
    return ["…" if row is None else row.cells[0].text for row in found]


async def test_folded_groups_are_headers() -> None:
    rows = await World({"main": 3, "dev": 2, "": 1}).rows()
    assert texts(rows) == ["main 3", "dev 2", "(none) 1"]
    assert [rows.is_group(index) for index in range(-1, 4)] == [False, True, True, True, False]
    assert rows.index_of("group:") == 2
    assert rows.row(3) is None and rows.row(-1) is None
    assert rows.group(3) is None and rows.record(0) is None


async def test_an_unfolded_group_shows_its_records_when_they_are_loaded() -> None:
    rows = await World({"main": 3, "dev": 2}).rows()
    await rows.toggle("main")
    assert texts(rows) == ["main 3", "…", "…", "…", "dev 2"]
    await rows.load(0, 3)
    assert texts(rows) == ["main 3", "1 created", "2 created", "…", "dev 2"]
    assert rows.record(1) == run(1, ref="main") and rows.record(3) is None
    group = rows.group(2)
    assert group is not None and group.value == "main"
    assert rows.index_of("gitlab:1:3") == 3
    await rows.toggle("main")
    assert texts(rows) == ["main 3", "dev 2"]
    assert rows.unfolded == frozenset()
    assert rows.index_of("gitlab:1:3") is None


async def test_newer_versions_of_loaded_records_are_put_in_place() -> None:
    rows = await World({"main": 2, "dev": 2}).rows("main", "dev")
    await rows.load(0, 99)
    assert set(rows.known(["gitlab:1:1", "gitlab:1:4", "gitlab:1:9"])) == {"gitlab:1:1", "gitlab:1:4"}
    newer = [changed(run(4, ref="dev"), status="failed"), run(1, ref="main"), run(9)]
    assert rows.replace({record.id: record for record in newer}) == [5]
    assert texts(rows)[5] == "4 failed"


async def test_all_groups_fold_and_unfold_together() -> None:
    rows = await World({f"ref-{number}": 1 for number in range(UNFOLDED + 10)}).rows()
    await rows.toggle_all()
    assert len(rows.unfolded) == UNFOLDED
    assert rows.size == 2 * UNFOLDED + 10
    await rows.toggle_all()
    assert rows.size == UNFOLDED + 10


async def test_a_quick_answer_becomes_exact() -> None:
    world = World({"main": 3, "old": 2})
    world.quick = [world.group("main")._replace(count=AMONG)]
    rows = await world.rows("old", quick=True)
    assert texts(rows) == [f"main {AMONG}"]
    assert not rows.exact and rows.unfolded == {"old"}
    assert await rows.complete()
    assert texts(rows) == ["main 3", "old 2", "…", "…"]
    assert rows.exact
    assert not await rows.complete()
    assert world.asked == [AMONG, None]


async def test_a_quick_answer_that_saw_everything_is_exact() -> None:
    world = World({"main": 3})
    rows = await world.rows(quick=True)
    assert rows.exact and not await rows.complete()
    assert world.asked == [AMONG]


async def test_a_group_grows_when_the_order_of_its_records_is_known() -> None:
    rows = await World({"main": 5, "dev": 1}, ready=2).rows("main")
    assert rows.size == 4
    assert await rows.complete()
    assert rows.size == 7
    await rows.load(0, 7)
    assert texts(rows) == ["main 5", *(f"{number} created" for number in range(1, 6)), "dev 1"]


async def test_rows_can_be_asked_for_while_others_are_read() -> None:
    """Every step of reading leaves a picture that hangs together."""
    world = World({"main": 2, "dev": 2})
    rows = await world.rows("main")

    async def members(value: str) -> Members:
        assert [rows.index_of(f"group:{value}") is not None for value in ("main", "dev")] == [True, True]
        assert len(texts(rows)) == rows.size
        return await world.members(value)

    rows._list_members = members
    world.records["new"] = [run(99, ref="new")]
    rows._exact = False
    await rows.toggle("dev")
    await rows.toggle("new")
    assert await rows.complete()
    assert rows.size == 3 + 2 + 2 + 1


async def test_some_groups_are_read_anew_and_the_others_stay() -> None:
    world = World({"main": 2, "dev": 2, "old": 1})
    rows = await world.rows("main", "dev")
    await rows.load(0, rows.size)
    world.records["dev"].append(run(500, ref="dev"))
    world.records["main"].append(run(501, ref="main"))
    world.records["new"] = [run(502, ref="new")]
    del world.records["old"]
    renewed = await rows.renewed({"dev", "new", "old"})
    assert {group.value: group.count for group in renewed.groups} == {"main": 2, "dev": 3, "new": 1}
    assert renewed.size == 3 + 2 + 3 and renewed.unfolded == {"main", "dev"}
    assert rows.size == 3 + 2 + 2, "the picture before stays as it was"
    assert set(renewed.known(["gitlab:1:1", "gitlab:1:3"])) == {"gitlab:1:1"}, "what did not change is kept"
    await renewed.load(0, renewed.size)
    assert renewed.index_of("gitlab:1:500") is not None


@pytest.mark.parametrize("seed", range(20))
async def test_keys_and_positions_agree(seed: int) -> None:
    rng = random.Random(seed)
    world = World({f"ref-{number}": rng.randrange(5) for number in range(rng.randrange(12))})
    rows = await world.rows()
    for _ in range(10):
        if world.records:
            await rows.toggle(rng.choice(list(world.records)))
        keys = world.keys(rows.unfolded)
        assert rows.size == len(keys)
        await rows.load(0, rows.size)
        drawn = [rows.row(index) for index in range(rows.size)]
        assert [row.key for row in drawn if row] == keys
        assert [rows.index_of(key) for key in keys] == list(range(len(keys)))


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store with some runs."""
    opened = await open_store(tmp_path / "lineside.db")
    await opened.put(
        [
            run(1, ref="main", status="success", metrics={"auc": 0.5}),
            run(2, ref="dev", status="failed"),
            run(3, ref="main", status="failed", metrics={"auc": 0.9}),
            run(4, ref="", status="running"),
            run(5, ref="main", status="canceled", project_id="gitlab:2"),
        ]
    )
    yield opened
    await opened.close()


async def test_a_group_without_the_metric_of_all_tells_the_best_of_its_own(store: Store) -> None:
    await store.put(
        [
            run(10, ref="other", metrics={"rmse": 3.0, "epoch": 9.0}),
            run(11, ref="other", metrics={"rmse": 2.0}),
            run(12, ref="none", metrics={"epoch": 3.0}),
        ]
    )
    groups = await store.groups(PipelineRun, "ref", best=Sort("metrics.auc", descending=True))
    headers: Headers[PipelineRun] = Headers("ref", "ref", "auc", lambda: Scene(NOON), lambda _: ("x", ""))
    assert await headers.peek(store, PipelineRun, {}, None, groups)
    told = {group.value: headers.cell(group, 150, unfolded=False).text for group in groups}
    assert "auc 0.9" in told["main"] and "rmse 2 " in told["other"]
    assert "epoch" not in told["none"], "nobody knows which is better"


async def test_some_groups_of_a_store(store: Store) -> None:
    where = {"ref": "main"}
    every, one = [
        await GroupRows.open(store, PipelineRun, "ref", where=given, header=header, cells=cells, quick=False)
        for given in (None, where)
    ]
    await store.put([run(6, ref="dev"), run(7, ref="main"), run(8, ref="none")])
    for rows in (every, one):
        renewed = await rows.renewed({"dev", "main", "none"})
        anew = await GroupRows.open(
            store, PipelineRun, "ref", where=None if rows is every else where, header=header, cells=cells, quick=False
        )
        assert renewed.groups == anew.groups and renewed.exact


async def test_groups_of_a_store(store: Store) -> None:
    rows = await GroupRows.open(
        store, PipelineRun, "ref", where={"project_id": "gitlab:1"}, query=parse("-status:canceled"),
        sort=Sort("run_number"), best=Sort("metrics.auc", descending=True), header=header, cells=cells,
        unfolded=["main", ""],
    )  # fmt: skip
    assert not await rows.complete()
    await rows.load(0, rows.size)
    assert texts(rows) == ["(none) 1", "4 running", "main 2", "1 success", "3 failed", "dev 1"]
    assert [(group.best, group.succeeded, group.failed, group.active) for group in rows.groups] == [
        (None, 0, 0, 1),
        (0.9, 1, 1, 0),
        (None, 0, 1, 0),
    ]


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind in (PipelineRun, TrackedRun) for field in KINDS[kind].group_fields]
)
async def test_a_group_holds_as_many_records_as_it_says(store: Store, kind: type[Record], field: str) -> None:
    await store.put(WORLD)
    rows = await GroupRows.open(store, kind, field, header=header, cells=lambda record: (Cell(record.id),))
    assert len({group.value for group in rows.groups}) == len(rows.groups)
    await rows.toggle_all()
    await rows.complete()
    assert rows.size == len(rows.groups) + await store.count(kind)
    await rows.load(0, rows.size)
    drawn = [rows.row(index) for index in range(rows.size)]
    assert None not in drawn and len({row.key for row in drawn if row}) == rows.size
    for group in rows.groups:
        assert await store.count(kind, where={field: group.value}) == group.count
