"""GET and POST /projects/:id/ci/lint: reads CI configuration text, checks it, and lists its jobs."""

from __future__ import annotations

from typing import Any

import yaml
from starlette.responses import Response

from data.simulator import environment
from data.simulator.api.call import Call, answer
from data.simulator.api.errors import ApiError
from data.simulator.ci import holds, interpolate
from data.simulator.entities import Access, Project
from data.simulator.factory import EMPTY_PIPELINE, PROTECTED_REF, may_run_on

KEYWORDS = frozenset(
    [
        "default",
        "include",
        "stages",
        "variables",
        "workflow",
        "spec",
        "image",
        "services",
        "cache",
        "before_script",
        "after_script",
    ]
)
"""Top-level keys that are no jobs (GitLab docs, ci/yaml)."""

DEFAULT_STAGES = (".pre", "build", "test", "deploy", ".post")
"""Stages of a configuration that names none."""

NO_JOBS = "jobs config should contain at least one visible job"
"""GitLab's complaint about a configuration without jobs."""

NO_PIPELINES = "Insufficient permissions to create a new pipeline"
"""Refusal for whoever is no developer (chain/validate/abilities.rb)."""


def lint_project(call: Call) -> Response:
    """GET: checks the project's own configuration at `content_ref`; whoever may read the code may ask."""
    project = call.project(Access.REPORTER)
    ref = call.text("content_ref") or call.text("sha") or project.default_branch
    known = {*project.branches, *project.tags, *project.commits}
    if ref not in known:
        raise ApiError(404, {"message": "404 Commit Not Found"})
    content = project.files.get(".gitlab-ci.yml", "")
    run_ref = call.text("dry_run_ref") or call.text("ref") or project.default_branch
    return _lint(call, project, content, run_ref)


def lint_content(call: Call) -> Response:
    """POST: checks the configuration given as `content`."""
    project = call.project(Access.DEVELOPER)
    return _lint(call, project, call.required("content"), call.text("ref") or project.default_branch)


def _lint(call: Call, project: Project, content: str, ref: str) -> Response:
    dry_run = call.flag("dry_run")
    config, errors = _read(content)
    if not errors:
        errors = _problems(config)
    if dry_run:
        errors = _refusals(call, project, ref) or errors
    jobs = [] if errors else _jobs(project, config, ref, dry_run=dry_run)
    if dry_run and not errors and not jobs:
        errors = [EMPTY_PIPELINE]
    merged = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, explicit_start=True) if config else None
    found: dict[str, Any] = {
        "valid": not errors,
        "errors": errors,
        "warnings": [],
        "merged_yaml": merged,
        "includes": [],
    }
    if call.flag("include_jobs") or call.flag("jobs"):
        found["jobs"] = jobs
    return answer(found)


def _refusals(call: Call, project: Project, ref: str) -> list[str]:
    """Why no pipeline can be created on `ref`: a dry run is refused in its answer, not by its status."""
    if not project.jobs_enabled:
        return ["Pipelines are disabled!"]
    if call.world.access(call.user, project) < Access.DEVELOPER:
        return [NO_PIPELINES]
    if ref not in project.branches and ref not in project.tags:
        return ["Reference not found"]
    return [] if may_run_on(call.world, call.user, project, ref) else [PROTECTED_REF.format(ref=ref)]


def _read(content: str) -> tuple[dict[str, Any], list[str]]:
    """Return the configuration with its inputs' defaults filled in, and what keeps it from being read."""
    try:
        documents = [item for item in yaml.safe_load_all(content) if item is not None]
        header = documents[0] if documents and isinstance(documents[0], dict) else {}
        if "spec" in header and len(documents) > 1:
            inputs = {
                name: (entry or {}).get("default", "") for name, entry in (header["spec"].get("inputs") or {}).items()
            }
            body = yaml.safe_load(
                interpolate(yaml.safe_dump(documents[1], sort_keys=False, allow_unicode=True), inputs)
            )
        else:
            body = header
    except (yaml.YAMLError, AttributeError) as error:
        return {}, [f"Invalid configuration format: {error}"]
    if documents and not isinstance(body, dict):
        return {}, ["Invalid configuration format"]
    return body, [] if body else ["Please provide content of .gitlab-ci.yml"]


