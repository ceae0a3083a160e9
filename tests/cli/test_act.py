"""Actions that never reach a server: refused, not confirmed, not possible; nothing is left in the outbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from data.model import Command
from data.store.open import open_store
from tests.cli.conftest import Invoke
from tui.context import collect

pytestmark = pytest.mark.usefixtures("store_file")

EARLIER = {"c1", "c2"}
"""Commands of `tests.world`."""


def outbox(path: Path) -> list[Command]:
    """The commands that a test left behind."""

    async def read() -> list[Command]:
        store = await open_store(path)
        try:
            return [command for command in await collect(store, Command) if command.id not in EARLIER]
        finally:
            await store.close()

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["cancel", "#999999", "--yes"], 3, "there is no run or job #999999 here"),
        (["cancel", "#103", "--yes"], 2, "#103 is over: its status is failed"),
        (["cancel", "1034", "--yes"], 2, "trials (job 1034) is over"),
        (["retry", "#100", "--yes"], 2, "has no failed or cancelled job to retry yet"),
        (["play", "103/train", "--yes"], 2, "train (job 1033) does not wait for anybody: its status is failed"),
        (["play", "1036", "--var", "A-B=1", "--yes"], 2, "no name of a variable"),
        (["launch", "nothing", "--yes"], 3, "there is no project or pipeline nothing here"),
        (["launch", "churn", "--api", "tarin", "--yes"], 3, "churn has no API tarin"),
        (["launch", "churn", "--var", "LR", "--yes"], 2, "write KEY=VALUE"),
        (["launch", "churn", "--api", "train-e2e", "--var", "LR=fast", "--yes"], 2, "LR must be a number"),
        (["launch", "churn", "--input", "size", "--yes"], 2, "size is no input"),
        (["launch", "default", "--yes"], 2, "default means several"),
        (["cancel"], 2, "Missing argument"),
        (["cancle", "#103"], 2, "No such command"),
    ],
)
def test_refused_before_anything_is_sent(
    invoke: Invoke, store_file: Path, words: list[str], code: int, sentence: str
) -> None:
    shown = invoke("--no-engine", *words)
    assert (shown.code, shown.out) == (code, "")
    assert sentence in shown.err
    assert outbox(store_file) == []


@pytest.mark.parametrize(
    "words", [["cancel", "#100"], ["retry", "#103"], ["play", "1036"], ["launch", "churn", "--ref", "main"]]
)
def test_nobody_to_ask_is_wrong_usage(invoke: Invoke, store_file: Path, words: list[str]) -> None:
    shown = invoke("--no-engine", *words)
    assert shown.code == 2
    assert "Nobody is there to ask" in shown.err
    assert "--yes" in shown.err
    assert outbox(store_file) == []


@pytest.mark.parametrize(
    "words",
    [["cancel", "#100", "--yes"], ["retry", "#103", "--yes"], ["play", "1036", "--yes"], ["launch", "churn", "--yes"]],
)
def test_read_only_sends_nothing(invoke: Invoke, store_file: Path, words: list[str]) -> None:
    shown = invoke("--read-only", *words)
    assert shown.code == 2
    assert "read-only" in shown.err
    assert outbox(store_file) == []


def test_without_an_engine_a_command_is_taken_back(invoke: Invoke, store_file: Path) -> None:
    shown = invoke("--no-engine", "cancel", "#100", "--yes", "--timeout", "0.2")
    assert (shown.code, shown.out) == (1, "")
    assert "cancel churn #100: taken back, nothing was sent" in shown.err
    assert "no answer within 0.2 s" in shown.err
    assert [command.state for command in outbox(store_file)] == ["withdrawn"]


def test_a_launch_shows_what_it_would_send(invoke: Invoke) -> None:
    shown = invoke("launch", "ml/churn", "--api", "train-e2e", "--ref", "dev", "--input", "size=big", "--kind", "test")
    assert shown.out == ""
    for line in (
        "project    ml/churn",
        "ref        dev",
        "api        train-e2e",
        "kind       test",
        "variable   LR=0.01",
    ):
        assert line in shown.err
    assert "input      size=big" in shown.err
    assert "Launch churn train-e2e on dev (test)?" in shown.err


def test_a_number_of_two_things_must_be_told_apart(invoke: Invoke, store_file: Path) -> None:
    shown = invoke("cancel", "103", "1039", "--yes")
    assert shown.code == 2
    assert outbox(store_file) == []
