"""Nodes -> settings, with every problem collected instead of the first one raised.

The types of `data.config.settings` drive the walk, so it goes no deeper than they do, whatever a file's aliases say.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

from data.clean import clean
from data.config.document import MERGE, NULL, PLAIN_TAGS
from data.config.leaves import Unset, convert, describe, interpolate, shown, unwrap
from data.config.problem import Problem
from data.config.secret import Secret
from data.config.settings import Section

S = TypeVar("S", bound=Section)

MAX_NODES: Final = 50_000
"""Values that one file may hold once its aliases are followed."""
EXTENSION: Final = "x-"
"""Keys at the top that begin so are the user's own, for anchors."""

_BAD: Final = msgspec.UNSET
"""Stands for a value that is absent or that a problem was reported for."""

Pairs = dict[str, tuple[yaml.Node, yaml.Node]]


class Decoder:
    """One walk over one file.

    Attributes:
        problems: what is wrong, in the file's order.
        lines: line of each setting that the file gives, by dotted path.
        literal_secrets: dotted paths of secrets that stand in the file themselves.

    Args:
        env: variables for `${VAR}`; None for a file in which nothing is replaced: there `${VAR}` is refused, but for
            sections that are `LITERAL`, so that no text means one thing in a configuration and another one in it.
    """

    def __init__(self, file: str, env: Mapping[str, str] | None) -> None:
        self.file, self.env = file, env
        self.problems: list[Problem] = []
        self.lines: dict[str, int] = {}
        self.literal_secrets: list[str] = []
        self._nodes = 0
        self._pairs: dict[int, Pairs] = {}
        self._literal = False

    def section(self, node: yaml.MappingNode, kind: type[S], path: str = "") -> S | msgspec.UnsetType:
        """The mapping as a section; unset when something that it needs is missing or wrong."""
        if kind.LITERAL and not self._literal:
            self._literal = True
            try:
                return self.section(node, kind, path)
            finally:
                self._literal = False
        typed = get_type_hints(kind, include_extras=True)
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        hints = {name: typed[field.name] for name, field in fields.items()}
        values: dict[str, object] = {}
        given = self._mapping(node, path)
        for key, (at, value) in given.items():
            if not path and key.startswith(EXTENSION):
                continue
            if key not in fields:
                self._unknown(key, list(fields), at, path)
                continue
            values[key] = self._value(value, hints[key], f"{path}.{key}" if path else key)
        for name, field in fields.items():
            if field.required and (name not in given or _is_null(given[name][1])):
                self._report(node, path, f"`{name}` is missing", hint=f"give {describe(hints[name])}")
        values = {name: value for name, value in values.items() if value is not _BAD}
        if any(field.required and name not in values for name, field in fields.items()):
            return _BAD
        return kind(**{fields[name].name: value for name, value in values.items()})

    def _value(self, node: yaml.Node, hint: Any, path: str) -> object:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            if self._nodes == MAX_NODES + 1:
                self._report(
                    node, path, f"the file holds more than {MAX_NODES} values once its references are followed"
                )
            return _BAD
        self.lines[path] = node.start_mark.line + 1
        if node.tag not in PLAIN_TAGS:
            self._report(node, path, f"the tag {shown(node.tag)} means nothing here", hint="remove it")
            return _BAD
        if _is_null(node):
            return _BAD
        base, _ = unwrap(_fitting(hint, node))
        origin, arguments = get_origin(base), get_args(base)
        if isinstance(base, type) and issubclass(base, Section):
            return self._short_or_section(node, base, path)
        if origin is dict and isinstance(node, yaml.MappingNode):
            pairs = self._mapping(node, path).items()
            return _kept((key, self._item(value, arguments[1], f"{path}.{key}")) for key, (_, value) in pairs)
        if origin is list and isinstance(node, yaml.SequenceNode):
            items = enumerate(node.value)
            return list(_kept((i, self._item(item, arguments[0], f"{path}[{i}]")) for i, item in items).values())
        if origin not in (dict, list) and isinstance(node, yaml.ScalarNode):
            return self._leaf(node, hint, path)
        self._report(node, path, f"{_what(node)} stands here, not {describe(hint)}")
        return _BAD

    def _item(self, node: yaml.Node, hint: Any, path: str) -> object:
        if _is_null(node) and node.tag in PLAIN_TAGS:
            base, _ = unwrap(hint)
            if base is str:
                return ""
            if isinstance(base, type) and issubclass(base, Section) and get_type_hints(base).get(base.SHORTHAND) is str:
                return base(**{base.SHORTHAND: ""})
            self._report(node, path, "is empty", hint=f"give {describe(hint)}")
        return self._value(node, hint, path)

    def _short_or_section(self, node: yaml.Node, kind: type[Section], path: str) -> object:
        if isinstance(node, yaml.MappingNode):
            return self.section(node, kind, path)
        if kind.SHORTHAND and isinstance(node, yaml.ScalarNode):
            hint = get_type_hints(kind, include_extras=True)[kind.SHORTHAND]
            value = self._leaf(node, hint, path)
            return _BAD if value is _BAD else kind(**{kind.SHORTHAND: value})
        self._report(node, path, f"{_what(node)} stands here, not {describe(kind)}")
        return _BAD

    def _leaf(self, node: yaml.ScalarNode, hint: Any, path: str) -> object:
        secret = unwrap(hint)[0] is Secret
        try:
            text = node.value if self._literal else interpolate(node.value, self.env)
        except Unset as unset:
            name = unset.args[0]
            if self.env is None:
                hint = f"write `$${{{name}}}` for that text itself"
                self._report(node, path, f"`${{{name}}}` is not replaced here", hint=hint)
                return _BAD
            advice = f"set it, or give a default: ${{{name}:-value}}"
            self._report(node, path, f"the environment variable `{name}` is not set", hint=advice)
            return _BAD
        except ValueError as error:
            self._report(node, path, str(error))
            return _BAD
        try:
            value = convert(text, hint)
        except ValueError:
            # The text before interpolation is repeated: what a variable holds may be a secret.
            self._wrong(node, "the value" if secret else shown(node.value), hint, path)
            return _BAD
        if secret and _is_literal(node.value):
            self.literal_secrets.append(path)
        return value

    def _mapping(self, node: yaml.MappingNode, path: str) -> Pairs:
        """A mapping's keys and values, `<<` followed: own keys win, then the first merged mapping."""
        if id(node) in self._pairs:
            return self._pairs[id(node)]
        own: Pairs = {}
        self._pairs[id(node)] = own  # also what a mapping that merges itself sees
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if key.tag == MERGE:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif not isinstance(key, yaml.ScalarNode):
                self._report(key, path, f"{_what(key)} cannot be a key")
            elif key.value in own:
                first = own[key.value][0].start_mark.line + 1
                self._report(key, path, f"{shown(key.value)} is given twice; first in line {first}", hint="remove one")
            else:
                own[key.value] = (key, value)
        for other in merged:
            if not isinstance(other, yaml.MappingNode):
                self._report(other, path, f"`<<` takes mappings, and {_what(other)} is given")
                continue
            for name, pair in list(self._mapping(other, path).items()):
                own.setdefault(name, pair)
        return own

    def _unknown(self, key: str, known: list[str], node: yaml.Node, path: str) -> None:
        near = difflib.get_close_matches(key, known, n=1)
        message = f"unknown key {shown(key)}" + (f"; did you mean `{near[0]}`?" if near else "")
        self._report(node, path, message, hint="" if near else f"known keys: {', '.join(known)}")

    def _wrong(self, node: yaml.Node, given: str, hint: Any, path: str) -> None:
        rule = describe(hint)
        words = rule.removeprefix("one of ").split(", ") if rule.startswith("one of ") else []
        near = difflib.get_close_matches(given.strip("`"), words, n=1)
        empty = isinstance(node, yaml.ScalarNode) and not node.value.strip()
        if rule == "text":
            rule = "text that fits: it is empty, too long, or holds control characters"
        message = f"is empty, and {rule} is wanted" if empty else f"{given} is not {rule}"
        self._report(node, path, message, hint=f"did you mean `{near[0]}`?" if near else "")

    def _report(self, node: yaml.Node, path: str, message: str, *, hint: str = "") -> None:
        line = node.start_mark.line + 1
        self.problems.append(Problem(file=self.file, line=line, field=clean(path), message=message, hint=hint))


K = TypeVar("K")


def _kept(pairs: Iterator[tuple[K, object]]) -> dict[K, object]:
    return {key: value for key, value in pairs if value is not _BAD}


def _fitting(hint: Any, node: yaml.Node) -> Any:
    """Of several types, the one for a list where a list stands, so that its items are read one by one."""
    base, _ = unwrap(hint)
    if get_origin(base) in (Union, UnionType) and isinstance(node, yaml.SequenceNode):
        return next((kind for kind in get_args(base) if get_origin(kind) is list), hint)
    return hint


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == NULL


def _is_literal(text: str) -> bool:
    """Whether a secret stands in the file itself. URLs are secrets only with a password in them."""
    return "${" not in text and ("@" in text or ("://" not in text and text != "sqlite"))


def _what(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
