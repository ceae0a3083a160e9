"""CI lint as the jobs of a pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from data.errors import BadAnswer
from data.simulator.server import Simulator
from data.sources.faults import Unanswered
from data.sources.gitlab import GitLabSource
from data.sources.gitlab.ci import downloads, lint_result
from tests.sources.conftest import Connect
from tests.sources.scripted import Answer, Scripted

MERGED = """---
default:
  image: python:3.12
variables:
  EPOCHS:
    value: 3
    description: How long to train
  MODE:
    value: fast
    options: [fast, full]
  API_KEY: hunter2
train:
  stage: train
  image: {name: "pytorch:2"}
  variables: {SEED: 1, QUIET: true}
  script: [python train.py]
evaluate:
  stage: evaluate
  script: [python eval.py]
"""
ROW: dict[str, Any] = {
    "valid": True,
    "errors": [],
    "warnings": ["jobs:train may allow multiple pipelines"],
    "merged_yaml": MERGED,
    "jobs": [
        {
            "name": "train",
            "stage": "train",
            "before_script": ["pip install ."],
            "script": ["python train.py"],
            "after_script": [],
            "tag_list": ["gpu"],
            "when": "on_success",
            "allow_failure": False,
            "needs": None,
        },
        {
            "name": "evaluate",
            "stage": "evaluate",
            "script": ["python eval.py"],
            "when": "manual",
            "allow_failure": True,
            "needs": [{"name": "train", "artifacts": True, "optional": False}, "train"],
        },
    ],
}


def test_jobs_have_order_script_needs_and_a_guessed_type() -> None:
    train, evaluate = lint_result("gl:7:default", ROW).jobs
    assert (train.id, train.order, train.stage_type) == ("gl:7:default:train", 0, "MODEL_TRAINING")
    assert (train.instructions, train.needs, train.runner_tag) == (("pip install .", "python train.py"), (), "gpu")
    assert (evaluate.order, evaluate.needs, evaluate.stage_type) == (1, ("train",), "MODEL_EVALUATION")
    assert (evaluate.when, evaluate.allow_failure) == ("manual", True)


def test_images_and_variables_come_from_the_merged_yaml() -> None:
    found = lint_result("p", ROW)
    train, evaluate = found.jobs
    assert (train.image, evaluate.image) == ("pytorch:2", "python:3.12")
    assert {one.key: one.value for one in train.variables} == {"SEED": "1", "QUIET": "true"}
    epochs, mode, key = found.variables
    assert (epochs.value, epochs.description) == ("3", "How long to train")
    assert (mode.kind, mode.choices) == ("choice", ("fast", "full"))
    assert (key.secret, key.value) == (True, "")


def test_keys_that_an_older_server_writes_as_symbols() -> None:
    symbols = "---\n:train:\n  :stage: train\n  :image: alpine\n  :script: echo 1\n"
    assert lint_result("p", {**ROW, "merged_yaml": symbols}).jobs[0].image == "alpine"


@pytest.mark.parametrize("merged", [None, "", "a: [", "- list", "!!python/object/apply:os.system [echo]"])
def test_merged_yaml_that_cannot_be_read_costs_only_images(merged: str | None) -> None:
    found = lint_result("p", {**ROW, "merged_yaml": merged})
    assert [job.image for job in found.jobs] == ["", ""]


def test_an_invalid_configuration_is_an_answer(gitlab: GitLabSource, script: Scripted) -> None:
    body = {"valid": False, "errors": ["jobs:train script can't be blank"], "warnings": [], "merged_yaml": None}
    script.on("/api/v4/projects/7/ci/lint", Answer(body))
    found = gitlab.lint(7, "main", dry_run=False)
    assert (found.valid, found.errors, found.jobs) == (False, ["jobs:train script can't be blank"], [])


def test_needs_are_asked_for_without_a_dry_run(gitlab: GitLabSource, script: Scripted) -> None:
    script.on("/api/v4/projects/7/ci/lint", Answer(ROW))
    gitlab.lint(7, "feat/x", dry_run=False)
    gitlab.lint(7, "feat/x", dry_run=True)
    static, dry = (seen.query for seen in script.seen)
    assert static == {"content_ref": ["feat/x"], "dry_run": ["false"], "include_jobs": ["true"]}
    assert dry == {"content_ref": ["feat/x"], "dry_run": ["true"], "dry_run_ref": ["feat/x"], "include_jobs": ["true"]}


GRAPH = """---
build: {script: x, parallel: 2}
lint: {script: x}
train:
  script: x
  needs: [build, {job: lint, optional: true}, {job: gone, optional: true}, {pipeline: $OTHER}]
  environment: {name: staging, url: "https://x"}
