"""Why something cannot be erased, kept, deleted, renamed or run: "" where it is possible, else a sentence.

An unknown project, access level or connection forbids nothing: then the server decides. What each action needs is in
GitLab's docs, user/permissions and the page of its API.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from data.launch.permissions import ROLES, why_not_act
from data.model import Artifact, Command, Connection, JobRun, PipelineRun, Project, Schedule
from data.model.vocabulary import FINISHED
from tui.reasons import job_title, run_title

OWNER: Final = 50
"""Least access level that may delete a pipeline (GitLab docs, api/pipelines)."""
MAX_NAME: Final = 255
"""Characters of a pipeline's name (GitLab, `Ci::PipelineMetadata`)."""


def why_not_in(project: Project | None, connection: Connection | None) -> str:
    """Why nothing of a project can be acted on."""
    return why_not_act(project, connection) if project is not None else ""


def why_not_erase(job: JobRun) -> str:
    """Why the log and the artifacts of a job cannot be erased."""
    name = job_title(job)
    if job.bridge:
        return f"{name} starts another pipeline; it has no log and no artifacts"
    if job.erased is not None:
        return f"{name} is erased already"
    if job.status not in FINISHED:
        return f"{name} has not ended: its status is {job.status}"
    return f"{name} never ran: there is nothing to erase" if job.start is None and not job.artifacts_size else ""


def why_not_keep(job: JobRun, artifacts: Sequence[Artifact], now: datetime) -> str:
    """Why the artifacts of a job cannot be kept. `artifacts` are those that were read of it, maybe none yet.

    Artifacts that have expired are gone unless GitLab keeps those of the newest run; it says so itself.
    """
    name = job_title(job)
    if job.bridge or job.erased is not None or not (job.artifacts_size or artifacts):
        return f"{name} has no artifacts on the server"
    if not artifacts:
        return ""
    ends = [one.expires for one in artifacts if one.is_active and one.expires is not None]
    if not ends:
        return f"the artifacts of {name} are kept already: they do not expire"
    return "" if max(ends) > now else f"the artifacts of {name} have expired"


def why_not_delete(run: PipelineRun, project: Project | None = None) -> str:
    """Why a run cannot be deleted on the server."""
    if reason := _why_gone(run):
        return reason
    if project is None or not 0 < project.access_level < OWNER:
        return ""
    level = project.access_level
    yours = f"{level} ({ROLES[level]})" if level in ROLES else str(level)
    return f"your access level in {project.name} is {yours}; deleting a run needs {OWNER} ({ROLES[OWNER]})"


def why_not_rename(run: PipelineRun, name: str | None = None) -> str:
    """Why a run cannot be renamed at all, or cannot have a name."""
    if reason := _why_gone(run):
        return reason
    if name is None:
        return ""
    if not name:
        return "a run needs a name"
    if len(name) > MAX_NAME:
        return f"a name has at most {MAX_NAME} characters; this one has {len(name)}"
    return f"{run_title(run)} is called that already" if run.name == name else ""


def why_not_schedule(schedule: Schedule, project: Project | None = None) -> str:
    """Why a schedule cannot be run now. An inactive one can: only its times are switched off."""
    if project is not None and not schedule.ref:
        return f"the schedule {schedule.description} names no branch or tag"
    return ""


def why_not_move(command: Command) -> str:
    """Why a command has no place or time in the queue that could be changed."""
    if command.state != "queued":
        return f"it does not wait any more: it is {command.state}"
    return "" if command.kind == "launch" else "only launches wait in order; this goes as soon as it can"


def _why_gone(run: PipelineRun) -> str:
    return f"{run_title(run)} is no longer on the server; only our copy is left" if run.gone else ""
