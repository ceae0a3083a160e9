"""Launching, cancelling, retrying and playing on a simulated GitLab; every request is sent once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from data.errors import Forbidden, NotFound, Refused
from data.model import JobRun, PipelineRun, Variable
from data.simulator.ci import Input
from data.simulator.server import Simulator
from data.simulator.settings import SimulatorSettings
from data.sources.faults import Unanswered
from data.sources.gitlab import GitLabSource
from tests.sources.conftest import Connect
from tests.sources.scripted import Answer, Scripted

pytestmark = pytest.mark.server
PROJECT = 101
"""Id of the simulator's first project."""
LONG = 20.0
"""Seconds within which the simulator must have moved on."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A slower one with all sorts of projects: jobs must be caught while they run."""
    with Simulator(SimulatorSettings(projects=3, history_days=0, activity=0, failure_rate=0, speed=60)) as running:
        yield running


@pytest.fixture(autouse=True)
def unchanged(simulator: Simulator) -> Iterator[None]:
    yield
    requests.post(f"{simulator.url}/-/simulator/reset", timeout=5)


def until(check: Callable[[], JobRun | PipelineRun | None]) -> JobRun | PipelineRun:
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        found = check()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def launch(source: GitLabSource, project: int = PROJECT, **variables: str) -> PipelineRun:
    return source.create_pipeline(
        project, "main", [Variable(key=key, value=value) for key, value in variables.items()], {}
    )


def sent(simulator: Simulator, route: str) -> int:
    counts = requests.get(f"{simulator.url}/-/simulator/requests", timeout=5).json()["routes"]
    return int(counts.get(route, 0))


def fault(simulator: Simulator, **order: object) -> None:
    requests.post(f"{simulator.url}/-/simulator/faults", json=order, timeout=5).raise_for_status()


def test_a_launch_with_variables_and_how_it_is_found_again(connect: Connect) -> None:
    source = connect()
    before = datetime.now(UTC) - timedelta(minutes=1)
    run = launch(source, EPOCHS="3", RUN_ID="0192-abc")
    assert (run.connection, run.ref, run.trigger_type) == ("gl", "main", "api")
    found = source.find_pipelines(PROJECT, created_after=before)
    assert found[0].id == run.id
    known = {one.key: one.value for one in source.variables(PROJECT, run.git_pipeline_id)}
    assert known == {"EPOCHS": "3", "RUN_ID": "0192-abc"}
    assert run.id in {
        one.id for one in source.find_pipelines(PROJECT, created_after=before, username=source.probe().user)
    }
    assert not source.find_pipelines(PROJECT, created_after=before, username="nobody")


def test_a_launch_without_variables_sends_none(gitlab: GitLabSource, script: Scripted) -> None:
    script.on("/api/v4/projects/7/pipeline", Answer({"id": 1, "created_at": "2026-01-01T00:00:00Z"}, 201))
    gitlab.create_pipeline(7, "main")
    assert script.seen[0].json == {"ref": "main"}


def test_a_launch_sends_file_variables_and_inputs(gitlab: GitLabSource, script: Scripted) -> None:
    script.on("/api/v4/projects/7/pipeline", Answer({"id": 1, "created_at": "2026-01-01T00:00:00Z"}, 201))
    gitlab.create_pipeline(7, "main", [Variable(key="C", value="x", kind="file")], {"epochs": "3"})
    assert script.seen[0].json["variables"] == [{"key": "C", "value": "x", "variable_type": "file"}]
    assert script.seen[0].json["inputs"] == {"epochs": "3"}


def test_a_missing_ref_is_refused_in_gitlabs_words(connect: Connect) -> None:
    with pytest.raises(Refused, match="Reference not found"):
        connect().create_pipeline(PROJECT, "no-such-branch")


def test_variables_may_be_forbidden(simulator: Simulator, connect: Connect) -> None:
    with simulator.world.lock:
        number = next(one.id for one in simulator.world.projects.values() if one.variables_role != "developer")
        simulator.world.projects[number].variables_role = "no_one_allowed"
    with pytest.raises(Refused, match="Insufficient permissions to set pipeline variables") as caught:
        launch(connect(), number, EPOCHS="1")
    assert "inputs" in caught.value.hint


def test_a_token_that_may_only_read_cannot_launch(connect: Connect) -> None:
    with pytest.raises(Forbidden, match="scope"):
        launch(connect("reader"))


