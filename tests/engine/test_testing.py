"""Tests of APIs: the pipeline of a test repository, the runs that its cases start, and what ties them together."""

from __future__ import annotations

from typing import Any

import pytest

from data.config import ApiSettings, PipelineSettings, ProjectSettings
from data.engine.testing import path_of
from data.model import JobRun, PipelineAPI, PipelineRun, RunInfo, Submission, TestReport, Variable
from data.model.vocabulary import FINISHED, TEST
from tests.engine.conftest import CHURN, Lab, until

TESTS = f"{CHURN}-tests"
"""The test repository of the tests' project."""
CASES = ("small", "full", "drift")
RUN_ID = "0a55e2c4-7d0f-4f4e-9a25-000000000001"


def with_tests(*apis: ApiSettings, project: str = CHURN) -> ProjectSettings:
    """A project with APIs that have test repositories."""
    given = apis or (ApiSettings(name="train", test_repository=TESTS),)
    return ProjectSettings(
        project=project, connection="work", pipelines=[PipelineSettings(name="training", apis=list(given))]
    )


async def cases_of(lab: Lab, test: PipelineRun, count: int = 3) -> list[PipelineRun]:
    """The runs that the cases of a test started, once all of them are known and their jobs were read."""

    async def check() -> list[PipelineRun] | None:
        page = await lab.store.page(PipelineRun, where={"parent_run_id": test.id}, limit=50)
        runs = [run for run in page.records if run.jobs_synced]
        return runs if len(runs) == count else None

    return await until(check, "the runs of the cases were never read")


async def ended(lab: Lab, run_id: str) -> RunInfo:
    """The test of a RUN_ID, once all of its runs have ended."""

    async def check() -> RunInfo | None:
        info = await lab.store.get(RunInfo, run_id)
        whole = info is not None and bool(info.test_run_id) and len(info.runs) == len(CASES)
        if info is None or not whole or info.finish_time is None:
            return None
        runs = await lab.store.get_many(PipelineRun, [info.test_run_id, *info.runs])
        ends = [run.completion for run in runs.values() if run.completion and run.status in FINISHED]
        return info if len(ends) == len(runs) and info.finish_time == max(ends) else None

    return await until(check, "the test never ended")


async def test_a_test_that_was_started_elsewhere_is_followed_to_its_end(lab: Lab) -> None:
    lab.simulator.world.forced["report: [drift]"] = "script_failure"
    number = await lab.pipeline(TESTS, RUN_ID=RUN_ID, EPOCHS="3")
    async with lab.running(lab.settings(projects=[with_tests()])):
        lab.pass_time(120)
        test = await lab.run(number, path=TESTS)
        assert test.project_id == lab.project_id() and test.git_project_id == lab.git(TESTS)
        assert (test.kind, test.api, test.pipeline_api_id) == (TEST, "train", f"{lab.project_id()}:training:train")
        await cases_of(lab, test)
        lab.pass_time(1200)
        info = await ended(lab, RUN_ID)
        test = await lab.run(number, *FINISHED, path=TESTS)
        cases = await cases_of(lab, test)
        jobs = (await lab.store.page(JobRun, where={"pipeline_run_id": test.id}, limit=50)).records
    assert test.status == "failed" and {run.status for run in cases} == {"success"}
    assert (info.kind, info.test_run_id, info.pipeline_api_id) == (TEST, test.id, test.pipeline_api_id)
    assert sorted(info.runs) == sorted(run.id for run in cases) and info.pipeline_id == test.pipeline_id
    assert info.finish_time == max(run.completion for run in (test, *cases) if run.completion)
    for run in cases:
        assert (run.project_id, run.kind, run.run_info_id) == (lab.project_id(), TEST, RUN_ID)
        assert (run.trigger_type, run.api, run.pipeline_api_id) == ("pipeline", "train", test.pipeline_api_id)
    assert {job.project_id for job in jobs} == {lab.project_id()}
    assert {job.downstream for job in jobs if job.bridge} == {run.id for run in cases}


async def test_the_cases_are_tests_when_their_own_project_shows_them_first(lab: Lab) -> None:
    """The project's list tells of a case before the test repository's pipeline is known at all."""
    number = await lab.pipeline(TESTS, RUN_ID=RUN_ID, EPOCHS="3")
    lab.pass_time(60)
    world = lab.simulator.world
    below = [one.downstream.id for one in world.pipelines[number].latest if one.downstream is not None]
    async with lab.running(lab.settings()):
        for pipeline in below:
            assert (await lab.run(pipeline)).kind != TEST
    async with lab.running(lab.settings(projects=[with_tests()])):
        lab.pass_time(1200)
        test = await lab.run(number, *FINISHED, path=TESTS)
        info = await ended(lab, RUN_ID)
        cases = await cases_of(lab, test)
    assert info.kind == TEST and sorted(info.runs) == sorted(lab.run_id(pipeline) for pipeline in below)
    assert {(run.kind, run.run_info_id, run.api, run.parent_run_id) for run in cases} == {
        (TEST, RUN_ID, "train", test.id)
    }


