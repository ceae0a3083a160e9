"""Who is right when a record was changed on both sides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.model import Command, Record, Session, View
from data.store.mirror.merging import goes, is_pending, merged, plan, takes
from tests.store.samples import NOON, changed, command

QUEUED = command("c")
HELD = changed(QUEUED, held="ada")
MOVED = changed(QUEUED, place=7.0)
SENDING = changed(QUEUED, state="sending", owner="engine")
DONE = changed(SENDING, state="done")
WITHDRAWN = changed(QUEUED, state="withdrawn", finished=NOON)

OLD = View(id="ada:runs:mine", screen="runs", name="mine", by="ada", updated=NOON)
NEW = changed(OLD, filter="status:failed", updated=NOON + timedelta(minutes=1))
SESSION = Session(id="ada", user_id="ada", time=NOON, screen="runs")
LATER = changed(SESSION, time=NOON + timedelta(minutes=1), screen="queue")


@pytest.mark.parametrize(
    ("here", "agreed", "there", "taken"),
    [
        (None, None, QUEUED, True),
        (QUEUED, QUEUED, HELD, True),
        (MOVED, QUEUED, HELD, False),
        (WITHDRAWN, QUEUED, QUEUED, False),
        (WITHDRAWN, QUEUED, HELD, False),
        (WITHDRAWN, QUEUED, SENDING, True),
        (WITHDRAWN, QUEUED, DONE, True),
        (SENDING, None, QUEUED, True),
        (None, None, OLD, True),
        (OLD, OLD, NEW, True),
        (NEW, OLD, OLD, False),
        (NEW, None, OLD, False),
        (OLD, None, NEW, True),
        (None, OLD, OLD, False),
        (None, OLD, NEW, True),
        (LATER, SESSION, SESSION, False),
        (SESSION, None, LATER, True),
    ],
)
def test_what_the_team_store_has_is_taken_unless_somebody_changed_it_here(
    here: Record | None, agreed: Record | None, there: Record, taken: bool
) -> None:
    assert takes(here, agreed, there) is taken


@pytest.mark.parametrize(
    ("here", "agreed", "there", "sent", "step"),
    [
        (QUEUED, None, None, False, "submit"),
        (QUEUED, QUEUED, None, True, "submit"),
        (QUEUED, QUEUED, None, False, "forget"),
        (WITHDRAWN, None, None, False, "submit"),
        (WITHDRAWN, QUEUED, QUEUED, False, "withdraw"),
        (WITHDRAWN, QUEUED, HELD, False, "withdraw"),
        (WITHDRAWN, QUEUED, DONE, False, "take"),
        (QUEUED, QUEUED, QUEUED, True, "take"),
        (MOVED, QUEUED, HELD, False, "amend"),
        (MOVED, None, HELD, False, "take"),
        (DONE, None, None, False, "nothing"),
        (NEW, OLD, OLD, False, "put"),
        (NEW, OLD, None, False, "put"),
        (OLD, None, NEW, False, "take"),
        (None, OLD, OLD, False, "delete"),
        (None, OLD, NEW, False, "take"),
        (None, OLD, None, False, "forget"),
        (LATER, SESSION, SESSION, False, "put"),
    ],
)
def test_what_the_team_store_is_told(
    here: Record | None, agreed: Record | None, there: Record | None, sent: bool, step: str
) -> None:
    assert plan(here, agreed, there, sent=sent).step == step


def test_changes_of_both_sides_are_kept_and_the_later_word_on_one_field_is_ours() -> None:
    assert merged(MOVED, QUEUED, HELD) == changed(QUEUED, place=7.0, held="ada")
    assert merged(MOVED, QUEUED, changed(HELD, place=3.0)) == changed(QUEUED, place=7.0, held="ada")
    assert merged(QUEUED, HELD, HELD) == QUEUED
    assert merged(MOVED, None, HELD) == HELD


def test_what_was_changed_here_outlives_a_deletion_there() -> None:
    assert goes(OLD, OLD) and not goes(NEW, OLD) and not goes(OLD, None)
    assert goes(QUEUED, QUEUED) and goes(DONE, None) and not goes(QUEUED, None)


def test_only_changes_of_viewers_wait_to_be_told() -> None:
    pairs: list[tuple[Record | None, Record | None]] = [
        (QUEUED, None), (MOVED, QUEUED), (WITHDRAWN, QUEUED), (NEW, OLD), (None, OLD)
    ]  # fmt: skip
    assert all(is_pending(here, agreed) for here, agreed in pairs)
    settled: list[tuple[Record | None, Record | None]] = [
        (QUEUED, QUEUED), (DONE, None), (SENDING, QUEUED), (None, None), (None, QUEUED), (OLD, OLD)
    ]  # fmt: skip
    assert not any(is_pending(here, agreed) for here, agreed in settled)
    assert isinstance(QUEUED, Command)
