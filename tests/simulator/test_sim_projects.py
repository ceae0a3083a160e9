"""Projects, repositories, people, lint and everything else that is only read."""

from __future__ import annotations

import base64
from typing import Any

import gitlab
import pytest
import yaml

from tests.simulator.conftest import Bench

TICKETS = "ml/support/nlp/nlp-tickets"


def test_who_and_what(bench: Bench) -> None:
    bench.gl.auth()
    assert bench.gl.user is not None and bench.gl.user.username == "bo"
    assert bench.gl.version()[0] == "18.9.1-ee"
    assert bench.get("/metadata").json()["enterprise"] is True
    assert bench.get("/personal_access_tokens/self", "reader").json()["scopes"] == ["read_api"]


def test_projects_are_found_by_id_and_by_path(bench: Bench) -> None:
    by_path = bench.project(TICKETS)
    assert bench.gl.projects.get(by_path.id).path_with_namespace == TICKETS
    assert by_path.name_with_namespace == "ML / Support / Nlp / Nlp Tickets"
    assert by_path.namespace["full_path"] == "ml/support/nlp"
    missing = bench.get("/projects/ml%2Fnothing")
    assert (missing.status_code, missing.json()) == (404, {"message": "404 Project Not Found"})
    hidden = bench.get(f"/projects/{by_path.id}", "outsider")
    assert (hidden.status_code, hidden.json()) == (404, {"message": "404 Project Not Found"})


def test_project_lists(bench: Bench) -> None:
    def paths(**filters: Any) -> list[str]:
        return [row.path for row in bench.gl.projects.list(get_all=True, **filters)]

    assert len(paths(membership=True)) == 6
    assert paths(search="fraud") == ["fraud-detection"]
    assert paths(order_by="path", sort="asc") == sorted(paths())
    assert paths(min_access_level=50) == []
    assert bench.as_("outsider").projects.list(get_all=True) == []
    simple = bench.get("/projects", params={"simple": "true"}).json()[0]
    assert "permissions" not in simple and {"id", "path_with_namespace", "default_branch"} <= set(simple)


def test_what_a_project_shows_depends_on_the_role(bench: Bench) -> None:
    path = f"/projects/{bench.project(TICKETS).id}"
    key = "ci_pipeline_variables_minimum_override_role"
    assert bench.get(path).json()[key] == "no_one_allowed"
    assert key not in bench.get(path, "developer").json()
    assert bench.get(path, "developer").json()["permissions"]["project_access"]["access_level"] == 30
    for part in ("runners", "variables"):
        assert bench.get(f"{path}/{part}", "developer").status_code == 403
    assert {row["description"] for row in bench.get(f"{path}/runners").json()} >= {"gpu-a100-01"}
    hidden = bench.get(f"{path}/variables/REGISTRY_PASSWORD").json()
    assert hidden["hidden"] and hidden["value"] is None
    members = bench.gl.projects.get(TICKETS).members_all.list(get_all=True)
    assert {(m.username, m.access_level) for m in members} >= {("ada", 50), ("bo", 40), ("chidi", 30), ("goran", 20)}


def test_branches_tags_and_commits(bench: Bench) -> None:
    project = bench.project()
    branches = {branch.name: branch for branch in project.branches.list(get_all=True)}
    odd = "feature/größe-模型-🚀"
    assert branches["main"].protected and branches["main"].default and odd in branches
    assert project.branches.get(odd).commit["id"] == branches[odd].commit["id"]
    assert [tag.name for tag in project.tags.list(get_all=True)] == ["v1.1", "v1.0"]
    commits = project.commits.list(ref_name="main", get_all=True)
    assert len(commits) == 5 and commits[0].parent_ids == [commits[1].id]
    assert "X-Total" not in bench.get(f"/projects/{project.id}/repository/commits").headers
    one = project.commits.get(commits[0].short_id)
    assert one.stats["total"] > 0 and one.last_pipeline is None
    made = bench.pipeline(project, ref=odd)
    assert made.ref == odd and project.commits.get(made.sha).last_pipeline["id"] == made.id
    assert bench.get(f"/projects/{project.id}/repository/commits/deadbeef00").json() == {
        "message": "404 Commit Not Found"
    }


