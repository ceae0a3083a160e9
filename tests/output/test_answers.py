"""Answers of the terminal are taken out of the input, wherever reads cut it, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.output.answers import Answer, Answers, Kind

REPORT = "\x1b[0n"
DARK = "\x1b]11;rgb:1e1e/2020/3030\x1b\\"
NAME = "\x1bP>|tmux 3.4\x1b\\"
KEYS = [
    *("a", "\r", "é", "\x1b[A", "\x1bOP", "\x1b[1;5C", "\x1b[<0;10;20M"),
    *("\x1b[27u", "\x1b[0;;229u", "\x1b[200~x\x1b[201~"),
]
"""What a terminal sends for keys, the mouse and a paste."""


def through(text: str, answers: Answers) -> str:
    """What is left of `text` when no time passes, and then the rest has waited long enough."""
    return "".join(map(answers.take, text)) + answers.let_go()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (REPORT, Answer(Kind.REPORT, "")),
        (DARK, Answer(Kind.BACKGROUND, "rgb:1e1e/2020/3030")),
        (DARK.replace("\x1b\\", "\x07"), Answer(Kind.BACKGROUND, "rgb:1e1e/2020/3030")),
        (NAME, Answer(Kind.VERSION, "tmux 3.4")),
    ],
)
def test_each_answer_is_taken_out_of_keys(text: str, answer: Answer) -> None:
    answers = Answers()
    assert through(f"j{text}k", answers) == "jk"
    assert answers.heard == [answer]


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(KEYS), st.sampled_from([REPORT, DARK, NAME]))))
def test_no_key_is_lost_or_changed_between_answers(parts: list[str]) -> None:
    answers = Answers()
    kept = "".join(part for part in parts if part not in (REPORT, DARK, NAME))
    assert through("".join(parts), answers) == kept
    assert len(answers.heard) == sum(part in (REPORT, DARK, NAME) for part in parts)


@settings(deadline=None)
@given(st.text(st.sampled_from("\x1b[]0n11;P>|rgb:f/\\\x07~2~aq")))
def test_whatever_comes_only_whole_answers_and_broken_ones_go(text: str) -> None:
    answers = Answers()
    left = through(text, answers)
    assert len(left) <= len(text)
    if not any(mark in text for mark in (REPORT, "\x1b]11;", "\x1bP>|")):
        assert left == text


@pytest.mark.parametrize("key", ["\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b\x1b", "\x1b[2"])
def test_what_only_looks_like_a_beginning_is_let_go(key: str) -> None:
    answers = Answers()
    assert through(key, answers) == key
    assert answers.patience is None


def test_escape_waits_no_longer_than_textual_lets_it() -> None:
    from textual import constants

    answers = Answers()
    assert answers.patience is None
    answers.take("\x1b")
    assert answers.patience == constants.ESCAPE_DELAY


def test_the_rest_of_an_answer_that_never_ended_becomes_no_key() -> None:
    answers = Answers()
    assert "".join(map(answers.take, "\x1b]11;rgb:1e1e/")) == ""
    assert answers.let_go() == ""
    assert through("q", answers) == "q"


def test_a_key_behind_a_broken_answer_is_kept() -> None:
    assert through("\x1b]11;rgb:1\x1b[A", Answers()) == "\x1b[A"
    assert through("\x1bP>|xt\r", Answers()) == "\r"


def test_a_paste_passes_whole_and_answers_nothing() -> None:
    answers = Answers()
    pasted = f"\x1b[200~{REPORT}{DARK}{NAME}\x1b[201~"
    assert through(pasted + REPORT, answers) == pasted
    assert answers.heard == [Answer(Kind.REPORT, "")]
