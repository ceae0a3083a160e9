"""Definitions through the outbox: made, changed and deleted beside what the server and the configuration say."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from msgspec.structs import replace

from data.config import ApiSettings, PipelineSettings, ProjectSettings
from data.define.document import from_yaml
from data.define.fields import Definition, Definitions
from data.define.plan import Plan, plan
from data.define.wanted import plan_of
from data.define.writing import to_yaml
from data.model import Command, Pipeline, PipelineAPI, PipelineJob, PipelineRun, Project
from data.simulator.commits import commit
from tests.engine.conftest import CHURN, Lab, until
from tui.actions_define import define_command


async def known(lab: Lab) -> Definitions:
    """All that is defined in the project."""
    id = lab.project_id()
    project = await lab.store.get(Project, id)
    assert project is not None
    pipelines = (await lab.store.page(Pipeline, where={"project_id": id})).records
    where = {"pipeline_id": [one.id for one in pipelines]}
    jobs, apis = await lab.store.page(PipelineJob, where=where), await lab.store.page(PipelineAPI, where=where)
    return Definitions(project, pipelines, jobs.records, apis.records)


async def described(lab: Lab) -> Definitions:
    """The same, once the CI file was validated."""

    async def check() -> Definitions | None:
        if await lab.store.get(Project, lab.project_id()) is None:
            return None
        found = await known(lab)
        return found if found.pipelines and all(one.last_commit_hash for one in found.pipelines) else None

    return await until(check, "the CI file was never validated")


async def defined(lab: Lab, what: Plan | tuple[Sequence[Definition], Sequence[Definition]]) -> Command:
    """A plan carried out, or refused."""
    project = await lab.store.get(Project, lab.project_id())
    assert project is not None
    command = define_command(project, what if isinstance(what, Plan) else plan(*what), "ada")
    await lab.store.submit(command)
    return await lab.settled(command)


def applied(text: str, stored: Definitions, *, prune: bool = False) -> Plan:
    """What a document changes."""
    document = from_yaml(text)
    assert not isinstance(document, list), document
    found = plan_of(document, stored, prune=prune)
    assert isinstance(found, Plan), found
    return found


def commit_on_main(lab: Lab) -> None:
    """Somebody pushes to the default branch."""
    world = lab.simulator.world
    with world.lock:
        project = world.paths[CHURN]
        commit(world, project, project.branches["main"], random.Random(0), lab.clock.now())


async def test_a_document_makes_a_pipeline_that_survives_the_engine(lab: Lab) -> None:
    await lab.pipeline()
    text = (
        f"project: {CHURN}\npipelines:\n- name: nightly\n  max_concurrent: 1\n  timeout: 2h\n"
        "  apis:\n  - {name: quick, flow_control: {train: false}, callback_url: 'https://ml.example/hook'}\n"
    )
    async with lab.running():
        done = await defined(lab, applied(text, await described(lab)))
        assert (done.state, done.answer) == ("done", "added pipeline nightly, API nightly/quick")
        now = await known(lab)
        assert applied(text, now).empty
        jobs, _ = now.of(f"{lab.project_id()}:nightly")
        assert {"train", "features"} <= {one.name for one in jobs}  # those of the pipeline of the same file
    async with lab.running():
        again = await described(lab)
        assert applied(text, again).empty
        made = {one.name: one for one in again.pipelines}["nightly"]
        assert (made.defined_by, made.max_concurrent, made.timeout) == ("user", 1, 7200.0)
        quick = {one.name: one for one in again.apis}["quick"]
        assert "train" not in quick.jobs
        assert "features" in quick.jobs
    assert applied(to_yaml(*again), again, prune=True).empty


async def test_what_people_changed_is_not_touched_by_lint(lab: Lab) -> None:
    await lab.pipeline()
    async with lab.running():
        stored = await described(lab)
        train = {one.name: one for one in stored.jobs}["train"]
        mine = replace(train, stage_type="HYPERPARAMETER_TUNING", image="registry/mine:1")
        (api,) = stored.apis
        was: list[Definition] = [train, api]
        wanted: list[Definition] = [mine, replace(api, description="mine", user_variables=())]
        assert (await defined(lab, (was, wanted))).state == "done"
        commit = stored.pipelines[0].last_commit_hash
        commit_on_main(lab)
        await lab.pipeline()

        async def linted() -> bool:
            return (await described(lab)).pipelines[0].last_commit_hash != commit

        await until(linted, "the new commit was never validated")
        now = await known(lab)
        kept = {one.name: one for one in now.jobs}["train"]
        assert (kept.image, kept.stage_type, kept.defined_by) == (mine.image, mine.stage_type, "user")
        assert {one.name for one in now.jobs} >= {"features", "evaluate"}
        assert now.apis[0].user_variables == ()
        # Deleted, it is again what the CI file says.
        assert (await defined(lab, ([kept], []))).state == "done"

        async def back() -> bool:
            jobs = {one.name: one for one in (await known(lab)).jobs}
            return "train" in jobs and jobs["train"].image == train.image and jobs["train"].defined_by == ""

        await until(back, "the job never came back")


async def test_the_configuration_and_people(lab: Lab) -> None:
    def named(timeout: float, *apis: str) -> ProjectSettings:
        pipeline = PipelineSettings(name="train", timeout=timeout, apis=[ApiSettings(name=one) for one in apis])
        return ProjectSettings(project=CHURN, connection="work", pipelines=[pipeline])

    await lab.pipeline()
    async with lab.running(lab.settings(projects=[named(60.0, "e2e", "other")])):
        stored = await described(lab)
        assert {one.defined_by for one in stored.pipelines + stored.apis} == {"configuration"}
        (train,) = stored.pipelines
        e2e = {one.name: one for one in stored.apis}["e2e"]
        was: list[Definition] = [train, e2e]
        mine: list[Definition] = [replace(train, timeout=5.0), replace(e2e, description="mine")]
        await defined(lab, (was, mine))
    async with lab.running(lab.settings(projects=[named(90.0, "e2e", "other", "third")])):

        async def third() -> Definitions | None:
            found = await described(lab)
            return found if len(found.apis) == 3 else None

        stored = await until(third, "the configuration's new API never came")
        (train,) = stored.pipelines
        assert (train.timeout, train.defined_by) == (5.0, "user")
        assert {one.name: one.description for one in stored.apis} == {"e2e": "mine", "other": "", "third": ""}
        done = await defined(lab, (stored.records, []))
        assert done.answer == "pipeline train is back as the configuration names it"
        (train,) = (await known(lab)).pipelines
        assert (train.timeout, train.defined_by) == (90.0, "configuration")
        assert {one.defined_by for one in (await described(lab)).apis} == {"configuration"}


async def test_stage_types_of_the_configuration(lab: Lab) -> None:
    pipeline = PipelineSettings(name="train", stage_types={"features": "DATA_SPLITTING", "train": "CUSTOM"})
    await lab.pipeline()
    async with lab.running(
        lab.settings(projects=[ProjectSettings(project=CHURN, connection="work", pipelines=[pipeline])])
    ):

        async def named() -> dict[str, PipelineJob] | None:
            jobs = {one.name: one for one in (await described(lab)).jobs}
            return jobs if "features" in jobs and jobs["features"].stage_type == "DATA_SPLITTING" else None

        jobs = await until(named, "the stage type of the configuration never came")
        assert jobs["train"].stage_type == "CUSTOM"
        assert jobs["evaluate"].stage_type == "MODEL_EVALUATION"
        mine = replace(jobs["train"], stage_type="HYPERPARAMETER_TUNING")
        await defined(lab, ([jobs["train"]], [mine]))
        commit_on_main(lab)
        old = (await known(lab)).pipelines[0].last_commit_hash
        await lab.pipeline()

        async def linted() -> bool:
            return (await described(lab)).pipelines[0].last_commit_hash != old

        await until(linted)
        jobs = await until(named, "the stage type of the configuration was lost")
        assert jobs["train"].stage_type == "HYPERPARAMETER_TUNING"


async def test_two_people_at_once(lab: Lab) -> None:
    await lab.pipeline()
    async with lab.running():
        (was,) = (await described(lab)).pipelines
        first = await defined(lab, ([was], [replace(was, timeout=1.0)]))
        second = await defined(lab, ([was], [replace(was, timeout=2.0)]))
        assert (first.state, second.state) == ("done", "refused")
        assert "somebody has changed pipeline" in second.answer
        (now,) = (await known(lab)).pipelines
        assert now.timeout == 1.0
        assert (await defined(lab, ([now], [replace(now, timeout=2.0)]))).state == "done"


async def test_runs_outlive_their_pipeline(lab: Lab) -> None:
    number = await lab.pipeline()
    async with lab.running():
        stored = await described(lab)
        mine = replace(stored.pipelines[0], id=f"{lab.project_id()}:mine", name="mine")
        await defined(lab, ([], [mine]))
        lab.pass_time_until(lambda: lab.simulator.world.pipelines[number].status in ("success", "failed", "manual"))
        run = await lab.run(number, "success", "failed", "manual")
        old = run.pipeline_id
        assert (await defined(lab, (stored.records, []))).state == "done"
        assert [one.name for one in (await known(lab)).pipelines] == ["mine"]
        later = await lab.pipeline()  # the only pipeline that is left
        found = await lab.run(later)
        assert found.pipeline_id == mine.id
        kept = await lab.store.get(PipelineRun, run.id)
        assert kept is not None
        assert kept.pipeline_id == old


async def test_definitions_need_no_server(lab: Lab) -> None:
    await lab.pipeline()
    async with lab.running():
        (was,) = (await described(lab)).pipelines
    lab.simulator.stop()
    async with lab.running():
        done = await defined(lab, ([was], [replace(was, timeout=1.0)]))
        assert done.state == "done"


async def test_a_read_only_configuration_changes_nothing(lab: Lab) -> None:
    await lab.pipeline()
    async with lab.running(lab.settings(read_only=True)):
        (was,) = (await described(lab)).pipelines
        done = await defined(lab, ([was], [replace(was, timeout=1.0)]))
        assert done.state == "refused"
        assert "read-only" in done.answer


async def test_an_engine_that_died_in_between_is_finished_for(lab: Lab) -> None:
    await lab.pipeline()
    async with lab.running():
        stored = await described(lab)
    (was,) = stored.pipelines
    mine = replace(was, id=f"{lab.project_id()}:mine", name="mine")
    command = define_command(stored.project, plan([was], [replace(was, timeout=1.0), mine]), "ada")
    await lab.store.submit(command)
    await lab.store.claim("dead", [lab.project_id()])
    # It had written one of the two.
    await lab.store.put([replace(was, timeout=1.0, defined_by="user")])
    async with lab.running():
        done = await lab.settled(command)
    assert done.state == "done"
    assert {one.name: one.timeout for one in (await known(lab)).pipelines} == {was.name: 1.0, "mine": was.timeout}


async def test_many_at_once_lose_nothing(lab: Lab) -> None:
    await lab.pipeline()
    async with lab.running():
        (base,) = (await described(lab)).pipelines
        plans = [plan([], [replace(base, id=f"{base.project_id}:p{n}", name=f"p{n}")]) for n in range(20)]
        ended = await asyncio.gather(*(defined(lab, one) for one in plans))
        assert {one.state for one in ended} == {"done"}
        assert {one.name for one in (await known(lab)).pipelines} >= {f"p{n}" for n in range(20)}
