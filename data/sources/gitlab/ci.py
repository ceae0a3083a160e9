"""GitLab's CI lint -> the jobs of a pipeline, before any of them ran."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from data.clean import clean, clean_block
from data.model import PipelineJob, Variable, make
from data.model.vocabulary import guess_stage_type
from data.sources.gitlab.mapping import variable
from data.sources.gitlab.records import LintResult
from data.sources.gitlab.yamltext import MAX_YAML, first_document, scalar

_DENIED: Final = re.compile(
    r"sufficient permission to run a pipeline|^Insufficient permissions to create a new pipeline", re.IGNORECASE
)
"""Errors of a dry run that are none of the configuration (GitLab, chain/validate/abilities.rb): newer servers answer
these with status 200, older ones refuse the request."""


class Need(NamedTuple):
    """An entry of `needs`: a job, whether its artifacts are downloaded, and whether it may be missing."""

    name: str
    artifacts: bool
    optional: bool


def lint_result(pipeline_id: str, row: Mapping[str, Any]) -> LintResult:
    """What lint says (GitLab docs, api/lint). An invalid configuration is an answer, too, and has no jobs.

    Lint's list of jobs leaves out images and variables, and after a dry run needs: these come from the merged YAML.
    """
    merged = clean_block(row.get("merged_yaml") or row.get("merged_yml") or "", limit=MAX_YAML)
    written = first_document(merged)
    rows = row.get("jobs") or () if row.get("valid") else ()
    errors = [clean_block(str(text)) for text in row.get("errors") or ()]
    jobs = [_job(pipeline_id, order, job, written) for order, job in enumerate(rows)]
    return LintResult(
        valid=bool(row.get("valid")),
        errors=errors,
        warnings=[clean_block(str(text)) for text in row.get("warnings") or ()],
        merged_yaml=merged,
        jobs=_present(jobs) if any("needs" not in job for job in rows) else jobs,
        variables=_variables(written.get("variables")),
        denied=any(_DENIED.search(text) for text in errors),
    )


def base_name(name: str) -> str:
    """A job's name in the CI configuration: without ` 2/5` or `: [a, b]` of parallel jobs (GitLab docs, ci/jobs)."""
    head, bracket, _ = name.partition(": [")
    if bracket:
        return head
    stem, _, part = name.rpartition(" ")
    here, slash, of = part.partition("/")
    return stem if slash and here.isdecimal() and of.isdecimal() else name


def downloads(merged_yaml: str) -> dict[str, tuple[str, ...] | None]:
    """Jobs whose artifacts each job downloads, by its name in the merged YAML; None for all of earlier stages.

    `dependencies` names them; else `needs` does, where not `artifacts: false` (GitLab docs, ci/yaml).
    """
    found: dict[str, tuple[str, ...] | None] = {}
    for name, own in first_document(merged_yaml).items():
        if not isinstance(own, Mapping):
            continue
        named = own.get("dependencies")
        if isinstance(named, list):
            found[clean(name)] = tuple(clean(scalar(one)) for one in named if scalar(one))
        elif "needs" in own:
            found[clean(name)] = tuple(need.name for need in _needs(own["needs"]) if need.artifacts)
        else:
            found[clean(name)] = None
    return found


def _job(pipeline_id: str, order: int, row: Mapping[str, Any], written: Mapping[str, Any]) -> PipelineJob:
    name, stage = str(row["name"]), str(row.get("stage") or "")
    own = _mapping(written.get(name) or written.get(base_name(name)))
    image = own.get("image") or _mapping(written.get("default")).get("image") or written.get("image")
    lines = [*(row.get("before_script") or ()), *(row.get("script") or ()), *(row.get("after_script") or ())]
    needs = _needs(row.get("needs") if "needs" in row else own.get("needs"))
    place = row.get("environment") or own.get("environment")
    return make(
        PipelineJob,
        id=f"{pipeline_id}:{name}",
        pipeline_id=pipeline_id,
        name=name,
        order=order,
        stage=stage,
        stage_type=guess_stage_type(name, stage),
        image=scalar(_mapping(image).get("name")) or scalar(image),
        runner_tag=", ".join(map(str, row.get("tag_list") or ())),
        variables=_variables(own.get("variables")),
        instructions=[str(line) for line in lines],
        environment=scalar(_mapping(place).get("name")) or scalar(place),
        needs=list(dict.fromkeys(need.name for need in needs)),
        optional_needs=list(dict.fromkeys(need.name for need in needs if need.optional)),
        when=row.get("when") or "on_success",
        allow_failure=bool(row.get("allow_failure")),
    )


def _needs(value: object) -> list[Need]:
    """Entries of `needs`: null, or a list of names or of mappings; those of other pipelines are left out."""
    found = []
    for entry in value if isinstance(value, list) else []:
        about = entry if isinstance(entry, Mapping) else {"name": entry}
        name = clean(scalar(about.get("name") or about.get("job")))
        if name and not about.get("pipeline") and not about.get("project"):
            found.append(Need(name, about.get("artifacts") is not False, bool(about.get("optional"))))
    return found


def _present(jobs: Sequence[PipelineJob]) -> list[PipelineJob]:
    """Jobs of a dry run with needs as the merged YAML writes them: of those that are there, parallel ones each."""
    names: dict[str, list[str]] = {}
    for job in jobs:
        for name in {job.name, base_name(job.name)}:
            names.setdefault(name, []).append(job.name)

    def spread(needs: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for need in needs for name in names.get(need, ())))

    return [replace(job, needs=spread(job.needs), optional_needs=spread(job.optional_needs)) for job in jobs]


def _variables(value: object) -> list[Variable]:
    """Variables of YAML: a value, or a mapping with value, description and options (GitLab docs, ci/yaml)."""
    found: list[Variable] = []
    for key, given in _mapping(value).items():
        about = given if isinstance(given, Mapping) else {"value": given}
        plain = variable({"key": str(key), "value": scalar(about.get("value"))})
        options = about.get("options")
        choices = tuple(clean(scalar(option)) for option in options) if isinstance(options, list) else ()
        if plain.key:
            kind = "choice" if choices else "string"
            description = clean_block(scalar(about.get("description")))
            found.append(replace(plain, description=description, kind=kind, choices=choices))
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
