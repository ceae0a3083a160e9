"""What the command of a launch carries: the request, exactly as it will be sent, but for secrets and MLflow."""

from __future__ import annotations

import msgspec

from data.model import Command, Variable
from data.model.base import Json
from data.model.vocabulary import PRODUCTION


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Arguments of a launch. The names of its MLflow variables and their values come when the run is made."""

    ref: str
    variables: list[Variable] = []
    """All variables that are sent but secret ones: locked, of the user, of flow control, RUN_ID."""
    secrets: list[str] = []
    """Variables whose values come on another way than the command, and are never stored."""
    secret_files: list[str] = []
    """Those of `secrets` that jobs find as files."""
    inputs: dict[str, Json] = {}
    """CI/CD inputs with the types that GitLab wants (GitLab docs, ci/inputs)."""
    flow_control: dict[str, bool] = {}
    """Whether each component of the API runs; already turned into variables or inputs above."""
    api: str = ""
    """Id or name of the API."""
    pipeline: str = ""
    """Id or name of the pipeline."""
    kind: str = PRODUCTION
    run_id: str = ""
    track: bool = False
    """Whether an MLflow run is made first and passed on."""
    image: str = ""
    """Image that was asked for; already among the variables or inputs above."""
    environment: str = ""
    """Environment that was asked for; already among the variables or inputs above."""
    labels: list[str] = []
    note: str = ""
    timeout: float | None = None
    """Seconds after which its run is cancelled; None for the pipeline's, 0 for never."""
    callback_url: str = ""
    like: str = ""
    """Id of the run or submission that it was made after."""
    test_repository: str = ""
    """Project in which the pipeline is started, by path or id, for tests; empty for the project's own."""


def payload_of(command: Command) -> Payload:
    """The payload of a command.

    Raises:
        ValueError: it cannot be read (`msgspec.ValidationError`), or names no ref.
    """
    found = msgspec.convert(command.payload, Payload)
    if not found.ref:
        raise ValueError("this launch names no branch or tag")
    return found
