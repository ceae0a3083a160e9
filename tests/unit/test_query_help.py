"""What the help says of filters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import QueryError
from data.query import FIELDS, GRAMMAR, help_text, parse, pointed
from tests.filters import almost


@pytest.mark.parametrize("example", [example for example, _ in GRAMMAR])
def test_every_example_can_be_read(example: str) -> None:
    query = parse(example)
    assert parse(str(query)) == query


def test_the_help_names_every_example_and_field() -> None:
    text = help_text()
    for example, meaning in GRAMMAR:
        assert example in text and meaning in text
    for name, known in FIELDS.items():
        assert f"  {name} " in text and known.help in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("mine", "by:me"),
        ("a and b", "a b"),
        ("a b or c", "(a b) or c"),
        ("not ref:main", "-ref:main"),
        ("since:7d", "created>=7d"),
        ("failed >= 2", "failed>=2"),
        ("ref!=main", "-ref=main"),
    ],
)
def test_what_the_help_calls_the_same_is_the_same(one: str, same: str) -> None:
    assert parse(one) == parse(same)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("took>long", "took>long\n     ^"),
        ("churn (a", "churn (a\n      ^"),
        ("took>", "took>\n     ^"),
        ('ref:"日本" took>x', 'ref:"日本" took>x\n                ^'),
        ('"e\u0301" took>x', '"e\u0301" took>x\n         ^'),
        ("a\x1b[31m took>x", None),
        ("a " * 100 + "took>x" + " b" * 100, "… " + "a " * 17 + "took>x" + " b" * 19 + " …\n" + " " * 41 + "^"),
    ],
)
def test_an_error_is_pointed_at(text: str, shown: str | None) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    lines = pointed(text, caught.value)
    assert "\x1b" not in lines
    assert shown is None or lines == shown


@given(almost | st.text())
def test_any_error_can_be_pointed_at(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        line, pointer = pointed(text, error).split("\n")
        assert pointer.strip() == "^"
        assert len(pointer) <= 2 * len(line) + 1
