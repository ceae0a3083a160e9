"""What takes a log, or a part of it, out of the program: the clipboard, a file, the user's editor and pager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from data.errors import LinesideError
from tui.present.text import size
from widgets.logview import LogView

if TYPE_CHECKING:
    from textual.widget import Widget

    from data.logtext import LogIndex
    from tui.cli.logwriter import Form
    from tui.reading_copy import Copying
    from tui.reading_outside import Handout, Program
    from tui.reading_save import Target
    from tui.screens.base import LinesideScreen as Base
else:
    Base = object


class Outlets(Base):
    """Carries out what copies a log; one copy at a time, made in a thread."""

    index: LogIndex | None
    _raw = False
    _copying: Copying | None = None
    _then: Callable[[Copying], None] | None = None
    _handed_out: Handout | None = None
    """What another program has open."""

    @dataclass(eq=False, repr=False)
    class Copied(Message):
        """A copy of the log got on, or is over; sent by its thread."""

        job: Copying

    # What the host gives

    @property
    def view(self) -> LogView:
        """The log view."""
        return self.query_one("#log", LogView)

    def owner_of(self, id: str) -> Widget | None:  # noqa: ARG002 - all of them
        """The log view carries out its commands."""
        return self.view

    def log_path(self) -> Path:
        """The file of the log."""
        raise NotImplementedError

    def log_name(self) -> str:
        """What the log is called, for the names of files: `churn-train-4312`."""
        raise NotImplementedError

    # Copying

    def on_log_view_copy_requested(self, message: LogView.CopyRequested) -> None:
        """Copy through the terminal."""
        text = message.text
        lines = text.count("\n") + 1
        length = len(text.encode("utf-8", "replace"))
        self.dashboard.copy(text, f"{lines:,} line{'' if lines == 1 else 's'}, {size(length)}")

    # Copies of the log

    def on_unmount(self) -> None:
        """Leave nothing behind."""
        self.give_up_copy()

    def give_up_copy(self) -> None:
        """Give up the copy that is being made, and take back the one that another program has."""
        if self._copying is not None:
            self._copying.stop()
            self._copying = self._then = None
        if self._handed_out is not None:
            self._handed_out.remove()
            self._handed_out = None

    def _copy(self, job: Copying, then: Callable[[Copying], None]) -> None:
        """Start `job`; `then` is called on the event loop when it has succeeded."""
        self._copying, self._then = job, then
        job.start()

    def report_copy(self, job: Copying) -> None:
        """What a copy's thread calls."""
        try:
            self.post_message(self.Copied(job))
        except RuntimeError:  # the event loop is closed: the program ends, nobody wants to know
            job.stop()

    def is_copying(self) -> bool:
        """Whether a copy is being made, which is said."""
        if self._copying is not None:
            self.say(f"{self._copying.doing}: {self._copying.percent} % so far; one thing at a time", "warning")
        return self._copying is not None

    def on_outlets_copied(self, message: Copied) -> None:
        """Say how far a copy is, or go on with it."""
        job = message.job
        if job is not self._copying:
            return
        if not job.done:
            self.say(f"{job.doing}: {job.percent} %", "dim")
            return
        self._copying, then, self._then = None, self._then, None
        if job.error:
            self.say(job.error, "failed")
        elif then is not None:
            then(job)

    # Saving

    def saves_raw(self, text: str) -> bool:
        """Whether every byte is saved: the user said so, or the name ends in `.raw`."""
        return self._raw or text.strip().endswith(".raw")

    def save(self, text: str) -> None:
        """Save to the file that `text` names; one that exists is asked for."""
        from tui.cli.logwriter import Form
        from tui.reading_save import Target, short

        form = Form.RAW if self.saves_raw(text) else Form.PLAIN
        try:
            target = Target.of(text, self.log_name(), self.log_path())
        except LinesideError as error:
            self.say(str(error), "failed")
            return
        if target.held is None:
            self._save_to(target, form)
            return
        from widgets.confirm import Confirm

        question = Confirm(f"Overwrite {short(target.path)}?", [f"It holds {size(target.held)} now."])
        self.app.push_screen(question, lambda yes: self._save_to(target, form) if yes else self.say("not saved", "dim"))

    def _save_to(self, target: Target, form: Form) -> None:
        from tui.reading_copy import Copying
        from tui.reading_save import save, short

        source = self.log_path()
        job = Copying("saving", lambda job: save(source, target, form, job), self.report_copy)
        self._copy(job, lambda job: self.say(f"saved {size(job.written)} to {short(target.path)}", "success"))

    # Other programs

    def do_log_editor(self) -> None:
        """`e`: a copy without control characters, in the user's editor."""
        from tui.reading_outside import editor

        self._open_outside(editor)

    def do_log_pager(self) -> None:
        """`p`: a copy with its colours and nothing else that a terminal obeys, in the user's pager."""
        from tui.reading_outside import pager

        self._open_outside(pager)

    def _open_outside(self, choose: Callable[[], Program]) -> None:
        from tui.reading_copy import Copying
        from tui.reading_outside import Handout

        if self.is_copying():
            return
        try:
            program = choose()
        except LinesideError as error:
            self.say(str(error), "failed")
            return
        handout = Handout(self.log_path(), self.log_name(), program, self._current_offset())
        job = Copying(f"preparing for {program.name}", handout.make, self.report_copy, undo=handout.remove)
        self._copy(job, lambda _: self._hand_out(handout))

    def _hand_out(self, handout: Handout) -> None:
        self._handed_out = handout
        wrong = handout.run(self.app)
        self._handed_out = None
        self.say(wrong or handout.note, "failed" if wrong else "dim")

    def _current_offset(self) -> int:
        index = self.index
        return index.offset_of(self.view.current) if index is not None and index.lines else 0
