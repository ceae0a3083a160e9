"""How a list is looked at: columns as words, looks as JSON and as views."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.model import View
from tui.look import NARROWEST, WIDEST, Chosen, Look, words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ref", Chosen("ref")),
        ("ref:24", Chosen("ref", 24)),
        ("metrics.val:auc", Chosen("metrics.val:auc")),
        ("metrics.at:5:12", Chosen("metrics.at:5", 12)),
        ("metrics.at:5:0", Chosen("metrics.at:5")),
        ("ref:999", Chosen("ref", WIDEST)),
        ("ref:1", Chosen("ref", NARROWEST)),
        (":12", Chosen(":12")),
    ],
)
def test_a_word_names_a_column_and_its_width(word: str, expected: Chosen) -> None:
    assert Chosen.parse(word) == expected


@given(st.text(min_size=1), st.one_of(st.just(0), st.integers(NARROWEST, WIDEST)))
def test_any_key_comes_back_from_its_word(key: str, width: int) -> None:
    assert Chosen.parse(str(Chosen(key, width))) == Chosen(key, width)


def test_groups_of_looks_that_were_kept_earlier_have_their_names_of_now() -> None:
    kept = Look(group="pipeline").as_dict()
    assert Look.read(kept).group == "pipeline_id"
    assert Look.of(View(id="ada:runs:x", screen="runs", name="x", by="ada", **kept)) == Look(group="pipeline_id")


def test_a_look_comes_back_from_json_and_from_a_view() -> None:
    look = Look(
        filter='status:failed "x"',
        window="7d",
        sort="metrics.val_auc",
        descending=False,
        group="ref",
        columns=words([Chosen("id"), Chosen("metrics.a:12", 9)]),
    )
    assert Look.read(json.loads(json.dumps(look.as_dict()))) == look
    view = View(id="ada:runs:x", screen="runs", name="x", by="ada", **look.as_dict())
    assert Look.of(view) == look
    assert Look.of(view).chosen == (Chosen("id"), Chosen("metrics.a:12", 9))
