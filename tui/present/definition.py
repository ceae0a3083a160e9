"""The form of a pipeline, an API or a job without a screen: its fields, their values as one types them, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from data.config.units import format_duration, parse_duration
from data.define.check import WHEN, Problem, check
from data.define.fields import Definition, named, owner_of
from data.errors import ConfigError
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob, Variable
from data.model.vocabulary import API_TYPES, PIPELINE_TYPES, STAGE_TYPES

Kind: TypeAlias = Literal[
    "text", "suggest", "number", "duration", "choice", "switch", "lines", "names", "variables", "pairs", "components"
]
"""How a field is typed; `names` are other jobs, `components` the jobs of the pipeline."""
Value: TypeAlias = str | bool | tuple[str, ...] | tuple[Variable, ...] | dict[str, str] | dict[str, bool]
"""What a field of the form holds: texts as they are typed, also of numbers."""
Draft: TypeAlias = dict[str, Value]
"""What the form holds, by the name of the field."""

NEVER: Final = "never"
"""A time-out that never comes."""
SYSTEMS: Final = ("linux", "windows", "macos")
"""Operating systems of GitLab's hosted runners (GitLab docs, ci/runners/hosted_runners)."""
NAME: Final = "name"


class Spec(NamedTuple):
    """One field.

    Attributes:
        name: field of the record.
        label: how the form calls it.
        kind: how it is typed.
        help: a sentence for whoever is in it.
        options: what a choice offers.
    """

    name: str
    label: str
    kind: Kind = "text"
    help: str = ""
    options: tuple[str, ...] = ()


class Section(NamedTuple):
    """Fields under a heading."""

    title: str
    fields: tuple[Spec, ...]


_PIPELINE: Final = (
    Section("What it is", (
        Spec(NAME, "name", help="Unique in its project, without a colon."),
        Spec("description", "description", help="What it does, for people."),
        Spec("type", "type", "choice", "What it is for.", PIPELINE_TYPES),
        Spec("active", "active", "switch", "whether it is in use"),
    )),
    Section("Configuration", (
        Spec("pipeline_file_name", "CI file", help="Path of the CI configuration in the repository."),
        Spec("default_ref", "branch or tag", "suggest", "Where launches begin; empty for the default branch."),
    )),
    Section("Storage", (
        Spec("storage_bucket", "raw data", help="Bucket of raw data."),
        Spec("data_version_bucket", "data versions", help="Bucket of versions of data."),
        Spec("test_storage_bucket", "test raw data", help="Bucket of raw data that tests use."),
        Spec("test_data_version_bucket", "test data versions", help="Bucket of versions of data that tests use."),
    )),
    Section("Limits", (
        Spec("max_concurrent", "runs at a time", "number", "Further launches wait; 0 for no limit."),
        Spec("timeout", "time-out", "duration", "A launched run is cancelled after it: 90m, 2h, 1d; 0 for never."),
    )),
)  # fmt: skip
_API: Final = (
    Section("What it is", (
        Spec(NAME, "name", help="Unique in its pipeline."),
        Spec("description", "description", help="What it does, for people."),
        Spec("type", "type", "choice", "Whether it runs the whole pipeline or some components of it.", API_TYPES),
        Spec("default_ref", "branch or tag", "suggest", "Where its launches begin; empty for the pipeline's."),
    )),
    Section("Components", (
        Spec("flow_control", "components", "components", "space switches; what needs a component goes with it."),
        Spec("flow_rule", "rule", help="How they are told to the CI file: RUN_<JOB>=false or RUN_<JOB>=false|true."),
    )),
    Section("Variables", (
        Spec("system_variables", "system", "variables", "Sent with every launch, shown there and locked."),
        Spec("user_variables", "asked for", "variables", "Asked for at launch, with kind, choices and pattern."),
        Spec("inputs", "CI inputs", "pairs", "Sent with every launch, changeable there (spec:inputs)."),
        Spec("image_variable", "image variable", help="Variable that the CI file reads its image from."),
        Spec("environment_variable", "environment variable",
             help="Variable that the CI file reads its environment's name from."),
    )),
    Section("MLflow and callback", (
        Spec("track", "MLflow run", "switch", "made first, and passed on as MLFLOW_RUN_ID"),
        Spec("callback_url", "callback address", help="It is told (POST, JSON) when a launched run ends."),
        Spec("callback_key_env", "callback key variable",
             help="Environment variable of the engine with the key that signs what is told."),
    )),
    Section("Tests and addresses", (
        Spec("test_repository_url", "test repository", help="Path or address of the project with its tests."),
        Spec("test_repository_id", "test repository id", "number", "GitLab's id of that project; 0 for none."),
        Spec("api_url", "address", help="Where it can be called, for people."),
        Spec("test_api_url", "address of tests", help="Where its test side can be called, for people."),
    )),
)  # fmt: skip
_JOB: Final = (
    Section("What it is", (
        Spec(NAME, "name", "suggest", "As the CI file calls it; jobs that it has beside the known ones are offered."),
        Spec("order", "place", "number", "Place in the order of execution, from 0."),
        Spec("stage", "stage", "suggest", "Stage of the CI configuration."),
        Spec("stage_type", "stage type", "choice", "What it does; a letter goes to the next that begins with it.",
             STAGE_TYPES),
    )),
    Section("Where it runs", (
        Spec("os", "OS", "choice", "Only jobs on linux have an image.", SYSTEMS),
        Spec("image", "image", "suggest", "Container image, on linux."),
        Spec("runner_tag", "runner tag", "suggest", "Tag of the runners that take it."),
        Spec("environment", "environment", "suggest", "Environment that it deploys to."),
    )),
    Section("What it does", (
        Spec("instructions", "instructions", "lines", "Its script, line by line."),
        Spec("variables", "variables", "variables", "Variables of its own."),
    )),
    Section("When it runs", (
        Spec("when", "when", "choice", "When it runs (GitLab docs, ci/yaml, when).", WHEN),
        Spec("allow_failure", "may fail", "switch", "the pipeline goes on when it fails"),
        Spec("needs", "needs", "names", "Jobs that it waits for; with none, the order of the stages holds."),
        Spec("optional_needs", "optional needs", "names", "Those of them without which it runs, too."),
    )),
)  # fmt: skip
SECTIONS: Final[Mapping[type[Any], tuple[Section, ...]]] = {Pipeline: _PIPELINE, PipelineAPI: _API, PipelineJob: _JOB}
"""The form of each kind of record."""


