"""The queue of launches as its users see and change it. Pure but for `write`, which writes changed `Command`s."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from data.errors import UsageError
from data.model import Command
from data.store.amending import amend
from data.store.port import Store
from tui.reasons_more import why_not_move

CONDITIONS = ("held", "not_before", "after", "after_status")
"""Fields of a command that say when it goes."""
SOMEBODY = "somebody"
"""Who holds a command where no name is known."""


def held(command: Command, by: str) -> Command:
    """A waiting command that `by` holds back.

    Raises:
        UsageError: it does not wait.
    """
    _check_queued(command)
    return replace(command, held=by or SOMEBODY, answer="")


def let_go(command: Command) -> Command:
    """A waiting command that nobody holds back any more.

    Raises:
        UsageError: it does not wait.
    """
    _check_queued(command)
    return replace(command, held="", answer="")


def at_time(command: Command, not_before: datetime | None, after: str, after_status: str) -> Command:
    """A waiting launch that goes at a time, behind a run, or (None and "") as soon as it can.

    Raises:
        UsageError: it is no launch, or does not wait.
    """
    if reason := why_not_move(command):
        raise UsageError(f"{command.title}: {reason}")
    status = after_status or command.after_status
    return replace(command, not_before=not_before, after=after, after_status=status, answer="")


def place_of(command: Command) -> float:
    """Where a command stands in the queue: in seconds since 1970, as `Command.place`."""
    return command.place or command.created.timestamp()


def in_order(commands: Sequence[Command]) -> list[Command]:
    """Commands by place, as the engine takes them."""
    return sorted(commands, key=lambda one: (place_of(one), one.id))


def moved(queue: Sequence[Command], ids: Sequence[str], to: int) -> list[Command]:
    """The commands that get other places so that those of `ids` stand together from position `to` on.

    `queue` are all waiting launches in order; positions count those that stay. Only those of `ids` get new places,
    between those of their new neighbours; where these stand too close together, all are numbered anew.
    """
    chosen = set(ids)
    going = [one for one in queue if one.id in chosen]
    staying = [one for one in queue if one.id not in chosen]
    if not going or not staying:
        return []
    to = max(0, min(to, len(staying)))
    below = place_of(staying[to - 1]) if to else place_of(staying[0]) - len(going) - 1
    above = place_of(staying[to]) if to < len(staying) else place_of(staying[-1]) + len(going) + 1
    step = (above - below) / (len(going) + 1)
    places = [below + step * (at + 1) for at in range(len(going))]
    if sorted({below, *places, above}) == [below, *places, above]:
        return [replace(one, place=place) for one, place in zip(going, places, strict=True)]
    order = [*staying[:to], *going, *staying[to:]]
    return [replace(one, place=place_of(queue[0]) + at) for at, one in enumerate(order)]


def stepped(queue: Sequence[Command], ids: Sequence[str], by: int) -> list[Command]:
    """The same for one step: `by` -1 lets them go before the one above them, 1 after the one below."""
    chosen = set(ids)
    places = [at for at, one in enumerate(queue) if one.id in chosen]
    if not places:
        return []
    edge = places[0] if by < 0 else places[-1]
    before = sum(one.id not in chosen for one in queue[:edge])
    return moved(queue, ids, before + by) if 0 <= before + by <= len(queue) - len(places) else []


async def write(store: Store, command: Command, was: Command) -> bool:
    """Write how a user changed a waiting command that `was` otherwise; False when it does not wait any more.

    What others wrote there meanwhile stays: who moves a launch does not let go one that somebody has just held back.
    The reason for which it waited goes where the change has made it untrue.
    """
    chosen = {name: getattr(command, name) for name in CONDITIONS if getattr(command, name) != getattr(was, name)}
    place = {"place": command.place} if command.place != was.place else {}

    def change(now: Command) -> Command:
        asked = replace(now, **chosen)
        return replace(asked, **place, answer=now.answer if asked == now else "")

    return await amend(store, command.id, change) is not None


async def take_back(store: Store, command: Command, by: str) -> bool:
    """Take back a command that still waits; false when it does not. Of another's it says who did so."""
    if command.by != by:
        await amend(store, command.id, lambda now: replace(now, answer=f"taken back by {by or SOMEBODY}"))
    return await store.withdraw(command.id)


def _check_queued(command: Command) -> None:
    if command.state != "queued":
        raise UsageError(f"{command.title}: it does not wait any more: it is {command.state}")
