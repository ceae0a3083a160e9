"""Labels, notes, and outcomes for MLflow runs that were left behind: asked for once, for all that is marked.

Each begins with a prompt (but for `F`), goes on with one question that names all of them, and ends in one command each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from data.errors import UsageError
from tui.screens.base import LinesideScreen

if TYPE_CHECKING:
    from typing import TypeAlias

    from textual.widget import Widget

    from data.model.ci import Schedule
    from data.model.run import JobRun, PipelineRun
    from data.model.tracking import TrackedRun
    from data.model.work import Command
    from widgets.prompt import Prompt

    Target: TypeAlias = PipelineRun | JobRun | TrackedRun | Schedule
    """What an action works on."""
    Marked: TypeAlias = PipelineRun | TrackedRun
    """What takes labels and a note."""

LABEL: Final = "label"
"""Beginning of the label prompt, and name of its history."""
NOTE: Final = "note"
"""Beginning of the note prompt, and name of its history."""
LINE_END: Final = "¶"
"""Stands for the end of a line in the prompt of a note, which has one line."""
SHOWN: Final = 6
"""Labels that the prompt shows; of more it says how many there are."""
OFFERED: Final = 200
"""Labels that are offered for completion."""
LEFT: Final = 500
"""MLflow runs of one run that are looked at for those that were left behind."""

Submitted = Callable[[str], Awaitable[None]]


class Marking(LinesideScreen):
    """A screen with runs or MLflow runs that take labels and notes."""

    _asked: Prompt | None = None
    """The prompt that is open for this, while it is."""
    _answered: Submitted | None = None
    _reads: Callable[[str], object] = staticmethod(str)
    """Raises `UsageError` for a text that cannot be read."""

    @property
    def current_run(self) -> PipelineRun | None:
        """The run that the screen is about, or the one under the cursor."""
        return None

    @property
    def current_job(self) -> JobRun | None:
        """The job under the cursor."""
        return None

    @property
    def current_tracked(self) -> TrackedRun | None:
        """The MLflow run that the screen is about, or the one under the cursor."""
        return None

    async def targets(self) -> Sequence[Target]:
        """What is marked, else what is under the cursor."""
        return ()

    def project_of(self, target: Target) -> str:
        """Name of a target's project."""
        raise NotImplementedError

    def offer(self, targets: Sequence[Target], build: Callable[[Target], Command], details: Sequence[str] = ()) -> None:
        """Ask one question about all commands that can be built, and send them. `details` stand before their names."""
        raise NotImplementedError

    def has_marks(self) -> bool:
        """Whether something is marked: which of it a command can work on turns out when it is used."""
        from widgets.grid import Grid

        return any(grid.marks and _displayed(grid) for grid in self.query(Grid))

    async def marked(self) -> list[Marked]:
        """The runs and MLflow runs among the targets; for a job, its run."""
        from data.model.run import JobRun, PipelineRun
        from data.model.tracking import TrackedRun

        targets = await self.targets()
        found: list[Marked] = [target for target in targets if isinstance(target, PipelineRun | TrackedRun)]
        ids = dict.fromkeys(target.pipeline_run_id for target in targets if isinstance(target, JobRun))
        if not found and ids and self.feed is not None:
            found += (await self.feed.context.store.get_many(PipelineRun, list(ids))).values()
        return found

    # Labels

    async def do_label(self) -> None:
        """`L`: words give labels, `-word` takes one away."""
        from tui.actions import parse_labels

        runs = await self.marked()
        if not runs:
            return self._nothing_there()
        labels = list(dict.fromkeys(label for run in runs for label in run.labels))
        known = await self._known_labels(runs)
        shown = " ".join(labels[:SHOWN]) + (f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else "")
        head = f"{LABEL} [{shown}]" if labels else LABEL
        self._prompt(
            LABEL, head, "", partial(self._give_labels, runs), parse_labels, partial(complete_label, labels, known)
        )

    async def _give_labels(self, runs: Sequence[Marked], text: str) -> None:
        from tui.actions import label_command, parse_labels

        add, remove = parse_labels(text)
        if add or remove:
            by = self.dashboard.user
            self.offer(
                runs, lambda run: label_command(run, add=add, remove=remove, project=self.project_of(run), by=by)  # type: ignore[arg-type]
            )  # fmt: skip

    async def _known_labels(self, runs: Sequence[Marked]) -> list[str]:
        if self.feed is None:
            return []
        return await self.feed.context.store.values(type(runs[0]), "labels", limit=OFFERED)

    # Notes

    async def do_note(self) -> None:
        """`N`: a note, in place of the one that is there."""
        from tui.actions import note_of

        runs = await self.marked()
        if not runs:
            return self._nothing_there()
        notes = {note_of(run) for run in runs}
        value = notes.pop().replace("\n", LINE_END) if len(notes) == 1 else ""
        others = " (replaces others)" if notes else ""
        self._prompt(NOTE, f"{NOTE}{others}", value, partial(self._write_note, runs), str, None)

    async def _write_note(self, runs: Sequence[Marked], text: str) -> None:
        from tui.actions import note_command

        note, by = text.replace(LINE_END, "\n"), self.dashboard.user
        self.offer(runs, lambda run: note_command(run, note, project=self.project_of(run), by=by))  # type: ignore[arg-type]

    # MLflow runs that were left behind

    async def do_settle(self) -> None:
        """`F`: write the outcome of its job to each MLflow run that was left RUNNING behind it."""
        from tui.actions import settle_command

        runs = await self._left_behind(await self.marked())
        if not runs:
            self.say("no MLflow run was left RUNNING behind an ended job", "warning")
            return
        self.offer(runs, lambda run: settle_command(run, by=self.dashboard.user))  # type: ignore[arg-type]

    async def _left_behind(self, targets: Sequence[Marked]) -> list[TrackedRun]:
        """The MLflow runs among them, and those of runs that were left behind."""
        from data.model.run import PipelineRun
        from data.model.tracking import TrackedRun
        from tui.actions import why_not_settle

        found = [target for target in targets if isinstance(target, TrackedRun)]
        runs = [target.id for target in targets if isinstance(target, PipelineRun)]
        if runs and self.feed is not None:
            page = await self.feed.context.store.page(TrackedRun, where={"pipeline_run_id": runs}, limit=LEFT)
            found += [run for run in page.records if not why_not_settle(run)]
        return found

    # The prompt

    def _nothing_there(self) -> None:
        self.say("there is no run under the cursor", "warning")

    def _prompt(
        self,
        name: str,
        head: str,
        value: str,
        answered: Submitted,
        reads: Callable[[str], object],
        complete: Callable[[str], Sequence[str]] | None,
    ) -> None:
        """Open a prompt of our own; `name` is that of its history."""
        dashboard = self.dashboard
        before = dashboard.prompt
        dashboard.history[head] = dashboard.history.setdefault(name, [])
        dashboard.ask(self, head, value, complete)
        if dashboard.prompt is not before:
            self._asked, self._answered, self._reads = dashboard.prompt, answered, reads

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Say at once what cannot be read; the list below does not follow this prompt."""
        if message.prompt is not self._asked:
            return
        message.prevent_default()
        try:
            self._reads(message.value)
        except UsageError as error:
            message.prompt.show_error(error.message)
        else:
            message.prompt.show_error("")

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """`enter`."""
        if message.prompt is not self._asked:
            return
        message.prevent_default()
        try:
            self._reads(message.value)  # nothing may have been typed, and an empty text may be wrong, too
        except UsageError as error:
            message.prompt.show_error(error.message)
            return
        if self._answered is None:
            return
        self.dashboard.remember(message.prompt.label, message.value)
        self._asked, answered = None, self._answered
        self._close_prompt(message.prompt)
        self.work(partial(answered, message.value), group="mark")

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """`esc`."""
        if message.prompt is self._asked:
            message.prevent_default()
            self._asked = None
            self._close_prompt(message.prompt)


def _displayed(widget: Widget) -> bool:
    """Whether neither a widget nor what holds it is hidden."""
    return all(node.display for node in widget.ancestors_with_self)


def complete_label(held: Sequence[str], known: Sequence[str], text: str) -> list[str]:
    """Whole lines that a line of labels could become: a label that others have, or `-` with one that is there."""
    start = text.rpartition(" ")[0]
    before, word = (f"{start} ", text[len(start) + 1 :]) if " " in text else ("", text)
    offers = [f"-{label}" for label in held] if word.startswith("-") else [*dict.fromkeys(known)]
    return [before + offer for offer in offers if offer.lower().startswith(word.lower())]
