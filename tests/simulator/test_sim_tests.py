"""Test repositories: their cases start the tested pipelines, and their reports say how these ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from data.simulator import ManualClock, SimulatorSettings
from data.simulator.build import build_world
from tests.simulator.conftest import Bench

CHURN, TESTS = "ml/customer/churn", "ml/customer/churn-tests"
CASES = ("small", "full", "drift")


def bridges(pipeline: Any) -> dict[str, Any]:
    """The trigger jobs of a pipeline by name."""
    return {one.name: one for one in pipeline.bridges.list(get_all=True)}


def test_each_case_starts_the_tested_pipeline_with_all_variables(bench: Bench) -> None:
    tests, churn = bench.project(TESTS), bench.project(CHURN)
    made = bench.pipeline(tests, "success", RUN_ID="r1", LINESIDE_REF="develop", LR="0.002")
    found = bridges(made)
    assert set(found) == {f"case: {name}" for name in CASES}
    for bridge in found.values():
        assert bridge.status == "success" and bridge.downstream_pipeline["project_id"] == churn.id
        run = churn.pipelines.get(bridge.downstream_pipeline["id"])
        given = {one.key: one.value for one in run.variables.list(get_all=True)}
        assert (run.source, run.ref, given["RUN_ID"], given["LR"]) == ("pipeline", "develop", "r1", "0.002")
        assert given["RUN_REGISTER"] == given["RUN_DEPLOY"] == "false"
        assert not {job.name for job in run.jobs.list(get_all=True)} & {"register", "deploy"}
    small = churn.pipelines.get(found["case: small"].downstream_pipeline["id"])
    assert {"EPOCHS": "3"}.items() <= {one.key: one.value for one in small.variables.list(get_all=True)}.items()


def test_a_report_says_how_the_case_ended(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "evaluate", "outcome": "script_failure"})
    made = bench.pipeline(bench.project(TESTS), "failed")
    report = made.test_report.get()
    assert [suite["name"] for suite in report.test_suites] == ["prepare-cases", *(f"report: [{x}]" for x in CASES)]
    assert (report.failed_count, report.error_count, report.skipped_count) == (3, 6, 3)
    cases = {case["name"]: case for case in report.test_suites[0]["test_cases"]}
    assert {case["status"] for case in cases.values()} == {"success"}
    cases = {case["name"]: case for case in report.test_suites[1]["test_cases"]}
    assert cases["test_pipeline_succeeds"]["status"] == "failed"
    assert "'evaluate: script_failure'" in cases["test_pipeline_succeeds"]["system_output"]
    assert cases["test_metric_above_baseline"]["status"] == "error"
    assert "FileNotFoundError" in cases["test_metric_above_baseline"]["system_output"]
    assert cases["test_registered_model"]["status"] == "skipped"
    summary = made.test_report_summary.get()
    assert summary.total["failed"] == 3 and summary.total["error"] == 6


def test_log_and_junit_file_agree_with_the_report(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "report: [drift]", "outcome": "script_failure"})
    made = bench.pipeline(bench.project(TESTS), "failed")
    job = bench.job(made, "report: [drift]")
    log = job.trace().decode()
    assert "cases/drift/test_drift.py::test_metric_above_baseline" in log and "1 failed, 3 passed" in log
    root = ElementTree.fromstring(job.artifact("report.xml"))
    failed = [row for row in root if row.find("failure") is not None]
    assert root.get("failures") == "1" and [row.get("name") for row in failed] == ["test_metric_above_baseline"]
    assert "AssertionError" in (failed[0].findtext("failure") or "")
    (suite,) = [one for one in made.test_report.get().test_suites if one["failed_count"]]
    assert suite["name"] == "report: [drift]"


def test_a_failed_unit_test_has_its_text(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "unit-tests", "outcome": "script_failure"})
    made = bench.pipeline(bench.project(), "failed")
    (suite,) = made.test_report.get().test_suites
    failed = [case for case in suite["test_cases"] if case["status"] == "failed"]
    assert [case["name"] for case in failed] == ["test_imputer_keeps_dtype"]
    assert "tests/test_imputer.py:31: AssertionError" in failed[0]["system_output"]


def test_a_project_that_takes_no_variables_is_tested_without(bench: Bench) -> None:
    path = "ml/support/nlp/nlp-tickets"
    made = bench.pipeline(bench.project(f"{path}-tests"), "success", RUN_ID="r1")
    for bridge in bridges(made).values():
        run = bench.project(path).pipelines.get(bridge.downstream_pipeline["id"])
        assert run.ref == "develop" and run.variables.list(get_all=True) == []


def test_variables_are_refused_on_the_way_down_too(bench: Bench) -> None:
    """GitLab docs, ci/variables: a restricted project does not take those of a trigger job, either."""
    world = bench.simulator.world
    world.paths[CHURN].variables_role = "no_one_allowed"
    made = bench.pipeline(bench.project(TESTS), "failed", RUN_ID="r1")
    for bridge in bridges(made).values():
        assert bridge.failure_reason == "downstream_pipeline_creation_failed" and bridge.downstream_pipeline is None


def test_the_ci_file_says_the_same(bench: Bench) -> None:
    project = bench.project(TESTS)
    text = yaml.safe_load(project.files.raw(".gitlab-ci.yml", ref="main"))
    case = text["case: small"]
    assert case["trigger"] == {
        "project": CHURN, "branch": "$LINESIDE_REF", "strategy": "depend",
        "forward": {"yaml_variables": True, "pipeline_variables": True},
    }  # fmt: skip
    assert text["report: [small]"]["rules"][-1] == {"when": "always"}
    assert text["report: [small]"]["artifacts"]["reports"] == {"junit": "report.xml"}
    assert project.ci_lint.get().valid


def test_test_repositories_are_in_no_list_and_nobody_works_in_them(bench: Bench) -> None:
    assert not [row for row in bench.gl.projects.list(get_all=True) if row.path.endswith("-tests")]
    world = build_world(SimulatorSettings(history_days=2), ManualClock())
    assert len(world.testing) == 6 and not any(one.pipelines for one in world.testing.values())


@pytest.mark.parametrize("count", [1, 3])
def test_a_world_can_begin_with_test_runs(serve: Callable[..., Bench], count: int) -> None:
    world = serve(history_days=1, test_runs=count).simulator.world
    made = [run for project in world.testing.values() for run in project.pipelines.values()]
    assert len(made) == count and all(run.status in ("success", "failed") for run in made)
    ids = {one.value for run in made for one in run.variables if one.key == "RUN_ID"}
    below = [job.downstream for run in made for job in run.latest if job.downstream is not None]
    assert len(ids) == count and len(below) == 3 * count
