"""Addresses of GitLab and MLflow name records."""

from __future__ import annotations

import pytest

from data.errors import UsageError
from data.model import Experiment, JobRun, ModelVersion, PipelineRun, Project, Record, RegisteredModel, TrackedRun
from tui.links import LinkTarget, is_link, parse_link

GITLAB = {"work": "https://gitlab.example", "sub": "https://tools.example/gitlab", "lab": "http://127.0.0.1:8080"}
MLFLOW = {"mlflow": "https://mlflow.example", "proxied": "https://tools.example/mlflow", "file": "sqlite:///x.db"}
RUN = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "connection", "kind", "path", "number", "line"),
    [
        ("https://gitlab.example/ml/churn/-/pipelines/4312", "work", PipelineRun, "ml/churn", 4312, 0),
        ("https://gitlab.example/ml/deep/churn/-/pipelines/4312/builds", "work", PipelineRun, "ml/deep/churn", 4312, 0),
        ("https://gitlab.example/ml/churn/pipelines/4312", "work", PipelineRun, "ml/churn", 4312, 0),
        ("https://gitlab.example/ml/churn/-/jobs/991", "work", JobRun, "ml/churn", 991, 0),
        ("https://gitlab.example/ml/churn/-/jobs/991/raw", "work", JobRun, "ml/churn", 991, 0),
        ("https://gitlab.example/ml/churn/-/jobs/991#L120", "work", JobRun, "ml/churn", 991, 120),
        ("https://gitlab.example/ml/churn", "work", Project, "ml/churn", 0, 0),
        ("https://gitlab.example/ml/churn/-/pipelines", "work", Project, "ml/churn", 0, 0),
        ("https://gitlab.example/ml/churn/-/pipelines?ref=main", "work", Project, "ml/churn", 0, 0),
        ("https://gitlab.example/ml/churn/-/tree/main/src", "work", Project, "ml/churn", 0, 0),
        ("https://GITLAB.example:443/ml/churn/-/pipelines/1/", "work", PipelineRun, "ml/churn", 1, 0),
        ("https://tools.example/gitlab/ml/churn/-/jobs/5", "sub", JobRun, "ml/churn", 5, 0),
        ("http://127.0.0.1:8080/ml/churn/-/jobs/5", "lab", JobRun, "ml/churn", 5, 0),
        ("https://gitlab.example/api/v4/projects/7/pipelines/12", "work", PipelineRun, "7", 12, 0),
        ("https://gitlab.example/api/v4/projects/ml%2Fchurn/jobs/5/trace", "work", JobRun, "ml/churn", 5, 0),
        (f"https://mlflow.example/#/experiments/3/runs/{RUN}", "mlflow", TrackedRun, RUN, 0, 0),
        (f"https://tools.example/mlflow/#/experiments/3/runs/{RUN}/metrics", "proxied", TrackedRun, RUN, 0, 0),
        ("https://mlflow.example/#/experiments/3?searchFilter=", "mlflow", Experiment, "3", 0, 0),
        ("https://mlflow.example/#/models/churn%20net/versions/4", "mlflow", ModelVersion, "churn net", 4, 0),
        ("https://mlflow.example/#/models/churn", "mlflow", RegisteredModel, "churn", 0, 0),
    ],
)
def test_addresses(url: str, connection: str, kind: type[Record], path: str, number: int, line: int) -> None:
    assert is_link(url)
    assert parse_link(url, GITLAB, MLFLOW) == LinkTarget(kind, connection, path, number, line)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://elsewhere.example/ml/churn/-/pipelines/1", "no connection leads to elsewhere.example"),
        ("https://gitlab.example.evil.example/ml/churn", "no connection leads to gitlab.example.evil.example"),
        ("https://user:secret@elsewhere.example/x/y", "no connection leads to elsewhere.example"),
        ("https://gitlab.example/", "names no project"),
        ("https://gitlab.example/dashboard", "names no project"),
        ("https://mlflow.example/", "names no experiment"),
        ("http://gitlab.example:9999999/ml/churn", "not an address"),
    ],
)
def test_other_addresses_say_why(url: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        parse_link(url, GITLAB, MLFLOW)
    assert "secret" not in str(caught.value)


def test_escape_sequences_do_not_reach_the_message() -> None:
    with pytest.raises(UsageError) as caught:
        parse_link("https://gitlab.example/\x1b]52;c;x\x07", GITLAB, MLFLOW)
    assert "\x1b" not in str(caught.value)
