"""Which components of a pipeline run: what a switch brings with it, since a job cannot run without those it needs.

GitLab refuses a pipeline with a job that needs one which is not in it, unless that need is `optional` (GitLab docs,
ci/yaml, needs:optional). So what requires a component that is off is off, too, and what a component requires is on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from data.model.pipeline import PipelineJob

WHICH_IS_OFF: Final = ", which is off"
"""End of the reason why a component is off."""


class Component(NamedTuple):
    """A job of the pipeline, as one that can be left out."""

    name: str
    stage: str
    on: bool
    needs: tuple[str, ...]
    """Components without which it does not run."""
    optional_needs: tuple[str, ...]
    """Components that it waits for only where they run."""
    because: str
    """Why it is off although it was not switched off: `evaluate needs train, which is off`; empty otherwise."""


def components(jobs: Iterable[PipelineJob], flow_control: Mapping[str, bool]) -> list[Component]:
    """All components in the order of the jobs, on or off with all consequences.

    `flow_control` has the states of some; those that it does not name are on. What it names without being a job
    follows at the end: the pipeline may have components that its jobs are not known to have.
    """
    found = [_component(job, flow_control.get(job.name, True)) for job in sorted(jobs, key=lambda job: job.order)]
    known = {one.name for one in found}
    found += [Component(name, "", on, (), (), "") for name, on in flow_control.items() if name not in known]
    return _closed(found)


def switch(
    jobs: Iterable[PipelineJob], states: Mapping[str, bool], name: str, on: bool
) -> tuple[dict[str, bool], list[str]]:
    """The states of all components when one is switched, with a sentence for each other one that changes with it."""
    before = components(jobs, states)
    by_name = {one.name: one for one in before}
    if name not in by_name:
        return {one.name: one.on for one in before}, []
    now = {one.name: one.on for one in before} | {name: on}
    if on:
        return now, _switch_needs_on(by_name, now, name)
    after = _closed([one._replace(on=now[one.name], because="") for one in before])
    said = [
        f"{one.because.removesuffix(WHICH_IS_OFF)}: off, too"
        for one in after
        if by_name[one.name].on and not one.on and one.name != name
    ]
    return {one.name: one.on for one in after}, said


def states(found: Iterable[Component]) -> dict[str, bool]:
    """Whether each component runs, by name."""
    return {one.name: one.on for one in found}


def _component(job: PipelineJob, on: bool) -> Component:
    optional = frozenset(job.optional_needs)
    needs = tuple(dict.fromkeys(need for need in job.needs if need not in optional and need != job.name))
    return Component(job.name, job.stage, on, needs, tuple(need for need in job.needs if need in optional), "")


def _closed(found: Sequence[Component]) -> list[Component]:
    """Switch off what needs a component that is off, until nothing changes."""
    off = {one.name for one in found if not one.on}
    because: dict[str, str] = {}
    changed = True
    while changed:
        changed = False
        for one in found:
            missing = next((need for need in one.needs if need in off), "")
            if missing and one.name not in off:
                off.add(one.name)
                because[one.name] = f"{one.name} needs {missing}{WHICH_IS_OFF}"
                changed = True
    return [one._replace(on=one.name not in off, because=because.get(one.name, one.because)) for one in found]


def _switch_needs_on(by_name: Mapping[str, Component], now: dict[str, bool], name: str) -> list[str]:
    """Switch on all that `name` needs, and what that needs; a sentence for each."""
    said: list[str] = []
    waiting = [name]
    while waiting:
        current = waiting.pop(0)
        for need in by_name[current].needs:
            if need in by_name and not now[need]:
                now[need] = True
                said.append(f"{current} needs {need}: on, too")
                waiting.append(need)
    return said
