"""Inputs that a CI file declares in its header, `spec:inputs` (GitLab docs, ci/inputs)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from data.clean import clean, clean_block
from data.model import Variable
from data.model.masking import is_secret
from data.sources.gitlab.yamltext import first_document, scalar

MAX_INPUTS: Final = 100
"""Inputs of one file that are read; GitLab takes 20 at a launch."""
MAX_CHOICES: Final = 200
"""Options of one input that are read; GitLab allows 50."""
MAX_PATTERN: Final = 1_000
"""Characters of a regular expression that is believed."""
_REPEATED: Final = re.compile(r"\)[*+{]")
"""The end of a group that is repeated."""
_KINDS: Final = {"string": "string", "number": "number", "boolean": "bool", "array": "array"}


def declared_inputs(text: str) -> list[Variable]:
    """The inputs in the header of a CI file's text, in its order; none where it has no header.

    An input without a default is required. One with `options` is of kind `choice`, but for numbers, which stay
    numbers with `choices`: GitLab refuses a number that comes as text.
    """
    spec = first_document(text).get("spec")
    given = spec.get("inputs") if isinstance(spec, Mapping) else None
    rows = list(given.items())[:MAX_INPUTS] if isinstance(given, Mapping) else []
    return [_input(clean(str(name)), about if isinstance(about, Mapping) else {}) for name, about in rows if name]


def _input(name: str, about: Mapping[str, Any]) -> Variable:
    kind = _KINDS.get(scalar(about.get("type")), "string")
    options = about.get("options")
    choices = [clean(scalar(one)) for one in options[:MAX_CHOICES]] if isinstance(options, list) else []
    value = clean_block(_default(about.get("default")))
    secret = is_secret(name, value)
    return Variable(
        key=name,
        value="" if secret else value,
        description=clean_block(scalar(about.get("description"))),
        kind="choice" if choices and kind == "string" else kind,
        choices=tuple(choices),
        required="default" not in about,
        pattern=_pattern(scalar(about.get("regex"))),
        secret=secret,
    )


def _default(value: object) -> str:
    """A default as text; a list as JSON, as GitLab's own form shows it."""
    if not isinstance(value, list):
        return scalar(value)
    return msgspec.json.encode([one if isinstance(one, bool | int | float) else scalar(one) for one in value]).decode()


def _pattern(regex: str) -> str:
    """The expression for a whole value: GitLab's matches anywhere unless it says otherwise.

    Empty where this Python cannot read it (GitLab's are RE2), or could take for ever with it, as it may with a group
    that is repeated: then only the server checks.
    """
    if regex.startswith("/") and regex.endswith("/") and len(regex) > 1:
        regex = regex[1:-1]
    if not regex or len(regex) > MAX_PATTERN or _REPEATED.search(regex):
        return ""
    anchored = regex.startswith("^") and regex.endswith("$") and "|" not in regex
    whole = clean(regex if anchored else f".*(?:{regex}).*")
    try:
        re.compile(whole)
    except re.error:
        return ""
    return whole
