"""The fields of a definition as widgets: made from what the presentation says, filled, read, marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.message import Message

from data.launch.components import components, switch
from data.model.pipeline import PipelineJob, Variable
from tui.present.definition import NAME, Draft, Section, Spec, Value
from tui.present.fields import variable_words
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.field_lines import LinesField
from widgets.field_list import ListField
from widgets.formfield import CHANGED, FieldScroll
from widgets.formparts import NumberField, Toggle, TogglesField
from widgets.forms import ChoiceField, Field, TextField, ToggleField
from widgets.rowsfield import Pair, RowsField
from widgets.suggest import Offer, SuggestField

TOGGLED = frozenset({"names", "components"})
"""Kinds of fields that switch jobs on and off."""

NO_JOBS = "no job is known yet: they come from the CI file of the default branch, or are defined"
"""Said of components, and of needs, where there is nothing to switch."""
OPTIONAL = "optional_needs"
"""Needs that are chosen among the needs: none of them is nothing to wonder about."""


def make_field(spec: Spec, *, locked: bool = False) -> Field:
    """The widget of a field; its id is the name."""
    id, label = spec.name, spec.label
    if spec.kind == "choice":
        return ChoiceField(label, spec.options, hint=spec.help, id=id)
    if spec.kind == "switch":
        return ToggleField(label, hint=spec.help, id=id)
    if spec.kind in TOGGLED:
        return TogglesField(label, id=id)
    if spec.kind == "lines":
        return LinesField(label, id=id)
    if spec.kind == "variables":
        return ListField(label, id=id)
    if spec.kind == "pairs":
        return RowsField(label, id=id)
    if spec.kind == "suggest" and not locked:
        return SuggestField(label, required=spec.name == NAME, id=id)
    if spec.kind == "number":
        return NumberField(label, id=id)
    return TextField(label, required=spec.name == NAME, locked=locked, id=id)


class DefinitionForm(FieldScroll):
    """Sections of fields, one below the other. It holds no draft: it shows one, and tells what the user changes."""

    @dataclass(eq=False, repr=False)
    class Edited(Message):
        """The user changed a field."""

        name: str
        value: Value
        said: Sequence[str] = ()
        """What changed with it, in sentences."""

    @dataclass(eq=False, repr=False)
    class Variables(Message):
        """Variable `index` of a field is to be changed; a new one where there is none yet."""

        name: str
        index: int

    def __init__(self, sections: Sequence[Section], *, named: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sections, self._named = sections, named
        self.fields: dict[str, Field] = {}
        self.heads: dict[str, Facts] = {}
        self.specs = {spec.name: spec for section in sections for spec in section.fields}
        self.draft: Draft = {}
        self.jobs: Sequence[PipelineJob] = ()

    def compose(self) -> ComposeResult:
        """A heading and the fields of each section. What names the record stays once that is there."""
        for section in self._sections:
            head = self.heads[section.title] = Facts(1, classes="definition-section")
            head.update([[Cell(section.title, "bold")]])
            yield head
            for spec in section.fields:
                field = self.fields[spec.name] = make_field(spec, locked=spec.name == NAME and self._named)
                if spec.name == NAME and self._named:
                    field.can_focus = False
                yield field

    def fill(self, draft: Draft, jobs: Sequence[PipelineJob], changed: Sequence[str]) -> None:
        """Show a draft, without telling; fields that hold it already are left alone. `jobs` are the pipeline's."""
        self.draft, self.jobs = dict(draft), jobs
        for name, field in self.fields.items():
            self._fill(self.specs[name], field, draft[name])
            field.set_note("", CHANGED if name in changed else "")
        for section in self._sections:
            empty = any(isinstance(field, TogglesField) and not field.rows for field in self._of(section))
            self.heads[section.title].update([[Cell(section.title, "bold"), *[Cell(NO_JOBS, "dim")] * empty]])

    def _of(self, section: Section) -> list[Field]:
        return [self.fields[spec.name] for spec in section.fields if spec.name != OPTIONAL]

    def _fill(self, spec: Spec, field: Field, value: Value) -> None:
        if isinstance(field, TogglesField):
            field.set_toggles(self._toggles(spec, value))
        elif isinstance(field, ListField):
            assert isinstance(value, tuple)
            field.set_rows([_variable_cell(one) for one in value if isinstance(one, Variable)])
        elif isinstance(field, LinesField):
            assert isinstance(value, tuple)
            field.set_value(str(one) for one in value)
        elif isinstance(field, RowsField):
            assert isinstance(value, dict)
            field.set_pairs(Pair(key, str(one)) for key, one in value.items())
        elif isinstance(field, ToggleField):
            field.set_value(bool(value))
        elif isinstance(field, ChoiceField | TextField):
            field.set_value(str(value))

    def _toggles(self, spec: Spec, value: Value) -> list[Toggle]:
        """The jobs that a field switches: all of the pipeline, those beside this one, or those that it needs."""
        if spec.kind == "components":
            assert isinstance(value, dict)
            found = components(self.jobs, {name: bool(on) for name, on in value.items()})
            return [Toggle(one.name, one.on, one.stage, reason=one.because) for one in found]
        assert isinstance(value, tuple)
        chosen = [str(one) for one in value]
        own = str(self.draft.get(NAME, ""))
        if spec.name == OPTIONAL:
            needs = self.draft.get("needs", ())
            offered = [str(one) for one in needs] if isinstance(needs, tuple) else []
        else:
            offered = [job.name for job in self.jobs if job.name != own]
        stages = {job.name: job.stage for job in self.jobs}
        names = dict.fromkeys([*offered, *chosen])
        return [Toggle(name, name in chosen, spec.label, reason=stages.get(name, "")) for name in names]

    # What the user does

    def on_field_changed(self, message: Field.Changed) -> None:
        """Tell what the user typed."""
        message.stop()
        field, value = message.field, _value_of(message.field)
        if field.id and value is not None:
            self.post_message(self.Edited(field.id, value))

    def on_toggles_field_switched(self, message: TogglesField.Switched) -> None:
        """Switch a job, with all that goes with it."""
        message.stop()
        spec, value = self.specs[message.field.id or ""], self.draft[message.field.id or ""]
        if isinstance(value, dict):
            told = {name: bool(on) for name, on in value.items()}
            states, said = switch(self.jobs, told, message.name, message.on)
            kept = {name: on for name, on in states.items() if not on or name in told}
            self.post_message(self.Edited(spec.name, kept, said))
        elif isinstance(value, tuple):
            names = [str(one) for one in value if one != message.name] + [message.name] * message.on
            order = {job.name: place for place, job in enumerate(self.jobs)}
            names.sort(key=lambda name: order.get(name, len(order)))
            self.post_message(self.Edited(spec.name, tuple(names)))

    def on_list_field_opened(self, message: ListField.Opened) -> None:
        """Open a variable."""
        message.stop()
        self.post_message(self.Variables(message.field.id or "", message.index))

    def on_list_field_dropped(self, message: ListField.Dropped) -> None:
        """Take a variable out."""
        message.stop()
        held = self.variables(message.field.id or "")
        self._set(message.field, [*held[: message.index], *held[message.index + 1 :]])

    def on_list_field_shifted(self, message: ListField.Shifted) -> None:
        """Put a variable at another place."""
        message.stop()
        held = self.variables(message.field.id or "")
        held.insert(message.place, held.pop(message.index))
        self._set(message.field, held)
        message.field.go_to(message.place)

    def variables(self, name: str) -> list[Variable]:
        """The variables that a field holds."""
        value = self.draft.get(name, ())
        return [one for one in value if isinstance(one, Variable)] if isinstance(value, tuple) else []

    def _set(self, field: Field, variables: Sequence[Variable]) -> None:
        self.post_message(self.Edited(field.id or "", tuple(variables)))

    # What is said beside it

    def show_errors(self, wrong: Mapping[str, str]) -> None:
        """Say under each field what is wrong with it."""
        for name, field in self.fields.items():
            field.set_error(wrong.get(name, ""))

    def offer(self, name: str, offers: Sequence[Offer]) -> None:
        """What a field offers below it."""
        field = self.fields.get(name)
        if isinstance(field, SuggestField):
            field.set_offers(offers)

    def help_of(self, field: object) -> str:
        """What there is to say to whoever is in a field."""
        return next((self.specs[name].help for name, own in self.fields.items() if own is field), "")


def _value_of(field: Field) -> Value | None:
    if isinstance(field, RowsField):
        return {pair.key.strip(): pair.value for pair in field.pairs}
    if isinstance(field, LinesField | ToggleField | ChoiceField | TextField):
        return field.value
    return None


def _variable_cell(variable: Variable) -> Cell:
    key, rest, _ = variable_words(variable)
    return Cell.of((key, "accent"), (f" = {rest}", ""))
