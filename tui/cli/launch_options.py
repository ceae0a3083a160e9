"""The options of `launch` and `again`, and the request that they make of another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from msgspec.structs import replace

from data.clean import clean
from data.errors import UsageError
from data.launch.asked import Request, Target
from data.launch.components import components, states, switch
from data.launch.naming import KINDS, VARIABLE_KEY
from data.model.vocabulary import TEST
from tui.cli.act import VARIABLE_HELP, read_variable, sending_options
from tui.cli.outbox import ANSWER_SECONDS

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options, as they were given; None for those that were not."""

    ref: str | None = None
    variables: Sequence[str] = ()
    files: Sequence[str] = ()
    inputs: Sequence[str] = ()
    on: Sequence[str] = ()
    off: Sequence[str] = ()
    kind: str | None = None
    test: bool = False
    run_id: str | None = None
    image: str | None = None
    environment: str | None = None
    labels: Sequence[str] = ()
    note: str | None = None
    why: str = ""
    track: bool | None = None
    at: str | None = None
    after: str | None = None
    cancel_after: str | None = None
    callback: str | None = None
    edit: bool = False
    dry_run: bool = False
    json: bool = False
    yes: bool = False
    wait: bool = False
    timeout: float | None = None

    @property
    def answer_seconds(self) -> float:
        """How long the server's answer is waited for."""
        return ANSWER_SECONDS if self.timeout is None or self.wait else self.timeout


def request_options(command: F) -> F:
    """Options that say what is launched, and how that is sent."""
    option = click.option
    decorators = (
        option("--ref", metavar="REF", help="Branch or tag; the API's, pipeline's or project's own otherwise."),
        option("--var", "variables", multiple=True, metavar="KEY=VALUE", help=VARIABLE_HELP),
        option("--var-file", "files", multiple=True, metavar="KEY=PATH",
               help="Variable of type file with the content of a file, up to 1 MB; can be repeated."),
        option("--input", "inputs", multiple=True, metavar="KEY=VALUE",
               help='CI/CD input; can be repeated. Lists are JSON: hosts=["a", "b"].'),
        option("--on", "on", multiple=True, metavar="JOB", help="Switch a component on, and what it needs."),
        option("--off", "off", multiple=True, metavar="JOB", help="Switch a component off, and what needs it."),
        option("--kind", type=click.Choice(KINDS), help="Whose data and experiment; production otherwise."),
        option("--test", is_flag=True, help="The same as --kind test: run the API's tests."),
        option("--run-id", metavar="ID", help="RUN_ID of runs that this one belongs to; else a new one."),
        option("--image", metavar="IMAGE", help="Container image, where the API lets one choose."),
        option("--environment", metavar="NAME", help="Environment, where the API lets one choose."),
        option("--label", "labels", multiple=True, metavar="LABEL", help="Label that the run gets; can be repeated."),
        option("--note", metavar="TEXT", help="Note that the run gets."),
        option("--track/--no-track", default=None, help="Make the MLflow run and pass it on; default as the API says."),
        option("--at", metavar="TIME", help="When it goes: 22:00, 'tomorrow 6:30', 'in 2h', '2026-11-21 22:00'."),
        option("--after", metavar="RUN", help="Run that has to succeed first: '#4312', or '#4312 ends' for any end."),
        option("--cancel-after", metavar="TIME", help="Cancel the run after 90m, 2h or never; else as its pipeline."),
        option("--callback", metavar="URL", help="Address that is told when the run ends."),
        option("--edit", is_flag=True, help="Edit the whole request as YAML in $VISUAL or $EDITOR first."),
        option("--dry-run", is_flag=True, help="Print the exact request and send nothing; --from reads it again."),
        option("--json", "json", is_flag=True, help="Print one JSON object: submission, RUN_ID, state, run, web_url."),
        sending_options,
    )  # fmt: skip
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def wished(base: Request, target: Target, wish: Wish) -> tuple[Request, list[str]]:
    """The request with what the options say, and a sentence for each component that changes with another one.

    Raises:
        UsageError: an option that cannot be read, or contradicts another one.
    """
    variables, files = dict(base.variables), dict(base.files)
    for one in (read_variable(text) for text in wish.variables):
        variables[one.key] = one.value
        files.pop(one.key, None)
    for text in wish.files:
        key, path = pair(text, "file variable", "KEY=PATH")
        if not VARIABLE_KEY.fullmatch(key):
            raise UsageError(f"{clean(key)!r} is no name of a variable", hint="write KEY=PATH")
        variables[key], files[key] = path, ""
    flow, said = _switched(base, target, wish)
    given: dict[str, object] = {
        "ref": wish.ref,
        "kind": TEST if wish.test else wish.kind,
        "run_id": wish.run_id,
        "image": wish.image,
        "environment": wish.environment,
        "note": wish.note,
        "why": wish.why or None,
        "track": wish.track,
        "at": wish.at,
        "after": wish.after,
        "timeout": wish.cancel_after,
        "callback_url": wish.callback,
    }
    asked = replace(
        base,
        variables=variables,
        files=files,
        inputs={**base.inputs, **dict(pair(text, "input", "KEY=VALUE") for text in wish.inputs)},
        flow_control=flow,
        labels=tuple(dict.fromkeys((*base.labels, *wish.labels))),
        **{name: value for name, value in given.items() if value is not None},
    )
    return asked, said


def pair(text: str, what: str, rule: str) -> tuple[str, str]:
    """Name and value of `NAME=VALUE`.

    Raises:
        UsageError: it is none.
    """
    key, found, value = text.partition("=")
    if not found or not key:
        raise UsageError(f"{clean(text)} is no {what}", hint=f"write {rule}")
    return key, value


def check(wish: Wish) -> None:
    """Refuse options that contradict each other, or cannot be read, before anything is looked up.

    Raises:
        UsageError: they do.
    """
    if wish.test and wish.kind not in (None, TEST):
        raise UsageError(f"--test and --kind {wish.kind} contradict each other")
    if both := sorted(set(wish.on) & set(wish.off)):
        raise UsageError(f"{clean(both[0])} is both on and off")
    names = [read_variable(text).key for text in wish.variables] + [text.partition("=")[0] for text in wish.files]
    if doubled := next((name for name in names if names.count(name) > 1), ""):
        raise UsageError(f"the variable {clean(doubled)} is given twice")
    for text in wish.inputs:
        pair(text, "input", "KEY=VALUE")


def _switched(base: Request, target: Target, wish: Wish) -> tuple[dict[str, bool], list[str]]:
    flow = states(components(target.jobs, {**(target.api.flow_control if target.api else {}), **base.flow_control}))
    known = ", ".join(flow) or "none that are known"
    said: list[str] = []
    for names, on in ((wish.on, True), (wish.off, False)):
        for name in names:
            if flow and name not in flow:
                raise UsageError(f"there is no component {clean(name)}", hint=f"the pipeline has {known}")
            flow, more = switch(target.jobs, flow | {name: flow.get(name, True)}, name, on)
            said += more
    if lost := next((name for name in wish.on if not flow[name]), ""):
        reason = next((one for one in said if one.startswith(f"{lost} needs")), lost)
        raise UsageError(f"{clean(lost)} cannot be on: {reason}")
    return flow, said
