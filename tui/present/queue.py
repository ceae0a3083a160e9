"""Commands that wait, as rows of the queue: what each waits for, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from data.model.work import Command
from tui.present.text import age, moment
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph

COLUMNS: tuple[Column, ...] = (
    Column(key="place", title="#", width=3, align="right", priority=0),
    Column(key="state", title="state", width=10, min_width=9, priority=0),
    Column(key="title", title="what", width=38, min_width=18, flex=3, priority=0),
    Column(key="waits", title="waits for", width=34, min_width=22, flex=2, priority=1),
    Column(key="by", title="who", width=12, min_width=8, priority=3),
    Column(key="age", title="since", width=5, align="right", priority=2),
    Column(key="why", title="why", width=16, min_width=10, priority=5),
)
"""Columns of the queue."""
ITS_TURN: Final = "its turn"
"""What a command waits for that nothing holds."""
SUCCESS: Final = "success"
"""`Command.after_status` where the run that is waited for has to succeed."""


def waits_for(command: Command, runs: Mapping[str, str], now: datetime) -> str:
    """What a command waits for; `runs` are the names of the runs that commands wait for, by id."""
    if command.state == "sending":
        return command.answer or "the server's answer"
    parts = [f"{command.held} to let it go"] if command.held else []
    if command.not_before is not None and command.not_before > now:
        left = age(now - (command.not_before - now), now)
        at = moment(command.not_before, now)
        parts.append(f"{at.removesuffix(':00') if at.count(':') > 1 else at} (in {left})")
    if command.after:
        name = runs.get(command.after, command.after)
        parts.append(f"{name} to {'succeed' if command.after_status == SUCCESS else 'end'}")
    return ", ".join(parts) or command.answer.replace("\n", " ") or ITS_TURN


def when_text(command: Command, runs: Mapping[str, str]) -> str:
    """When a launch goes, as it is typed (`data.launch.when`); empty for as soon as it can."""
    if command.after:
        name = runs.get(command.after, command.after)
        return f"after {name}" if command.after_status == SUCCESS else f"after {name} ends"
    if command.not_before is None:
        return ""
    local = command.not_before.astimezone()
    if local.second or local.microsecond:  # such a time cannot be typed: the next minute is not earlier
        local += timedelta(minutes=1)
    return local.strftime("%Y-%m-%d %H:%M")


def queue_cells(command: Command, place: int, runs: Mapping[str, str], now: datetime) -> tuple[Cell, ...]:
    """A row: a cell per entry of `COLUMNS`. `place` counts the waiting launches from 1; 0 for what has no order."""
    word, tone = ("held", "warning") if command.held else (command.state, "pending")
    waits = waits_for(command, runs, now)
    return (
        Cell(str(place) if place else ""),
        Cell(f"{status_glyph('scheduled' if _later(command, now) else 'pending')} {word}", tone),
        Cell(command.title or command.kind),
        Cell(waits, "dim" if waits == ITS_TURN else ""),
        Cell(f"{command.by}@{command.host}" if command.host else command.by, "dim"),
        Cell(age(command.created, now), "dim"),
        Cell(command.why, "dim"),
    )


def _later(command: Command, now: datetime) -> bool:
    return bool(command.after) or (command.not_before is not None and command.not_before > now)


def queue_words(commands: Sequence[Command]) -> list[Cell]:
    """How much waits, is held and is being sent; what there is none of is left out."""
    waiting = sum(one.state == "queued" and not one.held for one in commands)
    holding = sum(one.state == "queued" and bool(one.held) for one in commands)
    sending = sum(one.state == "sending" for one in commands)
    counts = ((waiting, "waiting", "pending"), (holding, "held", "warning"), (sending, "being sent", "running"))
    return [Cell(f"{count} {word}", tone) for count, word, tone in counts if count]
