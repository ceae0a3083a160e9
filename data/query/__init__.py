"""The filter language: text -> predicate tree. No SQL and no Mongo in it; stores translate the tree.

    status:failed,running project:churn -ref:main "out of memory" mine

Terms are joined by AND. A plain or quoted word is looked for as a substring, a `field:value` compares one field (see
`data.query.fields`), a comma lists alternatives, `*` stands for any characters, `-` or `not` before a term negates it.
"""

from __future__ import annotations

from data.query.complete import complete, word_start
from data.query.fields import ALIASES, FIELDS, FieldInfo
from data.query.parser import parse
from data.query.tree import TEXT, And, Field, Getter, Not, Query, Text
from data.query.viewer import for_viewer

__all__ = [
    "ALIASES",
    "FIELDS",
    "TEXT",
    "And",
    "Field",
    "FieldInfo",
    "Getter",
    "Not",
    "Query",
    "Text",
    "complete",
    "for_viewer",
    "parse",
    "word_start",
]
