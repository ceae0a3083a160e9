"""A request as YAML for an editor: comments say what is locked and allowed; problems come back with their lines.

Values of secret variables are never in it: `with_secrets` takes them over from the request that it was made of.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import yaml
from msgspec.structs import replace

from data.config import problem as configured
from data.config.document import NULL, PLAIN_TAGS, compose
from data.launch.asked import Problem, Request, Target
from data.launch.filling import from_defaults
from data.launch.remarks import remarks
from data.launch.values import FALSE, TRUE, shown
from data.model.base import Json
from data.model.masking import is_secret

SENDS: Final = "sends"
"""Key under which the exact request is shown; ignored when a document is read."""
FLAGS: Final = frozenset({"track"})
TABLES: Final = frozenset({"variables", "files", "inputs"})
SWITCHES: Final = "flow_control"
LABELS: Final = "labels"
FIELDS: Final = Request.__struct_fields__
"""Fields of a request in the order in which a document has them."""
MARK: Final = "# PROBLEM:"
"""Beginning of a comment that tells a problem."""
ONLY_GIVEN: Final = frozenset({"files", "like"})
"""Fields that a document leaves out where they are empty."""
WIDE: Final = 1_000_000
"""A line as long as it likes: a folded one could not be told from one that was typed so."""


class _Text(str):
    """A text in literal style."""


class _Plain(str):
    """A text that needs no quotes, since all values are read as text."""


class _Quoted(str):
    """A text with characters that only escapes show."""


class _Dumper(yaml.SafeDumper):
    """Writes texts in the style that their class asks for."""


def _plain(dumper: _Dumper, text: _Plain) -> yaml.ScalarNode:
    """`0.01` and `true` without quotes, by the tag that they have so; what would be nothing, or a merge, with them."""
    tag = dumper.resolve(yaml.ScalarNode, str(text), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag if tag in _BARE else _STR, str(text))


_STR: Final = "tag:yaml.org,2002:str"
_BARE: Final = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "timestamp"))
_Dumper.add_representer(_Plain, _plain)
_Dumper.add_representer(_Text, lambda dumper, text: dumper.represent_scalar(_STR, str(text), style="|"))
_Dumper.add_representer(_Quoted, lambda dumper, text: dumper.represent_scalar(_STR, str(text), style='"'))


def to_yaml(request: Request, target: Target, sends: Mapping[str, Json] | None = None) -> str:
    """The request as a document; `from_yaml` reads it. `sends` is shown at the end: the exact request."""
    secret = secret_names(request, target)
    said = remarks(request, target)
    lines = [f"# {line}" for line in said[""]]
    for name in FIELDS:
        value = getattr(request, name)
        if name in ONLY_GIVEN and not value:
            continue
        lines += [f"# {line}" for line in said.get(name, ())]
        if name in TABLES or name == SWITCHES:
            given = {key: item for key, item in value.items() if key not in secret}
            lines += _table(name, given, said)
        else:
            lines += _entry(name, list(value) if name == LABELS else value, "")
    if sends is not None:
        lines += ["", "# Exactly this is sent. It is shown only: changes here mean nothing."]
        lines += _dumped({SENDS: dict(sends)}, "")
    return "\n".join(lines) + "\n"


def from_yaml(text: str, target: Target) -> Request | list[Problem]:
    """The request that a document holds; fields that it leaves out are the API's own. Or what is wrong with it.

    Only its form is checked: whether the request can be sent is told by `data.launch.request.problems`.
    """
    node = _top(text)
    if isinstance(node, Problem):
        return [node]
    reader = _Reader()
    values = reader.fields(node)
    if reader.found:
        return reader.found
    return replace(from_defaults(target), **values)


def api_in(text: str) -> str | None:
    """The API that a document names; None where it names none, or cannot be read."""
    node = _top(text)
    if isinstance(node, Problem):
        return None
    return next((value.value for key, value in node.value if _is(key, "api") and _is_text(value)), None)


def located(found: Iterable[Problem], text: str) -> list[Problem]:
    """Problems with the lines of a document in which their fields stand; 0 where it does not have the field."""
    node = _top(text)
    lines = {} if isinstance(node, Problem) else dict(_lines(node))
    return [one._replace(line=lines.get(one.field) or lines.get(one.field.split(".")[0], 0)) for one in found]


def with_problems(text: str, found: Iterable[Problem]) -> str:
    """The document with each problem as a comment above its line, in place of those of an earlier round."""
    plain = [line for line in text.split("\n") if not line.lstrip().startswith(MARK)]
    removed = [number for number, line in enumerate(text.split("\n"), 1) if line.lstrip().startswith(MARK)]
    lines = list(plain)
    for one in sorted(found, key=lambda problem: -problem.line):
        place = max(one.line - 1 - sum(number < one.line for number in removed), 0)
        above = plain[place] if one.line and place < len(plain) else ""
        indent = above[: len(above) - len(above.lstrip())]
        lines.insert(min(place, len(lines)), f"{indent}{MARK} {shown(one.message, WIDE)}")
    return "\n".join(lines)


def with_secrets(request: Request, earlier: Request, target: Target) -> Request:
    """A request that was read from a document, with the secret values of the one that the document was made of."""
    kept = {key: value for key, value in earlier.variables.items() if key in secret_names(earlier, target)}
    return replace(request, variables={**request.variables, **kept})


def secret_names(request: Request, target: Target) -> frozenset[str]:
    """Variables whose values stand in no document: those that are declared as secret, and others that look so."""
    declared = {one.key: one.secret for one in (target.api.user_variables if target.api else ())}
    guessed = {key for key, value in request.variables.items() if key not in declared and is_secret(key, value)}
    return frozenset({key for key, secret in declared.items() if secret} | guessed)


def _table(name: str, given: Mapping[str, Any], said: Mapping[str, list[str]]) -> Iterator[str]:
    if not given:
        yield f"{name}: {{}}"
        return
    yield f"{name}:"
    for key, value in given.items():
        yield from (f"  # {line}" for line in said.get(f"{name}.{key}", ()))
        yield from _entry(key, value, "  ")


def _entry(key: str, value: Json, indent: str) -> list[str]:
    return _dumped({_styled(key): _styled(value)}, indent)


def _dumped(value: Mapping[str, Json], indent: str) -> list[str]:
    dumped = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, width=WIDE, sort_keys=False)
    return [f"{indent}{line}" if line else "" for line in dumped.rstrip("\n").split("\n")]


def _styled(value: Json) -> Json:
    if isinstance(value, str):
        lines = value.split("\n")
        if len(lines) > 1 and lines[0] and all(line.isprintable() and line == line.strip() for line in lines):
            return _Text(value)
        return _Plain(value) if value.isprintable() else _Quoted(value)
    if isinstance(value, Mapping):
        return {_styled(key): _styled(item) for key, item in value.items()}
    return [_styled(item) for item in value] if isinstance(value, list | tuple) else value


class _Reader:
    """One walk over a document."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def fields(self, node: yaml.MappingNode) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in self._pairs(node, ""):
            if name == SENDS:
                continue
            if name not in FIELDS:
                near = difflib.get_close_matches(name, FIELDS, n=1)
                ending = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(FIELDS)}"
                self._wrong(value, name, f"a launch has no field {shown(name)}{ending}")
            else:
                values[name] = self._field(name, value)
        return values

    def _field(self, name: str, node: yaml.Node) -> Any:
        if name in TABLES:
            return {key: self._text(value, f"{name}.{key}") for key, value in self._mapping(node, name)}
        if name == SWITCHES:
            return {key: self._flag(value, f"{name}.{key}") for key, value in self._mapping(node, name)}
        if name == LABELS:
            return self._labels(node)
        return self._flag(node, name) if name in FLAGS else self._text(node, name)

    def _text(self, node: yaml.Node, field: str) -> str:
        if _is_text(node):
            return "" if node.tag == NULL else str(node.value)
        self._wrong(node, field, f"{field} takes one value, not a list or a table; put it in quotes")
        return ""

    def _flag(self, node: yaml.Node, field: str) -> bool:
        word = node.value.lower() if _is_text(node) else ""
        if word not in TRUE | FALSE:
            self._wrong(node, field, f"{field} is true or false")
        return word in TRUE

    def _labels(self, node: yaml.Node) -> tuple[str, ...]:
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._text(item, LABELS) for item in node.value)
        text = self._text(node, LABELS)
        return (text,) if text else ()

    def _mapping(self, node: yaml.Node, field: str) -> list[tuple[str, yaml.Node]]:
        if isinstance(node, yaml.MappingNode):
            return self._pairs(node, field)
        if not (_is_text(node) and node.tag == NULL):
            self._wrong(node, field, f"{field} takes names with values, one in a line: NAME: value")
        return []

    def _pairs(self, node: yaml.MappingNode, field: str) -> list[tuple[str, yaml.Node]]:
        """Names and values, each name once."""
        pairs: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not _is_text(key):
                self._wrong(key, field, "a list or a table cannot be a name")
            elif key.value in pairs:
                self._wrong(key, f"{field}.{key.value}".lstrip("."), f"{shown(key.value)} is given twice")
            else:
                pairs[key.value] = value
        return list(pairs.items())

    def _wrong(self, node: yaml.Node, field: str, message: str) -> None:
        self.found.append(Problem(field, message, node.start_mark.line + 1))


def _top(text: str) -> yaml.MappingNode | Problem:
    """The document's top mapping; an empty document is an empty one."""
    node = compose(text, "")
    if isinstance(node, configured.Problem):
        if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
            return Problem("", "the document is empty: nothing is launched")
        return Problem("", f"the document {node.message}", node.line)
    return node


def _lines(node: yaml.MappingNode) -> Iterator[tuple[str, int]]:
    for key, value in node.value:
        if not _is_text(key):
            continue
        yield key.value, key.start_mark.line + 1
        if isinstance(value, yaml.MappingNode):
            for inner, _ in value.value:
                if _is_text(inner):
                    yield f"{key.value}.{inner.value}", inner.start_mark.line + 1


def _is(node: yaml.Node, name: str) -> bool:
    return _is_text(node) and node.value == name


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag in PLAIN_TAGS
