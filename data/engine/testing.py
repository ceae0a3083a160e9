"""Tests of APIs: where they are started, whose runs they are, and the runs that belong together by their RUN_ID.

An API with a test repository is tested by the pipeline of that repository, on its default branch. It gets what a launch
of the API would get, RUN_ID among it, and besides `LINESIDE_API`, the name of the tested API, and `LINESIDE_REF`, the
branch or tag to test; its cases are trigger jobs that start the API's own pipeline and pass all of that on (GitLab
docs, ci/pipelines/downstream_pipelines). It gets no MLflow run, which all cases would resume at once, but where
tracking is wanted the project's test experiment as `MLFLOW_EXPERIMENT_ID` and `MLFLOW_EXPERIMENT_NAME`.

An API without one is tested by its own pipeline: the run has the kind `test` and its MLflow run lies in the test
experiment. Nothing else is passed: test buckets reach a pipeline by variables that the API declares.

Runs of a test repository that is no project of the configuration belong to the API's project (`project_id`), so that
they are copied, acted on and shown there; `git_project_id` is GitLab's truth.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from data.engine import merge
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.errors import Forbidden, NotFound
from data.launch.naming import TESTED_API, TESTED_REF
from data.launch.payload import Payload
from data.model import Experiment, PipelineAPI, PipelineRun, Project, Variable, git_id
from data.model.vocabulary import TEST

log = logging.getLogger(__name__)

OVERLAP: Final = timedelta(seconds=120)
"""How far lists of a test repository's runs reach back behind the newest one that is known."""
MAX_CASES: Final = 1000
"""Runs that the cases of one test may have started."""


class Place(NamedTuple):
    """Where a launch is started.

    Attributes:
        git_project_id: GitLab's id of the project.
        ref: branch or tag there.
        variables: what is passed besides what was asked for.
    """

    git_project_id: int
    ref: str
    variables: tuple[Variable, ...] = ()


async def place_of(context: ProjectContext, payload: Payload, api: PipelineAPI | None) -> Place:
    """Where a launch is started: in the project itself, or in the test repository that it names.

    Raises:
        SourceError: the test repository cannot be found.
    """
    if not payload.test_repository:
        return Place(context.git, payload.ref)
    found = await _found(context, payload.test_repository)
    if found.git_project_id == context.git:
        return Place(context.git, payload.ref)
    given = {one.key for one in payload.variables}
    more = {TESTED_API: api.name if api is not None else payload.api, TESTED_REF: payload.ref}
    if payload.track:
        more |= await _experiment(context)
    variables = tuple(Variable(key=key, value=value) for key, value in more.items() if value and key not in given)
    return Place(found.git_project_id, found.default_ref or payload.ref, variables)


async def test_project(context: ProjectContext, api: PipelineAPI) -> int:
    """GitLab's id of the project in which a test of an API is started.

    Raises:
        SourceError: the test repository cannot be found.
    """
    reference = reference_of(api)
    return (await _found(context, reference)).git_project_id if reference else context.git


def reference_of(api: PipelineAPI) -> str:
    """How an API names its test repository: by id, path or URL; empty for none."""
    return str(api.test_repository_id) if api.test_repository_id else api.test_repository_url


async def _found(context: ProjectContext, reference: str) -> Project:
    """The project that is the test repository, looked up once."""
    known = context.test_repositories.get(reference)
    if known is None:
        asked = path_of(reference, context.server.settings.url)
        known = await context.server.call(lambda source: source.project(asked), rank=Rank.PERSON)
        context.test_repositories[reference] = known
    return known


def path_of(reference: str, url: str) -> str:
    """What GitLab's API takes for a repository that is named by id, path, or by an address below `url`."""
    if "://" not in reference:
        return reference.strip("/")
    path, base = urlsplit(reference).path.strip("/"), urlsplit(url).path.strip("/")
    return path.removeprefix(f"{base}/" if base else "").removesuffix(".git")


async def _experiment(context: ProjectContext) -> dict[str, str]:
    """Variables that let MLflow log to the project's test experiment: a file may name one, so both have to fit."""
    number, mlflow = context.project.test_mlflow_experiment_id, context.settings.mlflow
    if not number or not mlflow:
        return {}
    stored = await context.store.get(Experiment, git_id(mlflow, number))
    return {"MLFLOW_EXPERIMENT_ID": number, "MLFLOW_EXPERIMENT_NAME": stored.name if stored else ""}


# Whose runs they are