def test_a_launch_whose_answer_is_lost_took_effect_once_and_can_be_found(
    simulator: Simulator, connect: Connect
) -> None:
    source = connect()
    before = datetime.now(UTC) - timedelta(minutes=1)
    route = "POST /api/v4/projects/{id}/pipeline"
    had, known = sent(simulator, route), {one.id for one in source.find_pipelines(PROJECT, created_after=before)}
    fault(simulator, kind="cut_after", method="POST", path="/pipeline$")
    with pytest.raises(Unanswered):
        launch(source, RUN_ID="lost")
    assert sent(simulator, route) == had + 1
    fresh = [one for one in source.find_pipelines(PROJECT, created_after=before) if one.id not in known]
    assert len(fresh) == 1
    assert [one.value for one in source.variables(PROJECT, fresh[0].git_pipeline_id)] == ["lost"]


def test_a_gateway_error_on_a_launch_is_not_repeated(simulator: Simulator, connect: Connect) -> None:
    source = connect()
    route = "POST /api/v4/projects/{id}/pipeline"
    had = sent(simulator, route)
    fault(simulator, kind="status", status=502, method="POST")
    with pytest.raises(Unanswered):
        launch(source)
    assert sent(simulator, route) == had + 1


def test_cancelling_a_run_and_retrying_it(connect: Connect) -> None:
    source = connect()
    run = launch(source)
    source.cancel_run(PROJECT, run.git_pipeline_id)

    def canceled() -> PipelineRun | None:
        now = source.run(PROJECT, run.git_pipeline_id)
        return now if now.status == "canceled" else None

    until(canceled)
    again = source.retry_run(PROJECT, run.git_pipeline_id)
    assert again.id == run.id

    def going() -> PipelineRun | None:
        now = source.run(PROJECT, run.git_pipeline_id)
        return now if now.status not in ("canceled", "canceling") else None

    until(going)
    source.cancel_run(PROJECT, run.git_pipeline_id)


def test_cancelling_and_retrying_a_job_makes_a_new_attempt(connect: Connect) -> None:
    source = connect()
    run = launch(source)

    def running() -> JobRun | None:
        return next((job for job in source.jobs(run) if job.status == "running" and not job.bridge), None)

    job = until(running)
    assert isinstance(job, JobRun)
    source.cancel_job(PROJECT, job.git_job_id)

    def canceled() -> JobRun | None:
        return next((one for one in source.jobs(run) if one.id == job.id and one.status == "canceled"), None)

    until(canceled)
    again = source.retry_job(PROJECT, job.git_job_id)
    assert again.git_job_id > job.git_job_id
    assert (again.name, again.retry_of, again.pipeline_run_id) == (job.name, job.id, run.id)
    jobs = {one.id: one for one in source.jobs(run)}
    assert jobs[job.id].retried
    assert (jobs[again.id].attempt_number, jobs[again.id].retry_of) == (2, job.id)
    source.cancel_run(PROJECT, run.git_pipeline_id)


def test_a_job_that_waits_for_nobody_cannot_be_played(connect: Connect) -> None:
    source = connect()
    run = launch(source)
    job = next(one for one in source.jobs(run) if one.status in ("created", "pending", "running"))
    with pytest.raises(Refused, match="Unplayable"):
        source.play_job(PROJECT, job.git_job_id)
    source.cancel_run(PROJECT, run.git_pipeline_id)


def test_playing_a_manual_job(simulator: Simulator, connect: Connect) -> None:
    source = connect()
    with simulator.world.lock:
        number = next(
            one.id for one in simulator.world.projects.values() if any(job.when == "manual" for job in one.spec.jobs)
        )
    run = source.create_pipeline(number, "main")

    def manual() -> JobRun | None:
        return next((one for one in source.jobs(run) if one.status == "manual"), None)

    job = until(manual)
    assert isinstance(job, JobRun)
    played = source.play_job(number, job.git_job_id)
    assert played.id == job.id
    assert played.status != "manual"


def test_job_variables_go_in_the_body_and_not_in_the_query(gitlab: GitLabSource, script: Scripted) -> None:
    row = {"id": 5, "name": "deploy", "status": "pending", "pipeline": {"id": 31}}
    script.on("/api/v4/projects/7/jobs/5/play", Answer(row))
    gitlab.play_job(7, 5, [Variable(key="A", value="1"), Variable(key="B", value="2")])
    assert script.seen[0].query == {}
    assert script.seen[0].json == {"job_variables_attributes": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}]}


def test_cancelling_a_finished_job_returns_it_unchanged(gitlab: GitLabSource, script: Scripted) -> None:
    row = {"id": 5, "name": "train", "status": "success", "pipeline": {"id": 31}}
    script.on("/api/v4/projects/7/jobs/5/cancel", Answer(row, 201))
    assert gitlab.cancel_job(7, 5).status == "success"


