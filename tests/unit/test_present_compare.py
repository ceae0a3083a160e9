"""How values, differences and headings of a comparison are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.compare import Line
from tests.compared import sweep
from tests.world import NOW, records
from tui.comparing import as_tsv, row_filter
from tui.present.compare import blocks, head_line, run_label, share_text, share_tone, value_text
from widgets.cells import Cell


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.032, "+3.2%"), (-0.4, "-40%"), (0.9999, "+100%"), (0.0996, "+10%"), (1.5, "+150%"), (-1.0, "-100%"),
        (11.0, "×12"), (1e-9, "~0%"), (-3.0, "-300%"), (9.99, "+999%"),
        (-0.98, "-98%"), (-0.999, "÷1000"), (-0.995, "÷200"), (-1 + 2**-53, "÷9.01e15"), (2e6, "×2e6"),
    ],
)  # fmt: skip
def test_shares(share, text):
    assert share_text(share) == text


@given(st.floats(-50, 50, allow_nan=False))
def test_shares_are_short_and_keep_their_sign(share):
    text = share_text(share)
    assert len(text) <= 8
    if abs(share) >= 0.001:
        part = -1 < share <= -0.99
        assert text[0] == ("÷" if part else "-" if share < 0 else "×" if share >= 10 else "+")


def test_shares_are_good_or_bad_by_the_direction():
    assert share_tone(0.1, "max") == share_tone(-0.1, "min") == "success"
    assert share_tone(-0.1, "max") == share_tone(0.1, "min") == "failed"
    assert share_tone(0.1, "") == share_tone(0.0, "max") == "dim"


def line(section: str, name: str, *values: object) -> Line:
    return Line(section, name, list(values))  # type: ignore[arg-type]


def test_values():
    metric = line("metrics", "loss")
    assert value_text(metric, 0.123456789) == "0.1235"
    assert value_text(metric, 0.123456789, whole=True) == "0.123456789"
    assert value_text(metric, float("nan"), whole=True) == "NaN"
    assert (value_text(metric, None), value_text(metric, None, whole=True)) == ("–", "no value")
    assert value_text(line("params", "x"), "") == '""'
    assert value_text(line("params", "commit"), "a" * 40) == "a" * 40
    assert value_text(line("run", "commit"), "a" * 40) == "a" * 8
    assert value_text(line("run", "commit"), "a" * 40, whole=True) == "a" * 40
    assert value_text(line("times", "took"), 61.0) == "1:01"
    assert value_text(line("times", "created"), NOW) == "2026-03-02 12:00:00"
    assert value_text(line("times", "created"), NOW, narrow=True) == "03-02 12:00"
    assert value_text(line("run", "status"), "FINISHED") == "success"
    assert value_text(line("run", "trigger"), "merge_request_event") == "merge request"
    assert value_text(line("params", "trigger"), "merge_request_event") == "merge_request_event"


def test_runs_in_one_line():
    run = [one for one in records() if one.id == "gitlab:1:103"][-1]
    text = "  ".join(cell.text for cell in head_line(run, {"gitlab:1": "churn"}, NOW))
    for word in ("churn #", "failed", "ago", "by bo", "feat/long-branch"):
        assert word in text
    assert run_label(sweep(1)[0], {}) == "tidy-fox-0"
    assert head_line(sweep(1)[0], {}, NOW)[2].text == "now"


def test_as_many_runs_stand_side_by_side_as_fit():
    titles = [f"run {number}" for number in range(7)]
    rows = [(Cell("lr"), [Cell(str(number)) for number in range(7)])]
    parts = blocks(titles, rows, 30)
    assert [[column.title for column in columns] for columns, _ in parts] == [
        ["", "run 0", "run 1", "run 2", "run 3"], ["", "run 4", "run 5", "run 6"],
    ]  # fmt: skip
    assert [cell.text for cell in parts[1][1][0]] == ["lr", "4", "5", "6"]
    assert len(blocks(titles, rows, 0)) == 1
    assert len(blocks(titles, rows, 1)) == 7


def test_filters_take_words_or_expressions():
    auc, loss = line("metrics", "val_AUC"), line("system metrics", "loss")
    for text, wanted in (
        ("", (True, True)), ("auc val", (True, False)), ("system", (False, True)), ("^val.*c$", (True, False)),
        ("auc|loss", (True, True)), ("METRICS", (True, True)),
    ):  # fmt: skip
        fits, wrong = row_filter(text)
        assert (fits(auc), fits(loss), wrong) == (*wanted, ""), text
    fits, wrong = row_filter("a(")
    assert fits(auc)
    assert "regular expression" in wrong


def test_tsv_has_a_heading_for_several_lines_and_no_stray_tabs():
    lines = [line("params", "a", "x\ty", None), line("metrics", "b", 0.1, 2.0)]
    assert as_tsv(lines, ["r1", "r2"]) == "\tr1\tr2\na\tx y\t\nb\t0.1\t2.0"
    assert as_tsv(lines[1:], ["r1", "r2"]) == "b\t0.1\t2.0"
