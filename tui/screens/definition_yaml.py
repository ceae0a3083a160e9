"""One definition as YAML for the user's editor, with the keys of `lineside apply`, and back."""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from msgspec.structs import replace

from data.config.problem import Problem
from data.define.document import from_yaml
from data.define.fields import Definition, called
from data.define.writing import to_yaml
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob
from data.model.project import Project

HEAD = """\
# {what}. Saved and closed, it goes back into the form; nothing is kept before ctrl+s there.
# The keys are those of `lineside export` and `lineside apply`. An empty file leaves the form as it is.
"""
"""What stands above everything."""
NAMELESS = "new"
"""How a record without a name is called in the document."""


def yaml_of(record: Definition, project: Project, pipeline: Pipeline | None) -> str:
    """The record in a document that names its project and pipeline, and nothing else of these."""
    shown: Definition = record if record.name else replace(record, name=NAMELESS)
    head = HEAD.format(what=called(shown))
    if isinstance(shown, Pipeline):
        return head + _body(to_yaml(project, [shown], [], []))
    owner = pipeline or Pipeline(id=shown.pipeline_id, project_id=project.id, name=NAMELESS)
    is_api = isinstance(shown, PipelineAPI)
    jobs, apis = ([], [shown]) if is_api else ([shown], [])
    whole = to_yaml(project, [owner], jobs, apis)  # type: ignore[arg-type]  # one list of each
    name = yaml.safe_dump(owner.name, allow_unicode=True).partition("\n")[0]
    key = "apis" if is_api else "jobs"
    above = f"project: {project.path or project.id}\npipelines:\n  - name: {name}\n    {key}:\n"
    return head + above + _item(whole, key)


def _body(text: str) -> str:
    """The document from its first line that is no comment."""
    lines = text.splitlines(keepends=True)
    first = next((at for at, line in enumerate(lines) if not line.startswith("#")), 0)
    return "".join(lines[first:])


def _item(text: str, key: str) -> str:
    """The lines of the only record under `key` of the only pipeline of a document, as they stand there."""
    root = yaml.compose(text, yaml.SafeLoader)
    assert root is not None
    items = _child(_child(root, "pipelines").value[0], key)
    first, last = items.start_mark.line, items.end_mark.line
    return "".join(text.splitlines(keepends=True)[first:last])


def _child(node: yaml.Node, key: str) -> yaml.Node:
    assert isinstance(node, yaml.MappingNode)
    found: yaml.Node = next(value for name, value in node.value if name.value == key)
    return found


def record_from(text: str, record: Definition) -> Definition | list[Problem]:
    """The record as an edited document wants it; all that is wrong with the document otherwise.

    Its name is taken over where the record has none yet.
    """
    found = from_yaml(text)
    if isinstance(found, list):
        return found
    items = [item for item in found.items if item.kind is type(record)]
    others = [item for item in found.items if item.kind is not type(record) and item.fields]
    if len(items) != 1 or others:
        return [Problem(message=f"the document is about one {_word(record)}: leave the others out", line=1)]
    item = items[0]
    if record.name and item.name != record.name:
        where = f"{item.path}.name"
        return [found.problem(where, f"the name {record.name} stays: copy it to have it under another one")]
    name = record.name or ("" if item.name == NAMELESS else item.name)
    owner = record.project_id if isinstance(record, Pipeline) else record.pipeline_id
    made: Definition = replace(record, **item.fields, name=name, id=f"{owner}:{name}")
    return made


def remarks(problems: Sequence[Problem]) -> list[tuple[int, str]]:
    """(line, sentence) of each problem."""
    return [(max(1, one.line), f"{one.message}{f': {one.hint}' if one.hint else ''}") for one in problems]


def _word(record: Definition) -> str:
    return {Pipeline: "pipeline", PipelineAPI: "API", PipelineJob: "job"}[type(record)]
