"""The CI configuration as pipelines and jobs: validated when its commit changed; and what it tells of runs."""

from __future__ import annotations

from typing import Any, cast

import pytest
from msgspec.structs import replace

from data.config import PipelineSettings, ProjectSettings
from data.engine.context import ProjectContext
from data.engine.linting import Linter
from data.model import Artifact, JobRun, Pipeline, PipelineJob, PipelineRun, SyncState
from data.model import Project as ProjectRecord
from data.simulator.entities import Commit, Project
from data.sources.gitlab import LintResult
from tests.engine.conftest import CHURN, TIMING, Lab, until

pytestmark = pytest.mark.server
LINT = "GET /api/v4/projects/{id}/ci/lint"
POST_LINT = "POST /api/v4/projects/{id}/ci/lint"
QUICK = replace(TIMING, describe=0.2)
OTHER = """spec:
  inputs:
    rate: {type: number, default: 0.1}
---
stages: [train]
fit: {stage: train, script: [fit], image: alpine, variables: {SEED: 1}}
"""


def project_of(lab: Lab) -> Project:
    return lab.simulator.world.paths[CHURN]


def push(lab: Lab, text: str | None = None) -> None:
    """Somebody pushes a commit to main, with another CI file where one is given."""
    project, world = project_of(lab), lab.simulator.world
    with world.lock:
        head = project.branches["main"].head
        sha = f"{int(head.sha, 16) + 1:040x}"[-40:]
        made = Commit(sha, "Change", "Change", head.author, world.time, (head.sha,))
        project.branches["main"].commits.append(made)
        project.commits[sha] = made
        if text is not None:
            project.files[".gitlab-ci.yml"] = text


async def pipeline_of(lab: Lab, name: str = "default") -> Pipeline:
    """The pipeline, once its configuration was accepted."""

    async def found() -> Pipeline | None:
        one = await lab.store.get(Pipeline, f"{lab.project_id()}:{name}")
        return one if one is not None and one.last_commit_hash else None

    return await until(found, "the configuration was never accepted")


async def jobs_of(lab: Lab, name: str = "default") -> dict[str, PipelineJob]:
    page = await lab.store.page(PipelineJob, where={"pipeline_id": f"{lab.project_id()}:{name}"}, limit=200)
    return {job.name: job for job in page.records}


async def asked(lab: Lab, route: str) -> int:
    return (await lab.requests()).get(route, 0)


async def described(lab: Lab, times: int = 3) -> None:
    """Wait until the project was described some times more, and so the lint's turn came."""
    route = "GET /api/v4/projects/{id}"
    before = await asked(lab, route)

    async def enough() -> bool:
        return await asked(lab, route) >= before + times

    await until(enough)


async def test_a_configuration_is_validated_once_for_a_commit_and_its_inputs_are_kept(lab: Lab) -> None:
    project = next(one for one in lab.simulator.world.projects.values() if one.inputs)
    async with lab.running(lab.settings(project.full_path), timing=QUICK):
        id = f"{lab.project_id(project.full_path)}:default"

        async def found() -> Pipeline | None:
            one = await lab.store.get(Pipeline, id)
            return one if one is not None and one.last_commit_hash else None

        pipeline = await until(found)
        assert pipeline.last_commit_hash == project.branches["main"].head.sha, "known without any run"
        assert {one.key: one.kind for one in pipeline.inputs}["full_data"] == "bool"
        deploy = await lab.store.get(PipelineJob, f"{id}:deploy")
        assert deploy is not None and deploy.environment == "staging" and deploy.optional_needs == ("register",)
        count = await asked(lab, LINT)
        await described(lab)
        assert await asked(lab, LINT) == count


async def test_a_failed_validation_is_never_stored_and_not_repeated(lab: Lab) -> None:
    async with lab.running(timing=QUICK):
        before = await pipeline_of(lab)
        push(lab, "train:\n  stage: nowhere\n  script: x\n")

        async def told() -> bool:
            states = (await lab.store.page(SyncState)).records
            return any("nowhere" in state.last_error for state in states)

        await until(told, "nobody hears that the configuration is broken")
        count = await asked(lab, LINT)
        await described(lab)
        assert await asked(lab, LINT) == count
        after = await pipeline_of(lab)
        assert (after.pipeline_config, after.last_commit_hash) == (before.pipeline_config, before.last_commit_hash)
        assert "train" in await jobs_of(lab)
        push(lab, "train: {script: x}\n")

        async def mended() -> bool:
            return set(await jobs_of(lab)) == {"train"}

        await until(mended)
        assert not any(state.last_error for state in (await lab.store.page(SyncState)).records)


async def test_jobs_that_people_changed_are_left_as_they_are(lab: Lab) -> None:
    async with lab.running(timing=QUICK):
        await pipeline_of(lab)
        jobs = await jobs_of(lab)
        mine = replace(jobs["train"], stage_type="MODEL_TESTING", image="mine", defined_by="user")
        made = replace(mine, id=f"{lab.project_id()}:default:extra", name="extra")
        await lab.store.put([mine, made])
        push(lab, "train: {script: x}\nnew: {script: y}\n")

        async def taken() -> bool:
            return set(await jobs_of(lab)) == {"train", "new", "extra"}

        await until(taken, "what the file no longer names was never removed, or what people made was")
        assert (await jobs_of(lab))["train"] == mine


