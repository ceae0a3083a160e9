"""Random filters for property tests: trees as `parse` makes them, and texts that come close to filters."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from data.query import FIELDS, And, Compare, Field, Not, Or, Text
from data.query.fields import ENTRIES, FieldType, Op, info

Tree = And | Or | Not | Text | Field | Compare

WORDS = (
    "a", "main", "out of memory", 'q"uote', "back\\slash", "not", "mine", "-x", "(y", "z)", "f(x)", "status:z", "or",
    "AND", "é", "ÄB", "a,b", "x=1", ">", "metric.x", "tag.", "\\", "\\\"", "100%", "_", "*", "ab*c", "\x1f", "10",
    "1e-3",
)  # fmt: skip
"""Texts that are easily mistaken for something else."""
DURATIONS = ("90s", "10m", "2h", "1d", "1h30m", "1.5h", "250ms", "1w", "600", "0")
SIZES = ("500MB", "2g", "1.5GiB", "300", "0", "12kb")
DAYS = (
    "today",
    "yesterday",
    "2026-03-04",
    "2026-02-28",
    "2026-03-04T12:05",
    "2026-03-04 12:05:30",
    "2024-02-29T00:00Z",
)
AGES = ("7d", "1h", "90s", "2w")
KEYS = ("lr", "val_auc", "val auc", "system/cpu", "a.b", 'quote"d', "back\\", "é", "x:y", "(", "-", "=", "a,b")
OPS: tuple[Op, ...] = ("=", "<", "<=", ">", ">=")
PIECES = (
    "a", "b", ":", ",", "-", '"', "\\", " ", "(", ")", "*", "<", ">", "=", "!", "\t", "not", "or", "and ", "mine", ".",
    "status:", "metric.", "param.x", "took>", "since:", "created", "7d", "2026-03-04", "é", "10m", '"x y"', "failed:",
)  # fmt: skip

texts = st.one_of(st.sampled_from(WORDS), st.text(max_size=8))
numbers = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
    st.sampled_from(("0.01", "1e-3", "1E5", "-0", "007", "1_000", ".5")),
)
"""Finite numbers as people write them."""


def values(sort: FieldType, op: str) -> SearchStrategy[str]:
    """What one can write behind `op` for a field of this type."""
    plain: dict[str, SearchStrategy[str]] = {
        "text": texts,
        "number": numbers,
        "duration": st.sampled_from(DURATIONS),
        "size": st.sampled_from(SIZES),
        "time": st.sampled_from(DAYS if op in {":", "="} else DAYS + AGES),
        "mixed": texts | numbers,
    }
    return plain[sort] | st.just("*") if op == ":" else plain[sort]


names = st.one_of(
    st.sampled_from(sorted(FIELDS)),
    st.builds(
        "{}.{}".format, st.sampled_from(sorted(ENTRIES)), st.sampled_from(KEYS) | st.text(min_size=1, max_size=6)
    ),
)


def _field(name: str) -> SearchStrategy[Tree]:
    found = st.lists(values(info(name).type, ":"), min_size=1, max_size=3, unique=True)
    return found.map(lambda listed: Field(name, tuple(listed)))


def _compare(name: str) -> SearchStrategy[Tree]:
    sort = info(name).type
    ops = st.just("=") if sort == "text" else st.sampled_from(OPS)
    return ops.flatmap(lambda op: values(sort, op).map(lambda value: Compare(name, op, value)))


leaves: SearchStrategy[Tree] = st.one_of(texts.map(Text), names.flatmap(_field), names.flatmap(_compare))


def joined(below: SearchStrategy[Tree]) -> SearchStrategy[Tree]:
    """Trees one level deeper."""
    several = st.lists(below, min_size=2, max_size=4).map(tuple)
    return st.one_of(several.map(And), several.map(Or), below.map(Not))


trees: SearchStrategy[Tree] = st.recursive(leaves, joined, max_leaves=10)
"""Trees that a text can say."""
almost: SearchStrategy[str] = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=25).map("".join)
"""Texts that are filters now and then."""
