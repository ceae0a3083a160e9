"""What Lineside asks a GitLab server: reading projects, pipelines, jobs and logs, and acting on them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from data.errors import Forbidden, NotFound, Refused, SourceError, Unauthorized
from data.model import (
    Artifact,
    Connection,
    Deployment,
    JobRun,
    Membership,
    Organization,
    PipelineRun,
    Project,
    User,
    UserGroup,
    Variable,
    git_id,
)
from data.sources.gitlab import mapping
from data.sources.gitlab.api import MAX_PAGES, PER_PAGE, Api, Query, Row
from data.sources.gitlab.facts import Facts
from data.sources.gitlab.glance import number_attempts
from data.sources.gitlab.needs import needs, project_path
from data.sources.gitlab.probe import probe
from data.sources.gitlab.records import IdPage, PipelinePage, Trace
from data.sources.gitlab.trace import Held, TraceReader
from data.sources.http import RateLimit, Response, utc_text

if TYPE_CHECKING:
    from data.config.credentials import Credential
    from data.config.settings import ConnectionSettings

MAX_TREE_PAGES: Final = 10
"""Pages of files in a job's archive that are read."""


class GitLabSource(Facts):
    """One GitLab connection; used by one thread at a time. Every call is one request or a few, none is repeated.

    Raises (every method):
        SourceError: `Unreachable`, `Unauthorized`, `Forbidden`, `NotFound`, `Refused`, `RateLimited` or `BadAnswer`.
    """

    def __init__(
        self,
        name: str,
        settings: ConnectionSettings,
        credential: Credential,
        *,
        on_response: Callable[[Response], None] | None = None,
    ) -> None:
        super().__init__(name, Api(name, settings, credential, on_response))
        self._settings, self._credential = settings, credential
        self._traces = TraceReader(self._api)
        self._has_tree: bool | None = None

    def close(self) -> None:
        """Close its connections."""
        self._api.close()

    @property
    def rate(self) -> RateLimit:
        """The server's limits as of its newest answer that told them."""
        return self._api.traffic.rate

    @property
    def received(self) -> int:
        """Bytes of answers so far."""
        return self._api.traffic.received

    def probe(self) -> Connection:
        """Who and what answers there: version, user, scopes, whether it may write.

        What this login may not ask for is left out; a server that cannot be reached or does not accept it raises.
        """
        return probe(self._api, self.name, self._settings.url, self._credential)

    def project(self, ref: str | int) -> Project:
        """A project by id or path (`group/name`)."""
        row = self._project(ref)
        with self._api.understood(f"project {ref}"):
            return mapping.project(self.name, row)

    def members(self, git_project_id: int) -> tuple[list[User], list[Membership]]:
        """Everybody with a role in a project, inherited ones included."""
        what = f"the members of project {git_project_id}"
        rows = self._api.all(f"/projects/{git_project_id}/members/all", what)
        with self._api.understood(what):
            return (
                [mapping.user(self.name, row) for row in rows],
                [mapping.membership(self.name, git_project_id, row) for row in rows],
            )

    def groups(self, git_project_id: int) -> tuple[list[Organization], list[UserGroup]]:
        """The top-level group and all groups that a project lies in; none for a project of a user.

        A group above the project's own that this login may not see is left out.
        """
        namespace: Row = self._project(git_project_id).get("namespace") or {}
        if namespace.get("kind") != "group":
            return [], []
        parts = str(namespace.get("full_path") or "").split("/")
        found = [self._group("/".join(parts[: depth + 1])) for depth in range(len(parts))]
        found[-1] = found[-1] or namespace
        rows = [row for row in found if row is not None]
        top = git_id(self.name, found[0]["id"]) if found[0] else ""
        with self._api.understood("a group"):
            organizations = [mapping.organization(self.name, found[0])] if found[0] else []
            return organizations, [mapping.user_group(self.name, row, top) for row in rows]

    def pipelines(
        self, git_project_id: int, *, updated_after: datetime | None = None, page: int = 1, per_page: int = PER_PAGE
    ) -> PipelinePage:
        """A page of pipelines, the newest change first; a change between two pages repeats rows and skips none.

        Child pipelines are not in this list (GitLab docs, api/pipelines); bridges of their parents lead to them.
        """
        query: Query = {"order_by": "updated_at", "sort": "desc", "updated_after": utc_text(updated_after)}
        return self._pipelines(git_project_id, query, page, per_page)

    def pipeline_ids(self, git_project_id: int, *, created_after: datetime, page: int = 1) -> IdPage:
        """A page of the ids of all pipelines made after a time, newest first: for finding out which were deleted."""
        runs, next_page = self._made_after(git_project_id, {}, created_after, page)
        return IdPage([run.git_pipeline_id for run in runs], next_page)

    def find_pipelines(
        self, git_project_id: int, *, created_after: datetime, source: str = "api", username: str = ""
    ) -> list[PipelineRun]:
        """Pipelines made after a time in a certain way, newest first: for finding a launch whose answer was lost."""
        found: list[PipelineRun] = []
        query: Query = {"source": source, "username": username or None}
        for number in range(1, MAX_PAGES + 1):
            runs, next_page = self._made_after(git_project_id, query, created_after, number)
            found += runs
            if next_page is None:
                break
        return found

    def run(self, git_project_id: int, git_pipeline_id: int) -> PipelineRun:
        """One pipeline in detail: with user, times and durations."""
        what = f"pipeline {git_pipeline_id}"
        row = self._api.get(f"/projects/{git_project_id}/pipelines/{git_pipeline_id}", what)
        with self._api.understood(what):
            return mapping.pipeline_run(self.name, git_project_id, row)

    def jobs(self, run: PipelineRun) -> list[JobRun]:
        """All jobs and bridges of a run, oldest first, with all attempts, and the runs that bridges started."""
        project, what = run.git_project_id, f"the jobs of pipeline {run.git_pipeline_id}"
        path = f"/projects/{project}/pipelines/{run.git_pipeline_id}"
        rows = self._api.all(f"{path}/jobs", what, {"include_retried": True})
        bridges = self._api.all(f"{path}/bridges", what)
        with self._api.understood(what):
            jobs = [mapping.job_run(self.name, project, row) for row in rows]
            jobs += [mapping.job_run(self.name, project, {"downstream_pipeline": None, **row}) for row in bridges]
        return number_attempts(jobs)

    def needs(self, run: PipelineRun) -> dict[str, tuple[str, ...]]:
        """Names that each job of a run needs, by its name (GraphQL); a page of a hundred jobs is a request.

        `Refused` or another error where the server has no GraphQL, does not know the question, or not this login.
        """
        path = project_path(self._settings.url, run.web_url)
        path = path or str(self._project(run.git_project_id)["path_with_namespace"])
        try:
            return needs(self._api, path, run)
        except Unauthorized as error:  # a job token is good for REST only: that is no fault of the connection
            raise Refused(error.message, status=error.status) from None

    def variables(self, git_project_id: int, git_pipeline_id: int) -> list[Variable]:
        """Variables that a pipeline was started with. `Forbidden` unless maintainer, or the one who started it."""
        path = f"/projects/{git_project_id}/pipelines/{git_pipeline_id}/variables"
        rows = self._api.page(path, f"the variables of pipeline {git_pipeline_id}", page=1).rows
        return [mapping.variable(row) for row in rows if row.get("key")]

    def trace(
        self, git_project_id: int, git_job_id: int, offset: int, held: Held, *, thorough: bool = False
    ) -> Generator[Trace, None, None]:
        """A job's log from `offset` on, in pieces as they come; `held` reads what we hold before it, to compare."""
        return self._traces.read(git_project_id, git_job_id, offset, held, thorough=thorough)

    def artifacts(self, git_project_id: int, git_job_id: int) -> list[Artifact]:
        """What a job left behind: archives and reports, and the files in its archive where the server lists them."""
        what = f"the artifacts of job {git_job_id}"
        job = self._api.get(f"/projects/{git_project_id}/jobs/{git_job_id}", what)
        with self._api.understood(what):
            found = mapping.artifacts(self.name, git_project_id, job)
            files = self._archive(git_project_id, job) if job.get("artifacts_file") else []
            return found + [mapping.archived_file(self.name, git_project_id, job, row) for row in files]

    def environments(self, git_project_id: int) -> list[Deployment]:
        """The environments of a project, each as a deployment without a commit."""
        what = f"the environments of project {git_project_id}"
        rows = self._api.all(f"/projects/{git_project_id}/environments", what)
        with self._api.understood(what):
            return [mapping.environment(self.name, git_project_id, row) for row in rows]

    def deployments(
        self, git_project_id: int, *, updated_after: datetime | None = None, tiers: Mapping[int, str] | None = None
    ) -> list[Deployment]:
        """The newest hundred deployments, the last changed first; `tiers` maps ids of environments to tiers."""
        what = f"the deployments of project {git_project_id}"
        query: Query = {"order_by": "updated_at", "sort": "desc", "updated_after": utc_text(updated_after)}
        rows = self._api.page(f"/projects/{git_project_id}/deployments", what, query, page=1).rows
        with self._api.understood(what):
            return [mapping.deployment(self.name, git_project_id, row, tiers or {}) for row in rows]

    def _project(self, ref: str | int) -> Row:
        return self._api.get(f"/projects/{quote(str(ref), safe='')}", f"project {ref}")

    def _group(self, path: str) -> Row | None:
        try:
            return self._api.get(f"/groups/{quote(path, safe='')}", f"group {path}", {"with_projects": False})
        except (NotFound, Forbidden):
            return None

    def _pipelines(self, git_project_id: int, query: Query, page: int, per_page: int) -> PipelinePage:
        what = f"the pipelines of project {git_project_id}"
        rows, next_page = self._api.page(
            f"/projects/{git_project_id}/pipelines", what, query, page=page, per_page=per_page
        )
        with self._api.understood(what):
            return PipelinePage([mapping.pipeline_run(self.name, git_project_id, row) for row in rows], next_page)

    def _made_after(self, git_project_id: int, query: Query, created_after: datetime, page: int) -> PipelinePage:
        """By id, newest first; servers that do not know `created_after` send older ones, too: there the list ends."""
        ordered = {"order_by": "id", "sort": "desc", "created_after": utc_text(created_after), **query}
        runs, next_page = self._pipelines(git_project_id, ordered, page, PER_PAGE)
        made = [run for run in runs if run.created >= created_after]
        return PipelinePage(made, next_page if len(made) == len(runs) else None)

    def _archive(self, git_project_id: int, job: Row) -> list[Row]:
        """Files in a job's archive; none where the server has no such call, which is asked only once."""
        if self._has_tree is False:
            return []
        path = f"/projects/{git_project_id}/jobs/{job['id']}/artifacts/tree"
        try:
            rows = self._api.all(path, f"the files of job {job['id']}", {"recursive": True}, pages=MAX_TREE_PAGES)
        except SourceError as error:
            if self._has_tree is None and isinstance(error, NotFound):
                self._has_tree = False
            return []
        self._has_tree = True
        return [row for row in rows if row.get("type") == "file" and row.get("path")]
