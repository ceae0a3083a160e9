"""Formats of exported tables: what is written is read again by other programs' readers."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.export import FORMATS, format_of, writer
from data.export.formats import FORMULA, plain

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(st.none(), TEXTS, st.integers(), st.floats(), st.booleans(), st.lists(TEXTS, max_size=3))


@st.composite
def tables(draw):
    columns = draw(st.lists(TEXTS.filter(bool), min_size=1, max_size=4, unique=True))
    rows = draw(st.lists(st.tuples(*[VALUES] * len(columns)), max_size=8))
    return columns, rows


def written(form, columns, rows, pages=2, **options):
    made = writer(form, columns, **options)
    half = len(rows) // pages
    return made.begin() + made.rows(rows[:half]) + made.rows(rows[half:]) + made.end()


@given(tables())
def test_csv_is_read_again_as_rfc_4180(table):
    columns, rows = table
    text = written("csv", columns, rows)
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert read == [columns, *([plain(value) for value in row] for row in rows)]
    assert text.endswith("\r\n")


@given(tables())
def test_csv_for_spreadsheets_holds_no_formula(table):
    columns, rows = table
    for row in csv.reader(io.StringIO(written("csv", columns, rows, safe=True), newline="")):
        for field in row:
            if FORMULA.match(field):
                float(field)  # a number, which is no formula


@given(tables())
def test_json_and_json_lines_say_the_same(table):
    columns, rows = table
    listed = json.loads(written("json", columns, rows), parse_constant=pytest.fail)
    lines = [json.loads(line) for line in written("jsonl", columns, rows).split("\n")[:-1]]
    assert listed == lines
    assert [tuple(one) for one in listed] == [tuple(columns)] * len(rows)
    for one, row in zip(listed, rows, strict=True):
        for name, value in zip(columns, row, strict=True):
            unbounded = isinstance(value, float) and not math.isfinite(value)
            assert one[name] == (plain(value) if unbounded else value)


@given(tables())
def test_text_and_markdown_have_one_line_per_row(table):
    columns, rows = table
    assert written("text", columns, rows).count("\n") == len(rows) + 1
    lines = written("md", columns, rows).splitlines()
    assert len(lines) == len(rows) + 2
    unescaped = [line.replace("\\\\", "").replace("\\|", "") for line in lines]
    assert {line.count("|") for line in unescaped} == {len(columns) + 1}


def test_missing_and_empty_are_told_apart():
    assert written("csv", ["a", "b"], [(None, "")]) == 'a,b\r\n,""\r\n'
    assert written("csv", ["a"], [(None,), ("",)]) == 'a\r\n""\r\n""\r\n'
    assert json.loads(written("jsonl", ["a", "b"], [(None, "")])) == {"a": None, "b": ""}


def test_values_keep_their_digits_and_times_their_moment():
    moment = datetime(2026, 3, 2, 13, 0, 0, 1000, tzinfo=timezone(timedelta(hours=1)))
    row = (0.1 + 0.2, 1e-300, float("nan"), float("-inf"), True, moment, ["a", "b"], {"x": 1.5})
    names = list("abcdefgh")
    assert written("csv", names, [row]).splitlines()[1] == (
        '0.30000000000000004,1e-300,NaN,-Infinity,true,2026-03-02T12:00:00.001000Z,"a, b","{""x"": 1.5}"'
    )
    read = json.loads(written("jsonl", names, [row]))
    assert (read["a"], read["c"], read["e"], read["g"]) == (0.30000000000000004, "NaN", True, ["a", "b"])


def test_formulas_get_an_apostrophe_on_request_only():
    rows = [("=1+1",), ("-5",), ("-x",), (-5,), ("@a",), ("+1e3",)]
    assert written("csv", ["v"], rows, safe=True).split("\r\n")[1:-1] == ["'=1+1", "-5", "'-x", "-5", "'@a", "+1e3"]
    assert written("csv", ["v"], rows).split("\r\n")[1] == "=1+1"


def test_text_is_aligned_by_the_first_page_and_cuts_nothing():
    made = writer("text", ["name", "n"])
    first = made.rows([("日本", 1), ("a", 22)])
    assert first == "name   n\n日本   1\na     22\n"
    assert made.rows([("a longer one", 333)]) == "a longer one  333\n"
    assert writer("text", ["a", "b"]).end() == "a  b\n"


def test_endings_name_formats():
    assert [format_of(name) for name in ("a.CSV", "b.ndjson", "c.json", "d.txt", "e.md", "f.xls", "g")] == [
        "csv", "jsonl", "json", "text", "md", None, None,
    ]  # fmt: skip
    assert set(FORMATS) == {"csv", "jsonl", "json", "text", "md"}


def test_an_empty_table_is_a_table():
    assert written("csv", ["a"], []) == "a\r\n"
    assert json.loads(written("json", ["a"], [])) == []
    assert written("jsonl", ["a"], []) == ""


def test_times_without_a_fraction_are_short():
    assert plain(datetime(2026, 3, 2, 12, tzinfo=UTC)) == "2026-03-02T12:00:00Z"
