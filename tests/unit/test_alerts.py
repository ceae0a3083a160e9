"""When somebody is told that a run has ended, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime

from data.model import PipelineRun
from tui.alerts import Alerts, sentence


def run(number: int, status: str, **values: object) -> PipelineRun:
    """A run."""
    given = {"id": f"g:1:{number}", "project_id": "g:1", "connection": "g", "git_project_id": 1,
             "git_pipeline_id": number, "status": status, "created": datetime(2026, 3, 1, tzinfo=UTC)}  # fmt: skip
    return PipelineRun(**{**given, **values})  # type: ignore[arg-type]


def test_only_what_was_active_ends_and_only_once():
    alerts = Alerts(["g:1:1"])
    assert [one.id for one in alerts.ended([run(1, "failed"), run(2, "failed")])] == ["g:1:1"]
    assert alerts.ended([run(1, "failed")]) == []
    assert alerts.ended([run(1, "running"), run(3, "pending")]) == []
    assert [one.id for one in alerts.ended([run(1, "success"), run(3, "canceled")])] == ["g:1:1", "g:1:3"]


def test_children_and_blocked_runs_are_not_told():
    alerts = Alerts(["g:1:1", "g:1:2"])
    assert alerts.ended([run(1, "failed", parent_run_id="g:1:9"), run(2, "manual")]) == []


def test_one_run_is_named_and_many_are_counted():
    assert sentence([run(7, "failed")], {"g:1": "churn"}) == "churn #7 failed"
    assert sentence([run(7, "failed"), run(8, "success")], {}) == "2 runs ended, 1 of them failed"
    assert sentence([run(7, "success"), run(8, "success")], {}) == "2 runs ended"