async def test_variables_that_a_project_refuses_do_not_hide_its_cases(lab: Lab) -> None:
    """Where no RUN_ID can be passed on, the trigger jobs of the test still say what belongs to it."""
    tickets = "ml/support/nlp/nlp-tickets"
    number = await lab.pipeline(f"{tickets}-tests", RUN_ID=RUN_ID)
    settings = with_tests(ApiSettings(name="train", test_repository=f"{tickets}-tests"), project=tickets)
    async with lab.running(lab.settings(projects=[settings])):
        lab.pass_time(2400)
        info = await ended(lab, RUN_ID)
        test = await lab.run(number, "success", path=f"{tickets}-tests")
        cases = await cases_of(lab, test)
    assert sorted(info.runs) == sorted(run.id for run in cases)
    assert {run.run_info_id for run in cases} == {RUN_ID} and {run.ref for run in cases} == {"develop"}
    assert all("RUN_ID" not in run.variables for run in cases)


async def test_the_api_is_known_by_its_variable_where_apis_share_a_test_repository(lab: Lab) -> None:
    number = await lab.pipeline(TESTS, RUN_ID=RUN_ID, LINESIDE_API="features")
    apis = [ApiSettings(name=name, test_repository=TESTS) for name in ("train", "features")]
    async with lab.running(lab.settings(projects=[with_tests(*apis)])):
        lab.pass_time(120)

        async def check() -> PipelineRun | None:
            run = await lab.store.get(PipelineRun, lab.run_id(number, TESTS))
            return run if run is not None and run.api else None

        test = await until(check, "the test never got its API")
        cases = await cases_of(lab, test)
        assert test.api == "features" and {run.api for run in cases} == {"features"}


async def test_a_test_repository_that_is_a_project_of_its_own_keeps_its_runs(lab: Lab) -> None:
    number = await lab.pipeline(TESTS, RUN_ID=RUN_ID, EPOCHS="3")
    settings = [with_tests(), ProjectSettings(project=TESTS, connection="work")]
    async with lab.running(lab.settings(projects=settings)):
        lab.pass_time(1500)
        test = await lab.run(number, *FINISHED, path=TESTS)
        cases = await cases_of(lab, test)
    assert test.project_id == lab.project_id(TESTS) and {run.project_id for run in cases} == {lab.project_id()}


async def test_an_unknown_test_repository_leaves_the_project_in_order(lab: Lab) -> None:
    number = await lab.pipeline()
    settings = with_tests(ApiSettings(name="train", test_repository="ml/customer/nothing"))
    async with lab.running(lab.settings(projects=[settings])):
        assert (await lab.run(number)).project_id == lab.project_id()


# Launched here


def asked(*more: Variable, ref: str = "main", **values: Any) -> dict[str, Any]:
    """What a launch of the test carries."""
    variables = [Variable(key="EPOCHS", value="3"), Variable(key="RUN_ID", value=RUN_ID), *more]
    return {
        "ref": ref, "api": "train", "kind": TEST, "run_id": RUN_ID, "test_repository": TESTS,
        "variables": [{"key": one.key, "value": one.value} for one in variables], **values,
    }  # fmt: skip


async def api_is_known(lab: Lab) -> None:
    """Wait until there is an API that a test can be launched of."""

    async def check() -> bool:
        return await lab.store.count(PipelineAPI, where={"name": "train"}) > 0

    await until(check)


