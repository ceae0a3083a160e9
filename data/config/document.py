"""A YAML file as a tree of nodes that know their lines, with everything refused that a configuration has no use for.

Nothing is constructed from tags, so `!!python/object` and its kind are only text. Depth, aliases and size are limited
before the tree is built.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import yaml

from data.clean import clean
from data.config.problem import Problem

MAX_FILE: Final = 1_000_000
"""Largest configuration file in bytes."""
MAX_DEPTH: Final = 32
"""Deepest nesting; settings need about eight levels."""
MAX_ALIASES: Final = 200
"""Most references to anchors."""
MERGE: Final = "tag:yaml.org,2002:merge"
"""Tag of the key `<<`, which takes over another mapping."""
NULL: Final = "tag:yaml.org,2002:null"
"""Tag of an empty value."""
PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("null", "bool", "int", "float", "str", "timestamp", "map", "seq", "merge", "value")
)
"""Tags that a configuration may hold, nearly always unwritten."""
START: Final = "`lineside config init` writes one to start from"
"""Where to get a configuration."""
TOP: Final = "the top of the file wants keys such as `connections:` and `projects:`"
"""What stands at the top of a configuration."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Final = (
    ("could not find expected ':'", "a `:` is missing after a key"),
    (
        "mapping values are not allowed",
        "a `:` stands where no key can be: quote the value, or look for a missing `:` above",
    ),
    ("did not find expected key", "the indentation does not fit the lines above"),
    ("expected <block end>", "the indentation does not fit the lines above"),
    ("did not find expected '-' indicator", "the list's indentation does not fit the lines above"),
    ("found unexpected end of stream", "a quote or bracket is never closed"),
    ("unexpected end of stream", "a quote or bracket is never closed"),
    ("expected ',' or", "a bracket is never closed, or a comma is missing"),
    ("undefined alias", "this `*name` refers to no `&name` above"),
    ("found undefined", "this `*name` refers to no `&name` above"),
    ("that cannot start any token", "this character cannot begin a value; put the value in quotes"),
    ("control characters are not allowed", "a control character is in the file"),
    ("special characters are not allowed", "a control character is in the file"),
    ("found another document", "the file holds more than one YAML document (`---`)"),
)
"""What the parser's messages mean, by a part of each."""


def read(path: Path) -> str | Problem:
    """The file's text."""
    file = str(path)
    try:
        if path.is_dir():
            return Problem(file=file, message="is a folder, not a file", hint="name the YAML file in it")
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except FileNotFoundError:
        return Problem(file=file, message="there is no such file", hint="`lineside config init` writes one")
    except OSError as error:
        return Problem(file=file, message=f"cannot be read: {error.strerror}")
    return decoded(data, file)


def decoded(data: bytes, file: str) -> str | Problem:
    """The text of a file's first `MAX_FILE + 1` bytes."""
    if len(data) > MAX_FILE:
        return Problem(file=file, message=f"is larger than {MAX_FILE // 1000} kB: no configuration file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(file=file, line=line, message="is not UTF-8 text", hint="is it a configuration file?")


def compose(text: str, file: str, *, start: str = START, top: str = TOP) -> yaml.MappingNode | Problem:
    """The file's top mapping. `start` says where to get a file, `top` what stands at its top."""
    try:
        problem = _limits(text, file)
        node = None if problem else yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        return _malformed(error, text, file)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return Problem(file=file, line=line, message="a control character is in the file", hint="is it a YAML file?")
    if problem:
        return problem
    if node is None or (node.tag == NULL and isinstance(node, yaml.ScalarNode)):
        return Problem(file=file, message="is empty", hint=start)
    if isinstance(node, yaml.MappingNode):
        return node
    what = "a list" if isinstance(node, yaml.SequenceNode) else "plain text"
    message = f"holds {what} where settings should be"
    return Problem(file=file, line=node.start_mark.line + 1, message=message, hint=top)


def is_private(path: Path) -> bool:
    """Whether nobody but the owner may read the file (always true where the system has no such modes)."""
    others = 0o044
    try:
        return os.name != "posix" or not path.stat().st_mode & others
    except OSError:
        return True


def _limits(text: str, file: str) -> Problem | None:
    """Count depth and aliases by events, which are parsed without recursion and without building anything."""
    depth = aliases = 0
    for event in yaml.parse(text, _Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            aliases += 1
            if aliases > MAX_ALIASES:
                return Problem(file=file, line=line, message=f"more than {MAX_ALIASES} references (`*name`)")
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return Problem(file=file, line=line, message=f"nested more than {MAX_DEPTH} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _malformed(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    said = clean(error.problem or error.context or "")
    words = next((meaning for part, meaning in _WORDS if part in said), said)
    mark = error.problem_mark or error.context_mark
    if error.context_mark and mark and mark.index >= len(text.rstrip()):
        mark = error.context_mark  # where it began says more than the end of the file
    if mark is None:
        return Problem(file=file, message=f"is not YAML: {words}")
    lines = text.split("\n")
    if mark.line < len(lines) and lines[mark.line].startswith("\t", mark.column):
        words = "a tab stands where YAML wants spaces"
    hint = "inside `{ }` a `${VARIABLE}` stands in quotes" if "${" in "".join(lines[mark.line : mark.line + 1]) else ""
    return Problem(file=file, line=mark.line + 1, message=f"is not YAML: column {mark.column + 1}: {words}", hint=hint)
