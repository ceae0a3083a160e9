"""GitLab's JSON of pipelines, jobs and deployments, with the keys that lib/api/entities and the docs show."""

from __future__ import annotations

from data.simulator import artifacts
from data.simulator.chance import digest
from data.simulator.clock import iso, iso_or_none
from data.simulator.entities import COMPLETED, Deployment, Environment, Job, Pipeline, Project, Schedule
from data.simulator.serializers_project import Json, ProjectSerializer
from data.simulator.status import duration, has_warnings

_TEXTS = {"success": "passed", "waiting_for_resource": "waiting", "manual": "blocked"}
_LABELS = {"manual": "waiting for manual action", "success": "passed"}


class Serializer(ProjectSerializer):
    """Turns every entity of the server into JSON objects."""

    def pipeline_row(self, pipeline: Pipeline) -> Json:
        """PipelineBasicWithMetadata, the entry of a list."""
        return self.pipeline_basic(pipeline) | {"name": pipeline.name}

    def pipeline(self, pipeline: Pipeline) -> Json:
        """Pipeline, the answer of create, cancel and retry."""
        done = pipeline.status in COMPLETED
        queued = None if pipeline.started_at is None else round(pipeline.started_at - pipeline.created_at, 3)
        coverage = next((87.45 for job in pipeline.latest if job.spec.coverage and job.status == "success"), None)
        return self.pipeline_basic(pipeline) | {
            "before_sha": pipeline.before_sha,
            "tag": pipeline.tag,
            "yaml_errors": None,
            "user": self.user(pipeline.user),
            "started_at": iso_or_none(pipeline.started_at),
            "finished_at": iso_or_none(pipeline.finished_at),
            "committed_at": None,
            "duration": duration(pipeline, self.world.time) if done else None,
            "queued_duration": queued,
            "coverage": None if coverage is None else f"{coverage:.2f}",
            "detailed_status": self.detailed_status(pipeline),
        }

    def pipeline_detail(self, pipeline: Pipeline) -> Json:
        """PipelineWithMetadata, the answer of GET and PUT."""
        return self.pipeline(pipeline) | {"name": pipeline.name}

    def detailed_status(self, pipeline: Pipeline) -> Json:
        """DetailedStatusEntity of a pipeline."""
        status = pipeline.status
        text, label, group, icon = _TEXTS.get(status, status), _LABELS.get(status, status), status, f"status_{status}"
        if status == "success" and has_warnings(pipeline):
            text, label, group, icon = "warning", "passed with warnings", "success-with-warnings", "status_warning"
        path = f"/{pipeline.project.full_path}/-/pipelines/{pipeline.id}"
        favicon = f"/assets/ci_favicons/favicon_status_{status}-{digest(status)}.png"
        return {
            "icon": icon,
            "text": text,
            "label": label,
            "group": group,
            "tooltip": label if text == "warning" else text,
            "has_details": True,
            "details_path": path,
            "illustration": None,
            "favicon": favicon,
        }

    def job_basic(self, job: Job) -> Json:
        """JobBasic, what jobs and bridges share."""
        project, end = job.project, job.finished_at if job.finished_at is not None else self.world.time
        waited = None if job.queued_at is None else (job.started_at or end) - job.queued_at
        found: Json = {
            "id": job.id,
            "status": job.status,
            "stage": job.spec.stage,
            "name": job.name,
            "ref": job.pipeline.ref,
            "tag": job.pipeline.tag,
            "coverage": 87.45 if job.spec.coverage and job.status == "success" else None,
            "allow_failure": job.spec.allow_failure,
            "created_at": iso(job.created_at),
            "started_at": iso_or_none(job.started_at),
            "finished_at": iso_or_none(job.finished_at),
            "erased_at": iso_or_none(job.erased_at),
            "duration": None if job.started_at is None else round(end - job.started_at, 6),
            "queued_duration": None if waited is None else round(max(waited, 0.0), 6),
            "user": self.public_user(job.user),
            "commit": self.commit(project.commits[job.pipeline.sha], project),
            "pipeline": self.pipeline_basic(job.pipeline),
            "web_url": f"{self.base}/{project.full_path}/-/jobs/{job.id}",
            "project": {"ci_job_token_scope_enabled": False},
        }
        if job.status == "failed":
            found["failure_reason"] = job.failure_reason
        return found

    def job(self, job: Job) -> Json:
        """Job."""
        kept = artifacts.has_archive(self.world, job)
        expire = iso(artifacts.expires(job)) if kept and not job.artifacts_kept else None
        found = self.job_basic(job) | {
            "source": job.pipeline.source,
            "artifacts": self._artifacts(job, kept=kept),
            "runner": None if job.runner is None else self.runner(job.runner),
            "runner_manager": None if job.runner is None else self.runner_manager(job.runner),
            "artifacts_expire_at": expire,
            "archived": False,
            "tag_list": [job.spec.runner_tag],
        }
        if kept:
            found["artifacts_file"] = {"filename": "artifacts.zip", "size": artifacts.archive_size(self.world, job)}
        return found

    def _artifacts(self, job: Job, *, kept: bool) -> list[Json]:
        found: list[Json] = []
        if kept:
            size = artifacts.archive_size(self.world, job)
            found.append({"file_type": "archive", "size": size, "filename": "artifacts.zip", "file_format": "zip"})
            if job.spec.kind == "tests":
                found.append({"file_type": "junit", "size": 412, "filename": "junit.xml.gz", "file_format": "gzip"})
        if job.status in COMPLETED and job.started_at is not None and job.erased_at is None:
            found.append(
                {"file_type": "trace", "size": self.logs.size(job), "filename": "job.log", "file_format": None}
            )
        return found

    def bridge(self, job: Job) -> Json:
        """Bridge: a JobBasic with its downstream pipeline."""
        return self.job_basic(job) | {
            "downstream_pipeline": None if job.downstream is None else self.pipeline_basic(job.downstream)
        }

    def environment(self, environment: Environment, project: Project) -> Json:
        """Environment as in lists; the single one has its last deployment too."""
        return {
            "id": environment.id,
            "name": environment.name,
            "slug": environment.name,
            "description": None,
            "external_url": environment.external_url,
            "state": environment.state,
            "tier": environment.tier,
            "created_at": iso(environment.created_at),
            "updated_at": iso(environment.updated_at),
            "auto_stop_at": None,
            "enable_advanced_logs_querying": False,
            "auto_stop_setting": "always",
            "kubernetes_namespace": None,
            "flux_resource_path": None,
            "logs_api_path": f"/{project.full_path}/-/logs/k8s.json?environment_name={environment.name}",
        }

    def deployment(self, deployment: Deployment) -> Json:
        """Deployment; its status and times follow its job's."""
        job = deployment.job
        changed = max(
            instant for instant in (deployment.created_at, job.started_at, job.finished_at) if instant is not None
        )
        environment = deployment.environment
        return {
            "id": deployment.id,
            "iid": deployment.iid,
            "ref": job.pipeline.ref,
            "sha": job.pipeline.sha,
            "created_at": iso(deployment.created_at),
            "updated_at": iso(changed),
            "user": self.user(job.user),
            "environment": {
                "id": environment.id,
                "name": environment.name,
                "slug": environment.name,
                "external_url": environment.external_url,
                "tier": environment.tier,
            },
            "deployable": self.job(job),
            "status": deployment_status(job),
        }

    def schedule(self, schedule: Schedule, next_run: float) -> Json:
        """PipelineSchedule as in lists."""
        day = "*" if schedule.weekday is None else str((schedule.weekday + 1) % 7)
        return {
            "id": schedule.id,
            "description": schedule.description,
            "ref": f"refs/heads/{schedule.ref}",
            "cron": f"0 {schedule.hour} * * {day}",
            "cron_timezone": "UTC",
            "next_run_at": iso(next_run),
            "active": schedule.active,
            "created_at": iso(schedule.created_at),
            "updated_at": iso(schedule.updated_at),
            "owner": self.user(schedule.owner),
        }

    def schedule_detail(self, schedule: Schedule, next_run: float, *, told: bool) -> Json:
        """PipelineScheduleDetails: with last pipeline and inputs, and with variables where they are `told`."""
        last = schedule.pipelines[-1] if schedule.pipelines else None
        basic = {"id": last.id, "sha": last.sha, "ref": last.ref, "status": last.status} if last else None
        inputs = [{"name": name, "value": value} for name, value in schedule.inputs.items()]
        found = self.schedule(schedule, next_run) | {"last_pipeline": basic, "inputs": inputs}
        if told:
            found["variables"] = [self.variable(item) for item in schedule.variables]
        return found


def deployment_status(job: Job) -> str:
    """Return the status of the deployment that `job` makes (GitLab docs, api/deployments)."""
    if job.status in ("success", "failed", "canceled", "skipped"):
        return job.status
    return "running" if job.status in ("running", "canceling") else "created"
