"""The filter language: text -> predicate tree. No SQL and no Mongo in it; stores translate the tree.

    status:failed,running project:churn -ref:main "out of memory" mine
    (metric.val_auc>0.9 or tag.team:nlp) took>10m since:7d param.lr=0.01

A plain or quoted word is looked for as a substring. `field:value` compares one field (`data.query.fields`), a comma
lists alternatives, `*` stands for any characters. `=`, `!=`, `<`, `<=`, `>`, `>=` compare numbers, durations, sizes,
times, metrics, params and tags. Terms are joined by AND, which need not be written; `or` joins alternatives, `-` or
`not` negates, parentheses group. `GRAMMAR` has all of it in examples, `help_text` the fields, too.

`parse` gives the tree, `data.store.match.meaning` what it means for a record type at a time.
"""

from __future__ import annotations

from data.query.complete import complete, wanted, word_start
from data.query.fields import ALIASES, FIELDS, FieldInfo
from data.query.help import GRAMMAR, help_text
from data.query.parser import parse
from data.query.pointing import pointed
from data.query.tree import TEXT, And, Compare, Field, Getter, Measure, Node, Not, Or, Query, Text
from data.query.viewer import for_viewer

__all__ = [
    "ALIASES",
    "FIELDS",
    "GRAMMAR",
    "TEXT",
    "And",
    "Compare",
    "Field",
    "FieldInfo",
    "Getter",
    "Measure",
    "Node",
    "Not",
    "Or",
    "Query",
    "Text",
    "complete",
    "for_viewer",
    "help_text",
    "parse",
    "pointed",
    "wanted",
    "word_start",
]
