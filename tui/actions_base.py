"""What all builders of commands share: who asks, the record itself, and the check that refuses."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from data.clean import clean
from data.errors import UsageError
from data.model import Command, make

USER = "LINESIDE_USER"
"""Environment variable with the name under which others know the user, where that is not the login name."""


def user_name() -> str:
    """`LINESIDE_USER`, else the login name of whoever runs this process; `unknown` where the system cannot tell."""
    try:
        return clean(os.environ.get(USER, "")).strip() or clean(getpass.getuser()) or "unknown"
    except (OSError, KeyError):
        return "unknown"


def new_command(
    kind: str,
    connection: str,
    project_id: str,
    *,
    title: str,
    target_id: str = "",
    payload: Mapping[str, Any] | None = None,
    why: str = "",
    by: str = "",
    now: datetime | None = None,
    **more: object,
) -> Command:
    """A command of this user on this machine; `more` are further fields of the record."""
    command = make(
        Command,
        id=str(uuid.uuid4()),
        kind=kind,
        connection=connection,
        project_id=project_id,
        target_id=target_id,
        title=title,
        by=by or user_name(),
        host=socket.gethostname(),
        why=why,
        created=now or datetime.now(UTC),
        **more,
    )
    # Not through `make`: the line ends of a variable's value belong to it.
    return replace(command, payload=dict(payload or {}))


def check(reason: str) -> None:
    """Refuse with a reason; an empty one is none.

    Raises:
        UsageError: there is a reason.
    """
    if reason:
        raise UsageError(reason)
