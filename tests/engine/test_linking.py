"""Linking at scale: MLflow runs are read a few at a time, and summed up no more often than it is worth."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from data.config import ProjectSettings, SyncSettings
from data.engine.board import Board
from data.engine.context import ProjectContext
from data.engine.desk import FEW, Desk
from data.engine.leases import Leases
from data.engine.linker import Linker
from data.engine.reconcile import Reconciler
from data.engine.summaries import EASE, MAX_LINKED, Summaries
from data.engine.summary import MAX_TEXT, Summary
from data.engine.timing import Timing
from data.engine.wanted import MAX_KEYS, Course, Wish, only, plan
from data.model import Experiment, JobRun, MetricSummary, PipelineRun, Project, TrackedRun
from data.model.run import SUMMED_UP
from data.store.kinds import KINDS
from data.store.open import open_store
from data.store.port import Store
from data.store.specification import entries_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
RUN = PipelineRun(
    id="work:1:10", project_id="work:1", connection="work", git_project_id=1, git_pipeline_id=10, created=NOW,
    status="running", git_commit_hash="abc", start=NOW,
)  # fmt: skip
JOB = JobRun(
    id="work:1:job:7", pipeline_run_id=RUN.id, project_id="work:1", connection="work", git_project_id=1, git_job_id=7,
    name="train", status="running",
)  # fmt: skip


def trial(number: int, **more: Any) -> TrackedRun:
    """An MLflow run that says which pipeline made it."""
    fields: dict[str, Any] = {
        "tags": {"CI_PIPELINE_ID": "10"}, "start": NOW + timedelta(seconds=number),
        "metrics": {"loss": MetricSummary(last=float(number))},
    }  # fmt: skip
    id = f"{number:04d}"
    return TrackedRun(id=f"ml:{id}", connection="ml", run_id=id, **fields | more)


def held_now() -> int:
    """MLflow runs with metrics that are in memory: ours, and those that other tests left."""
    return sum(1 for one in gc.get_objects() if type(one) is TrackedRun and one.metrics)


class Watched:
    """A store that counts the MLflow runs that are read, and those whose metrics are in memory at the time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read, self.held, self.before = 0, 0, held_now()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def page(self, kind: type[Any], **how: Any) -> Any:
        """As `Store.page`."""
        found = await self._store.page(kind, **how)
        self._count(kind, len(found.records))
        return found

    async def get_many(self, kind: type[Any], ids: Any) -> Any:
        """As `Store.get_many`."""
        found = await self._store.get_many(kind, ids)
        self._count(kind, len(found))
        return found

    def _count(self, kind: type[Any], found: int) -> None:
        if kind is TrackedRun:
            self.read += found
            self.held = max(self.held, held_now() - self.before)


