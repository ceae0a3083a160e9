"""Commands are built as the engine expects them, and refused with a reason where they make no sense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.errors import UsageError
from data.launch import naming
from data.model import Connection, JobRun, PipelineRun, Project, Variable
from data.model.vocabulary import STATUSES
from tui import actions

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def run(status: str = "running", **more: object) -> PipelineRun:
    values: dict[str, object] = {
        "id": "git:7:4312",
        "project_id": "git:7",
        "connection": "git",
        "git_project_id": 7,
        "git_pipeline_id": 4312,
        "created": NOW,
        "status": status,
    }
    return PipelineRun(**{**values, **more})  # type: ignore[arg-type]


def job(status: str = "running", **more: object) -> JobRun:
    values: dict[str, object] = {
        "id": "git:7:job:991",
        "pipeline_run_id": "git:7:4312",
        "project_id": "git:7",
        "connection": "git",
        "git_project_id": 7,
        "git_job_id": 991,
        "name": "train",
        "status": status,
    }
    return JobRun(**{**values, **more})  # type: ignore[arg-type]


def project(**more: object) -> Project:
    values: dict[str, object] = {
        "id": "git:7",
        "name": "churn",
        "connection": "git",
        "git_project_id": 7,
        "path": "ml/churn",
        "default_ref": "main",
        "access_level": 40,
    }
    return Project(**{**values, **more})  # type: ignore[arg-type]


def test_run_ids_sort_by_time_and_differ() -> None:
    moments = [NOW + timedelta(seconds=step) for step in (0, 1, 60, 86_400, 400 * 86_400)]
    ids = [actions.new_run_id(moment) for moment in moments]
    assert ids == sorted(ids)
    assert all(len(one) == naming.TIME_DIGITS + naming.CHANCE_DIGITS and one.isalnum() for one in ids)
    assert len({actions.new_run_id(NOW) for _ in range(1000)}) > 990


CAN_CANCEL = {"created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "scheduled"}


@pytest.mark.parametrize("status", STATUSES)
def test_cancel_is_offered_exactly_where_gitlab_takes_it(status: str) -> None:
    assert (actions.why_not_cancel(run(status)) == "") == (status in CAN_CANCEL)
    assert (actions.why_not_cancel(job(status)) == "") == (status in CAN_CANCEL)


def test_unknown_statuses_are_left_to_the_server() -> None:
    assert actions.why_not_cancel(run("hibernating")) == ""
    assert actions.why_not_retry(job("hibernating")) == ""
    assert actions.why_not_play(job("hibernating")) == ""


def test_what_left_the_server_cannot_be_acted_on() -> None:
    gone = run("running", gone=True)
    assert "no longer on the server" in actions.why_not_cancel(gone)
    assert "no longer on the server" in actions.why_not_retry(gone)


@pytest.mark.parametrize(
    ("target", "possible"),
    [
        (run("failed"), True),
        (run("canceled"), True),
        (run("success"), False),
        (run("success", warnings=True), True),
        (run("running"), False),
        (run("running", failed_count=1), True),
        (run("manual"), False),
        (run("skipped"), False),
        (job("failed"), True),
        (job("success"), True),
        (job("failed", retried=True), False),
        (job("pending"), False),
        (job("manual"), False),
    ],
)
def test_retry(target: actions.Runnable, possible: bool) -> None:
    assert (actions.why_not_retry(target) == "") == possible


@pytest.mark.parametrize("status", STATUSES)
def test_play_is_for_jobs_that_wait(status: str) -> None:
    assert (actions.why_not_play(job(status)) == "") == (status in {"manual", "scheduled"})


def test_cancel_command_names_target_and_project() -> None:
    command = actions.cancel_command(run(), project="churn", why="wrong data", by="ada")
    assert (command.kind, command.connection, command.project_id, command.target_id) == (
        "cancel", "git", "git:7", "git:7:4312",
    )  # fmt: skip
    assert command.title == "cancel churn #4312"
    assert (command.by, command.why, command.state) == ("ada", "wrong data", "queued")
    assert command.host


def test_a_finished_run_cannot_be_cancelled() -> None:
    with pytest.raises(UsageError, match="#4312 is over: its status is success"):
        actions.cancel_command(run("success"))


def test_play_carries_variables() -> None:
    command = actions.play_command(job("manual"), variables=[Variable(key="LR", value="0.1")], project="churn")
    assert command.payload == {"variables": [{"key": "LR", "value": "0.1"}]}
    assert command.title == "play churn train (job 991)"


@pytest.mark.parametrize(
    "variable", [Variable(key="API_TOKEN", value="x"), Variable(key="X", value="glpat-0123456789abcdefghij")]
)
def test_secrets_are_not_played_with(variable: Variable) -> None:
    with pytest.raises(UsageError, match="looks like a secret"):
        actions.play_command(job("manual"), variables=[variable])


def test_note_and_label() -> None:
    note = actions.note_command(run("success"), "look at the loss", project="churn")
    assert note.payload == {"text": "look at the loss", "was": ""}
    assert note.title == "write a note on churn #4312"
    assert actions.label_command(run("success"), add=["best "]).payload == {"add": ["best"], "remove": []}
    with pytest.raises(UsageError, match="needs a text"):
        actions.note_command(run(), "  ")
    with pytest.raises(UsageError, match="name a label"):
        actions.label_command(run())


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, ""),
        ({"archived": True}, "is archived"),
        ({"access_level": 20}, "20 (reporter); this needs 30"),
        ({"access_level": 17}, "is 17; this needs 30"),
        ({"access_level": 0}, ""),
    ],
)
def test_acting_needs_a_role_and_a_living_project(more: dict[str, object], reason: str) -> None:
    found = actions.why_not_act(project(**more))
    assert reason in found if reason else found == ""


@pytest.mark.parametrize(
    ("scopes", "can_write", "reason"),
    [
        (("read_api",), None, "has the scope read_api; launching needs api"),
        (("read_api", "api"), None, ""),
        (("something_new",), None, ""),
        ((), None, ""),
        ((), False, "may only read"),
    ],
)
def test_a_token_that_may_only_read_is_told(scopes: tuple[str, ...], can_write: bool | None, reason: str) -> None:
    connection = Connection(id="git", name="git", kind="gitlab", scopes=scopes, can_write=can_write)
    assert reason in actions.why_not_connection(connection)
    assert bool(actions.why_not_connection(connection)) == bool(reason)
    assert actions.why_not_act(project(), connection) == actions.why_not_connection(connection)


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        (Variable(key="A", pattern=r"\d+"), "12", ""),
        (Variable(key="A", pattern=r"\d+"), "x12", "A must match"),
        (Variable(key="A", pattern="("), "anything", ""),
        (Variable(key="A", kind="bool"), "TRUE", ""),
        (Variable(key="A", kind="bool"), "maybe", "A must be true or false"),
        (Variable(key="A", kind="number"), "1e-4", ""),
        (Variable(key="A", kind="number"), "inf", "A must be a number"),
        (Variable(key="A", kind="number"), "1_000", "A must be a number"),
        (Variable(key="A", kind="array"), "[1, 2]", ""),
        (Variable(key="A", kind="array"), "1, 2", "A must be a list"),
        (Variable(key="A", kind="file", pattern="x"), "path", ""),
        (Variable(key="A", choices=("a", "b")), "c", "A must be one of a, b"),
        (Variable(key="A", required=True), "", "A is required"),
        (Variable(key="A"), "", ""),
    ],
)
def test_values_are_checked(variable: Variable, value: str, reason: str) -> None:
    assert actions.why_not_value(variable, value).startswith(reason)
    assert bool(actions.why_not_value(variable, value)) == bool(reason)


def test_variables_are_read_from_text() -> None:
    assert actions.parse_variable("LR=a=b") == Variable(key="LR", value="a=b")
    for wrong in ("LR", "=1", "A-B=1", ""):
        with pytest.raises(UsageError):
            actions.parse_variable(wrong)


def test_questions() -> None:
    one = actions.cancel_command(run(), project="churn")
    two = actions.retry_command(run("failed"), project="churn")
    assert actions.question([one]) == "Cancel churn #4312?"
    assert actions.question([one, one]) == "Cancel 2 runs?"
    assert actions.question([one, two]) == "Cancel and retry 2 runs?"
