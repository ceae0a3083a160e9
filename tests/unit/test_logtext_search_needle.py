"""What every match of a pattern holds."""

from __future__ import annotations

import re
import sys
from itertools import groupby

import pytest

from data.logtext import compile_pattern, error_pattern
from data.logtext.findneedle import FOLDS_TO_ASCII, Needle, needle_of


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("loss", Needle((b"loss",), True, True)),
        ("Loss", Needle((b"Loss",), False, True)),
        ("a.b (c)", Needle((b"a.b (c)",), True, True)),
        ("17%", Needle((b"17%",), False, True)),
        ("日本", Needle(("日本".encode(),), False, True)),
        ("größe", Needle((b"gr",), True, False)),
        ("Größe", Needle(("Größe".encode(),), False, True)),
        ("z…", Needle((b"z",), True, False)),
        ("a\tbc", Needle((b"bc",), True, False)),
        ("", Needle()),
        ("\t", Needle()),
    ],
)
def test_of_a_text(text: str, needle: Needle) -> None:
    assert needle_of(compile_pattern(text)) == needle


@pytest.mark.parametrize(
    ("text", "options", "exact"),
    [
        ("loss", [b"loss"], True),
        (r"loss=\d+\.", [b"loss="], False),
        (r"\.25", [b".25"], True),
        ("^step$", [b"step"], False),
        ("ab*cde", [b"cde"], False),
        ("abc?", [b"ab"], False),
        ("ab{0}", [b"a"], False),
        ("loss(es)?", [b"loss"], False),
        ("(loss)?es", [b"es"], False),
        ("fail|error", [b"fail", b"error"], True),
        ("fail|err(or|eur)", [b"fail", b"err"], False),
        ("fail|.", [], False),
        ("(fail|error)", [], False),
        ("[]abc]d", [b"d"], False),
        (r"[\]abc]d", [b"d"], False),
        (r"\x61bc", [], False),
        (r"(a)\1bc", [], False),
        ("(?#[)((])abc)?", [], False),
        ("(?i:abc)d", [b"d"], False),
        ("(?x)a b c", [], False),
        ("(?s)ab.c", [], False),
        (r"\d\bab", [b"ab"], False),
    ],
)
def test_of_a_regular_expression(text: str, options: list[bytes], exact: bool) -> None:
    needle = needle_of(compile_pattern(text, regex=True, case=True))
    assert (list(needle.options), needle.fold, needle.exact) == (options, False, exact)


def test_ignoring_case_takes_few_other_characters_for_ascii_letters() -> None:
    letters = re.compile("[ -~]", re.IGNORECASE)
    others = map(chr, range(0x80, sys.maxunicode + 1))
    assert {character for character in others if letters.match(character)} == FOLDS_TO_ASCII


def test_what_has_no_case_matches_only_itself_when_case_is_ignored() -> None:
    """So its bytes can be looked for as they are."""
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    cased = [one for one in characters if not one.lower() == one.upper() == one]
    groups = groupby(characters, key=set(cased).__contains__)
    ranges = [(group[0], group[-1]) for has_case, found in groups if not has_case for group in [list(found)]]
    alike = re.compile("".join(["[", *(f"\\U{ord(a):08x}-\\U{ord(b):08x}" for a, b in ranges), "]"]), re.IGNORECASE)
    assert not [one for one in cased if alike.match(one)]


def test_of_errors() -> None:
    needle = needle_of(error_pattern())
    assert needle.fold
    assert not needle.exact
    assert b"error" in needle.options
    assert all(option == option.lower() for option in needle.options)