class Bench:
    """A project's context on a store of its own; nobody else works on it."""

    def __init__(self, store: Store, leases: Leases) -> None:
        self.store, self.watched = store, Watched(store)
        self.context = ProjectContext(
            settings=ProjectSettings(project="a/b", connection="work", mlflow="ml"),
            sync=SyncSettings(),
            timing=Timing(),
            project=Project(id="work:1", connection="work", git_project_id=1, name="b", path="a/b"),
            server=None,  # type: ignore[arg-type]
            desk=Desk(self.watched, leases),
            leases=leases,
            board=Board(),
            siblings=set(),
        )

    async def run(self) -> PipelineRun:
        """The run as it is stored."""
        found = await self.store.get(PipelineRun, RUN.id)
        assert found is not None
        return found


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A store with a run and its job."""
    store = await open_store(tmp_path / "lineside.db")
    leases = Leases(store, "test", Timing(lease=600))
    keeper = asyncio.create_task(leases.keep("work:1"))
    await leases.until("work:1", held=True)
    await store.put([RUN, JOB])
    gc.freeze()  # what other tests left is not looked through at each reading
    yield Bench(store, leases)
    gc.unfreeze()
    keeper.cancel()
    await store.close()


async def test_however_many_runs_there_are_a_few_are_held_at_a_time(bench: Bench) -> None:
    gc.collect()
    bench.watched.before = held_now()
    await bench.store.put([trial(number) for number in range(10 * FEW)])
    linker = Linker(bench.context)
    await linker.load()
    assert len((await bench.run()).mlflow_run_ids) == 10 * FEW
    await Reconciler(bench.context).load()
    ids = {trial(number).id for number in range(10 * FEW)}
    seen = [one async for one in linker.seen(ids)]
    assert len(seen) == 10 * FEW and not any(one.run.metrics or one.run.tags for one in seen)
    assert FEW <= bench.watched.held <= 3 * FEW, "one page is used while the next one is read"


async def test_of_too_many_those_that_nothing_is_above_come_first(bench: Bench) -> None:
    parent = trial(0, linked_by="tag", pipeline_run_id=RUN.id, params={"lr": "best"})
    nested = [
        trial(number, linked_by="tag", pipeline_run_id=RUN.id, parent_run_id=parent.run_id, params={"lr": f"{number}"})
        for number in range(1, MAX_LINKED + 5)
    ]
    await bench.store.put([parent, *nested])
    summaries = Summaries(bench.context)
    summaries.changed([RUN.id])
    await summaries.write()
    run = await bench.run()
    assert len(run.mlflow_run_ids) == MAX_LINKED and run.params == {"lr": "best"}
    assert run.mlflow_run_ids[-1] == parent.id and nested[0].id not in run.mlflow_run_ids
    before = await bench.store.revision()
    summaries.changed([RUN.id])
    await summaries.write(every=True)
    assert await bench.store.revision() == before, "nothing new is written"


async def test_trials_that_change_one_after_the_other_are_summed_up_together(bench: Bench) -> None:
    """The time passes with what is read, as it does when records are large, and a little with each change."""
    count, passed = 50, 0.0
    trials = [trial(number, linked_by="tag", pipeline_run_id=RUN.id) for number in range(count)]
    await bench.store.put(trials)
    summaries = Summaries(bench.context, lambda: bench.watched.read * 0.01 + passed)
    for one in trials:
        await bench.store.put([replace(one, params={one.run_id: "done"})])
        summaries.changed([RUN.id])
        await summaries.write()
        passed += 0.1
    assert bench.watched.read <= 3 * count, "each of them was not read for each of them"
    pause = summaries.pause
    assert pause is not None and 0 < pause <= EASE * count * 0.01
    passed += pause
    await summaries.write()
    assert summaries.pause is None
    assert (await bench.run()).params == {one.run_id: "done" for one in trials}


async def test_what_an_engine_left_behind_between_a_link_and_its_summary_is_found(bench: Bench) -> None:
    old = NOW - timedelta(days=900)
    other = replace(RUN, id="work:1:11", git_pipeline_id=11, mlflow_run_ids=("ml:0001",), experiment="e")
    await bench.store.put(
        [
            trial(0, linked_by="tag", pipeline_run_id=RUN.id, project_id="work:1", start=old),
            trial(1, linked_by="tag", pipeline_run_id=other.id, project_id="work:1", start=old),
            trial(2, linked_by="tag", pipeline_run_id=other.id, project_id="work:1", start=old),
            other,
        ]
    )
    await Linker(bench.context).load()
    assert (await bench.run()).mlflow_run_ids == ("ml:0000",)
    found = await bench.store.get(PipelineRun, other.id)
    assert found is not None and found.mlflow_run_ids == ("ml:0001", "ml:0002")


async def test_a_renamed_experiment_is_told_by_its_runs(bench: Bench) -> None:
    experiment = Experiment(id="ml:1", connection="ml", experiment_id="1", name="old")
    await bench.store.put([experiment, trial(0, experiment_id="1")])
    linker = Linker(bench.context)
    await linker.load()
    assert (await bench.run()).experiment == "old"
    await bench.store.put([replace(experiment, name="new")])
    await linker.experiments_changed([experiment.id])
    await linker.summaries.write(every=True)
    assert (await bench.run()).experiment == "new"


async def test_runs_that_wait_are_not_read_again_for_what_does_not_place_them(bench: Bench) -> None:
    likely = trial(0, tags={"mlflow.source.git.commit": "abc"}, start=NOW + timedelta(minutes=1))
    nested = trial(1, tags={}, parent_run_id=likely.run_id)
    await bench.store.put([likely, nested])
    linker = Linker(bench.context)
    await linker.load()
    await linker.runs_changed({RUN.id}, set())
    read = bench.watched.read
    await bench.store.put([replace(await bench.run(), notes="mine")])
    await linker.runs_changed({RUN.id}, set())
    assert bench.watched.read == read
    later = replace(RUN, id="work:1:11", git_pipeline_id=11, created=NOW + timedelta(seconds=20))
    await bench.store.put([later])
    await linker.runs_changed({later.id}, set())
    for id in (likely.id, nested.id):
        found = await bench.store.get(TrackedRun, id)
        assert found is not None and found.pipeline_run_id == later.id, "it began before, and is the newer one"


async def test_active_runs_are_judged_again_when_what_they_belong_to_ends_only(bench: Bench) -> None:
    await bench.store.put([trial(0, linked_by="tag", pipeline_run_id=RUN.id, project_id="work:1", job_run_id=JOB.id)])
    reconciler = Reconciler(bench.context)
    await reconciler.runs_changed({RUN.id}, {JOB.id})
    read = bench.watched.read
    await bench.store.put([replace(RUN, notes="mine"), replace(JOB, memory_usage=3.0)])
    await reconciler.runs_changed({RUN.id}, {JOB.id})
    assert bench.watched.read == read
    await bench.store.put([replace(JOB, status="canceled", completion=NOW - timedelta(days=1))])
    await reconciler.runs_changed(set(), {JOB.id})
    found = await bench.store.get(TrackedRun, "ml:0000")
    assert found is not None and found.ended_as == "canceled"


@pytest.mark.parametrize("seed", range(5))
def test_a_run_repeats_what_stores_filter_by_and_no_more(seed: int) -> None:
    chance = random.Random(seed)
    names = [*(f"m{n}" for n in range(700)), *(f"system/s{n}" for n in range(20)), "mlflow.x", "é", "Z"]
    trials = [
        trial(number, metrics={key: MetricSummary(last=chance.random()) for key in chance.sample(names, 300)},
              params={key: f"{chance.random()}" for key in chance.sample(names, 300)})
        for number in range(12)
    ]  # fmt: skip
    metrics = {key: one.last for run in trials for key, one in run.metrics.items() if one.last is not None}
    params = {key: value for run in trials for key, value in run.params.items()}
    summary = Summary()
    for one in chance.sample(trials, len(trials)):
        summary.add(one)
    run, kind = summary.told(RUN, ""), KINDS[PipelineRun]
    assert len(run.metrics) == len(run.params) == SUMMED_UP
    whole = replace(RUN, metrics=metrics, params=params)
    for name in ("metrics", "params"):
        assert list(entries_of(kind, name, run).items()) == list(entries_of(kind, name, whole).items())


def test_a_long_param_is_cut() -> None:
    summary = Summary()
    summary.add(trial(0, params={"long": "x" * 6_000, "short": "x" * MAX_TEXT}))
    params = summary.told(RUN, "").params
    assert len(params["long"]) == MAX_TEXT and params["long"].endswith("…") and params["short"] == "x" * MAX_TEXT


def test_of_a_run_in_view_no_more_metrics_are_held_than_are_read() -> None:
    wide = trial(0, metrics={f"m{number:04d}": MetricSummary(last=1.0) for number in range(1_500)}, params={"lr": "1"})
    for wishes in ([Wish(wide.id)], [Wish(wide.id, Course("m1400"))], [Wish(wide.id), Wish(wide.id, Course("m1400"))]):
        slim = only(wide, wishes)
        assert len(slim.metrics) <= MAX_KEYS + 1 and not slim.params
        assert list(plan(wishes, {wide.id: slim})) == list(plan(wishes, {wide.id: wide}))
