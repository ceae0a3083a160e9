"""What a launch asks for, as it was typed, and what it is about."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from data.model.ci import CiPreview, Ref, Refs
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob, Variable
from data.model.project import Project
from data.model.vocabulary import PRODUCTION, TEST
from data.model.work import Connection


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A launch as form, command line and document hold it: all texts as they were typed.

    It can hold values of secret variables: it is shown through `data.launch.document`, which leaves them out, and its
    repr names nothing but the API and the ref.
    """

    api: str = ""
    """Name of the API; empty for the pipeline as it is."""
    ref: str = ""
    """Branch or tag; empty for the default of the API, the pipeline or the project."""
    kind: str = PRODUCTION
    flow_control: dict[str, bool] = {}
    """Whether components run; the API says it for those that are not named."""
    variables: dict[str, str] = {}
    """Values by key; of a file variable the path that it is read from, empty where `files` has its content already."""
    files: dict[str, str] = {}
    """Contents by key of file variables, beside those that the API declares as such; empty until they are read."""
    inputs: dict[str, str] = {}
    image: str = ""
    environment: str = ""
    labels: tuple[str, ...] = ()
    note: str = ""
    why: str = ""
    run_id: str = ""
    """RUN_ID of runs that this one belongs to; empty for a new one."""
    track: bool = True
    timeout: str = ""
    """A duration, `0` or `never` for none; empty for the pipeline's."""
    callback_url: str = ""
    """Address that is told when the run ends; empty for none."""
    at: str = ""
    after: str = ""
    like: str = ""
    """Id of the run or submission that it was made after."""

    def __repr__(self) -> str:
        return f"Request({self.api!r} on {self.ref!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("api", self.api), ("ref", self.ref)]


class Problem(NamedTuple):
    """What is wrong with a field of a request."""

    field: str
    """`ref`, `variables.LR`, `inputs.epochs`, `flow_control.train` …"""
    message: str
    line: int = 0
    """Line of the document that it stands in, from 1; 0 where there is none."""


class Target(NamedTuple):
    """What a request is about: the records that the rules look at."""

    project: Project
    pipeline: Pipeline | None = None
    api: PipelineAPI | None = None
    jobs: tuple[PipelineJob, ...] = ()
    """Those of the pipeline."""
    refs: Refs | None = None
    preview: CiPreview | None = None
    """What CI lint said of a ref; it counts only for that ref."""
    connection: Connection | None = None
    """The server's."""


def default_ref(target: Target) -> str:
    """Branch or tag where a request names none."""
    api, pipeline = target.api, target.pipeline
    return (api.default_ref if api else "") or (pipeline.default_ref if pipeline else "") or target.project.default_ref


def ref_of(request: Request, target: Target) -> str:
    """The branch or tag that a request means."""
    return request.ref.strip() or default_ref(target)


def known_ref(target: Target, name: str) -> Ref | None:
    """The branch, or else the tag, of this name; None where it is not known."""
    if target.refs is None:
        return None
    return next((ref for ref in (*target.refs.branches, *target.refs.tags) if ref.name == name), None)


def preview_of(request: Request, target: Target) -> CiPreview | None:
    """What CI lint said of the request's own ref."""
    found = target.preview
    return found if found is not None and found.ref == ref_of(request, target) else None


def declared_inputs(request: Request, target: Target) -> tuple[Variable, ...]:
    """Inputs that the CI configuration declares: on the request's ref, or else where the pipeline was read."""
    found = preview_of(request, target)
    if found is not None and found.valid:
        return found.inputs
    return target.pipeline.inputs if target.pipeline else ()


def inputs_known(request: Request, target: Target) -> bool:
    """Whether it is known which inputs the request's ref takes: then any other is wrong."""
    found = preview_of(request, target)
    if found is not None:
        return found.valid
    pipeline = target.pipeline
    usual = (pipeline.default_ref if pipeline else "") or target.project.default_ref
    return bool(pipeline and pipeline.inputs) and ref_of(request, target) == usual


def test_repository(request: Request, target: Target) -> str:
    """Project in which a test launch starts its pipeline, by id or path; empty where it is the API's own."""
    api, project = target.api, target.project
    if request.kind != TEST or api is None or api.test_repository_id == project.git_project_id != 0:
        return ""
    named = str(api.test_repository_id) if api.test_repository_id else api.test_repository_url
    return "" if named in (project.path, project.web_url) else named


def files_of(request: Request, target: Target) -> dict[str, str]:
    """Paths of the file variables that still have to be read, by key."""
    declared = {one.key for one in (target.api.user_variables if target.api else ()) if one.kind == "file"}
    keys = [key for key in request.variables if key in declared or key in request.files]
    return {key: request.variables[key] for key in keys if request.variables[key]}
