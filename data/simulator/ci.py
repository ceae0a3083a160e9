"""CI configuration: job graphs, the rules that switch jobs off, and the `.gitlab-ci.yml` text that says the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

Kind = Literal[
    "extract", "check", "tests", "features", "train", "evaluate", "register", "deploy", "bulk", "trigger", "cases"
]  # fmt: skip
"""What a job does; decides on its log, its artifacts and whether it logs to MLflow."""

REPORTING: frozenset[Kind] = frozenset({"tests", "cases"})
"""Kinds of jobs that leave a JUnit report behind."""

_TERM = re.compile(r'\$(\w+)\s*(==|!=)\s*"([^"]*)"')
_INPUT = re.compile(r"\$\[\[\s*inputs\.([\w-]+)\s*\]\]")


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a bridge starts: a child pipeline from `include` (a file of the project), or one in `project` on `branch`.

    `forward` passes the pipeline's variables on to another project, too (GitLab docs, ci/yaml, trigger:forward).
    """

    include: str = ""
    project: str = ""
    depend: bool = True
    branch: str = "main"
    forward: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """One entry of `spec:inputs` (GitLab docs, ci/inputs)."""

    name: str
    type: Literal["string", "number", "boolean"]
    default: str | float | bool
    description: str
    options: tuple[str, ...] = ()

    def error(self, value: object) -> str:
        """Return GitLab's complaint about `value`, empty when it fits (lib/gitlab/ci/config/interpolation)."""
        kinds: dict[str, type | tuple[type, ...]] = {"string": str, "number": (int, float), "boolean": bool}
        if not isinstance(value, kinds[self.type]) or (self.type == "number" and isinstance(value, bool)):
            return f"`{self.name}` input: provided value is not a {self.type}"
        if self.options and value not in self.options:
            return f"`{self.name}` input: `{value}` cannot be used because it is not in the list of allowed options"
        return ""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One job of a configuration.

    `seconds` is its median run time in life, `fails` its probability to fail by chance, `never` the conditions that
    keep it out of a pipeline. `needs` None means that it waits for all earlier stages.
    """

    name: str
    stage: str
    kind: Kind
    seconds: float
    script: tuple[str, ...] = ()
    needs: tuple[str, ...] | None = None
    image: str = "python:3.11-slim"
    runner_tag: str = "cpu"
    fails: float = 0.02
    allow_failure: bool = False
    when: Literal["on_success", "manual", "always"] = "on_success"
    never: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    environment: str = ""
    artifacts: tuple[str, ...] = ()
    coverage: bool = False
    trigger: Trigger | None = None

    @property
    def switch(self) -> str:
        """The variable that takes it out of a pipeline when it is `false`."""
        return "RUN_" + re.sub(r"\W+", "_", self.name).upper()


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A configuration: stages in order, jobs in order, default variables, and `workflow:name`."""

    stages: tuple[str, ...]
    jobs: tuple[JobSpec, ...]
    variables: tuple[tuple[str, str], ...] = ()
    name: str = ""
    timeout: str = "2h"


def holds(condition: str, variables: Mapping[str, str]) -> bool:
    """Evaluate a `rules:if` made of `$NAME == "text"` and `!=`, joined by `&&`."""
    terms = _TERM.findall(condition)
    return all((variables.get(name, "") == value) == (operator == "==") for name, operator, value in terms)


def included(spec: PipelineSpec, variables: Mapping[str, str]) -> list[JobSpec]:
    """Return the jobs that the rules leave in a pipeline with these variables, in stage order."""
    order = {stage: index for index, stage in enumerate(spec.stages)}
    kept = [job for job in spec.jobs if not any(holds(rule, variables) for rule in rules_never(job))]
    return sorted(kept, key=lambda job: order[job.stage])