def finished(simulator: Simulator, source: GitLabSource) -> tuple[PipelineRun, JobRun]:
    """A run, and a job of it that has ended and left artifacts."""
    run = launch(source, EPOCHS="1")

    def ended() -> JobRun | None:
        jobs = (job for job in source.jobs(run) if job.status == "success" and job.artifacts_size)
        return next(jobs, None)

    job = until(ended)
    assert isinstance(job, JobRun)
    return run, job


def test_artifacts_are_kept_and_a_job_is_erased_once(simulator: Simulator, connect: Connect) -> None:
    source = connect()
    run, job = finished(simulator, source)
    before = source.artifacts(PROJECT, job.git_job_id)
    assert any(one.expires for one in before)
    assert source.keep_artifacts(PROJECT, job.git_job_id).id == job.id
    assert not any(one.expires for one in source.artifacts(PROJECT, job.git_job_id))
    erased = source.erase_job(PROJECT, job.git_job_id)
    assert erased.erased is not None and erased.artifacts_size == 0
    with pytest.raises(Refused, match="not erasable"):
        source.erase_job(PROJECT, job.git_job_id)
    with pytest.raises(NotFound):
        source.keep_artifacts(PROJECT, job.git_job_id)
    source.cancel_run(PROJECT, run.git_pipeline_id)


def test_jobs_of_others_are_erased_by_maintainers_only(simulator: Simulator, connect: Connect) -> None:
    run, job = finished(simulator, connect())
    with pytest.raises(Forbidden, match="erase"):
        connect("developer").erase_job(PROJECT, job.git_job_id)
    connect().cancel_run(PROJECT, run.git_pipeline_id)


def test_a_run_is_renamed_and_deleted_by_its_owner(connect: Connect) -> None:
    source = connect()
    run = launch(source)
    assert source.rename_run(PROJECT, run.git_pipeline_id, "Größer 🚀").name == "Größer 🚀"
    assert source.run(PROJECT, run.git_pipeline_id).name == "Größer 🚀"
    with pytest.raises(Refused, match="too long"):
        source.rename_run(PROJECT, run.git_pipeline_id, "x" * 256)
    with pytest.raises(Forbidden):
        source.delete_run(PROJECT, run.git_pipeline_id)
    connect("owner").delete_run(PROJECT, run.git_pipeline_id)
    with pytest.raises(NotFound):
        source.run(PROJECT, run.git_pipeline_id)
    with pytest.raises(NotFound):
        connect("owner").delete_run(PROJECT, run.git_pipeline_id)


WRITES: dict[str, tuple[str, str, Callable[[GitLabSource], object]]] = {
    "play a schedule": ("POST", "/pipeline_schedules/3/play", lambda one: one.play_schedule(7, 3)),
    "erase": ("POST", "/jobs/5/erase", lambda one: one.erase_job(7, 5)),
    "keep": ("POST", "/jobs/5/artifacts/keep", lambda one: one.keep_artifacts(7, 5)),
    "delete": ("DELETE", "/pipelines/31", lambda one: one.delete_run(7, 31)),
    "rename": ("PUT", "/pipelines/31/metadata", lambda one: one.rename_run(7, 31, "x")),
}
"""Method, path and call of everything that changes something and is not a launch."""


@pytest.mark.parametrize("broken", [Answer(status=502), Answer(cut=True)], ids=["gateway", "cut"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_sent_once_and_says_when_its_outcome_is_not_known(
    gitlab: GitLabSource, script: Scripted, write: str, broken: Answer
) -> None:
    method, path, call = WRITES[write]
    script.on(f"/api/v4/projects/7{path}", broken)
    with pytest.raises(Unanswered):
        call(gitlab)
    assert [seen.method for seen in script.seen] == [method]


def test_inputs_keep_their_types(simulator: Simulator, connect: Connect) -> None:
    with simulator.world.lock:
        project = next(iter(simulator.world.projects.values()))
        project.inputs = (Input("epochs", "number", 3, "How long"), Input("full", "boolean", False, "All data"))
    run = connect().create_pipeline(project.id, "main", (), {"epochs": 7, "full": True})
    assert simulator.world.pipelines[run.git_pipeline_id].inputs == {"epochs": 7, "full": True}
    with pytest.raises(Refused, match="not a number"):
        connect().create_pipeline(project.id, "main", (), {"epochs": "7"})
    connect().cancel_run(project.id, run.git_pipeline_id)
    project.inputs = ()
