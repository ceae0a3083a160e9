"""What is said about commands that were sent together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.engine.verdict import HAD_ENDED, NOTHING_TO_RETRY
from data.model import Command
from tui.outcomes import summary, under_way

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = {f"git:7:{number}": f"#{number}" for number in range(10)}


def command(number: int, state: str, answer: str = "", kind: str = "cancel") -> Command:
    return Command(
        id=str(number), kind=kind, target_id=f"git:7:{number}", title=f"{kind} churn #{number}", created=NOW,
        state=state, answer=answer,
    )  # fmt: skip


ENDED = f"{HAD_ENDED} (success)"


@pytest.mark.parametrize(
    ("commands", "sentence", "tone"),
    [
        ([command(1, "queued"), command(2, "queued")], "", ""),
        ([command(1, "done", "canceled"), command(2, "queued")], "1 of 2 cancelled, 1 under way", "pending"),
        (
            [command(1, "done", "canceled"), command(2, "done", "is being canceled"), command(3, "done", ENDED)],
            "2 of 3 cancelled, #3 had already ended",
            "",
        ),
        ([command(1, "done", "canceled"), command(2, "done", "canceled")], "2 of 2 cancelled", ""),
        (
            [command(1, "done", "started again (running)", "retry"),
             command(2, "done", f"{NOTHING_TO_RETRY} (success)", "retry"),
             command(3, "refused", "403 Forbidden", "retry")],
            "1 of 3 retried, #2 had nothing to retry, #3: 403 Forbidden",
            "failed",
        ),
        (
            [command(1, "queued", "offline"), command(2, "queued", "offline"), command(3, "done", "canceled")],
            "1 of 3 cancelled, #1 and #2 waiting: offline",
            "pending",
        ),
        (
            [command(number, "refused", "no") for number in range(3)] + [command(4, "withdrawn")],
            "0 of 4 cancelled, #4 taken back, 3 others: no",
            "failed",
        ),
        ([command(1, "unknown", "look there"), command(2, "done", "x")], "1 of 2 cancelled, #1: look there", "failed"),
        ([command(1, "queued")], "", ""),
        ([command(1, "queued", "it is away")], "cancel churn #1: waits: it is away", "pending"),
        ([command(1, "done", "canceled")], "cancel churn #1: canceled", ""),
        ([command(1, "done", ENDED)], "cancel churn #1: it had ended already (success)", ""),
        ([command(1, "refused", "403")], "cancel churn #1: refused: 403", "failed"),
    ],
)  # fmt: skip
def test_a_sentence_tells_what_became_of_them(commands: list[Command], sentence: str, tone: str) -> None:
    assert summary(commands, NAMES) == (sentence, tone)


def test_a_target_without_a_name_is_called_by_its_title() -> None:
    done = [command(1, "done", "canceled"), command(2, "done", ENDED)]
    assert summary(done, {})[0] == "1 of 2 cancelled, cancel churn #2 had already ended"


def test_a_cancel_counts_when_the_server_says_canceled() -> None:
    both = [command(1, "done", "is being canceled"), command(2, "done", "is being canceled")]
    going = {"git:7:1": "canceled", "git:7:2": "canceling"}
    assert summary(both, NAMES, going) == ("1 of 2 cancelled, #2 being cancelled", "pending")
    assert [under_way(one, going) for one in both] == [False, True]
    over = {"git:7:1": "canceled", "git:7:2": "success"}
    assert summary(both, NAMES, over) == ("1 of 2 cancelled, #2 had already ended", "")
    assert summary(both[1:], NAMES, going) == ("cancel churn #2: is being canceled", "pending")
    assert summary(both[1:], NAMES, {"git:7:2": "canceled"}) == ("cancel churn #2: canceled", "")
    assert summary(both[1:], NAMES, over) == ("cancel churn #2: it ended before that (success)", "")


def test_what_was_left_out_counts_with_its_reason() -> None:
    one = [command(1, "done", "canceled")]
    assert summary(one, NAMES, {}, ["#2 is over"]) == ("1 of 2 cancelled, #2 is over", "")
    assert summary(one, NAMES, {}, ["a", "b", "c"]) == ("1 of 4 cancelled, 3 were not possible", "")


def test_what_was_gone_already_is_not_counted_as_deleted() -> None:
    gone = [
        command(1, "done", "deleted on the server", "delete"),
        command(2, "done", "it was gone already; x", "delete"),
    ]
    assert summary(gone, NAMES) == ("1 of 2 deleted, #2 was gone already", "")
