"""What a launch form starts from, and the command that it makes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.errors import UsageError
from data.model import Pipeline, PipelineAPI, PipelineJob, PipelineRun, Project, Variable
from data.model.vocabulary import SUB_API, TEST
from tui.launching import HIDDEN, Draft, Start, command_of, draft_of, preview, secrets_of, start_from

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PROJECT = Project(
    id="g:1", name="churn", connection="g", git_project_id=1, path="ml/churn", default_ref="main", access_level=40,
    tracking="mlflow",
)  # fmt: skip
PIPELINE = Pipeline(id="g:1:default", project_id="g:1", name="default", default_ref="stable")
OTHER = Pipeline(id="g:1:nightly", project_id="g:1", name="nightly", default_ref="night")
PART = PipelineAPI(id="a", pipeline_id="g:1:default", name="features", type=SUB_API, flow_control={"train": False})
WHOLE = PipelineAPI(
    id="b",
    pipeline_id="g:1:default",
    name="train",
    system_variables=(Variable(key="STAGE", value="all"),),
    user_variables=(
        Variable(key="LR", value="0.01", kind="number", required=True),
        Variable(key="TOKEN", value="old", secret=True),
    ),
)
JOBS = [
    PipelineJob(id=name, pipeline_id="g:1:default", name=name, order=place)
    for place, name in enumerate(("features", "train"))
]


def run(**values: object) -> PipelineRun:
    """A run of the project."""
    given = {"id": "g:1:7", "project_id": "g:1", "connection": "g", "git_project_id": 1, "git_pipeline_id": 7,
             "created": NOW, "pipeline_id": "g:1:default", "ref": "feat/x"}  # fmt: skip
    return PipelineRun(**{**given, **values})  # type: ignore[arg-type]


def begin(like: PipelineRun | None = None, last: PipelineRun | None = None) -> Start:
    """A form's start in the project."""
    return start_from(PROJECT, [PIPELINE, OTHER], [PART, WHOLE], JOBS, like, last)


def keys(start: Start) -> dict[str, str]:
    """Variables to begin with."""
    return {variable.key: variable.value for variable in start.variables}


def test_without_any_run_it_starts_from_the_defaults_of_the_whole_pipeline():
    start = begin()
    assert (start.pipeline, start.ref, start.api) == (PIPELINE, "stable", "train")
    assert keys(start) == {"LR": "0.01", "TOKEN": ""}
    assert start.changed == frozenset()
    assert draft_of(start).track


def test_the_last_run_gives_api_and_values_but_not_the_ref():
    last = run(api="features", variables={"WINDOW": "7", "RUN_ID": "r", "MLFLOW_RUN_ID": "m"})
    start = begin(last=last)
    assert (start.api, start.ref) == ("features", "stable")
    assert keys(start) == {"WINDOW": "7"}
    assert start.changed == {"WINDOW"}
    assert draft_of(start).api == "features"


def test_like_a_run_takes_its_ref_kind_and_pipeline_too():
    start = begin(like=run(pipeline_id="g:1:nightly", kind=TEST, variables={"A": "1"}), last=run())
    assert (start.pipeline, start.ref, start.api) == (OTHER, "feat/x", "")
    assert draft_of(start).kind == TEST


def test_locked_variables_are_not_taken_over():
    assert "STAGE" not in keys(begin(last=run(api="train", variables={"STAGE": "none", "LR": "0.5"})))


def test_a_secret_begins_empty_and_never_enters_the_command():
    start = begin(last=run(api="train", variables={"TOKEN": "leaked"}))
    assert keys(start)["TOKEN"] == ""
    draft = draft_of(start)
    draft.variables = [("LR", "0.02"), ("TOKEN", "hunter2")]
    command = command_of(start, draft, "ada", "r1")
    assert "hunter2" not in str(command)
    assert secrets_of(start, draft) == {"TOKEN": "hunter2"}
    assert dict(preview(start, command))["TOKEN"] == HIDDEN


def test_the_command_holds_exactly_what_the_form_shows():
    start = begin()
    draft = Draft(
        ref=" main ", api="train", kind=TEST, track=False, why=" because ", variables=[("LR", "1"), ("", "x")]
    )
    command = command_of(start, draft, "ada", "r1")
    assert command.payload["ref"] == "main"
    assert command.payload["variables"] == [
        {"key": "STAGE", "value": "all"}, {"key": "LR", "value": "1"}, {"key": "RUN_ID", "value": "r1"},
    ]  # fmt: skip
    assert (command.payload["kind"], command.payload["track"], command.why, command.by) == (
        TEST,
        False,
        "because",
        "ada",
    )
    assert ("jobs", "features › train") in preview(start, command)


def test_an_api_leaves_out_the_jobs_that_it_turns_off():
    start = begin(last=run(api="features"))
    command = command_of(start, draft_of(start), "ada", "r1")
    assert ("jobs", "features") in preview(start, command)


@pytest.mark.parametrize("variables", [[("LR", "fast")], [("LR", "")], [("LR", "1"), ("a b", "1")], [("STAGE", "x")]])
def test_what_cannot_be_sent_is_refused(variables):
    with pytest.raises(UsageError):
        command_of(begin(), Draft(ref="main", api="train", variables=variables), "ada", "r1")
