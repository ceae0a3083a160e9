"""GitLab's test report of a run: its suites with their cases, those first that did not pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from data.model.ci import TestCase, TestReport, TestSuite
from tui.present.text import plural, took
from widgets.cells import Cell, Column
from widgets.glyphs import glyphs, status_glyph, status_tone
from widgets.rows import Row

COLUMNS: tuple[Column, ...] = (
    Column(key="case", title="test", width=40, min_width=20, flex=3, priority=0),
    Column(key="status", title="status", width=10, min_width=7, priority=1),
    Column(key="time", title="took", width=8, min_width=6, align="right", priority=2),
    Column(key="class", title="class", width=26, min_width=12, flex=1, priority=4),
    Column(key="file", title="file", width=28, min_width=12, flex=1, priority=3),
)
"""Columns of the report."""
ORDER = ("failed", "error", "skipped", "success")
"""Statuses of cases, those first that one wants to see first."""
MINUTE = 60
"""Seconds from which on a duration is told in minutes."""


class Line(NamedTuple):
    """A line of the report: a suite, a case of it, or how many cases of it are not kept here."""

    key: str
    suite: TestSuite
    case: TestCase | None = None
    missing: int = 0


def bad(report: TestReport | TestSuite) -> int:
    """How many cases did not pass: failed ones, and those that could not even be tried."""
    return report.failed + report.error


def _wrong(suite: TestSuite) -> bool:
    return bool(bad(suite) or suite.suite_error)


def report_lines(report: TestReport, unfolded: Collection[str], text: str = "") -> list[Line]:
    """The suites, those with failures first, and the cases of the unfolded ones; with a filter, of all that match."""
    found: list[Line] = []
    for place, suite in sorted(enumerate(report.suites), key=lambda one: (not _wrong(one[1]), one[0])):
        key = suite_key(place)
        cases = _cases(key, suite, text)
        if text and not cases and not _holds(suite.name, text):
            continue
        found.append(Line(key, suite))
        if not text and key not in unfolded:
            continue
        found += cases
        missing = suite.total - len(suite.cases)
        if missing > 0 and suite.cases and not text:
            found.append(Line(f"{key}/more", suite, missing=missing))
    return found


def suite_key(place: int) -> str:
    """What names the suite at a place of the report for good: names of suites may repeat."""
    return f"suite-{place}"


def first_unfolded(report: TestReport) -> set[str]:
    """Suites that are unfolded at first: those with failures, or the only one."""
    return {suite_key(place) for place, suite in enumerate(report.suites) if bad(suite) or len(report.suites) == 1}


def _cases(key: str, suite: TestSuite, text: str) -> list[Line]:
    kept = [
        (place, case)
        for place, case in enumerate(suite.cases)
        if not text or _holds(f"{suite.name} {case.classname} {case.name} {case.file} {case.status}", text)
    ]
    kept.sort(key=lambda one: (_rank(one[1].status), one[0]))
    return [Line(f"{key}/{place}", suite, case) for place, case in kept]


def _holds(words: str, text: str) -> bool:
    return all(word in words.lower() for word in text.lower().split())


def _rank(status: str) -> int:
    return ORDER.index(status) if status in ORDER else len(ORDER)


def case_sign(status: str) -> tuple[str, str]:
    """(glyph, tone) of a case."""
    if status == "error":
        return glyphs().warning, "failed"
    return status_glyph(status), status_tone(status)


def line_row(line: Line, *, unfolded: bool) -> Row:
    """A row of the report: a cell per entry of `COLUMNS`."""
    if line.case is not None:
        return Row(line.key, _case_cells(line.case))
    if line.missing:
        return Row(line.key, (Cell(f"    and {plural(line.missing, 'case')} more, on the server", "dim"),))
    suite = line.suite
    fold = glyphs().open if unfolded else glyphs().closed
    wrong = _wrong(suite)
    name = (suite.name, "failed" if wrong else "bold")
    words = f"  {suite.suite_error or count_words(suite)}"
    return Row(
        line.key,
        (Cell.of((f"{fold} ", "dim"), name, (words, "failed" if wrong else "dim"), (f"  {seconds(suite)}", "dim")),),
    )


def _case_cells(case: TestCase) -> tuple[Cell, ...]:
    glyph, tone = case_sign(case.status)
    again = f" failed {plural(case.recent_failures, 'time')} lately" if case.recent_failures else ""
    return (
        Cell.of((f"    {glyph} ", tone), (case.name, ""), (again, "warning")),
        Cell(case.status, tone),
        Cell(seconds(case)),
        Cell(case.classname, "dim"),
        Cell(case.file, "dim"),
    )


def seconds(of: TestCase | TestSuite | TestReport) -> str:
    """A duration: tests are short, so `0.42s` below a minute."""
    value = of.execution_time
    return took(value) if value >= MINUTE else f"{value:.2f}s" if value else ""


def count_words(of: TestReport | TestSuite) -> str:
    """`1 failed, 2 errors, 15 passed, 3 skipped`, without those that there are none of."""
    parts = (
        (of.failed, "failed"),
        (of.error, "error" if of.error == 1 else "errors"),
        (of.success, "passed"),
        (of.skipped, "skipped"),
    )
    return ", ".join(f"{count} {word}" for count, word in parts if count) or "no cases"


def report_words(report: TestReport | None) -> list[Cell]:
    """The line above the report."""
    if report is None:
        return []
    line = [Cell(count_words(report), "failed" if bad(report) else "")]
    line.append(Cell(f"{plural(report.total, 'case')} in {plural(len(report.suites), 'suite')}", "dim"))
    if report.execution_time:
        line.append(Cell.of(("took ", "dim"), (seconds(report), "")))
    if not report.complete:
        line.append(Cell("the run has not ended: more may come", "dim"))
    return line


def full_text(line: Line) -> str:
    """All that is known of a case, for reading: where it stands, and why it did not pass."""
    case = line.case
    if case is None:
        return line.suite.suite_error or count_words(line.suite)
    facts = [f"{case.status}  {seconds(case)}".strip(), case.classname, case.file]
    head = "\n".join(fact for fact in (line.suite.name, *facts) if fact)
    return f"{head}\n\n{case.output}" if case.output else head


def table_rows(report: TestReport) -> list[Sequence[str | float]]:
    """All cases, for a file: suite, class, name, status, seconds, file, text."""
    return [
        (suite.name, case.classname, case.name, case.status, case.execution_time, case.file, case.output)
        for suite in report.suites
        for case in suite.cases
    ]
