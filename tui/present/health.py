"""The health of connections, as the first line and the Activity screen show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from data.model.vocabulary import COMMAND_OPEN, TEAM_STORE
from data.model.work import Command, Connection
from tui.present.text import age
from widgets.cells import Cell
from widgets.glyphs import glyphs

STALE = timedelta(seconds=45)
"""Without an answer for longer, data counts as stale. Fresher data shows no age: an idle screen stays silent."""

WAITING = "waiting here"
"""What commands are that a team's store does not know yet."""


def host(url: str) -> str:
    """What to call a server: its host name, or the store's kind."""
    scheme, _, rest = url.partition("://")
    name = rest.split("/", 1)[0].rpartition("@")[2]
    return name or ("local" if scheme in {"sqlite", "file"} or not rest else url)


def health_cell(connection: Connection, now: datetime) -> Cell:
    """One item of the first line: `gitlab ✓`, `gitlab … 40s`, `gitlab ✗ offline 3m`, `gitlab ⏳ 12s`."""
    sign = glyphs()
    name = connection.name
    if connection.state == "limited" and connection.retry_at and connection.retry_at > now:
        wait = int((connection.retry_at - now).total_seconds()) + 1
        return Cell.of((f"{name} ", "dim"), (f"{sign.scheduled} {wait}s", "warning"))
    if connection.state in {"unauthorized", "forbidden", "error"}:
        return Cell.of((f"{name} ", "dim"), (f"{sign.failed} {connection.state}", "failed"))
    if connection.state == "offline":
        since = age(connection.offline_since, now)
        return Cell.of((f"{name} ", "dim"), (f"{sign.failed} offline {since}".rstrip(), "failed"))
    if connection.state == "unknown" or connection.last_success is None:
        return Cell.of((f"{name} ", "dim"), (sign.pending, "pending"))
    if now - connection.last_success > STALE:
        return Cell.of((f"{name} ", "dim"), (f"{sign.ellipsis} {_coarse(connection.last_success, now)}", "warning"))
    return Cell.of((f"{name} ", "dim"), (sign.success, "success"))


def _coarse(then: datetime, now: datetime) -> str:
    """An age that changes at most every ten seconds."""
    seconds = int((now - then).total_seconds())
    return f"{seconds // 10 * 10}s" if seconds < 60 else age(then, now)  # noqa: PLR2004 - seconds below a minute


def store_cells(store: str, team: Connection | None, commands: Sequence[Command], now: datetime) -> list[Cell]:
    """What the first line says of the store: its name; of a team's store since when it is away, and what waits here."""
    sign = glyphs()
    if team is None:
        return [Cell(store, "dim")]
    if team.state in {"ok", "unknown"}:
        return [Cell(store, "dim") if team.state == "ok" else Cell.of((f"{store} ", "dim"), (sign.pending, "pending"))]
    since = f"away {age(team.offline_since, now)}" if team.state == "offline" else team.state
    cells = [Cell.of((f"{store} ", "dim"), (f"{sign.failed} {since}".rstrip(), "failed"))]
    waiting = len(waiting_here(team, commands))
    return [*cells, Cell(f"{waiting} {WAITING}", "warning")] if waiting else cells


def waiting_here(team: Connection, commands: Sequence[Command]) -> list[Command]:
    """Commands that cannot have reached the team's store: they were made since it went away."""
    then = team.offline_since or team.last_success
    return [one for one in commands if one.state == "queued" and (then is None or one.created > then)]


def health_line(
    connections: Sequence[Connection], store: str, active: int, commands: Sequence[Command], now: datetime
) -> tuple[Cell, ...]:
    """The right side of the first line."""
    team = next((one for one in connections if one.id == TEAM_STORE), None)
    items = [health_cell(one, now) for one in connections if one is not team]
    items += store_cells(store, team, commands, now)
    if active:
        items.append(Cell(f"{active} active", "running"))
    waiting = sum(command.state in COMMAND_OPEN for command in commands)
    if waiting:
        items.append(Cell(f"{waiting} queued", "pending"))
    return tuple(items)
