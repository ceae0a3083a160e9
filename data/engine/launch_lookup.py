"""Finds the run of a launch whose answer was lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from data.clean import clean
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.link import RUN_ID
from data.engine.testing import Place
from data.engine.verdict import Undecided
from data.errors import Forbidden, NotFound
from data.launch.naming import called
from data.launch.payload import Payload
from data.model import Command, PipelineRun, Variable
from data.model.masking import is_secret

SEARCH: Final = timedelta(minutes=15)
"""How far back a lost launch is looked for by its RUN_ID: our clock and the server's may differ a lot."""
SLACK: Final = timedelta(seconds=60)
"""How far from its request a run may have been made that is taken for a launch without looking at its variables."""
SHORT: Final = 200
"""Longest value that is compared."""
BY_API: Final = "api"
"""GitLab's source of pipelines that were started through its API."""


async def known_run(context: ProjectContext, command: Command) -> PipelineRun | None:
    """The run that is written down as that of a launch."""
    page = await context.store.page(PipelineRun, where={"submission_id": command.id}, limit=1)
    return page.records[0] if page.records else None


async def find_run(
    context: ProjectContext, command: Command, payload: Payload, place: Place, sent: Sequence[Variable]
) -> PipelineRun | None:
    """The run of a launch by the variables that were sent, or where these may not be read by who, when and on what.

    Raises:
        Undecided: several runs may be it, or one that may be somebody else's.
        SourceError: the server cannot be asked now.
    """
    user, at = context.server.health.record.user, command.sent or command.created
    found = await context.server.call(
        lambda source: source.find_pipelines(
            place.git_project_id, created_after=at - SEARCH, source=BY_API, username=user
        ),
        rank=Rank.PERSON,
    )
    candidates = [run for run in found if run.ref == place.ref and not await _is_of_other(context, run, command)]
    likely: list[PipelineRun] = []
    unreadable: list[PipelineRun] = []
    for run in candidates:
        same = await _has_variables(context, run, payload, sent)
        if same:
            likely.append(run)
        if same is None and abs(run.created - at) <= SLACK + timedelta(seconds=context.timing.settle):
            unreadable.append(run)
    doubtful = likely or unreadable
    if not doubtful:
        return None
    if len(doubtful) == 1 and (likely or user):
        return doubtful[0]
    names = ", ".join(called(run) for run in doubtful)
    raise Undecided(f"pipeline {names} on {place.ref} may or may not be this launch: look at its variables on GitLab")


async def _is_of_other(context: ProjectContext, run: PipelineRun, command: Command) -> bool:
    stored = await context.store.get(PipelineRun, run.id)
    return stored is not None and stored.submission_id not in ("", command.id)


async def _has_variables(
    context: ProjectContext, run: PipelineRun, payload: Payload, sent: Sequence[Variable]
) -> bool | None:
    """Whether it was started with this launch's RUN_ID and other variables; None when its variables cannot tell.

    Launches of several APIs share a RUN_ID, so that it alone does not tell them apart.
    """
    if not payload.run_id or not any(one.key == RUN_ID for one in payload.variables):
        return None
    stored = await context.store.get(PipelineRun, run.id)
    if stored is not None and stored.variables_known:
        has = stored.variables
    else:
        try:
            found = await context.server.call(
                lambda source: source.variables(run.git_project_id, run.git_pipeline_id), rank=Rank.PERSON
            )
        except (Forbidden, NotFound):
            return None
        has = {one.key: one.value for one in found}
    return all(has.get(one.key, "") == one.value for one in sent if _is_plain(one))


def _is_plain(variable: Variable) -> bool:
    """Whether its value comes back from a server as it was sent: no secret, and nothing that is cleaned or cut."""
    value = variable.value
    if variable.secret or variable.kind == "file" or is_secret(variable.key, value):
        return False
    return len(value) <= SHORT and value == clean(value)
