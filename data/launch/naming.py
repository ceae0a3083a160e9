"""Names that a launch works with: RUN_ID, the variables that every launch gets anew, what may be a variable's name."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Final

from data.clean import clean
from data.model import PipelineRun
from data.model.vocabulary import PRODUCTION, TEST

KINDS: Final = (PRODUCTION, TEST)
"""Kinds of a launch."""
RUN_ID: Final = "RUN_ID"
"""Variable that Lineside sets at a launch: runs with the same value belong together; a lost launch is found by it."""
MLFLOW_RUN_ID: Final = "MLFLOW_RUN_ID"
"""Variable by which a job resumes the MLflow run that was made for it (MLflow docs, environment variables)."""
MLFLOW_NAMES: Final = (MLFLOW_RUN_ID, "MLFLOW_EXPERIMENT_ID", "MLFLOW_TRACKING_URI")
"""Variables that pass an MLflow run on."""
TESTED_API: Final = "LINESIDE_API"
"""Variable with the name of the tested API."""
TESTED_REF: Final = "LINESIDE_REF"
"""Variable with the branch or tag that is tested."""
PASSED: Final = frozenset({RUN_ID, *MLFLOW_NAMES, TESTED_API, TESTED_REF})
"""Variables that every launch gets anew; they are not taken over from an earlier run."""

RUN_ID_RULE: Final = re.compile(r"[\w.-]{1,100}", re.ASCII)
"""What a RUN_ID that the user gives may look like."""
VARIABLE_KEY: Final = re.compile(r"[A-Za-z0-9_]{1,255}")
"""What GitLab takes as the name of a CI/CD variable (GitLab docs, ci/variables)."""
REF_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{")
"""What no name of a branch or tag holds."""

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: sorts like the numbers it writes, without letters that look like digits."""
TIME_DIGITS: Final = 7
"""Digits of a RUN_ID that hold the seconds since 1970; enough until the year 3058."""
CHANCE_DIGITS: Final = 5
"""Random digits of a RUN_ID: 33 million values within one second."""


def why_not_ref_name(name: str) -> str:
    """Why git has no branch or tag of a name (git docs, git-check-ref-format)."""
    parts = name.split("/")
    bad = REF_FORBIDDEN.search(name) or "" in parts or name.startswith("-") or name.endswith(".")
    if bad or any(part.startswith(".") or part.endswith(".lock") for part in parts):
        return f"{clean(name)!r} can be the name of no branch or tag"
    return ""


def called(run: PipelineRun) -> str:
    """What people call a run: GitLab's `#` and number of the pipeline."""
    return f"#{run.git_pipeline_id}"


def new_run_id(now: datetime | None = None) -> str:
    """A new RUN_ID: 12 letters and digits, later ones sort behind earlier ones (to the second)."""
    seconds = int((now or datetime.now(UTC)).timestamp())
    digits = "".join(ALPHABET[seconds >> shift & 31] for shift in range(5 * (TIME_DIGITS - 1), -1, -5))
    return digits + "".join(secrets.choice(ALPHABET) for _ in range(CHANCE_DIGITS))