def test_the_ci_file_says_what_pipelines_do(bench: Bench) -> None:
    project = bench.project()
    config = yaml.safe_load(project.files.raw(file_path=".gitlab-ci.yml", ref="main"))
    made = bench.pipeline(project)
    jobs = {job.name: job.stage for job in (*made.jobs.list(get_all=True), *made.bridges.list(get_all=True))}
    assert {name: config[name]["stage"] for name in jobs} == jobs
    assert set(config) - set(jobs) == {"stages", "default", "variables"}
    child = yaml.safe_load(project.files.raw(file_path=config["trials"]["trigger"]["include"][0]["local"], ref="main"))
    assert len([name for name in child if name.startswith("trial: ")]) == 4
    as_json = project.files.get(".gitlab-ci.yml", ref="main")
    assert base64.b64decode(as_json.content) == project.files.raw(file_path=".gitlab-ci.yml", ref="main")
    with pytest.raises(gitlab.GitlabGetError) as caught:
        project.files.raw(file_path="nothing.yml", ref="main")
    assert (caught.value.response_code, caught.value.error_message) == (404, "404 File Not Found")
    assert {row["name"] for row in project.repository_tree(get_all=True)} >= {".gitlab", "README.md"}


def test_lint_of_a_projects_own_file(bench: Bench) -> None:
    project = bench.project()
    static = project.ci_lint.get(include_jobs=True)
    assert static.valid and static.errors == [] and static.merged_yaml.startswith("---\n")
    jobs = {job["name"]: job for job in static.jobs}
    assert jobs["train"]["needs"] == [{"name": "features", "artifacts": True, "optional": True}]
    assert jobs["deploy"]["when"] == "manual" and jobs["drift-check"]["allow_failure"] is True
    assert [job["stage"] for job in static.jobs] == sorted(
        (job["stage"] for job in static.jobs),
        key=["data", "validate", "features", "train", "evaluate", "register", "deploy"].index,
    )
    dry = project.ci_lint.get(include_jobs=True, dry_run=True, dry_run_ref="develop").jobs
    assert not any({"needs", "only", "except"} & set(job) for job in dry)
    assert {job["name"] for job in dry}.isdisjoint({"register", "deploy"})


def test_lint_of_a_file_with_inputs(bench: Bench) -> None:
    found = bench.project(TICKETS).ci_lint.get(include_jobs=True)
    assert found.valid and found.jobs[-1]["environment"] == "staging"


def test_lint_of_given_text(bench: Bench) -> None:
    project = bench.project()
    good = project.ci_lint.create({"content": "a:\n  script: echo 1\n"}, include_jobs=True)
    assert (good.valid and good.jobs is None) or good.jobs[0]["script"] == ["echo 1"]
    with pytest.raises(gitlab.GitlabCiLintError):
        project.ci_lint.validate({"content": "x: [unclosed"})
    bad = bench.post(f"/projects/{project.id}/ci/lint", json={"content": "stages: [a]\nj:\n  stage: b\n  script: x\n"})
    assert bad.status_code == 200 and bad.json()["valid"] is False
    assert bad.json()["errors"] == ["j job: chosen stage b does not exist; available stages are .pre, a, .post"]
    empty = bench.post(f"/projects/{project.id}/ci/lint", json={"content": ".hidden:\n  script: x\n"}).json()
    assert empty["errors"] == ["jobs config should contain at least one visible job"]
    assert bench.post(f"/projects/{project.id}/ci/lint", json={}).json() == {"error": "content is missing"}


def test_test_reports(bench: Bench) -> None:
    project = bench.project()
    made = bench.pipeline(project)
    assert made.test_report.get().total_count == 0 and made.test_report_summary.get().total["count"] == 0
    bench.until(lambda: project.pipelines.get(made.id).status == "success")
    report, summary = made.test_report.get(), made.test_report_summary.get()
    assert report.total_count == summary.total["count"] == 11 and report.failed_count == 0 and report.skipped_count == 1
    (suite,) = report.test_suites
    assert suite["name"] == "unit-tests" and len(suite["test_cases"]) == 11
    assert summary.test_suites[0]["build_ids"] == [bench.job(made, "unit-tests").id]


def test_deployment_filters_need_their_order(bench: Bench) -> None:
    path = f"/projects/{bench.project().id}/deployments"
    bad = bench.get(path, params={"updated_after": "2026-01-01T00:00:00Z"})
    message = "400 Bad request - `updated_at` filter requires `updated_at` sort"
    assert (bad.status_code, bad.json()) == (400, {"message": message})
    assert bench.get(path, params={"updated_after": "2026-01-01T00:00:00Z", "order_by": "updated_at"}).json() == []
    both = bench.get(f"/projects/{bench.project().id}/environments", params={"name": "a", "search": "production"})
    assert both.status_code == 400


def test_what_is_not_there(bench: Bench) -> None:
    assert bench.get("/nowhere").json() == {"error": "404 Not Found"}
    assert (
        bench.session.post(f"{bench.simulator.url}/api/v3/nowhere", json={"query": "{x}"}, timeout=5).status_code == 404
    )
    page = bench.session.get(f"{bench.simulator.url}/users/sign_in", timeout=5)
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")
