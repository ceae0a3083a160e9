"""What removes things: deleting a pipeline, erasing a log."""

from __future__ import annotations

from data.simulator import scheduler
from data.simulator.entities import Job, Pipeline
from data.simulator.world import World


def delete_pipeline(world: World, pipeline: Pipeline) -> None:
    """Delete a pipeline with its jobs; its child pipelines stay (GitLab docs, api/pipelines)."""
    scheduler.cancel_pipeline(world, pipeline)
    for job in pipeline.jobs:
        del pipeline.project.jobs[job.id], world.jobs[job.id]
    del pipeline.project.pipelines[pipeline.id], world.pipelines[pipeline.id]
    kept = [item for item in pipeline.project.deployments if item.job.pipeline is not pipeline]
    pipeline.project.deployments = kept


def erase_job(world: World, job: Job) -> None:
    """Remove the log and the artifacts of a finished job."""
    job.erased_at = world.time
    job.artifacts_deleted = True
    job.log_size = job.archive_size = None
