"""The filter language in examples, for `--help` and the help screen."""

from __future__ import annotations

from typing import Final

from data.query.fields import ALIASES, FIELDS

GRAMMAR: Final[tuple[tuple[str, str], ...]] = (
    ("churn", "the text occurs in the name, branch, commit, user, error, labels … whatever the case"),
    ('"out of memory"', 'a text with spaces; \\" and \\\\ stand for a quote and a backslash'),
    ("status:failed", "a field has this value, whatever the case"),
    ("ref:main,release/*", "one of several values; `*` stands for any characters"),
    ("status=failed", "exactly this value: project=churn is not churn-2"),
    ('api:""', "a field without a value; api:* is one with a value"),
    ("failed>=2", "a number; = != < <= > >= compare, spaces around them are allowed"),
    ("took>10m", "a duration: 90s, 10m, 2h, 1d, 1w, 1h30m"),
    ("memory>2GB", "a size: 500MB, 2GB, 1.5GiB; a plain number counts megabytes"),
    ("since:7d", "no older than seven days; before:7d is older"),
    ("created:yesterday", "on that day; today, 2026-11-01 and 2026-11-01T12:30 are times, too"),
    ("ended<2026-11-01", "before, after (>) or within (=) a time, in your time zone"),
    ("metric.val_auc>0.9", 'last value of a metric; metric."val auc" where the name holds spaces or signs'),
    ("param.lr=0.01", "a parameter: numbers as numbers, other values as text; param.opt:adam*"),
    ("tag.team:nlp", "a tag"),
    ("mine", "what you started: by:me"),
    ("is:warnings", "a mark of the list"),
    ("a b", "both fit; also: a and b"),
    ("a or b", "one fits; `and` binds tighter: a b or c is (a b) or c"),
    ("-ref:main", "does not fit; also: not ref:main, ref!=main"),
    ("(a or b) -(c d)", "parentheses"),
)
"""Examples, each with its meaning. What misses a value fits no comparison, and so fits the opposite of one."""


def help_text() -> str:
    """The grammar and all fields, as lines of text."""
    width = max(len(example) for example, _ in GRAMMAR)
    names = {**{name: known.help for name, known in FIELDS.items()}, **{a: f"Same as {b}." for a, b in ALIASES.items()}}
    broad = max(map(len, names))
    examples = [f"  {example:<{width}}  {meaning}" for example, meaning in GRAMMAR]
    fields = [f"  {name:<{broad}}  {meaning}" for name, meaning in names.items()]
    return "\n".join(["Filters", *examples, "", "Fields", *fields])
