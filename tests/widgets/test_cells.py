"""Cells, columns and glyphs."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from rich.cells import cell_len

from widgets.cells import Cell, Column, crop_spans, fit, fit_text, layout, spans_width, truncate, truncate_left
from widgets.glyphs import ASCII, STATUS, UNICODE, choose, status_glyph, status_tone, use

TEXTS = [
    "",
    "plain text that is long",
    "日本語テスト",
    "e\u0301" * 20,
    "👨\u200d👩\u200d👧" * 4,
    "a👍🏽b❤\ufe0fc" * 4,
    "\u0301start with a combining mark",
    "mixed 日本 and é and ✓✗",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("align", ["left", "right"])
def test_every_text_fits_every_width(text: str, align: str) -> None:
    for width in range(40):
        assert cell_len(fit_text(text, width, align)) == width  # type: ignore[arg-type]
        assert cell_len(truncate(text, width)) <= width
        assert cell_len(truncate_left(text, width)) <= width
        assert spans_width(fit(Cell.of((text, "a"), (text, "b")), width, align)) == width  # type: ignore[arg-type]


def test_fitting_says_where_it_cut() -> None:
    assert fit_text("abcdef", 4) == "abc…"
    assert fit_text("日本語", 4) == "日… "
    assert fit_text("7", 3, "right") == "  7"
    assert truncate_left("projects/churn/runs", 8) == "…rn/runs"
    assert fit(Cell("x", "failed"), 3) == (("x  ", "failed"),)
    assert fit(Cell("x"), 0) == ()


def test_spans_keep_their_tones() -> None:
    cell = Cell.of(("✓✓", "success"), ("●", "running"), ("◌◌", "pending"))
    assert cell.text == "✓✓●◌◌"
    assert cell.width == 5
    assert fit(cell, 7) == (("✓✓", "success"), ("●", "running"), ("◌◌", "pending"), ("  ", ""))
    assert fit(cell, 7, "right")[0] == ("  ", "")
    assert crop_spans(cell.spans, 4) == (("✓✓", "success"), ("●", "running"), ("…", "pending"))
    assert crop_spans(cell.spans, 0) == ()


def test_layout_drops_the_least_important_column_first() -> None:
    columns = [
        Column(key="id", title="#", width=6),
        Column(key="name", title="name", width=20, flex=1, min_width=8, priority=1),
        Column(key="by", title="by", width=8, priority=9),
    ]
    assert [columns[placed.column].key for placed in layout(columns, 40)] == ["id", "name", "by"]
    assert [columns[placed.column].key for placed in layout(columns, 20)] == ["id", "name"]
    assert [columns[placed.column].key for placed in layout(columns, 9)] == ["id"]
    assert layout(columns, 3)[0].width == 3
    assert layout(columns, 0) == ()
    assert layout([], 10) == ()


def test_flex_columns_share_what_is_left() -> None:
    columns = [
        Column(key="a", title="", width=4),
        Column(key="b", title="", width=4, flex=1),
        Column(key="c", title="", width=4, flex=3),
    ]
    assert [placed.width for placed in layout(columns, 30)] == [4, 8, 16]
    assert [placed.x for placed in layout(columns, 30)] == [0, 5, 14]


def test_layout_never_exceeds_the_width() -> None:
    chance = random.Random(3)
    for _ in range(500):
        columns = [
            Column(
                key=str(number),
                title="",
                width=chance.randint(1, 30),
                min_width=chance.randint(0, 20),
                flex=chance.randint(0, 3),
                priority=chance.randint(0, 5),
            )
            for number in range(chance.randint(1, 12))
        ]
        width = chance.randint(1, 120)
        placed = layout(columns, width)
        assert placed
        assert placed[-1].x + placed[-1].width <= width
        assert all(one.x + one.width < two.x for one, two in pairwise(placed))


def test_every_sign_is_one_cell_wide() -> None:
    for signs in (UNICODE, ASCII):
        for name, sign in signs._asdict().items():
            assert {cell_len(character) for character in sign} == {1}, name
            assert len(sign) == 1 or name == "ramp"
    assert "".join(ASCII).isascii()


def test_every_status_has_a_sign_and_a_tone_of_its_own_kind() -> None:
    assert status_glyph("running") == "●"
    assert status_glyph("RUNNING") == "●"
    assert status_glyph("waiting_for_resource") == "◌"
    assert status_glyph("success-with-warnings") == "!"
    assert status_glyph("from the future") == "?"
    assert status_tone("failed") == "failed"
    assert status_tone("from the future") == ""
    for name, _ in STATUS.values():
        assert hasattr(UNICODE, name)
    use(ASCII)
    assert status_glyph("failed") == "x"


@pytest.mark.parametrize(
    ("environ", "encoding", "expected"),
    [
        ({"TERM": "xterm-256color", "LANG": "de_DE.UTF-8"}, "utf-8", UNICODE),
        ({"TERM": "xterm-256color"}, "UTF8", UNICODE),
        ({"TERM": "linux", "LANG": "de_DE.UTF-8"}, "utf-8", ASCII),
        ({"TERM": "xterm", "LC_ALL": "C"}, "utf-8", ASCII),
        ({"TERM": "xterm", "LC_ALL": "C.UTF-8"}, "utf-8", UNICODE),
        ({"TERM": "xterm", "LC_ALL": "de_DE.UTF-8", "LANG": "C"}, "utf-8", UNICODE),
        ({"TERM": "xterm", "LANG": "de_DE"}, "iso-8859-1", ASCII),
    ],
)
def test_the_set_fits_the_terminal(environ: dict[str, str], encoding: str, expected: object) -> None:
    assert choose(environ, encoding) is expected
