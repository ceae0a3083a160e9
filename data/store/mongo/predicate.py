"""`Where` and filters as MongoDB's query documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from data.query import Field, Measure
from data.query.fields import ANY, entry, is_any
from data.query.values import number
from data.store.mongo.documents import digits, plain_value
from data.store.mongo.homes import FIELDS, ID, Document, Home, entry_path, spelled
from data.store.port import Between, Value

LAST: Final = "\U0010ffff"
"""Sorts behind every character: the end of a range of texts with one beginning."""
NEVER: Final[Document] = {ID: {"$in": []}}
"""Fits nothing."""
_PRESENT: Final[Document] = {"$exists": True}
_MISSING: Final[Document] = {"$exists": False}
_OPS: Final = {"=": "$eq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_INT_DIGITS: Final = 18
"""Decimal digits that always fit integers of 64 bits."""


def all_of(clauses: Iterable[Document]) -> Document:
    """What fulfils all of these."""
    found = [clause for clause in clauses if clause]
    return {"$and": found} if len(found) > 1 else found[0] if found else {}


def any_of(clauses: Sequence[Document]) -> Document:
    """What fulfils one of these; nothing where there is none."""
    return {"$or": list(clauses)} if len(clauses) > 1 else clauses[0] if clauses else NEVER


def equality(at: Home, name: str, value: Value | Sequence[Value] | Between) -> Document:
    """What one member of `Where` asks of a record.

    Raises:
        UsageError: the kind has no such field.
    """
    path = at.field(name)
    if isinstance(value, Between):
        bounds = {"$gte": plain_value(value.low), "$lt": plain_value(value.high)}
        limits = {op: bound for op, bound in bounds.items() if bound is not None}
        return {path: limits or _PRESENT}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _member(at, name, value)
    return _same(at, name, value)


def _member(at: Home, name: str, values: Sequence[Value]) -> Document:
    if at.kind.fields[name].type in ("text", "flag"):
        return any_of([_same(at, name, value) for value in dict.fromkeys(values)])
    there = [plain_value(value) for value in values if value is not None and value != ""]
    clauses: list[Document] = [{at.field(name): {"$in": there}}] if there else []
    return any_of([*clauses, {at.field(name): _MISSING}] if len(there) < len(values) else clauses)


def _same(at: Home, name: str, value: Value) -> Document:
    path, kind = at.field(name), at.kind.fields[name].type
    if kind == "flag" and value is not None:
        return {path: True} if value else {path: _MISSING}
    if value is None or value == "":
        return {path: _MISSING}
    if kind == "text" and isinstance(value, str):
        folded = value.lower()
        return {path: folded, spelled(name): value if value != folded else _MISSING}
    return {path: plain_value(value)}


def fits(at: Home, name: str, patterns: Sequence[str]) -> Document:
    """Whether a value equals one of the patterns, which are lower-case and may hold `*`."""
    path, kind = f"{FIELDS}.{name}", at.kind.fields[name].type
    if kind == "words":
        return _equals(path, [one for one in patterns if one], several=True)
    if kind == "text":
        return _equals(path, patterns)
    if kind == "id":
        folded = _equals(spelled(name), [one for one in patterns if one and not is_any(one)])
        return any_of([_equals(path, patterns), folded])
    if any(map(is_any, patterns)):
        return {path: _PRESENT}
    exact = [int(one) for one in patterns if _is_int(one)]
    globs = [one for one in patterns if ANY in one]
    found: list[Document] = [{path: {"$in": exact}}] if exact else []
    return any_of([*found, _equals(f"{FIELDS}.{digits(name)}", globs)] if globs else found)


def _equals(path: str, patterns: Sequence[str], *, several: bool = False) -> Document:
    if any(map(is_any, patterns)):
        return any_of([{path: _PRESENT}, {path: _MISSING}]) if "" in patterns else {path: _PRESENT}
    plain = [one for one in patterns if one and ANY not in one]
    clauses: list[Document] = [{path: {"$in": plain}}] if plain else []
    if "" in patterns:
        clauses.append({path: _MISSING})
    return any_of([*clauses, *({path: _glob(one, several=several)} for one in patterns if ANY in one)])


def _glob(pattern: str, *, several: bool = False) -> Document:
    """Fits a pattern. Of several values the two ends of a range would each look for their own."""
    start = pattern.rstrip(ANY)
    if ANY not in start and not several:
        return {"$gte": start, "$lt": start + LAST}
    expression = ".*".join(escape(part) for part in re.split(r"\*+", pattern))
    return {"$regex": f"^{expression}$", "$options": "s"}


def escape(text: str) -> str:
    """A text in a regular expression, for PCRE and RE2 alike; neither takes a NUL as it is."""
    return re.escape(text).replace("\0", r"\x00")


def holds(path: str, wanted: str) -> Document:
    """Whether a text holds another; both are in lower case."""
    return {path: {"$regex": escape(wanted), "$options": "s"}}


def measured(at: Home, query: Measure) -> Document:
    """Whether a number or time compares so."""
    if entry(query.name) is not None:
        return of_entries(at, query)
    term = at.kind.terms.get(query.name)
    found: list[Document] = []
    for name in term.columns if term is not None else ():
        of_time = at.kind.fields[name].type == "time"
        if not isinstance(query.operand, str) and of_time == isinstance(query.operand, datetime):
            found.append({at.field(name): {_OPS[query.op]: plain_value(query.operand)}})
    return any_of(found)


def of_entries(at: Home, query: Field | Measure) -> Document:
    """Whether a metric, param or tag fits: numbers compare with numbers only, texts with texts."""
    named = entry(query.name)
    if named is None or named[0] not in at.kind.entries:
        return NEVER
    path = entry_path(*named)
    if isinstance(query, Measure):
        return NEVER if isinstance(query.operand, datetime) else {path: {_OPS[query.op]: query.operand}}
    exact = [one for one in query.patterns if ANY not in one]
    values: list[Any] = [found for one in exact if (found := number(one)) is not None]
    values += [one for one in exact if number(one) is None]
    clauses: list[Document] = [{path: {"$in": values}}] if values else []
    for one in query.patterns:
        if ANY in one:
            clauses.append({path: {"$exists": True, "$ne": ""}} if is_any(one) else {path: _glob(one)})
    return any_of(clauses)


def _is_int(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _INT_DIGITS and str(int(text)) == text
