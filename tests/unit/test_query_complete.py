"""Completion of a filter."""

from __future__ import annotations

import pytest

from data.query import complete, parse, word_start
from data.query.complete import MAX_OFFERS

VALUES = {"ref": ["main", "feature x", "fix/main-loop", "f,g"], "by": ["ada", "bo"], "status": ["failed", "odd-status"]}


def _complete(text: str, cursor: int | None = None) -> list[str]:
    return complete(text, len(text) if cursor is None else cursor, lambda field: VALUES.get(field, []))


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("sta", ["status:"]),
        ("x -st", ["-status:"]),
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


def test_every_offer_of_a_value_can_be_read() -> None:
    for text in ("ref:", "ref:main,", "-by:", "status:"):
        for offer in _complete(text):
            assert parse(offer)


def test_offers_are_limited() -> None:
    assert len(complete("ref:", 4, lambda _: map(str, range(1000)))) == MAX_OFFERS
