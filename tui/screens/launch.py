"""Launch: one form for a run: API, ref, production or test, variables; with the exact request below it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget

from data.errors import UsageError
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob
from data.model.project import Project
from data.model.run import PipelineRun
from data.model.vocabulary import PRODUCTION, TEST
from styles import sheet
from tui.actions import new_run_id, why_not_launch, why_not_variables
from tui.launching import Draft, Start, api_of, command_of, draft_of, preview, secrets_of, start_from
from tui.screens.base import LinesideScreen, bindings
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.forms import ChoiceField, Field, TextField, ToggleField
from widgets.rowsfield import Pair, RowsField

if TYPE_CHECKING:
    from data.model.work import Command

FRAME_LINES = 9
"""Lines of the screen beside the form and the request: frame, headings, a blank one."""
AT_ONCE = 200
"""Pipelines, APIs and jobs of one project that are read."""


class LaunchScreen(LinesideScreen):
    """The form."""

    NAME = "launch"
    TAB = "runs"
    BINDINGS = bindings("launch")
    AUTO_FOCUS = "#ref"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    CSS_PATH: ClassVar = [sheet("form"), sheet("launch")]

    def __init__(self, project_id: str, like: PipelineRun | None = None) -> None:
        super().__init__()
        self.project_id = project_id
        self.like = like
        self.start: Start | None = None
        self._run_id = new_run_id()

    def body(self) -> Iterable[Widget]:
        """Heading, fields, and what will be sent."""
        yield Facts(2, id="launch-head")
        with VerticalScroll(id="launch-form", can_focus=False):
            yield ChoiceField("API", (), id="api")
            yield TextField("branch or tag", required=True, id="ref")
            yield ChoiceField("kind", (PRODUCTION, TEST), PRODUCTION, id="kind")
            yield ToggleField("MLflow run", hint="create it first and pass MLFLOW_RUN_ID", id="track")
            yield TextField("why", hint="a note for the history", id="why")
            yield Facts(1, id="variables-head")
            yield RowsField("variables", id="variables")
        yield Facts(1, id="preview-head")
        yield Facts(0, id="preview")
        yield Vertical(id="launch-space")

    def crumbs(self) -> tuple[str, ...]:
        """The project."""
        return ("lineside", self.start.project.name if self.start else "", "launch")

    async def reload(self) -> None:
        """Read what the form starts from, once: what one has typed stays."""
        feed = self.feed
        if feed is None or self.start is not None:
            return
        store = feed.context.store
        project = await store.get(Project, self.project_id)
        if project is None:
            self.say("this project is not in the store", "warning")
            return
        mine = {"project_id": project.id}
        pipelines = (await store.page(Pipeline, where=mine, limit=AT_ONCE)).records
        ids = [pipeline.id for pipeline in pipelines]
        apis = (await store.page(PipelineAPI, where={"pipeline_id": ids}, limit=AT_ONCE)).records
        jobs = (await store.page(PipelineJob, where={"pipeline_id": ids}, limit=AT_ONCE)).records
        last = (await store.page(PipelineRun, where={**mine, "parent_run_id": ""}, limit=1)).records
        self.start = start_from(project, pipelines, apis, jobs, self.like, last[0] if last else None)
        self._fill(self.start)
        self.refresh_frame()

    def _fill(self, start: Start) -> None:
        draft = draft_of(start)
        self.query_one("#api", ChoiceField).set_options([api.name for api in start.apis], draft.api)
        self.query_one("#api").display = bool(start.apis)
        self.query_one("#ref", TextField).set_value(draft.ref)
        self.query_one("#kind", ChoiceField).set_options((PRODUCTION, TEST), draft.kind)
        self._set_toggle(draft.track)
        api = api_of(start, draft)
        locked = [Pair(v.key, v.value, locked=True) for v in (api.system_variables if api else ())]
        secret = {variable.key for variable in start.variables if variable.secret}
        pairs = [Pair(key, value, secret=key in secret) for key, value in draft.variables]
        self.query_one("#variables", RowsField).set_pairs([*locked, *pairs])
        self._show_head(start)
        self._show_preview()

    def _set_toggle(self, value: bool) -> None:
        toggle = self.query_one("#track", ToggleField)
        toggle.value = value
        toggle.display = bool(self.start and self.start.project.tracking)

    def _show_head(self, start: Start) -> None:
        first = [Cell(f"Launch {start.project.name}", "bold"), Cell(start.project.path, "dim")]
        second: list[Cell] = []
        why = why_not_launch(start.project) or why_not_variables(start.project)
        if why:
            second.append(Cell(why, "warning"))
        elif start.like is not None:
            second.append(Cell(f"filled from run #{start.like.git_pipeline_id}", "accent"))
        elif start.changed:
            second.append(
                Cell(f"filled from the last run, which differed in {', '.join(sorted(start.changed))}", "dim")
            )
        self.query_one("#launch-head", Facts).update([first, second])
        rows = self.query_one("#variables", RowsField)
        rows.display = not why_not_variables(start.project)

    def draft(self) -> Draft:
        """What the form holds."""
        rows = self.query_one("#variables", RowsField)
        return Draft(
            ref=self.query_one("#ref", TextField).value,
            api=self.query_one("#api", ChoiceField).value,
            kind=self.query_one("#kind", ChoiceField).value,
            track=self.query_one("#track", ToggleField).value,
            why=self.query_one("#why", TextField).value,
            variables=[(pair.key, pair.value) for pair in rows.pairs if not pair.locked] if rows.display else [],
        )

    def _command(self) -> Command | str:
        """The command, or what is wrong with the form."""
        if self.start is None:
            return "the project is being read"
        try:
            return command_of(self.start, self.draft(), self.dashboard.user, self._run_id)
        except UsageError as error:
            return str(error)

    def on_field_changed(self, message: Field.Changed) -> None:
        """The request below follows what is typed; an API brings its variables."""
        start = self.start
        if start is not None and message.field.id == "api":
            api = api_of(start, self.draft())
            defaults = [Pair(v.key, v.value, secret=v.secret) for v in (api.user_variables if api else ())]
            locked = [Pair(v.key, v.value, locked=True) for v in (api.system_variables if api else ())]
            self.query_one("#variables", RowsField).set_pairs([*locked, *defaults])
        self._show_preview()

    def _show_preview(self) -> None:
        command = self._command()
        head = self.query_one("#preview-head", Facts)
        body = self.query_one("#preview", Facts)
        if isinstance(command, str) or self.start is None:
            head.update([[Cell(f"cannot be sent: {command}", "failed")]])
            lines: list[list[Cell]] = []
        else:
            head.update([[Cell("what will be sent", "bold"), Cell("ctrl+s sends, after a question", "dim")]])
            lines = [[Cell.of((f"{label:<22}", "dim"), (value, ""))] for label, value in preview(self.start, command)]
        form = min(sum(field.rows for field in self.query(Field) if field.display) + 1, self.size.height * 55 // 100)
        room = max(3, self.size.height - form - FRAME_LINES)
        if len(lines) > room:
            lines[room - 1 :] = [[Cell(f"and {len(lines) - room + 1} more, which the question shows", "dim")]]
        body.styles.height = len(lines)
        body.update(lines)

    def on_resize(self) -> None:
        """Another height has room for more or less of the request."""
        if self.start is not None:
            self._show_preview()

    # Commands

    def why_not(self, id: str) -> str:
        """Nothing is sent while something is wrong."""
        if id == "launch.send":
            if self.dashboard.read_only:
                return "Lineside runs read-only"
            command = self._command() if self.is_attached and self.start else "the project is being read"
            return command if isinstance(command, str) else ""
        return super().why_not(id)

    def do_launch_send(self) -> None:
        """`ctrl+s`: ask, then send exactly what is shown."""
        command = self._command()
        if isinstance(command, str) or self.start is None:
            return
        details = [f"{label}: {value}" for label, value in preview(self.start, command)]
        title = command.title
        self.dashboard.confirm(f"{title[:1].upper()}{title[1:]}?", details, lambda: self._send(command))

    def _send(self, command: Command) -> None:
        secrets = secrets_of(self.start, self.draft()) if self.start else {}
        if secrets and not self.dashboard.hand_over(command.id, secrets):
            self.say("secret variables need an engine of this dashboard: start it without --no-engine", "failed")
            return
        self.dashboard.go_back()
        screen = self.dashboard.screen
        if isinstance(screen, LinesideScreen):
            screen.submit(command)
