"""The fields of the launch form: which there are for an API, and how a request is read and written through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from data.launch.asked import Request, Target, declared_inputs
from data.launch.filling import MAPPINGS, differences
from data.launch.naming import PASSED
from data.launch.permissions import why_not_variables
from data.launch.request import covered_inputs
from data.model.pipeline import Pipeline, PipelineAPI, Variable
from data.model.vocabulary import PRODUCTION, TEST

CHOICE, TEXT, NUMBER, SECRET, FILE, SUGGEST, SWITCH, TOGGLES, ROWS, LOCKED = (
    "choice", "text", "number", "secret", "file", "suggest", "switch", "toggles", "rows", "locked",
)  # fmt: skip
"""What a field is."""
PIPELINE: Final = "pipeline"
"""The field that chooses a pipeline; a request has none, it belongs to one."""
MANY_CHOICES: Final = 6
"""Choices beyond which they are a list below the field in place of a few steps within it."""
NOW: Final = "now"
"""How the start of a launch that waits for nothing is called."""
AFTER: Final = "after "
"""What a start that waits for a run begins with."""
HIDDEN: Final = "•••"
"""Shown in place of a secret."""
TRUTHS: Final = ("true", "false")

Value: TypeAlias = str | bool | dict[str, str]
"""What a field holds: a text, a switch, or names and values."""


class FieldSpec(NamedTuple):
    """One field.

    Attributes:
        name: what a `data.launch.asked.Problem` calls it; `when` stands for both of its ends.
        kind: what it is.
        label: what stands before it.
        help: a sentence for whoever is in it.
        required: it must have a value.
        why: why it cannot be changed.
        options: what can be chosen.
        value: what a field shows that is not in the request, because it cannot be changed.
    """

    name: str
    kind: str
    label: str
    help: str = ""
    required: bool = False
    why: str = ""
    options: tuple[str, ...] = ()
    value: str = ""


class Section(NamedTuple):
    """Some fields under a title; the first section has none."""

    key: str
    title: str
    fields: tuple[FieldSpec, ...]
    why: str = ""
    """Why nothing in it can be changed."""


def sections(
    target: Target, request: Request, pipelines: Sequence[Pipeline], apis: Sequence[PipelineAPI]
) -> tuple[Section, ...]:
    """The form for a target: one of the project's `pipelines`, of which `apis` are all APIs.

    Sections with nothing in them are left out.
    """
    found = (
        Section("run", "", _run(target, pipelines, apis)),
        Section("components", "Components", _components(target)),
        _variables(target, request),
        _inputs(target, request),
        Section("image", "Image, environment", _image(target)),
        Section("record", "For the record", _record(target)),
        Section("when", "When", _when(target)),
    )
    return tuple(section for section in found if section.fields or section.why)


def _run(target: Target, pipelines: Sequence[Pipeline], apis: Sequence[PipelineAPI]) -> tuple[FieldSpec, ...]:
    names = tuple(api.name for api in apis)
    several = tuple(one.name for one in pipelines) if len(pipelines) > 1 else ()
    pipeline = FieldSpec(PIPELINE, CHOICE, "pipeline", "Which pipeline of the project.", options=several)
    help = (target.api.description if target.api else "") or "What is started: its components and variables."
    api = FieldSpec("api", CHOICE, "API", help, options=names)
    return (
        *((pipeline,) if several else ()),
        *((api,) if names else ()),
        FieldSpec("ref", SUGGEST, "branch or tag", "Type to search; enter lists all.", required=True),
        FieldSpec("kind", CHOICE, "kind", "On production's data and experiment, or on those of the test side.",
                  options=(PRODUCTION, TEST)),
        FieldSpec("run_id", SUGGEST, "RUN_ID", "Empty for a new one, or that of runs it belongs to."),
    )  # fmt: skip


def _components(target: Target) -> tuple[FieldSpec, ...]:
    flow = target.api.flow_control if target.api else {}
    if not target.api or not (target.jobs or flow):
        return ()
    return (FieldSpec("flow_control", TOGGLES, "components", "Space switches a component, with what it brings along."),)


def _variables(target: Target, request: Request) -> Section:
    why = why_not_variables(target.project)
    api = target.api
    fields = [
        FieldSpec(f"variables.{one.key}", LOCKED, one.key, one.description, why="set by the API",
                  value=HIDDEN if one.secret else one.value)
        for one in (api.system_variables if api else ())
    ]  # fmt: skip
    fields += [
        _typed("variables", one)
        for one in (api.user_variables if api else ())
        if not why or one.key in request.variables
    ]
    if why:  # those that the configuration declares as inputs are sent as such
        return Section("variables", "Variables", tuple(fields), why)
    further = FieldSpec("variables", ROWS, "further" if fields else "variables",
                        "Variables that the API does not name. Tab goes from the name to the value.")  # fmt: skip
    return Section("variables", "Variables", (*fields, further))


def _inputs(target: Target, request: Request) -> Section:
    declared = declared_inputs(request, target)
    names = {one.key for one in declared}
    covered = covered_inputs(request, target)
    fields = [
        FieldSpec(f"inputs.{one.key}", LOCKED, one.key, why=f"that of the variable {covered[one.key]}",
                  value=request.variables.get(covered[one.key], ""))
        if one.key in covered else _typed("inputs", one)
        for one in declared
    ]  # fmt: skip
    if not declared or any(key not in names for key in request.inputs):
        about = "Inputs are declared by the CI configuration (spec:inputs); none are known here."
        fields.append(FieldSpec("inputs", ROWS, "further" if declared else "inputs", about))
    return Section("inputs", "Inputs", tuple(fields))


def _typed(group: str, one: Variable) -> FieldSpec:
    """The field of a declared variable or input."""
    name = f"{group}.{one.key}"
    about = [one.description.rstrip(".")]
    options = one.choices
    kind = {"number": NUMBER, "file": FILE}.get(one.kind, TEXT)
    if one.secret:
        kind = SECRET
        about.append("a secret: never stored, so typed anew each time")
    elif options:
        kind = SUGGEST if len(options) > MANY_CHOICES else CHOICE
    elif one.kind == "bool":
        kind, options = CHOICE, (*(() if one.required or one.value else ("",)), *TRUTHS)
    elif one.kind == "file":
        about.append("the path of a file, whose content is sent")
    elif one.kind == "array":
        about.append('a list in JSON, such as ["a", "b"]')
    if kind == CHOICE and "" not in options and not (one.required or one.value):
        options = ("", *options)
    if one.pattern:
        about.append(f"matches {one.pattern}")
    help = "; ".join(part for part in about if part)
    return FieldSpec(name, kind, one.key, help, required=one.required, options=options)


def _image(target: Target) -> tuple[FieldSpec, ...]:
    api = target.api
    fields = []
    for name, variable in (
        ("image", api.image_variable if api else ""),
        ("environment", api.environment_variable if api else ""),
    ):
        why = "" if variable else f"the API names no variable for the {name}"
        if why:
            fields.append(FieldSpec(name, LOCKED, name, why, why=why))
        else:
            fields.append(FieldSpec(name, TEXT, name, f"Empty for that of the CI file; sent as {variable}."))
    return tuple(fields)


def _record(target: Target) -> tuple[FieldSpec, ...]:
    track = FieldSpec("track", SWITCH, "MLflow run", "Create it first, and pass MLFLOW_RUN_ID on.")
    return (
        *((track,) if target.project.tracking else ()),
        FieldSpec("labels", TEXT, "labels", "Words that its run gets, with spaces between them."),
        FieldSpec("note", TEXT, "note", "A text on its run; in the editor it may have several lines."),
        FieldSpec("why", TEXT, "why", "A reason for the history."),
    )


def _when(target: Target) -> tuple[FieldSpec, ...]:
    usual = target.pipeline.timeout if target.pipeline else 0
    ends = f"Empty for the pipeline's {usual:g} s" if usual else "Empty for none"
    return (
        FieldSpec("when", SUGGEST, "start", "now, at 22:00, in 2h, tomorrow 6:30, after #4312 succeeds or ends."),
        FieldSpec("timeout", TEXT, "timeout", f"When its run is cancelled: 90m, 2h, never. {ends}."),
        FieldSpec("callback_url", TEXT, "callback", "Address that is told when its run ends; empty for the API's."),
    )


# Reading and writing a request


def value_of(request: Request, name: str, target: Target) -> Value:
    """What the field `name` holds of a request."""
    group, dot, key = name.partition(".")
    if dot:
        held: Mapping[str, str] = getattr(request, group)
        return held.get(key, "")
    if name in {"variables", "inputs"}:
        held = getattr(request, name)
        return {key: value for key, value in held.items() if key not in named(target, name, request)}
    if name == PIPELINE:
        return target.pipeline.name if target.pipeline else ""
    if name == "labels":
        return " ".join(request.labels)
    if name == "when":
        return f"{AFTER}{request.after}" if request.after else request.at
    if name == "track":
        return request.track
    return str(getattr(request, name))


def with_value(request: Request, name: str, value: Value, target: Target) -> Request:
    """The request with what the field `name` holds."""
    group, dot, key = name.partition(".")
    if dot:
        return replace(request, **{group: {**getattr(request, group), key: value}})
    if isinstance(value, dict):
        own = named(target, name, request)
        kept = {key: one for key, one in getattr(request, name).items() if key in own}
        return replace(request, **{name: {**kept, **{key: one for key, one in value.items() if key not in own}}})
    if name == "labels":
        return replace(request, labels=tuple(dict.fromkeys(str(value).replace(",", " ").split())))
    if name == "when":
        text = str(value).strip()
        if text.lower().startswith(AFTER):
            return replace(request, at="", after=text[len(AFTER) :].strip())
        return replace(request, at="" if text.lower() == NOW else text, after="")
    return replace(request, **{name: value})


def named(target: Target, group: str, request: Request) -> frozenset[str]:
    """Variables or inputs that have a field of their own, or that a launch sets itself."""
    if group == "inputs":
        return frozenset(one.key for one in declared_inputs(request, target))
    api = target.api
    own = (*api.system_variables, *api.user_variables) if api else ()
    return frozenset(one.key for one in own) | PASSED


def names_of(field: str, request: Request) -> tuple[str, ...]:
    """What differences and problems call the parts of a field."""
    if field == "when":
        return ("when", "at", "after")
    if field in {"variables", "inputs", "flow_control"}:
        return (field, *(f"{field}.{key}" for key in getattr(request, field)))
    return (field,)


# When what it is about changes


def arrived(request: Request, before: Request, now: Request) -> Request:
    """The request when the values that it could have been filled with are `now` others than `before`.

    What is new is added, what is gone is left out unless the user changed it; nothing that is there changes.
    """
    changed: dict[str, object] = {}
    for name in MAPPINGS:
        mine, old, new = getattr(request, name), getattr(before, name), getattr(now, name)
        kept = {key: one for key, one in mine.items() if key in new or key not in old or one != old[key]}
        changed[name] = {**{key: one for key, one in new.items() if key not in old}, **kept}
    if not request.ref and not before.ref:
        changed["ref"] = now.ref
    return replace(request, **changed)


def carried(request: Request, before: Request, now: Request, target: Target) -> Request:
    """The request of another API, `now`, with what the user changed since `before` as far as that API takes it."""
    mine = differences(request, before)
    changed: dict[str, object] = {
        name: getattr(request, name)
        for name in request.__struct_fields__
        if name not in MAPPINGS and name != "api" and name in mine
    }
    known = named(target, "variables", now)
    variables = dict(now.variables)
    for key, value in request.variables.items():
        if f"variables.{key}" in mine and (key in now.variables or key not in known):
            variables[key] = value
    inputs = {key: one for key, one in request.inputs.items() if f"inputs.{key}" in mine}
    return replace(now, **changed, variables=variables, inputs={**now.inputs, **inputs}, like=request.like)
