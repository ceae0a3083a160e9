"""Rules that tell a pipeline which components run."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.model import Variable
from data.model.flow import FlowRule, flow_variables, parse_rule
from data.model.vocabulary import FLOW_RULE
from data.simulator.ci import JobSpec


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (FLOW_RULE, FlowRule("RUN_<JOB>", "false", None)),
        (" SKIP_<JOB>=1 ", FlowRule("SKIP_<JOB>", "1", None)),
        ("with_<job>=no|yes", FlowRule("with_<job>", "no", "yes")),
        ("<JOB>=|1", FlowRule("<JOB>", "", "1")),
    ],
)
def test_rules_are_read(text: str, rule: FlowRule) -> None:
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write it like RUN_<JOB>=false"),
        ("RUN_<JOB>", "write it like"),
        ("RUN_JOB=false", "names no component"),
        ("RUN-<JOB>=false", "letters, digits and _"),
        ("RUN <JOB>=false", "write it like"),
        ("RUN_<JOB>=x|x", "on and off alike"),
    ],
)
def test_what_is_no_rule_is_said(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_rule(text)


def test_only_components_that_are_off_are_told_by_default() -> None:
    states = {"train": False, "unit-tests": False, "deploy: eu [a]": False, "evaluate": True}
    assert flow_variables(parse_rule(FLOW_RULE), states) == [
        Variable(key="RUN_TRAIN", value="false"),
        Variable(key="RUN_UNIT_TESTS", value="false"),
        Variable(key="RUN_DEPLOY_EU_A_", value="false"),
    ]


def test_a_rule_may_tell_those_that_are_on_too() -> None:
    found = flow_variables(parse_rule("run_<job>=false|true"), {"Train": True, "eval": False})
    assert found == [Variable(key="run_train", value="true"), Variable(key="run_eval", value="false")]


def test_of_two_components_with_one_variable_the_one_that_is_off_decides() -> None:
    for states in ({"a-b": True, "a.b": False}, {"a-b": False, "a.b": True}):
        assert flow_variables(parse_rule("RUN_<JOB>=0|1"), states) == [Variable(key="RUN_A_B", value="0")]


@given(st.dictionaries(st.text(min_size=1, max_size=30), st.booleans(), max_size=8))
def test_every_variable_has_a_name_that_gitlab_takes(states: dict[str, bool]) -> None:
    for variable in flow_variables(parse_rule("RUN_<JOB>=false|true"), states):
        assert re.fullmatch(r"[A-Za-z0-9_]+", variable.key)


def test_the_simulated_ci_files_follow_the_rule() -> None:
    for name in ("train", "unit-tests", "drift-check"):
        spec = JobSpec(name, "train", "train", 1)
        assert spec.switch == parse_rule(FLOW_RULE).variable(name)
