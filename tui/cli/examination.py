"""What `doctor` finds out, as plain values. Every part is examined by itself: the failure of one hides no other."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import LinesideError
from data.model import EngineState, Lease
from data.store.logs import LogFiles
from data.store.place import LOG_FOLDER
from tui.cli.examine_team import COUNTED, Facts, engine_facts, problem_of, team_facts
from tui.cli.examine_terminal import terminal_facts
from tui.cli.helping import versions
from tui.context import collect, read_settings
from tui.options import DashboardOptions

if TYPE_CHECKING:
    from data.config import Settings
    from data.store.place import Place


def examine(options: DashboardOptions, *, ask_servers: bool) -> Facts:
    """The whole report: versions, terminal, config, store, engines, connections, and the number of `problems`."""
    config, settings = config_facts(options)
    store, engines, place = store_facts(options, settings, ask=ask_servers)
    logs = log_facts(place, settings)
    connections = server_facts(settings) if ask_servers and settings else []
    terminal = terminal_facts(options, settings)
    projects = [project for one in connections for project in one["projects"]]
    parts = [config, store, *filter(None, [store["team"]]), logs, terminal, *connections, *projects]
    return {
        "versions": versions(),
        "config": config,
        "store": store,
        "logs": logs,
        "engines": engines,
        "connections": connections,
        "terminal": terminal,
        "problems": sum(len(part["problems"]) for part in parts),
    }


def config_facts(options: DashboardOptions) -> tuple[Facts, Settings | None]:
    """The configuration, and what is wrong with it."""
    facts: Facts = {"path": "", "origin": "none found", "connections": 0, "projects": 0, "problems": []}
    try:
        found = read_settings(options)
    except LinesideError as error:
        facts["problems"] = config_problems(options) or [problem_of(error)]
        return facts, None
    if found is None:
        hint = "lineside config init writes one to start from; lineside demo needs none"
        facts["problems"] = [{"message": "there is no configuration yet", "hint": hint}]
        return facts, None
    settings, path = found
    facts |= {
        "path": str(path or ""),
        "origin": str(path or "the checkout in this folder"),
        "connections": len(settings.connections),
        "projects": len(settings.projects),
    }
    return facts, settings


def config_problems(options: DashboardOptions) -> list[dict[str, str]]:
    """All errors of the configuration file."""
    from data.config import Severity, check, locate

    located = locate(options.config, Path.cwd())
    if located is None:
        return []
    problems = check(located.path, trusted=located.trusted)
    return [problem_of(problem.error()) for problem in problems if problem.severity is Severity.ERROR]


def store_facts(
    options: DashboardOptions, settings: Settings | None, *, ask: bool = True
) -> tuple[Facts, list[Facts], Place | None]:
    """The store and what it holds, and the engines that it knows. Nothing is changed.

    Of a team's store the file is the mirror, and `team` says how the store itself is; with `ask` it is asked.
    """
    facts: Facts = {
        "kind": "sqlite", "name": "sqlite", "path": "", "exists": False, "bytes": 0, "schema": 0, "integrity": "",
        "counts": {}, "log_bytes": 0, "team": None, "problems": [],
    }  # fmt: skip
    if settings is None and options.store is None:
        return facts, [], None
    from data.config import Settings as AnySettings
    from data.store.place import place_of

    try:
        place = place_of(settings or AnySettings(), options.store)
    except LinesideError as error:
        facts["problems"] = [problem_of(error)]
        return facts, [], None
    facts |= {"kind": "mongo" if place.team else "sqlite", "name": place.shown, "path": str(place.file)}
    engines = _read_file(place.file, facts)
    if place.team:
        facts["team"], told = team_facts(place, mirrored=facts["exists"] and not facts["problems"], ask=ask)
        engines = told or engines
    return facts, engines, place


def _read_file(path: Path, facts: Facts) -> list[Facts]:
    """Add what the file holds to the facts; returns the engines that it knows."""
    damaged = "move the file away; Lineside makes a new one and reads the servers again"
    try:
        if not path.exists():
            return []
        facts |= {"exists": True, "bytes": path.stat().st_size, **_file_facts(path)}
        counts, engines = asyncio.run(_contents(path))
    except LinesideError as error:
        facts["problems"] = [problem_of(error)]
        return []
    except (sqlite3.Error, OSError) as error:
        facts["problems"] = [{"message": f"the store cannot be read: {error}", "hint": damaged}]
        return []
    facts |= {"counts": counts, "log_bytes": LogFiles(path.parent / LOG_FOLDER).total()}
    if facts["integrity"] != "ok":
        facts["problems"] = [{"message": f"the store is damaged: {facts['integrity']}", "hint": damaged}]
    return engines


def _file_facts(path: Path) -> Facts:
    """Schema version and integrity, read without writing (SQLite docs, pragma.html)."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        integrity = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return {"schema": version, "integrity": integrity}


async def _contents(path: Path) -> tuple[dict[str, int], list[Facts]]:
    from data.store.open import open_store

    store = await open_store(path)
    try:
        counts = {name: await store.count(kind) for name, kind in COUNTED.items()}
        states = await collect(store, EngineState)
        leases = await collect(store, Lease)
    finally:
        await store.close()
    return counts, engine_facts(states, leases)


def log_facts(place: Place | None, settings: Settings | None) -> Facts:
    """The job logs that are held: how many, how large, how much of the quota (0 for none) that is, and whose."""
    from data.config import Settings as AnySettings
    from data.store.space import Space, measure

    facts: Facts = {"problems": []}
    space = Space()
    known = settings or AnySettings()
    if place is not None:
        try:
            space = measure(LogFiles(place.logs), place.file, known.names("gitlab"))
        except LinesideError as error:
            facts["problems"].append(problem_of(error))
    projects = [{"project_id": id, "bytes": taken} for id, taken in space.projects]
    return {"count": space.held, "bytes": space.logs, "quota": known.logs.quota, "projects": projects, **facts}


def server_facts(settings: Settings) -> list[Facts]:
    """What each server answers now."""
    from data.engine.doctor import diagnose

    found = []
    for diagnosis in diagnose(settings):
        connection = diagnosis.connection
        names = ("name", "kind", "url", "auth", "user", "state", "version", "can_write", "rate_limit", "rate_remaining")
        facts: Facts = {name: getattr(connection, name) for name in names}
        facts |= {"scopes": list(connection.scopes), "seconds": round(diagnosis.seconds, 3), "problems": []}
        if connection.state != "ok":
            facts["problems"].append({"message": connection.last_error, "hint": connection.hint})
        elif connection.can_write is False and not settings.read_only:
            hint = "a token with the scope api may; or set read_only: true in the configuration"
            message = "this credential may read, but neither launch, cancel, retry nor play"
            facts["problems"].append({"message": message, "hint": hint})
        facts["projects"] = [
            {
                "project": project.project,
                "name": project.name,
                "access_level": project.access_level,
                "limits": list(project.limits),
                "problems": [{"message": project.error, "hint": project.hint}] if project.error else [],
            }
            for project in diagnosis.projects
        ]
        found.append(facts)
    return found
