"""CI lint as the jobs of a pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from data.simulator.server import Simulator
from data.sources.gitlab import GitLabSource
from data.sources.gitlab.ci import lint_result
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


def test_a_dry_run_has_no_needs(gitlab: GitLabSource, script: Scripted) -> None:
    rows = [{key: value for key, value in row.items() if key != "needs"} for row in ROW["jobs"]]
    script.on("/api/v4/projects/7/ci/lint", Answer({**ROW, "jobs": rows}))
    assert [job.needs for job in gitlab.lint(7, "main", dry_run=True).jobs] == [(), ()]


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
