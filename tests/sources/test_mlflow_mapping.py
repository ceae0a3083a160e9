"""Pure parts of the MLflow source."""

from __future__ import annotations

import math

import pytest

from data.config.secret import MASK
from data.sources.mlflow import mapping
from data.sources.mlflow.mapping import MAX_DOUBLE, number, series, thinned, whole


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("NaN", None),
        (math.nan, None),
        ("Infinity", MAX_DOUBLE),
        ("-Infinity", -MAX_DOUBLE),
        (math.inf, MAX_DOUBLE),
        (1.7976931348623157e308, MAX_DOUBLE),
        ("0.5", 0.5),
        (3, 3.0),
        (None, None),
        ("abc", None),
        ([], None),
    ],
)
def test_values_of_metrics(value: object, expected: float | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(("value", "expected"), [("12", 12), (12, 12), (None, 0), ("", 0), (-5, -5), (2**62, 2**62)])
def test_int64_as_text_or_number(value: object, expected: int) -> None:
    assert whole(value) == expected


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 11, 99, 1000])
@pytest.mark.parametrize("limit", [2, 3, 10])
def test_thinning_keeps_first_and_last(count: int, limit: int) -> None:
    rows: list[mapping.Point] = [(step, step, float(step)) for step in range(count)]
    kept = thinned(rows, limit)
    assert len(kept) == min(count, limit)
    assert len(set(kept)) == len(kept)
    if rows:
        assert (kept[0], kept[-1]) == (rows[0], rows[-1])


def test_points_of_one_step_stay_in_the_order_of_time() -> None:
    points = [
        {"step": 1, "timestamp": 30, "value": 3.0},
        {"step": 1, "timestamp": 10, "value": 1.0},
        {"step": 0, "timestamp": 99, "value": 0.0},
    ]
    found = series("ml", "r", "loss", points, max_points=10)
    assert (found.steps, found.times, found.values) == ((0, 1, 1), (99, 10, 30), (0.0, 1.0, 3.0))


def test_a_job_token_in_a_repository_url_is_masked_wherever_it_stands() -> None:
    url = "https://gitlab-ci-token:glcbt-64_abc@gitlab.example.com/ml/churn.git"
    row = {
        "info": {"run_id": "r", "artifact_uri": "s3://key:secret@bucket/1"},
        "data": {
            "tags": [{"key": "mlflow.source.git.repoURL", "value": url}],
            "params": [{"key": "repo", "value": url}],
        },
    }
    found = mapping.tracked_run("ml", row)
    masked = f"https://{MASK}@gitlab.example.com/ml/churn.git"
    assert found.tags["mlflow.source.git.repoURL"] == found.params["repo"] == masked
    assert found.artifact_uri == f"s3://{MASK}@bucket/1"


def test_the_greatest_version_is_the_latest_not_the_last_in_the_alphabet() -> None:
    row = {"name": "churn", "latest_versions": [{"version": "9"}, {"version": "10"}]}
    assert mapping.registered_model("ml", row).latest_version == "10"
    assert mapping.registered_model("ml", {"name": "churn"}).latest_version == ""


@pytest.mark.parametrize("status", ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED", "PAUSED_IN_2031"])
def test_every_status_is_kept(status: str) -> None:
    assert mapping.tracked_run("ml", {"info": {"run_id": "r", "status": status}}).status == status


def test_a_run_with_thousands_of_metrics_keeps_them_all_clean() -> None:
    rows = [{"key": f"m{n}\x1b[31m", "value": n, "timestamp": n, "step": n} for n in range(3_000)]
    found = mapping.tracked_run("ml", {"info": {"run_id": "r"}, "data": {"metrics": rows}})
    assert len(found.metrics) == 3_000
    assert found.metrics["m7"].last == 7.0
    assert found.last_logged is not None and found.last_logged.microsecond == 999_000


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("plots/loss.PNG", "PLOT"), ("data/train.parquet", "DATASET"), ("model/MLmodel", "MODEL"), ("m.pkl", "MODEL"),
        ("conf/params.yaml", "CONFIG"), ("run.log", "LOG"), ("metrics.json", "METRICS"), ("weird", "OTHER"),
    ],
)  # fmt: skip
def test_kinds_of_artifacts(path: str, kind: str) -> None:
    assert mapping.artifact("ml", "r", {"path": path, "file_size": "12"}).artifact_type == kind


def test_paths_that_are_longer_than_an_id_stay_apart() -> None:
    paths = [f"{'folder/' * 100}{name}.csv" for name in ("a", "b")]
    ids = {mapping.artifact("ml", "r", {"path": path}).id for path in paths}
    assert len(ids) == 2


def test_parts_of_a_history_that_touch_are_joined_once() -> None:
    points = [{"step": step, "timestamp": step, "value": step} for step in range(10)]
    parts = [series("ml", "r", "loss", points[at : at + 4], max_points=9) for at in (6, 0, 2)]
    found = mapping.joined(parts)
    assert (found.steps, found.sampled) == (tuple(range(10)), True)
