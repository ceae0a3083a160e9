"""What `doctor` finds out of a team's store: whether it answers, who works on it, and how far its mirror here is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from data.errors import LinesideError
from data.model import Command, EngineState, JobRun, Lease, PipelineRun, Project, Record, TrackedRun
from tui.present.text import age
from tui.workers import is_alive

if TYPE_CHECKING:
    from data.store.mirror import Status
    from data.store.place import Place
    from data.store.team import TeamFacts

Facts = dict[str, Any]
"""What one part found; `problems` lists what is wrong, each with `message` and `hint`."""

PATIENCE = 15.0
"""Seconds that a team's store may take for all questions."""
COUNTED: dict[str, type[Record]] = {
    "projects": Project, "runs": PipelineRun, "jobs": JobRun, "MLflow runs": TrackedRun, "commands": Command,
}  # fmt: skip
"""Record types whose number is told."""


def team_facts(place: Place, *, mirrored: bool, ask: bool) -> tuple[Facts, list[Facts]]:
    """How a team's store is, and the engines that it knows. `mirrored` says that there is a file to look at."""
    facts: Facts = {
        "state": "unasked", "server": "", "schema": 0, "identity": "", "seconds": 0.0, "revision": 0, "counts": {},
        "mirror": None, "problems": [],
    }  # fmt: skip
    engines: list[Facts] = []
    team = None
    if ask:
        try:
            team = asyncio.run(_look(place))
        except LinesideError as error:
            facts |= {"state": "away", "problems": [problem_of(error)]}
        else:
            facts |= _team(team)
            engines = engine_facts(team.engines, team.leases)
    if mirrored:
        try:
            facts["mirror"] = _mirror(asyncio.run(_look_at_mirror(place)), team)
        except LinesideError as error:
            facts["problems"].append(problem_of(error))
    return facts, engines


async def _look(place: Place) -> TeamFacts:
    from data.errors import StoreError
    from data.store.team import look

    try:
        async with asyncio.timeout(PATIENCE):
            return await look(place.url, tuple(COUNTED.values()))
    except TimeoutError:
        raise StoreError(
            f"the team store {place.shown} does not answer", hint="is it overloaded, or stopped?"
        ) from None


async def _look_at_mirror(place: Place) -> Status:
    from data.store.mirror import status

    return await status(place.file)


def _team(team: TeamFacts) -> Facts:
    names = {kind: name for name, kind in COUNTED.items()}
    return {
        "state": "ok" if team.schema else "new",
        "server": team.server,
        "schema": team.schema,
        "identity": team.identity,
        "seconds": round(team.seconds, 4),
        "revision": team.revision,
        "counts": {names[kind]: count for kind, count in team.counts},
    }


def _mirror(mirror: Status, team: TeamFacts | None) -> Facts:
    behind = None
    if team is not None and team.identity == mirror.identity:
        behind = max(team.revision - mirror.position, 0)
    return {
        "identity": mirror.identity,
        "revision": mirror.position,
        "behind": behind,
        "missing": list(mirror.filling),
        "owner": mirror.owner,
        "waiting": mirror.waiting,
    }


def engine_facts(states: Iterable[EngineState], leases: Iterable[Lease]) -> list[Facts]:
    """Each engine, with the leases that it holds now."""
    now = datetime.now(UTC)
    held: dict[str, list[str]] = {}
    for lease in leases:
        if lease.expires > now:
            held.setdefault(lease.owner, []).append(lease.id)
    return [
        {
            "id": state.id,
            "host": state.host,
            "pid": state.pid,
            "alive": is_alive(state, now),
            "seen": f"{age(state.seen, now)} ago" if state.seen else "never",
            "leases": len(held.get(state.id, ())),
            "lease_names": sorted(held.get(state.id, ())),
        }
        for state in states
    ]


def problem_of(error: LinesideError) -> dict[str, str]:
    """An error as an entry of `problems`."""
    return {"message": error.message, "hint": error.hint}
