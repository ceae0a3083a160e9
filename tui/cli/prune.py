"""`logs prune`: deletes logs that are held here. Needs no server; what GitLab still has can be fetched again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import click

from data.clean import clean
from data.config.units import parse_duration, parse_size
from data.errors import ConfigError, UsageError
from data.model import Project
from data.store.logs import LogUse
from tui.cli.failures import NoSuchThing, say
from tui.cli.output import print_json
from tui.cli.session import in_context
from tui.cli.targets import find_project
from tui.context import Context
from tui.options import DashboardOptions
from tui.present.text import age, plural, size

SHOWN = 20
"""Logs that cannot be fetched again which are named one by one."""


class _Unit(click.ParamType):  # type: ignore[type-arg]  # generic for type checkers only
    """A duration or a size as the configuration writes them."""

    def __init__(self, name: str, parse: Callable[[str], float]) -> None:
        self.name, self._parse = name, parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._parse(value) if isinstance(value, str) else value
        except ConfigError as error:
            self.fail(error.message, param, ctx)


DURATION = _Unit("duration", parse_duration)
"""Seconds, written `30d`, `12h`."""
SIZE = _Unit("size", parse_size)
"""Bytes, written `2GB`."""


@dataclass(slots=True)
class Plan:
    """What is to go and what stays.

    Attributes:
        held: all logs of the project, or of all.
        chosen: those to be deleted, the least recently read first.
        erased: those among `held` that their servers have no more.
        kept: those of `erased` that stay although they were asked for.
        open: how many stay because somebody reads them now.
    """

    held: list[LogUse]
    chosen: list[LogUse] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    kept: list[LogUse] = field(default_factory=list)
    open: int = 0


@click.command("prune", epilog="Without --older-than and --to, all logs go but those that cannot be fetched again.")
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@click.option("--older-than", type=DURATION, help="Only logs not read or written for so long: 30d.")
@click.option("--project", metavar="P", help="Only logs of this project: its path, name or id.")
@click.option("--to", "target", type=SIZE, help="Only until so much is left: 2GB; least recently read first.")
@click.option("--erased", is_flag=True, help="Also logs that GitLab has erased or let expire: they are gone for good.")
@click.option("--yes", is_flag=True, help="Delete without a question.")
@click.option("--json", "as_json", is_flag=True, help="What was (or would be) deleted as one JSON object.")
@click.pass_obj
def prune_cli(
    options: DashboardOptions,
    dry_run: bool,
    older_than: float | None,
    project: str | None,
    target: int | None,
    erased: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete job logs that are held here. No server is asked, and none is changed."""

    async def work(context: Context) -> None:
        plan = await make_plan(context, project=project, older_than=older_than, target=target, erased=erased)
        if not as_json or not (dry_run or yes):
            tell(plan)
        agreed = bool(plan.chosen) and not dry_run and (yes or confirm(plan))
        if agreed:
            await _delete(context, plan)
        if as_json:
            print_json(_facts(context, plan, deleted=agreed))

    in_context(options, work)
    return 0


async def make_plan(
    context: Context,
    *,
    project: str | None = None,
    older_than: float | None = None,
    target: int | None = None,
    erased: bool = False,
) -> Plan:
    """Choose the logs to delete; `older_than` is in seconds, `target` in bytes.

    Raises:
        NoSuchThing: the project is not known here.
    """
    from data.engine.quota import in_order

    uses = context.logs.usage(context.settings.names("gitlab"))
    if project is not None:
        prefix = f"{(await _project(context, project)).id}:job:"
        uses = [use for use in uses if use.job_id.startswith(prefix)]
    plan = Plan(uses)
    excess = sum(use.size for use in uses) - (target or 0)
    before = time.time() - (older_than or 0.0)
    opened = {interest.topic for interest in await context.store.interests(datetime.now(UTC))}
    async for held in in_order(context.store, uses):
        use = held.use
        if held.last:
            plan.erased.add(use.job_id)
        if excess <= 0 or use.read > before:
            continue
        if f"log:{use.job_id}" in opened:
            plan.open += 1
        elif held.last and not erased:
            plan.kept.append(use)
        else:
            plan.chosen.append(use)
            excess -= use.size
    return plan


async def _project(context: Context, text: str) -> Project:
    found = await find_project(context, text)
    if found is None:
        raise NoSuchThing(f"there is no project {clean(text)} here", hint="lineside projects lists them")
    return found


def tell(plan: Plan) -> None:
    """Say what will go and what stays."""
    now = datetime.now(UTC)
    say(f"{plural(len(plan.held), 'log')} held, {size(_bytes(plan.held))}")
    if plan.chosen:
        ages = [age(datetime.fromtimestamp(use.read, UTC), now) or "now" for use in (plan.chosen[0], plan.chosen[-1])]
        ages = [_ago(one) for one in ages]
        when = f"last read {ages[0]}" if ages[0] == ages[1] else f"last read {ages[0]} to {ages[1]}"
        say(f"{plural(len(plan.chosen), 'log')} to delete, {size(_bytes(plan.chosen))}, {when}")
    else:
        say("nothing to delete")
    if lost := [use for use in plan.chosen if use.job_id in plan.erased]:
        say(f"{plural(len(lost), 'log')} of these cannot be fetched again: GitLab has them no more")
        _list(lost)
    if plan.kept:
        say(f"{_stay(len(plan.kept))}: GitLab has them no more (--erased deletes them, too)")
        _list(plan.kept)
    if plan.open:
        say(f"{_stay(plan.open)}: somebody reads them now")


def _stay(count: int) -> str:
    return f"{plural(count, 'log')} {'stays' if count == 1 else 'stay'}"


def _list(uses: Sequence[LogUse]) -> None:
    for use in uses[:SHOWN]:
        say(f"  {clean(use.job_id)}  {size(use.size)}")
    if len(uses) > SHOWN:
        say(f"  and {len(uses) - SHOWN} more")


def _ago(text: str) -> str:
    return text if text == "now" else f"{text} ago"


def confirm(plan: Plan) -> bool:
    """Ask; the default is No.

    Raises:
        UsageError: there is nobody to ask.
    """
    question = f"Delete {plural(len(plan.chosen), 'log')}, {size(_bytes(plan.chosen))}?"
    if not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError(f"{question} Nobody is there to ask", hint="--yes deletes without a question, --dry-run shows")
    if click.confirm(question, default=False, err=True):
        return True
    say("nothing was deleted")
    return False


async def _delete(context: Context, plan: Plan) -> None:
    from data.engine.quota import drop

    freed = await drop(context.store, context.logs, plan.chosen)
    say(f"{plural(len(plan.chosen), 'log')} deleted, {size(freed)} freed")


def _facts(context: Context, plan: Plan, *, deleted: bool) -> dict[str, Any]:
    def row(use: LogUse) -> dict[str, Any]:
        read = datetime.fromtimestamp(use.read, UTC).isoformat(timespec="seconds")
        return {
            "job_id": use.job_id,
            "path": str(use.path),
            "bytes": use.size,
            "read": read,
            "erased": use.job_id in plan.erased,
        }

    return {
        "folder": str(context.logs.root),
        "deleted": deleted,
        "held": {"count": len(plan.held), "bytes": _bytes(plan.held)},
        "chosen": {"count": len(plan.chosen), "bytes": _bytes(plan.chosen), "logs": [row(use) for use in plan.chosen]},
        "kept_erased": {"count": len(plan.kept), "bytes": _bytes(plan.kept), "logs": [row(use) for use in plan.kept]},
        "open": plan.open,
    }


def _bytes(uses: Sequence[LogUse]) -> int:
    return sum(use.size for use in uses)
