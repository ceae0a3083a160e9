"""Single values: text of the file -> typed value, and what a type wants in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from data.clean import clean, is_clean
from data.config.secret import Secret
from data.config.settings import DURATION, SIZE
from data.config.units import DURATION_RULE, SIZE_RULE, format_duration, parse_duration, parse_size
from data.errors import ConfigError

SHOWN: Final = 60
"""Characters of a wrong value that a message repeats."""

_TRUTH: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{")


class Unset(ValueError):
    """An environment variable that a value refers to is not set; the argument is its name."""


def interpolate(text: str, env: Mapping[str, str] | None) -> str:
    """Replace `${VAR}` and `${VAR:-default}` (used when VAR is unset or empty); `$${` stands for `${`.

    Raises:
        Unset: a variable without default is not set, or there is no environment (None).
        ValueError: `${` without a name and `}`.
    """

    def one(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        if found[0] == "$${":
            return "${"
        if name is None:
            raise ValueError("`${` needs a variable's name and `}`; a plain `${` is written `$${`")
        if env is None:
            raise Unset(name)
        if default is not None:
            return env.get(name) or str(default)
        if name not in env:
            raise Unset(name)
        return env[name]

    return _REFERENCE.sub(one, text)


def unwrap(hint: Any) -> tuple[Any, msgspec.Meta | None]:
    """A type without `None` and `Annotated`, and its constraints."""
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        if len(kinds) == 1:
            return unwrap(kinds[0])
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
        return base, next((extra for extra in extras if isinstance(extra, msgspec.Meta)), None)
    return hint, None


def unit_of(meta: msgspec.Meta | None) -> str:
    """`duration`, `size` or nothing."""
    return str((meta.extra or {}).get("unit", "")) if meta else ""


def convert(text: str, hint: Any) -> object:
    """The value that `text` means for a type.

    Raises:
        ValueError: it means none; `describe` says what would be right.
    """
    base, meta = unwrap(hint)
    if base in (str, Secret):
        return _text(text, base, meta)
    if get_origin(base) is Literal:
        return _one_of(text, get_args(base))
    if get_origin(base) in (Union, UnionType):
        return _any_of(text, get_args(base))
    if base is bool:
        return _TRUTH[_one_of(text.strip().lower(), _TRUTH)]
    try:
        unit = unit_of(meta)
        number = parse_duration(text) if unit == DURATION else parse_size(text) if unit == SIZE else text.strip()
        return msgspec.convert(number, hint, strict=False)
    except (ConfigError, msgspec.ValidationError):
        raise ValueError(text) from None


def describe(hint: Any) -> str:
    """What a type wants, in words."""
    base, meta = unwrap(hint)
    if get_origin(base) is Literal:
        return "one of " + ", ".join(get_args(base))
    if get_origin(base) in (Union, UnionType):
        return " or ".join(describe(kind) for kind in get_args(base))
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        return "a mapping (`key: value` lines)"
    simple = {
        dict: "a mapping (`key: value` lines)",
        list: "a list",
        bool: "true or false",
        str: "text",
        Secret: "text",
    }
    if (origin := get_origin(base) or base) in simple:
        return simple[origin]
    rule = {DURATION: DURATION_RULE, SIZE: SIZE_RULE}.get(unit_of(meta), "a whole number")
    return f"{rule}{_bounds(meta)}"


def shown(text: str) -> str:
    """A value as a message repeats it."""
    return f"`{clean(text, limit=SHOWN)}{'…' if len(text) > SHOWN else ''}`"


def _text(text: str, base: type[str] | type[Secret], meta: msgspec.Meta | None) -> str | Secret:
    if base is Secret:
        if not is_clean(text.strip()) or not text.strip():
            raise ValueError(text)
        return Secret(text.strip())
    least, most = (meta.min_length or 0, meta.max_length) if meta else (0, None)
    fits = least <= len(text.strip()) and (most is None or len(text) <= most)
    if not fits or not is_clean(text.translate({0x09: " ", 0x0A: " "})):
        raise ValueError(text)
    return text


def _one_of(text: str, words: Any) -> str:
    if text not in words:
        raise ValueError(text)
    return text


def _any_of(text: str, kinds: tuple[Any, ...]) -> object:
    for kind in kinds:
        if get_origin(kind) is list:  # `Decoder` reads lists
            continue
        try:
            return convert(text, kind)
        except ValueError:
            continue
    raise ValueError(text)


def _bounds(meta: msgspec.Meta | None) -> str:
    if meta is None:
        return ""
    show = format_duration if unit_of(meta) == DURATION else str
    least = f" from {show(meta.ge)}" if meta.ge or (meta.ge == 0 and not unit_of(meta)) else ""
    return least + (f" to {show(meta.le)}" if meta.le is not None else "")
