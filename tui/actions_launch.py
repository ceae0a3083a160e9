"""The builder of a launch's command, from the exact request that `data.launch` makes. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from data.launch.payload import Payload
from data.launch.permissions import why_not_launch
from data.model import Command, PipelineAPI, Project
from data.model.vocabulary import TEST
from tui.actions_base import check, new_command


def launch_command(
    project: Project,
    payload: Payload,
    *,
    api: PipelineAPI | None = None,
    by: str = "",
    why: str = "",
    not_before: datetime | None = None,
    after: str = "",
    after_status: str = "success",
    now: datetime | None = None,
) -> Command:
    """Start a run of a project with exactly this request.

    It waits until `not_before` and until the run with the id `after` has ended as `after_status` says: `success`, or
    `finished` for any end. Values of secret variables are not in it: `data.launch.request.secrets_of` has them.

    Raises:
        UsageError: nothing can be launched in the project.
    """
    check(why_not_launch(project))
    what = " ".join(filter(None, [project.name, api.name if api else "", f"on {payload.ref}"]))
    return new_command(
        "launch",
        project.connection,
        project.id,
        title=f"launch {what}{' (test)' if payload.kind == TEST else ''}",
        payload=msgspec.to_builtins(payload),
        why=why.strip(),
        by=by,
        now=now,
        not_before=not_before,
        after=after,
        after_status=after_status,
    )
