"""Completion of a filter while it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from data.errors import QueryError
from data.query.fields import ALIASES, ENTRIES, FIELDS, MINE, SPANS, entry, info
from data.query.parser import parse
from data.query.tree import quote_name, quote_value

MAX_OFFERS: Final = 50
"""Completions that are offered at once."""
OPERATORS: Final = (">", "<", ">=", "<=", "=", ":")
"""Operators in the order in which they are offered."""
TEXT_OPERATORS: Final = (":", "=")
"""Those of texts."""

_PIECES: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)|\s*(?:>=|<=|!=|==|[<>=])\s*|\s+|[^\s"<>=!]+|!', re.DOTALL)
_HEAD: Final = re.compile(r"(?:(?:and|or|not)?\(|-)*", re.IGNORECASE)
_ENTRY: Final = re.compile(r'(metric|param|tag)s?\.("(?:[^"\\]|\\.)*"?|[^\s"():<>=!,]*)', re.IGNORECASE | re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_OPERATOR: Final = re.compile(r":|\s*(?:>=|<=|!=|==|[<>=])\s*")
_LIST: Final = re.compile(r'((?:(?:"(?:[^"\\]|\\.)*"|[^,"])*,)*)(.*)', re.DOTALL)
_ESCAPED: Final = re.compile(r'\\(["\\])')
_JOINTS: Final = ("and", "or", "not")

Values = Callable[[str], Iterable[str]]
"""Values that the data holds for a key of `FIELDS` or a name such as `param.lr`; for `metric`, `param` and `tag` the
names that there are.
"""


class Word(NamedTuple):
    """The term that the cursor is in, taken apart."""

    head: str
    """Parentheses and signs before it."""
    given: str
    """The name as it was typed, or the beginning of it."""
    name: str
    """A key of `FIELDS`, a name such as `metric.val_auc`, or a beginning of one."""
    op: str
    """The operator with the space around it; empty while the name is being typed."""
    before: str
    """Values of a list that are there already, with their commas."""
    partial: str
    """What there is of the value (of the name, without an operator), without an opening quote."""


def word_start(text: str, cursor: int) -> int:
    """Where the term that the cursor is in (or behind) begins: `complete` replaces `text[word_start:cursor]`."""
    start = 0
    for piece in _PIECES.finditer(text[:cursor]):
        if piece[0].isspace():
            start = piece.end()
    return start


def wanted(text: str, cursor: int) -> tuple[str, str] | None:
    """What `complete` will ask the data for at the cursor: what `Values` takes, and a part of a value or of a name.

    None where it needs nothing of the data.
    """
    word = _word(text[word_start(text, cursor) : cursor])
    first = word.name.partition(".")[0]
    if not word.op:
        return (first, word.partial) if "." in word.name else None
    return (word.name, word.partial) if _has_values(word.name) else None


def complete(text: str, cursor: int, values: Values) -> list[str]:
    """Terms that the one before the cursor can become, best first: those that begin with it, then those that hold it.

    Offers fields, operators, values and names of metrics, params and tags.
    """
    word = _word(text[word_start(text, cursor) : cursor])
    if word.op:
        return _values(word, values)
    if "." in word.name:
        return _entries(word, values)
    bare = word.given.lower()
    if bare in FIELDS:
        operators = TEXT_OPERATORS if FIELDS[bare].type == "text" else OPERATORS
        return [f"{word.head}{word.given}{op}" for op in operators]
    return [word.head + name for name in _names() if bare and name.startswith(bare)]


def _word(typed: str) -> Word:
    found = _HEAD.match(typed)
    head = found[0] if found else ""
    rest = typed[len(head) :]
    if nested := _ENTRY.match(rest):
        key = nested[2]
        plain = _ESCAPED.sub(r"\1", key[1:].removesuffix('"') if key.startswith('"') else key)
        name, given = f"{nested[1].lower()}.{plain}", nested[0]
    elif simple := _NAME.match(rest):
        given = simple[0]
        plain, name = given, ALIASES.get(given.lower(), given.lower())
    else:
        return Word(head, rest, "", "", "", rest)
    rest = rest[len(given) :]
    op = _OPERATOR.match(rest)
    if op is None:
        return Word(head, given, name if not rest else "", "", "", plain)
    operand = rest[op.end() :]
    listed = _LIST.fullmatch(operand) if op[0] == ":" else None
    before, partial = (listed[1], listed[2]) if listed else ("", operand)
    return Word(head, given, name, op[0], before, partial.lstrip('"'))


def _names() -> Iterable[str]:
    """Beginnings of terms."""
    for name, known in FIELDS.items():
        yield name + (TEXT_OPERATORS if known.type == "text" else OPERATORS)[0]
    yield from (f"{name}:" for name in (*ALIASES, *SPANS))
    yield from (f"{name}." for name in ENTRIES)
    yield from (MINE, *_JOINTS)


def _entries(word: Word, values: Values) -> list[str]:
    """Names of metrics, params or tags; a whole one with its operators first."""
    first = word.name.partition(".")[0]
    typed = word.given[: word.given.index(".") + 1]
    names = [name for name in dict.fromkeys(values(first)) if name]
    offers = [name for name in _ranked(names, word.partial) if name != word.partial]
    keys = {name: quote_name(f"{first}.{name}").removeprefix(f"{first}.") for name in (word.partial, *offers)}
    whole = [keys[word.partial] + op for op in OPERATORS] if word.partial in names else []
    return [f"{word.head}{typed}{offer}" for offer in (*whole, *(keys[name] for name in offers))][:MAX_OFFERS]


def _values(word: Word, values: Values) -> list[str]:
    """Values that can stand behind the operator."""
    head = f"{word.head}{word.given}{word.op}{word.before}"
    if word.name in SPANS:
        field, _ = SPANS[word.name]
        offers: Iterable[str] = FIELDS[field].values
    elif word.name in FIELDS or entry(word.name) is not None:
        asked = values(word.name) if _has_values(word.name) else ()
        offers = dict.fromkeys([*info(word.name).values, *asked])
    else:
        return []
    taken = set(word.before.split(","))
    fitting = _ranked([offer for offer in offers if offer and offer not in taken], word.partial)
    return [head + quote_value(offer) for offer in fitting if _reads(word, offer)][:MAX_OFFERS]


def _has_values(name: str) -> bool:
    """Whether values of a field are worth asking the data for: texts, and what may be some. Numbers one compares."""
    known = name in FIELDS or entry(name) is not None
    return known and info(name).type in {"text", "mixed"}


def _reads(word: Word, offer: str) -> bool:
    """Whether the field takes the value behind this operator: no age of a day, for instance."""
    if word.name in FIELDS and info(word.name).type == "text":
        return word.op.strip() in {*TEXT_OPERATORS, "!=", "=="}
    try:
        parse(f"{quote_name(word.name)}{word.op}{quote_value(offer)}")
    except QueryError:
        return False
    return True


def _ranked(offers: list[str], partial: str) -> list[str]:
    typed = partial.lower()
    first = [offer for offer in offers if offer.lower().startswith(typed)]
    return first + [offer for offer in offers if typed in offer.lower() and not offer.lower().startswith(typed)]
