"""A store and a plain predicate in Python select the same records, whatever the filter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from data.errors import QueryError
from data.model import JobRun, PipelineRun, Record, TrackedRun
from data.query import FIELDS, And, Compare, Field, Measure, Node, Not, Or, Text, parse
from data.query.fields import FieldType, info, is_any
from data.store.kinds import KINDS
from data.store.match import getter, meaning
from data.store.port import Sort, Store
from tests.filters import AGES, OPS, Tree, joined, trees
from tests.store.conformance.filter_cases import WORLD
from tests.store.conformance.test_filters import BY_ID, fitting, number

EXAMPLES = 120
"""Filters per record type and kind of filter."""

NAMES = (
    *FIELDS, "metric.val_auc", "metric.VAL_AUC", "metric.val auc", "metric.loss", "metric.none", "param.lr",
    "param.opt", "param.layers", "param.since", 'param.a"b c', "tag.team", "tag.size", "tag.mlflow.user",
)  # fmt: skip
NUMBERS = ("0", "0.5", "0.9", "0.91", "1e-2", "2", "9", "10", "12", "-1", "1e300", "7")
TEXTS = (
    "", "*", "a", "main", "MAIN", "m*", "*a*", "ada", "me", "churn", "success", "active", "finished", "nlp", "adam",
    "ädam", "ÄD*", "Ü*", "100%*", "%", "_", "small", "nan", "x*", "9f3c", "#43", "43*", "prod", "gpu", "child", "left",
    "2026-01-01", "customers", "*@ab12", "fraud", "50%", "a*b", "a**b", "**", "\\", "\x1f", "İ", "ß",
)  # fmt: skip
"""What occurs in the world, or nearly."""
SORTS = (None, Sort("status"), Sort("metrics.val_auc", descending=True), Sort("params.lr"))
VALUES: dict[FieldType, tuple[str, ...]] = {
    "text": TEXTS,
    "mixed": TEXTS + NUMBERS,
    "number": NUMBERS,
    "duration": ("0", "4500ms", "59.5", "1m", "9m", "10m", "30m", "1h", "1d"),
    "size": ("0", "500MB", "0.5g", "2g", "2048.5"),
    "time": ("2026-03-04", "2026-03-04T12:00Z", "2026-03-04T12:03Z", "2026-03-07", "2005-06-07T08:09:10Z", "today"),
}


def _found(name: str) -> Iterable[str]:
    """What records of the world have under a name, as one would write it, and values close to that."""
    for record in WORLD:
        get = getter(KINDS[type(record)], record, lambda kind, id: BY_ID.get((kind, id)))
        for value in get(name) or ():
            if isinstance(value, datetime):
                yield from (f"{value:%Y-%m-%dT%H:%MZ}", f"{value:%Y-%m-%dT%H:%M:%SZ}", f"{value:%Y-%m-%d}")
            elif isinstance(value, str) and info(name).type in {"text", "mixed"}:
                yield from (value, value.upper(), f"{value[:3]}*", f"*{value[-3:]}", value[:-1])
            elif not isinstance(value, str):
                yield from (str(value), str(value * 2), f"{value:.2e}")


def _leaf(name: str) -> SearchStrategy[Tree]:
    known = info(name).type
    found = sorted(set(_found(name)))
    value = st.sampled_from(found or VALUES[known]) | st.sampled_from(VALUES[known])
    special = ("*", "") if known in {"text", "mixed"} else ("*",)
    listed = st.lists(st.one_of(value, value, st.sampled_from(special)), min_size=1, max_size=3, unique=True)
    orders = ("=",) if known == "text" else OPS
    compared: SearchStrategy[Tree] = st.builds(Compare, st.just(name), st.sampled_from(orders), value)
    if known == "time":
        compared |= st.builds(Compare, st.just(name), st.sampled_from(OPS[1:]), st.sampled_from((*AGES, "5000d")))
    return compared | listed.map(lambda values: Field(name, tuple(values)))


leaves: SearchStrategy[Tree] = st.one_of(
    st.sampled_from(NAMES).flatmap(_leaf), st.sampled_from(NAMES).flatmap(_leaf), st.sampled_from(TEXTS).map(Text)
)
near: SearchStrategy[Tree] = st.one_of(leaves, joined(leaves), joined(joined(leaves)))
"""Filters that some records of the world fit, more often than not."""


@pytest.mark.parametrize("kind", [PipelineRun, TrackedRun, JobRun], ids=lambda kind: kind.__name__)
@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.one_of(near, near, trees), sort=st.sampled_from(SORTS))
async def test_store_and_predicate_select_the_same(
    store: Store, kind: type[Record], query: Tree, sort: Sort | None
) -> None:
    if not await store.count(kind):
        await store.put(WORLD)
    try:
        assume(parse(str(query)) == query)
    except QueryError:
        assume(False)
    if sort is not None and "." in sort.field and not KINDS[kind].entries:
        sort = None
    expected = fitting(kind, query)
    page = await store.page(kind, query=query, sort=sort)
    assert sorted(number(one.id) for one in page.records) == sorted(expected)
    listing = await store.listing(kind, query=query, sort=sort)
    await listing.finish()
    assert [one.id for one in await listing.window(0, 99)] == [one.id for one in page.records]
    assert await store.count(kind, query=query) == len(expected)
    for field in KINDS[kind].group_fields[:1]:
        groups = await store.groups(kind, field, query=query)
        assert sum(group.count for group in groups) == len(expected)


def _leaves(query: Node) -> Iterable[Node]:
    if isinstance(query, And | Or):
        return chain.from_iterable(map(_leaves, query.terms))
    return _leaves(query.term) if isinstance(query, Not) else (query,)


@settings(deadline=None)
@given(query=near | trees)
def test_stores_are_given_no_comparison_that_they_would_have_to_read(query: Tree) -> None:
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    meant = meaning(query, KINDS[PipelineRun], now)
    assert meaning(query, KINDS[PipelineRun], now) == meant
    for leaf in _leaves(meant):
        assert not isinstance(leaf, Compare)
        if isinstance(leaf, Field) and info(leaf.name).type not in {"text", "mixed"}:
            assert all(map(is_any, leaf.values))
        if isinstance(leaf, Measure):
            assert info(leaf.name).type != "text"
            assert isinstance(leaf.operand, datetime) is (info(leaf.name).type == "time")
