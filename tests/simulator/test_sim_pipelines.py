"""Pipelines through python-gitlab: creation and its refusals, filters, transitions, cancel, retry, play, delete."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import gitlab
import pytest

from data.simulator.clock import iso
from tests.simulator.conftest import Bench

FRAUD, SEARCH, TICKETS, VISION = (
    "ml/risk/fraud-detection",
    "ml/search/search-ranking",
    "ml/support/nlp/nlp-tickets",
    "ml/factory/vision-defects",
)


def refusal(bench: Bench, path: str, who: str = "maintainer", **order: Any) -> tuple[int | None, Any]:
    """Return status and message of a refused creation."""
    with pytest.raises(gitlab.GitlabCreateError) as caught:
        bench.project(path, who).pipelines.create(order)
    return caught.value.response_code, caught.value.error_message


def base(text: str) -> tuple[int, Any]:
    """Return how GitLab refuses a creation with one sentence."""
    return 400, {"base": [text]}


def test_creation_is_refused_in_gitlabs_words(bench: Bench) -> None:
    churn = "ml/customer/churn"
    both = [{"key": "A", "value": "1"}, {"key": "A", "value": "2"}]
    some = [{"key": "LR", "value": "1"}]
    assert refusal(bench, churn, ref="nowhere") == base("Reference not found")
    assert refusal(bench, churn, ref="main", variables=both) == base("Duplicate variable name: A")
    role = base("Insufficient permissions to set pipeline variables")
    assert refusal(bench, TICKETS, ref="main", variables=some) == role
    assert refusal(bench, TICKETS, "owner", ref="main", variables=some) == role
    assert refusal(bench, FRAUD, "developer", ref="develop", variables=some) == role
    status, message = refusal(bench, FRAUD, "developer", ref="main")
    assert status == 400 and message["base"][0].startswith(
        "You do not have sufficient permission to run a pipeline on 'main'."
    )
    jobs = "EXTRACT UNIT_TESTS VALIDATE_DATA DRIFT_CHECK FEATURES TRAIN TRIALS EVALUATE REGISTER DEPLOY"
    off = [{"key": f"RUN_{job}", "value": "false"} for job in jobs.split()]
    status, message = refusal(bench, churn, ref="main", variables=off)
    assert message["base"] == [
        "The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs."
    ]
    world = bench.simulator.world
    with world.lock:
        vision, forecast = world.paths[VISION], world.paths["ml/supply-chain/planning/demand-forecast"]
        vision.jobs_enabled = False
        del forecast.files[".gitlab-ci.yml"]
    assert refusal(bench, VISION, ref="main") == base("Pipelines are disabled!")
    assert refusal(bench, forecast.full_path, ref="main") == base("Missing CI config file")
    nothing = bench.post(f"/projects/{bench.project().id}/pipeline", json={"variables": []})
    assert (nothing.status_code, nothing.json()) == (400, {"error": "ref is missing"})
    assert refusal(bench, churn, ref="main", variables=[{"value": "x"}]) == (400, "variables[0][key] is missing")
    assert refusal(bench, churn, "reporter", ref="main") == (403, "403 Forbidden")
    assert bench.get("/-/simulator/pipelines").json() == []


def test_inputs_are_checked_against_their_spec(bench: Bench) -> None:
    good = bench.project(TICKETS).pipelines.create(
        {"ref": "main", "inputs": {"epochs": 12, "environment": "production"}}
    )
    assert bench.get("/-/simulator/pipelines").json()[0]["inputs"] == {
        "learning_rate": 0.001, "epochs": 12, "environment": "production", "full_data": False,
    }  # fmt: skip
    assert good.status == "pending"
    assert refusal(bench, TICKETS, ref="main", inputs={"epochs": "many"}) == base(
        "`epochs` input: provided value is not a number"
    )
    assert refusal(bench, TICKETS, ref="main", inputs={"environment": "moon"}) == base(
        "`environment` input: `moon` cannot be used because it is not in the list of allowed options"
    )
    assert refusal(bench, TICKETS, ref="main", inputs={"speed": 1}) == base("unknown input arguments: speed")
    assert refusal(bench, "ml/customer/churn", ref="main", inputs={"epochs": 1})[0] == 400


def test_a_switch_variable_takes_its_job_out(bench: Bench) -> None:
    made = bench.pipeline(bench.project(), RUN_TRIALS="false", RUN_UNIT_TESTS="false")
    assert {job.name for job in made.jobs.list(get_all=True)}.isdisjoint({"trials", "unit-tests"})
    assert made.bridges.list(get_all=True) == []


def test_jobs_wait_for_their_needs_and_the_status_follows(bench: Bench) -> None:
    project = bench.project()
    made = bench.pipeline(project)
    assert (made.status, made.started_at, made.duration) == ("pending", None, None)
    seen = [made.status]

    def step() -> bool:
        now = project.pipelines.get(made.id)
        jobs = {job.name: job for job in now.jobs.list(get_all=True)}
        order = ("extract", "validate-data", "features", "train", "evaluate", "register")
        for before, after in pairwise(order):
            if jobs[after].status in ("pending", "running", "success"):
                assert jobs[before].status == "success"
        if now.status != seen[-1]:
            seen.append(now.status)
        return bool(now.status == "success")

    bench.until(step)
    assert seen == ["pending", "running", "success"]
    done = project.pipelines.get(made.id)
    assert done.created_at < done.started_at < done.finished_at == done.updated_at
    assert done.jobs.list(get_all=True)[0].name == "deploy" and done.jobs.list(get_all=True)[0].status == "manual"


def test_updated_at_moves_only_with_the_pipelines_own_status(bench: Bench) -> None:
    project = bench.project()
    made = bench.pipeline(project, "running")
    before = project.pipelines.get(made.id).updated_at
    bench.job(made, "features", "running")
    assert project.pipelines.get(made.id).updated_at == before


def test_an_allowed_failure_makes_warnings(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "drift-check", "outcome": "script_failure"})
    done = bench.pipeline(bench.project(), "success")
    assert done.detailed_status["group"] == "success-with-warnings"
    assert done.detailed_status["label"] == "passed with warnings"
    assert bench.project().pipelines.list(get_all=True)[0].status == "success"


def test_a_blocking_manual_job_holds_the_pipeline(bench: Bench) -> None:
    project = bench.project(FRAUD)
    held = bench.pipeline(project, "manual")
    jobs = {job.name: job for job in held.jobs.list(get_all=True)}
    assert (jobs["approve"].status, jobs["register"].status, jobs["approve"].allow_failure) == (
        "manual",
        "created",
        False,
    )
    project.jobs.get(jobs["approve"].id).play()
    bench.until(lambda: project.pipelines.get(held.id).status == "success")


def test_a_failed_child_fails_its_bridge_and_its_parent(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "pick-best", "outcome": "script_failure"})
    project = bench.project(VISION)
    done = bench.pipeline(project, "failed")
    (bridge,) = done.bridges.list(get_all=True)
    assert bridge.status == "failed" and bridge.downstream_pipeline["status"] == "failed"
    child = project.pipelines.get(bridge.downstream_pipeline["id"])
    assert {job.name for job in child.jobs.list(get_all=True)} >= {"trial: [lr=0.001]", "pick-best"}
    bench.post("/-/simulator/outcome", json={"job": "pick-best", "outcome": ""})
    child.retry()
    bench.until(lambda: project.pipelines.get(done.id).status == "success")


def test_children_are_listed_only_by_their_source(bench: Bench) -> None:
    project = bench.project()
    done = bench.pipeline(project, "success")
    assert [row.id for row in project.pipelines.list(get_all=True)] == [done.id]
    (child,) = project.pipelines.list(source="parent_pipeline", get_all=True)
    assert child.id > done.id


def test_a_multi_project_bridge_starts_a_pipeline_elsewhere(bench: Bench) -> None:
    done = bench.pipeline(bench.project(SEARCH), "success")
    (bridge,) = done.bridges.list(get_all=True)
    other = bench.project(TICKETS)
    assert bridge.downstream_pipeline["project_id"] == other.id
    assert other.pipelines.get(bridge.downstream_pipeline["id"]).source == "pipeline"


def test_cancel_ends_everything_that_can_be_canceled(bench: Bench) -> None:
    project = bench.project()
    made = bench.pipeline(project)
    bench.until(lambda: len(made.bridges.list(scope="running", get_all=True)) == 1)
    answer = made.cancel()
    assert answer["id"] == made.id
    jobs = {job.name: job.status for job in made.jobs.list(get_all=True)}
    assert "canceling" in jobs.values() and jobs["deploy"] == "canceled"
    bench.until(lambda: project.pipelines.get(made.id).status == "canceled")
    child = project.pipelines.get(made.bridges.list(get_all=True)[0].downstream_pipeline["id"])
    assert child.status == "canceled"
    made.cancel()
    assert project.pipelines.get(made.id).status == "canceled"


def test_a_pipeline_retry_makes_new_jobs_of_what_failed(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "evaluate", "outcome": "script_failure"})
    project = bench.project()
    failed = bench.pipeline(project, "failed")
    old = bench.job(failed, "evaluate")
    bench.post("/-/simulator/outcome", json={"job": "evaluate", "outcome": ""})
    failed.retry()
    new = bench.job(failed, "evaluate")
    assert new.id > old.id and project.jobs.get(old.id).status == "failed"
    assert {job.id for job in failed.jobs.list(include_retried=True, get_all=True)} > {new.id, old.id}
    bench.until(lambda: project.pipelines.get(failed.id).status == "success")
    failed.retry()
    assert project.pipelines.get(failed.id).status == "success"


def test_filters(bench: Bench) -> None:
    project = bench.project()
    one = bench.pipeline(project, "success")
    border = iso(bench.clock.advance(1))
    bench.clock.advance(1)
    two = bench.pipeline(project, ref="develop")

    def ids(**filters: Any) -> list[int]:
        return [row.id for row in project.pipelines.list(get_all=True, **filters)]

    assert ids() == [two.id, one.id] and ids(sort="asc") == [one.id, two.id]
    assert ids(status="success") == [one.id] and ids(scope="finished") == [one.id]
    assert ids(ref="develop") == [two.id] and ids(sha=one.sha) == [one.id] and ids(scope="branches") == [two.id, one.id]
    assert ids(username="bo") == [two.id, one.id] and ids(username="ada") == []
    assert ids(updated_after=border) == [two.id] and ids(updated_before=border) == [one.id]
    assert ids(created_before=border) == [one.id] and ids(created_after=border) == [two.id]
    assert ids(order_by="updated_at", sort="desc")[0] == two.id and ids(source="push") == []
    for bad, error in (
        ({"status": "great"}, "status"),
        ({"source": "moon"}, "source"),
        ({"order_by": "x"}, "order_by"),
    ):
        answer = bench.get(f"/projects/{project.id}/pipelines", params=bad)
        assert (answer.status_code, answer.json()) == (400, {"error": f"{error} does not have a valid value"})
    bad_time = bench.get(f"/projects/{project.id}/pipelines", params={"updated_after": "yesterday"})
    assert (bad_time.status_code, bad_time.json()) == (400, {"error": "updated_after is invalid"})


def test_latest_is_forbidden_where_there_is_none(bench: Bench) -> None:
    project = bench.project()
    with pytest.raises(gitlab.GitlabHttpError) as caught:
        project.pipelines.latest(ref="main")
    assert caught.value.response_code == 403
    made = bench.pipeline(project)
    assert project.pipelines.latest(ref="main").id == made.id


def test_variables_are_for_maintainers_and_the_creator(bench: Bench) -> None:
    made = bench.pipeline(bench.project(), LR="0.01")
    assert [(item.key, item.value) for item in made.variables.list(get_all=True)] == [("LR", "0.01")]
    path = f"/projects/{made.project_id}/pipelines/{made.id}/variables"
    assert bench.get(path, "developer").status_code == 403
    own = bench.as_("developer").projects.get(made.project_id).pipelines.create({"ref": "develop"})
    assert bench.get(f"/projects/{made.project_id}/pipelines/{own.id}/variables", "developer").status_code == 200


def test_rename_and_delete(bench: Bench) -> None:
    made = bench.pipeline(bench.project())
    path = f"/projects/{made.project_id}/pipelines/{made.id}"
    assert bench.call("PUT", f"{path}/metadata", json={"name": "mine"}).json()["name"] == "mine"
    assert bench.call("DELETE", path, "developer").status_code == 403
    answer = bench.call("DELETE", path, "owner")
    assert (answer.status_code, answer.content) == (204, b"")
    gone = bench.get(path)
    assert (gone.status_code, gone.json()) == (404, {"message": "404 Not found"})


def test_a_schedule_plays_without_telling_the_pipeline(bench: Bench) -> None:
    project = bench.project()
    nightly = project.pipelineschedules.list(get_all=True)[0]
    answer = bench.post(f"/projects/{project.id}/pipeline_schedules/{nightly.id}/play")
    assert (answer.status_code, answer.json()) == (201, {"message": "201 Created"})
    (row,) = bench.get(f"/projects/{project.id}/pipeline_schedules/{nightly.id}/pipelines").json()
    assert row["source"] == "schedule" and nightly.ref == "refs/heads/main"


def test_runner_capacity_makes_jobs_wait(serve: Callable[..., Bench]) -> None:
    bench = serve()
    for runner in (11, 12):
        bench.post("/-/simulator/runner", json={"id": runner, "paused": True})
    made = bench.pipeline(bench.project())
    bench.clock.advance(300)
    assert {job.status for job in made.jobs.list(get_all=True)} == {"pending", "created"}
    bench.post("/-/simulator/runner", json={"id": 11, "paused": False})
    extract = bench.job(made, "extract", "success")
    assert extract.queued_duration > 300
