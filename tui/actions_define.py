"""What a user can ask for about definitions: the builder of `define` commands. Pure, like `tui.actions`."""

from __future__ import annotations

import socket
import uuid
from datetime import UTC, datetime

from msgspec.structs import replace

from data.define.check import check
from data.define.plan import Plan, define_payload
from data.errors import UsageError
from data.model import Command, Project, make
from tui.actions import user_name

DEFINE = "define"
"""Kind of the command."""


def define_command(project: Project, plan: Plan, by: str = "", *, why: str = "") -> Command:
    """Carry out a plan: make, change and delete pipelines, jobs and APIs of a project.

    Forms make the plan of one record by `data.define.plan.plan([was], [wanted])`, with an empty list where it is new
    or to be deleted; `lineside apply` makes it of a file. Nothing is sent to a server.

    Raises:
        UsageError: there is nothing to do, or a record is not sound (`data.define.check.check` tells all at once).
    """
    if plan.empty:
        raise UsageError("nothing would change")
    for change in plan.changes:
        for wrong in check(change.new) if change.new is not None else ():
            raise UsageError(f"{wrong.name}: {wrong.field}: {wrong.sentence}")
    target = plan.changes[0].record.id if len(plan.changes) == 1 else project.id
    command = make(
        Command,
        id=str(uuid.uuid4()),
        kind=DEFINE,
        connection=project.connection,
        project_id=project.id,
        target_id=target,
        title=plan.title(project.name),
        by=by or user_name(),
        host=socket.gethostname(),
        why=why,
        created=datetime.now(UTC),
    )
    # Not through `make`: the line ends of a variable's value belong to it.
    return replace(command, payload=define_payload(plan))
