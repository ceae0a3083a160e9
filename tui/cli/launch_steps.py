"""The way of a request on the command line: options, editor, files, secrets, the question, and off it goes."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click
from msgspec.structs import replace

from data.clean import clean
from data.errors import Forbidden, UsageError
from data.launch.asked import Request, Target, inputs_known, ref_of
from data.launch.document import SENDS, to_yaml
from data.launch.payload import payload_of
from data.launch.permissions import why_not_connection, why_not_variables
from data.launch.request import notes, payload, secrets_of
from data.launch.values import FILE, as_text
from data.launch.when import FINISHED, SUCCESS, When
from data.model import Command, PipelineRun, Variable
from tui.cli.aim import Aim, read_target, with_api, with_preview
from tui.cli.failures import FAILED, say
from tui.cli.launch_edit import edited
from tui.cli.launch_options import Wish, wished
from tui.cli.launch_sending import Launching
from tui.cli.outbox import confirm
from tui.cli.output import print_json
from tui.cli.targets import find_run
from tui.cli.waiting import waiter
from tui.context import Context
from tui.launching import HIDDEN, as_json, command_of, exact, makes_run, when_of, with_files

_HOW = {SUCCESS: "has succeeded", FINISHED: "has ended"}


async def launch(context: Context, aim: Aim, target: Target, base: Request, wish: Wish, *, start: bool) -> int:
    """Launch a request with what the options change; the exit code.

    Raises:
        LinesideError: something is wrong with it, or it was refused.
    """
    request, said = wished(base, target, wish)
    for line in said:
        say(line)
    target = await _with_inputs(context, target, request, start=start)
    if wish.edit:

        async def retarget(name: str) -> Target:
            other = await read_target(context, await with_api(context, aim, name))
            return await _with_inputs(context, other, request, start=start)

        request, target = await edited(request, target, retarget)
        target = await _with_inputs(context, target, request, start=start)
    request = with_secrets(request, target, ask=not wish.dry_run)
    request, unread = with_files(request, target)
    if unread:
        raise UsageError(unread[0].message)
    if reason := why_not_connection(target.connection):
        raise Forbidden(reason)
    when, after = await _when(context, request)
    command = command_of(request, target, when, by=context.user, after=after)
    if wish.dry_run:
        return _show(request, target, wish)
    secrets = secrets_of(request, target)
    if secrets and not wish.wait and (command.after or command.not_before):
        names = ", ".join(secrets)
        raise UsageError(f"{names} is secret and kept nowhere, so it cannot wait in the queue", hint="add --wait")
    if not confirm([command], summary(command, request, target, after), yes=wish.yes):
        return FAILED
    async with waiter(context, start=start, lease=target.project.id) as waiting:
        if secrets:
            await waiting.give_secrets(command.id, secrets)
        return await Launching(waiting, command, wish).run()


def with_secrets(request: Request, target: Target, *, ask: bool) -> Request:
    """The request with the API's secret variables that were not given, asked for unseen; none where nobody is there.

    Where nothing is to be sent a placeholder stands for them.
    """
    declared = [one for one in (target.api.user_variables if target.api else ()) if one.secret]
    missing = [one.key for one in declared if not request.variables.get(one.key)]
    if not ask:
        return replace(request, variables={**request.variables, **dict.fromkeys(missing, HIDDEN)})
    if not missing or not (sys.stdin is not None and sys.stdin.isatty()):
        return request
    answers = {key: click.prompt(key, hide_input=True, err=True, default="", show_default=False) for key in missing}
    return replace(request, variables={**request.variables, **answers})


def summary(command: Command, request: Request, target: Target, after: PipelineRun | None = None) -> list[str]:
    """What will be sent, line by line. Values of secrets are not in the command."""
    sent, api = payload_of(command), target.api
    facts = [
        ("project", target.project.path or target.project.name),
        ("ref", sent.ref),
        ("tests in", sent.test_repository),
        ("pipeline", target.pipeline.name if target.pipeline else ""),
        ("api", f"{api.name} ({api.type})" if api else ""),
        ("kind", sent.kind),
        *(("variable", f"{one.key}={_value(one)}") for one in sent.variables),
        *(("variable", f"{key}={HIDDEN}") for key in sent.secrets),
        *(("input", f"{key}={as_text(value)}") for key, value in sent.inputs.items()),
        ("off", ", ".join(name for name, on in sent.flow_control.items() if not on)),
        ("RUN_ID", sent.run_id),
        ("MLflow run", "made and passed as MLFLOW_RUN_ID" if makes_run(sent) else "left to the jobs"),
        *(("label", label) for label in sent.labels),
        *(("note", line) for line in sent.note.splitlines()),
        ("cancelled", "" if sent.timeout is None else f"after {sent.timeout:g} s" if sent.timeout else "never"),
        ("callback", sent.callback_url),
        ("not before", f"{command.not_before.astimezone():%Y-%m-%d %H:%M}" if command.not_before else ""),
        ("after", f"#{after.git_pipeline_id} {_HOW[command.after_status]}" if after else ""),
        *(("!", line) for line in notes(request, target)),
    ]
    return [f"{label:<10} {clean(value)}" for label, value in facts if value]


async def _with_inputs(context: Context, target: Target, request: Request, *, start: bool) -> Target:
    """The target with what is known of its ref. GitLab is asked where the request depends on the inputs there."""
    ref = ref_of(request, target)
    asks = bool(request.inputs) or bool(why_not_variables(target.project))
    found = await with_preview(context, target, ref, start=start, ask=False)
    if not asks or inputs_known(request, found):
        return found
    return await with_preview(context, target, ref, start=start, ask=True)


async def _when(context: Context, request: Request) -> tuple[When, PipelineRun | None]:
    when = when_of(request, datetime.now(UTC))
    return when, await find_run(context, when.after) if when.after else None


def _show(request: Request, target: Target, wish: Wish) -> int:
    """Print the exact request, in a form that `--from` reads."""
    sends = exact(payload(request, target), target)
    for line in notes(request, target):
        say(line)
    if wish.json:
        print_json({**as_json(request, target), SENDS: sends})
        return 0
    print(to_yaml(request, target, sends), end="")
    return 0


def _value(variable: Variable) -> str:
    return f"a file of {len(variable.value.encode())} bytes" if variable.kind == FILE else variable.value
