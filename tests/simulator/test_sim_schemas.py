"""Answers have the keys and types of GitLab's own schemas and of the examples in its documentation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.simulator.conftest import Bench

SCHEMAS = Path(__file__).parent / "schemas"

PIPELINE_ROW = {
    "id",
    "iid",
    "project_id",
    "sha",
    "ref",
    "status",
    "source",
    "created_at",
    "updated_at",
    "web_url",
    "name",
}
PIPELINE = (PIPELINE_ROW - {"name"}) | {
    "before_sha", "tag", "yaml_errors", "user", "started_at", "finished_at", "committed_at", "duration",
    "queued_duration", "coverage", "detailed_status",
}  # fmt: skip
JOB_BASIC = {
    "id", "status", "stage", "name", "ref", "tag", "coverage", "allow_failure", "created_at", "started_at",
    "finished_at", "erased_at", "duration", "queued_duration", "user", "commit", "pipeline", "web_url", "project",
}  # fmt: skip
JOB = JOB_BASIC | {
    "source", "artifacts", "runner", "runner_manager", "artifacts_expire_at", "archived", "tag_list"
}  # fmt: skip
VARIABLE = {"variable_type", "key", "value", "hidden", "protected", "masked", "raw", "environment_scope", "description"}
SCHEDULE = {
    "id", "description", "ref", "cron", "cron_timezone", "next_run_at", "active", "created_at", "updated_at", "owner"
}  # fmt: skip
TOKEN = {
    "id", "name", "revoked", "created_at", "description", "scopes", "user_id", "last_used_at", "active", "expires_at"
}  # fmt: skip


@cache
def _registry() -> Registry[Any]:
    def load(uri: str) -> Resource[Any]:
        return Resource.from_contents(json.loads(Path(uri.removeprefix("file://")).read_text()), DRAFT202012)

    return Registry(retrieve=load)  # type: ignore[call-arg]


def check(name: str, value: Any) -> None:
    """Hold `value` against one of GitLab's schemas."""
    path = (SCHEMAS / name).as_uri()
    Draft202012Validator({"$ref": path}, registry=_registry()).validate(value)


@pytest.fixture
def finished(bench: Bench) -> tuple[Bench, int, int]:
    """A finished pipeline of churn: (bench, project id, pipeline id)."""
    project = bench.project()
    return bench, project.id, bench.pipeline(project, "success").id


def test_pipelines_match_the_schemas(finished: tuple[Bench, int, int]) -> None:
    bench, project, pipeline = finished
    rows = bench.get(f"/projects/{project}/pipelines").json()
    check("pipeline.json", rows[0])
    assert set(rows[0]) == PIPELINE_ROW
    one = bench.get(f"/projects/{project}/pipelines/{pipeline}").json()
    check("pipeline/detail.json", one)
    assert set(one) == PIPELINE | {"name"}
    assert one["coverage"] == "87.45"
    assert isinstance(one["duration"], int) and isinstance(one["queued_duration"], float)
    made = bench.post(f"/projects/{project}/pipeline", json={"ref": "main"})
    assert made.status_code == 201 and set(made.json()) == PIPELINE
    for action, status in (("cancel", 200), ("retry", 201)):
        answer = bench.post(f"/projects/{project}/pipelines/{made.json()['id']}/{action}")
        assert (answer.status_code, set(answer.json())) == (status, PIPELINE)


def test_jobs_match_the_schemas(finished: tuple[Bench, int, int]) -> None:
    bench, project, pipeline = finished
    rows = bench.get(f"/projects/{project}/pipelines/{pipeline}/jobs").json()
    for row in rows:
        check("job.json", row)
        assert set(row) - {"artifacts_file"} == JOB
        kept = any(item["file_type"] == "archive" for item in row["artifacts"])
        assert ("artifacts_file" in row) == kept == (row["artifacts_expire_at"] is not None)
    by_name = {row["name"]: row for row in rows}
    check("runner.json", by_name["train"]["runner"])
    check("runner_manager.json", by_name["train"]["runner_manager"])
    check("commit/basic.json", by_name["train"]["commit"])
    assert by_name["deploy"]["runner"] is None and by_name["deploy"]["started_at"] is None
    assert by_name["unit-tests"]["coverage"] == 87.45
    trace = next(item for item in by_name["train"]["artifacts"] if item["file_type"] == "trace")
    assert trace["size"] == len(bench.get(f"/projects/{project}/jobs/{by_name['train']['id']}/trace").content)


def test_a_failure_reason_is_there_only_after_a_failure(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "evaluate", "outcome": "job_execution_timeout"})
    pipeline = bench.pipeline(bench.project(), "failed")
    rows = {row.name: row.attributes for row in pipeline.jobs.list(get_all=True)}
    assert rows["evaluate"]["failure_reason"] == "job_execution_timeout"
    assert [name for name, row in rows.items() if "failure_reason" in row] == ["evaluate"]
    assert rows["register"]["status"] == "skipped"


def test_bridges_have_no_runner_artifacts_or_tags(finished: tuple[Bench, int, int]) -> None:
    bench, project, pipeline = finished
    (row,) = bench.get(f"/projects/{project}/pipelines/{pipeline}/bridges").json()
    assert set(row) == JOB_BASIC | {"downstream_pipeline"}
    check("pipeline.json", row["downstream_pipeline"])
    child = bench.get(f"/projects/{project}/pipelines/{row['downstream_pipeline']['id']}").json()
    assert (child["source"], child["sha"], child["status"]) == ("parent_pipeline", row["pipeline"]["sha"], "success")


def test_the_rest_matches_the_schemas(finished: tuple[Bench, int, int]) -> None:
    bench, project, pipeline = finished
    deploy = next(
        row for row in bench.get(f"/projects/{project}/pipelines/{pipeline}/jobs").json() if row["name"] == "deploy"
    )
    assert bench.post(f"/projects/{project}/jobs/{deploy['id']}/play").status_code == 200
    bench.until(lambda: bench.get(f"/projects/{project}/jobs/{deploy['id']}").json()["status"] == "success")
    check("metadata.json", bench.get("/metadata").json())
    check("members.json", bench.get(f"/projects/{project}/members/all").json())
    check("project.json", bench.get(f"/projects/{project}").json())
    for row in bench.get(f"/projects/{project}/environments").json():
        check("environment.json", row)
        assert "last_deployment" not in row
        check("environment.json", bench.get(f"/projects/{project}/environments/{row['id']}").json())
    (deployment,) = bench.get(f"/projects/{project}/deployments").json()
    check("deployment.json", deployment)
    assert deployment["status"] == "success" and deployment["deployable"]["id"] == deploy["id"]
    check("user/basic.json", bench.get("/user").json())
    assert set(bench.get("/personal_access_tokens/self").json()) == TOKEN
    assert all(set(row) == VARIABLE for row in bench.get(f"/projects/{project}/variables").json())
    schedules = bench.get(f"/projects/{project}/pipeline_schedules").json()
    assert all(set(row) == SCHEDULE for row in schedules)
    one = bench.get(f"/projects/{project}/pipeline_schedules/{schedules[0]['id']}").json()
    assert set(one) == SCHEDULE | {"last_pipeline", "variables", "inputs"}