async def test_a_pipeline_of_another_file_is_linted_by_its_text(lab: Lab) -> None:
    with lab.simulator.world.lock:
        project_of(lab).files["ci/other.yml"] = OTHER
    named = [PipelineSettings(name="main"), PipelineSettings(name="other", file="ci/other.yml"),
             PipelineSettings(name="far", file="ci.yml@group/project")]  # fmt: skip
    settings = lab.settings(projects=[ProjectSettings(project=CHURN, connection="work", pipelines=named)])
    async with lab.running(settings, timing=QUICK):
        other = await pipeline_of(lab, "other")
        assert [(one.key, one.value) for one in other.inputs] == [("rate", "0.1")]
        jobs = await jobs_of(lab, "other")
        assert set(jobs) == {"fit"} and jobs["fit"].image == "alpine"
        await pipeline_of(lab, "main")
        assert "train" in await jobs_of(lab, "main")
        await described(lab)
        assert await asked(lab, POST_LINT) == 1
        assert not await jobs_of(lab, "far")


# What it tells of runs


async def test_jobs_and_runs_know_environment_image_script_runner_and_artifacts(lab: Lab) -> None:
    async with lab.running(timing=QUICK):
        await pipeline_of(lab)
        number = await lab.pipeline(EPOCHS="1")
        world = lab.simulator.world
        await lab.look(f"run:{lab.run_id(number)}")
        lab.pass_time_until(lambda: world.pipelines[number].status == "success")
        deploy = next(job for job in world.pipelines[number].jobs if job.name == "deploy")
        await lab.call("POST", f"/projects/{lab.git()}/jobs/{deploy.id}/play")
        lab.pass_time_until(lambda: deploy.status in ("success", "failed"))

        async def settled() -> dict[str, JobRun] | None:
            jobs = await lab.jobs(number)
            done = jobs["deploy"].start is not None and jobs["evaluate"].input_artifacts
            return jobs if done and jobs["deploy"].status not in ("pending", "running") else None

        await lab.run(number, "success")
        jobs = await until(settled, "the jobs never became complete")
        train = jobs["train"]
        assert train.endpoint and train.image.startswith("pytorch") and "train" in train.script
        archive = [id for id in train.output_artifacts if ":archive:" in id]
        assert len(archive) == 1 and archive[0] in jobs["evaluate"].input_artifacts
        assert jobs["extract"].input_artifacts == () and jobs["unit-tests"].input_artifacts == ()
        assert await lab.store.get(Artifact, archive[0]) is not None

        async def placed() -> PipelineRun | None:
            run = await lab.store.get(PipelineRun, lab.run_id(number))
            return run if run is not None and run.environment else None

        run = await until(placed, "the run never learns where it was deployed to")
        assert run.environment == "production"
        assert (run.trigger_type, run.execution_time > 0, run.job_count > 0, run.failed_count) == ("api", True, True, 0)


async def test_variables_of_a_job_in_the_ci_file_are_its_environment(lab: Lab) -> None:
    push(lab, "train: {script: [x], variables: {SEED: 1, API_TOKEN: hunter2}}\n")
    async with lab.running(timing=QUICK):
        await pipeline_of(lab)
        number = await lab.pipeline(EPOCHS="1")
        await lab.run(number)

        async def told() -> JobRun | None:
            job = (await lab.jobs(number)).get("train")
            return job if job is not None and job.environment else None

        lab.pass_time(20)
        assert (await until(told)).environment == {"SEED": "1", "API_TOKEN": ""}


async def test_a_deployment_tells_the_environment_that_the_file_writes_with_variables(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="1")
    world = lab.simulator.world
    lab.pass_time_until(lambda: world.pipelines[number].status == "success")
    deploy = next(job for job in world.pipelines[number].jobs if job.name == "deploy")
    await lab.call("POST", f"/projects/{lab.git()}/jobs/{deploy.id}/play")
    lab.pass_time_until(lambda: deploy.status in ("success", "failed"))
    push(lab, "deploy: {script: x, environment: {name: review/$CI_COMMIT_REF_SLUG}}\n")
    async with lab.running(timing=QUICK):

        async def placed() -> bool:
            run = await lab.store.get(PipelineRun, lab.run_id(number))
            return run is not None and run.environment == "production"

        await until(placed)


async def test_of_a_pipeline_that_was_deleted_meanwhile_no_jobs_are_left(lab: Lab) -> None:
    async with lab.running(timing=QUICK) as engine:
        pipeline = await pipeline_of(lab)
        context = engine._sessions[0].context
        assert context is not None
        gone = replace(pipeline, id=f"{lab.project_id()}:gone", name="gone")
        jobs = list((await jobs_of(lab)).values())
        lint = LintResult(valid=True, errors=[], warnings=[], merged_yaml="", jobs=jobs, variables=[])
        await Linter(context, cast(Any, None))._write(gone, lint, "c0ffee", ())
        assert await jobs_of(lab, "gone") == {} and await lab.store.get(Pipeline, gone.id) is None


def test_what_people_say_of_a_job_wins_over_the_configuration() -> None:
    nothing = cast(Any, None)
    settings = ProjectSettings(
        project="a/b", connection="work", pipelines=[PipelineSettings(name="p", stage_types={"train": "CLEANUP"})]
    )
    context = ProjectContext(
        settings=settings, sync=nothing, timing=nothing, server=nothing, desk=nothing, leases=nothing, board=nothing,
        siblings=set(), project=ProjectRecord(id="work:1", connection="work", git_project_id=1, name="b", path="a/b"),
    )  # fmt: skip
    job = JobRun(
        id="work:1:job:7", pipeline_run_id="work:1:10", project_id="work:1", connection="work", git_project_id=1,
        git_job_id=7, name="train 1/2",
    )  # fmt: skip
    told = PipelineJob(id="work:1:p:train", pipeline_id="work:1:p", name="train", stage_type="MODEL_TESTING")
    context.blueprints = {"train": told}
    assert context.own_job(job).stage_type == "CLEANUP"
    context.blueprints = {"train": replace(told, defined_by="user")}
    assert context.own_job(job).stage_type == "MODEL_TESTING"
