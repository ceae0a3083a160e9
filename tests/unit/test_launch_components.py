"""Components go on and off together with what they need."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from data.launch.components import components, states, switch
from data.model import PipelineJob
from tests.launches import JOBS

NAMES = [job.name for job in JOBS]


@st.composite
def graphs(draw: st.DrawFn) -> list[PipelineJob]:
    """Jobs with any needs, cycles and unknown names among them."""
    names = draw(st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1))
    jobs = []
    for order, name in enumerate(names):
        needs = tuple(draw(st.lists(st.sampled_from([*names, "nowhere"]), max_size=4)))
        optional = tuple(draw(st.lists(st.sampled_from(needs), max_size=2))) if needs else ()
        jobs.append(PipelineJob(id=name, pipeline_id="p", name=name, order=order, needs=needs, optional_needs=optional))
    return jobs


STATES = st.dictionaries(st.sampled_from("abcdefgh"), st.booleans())


def test_what_needs_a_component_that_is_off_is_off_and_says_why() -> None:
    found = {one.name: one for one in components(JOBS, {"features": False})}
    assert states(found.values()) == {
        "extract": True, "features": False, "train": False, "evaluate": False, "report": False, "lint": True,
    }  # fmt: skip
    assert found["features"].because == ""
    assert found["train"].because == "train needs features, which is off"
    assert found["report"].because == "report needs evaluate, which is off"
    assert (found["report"].needs, found["report"].optional_needs) == (("evaluate",), ("lint",))


def test_an_optional_need_switches_nothing() -> None:
    assert states(components(JOBS, {"lint": False})) == dict.fromkeys(NAMES, True) | {"lint": False}


def test_names_that_are_no_jobs_are_components_too() -> None:
    found = components(JOBS[:1], {"notify": False, "extract": True})
    assert [(one.name, one.on) for one in found] == [("extract", True), ("notify", False)]


def test_a_switch_says_what_it_brings_with_it() -> None:
    off, said = switch(JOBS, {}, "train", False)
    assert off == dict.fromkeys(NAMES, True) | {"train": False, "evaluate": False, "report": False}
    assert said == ["evaluate needs train: off, too", "report needs evaluate: off, too"]
    on, said = switch(JOBS, off, "evaluate", True)
    assert on == off | {"evaluate": True, "train": True}
    assert said == ["evaluate needs train: on, too"]
    assert switch(JOBS, {}, "nothing", False) == (dict.fromkeys(NAMES, True), [])


@given(graphs(), STATES)
def test_the_closure_is_a_fixed_point(jobs: list[PipelineJob], given_states: dict[str, bool]) -> None:
    once = states(components(jobs, given_states))
    assert states(components(jobs, once)) == once


@given(graphs(), STATES)
def test_nothing_runs_without_what_it_needs(jobs: list[PipelineJob], given_states: dict[str, bool]) -> None:
    found = components(jobs, given_states)
    on = states(found)
    for one in found:
        assert not one.on or all(on.get(need, True) for need in one.needs)
        assert not (one.on and given_states.get(one.name) is False)


@given(graphs(), STATES, st.sampled_from("abcdefgh"), st.booleans())
def test_a_switch_leaves_states_that_hold(
    jobs: list[PipelineJob], given_states: dict[str, bool], name: str, on: bool
) -> None:
    before = states(components(jobs, given_states))
    after, said = switch(jobs, given_states, name, on)
    assert states(components(jobs, after)) == after
    if name in before:
        assert after[name] is on
    changed = [one for one in after if after[one] != before[one] and one != name]
    assert len(said) == len(changed)
    assert all(after[one] is on for one in changed)