def specs_of(kind: type[Any]) -> tuple[Spec, ...]:
    """All fields of a form, in order."""
    return tuple(spec for section in SECTIONS[kind] for spec in section.fields)


def label_of(kind: type[Any], name: str) -> str:
    """How the form calls a field."""
    return next((spec.label for spec in specs_of(kind) if spec.name == name), name.replace("_", " "))


def labels_of(kind: type[Any], names: Iterable[str]) -> str:
    """How the form calls some fields, in their order."""
    given = frozenset(names)
    return ", ".join(spec.label for spec in specs_of(kind) if spec.name in given)


def draft_of(record: Definition) -> Draft:
    """What the form holds for a record."""
    return {spec.name: _typed(spec, getattr(record, spec.name)) for spec in specs_of(type(record))}


def _typed(spec: Spec, value: Any) -> Value:
    if spec.kind == "number":
        return str(value)
    if spec.kind == "duration":
        return format_duration(value) if value else NEVER
    if isinstance(value, dict):
        return dict(value)
    found: Value = value
    return found


def record_of(base: Definition, draft: Draft) -> tuple[Definition, list[Problem]]:
    """The record that a form wants, and all that is wrong with it; what cannot be read is as in `base`."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for spec in specs_of(type(base)):
        try:
            values[spec.name] = _read(spec, draft[spec.name])
        except ValueError as error:
            problems.append(Problem(base.name, spec.name, str(error)))
    name = str(values.pop(NAME, base.name)).strip()
    record: Definition = base
    if name != base.name:
        renamed: Definition = named(base, name, owner_of(base))
        record = renamed
    record = replace(record, **values)
    if not name:
        return record, [Problem("", NAME, "is missing: give it one"), *problems]
    unread = {problem.field for problem in problems}
    return record, [*problems, *(one for one in check(record) if one.field not in unread)]


def _read(spec: Spec, value: Value) -> Any:
    if spec.kind == "number":
        return _number(str(value))
    if spec.kind == "duration":
        return _seconds(str(value))
    if isinstance(value, str):
        return value if "\n" in value else value.strip()
    if isinstance(value, dict):
        return dict(value)
    return value


def _number(text: str) -> int:
    text = text.strip() or "0"
    if not text.isdecimal():
        raise ValueError("is no whole number from 0")
    return int(text)


def _seconds(text: str) -> float:
    text = text.strip().lower()
    if text in {"", NEVER, "0"}:
        return 0.0
    try:
        return parse_duration(text)
    except ConfigError as error:
        raise ValueError(f"cannot be read: {error.message}") from None


def changed_fields(one: Draft, other: Draft) -> list[str]:
    """Names of the fields that differ between two drafts, in order."""
    return [name for name, value in one.items() if value != other.get(name)]


def rebased(draft: Draft, base: Draft, stored: Draft) -> tuple[Draft, list[str]]:
    """A draft on top of what somebody else has stored meanwhile, and the fields that both have changed.

    Fields that the user left alone take the stored value.
    """
    mine = set(changed_fields(draft, base))
    made = {name: value if name in mine else stored[name] for name, value in draft.items()}
    both = [name for name in mine if base[name] != stored[name] and draft[name] != stored[name]]
    return made, both


def proposed(draft: Draft, base: Draft, proposal: Definition) -> Draft:
    """A draft filled from what the CI configuration says of a job, where the user has typed nothing yet."""
    filled = draft_of(proposal)
    return {
        name: filled[name] if value == base[name] and name in filled and name != NAME else value
        for name, value in draft.items()
    }


def by_field(problems: Sequence[Problem]) -> dict[str, str]:
    """What is wrong with each field of the form, the first of several; "" holds what no field shows."""
    found: dict[str, str] = {}
    for problem in problems:
        name, dot, rest = problem.field.partition(".")
        name = NAME if name == "id" else name
        found.setdefault(name, f"{rest} {problem.sentence}" if dot else problem.sentence)
    return found


def concerns(problem: Problem, record: Definition) -> bool:
    """Whether what is wrong with records taken together has to do with one of them: a circle names any of its jobs."""
    return problem.name == record.name or (problem.field == "needs" and record.name in problem.sentence)


def variable_part(path: str, variable: Variable) -> str:
    """The field of a variable that a problem is about; `path` begins with the field of the record."""
    _, dot, rest = path.partition(".")
    part = rest.removeprefix(variable.key).removeprefix(".")
    if part in Variable.__struct_fields__:
        return part
    if not dot:
        return "key"
    return "choices" if variable.kind == "choice" and not variable.choices else "value"
