"""`launch`: start a run of a project, of one of its pipelines, or of one of its APIs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from data.clean import clean
from data.errors import LinesideError, UsageError
from data.model import Command, PipelineAPI, Variable
from data.model.vocabulary import PRODUCTION
from tui.actions import KINDS, launch_command, secret_values
from tui.cli.act import VARIABLE_HELP, read_variable, sending_options
from tui.cli.aim import Aim, find_aim
from tui.cli.failures import FAILED
from tui.cli.outbox import ANSWER_SECONDS, END_SECONDS, check_writable, confirm, follow_run, result_of, send
from tui.cli.session import in_context
from tui.cli.waiting import Waiter, waiter
from tui.context import Context
from tui.options import DashboardOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options of `launch`, as they were given."""

    api: str | None = None
    ref: str = ""
    variables: Sequence[str] = ()
    inputs: Sequence[str] = ()
    run_id: str = ""
    kind: str = PRODUCTION
    track: bool | None = None
    why: str = ""
    yes: bool = False
    wait: bool = False
    timeout: float | None = None

    @property
    def answer_seconds(self) -> float:
        """How long the server's answer is waited for."""
        return ANSWER_SECONDS if self.timeout is None or self.wait else self.timeout


@click.command("launch", epilog="WHAT: a project (name or path), or a pipeline (name or project/name).")
@click.argument("what")
@click.option("--api", metavar="NAME", help="API of the pipeline; the launch sends its variables.")
@click.option("--ref", default="", metavar="REF", help="Branch or tag; the pipeline's or project's own otherwise.")
@click.option("--var", "variables", multiple=True, metavar="KEY=VALUE", help=VARIABLE_HELP)
@click.option("--input", "inputs", multiple=True, metavar="KEY=VALUE", help="CI/CD input; can be repeated.")
@click.option("--run-id", default="", metavar="ID", help="RUN_ID of runs that this one belongs to; else a new one.")
@click.option(
    "--kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="Whose data and experiment."
)
@click.option(
    "--track/--no-track", default=None, help="Make the MLflow run and pass it on; default where there is one."
)
@sending_options
@click.pass_obj
def launch_cli(options: DashboardOptions, /, what: str, **given: Any) -> int:
    """Start a run. It shows what will be sent, and asks."""
    wish = Wish(**given)
    return in_context(options, lambda context: _launch(context, what, wish, start=options.engine))


async def _launch(context: Context, what: str, wish: Wish, *, start: bool) -> int:
    check_writable(context)
    variables = [read_variable(text) for text in wish.variables]
    inputs = dict(_input(text) for text in wish.inputs)
    aim = await find_aim(context, what, wish.api, start=start, timeout=wish.answer_seconds)
    variables += ask_secrets(aim.api, variables)
    command = launch_command(
        aim.project,
        ref=wish.ref,
        variables=variables,
        inputs=inputs,
        pipeline=aim.pipeline,
        api=aim.api,
        kind=wish.kind,
        track=bool(aim.project.tracking) if wish.track is None else wish.track,
        why=wish.why,
        by=context.user,
        run_id=wish.run_id,
    )
    if not confirm([command], summary(command, aim), yes=wish.yes):
        return FAILED
    async with waiter(context, start=start, lease=aim.project.id) as waiting:
        if values := secret_values(aim.api, variables):
            await waiting.give_secrets(command.id, values)
        return await _carry_out(waiting, command, wish)


async def _carry_out(waiting: Waiter, command: Command, wish: Wish) -> int:
    ended = await send(waiting, command, timeout=wish.answer_seconds)
    if not ended.result_id:
        raise LinesideError("the engine did not say which run came of it", hint="lineside runs lists the newest")
    run = await result_of(waiting, ended, timeout=wish.answer_seconds)
    print(ended.result_id)
    if run is not None and run.web_url:
        print(run.web_url)
    if not wish.wait:
        return 0
    seconds = wish.timeout or END_SECONDS
    return await follow_run(waiting, ended.result_id, connection=command.connection, timeout=seconds)


def ask_secrets(api: PipelineAPI | None, given: Sequence[Variable]) -> list[Variable]:
    """The API's secret variables that were not given, asked for unseen; none where nobody can be asked."""
    known = {variable.key for variable in given}
    asked = [one for one in api.user_variables if one.secret and one.key not in known] if api else []
    if not (sys.stdin is not None and sys.stdin.isatty()):
        return []
    return [
        Variable(key=one.key, value=click.prompt(one.key, hide_input=True, err=True, default="", show_default=False))
        for one in asked
    ]


def summary(command: Command, aim: Aim) -> list[str]:
    """What will be sent, line by line. Values of secrets are not in the command."""
    payload = command.payload
    lines = [f"project    {aim.project.path or aim.project.name}", f"ref        {clean(payload['ref'])}"]
    if aim.pipeline:
        lines.append(f"pipeline   {aim.pipeline.name}")
    if aim.api:
        lines.append(f"api        {aim.api.name} ({aim.api.type})")
    lines.append(f"kind       {payload['kind']}")
    lines += [f"variable   {one['key']}={clean(one['value'])}" for one in payload["variables"]]
    lines += [f"variable   {key}=•••" for key in payload["secrets"]]
    lines += [f"input      {clean(key)}={clean(value)}" for key, value in payload["inputs"].items()]
    lines.append(f"RUN_ID     {payload['run_id']}")
    lines.append(f"MLflow run {'made and passed as MLFLOW_RUN_ID' if payload['track'] else 'left to the jobs'}")
    return lines


def _input(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not found or not key:
        raise UsageError(f"{clean(text)} is no input", hint="write KEY=VALUE")
    return key, value
