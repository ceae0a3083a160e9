"""Rules of pipelines, jobs and APIs, for the configuration and for the records that people define alike. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from data.clean import clean
from data.config.urls import login_of, split
from data.model.flow import parse_rule

PROJECT: Final = re.compile(r"\d+|[\w.+-]+(/[\w.+-]+)+", re.ASCII)
"""A numeric id, or a path with at least one group (GitLab docs, reserved and limited names)."""
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A CI/CD variable's key (GitLab docs, CI/CD variables)."""
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""A whole or decimal number, with or without exponent."""
TRUTHS: Final = frozenset({"true", "false"})
"""Values of a `bool`."""
VARIABLE_KINDS: Final = ("string", "number", "bool", "choice", "file")
"""What can be typed for a variable."""
SHOWN: Final = 60
"""Characters of a wrong value that a message repeats."""


class VariableLike(Protocol):
    """A variable, of the configuration or of a record."""

    @property
    def value(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def choices(self) -> Sequence[str]: ...
    @property
    def pattern(self) -> str: ...


class Fault(NamedTuple):
    """What is wrong, in which field of what was looked at (empty for all of it), and what would be right."""

    field: str
    message: str
    hint: str = ""


def variables(system: Mapping[str, VariableLike], user: Mapping[str, VariableLike]) -> Iterator[Fault]:
    """Faults of an API's variables; fields begin with `system_variables` and `user_variables`."""
    for field, given in (("system_variables", system), ("user_variables", user)):
        for name, variable in given.items():
            if not VARIABLE.fullmatch(name):
                yield Fault(field, f"`{shown(name)}` cannot be a variable's name", "letters, digits and `_`")
            for fault in value(variable):
                yield Fault(".".join(filter(None, (field, name, fault.field))), fault.message, fault.hint)
    for name in system.keys() & user.keys():
        message = "is both a system and a user variable"
        yield Fault(f"user_variables.{name}", message, "system variables cannot be edited")


def value(variable: VariableLike) -> Iterator[Fault]:
    """Whether the value that a variable starts from is one that it takes."""
    given = variable.value
    if variable.kind == "choice" and not variable.choices:
        yield Fault("", "a `choice` needs `choices`")
    elif variable.choices and given and given not in variable.choices:
        yield Fault("", "the value is none of its choices")
    elif variable.kind == "number" and given and not NUMBER.fullmatch(given.strip()):
        yield Fault("", "the value is no number")
    elif variable.kind == "bool" and given and given.strip().lower() not in TRUTHS:
        yield Fault("", "the value is not true or false")
    try:
        pattern = re.compile(variable.pattern)
    except re.error as error:
        yield Fault("pattern", f"is no regular expression: {error.msg}")
        return
    if variable.pattern and given and not pattern.fullmatch(given):
        yield Fault("", "the value does not match the pattern")


def names_of_variables(**given: str) -> Iterator[Fault]:
    """Faults of fields that name a variable, where they do."""
    for field, name in given.items():
        if name and not VARIABLE.fullmatch(name):
            yield Fault(field, f"`{shown(name)}` cannot be a variable's name", "letters, digits and `_`")


def flow_rule(text: str) -> Iterator[Fault]:
    """Whether a rule says how a component that is off is told."""
    try:
        parse_rule(text)
    except ValueError as error:
        yield Fault("flow_rule", str(error))


def callback(url: str) -> Iterator[Fault]:
    """Whether an address can be told of the end of a run."""
    if not url:
        return
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        yield Fault("callback_url", "is no address of the web", "write https://host/path")
    elif any(login_of(url)):
        # It is stored and shown like any other address.
        yield Fault("callback_url", "a login in the address would be stored in the open", "sign with callback_key_env")


def repository(text: str) -> Iterator[Fault]:
    """Whether a text can name a project: by path, address or id."""
    given = text.strip("/")
    parts = split(given)
    web = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname and parts.path.strip("/"))
    if text and not web and not PROJECT.fullmatch(given):
        yield Fault("test_repository", f"`{shown(text)}` is no project", "write `group/name`, its address or its id")


def shown(text: str) -> str:
    """A value as a message repeats it."""
    return clean(text, limit=SHOWN)
