"""What a request begins with, and how it differs from something else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from data.launch.asked import Request, Target
from data.launch.filling import differences, from_defaults, from_run, from_submission
from data.launch.request import payload, problems, secrets_of
from data.model import PipelineRun, Submission, Variable
from data.model.vocabulary import TEST
from tests.launches import API, CLOSED, preview, target

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def run(**values: object) -> PipelineRun:
    """A run of the project."""
    given = {"id": "g:1:7", "project_id": "g:1", "connection": "g", "git_project_id": 1, "git_pipeline_id": 7,
             "created": NOW, "pipeline_id": "g:1:default", "ref": "feat/x"}  # fmt: skip
    return PipelineRun(**{**given, **values})  # type: ignore[arg-type]


def submission(request: Request, about: Target) -> Submission:
    """What is kept of a request that was sent."""
    sent = payload(request, about)
    secret = [Variable(key=key, secret=True) for key in sent.secrets]
    return Submission(
        id="s1", timestamp=NOW, requester="ada", ref=sent.ref, variables=(*sent.variables, *secret), inputs=sent.inputs,
        flow_control=sent.flow_control, kind=sent.kind, run_id=sent.run_id, track=request.track, timeout=sent.timeout,
        callback_url=sent.callback_url, labels=tuple(sent.labels), note=sent.note, why=request.why,
        requested_image=sent.image, requested_environment=sent.environment,
    )  # fmt: skip


def test_the_defaults_are_the_apis_own() -> None:
    api = replace(
        API, flow_control={"report": False}, callback_url="https://x.example/h", track=False, default_ref="v2"
    )
    found = from_defaults(target(api=api))
    assert (found.api, found.ref, found.track, found.callback_url) == ("train", "v2", False, "https://x.example/h")
    assert found.variables == {"LR": "0.01"}
    assert found.flow_control["report"] is False
    assert found.flow_control["train"] is True


def test_declared_inputs_begin_as_declared_and_the_api_may_say_otherwise() -> None:
    inputs = (Variable(key="epochs", value="3"), Variable(key="size", value="big"))
    about = target(api=replace(API, inputs={"epochs": "7"}), preview=preview(*inputs))
    assert from_defaults(about).inputs == {"epochs": "7", "size": "big"}


def test_a_pipeline_without_an_api_can_be_launched_too() -> None:
    found = from_defaults(target(api=None))
    assert (found.api, found.ref, found.variables) == ("", "stable", {})
    assert payload(found, target(api=None)).api == ""


def test_a_run_gives_ref_kind_variables_and_switches() -> None:
    variables = {"LR": "0.5", "EXTRA": "1", "STAGE": "none", "TOKEN": "leak", "RUN_TRAIN": "false", "RUN_ID": "r",
                 "MLFLOW_RUN_ID": "m", "LINESIDE_API": "e2e", "LINESIDE_REF": "dev"}  # fmt: skip
    found = from_run(target(), run(variables=variables, variables_known=True, kind=TEST))
    assert (found.ref, found.kind, found.like) == ("feat/x", TEST, "g:1:7")
    assert found.variables == {"LR": "0.5", "EXTRA": "1"}
    assert found.flow_control == dict.fromkeys(found.flow_control, True) | {"train": False}


def test_a_run_whose_variables_are_unknown_gives_its_ref_alone() -> None:
    about = target(api=replace(API, flow_control={"report": False}))
    found = from_run(about, run())
    assert found == replace(from_defaults(about), ref="feat/x", like="g:1:7")
    known = from_run(about, run(variables_known=True))
    assert known.flow_control["report"] is True


REQUESTS: list[dict[str, Any]] = [
    {},
    {"variables": {"LR": "0.5", "EXTRA": "a\nb"}, "labels": ("x",), "note": "n", "why": "w"},
    {"flow_control": {"train": False}, "timeout": "2h", "callback_url": "https://x.example/h", "track": False},
    {"image": "python:3.12", "environment": "eu", "kind": TEST, "ref": "v1"},
    {"variables": {"LR": "1", "CONFIG": "c.json", "OTHER": "o"}, "files": {"CONFIG": "{}", "OTHER": "text"}},
    {"inputs": {"epochs": "9", "size": "big"}},
    {"variables": {"LR": "1", "TOKEN": "hunter2"}},
]


@pytest.mark.parametrize("values", REQUESTS)
@pytest.mark.parametrize("open_", [True, False])
def test_a_submission_is_sent_again_as_it_was(values: dict[str, Any], open_: bool) -> None:
    api = replace(
        API, image_variable="IMAGE", environment_variable="ENV",
        user_variables=(*API.user_variables, Variable(key="CONFIG", kind="file")),
    )  # fmt: skip
    names = ("lr", "image", "env", "stage", "run_train", "run_evaluate", "run_report", "size", "run_id")
    inputs = (Variable(key="epochs", kind="number", value="3"), *(Variable(key=name) for name in names))
    about = target(api=api, preview=preview(*inputs, ref=str(values.get("ref", "stable"))))
    if not open_:
        about = about._replace(project=CLOSED)
    request = replace(from_defaults(about), **values)
    if problems(request, about):
        assert not open_
        return
    kept = submission(request, about)
    again = from_submission(about, kept)
    secrets = secrets_of(request, about)
    assert not set(secrets) & set(again.variables)
    again = replace(again, variables={**again.variables, **secrets}, run_id=kept.run_id, like="")
    assert msgspec.to_builtins(payload(again, about)) == msgspec.to_builtins(
        payload(replace(request, run_id=kept.run_id), about)
    )


def test_a_new_launch_gets_a_run_id_of_its_own() -> None:
    kept = submission(replace(from_defaults(target()), run_id="r1"), target())
    assert from_submission(target(), kept).run_id == ""


def test_inputs_that_stood_for_variables_are_variables_again() -> None:
    inputs = (Variable(key="lr", kind="number", value="0.001"), Variable(key="stage", value="all"))
    about = target(project=CLOSED, preview=preview(*inputs))
    request = replace(from_defaults(about), variables={"LR": "0.7"})
    found = from_submission(about, submission(request, about))
    assert found.variables["LR"] == "0.7"
    assert found.inputs["lr"] == "0.001"


def test_differences_are_named_like_problems() -> None:
    base = from_defaults(target())
    other = replace(
        base, ref="dev", variables={"EXTRA": "1"}, flow_control={**base.flow_control, "train": False},
        inputs={"size": "big"}, labels=("x",), like="g:1:7", run_id="r1",
    )  # fmt: skip
    assert differences(other, base) == {
        "ref", "variables.EXTRA", "variables.LR", "flow_control.train", "inputs.size", "labels",
    }  # fmt: skip
    assert differences(base, base) == frozenset()
