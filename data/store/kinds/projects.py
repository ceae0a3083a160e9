"""Projects, pipelines and the ways to start them."""

from __future__ import annotations

from typing import Final

from data.model import (
    CodeRepository,
    DataRepository,
    ExperimentRepository,
    Pipeline,
    PipelineAPI,
    PipelineJob,
    Project,
    RunInfo,
    Submission,
)
from data.store.kinds.common import BY_NAME, NAMED, OF_PROJECT, PROJECT, words
from data.store.port import Sort
from data.store.specification import Kind, Term, Via, columns

OF_PIPELINE: Final = Term(via=(Via("pipeline_id", Pipeline, ("name",)),), inside=True)
"""`pipeline:train` fits what belongs to a pipeline whose name holds `train`."""

PROJECTS = (
    Kind(
        record=Project,
        name="projects",
        table="project",
        fields=columns(
            "name:text connection:id git_project_id:int path:text create_time:time? default_ref:text archived:flag "
            "tracking:text mlflow_experiment_id:id test_mlflow_experiment_id:id labels:words marks:words",
            marks=lambda project: words(archived=project.archived),
        ),
        text=("name", "path", "description", "labels"),
        default_sort=BY_NAME,
        sorts=("name", "create_time"),
        terms={
            "project": Term(("name", "path", "id"), inside=True),
            "ref": Term(("default_ref",)),
            "label": Term(("labels",)),
            "id": Term(("git_project_id", "id")),
            "is": Term(("marks",)),
        },
    ),
    *(
        Kind(
            record=record,
            name=name,
            table=table,
            fields=columns("name:text uri:text connection:id labels:words"),
            text=("name", "uri", "description", "labels"),
            default_sort=BY_NAME,
            terms={"label": Term(("labels",)), **NAMED},
        )
        for record, name, table in (
            (CodeRepository, "code repositories", "code_repository"),
            (DataRepository, "data repositories", "data_repository"),
            (ExperimentRepository, "experiment repositories", "experiment_repository"),
        )
    ),
)

PIPELINES = (
    Kind(
        record=Pipeline,
        name="pipelines",
        table="pipeline",
        fields=columns(
            "project_id:id name:text type:text default_ref:text active:flag running:flag marks:words",
            marks=lambda pipeline: words(active=pipeline.active, running=pipeline.running),
        ),
        text=("name", "description", "type", "pipeline_file_name", "project_id"),
        text_via=(PROJECT,),
        default_sort=BY_NAME,
        sorts=("name",),
        indexes=(("project_id", "name"),),
        terms={
            "project": OF_PROJECT,
            "pipeline": Term(("name",)),
            "ref": Term(("default_ref",)),
            "kind": Term(("type",)),
            "is": Term(("marks",)),
            **NAMED,
        },
    ),
    Kind(
        record=PipelineJob,
        name="pipeline jobs",
        table="pipeline_job",
        fields=columns("pipeline_id:id name:text order:int stage:text stage_type:text"),
        text=("name", "stage", "image"),
        default_sort=Sort("order"),
        indexes=(("pipeline_id", "order"),),
        terms={"pipeline": OF_PIPELINE, "kind": Term(("stage_type",)), **NAMED},
    ),
    Kind(
        record=PipelineAPI,
        name="APIs",
        table="pipeline_api",
        fields=columns("pipeline_id:id name:text type:text"),
        text=("name", "type"),
        default_sort=BY_NAME,
        indexes=(("pipeline_id", "name"),),
        terms={"pipeline": OF_PIPELINE, "api": Term(("name",)), "kind": Term(("type",)), **NAMED},
    ),
    Kind(
        record=Submission,
        name="submissions",
        table="submission",
        fields=columns(
            "timestamp:time requester:text pipeline_api_id:id pipeline_id:id project_id:id ref:text repo_hash:text "
            "kind:text run_id:id pipeline_run_id:id state:text"
        ),
        text=("requester", "ref", "repo_hash", "run_id", "pipeline_id", "pipeline_api_id"),
        default_sort=Sort("timestamp", descending=True),
        indexes=(("pipeline_run_id", "timestamp"), ("project_id", "timestamp"), ("run_id", "timestamp")),
        terms={
            "status": Term(("state",)),
            "project": OF_PROJECT,
            "by": Term(("requester",)),
            "ref": Term(("ref",)),
            "sha": Term(("repo_hash",)),
            "kind": Term(("kind",)),
            "run": Term(("run_id",)),
            "pipeline": Term(("pipeline_id",), inside=True),
            "api": Term(("pipeline_api_id",), inside=True),
            "id": Term(("run_id", "id")),
        },
    ),
    Kind(
        record=RunInfo,
        name="run infos",
        table="run_info",
        fields=columns(
            "pipeline_id:id pipeline_api_id:id kind:text create_time:time? finish_time:time? requester:text "
            "test_run_id:id marks:words",
            marks=lambda info: words(open=info.finish_time is None, finished=info.finish_time is not None),
        ),
        text=("id", "pipeline_id", "pipeline_api_id", "requester"),
        default_sort=Sort("create_time", descending=True),
        sorts=("create_time",),
        indexes=(("pipeline_id", "create_time"), ("kind", "create_time"), ("pipeline_api_id", "create_time")),
        terms={
            "kind": Term(("kind",)),
            "by": Term(("requester",)),
            "pipeline": Term(("pipeline_id",), inside=True),
            "api": Term(("pipeline_api_id",), inside=True),
            "run": Term(("id",)),
            "is": Term(("marks",)),
            **NAMED,
        },
    ),
)
