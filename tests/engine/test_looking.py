"""Refs, previews, schedules and test reports, read while somebody looks at them, from a simulated server."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest

from data.model import CiPreview, Record, Refs, Schedule, TestReport
from data.simulator.ci import PipelineSpec, to_yaml
from data.simulator.entities import Commit, Project
from tests.engine.conftest import TIMING, Lab, until

pytestmark = pytest.mark.server
R = TypeVar("R", bound=Record)
QUICK = msgspec.structs.replace(TIMING, refs=0.1, preview=0.1, report=0.0)
LINT = "GET /api/v4/projects/{id}/ci/lint"
BRANCHES = "GET /api/v4/projects/{id}/repository/branches"
REPORT = "GET /api/v4/projects/{id}/pipelines/{pid}/test_report"
SCHEDULE = "GET /api/v4/projects/{id}/pipeline_schedules/{sid}"


async def stored(lab: Lab, kind: type[R], id: str, check: Callable[[R], bool] = lambda _: True) -> R:
    """A record, once it is there and fits."""

    async def fits() -> R | None:
        found = await lab.store.get(kind, id)
        return found if found is not None and check(found) else None

    return await until(fits, f"{kind.__name__} {id} never fitted")


async def asked(lab: Lab, route: str) -> int:
    return (await lab.requests()).get(route, 0)


async def more(lab: Lab, route: str, times: int = 3) -> None:
    """Wait until a route was asked for some times more."""
    before = await asked(lab, route)

    async def enough() -> bool:
        return await asked(lab, route) >= before + times

    await until(enough, f"{route} was not asked for any more")


def path_of(lab: Lab, part: str) -> Project:
    return next(one for path, one in lab.simulator.world.paths.items() if path.endswith(part))


def push(lab: Lab, project: Project, branch: str, title: str = "Fix it") -> str:
    """Somebody pushes a commit without a pipeline; its hash."""
    world = lab.simulator.world
    with world.lock:
        head = project.branches[branch].head
        sha = f"{int(head.sha, 16) + 1:040x}"[-40:]
        made = Commit(sha, title, title, head.author, world.time + 1, (head.sha,))
        project.branches[branch].commits.append(made)
        project.commits[sha] = made
    return sha


# Branches and tags


async def test_branches_and_tags_come_while_they_are_looked_at_and_are_written_when_they_change(lab: Lab) -> None:
    project = path_of(lab, "churn")
    async with lab.running(timing=QUICK):
        await lab.look(f"refs:{lab.project_id()}")
        refs = await stored(lab, Refs, lab.project_id())
        assert {one.name for one in refs.branches} == set(project.branches)
        assert {one.name for one in refs.tags} == set(project.tags)
        times = [one.committed for one in refs.branches]
        assert None not in times and times == sorted(times, reverse=True)  # type: ignore[type-var]
        main = next(one for one in refs.branches if one.name == "main")
        assert (main.protected, main.sha, main.title) == (
            True, project.branches["main"].head.sha, project.branches["main"].head.title,
        )  # fmt: skip
        await more(lab, BRANCHES)
        assert await lab.store.get(Refs, refs.id) == refs, "unchanged answers write nothing, not even the time"
        sha = push(lab, project, "develop")
        moved = await stored(lab, Refs, refs.id, lambda now: now.branches[0].sha == sha)
        assert moved.branches[0].name == "develop" and moved.branches[0].title == "Fix it"


async def test_nobody_looks_and_nothing_is_asked(lab: Lab) -> None:
    async with lab.running(timing=QUICK):
        await lab.look(f"refs:{lab.project_id()}")
        await stored(lab, Refs, lab.project_id())
        await lab.look(f"refs:{lab.project_id()}", seconds=0.0)
        await until_quiet(lab, BRANCHES)
        await lab.run(await lab.pipeline(EPOCHS="1"))
        before = await asked(lab, BRANCHES)
        await more(lab, "GET /api/v4/projects/{id}/pipelines")
        assert await asked(lab, BRANCHES) == before


async def until_quiet(lab: Lab, route: str) -> None:
    """Wait until the server's list of pipelines is asked for, and a route is not."""

    async def quiet() -> bool:
        before = await asked(lab, route)
        await more(lab, "GET /api/v4/projects/{id}/pipelines", 2)
        return await asked(lab, route) == before

    await until(quiet, f"{route} is asked for without end")


@pytest.mark.parametrize(
    ("who", "main", "feature", "tag"),
    [("maintainer", True, True, True), ("developer", False, True, False), ("reporter", False, False, False)],
)
async def test_who_may_run_on_what_is_protected(lab: Lab, who: str, main: bool, feature: bool, tag: bool) -> None:
    project = next(
        one for one in lab.simulator.world.projects.values() if not one.branches["main"].developers_can_merge
    )
    path = project.full_path
    async with lab.running(lab.settings(path, who=who), timing=QUICK):
        await lab.look(f"refs:{lab.project_id(path)}")
        refs = await stored(lab, Refs, lab.project_id(path))
        may = {one.name: one.may_run for one in refs.branches}
        assert may["main"] is main and may["develop"] is feature
        assert {(one.protected, one.may_run) for one in refs.tags} == {(True, tag)}


