"""What GitLab says of a project's CI besides its runs: refs, inputs, lint, schedules, test reports."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import quote

from data.clean import clean
from data.errors import NotFound
from data.model import PipelineRun, Refs, Schedule, TestReport, Variable, git_id, parse_time
from data.sources.gitlab import mapping, refs, reports, schedules
from data.sources.gitlab.actions import Actions
from data.sources.gitlab.api import Query, Row
from data.sources.gitlab.ci import lint_result
from data.sources.gitlab.inputs import declared_inputs
from data.sources.gitlab.records import LintResult, ListedSchedule
from data.sources.gitlab.yamltext import MAX_YAML
from data.sources.http import utc_text

MAX_REF_PAGES: Final = 20
"""Pages of branches and of tags that are read."""
SHORT_SHA: Final = 12
"""Characters of a commit's hash in messages."""


class Facts(Actions):
    """Reads what a launch has to know. See `GitLabSource`, the whole of it."""

    def refs(self, git_project_id: int, *, access_level: int = 0) -> Refs:
        """Branches and tags (GitLab docs, api/branches and api/tags), a request for each hundred of them.

        The newest come first, so that what is cut of very many are old ones; servers before 16.4 cut by name.
        `access_level` is this login's in the project, 0 where it is not known.
        """
        path, project = f"/projects/{git_project_id}/repository", f"of project {git_project_id}"
        newest: Query = {"sort": "updated_desc"}
        branches = self._api.all(f"{path}/branches", f"the branches {project}", newest, pages=MAX_REF_PAGES)
        tags = self._api.all(f"{path}/tags", f"the tags {project}", pages=MAX_REF_PAGES)
        with self._api.understood(f"the branches and tags {project}"):
            return refs.refs(self.name, git_project_id, branches, tags, access_level)

    def head(self, git_project_id: int, ref: str) -> str:
        """Hash of the commit that a branch, tag or hash names (GitLab docs, api/commits); `NotFound` for none."""
        return clean(str(self._commit(git_project_id, ref).get("id") or ""))

    def commit_title(self, git_project_id: int, sha: str) -> str:
        """First line of a commit's message."""
        return clean(str(self._commit(git_project_id, sha).get("title") or ""))

    def file(self, git_project_id: int, ref: str, path: str) -> str:
        """Text of a file at a ref, cut after `MAX_YAML` bytes (GitLab docs, api/repository_files)."""
        where = f"/projects/{git_project_id}/repository/files/{quote(path, safe='')}/raw"
        return self._api.text(where, f"the file {path} at {ref}", {"ref": ref}, limit=MAX_YAML)

    def inputs(self, git_project_id: int, ref: str, file: str) -> list[Variable]:
        """Inputs that a CI file declares (GitLab docs, ci/inputs); none where it has none, or lies elsewhere.

        GitLab's lint leaves them out of what it answers, so the header of the raw file is read.
        """
        if is_elsewhere(file):
            return []
        try:
            return declared_inputs(self.file(git_project_id, ref, file))
        except NotFound:
            return []

    def lint(
        self,
        git_project_id: int,
        ref: str,
        *,
        dry_run: bool = False,
        pipeline_id: str = "",
        content: str | None = None,
    ) -> LintResult:
        """What GitLab says to the CI configuration at `ref`; `pipeline_id` goes into the jobs' records.

        Without a dry run nothing is evaluated; with one, rules are, as in a push to `ref`, and the login must be
        allowed to start a pipeline on it: see `LintResult.denied`. GitLab lints the project's own CI file by itself,
        the text of another one has to be given as `content`, for which the token needs the scope `api` (GitLab docs,
        api/lint; lib/api/lint.rb).
        """
        what, path = f"the CI configuration at {ref}", f"/projects/{git_project_id}/ci/lint"
        if content is None:
            query: Query = {
                "content_ref": ref,
                "dry_run": dry_run,
                "dry_run_ref": ref if dry_run else None,
                "include_jobs": True,
            }
            row = self._api.get(path, what, query)
        else:
            body = {"content": content, "ref": ref, "dry_run": dry_run, "include_jobs": True}
            row = self._api.ask(path, what, body)
        with self._api.understood(what):
            return lint_result(pipeline_id or git_id(self.name, git_project_id), row)

    def test_report(self, run: PipelineRun) -> TestReport:
        """The test report of a run, limited as `reports` says; GitLab answers from a cache that is up to 2 min old."""
        what = f"the tests of pipeline {run.git_pipeline_id}"
        row = self._api.get(f"/projects/{run.git_project_id}/pipelines/{run.git_pipeline_id}/test_report", what)
        with self._api.understood(what):
            return reports.report(run, row)

    def schedules(self, git_project_id: int) -> list[ListedSchedule]:
        """The pipeline schedules of a project as their list tells them: without what `schedule` tells."""
        what = f"the schedules of project {git_project_id}"
        rows = self._api.all(f"/projects/{git_project_id}/pipeline_schedules", what)
        with self._api.understood(what):
            return [
                ListedSchedule(schedules.schedule(self.name, git_project_id, row), parse_time(row.get("updated_at")))
                for row in rows
            ]

    def schedule(self, git_project_id: int, schedule_id: int) -> Schedule:
        """One schedule with its variables, inputs and last pipeline."""
        what = f"schedule {schedule_id}"
        row = self._api.get(f"/projects/{git_project_id}/pipeline_schedules/{schedule_id}", what)
        with self._api.understood(what):
            return schedules.schedule(self.name, git_project_id, row)

    def schedule_runs(self, git_project_id: int, schedule_id: int, *, created_after: datetime) -> list[PipelineRun]:
        """Pipelines that a schedule made after a time, newest first: for finding the one that `play_schedule` made.

        Older servers know neither order nor time here and list the oldest first, so all pages are read.
        """
        what = f"the pipelines of schedule {schedule_id}"
        query: Query = {"sort": "desc", "created_after": utc_text(created_after)}
        rows = self._api.all(f"/projects/{git_project_id}/pipeline_schedules/{schedule_id}/pipelines", what, query)
        with self._api.understood(what):
            runs = [mapping.pipeline_run(self.name, git_project_id, row) for row in rows]
        found = [run for run in runs if run.created >= created_after]
        return sorted(found, key=lambda run: run.git_pipeline_id, reverse=True)

    def _commit(self, git_project_id: int, ref: str) -> Row:
        path = f"/projects/{git_project_id}/repository/commits/{quote(ref, safe='')}"
        return self._api.get(path, f"commit {ref[:SHORT_SHA]}")


def is_elsewhere(file: str) -> bool:
    """Whether a CI file is none of the project's: an address or `path@group/project` (GitLab docs, ci/pipelines)."""
    return "@" in file or "://" in file
