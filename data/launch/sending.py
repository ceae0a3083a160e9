"""From a request to what is sent: every rule in one walk, so that the form, the command line and the preview agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from data.launch.asked import (
    Problem,
    Request,
    Target,
    declared_inputs,
    inputs_known,
    ref_of,
    test_repository,
)
from data.launch.components import components, states
from data.launch.naming import RUN_ID, VARIABLE_KEY
from data.launch.permissions import why_not_variables
from data.launch.values import FILE, same, shown, typed, untyped, why_not_value
from data.model.base import Json
from data.model.flow import flow_variables, parse_rule
from data.model.masking import is_secret
from data.model.pipeline import Variable
from data.model.vocabulary import FLOW_RULE


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A variable on its way.

    Attributes:
        variable: with the value to send; of a file its content.
        field: where a problem with it is shown.
        asked: whether somebody asked for just this value, in the request or in the API's locked variables.
    """

    variable: Variable
    field: str
    asked: bool = True


@dataclass(slots=True)
class Sending:
    """What comes of a request: the variables and inputs, and what stands against them.

    Attributes:
        variables: those that are sent but secret ones, in order.
        secrets: values of secret ones by key.
        secret_files: those of them that are files.
        inputs: CI/CD inputs with their JSON types.
        flow: whether each component runs, with all consequences.
        problems: what stands against it.
        notes: what a person should know before it is sent.
        covered: input -> the variable in whose place it is sent.
    """

    variables: list[Variable] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    secret_files: list[str] = field(default_factory=list)
    inputs: dict[str, Json] = field(default_factory=dict)
    flow: dict[str, bool] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    covered: dict[str, str] = field(default_factory=dict)

    def wrong(self, where: str, message: str) -> None:
        """Something stands against the request; an empty message is no problem."""
        if message:
            self.problems.append(Problem(where, message))


def collect(request: Request, target: Target, run_id: str) -> Sending:
    """The variables and inputs of a request. `run_id` is the RUN_ID that is passed on."""
    found = Sending()
    items = {one.key: Item(variable=one, field=f"variables.{one.key}") for one in _locked(target)}
    _declared(request, target, items, found)
    _further(request, target, items, found)
    _flow(request, target, items, found)
    _chosen(request, target, items, found)
    items[RUN_ID] = Item(variable=Variable(key=RUN_ID, value=run_id), field="run_id", asked=False)
    inputs = Inputs(request, target, found)
    inputs.given()
    closed = "" if inputs.elsewhere else why_not_variables(target.project)
    for key, item in items.items():
        if closed:
            inputs.instead_of(item, closed)
        elif item.variable.secret:
            found.secrets[key] = item.variable.value
            found.secret_files += [key] * (item.variable.kind == FILE)
        else:
            found.variables.append(item.variable)
    inputs.missing()
    return found


def _locked(target: Target) -> tuple[Variable, ...]:
    return target.api.system_variables if target.api else ()


def _declared(request: Request, target: Target, items: dict[str, Item], found: Sending) -> None:
    """The variables that the API asks for; what is empty by default and stays so is not sent."""
    for variable in target.api.user_variables if target.api else ():
        key = variable.key
        if key in items:
            continue
        default = "" if variable.secret else variable.value
        value = request.variables.get(key, default)
        held = request.files.get(key, "") if variable.kind == FILE else ""
        found.wrong(f"variables.{key}", "" if held else why_not_value(variable, value))
        if value or held or default:
            sent = msgspec.structs.replace(variable, value=held if variable.kind == FILE else value)
            asked = variable.required or (key in request.variables and value != default)
            items[key] = Item(variable=_bare(sent), field=f"variables.{key}", asked=asked)


def _further(request: Request, target: Target, items: dict[str, Item], found: Sending) -> None:
    """Variables that the API does not know of."""
    declared = {one.key for one in (target.api.user_variables if target.api else ())}
    locked = {one.key: one.value for one in _locked(target)}
    for key, value in request.variables.items():
        where = f"variables.{key}"
        if key in locked:
            found.wrong(where, "" if value == locked[key] else f"the variable {key} is set by the API and locked")
        elif key == RUN_ID:
            found.wrong(where, f"the variable {RUN_ID} is set by Lineside itself")
        elif not VARIABLE_KEY.fullmatch(key):
            found.wrong(where, f"{shown(key)!r} is no name of a variable: use letters, digits and _")
        elif key not in declared:
            content, kind = (request.files[key], FILE) if key in request.files else (value, "string")
            secret = is_secret(key, content)
            if secret and not content and key not in request.files:
                found.wrong(where, f"{key} looks like a secret, whose value is never kept: give it again")
            elif secret:
                found.notes.append(f"{key} looks like a secret: it is sent, and its value is not kept")
            items[key] = Item(variable=Variable(key=key, value=content, kind=kind, secret=secret), field=where)


def _flow(request: Request, target: Target, items: dict[str, Item], found: Sending) -> None:
    """The variables that tell which components run."""
    switched = dict(target.api.flow_control) if target.api else {}
    jobs = {job.name for job in target.jobs}
    for name, on in request.flow_control.items():
        if jobs and name not in jobs and name not in switched:
            found.wrong(f"flow_control.{name}", f"the pipeline has no component {shown(name)}")
        else:
            switched[name] = on
    parts = components(target.jobs, switched)
    found.flow = states(parts)
    found.notes += [one.because for one in parts if one.because]
    if parts and not any(found.flow.values()):
        found.wrong("flow_control", "every component is off: nothing would run")
    try:
        rule = parse_rule(target.api.flow_rule if target.api else FLOW_RULE)
    except ValueError as error:
        found.wrong("flow_control", str(error))
        return
    sources = _sources(rule.variable, found)
    for variable in flow_variables(rule, found.flow):
        key, name = variable.key, sources[variable.key]
        if key not in items:
            items[key] = Item(variable=variable, field=f"flow_control.{name}")
        elif key in request.variables and items[key].variable.value != variable.value:
            found.wrong(f"variables.{key}", f"{key} tells whether {name} runs: switch {name} instead")


