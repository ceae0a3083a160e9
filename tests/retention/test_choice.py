"""Which runs go: by age, by number, never what people wrote on, and always whole families."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from data.model import Command, Interest, JobRun, PipelineRun, Record, make
from data.store.open import open_store
from data.store.port import Store
from data.store.retention.choice import Choice, Rules
from tests.retention.world import NOW, PROJECT, ago, run

DAY = 86_400.0


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "lineside.db")
    yield opened
    await opened.close()


async def chosen(store: Store, rules: Rules, *records: Record, separate: tuple[str, ...] = (PROJECT,)) -> Choice:
    """A choice that was read to its end; `going` are the numbers of the runs that go, by the reason."""
    await store.put(records)
    choice = Choice(store, rules, PROJECT, separate, NOW)
    await choice.measure()
    return choice


async def going(choice: Choice) -> dict[str, list[int]]:
    """Numbers of the runs that go, by the reason."""
    found: dict[str, list[int]] = {}
    async for families in choice.batches():
        for family in families:
            found.setdefault(family.why, []).extend(run.git_pipeline_id for run in family.runs)
    return found


async def test_runs_older_than_the_history_go_oldest_first(store: Store) -> None:
    choice = await chosen(store, Rules(history=30 * DAY), run(1, 31), run(2, 29), run(3, 90))
    assert await going(choice) == {"age": [3, 1]}


async def test_a_run_that_was_retried_counts_from_then(store: Store) -> None:
    choice = await chosen(store, Rules(history=30 * DAY), run(1, 90, updated=ago(2)), run(2, 90))
    assert await going(choice) == {"age": [2]}


@pytest.mark.parametrize("status", ["running", "manual", "created"])
async def test_what_is_not_over_stays(store: Store, status: str) -> None:
    choice = await chosen(store, Rules(history=DAY, runs=1), run(1, 90, status=status), run(2, 0))
    assert await going(choice) == {}


async def test_the_newest_of_each_pipeline_stay(store: Store) -> None:
    trains = [run(number, 100 - number) for number in range(1, 8)]
    serves = [run(number, 100 - number, pipeline_id=f"{PROJECT}:serve") for number in range(11, 13)]
    choice = await chosen(store, Rules(runs=3), *trains, *serves)
    assert await going(choice) == {"number": [1, 2, 3, 4]}
    assert choice.floors == {f"{PROJECT}:train": ago(95)}
    assert [choice.is_too_old(one) for one in trains] == [True] * 4 + [False] * 3


async def test_older_runs_do_not_come_back_once_as_many_as_are_kept_are_left(store: Store) -> None:
    choice = await chosen(store, Rules(runs=3), *[run(number, 100 - number) for number in range(5, 8)])
    assert await going(choice) == {}
    assert choice.is_too_old(run(4, 96)) and not choice.is_too_old(run(5, 95)) and not choice.is_too_old(run(9, 1))


async def test_age_and_number_together_name_each_run_once(store: Store) -> None:
    choice = await chosen(store, Rules(history=50 * DAY, runs=2), *[run(n, 10 * n) for n in range(1, 9)])
    assert await going(choice) == {"age": [8, 7, 6], "number": [5, 4, 3]}


async def test_as_many_runs_as_a_page_holds_and_one_more(store: Store) -> None:
    choice = await chosen(store, Rules(runs=51), *[run(number, 200 - number) for number in range(1, 104)])
    assert (await going(choice))["number"] == list(range(1, 53))


async def test_what_people_wrote_on_stays_unless_asked(store: Store) -> None:
    records = [
        run(1, 90, labels=("good",)),
        run(2, 90, notes="why?"),
        run(3, 90, submission_id="s"),
        run(4, 90),
        run(5, 90, id="@mongo:0123456789ab0123456789ab"),
    ]
    choice = await chosen(store, Rules(history=DAY), *records)
    assert await going(choice) == {"age": [4]}
    assert choice.kept == {"marked": 2, "launched": 1, "of another tool": 1}
    for rules, numbers in (
        (Rules(history=DAY, marked=False), [1, 2, 4]),
        (Rules(history=DAY, launched=False), [3, 4]),
        (Rules(history=DAY, marked=False, launched=False), [1, 2, 3, 4]),
    ):
        assert sorted((await going(await chosen(store, rules)))["age"]) == numbers


async def test_children_go_with_their_parents_and_are_not_counted(store: Store) -> None:
    records = [
        run(1, 90),
        run(2, 90, parent_run_id="gitlab:1:1"),
        run(3, 89, parent_run_id="gitlab:1:2"),
        run(4, 3),
        run(5, 3, parent_run_id="gitlab:1:4"),
    ]
    assert await going(await chosen(store, Rules(runs=1), *records)) == {"number": [1, 2, 3]}
    assert await going(await chosen(store, Rules(history=DAY))) == {"age": [1, 2, 3, 4, 5]}


@pytest.mark.parametrize("values", [{"labels": ("good",)}, {"status": "running"}])
async def test_a_family_stays_together(store: Store, values: dict[str, object]) -> None:
    records = [run(1, 90), run(2, 90, parent_run_id="gitlab:1:1", **values), run(3, 90)]
    choice = await chosen(store, Rules(history=DAY), *records)
    assert await going(choice) == {"age": [3]}
    assert sum(choice.kept.values()) > 0


async def test_a_child_whose_parent_is_not_here_goes_by_itself(store: Store) -> None:
    choice = await chosen(store, Rules(history=DAY), run(1, 90, parent_run_id="gitlab:9:1"))
    assert await going(choice) == {"age": [1]}


async def test_a_child_in_a_project_that_nobody_copies_goes_along(store: Store) -> None:
    records = [run(1, 90), run(2, 90, project_id="gitlab:2", parent_run_id="gitlab:1:1")]
    assert await going(await chosen(store, Rules(history=DAY), *records)) == {"age": [1, 2]}
    apart = await chosen(store, Rules(history=DAY), separate=(PROJECT, "gitlab:2"))
    assert await going(apart) == {"age": [1]}


async def test_what_is_looked_at_or_waited_for_stays(store: Store) -> None:
    job = make(
        JobRun, id="gitlab:1:job:30", pipeline_run_id="gitlab:1:3", project_id=PROJECT, connection="gitlab",
        git_project_id=1, git_job_id=30, name="train",
    )  # fmt: skip
    soon = NOW + timedelta(hours=1)
    await store.watch([
        make(Interest, id=topic, viewer="v", topic=topic, expires=soon) for topic in ("run:gitlab:1:1", f"log:{job.id}")
    ])  # fmt: skip
    waiting = make(Command, id="c", kind="launch", created=NOW, after="gitlab:1:2", project_id=PROJECT)
    choice = await chosen(store, Rules(history=DAY), *(run(n, 90) for n in range(1, 5)), job, waiting)
    assert await going(choice) == {"age": [4]}
    assert choice.kept == {"in use": 3}


async def test_deleting_what_comes_does_not_lose_the_rest(store: Store) -> None:
    choice = await chosen(store, Rules(history=DAY), *[run(number, 200 - number) for number in range(1, 121)])
    gone = 0
    async for families in choice.batches():
        gone += await store.delete(PipelineRun, [one.runs[0].id for one in families])
    assert gone == 120
