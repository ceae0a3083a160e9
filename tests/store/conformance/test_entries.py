"""Metrics, params, tags and labels: sorted and found by, and always those that the record has now."""

from __future__ import annotations

from typing import Any

import pytest

from data.errors import UsageError
from data.model import JobRun, MetricSummary, PipelineRun, TrackedRun
from data.query import parse
from data.store.port import Sort, Store
from data.store.specification import MAX_ENTRIES, MAX_ENTRY_TEXT
from tests.store.samples import run

PARAMS = {1: "0.01", 2: "1e-3", 3: "Adam", 4: "adam w", 5: "10", 6: "9", 7: None, 8: "", 9: "Ünder", 10: "nan"}
"""Values of the parameter `p` by run number."""
RUNS = [run(number, params={} if value is None else {"p": value}) for number, value in PARAMS.items()]


async def numbers(store: Store, text: str = "", sort: str = "created", *, down: bool = False) -> list[int]:
    """Numbers of the runs that fit, in order, read in pages of two."""
    found: list[int] = []
    after = None
    while True:
        page = await store.page(PipelineRun, query=parse(text), sort=Sort(sort, down), after=after, limit=2)
        found += [one.run_number for one in page.records]
        after = page.after
        if after is None:
            listing = await store.listing(PipelineRun, query=parse(text), sort=Sort(sort, down))
            await listing.finish()
            assert [one.run_number for one in await listing.window(0, 100)] == found
            return found


async def test_numbers_come_before_texts_and_what_misses_it_last(store: Store) -> None:
    await store.put(RUNS)
    assert await numbers(store, sort="params.p") == [2, 1, 6, 5, 8, 3, 4, 10, 9, 7]
    assert await numbers(store, sort="params.p", down=True) == [5, 6, 1, 2, 9, 10, 4, 3, 8, 7]
    assert await numbers(store, "param.p>1 or param.p:a*", "params.p") == [6, 5, 3, 4]
    assert await numbers(store, "-param.p:*", "params.p", down=True) == [8, 7]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("param.p=0.010", [1]),
        ("param.p<=0.01", [1, 2]),
        ("param.p>9", [5]),
        ("param.p>=9 param.p<10", [6]),
        ("param.p:ADAM", [3]),
        ("param.p:*dam*", [3, 4]),
        ("param.p:ü*", [9]),
        ("param.p:10,ünder", [5, 9]),
        ('param.p:""', [8]),
        ("param.p:nan", [10]),
        ("-param.p>0", [3, 4, 7, 8, 9, 10]),
        ("param.P:*", []),
        ("param.q:*", []),
        ("metric.p>0", []),
    ],
)
async def test_a_parameter_is_compared_as_what_it_is(store: Store, text: str, expected: list[int]) -> None:
    await store.put(RUNS)
    assert await numbers(store, text) == expected
    assert await store.count(PipelineRun, query=parse(text)) == len(expected)


STEPS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"metrics": {"a": 1.0}}, {"metrics": {"a": 2.0}}),
    ({"metrics": {"a": 1.0, "b": 1.0}}, {"metrics": {"b": 1.0}}),
    ({"params": {"p": "x"}}, {"params": {"p": "7"}}),
    ({"params": {"p": "7"}, "tags": {"t": "u"}}, {"params": {}, "tags": {"t": "v"}}),
    ({"labels": ("gpu", "old")}, {"labels": ("new",), "metrics": {"a": 2.0}}),
    ({"status": "running"}, {"status": "failed", "error_message": "Out of memory"}),
    ({"commit_title": "größer"}, {"commit_title": "kleiner"}),
]
"""Fields of a run before and after."""
ASKED = (
    "metric.a=1", "metric.a=2", "metric.b:*", "param.p:x", "param.p=7", "tag.t:u", "tag.t:v", "label:gpu", "label:new",
    "label:old", "größer", "kleiner", "memory", "unning", "failed",
)  # fmt: skip