def _sources(variable: Callable[[str], str], found: Sending) -> dict[str, str]:
    """The component by which each variable came; those that share one can only be switched together."""
    sources: dict[str, str] = {}
    for name, on in found.flow.items():
        key = variable(name)
        other = sources.setdefault(key, name)
        if found.flow[other] != on:
            found.wrong(f"flow_control.{name}", f"{other} and {name} share the variable {key}: switch them together")
    return sources


def _chosen(request: Request, target: Target, items: dict[str, Item], found: Sending) -> None:
    """The image and the environment that were asked for, in the variables that the API names for them."""
    api = target.api
    chosen = {
        "image": (request.image.strip(), api.image_variable if api else ""),
        "environment": (request.environment.strip(), api.environment_variable if api else ""),
    }
    for what, (value, name) in chosen.items():
        if not value:
            continue
        before = items.get(name)
        if api is None:
            found.wrong(what, f"a launch without an API cannot choose its {what}")
        elif not name:
            found.wrong(what, f"the API {api.name} cannot choose its {what}: its {what}_variable names no variable")
        elif before is not None and before.asked and before.variable.value != value:
            found.wrong(what, f"the variable {name} says another {what}: {shown(before.variable.value)}")
        else:
            items[name] = Item(variable=Variable(key=name, value=value), field=what)


def _bare(variable: Variable) -> Variable:
    """What is sent of a variable: without description and rules."""
    kind = FILE if variable.kind == FILE else "string"
    return Variable(key=variable.key, value=variable.value, kind=kind, secret=variable.secret)


class Inputs:
    """The CI/CD inputs of a request: those that are asked for, and those in place of variables."""

    def __init__(self, request: Request, target: Target, found: Sending) -> None:
        self._request, self._found = request, found
        self._project = target.project.name
        self._ref = ref_of(request, target)
        self.elsewhere = test_repository(request, target)
        """Another project whose pipeline is started: it does not have the inputs of this one."""
        declared = () if self.elsewhere else declared_inputs(request, target)
        self._declared = {one.key: one for one in declared}
        self._by_variable = {one.key.lower(): one for one in declared}
        self._known = not self.elsewhere and inputs_known(request, target)
        self._usual = {one.key: one for one in (target.pipeline.inputs if target.pipeline else ())}

    def given(self) -> None:
        """The inputs of the request. What is empty, or as declared, is left to the CI configuration."""
        for name, text in self._request.inputs.items():
            declared = self._declared.get(name)
            where = f"inputs.{name}"
            # One that this ref does not have, and the pipeline does, was filled in by nobody while it is as declared.
            standard = declared or self._usual.get(name)
            if not text or (standard is not None and same(standard, text, standard.value)):
                continue
            if is_secret("", text):
                self._found.wrong(where, f"{shown(name)} is a secret, which cannot be sent as an input: those are kept")
            elif self.elsewhere:
                self._found.wrong(where, "a test starts the pipeline of the test repository, which takes variables")
            elif declared is not None:
                self._take(declared, text, where)
            elif self._known:
                has = ", ".join(self._declared) or "none"
                self._found.wrong(
                    where, f"the CI configuration at {self._ref} has no input {shown(name)}; it has {has}"
                )
            else:
                self._found.inputs[name] = untyped(text)

    def instead_of(self, item: Item, closed: str) -> None:
        """Send an input in place of a variable, which the project does not take: `closed` says so."""
        variable, found = item.variable, self._found
        declared = self._by_variable.get(variable.key.lower())
        if declared is None:
            self._left_out(item, closed)
        elif variable.secret or variable.kind == FILE:
            what = "a secret" if variable.secret else "a file"
            found.wrong(item.field, f"{variable.key} is {what}, which cannot be sent as an input, and {closed}")
        else:
            found.covered[declared.key] = variable.key
            other = self._request.inputs.get(declared.key, "")
            if declared.key not in found.inputs or same(declared, other, variable.value):
                if variable.value and not same(declared, variable.value, declared.value):
                    self._take(declared, variable.value, item.field)
                    found.notes.append(f"{variable.key} is sent as the input {declared.key}")
            elif item.asked:
                found.wrong(f"inputs.{declared.key}", f"the variable {variable.key} says another value")

    def missing(self) -> None:
        """Inputs that have to be given and are not."""
        complained = {problem.field for problem in self._found.problems}
        for name, declared in self._declared.items():
            there = name in self._found.inputs or f"inputs.{name}" in complained
            if self._known and declared.required and not declared.value and not there:
                self._found.wrong(f"inputs.{name}", f"{name} is required")

    def _take(self, declared: Variable, text: str, where: str) -> None:
        if reason := why_not_value(declared, text):
            self._found.wrong(where, reason)
        else:
            self._found.inputs[declared.key] = typed(declared, text)

    def _left_out(self, item: Item, closed: str) -> None:
        """What the project has no way for: an error where somebody asked for it, a note where it is a default."""
        key, value = item.variable.key, item.variable.value
        if item.field == "run_id":
            self._found.notes.append(f"{RUN_ID} is not passed on: {closed}")
        elif item.asked and value:
            reason = f"{closed}; its CI configuration has no input {key.lower()}"
            self._found.wrong(item.field, reason)
        elif value:
            self._found.notes.append(f"{key} is left to the CI configuration: {closed}")
