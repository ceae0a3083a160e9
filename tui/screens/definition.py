"""Definition: the form of a pipeline, an API or a job; what would change stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget

from data.define.check import Problem, check, check_together, doubts
from data.define.fields import Definition, called, copied
from data.define.plan import Plan, plan
from data.errors import LinesideError
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob, Variable
from data.model.vocabulary import guess_stage_type
from styles import sheet
from tui.context import collect
from tui.present.definition import (
    NAME,
    SECTIONS,
    Draft,
    Value,
    by_field,
    changed_fields,
    concerns,
    draft_of,
    label_of,
    labels_of,
    proposed,
    rebased,
    record_of,
    variable_part,
)
from tui.present.definition_words import difference_lines, head_lines
from tui.screens.base import LinesideScreen, bindings
from tui.screens.definition_acts import READ_ONLY
from tui.screens.definition_form import DefinitionForm
from tui.screens.definition_source import Around, read_around
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.forms import Field

if TYPE_CHECKING:
    from data.store.port import Changes

STAGE_TYPE = "stage_type"
"""Field that is guessed from the name of a new job, until one chooses."""
MOST_LINES = 400
"""Lines of a difference that are drawn."""
PREDICATES = ("is ", "has ", "must ", "needs ")
"""How a complaint begins that goes on from the name of its field; others are sentences of their own."""


class DefinitionScreen(LinesideScreen):
    """The form.

    Args:
        record: what it begins with; without a name where that is to be typed.
        new: whether it is to be made; else it is changed.
        like: the record that a new one is made after; the copy of a pipeline takes its jobs and APIs along.
    """

    NAME = "definition"
    TAB = "pipelines"
    BINDINGS = bindings("definition")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-short"), (34, "-tall")]
    CSS_PATH: ClassVar = [sheet("form"), sheet("definition")]

    def __init__(self, record: Definition, *, new: bool = False, like: Definition | None = None) -> None:
        super().__init__()
        self.record, self.new, self.like = record, new, like
        self.base: Draft = draft_of(record)
        """What the form began with, or what somebody else has stored since."""
        self.draft: Draft = dict(self.base)
        self.around = Around()
        self.problems: Sequence[Problem] = ()
        self.both: Sequence[str] = ()
        """Fields that were changed here and elsewhere."""
        self.gone = False
        """Whether somebody deleted it while it was being changed: saving makes it anew."""
        self.loaded = False
        self.rejected = ""
        """YAML that could not be used; the editor begins with it again."""
        self._parts: list[Definition] = []

    def body(self) -> Iterable[Widget]:
        """Heading, fields, what would change, and a word on the field one is in."""
        yield Facts(3, id="definition-head")
        with Vertical(id="definition-body"):
            yield DefinitionForm(SECTIONS[type(self.record)], named=not self.new, id="definition-form")
            with VerticalScroll(id="definition-right", can_focus=False):
                yield Facts(0, id="definition-difference")
        yield Facts(1, id="definition-help")

    def crumbs(self) -> tuple[str, ...]:
        """Project, and what is defined."""
        project = self.around.project.name if self.around.project else ""
        word = called(self.record) if self.record.name else f"new {called(self.record).split()[0]}"
        return ("lineside", project, word)

    def topics(self) -> Sequence[str]:
        """Branches, tags and the CI configuration."""
        return self.around.topics()

    @property
    def form(self) -> DefinitionForm:
        """The fields."""
        return self.query_one(DefinitionForm)

    # Data

    async def reload(self) -> None:
        """Read what stands around it; what one has typed stays."""
        if self.feed is None:
            return
        store = self.feed.context.store
        self.around = await read_around(store, self.record, new=self.new)
        if isinstance(self.like, Pipeline) and not self._parts:
            mine = {"pipeline_id": self.like.id}
            self._parts = [
                *await collect(store, PipelineJob, where=mine),
                *await collect(store, PipelineAPI, where=mine),
            ]
        if not self.is_attached:
            return
        if self.around.stored is not None:
            self._rebase(self.around.stored)
        elif not self.new:
            self.new = self.gone = True
        for name, offers in self.around.offers().items():
            self.form.offer(name, offers)
        first = not self.loaded
        self.loaded = True
        self.judge()
        if first:
            self.call_after_refresh(self._focus_first)
        await self.feed.look_at(self.topics())

    def _focus_first(self) -> None:
        field = next((field for field in self.query(Field) if field.can_focus), None)
        if field is not None and not isinstance(self.focused, Field):
            field.focus(scroll_visible=False)  # it stands at the top; a form that is still being laid out would jump

    def _rebase(self, stored: Definition) -> None:
        """Take over what is stored now, but for what was typed here."""
        base = draft_of(stored)
        self.draft, self.both = rebased(self.draft, self.base, base)
        self.record, self.base = stored, base

    async def data_changed(self, changes: Changes) -> None:
        """Somebody else may have changed the record, or what is offered."""
        kinds = {Pipeline, PipelineAPI, PipelineJob}
        named = {kind.__name__ for kind in {*changes.put, *changes.deleted}}
        if kinds & {*changes.put, *changes.deleted} or named & {"Refs", "CiPreview", "Project"}:
            self.load()

    # What one types

    def on_definition_form_edited(self, message: DefinitionForm.Edited) -> None:
        """A field was changed."""
        self.draft[message.name] = message.value
        if self.new and not self.gone and message.name in {NAME, "stage"} and isinstance(self.record, PipelineJob):
            self._propose(message.name)
        if message.name == "needs":
            needs, optional = message.value, self.draft["optional_needs"]
            assert isinstance(needs, tuple)
            assert isinstance(optional, tuple)
            self.draft["optional_needs"] = tuple(str(one) for one in optional if one in needs)
        self.judge()
        if message.said:
            self.say("; ".join(message.said), "accent")

    def _propose(self, changed: str) -> None:
        """A job that the CI configuration has brings all that is known of it; else its stage type is guessed."""
        name, stage = str(self.draft[NAME]).strip(), str(self.draft["stage"])
        proposal = self.around.proposals.get(name) if changed == NAME else None
        if proposal is not None:
            self.draft = proposed(self.draft, self.base, proposal)
        elif self.draft[STAGE_TYPE] in {self.base[STAGE_TYPE], self._guessed}:
            self._guessed = self.draft[STAGE_TYPE] = guess_stage_type(name, stage)

    _guessed: Value = ""

    def judge(self) -> None:
        """Say in place what is wrong, and beside the form what would change."""
        record, problems = self.wanted()
        siblings = [one for one in self.around.siblings if one.id != self.record.id]
        problems += [one for one in check_together([*siblings, record]) if concerns(one, record)]
        self.problems = problems
        wrong = by_field(problems)
        if not self._touched(NAME) and not self.draft[NAME]:
            wrong.pop(NAME, None)  # nobody has come to it yet; ctrl+s says it
        self.form.fill(self.draft, self.around.jobs, changed_fields(self.draft, self.base))
        self.form.show_errors(wrong)
        self._show(record)
        self.refresh_frame()

    def _touched(self, name: str) -> bool:
        return self.draft[name] != self.base[name]

    def wanted(self) -> tuple[Definition, list[Problem]]:
        """The record as the form wants it, and what is wrong with it alone."""
        return record_of(self.record, self.draft)

    def plan_of(self, record: Definition) -> Plan:
        """What saving would do; `record` is the one that the form wants."""
        old = [] if self.new else [self.record]
        new: list[Definition] = [record]
        if isinstance(self.like, Pipeline) and isinstance(record, Pipeline):
            jobs = [one for one in self._parts if isinstance(one, PipelineJob)]
            apis = [one for one in self._parts if isinstance(one, PipelineAPI)]
            _, own_jobs, own_apis = copied(self.like, jobs, apis, record.name)
            new += [*own_jobs, *own_apis]
        return plan(old, new, doubts([*self._pipeline_jobs(record), record]))

    def _pipeline_jobs(self, record: Definition) -> list[PipelineJob]:
        return [job for job in self.around.jobs if job.id != record.id]

    def _show(self, record: Definition) -> None:
        lines = difference_lines(self.plan_of(record), MOST_LINES)
        head = head_lines(self.record, self.around, new=self.new, gone=self.gone, like=self.like, both=self.both,
                          changes=len(changed_fields(self.draft, self.base)), problems=self.problems)  # fmt: skip
        self.query_one("#definition-head", Facts).update(head)
        facts = self.query_one("#definition-difference", Facts)
        if facts.styles.height is None or facts.styles.height.value != len(lines):
            facts.styles.height = len(lines)
        facts.update([[line] for line in lines])

    def on_descendant_focus(self) -> None:
        """A word on the field one is in."""
        self.query_one("#definition-help", Facts).update([[Cell(self.form.help_of(self.focused), "dim")]])

    # Variables

    def on_definition_form_variables(self, message: DefinitionForm.Variables) -> None:
        """Open the small form of a variable."""
        from tui.screens.definition_variable import VariableScreen

        held = self.form.variables(message.name)
        new = message.index >= len(held)
        variable = Variable(key="") if new else held[message.index]
        others = [one for place, one in enumerate(held) if place != message.index]
        title = f"{'A new variable' if new else variable.key} of {called(self.record)}"
        self.dashboard.push_screen(
            VariableScreen(title, variable, partial(self._judge_variable, message.name, others)),
            partial(self._take_variable, message.name, message.index),
        )

    def _judge_variable(self, name: str, others: Sequence[Variable], variable: Variable) -> Mapping[str, str]:
        """What is wrong with a variable, by its fields."""
        if not variable.key:
            return {"key": "is missing: give it a name"}
        if any(one.key == variable.key for one in others):
            return {"key": "there is another one of this name"}
        from msgspec.structs import replace

        found: dict[str, str] = {}
        for problem in check(replace(self.record, **{name: (variable,)})):
            if problem.field.partition(".")[0] == name:
                found.setdefault(variable_part(problem.field, variable), problem.sentence)
        return found

    def _take_variable(self, name: str, index: int, variable: Variable | None) -> None:
        if variable is None:
            return
        held = self.form.variables(name)
        self.draft[name] = (*held[:index], variable, *held[index + 1 :])
        self.judge()

    # Commands

    def why_not(self, id: str) -> str:
        """Nothing is saved while something is wrong."""
        if id == "define.save":
            if self.dashboard.read_only:
                return READ_ONLY
            return "" if self.loaded and self.around.project else "its project is being read"
        return super().why_not(id)

    def do_define_save(self) -> None:
        """`ctrl+s`: show the difference, ask, then save."""
        record, _ = self.wanted()
        if self.problems:
            wrong = by_field(self.problems)
            self.form.show_errors(wrong)
            first = next((field for name, field in self.form.fields.items() if name in wrong), None)
            if first is not None and first.can_focus:
                first.focus()
            name, sentence = next(iter(wrong.items()))
            joint = " " if sentence.startswith(PREDICATES) else ": "
            self.say(f"cannot be saved: {label_of(type(record), name)}{joint}{sentence}", "failed")
            return
        wanted = self.plan_of(record)
        project = self.around.project
        if wanted.empty or project is None:
            self.say("nothing has changed", "dim")
            return
        from widgets.field_question import QuestionScreen

        title = wanted.title(project.name)
        lines = difference_lines(wanted, MOST_LINES)
        question = QuestionScreen(f"{title[:1].upper()}{title[1:]}?", lines)
        self.dashboard.push_screen(question, lambda yes: self._save(wanted) if yes else None)

    def _save(self, wanted: Plan) -> None:
        from tui.actions_define import define_command
        from tui.outcomes import Following

        assert self.around.project is not None
        try:
            command = define_command(self.around.project, wanted, self.dashboard.user)
        except LinesideError as error:
            self.say(str(error), "failed")
            return
        app = self.dashboard
        app.go_back()
        below = app.screen
        if isinstance(below, LinesideScreen):
            below.submit(command)
            Following(app, [command], {command.target_id: self.record.name})

    def do_back(self) -> None:
        """`esc`: go back; what was changed is asked about."""
        changes = changed_fields(self.draft, self.base)
        if not changes or not self.loaded:
            super().do_back()
            return
        words = labels_of(type(self.record), changes)
        app = self.dashboard
        app.confirm("Leave without saving?", [f"Changed and not saved: {words}."], app.go_back)

    async def do_define_editor(self) -> None:
        """`ctrl+e`: the definition as YAML in the user's editor."""
        from tui.screens.definition_editing import edit_definition

        record, _ = self.wanted()
        if self.around.project is None:
            self.say("its project is being read", "warning")
            return
        edit_definition(self, record)

    def take(self, record: Definition) -> None:
        """Take over what was written in the editor."""
        self.draft = draft_of(record)
        self.judge()
