"""What changes a GitLab server. Every call is sent exactly once; `Unanswered` says that its outcome is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from data.model import JobRun, PipelineRun, Variable, git_id
from data.model.base import Json
from data.sources.gitlab import mapping
from data.sources.gitlab.api import Api


class Actions:
    """Starts, cancels, retries, plays, erases, keeps, deletes and renames. See `GitLabSource`, the whole of it."""

    def __init__(self, name: str, api: Api) -> None:
        self.name = name
        self._api = api

    def create_pipeline(
        self,
        git_project_id: int,
        ref: str,
        variables: Sequence[Variable] = (),
        inputs: Mapping[str, Json] | None = None,
    ) -> PipelineRun:
        """Start a pipeline on a branch or tag (GitLab docs, api/pipelines); `inputs` need GitLab 17.10 or newer.

        Inputs have the JSON types that they are declared with: a number as text is refused (docs, ci/inputs).
        Variables are left out of the request where there are none: a project may forbid them altogether.
        """
        body: dict[str, Any] = {"ref": ref}
        if variables:
            body["variables"] = [_env(variable) for variable in variables]
        if inputs:
            body["inputs"] = dict(inputs)
        return self._run(git_project_id, f"/projects/{git_project_id}/pipeline", f"a pipeline on {ref}", body)

    def cancel_run(self, git_project_id: int, git_pipeline_id: int) -> PipelineRun:
        """Cancel a pipeline. GitLab does it after the answer, so the status may still say running."""
        return self._act_on_run(git_project_id, git_pipeline_id, "cancel")

    def retry_run(self, git_project_id: int, git_pipeline_id: int) -> PipelineRun:
        """Run the failed and canceled jobs of a pipeline again; does nothing where there are none."""
        return self._act_on_run(git_project_id, git_pipeline_id, "retry")

    def cancel_job(self, git_project_id: int, git_job_id: int) -> JobRun:
        """Cancel a job. A finished job is returned unchanged."""
        return self._act_on_job(git_project_id, git_job_id, "cancel")

    def retry_job(self, git_project_id: int, git_job_id: int) -> JobRun:
        """Run a job again: the answer is the new job. `Refused` when it cannot be retried."""
        made = self._act_on_job(git_project_id, git_job_id, "retry")
        return msgspec.structs.replace(made, retry_of=git_id(self.name, git_project_id, "job", git_job_id))

    def play_job(self, git_project_id: int, git_job_id: int, variables: Sequence[Variable] = ()) -> JobRun:
        """Start a manual or delayed job. `Refused` when it is not waiting."""
        given = [{"key": variable.key, "value": variable.value} for variable in variables]
        return self._act_on_job(
            git_project_id, git_job_id, "play", {"job_variables_attributes": given} if given else None
        )

    def erase_job(self, git_project_id: int, git_job_id: int) -> JobRun:
        """Remove the log and artifacts of a finished job (GitLab docs, api/jobs); the answer has its `erased` time.

        `Refused` when there is nothing to erase, `Forbidden` below maintainer but for jobs that one started oneself.
        """
        return self._act_on_job(git_project_id, git_job_id, "erase")

    def keep_artifacts(self, git_project_id: int, git_job_id: int) -> JobRun:
        """Let the artifacts of a job never expire (GitLab docs, api/job_artifacts); `NotFound` where it has none."""
        what = f"to keep the artifacts of job {git_job_id}"
        return self._act_on_job(git_project_id, git_job_id, "artifacts/keep", what=what)

    def delete_run(self, git_project_id: int, git_pipeline_id: int) -> None:
        """Delete a pipeline with its jobs, logs and artifacts (GitLab docs, api/pipelines): owners only, for good.

        Its child pipelines stay. `NotFound` when it is gone already.
        """
        self._api.delete(
            f"/projects/{git_project_id}/pipelines/{git_pipeline_id}", f"to delete pipeline {git_pipeline_id}"
        )

    def rename_run(self, git_project_id: int, git_pipeline_id: int, name: str) -> PipelineRun:
        """Give a pipeline a name (GitLab docs, api/pipelines, update metadata; 16.6 and newer)."""
        what = f"to rename pipeline {git_pipeline_id}"
        path = f"/projects/{git_project_id}/pipelines/{git_pipeline_id}/metadata"
        row = self._api.put(path, what, {"name": name})
        with self._api.understood(what):
            return mapping.pipeline_run(self.name, git_project_id, row)

    def play_schedule(self, git_project_id: int, schedule_id: int) -> None:
        """Run a schedule now (GitLab docs, api/pipeline_schedules).

        GitLab makes the pipeline afterwards and does not say which: `schedule_runs` finds it, if it was not refused.
        """
        path = f"/projects/{git_project_id}/pipeline_schedules/{schedule_id}/play"
        self._api.post(path, f"to run schedule {schedule_id}")

    def _act_on_run(self, git_project_id: int, git_pipeline_id: int, action: str) -> PipelineRun:
        path = f"/projects/{git_project_id}/pipelines/{git_pipeline_id}/{action}"
        return self._run(git_project_id, path, f"to {action} pipeline {git_pipeline_id}", None)

    def _run(self, git_project_id: int, path: str, what: str, body: Mapping[str, Any] | None) -> PipelineRun:
        row = self._api.post(path, what, body)
        with self._api.understood(what):
            return mapping.pipeline_run(self.name, git_project_id, row)

    def _act_on_job(
        self, git_project_id: int, git_job_id: int, action: str, body: Mapping[str, Any] | None = None, what: str = ""
    ) -> JobRun:
        what = what or f"to {action} job {git_job_id}"
        row = self._api.post(f"/projects/{git_project_id}/jobs/{git_job_id}/{action}", what, body)
        with self._api.understood(what):
            return mapping.job_run(self.name, git_project_id, row)


def _env(variable: Variable) -> dict[str, str]:
    kind = "file" if variable.kind == "file" else "env_var"
    return {"key": variable.key, "value": variable.value, "variable_type": kind}
