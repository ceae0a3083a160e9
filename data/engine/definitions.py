"""Records of what the configuration and the server say of a project. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from data.config import ApiSettings, PipelineSettings, ProjectSettings, RepositorySettings, VariableSettings
from data.config.settings import DEFAULT_PIPELINE
from data.model import (
    CodeRepository,
    DataRepository,
    Experiment,
    ExperimentRepository,
    Pipeline,
    PipelineAPI,
    Project,
    Record,
    Variable,
)
from data.model.vocabulary import E2E
from data.sources.gitlab import LintResult

CI_FILE: Final = ".gitlab-ci.yml"
"""The CI configuration that GitLab runs, and the only one that it lints by itself."""


def project(
    found: Project, settings: ProjectSettings, stored: Project | None, experiments: Iterable[Experiment]
) -> Project:
    """A project as GitLab gives it, with what the configuration says and which experiments it has."""
    known = {name: one for one in experiments for name in (one.name, one.experiment_id)}
    production, test = known.get(settings.experiment), known.get(settings.test_experiment)
    before = stored or found
    return replace(
        found,
        name=settings.name or found.name,
        description=settings.description or found.description,
        labels=tuple(settings.labels) or found.labels or before.labels,
        tracking=settings.mlflow,
        mlflow_experiment_id=production.experiment_id if production else before.mlflow_experiment_id,
        test_mlflow_experiment_id=test.experiment_id if test else before.test_mlflow_experiment_id,
        code_repositories=tuple(repository_id(found.id, one) for one in settings.code_repositories),
        data_repositories=tuple(repository_id(found.id, one) for one in settings.data_repositories),
        experiments=tuple(one.id for one in (production, test) if one is not None) or before.experiments,
    )


def repository_id(project_id: str, settings: RepositorySettings) -> str:
    """Identifier of a repository that a project refers to."""
    return f"{project_id}:{settings.uri}"


def repositories(found: Project, settings: ProjectSettings, experiments: Iterable[Experiment]) -> list[Record]:
    """The records that a project refers to."""
    records: list[Record] = []
    for code in settings.code_repositories:
        records.append(
            CodeRepository(
                id=repository_id(found.id, code),
                name=code.name or _end(code.uri),
                uri=code.uri,
                connection=code.connection,
                description=code.description,
                labels=tuple(code.labels),
            )
        )
    for data in settings.data_repositories:
        records.append(
            DataRepository(
                id=repository_id(found.id, data),
                name=data.name or _end(data.uri),
                uri=data.uri,
                connection=data.connection,
                description=data.description,
                labels=tuple(data.labels),
                storage_type=data.storage_type,
                bucket=data.bucket,
                version=data.version,
            )
        )
    for experiment in experiments:
        if {experiment.name, experiment.experiment_id} & {settings.experiment, settings.test_experiment}:
            records.append(
                ExperimentRepository(
                    id=f"{found.id}:{experiment.id}",
                    name=experiment.name,
                    uri=experiment.artifact_location,
                    connection=experiment.connection,
                    experiment_id=experiment.experiment_id,
                )
            )
    return records


def pipelines(found: Project, settings: ProjectSettings, stored: dict[str, Pipeline]) -> list[Pipeline]:
    """The project's pipelines: those of the configuration, or one for its CI file; then those that users made."""
    named = settings.pipelines or [PipelineSettings(name=DEFAULT_PIPELINE)]
    made = [_pipeline(found, one, stored) for one in named]
    ours = {one.id for one in made}
    return made + [one for one in stored.values() if one.id not in ours]


def apis(pipeline: Pipeline, settings: ProjectSettings) -> list[PipelineAPI]:
    """The ways to start a pipeline of the configuration, or one that runs everything."""
    named = next((one.apis for one in settings.pipelines if one.name == pipeline.name), [])
    return [_api(pipeline, one) for one in named or [ApiSettings(name=pipeline.name)]]


def with_lint(pipeline: Pipeline, lint: LintResult, commit: str) -> Pipeline:
    """A pipeline with the configuration that GitLab accepted; one that it refused is never stored."""
    if not lint.valid:
        return pipeline
    return replace(pipeline, pipeline_config=lint.merged_yaml, last_commit_hash=commit)


def with_variables(api: PipelineAPI, declared: Sequence[Variable], jobs: Sequence[str]) -> PipelineAPI:
    """An API with the variables that the CI file describes for people, and with the names of the pipeline's jobs."""
    known = {one.key for one in (*api.system_variables, *api.user_variables)}
    more = tuple(one for one in declared if one.key not in known and (one.description or one.choices))
    chosen = tuple(name for name in jobs if api.flow_control.get(name, True))
    return replace(api, user_variables=api.user_variables + more, jobs=chosen)


def _pipeline(found: Project, settings: PipelineSettings, stored: dict[str, Pipeline]) -> Pipeline:
    before = stored.get(f"{found.id}:{settings.name}")
    base = before or Pipeline(id=f"{found.id}:{settings.name}", project_id=found.id, name=settings.name)
    return replace(
        base,
        description=settings.description,
        type=settings.type,
        repository_id=found.git_project_id,
        repository_url=found.web_url,
        default_ref=settings.ref or found.default_ref,
        storage_bucket=settings.storage_bucket,
        data_version_bucket=settings.data_version_bucket,
        test_storage_bucket=settings.test_storage_bucket,
        test_data_version_bucket=settings.test_data_version_bucket,
        pipeline_file_name=settings.file,
        max_concurrent=settings.max_concurrent,
        timeout=settings.timeout,
        active=not found.archived,
    )


def _api(pipeline: Pipeline, settings: ApiSettings) -> PipelineAPI:
    test = settings.test_repository
    return PipelineAPI(
        id=f"{pipeline.id}:{settings.name}",
        pipeline_id=pipeline.id,
        name=settings.name,
        type=settings.type if settings.name else E2E,
        flow_control=dict(settings.flow_control),
        test_repository_id=int(test) if test.isdecimal() else 0,
        test_repository_url="" if test.isdecimal() else test,
        api_url=settings.api_url,
        test_api_url=settings.test_api_url,
        system_variables=tuple(Variable(key=key, value=value) for key, value in settings.system_variables.items()),
        user_variables=tuple(_variable(key, one) for key, one in settings.user_variables.items()),
    )


def _variable(key: str, settings: VariableSettings) -> Variable:
    return Variable(
        key=key,
        value="" if settings.secret else settings.value,
        description=settings.description,
        kind=settings.kind,
        choices=tuple(settings.choices),
        required=settings.required,
        pattern=settings.pattern,
        secret=settings.secret,
    )


def _end(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2].removesuffix(".git") or uri