# Previews


async def test_a_preview_is_what_the_rules_leave_with_needs_and_inputs(lab: Lab) -> None:
    project = next(one for one in lab.simulator.world.projects.values() if one.inputs)
    path = project.full_path
    async with lab.running(lab.settings(path), timing=QUICK):
        await lab.look(f"preview:{lab.project_id(path)}@develop")
        preview = await stored(lab, CiPreview, f"{lab.project_id(path)}@develop")
        assert (preview.valid, preview.dry_run, preview.ref) == (True, True, "develop")
        assert preview.sha == project.branches["develop"].head.sha
        names = [job.name for job in preview.jobs]
        assert "train" in names and "register" not in names, "rules keep registering to main"
        train = next(job for job in preview.jobs if job.name == "train")
        assert train.needs == train.optional_needs == ("features",), "a dry run has them from the merged YAML"
        assert {need for job in preview.jobs for need in job.needs} <= set(names)
        inputs = {one.key: one for one in preview.inputs}
        assert (inputs["epochs"].kind, inputs["epochs"].value, inputs["full_data"].kind) == ("number", "30", "bool")
        assert inputs["environment"].choices == ("staging", "production")
        await more(lab, LINT)
        assert await lab.store.get(CiPreview, preview.id) == preview


async def test_a_preview_follows_the_commit_of_its_ref(lab: Lab) -> None:
    project, id = path_of(lab, "churn"), f"{lab.project_id()}@develop"
    timing = msgspec.structs.replace(QUICK, preview=3600.0)
    async with lab.running(timing=timing):
        await lab.look(f"preview:{id}", f"refs:{lab.project_id()}")
        await stored(lab, CiPreview, id)
        with lab.simulator.world.lock:
            spec = project.spec
            project.files[".gitlab-ci.yml"] = to_yaml(without(spec, "drift-check"))
            sha = push(lab, project, "develop")
        preview = await stored(lab, CiPreview, id, lambda now: now.sha == sha)
        assert "drift-check" not in {job.name for job in preview.jobs}


def without(spec: PipelineSpec, name: str) -> PipelineSpec:
    """A configuration without one of its jobs."""
    return dataclasses.replace(spec, jobs=tuple(job for job in spec.jobs if job.name != name))


async def test_a_ref_that_is_none_says_so_and_is_forgotten(lab: Lab) -> None:
    project, id = path_of(lab, "churn"), f"{lab.project_id()}@nosuch"
    async with lab.running(timing=QUICK):
        await lab.look(f"preview:{id}", seconds=2.0)
        preview = await stored(lab, CiPreview, id)
        assert (preview.valid, preview.errors, preview.jobs) == (False, ("Reference not found",), ())
        await lab.look(f"refs:{lab.project_id()}", viewer="other")
        await stored(lab, Refs, lab.project_id())

        async def forgotten() -> bool:
            push(lab, project, "develop")
            return await lab.store.get(CiPreview, id) is None

        await until(forgotten, "the preview of no ref stays for ever")


async def test_a_broken_configuration_is_shown_and_never_becomes_the_pipelines(lab: Lab) -> None:
    project, id = path_of(lab, "churn"), f"{lab.project_id()}@main"
    with lab.simulator.world.lock:
        project.files[".gitlab-ci.yml"] = "train:\n  stage: nowhere\n  script: x\n"
    async with lab.running(timing=QUICK):
        await lab.look(f"preview:{id}")
        preview = await stored(lab, CiPreview, id)
        assert not preview.valid and "nowhere" in preview.errors[0] and not preview.jobs


async def test_whoever_may_not_run_on_a_ref_sees_it_without_a_dry_run(lab: Lab) -> None:
    project = next(
        one for one in lab.simulator.world.projects.values() if not one.branches["main"].developers_can_merge
    )
    path = project.full_path
    async with lab.running(lab.settings(path, who="developer"), timing=QUICK):
        await lab.look(f"preview:{lab.project_id(path)}@main")
        preview = await stored(lab, CiPreview, f"{lab.project_id(path)}@main")
        assert (preview.valid, preview.dry_run) == (True, False)
        assert {"train", "register"} <= {job.name for job in preview.jobs}


async def test_an_older_server_forbids_the_dry_run(lab: Lab) -> None:
    await lab.fault("status", status=403, method="GET", path="dry_run=true")
    async with lab.running(timing=QUICK):
        await lab.look(f"preview:{lab.project_id()}@main")
        preview = await stored(lab, CiPreview, f"{lab.project_id()}@main")
        assert (preview.valid, preview.dry_run) == (True, False)


# Schedules


