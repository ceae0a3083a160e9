"""Commands and connections as rows of the Activity screen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from data.model.work import Command, Connection
from tui.present.text import age, size
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph, status_tone

if TYPE_CHECKING:
    from data.store.space import Space

COMMAND_COLUMNS: tuple[Column, ...] = (
    Column(key="age", title="age", width=4, align="right", priority=2),
    Column(key="state", title="state", width=11, min_width=9, priority=0),
    Column(key="title", title="what", width=30, min_width=16, flex=2, priority=0),
    Column(key="by", title="who", width=14, min_width=10, priority=3),
    Column(key="why", title="why", width=18, min_width=12, priority=5),
    Column(key="answer", title="answer", width=40, min_width=24, flex=3, priority=1),
)
"""Columns of the commands."""

CONNECTION_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="connection", width=12, min_width=10, priority=0),
    Column(key="state", title="state", width=14, min_width=13, priority=0),
    Column(key="success", title="answered", width=8, align="right", priority=2),
    Column(key="url", title="server", width=26, min_width=12, flex=2, priority=4),
    Column(key="version", title="version", width=12, min_width=6, priority=6),
    Column(key="user", title="as", width=18, min_width=6, priority=5),
    Column(key="rate", title="budget", width=12, min_width=9, align="right", priority=3),
    Column(key="error", title="", width=40, min_width=24, flex=4, priority=1),
)
"""Columns of the connections."""

LARGEST = 3
"""Projects whose logs are told by size."""
NEARLY_FULL = 90
"""Per cent of the quota from which on it is said as a warning."""

_CONNECTION_STATUS = {"ok": "success", "unknown": "pending", "limited": "scheduled"}


def command_cells(command: Command, now: datetime) -> tuple[Cell, ...]:
    """A row of the commands, a cell per entry of `COMMAND_COLUMNS`."""
    tone = {"unknown": "warning", "withdrawn": "dim"}.get(command.state) or status_tone(command.state)
    return (
        Cell(age(command.created, now), "dim"),
        Cell(f"{status_glyph(command.state)} {command.state}", tone),
        Cell(command.title or command.kind),
        Cell(f"{command.by}@{command.host}" if command.host else command.by, "dim"),
        Cell(command.why, "dim"),
        Cell(command.answer.replace("\n", " "), "failed" if command.state == "refused" else ""),
    )


def connection_cells(connection: Connection, now: datetime) -> tuple[Cell, ...]:
    """A row of the connections, a cell per entry of `CONNECTION_COLUMNS`."""
    status = _CONNECTION_STATUS.get(connection.state, "failed")
    word = connection.state
    if connection.state == "offline" and connection.offline_since:
        word = f"offline {age(connection.offline_since, now)}"
    rate = ""
    if connection.rate_limit:
        rate = f"{connection.rate_remaining or 0}/{connection.rate_limit}"
    error = f"{connection.last_error}. {connection.hint}" if connection.hint else connection.last_error
    return (
        Cell(connection.name),
        Cell(f"{status_glyph(status)} {word}", status_tone(status)),
        Cell(age(connection.last_success, now), "dim"),
        Cell(connection.url, "dim"),
        Cell(connection.version, "dim"),
        Cell(connection.user, "dim"),
        Cell(rate, "dim"),
        Cell(error if connection.state != "ok" else "", "failed"),
    )


def space_cells(space: Space, quota: int, names: Mapping[str, str]) -> list[Cell]:
    """What logs and records take: `quota` in bytes, 0 for none; `names` of projects by id."""
    share = 100 * space.logs // quota if quota else 0
    held = f"{space.held:,} held, {size(space.logs)}"
    cells = [Cell("logs", "dim")]
    if quota:
        cells.append(Cell(f"{held} of {size(quota)} ({share}%)", "warning" if share >= NEARLY_FULL else ""))
    else:
        cells.append(Cell(f"{held}, no quota"))
    if len(space.projects) > 1:
        cells += [Cell(f"{names.get(id, id)} {size(taken)}", "dim") for id, taken in space.projects[:LARGEST]]
    cells.append(Cell(f"records {size(space.records)}", "dim"))
    return cells
