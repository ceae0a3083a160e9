"""What the comments of a request's document say: what is locked, what is allowed, what comes of it."""

from __future__ import annotations

from collections.abc import Iterator

from data.clean import clean
from data.launch.asked import Request, Target, declared_inputs
from data.launch.components import components
from data.launch.naming import KINDS
from data.launch.permissions import why_not_variables
from data.launch.values import FILE
from data.launch.when import RULE
from data.model.pipeline import Variable

DESCRIPTION: int = 200
"""Characters of a description that a comment repeats."""
KINDS_CALLED = {"number": "a number", "bool": "true or false", FILE: "the path of a file", "array": "a list in JSON"}
"""What a value of a kind looks like."""


def remarks(request: Request, target: Target) -> dict[str, list[str]]:
    """Comment lines by field, named as in `Problem`; those under "" stand at the top. One line each."""
    api, project = target.api, target.project
    said: dict[str, list[str]] = {
        "": [
            f"A launch of {project.name} ({project.path}). Save and leave the editor to take it over;",
            "empty the file to give up. Empty values are left to the API and the CI configuration.",
        ],
        "api": [f"{api.type}{f': {api.description}' if api.description else ''}"] if api else [],
        "kind": [" or ".join(KINDS)],
        "flow_control": ["Components: false leaves one out, and what needs it with it."],
        "variables": list(_of_variables(target)),
        "files": ["Contents of file variables of an earlier launch; a path among the variables takes their place."],
        "inputs": ["CI/CD inputs; those that are as declared are not sent."],
        "run_id": ["RUN_ID of runs that this one belongs to; empty for a new one."],
        "track": ["Whether an MLflow run is made first and passed on."],
        "timeout": ["After how long the run is cancelled: 90m, 2h, never; empty for the pipeline's."],
        "callback_url": ["Address that is told when the run ends."],
        "at": [f"When it goes: {RULE.removeprefix('write ')}."],
        "after": ["Run that has to succeed first: #4312, or #4312 ends."],
    }
    switched = {**(api.flow_control if api else {}), **request.flow_control}
    for part in components(target.jobs, switched):
        lines = [f"needs {', '.join(part.needs)}"] if part.needs else []
        said[f"flow_control.{part.name}"] = lines + ([part.because] if part.because else [])
    for one in api.user_variables if api else ():
        said[f"variables.{one.key}"] = _about(one)
    for one in declared_inputs(request, target):
        said[f"inputs.{one.key}"] = _about(one)
    return {field: [clean(line) for line in lines] for field, lines in said.items()}


def _of_variables(target: Target) -> Iterator[str]:
    if reason := why_not_variables(target.project):
        yield f"{reason}."
    api = target.api
    for one in api.system_variables if api else ():
        yield f"{one.key} is set by the API and locked" + ("" if one.secret else f": {one.value}")
    for one in api.user_variables if api else ():
        if one.secret:
            yield f"{one.key} is secret: it is asked for when the launch is sent, and kept nowhere"


def _about(one: Variable) -> list[str]:
    """What a variable is for, and what it takes."""
    rules = [KINDS_CALLED.get(one.kind, "")]
    rules += [f"one of {', '.join(one.choices)}"] if one.choices else []
    rules += [f"matches {one.pattern}"] if one.pattern else []
    rules += ["required"] if one.required else []
    rules += [f"default {one.value}"] if one.value and not one.secret else []
    about = clean(one.description)[:DESCRIPTION]
    rule = "; ".join(filter(None, rules))
    return [line for line in (about, rule) if line]
