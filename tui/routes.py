"""The ways between screens, and what commands do that belong to no screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from data.errors import LinesideError
from tui.commands import COMMANDS
from tui.early import EarlyKeys
from tui.screens.base import TABS, LinesideScreen
from tui.screens.listing import ListScreen
from tui.shell import Shell

ON_TOP = 2
"""Screens on the stack when a tab is shown: the history, and the tab."""

if TYPE_CHECKING:
    from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob, Submission
    from data.model.project import Project
    from data.model.run import PipelineRun
    from data.model.tracking import TrackedRun
    from tui.completing import Completer
    from tui.feed import Feed
    from tui.snapshot import Snapshot


class Routes(Shell, EarlyKeys):
    """Half of the application: where keys lead."""

    feed: Feed | None
    user: str
    _completer: Completer | None = None
    """Completes filters of runs in command lines."""

    # Between screens

    def show(self, name: str, filter: str = "", seen: Snapshot | None = None) -> None:
        """Show the screen of a tab, as it was `seen` last. The history lies below all others and keeps its cursor."""
        from tui.screens.runs import RunsScreen

        current = self.screen
        if isinstance(current, LinesideScreen) and name == current.NAME and len(self.screen_stack) <= ON_TOP:
            if isinstance(current, ListScreen) and filter:
                current.set_filter(filter)
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        home = self.screen
        if name != "runs":
            self.push_screen(_make(name, filter, seen))
        elif isinstance(home, RunsScreen) and filter:
            home.set_filter(filter)

    def go_back(self) -> None:
        """One screen back; on the first one, nothing."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def leave(self) -> None:
        """One screen back; on the first one, quit."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.later(self.action_quit, "quit")

    def open_run(self, run_id: str) -> None:
        """The screen of a run."""
        from tui.screens.run import RunScreen

        self.push_screen(RunScreen(run_id))

    def open_tracked(self, tracked_id: str) -> None:
        """The screen of an MLflow run."""
        from tui.screens.mlflow import MlflowScreen

        self.push_screen(MlflowScreen(tracked_id))

    def open_metrics(self, tracked_ids: Sequence[str], title: str = "") -> None:
        """The charts of some MLflow runs."""
        from tui.screens.metrics import MetricsScreen

        self.push_screen(MetricsScreen(tracked_ids, title))

    def open_compare(self, kind: type[PipelineRun] | type[TrackedRun], ids: Sequence[str]) -> None:
        """Some runs side by side."""
        from tui.screens.compare import CompareScreen

        self.push_screen(CompareScreen(kind, ids))

    def open_log(self, job_id: str) -> None:
        """The log of a job."""
        from tui.screens.log import LogScreen

        self.push_screen(LogScreen(job_id))

    def open_log_of(self, run: PipelineRun) -> None:
        """The log of the job of a run that one wants to see first."""
        self.later(partial(self._open_log_of, run), "open-log")

    async def _open_log_of(self, run: PipelineRun) -> None:
        from data.model.run import JobRun
        from tui.present.run import worst_job

        if self.feed is None:
            return
        page = await self.feed.context.store.page(JobRun, where={"pipeline_run_id": run.id}, limit=500)
        job = worst_job(page.records)
        if job is None:
            self.open_run(run.id)
            self.say("the jobs of this run are being read", "dim")
        else:
            self.open_log(job.id)

    def open_launch(
        self,
        project_id: str,
        *,
        like: PipelineRun | Submission | None = None,
        pipeline_id: str = "",
        api_id: str = "",
    ) -> None:
        """The launch form of a project, of one of its pipelines or APIs, or filled from a run or a submission."""
        from tui.screens.launch import LaunchScreen

        self.push_screen(LaunchScreen(project_id, like=like, pipeline_id=pipeline_id, api_id=api_id))

    def open_pipeline(self, pipeline_id: str) -> None:
        """What a pipeline is."""
        from tui.screens.pipeline import PipelineScreen

        self.push_screen(PipelineScreen(pipeline_id))

    def open_project(self, project_id: str) -> None:
        """What a project is."""
        from tui.screens.project import ProjectScreen

        self.push_screen(ProjectScreen(project_id))

    def open_definition(self, record: Pipeline | PipelineAPI | PipelineJob, *, new: bool = False) -> None:
        """The form of a pipeline, an API or a job."""
        from tui.screens.definition import DefinitionScreen

        self.push_screen(DefinitionScreen(record, new=new))

    def open_activity(self, tab: str) -> None:
        """A tab of the activity."""
        from tui.screens.activity import ActivityScreen

        self.push_screen(ActivityScreen(tab=tab))

    def open_together(self, run_info_id: str) -> None:
        """The runs of one RUN_ID."""
        from tui.screens.together import TogetherScreen

        self.push_screen(TogetherScreen(run_info_id))

    def open_runs_of(self, project: Project) -> None:
        """The history of a project."""
        from tui.screens.runs import RunsScreen

        self.push_screen(RunsScreen(f"project:{_quoted(project.path or project.name)}"))

    def open_runs_of_pipeline(self, pipeline: Pipeline) -> None:
        """The history of a pipeline."""
        from tui.screens.runs import RunsScreen

        names = self.feed.overview.names if self.feed else {}
        project = names.get(pipeline.project_id, "")
        self.push_screen(RunsScreen(f"project:{_quoted(project)} pipeline:{_quoted(pipeline.name)}"))

    async def open_name(self, text: str) -> None:
        """Open what an id, `#4312` or a URL names."""
        from data.model.run import JobRun
        from tui.cli.targets import find_project, find_runnable

        if self.feed is None:
            self.say("the store is still being opened", "warning")
            return
        try:
            project = await find_project(self.feed.context, text)
            found = None if project else await find_runnable(self.feed.context, text)
        except LinesideError as error:
            self.say(str(error), "warning")
            return
        if project is not None:
            self.open_runs_of(project)
        elif isinstance(found, JobRun):
            self.open_log(found.id)
        elif found is not None:
            self.open_run(found.id)

    def show_welcome(self) -> None:
        """No configuration: say what can be done."""
        from tui.screens.notice import WelcomeScreen

        self.push_screen(WelcomeScreen(), self._after_welcome)

    def _after_welcome(self, answer: str | None) -> None:
        self.exit(answer or "")

    def show_trouble(self, error: LinesideError) -> None:
        """Something without which nothing works: say what, and the way out."""
        from tui.screens.notice import TroubleScreen

        self.push_screen(TroubleScreen(error), lambda _: self.exit(return_code=1))

    def confirm(self, question: str, details: Sequence[str], yes: Callable[[], None]) -> None:
        """Ask; the answer defaults to No."""
        from widgets.confirm import Confirm

        self.push_screen(Confirm(question, details), lambda answer: yes() if answer else None)

    # Commands of every screen

    def do_go_projects(self) -> None:
        """`1`"""
        self.show("projects")

    def do_go_pipelines(self) -> None:
        """`2`"""
        self.show("pipelines")

    def do_go_runs(self) -> None:
        """`3`"""
        self.show("runs")

    def do_go_experiments(self) -> None:
        """`4`"""
        self.show("experiments")

    def do_go_models(self) -> None:
        """`5`"""
        self.show("models")

    def do_go_activity(self) -> None:
        """`6`"""
        self.show("activity")

    async def do_refresh(self) -> None:
        """`R`: the engine asks the servers now."""
        if self.feed is None:
            return
        await self.feed.ask([f"refresh:{id_}" for id_ in self.feed.overview.names])
        self.say("asking the servers", "dim")

    def browse(self, address: str) -> None:
        """Open an address in the browser; over SSH, show and copy it instead."""
        if not address.startswith(("http://", "https://")):
            self.say("there is no address to open", "warning")
        elif os.environ.get("SSH_CONNECTION") or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            self.copy_to_clipboard(address)
            self.say(f"no browser here; copied {address}")
        else:
            self.open_url(address)

    # The command line

    def run_line(self, text: str) -> None:
        """Carry out what was typed after `:`."""
        word, _, rest = text.strip().partition(" ")
        rest = rest.strip()
        if isinstance(self.screen, LinesideScreen) and self.screen.take_line(text.strip()):
            return
        if word.startswith(("http://", "https://")):
            self.later(partial(self.open_name, text.strip()))
        elif word in {"log", "run", "open"} and rest:
            self.later(partial(self.open_name, rest))
        elif word in TABS:
            self.show(word, rest)
        elif word == "theme":
            self.set_theme(rest)
        elif word in {"q", "quit"}:
            self.later(self.action_quit, "quit")
        elif spec := next((spec for spec in COMMANDS if word in {spec.id, spec.title}), None):
            if isinstance(self.screen, LinesideScreen):
                self.screen.perform(spec.id)
        elif word:
            self.say(f"there is no command {word}; ? shows what there is", "warning")

    def complete_line(self, text: str) -> list[str]:
        """Completions of the command line."""
        word, space, rest = text.partition(" ")
        if not space:
            own = self.screen.commands() if isinstance(self.screen, LinesideScreen) else []
            names = [*TABS, "log", "run", "open", "theme", "quit", *(spec.id for spec in own)]
            return [name for name in dict.fromkeys(names) if name.startswith(word)]
        if word == "theme":
            return [f"theme {name}" for name in self.theme_names() if name.startswith(rest)]
        if word in TABS:
            known = self._completer.known(rest) if word == "runs" and self._completer is not None else ()
            return [f"{word} {done}" for done in dict.fromkeys([*known, *self.complete_filter(rest)])]
        return []

    async def learn_line(self, text: str) -> bool:
        """Ask the store for what completes a filter of runs in the command line; whether there is more to offer."""
        word, _, rest = text.partition(" ")
        if word != "runs" or not rest or self.feed is None:
            return False
        if self._completer is None:
            from data.model.run import PipelineRun
            from tui.completing import Completer

            self._completer = Completer(self.feed.context.store, PipelineRun)
        return await self._completer.learn(rest)

    def complete_filter(self, text: str) -> list[str]:
        """Completions of a filter: whole texts."""
        from data.query import complete, word_start

        start = word_start(text, len(text))
        return [text[:start] + done for done in complete(text, len(text), self._values)]

    def _values(self, field: str) -> Sequence[str]:
        from data.query import FIELDS

        if field == "project" and self.feed is not None:
            return sorted(self.feed.overview.names.values())
        return FIELDS[field].values if field in FIELDS else ()


def _make(name: str, filter: str, seen: Snapshot | None) -> LinesideScreen:
    """A new screen of a tab."""
    if name == "activity":
        from tui.screens.activity import ActivityScreen

        return ActivityScreen(filter, seen)
    if name in {"experiments", "models"}:
        from tui.screens import tracking

        return (
            tracking.ExperimentsScreen(filter, seen) if name == "experiments" else tracking.ModelsScreen(filter, seen)
        )
    from tui.screens import projects

    return projects.ProjectsScreen(filter, seen) if name == "projects" else projects.PipelinesScreen(filter, seen)


def _quoted(value: str) -> str:
    from data.query.tree import quote_value

    return quote_value(value)
