"""YAML of CI files, which anybody may have written: read without running anything, within limits, scalars as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

MAX_YAML: Final = 2_000_000
"""Characters of YAML that are parsed; longer text counts as unreadable."""

MAX_DEPTH: Final = 100
"""Mappings and lists inside one another that are read; GitLab's own limit for CI files is lower still."""
_MERGE: Final = "tag:yaml.org,2002:merge"
_FAULTS: Final = (yaml.YAMLError, ValueError, RecursionError)
"""What reading foreign YAML raises: bad syntax or tags; impossible dates and numbers; nesting without end."""
_Parser: Any = getattr(yaml.cyaml, "CParser", None) if yaml.__with_libyaml__ else None


class _Loader(yaml.SafeLoader):
    """A safe loader that stops at what makes the fast one crash or fill the memory: nesting without end, merge keys.

    A few lines of nested merge keys (`<<`) make billions of pairs; a CI file's header has none, and GitLab's merged
    YAML has them merged already. Aliases share what they name and may be.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        if _Parser is not None:  # libyaml reads ten times as fast; its events are put together here all the same
            parser = _Parser(text)
            for name in ("check_event", "peek_event", "get_event"):
                setattr(self, name, getattr(parser, name))

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise yaml.composer.ComposerError(problem="it is nested too deeply")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if key.tag == _MERGE:
                raise yaml.constructor.ConstructorError(problem="merge keys are not read", problem_mark=key.start_mark)


def first_document(text: str) -> Mapping[str, Any]:
    """The first document as a mapping with text keys; empty where it is none or cannot be read.

    Older servers write keys as Ruby symbols, with a colon before them: it is left out.
    """
    if not text or len(text) > MAX_YAML:
        return {}
    try:
        found = next(iter(yaml.load_all(text, Loader=_Loader)), None)
        return _named(found, {}) if isinstance(found, dict) else {}
    except _FAULTS:
        return {}


def scalar(value: object) -> str:
    """A single value as GitLab would put it into a variable; empty for nothing, and for lists and mappings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, Mapping | list | set | tuple) else str(value)


def _named(value: Any, done: dict[int, Any]) -> Any:
    """`value` with text keys; `done` holds what was made already, since aliases may repeat a part without end."""
    if not isinstance(value, dict):
        return value
    if id(value) not in done:
        made: dict[str, Any] = {}
        done[id(value)] = made
        made |= {str(key).removeprefix(":"): _named(item, done) for key, item in value.items()}
    return done[id(value)]
