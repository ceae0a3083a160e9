"""Who works on the store: engines, on this machine and on others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from data.model.work import EngineState, Lease
from tui.context import Context, collect

ENGINE_ALIVE = timedelta(seconds=20)
"""An engine that was seen within this time counts as running."""


class Worker(NamedTuple):
    """A running engine: what to call it, and the names of the leases that it holds."""

    id: str
    where: str
    leases: tuple[str, ...]


async def workers(context: Context, now: datetime) -> list[Worker]:
    """The engines that run, by their names. Leases of a team's store are not copied: its engines tell theirs."""
    states = {state.id: state for state in await collect(context.store, EngineState)}
    held: dict[str, list[str]] = {}
    if context.place.team:
        held = {id: list(state.leases) for id, state in states.items() if is_alive(state, now)}
    else:
        for lease in await collect(context.store, Lease):
            if lease.expires > now:
                held.setdefault(lease.owner, []).append(lease.id)
    return [Worker(id, _where(id, states.get(id)), tuple(sorted(held[id]))) for id in sorted(held)]


def is_alive(state: EngineState, now: datetime) -> bool:
    """Whether an engine was seen lately."""
    return state.seen is not None and now - state.seen < ENGINE_ALIVE


def _where(id: str, state: EngineState | None) -> str:
    return f"{state.host} pid {state.pid}" if state else id
