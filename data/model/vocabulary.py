"""Words that records use. All of them are open: an unknown word of a server is kept and shown, never an error."""

from __future__ import annotations

import re
from typing import Final

STATUSES: Final = (
    "created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running",
    "success", "failed", "canceling", "canceled", "skipped", "manual", "scheduled",
)  # fmt: skip
"""Statuses of pipelines and jobs (GitLab, `Ci::HasStatus`)."""
FINISHED: Final = frozenset({"success", "failed", "canceled", "skipped"})
"""Statuses that do not change any more without a person or a retry."""
BLOCKED: Final = frozenset({"manual", "scheduled"})
"""Statuses that wait for a person or a time: neither active nor complete."""
ACTIVE: Final = frozenset(
    {"created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "canceling"}
)
"""Statuses in which a server is expected to move on by itself."""
CANCELABLE: Final = (ACTIVE | {"scheduled"}) - {"canceling"}
"""Statuses from which GitLab accepts a cancel."""
RETRYABLE: Final = frozenset({"failed", "canceled"})
"""Statuses of a pipeline for which a retry starts something (a successful job may be run again, too)."""

PRODUCTION: Final = "production"
"""Kind of a run that works on the project's own data and experiment."""
TEST: Final = "test"
"""Kind of a run of a test side: test repository, buckets and experiment."""

MODEL_TRAINING: Final = "model training"
MODEL_INFERENCE: Final = "model inference"
PIPELINE_TYPES: Final = (MODEL_TRAINING, MODEL_INFERENCE)
"""What a pipeline is for."""
E2E: Final = "E2E"
SUB_API: Final = "custom Sub-API"
API_TYPES: Final = (E2E, SUB_API)
"""Whether an API runs the whole pipeline or some components of it."""

MAX_CONCURRENT: Final = 5
"""Runs of a pipeline, and launched runs of a connection, at a time where nobody says."""
PIPELINE_TIMEOUT: Final = 3600.0
"""Seconds after which a launched run is cancelled where nobody says."""
FLOW_RULE: Final = "RUN_<JOB>=false"
"""How a component that is off is told to its pipeline where nobody says."""

STAGE_TYPES: Final = (
    "DATA_INGESTION", "DATA_VALIDATION", "DATA_PREPROCESSING", "FEATURE_ENGINEERING", "DATA_SPLITTING",
    "MODEL_TRAINING", "MODEL_VALIDATION", "MODEL_EVALUATION", "MODEL_TESTING",
    "MODEL_REGISTRATION", "MODEL_DEPLOYMENT", "MODEL_MONITORING",
    "EXPLORATORY_DATA_ANALYSIS", "HYPERPARAMETER_TUNING", "MODEL_COMPARISON",
    "ENVIRONMENT_SETUP", "RESOURCE_PROVISIONING", "CLEANUP", "CUSTOM",
)  # fmt: skip
"""Kinds of stages of an ML pipeline."""
ARTIFACT_TYPES: Final = ("MODEL", "DATASET", "METRICS", "PLOT", "LOG", "CONFIG", "REPORT", "OTHER")
"""Kinds of things that a job leaves behind."""
STORAGE_TYPES: Final = ("LOCAL", "S3", "GCS", "AZURE", "GITLAB", "MLFLOW")
"""Where an artifact lies: the common storage backends, and the two servers' own."""

TRACKED_STATUSES: Final = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
"""Statuses of an MLflow run."""
TRACKED_ACTIVE: Final = frozenset({"RUNNING", "SCHEDULED"})
"""Statuses of an MLflow run that may still change by itself."""

COMMAND_KINDS: Final = (
    "launch", "cancel", "retry", "play", "erase", "keep", "delete", "rename", "schedule", "note", "label", "settle",
    "define", "callback",
)  # fmt: skip
"""What a user can ask the engine to do."""
COMMAND_STATES: Final = ("queued", "sending", "done", "refused", "unknown", "withdrawn")
"""Life of a command: `queued -> sending -> done | refused | unknown`; a queued one can be `withdrawn`."""
TEAM_STORE: Final = "store"
"""Id of the `Connection` that tells how the talk with a team's store goes."""
MONGODB: Final = "mongodb"
"""Its kind."""
COMMAND_OPEN: Final = frozenset({"queued", "sending"})
"""States of a command that still waits for its outcome."""

_STAGE_WORDS: Final = (
    (r"clean[-_ ]?up|teardown|stop", "CLEANUP"),
    (r"hyper|hpo|(?<!fine)(?<!fine[-_ ])tun(e|ing)|optuna|sweep|trial", "HYPERPARAMETER_TUNING"),
    (r"provision|terraform|infra", "RESOURCE_PROVISIONING"),
    (r"set-?up|install|prepare[-_ ]?env|environment|docker|build[-_ ]?image", "ENVIRONMENT_SETUP"),
    (r"eda\b|explor", "EXPLORATORY_DATA_ANALYSIS"),
    (r"compar", "MODEL_COMPARISON"),
    (r"monitor|drift", "MODEL_MONITORING"),
    (r"deploy|release|rollout|serve", "MODEL_DEPLOYMENT"),
    (r"regist|publish|promote", "MODEL_REGISTRATION"),
    (r"split", "DATA_SPLITTING"),
    (r"feature|featurize", "FEATURE_ENGINEERING"),
    (r"(valid|check|test|lint)\w*[-_ ]?data|data[-_ ]?(valid|check|qual|test)|schema", "DATA_VALIDATION"),
    (r"preproc|transform|clean|normali[sz]e|tokeni[sz]e", "DATA_PREPROCESSING"),
    (r"ingest|extract|fetch|download|load|data", "DATA_INGESTION"),
    (r"evaluat|\beval|score|metric", "MODEL_EVALUATION"),
    (r"validat", "MODEL_VALIDATION"),
    (r"train|fit|fine[-_ ]?tun|distil", "MODEL_TRAINING"),
    (r"test", "MODEL_TESTING"),
)
_STAGE_PATTERNS: Final = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _STAGE_WORDS)


def guess_stage_type(job: str, stage: str = "") -> str:
    """The stage type that a job's name suggests, else the one its stage's name suggests, else `CUSTOM`."""
    for text in (job, stage):
        for pattern, kind in _STAGE_PATTERNS:
            if pattern.search(text):
                return kind
    return "CUSTOM"