def rules_never(job: JobSpec) -> tuple[str, ...]:
    """Return the conditions that keep `job` out, its switch first."""
    return (f'${job.switch} == "false"', *job.never)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace `$NAME` and `${NAME}` by their values, unknown ones by nothing, as a runner's shell does."""
    return re.sub(r"\$\{?(\w+)\}?", lambda match: variables.get(match[1], ""), text)


def interpolate(text: str, inputs: Mapping[str, object]) -> str:
    """Replace `$[[ inputs.name ]]` by the input's value."""
    return _INPUT.sub(lambda match: _plain(inputs.get(match[1], "")), text)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_inputs(inputs: Sequence[Input], given: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """Return the value of every input and GitLab's complaints about what was given."""
    known = {item.name: item for item in inputs}
    if given and not known:
        return {}, ["Given inputs not defined in the `spec` section of the included configuration file"]
    unknown = [name for name in given if name not in known]
    errors = [f"unknown input arguments: {', '.join(unknown)}"] if unknown else []
    errors += [error for name, value in given.items() if name in known and (error := known[name].error(value))]
    return {item.name: given.get(item.name, item.default) for item in inputs}, errors


def to_yaml(spec: PipelineSpec, inputs: Iterable[Input] = (), comment: str = "") -> str:
    """Return the configuration as the text of `.gitlab-ci.yml`, with its `spec:inputs` header where it has inputs."""
    body: dict[str, object] = {"stages": list(spec.stages)}
    if spec.name:
        body["workflow"] = {"name": spec.name}
    body["default"] = {"image": "python:3.11-slim", "interruptible": True, "timeout": spec.timeout}
    body["variables"] = dict(spec.variables)
    body |= {job.name: _job_yaml(job) for job in spec.jobs}
    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=120)
    described = {item.name: _input_yaml(item) for item in inputs}
    if described:
        head = yaml.safe_dump({"spec": {"inputs": described}}, sort_keys=False, allow_unicode=True)
        text = f"{head}---\n{text}"
    return f"# {comment}\n{text}" if comment else text


def _input_yaml(item: Input) -> dict[str, object]:
    entry: dict[str, object] = {"type": item.type, "default": item.default, "description": item.description}
    return entry | ({"options": list(item.options)} if item.options else {})


def _job_yaml(job: JobSpec) -> dict[str, object]:
    entry: dict[str, object] = {"stage": job.stage}
    if job.trigger is None:
        entry |= {"image": job.image, "tags": [job.runner_tag]}
    if job.needs is not None:
        entry["needs"] = [{"job": name, "optional": True} for name in job.needs]
    if job.variables:
        entry["variables"] = dict(job.variables)
    if job.trigger is not None:
        entry["trigger"] = _trigger_yaml(job.trigger)
    else:
        entry["script"] = list(job.script)
    if job.coverage:
        entry["coverage"] = r"/TOTAL.*\s+(\d+%)$/"
    if job.environment:
        entry["environment"] = {"name": job.environment}
    if job.artifacts:
        entry["artifacts"] = _artifacts_yaml(job)
    last: dict[str, object] = {"when": job.when}
    if job.when == "manual":
        last["allow_failure"] = job.allow_failure
    elif job.allow_failure:
        entry["allow_failure"] = True
    entry["rules"] = [*({"if": rule, "when": "never"} for rule in rules_never(job)), last]
    return entry


def _trigger_yaml(trigger: Trigger) -> dict[str, object]:
    target: dict[str, object] = (
        {"include": [{"local": trigger.include}]}
        if trigger.include
        else {"project": trigger.project, "branch": trigger.branch}
    )
    if trigger.depend:
        target["strategy"] = "depend"
    forward = {"pipeline_variables": True}
    if trigger.project:
        forward = {"yaml_variables": trigger.forward, "pipeline_variables": trigger.forward}
    return target | {"forward": forward}


def _artifacts_yaml(job: JobSpec) -> dict[str, object]:
    entry: dict[str, object] = {"paths": list(job.artifacts), "expire_in": "30 days"}
    return entry | ({"reports": {"junit": "report.xml"}} if job.kind in REPORTING else {})