def _visible(config: dict[str, Any]) -> dict[str, Any]:
    return {name: job for name, job in config.items() if name not in KEYWORDS and not str(name).startswith(".")}


def _problems(config: dict[str, Any]) -> list[str]:
    jobs, stages = _visible(config), _stages(config)
    if not jobs:
        return [NO_JOBS]
    found = []
    for name, job in jobs.items():
        if not isinstance(job, dict) or not ({"script", "trigger", "run", "extends"} & set(job)):
            found.append(f"jobs:{name} config should implement a script:, or a trigger: keyword")
            continue
        stage = job.get("stage", "test")
        if stage not in stages:
            found.append(f"{name} job: chosen stage {stage} does not exist; available stages are {', '.join(stages)}")
        for need in _needs(job):
            if need["name"] not in jobs and not need["optional"]:
                found.append(f"{name} job: undefined need: {need['name']}")
    return found


def _stages(config: dict[str, Any]) -> list[str]:
    return [".pre", *config["stages"], ".post"] if config.get("stages") else list(DEFAULT_STAGES)


def _needs(job: dict[str, Any]) -> list[dict[str, Any]]:
    entries = [{"job": item} if isinstance(item, str) else item for item in job.get("needs") or []]
    return [
        {"name": item["job"], "artifacts": item.get("artifacts", True), "optional": item.get("optional", False)}
        for item in entries
        if "job" in item
    ]


def _jobs(project: Project, config: dict[str, Any], ref: str, *, dry_run: bool) -> list[dict[str, Any]]:
    stages, variables = _stages(config), {str(k): str(v) for k, v in (config.get("variables") or {}).items()}
    if dry_run:
        sha = (project.branches[ref].head if ref in project.branches else project.tags[ref].commit).sha
        known = environment.pipeline_variables(project, project.spec, ref, sha, "push", (), {}, tag=ref in project.tags)
        variables = known | variables
    rows = []
    for name, job in sorted(_visible(config).items(), key=lambda item: stages.index(item[1].get("stage", "test"))):
        rule = _last_rule(job, variables) if dry_run else (job.get("rules") or [{}])[-1]
        if rule.get("when") != "never":
            rows.append(_job(name, job, rule, config, dry_run=dry_run))
    return rows


def _last_rule(job: dict[str, Any], variables: dict[str, str]) -> dict[str, Any]:
    """Return the rule that decides on `job`."""
    rules = job.get("rules")
    if not rules:
        return {}
    return next((rule for rule in rules if "if" not in rule or holds(rule["if"], variables)), {"when": "never"})


def _lines(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(line) for line in value] if isinstance(value, list) else []


def _job(
    name: str, job: dict[str, Any], rule: dict[str, Any], config: dict[str, Any], *, dry_run: bool
) -> dict[str, Any]:
    default = config.get("default") or {}
    place, when = job.get("environment"), rule.get("when", job.get("when", "on_success"))
    found = {
        "name": name,
        "stage": job.get("stage", "test"),
        "before_script": _lines(job.get("before_script", default.get("before_script"))),
        "script": _lines(job.get("script")),
        "after_script": _lines(job.get("after_script")),
        "tag_list": _lines(job.get("tags", default.get("tags"))),
        "environment": place.get("name") if isinstance(place, dict) else place,
        "when": when,
        "allow_failure": bool(
            rule.get("allow_failure", job.get("allow_failure", when == "manual" and "rules" not in job))
        ),
    }
    if not dry_run:
        only = None if "rules" in job else {"refs": ["branches", "tags"]}
        found |= {
            "only": job.get("only", only),
            "except": job.get("except"),
            "needs": _needs(job) if "needs" in job else None,
        }
    return found
