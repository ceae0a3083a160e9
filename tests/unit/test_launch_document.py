"""The YAML document of a request says all of it but secrets, and reads back the same."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from data.launch.asked import Problem, Request, Target
from data.launch.document import api_in, from_yaml, located, to_yaml, with_secrets
from data.launch.filling import from_defaults
from tests.launches import API, PROJECT, target

TEXT = st.text(max_size=40) | st.sampled_from(
    ["null", "~", "on", "0.10", "=", "<<", "- a", "a: b # c", "a\n b\n\n", "\t"]
)
KEYS = st.text(min_size=1, max_size=20).filter(lambda key: key != "TOKEN")
REQUESTS = st.builds(
    Request,
    api=TEXT,
    ref=TEXT,
    kind=TEXT,
    flow_control=st.dictionaries(TEXT, st.booleans(), max_size=4),
    variables=st.dictionaries(KEYS, TEXT, max_size=4),
    files=st.dictionaries(KEYS, TEXT, max_size=2),
    inputs=st.dictionaries(KEYS, TEXT, max_size=4),
    labels=st.lists(TEXT, max_size=3).map(tuple),
    note=TEXT,
    why=TEXT,
    run_id=TEXT,
    track=st.booleans(),
    timeout=TEXT,
    callback_url=TEXT,
    like=TEXT,
)


@given(request=REQUESTS)
@settings(max_examples=300, deadline=None)
def test_a_document_reads_back_as_the_request_that_it_was_written_from(request: Request) -> None:
    about = Target(PROJECT, None, API)
    assert from_yaml(to_yaml(request, about), about) == request


def test_the_values_of_secrets_are_not_in_it_and_come_back_from_the_earlier_request() -> None:
    about = target()
    request = replace(from_defaults(about), variables={"LR": "0.1", "TOKEN": "hunter2"})
    text = to_yaml(request, about)
    assert "hunter2" not in text
    assert "TOKEN is secret" in text
    read = from_yaml(text, about)
    assert isinstance(read, Request)
    assert read.variables == {"LR": "0.1"}
    assert with_secrets(read, request, about) == request
    assert "hunter2" not in repr(request)


def test_numbers_and_switches_are_written_as_people_write_them() -> None:
    text = to_yaml(from_defaults(target()), target())
    assert "  LR: 0.01\n" in text
    assert "  train: true\n" in text
    assert "# STAGE is set by the API and locked: all" in text


def test_what_a_document_leaves_out_is_the_apis_own() -> None:
    about = target()
    assert from_yaml("note: try it\n", about) == replace(from_defaults(about), note="try it")
    assert from_yaml("variables:\n", about) == replace(from_defaults(about), variables={})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("api: train\nreff: main\n", ("reff", 2, "did you mean ref?")),
        ("ref: [main]\n", ("ref", 1, "takes one value")),
        ("variables:\n  LR: 1\n  LR: 2\n", ("variables.LR", 3, "given twice")),
        ("flow_control:\n  train: perhaps\n", ("flow_control.train", 2, "true or false")),
        ("inputs: 5\n", ("inputs", 1, "names with values")),
        ("ref: !!python/name:os.system main\n", ("ref", 1, "takes one value")),
        ("ref: 'main\n", ("", 1, "never closed")),
        ("- a\n", ("", 1, "a list")),
        ("# nothing\n\n", ("", 0, "nothing is launched")),
        ("", ("", 0, "nothing is launched")),
    ],
)
def test_problems_have_a_line_and_a_sentence(text: str, expected: tuple[str, int, str]) -> None:
    found = from_yaml(text, target())
    assert isinstance(found, list)
    field, line, words = expected
    assert (found[0].field, found[0].line) == (field, line)
    assert words in found[0].message


def test_problems_of_a_request_get_the_lines_of_its_document() -> None:
    text = "api: train\nvariables:\n  LR: fast\ninputs: {}\n"
    asked = [Problem("variables.LR", "x"), Problem("inputs.size", "y"), Problem("ref", "z")]
    assert [one.line for one in located(asked, text)] == [3, 4, 0]


def test_the_exact_request_is_shown_and_not_read() -> None:
    about = target()
    sends = {"ref": "main", "variables": [{"key": "LR", "value": "0.01"}]}
    text = to_yaml(from_defaults(about), about, sends)
    assert yaml.safe_load(text)["sends"] == sends
    assert from_yaml(text, about) == from_defaults(about)


def test_hostile_descriptions_stay_in_their_comment() -> None:
    bad = replace(API, description="a\nref: evil\x1b]52;c;x\x07")
    text = to_yaml(from_defaults(target(api=bad)), target(api=bad))
    assert yaml.safe_load(text)["ref"] == "stable"
    assert "\x1b" not in text


def test_the_api_is_found_before_the_rest_is_read() -> None:
    assert api_in("api: features\nvariables: {A: 1}\n") == "features"
    assert api_in("ref: main\n") is None
    assert api_in("api: 'x\n") is None
