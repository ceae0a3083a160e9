"""What fits a filter."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime

import pytest

from data.model.vocabulary import ACTIVE, FINISHED
from data.query import TEXT, And, Compare, Field, Not, Or, Text, for_viewer, parse

RUN = {
    "status": "running",
    "project": ["ml/churn", "churn"],
    "ref": "Feature/new-loss",
    "by": ["ada", "me"],
    "sha": "9f3c2ab77d0e",
    "label": ["weekly", "customers"],
    "id": "4312",
    "kind": "production",
    "took": 600.0,
    "created": datetime(2026, 3, 4, 12, 0, tzinfo=UTC),
    "failed": 2,
    "metric.val_auc": 0.91,
    "param.lr": 0.01,
    "param.opt": "AdamW",
    "param.since": "2026-01-15",
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
        ("status:failed or train", True),
        ("status:failed or ref:main", False),
        ("-(status:failed or ref:main)", True),
        ("status:running (ref:main or by:ada)", True),
        ("status=running", True),
        ("status=active", True),
        ("took>9m", True),
        ("took > 10m", False),
        ("took>=600 took<=10m", True),
        ("took=10m", True),
        ("took:10m,20m", True),
        ("took:20m", False),
        ("took:*", True),
        ("queued:*", False),
        ("queued<1h", False),
        ("-queued<1h", True),
        ("queued!=0", True),
        ("created>2026-03-03", True),
        ("created>2026-03-04T13:00Z", False),
        ("created<=2026-03-04T12:00Z", True),
        ("created:2026-03-04T12:00Z", True),
        ("created:2026-03-04T12:01Z", False),
        ("failed=2", True),
        ("failed:1,2", True),
        ("failed!=2", False),
        ("metric.val_auc>0.9", True),
        ("metric.val_auc:0.91", True),
        ("metric.val_auc:*", True),
        ("metric.VAL_AUC:*", False),
        ("param.lr=1e-2", True),
        ("param.lr:0.010", True),
        ("param.lr:0.*", False),
        ("param.lr:*", True),
        ("param.lr<0.1", True),
        ("param.lr=small", False),
        ("param.lr<small", False),
        ("param.opt=adamw", True),
        ("param.opt=adam", False),
        ("param.opt:adam*", True),
        ("param.opt:sgd,*w", True),
        ("param.opt>1", False),
        ("param.opt>adam", True),
        ("param.since>=2026-01-02", True),
        ("param.none:*", False),
        ("tag.team!=nlp", True),
    ],
)
def test_matches(text: str, fits: bool) -> None:
    assert parse(text).matches(RUN.get) is fits


def test_groups_stand_for_the_statuses_of_gitlab() -> None:
    assert set(Field("status", ("active",)).patterns) == {"active", *ACTIVE}
    assert set(Field("status", ("finished",)).patterns) == {"finished", "killed", *FINISHED}
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


def test_the_viewer_is_put_in_wherever_a_filter_says_me() -> None:
    query = parse("mine or -(by:me,bo or a) by=me")
    mine = Field("by", ("ada", "a.l"))
    assert for_viewer(query, ["ada", "a.l"]) == Or(
        (mine, And((Not(Or((Field("by", ("bo", "ada", "a.l")), Text("a")))), mine)))
    )
    assert for_viewer(parse("mine by=me"), []) == parse("mine by=me")
    assert for_viewer(parse("by!=me"), ["ada"]) == Not(Field("by", ("ada",)))
    assert for_viewer(parse("by=bo"), ["ada"]) == Compare("by", "=", "bo")
