"""The form of a definition without a screen: fields, values as one types them, YAML."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from data.define.check import check
from data.define.fields import FIELDS, Definition, named
from data.model import Pipeline, PipelineAPI, PipelineJob, Project, Variable
from tests.world_pipelines import PIPELINE, apis, jobs, pipeline, world
from tui.present.definition import by_field, draft_of, rebased, record_of, specs_of, variable_part
from tui.screens.definition_yaml import record_from, yaml_of

EVERY: list[Definition] = [pipeline(), *apis(), *jobs()]


@pytest.mark.parametrize("kind", [Pipeline, PipelineAPI, PipelineJob], ids=lambda kind: kind.__name__)
def test_every_field_that_people_set_is_in_the_form(kind: type[Any]) -> None:
    names = [spec.name for spec in specs_of(kind)]
    assert sorted(names) == sorted({"name", *FIELDS[kind]})
    assert all(spec.help for spec in specs_of(kind))


@pytest.mark.parametrize("record", EVERY, ids=lambda one: one.id)
def test_a_form_that_nobody_touches_changes_nothing(record: Definition) -> None:
    made, problems = record_of(record, draft_of(record))
    assert made == record
    assert problems == check(record) == []


def test_numbers_and_durations_are_read_as_people_write_them() -> None:
    draft = draft_of(pipeline())
    assert draft["timeout"] == "2h"
    made, problems = record_of(pipeline(), {**draft, "timeout": "never", "max_concurrent": " 0 "})
    assert isinstance(made, Pipeline)
    assert (made.timeout, made.max_concurrent, problems) == (0, 0, [])
    made, _ = record_of(pipeline(), {**draft, "timeout": "1h30m"})
    assert isinstance(made, Pipeline)
    assert made.timeout == 5400


@pytest.mark.parametrize(("record", "field", "value"), [
    (pipeline(), "max_concurrent", "many"), (pipeline(), "max_concurrent", "-1"), (pipeline(), "timeout", "soon"),
    (pipeline(), "pipeline_file_name", " "), (pipeline(), "name", " "), (pipeline(), "name", "a:b"),
    (apis()[0], "flow_rule", "nonsense"), (apis()[0], "callback_url", "not an address"),
    (apis()[0], "image_variable", "no-name"), (apis()[0], "test_repository_id", "x"),
    (jobs()[0], "order", "first"), (jobs()[0], "os", ""), (jobs()[3], "optional_needs", ("deploy",)),
    (jobs()[0], "needs", ("fetch",)),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(record: Definition, field: str, value: Any) -> None:
    _, problems = record_of(record, {**draft_of(record), field: value})
    assert by_field(problems)[field]


def test_what_somebody_else_stored_is_taken_over_but_for_what_was_typed() -> None:
    base = draft_of(pipeline())
    mine = {**base, "description": "mine", "timeout": "3h"}
    stored = {**base, "default_ref": "other", "timeout": "4h"}
    made, both = rebased(mine, base, stored)
    assert (made["description"], made["default_ref"], made["timeout"]) == ("mine", "other", "3h")
    assert both == ["timeout"]


# YAML


@pytest.mark.parametrize("record", EVERY, ids=lambda one: one.id)
def test_a_definition_comes_back_from_yaml_as_it_was(record: Definition) -> None:
    project = next(one for one in world() if isinstance(one, Project))
    text = yaml_of(record, project, pipeline())
    assert record_from(text, record) == record
    assert text.count("name:") >= 1


def test_a_new_definition_takes_its_name_from_yaml() -> None:
    project = next(one for one in world() if isinstance(one, Project))
    blank: Definition = named(apis()[0], "")
    text = yaml_of(blank, project, pipeline()).replace("name: new", "name: nightly")
    found = record_from(text, blank)
    assert isinstance(found, PipelineAPI)
    assert (found.name, found.id) == ("nightly", f"{PIPELINE}:nightly")


@pytest.mark.parametrize(("old", "new", "words"), [
    ("type: E2E", "typ: E2E", "typ"), ("name: full", "name: other", "stays"), ("timeout", "timeout", "one API"),
])  # fmt: skip
def test_yaml_that_cannot_be_used_says_why(old: str, new: str, words: str) -> None:
    project = next(one for one in world() if isinstance(one, Project))
    text = yaml_of(apis()[0], project, pipeline()).replace(old, new)
    if words == "one API":
        text = yaml_of(pipeline(), project, None)
    found = record_from(text, apis()[0])
    assert isinstance(found, list)
    assert words in found[0].message + found[0].hint + found[0].field


@pytest.mark.parametrize(("variable", "part"), [
    (Variable(key="LR", value="many", kind="number"), "value"), (Variable(key="L-R"), "key"),
    (Variable(key="LR", kind="choice"), "choices"), (Variable(key="LR", pattern="("), "pattern"),
    (Variable(key="LR", value="x", secret=True), "value"), (Variable(key="LR", kind="odd"), "kind"),
])  # fmt: skip
def test_what_is_wrong_with_a_variable_is_said_at_its_field(variable: Variable, part: str) -> None:
    (problem,) = check(replace(apis()[0], user_variables=(variable,)))
    assert variable_part(problem.field, variable) == part
