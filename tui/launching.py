"""What a launch form starts from and what it sends: pure, so that both can be tested without a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob, Variable
from data.model.project import Project
from data.model.run import PipelineRun
from data.model.vocabulary import E2E, PRODUCTION
from data.model.work import Command
from tui.actions import RUN_ID, launch_command, secret_values, why_not_variables

PASSED = frozenset({RUN_ID, "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_TRACKING_URI"})
"""Variables that every launch gets anew; they are not taken over from an earlier run."""
HIDDEN = "•••"
"""Shown in place of a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a form is filled with.

    Attributes:
        project: where it runs.
        pipeline: which pipeline, where one is known.
        apis: what can be started; empty for the pipeline as it is.
        api: the one to begin with; empty for the pipeline as it is.
        jobs: the job graph of the pipeline, in order.
        ref: branch or tag to begin with.
        variables: user variables to begin with.
        changed: keys whose value differs from the API's default, because an earlier run had another.
        like: the run that it was filled from.
    """

    project: Project
    pipeline: Pipeline | None = None
    apis: tuple[PipelineAPI, ...] = ()
    api: str = ""
    jobs: tuple[PipelineJob, ...] = ()
    ref: str = ""
    variables: tuple[Variable, ...] = ()
    changed: frozenset[str] = frozenset()
    like: PipelineRun | None = None


@dataclass(slots=True, kw_only=True)
class Draft:
    """What the form holds now."""

    ref: str = ""
    api: str = ""
    kind: str = PRODUCTION
    track: bool = True
    why: str = ""
    variables: list[tuple[str, str]] = field(default_factory=list)


def start_from(
    project: Project,
    pipelines: Sequence[Pipeline],
    apis: Sequence[PipelineAPI],
    jobs: Sequence[PipelineJob],
    like: PipelineRun | None,
    last: PipelineRun | None,
) -> Start:
    """What a form begins with: like the given run, else like the last one of the project, else by the defaults."""
    model = like or last
    wanted = model.pipeline_id if model else ""
    pipeline = next((one for one in pipelines if one.id == wanted), pipelines[0] if pipelines else None)
    own = tuple(api for api in apis if pipeline is not None and api.pipeline_id == pipeline.id)
    whole = next((one for one in own if one.type == E2E), own[0] if own else None)
    api = next((one for one in own if model is not None and one.name == model.api), whole)
    defaults = {variable.key: variable for variable in (api.user_variables if api else ())}
    locked = {variable.key for variable in (api.system_variables if api else ())}
    taken = {key: value for key, value in (model.variables if model else {}).items() if key not in PASSED | locked}
    variables = [
        replace(variable, value="" if variable.secret else taken.get(key, variable.value))
        for key, variable in defaults.items()
    ]
    variables += [Variable(key=key, value=value) for key, value in taken.items() if key not in defaults]
    changed = {key for key, value in taken.items() if key not in defaults or defaults[key].value != value}
    return Start(
        project=project,
        pipeline=pipeline,
        apis=own,
        api=api.name if api else "",
        jobs=tuple(sorted((job for job in jobs if pipeline and job.pipeline_id == pipeline.id), key=lambda j: j.order)),
        ref=(like.ref if like else "") or (pipeline.default_ref if pipeline else "") or project.default_ref,
        variables=() if why_not_variables(project) else tuple(variables),
        changed=frozenset(changed),
        like=like,
    )


def draft_of(start: Start) -> Draft:
    """The form as it begins."""
    return Draft(
        ref=start.ref,
        api=start.api,
        kind=start.like.kind if start.like else PRODUCTION,
        track=bool(start.project.tracking),
        variables=[(variable.key, variable.value) for variable in start.variables],
    )


def api_of(start: Start, draft: Draft) -> PipelineAPI | None:
    """The chosen API."""
    return next((api for api in start.apis if api.name == draft.api), None)


def command_of(start: Start, draft: Draft, by: str, run_id: str) -> Command:
    """The command that a form sends. `run_id` is the RUN_ID, the same while the form is open.

    Raises:
        UsageError: something in it is missing or not valid.
    """
    return launch_command(
        start.project,
        ref=draft.ref.strip(),
        variables=_given(draft),
        pipeline=start.pipeline,
        api=api_of(start, draft),
        kind=draft.kind,
        track=draft.track,
        why=draft.why.strip(),
        by=by,
        run_id=run_id,
    )


def secrets_of(start: Start, draft: Draft) -> dict[str, str]:
    """Values of the secret variables that a form holds, which its command leaves out; by key."""
    return secret_values(api_of(start, draft), _given(draft))


def _given(draft: Draft) -> list[Variable]:
    return [Variable(key=key, value=value) for key, value in draft.variables if key]


def preview(start: Start, command: Command) -> list[tuple[str, str]]:
    """(label, value) lines of what will be sent, variables included, and the jobs that will run."""
    payload: Mapping[str, object] = command.payload
    lines = [("project", start.project.path or start.project.name), ("ref", str(payload["ref"]))]
    api = next((api for api in start.apis if api.id == payload.get("api")), None)
    if api is not None:
        lines.append(("api", api.name))
    lines.append(("kind", str(payload["kind"])))
    pairs = payload.get("variables")
    for pair in pairs if isinstance(pairs, list) else []:
        lines.append((str(pair["key"]), str(pair["value"])))
    hidden = payload.get("secrets")
    lines += [(str(key), HIDDEN) for key in (hidden if isinstance(hidden, list) else [])]
    if payload.get("track"):
        lines.append(
            ("MLFLOW_RUN_ID", "that of a run which is created first, with MLFLOW_EXPERIMENT_ID and the server")
        )
    off = {name for name, on in (api.flow_control if api else {}).items() if not on}
    names = [job.name for job in start.jobs if job.name not in off]
    if names:
        lines.append(("jobs", " › ".join(names)))
    return lines
