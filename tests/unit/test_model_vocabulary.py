"""Words of servers, and the stage type that a job's name suggests."""

from __future__ import annotations

import pytest

from data.model import vocabulary
from data.model.vocabulary import (
    ACTIVE,
    BLOCKED,
    CANCELABLE,
    FINISHED,
    RETRYABLE,
    STAGE_TYPES,
    STATUSES,
    guess_stage_type,
)


def test_every_status_is_active_blocked_or_finished() -> None:
    assert set(STATUSES) == ACTIVE | BLOCKED | FINISHED
    assert not ACTIVE & BLOCKED and not ACTIVE & FINISHED and not BLOCKED & FINISHED


def test_what_can_be_cancelled_and_retried() -> None:
    assert "canceling" not in CANCELABLE and "scheduled" in CANCELABLE and not CANCELABLE & FINISHED
    assert RETRYABLE <= FINISHED


@pytest.mark.parametrize(
    ("job", "stage", "expected"),
    [
        ("train", "", "MODEL_TRAINING"),
        ("train-model", "build", "MODEL_TRAINING"),
        ("fit_xgboost", "", "MODEL_TRAINING"),
        ("fine-tune-llm", "", "MODEL_TRAINING"),
        ("finetuning", "", "MODEL_TRAINING"),
        ("tune-lr", "", "HYPERPARAMETER_TUNING"),
        ("hpo-optuna", "train", "HYPERPARAMETER_TUNING"),
        ("evaluate", "train", "MODEL_EVALUATION"),
        ("eval: [gpu, 1]", "", "MODEL_EVALUATION"),
        ("validate-model", "", "MODEL_VALIDATION"),
        ("validate data", "", "DATA_VALIDATION"),
        ("data-quality", "", "DATA_VALIDATION"),
        ("ingest", "", "DATA_INGESTION"),
        ("download-dataset", "", "DATA_INGESTION"),
        ("preprocess", "data", "DATA_PREPROCESSING"),
        ("tokenize", "", "DATA_PREPROCESSING"),
        ("build_features", "", "FEATURE_ENGINEERING"),
        ("train_test_split", "", "DATA_SPLITTING"),
        ("register-model", "", "MODEL_REGISTRATION"),
        ("deploy:production", "", "MODEL_DEPLOYMENT"),
        ("drift-monitor", "", "MODEL_MONITORING"),
        ("unit tests", "", "MODEL_TESTING"),
        ("build-image", "", "ENVIRONMENT_SETUP"),
        ("terraform apply", "", "RESOURCE_PROVISIONING"),
        ("cleanup", "deploy", "CLEANUP"),
        ("eda", "", "EXPLORATORY_DATA_ANALYSIS"),
        ("compare-models", "", "MODEL_COMPARISON"),
        ("job-1", "train", "MODEL_TRAINING"),
        ("job-1", "", "CUSTOM"),
        ("", "", "CUSTOM"),
        ("漢字", "", "CUSTOM"),
        ("TRAIN", "", "MODEL_TRAINING"),
    ],
)
def test_stage_types_are_guessed(job: str, stage: str, expected: str) -> None:
    assert guess_stage_type(job, stage) == expected
    assert expected in STAGE_TYPES


def test_every_guess_is_a_known_type() -> None:
    assert {kind for _, kind in vocabulary._STAGE_WORDS} <= set(STAGE_TYPES)
