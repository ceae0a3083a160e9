"""The text of a filter and the tree it means."""

from __future__ import annotations

import random

import pytest

from data.errors import QueryError
from data.query import FIELDS, And, Field, Not, Query, Text, parse
from data.query.parser import MAX_QUERY


def test_terms_are_joined_by_and() -> None:
    assert parse('status:failed,running -ref:main "out of memory" mine') == And(
        (
            Field("status", ("failed", "running")),
            Not(Field("ref", ("main",))),
            Text("out of memory"),
            Field("by", ("me",)),
        )
    )


@pytest.mark.parametrize("text", ["", "   ", "\t\n"])
def test_empty_text_fits_everything(text: str) -> None:
    query = parse(text)
    assert query == And(())
    assert query.matches(lambda _: None)
    assert str(query) == ""


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("churn", Text("churn")),
        ('"two words"', Text("two words")),
        (r'"a \"quoted\" \\ one"', Text('a "quoted" \\ one')),
        ("12:30", Text("12:30")),
        ("lr=0.1", Text("lr=0.1")),
        ("-", Text("-")),
        ("commit:9f3c", Field("sha", ("9f3c",))),
        ("STATUS:Failed", Field("status", ("Failed",))),
        ('ref:"feature x",main', Field("ref", ("feature x", "main"))),
        ('ref:""', Field("ref", ("",))),
        ("ref:a,a,b", Field("ref", ("a", "b"))),
        ("not churn", Not(Text("churn"))),
        ("NOT status:failed", Not(Field("status", ("failed",)))),
        ("-not -x", Not(Text("x"))),
        ("--x", Text("x")),
        ('"mine"', Text("mine")),
        ('"status:failed"', Text("status:failed")),
        ("notebook", Text("notebook")),
    ],
)
def test_single_terms(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("x statsu:failed", 2, ["statsu", "did you mean `status:`"]),
        ("zzz:1", 0, ["no field `zzz`", "status"]),
        ("status:", 7, ["needs a value"]),
        ("status:failed, x", 14, ["needs a value"]),
        ('a "open', 2, ["no end"]),
        ('ref:"open', 4, ["no end"]),
        ("a or b", 2, ["`or`", "alternatives are lists"]),
        ("(a b)", 0, ["(a"]),
        ("id>5", 2, ["`>`", "id:value"]),
        ("x not ", 6, ["say what must not match"]),
        ("x" * (MAX_QUERY + 1), MAX_QUERY, ["longer"]),
    ],
)
def test_errors_say_where_and_what(text: str, position: int, words: list[str]) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    for word in words:
        assert word in str(caught.value)


WORDS = [
    "a",
    "main",
    "out of memory",
    'q"uote',
    "back\\slash",
    "not",
    "mine",
    "-x",
    "(y",
    "status:z",
    "or",
    "é",
    "a,b",
    "",
]


def _term(rng: random.Random) -> Not | Text | Field:
    word = rng.choice([*WORDS, "".join(chr(rng.randrange(33, 0x250)) for _ in range(rng.randrange(1, 9)))])
    plain: Text | Field = Text(word)
    if rng.random() < 0.5:
        values = [rng.choice([*WORDS, "feature/*", "a\tb"]) for _ in range(rng.randrange(1, 4))]
        plain = Field(rng.choice(list(FIELDS)), tuple(dict.fromkeys(values)))
    return Not(plain) if rng.random() < 0.3 else plain


@pytest.mark.parametrize("seed", range(200))
def test_text_of_a_tree_reads_as_the_same_tree(seed: int) -> None:
    rng = random.Random(seed)
    terms = tuple(_term(rng) for _ in range(rng.randrange(2, 6)))
    assert parse(str(And(terms))) == And(terms)
    assert parse(str(terms[0])) == terms[0]


@pytest.mark.parametrize("seed", range(200))
def test_any_text_is_read_or_refused_with_a_position_in_it(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choice('ab:,-"\\ ()*<>=\tnotmine') for _ in range(rng.randrange(30)))
    try:
        query = parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert parse(str(query)) == query
