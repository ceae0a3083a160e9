"""The head of a run and of an MLflow run, its values, artifacts, metrics and notes, as pure functions."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from msgspec.structs import replace

from data.model import (
    Artifact,
    Label,
    Link,
    MetricSummary,
    Note,
    StageRun,
)
from tests.unit.jobs import BEGAN, NOW, a_job, a_run, an_mlflow_run
from tui.present import artifacts, metrics, mlflow, notes, params
from tui.present.jobfacts import node_facts
from tui.present.jobs import Node, gantt_columns, gantt_width, job_tree, matching
from tui.present.run import GPU_METRIC, MEMORY_METRIC, greatest, head_lines, left_behind, stage_now, trigger_words
from widgets.glyphs import UNICODE, use


@pytest.fixture(autouse=True)
def _unicode():
    use(UNICODE)
    yield
    use(None)


def words(lines: object) -> str:
    return "\n".join("  ".join(cell.text for cell in line) for line in lines)  # type: ignore[attr-defined]


# The head


def test_the_head_of_a_run_says_everything_in_three_lines():
    run = replace(
        a_run(), status="failed", triggered_by="ada", trigger_type="web", ref="main", git_commit_hash="9f3c2ab177",
        commit_title="Tune", run_info_id="1ng1", kind="test", labels=("best",), job_count=5, success_count=2,
        failed_count=1, execution_time=95.0, queued_time=4.0, max_memory_usage=2000.0, max_cpu_usage=90.0,
        stages=(StageRun(name="data", status="success"), StageRun(name="train", status="failed")),
        link=Link(by="commit", certain=False),
    )  # fmt: skip
    told = words(head_lines(run, [an_mlflow_run("owl", status="FAILED")], [], NOW, 77.0)).split("\n")
    assert told == [
        "✗ failed  ✓✗ train  3/5 jobs  1 failed  took 1:35  by ada (by hand)  queued 0:04  10m ago",
        "ref main  9f3c2ab1  Tune  RUN_ID 1ng1  test  best",
        "memory 1.9 GiB  cpu 90%  gpu 77%  MLflow owl (failed)  by same commit and time, likely",
    ]


def test_the_head_says_nothing_of_mlflow_runs_that_are_not_read_yet():
    assert words(head_lines(a_run(), None, [], NOW)).split("\n")[2] == ""
    assert words(head_lines(a_run(), [], [], NOW)).split("\n")[2] == "no MLflow run is linked with it"


def test_the_head_of_a_running_run_estimates_the_rest():
    assert "eta ~5m" in words(head_lines(a_run(status="running"), [], [900.0] * 3, NOW))


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ("success running created", "s1"),
        ("success failed skipped", "s1"),
        ("success success manual", "s2"),
        ("failed running", "s1"),
        ("success success", ""),
    ],
)
def test_the_stage_in_which_a_run_is(statuses, expected):
    stages = tuple(StageRun(name=f"s{n}", status=status) for n, status in enumerate(statuses.split()))
    assert stage_now(replace(a_run(), stages=stages)) == expected


def test_unknown_triggers_are_shown_as_the_server_calls_them():
    assert trigger_words("ondemand_dast_scan") == "ondemand dast scan"


def test_only_active_runs_of_ended_jobs_count_as_left_behind():
    left = an_mlflow_run("a", ended_as="canceled")
    others = [
        an_mlflow_run("b"),
        an_mlflow_run("c", ended_as="canceled", status="KILLED"),
        an_mlflow_run("d", ended_as="failed", lifecycle_stage="deleted"),
    ]
    assert left_behind([left, *others]) == [left]


def test_the_greatest_use_is_taken_over_nodes_and_devices():
    run = an_mlflow_run(
        "a",
        metrics={
            "system/gpu_0_utilization_percentage": MetricSummary(last=3.0, max=40.0),
            "system/node-1/gpu_1_utilization_percentage": MetricSummary(last=60.0),
            "system/gpu_0_memory_usage_megabytes": MetricSummary(last=900.0),
            "gpu_0_utilization_percentage": MetricSummary(last=99.0),
            "system/system_memory_usage_megabytes": MetricSummary(last=math.nan),
        },
    )
    assert greatest([run], GPU_METRIC) == 60.0
    assert greatest([run], MEMORY_METRIC) is None


# Jobs


def test_a_filter_keeps_jobs_under_their_headings():
    jobs = {"g:1:42": [a_job(1, "load", "data"), a_job(2, "train", "train", endpoint="gpu-7")]}
    nodes = job_tree(a_run("data train"), jobs, {}, attempts=False)
    assert [node.key for node in matching(nodes, "GPU")] == ["g:1:42/train", "g:1:job:2"]
    assert matching(nodes, "nothing") == []


def test_facts_of_a_stage_count_its_jobs():
    jobs = [a_job(1, "a", "x"), a_job(2, "b", "x", status="failed"), a_job(3, "b", "x", retried=True)]
    assert words([node_facts(Node("k", 0, stage="x", run=a_run()), jobs)]) == "x  2 jobs  1 failed, 1 success"


def test_facts_of_a_job_leave_out_what_is_not_known():
    assert words([node_facts(Node("k", 1, job=a_job(7, "a", "x")), [])]) == "a  job 7"


def test_the_axis_stands_in_the_heading_of_its_column():
    width = gantt_width(118)
    assert width >= 16
    assert next(column.title for column in gantt_columns(width, "0:00") if column.key == "gantt") == "0:00"


# Params


def test_values_come_under_headings_and_mlflows_own_tags_last():
    run = replace(a_run(), variables={"B": "2", "A": "1"}, pipeline_config_used="a: 1\nb: 2\n", tags={"x": "y"})
    one = an_mlflow_run("owl", params={"lr": "0.1"}, tags={"mlflow.user": "ada", "team": "nlp"})
    told = [(value.name, value.value) for value in params.values_of(run, [one])]
    assert told == [
        ("params", ""), ("lr", "0.1"), ("variables", ""), ("A", "1"), ("B", "2"), ("tags of the run", ""), ("x", "y"),
        ("tags", ""), ("team", "nlp"), ("mlflow.user", "ada"), ("configuration that was used", ""), ("1", "a: 1"),
        ("2", "b: 2"),
    ]  # fmt: skip


def test_of_several_mlflow_runs_each_value_says_whose_it_is():
    both = [an_mlflow_run("a", params={"lr": "1"}), an_mlflow_run("b", params={"lr": "2"})]
    assert [value.owner for value in params.values_of(None, both)] == ["", "a", "b"]


def test_a_value_of_several_lines_shows_the_first_and_counts_the_rest():
    row = params.value_row(params.Value("k", "param", "sql", "SELECT 1\nFROM x\nWHERE y"))
    assert row.cells[1].text == "SELECT 1 (and 2 lines)"


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 5, [""]),
        ("abcdefg", 3, ["abc", "def", "g"]),
        ("ab\n\ncd", 5, ["ab", "", "cd"]),
        ("日本語", 4, ["日本", "語"]),
    ],
)
def test_long_values_are_broken_by_cells(text, width, expected):
    assert params.wrapped(text, width) == expected


# Artifacts


def an_artifact(name: str, bytes_: int = 1000, **values: object) -> Artifact:
    defaults = {
        "id": name, "name": name, "path": name, "file_size": bytes_, "storage_type": "GITLAB",
        "job_run_id": "g:1:job:1",
    }  # fmt: skip
    return Artifact(**{**defaults, **values})  # type: ignore[arg-type]


def test_folders_come_before_files_with_the_size_of_what_is_in_them():
    job = a_job(1, "build", "x", artifacts_size=5000)
    files = [an_artifact("a/b/one", 10), an_artifact("a/two", 20), an_artifact("top", 5)]
    tree = artifacts.artifact_tree([job], [], files)
    assert [(leaf.depth, leaf.name, leaf.bytes) for leaf in tree] == [
        (0, "build", 5000), (1, "a/", 30), (2, "b/", 10), (3, "one", 10), (2, "two", 20), (1, "top", 5),
    ]  # fmt: skip


def test_what_is_not_known_is_said():
    job, run = a_job(1, "build", "x", artifacts_size=5000), an_mlflow_run("owl", artifact_uri="s3://b/1")
    assert [leaf.note for leaf in artifacts.artifact_tree([job], [run], [])] == [
        "the list was not read yet",
        "not read: s3://b/1",
    ]
    archive = an_artifact("artifacts.zip", path="", metadata={"file_type": "archive"})
    assert artifacts.artifact_tree([job], [], [archive])[0].note == artifacts.FILES_SINCE


def test_a_filter_shows_files_under_their_folders():
    job = a_job(1, "b", "x", artifacts_size=9)
    tree = artifacts.artifact_tree([job], [], [an_artifact("a/x"), an_artifact("y")], "A/")
    assert [leaf.name for leaf in tree] == ["b", "a/", "x"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"expires": NOW + timedelta(days=3)}, "in 3d"),
        ({"expires": NOW - timedelta(days=3)}, "expired"),
        ({"is_active": False}, "expired"),
        ({}, ""),
    ],
)
def test_when_an_artifact_goes(values, expected):
    assert artifacts.expiry(an_artifact("x", **values), NOW).text == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"path": "plots/loss.csv", "artifact_type": "DATASET"}, "csv"),
        ({"path": "model/MLmodel", "name": "MLmodel", "artifact_type": "MODEL"}, "model"),
        ({"path": "", "name": "owl", "artifact_type": "MODEL", "metadata": {"model_id": "m-1"}}, "model"),
        ({"path": "x/weights.BIN", "artifact_type": "MODEL"}, "bin"),
        ({"path": "", "metadata": {"file_type": "junit"}}, "junit"),
        ({"path": "Makefile"}, ""),
    ],
)
def test_an_ending_tells_a_format_and_not_what_a_file_is_for(values, expected):
    assert artifacts.kind_of(replace(an_artifact("x"), **values)) == expected


# Metrics


def a_row(name: str, given: dict[str, str] | None = None, **values: object) -> list[str]:
    summary = MetricSummary(**values)  # type: ignore[arg-type]
    line = metrics.Measured(name, an_mlflow_run("a", metrics={name: summary}))
    return [cell.text for cell in metrics.measured_row(line, given or {}, NOW).cells]


def test_extremes_of_samples_are_told_as_such_once_the_run_has_ended():
    summary = MetricSummary(last=2.0, step=9, min=1.0, min_step=3, max=4.0, max_step=5, sampled=True)

    def told(status: str) -> list[str]:
        run = an_mlflow_run("a", metrics={"loss": summary}, status=status)
        return [cell.text for cell in metrics.measured_row(metrics.Measured("loss", run), {}, NOW).cells]

    assert (told("FINISHED")[2], told("FINISHED")[4], told("FINISHED")[6]) == ("~1 ▾", "~1", "~4")
    assert (told("RUNNING")[2], told("RUNNING")[4], told("RUNNING")[6]) == ("1 ▾", "1", "4")


def test_best_is_the_least_of_a_loss_and_the_greatest_of_a_score():
    known = {"last": 2.0, "step": 9, "min": 1.0, "min_step": 3, "max": 4.0, "max_step": 5}
    assert a_row("loss", **known)[1:4] == ["2", "1 ▾", "3"]
    assert a_row("auc", **known)[1:4] == ["2", "4 ▴", "5"]
    assert a_row("loss", {"loss": "max"}, **known)[2] == "4 ▴"
    assert a_row("beta", **known)[2:4] == ["", ""]


def test_what_nobody_told_is_empty_and_nan_is_said():
    assert a_row("loss", last=None, step=4) == ["loss", "NaN", "", "", "", "", "", "", "4", ""]
    assert a_row("auc", last=math.inf)[1] == "inf"


def test_metrics_are_listed_by_how_much_they_tell_and_then_by_run():
    one, two = (an_mlflow_run(n, metrics={"loss": MetricSummary(), "val_auc": MetricSummary()}) for n in "ab")
    lines = metrics.measured(metrics.grouped([one, two]), lambda name: True)
    assert [(line.name, line.run.name) for line in lines] == [
        ("val_auc", "a"), ("val_auc", "b"), ("loss", "a"), ("loss", "b"),
    ]  # fmt: skip
    assert [line.name for line in metrics.measured(metrics.grouped([one]), "loss".__eq__)] == ["loss"]


# One MLflow run


def test_the_head_of_an_mlflow_run():
    run = an_mlflow_run(
        "owl", status="FINISHED", user="ada", end=BEGAN + timedelta(seconds=75), models=("m1",), labels=("best",),
        pipeline_run_id="g:1:42", linked_by="tag", last_logged=BEGAN, tags={"mlflow.source.git.commit": "9f3c2ab177"},
    )  # fmt: skip
    told = words(mlflow.tracked_head(run, "tries", 50.0, NOW))
    for part in ("✓ finished", "took 1:15", "experiment tries", "run owl", "9f3c2ab1", "model m1", "best", "gpu 50%",
                 "pipeline #42", "by a configured tag", "last logged 10m ago", "started "):  # fmt: skip
        assert part in told
    assert "silent" not in told
    nested = replace(run, parent_run_id="0123456789")
    assert "nested in sweep" in words(mlflow.tracked_head(nested, "tries", None, NOW, "sweep"))
    assert "nested in 01234567  " in words(mlflow.tracked_head(nested, "tries", None, NOW))


@pytest.mark.parametrize(
    ("server", "expected"),
    [("https://mlflow.example/", "https://mlflow.example/#/experiments/7/runs/owl"), ("sqlite:///x.db", "")],
)
def test_the_page_of_an_mlflow_run(server, expected):
    assert mlflow.address(an_mlflow_run("owl", experiment_id="7"), server) == expected


# Notes


def test_labels_come_first_then_notes_the_newest_first_then_those_of_mlflow():
    run = replace(a_run(), labels=("best",), notes="old text")
    written = [
        Note(id="1", target_id=run.id, text="first", by="ada", created=BEGAN),
        Note(id="2", target_id=run.id, text="second\nline", by="bo", created=NOW),
    ]
    labels = [Label(id="l", target_id=run.id, name="best", by="ada", created=BEGAN)]
    lines = notes.note_lines(run, [an_mlflow_run("owl", note="theirs")], written, labels, NOW, 40)
    assert [line.text.text for line in lines] == [
        "label best", "second", "line", "", "first", "", "old text", "", "theirs", "",
    ]  # fmt: skip
    assert [line.who.text for line in lines if line.who.text] == [
        "ada, 10m ago", "bo, just now", "ada, 10m ago", "note of the run", "note in MLflow, of owl",
    ]  # fmt: skip


def test_a_note_that_the_run_has_itself_is_told_once():
    run = replace(a_run(), notes="hm")
    lines = notes.note_lines(run, [], [Note(id="1", target_id=run.id, text="hm")], [], NOW, 40)
    assert [line.text.text for line in lines] == ["hm", ""]
