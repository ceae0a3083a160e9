"""Which values of a metric are the better ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.config import Settings, load
from data.config.load import check
from data.direction import direction, guess

GREATEST = [
    "val_auc",
    "training_f1_score",
    "R2",
    "r2_score",
    "valAUC",
    "precision@5",
    "hits@10",
    "tokens_per_second",
    "mAP50-95",
    "log_likelihood",
    "neg_mean_squared_error",
    "explained_variance",
    "true_negatives",
    "rougeL",
    "acc@1",
    "best_score",
    "train/accuracy",
]
LEAST = [
    "val_loss",
    "logLoss",
    "brier_score",
    "negative_log_likelihood",
    "top_1_error",
    "false_positives",
    "MSE",
    "bits_per_byte",
    "gpu_time",
    "train/cross_entropy",
    "val.perplexity",
    "eval-wer",
    "loss/total",
]
NEITHER = [
    "lr",
    "learning_rate",
    "epoch",
    "system/cpu_utilization_percentage",
    "best_iteration",
    "loss_scale",
    "kl_weight",
    "準確",
    "2024",
    "-",
]


@pytest.mark.parametrize(("names", "wanted"), [(GREATEST, "max"), (LEAST, "min"), (NEITHER, "")])
def test_names_tell_what_is_best(names, wanted):
    assert {name: guess(name) for name in names} == dict.fromkeys(names, wanted)


def test_what_is_given_counts_before_the_name():
    given = {"loss": "max", "*_auc": "min", "val_*": "max", "epoch": "max", "noise": "none", "acc": "none"}
    assert direction("loss", given) == "max"
    assert direction("val_auc", given) == "min"  # the first pattern that fits
    assert direction("val_loss", given) == "max"
    assert direction("epoch", given) == "max"
    assert direction("acc", given) == ""
    assert direction("train_loss", given) == "min"


def test_an_exact_name_counts_before_a_pattern_and_signs_of_expressions_mean_themselves():
    assert direction("val_auc", {"*auc": "min", "val_auc": "max"}) == "max"
    assert direction("a[0]_auc", {"a[0]*": "min"}) == "min"
    assert direction("a0_auc", {"a[0]*": "min"}) == "max"


def test_the_configuration_sets_it(tmp_path: Path):
    path = tmp_path / "lineside.yaml"
    path.write_text('metrics: {val_loss: max, "*_auc": min, x: none}\n')
    settings = load(path, env={})
    assert settings.directions == {"val_loss": "max", "*_auc": "min", "x": "none"}
    assert direction("test_auc", settings.directions) == "min"
    assert Settings().directions == {}


def test_a_wrong_direction_is_told_with_its_line(tmp_path: Path):
    path = tmp_path / "lineside.yaml"
    path.write_text("read_only: true\nmetrics:\n  loss: mni\n")
    problems = [problem for problem in check(path, env={}) if "metrics" in problem.field]
    assert [(problem.line, problem.field) for problem in problems] == [(3, "metrics.loss")]
    assert "min" in problems[0].hint
