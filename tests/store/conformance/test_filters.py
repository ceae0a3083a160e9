"""What filters mean: the same in every store as in memory."""

from __future__ import annotations

import pytest

from data.model import PipelineRun, Record
from data.query import FIELDS, Query, parse
from data.query.fields import info
from data.query.values import EXAMPLES
from data.store.kinds import KINDS
from data.store.match import getter, meaning
from data.store.port import Sort, Store
from tests.store.conformance.filter_cases import CASES, WORLD

BY_ID = {(type(record), record.id): record for record in WORLD}


def number(id: str) -> int:
    """The number in the id of a record of this world."""
    return int(id.rsplit(":", 1)[1])


def fitting(kind: type[Record], query: Query) -> set[int]:
    """Numbers of the records that a plain predicate selects."""
    meant = meaning(query, KINDS[kind])
    fits = [
        record
        for record in WORLD
        if type(record) is kind and meant.matches(getter(KINDS[kind], record, lambda other, id: BY_ID.get((other, id))))
    ]
    return {number(record.id) for record in fits}


@pytest.mark.parametrize(
    ("kind", "text", "expected"), CASES, ids=[f"{kind.__name__}-{text}" for kind, text, _ in CASES]
)
def test_a_filter_fits(kind: type[Record], text: str, expected: set[int]) -> None:
    query = parse(text)
    assert fitting(kind, query) == expected
    assert parse(str(query)) == query


@pytest.mark.parametrize("kind", {kind: None for kind, _, _ in CASES}, ids=lambda kind: kind.__name__)
async def test_a_store_finds_what_fits(store: Store, kind: type[Record]) -> None:
    await store.put(WORLD)
    expected = {text: (fits, len(fits)) for other, text, fits in CASES if other is kind}
    found = {}
    for text in expected:
        page = await store.page(kind, query=parse(text))
        found[text] = ({number(one.id) for one in page.records}, await store.count(kind, query=parse(text)))
    assert found == expected


async def test_filters_and_orders_go_together(store: Store) -> None:
    await store.put(WORLD)
    query, sort = parse("project:churn -status:manual"), Sort("ref", descending=True)
    listing = await store.listing(PipelineRun, query=query, where={"kind": "production"}, sort=sort)
    await listing.finish()
    assert [number(one.id) for one in await listing.window(0, 10)] == [3, 1, 2]
    assert await store.tally(PipelineRun, "status", query=parse("ref:main")) == {"success": 1, "running": 1}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_every_field_of_every_type_can_be_sorted_and_every_term_asked(store: Store, kind: type[Record]) -> None:
    specification = KINDS[kind]
    for name, column in specification.fields.items():
        if column.type != "words":
            assert (await store.page(kind, sort=Sort(name))).records == ()
        assert await store.tally(kind, name) == {}
    for name in FIELDS:
        typed = info(name).type
        value = "x,y*,é" if typed == "text" else EXAMPLES[typed][1].split()[0].strip(",")
        op = ":" if typed == "text" else ">"
        assert await store.count(kind, query=parse(f"{name}{op}{value} or {name}:* or -{name}:* some text")) == 0
