"""Records that launches are about, for tests of the pure rules."""

from __future__ import annotations

from typing import Any

from data.launch.asked import Target
from data.model import CiPreview, Pipeline, PipelineAPI, PipelineJob, Project, Variable

PROJECT = Project(
    id="g:1", name="churn", connection="g", git_project_id=1, path="ml/churn", default_ref="main", access_level=40,
    tracking="mlflow",
)  # fmt: skip
CLOSED = Project(
    id="g:1", name="churn", connection="g", git_project_id=1, path="ml/churn", default_ref="main", access_level=40,
    tracking="mlflow", variables_role="no_one_allowed",
)  # fmt: skip
PIPELINE = Pipeline(id="g:1:default", project_id="g:1", name="default", default_ref="stable")
API = PipelineAPI(
    id="g:1:default:train",
    pipeline_id="g:1:default",
    name="train",
    system_variables=(Variable(key="STAGE", value="all"),),
    user_variables=(
        Variable(key="LR", value="0.01", kind="number", required=True),
        Variable(key="TOKEN", secret=True),
    ),
)
GRAPH = (
    ("extract", "data", ()),
    ("features", "data", ("extract",)),
    ("train", "train", ("features",)),
    ("evaluate", "train", ("train",)),
    ("report", "end", ("evaluate", "lint")),
    ("lint", "data", ()),
)
JOBS = tuple(
    PipelineJob(
        id=f"g:1:default:{name}",
        pipeline_id="g:1:default",
        name=name,
        stage=stage,
        order=order,
        needs=needs,
        optional_needs=("lint",) if "lint" in needs else (),
    )
    for order, (name, stage, needs) in enumerate(GRAPH)
)


def target(**changed: Any) -> Target:
    """The API `train` of the project, with what a test has otherwise."""
    return Target(PROJECT, PIPELINE, API, JOBS)._replace(**changed)


def preview(*inputs: Variable, ref: str = "stable", **more: Any) -> CiPreview:
    """What CI lint says of a ref that declares inputs."""
    values = {"id": f"g:1@{ref}", "project_id": "g:1", "ref": ref, "valid": True, "inputs": inputs}
    return CiPreview(**{**values, **more})
