"""GitLab's test reports -> records (GitLab docs, api/pipelines, test report)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.clean import clean, clean_block
from data.model import PipelineRun, TestReport, make
from data.model.vocabulary import FINISHED

MAX_SUITES: Final = 200
"""Suites of a report that are kept; GitLab makes one of each job with reports."""
MAX_CASES: Final = 2_000
"""Cases of a suite that are kept, failed ones first; its counts are those of all."""
MAX_ALL_CASES: Final = 20_000
"""Cases of a whole report that are kept."""
MAX_OUTPUT: Final = 8_000
"""Characters of a failure's text that are kept."""
MAX_ALL_OUTPUT: Final = 1_000_000
"""Characters of failures' texts that a whole report keeps; the ones behind lose theirs."""
MAX_NAME: Final = 1_024
"""Characters of a case's name: generated ones hold their parameters."""
_ORDER: Final = {"failed": 0, "error": 1, "success": 3}
"""Failed ones first; what was skipped, or has a status that we do not know, comes before what went well."""
_OTHER: Final = 2

Row = Mapping[str, Any]
"""One thing in GitLab's JSON."""


def report(run: PipelineRun, row: Row) -> TestReport:
    """The report of a run; zeros and no suites where it has none. Times are seconds."""
    room = _Room()
    return make(
        TestReport,
        id=run.id,
        project_id=run.project_id,
        execution_time=_seconds(row.get("total_time")),
        **_counts(row),
        suites=[_suite(one, room) for one in (row.get("test_suites") or ())[:MAX_SUITES]],
        complete=run.status in FINISHED,
    )


class _Room:
    """What a report may still hold, so that none grows without end."""

    def __init__(self) -> None:
        self.cases, self.output = MAX_ALL_CASES, MAX_ALL_OUTPUT


def _suite(row: Row, room: _Room) -> dict[str, Any]:
    rows: Sequence[Row] = row.get("test_cases") or ()
    ordered = sorted(rows, key=lambda one: _ORDER.get(one.get("status") or "", _OTHER))
    kept = ordered[: min(MAX_CASES, room.cases)]
    room.cases -= len(kept)
    return {
        "name": clean(str(row.get("name") or "tests"), limit=MAX_NAME),
        "execution_time": _seconds(row.get("total_time")),
        **_counts(row),
        "suite_error": str(row.get("suite_error") or ""),
        "cases": [_case(one, room) for one in kept],
    }


def _case(row: Row, room: _Room) -> dict[str, Any]:
    texts = (_flat(row.get("system_output")), _flat(row.get("stack_trace")))
    output = clean_block("\n".join(text for text in texts if text), limit=min(MAX_OUTPUT, room.output))
    room.output -= len(output)
    classname = clean(str(row.get("classname") or ""), limit=MAX_NAME)
    return {
        "name": clean(str(row.get("name") or ""), limit=MAX_NAME) or classname or "(unnamed)",
        "classname": classname,
        "file": clean(str(row.get("file") or ""), limit=MAX_NAME),
        "status": clean(str(row.get("status") or "")),
        "execution_time": _seconds(row.get("execution_time")),
        "output": output,
        "recent_failures": _count((row.get("recent_failures") or {}).get("count")),
    }


def _counts(row: Row) -> dict[str, int]:
    names = ("total", "success", "failed", "error", "skipped")
    return {name: _count(row.get(f"{name}_count")) for name in names}


def _flat(value: object) -> str:
    """A failure's text: GitLab passes on what it read from XML, which may be a mapping of attributes or a list."""
    if isinstance(value, Mapping):
        return "\n".join(_flat(part) for part in value.values() if part)
    if isinstance(value, list):
        return "\n".join(_flat(part) for part in value if part)
    return "" if value is None else str(value)


def _count(value: object) -> int:
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0


def _seconds(value: object) -> float:
    return max(float(value), 0.0) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
