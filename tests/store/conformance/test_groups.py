"""Groups, and the values that fields have."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.errors import UsageError
from data.model import JobRun, MetricSummary, PipelineRun, TrackedRun
from data.query import parse
from data.store.kinds import KINDS
from data.store.port import Group, Sort, Store
from tests.store.samples import NOON, project, run

STATUSES = ("success", "failed", "running", "canceled")
REFS = ("main", "Main", "dev", "")
RUNS = [
    run(
        number,
        status=STATUSES[number % 4],
        ref=REFS[number % 3 if number < 30 else 3],
        metrics={"auc": number / 10} if number % 5 else {},
        execution_time=float(number),
        labels=("gpu", f"only{number}") if number % 10 == 0 else (),
    )
    for number in range(40)
]


def group(value: str, numbers: list[int], *, best: float | None = None) -> Group:
    """The group of these runs."""
    statuses = [STATUSES[number % 4] for number in numbers]
    good, bad, going = (statuses.count(status) for status in STATUSES[:3])
    return Group(value, len(numbers), good, bad, going, NOON + timedelta(minutes=max(numbers)), best)


async def test_groups_are_counted_newest_first(store: Store) -> None:
    await store.put(RUNS)
    main, other, dev = ([n for n in range(30) if n % 3 == rest] for rest in range(3))
    expected = [group("", list(range(30, 40))), group("dev", dev), group("Main", other), group("main", main)]
    assert await store.groups(PipelineRun, "ref") == expected
    assert await store.groups(PipelineRun, "ref", limit=2) == expected[:2]


async def test_groups_of_what_matches(store: Store) -> None:
    await store.put(RUNS)
    fits = [n for n in range(30) if n / 10 > 2 and n % 5]
    expected = [group(REFS[rest], [n for n in fits if n % 3 == rest]) for rest in (2, 1, 0)]
    expected.sort(key=lambda one: one.newest or NOON, reverse=True)
    assert await store.groups(PipelineRun, "ref", query=parse("metric.auc>2 ref:main,dev")) == expected
    assert await store.groups(PipelineRun, "ref", where={"ref": "dev"}, query=parse("metric.auc>2")) == [
        group("dev", [n for n in fits if n % 3 == 2])
    ]
    assert await store.groups(PipelineRun, "ref", query=parse("nothing")) == []


@pytest.mark.parametrize("descending", [True, False])
async def test_the_best_of_each_group(store: Store, descending: bool) -> None:
    await store.put([*RUNS, run(50, ref="none")])
    found = await store.groups(PipelineRun, "ref", best=Sort("metrics.auc", descending))
    pick = max if descending else min
    expected = {ref: pick(n / 10 for n in range(40) if n % 5 and REFS[n % 3 if n < 30 else 3] == ref) for ref in REFS}
    assert {one.value: one.best for one in found} == {**expected, "none": None}
    took = await store.groups(PipelineRun, "ref", query=parse("ref:dev"), best=Sort("execution_time", descending))
    assert [one.best for one in took] == [pick(n for n in range(30) if n % 3 == 2)]


async def test_the_quick_answer_looks_at_the_newest(store: Store) -> None:
    await store.put(RUNS)
    assert await store.groups(PipelineRun, "ref", among=12) == [
        group("", list(range(30, 40))),
        *(group(REFS[n % 3], [n]) for n in (29, 28)),
    ]
    quick = await store.groups(PipelineRun, "ref", among=3, query=parse("metric.auc>0"), best=Sort("metrics.auc", True))
    assert quick == [group("", [39, 38, 37], best=3.9)]
    assert await store.groups(PipelineRun, "ref", among=1000) == await store.groups(PipelineRun, "ref")


async def test_mlflow_runs_in_groups(store: Store) -> None:
    await store.put(
        [
            TrackedRun(
                id=f"m:{n}",
                connection="m",
                run_id=str(n),
                experiment_id=str(n % 2),
                status=("FINISHED", "FAILED", "RUNNING", "KILLED")[n % 4],
                start=None if n < 2 else NOON + timedelta(minutes=n),
                metrics={"loss": MetricSummary(last=float(n))},
            )
            for n in range(9)
        ]
    )
    found = await store.groups(TrackedRun, "experiment_id", best=Sort("metrics.loss"))
    assert found == [
        Group("0", 5, 3, 0, 2, NOON + timedelta(minutes=8), 0),
        Group("1", 4, 0, 2, 0, NOON + timedelta(minutes=7), 1),
    ]
    assert [one.value for one in await store.groups(TrackedRun, "status")] == [
        "FINISHED", "KILLED", "RUNNING", "FAILED"
    ]  # fmt: skip


async def test_pipelines_are_told_apart_by_their_ids(store: Store) -> None:
    ids = ("gitlab:1:Train", "gitlab:1:train", "gitlab:2:train", "")
    await store.put([run(n, pipeline_id=ids[n % 4]) for n in range(1, 9)])
    found = await store.groups(PipelineRun, "pipeline_id")
    assert [(one.value, one.count) for one in found] == [(ids[n % 4], 2) for n in (8, 7, 6, 5)]
    for one in found:
        rows = await store.listing(PipelineRun, where={"pipeline_id": one.value})
        assert {record.pipeline_id for record in await rows.window(0, 9)} == {one.value}
        assert rows.size == one.count


@pytest.mark.parametrize("kind", [PipelineRun, TrackedRun])
async def test_every_group_field(store: Store, kind: type[PipelineRun] | type[TrackedRun]) -> None:
    for field in KINDS[kind].group_fields:
        assert await store.groups(kind, field, among=5) == []
        assert await store.groups(kind, field, best=Sort("metrics.x", True), query=parse("x")) == []


async def test_what_has_no_groups_is_said(store: Store) -> None:
    for kind, field in ((PipelineRun, "created"), (PipelineRun, "colour"), (JobRun, "name")):
        with pytest.raises(UsageError, match=f"no groups by `{field}`"):
            await store.groups(kind, field)
    for best in ("ref", "created", "colour"):
        with pytest.raises(UsageError, match=best):
            await store.groups(PipelineRun, "ref", best=Sort(best))


async def test_values_of_a_field(store: Store) -> None:
    await store.put([*RUNS, project(1, "Churn", "ml/churn")])
    assert [one.lower() for one in await store.values(PipelineRun, "ref")] == ["dev", "main"]
    assert [one.lower() for one in await store.values(PipelineRun, "ref", contains="A")] == ["main"]
    assert await store.values(PipelineRun, "ref", contains="x") == []
    assert await store.values(PipelineRun, "status", limit=2) == ["canceled", "failed"]
    assert await store.values(PipelineRun, "labels", contains="ONLY3") == ["only30"]
    assert await store.values(PipelineRun, "labels", contains="u") == ["gpu"]
    assert await store.values(PipelineRun, "connection") == ["gitlab"]
    assert await store.values(JobRun, "name") == []


async def test_values_that_begin_with_it_come_first(store: Store) -> None:
    refs = ("feat/main", "Maine", "main", "mainland", "größe/main", "MAIN", "other", "x_main")
    await store.put([run(number, ref=ref) for number, ref in enumerate(refs)])
    found = [one.lower() for one in await store.values(PipelineRun, "ref", contains="main")]
    assert found == ["main", "maine", "mainland", "feat/main", "größe/main", "x_main"]
    two = await store.values(PipelineRun, "ref", contains="main", limit=2)
    assert [one.lower() for one in two] == ["main", "maine"]
    assert await store.values(PipelineRun, "ref", contains="GRÖSSE") == []
    assert await store.values(PipelineRun, "ref", contains="GRÖẞE") == ["größe/main"]


VALUES = ("0.01", "1e-2", "0.1", "10", "2", "-1", "1e300", "Adam", "adamW", "SGD", "a b", "")


@pytest.mark.parametrize("entries", ["params", "tags"])
async def test_values_of_params_and_tags(store: Store, entries: str) -> None:
    """Numbers in their order, then texts in theirs; those that begin with what is typed first."""
    values = dict(enumerate((*VALUES, "adam", "0.01")))
    await store.put([run(n, **{entries: {"a.b": value, "other": f"x{n}"}}) for n, value in values.items()])
    ordered = ["-1", "0.01", "0.1", "2", "10", "1e+300", "a b", "adam", "adamw", "sgd"]
    for contains, found in (
        ("", ordered),
        ("A", ["a b", "adam", "adamw"]),
        ("1", ["10", "1e+300", "-1", "0.01", "0.1"]),
        ("0.0", ["0.01"]),
        ("dam", ["adam", "adamw"]),
        ("none", []),
    ):
        assert await store.values(PipelineRun, f"{entries}.a.b", contains=contains) == found
    assert await store.values(PipelineRun, f"{entries}.a.b", limit=3) == ordered[:3]
    assert await store.values(PipelineRun, f"{entries}.nowhere") == []
    for text in ordered:
        name = entries.removesuffix("s")
        assert await store.count(PipelineRun, query=parse(f'{name}.a.b:"{text}"')) >= 1


async def test_values_of_a_param_that_each_run_has_another_of(store: Store) -> None:
    await store.put([run(n, params={"seed": str(n)}, metrics={"auc": n / 10}) for n in range(1, 80)])
    assert await store.values(PipelineRun, "params.seed", limit=4) == ["1", "2", "3", "4"]
    assert await store.values(PipelineRun, "params.seed", contains="7", limit=4) == ["7", "70", "71", "72"]
    assert await store.values(PipelineRun, "metrics.auc", contains="7.") == [f"{n / 10}" for n in range(71, 80)]


async def test_values_of_what_is_no_text_are_refused(store: Store) -> None:
    for field in ("created", "run_number", "colour"):
        with pytest.raises(UsageError, match=field):
            await store.values(PipelineRun, field)
