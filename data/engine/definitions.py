"""Records of what the configuration and the server say of a project. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from data.config import ApiSettings, PipelineSettings, ProjectSettings, RepositorySettings
from data.config.settings import DEFAULT_PIPELINE
from data.define.fields import chosen
from data.define.records import api_fields, pipeline_fields
from data.model import (
    CodeRepository,
    DataRepository,
    Experiment,
    ExperimentRepository,
    Pipeline,
    PipelineAPI,
    PipelineJob,
    Project,
    Record,
    Variable,
)
from data.sources.gitlab import LintResult

CI_FILE: Final = ".gitlab-ci.yml"
"""The CI configuration that GitLab runs, and the only one that it lints by itself."""
CONFIGURATION: Final = "configuration"
USER: Final = "user"
"""Who defines a record; empty where it is derived from the CI file."""


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


def pipelines(found: Project, settings: ProjectSettings, stored: Mapping[str, Pipeline]) -> list[Pipeline]:
    """The project's pipelines: those of the configuration, or one for its CI file; then those that people made.

    What people changed stays as they left it. The first one is that of runs of which nothing else is known.
    """
    made = {one.id: laid_under(stored.get(one.id), one) for one in configured(found, settings, stored.values())}
    others = [one for one in stored.values() if one.id not in made]
    others.sort(
        key=lambda one: (one.name != DEFAULT_PIPELINE, one.defined_by == USER, one.pipeline_file_name != CI_FILE)
    )
    return [*made.values(), *others]


def configured(found: Project, settings: ProjectSettings, stored: Iterable[Pipeline] = ()) -> list[Pipeline]:
    """Pipelines that the configuration names, else one for the CI file where nobody made another one."""
    if settings.pipelines:
        return [_pipeline(found, one, CONFIGURATION) for one in settings.pipelines]
    if any(one.defined_by == USER for one in stored):
        return []
    return [_pipeline(found, PipelineSettings(name=DEFAULT_PIPELINE), "")]


def laid_under(stored: Pipeline | None, fresh: Pipeline) -> Pipeline:
    """A pipeline as the configuration says, or as people left it, with what was found out of it."""
    if stored is None:
        return fresh
    if stored.defined_by == USER:
        return replace(stored, repository_id=fresh.repository_id, repository_url=fresh.repository_url)
    laid = replace(stored, **chosen(fresh), **_place(fresh), defined_by=fresh.defined_by)
    if stored.pipeline_file_name != fresh.pipeline_file_name:
        return replace(laid, pipeline_config="", last_commit_hash="", inputs=())
    return laid


def apis(pipeline: Pipeline, settings: ProjectSettings, stored: Iterable[PipelineAPI] = ()) -> list[PipelineAPI]:
    """The ways to start a pipeline that the configuration names, else one that runs everything where there is none.

    `stored` are those that the pipeline has.
    """
    named = next((one.apis for one in settings.pipelines if one.name == pipeline.name), [])
    if named:
        return [_api(pipeline, one, CONFIGURATION) for one in named]
    own = f"{pipeline.id}:{pipeline.name}"
    if any(one.id != own for one in stored):
        return []
    return [_api(pipeline, ApiSettings(name=pipeline.name), "")]


def api_laid_under(stored: PipelineAPI | None, fresh: PipelineAPI) -> PipelineAPI:
    """An API as the configuration says, or as people left it. One that we made up stays as it was found."""
    if stored is not None and (stored.defined_by == USER or not fresh.defined_by):
        return stored
    return fresh


def jobs_laid_under(stored: Iterable[PipelineJob], fresh: Iterable[PipelineJob]) -> list[PipelineJob]:
    """The jobs of a pipeline: those that people made or changed as they left them, the others as CI lint has them."""
    found = {one.id: one for one in fresh}
    return [*(found | {one.id: one for one in stored if one.defined_by == USER}).values()]


def with_stage_type(job: PipelineJob, settings: ProjectSettings) -> PipelineJob:
    """A job with the stage type that the configuration gives it, unless people changed it."""
    own = next((one for one in settings.pipelines if job.pipeline_id.endswith(f":{one.name}")), None)
    if own is None or job.defined_by == USER:
        return job
    return replace(job, stage_type=own.stage_types.get(job.name, job.stage_type))


def with_lint(pipeline: Pipeline, lint: LintResult, commit: str) -> Pipeline:
    """A pipeline with the configuration that GitLab accepted; one that it refused is never stored."""
    if not lint.valid:
        return pipeline
    return replace(pipeline, pipeline_config=lint.merged_yaml, last_commit_hash=commit)


def with_variables(api: PipelineAPI, declared: Sequence[Variable], jobs: Sequence[str]) -> PipelineAPI:
    """An API with the variables that the CI file describes for people, and with the names of the pipeline's jobs.

    One that people made or changed asks for what they say.
    """
    if api.defined_by == USER:
        return with_jobs(api, jobs)
    known = {one.key for one in (*api.system_variables, *api.user_variables)}
    more = tuple(one for one in declared if one.key not in known and (one.description or one.choices))
    return with_jobs(replace(api, user_variables=api.user_variables + more), jobs)


def with_jobs(api: PipelineAPI, jobs: Iterable[str]) -> PipelineAPI:
    """An API with the names of those of its pipeline's jobs that it runs."""
    return replace(api, jobs=tuple(name for name in jobs if api.flow_control.get(name, True)))


def _pipeline(found: Project, settings: PipelineSettings, by: str) -> Pipeline:
    fields = pipeline_fields(settings) | {"active": settings.active and not found.archived}
    made = Pipeline(id=f"{found.id}:{settings.name}", project_id=found.id, name=settings.name, defined_by=by)
    return replace(
        made,
        **fields | {"default_ref": settings.ref or found.default_ref},
        repository_id=found.git_project_id,
        repository_url=found.web_url,
    )


def _place(pipeline: Pipeline) -> dict[str, int | str]:
    return {"repository_id": pipeline.repository_id, "repository_url": pipeline.repository_url}


def _api(pipeline: Pipeline, settings: ApiSettings, by: str) -> PipelineAPI:
    made = PipelineAPI(id=f"{pipeline.id}:{settings.name}", pipeline_id=pipeline.id, name=settings.name, defined_by=by)
    return replace(made, **api_fields(settings))


def _end(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2].removesuffix(".git") or uri
