"""A launch as it is asked for, what is wrong with it, and what it sends."""

from __future__ import annotations

from urllib.parse import urlsplit

from data.clean import clean, clean_block
from data.config.units import parse_duration
from data.errors import ConfigError, UsageError
from data.launch.asked import (
    Problem,
    Request,
    Target,
    default_ref,
    files_of,
    ref_of,
    test_repository,
)
from data.launch.naming import KINDS, RUN_ID_RULE, new_run_id, why_not_ref_name
from data.launch.payload import Payload
from data.launch.permissions import why_not_connection, why_not_launch, why_not_ref, why_not_variables
from data.launch.sending import collect
from data.launch.values import shown
from data.launch.when import why_not_when

__all__ = [
    "Problem", "Request", "Target", "covered_inputs", "default_ref", "files_of", "notes", "payload", "problems",
    "ref_of", "secrets_of", "timeout_of",
]  # fmt: skip

NEVER = "never"
"""A time-out that never comes, as a word; `0` says the same."""


def problems(request: Request, target: Target) -> list[Problem]:
    """All that stands against a request, in the order of its fields; empty where it can be sent.

    Files that are still to be read (`files_of`) are no problem here.
    """
    return _facts(request, target) + collect(request, target, request.run_id).problems


def payload(request: Request, target: Target) -> Payload:
    """The exact request. A RUN_ID is made where the request has none.

    Raises:
        UsageError: the first of its problems, or a file that was not read.
    """
    run_id = request.run_id.strip() or new_run_id()
    sending = collect(request, target, run_id)
    if found := _facts(request, target) + sending.problems:
        raise UsageError(found[0].message)
    for key, path in files_of(request, target).items():
        if not request.files.get(key):
            raise UsageError(f"{key}: the file {shown(path)} is empty, or was not read")
    api, elsewhere = target.api, test_repository(request, target)
    return Payload(
        ref=clean(ref_of(request, target)),
        variables=sending.variables,
        secrets=list(sending.secrets),
        secret_files=sending.secret_files,
        inputs=sending.inputs,
        flow_control=sending.flow,
        api=api.id if api else "",
        pipeline=target.pipeline.id if target.pipeline else "",
        kind=request.kind,
        run_id=run_id,
        track=_tracks(request, target),
        image=clean(request.image.strip()),
        environment=clean(request.environment.strip()),
        labels=list(dict.fromkeys(filter(None, (clean(label).strip() for label in request.labels)))),
        note=clean_block(request.note).strip(),
        timeout=timeout_of(request),
        callback_url=request.callback_url.strip(),
        like=request.like,
        test_repository=elsewhere,
    )


def secrets_of(request: Request, target: Target) -> dict[str, str]:
    """Values of the secret variables that the payload leaves out, by key: for the engine's ears only."""
    return collect(request, target, request.run_id).secrets


def notes(request: Request, target: Target) -> list[str]:
    """Sentences on what is sent otherwise than one might think: inputs in place of variables, components that follow
    others, a ref that is not known, what CI lint says."""
    return [*_ref_notes(request, target), *collect(request, target, request.run_id).notes]


def covered_inputs(request: Request, target: Target) -> dict[str, str]:
    """Inputs that are sent in place of a variable, which is then the field to fill in: input -> variable."""
    return collect(request, target, request.run_id).covered


def timeout_of(request: Request) -> float | None:
    """Seconds after which the run is cancelled; 0 for never, None for the pipeline's.

    Raises:
        ConfigError: not a duration.
    """
    text = request.timeout.strip().lower()
    if not text:
        return None
    return 0.0 if text == NEVER else parse_duration(text)


def _facts(request: Request, target: Target) -> list[Problem]:
    """What is wrong besides variables and inputs."""
    project, ref = target.project, ref_of(request, target)
    found = [
        ("project", why_not_launch(project) or why_not_connection(target.connection)),
        ("api", _why_not_api(request, target)),
        ("ref", "" if ref else f"{project.name} has no default branch: name a branch or tag"),
        ("ref", why_not_ref_name(ref) if ref else ""),
        ("ref", "" if test_repository(request, target) else why_not_ref(target, ref)),
        ("kind", "" if request.kind in KINDS else f"{shown(request.kind)} is no kind of run: {' or '.join(KINDS)}"),
        ("run_id", _why_not_run_id(request.run_id.strip())),
        ("timeout", _why_not_timeout(request)),
        ("callback_url", _why_not_url(request.callback_url.strip())),
        ("at", why_not_when(request.at)),
        ("after", why_not_when(f"after {request.after}") if request.after.strip() else ""),
    ]
    return [Problem(field, message) for field, message in found if message]


def _ref_notes(request: Request, target: Target) -> list[str]:
    ref, preview = ref_of(request, target), target.preview
    said = []
    names = {one.name for one in (*target.refs.branches, *target.refs.tags)} if target.refs else set()
    if names and ref not in names:
        said.append(f"{shown(ref)} is not among the branches and tags that were read last")
    if preview is not None and preview.ref == ref and not preview.valid:
        said += [f"CI lint refuses the configuration at {shown(ref)}: {clean(error)}" for error in preview.errors[:1]]
    if request.track and target.project.tracking and not _tracks(request, target):
        said.append(f"no MLflow run is made first: {why_not_variables(target.project)}")
    return said


def _tracks(request: Request, target: Target) -> bool:
    """Whether an MLflow run is made first: where there is an MLflow, and variables pass the run on."""
    if not (request.track and target.project.tracking):
        return False
    return bool(test_repository(request, target)) or not why_not_variables(target.project)


def _why_not_api(request: Request, target: Target) -> str:
    api = target.api
    if not request.api or (api is not None and request.api.lower() in (api.name.lower(), api.id.lower())):
        return ""
    return f"there is no API {shown(request.api)} here"


def _why_not_run_id(run_id: str) -> str:
    wrong = run_id and not RUN_ID_RULE.fullmatch(run_id)
    return f"{shown(run_id)} is no RUN_ID: use letters, digits, . _ and -" if wrong else ""


def _why_not_timeout(request: Request) -> str:
    try:
        timeout_of(request)
    except ConfigError as error:
        return error.message
    return ""


def _why_not_url(url: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or clean(url) != url or " " in url:
        return f"{shown(url)} is no address: write it like https://example.org/hook"
    return "an address with a password in it is not kept" if parts.password or parts.username else ""
