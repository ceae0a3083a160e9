"""Completion of a filter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.query import complete, parse, wanted, word_start
from data.query.complete import MAX_OFFERS
from tests.filters import almost

VALUES = {
    "metric": ["val_auc", "val auc", "loss", "system/cpu"],
    "param": ["lr", "lr_decay"],
    "ref": ["main", "feature x", "fix/main-loop", "f,g"],
    "by": ["ada", "bo"],
    "param.lr": ["0.001", "0.01", "1"],
    "param.val auc": ["yes"],
    "tag.team": ["nlp", "vision lab"],
    "metric.loss": ["0.5"],
    "status": ["failed", "odd-status"],
}


def _complete(text: str, cursor: int | None = None) -> list[str]:
    return complete(text, len(text) if cursor is None else cursor, lambda field: VALUES.get(field, []))


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("sta", ["status:", "started>"]),
        ("x -stat", ["-status:"]),
        ("(stat", ["(status:"]),
        ("a or not(-stat", ["not(-status:"]),
        ("status", ["status:", "status="]),
        ("to", ["took>"]),
        ("took", ["took>", "took<", "took>=", "took<=", "took=", "took:"]),
        ("si", ["since:"]),
        ("me", ["memory>", "metric."]),
        ("an", ["and"]),
        ("took>", ["took>1m", "took>10m", "took>1h", "took>1d"]),
        ("took > 10", ["took > 10m"]),
        ("(took>=1h", ["(took>=1h"]),
        ("since:", ["since:today", "since:yesterday", "since:7d", "since:30d"]),
        ("created:", ["created:today", "created:yesterday"]),
        ("created<7", ["created<7d"]),
        ("status=odd", ["status=odd-status"]),
        ("status != fai", ["status != failed"]),
        ("ref<ma", []),
        ("(ref:fe", ['(ref:"feature x"']),
        ("metric.", ["metric.val_auc", 'metric."val auc"', "metric.loss", "metric.system/cpu"]),
        ("-metrics.VAL", ["-metrics.val_auc", '-metrics."val auc"']),
        ("metric.cpu", ["metric.system/cpu"]),
        ('metric."val', ["metric.val_auc", 'metric."val auc"']),
        ('metric."val ', ['metric."val auc"']),
        ("metric.loss", [f"metric.loss{op}" for op in (">", "<", ">=", "<=", "=", ":")]),
        ("param.lr", [*(f"param.lr{op}" for op in (">", "<", ">=", "<=", "=", ":")), "param.lr_decay"]),
        ("metric.loss>", []),
        ("metric.nothing", []),
        ("-param.lr:", ["-param.lr:0.001", "-param.lr:0.01", "-param.lr:1"]),
        ("params.lr=0.01", ["params.lr=0.01"]),
        ("param.lr >= 0.0", ["param.lr >= 0.001", "param.lr >= 0.01"]),
        ("param.lr:0.01,1", ["param.lr:0.01,1", "param.lr:0.01,0.001"]),
        ('param."val auc"<y', ['param."val auc"<yes']),
        ("tag.team:vi", ['tag.team:"vision lab"']),
        ("tag.team:nlp,", ['tag.team:nlp,"vision lab"']),
        ("tag.none:", []),
        ("tag.x", []),
        ("com", ["commit:"]),
        ("mi", ["mine"]),
        ("", []),
        ("x ", []),
        ("ref:ma", ["ref:main", "ref:fix/main-loop"]),
        ("-REF:ma", ["-REF:main", "-REF:fix/main-loop"]),
        ("commit:9", []),
        ("ref:feat", ['ref:"feature x"']),
        ('ref:"feature', ['ref:"feature x"']),
        ("ref:f,", ["ref:f,main", 'ref:f,"feature x"', "ref:f,fix/main-loop", 'ref:f,"f,g"']),
        ("by:", ["by:me", "by:ada", "by:bo"]),
        ("by:ada,", ["by:ada,me", "by:ada,bo"]),
        ("status:fail", ["status:failed"]),
        ("status:act", ["status:active"]),
        ("status:odd", ["status:odd-status"]),
        ("nothing:a", []),
        ('"ref:ma', []),
    ],
)
def test_offers(text: str, offers: list[str]) -> None:
    assert _complete(text) == offers


def test_the_word_under_the_cursor_is_completed() -> None:
    text = "ref:ma status:failed"
    assert _complete(text, 6) == ["ref:main", "ref:fix/main-loop"]
    assert word_start(text, 6) == 0
    assert word_start(text, len(text)) == 7
    assert word_start('a ref:"x y', 10) == 2
    assert word_start("a ", 2) == 2


def test_spaces_around_an_operator_belong_to_the_term() -> None:
    assert word_start("a took > 1", 10) == 2
    assert word_start("a took >", 8) == 2
    assert word_start("took>1 b", 8) == 7


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("ref:ma", ("ref", "ma")),
        ("a (commit:9f,a", ("sha", "a")),
        ('ref:"feature x', ("ref", "feature x")),
        ("status = fai", ("status", "fai")),
        ("metric.", ("metric", "")),
        ('params."val a', ("param", "val a")),
        ("metric.a>", None),
        ("params.a:x", ("param.a", "x")),
        ('tag."b c"=', ("tag.b c", "")),
        ("took>1", None),
        ("since:7", None),
        ("zzz:1", None),
        ("churn", None),
        ("", None),
    ],
)
def test_it_says_what_it_wants_of_the_data(text: str, asked: tuple[str, str] | None) -> None:
    assert wanted(text, len(text)) == asked


@given(almost | st.text(), st.integers(0, 60))
def test_no_text_breaks_it(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    assert 0 <= word_start(text, cursor) <= cursor
    for offer in _complete(text, cursor):
        assert offer
    wanted(text, cursor)


def test_every_offer_of_a_value_can_be_read() -> None:
    for text in (
        "ref:",
        "ref:main,",
        "-by:",
        "status:",
        "since:",
        "created:",
        "created=",
        "ended>",
        "memory<",
        "took:",
        "param.lr:",
        "param.lr<",
        'param."val auc":',
        "tag.team=",
    ):
        for offer in _complete(text):
            assert parse(offer)


def test_offers_are_limited() -> None:
    assert len(complete("ref:", 4, lambda _: map(str, range(1000)))) == MAX_OFFERS