package:
  script: x
  dependencies: [train]
  needs: [train, build]
report:
  script: x
  needs: [{job: train, artifacts: false}, lint]
late: {script: x}
"""


def dry(*names: str, **more: Any) -> dict[str, Any]:
    """What a dry run says: without needs."""
    rows = [{"name": name, "stage": "s", "script": ["x"], "environment": None} for name in names]
    return {"valid": True, "errors": [], "merged_yaml": GRAPH, "jobs": rows, **more}


def test_needs_of_a_dry_run_come_from_the_merged_yaml(gitlab: GitLabSource, script: Scripted) -> None:
    script.on("/api/v4/projects/7/ci/lint", Answer(dry("build 1/2", "build 2/2", "lint", "train", "package")))
    jobs = {job.name: job for job in gitlab.lint(7, "main", dry_run=True).jobs}
    assert jobs["train"].needs == ("build 1/2", "build 2/2", "lint"), "what the rules left out is not waited for"
    assert jobs["train"].optional_needs == ("lint",)
    assert (jobs["train"].environment, jobs["package"].environment) == ("staging", "")
    assert jobs["package"].needs == ("train", "build 1/2", "build 2/2")


def test_optional_needs_and_environments_without_a_dry_run() -> None:
    needs = [{"name": "a", "artifacts": True, "optional": True}, {"name": "b", "artifacts": True, "optional": False}]
    rows = [{"name": "train", "stage": "s", "needs": needs, "environment": "production"}]
    [job] = lint_result("p", {**ROW, "jobs": rows}).jobs
    assert (job.needs, job.optional_needs, job.environment) == (("a", "b"), ("a",), "production")


def test_which_artifacts_a_job_downloads() -> None:
    assert downloads(GRAPH) == {
        "build": None, "lint": None, "train": ("build", "lint", "gone"), "package": ("train",), "report": ("lint",),
        "late": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "denied"),
    [
        ("You do not have sufficient permission to run a pipeline on 'main'. Please select a different branch", True),
        ("Insufficient permissions to create a new pipeline", True),
        ("Reference not found", False),
        ("jobs:train script can't be blank", False),
    ],
)
def test_a_dry_run_that_this_login_may_not_have_is_no_fault_of_the_file(error: str, denied: bool) -> None:
    found = lint_result("p", {"valid": False, "errors": [error], "merged_yaml": GRAPH, "jobs": []})
    assert (found.denied, found.valid, found.jobs) == (denied, False, [])


def test_another_file_goes_as_text_and_only_asks(gitlab: GitLabSource, script: Scripted) -> None:
    script.on("/api/v4/projects/7/ci/lint", Answer(ROW), Answer("oops", 502, kind="text/plain"))
    assert gitlab.lint(7, "main", content="train: {script: x}").valid
    [seen] = script.seen
    assert (seen.method, seen.query) == ("POST", {})
    assert seen.json == {"content": "train: {script: x}", "ref": "main", "dry_run": False, "include_jobs": True}
    with pytest.raises(BadAnswer) as caught:
        gitlab.lint(7, "main", content="x")
    assert not isinstance(caught.value, Unanswered), "a question changes nothing, so nothing is uncertain"


@pytest.mark.server
def test_whoever_may_not_run_on_a_ref_is_denied_the_dry_run(simulator: Simulator, connect: Connect) -> None:
    number = next(one.id for one in simulator.world.projects.values() if not one.branches["main"].developers_can_merge)
    assert connect("developer").lint(number, "main", dry_run=True).denied
    assert connect("reporter").lint(number, "develop", dry_run=True).denied
    assert connect("reporter").lint(number, "main").valid
    mine = connect().lint(number, "main", dry_run=True)
    assert mine.valid and any(job.needs for job in mine.jobs)
    text = connect().file(number, "main", ".gitlab-ci.yml")
    assert [job.name for job in connect().lint(number, "main", content=text).jobs] == [
        job.name for job in connect().lint(number, "main").jobs
    ]


@pytest.mark.server
def test_the_simulators_pipelines(simulator: Simulator, connect: Connect) -> None:
    source = connect()
    for number in simulator.world.projects:
        found = source.lint(number, "main", dry_run=False)
        assert found.valid
        names = [job.name for job in found.jobs]
        assert len(names) > 5
        assert any(job.needs for job in found.jobs)
        assert {name for job in found.jobs for name in job.needs} <= set(names)
        assert any(job.image for job in found.jobs)
        assert [job.order for job in found.jobs] == list(range(len(names)))
