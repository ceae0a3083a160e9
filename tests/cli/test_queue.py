"""`queue`, `submissions` and `schedules`: what waits, what was asked for, what comes by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from data.model import Command
from data.store.open import open_store
from tests.cli.conftest import Invoke, fill
from tests.cli.test_lists import KEYS
from tests.world import FAILED_RUN, RUNNING_RUN
from tests.world_activity import NIGHTLY, OLDER, PAUSED, REFUSED, SENT, activity
from tui.actions import user_name
from tui.context import collect

LAUNCHES = ["q1", "q2", "q3", "q4"]


@pytest.fixture(autouse=True)
def busy(store_file: Path) -> None:
    """A queue, submissions and schedules beside the fixed world."""
    fill(store_file, activity())


def command(path: Path, id_: str) -> Command:
    """A command as the store has it now."""

    async def read() -> Command:
        store = await open_store(path)
        try:
            return next(one for one in await collect(store, Command) if one.id == id_)
        finally:
            await store.close()

    return asyncio.run(read())


def order(invoke: Invoke) -> list[str]:
    """Ids of the waiting launches in order."""
    return [one["id"] for one in invoke("queue", "--json").json if one["kind"] == "launch"]


def test_the_queue_says_in_order_what_each_waits_for(invoke: Invoke) -> None:
    assert order(invoke) == LAUNCHES
    lines = invoke("queue").out.splitlines()
    assert "waits for" in lines[0]
    for number, words in enumerate(("5 of at most 5 runs", "bo to let it go", "2026-03-02", "#100 to succeed"), 1):
        assert words in lines[number] or number == 3
        assert lines[number].split()[1] == str(number)


@pytest.mark.parametrize("listing", ["queue", "submissions", "schedules"])
def test_json_keys_are_stable(invoke: Invoke, listing: str) -> None:
    objects = invoke(listing, "--json").json
    assert objects and all(set(KEYS[listing]) <= set(one) for one in objects)


def test_launches_are_moved(invoke: Invoke) -> None:
    assert invoke("queue", "move", "q4", "--first").code == 0
    assert order(invoke) == ["q4", "q1", "q2", "q3"]
    assert invoke("queue", "move", "q4", "--before", "q3").code == 0
    assert order(invoke) == ["q1", "q2", "q4", "q3"]
    shown = invoke("queue", "move", "q1", "--last")
    assert (shown.code, shown.err.strip()) == (0, "launch churn on q1: moved")
    assert order(invoke) == ["q2", "q4", "q3", "q1"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["move", "q1"], 2, "say where to"),
        (["move", "q1", "--first", "--last"], 2, "say where to"),
        (["move", "q1", "--before", "q1"], 2, "before itself"),
        (["move", "q5", "--first"], 3, "nothing waits under the id q5"),
        (["move", "q", "--first"], 2, "q means several"),
        (["hold", "nothing"], 3, "lineside queue lists what waits"),
        (["when", "q1", "sometime"], 2, "is no time to launch at"),
        (["when", "q1", "after #999999"], 3, "there is no run #999999 here"),
        (["when", "q5", "in 2h"], 2, "only launches wait in order"),
        (["withdraw"], 2, "name commands to take back, or --all"),
        (["withdraw", "q1", "--all"], 2, "name commands to take back, or --all"),
        (["withdraw", "--all"], 2, "Nobody is there to ask"),
    ],
)
def test_what_cannot_be_done_says_why(invoke: Invoke, words: list[str], code: int, sentence: str) -> None:
    shown = invoke("queue", *words)
    assert (shown.code, shown.out) == (code, "")
    assert sentence in shown.err
    assert order(invoke) == LAUNCHES


def test_holding_and_letting_go(invoke: Invoke, store_file: Path) -> None:
    assert invoke("queue", "hold", "q1", "q3").code == 0
    assert command(store_file, "q1").held and command(store_file, "q3").held
    shown = invoke("queue", "release", "q1", "q2")
    assert shown.code == 0 and "launch churn on q2: let go" in shown.err
    assert [command(store_file, id_).held for id_ in ("q1", "q2")] == ["", ""]


def test_a_time_and_a_run_to_wait_for(invoke: Invoke, store_file: Path) -> None:
    assert invoke("queue", "when", "q1", "in 2h").code == 0
    assert command(store_file, "q1").not_before is not None
    assert invoke("queue", "when", "q1", "after #103 ends").code == 0
    found = command(store_file, "q1")
    assert (found.not_before, found.after, found.after_status) == (None, FAILED_RUN, "finished")
    assert invoke("queue", "when", "q1", "now").code == 0
    assert command(store_file, "q1").after == ""


def test_taking_back(invoke: Invoke, store_file: Path) -> None:
    shown = invoke("queue", "withdraw", "q2")
    assert shown.code == 0 and "launch churn on q2: taken back" in shown.err
    taken = command(store_file, "q2")
    assert (taken.by != user_name(), taken.answer) == (True, f"taken back by {user_name()}")
    shown = invoke("queue", "withdraw", "--all", "--yes")
    assert shown.code == 0
    assert {command(store_file, id_).state for id_ in (*LAUNCHES, "q5")} == {"withdrawn"}
    assert "nothing waits" in invoke("queue").err


def test_what_is_being_sent_cannot_be_taken_back(invoke: Invoke, store_file: Path) -> None:
    async def claim() -> None:
        store = await open_store(store_file)
        await store.claim("engine", ["gitlab:1"], ids=["q1"])
        await store.close()

    asyncio.run(claim())
    shown = invoke("queue", "withdraw", "q1", "q2")
    assert shown.code == 1
    assert "launch churn on q1: too late" in shown.err and "launch churn on q2: taken back" in shown.err


def test_submissions_are_listed_and_filtered(invoke: Invoke) -> None:
    assert [one["id"] for one in invoke("submissions", "--json").json] == [SENT, REFUSED, OLDER]
    assert [one["id"] for one in invoke("submissions", "--json", "status:refused").json] == [REFUSED]
    assert [one["id"] for one in invoke("submissions", "--json", "kind:test").json] == [OLDER]
    assert [one["id"] for one in invoke("submissions", "--json", "by:bo").json] == [REFUSED]
    table = invoke("submissions").out
    for words in ("train-e2e", "#103 failed", "Reference not found", "without evaluate LR=0.01", "TOKEN=•••"):
        assert words in table
    assert "no submissions fit the filter" in invoke("submissions", "ref:nowhere").err


def test_every_field_of_a_submission_is_shown(invoke: Invoke) -> None:
    shown = invoke("submissions", "show", SENT)
    assert shown.code == 0
    for words in (
        "#103 failed", SENT, "1ng1g6r4zpw0", "9f3c2ab177ab012944f3c2a", "ml/train:3.11", "staging", "30:00",
        "https://hooks.example/done", "baseline", "weigh the rare classes", "evaluate         off",
        "folds            5", '"needs"', '"train": true',
    ):  # fmt: skip
        assert words in shown.out, words
    found = invoke("submissions", "show", SENT[:6], "--json").json
    assert found["id"] == SENT and found["inputs"] == {"size": "large", "folds": 5}


@pytest.mark.parametrize(
    ("id_", "code", "sentence"),
    [("s-", 2, "means several"), ("nothing", 3, "there is no submission nothing"), ("#100", 3, "was not launched")],
)
def test_submissions_that_cannot_be_shown(invoke: Invoke, id_: str, code: int, sentence: str) -> None:
    shown = invoke("submissions", "show", id_)
    assert (shown.code, shown.out) == (code, "") and sentence in shown.err


def test_schedules_are_listed(invoke: Invoke) -> None:
    found = invoke("schedules", "--json").json
    assert {one["id"] for one in found} >= {NIGHTLY, PAUSED}
    assert [one["id"] for one in invoke("schedules", "--json", "project:churn").json] == [NIGHTLY]
    table = invoke("schedules").out
    for words in ("nightly training", "0 2 * * *", "Asia/Tokyo", "inactive", "✗ failed #103"):
        assert words in table


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nothing"], 3, "there is no schedule nothing here"),
        (["11"], 2, "Run churn schedule nightly training now? Nobody is there to ask"),
        (["churn/nightly training"], 2, "Nobody is there to ask"),
    ],
)
def test_a_schedule_is_run_after_a_question(invoke: Invoke, words: list[str], code: int, sentence: str) -> None:
    shown = invoke("--no-engine", "schedules", "run", *words)
    assert (shown.code, shown.out) == (code, "") and sentence in shown.err


def test_without_an_engine_a_schedule_is_not_run_later(invoke: Invoke) -> None:
    shown = invoke("--no-engine", "schedules", "run", "11", "--yes", "--timeout", "0.2")
    assert shown.code == 1 and "taken back, nothing was sent" in shown.err


def test_the_help_names_the_commands_beside_a_listing(invoke: Invoke) -> None:
    shown = invoke("queue", "--help").out
    for name in ("hold", "release", "move", "when", "withdraw"):
        assert name in shown
    assert "show" in invoke("submissions", "--help").out
    assert "--before" in invoke("queue", "move", "--help").out


def test_the_world_is_as_the_tests_take_it() -> None:
    assert RUNNING_RUN.endswith(":100") and FAILED_RUN.endswith(":103")