@pytest.mark.parametrize(("before", "after"), STEPS)
async def test_what_is_found_by_follows_the_record(
    store: Store, other: Store, before: dict[str, Any], after: dict[str, Any]
) -> None:
    await store.put([run(number) for number in (2, 3)])
    states: list[dict[str, Any] | None] = [before, after, before, None, after]
    for values in states:
        if values is None:
            await store.delete(PipelineRun, ["gitlab:1:1"])
        else:
            await store.put([run(1, **values)])
        found = {text for text in ASKED if await other.count(PipelineRun, query=parse(text)) == 1}
        assert found == {text for text in ASKED if values is not None and fits(text, values)}


def fits(text: str, values: dict[str, Any]) -> bool:
    """Whether a run with these values fits one of `ASKED`, said once more in a plain way."""
    name, _, wanted = text.replace("=", ":").partition(":")
    group, _, key = name.partition(".")
    if key:
        value = values.get(f"{group}s", {}).get(key)
        return value is not None and (wanted in {"*", value} or _number(value) == _number(wanted))
    if group == "label":
        return wanted in values.get("labels", ())
    said = (values.get("status", "created"), values.get("error_message", ""), values.get("commit_title", ""))
    return any(text in one.lower() for one in said)


def _number(value: Any) -> Any:
    try:
        return float(value)
    except ValueError:
        return value


async def test_mlflow_runs_have_them_too(store: Store) -> None:
    values = (0.5, None, -1e300, 7.0)
    await store.put(
        [
            TrackedRun(
                id=f"m:{n}",
                connection="m",
                run_id=str(n),
                metrics={"a.b/c d": MetricSummary(last=value)},
                tags={"mlflow.user": "ada", "mlflow.parentRunId": "x", "team": "nlp"},
                labels=("keep",),
            )
            for n, value in enumerate(values)
        ]
    )
    assert await store.count(TrackedRun, query=parse('metric."a.b/c d">-1')) == 2
    assert await store.count(TrackedRun, query=parse("tag.mlflow.user:ada tag.team:n* label:keep")) == 4
    assert await store.count(TrackedRun, query=parse("tag.mlflow.parentRunId:*")) == 0
    assert await store.names(TrackedRun, "tags") == ["mlflow.user", "team"]


async def test_of_too_many_names_those_of_people_stay(store: Store) -> None:
    own = {f"a{number:03}": "1" for number in range(MAX_ENTRIES - 1)}
    await store.put([run(1, params={"mlflow.x": "1", **own, "zz": "1" * (MAX_ENTRY_TEXT + 9), "zzz": "1"})])
    assert await store.count(PipelineRun, query=parse("param.a000=1 param.a254=1")) == 1
    assert await store.count(PipelineRun, query=parse(f"param.zz:{'1' * MAX_ENTRY_TEXT}*")) == 0
    assert await store.count(PipelineRun, query=parse("param.zzz:* or param.mlflow.x:*")) == 0
    await store.put([run(1, params={"a": "b" * (MAX_ENTRY_TEXT + 9)})])
    assert await store.count(PipelineRun, query=parse(f"param.a:{'b' * MAX_ENTRY_TEXT}")) == 1


async def test_names_are_those_that_records_have(store: Store) -> None:
    await store.put([run(1, metrics={"Loss": 1.0, "auc": 1.0}, params={"lr": "1"}), run(2, metrics={"val_loss": 2.0})])
    assert await store.names(PipelineRun, "metrics") == ["auc", "Loss", "val_loss"]
    assert await store.names(PipelineRun, "metrics", contains="LOSS") == ["Loss", "val_loss"]
    assert await store.names(PipelineRun, "metrics", limit=1) == ["auc"]
    assert await store.names(PipelineRun, "params") == ["lr"]
    await store.delete(PipelineRun, ["gitlab:1:1"])
    assert await store.names(PipelineRun, "metrics") == ["val_loss"]
    for kind, entries in ((PipelineRun, "colours"), (JobRun, "metrics")):
        with pytest.raises(UsageError, match=entries):
            await store.names(kind, entries)
