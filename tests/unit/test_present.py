"""Presentation: records to cells."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from data.model import Connection, JobRun, Link, PipelineRun, Project, StageRun
from tui.present import health, jobs, projects, run, runs, text
from widgets.glyphs import UNICODE, use

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _unicode():
    use(UNICODE)
    yield
    use(None)


def a_run(**values):
    defaults = {
        "id": "g:1:42",
        "project_id": "g:1",
        "connection": "g",
        "git_project_id": 1,
        "git_pipeline_id": 42,
        "status": "running",
        "ref": "main",
        "git_commit_hash": "9f3c2ab177ab0129",
        "created": NOW - timedelta(minutes=3),
        "start": NOW - timedelta(minutes=2, seconds=11),
        "triggered_by": "ada",
    }
    return PipelineRun(**{**defaults, **values})


def a_job(number, name, **values):
    defaults = {
        "id": f"g:1:job:{number}",
        "pipeline_run_id": "g:1:42",
        "project_id": "g:1",
        "connection": "g",
        "git_project_id": 1,
        "git_job_id": number,
        "name": name,
        "stage": "train",
        "status": "success",
    }
    return JobRun(**{**defaults, **values})


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "now"),
        (12, "12s"),
        (60, "1m"),
        (3599, "59m"),
        (7200, "2h"),
        (86_400 * 3, "3d"),
        (86_400 * 20, "2w"),
        (-5, "now"),
    ],
)
def test_age_is_short(seconds, expected):
    assert text.age(NOW - timedelta(seconds=seconds), NOW) == expected


def test_age_of_never_is_empty():
    assert text.age(None, NOW) == ""


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, ""), (5, "0:05"), (131, "2:11"), (3661, "1:01:01"), (90_000, "1d 1h"), (float("nan"), ""), (float("inf"), "")],
)
def test_took(seconds, expected):
    assert text.took(seconds) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.913, "0.913"),
        (0.00001234, "1.234e-05"),
        (12.0, "12"),
        (45592.4, "45592"),
        (-999_999.4, "-999999"),
        (1234567.8, "1.235e+06"),
        (float("nan"), "NaN"),
        (None, "NaN"),
        (float("-inf"), "-inf"),
        (sys.float_info.max, "inf"),
        (-sys.float_info.max, "-inf"),
    ],
)
def test_numbers_of_metrics(value, expected):
    assert text.number(value) == expected
    assert len(text.number(value)) <= 9


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, ""), (0.2, "~1s"), (31, "~31s"), (59.4, "~59s"), (59.7, "~1m"), (89, "~1m"), (3500, "~58m"), (3590, "~1h"),
        (23.7 * 3600, "~1d"), (6.6 * 86_400, "~1w"), (400 * 86_400, "~1y"),
    ],
)  # fmt: skip
def test_what_is_about_a_greater_unit_is_told_in_it(seconds, expected):
    assert text.about(seconds) == expected


def test_a_running_run_ticks_and_estimates():
    cells = {
        c.key: cell.text
        for c, cell in zip(runs.COLUMNS, runs.run_cells(a_run(), {"g:1": "churn"}, [360.0] * 5, NOW), strict=True)
    }
    assert cells["id"] == "● 42"
    assert cells["pipeline"] == "churn"
    assert cells["commit"] == "9f3c2ab1"
    assert cells["took"] == "2:11"
    assert cells["eta"] == "~4m"


def test_no_estimate_from_too_few_or_for_overdue_runs():
    assert runs.remaining(a_run(), [360.0] * 2, NOW) == 0
    assert runs.remaining(a_run(), [60.0] * 5, NOW) == 0
    assert runs.remaining(a_run(status="success"), [360.0] * 5, NOW) == 0


def test_success_with_allowed_failures_is_told_apart_without_colour():
    warned = a_run(status="success", warnings=True)
    assert runs.status_word(warned) == "warnings"
    assert runs.run_glyph(warned) == ("!", "warning")


def test_stages_have_one_glyph_each():
    stages = (
        StageRun(name="data", status="success"),
        StageRun(name="check", status="success", warnings=True),
        StageRun(name="train", status="running"),
        StageRun(name="deploy", status="created"),
    )
    assert runs.stage_strip(a_run(stages=stages)).text == "✓!●◌"


def test_a_validation_score_is_shown_before_a_loss_and_system_metrics_last():
    assert runs.metric_cell(a_run(metrics={"loss": 0.2, "val_auc": 0.913, "system/cpu": 3})).text == "val_auc 0.913"
    assert runs.metric_cell(a_run(metrics={"system/cpu": 3, "zeta": 1})).text == "zeta 1"
    assert runs.metric_cell(a_run()).text == ""


def test_how_a_run_was_linked():
    assert runs.link_words(a_run(link=Link(by="commit", certain=False))) == "same commit and time, likely"
    assert runs.link_words(a_run()) == ""


def test_job_tree_orders_stages_by_first_job_and_nests_children():
    child = a_run(id="g:1:43", git_pipeline_id=43, name="trials", parent_run_id="g:1:42", status="success")
    mine = [
        a_job(3, "train", stage="train"),
        a_job(1, "load", stage="data"),
        a_job(2, "trials", stage="train", bridge=True, downstream="g:1:43"),
    ]
    of_child = [a_job(9, "trial-1", pipeline_run_id="g:1:43", stage="tune")]
    nodes = jobs.job_tree(a_run(), {"g:1:42": mine, "g:1:43": of_child}, {"g:1:43": child}, attempts=False)
    assert [(node.depth, node.job.name if node.job else node.stage or node.run.name) for node in nodes] == [
        (0, "data"), (1, "load"), (0, "train"), (1, "train"), (1, "trials"), (2, "trials"), (3, "tune"), (4, "trial-1"),
    ]  # fmt: skip


def test_a_cycle_of_runs_ends():
    one = [a_job(1, "up", bridge=True, downstream="g:1:42")]
    nodes = jobs.job_tree(a_run(), {"g:1:42": one}, {"g:1:42": a_run()}, attempts=False)
    assert len(nodes) == 3


def test_earlier_attempts_are_shown_on_demand():
    both = [a_job(1, "train", retried=True, status="failed"), a_job(2, "train", attempt_number=2)]
    shown = jobs.job_tree(a_run(), {"g:1:42": both}, {}, attempts=False)
    assert [node.key for node in shown if node.job] == ["g:1:job:2"]
    assert len([node for node in jobs.job_tree(a_run(), {"g:1:42": both}, {}, attempts=True) if node.job]) == 2


def test_a_trigger_job_says_whether_its_pipeline_is_known_here():
    bridges = [a_job(1, "up", bridge=True, downstream="g:1:43"), a_job(2, "away", bridge=True, downstream="h:9:1"),
               a_job(3, "wait", bridge=True)]  # fmt: skip
    child = {"g:1:43": a_run(id="g:1:43")}
    nodes = jobs.job_tree(a_run(), {"g:1:42": bridges}, child, attempts=False, whole=True)
    told = {node.job.name: jobs.node_cells(node, NOW)[4].text for node in nodes if node.job}
    assert told == {
        "up": "started a pipeline", "away": "started a pipeline, not known here", "wait": "starts a pipeline",
    }  # fmt: skip


def test_failure_reason_and_allowed_failure_are_said_in_words():
    failed = a_job(1, "lint", status="failed", failure_reason="script_failure", allows_failure=True)
    assert jobs.job_why(failed) == "script failure, allowed to fail"
    node = jobs.Node(failed.id, 1, job=failed)
    assert jobs.node_cells(node, NOW)[1].tone == "warning"


def test_worst_job_is_the_failed_one_that_mattered():
    soft = a_job(1, "lint", status="failed", allows_failure=True)
    hard = a_job(2, "train", status="failed")
    assert run.worst_job([soft, hard]) is hard
    assert run.worst_job([soft]) is soft
    assert run.worst_job([]) is None


def test_glance_counts_today_and_rate():
    recent = [
        a_run(id="1", status="failed", completion=NOW),
        a_run(id="2", status="success", execution_time=60),
        a_run(id="3", status="canceled"),
    ]
    seen = projects.glance(recent, 10, 1, NOW)
    assert (seen.failed_today, seen.succeeded, seen.finished, seen.runs) == (1, 1, 2, 10)
    assert projects.glance([], 0, 0, NOW).last is None
    cells = projects.project_cells(Project(id="g:1", name="churn", connection="g"), seen, "exp", NOW)
    assert len(cells) == len(projects.PROJECT_COLUMNS)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": "ok", "last_success": NOW}, "gitlab ✓"),
        ({"state": "ok", "last_success": NOW - timedelta(seconds=51)}, "gitlab … 50s"),
        ({"state": "offline", "offline_since": NOW - timedelta(minutes=3)}, "gitlab ✗ offline 3m"),
        ({"state": "limited", "retry_at": NOW + timedelta(seconds=11)}, "gitlab ◷ 12s"),
        ({"state": "unauthorized"}, "gitlab ✗ unauthorized"),
        ({}, "gitlab ◌"),
    ],
)
def test_health_of_a_connection_is_told_in_words(values, expected):
    assert health.health_cell(Connection(id="gitlab", name="gitlab", kind="gitlab", **values), NOW).text == expected
