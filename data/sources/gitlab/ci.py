"""GitLab's CI lint -> the jobs of a pipeline, before any of them ran."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from data.clean import clean_block
from data.model import PipelineJob, Variable, make
from data.model.vocabulary import guess_stage_type
from data.sources.gitlab.mapping import variable
from data.sources.gitlab.records import LintResult

MAX_YAML: Final = 2_000_000
"""Characters of merged YAML that are parsed for images and variables; a longer one is kept unparsed."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def lint_result(pipeline_id: str, row: Mapping[str, Any]) -> LintResult:
    """What lint says (GitLab docs, api/lint). An invalid configuration is an answer, too, and has no jobs.

    Images and variables come from the merged YAML, since lint's list of jobs leaves them out.
    """
    merged = clean_block(row.get("merged_yaml") or row.get("merged_yml") or "", limit=MAX_YAML)
    written = _parsed(merged)
    rows = row.get("jobs") or () if row.get("valid") else ()
    return LintResult(
        valid=bool(row.get("valid")),
        errors=[clean_block(str(text)) for text in row.get("errors") or ()],
        warnings=[clean_block(str(text)) for text in row.get("warnings") or ()],
        merged_yaml=merged,
        jobs=[_job(pipeline_id, order, job, written) for order, job in enumerate(rows)],
        variables=_variables(written.get("variables")),
    )


def _job(pipeline_id: str, order: int, row: Mapping[str, Any], written: Mapping[str, Any]) -> PipelineJob:
    name, stage = str(row["name"]), str(row.get("stage") or "")
    own = written.get(name)
    own = own if isinstance(own, Mapping) else {}
    default = written.get("default")
    image = own.get("image") or (default.get("image") if isinstance(default, Mapping) else None) or written.get("image")
    lines = [*(row.get("before_script") or ()), *(row.get("script") or ()), *(row.get("after_script") or ())]
    return make(
        PipelineJob,
        id=f"{pipeline_id}:{name}",
        pipeline_id=pipeline_id,
        name=name,
        order=order,
        stage=stage,
        stage_type=guess_stage_type(name, stage),
        image=_image(image),
        runner_tag=", ".join(map(str, row.get("tag_list") or ())),
        variables=_variables(own.get("variables")),
        instructions=[str(line) for line in lines],
        needs=_needs(row.get("needs")),
        when=row.get("when") or "on_success",
        allow_failure=bool(row.get("allow_failure")),
    )


def _needs(value: object) -> list[str]:
    """Names in `needs`, which is null, or a list of names or of mappings with a name."""
    entries = value if isinstance(value, list) else []
    names = [entry.get("name") or entry.get("job") if isinstance(entry, Mapping) else entry for entry in entries]
    return [str(name) for name in dict.fromkeys(names) if name]


def _image(value: object) -> str:
    return str(value.get("name") or "") if isinstance(value, Mapping) else str(value or "")


def _variables(value: object) -> list[Variable]:
    """Variables of YAML: a value, or a mapping with value, description and options (GitLab docs, ci/yaml)."""
    found: list[Variable] = []
    for key, given in value.items() if isinstance(value, Mapping) else ():
        about = given if isinstance(given, Mapping) else {"value": given}
        plain = variable({"key": str(key), "value": _plain(about.get("value"))})
        choices = tuple(_plain(option) for option in about.get("options") or ())
        found.append(
            Variable(
                key=plain.key,
                value=plain.value,
                secret=plain.secret,
                description=clean_block(str(about.get("description") or "")),
                kind="choice" if choices else "string",
                choices=choices,
            )
        )
    return found


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _parsed(text: str) -> Mapping[str, Any]:
    """The YAML as a mapping; older servers write its keys as Ruby symbols, with a colon before them."""
    if not text or len(text) >= MAX_YAML:
        return {}
    try:
        found = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError:
        return {}
    return _unsymbolised(found) if isinstance(found, dict) else {}


def _unsymbolised(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key).removeprefix(":"): _unsymbolised(item) for key, item in value.items()}
    return value
