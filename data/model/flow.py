"""How components that are off, and those that are on, are told to a pipeline: as CI/CD variables, by a rule.

A rule is written `RUN_<JOB>=false`: for each component that is off, a variable of that name with that value is sent,
and nothing for one that is on. `RUN_<JOB>=false|true` tells those that are on, too. `<JOB>` stands for the component's
name in capitals, `<job>` for it in small letters, in both every run of characters other than letters and digits as one
`_`. The CI file has to heed it, for instance with `rules: [{if: '$RUN_TRAIN == "false"', when: never}]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from data.model.pipeline import Variable

UPPER: Final = "<JOB>"
"""Place of the component's name in capitals."""
LOWER: Final = "<job>"
"""Place of the component's name in small letters."""

_RULE: Final = re.compile(r"(?P<name>[^=\s]+)=(?P<off>[^|]*)(?:\|(?P<on>.*))?")
_OTHER: Final = re.compile(r"[^A-Za-z0-9]+")
_NAME: Final = re.compile(r"[A-Za-z0-9_]+")


class FlowRule(NamedTuple):
    """A rule, taken apart."""

    name: str
    """Name of the variable, with `<JOB>` or `<job>` in it."""
    off: str
    """Value for a component that is off."""
    on: str | None
    """Value for a component that is on; None where that is not told."""

    def variable(self, component: str) -> str:
        """Name of the variable of a component."""
        word = _OTHER.sub("_", component)
        return self.name.replace(UPPER, word.upper()).replace(LOWER, word.lower())


def parse_rule(text: str) -> FlowRule:
    """A rule from its text.

    Raises:
        ValueError: a sentence that says what is wrong.
    """
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no rule for components: write it like RUN_{UPPER}=false")
    name, off, on = found["name"], found["off"].strip(), found["on"]
    if UPPER not in name and LOWER not in name:
        raise ValueError(f"{text!r} names no component: put {UPPER} or {LOWER} into the variable's name")
    if not _NAME.fullmatch(name.replace(UPPER, "J").replace(LOWER, "j")):
        raise ValueError(f"{name} makes no name of a variable: use letters, digits and _ beside {UPPER}")
    if on is not None and on.strip() == off:
        raise ValueError(f"{text!r} tells components that are on and off alike")
    return FlowRule(name, off, on if on is None else on.strip())


def flow_variables(rule: FlowRule, states: Mapping[str, bool]) -> list[Variable]:
    """The variables that tell which components run, in the order of `states` (component -> whether it runs).

    Where two components share a variable, one that is off decides.
    """
    told: dict[str, str] = {}
    for component, on in states.items():
        name = rule.variable(component)
        if not on:
            told[name] = rule.off
        elif rule.on is not None:
            told.setdefault(name, rule.on)
    return [Variable(key=name, value=value) for name, value in told.items()]
