"""How metric histories are asked for, joined, kept and dropped, against a source that counts its questions."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from data.engine import courses
from data.engine import histories as module
from data.engine.budget import Rank
from data.engine.courses import points_of
from data.engine.desk import Desk
from data.engine.histories import STAGES, Histories
from data.engine.leases import Leases
from data.engine.timing import Timing
from data.engine.windows import MAX_WINDOWS
from data.errors import Refused
from data.model import MetricSeries, MetricSummary, PipelineRun, TrackedRun
from data.sources.mlflow.history import SKETCH_PARTS
from data.sources.mlflow.mapping import series
from data.store.open import open_store

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Asked(NamedTuple):
    """A question for histories."""

    runs: tuple[str, ...]
    key: str
    points: int
    first: int | None
    last: int | None


class Source:
    """Histories in memory: per run and key a list of values, whose places are the steps. It samples as MLflow does."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], list[float]] = {}
        self.asked: list[Asked] = []
        self.sketched: list[tuple[tuple[str, ...], tuple[int, ...]]] = []
        self.refused: set[str] = set()

    def histories(
        self, run_ids: Sequence[str], key: str, *, max_points: int, start_step: int | None = None,
        end_step: int | None = None,
    ) -> list[MetricSeries]:  # fmt: skip
        """See `TrackingSource.histories`."""
        self.asked.append(Asked(tuple(run_ids), key, max_points, start_step, end_step))
        if key in self.refused:
            raise Refused("not this one")
        found = []
        for run_id in run_ids:
            values = self.values.get((run_id, key), [])
            first = 0 if start_step is None else start_step
            last = len(values) - 1 if end_step is None else end_step
            rows = [
                {"step": step, "timestamp": 1000 + step, "value": value}
                for step, value in enumerate(values)
                if first <= step <= last
            ]
            if rows:
                found.append(series("ml", run_id, key, rows, max_points=max_points))
        return found

    def sketch(self, run_ids: Sequence[str], key: str, last_step: int, parts: Sequence[int]) -> list[MetricSeries]:
        """See `TrackingSource.sketch`. Each part is one point."""
        self.sketched.append((tuple(run_ids), tuple(parts)))
        if key in self.refused:
            raise Refused("not this one")
        steps = [part * last_step // SKETCH_PARTS for part in parts]
        found = []
        for run_id in run_ids:
            values = self.values[run_id, key]
            rows = [{"step": at, "timestamp": at, "value": values[at]} for at in steps if at < len(values)]
            if 2 * len(rows) > len(parts):
                found.append(series("ml", run_id, key, rows, max_points=100, sampled=True))
        return found


class Lab:
    """A store, a source, and histories that are read from one into the other."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.store, self.source = desk, desk.store, Source()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Another engine begins on the same store."""
        self.histories = Histories("ml", self, self.desk, resample=3600.0)  # type: ignore[arg-type]

    async def call(self, ask: Callable[[Any], Any], *, rank: Rank = Rank.ROUTINE) -> Any:
        """As `Server.call`, at once."""
        del rank
        return ask(self.source)

    async def log(self, run_id: str, key: str, *values: float, **more: Any) -> TrackedRun:
        """A job logs further values; the run is stored as a poll would find it."""
        every = self.source.values.setdefault((run_id, key), [])
        every += values
        run = await self.store.get(TrackedRun, f"ml:{run_id}")
        run = run or TrackedRun(id=f"ml:{run_id}", connection="ml", run_id=run_id, start=NOW)
        summary = run.metrics.get(key, MetricSummary())
        newest = replace(summary, last=every[-1] if every else None, step=max(len(every) - 1, 0), time=NOW)
        run = replace(run, metrics={**run.metrics, key: newest}, **more)
        await self.store.put([run])
        return run

    async def end(self, run_id: str, status: str = "FINISHED") -> None:
        """A run ends, some time ago."""
        run = await self.store.get(TrackedRun, f"ml:{run_id}")
        assert run is not None
        await self.store.put([replace(run, status=status, end=NOW)])

    async def read(self, *names: str) -> list[Asked]:
        """Read what these topics name, until there is nothing more to do; what was asked."""
        self.source.asked.clear()
        while await self.histories.read(await self.histories.wanted(names, ())):
            pass
        return list(self.source.asked)

    async def series(self, id: str) -> MetricSeries:
        """A stored history."""
        found = await self.store.get(MetricSeries, f"ml:{id}")
        assert found is not None, id
        return found

    async def summary(self, run_id: str, key: str) -> MetricSummary:
        """A metric as the store has it."""
        run = await self.store.get(TrackedRun, f"ml:{run_id}")
        assert run is not None
        return run.metrics[key]


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A lab on an empty store."""
    store = await open_store(tmp_path / "lineside.db")
    leases = Leases(store, "test", Timing())
    await leases._renew("ml")
    yield Lab(Desk(store, leases))
    await store.close()


async def test_many_runs_are_asked_about_in_one_request_for_each_metric(lab: Lab) -> None:
    for number in range(150):
        for key in ("loss", "auc"):
            await lab.log(f"r{number}", key, 3.0, 2.0, float(number))
    names = [f"ml:r{number}:{key}" for number in range(150) for key in ("loss", "auc")]
    asked = await lab.read(*names)
    assert sorted((one.key, len(one.runs)) for one in asked) == [("auc", 50), ("auc", 100), ("loss", 50), ("loss", 100)]
    assert (await lab.series("r149:auc")).values == (3.0, 2.0, 149.0)
    assert await lab.read(*names) == [], "nothing has gone on"
    await lab.log("r7", "loss", 1.0)
    assert await lab.read(*names) == [Asked(("r7",), "loss", points_of(1), 2, None)]


async def test_live_runs_are_continued_together_from_where_the_last_one_is(lab: Lab) -> None:
    await lab.log("far", "loss", *map(float, range(100)))
    await lab.log("near", "loss", *map(float, range(90)))
    await lab.log("behind", "loss", *map(float, range(5)))
    await lab.log("long", "loss", *map(float, range(1500)))
    names = ["ml:far:loss", "ml:near:loss", "ml:behind:loss", "ml:long:loss"]
    await lab.read(*names)
    for run_id in ("far", "near", "behind", "long"):
        await lab.log(run_id, "loss", -1.0)
    asked = await lab.read(*names)
    assert [(one.runs, one.first) for one in asked] == [(("behind", "near", "far"), 4), (("long",), 1499)]
    for run_id, length in (("far", 101), ("near", 91), ("behind", 6), ("long", 1501)):
        held = await lab.series(f"{run_id}:loss")
        assert held.steps == tuple(range(length)) and held.values[-1] == -1.0 and not held.sampled


async def test_what_came_in_between_is_read_whole_where_it_is_too_much_to_join(lab: Lab) -> None:
    await lab.log("r", "loss", 1.0, 2.0)
    await lab.read("ml:r:loss")
    await lab.log("r", "loss", *[5.0] * 9000)
    asked = await lab.read("ml:r:loss")
    assert [one.first for one in asked] == [1, None]
    held = await lab.series("r:loss")
    assert held.sampled and (held.steps[0], held.steps[-1], len(held.steps)) == (0, 9001, 2000)
    await lab.log("r", "loss", 7.0)
    assert [one.first for one in await lab.read("ml:r:loss")] == [9001], "a sampled history goes on, too"
    held = await lab.series("r:loss")
    assert held.sampled and held.values[-1] == 7.0 and len(held.steps) == 2001


async def test_a_run_that_has_ended_is_read_once_more_and_then_never_again(lab: Lab) -> None:
    await lab.log("r", "loss", 1.0, 2.0)
    await lab.read("ml:r:loss")
    lab.source.values["r", "loss"].insert(1, 1.5)  # a point that came late, at an earlier step
    await lab.end("r")
    assert [one.first for one in await lab.read("ml:r:loss")] == [None]
    assert (await lab.series("r:loss")).values == (1.0, 1.5, 2.0)
    assert await lab.read("ml:r:loss") == []
    lab.begin_anew()
    assert await lab.read("ml:r:loss") == [], "what is in the store was read after the end"


async def test_all_metrics_of_a_run_and_of_a_pipelines_run(lab: Lab) -> None:
    for key in ("b", "a", "system/cpu", "with:colon"):
        await lab.log("r", key, 1.0)
    run = PipelineRun(
        id="work:1:2", project_id="work:1", connection="work", git_project_id=1, git_pipeline_id=2, created=NOW,
        mlflow_run_ids=("ml:r", "other:r"),
    )  # fmt: skip
    await lab.store.put([run])
    names = await lab.histories.wanted([], ["work:1:2"])
    assert names == ["ml:r"]
    assert [one.key for one in await lab.read(*names)] == ["a", "b", "with:colon", "system/cpu"]
    await lab.log("r", "with:colon", 2.0)
    assert [one.key for one in await lab.read("ml:r:with:colon", "other:r:a", "ml:", "ml:r:unknown")] == ["with:colon"]


async def test_a_part_is_kept_under_an_id_of_its_own_and_asked_for_first(lab: Lab) -> None:
    await lab.log("r", "loss", *map(float, range(5000)))
    await lab.log("s", "loss", *map(float, range(5)))
    asked = await lab.read("ml:r:loss", "ml:r:loss@10..20", "ml:s:loss@10..20", "ml:r:loss@20..10")
    assert [(one.runs, one.first, one.last) for one in asked] == [(("r", "s"), 10, 20), (("r",), None, None)]
    part = await lab.series("r:loss@10..20")
    assert part.steps == tuple(range(10, 21)) and part.window == (10, 20) and not part.sampled
    assert part.key == "loss" and part.tracked_run_id == "ml:r"
    nothing = await lab.series("s:loss@10..20")
    assert nothing.steps == () and nothing.window == (10, 20)
    assert (await lab.series("r:loss")).window is None
    await lab.log("r", "loss", 1.0)
    assert await lab.read("ml:r:loss@10..20") == [], "the run is past it"
    assert len(await lab.read("ml:r:loss@4900..6000")) == 1
    await lab.log("r", "loss", 1.0)
    asked = await lab.read("ml:r:loss@4900..6000")
    assert [(one.first, one.last) for one in asked] == [(5000, 6000)]
    assert (await lab.series("r:loss@4900..6000")).steps == tuple(range(4900, 5002))


async def test_extremes_are_those_of_the_history_and_never_shrink(lab: Lab) -> None:
    values = [1.0, 9.0, 9.0, 2.0, -4.0, math.nan, 2.0]
    await lab.log("r", "loss", *values)
    await lab.read("ml:r:loss")
    found = await lab.summary("r", "loss")
    assert (found.min, found.min_step, found.max, found.max_step) == (-4.0, 4, 9.0, 1)
    long = [*values, *([0.0] * 6000)]
    lab.source.values["r", "loss"] = []
    await lab.log("r", "loss", *long)
    await lab.read("ml:r:loss")
    held = await lab.series("r:loss")
    assert held.sampled and 9.0 not in held.values, "the sample missed it"
    found = await lab.summary("r", "loss")
    assert (found.min, found.max, found.max_step) == (-4.0, 9.0, 1)
    lab.source.values["r", "loss"][5000] = 50.0
    await lab.read("ml:r:loss@4990..5010")
    assert (await lab.summary("r", "loss")).max_step == 5000, "a finer part knows better"


async def test_an_infinity_is_no_extreme(lab: Lab) -> None:
    await lab.log("r", "loss", 3.0, math.inf, -math.inf, 4.0)
    await lab.read("ml:r:loss")
    found = await lab.summary("r", "loss")
    assert (found.min, found.max) == (3.0, 4.0)


async def test_a_very_long_history_is_sketched_before_it_is_sampled(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONG", 1000)
    monkeypatch.setattr(module, "SLICE", 0.0)
    await lab.log("r", "loss", *map(float, range(2401)))
    seen: list[list[int]] = []
    while await lab.histories.read(["ml:r:loss"]):
        held = await lab.series("r:loss")
        assert held.sampled and held.values == tuple(map(float, held.steps))
        seen.append([step // 100 for step in held.steps])
    assert seen == [list(range(0, 25, 3)), list(range(25))], "a third of the sketch first, then all of it"
    assert len((await lab.series("r:loss")).steps) == 2000
    assert sorted(part for _, parts in lab.source.sketched for part in parts) == list(range(25))
    assert [one.runs for one in lab.source.asked] == [("r",)]
    lab.source.sketched.clear()
    assert await lab.read("ml:r:loss") == [] and lab.source.sketched == []


async def test_histories_of_about_one_length_are_sketched_together(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONG", 1000)
    for run, count in (("a", 4000), ("b", 3500), ("short", 1200), ("tiny", 10)):
        await lab.log(run, "loss", *map(float, range(count)))
    asked = await lab.read(*(f"ml:{run}:loss" for run in ("a", "b", "short", "tiny")))
    assert {runs for runs, _ in lab.source.sketched} == {("a", "b"), ("short",)}
    assert [one.runs for one in asked] == [("a", "b", "short", "tiny")], "then all of them in one request"


async def test_what_cannot_be_sketched_is_sampled_at_once_and_not_tried_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONG", 1000)
    await lab.log("r", "loss", *map(float, range(3000)))
    lab.source.values["r", "loss"] = lab.source.values["r", "loss"][:100]
    await lab.read("ml:r:loss")
    assert {parts for _, parts in lab.source.sketched} == {STAGES[0][::2], STAGES[0][1::2]}
    assert len((await lab.series("r:loss")).steps) == 100
    await lab.log("r", "bad", *map(float, range(3000)))
    lab.source.refused.add("bad")
    assert len(await lab.read("ml:r:bad")) == 1


async def test_long_histories_are_sampled_by_a_few_in_one_request(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes its time for each point: an answer for all of them would come too late."""
    monkeypatch.setattr(courses, "STEPS", 1000)
    for number in range(30):
        await lab.log(f"r{number:02}", "loss", *map(float, range(400)))
    asked = await lab.read(*(f"ml:r{number:02}:loss" for number in range(30)))
    assert [len(one.runs) for one in asked] == [2] * 15
    assert {one.points for one in asked} == {points_of(30)}


async def test_a_metric_that_is_refused_stops_no_other_and_keeps_what_is_there(lab: Lab) -> None:
    await lab.log("r", "bad", 1.0)
    await lab.log("r", "good", 1.0)
    await lab.read("ml:r")
    lab.source.refused.add("bad")
    await lab.log("r", "bad", 2.0)
    await lab.log("r", "good", 2.0)
    await lab.read("ml:r")
    assert (await lab.series("r:good")).values == (1.0, 2.0) and (await lab.series("r:bad")).values == (1.0,)


async def test_a_round_ends_after_a_while_so_that_others_have_their_turn(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLICE", 0.0)
    for key in "abc":
        await lab.log("r", key, 1.0)
    assert await lab.histories.read(["ml:r"])
    assert [one.key for one in lab.source.asked] == ["a"]
    assert [one.key for one in await lab.read("ml:r")] == ["b", "c"]


async def test_parts_at_which_nobody_looks_are_dropped_also_those_of_an_earlier_engine(lab: Lab) -> None:
    await lab.log("r", "loss", *map(float, range(100)))
    for at in range(MAX_WINDOWS):
        await lab.read(f"ml:r:loss@{at}..{at + 5}")
    lab.begin_anew()
    await lab.read("ml:r:loss@50..60", "ml:r:loss")
    kept = (await lab.store.page(MetricSeries, where={"tracked_run_id": "ml:r"}, limit=1000)).records
    assert len([one for one in kept if one.window is not None]) == MAX_WINDOWS
    assert (await lab.series("r:loss@50..60")).window == (50, 60) and (await lab.series("r:loss")).window is None


async def test_peaks_are_found_for_many_runs_at_once_and_their_histories_are_not_kept(lab: Lab) -> None:
    cpu, memory = "system/node-1/cpu_utilization_percentage", "system/system_memory_usage_megabytes"
    for number in range(30):
        for key in (cpu, memory):
            await lab.log(f"r{number}", key, 1.0, 50.0 + number, 3.0, pipeline_run_id="work:1:2")
        await lab.end(f"r{number}")
    await lab.log("alive", cpu, 1.0, pipeline_run_id="work:1:2")
    await lab.log("alone", cpu, 1.0, status="FINISHED")
    runs = (await lab.store.page(TrackedRun, limit=100)).records
    assert lab.histories.consider_peaks(runs)
    while await lab.histories.peaks():
        pass
    assert sorted((one.key, len(one.runs)) for one in lab.source.asked) == [
        (cpu, 5),
        (cpu, 25),
        (memory, 5),
        (memory, 25),
    ]
    found = await lab.summary("r29", cpu)
    assert (found.max, found.max_step, found.min) == (79.0, 1, 1.0)
    assert await lab.store.count(MetricSeries) == 0
    assert not lab.histories.consider_peaks((await lab.store.page(TrackedRun, limit=100)).records)


def test_fewer_points_are_asked_of_each_when_there_are_many_runs() -> None:
    assert [points_of(runs) for runs in (0, 1, 25, 50, 100)] == [2000, 2000, 2000, 1000, 500]


async def test_a_run_that_is_looked_at_alone_gets_finer_points_than_among_many(lab: Lab) -> None:
    for number in range(100):
        await lab.log(f"r{number}", "loss", *map(float, range(1200)))
    await lab.read(*[f"ml:r{number}:loss" for number in range(100)])
    assert len((await lab.series("r5:loss")).steps) == 500
    assert [one.points for one in await lab.read("ml:r5:loss")] == [2000]
    assert len((await lab.series("r5:loss")).steps) == 1200
    assert await lab.read("ml:r5:loss") == await lab.read(*[f"ml:r{number}:loss" for number in range(100)]) == []
