"""Launch: one form for a run, filled at once from the store; beside it the exact request, or the jobs that will run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from data.errors import UsageError
from data.launch.asked import Problem
from data.launch.document import api_in, from_yaml, located, to_yaml, with_secrets
from data.launch.naming import new_run_id
from data.launch.request import secrets_of
from data.model.work import Command
from tui.actions import launch_command, question
from tui.screens.base import TABS, LinesideScreen, bindings
from tui.screens.launch_base import LaunchBase
from tui.screens.launch_editor import edit_text, first_remark, is_empty, with_remarks, without_remarks
from tui.screens.launch_preview import LaunchPreview
from tui.screens.launch_question import LaunchQuestion
from tui.screens.launch_source import find_run
from widgets.confirm import Confirm
from widgets.frame import TabsLine


class LaunchScreen(LaunchBase):
    """The form, and what its keys do."""

    BINDINGS = bindings("launch")

    _text = ""
    """A document that could not be taken over, with what is wrong; the editor begins with it."""

    def fresh_run_id(self) -> str:
        """A new one."""
        return new_run_id()

    def why_not(self, id: str) -> str:
        """Nothing is sent while something is wrong."""
        if id == "launch.send":
            return self._why_not_send()
        if id in {"launch.editor", "launch.reset"} and self.draft is None:
            return "the project is being read"
        if id == "launch.graph" and self.has_class("-low", "-narrow"):
            return "the terminal is too low for it"
        return super().why_not(id)

    def _why_not_send(self) -> str:
        if self.dashboard.read_only:
            return "Lineside runs read-only"
        if self.draft is None or not self.is_attached:
            return "the project is being read"
        if self.draft.unread():
            return "a file is being read"
        return next((one.message for one in self.wrong()), "")

    async def action_command(self, id: str) -> None:
        """Carry a command out; one who tries to send is shown all that is missing, and taken to the first of it."""
        if id == "launch.send" and self.draft is not None:
            self.attempted = True
            self.show()
            if self.first_wrong:
                self.form.go_to(self.first_wrong)
        await super().action_command(id)

    # Sending

    async def do_launch_send(self) -> None:
        """`ctrl+s`: ask once, with exactly what is sent and what it will wait for, then send it."""
        draft = self.draft
        if draft is None or self.feed is None:
            return
        await self.read_queue(self.feed.context.store)
        command = await self._command()
        asked = LaunchQuestion(question([command]), self.lines(), self.waits(), draft.notes())
        self.dashboard.push_screen(asked, partial(self._answered, command))

    def _answered(self, command: Command, yes: bool | None) -> None:
        """Send what was shown."""
        if not yes or self.draft is None:
            return
        secrets = secrets_of(self.draft.complete(), self.draft.target)
        if secrets and not self.dashboard.hand_over(command.id, secrets):
            self.say("secret variables need an engine of this dashboard: start it without --no-engine", "failed")
            return
        self.dashboard.go_back()
        screen = self.dashboard.screen
        if isinstance(screen, LinesideScreen):
            screen.submit(command)

    async def _command(self) -> Command:
        """The command.

        Raises:
            UsageError: something stands against it, or the run that it is to wait for is not known.
        """
        draft = self.draft
        assert draft is not None and self.feed is not None
        when = draft.when(self.now())
        after = await find_run(self.feed.context.store, self.project_id, when.after) if when.after else None
        if when.after and after is None:
            raise UsageError(f"there is no run {when.after} in {draft.source.project.name}")
        return launch_command(
            draft.source.project,
            draft.payload(),
            api=draft.api,
            by=self.dashboard.user,
            why=draft.request.why.strip(),
            not_before=when.not_before,
            after=after.id if after is not None else "",
            after_status=when.after_status,
        )

    # The request as a document

    async def do_launch_editor(self) -> None:
        """`ctrl+e`: the whole request as YAML in the user's editor."""
        draft = self.draft
        if draft is None:
            return
        before = self._text or to_yaml(draft.request, draft.target)
        text = without_remarks(edit_text(self.dashboard, before, first_remark(before)))
        if is_empty(text):
            self._text = ""
            self.say("the document was empty: the form stays as it was", "dim")
            return
        if text == before:
            self.say("nothing was changed", "dim")
            return
        target = draft.target_of(api_in(text))
        found = from_yaml(text, target)
        if isinstance(found, list):
            self._ask_again(text, found)
            return
        self._text = ""
        draft.adopt(with_secrets(found, draft.request, target), target.api)
        self.attempted = True
        self.read_files()
        await self.show_fields()
        if wrong := located(self.wrong(), text):
            self.say(_placed(wrong[0]), "failed")

    def _ask_again(self, text: str, found: list[Problem]) -> None:
        """The text cannot be read: say why, keep it, and offer to go on with it."""
        self._text = with_remarks(text, found)
        asked = Confirm("This cannot be read. Edit it again?", [_placed(one) for one in found])
        self.dashboard.push_screen(asked, self._edit_again)

    def _edit_again(self, yes: bool | None) -> None:
        if yes:
            self.perform("launch.editor")
        else:
            self.say("the text is kept: ctrl+e opens it again", "warning")

    # The rest

    def do_launch_graph(self) -> None:
        """`ctrl+g`: the request, or the jobs that will run."""
        preview = self.query_one(LaunchPreview)
        preview.graph = not preview.graph
        preview.draw()

    async def do_launch_reset(self) -> None:
        """`ctrl+r`: fill the form anew from the API's own values; what was changed goes only after a question."""
        if self.draft is None:
            return
        if self.draft.dirty:
            self.dashboard.confirm("Drop the changes and begin with the API's own values?", (), self._reset_soon)
        else:
            await self._reset()

    def _reset_soon(self) -> None:
        self.work(self._reset, group="reset")

    async def _reset(self) -> None:
        assert self.draft is not None
        self.draft.reset()
        self.attempted = False
        await self.show_fields()
        self.say("filled with the API's own values", "dim")

    def do_back(self) -> None:
        """`esc`: one screen back; what was changed is dropped only after a question."""
        self._leave(self.dashboard.go_back)

    def on_tabs_line_clicked(self, message: TabsLine.Clicked) -> None:
        """A click on a tab leaves the form, too."""
        message.prevent_default()  # else the screen below this class goes there at once
        self._leave(partial(self.dashboard.show, TABS[message.index]))

    def _leave(self, leave: Callable[[], None]) -> None:
        if (self.draft is not None and self.draft.dirty) or self._text:
            self.dashboard.confirm("Leave the form? What you changed is lost.", (), leave)
        else:
            leave()


def _placed(problem: Problem) -> str:
    return f"line {problem.line}: {problem.message}" if problem.line else problem.message
