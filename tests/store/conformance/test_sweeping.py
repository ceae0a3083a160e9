"""Deletions are told for a while, and then no more."""

from __future__ import annotations

from data.model import PipelineRun
from data.store.port import Store
from tests.store.conftest import Factory
from tests.store.samples import run

DAY = 86_400.0


async def test_old_deletions_are_swept_and_newer_ones_told(factory: Factory, store: Store) -> None:
    await store.put([run(1), run(2), run(3)])
    before = await store.revision()
    await store.delete(PipelineRun, [run(1).id])
    assert await store.sweep(30 * DAY) == 0
    factory.pass_time(29 * DAY)
    assert await store.sweep(30 * DAY) == 0
    await store.delete(PipelineRun, [run(2).id])
    assert (await store.changes(before)).deleted == {PipelineRun: {run(1).id, run(2).id}}
    factory.pass_time(2 * DAY)
    assert await store.sweep(30 * DAY) == 1
    assert await store.sweep(30 * DAY) == 0
    factory.pass_time(31 * DAY)
    assert await store.sweep(30 * DAY) == 1


async def test_a_sweep_is_no_change(factory: Factory, store: Store) -> None:
    await store.put([run(1)])
    await store.delete(PipelineRun, [run(1).id])
    before = await store.revision()
    await store.sweep(DAY)
    factory.pass_time(2 * DAY)
    assert await store.sweep(DAY) == 1
    assert await store.revision() == before
    await store.put([run(1)])
    assert (await store.changes(before)).put == {PipelineRun: {run(1).id}}
