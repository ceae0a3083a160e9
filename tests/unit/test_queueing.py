"""Places in the queue, and what is said of what waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.errors import UsageError
from data.model import Command
from data.store.open import open_store
from tui.present.queue import queue_words, waits_for, when_text
from tui.queueing import at_time, held, in_order, let_go, moved, place_of, stepped, write

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def launch(id_: str, seconds: float = 0, **values: object) -> Command:
    given = {"id": id_, "kind": "launch", "title": f"launch {id_}", "created": NOW + timedelta(seconds=seconds)}
    return Command(**{**given, **values})  # type: ignore[arg-type]


QUEUE = [launch(name, at) for at, name in enumerate("abcd")]


def after(queue: list[Command], changed: list[Command]) -> str:
    """The order once these are written."""
    new = {one.id: one for one in queue} | {one.id: one for one in changed}
    return "".join(one.id for one in in_order(list(new.values())))


@pytest.mark.parametrize(
    ("ids", "to", "order"),
    [
        ("d", 0, "dabc"), ("a", 3, "bcda"), ("a", 0, "abcd"), ("b", 2, "acbd"), ("bc", 0, "bcad"), ("ac", 99, "bdac"),
        ("ad", 1, "badc"), ("", 0, "abcd"), ("abcd", 2, "abcd"), ("x", 0, "abcd"),
    ],
)  # fmt: skip
def test_moved_ones_stand_together_where_they_were_put(ids: str, to: int, order: str) -> None:
    changed = moved(QUEUE, list(ids), to)
    assert after(QUEUE, changed) == order
    assert {one.id for one in changed} <= set(ids), "the others keep their places"


def test_a_launch_can_be_moved_between_the_same_two_again_and_again() -> None:
    queue = list(QUEUE)
    for number in range(200):
        changed = moved(queue, [queue[-1].id], 1)
        new = {one.id: one for one in queue} | {one.id: one for one in changed}
        wanted = [queue[0].id, queue[-1].id, *(one.id for one in queue[1:-1])]
        queue = in_order(list(new.values()))
        assert [one.id for one in queue] == wanted, number


def test_launches_of_one_instant_can_be_moved_apart() -> None:
    same = [launch(name) for name in "abc"]
    assert after(same, moved(same, ["c"], 1)) == "acb"


@pytest.mark.parametrize(
    ("ids", "by", "order"),
    [("b", -1, "bacd"), ("b", 1, "acbd"), ("a", -1, "abcd"), ("d", 1, "abcd"), ("bc", -1, "bcad"), ("bc", 1, "adbc"),
     ("bd", -1, "bdac"), ("", 1, "abcd")],
)  # fmt: skip
def test_steps(ids: str, by: int, order: str) -> None:
    assert after(QUEUE, stepped(QUEUE, list(ids), by)) == order


def test_a_given_place_counts_before_the_time() -> None:
    assert place_of(launch("a")) == NOW.timestamp()
    assert place_of(launch("a", place=5.0)) == 5.0


def test_holding_and_times_change_only_what_waits() -> None:
    assert held(launch("a", answer="old"), "ada") == launch("a", held="ada")
    assert held(launch("a"), "").held == "somebody"
    assert let_go(launch("a", held="ada")).held == ""
    later = at_time(launch("a", after="run"), NOW, "", "success")
    assert (later.not_before, later.after, later.after_status) == (NOW, "", "success")
    sending = launch("a", state="sending")
    for change in (lambda: held(sending, "x"), lambda: let_go(sending), lambda: at_time(sending, NOW, "", "")):
        with pytest.raises(UsageError, match="does not wait any more"):
            change()
    with pytest.raises(UsageError, match="only launches"):
        at_time(launch("a", kind="cancel"), NOW, "", "")


RUNS = {"git:7:12": "#12"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "its turn"),
        ({"answer": "5 of at most 5\nruns"}, "5 of at most 5 runs"),
        ({"held": "ada", "answer": "held by ada"}, "ada to let it go"),
        ({"after": "git:7:12"}, "#12 to succeed"),
        ({"after": "git:7:99", "after_status": "finished"}, "git:7:99 to end"),
        ({"not_before": NOW + timedelta(hours=3), "after": "git:7:12"}, "(in 3h), #12 to succeed"),
        ({"not_before": NOW - timedelta(hours=3), "answer": "full"}, "full"),
        ({"state": "sending"}, "the server's answer"),
    ],
)
def test_what_it_waits_for(values: dict[str, object], words: str) -> None:
    assert waits_for(launch("a", **values), RUNS, NOW).endswith(words)


def test_a_time_is_offered_as_it_is_typed() -> None:
    from data.launch.when import parse_when

    at = datetime(2026, 11, 21, 22, 0, 30, tzinfo=UTC)
    found = parse_when(when_text(launch("a", not_before=at), RUNS), NOW)
    assert found.not_before is not None and timedelta() <= found.not_before - at < timedelta(minutes=1)
    assert when_text(launch("a", after="git:7:12"), RUNS) == "after #12"
    ends = parse_when(when_text(launch("a", after="git:7:12", after_status="finished"), RUNS), NOW)
    assert (ends.after, ends.after_status) == ("#12", "finished")
    assert when_text(launch("a"), RUNS) == ""


def test_the_head_counts() -> None:
    commands = [launch("a"), launch("b", held="x"), launch("c", state="sending"), launch("d")]
    assert [cell.text for cell in queue_words(commands)] == ["2 waiting", "1 held", "1 being sent"]
    assert queue_words([replace(commands[0], state="done")]) == []


async def test_a_change_leaves_what_others_changed_meanwhile(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "lineside.db")
    for one in QUEUE:
        await store.submit(one)
    [later] = moved(QUEUE, ["a"], 3)
    assert await write(store, held(QUEUE[0], "bo"), QUEUE[0])
    assert await write(store, later, QUEUE[0])
    now = await store.get(Command, "a")
    assert now is not None and (now.held, now.place) == ("bo", later.place)
    assert await store.withdraw("a") and not await write(store, later, QUEUE[0])
    await store.close()
