"""What a request begins with: the API's own values, or those of an earlier run or submission."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from data.config.units import format_duration
from data.launch.asked import Request, Target, declared_inputs, default_ref
from data.launch.components import components, states
from data.launch.naming import PASSED
from data.launch.permissions import why_not_variables
from data.launch.values import FILE, as_text
from data.model.flow import FlowRule, parse_rule
from data.model.pipeline import Submission
from data.model.run import PipelineRun
from data.model.vocabulary import FLOW_RULE

MAPPINGS: Final = ("flow_control", "variables", "files", "inputs")
"""Fields of a request that hold several values."""
IGNORED: Final = frozenset({"like", "run_id"})
"""Fields in which a request does not differ from what it was made after."""


def from_defaults(target: Target) -> Request:
    """The request of an API, or of a pipeline without one, as it is."""
    api = target.api
    request = Request(
        api=api.name if api else "",
        ref=default_ref(target),
        flow_control=states(components(target.jobs, api.flow_control if api else {})),
        track=api.track if api else True,
        callback_url=api.callback_url if api else "",
    )
    inputs = {one.key: one.value for one in declared_inputs(request, target)} | (dict(api.inputs) if api else {})
    return replace(request, inputs=inputs, variables=_defaults(request, target))


def from_run(target: Target, run: PipelineRun) -> Request:
    """The request with which a run could have been started: its ref, kind and variables, where they are known.

    Variables that tell which components run become switches; locked, secret and own ones are not taken over. Of a run
    that was launched here the submission says more: see `from_submission`.
    """
    base = from_defaults(target)
    if not run.variables_known and not run.variables:
        return replace(base, ref=run.ref or base.ref, kind=run.kind, like=run.id)
    declared = {one.key for one in (target.api.user_variables if target.api else ()) if one.kind == FILE}
    files = {key: value for key, value in run.variables.items() if key in declared}
    filled = _filled(target, base, run.variables, files)
    return replace(filled, ref=run.ref or base.ref, kind=run.kind, like=run.id)


def from_submission(target: Target, submission: Submission) -> Request:
    """The request of a submission, as far as it is kept: values of secrets have to be given again."""
    base = from_defaults(target)
    # Of secret ones the names are left, so that it is seen which have to be given again.
    sent = {one.key: "" if one.secret else one.value for one in submission.variables}
    files = {one.key: one.value for one in submission.variables if one.kind == FILE and not one.secret}
    inputs = {key: as_text(value) for key, value in submission.inputs.items()}
    filled = _filled(target, base, sent | _as_variables(target, base, inputs), files)
    elsewhere = _not_inputs(target, base)
    return replace(
        filled,
        ref=submission.ref or base.ref,
        kind=submission.kind,
        flow_control=filled.flow_control | submission.flow_control,
        inputs=base.inputs | {key: value for key, value in inputs.items() if key.lower() not in elsewhere},
        image=submission.requested_image or filled.image,
        environment=submission.requested_environment or filled.environment,
        labels=submission.labels,
        note=submission.note,
        why=submission.why,
        track=submission.track,
        timeout="" if submission.timeout is None else format_duration(submission.timeout),
        callback_url=submission.callback_url,
        like=submission.id,
    )


def differences(request: Request, base: Request) -> frozenset[str]:
    """Fields in which a request differs from another one, named as in `Problem`."""
    found = set()
    for name in request.__struct_fields__:
        mine, other = getattr(request, name), getattr(base, name)
        if name in MAPPINGS:
            keys = [key for key in {**mine, **other} if mine.get(key) != other.get(key)]
            found |= {f"{'variables' if name == 'files' else name}.{key}" for key in keys}
        elif name not in IGNORED and mine != other:
            found.add(name)
    return frozenset(found)


def _defaults(request: Request, target: Target) -> dict[str, str]:
    """The user variables of an API with their defaults; without secret ones and those that there is no way for."""
    inputs = {one.key.lower() for one in declared_inputs(request, target)}
    closed = bool(why_not_variables(target.project))
    return {
        one.key: one.value
        for one in (target.api.user_variables if target.api else ())
        if not one.secret and (not closed or one.key.lower() in inputs or one.required)
    }


def _filled(target: Target, base: Request, values: Mapping[str, str], files: Mapping[str, str]) -> Request:
    """The base with the variables of an earlier launch, each where it belongs; `files` are contents by key."""
    api = target.api
    told = _flow_names(target, base)
    chosen = {what: getattr(api, f"{what}_variable") if api else "" for what in ("image", "environment")}
    locked = {one.key for one in (api.system_variables if api else ())}
    secret = {one.key for one in (api.user_variables if api else ()) if one.secret}
    own = PASSED | locked | secret | set(told) | set(chosen.values())
    open_ = not why_not_variables(target.project)
    kept = {key: value for key, value in values.items() if key not in own and (open_ or key in base.variables)}
    contents = {key: content for key, content in files.items() if key in kept}
    flow = {component: values.get(key) != _off(target) for key, component in told.items()}
    return replace(
        base,
        variables=base.variables | kept | dict.fromkeys(contents, ""),
        files=contents,
        flow_control=base.flow_control | flow if open_ or told.keys() & values.keys() else base.flow_control,
        image=values.get(chosen["image"], ""),
        environment=values.get(chosen["environment"], ""),
    )


def _as_variables(target: Target, base: Request, inputs: Mapping[str, str]) -> dict[str, str]:
    """Inputs of an earlier launch that stood for variables, as these variables again."""
    if not why_not_variables(target.project):
        return {}
    by_input = {key.lower(): key for key in [*base.variables, *_flow_names(target, base), *_chosen(target)]}
    return {by_input[key.lower()]: value for key, value in inputs.items() if key.lower() in by_input}


def _not_inputs(target: Target, base: Request) -> frozenset[str]:
    """Inputs, in small letters, that other fields of the request fill in, or that are made anew."""
    names = [*PASSED]
    if why_not_variables(target.project):
        names += [*base.variables, *_flow_names(target, base), *_chosen(target)]
    return frozenset(name.lower() for name in names)


def _chosen(target: Target) -> set[str]:
    """Variables that hold the image and the environment."""
    return {target.api.image_variable, target.api.environment_variable} - {""} if target.api else set()


def _flow_names(target: Target, base: Request) -> dict[str, str]:
    """Variable -> component, by the API's rule."""
    rule = _rule(target)
    return {rule.variable(name): name for name in base.flow_control} if rule else {}


def _off(target: Target) -> str | None:
    rule = _rule(target)
    return rule.off if rule else None


def _rule(target: Target) -> FlowRule | None:
    try:
        return parse_rule(target.api.flow_rule if target.api else FLOW_RULE)
    except ValueError:
        return None  # what is wrong with it is said where it is sent