def adopted(context: ProjectContext, run: PipelineRun, api: PipelineAPI | None = None) -> PipelineRun:
    """The run of a test repository's pipeline as one of the API's project, but where that repository is copied, too."""
    if run.project_id == context.id or run.project_id in context.siblings:
        return run
    run = replace(run, project_id=context.id, kind=TEST)
    if api is None:
        return context.own(run)
    return replace(run, pipeline_id=api.pipeline_id, pipeline_api_id=api.id, api=api.name)


def is_adopted(run: PipelineRun) -> bool:
    """Whether it is the run of a test repository that is no project of the configuration."""
    return run.project_id != git_id(run.connection, run.git_project_id)


def as_case(run: PipelineRun, test: PipelineRun) -> PipelineRun:
    """A run that a test started, with what it has from the test: the RUN_ID, and the API if it is of its project."""
    run = replace(run, run_info_id=run.run_info_id or test.run_info_id, kind=test.kind)
    if run.git_project_id == test.git_project_id or run.pipeline_api_id or not test.pipeline_api_id:
        return run
    if not test.pipeline_api_id.startswith(f"{git_id(run.connection, run.git_project_id)}:"):
        return run
    return replace(run, pipeline_id=test.pipeline_id, pipeline_api_id=test.pipeline_api_id, api=test.api)


def inherited(stored: PipelineRun, found: PipelineRun) -> PipelineRun:
    """A run with what it has from the one that started it, as it was found there; what is known stays."""
    run = replace(
        stored,
        parent_run_id=found.parent_run_id or stored.parent_run_id,
        run_info_id=stored.run_info_id or found.run_info_id,
        kind=TEST if TEST in (stored.kind, found.kind) else stored.kind,
    )
    if run.pipeline_api_id or not found.pipeline_api_id:
        return run
    return replace(run, pipeline_id=found.pipeline_id, pipeline_api_id=found.pipeline_api_id, api=found.api)


async def adopt_cases(context: ProjectContext, test_id: str) -> list[PipelineRun]:
    """Tell the runs that a test started what became known of it since: its RUN_ID and its API; gives those changed."""
    test = await context.store.get(PipelineRun, test_id)
    if test is None or test.kind != TEST:
        return []
    runs = await context.desk.all(PipelineRun, {"parent_run_id": test.id}, limit=MAX_CASES)
    late = [run for run in runs if as_case(run, test) != run]
    if not late:
        return []
    return await context.desk.merge(context.id, PipelineRun, late, lambda stored, fresh: as_case(stored or fresh, test))


class TestRepositories:
    """Finds runs of the test repositories of a project's APIs: those that people, schedules or others started, too."""

    __test__ = False

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._known: dict[int, datetime] = {}
        self._passed_over: set[str] = set()

    @property
    def any(self) -> bool:
        """Whether there are any that can be read."""
        return bool(self._references())

    async def look(self, rank: Rank) -> list[PipelineRun]:
        """Read what changed in them since the last time; gives the runs as they are stored now."""
        found = []
        for reference, apis in self._references().items():
            try:
                project = await _found(self._context, reference)
            except (NotFound, Forbidden) as error:
                log.warning("%s: no test repository: %s", self._context.project.path, error)
                self._passed_over.add(reference)
                continue
            if project.id != self._context.id and project.id not in self._context.siblings:
                found += await self._read(project, apis, rank)
        return found

    def _references(self) -> dict[str, list[PipelineAPI]]:
        found: dict[str, list[PipelineAPI]] = {}
        for api in self._context.apis:
            if (reference := reference_of(api)) and reference not in self._passed_over:
                found.setdefault(reference, []).append(api)
        return found

    async def _read(self, project: Project, apis: Sequence[PipelineAPI], rank: Rank) -> list[PipelineRun]:
        """One page is enough: nobody starts a hundred tests between two looks, and the past is not read further."""
        git, since = project.git_project_id, self._known.get(project.git_project_id)
        since = since - OVERLAP if since else self._window()
        page = await self._context.server.call(lambda source: source.pipelines(git, updated_after=since), rank=rank)
        only = apis[0] if len(apis) == 1 else None
        own = [adopted(self._context, run, only) for run in page.runs]
        stored = await self._context.desk.merge(self._context.id, PipelineRun, own, merge.glance)
        newest = merge.newest([self._known.get(git), *(run.updated for run in stored)])
        if newest is not None:
            self._known[git] = newest
        return stored

    def _window(self) -> datetime | None:
        history = self._context.sync.history
        return datetime.now(UTC) - timedelta(seconds=history) if history else None
