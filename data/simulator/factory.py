"""Makes pipelines with their jobs out of orders. Refusals carry GitLab's own words."""

from __future__ import annotations

from dataclasses import dataclass

from data.simulator import environment
from data.simulator.ci import PipelineSpec, check_inputs, expand, included
from data.simulator.entities import Access, Job, Pipeline, Project, User, Variable
from data.simulator.templates import TRIALS_FILE, trials_pipeline
from data.simulator.world import World

NO_COMMIT = "0" * 40
"""What GitLab writes where there is no earlier commit."""

EMPTY_PIPELINE = "The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs."
"""Refusal when the rules leave no job (app/models/concerns/ci/has_completion_reason.rb)."""

PROTECTED_REF = (
    "You do not have sufficient permission to run a pipeline on '{ref}'. Please select a different branch or contact "
    "your administrator for assistance. Learn more"
)
"""Refusal for a protected branch (lib/gitlab/ci/pipeline/chain/validate/abilities.rb)."""

CHILD = "parent_pipeline"
"""Source of child pipelines."""

_ROLES = {"developer": Access.DEVELOPER, "maintainer": Access.MAINTAINER, "owner": Access.OWNER}


class CreationError(Exception):
    """A pipeline that is not created; `errors` are GitLab's sentences."""

    def __init__(self, *errors: str) -> None:
        super().__init__("; ".join(errors))
        self.errors = list(errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a new pipeline is asked to be."""

    project: Project
    user: User
    ref: str
    source: str = "api"
    variables: tuple[Variable, ...] = ()
    inputs: dict[str, object] | None = None
    spec: PipelineSpec | None = None
    bridge: Job | None = None


def may_run_on(world: World, user: User, project: Project, ref: str) -> bool:
    """Whether `user` may run jobs on `ref`: on a protected branch only who may merge or push there, on a protected tag
    only who may create it (chain/validate/abilities.rb)."""
    branch, tag = project.branches.get(ref), project.tags.get(ref)
    level = world.access(user, project)
    if branch is None and tag is not None and tag.protected:
        return level >= Access.MAINTAINER
    if branch is None or not branch.protected:
        return level >= Access.DEVELOPER
    return level >= (Access.DEVELOPER if branch.developers_can_merge else Access.MAINTAINER)


def _check(world: World, order: Order) -> dict[str, object]:
    """Refuse what GitLab refuses, in its order; return the values of the inputs."""
    project = order.project
    if not project.jobs_enabled:
        raise CreationError("Pipelines are disabled!")
    if order.ref not in project.branches and order.ref not in project.tags:
        raise CreationError("Reference not found")
    if order.bridge is None and not may_run_on(world, order.user, project, order.ref):
        raise CreationError(PROTECTED_REF.format(ref=order.ref))
    if order.variables and order.source != CHILD:
        needed = _ROLES.get(project.variables_role)
        if needed is None or world.access(order.user, project) < needed:
            raise CreationError("Insufficient permissions to set pipeline variables")
    seen: set[str] = set()
    for variable in order.variables:
        if variable.key in seen:
            raise CreationError(f"Duplicate variable name: {variable.key}")
        seen.add(variable.key)
    if order.spec is not None:
        return order.inputs or {}
    if ".gitlab-ci.yml" not in project.files:
        raise CreationError("Missing CI config file")
    values, errors = check_inputs(project.inputs, order.inputs or {})
    if errors:
        raise CreationError(*errors)
    return values


def make_pipeline(world: World, order: Order) -> Pipeline:
    """Create a pipeline with all its jobs; nothing of it has started.

    Raises:
        CreationError: with the sentences that GitLab would answer.
    """
    inputs = _check(world, order)
    project, spec = order.project, order.spec or order.project.spec
    tag = order.ref in project.tags and order.ref not in project.branches
    commits = [project.tags[order.ref].commit] if tag else project.branches[order.ref].commits
    sha = order.bridge.pipeline.sha if order.source == CHILD and order.bridge else commits[-1].sha
    variables = environment.pipeline_variables(
        project, spec, order.ref, sha, order.source, order.variables, inputs, tag=tag
    )
    specs = included(spec, variables)
    if not specs:
        raise CreationError(EMPTY_PIPELINE)
    project.iid += 1
    pipeline = Pipeline(
        id=world.next_id("pipeline", 4001),
        iid=project.iid,
        project=project,
        ref=order.ref,
        sha=sha,
        before_sha=commits[-2].sha if order.source == "push" and len(commits) > 1 else NO_COMMIT,
        source=order.source,
        user=order.user,
        created_at=world.time,
        updated_at=world.time,
        variables=order.variables,
        inputs=inputs,
        name=expand(spec.name, variables) or None,
        spec=spec,
        tag=tag,
        bridge=order.bridge,
    )
    for item in specs:
        job = Job(world.next_id("job", 90_001), pipeline, item, spec.stages.index(item.stage), world.time, order.user)
        job.when = item.when
        pipeline.jobs.append(job)
        project.jobs[job.id] = world.jobs[job.id] = job
    project.pipelines[pipeline.id] = world.pipelines[pipeline.id] = pipeline
    return pipeline


def downstream_order(world: World, bridge: Job) -> Order:
    """Return the order that `bridge` gives: a child pipeline of its project, or a pipeline of another project.

    Raises:
        CreationError: no such project.
    """
    trigger, above = bridge.spec.trigger, bridge.pipeline
    if trigger is not None and trigger.include == TRIALS_FILE:
        return Order(
            project=above.project,
            user=above.user,
            ref=above.ref,
            source=CHILD,
            variables=above.variables,
            inputs=above.inputs,
            spec=trials_pipeline(above.project.theme),
            bridge=bridge,
        )
    target = world.project(trigger.project) if trigger is not None else None
    if target is None or trigger is None:
        raise CreationError("Downstream project could not be found")
    return Order(
        project=target,
        user=above.user,
        ref=expand(trigger.branch, environment.of_job(bridge)),
        source="pipeline",
        variables=_passed_on(bridge) if trigger.forward else (),
        bridge=bridge,
    )


def _passed_on(bridge: Job) -> tuple[Variable, ...]:
    """Return the variables for a downstream pipeline: those of the job, over them those of its pipeline."""
    above = bridge.pipeline
    written = dict(above.spec.variables) | dict(bridge.spec.variables)
    given = {variable.key: variable for variable in above.variables}
    return tuple(({key: Variable(key, value) for key, value in written.items()} | given).values())
