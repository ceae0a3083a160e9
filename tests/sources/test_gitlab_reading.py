"""Reading a simulated GitLab, and answers of servers that differ from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.errors import Forbidden, NotFound, Unauthorized
from data.model import PipelineRun, Project
from data.simulator.server import Simulator
from data.sources.gitlab import GitLabSource, summarise
from tests.sources.conftest import Connect, access_token, settings
from tests.sources.scripted import Answer, Scripted, Seen

pytestmark = pytest.mark.server
V4 = "/api/v4"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def first_project(simulator: Simulator) -> int:
    return min(simulator.world.projects)


def all_runs(source: GitLabSource, project: int) -> list[PipelineRun]:
    runs: list[PipelineRun] = []
    page: int | None = 1
    while page is not None:
        part, page = source.pipelines(project, page=page)
        runs += part
    return runs


@pytest.fixture
def project(simulator: Simulator, connect: Connect) -> Project:
    return connect().project(first_project(simulator))


def test_a_project_by_id_and_by_path(simulator: Simulator, connect: Connect, project: Project) -> None:
    assert project.path.count("/") >= 1
    assert connect().project(project.path) == project
    assert (project.id, project.default_ref, project.access_level) == (f"gl:{project.git_project_id}", "main", 40)


def test_an_invisible_project_is_not_found(simulator: Simulator, connect: Connect) -> None:
    with pytest.raises(NotFound):
        connect("outsider").project(first_project(simulator))


@pytest.mark.parametrize("who", ["expired", "revoked"])
def test_a_dead_token(simulator: Simulator, connect: Connect, who: str) -> None:
    with pytest.raises(Unauthorized, match=who):
        connect(who).project(first_project(simulator))


def test_probe_tells_who_and_what(connect: Connect) -> None:
    found = connect().probe()
    assert (found.id, found.kind, found.state, found.can_write) == ("gl", "gitlab", "ok", True)
    assert found.auth == "access token from environment variable GITLAB_TOKEN"
    assert found.version.startswith("18.")
    assert found.scopes == ("api",)
    assert found.user
    assert found.rate_limit


def test_probe_knows_a_token_that_may_only_read(connect: Connect) -> None:
    assert connect("reader").probe().can_write is False


def test_probe_survives_what_it_may_not_ask(script: Scripted) -> None:
    script.on(f"{V4}/user", Answer({"id": 1, "username": "ada"}))
    script.on(f"{V4}/version", Answer({"message": "403 Forbidden"}, 403))
    script.on(f"{V4}/personal_access_tokens/self", Answer({"message": "404 Not found"}, 404))
    source = GitLabSource("gl", settings(script.url), access_token())
    found = source.probe()
    source.close()
    assert (found.user, found.version, found.scopes, found.can_write) == ("ada", "", (), None)


def test_fine_grained_scopes_do_not_say_whether_it_may_write(script: Scripted) -> None:
    script.on(f"{V4}/user", Answer({"id": 1, "username": "ada"}))
    script.on(f"{V4}/version", Answer({"version": "19.5"}))
    script.on(f"{V4}/personal_access_tokens/self", Answer({"scopes": ["granular"]}))
    source = GitLabSource("gl", settings(script.url), access_token())
    assert source.probe().can_write is None
    source.close()


def test_pages_of_pipelines_cover_all_of_them_once(connect: Connect, project: Project) -> None:
    source = connect()
    whole = all_runs(source, project.git_project_id)
    small: list[PipelineRun] = []
    page: int | None = 1
    while page is not None:
        part, page = source.pipelines(project.git_project_id, page=page, per_page=7)
        small += part
    assert len(whole) > 7
    assert [run.id for run in small] == [run.id for run in whole]
    changes = [run.updated for run in whole if run.updated]
    assert changes == sorted(changes, reverse=True)


def test_pipelines_changed_after_a_time(connect: Connect, project: Project) -> None:
    source = connect()
    whole = all_runs(source, project.git_project_id)
    middle = whole[len(whole) // 2].updated
    newer = source.pipelines(project.git_project_id, updated_after=middle).runs
    assert {run.id for run in newer} <= {run.id for run in whole[: len(whole) // 2 + 1]}
    assert newer


def test_times_in_queries_are_utc_with_z(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7/pipelines", Answer([]))
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC).astimezone()
    gitlab.pipelines(7, updated_after=moment)
    query = script.seen[0].query
    assert query["updated_after"] == ["2026-01-01T12:00:00Z"]
    assert (query["order_by"], query["sort"], query["per_page"]) == (["updated_at"], ["desc"], ["100"])


def test_ids_of_pipelines_made_after_a_time(connect: Connect, project: Project) -> None:
    source = connect()
    whole = sorted((run.git_pipeline_id for run in all_runs(source, project.git_project_id)), reverse=True)
    assert source.pipeline_ids(project.git_project_id, created_after=LONG_AGO).ids == whole[:100]


def test_a_server_that_ignores_created_after_is_read_only_as_far_as_needed(
    gitlab: GitLabSource, script: Scripted
) -> None:
    old = {"id": 1, "status": "success", "created_at": "2020-01-01T00:00:00Z"}
    new = {"id": 2, "status": "success", "created_at": "2026-01-01T00:00:00Z"}
    script.on(f"{V4}/projects/7/pipelines", Answer([new, old], headers={"X-Next-Page": "2"}))
    assert gitlab.pipeline_ids(7, created_after=datetime(2025, 1, 1, tzinfo=UTC)) == ([2], None)


def paged(headers: dict[str, str]) -> Answer:
    rows = [{"id": number, "status": "success", "created_at": "2026-01-01T00:00:00Z"} for number in range(3)]
    return Answer(rows, headers=headers)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Next-Page": "2", "X-Total": "9"}, 2),
        ({"X-Next-Page": ""}, None),
        ({"Link": '<http://other/api/v4/x?page=2>; rel="next"'}, 2),
        ({"Link": '<http://other/api/v4/x?page=1>; rel="first"'}, None),
        ({}, 2),
    ],
)
def test_the_next_page_is_found_without_totals_and_without_following_links(
    gitlab: GitLabSource, script: Scripted, headers: dict[str, str], expected: int | None
) -> None:
    script.on(f"{V4}/projects/7/pipelines", paged(headers))
    assert gitlab.pipelines(7, per_page=3).next_page == expected


def test_a_run_in_detail(connect: Connect, project: Project) -> None:
    source = connect()
    listed = next(run for run in all_runs(source, project.git_project_id) if run.status == "success")
    run = source.run(project.git_project_id, listed.git_pipeline_id)
    assert (run.id, run.status, run.git_commit_hash) == (listed.id, "success", listed.git_commit_hash)
    assert run.triggered_by
    assert run.execution_time > 0
    assert run.start
    assert run.completion
    assert source.commit_title(project.git_project_id, run.git_commit_hash)


def test_jobs_and_bridges_with_stages_like_the_servers(
    simulator: Simulator, connect: Connect, project: Project
) -> None:
    source = connect()
    bridged = 0
    for run in all_runs(source, project.git_project_id)[:20]:
        jobs = source.jobs(run)
        seen = summarise(run, jobs)
        with simulator.world.lock:
            behind = simulator.world.pipelines[run.git_pipeline_id]
            assert {job.git_job_id for job in jobs if not job.bridge} == {
                one.id for one in behind.jobs if not one.is_bridge
            }
            assert {one.id: one.attempt for one in behind.jobs} == {job.git_job_id: job.attempt_number for job in jobs}
            assert {one.id for one in behind.jobs if one.retried} == {job.git_job_id for job in jobs if job.retried}
            order = [stage for stage in behind.spec.stages if stage in {job.stage for job in jobs}]
        assert [stage.name for stage in seen.stages] == order
        bridged += sum(bool(job.downstream) for job in jobs)
        if run.status in ("success", "failed", "manual"):
            worst = {stage.status for stage in seen.stages}
            assert run.status in worst
    assert bridged > 0


def test_a_child_is_not_listed_but_found_through_its_bridge(connect: Connect, project: Project) -> None:
    source = connect()
    runs = all_runs(source, project.git_project_id)
    bridge = next(job for run in runs for job in source.jobs(run) if job.downstream)
    home, number = (int(part) for part in bridge.downstream.split(":")[1:])
    child = source.run(home, number)
    assert child.trigger_type in ("parent_pipeline", "pipeline")
    if child.trigger_type == "parent_pipeline":
        assert child.id not in {run.id for run in runs}


def test_bridges_are_asked_for_without_a_scope_that_would_be_mangled(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7/pipelines/31/jobs", Answer([]))
    script.on(f"{V4}/projects/7/pipelines/31/bridges", Answer([]))
    run = PipelineRun(
        id="gl:7:31", project_id="gl:7", connection="gl", git_project_id=7, git_pipeline_id=31, created=LONG_AGO
    )
    assert gitlab.jobs(run) == []
    assert [seen.query for seen in script.seen] == [
        {"include_retried": ["true"], "page": ["1"], "per_page": ["100"]},
        {"page": ["1"], "per_page": ["100"]},
    ]


def test_a_job_that_moved_to_the_next_page_comes_once(gitlab: GitLabSource, script: Scripted) -> None:
    def row(number: int) -> dict[str, Any]:
        return {"id": number, "name": f"j{number}", "stage": "s", "status": "success", "pipeline": {"id": 31}}

    script.on(
        f"{V4}/projects/7/pipelines/31/jobs",
        Answer([row(3), row(2)], headers={"X-Next-Page": "2"}),
        Answer([row(2), row(1)], headers={"X-Next-Page": ""}),
    )
    script.on(f"{V4}/projects/7/pipelines/31/bridges", Answer([]))
    run = PipelineRun(
        id="gl:7:31", project_id="gl:7", connection="gl", git_project_id=7, git_pipeline_id=31, created=LONG_AGO
    )
    assert [job.git_job_id for job in gitlab.jobs(run)] == [1, 2, 3]


def test_members_and_roles(connect: Connect, project: Project) -> None:
    users, memberships = connect().members(project.git_project_id)
    assert {user.id for user in users} == {one.user_id for one in memberships}
    assert {one.access_level for one in memberships} >= {20, 30, 40}
    assert len({one.id for one in memberships}) == len(users)


def test_groups_of_a_project(gitlab: GitLabSource, script: Scripted) -> None:
    space = {"id": 9, "name": "Risk", "path": "risk", "kind": "group", "full_path": "ml/risk"}
    script.on(f"{V4}/projects/7", Answer({"id": 7, "name": "fraud", "namespace": space}))
    script.on(f"{V4}/groups/ml", Answer({"id": 1, "name": "ML", "full_path": "ml"}))
    script.on(f"{V4}/groups/ml%2Frisk", Answer({"message": "404 Group Not Found"}, 404))
    organizations, groups = gitlab.groups(7)
    assert [one.path for one in organizations] == ["ml"]
    assert [(one.path, one.organization_id) for one in groups] == [("ml", "gl:1"), ("ml/risk", "gl:1")]


def test_a_users_own_project_has_no_groups(gitlab: GitLabSource, script: Scripted) -> None:
    space = {"id": 9, "name": "Ada", "path": "ada", "kind": "user", "full_path": "ada"}
    script.on(f"{V4}/projects/7", Answer({"id": 7, "name": "x", "namespace": space}))
    assert gitlab.groups(7) == ([], [])


def test_variables_are_for_maintainers_and_the_creator(
    simulator: Simulator, connect: Connect, project: Project
) -> None:
    runs = all_runs(connect(), project.git_project_id)
    with simulator.world.lock:
        known = {run.git_pipeline_id: simulator.world.pipelines[run.git_pipeline_id].variables for run in runs}
    number = next((number for number, given in known.items() if given), runs[0].git_pipeline_id)
    found = connect().variables(project.git_project_id, number)
    assert {one.key for one in found} == {one.key for one in known[number]}
    with pytest.raises(Forbidden):
        connect("reporter").variables(project.git_project_id, number)


def test_environments_deployments_and_schedules(connect: Connect, project: Project) -> None:
    source = connect()
    places = source.environments(project.git_project_id)
    assert {place.kind for place in places} == {"environment"}
    done = source.deployments(project.git_project_id)
    assert all(one.environment in {place.name for place in places} for one in done)
    changes = [one.updated for one in done if one.updated]
    assert changes == sorted(changes, reverse=True)
    for schedule, updated in source.schedules(project.git_project_id):
        assert not schedule.ref.startswith("refs/")
        assert schedule.cron and updated


def test_deployments_changed_after_a_time_name_their_order(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7/deployments", Answer([]))
    gitlab.deployments(7, updated_after=datetime.now(UTC) - timedelta(days=1))
    assert script.seen[0].query["order_by"] == ["updated_at"]


def test_artifacts_of_a_job(connect: Connect, project: Project) -> None:
    source = connect()
    jobs = (job for run in all_runs(source, project.git_project_id) for job in source.jobs(run))
    job = next(job for job in jobs if job.artifacts_size)
    found = source.artifacts(project.git_project_id, job.git_job_id)
    assert {one.job_run_id for one in found} == {job.id}
    assert any(one.file_size for one in found)
    assert len({one.id for one in found}) == len(found)


def test_a_server_without_a_list_of_archived_files_is_asked_once(gitlab: GitLabSource, script: Scripted) -> None:
    job = {
        "id": 5,
        "artifacts_file": {"filename": "a.zip", "size": 1},
        "artifacts": [{"file_type": "archive", "size": 1}],
    }
    script.on(f"{V4}/projects/7/jobs/5", Answer(job))
    assert len(gitlab.artifacts(7, 5)) == len(gitlab.artifacts(7, 5)) == 1
    assert len(script.asked(f"{V4}/projects/7/jobs/5/artifacts/tree")) == 1


def test_hostile_titles_are_made_safe(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7/repository/commits/abc", Answer({"title": "fix\x1b]0;pwned\x07 it"}))
    assert gitlab.commit_title(7, "abc") == "fix it"


def test_a_path_is_quoted_whole(gitlab: GitLabSource, script: Scripted) -> None:
    def answer(seen: Seen) -> Answer:
        return Answer({"id": 7, "name": seen.path.rpartition("/")[2]})

    script.on(f"{V4}/projects/ml%2Fa%20b%3F", answer)
    assert gitlab.project("ml/a b?").git_project_id == 7
