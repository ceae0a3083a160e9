"""Patterns that people type."""

from __future__ import annotations

import re

import pytest

from data.logtext import compile_pattern


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(", "unterminated subpattern"),
        ("a{99999999999}", "repetitions is too large"),
        pytest.param("(" * 5000 + ")" * 5000, "nested too deep", id="nested"),
    ],
)
def test_what_is_no_regular_expression_is_said(text: str, reason: str) -> None:
    with pytest.raises(re.error, match=reason):
        compile_pattern(text, regex=True)


def test_what_python_may_change_one_day_is_no_warning() -> None:
    assert compile_pattern("[[a]", regex=True).search("[")
