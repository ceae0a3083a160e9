"""The launch form as it is read, drawn and typed into; `tui.screens.launch` has its commands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.containers import Container, Vertical
from textual.timer import Timer
from textual.widget import Widget

from data.errors import UsageError
from data.launch.asked import Problem, known_ref
from data.model.ci import CiPreview, Refs
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob, Submission
from data.model.project import Project
from data.model.run import PipelineRun, RunInfo
from data.model.work import Command, Connection
from styles import sheet
from tui.present.launch_fields import FILE, PIPELINE, ROWS, Value
from tui.present.launch_graph import outlook
from tui.present.launch_offers import ref_offers, run_id_offers, when_offers
from tui.present.launch_request import Line, Queue, request_lines, waiting_lines
from tui.screens.base import LinesideScreen
from tui.screens.launch_draft import Draft, Like
from tui.screens.launch_form import LaunchForm
from tui.screens.launch_preview import LaunchPreview
from tui.screens.launch_source import last_run, read_like, read_preview, read_queue, read_source
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.formparts import TogglesField

if TYPE_CHECKING:
    from data.store.port import Changes, Store

REF_PAUSE = 0.6
"""Seconds without a key after which what runs on the typed ref is asked for."""
FORM_SHARE = 62
"""Per cent of the height that the form takes at most where the request stands below it, as in the stylesheet."""
AROUND = (Project, Connection, Pipeline, PipelineAPI, PipelineJob, Refs, CiPreview, RunInfo, PipelineRun, Command)
"""Records that the form shows something of."""


class LaunchBase(LinesideScreen):
    """Everything of the form but its commands.

    Args:
        project_id: where something is started.
        like: the run or submission that the form is filled from; the last run's variables otherwise.
        pipeline_id, api_id: what is started.
    """

    NAME = "launch"
    TAB = "runs"
    AUTO_FOCUS = "#ref"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-short"), (30, "-tall")]
    CSS_PATH: ClassVar = [sheet("form"), sheet("launch")]

    def __init__(
        self,
        project_id: str,
        like: PipelineRun | Submission | None = None,
        *,
        pipeline_id: str = "",
        api_id: str = "",
    ) -> None:
        super().__init__()
        self.project_id = project_id
        self.like, self._pipeline_id, self._api_id = like, pipeline_id, api_id
        self.draft: Draft | None = None
        self.queue = Queue()
        self._begun = False
        self._touched: set[str] = set()
        self.attempted = False
        self.first_wrong = ""
        """The first field in which something is wrong."""
        self._shown_problem = ""
        self._ref_timer: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """Heading, fields with a line of help, and what will be sent."""
        yield Facts(1, id="launch-head")
        with Container(id="launch-body"):
            with Vertical(id="launch-left"):
                yield LaunchForm(id="launch-form")
                yield Facts(1, id="launch-help")
            yield LaunchPreview(id="launch-right")

    @property
    def form(self) -> LaunchForm:
        """The fields."""
        return self.query_one(LaunchForm)

    def crumbs(self) -> tuple[str, ...]:
        """The project."""
        return ("lineside", self.draft.source.project.name if self.draft else "", "launch")

    def topics(self) -> Sequence[str]:
        """The project's refs, and what runs on the one in the form."""
        found = ["projects", f"project:{self.project_id}", f"refs:{self.project_id}"]
        if self.draft is not None and (ref := self.draft.ref) and self._worth_asking(ref):
            found.append(f"preview:{self.project_id}@{ref}")
        return found

    def _worth_asking(self, ref: str) -> bool:
        """Whether there is such a ref, as far as is known."""
        assert self.draft is not None
        return self.draft.target.refs is None or known_ref(self.draft.target, ref) is not None

    def fresh_run_id(self) -> str:
        """The RUN_ID of a request that names none, the same while the form is open."""
        raise NotImplementedError

    # Reading

    async def reload(self) -> None:
        """Read what the form is about: it begins with that, and later only gets what is new."""
        if self.feed is None:
            return
        store = self.feed.context.store
        source = await read_source(store, self.project_id)
        if source is None:
            self.say("this project is not in the store", "warning")
            return
        if self.draft is None:
            self.draft = Draft(source, await self._like(store), self.fresh_run_id(), self._pipeline_id, self._api_id)
        self.draft.take(source, await read_preview(store, source.project.id, self.draft.ref))
        await self.read_queue(store)
        await self.show_fields()
        body = self.query_one("#launch-body")
        while not self._begun and self.is_attached and not body.size.height:  # which parts are folded depends on it
            if not await self.wait_for_refresh():
                break
        if not self._begun:  # not before: a newer call may have taken the place of the first one on its way
            self._begun = True
            self.form.fold_unchanged(self.draft.marks(), self.form_room)
            self.read_files()
            self._focus_first()
            await self.feed.look_at(self.topics())
        self.refresh_frame()

    async def _like(self, store: Store) -> Like:
        if self.like is not None:
            return Like(*await read_like(store, self.like), wholly=True)
        api = self._api_id.rpartition(":")[2]
        last = await last_run(store, self.project_id, self._pipeline_id, api)
        return Like() if last is None else Like(*await read_like(store, last))

    async def read_queue(self, store: Store) -> None:
        assert self.draft is not None and self.feed is not None
        connection = self.feed.context.settings.connections.get(self.draft.source.project.connection)
        self.queue = await read_queue(store, self.draft.target, connection.max_concurrent if connection else 0)

    def _focus_first(self) -> None:
        if self.focused is None:
            self.form.go_to("ref")

    async def data_changed(self, changes: Changes) -> None:
        """Take over what changed around the form."""
        if any(kind in changes.put or kind in changes.deleted for kind in AROUND):
            self.load()

    # Drawing

    @property
    def form_room(self) -> int:
        """Lines that the form has without scrolling."""
        height = self.query_one("#launch-body").size.height
        if self.has_class("-low"):
            return height
        return height - 1 if self.has_class("-wide") else height * FORM_SHARE // 100 - 1

    async def show_fields(self) -> None:
        """Make the fields that there are now, with the values of the request."""
        draft = self.draft
        if draft is None or not self.is_attached:
            return
        await self.form.show(draft.sections())
        self.form.fill(draft.request, draft.target)
        default = draft.defaults.ref
        self.form.offer("ref", ref_offers(draft.target.refs, default, self.now()))
        self.form.offer("run_id", run_id_offers(draft.source.run_infos, self.now()))
        self.form.offer("when", when_offers(draft.source.active, self.now()))
        self.show()

    def show(self) -> None:
        """Say beside the fields what differs and what is wrong, and show what comes of them."""
        draft = self.draft
        if draft is None or not self.is_attached:
            return
        wrong = self.wrong()
        shown = [one for one in wrong if self._is_shown(one)]
        self.first_wrong, other = self.form.annotate(draft.marks(), shown)
        self._shown_problem = shown[0].message if shown else ""
        self._show_head(other)
        self._show_preview(wrong)
        self._refresh_foot()

    def _is_shown(self, problem: Problem) -> bool:
        """Whether a complaint is due: what is merely not filled in yet waits until one tries to send."""
        if self.attempted or self.draft is None:
            return True
        group, _, key = problem.field.partition(".")
        held = getattr(self.draft.request, group, None) if group in {"variables", "inputs"} else "something"
        empty = isinstance(held, dict) and not held.get(key)
        return not empty or problem.field in self._touched

    def wrong(self) -> list[Problem]:
        """All that stands against the request, what only the fields can tell included."""
        assert self.draft is not None
        rows = [spec.name for spec in self.form.specs.values() if spec.kind == ROWS]
        doubled = [Problem(name, self.draft.doubled(self.form.row_names(name), name)) for name in rows]
        return [*self.draft.problems(), *(one for one in doubled if one.message)]

    def _show_head(self, other: Sequence[str]) -> None:
        draft = self.draft
        assert draft is not None
        project = draft.source.project
        cells = [Cell(f"Launch {project.name}", "bold")]
        if other:
            cells.append(Cell(other[0], "failed"))
        elif draft.like.wholly:
            cells.append(Cell(f"filled {draft.like.origin}", "accent"))
        elif draft.like.origin:
            cells.append(Cell(f"filled {draft.like.origin}, the last run", "dim"))
        cells.append(Cell(project.path, "dim"))  # last: it is what can be cut off
        self.query_one("#launch-head", Facts).update([cells])

    def _show_preview(self, wrong: Sequence[Problem]) -> None:
        draft = self.draft
        assert draft is not None
        preview = self.query_one(LaunchPreview)
        found = outlook(draft.target, draft.request, draft.flow())
        if wrong:
            preview.show(found, problems=wrong)
        elif unread := draft.unread():
            preview.show(found, waits=[f"reading {path}" for path in unread.values()])
        else:
            preview.show(found, self.lines(), self.waits(), draft.notes())

    def lines(self) -> list[Line]:
        """The exact request."""
        assert self.draft is not None
        return request_lines(self.draft.target, self.draft.complete(), self.draft.payload())

    def waits(self) -> list[str]:
        """What it will wait for."""
        assert self.draft is not None
        pipeline = self.draft.pipeline.name if self.draft.pipeline else ""
        try:
            return waiting_lines(self.draft.when(self.now()), self.queue, pipeline, self.now())
        except UsageError as error:  # it passed meanwhile
            return [str(error)]

    def _trouble_cell(self) -> Cell:
        """The first thing that is wrong, as long as it is."""
        trouble = super()._trouble_cell()
        return trouble if trouble.text or not self._shown_problem else Cell(self._shown_problem, "failed")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what the field is for."""
        help = self.form.help_of(event.widget)
        self.query_one("#launch-help", Facts).update([[Cell(help, "dim")]])

    # Typing

    async def on_launch_form_edited(self, message: LaunchForm.Edited) -> None:
        """Take what was typed."""
        await self._take(message.name, message.value)

    async def _take(self, name: str, value: Value) -> None:
        draft = self.draft
        if draft is None:
            return
        self._touched.add(name)
        if name in {"api", PIPELINE}:
            pipeline = draft.pipeline
            if name == PIPELINE:
                pipeline = next((one for one in draft.source.pipelines if one.name == value), pipeline)
            draft.choose(pipeline, draft.source.api(pipeline, str(value) if name == "api" else ""))
            if self.feed is not None:
                await self.read_queue(self.feed.context.store)
            await self.show_fields()
            return
        draft.change(name, value)
        if name == "ref":
            self._ref_changed()
            if draft.sections() != self.form.sections:
                await self.show_fields()
                return
        elif self.form.specs[name].kind == FILE:
            self.read_files()
        self.show()

    def on_toggles_field_switched(self, message: TogglesField.Switched) -> None:
        """Switch a component, and say what goes with it."""
        if self.draft is not None:
            said = self.draft.switch(message.name, message.on)
            self.show()
            if said:
                self.say("; ".join(said), "accent")

    def _ref_changed(self) -> None:
        """What runs there is asked for when one has stopped typing."""
        if self._ref_timer is not None:
            self._ref_timer.stop()
        self._ref_timer = self.set_timer(REF_PAUSE, partial(self.work, self._ask_preview, group="preview"))

    async def _ask_preview(self) -> None:
        if self.feed is not None:
            await self.feed.look_at(self.topics())
            self.load()

    def read_files(self) -> None:
        """Read the files that are named now, in a thread."""
        if self.draft is not None and self.draft.unread():
            self.work(self._reading, group="files")

    async def _reading(self) -> None:
        draft = self.draft
        assert draft is not None
        draft.files.update(await asyncio.to_thread(draft.read_files))
        self.show()
