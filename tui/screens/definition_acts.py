"""Defining: what screens with pipelines, APIs and jobs share: a new one, another like it, change, delete."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from data.define.fields import called, named
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob
from data.model.project import Project
from data.model.vocabulary import ACTIVE
from tui.context import collect
from tui.present.text import plural
from tui.screens.base import LinesideScreen

if TYPE_CHECKING:
    from data.define.fields import Definition

READ_ONLY: Final = "Lineside runs read-only"
"""Why nothing is defined."""
MADE_HERE: Final = "user"
"""Who defined what can be deleted: the other records come back from where they are read."""


class Defining(LinesideScreen):
    """A screen whose pipelines, APIs or jobs can be defined."""

    @property
    def definition(self) -> Definition | None:
        """What is under the cursor."""
        return None

    def new_definition(self) -> Definition | None:
        """What `n` begins with, without a name; None where there is nothing that it could belong to."""
        return None

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if not id.startswith("define."):
            return super().why_not(id)
        if self.dashboard.read_only:
            return READ_ONLY
        if id == "define.new":
            return "" if self.is_attached and self.new_definition() else "there is no project that it could belong to"
        record = self.definition if self.is_attached else None
        if record is None:
            return "there is no pipeline, API or job under the cursor"
        return why_not_delete(record) if id == "define.delete" else ""

    def do_define_new(self) -> None:
        """`n`: the form of a new one."""
        record = self.new_definition()
        if record is not None:
            self.dashboard.open_definition(record, new=True)

    def do_define_edit(self) -> None:
        """`e`: the form of the one under the cursor."""
        if self.definition is not None:
            self.dashboard.open_definition(self.definition)

    def do_define_copy(self) -> None:
        """`c`: the form of another one like it; that of a pipeline takes jobs and APIs along."""
        from tui.screens.definition import DefinitionScreen

        record = self.definition
        if record is not None:
            copy: Definition = named(record, "")
            self.dashboard.push_screen(DefinitionScreen(copy, new=True, like=record))

    async def do_define_delete(self) -> None:
        """`D`: ask for the name, then delete."""
        record, feed = self.definition, self.feed
        if record is None or feed is None:
            return
        from widgets.field_name import NameScreen

        gone = await self._with_it(record)
        what = called(record)
        question = NameScreen(f"Delete {what}?", record.name, [*gone, "What is on GitLab stays as it is."])
        self.dashboard.push_screen(question, lambda yes: self._delete(record) if yes else None)

    async def _with_it(self, record: Definition) -> list[str]:
        """What goes with it, and what stays."""
        assert self.feed is not None
        if not isinstance(record, Pipeline):
            return []
        from data.model.run import PipelineRun

        store = self.feed.context.store
        of = {"pipeline_id": record.id}
        apis, jobs = await store.count(PipelineAPI, where=of), await store.count(PipelineJob, where=of)
        runs = await store.count(PipelineRun, where=of)
        active = await store.count(PipelineRun, where={**of, "status": sorted(ACTIVE)})
        stays = f"its {plural(runs, 'run')} {'stays' if runs == 1 else 'stay'}" if runs else "it has no runs"
        told = [f"Its {plural(apis, 'API')} and {plural(jobs, 'job')} go with it; {stays}."]
        return [*told, f"{plural(active, 'run')} of it {'goes' if active == 1 else 'go'} on."] if active else told

    def _delete(self, record: Definition) -> None:
        self.work(partial(self._send_delete, record), group=f"define-{record.id}")

    async def _send_delete(self, record: Definition) -> None:
        from data.define.plan import plan
        from tui.actions_define import define_command

        assert self.feed is not None
        store = self.feed.context.store
        project = await project_of(self, record)
        if project is None:
            return
        gone: list[Definition] = [record]
        if isinstance(record, Pipeline):
            gone += await collect(store, PipelineJob, where={"pipeline_id": record.id})
            gone += await collect(store, PipelineAPI, where={"pipeline_id": record.id})
        self.submit(define_command(project, plan(gone, []), self.dashboard.user))


async def project_of(screen: LinesideScreen, record: Definition) -> Project | None:
    """The project of a pipeline, an API or a job; None, which is said, where it is not in the store any more."""
    assert screen.feed is not None
    store = screen.feed.context.store
    pipeline = record if isinstance(record, Pipeline) else await store.get(Pipeline, record.pipeline_id)
    project = await store.get(Project, pipeline.project_id) if pipeline else None
    if project is None:
        screen.say("its project is not in the store any more", "warning")
    return project


def why_not_delete(record: Definition) -> str:
    """Why something defined would not stay deleted; empty where it does."""
    if record.defined_by == MADE_HERE:
        return ""
    what = called(record)
    if record.defined_by == "configuration":
        return f"{what} is defined in the configuration file, and would come back: take it out there"
    return f"{what} comes from the project itself, and would come back"
