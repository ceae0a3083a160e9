"""Definitions as YAML: written, read back, laid over what there is, and refused with file, line and field."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from data.config.problem import Problem
from data.define.check import check, check_together
from data.define.document import from_yaml
from data.define.fields import Definition, Definitions
from data.define.plan import Plan
from data.define.records import API_KEYS, JOB_KEYS, PIPELINE_KEYS
from data.define.sections import PipelineDefinition
from data.define.wanted import plan_of, wanted
from data.define.writing import to_yaml
from data.model import Variable
from tests.defined import KNOWN, ODD, TRAIN, api, definitions, job


def planned(text: str, stored: Definitions = KNOWN, *, prune: bool = False) -> Plan:
    """What a document changes."""
    document = from_yaml(text, file="defs.yaml")
    assert not isinstance(document, list), [str(one) for one in document]
    found = plan_of(document, stored, prune=prune)
    assert isinstance(found, Plan), [str(one) for one in found]
    return found


def refused(text: str, stored: Definitions = KNOWN) -> list[str]:
    """What is wrong with a document."""
    document = from_yaml(text, file="defs.yaml")
    found = document if isinstance(document, list) else plan_of(document, stored)
    assert isinstance(found, list), found
    assert all(isinstance(one, Problem) for one in found)
    return [str(one) for one in found]


def apply(text: str, stored: Definitions, *, prune: bool = False) -> Definitions:
    """The definitions as a document wants them."""
    document = from_yaml(text)
    assert not isinstance(document, list)
    return sorted_out(stored, wanted(document, stored, prune=prune).records)


def sorted_out(stored: Definitions, records: tuple[Definition, ...]) -> Definitions:
    by = {kind: tuple(one for one in records if type(one).__name__ == kind) for kind in KINDS}
    return Definitions(stored.project, *(by[kind] for kind in KINDS))  # type: ignore[arg-type]


KINDS = ("Pipeline", "PipelineJob", "PipelineAPI")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions())
def test_what_is_exported_plans_nothing(stored: Definitions) -> None:
    for record in stored.records:
        assert check(record) == []
    assert check_together(stored.records) == []
    text = to_yaml(*stored)
    assert planned(text, stored).empty, (planned(text, stored).lines(), text)
    assert planned(text, stored, prune=True).empty
    # And it makes the same of nothing, so that it holds every field that people set.
    empty = Definitions(stored.project)
    again = apply(text, empty)
    assert to_yaml(*again) == text
    assert planned(text, again).empty


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions(), definitions())
def test_applying_twice_changes_nothing(one: Definitions, other: Definitions) -> None:
    text = to_yaml(*other)
    for prune in (False, True):
        marked = sorted_out(one, tuple(replace(record, defined_by="user") for record in one.records))
        once = apply(text, marked, prune=prune)
        assert planned(text, once, prune=prune).empty


def test_the_export_says_what_each_key_means_and_holds_no_secret() -> None:
    stored = KNOWN._replace(apis=(api("e2e", user_variables=(Variable(key="TOKEN", value="hunter2", secret=True),)),))
    text = to_yaml(*stored)
    assert "hunter2" not in text
    assert yaml.safe_load(text)["pipelines"][0]["apis"][0]["user_variables"] == {"TOKEN": {"secret": True}}
    assert "timeout: 1h  # After how long a run that Lineside launched is cancelled" in text
    assert text.count("# Container image") == 1


def test_every_key_of_the_configuration_can_be_written() -> None:
    text = to_yaml(*KNOWN._replace(apis=(api("x", test_repository_url="a/b", test_repository_id=4),)))
    written = yaml.safe_load(text)["pipelines"][0]
    own = {"name", "apis", "jobs"}
    assert set(written) == own | set(PIPELINE_KEYS)
    assert set(written["apis"][0]) == {"name"} | set(API_KEYS)
    assert set(written["jobs"][0]) == {"name"} | set(JOB_KEYS)
    # `stage_types` stand with the jobs.
    assert set(PipelineDefinition.__struct_fields__) == set(written) | {"stage_types"}


def test_what_is_not_named_stays() -> None:
    found = planned("pipelines: [{name: train, apis: [{name: e2e, track: false}]}]")
    assert found.lines() == ["~ API train/e2e", "    ~ track: true → false"]
    assert planned("pipelines: []", prune=False).empty
    assert planned("pipelines: [{name: train}]").empty


def test_null_takes_a_key_back_to_its_default() -> None:
    stored = KNOWN._replace(pipelines=(replace(TRAIN, timeout=60.0, default_ref="dev", description="x"),))
    found = planned("pipelines: [{name: train, timeout: null, ref: null}]", stored)
    assert found.lines() == [
        "~ pipeline train", "    ~ default_ref: dev → nothing", "    ~ timeout: 1m → 1h",
    ]  # fmt: skip


def test_a_new_pipeline_with_its_parts() -> None:
    found = planned(
        "pipelines:\n- name: score\n  type: model inference\n  apis: [{name: nightly}]\n"
        "  jobs:\n  - name: load\n  - name: predict\n    needs: [load, {job: warm, optional: true}]\n"
    )
    assert [str(one) for one in found.changes] == [
        "+ pipeline score", "+ job score/load", "+ job score/predict", "+ API score/nightly",
    ]  # fmt: skip
    predict = found.changes[2].new
    assert predict == job(
        "predict", "load", "warm", pipeline="work:1:score", optional_needs=("warm",), order=1
    )  # behind the one before it
    assert found.remarks == ("job score/predict: the pipeline has no job warm; there are load, predict",)


def test_a_text_of_the_configuration_can_be_taken_over() -> None:
    text = (
        "pipelines:\n- name: train\n  stage_types: {report: MODEL_EVALUATION, nobody: CLEANUP}\n"
        "  apis:\n  - name: e2e\n    system_variables: {A: '$${CI_COMMIT_SHA}'}\n    test_repository: 42\n"
    )
    found = planned(text)
    assert [str(one) for one in found.changes] == ["~ job train/report", "~ API train/e2e"]
    changed = found.changes[1].new
    assert changed is not None
    assert changed.system_variables == (Variable(key="A", value="${CI_COMMIT_SHA}"),)  # type: ignore[union-attr]
    assert (changed.test_repository_id, changed.test_repository_url) == (42, "")  # type: ignore[union-attr]
    assert found.remarks == ("job train/nobody: there is no such job yet; its stage type is left out",)


def test_texts_of_jobs_are_the_ci_files() -> None:
    (change,) = planned(
        "pipelines: [{name: train, jobs: [{name: train, variables: {A: '${HOME}'}, instructions: ['echo ${X}']}]}]"
    ).changes
    assert change.new is not None
    assert change.new.instructions == ("echo ${X}",)  # type: ignore[union-attr]
    assert change.new.variables == (Variable(key="A", value="${HOME}"),)  # type: ignore[union-attr]


@pytest.mark.parametrize("by", ["", "configuration", "user"])
def test_prune_takes_only_what_people_made(by: str) -> None:
    extra = (api("old", defined_by=by),)
    stored = KNOWN._replace(apis=(*KNOWN.apis, *extra), pipelines=(TRAIN, replace(TRAIN, id="work:1:x", name="x")))
    text = "pipelines: [{name: train, apis: [{name: e2e}]}]"
    assert planned(text, stored).empty
    assert planned(text, stored, prune=True).lines() == (["- API train/old"] if by == "user" else [])
    # Where a file does not list APIs at all, it says nothing about them.
    assert planned("pipelines: [{name: train}]", stored, prune=True).empty


def test_prune_takes_pipelines_with_what_belongs_to_them() -> None:
    mine = replace(TRAIN, id="work:1:mine", name="mine", defined_by="user")
    parts = (job("a", pipeline=mine.id), job("b", pipeline=mine.id))
    stored = KNOWN._replace(pipelines=(TRAIN, mine), jobs=(*KNOWN.jobs, *parts))
    found = planned("pipelines: [{name: train}]", stored, prune=True)
    assert found.lines() == ["- pipeline mine", "    - jobs: a, b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "defs.yaml: is empty"),
        ("- train", "defs.yaml:1: holds a list"),
        ("pipelines: [{name: a}]\n---\npipelines: []", "more than one YAML document"),
        ("project: !!python/object/apply:os.system [id]", "defs.yaml:1: project: the tag"),
        ("pipelines:\n- name: train\n  tmeout: 3", "defs.yaml:3: pipelines[0]: unknown key `tmeout`; did you mean"),
        ("pipelines:\n- name: train\n  timeout: soon", "defs.yaml:3: pipelines[0].timeout: `soon` is not a duration"),
        ("pipelines:\n- type: x", "`name` is missing"),
        ("pipelines:\n- name: a\n- name: a", "defs.yaml:3: pipelines[1].name: the name `a` is there twice"),
        ("pipelines:\n- name: 'a:b'", "defs.yaml:2: pipelines[0].name: must not hold a `:`"),
        ("pipelines:\n- name: a\n  type: modl training", "one of model training, model inference"),
        ("pipelines:\n- name: a\n  description: '${HOME}'", "defs.yaml:3: pipelines[0].description: `${HOME}` is not"),
        ("pipelines:\n- name: a\n  description: '${HOME:-x}'", "`${HOME}` is not replaced here"),
        ("pipelines: [{name: train, jobs: [{name: train, os: windows, image: a}]}]", "no container image"),
        ("pipelines: [{name: train, jobs: [{name: train, needs: [train]}]}]", "a job cannot need itself"),
        ("pipelines: [{name: train, jobs: [{name: extract, needs: [train]}]}]", "jobs wait for each other: extract"),
        ("pipelines: [{name: train, jobs: [{name: a, stage_type: TRAIN}]}]", "`TRAIN` is not known"),
        ("pipelines: [{name: train, stage_types: {train: MODEL_TRAININ}}]", "did you mean MODEL_TRAINING?"),
        ("pipelines: [{name: train, apis: [{name: a, callback_url: 'ftp://x'}]}]", "write https://host/path"),
        ("pipelines: [{name: train, apis: [{name: a, callback_url: 'http://u:p@x/y'}]}]", "a login in the address"),
        ("pipelines: [{name: train, apis: [{name: a, flow_rule: RUN=false}]}]", "names no component"),
        ("pipelines: [{name: train, apis: [{name: a, test_repository: tests}]}]", "is no project"),
        ("pipelines: [{name: train, apis: [{name: a, image_variable: 'A B'}]}]", "cannot be a variable's name"),
        (
            "pipelines:\n- name: a\n  apis:\n  - name: b\n    user_variables:\n      T: {secret: true, value: x}",
            "defs.yaml:6: pipelines[0].apis[0].user_variables.T.value: a secret's value is never kept",
        ),
        ("x: " + "[" * 200, "nested more than 32 levels"),
        ("a: &a [x]\nb: [" + "*a, " * 300 + "]", "more than 200 references"),
        ("# " + "x" * 1_000_001, "is larger than 1000 kB"),
    ],
)
def test_what_cannot_be_used_has_its_place(text: str, said: str) -> None:
    found = refused(text)
    assert any(said in one for one in found), found


def test_no_value_of_the_environment_reaches_a_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAK", "hunter2")
    text = "pipelines: [{name: '${LEAK}', storage_bucket: '${LEAK}', jobs: [{name: a, image: '${LEAK}'}]}]"
    assert not any("hunter2" in one for one in refused(text))
    assert any("`${LEAK}` is not replaced here" in one for one in refused(text))


def test_odd_texts_come_back_as_they_were() -> None:
    odd = replace(TRAIN, description=f"{ODD}\nsecond\tline", storage_bucket=ODD.replace("\t", " "))
    stored = KNOWN._replace(pipelines=(odd,))
    assert planned(to_yaml(*stored), stored).empty
