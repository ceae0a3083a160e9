"""What fits a filter."""

from __future__ import annotations

import random
import threading

import pytest

from data.model.vocabulary import ACTIVE, FINISHED
from data.query import TEXT, And, Field, Not, Text, parse

RUN = {
    "status": "running",
    "project": ["ml/churn", "churn"],
    "ref": "Feature/new-loss",
    "by": ["ada", "me"],
    "sha": "9f3c2ab77d0e",
    "label": ["weekly", "customers"],
    "id": "4312",
    "kind": "production",
    TEXT: ["churn", "Train the Model"],
}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("train", True),
        ("TRAIN the", True),
        ('"train the model"', True),
        ("trains", False),
        ("status:running", True),
        ("status:RUNNING", True),
        ("status:run", False),
        ("status:failed,running", True),
        ("status:active", True),
        ("status:finished", False),
        ("-status:active", False),
        ("project:churn", True),
        ("project:ml/*", True),
        ("project:ml", False),
        ("ref:feature/*", True),
        ("ref:*loss", True),
        ("ref:*new*ss", True),
        ("ref:*new*new*", False),
        ("ref:feature.new-loss", False),
        ("mine", True),
        ("by:@ada", True),
        ("by:bo", False),
        ("sha:9f3c", True),
        ("commit:9F3C2AB", True),
        ("sha:f3c2", False),
        ("sha:*7d0e", True),
        ("sha:*7d0", False),
        ("label:weekly", True),
        ("label:daily,weekly", True),
        ("id:#4312", True),
        ("id:431", False),
        ("id:43*", True),
        ("api:train", False),
        ("-api:train", True),
        ("status:running ref:main", False),
        ("status:running not ref:main train", True),
    ],
)
def test_matches(text: str, fits: bool) -> None:
    assert parse(text).matches(RUN.get) is fits


def test_groups_stand_for_the_statuses_of_gitlab() -> None:
    assert set(Field("status", ("active",)).patterns) == {"active", *ACTIVE}
    assert set(Field("status", ("finished",)).patterns) == {"finished", *FINISHED}
    assert parse("status:finished").matches({"status": "FINISHED"}.get)


def test_patterns_are_what_stores_translate() -> None:
    assert parse("sha:AB,cd*") == Field("sha", ("AB", "cd*"))
    assert Field("sha", ("AB", "cd*")).patterns == ("ab*", "cd*")
    assert Field("by", ("@Ada", "@")).patterns == ("@", "ada")


def test_an_empty_value_finds_records_without_one() -> None:
    assert parse('ref:""').matches({"ref": ""}.get)
    assert not parse('ref:""').matches({"ref": "main"}.get)


@pytest.mark.parametrize("seed", range(100))
def test_and_and_not_are_what_their_names_say(seed: int) -> None:
    rng = random.Random(seed)
    record = {"ref": rng.choice("abc"), "status": rng.choice(["failed", "success"]), TEXT: rng.choice(["ab", "bc"])}
    terms = (Field("ref", (rng.choice("abc"),)), Text(rng.choice("abc")), Not(Field("status", ("failed",))))
    assert And(terms).matches(record.get) == all(term.matches(record.get) for term in terms)
    assert Not(And(terms)).matches(record.get) != And(terms).matches(record.get)


def test_a_hard_pattern_on_a_long_value_ends() -> None:
    """Without atomic groups this takes longer than the universe has had."""
    query = Field("ref", ("a*" * 200 + "b",))
    done = threading.Event()

    def work() -> None:
        assert not query.matches({"ref": "a" * 20_000}.get)
        done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert done.wait(60)
