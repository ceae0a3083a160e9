"""GitLab's JSON as records: what differs between lists and details, between versions, and from the documentation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from data.config.secret import MASK
from data.model.vocabulary import STATUSES
from data.sources.gitlab import mapping

JOB: dict[str, Any] = {
    "id": 7,
    "name": "train",
    "stage": "train",
    "status": "failed",
    "failure_reason": "script_failure",
    "created_at": "2015-12-24T16:51:14.000+01:00",
    "started_at": "2015-12-24T17:54:27.722Z",
    "finished_at": "2015-12-24T17:54:27.895Z",
    "duration": 0.173,
    "queued_duration": 0.023,
    "tag": False,
    "tag_list": ["gpu", "linux"],
    "pipeline": {"id": 6, "project_id": 1, "web_url": "https://example.com/foo/bar/-/pipelines/6"},
    "runner": {"id": 32, "description": "gpu-box-1"},
    "user": {"username": "root", "name": "Administrator"},
    "artifacts": [
        {"file_type": "archive", "size": 1000, "filename": "artifacts.zip", "file_format": "zip"},
        {"file_type": "metadata", "size": 186, "filename": "metadata.gz", "file_format": "gzip"},
        {"file_type": "trace", "size": 1500, "filename": "job.log", "file_format": "raw"},
        {"file_type": "junit", "size": 750, "filename": "junit.xml.gz", "file_format": "gzip"},
    ],
    "coverage": 81.5,
}
PIPELINE: dict[str, Any] = {
    "id": 287,
    "iid": 144,
    "project_id": 21,
    "sha": "50f0acb76a40e34a4ff304f7347dcc6587da8a14",
    "ref": "main",
    "status": "success",
    "source": "push",
    "created_at": "2022-09-21T01:05:07.200Z",
    "updated_at": "2022-09-21T01:05:50.185Z",
    "web_url": "http://127.0.0.1:3000/test-group/test-project/-/pipelines/287",
}


def test_a_pipeline_of_a_list_has_no_user_and_no_durations() -> None:
    run = mapping.pipeline_run("gl", 21, PIPELINE)
    assert (run.id, run.project_id, run.run_number) == ("gl:21:287", "gl:21", 144)
    assert (run.triggered_by, run.execution_time, run.start) == ("", 0.0, None)
    assert run.created == datetime(2022, 9, 21, 1, 5, 7, 200_000, UTC)


@pytest.mark.parametrize("queued", [6, 0.010, "6", None])
def test_durations_are_numbers_whether_whole_or_not(queued: object) -> None:
    run = mapping.pipeline_run("gl", 21, {**PIPELINE, "duration": 34, "queued_duration": queued})
    assert run.execution_time == 34.0
    assert run.queued_time == float(queued or 0)  # type: ignore[arg-type]


def test_success_with_warnings_shows_in_detailed_status_only() -> None:
    status = {"group": "success-with-warnings"}
    assert mapping.pipeline_run("gl", 21, {**PIPELINE, "detailed_status": status}).warnings
    assert not mapping.pipeline_run("gl", 21, PIPELINE).warnings


def test_a_pipeline_of_a_deleted_user_has_none() -> None:
    assert mapping.pipeline_run("gl", 21, {**PIPELINE, "user": None}).triggered_by == ""


def test_an_old_servers_pipeline_without_iid_and_name() -> None:
    row = {key: value for key, value in PIPELINE.items() if key not in ("iid", "source", "web_url")}
    run = mapping.pipeline_run("gl", 21, row)
    assert (run.run_number, run.trigger_type) == (0, "unknown")


@pytest.mark.parametrize("status", [*STATUSES, "brand_new_status"])
def test_every_status_is_kept_the_unknown_one_too(status: str) -> None:
    assert mapping.pipeline_run("gl", 21, {**PIPELINE, "status": status}).status == status
    assert mapping.job_run("gl", 21, {**JOB, "status": status}).status == status


@pytest.mark.parametrize("reason", ["script_failure", "stuck_pending_no_matching_runners", "a_reason_of_2031"])
def test_every_failure_reason_is_kept(reason: str) -> None:
    assert mapping.job_run("gl", 1, {**JOB, "failure_reason": reason}).failure_reason == reason


def test_a_failure_reason_counts_only_while_the_job_is_failed() -> None:
    assert mapping.job_run("gl", 1, {**JOB, "status": "running"}).failure_reason == ""


def test_a_job() -> None:
    job = mapping.job_run("gl", 1, JOB)
    assert (job.id, job.pipeline_run_id, job.git_job_id) == ("gl:1:job:7", "gl:1:6", 7)
    assert job.created == datetime(2015, 12, 24, 15, 51, 14, tzinfo=UTC)
    assert (job.execution_time, job.queued_time) == (0.173, 0.023)
    assert (job.endpoint, job.triggered_by, job.stage_type) == ("gpu-box-1", "root", "MODEL_TRAINING")
    assert not job.bridge


def test_runner_tags_come_from_tag_list_since_tag_means_a_git_tag() -> None:
    assert mapping.job_run("gl", 1, {**JOB, "tag": True}).runner_tags == ("gpu", "linux")


def test_the_log_is_no_artifact() -> None:
    assert mapping.job_run("gl", 1, JOB).artifacts_size == 1750
    assert [one.file_name for one in mapping.artifacts("gl", 1, JOB)] == ["artifacts.zip", "junit.xml.gz"]


@pytest.mark.parametrize("coverage", [30, "30.00", 30.0])
def test_coverage_is_text_in_pipelines_and_a_number_in_jobs(coverage: object) -> None:
    assert mapping.job_run("gl", 1, {**JOB, "coverage": coverage}).coverage == 30.0


def test_a_job_without_user_runner_and_artifacts() -> None:
    row = {**JOB, "user": None, "runner": None, "artifacts": None, "coverage": None, "tag_list": None}
    job = mapping.job_run("gl", 1, row)
    assert (job.endpoint, job.triggered_by, job.artifacts_size, job.coverage) == ("", "", 0, None)


def test_negative_durations_are_zero() -> None:
    assert mapping.job_run("gl", 1, {**JOB, "duration": -0.2}).execution_time == 0


def bridge(downstream: dict[str, Any] | None) -> dict[str, Any]:
    return {**JOB, "downstream_pipeline": downstream}


def test_a_bridge_has_no_downstream_until_it_exists() -> None:
    job = mapping.job_run("gl", 1, bridge(None))
    assert job.bridge
    assert job.downstream == ""


def test_a_bridge_leads_into_another_project() -> None:
    assert mapping.job_run("gl", 1, bridge({"id": 5, "project_id": 9})).downstream == "gl:9:5"


def test_an_old_servers_bridge_without_project_id_leads_home_only_by_its_url() -> None:
    home = {"id": 5, "web_url": "https://example.com/foo/bar/-/pipelines/5"}
    away = {"id": 5, "web_url": "https://example.com/diaspora/diaspora-client/pipelines/5"}
    assert mapping.job_run("gl", 1, bridge(home)).downstream == "gl:1:5"
    assert mapping.job_run("gl", 1, bridge(away)).downstream == ""


def test_a_project_takes_the_greater_of_its_two_roles() -> None:
    row = {
        "id": 3,
        "name": "churn",
        "path_with_namespace": "ml/churn",
        "default_branch": None,
        "topics": ["ml"],
        "permissions": {"project_access": {"access_level": 30}, "group_access": {"access_level": 40}},
        "ci_pipeline_variables_minimum_override_role": "no_one_allowed",
    }
    project = mapping.project("gl", row)
    assert (project.id, project.access_level, project.default_ref) == ("gl:3", 40, "")
    assert (project.labels, project.variables_role) == (("ml",), "no_one_allowed")
    assert (
        mapping.project("gl", {**row, "permissions": {"project_access": None, "group_access": None}}).access_level == 0
    )
    assert mapping.project("gl", {"id": 3, "name": "x"}).access_level == 0


def test_hostile_names_are_made_safe() -> None:
    job = mapping.job_run("gl", 1, {**JOB, "name": "tr\x1b]52;c;aGk=\x07ain\u202e"})
    assert job.name == "train"
    project = mapping.project("gl", {"id": 3, "name": "a\nb", "description": "one\ntwo\x1b[2J"})
    assert (project.name, project.description) == ("a b", "one\ntwo")


def test_a_variable_that_looks_like_a_secret_loses_its_value() -> None:
    secret = mapping.variable({"key": "MLFLOW_TRACKING_TOKEN", "value": "abc", "variable_type": "env_var"})
    assert (secret.secret, secret.value) == (True, "")
    plain = mapping.variable({"key": "EPOCHS", "value": "3", "variable_type": "env_var"})
    assert (plain.secret, plain.value, plain.kind) == (False, "3", "string")
    assert mapping.variable({"key": "CONFIG", "value": "a", "variable_type": "file"}).kind == "file"
    assert MASK not in plain.value