async def test_a_launched_test_runs_in_its_repository_and_all_records_are_right(lab: Lab) -> None:
    lab.simulator.world.forced["train"] = "script_failure"
    async with lab.running(lab.settings(projects=[with_tests()])):
        await api_is_known(lab)
        command = await lab.submit("launch", **asked(ref="develop"))
        done = await lab.settled(command)
        assert done.state == "done", done.answer
        test = await lab.store.get(PipelineRun, done.result_id)
        assert test is not None and test.git_project_id == lab.git(TESTS) and test.project_id == lab.project_id()
        assert (test.ref, test.kind, test.run_info_id, test.submission_id) == ("main", TEST, RUN_ID, command.id)
        [sent] = [one for one in await lab.requested() if one["id"] == test.git_pipeline_id]
        told = {"LINESIDE_API": "train", "LINESIDE_REF": "develop"}
        assert sent["variables"] == {"EPOCHS": "3", "RUN_ID": RUN_ID, **told}
        lab.pass_time(1200)
        info = await ended(lab, RUN_ID)
        test = await lab.run(test.git_pipeline_id, *FINISHED, path=TESTS)
        cases = await cases_of(lab, test)
    assert info.requester == "ada" and info.kind == TEST and info.test_run_id == test.id
    assert info.create_time == command.created and sorted(info.runs) == sorted(run.id for run in cases)
    assert test.status == "failed" and {(run.status, run.ref) for run in cases} == {("failed", "develop")}
    assert {(run.kind, run.run_info_id, run.pipeline_api_id) for run in cases} == {
        (TEST, RUN_ID, f"{lab.project_id()}:training:train")
    }
    submission = await lab.store.get(Submission, command.id)
    assert submission is not None and submission.pipeline_run_id == test.id
    assert (submission.kind, submission.test_repository, submission.ref) == (TEST, TESTS, "develop")


async def test_a_test_without_a_repository_is_a_run_of_the_own_pipeline(lab: Lab) -> None:
    async with lab.running(lab.settings(projects=[with_tests(ApiSettings(name="train"))])):
        command = await lab.submit("launch", **asked(test_repository=""))
        done = await lab.settled(command)
        run = await lab.store.get(PipelineRun, done.result_id)
    assert run is not None and (run.git_project_id, run.kind) == (lab.git(), TEST)
    [sent] = [one for one in await lab.requested() if one["id"] == run.git_pipeline_id]
    assert sent["variables"] == {"EPOCHS": "3", "RUN_ID": RUN_ID}
    info = await lab.store.get(RunInfo, RUN_ID)
    assert info is not None and (info.kind, info.test_run_id, info.runs) == (TEST, "", (run.id,))


async def test_a_lost_answer_of_a_test_launch_is_found_in_its_repository(lab: Lab) -> None:
    await lab.fault("cut_after", method="POST", path="/pipeline$")
    async with lab.running(lab.settings(projects=[with_tests()])):
        command = await lab.submit("launch", **asked())
        done = await lab.settled(command)
    assert done.state == "done" and len(await lab.requested()) == 1
    assert done.result_id.startswith(f"work:{lab.git(TESTS)}:")


async def test_a_test_repository_that_cannot_be_found_refuses_the_launch(lab: Lab) -> None:
    async with lab.running(lab.settings(projects=[with_tests()])):
        command = await lab.submit("launch", **asked(test_repository="ml/customer/nothing"))
        done = await lab.settled(command)
    assert done.state == "refused" and "ml/customer/nothing" in done.answer
    assert await lab.requested() == []


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("42", "42"),
        ("ml/churn-tests", "ml/churn-tests"),
        ("https://git.example/ml/churn-tests.git", "ml/churn-tests"),
        ("https://git.example/gitlab/ml/churn-tests", "ml/churn-tests"),
        ("/ml/churn-tests/", "ml/churn-tests"),
    ],
)
def test_repositories_are_named_by_id_path_or_address(reference: str, path: str) -> None:
    base = "https://git.example/gitlab" if "/gitlab/" in reference else "https://git.example"
    assert path_of(reference, base) == path


async def test_a_report_is_read_while_somebody_looks(lab: Lab) -> None:
    lab.simulator.world.forced["report: [small]"] = "script_failure"
    number = await lab.pipeline(TESTS, RUN_ID=RUN_ID, EPOCHS="3")
    lab.pass_time(1500)
    async with lab.running(lab.settings(projects=[with_tests()])):
        test = await lab.run(number, "failed", path=TESTS)
        assert await lab.store.get(TestReport, test.id) is None
        await lab.look(f"tests:{test.id}")

        async def check() -> TestReport | None:
            found = await lab.store.get(TestReport, test.id)
            return found if found is not None and found.complete else None

        report = await until(check, "the report was never read")
    assert [suite.name for suite in report.suites] == ["prepare-cases", *(f"report: [{x}]" for x in CASES)]
    assert (report.total, report.failed, report.skipped) == (18, 1, 3)
    small = next(suite for suite in report.suites if suite.name == "report: [small]")
    failed = next(case for case in small.cases if case.status == "failed")
    assert failed.name == "test_metric_above_baseline" and "cases/small/test_small.py:38" in failed.output
