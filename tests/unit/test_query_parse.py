"""The text of a filter and the tree it means."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from data.errors import QueryError
from data.query import And, Compare, Field, Not, Or, Query, Text, parse
from data.query.parser import MAX_DEPTH, MAX_QUERY
from tests.filters import Tree, almost, trees

A, B, C = Text("a"), Text("b"), Text("c")


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
        ("ref:f(x),g", Field("ref", ("f(x)", "g"))),
        ("not churn", Not(Text("churn"))),
        ("NOT status:failed", Not(Field("status", ("failed",)))),
        ("-not -x", Not(Text("x"))),
        ("--x", Text("x")),
        ('"mine"', Text("mine")),
        ('"status:failed"', Text("status:failed")),
        ("notebook", Text("notebook")),
        ("ordinary", Text("ordinary")),
        ("f(x)", Text("f(x)")),
        ("f(x", Text("f(x")),
        ("a->b", Text("a->b")),
        ("metric.auc", Text("metric.auc")),
        ("took", Text("took")),
    ],
)
def test_single_terms(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a b or c", Or((And((A, B)), C))),
        ("a or b c", Or((A, And((B, C))))),
        ("a OR b Or c", Or((A, B, C))),
        ("a and b AND c", And((A, B, C))),
        ("a (b or c)", And((A, Or((B, C))))),
        ("(a or b) and not (b c)", And((Or((A, B)), Not(And((B, C)))))),
        ("not(a)", Not(A)),
        ("-(a or b)", Not(Or((A, B)))),
        ("not a b", And((Not(A), B))),
        ("a(b)", Text("a(b)")),
        ("(a)(b)", And((A, B))),
        ("((a))", A),
        ("a (b c)", And((A, And((B, C))))),
        ("-(-a)", Not(Not(A))),
        ("( a\tor\nb )", Or((A, B))),
        ("a or(b)", Or((A, B))),
        ("(a -)", And((A, Text("-")))),
        ('a "or" b', And((A, Text("or"), B))),
    ],
)
def test_and_binds_tighter_than_or_and_not_tightest(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("took>10m", Compare("took", ">", "10m")),
        ("took >= 1h30m", Compare("took", ">=", "1h30m")),
        ("failed=2", Compare("failed", "=", "2")),
        ("failed==2", Compare("failed", "=", "2")),
        ("failed!=2", Not(Compare("failed", "=", "2"))),
        ("failed != 2", Not(Compare("failed", "=", "2"))),
        ("-failed!=2", Not(Not(Compare("failed", "=", "2")))),
        ("failed:0,2", Field("failed", ("0", "2"))),
        ("memory<2GB", Compare("memory", "<", "2GB")),
        ("since:7d", Compare("created", ">=", "7d")),
        ("before:2026-11-01T12:30", Compare("created", "<", "2026-11-01T12:30")),
        ('ended<"2026-11-01 12:30"', Compare("ended", "<", "2026-11-01 12:30")),
        ("created:yesterday", Field("created", ("yesterday",))),
        ("status=failed", Compare("status", "=", "failed")),
        ("metric.val_auc>0.9", Compare("metric.val_auc", ">", "0.9")),
        ("METRICS.Val_AUC>0.9", Compare("metric.Val_AUC", ">", "0.9")),
        ('metric."val auc" <= 1e-3', Compare("metric.val auc", "<=", "1e-3")),
        ("metric.system/cpu_utilization<5", Compare("metric.system/cpu_utilization", "<", "5")),
        (r'param."a\"b":x', Field('param.a"b', ("x",))),
        ("param.lr=0.01", Compare("param.lr", "=", "0.01")),
        ("param.betas=0.9,0.99", Compare("param.betas", "=", "0.9,0.99")),
        ("param.opt:adam*,sgd", Field("param.opt", ("adam*", "sgd"))),
        ("tags.team:nlp", Field("tag.team", ("nlp",))),
        ("tag.mlflow.user=ada", Compare("tag.mlflow.user", "=", "ada")),
        ("(took>1h)", Compare("took", ">", "1h")),
    ],
)
def test_comparisons(text: str, query: Query) -> None:
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
        ('metric."open>1', 7, ["no end"]),
        ("a or", 4, ["say what must match"]),
        ("a and ", 6, ["say what must match"]),
        ("or b", 0, ["`or`", "nothing before it", '"or"']),
        ("a or and b", 5, ["`and`", "nothing before it"]),
        ("(a b", 0, ["no end", ")"]),
        ("a (b (c)", 2, ["no end"]),
        ("a b)", 3, ["not opened", "quote"]),
        ("a ()", 3, ["say what must match"]),
        ("id>5", 2, ["`>`", "id:value"]),
        ("ref <= x", 4, ["`<=`", "ref:value"]),
        ("x not ", 6, ["say what must not match"]),
        ("x not", 5, ["say what must not match"]),
        ("took>long", 5, ["`long`", "duration", "10m"]),
        ("took > long", 7, ["`long`"]),
        ("took>", 5, ["needs a value", "90s"]),
        ("failed:>2", 7, ["`>2`", "write failed>2"]),
        ("failed:1,x", 9, ["`x`", "number"]),
        ("failed>*", 7, ["`*`", "number"]),
        ("cpu>nan", 4, ["`nan`", "number"]),
        ("metric.a>1e999", 9, ["number"]),
        ("metric.a:good", 9, ["number"]),
        ("memory>2XB", 7, ["size", "2GB"]),
        ("since:soon", 6, ["`soon`", "time", "7d"]),
        ("created>2026-02-30", 8, ["time", "2026-11-01"]),
        ("created>200y", 8, ["time"]),
        ("created>999999d", 8, ["time"]),
        ("created:7d", 8, ["`7d` ago", "created>=7d"]),
        ("metric.>1", 7, ["needs a name"]),
        ('param."":x', 6, ["needs a name"]),
        ('tag."a b" x', 9, ["comparison is missing"]),
        ("metric:x", 0, ["metric.name"]),
        ("val_auc>0.9", 0, ["no field `val_auc`", "metric.val_auc>", "quotes"]),
        ("val_auc >= 0.9", 0, ["metric.val_auc>="]),
        ("tok>3m", 0, ["did you mean `took>`"]),
        ("(" * (MAX_DEPTH + 1) + "a", MAX_DEPTH, ["parentheses"]),
        ("x" * (MAX_QUERY + 1), MAX_QUERY, ["longer"]),
    ],
)
def test_errors_say_where_and_what(text: str, position: int, words: list[str]) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    for word in words:
        assert word in str(caught.value)


def test_parentheses_nest_so_deep() -> None:
    assert parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) == A


def _depth(tree: Tree) -> int:
    if isinstance(tree, And | Or):
        return 1 + max(map(_depth, tree.terms))
    return 1 + _depth(tree.term) if isinstance(tree, Not) else 0


@settings(deadline=None, max_examples=300)
@given(trees)
def test_text_of_a_tree_reads_as_the_same_tree(tree: Tree) -> None:
    text = str(tree)
    assume(len(text) <= MAX_QUERY and _depth(tree) <= MAX_DEPTH)
    assert parse(text) == tree


@settings(deadline=None, max_examples=500)
@given(almost | st.text())
def test_any_text_is_read_or_refused_with_a_position_in_it(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert error.message
    else:
        assume(len(str(query)) <= MAX_QUERY)
        assert parse(str(query)) == query


LONG = (
    "(" * MAX_QUERY, "-" * MAX_QUERY, "not " * 500, '"' * MAX_QUERY, "a or " * 400, "1" * MAX_QUERY, "\\" * MAX_QUERY,
    f"took>{'1' * 1900}", f"took>{'1h' * 900}", f"memory>{'9' * 1900}g", f"metric.{'x' * 1900}>1", "a" + " " * 1999,
    "param.a:" + "*" * 1900, "x" * 1900 + " =" * 40, "created>" + "2026-" * 300,
)  # fmt: skip


@pytest.mark.parametrize("text", LONG)
def test_long_texts_are_read_or_refused_too(text: str) -> None:
    try:
        assert parse(text).matches(lambda _: None) in {True, False}
    except QueryError as error:
        assert 0 <= error.position <= len(text)