async def test_schedules_with_variables_inputs_owner_and_what_they_ran(lab: Lab) -> None:
    async with lab.running(timing=QUICK):
        await lab.look(f"schedules:{lab.project_id()}")
        weekly = await a_schedule(lab, "Weekly full training")
        assert (weekly.ref, weekly.owner, weekly.timezone) == ("main", "ada", "UTC")
        assert [(one.key, one.value) for one in weekly.variables] == [("EPOCHS", "40")]
        assert weekly.next_run is not None and not weekly.last_run_id
        count = await asked(lab, SCHEDULE)
        await more(lab, "GET /api/v4/projects/{id}/pipeline_schedules")
        assert await asked(lab, SCHEDULE) == count, "one that did not change is not asked for again"
        await lab.call("POST", f"/projects/{lab.git()}/pipeline_schedules/{weekly.git_schedule_id}/play")
        ran = await stored(lab, Schedule, weekly.id, lambda now: bool(now.last_run_id))
        run = await lab.run(int(ran.last_run_id.rpartition(":")[2]))
        assert (run.trigger_type, run.triggered_by) == ("schedule", "bo")
        pipeline = lab.simulator.world.pipelines[run.git_pipeline_id]
        lab.pass_time_until(lambda: pipeline.status == "success")
        await stored(lab, Schedule, weekly.id, lambda now: now.last_status == "success")


async def a_schedule(lab: Lab, description: str, path: str = "") -> Schedule:
    async def found() -> Schedule | None:
        where = {"project_id": lab.project_id(path) if path else lab.project_id()}
        page = await lab.store.page(Schedule, where=where)
        return next((one for one in page.records if one.description == description), None)

    return await until(found, "the schedule never came")


async def test_schedules_come_with_the_surroundings_and_go_when_they_are_deleted(lab: Lab) -> None:
    project = path_of(lab, "churn")
    async with lab.running(timing=msgspec.structs.replace(QUICK, describe=0.3)):
        nightly = await a_schedule(lab, "Nightly training")
        with lab.simulator.world.lock:
            project.schedules = [one for one in project.schedules if one.id != nightly.git_schedule_id]

        async def gone() -> bool:
            return await lab.store.get(Schedule, nightly.id) is None

        await until(gone)


async def test_a_schedules_variables_are_for_its_owner_and_maintainers(lab: Lab) -> None:
    async with lab.running(lab.settings(who="developer"), timing=QUICK):
        weekly = await a_schedule(lab, "Weekly full training")
        assert weekly.variables == () and weekly.owner == "ada"


async def test_inputs_of_a_schedule(lab: Lab) -> None:
    project = next(one for one in lab.simulator.world.projects.values() if one.inputs)
    async with lab.running(lab.settings(project.full_path), timing=QUICK):
        weekly = await a_schedule(lab, "Weekly full training", project.full_path)
        assert weekly.inputs == {"epochs": "40"}


# Test reports


async def test_a_report_is_read_until_its_run_has_ended_and_once_more(lab: Lab) -> None:
    number = await lab.pipeline(EPOCHS="1")
    async with lab.running(timing=QUICK):
        await lab.look(f"tests:{lab.run_id(number)}")
        report = await stored(lab, TestReport, lab.run_id(number))
        assert (report.complete, report.total, report.suites) == (False, 0, ())
        lab.pass_time_until(
            lambda: lab.simulator.world.pipelines[number].status not in ("created", "pending", "running")
        )
        await lab.call("POST", f"/projects/{lab.git()}/pipelines/{number}/cancel")
        report = await stored(lab, TestReport, lab.run_id(number), lambda now: now.total > 0)
        assert report.total == report.success + report.failed + report.error + report.skipped
        assert report.project_id == lab.project_id() and report.suites[0].cases


async def test_a_complete_report_is_not_asked_for_again_until_its_run_is_retried(lab: Lab) -> None:
    await lab.call("POST", "/-/simulator/outcome", json={"job": "unit-tests", "outcome": "script_failure"})
    number = await lab.pipeline(EPOCHS="1")
    world = lab.simulator.world
    lab.pass_time_until(lambda: world.pipelines[number].status == "failed")
    async with lab.running(timing=QUICK):
        await lab.run(number, "failed")
        await lab.look(f"tests:{lab.run_id(number)}")
        report = await stored(lab, TestReport, lab.run_id(number), lambda now: now.complete)
        assert report.failed and report.suites[0].cases[0].status == "failed", "failed cases come first"
        assert report.suites[0].cases[0].output
        count = await asked(lab, REPORT)
        await more(lab, "GET /api/v4/projects/{id}/pipelines", 5)
        assert await asked(lab, REPORT) == count
        await lab.call("POST", "/-/simulator/outcome", json={"job": "unit-tests", "outcome": "success"})
        await lab.call("POST", f"/projects/{lab.git()}/pipelines/{number}/retry")
        await stored(lab, TestReport, report.id, lambda now: not now.complete)
