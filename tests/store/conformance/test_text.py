"""Free text: a substring of one of a record's texts, whatever the case, however short or strange."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.model import PipelineRun
from data.query import Text, parse
from data.store.kinds import KINDS
from data.store.match import getter
from data.store.port import Sort, Store
from tests.store.samples import project, run

TITLES = (
    "Größe ändern", "GRÖSSE", "naïve ΣΊΣΥΦΟΣ", "日本語のログ", "emoji 🦀🦀🦀", "a*b\"c'd",
    "100% (done) AND OR NOT", "aaaa",
    "aaabaaa", "ab", "a", "tab\tbell", "İstanbul", "ﬁne", "NEAR(x, 2)", "col:umn ^begin {x}", "--", '""',
)  # fmt: skip
"""Titles of commits."""
RUNS = [run(number, commit_title=title, ref=f"r{number}") for number, title in enumerate(TITLES)]
ALPHABET = sorted({char for title in TITLES for char in title} | {"\x1f", "\0", "%", "_", "*", "z"})


def expected(text: str) -> set[int]:
    """Numbers of the runs that fit in memory."""
    kind = KINDS[PipelineRun]
    return {one.run_number for one in RUNS if Text(text).matches(getter(kind, one, lambda *_: None))}


def part_of(title: str) -> st.SearchStrategy[str]:
    """A piece of a text."""
    ends = st.tuples(st.integers(0, len(title)), st.integers(0, len(title)))
    return ends.map(lambda found: title[min(found) : max(found)].swapcase())


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(ALPHABET, max_size=6), st.sampled_from(TITLES).flatmap(part_of)))
async def test_text_is_found_as_in_memory(store: Store, text: str) -> None:
    if not await store.count(PipelineRun):
        await store.put(RUNS)
    page = await store.page(PipelineRun, query=Text(text))
    assert {one.run_number for one in page.records} == expected(text)
    assert await store.count(PipelineRun, query=Text(text)) == len(page.records)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("größe", {0}), ("GRÖSSE", {1}), ("ςίσ", set()), ("σίσ", {2}), ("日本語", {3}), ("本", {3}), ("🦀🦀", {4}),
        ('"a*b"', {5}), ('"*"', {5}), ("aaaa", {7}), ("aaabaaa", {8}), ('"a"', {0, 2, 5, 6, 7, 8, 9, 10, 11, 12, 14}),
        ('"done) and"', {6}), ("stanbul", {12}), ("x,", {14}), ('"bell r"', set()),
    ],
)  # fmt: skip
async def test_a_text_fits(store: Store, text: str, fits: set[int]) -> None:
    await store.put(RUNS)
    found = {one.run_number for one in (await store.page(PipelineRun, query=parse(text))).records}
    assert found == expected(text.strip('"'))
    assert {one for one in found if one in fits} == fits


async def test_texts_of_one_record_are_not_joined(store: Store) -> None:
    await store.put([run(1, ref="mainland", git_commit_hash="abcdef")])
    assert await store.count(PipelineRun, query=Text("landabc")) == 0
    assert await store.count(PipelineRun, query=Text("land\x1fabc")) == 0
    assert await store.count(PipelineRun, query=Text("mainland abcdef")) == 0


async def test_the_project_counts_as_text_of_its_runs(store: Store) -> None:
    await store.put([project(1, "Churn", "ml/churn"), project(2, "Fraud", "ml/fraud"), run(1), run(2, ref="churning")])
    await store.put([run(3, project_id="gitlab:2")])
    by_ref = await store.page(PipelineRun, query=Text("churn"), sort=Sort("ref", descending=True))
    assert [one.run_number for one in by_ref.records] == [2, 1]
    await store.put([project(2, "Churn two", "ml/churn2")])
    assert await store.count(PipelineRun, query=Text("CHURN")) == 3
