"""The JSON Schema of the configuration, for editors: `# yaml-language-server: $schema=…`."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise
from typing import Any, Final, get_type_hints

import msgspec

from data.config import settings as module
from data.config.leaves import unit_of, unwrap
from data.config.secret import Secret
from data.config.settings import DURATION, SIZE, Section, Settings
from data.config.units import DURATION_PATTERN, SIZE_PATTERN

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
"""Version of JSON Schema."""
REFERENCE: Final = r"\$\{.+\}"
"""Regular expression of a value that comes from the environment."""


def schema() -> dict[str, Any]:
    """The schema of a configuration file, with each field's docstring as its description."""
    whole = msgspec.json.schema(Settings, schema_hook=_custom)
    for name, definition in whole["$defs"].items():
        _describe(getattr(module, name), definition)
    for name, definition in list(whole["$defs"].items()):
        if shorthand := getattr(module, name).SHORTHAND:
            plain = {"type": ["string", "number", "boolean"], "description": f"Stands for `{shorthand}`."}
            whole["$defs"][name] = {"anyOf": [plain, definition]}
    whole["$defs"]["Settings"]["patternProperties"] = {"^x-": {}}
    return {"$schema": DIALECT, "title": "Lineside configuration", **whole}


@cache
def docs(kind: type[Section]) -> dict[str, str]:
    """The docstring under each field of a section, those of its base classes included."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if not issubclass(base, Section):
            continue
        body = ast.parse(inspect.getsource(base)).body[0]
        lines = body.body if isinstance(body, ast.ClassDef) else []
        for field, text in pairwise(lines):
            is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
                found[field.target.id] = inspect.cleandoc(str(text.value.value))  # type: ignore[attr-defined]
    return found


def _describe(kind: type[Section], definition: dict[str, Any]) -> None:
    typed = get_type_hints(kind, include_extras=True)
    names = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    hints = {key: typed[name] for key, name in names.items()}
    for name, field in definition["properties"].items():
        unit = unit_of(unwrap(hints[name])[1])
        if unit in (DURATION, SIZE):
            field.clear()
            pattern = DURATION_PATTERN if unit == DURATION else SIZE_PATTERN
            field["anyOf"] = [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"{pattern}|{REFERENCE}"}]
        else:
            _loosen(field)
        field.pop("default", None)
        if names[name] in docs(kind):
            field["description"] = docs(kind)[names[name]]


def _loosen(node: dict[str, Any]) -> None:
    """Let text be written like a number or a truth, and every other value come from the environment."""
    kind = node.get("type")
    if kind == "string":
        node["type"] = ["string", "number", "boolean"]
    elif kind in ("integer", "boolean"):
        node["anyOf"] = [{"type": node.pop("type"), **node}, {"type": "string", "pattern": REFERENCE}]
    else:
        inner = [node.get("items"), node.get("additionalProperties"), *node.get("anyOf", [])]
        for part in inner:
            if isinstance(part, dict):
                _loosen(part)


def _custom(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string"}
    raise NotImplementedError(kind)
