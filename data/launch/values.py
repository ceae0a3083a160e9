"""Values of variables and inputs: whether they fit what is declared, and the JSON types that inputs want.

GitLab refuses an input whose JSON type is not the declared one: a number as text is none (GitLab docs, ci/inputs).
"""

from __future__ import annotations

import json
import math
import re
from typing import Final

from data.clean import clean
from data.model.base import Json
from data.model.pipeline import Variable

TRUE: Final = frozenset({"true", "1", "yes", "on"})
"""Words for a true `bool`, in any case."""
FALSE: Final = frozenset({"false", "0", "no", "off"})
"""Words for a false one."""
FILE: Final = "file"
"""Kind of a variable whose value is the content of a file, which jobs find at a path."""

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d{1,300}", re.ASCII)


def why_not_value(variable: Variable, value: str) -> str:
    """Why a variable or an input does not take a value; "" where it does. Of a file, the value is its path."""
    if not value:
        return f"{variable.key} is required" if variable.required else ""
    if variable.choices and value not in variable.choices:
        return f"{variable.key} must be one of {', '.join(variable.choices)}"
    if variable.kind == FILE:
        return ""
    if variable.pattern and not _matches(variable.pattern, value):
        return f"{variable.key} must match {variable.pattern}"
    if variable.kind == "number" and not _is_number(value):
        return f"{variable.key} must be a number"
    if variable.kind == "bool" and value.lower() not in TRUE | FALSE:
        return f"{variable.key} must be true or false"
    if variable.kind == "array" and _array(value) is None:
        return f'{variable.key} must be a list in JSON, such as ["a", "b"]'
    return ""


def typed(declared: Variable, value: str) -> Json:
    """The JSON value of an input that `why_not_value` has no objection to."""
    if declared.kind == "number":
        return int(value) if _WHOLE.fullmatch(value) else float(value)
    if declared.kind == "bool":
        return value.lower() in TRUE
    return _array(value) if declared.kind == "array" else value


def untyped(value: str) -> Json:
    """The JSON value of an input of which no declaration is known: numbers, true, false, lists and quoted text are
    read as JSON, everything else is the text that it is."""
    try:
        found = json.loads(value)
    except ValueError:
        return value
    usable = isinstance(found, bool | int | str | list) or (isinstance(found, float) and math.isfinite(found))
    return found if usable else value


def as_text(value: Json) -> str:
    """The text that `typed`, or `untyped`, reads as this JSON value of an input."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def same(declared: Variable, one: str, other: str) -> bool:
    """Whether two texts are the same value of an input: `1e-3` and `0.001` are."""
    if one == other:
        return True
    if not (one and other) or why_not_value(declared, one) or why_not_value(declared, other):
        return False
    return bool(typed(declared, one) == typed(declared, other))


def shown(text: str, limit: int = 60) -> str:
    """A text that somebody typed, to be repeated in a sentence."""
    return clean(text, limit=limit) or "nothing"


def _array(value: str) -> list[Json] | None:
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True  # a pattern that is no pattern cannot forbid anything; the configuration check names it


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None and math.isfinite(float(value))
