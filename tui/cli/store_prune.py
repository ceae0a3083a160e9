"""`store prune`: deletes finished runs that are kept no longer, with all that is theirs, after it has shown which."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from data.clean import clean
from data.errors import UsageError
from tui.cli.failures import NoSuchThing, say
from tui.cli.prune import DURATION
from tui.options import DashboardOptions
from widgets.cells import Cell, Column

if TYPE_CHECKING:
    from data.model import PipelineRun, Project
    from data.store.moving.contents import Side
    from data.store.retention.choice import Family, Rules
    from data.store.retention.forgetting import Belongings

COLUMNS: Final = (
    Column(key="pipeline", title="pipeline", width=28),
    Column(key="age", title="too old", width=8, align="right"),
    Column(key="number", title="too many", width=8, align="right"),
    Column(key="oldest", title="oldest", width=10),
    Column(key="newest", title="newest", width=10),
)
OFTEN: Final = 5.0
"""Seconds between two signs of progress."""
STAYS: Final[Mapping[str, str]] = {
    "marked": "with labels or notes (--marked deletes them, too)",
    "launched": "launched from here (--launched deletes them, too)",
    "in use": "looked at, waited for, or not over",
    "of another tool": "written by another tool",
}
"""Why runs stay, by the words of `data.store.retention.choice`."""


@dataclass(slots=True)
class Pruned:
    """What goes, or went.

    Attributes:
        runs: those that go for each reason, by their pipeline's name.
        first, last: when the oldest and the newest run of each pipeline were made.
        records: how many records of each type.
        kept: how many runs stay although they are older, by the reason.
    """

    runs: dict[str, Counter[str]] = field(default_factory=dict)
    first: dict[str, datetime] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    logs: int = 0
    bytes: int = 0

    def add(self, families: Sequence[Family], found: Belongings, projects: Mapping[str, Project]) -> None:
        """Count some that go, and what goes with them."""
        from data.store.kinds import KINDS

        for family in families:
            head = family.runs[0]
            name = _name(head, projects)
            self.runs.setdefault(name, Counter())[family.why] += len(family.runs)
            self.first[name] = min(self.first.get(name, head.created), head.created)
            self.last[name] = max(self.last.get(name, head.created), head.created)
            self.ids += [run.id for run in family.runs]
        self.records.update({KINDS[kind].name: count for kind, count in found.numbers().items()})
        self.logs += len(found.logs)
        self.bytes += found.bytes


@click.command("prune", epilog="Without --older-than and --keep-runs: what the configuration keeps.")
@click.option("--older-than", type=DURATION, help="Runs that ended so long ago: 180d.")
@click.option("--keep-runs", type=click.IntRange(1), metavar="N", help="Runs beyond the newest N of their pipeline.")
@click.option("--project", metavar="P", help="Only runs of this project: its path, name or id.")
@click.option("--launched", is_flag=True, help="Also runs that were launched from here.")
@click.option("--marked", is_flag=True, help="Also runs with labels or notes.")
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted (the default).")
@click.option("--yes", is_flag=True, help="Delete it.")
@click.option("--json", "as_json", is_flag=True, help="What was (or would be) deleted as one JSON object.")
@click.pass_obj
def store_prune_cli(options: DashboardOptions, /, dry_run: bool, yes: bool, as_json: bool, **given: Any) -> int:
    """Delete finished runs that are kept no longer.

    Their jobs, logs, artifacts, reports, notes and labels go with them.

    What the servers have is left alone. Of a team's store it is the store itself that is pruned, for everybody.
    """
    if dry_run and yes:
        raise UsageError("--dry-run shows and --yes deletes: give one of them")
    from data.store.retention.choice import Rules

    named = Rules(given["older_than"] or 0, given["keep_runs"] or 0)
    rules = _configured(options) if named.all else named
    rules = rules._replace(launched=not given["launched"], marked=not given["marked"])
    if rules.all:
        raise UsageError("the configuration keeps all runs", hint="give --older-than or --keep-runs")
    return asyncio.run(_prune(options, rules, given["project"], delete=yes, as_json=as_json))


def _configured(options: DashboardOptions) -> Rules:
    """What the configuration keeps."""
    from data.config.settings import StoreSettings
    from data.store.retention.choice import Rules
    from tui.context import read_settings

    found = read_settings(options)
    store = found[0].store if found is not None else StoreSettings()
    return Rules(store.history, store.keep_runs)


async def _prune(options: DashboardOptions, rules: Rules, project: str | None, *, delete: bool, as_json: bool) -> int:
    from data.store.moving.sides import opened
    from tui.cli.store import place_named

    async with opened(place_named(options, None)) as side:
        projects = await _projects(side)
        chosen = [_project(projects, project)] if project else await _with_runs(side)
        pruned = Pruned()
        told = time.monotonic()
        for project_id in chosen:
            async for families, found in _going(side, rules, project_id, projects, pruned, delete=delete):
                pruned.add(families, found, projects)
                if delete and time.monotonic() - told > OFTEN:
                    told = time.monotonic()
                    say(f"{_runs(len(pruned.ids))} deleted so far")
    if as_json:
        _print(pruned, rules, side.shown, deleted=delete)
    else:
        _tell(pruned, deleted=delete)
    return 0


async def _going(
    side: Side, rules: Rules, project_id: str, projects: Mapping[str, Project], pruned: Pruned, *, delete: bool
) -> AsyncIterator[tuple[list[Family], Belongings]]:
    """Runs of a project that go, batch by batch, with what goes with them; deleted as they come, if `delete`."""
    from data.store.retention.choice import Choice
    from data.store.retention.forgetting import Unleased, belongings, forget

    choice = Choice(side.store, rules, project_id, projects, datetime.now(UTC))
    await choice.measure()
    async for families in choice.batches():
        runs = [run for family in families for run in family.runs]
        if not runs:
            continue
        if delete:
            yield families, await forget(side.store, side.logs, Unleased(side.store), runs)
        else:
            yield families, await belongings(side.store, runs)
    pruned.kept.update(choice.kept)


async def _projects(side: Side) -> dict[str, Project]:
    from data.model import Project
    from tui.context import collect

    return {project.id: project for project in await collect(side.store, Project)}


async def _with_runs(side: Side) -> list[str]:
    """Ids of the projects that have runs."""
    from data.model import PipelineRun

    return sorted(await side.store.tally(PipelineRun, "project_id"))


def _project(projects: Mapping[str, Project], text: str) -> str:
    """Id of the project of this id, name or path (or its last part).

    Raises:
        NoSuchThing: there is none.
        UsageError: several have that name.
    """
    if text in projects:
        return text
    wanted = text.lower()
    whole = [id for id, one in projects.items() if wanted in {one.name.lower(), one.path.lower()}]
    ends = [id for id, one in projects.items() if wanted == one.path.lower().rpartition("/")[2]]
    for found in (whole, ends):
        if len(found) > 1:
            raise UsageError(f"{clean(text)} means several projects: {', '.join(found)}")
        if found:
            return found[0]
    raise NoSuchThing(f"there is no project {clean(text)} here", hint="lineside projects lists them")


def _name(run: PipelineRun, projects: Mapping[str, Project]) -> str:
    project = projects.get(run.project_id)
    name = run.pipeline_id.removeprefix(f"{run.project_id}:") or run.name
    return clean(" › ".join(filter(None, [project.name if project else run.project_id, name])))


def _runs(count: int) -> str:
    return f"{count:,} run{'s' * (count != 1)}"


def _tell(pruned: Pruned, *, deleted: bool) -> None:
    """A table of the pipelines, and what it comes to."""
    from tui.cli.output import print_table
    from tui.present.text import plural, size

    rows = []
    for name, counts in sorted(pruned.runs.items()):
        numbers = [f"{counts[why]:,}" if counts[why] else "" for why in ("age", "number")]
        days = [f"{when.astimezone():%Y-%m-%d}" for when in (pruned.first[name], pruned.last[name])]
        rows.append([*map(Cell, (name, *numbers)), *(Cell(day, "dim") for day in days)])
    if rows:
        print_table(COLUMNS, rows)
        others = [f"{count:,} {name}" for name, count in pruned.records.items() if name != "runs"]
        with_them = f", with {', '.join(others)}" if others else ""
        logs = f"; {plural(pruned.logs, 'log')}, {size(pruned.bytes)}" if pruned.logs else ""
        say(f"{_runs(len(pruned.ids))} {'deleted' if deleted else 'would be deleted'}{with_them}{logs}")
    else:
        say("nothing to delete")
    for reason, count in sorted(pruned.kept.items()):
        say(f"{_runs(count)} {'stays' if count == 1 else 'stay'}: {STAYS[reason]}")
    if rows and not deleted:
        say("--yes deletes them")


def _print(pruned: Pruned, rules: Rules, shown: str, *, deleted: bool) -> None:
    from tui.cli.output import print_json

    pipelines = [
        {
            "pipeline": name,
            **{why: counts[why] for why in ("age", "number")},
            "oldest": pruned.first[name].isoformat(),
            "newest": pruned.last[name].isoformat(),
        }
        for name, counts in sorted(pruned.runs.items())
    ]
    print_json(
        {
            "store": shown,
            "deleted": deleted,
            "rules": {
                "older_than": rules.history or None,
                "keep_runs": rules.runs or None,
                "launched": not rules.launched,
                "marked": not rules.marked,
            },
            "runs": pruned.ids,
            "pipelines": pipelines,
            "records": dict(pruned.records),
            "logs": {"count": pruned.logs, "bytes": pruned.bytes},
            "kept": dict(pruned.kept),
        }
    )
