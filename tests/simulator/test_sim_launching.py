"""What a launch has to know: rights on refs, dry runs, schedules; and keeping and renaming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.conftest import STEP, Bench

PROTECTED = (
    "You do not have sufficient permission to run a pipeline on '{ref}'. Please select a different branch or contact "
    "your administrator for assistance. Learn more"
)
NO_PIPELINES = "Insufficient permissions to create a new pipeline"


def guarded(bench: Bench) -> Any:
    """The project whose main branch and tags are for maintainers only."""
    world = bench.simulator.world
    return next(one for one in world.projects.values() if not one.branches["main"].developers_can_merge)


def test_branches_tell_who_may_push(bench: Bench) -> None:
    churn, fraud = bench.project().id, guarded(bench).id
    for project, who, main, merge in (
        (churn, "maintainer", True, True),
        (churn, "developer", False, True),
        (fraud, "developer", False, False),
        (fraud, "reporter", False, False),
    ):
        rows = {row["name"]: row for row in bench.get(f"/projects/{project}/repository/branches", who).json()}
        found = rows["main"]
        assert (found["protected"], found["can_push"], found["developers_can_merge"]) == (True, main, merge)
        assert rows["develop"]["can_push"] is (who != "reporter") and rows["develop"]["protected"] is False


def test_branches_are_sorted_as_asked(bench: Bench) -> None:
    path = f"/projects/{bench.project().id}/repository/branches"
    newest = [row["commit"]["committed_date"] for row in bench.get(path, params={"sort": "updated_desc"}).json()]
    assert newest == sorted(newest, reverse=True)
    assert bench.get(path, params={"sort": "size"}).json() == {"error": "sort does not have a valid value"}


def test_a_protected_tag_is_for_maintainers(bench: Bench) -> None:
    project = guarded(bench).id
    assert {row["protected"] for row in bench.get(f"/projects/{project}/repository/tags").json()} == {True}
    path = f"/projects/{project}/pipeline"
    refused = bench.post(path, "developer", json={"ref": "v1.0"})
    assert (refused.status_code, refused.json()) == (400, {"message": {"base": [PROTECTED.format(ref="v1.0")]}})
    assert bench.post(path, json={"ref": "v1.0"}).json()["tag"] is True
    assert bench.post(f"/projects/{bench.project().id}/pipeline", "developer", json={"ref": "v1.0"}).status_code == 201


@pytest.mark.parametrize(
    ("who", "ref", "error"),
    [
        ("developer", "main", PROTECTED.format(ref="main")),
        ("developer", "develop", ""),
        ("developer", "nosuch", "Reference not found"),
        ("reporter", "develop", NO_PIPELINES),
        ("maintainer", "main", ""),
    ],
)
def test_a_dry_run_is_refused_in_its_answer(bench: Bench, who: str, ref: str, error: str) -> None:
    path, query = f"/projects/{guarded(bench).id}/ci/lint", {"dry_run": "true", "dry_run_ref": ref, "include_jobs": "1"}
    answer = bench.get(path, who, params=query)
    found = answer.json()
    assert (answer.status_code, found["valid"], found["errors"]) == (200, not error, [error] if error else [])
    assert bool(found["jobs"]) is not bool(error)


def test_a_dry_run_that_would_make_nothing(bench: Bench) -> None:
    content = 'a:\n  script: x\n  rules: [{if: $NEVER == "set"}]\n'
    path = f"/projects/{bench.project().id}/ci/lint"
    dry = bench.post(path, json={"content": content, "dry_run": True, "include_jobs": True}).json()
    assert not dry["valid"] and dry["errors"][0].startswith("The resulting pipeline would have been empty.")
    assert bench.post(path, json={"content": content, "include_jobs": True}).json()["jobs"][0]["name"] == "a"
    assert bench.post(path, "reporter", json={"content": content}).status_code == 403
    assert bench.get(path, "reporter").json()["valid"], "whoever reads the code may ask without a dry run"


def test_a_schedule_is_run_by_whoever_plays_it(bench: Bench) -> None:
    project = bench.project().id
    rows = bench.get(f"/projects/{project}/pipeline_schedules").json()
    path = f"/projects/{project}/pipeline_schedules/{rows[1]['id']}"
    assert {row["owner"]["username"] for row in rows} == {"ada"}
    for who in ("developer", "maintainer"):
        assert bench.post(f"{path}/play", who).status_code == 201
        bench.clock.advance(STEP)
    made = bench.get(f"{path}/pipelines").json()
    users = [bench.get(f"/projects/{project}/pipelines/{row['id']}").json()["user"]["username"] for row in made]
    assert users == ["chidi", "bo"] and bench.post(f"{path}/play", "reporter").status_code == 403
    newest = bench.get(f"{path}/pipelines", params={"sort": "desc", "created_after": made[0]["created_at"]}).json()
    assert [row["id"] for row in newest] == [made[1]["id"]]
    assert bench.get(path).json()["last_pipeline"]["id"] == made[1]["id"]


def test_what_a_schedule_tells_depends_on_the_role(bench: Bench) -> None:
    project = next(one for one in bench.simulator.world.projects.values() if one.inputs)
    rows = bench.get(f"/projects/{project.id}/pipeline_schedules").json()
    path = f"/projects/{project.id}/pipeline_schedules/{rows[1]['id']}"
    assert bench.get(path, "developer").json()["inputs"] == [{"name": "epochs", "value": 40}]
    assert "variables" not in bench.get(path, "developer").json()
    assert "variables" in bench.get(path).json() and "variables" in bench.get(path, "owner").json()
    bench.post(f"{path}/play")
    made = bench.get(f"{path}/pipelines").json()
    assert bench.simulator.world.pipelines[made[0]["id"]].inputs["epochs"] == 40


def test_kept_artifacts_do_not_expire(serve: Callable[..., Bench]) -> None:
    bench = serve()
    made = bench.pipeline(bench.project(), "success")
    path = f"/projects/{made.project_id}/jobs/{bench.job(made, 'train').id}"
    assert bench.get(path).json()["artifacts_expire_at"]
    answer = bench.post(f"{path}/artifacts/keep")
    assert (answer.status_code, answer.json()["artifacts_expire_at"]) == (200, None)
    other = f"/projects/{made.project_id}/jobs/{bench.job(made, 'features').id}"
    bench.clock.advance(31 * 86_400)
    assert bench.get(path).json()["artifacts_file"] and "artifacts_file" not in bench.get(other).json()


def test_a_name_may_be_too_long(bench: Bench) -> None:
    made = bench.pipeline(bench.project())
    path = f"/projects/{made.project_id}/pipelines/{made.id}/metadata"
    answer = bench.call("PUT", path, json={"name": "x" * 256})
    assert answer.status_code == 400 and "too long" in answer.json()["message"]
    assert bench.call("PUT", path, "reporter", json={"name": "x"}).status_code == 403
