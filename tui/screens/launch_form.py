"""The fields of the launch form as widgets: made from what the presentation says, filled, marked, folded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from data.launch.asked import Problem, Request, Target
from tui.present.launch_fields import (
    CHOICE,
    FILE,
    LOCKED,
    NUMBER,
    PIPELINE,
    ROWS,
    SECRET,
    SUGGEST,
    SWITCH,
    TOGGLES,
    FieldSpec,
    Section,
    Value,
    value_of,
    with_value,
)
from tui.present.launch_marks import Marks, errors, heading, note, row_marks, toggles
from widgets.formfield import FieldScroll
from widgets.formparts import NumberField, SectionHead, TogglesField
from widgets.forms import ChoiceField, Field, TextField, ToggleField
from widgets.rowsfield import Pair, RowsField
from widgets.suggest import Offer, SuggestField

KEPT_OPEN = frozenset({"variables"})
"""Sections that are never folded by themselves: what people come to change."""
PATHS_SHOWN = 200
"""Files of a folder that are offered."""


def make_field(spec: FieldSpec) -> Field:
    """The widget of a field. Those whose name has no dot in it can be found by it."""
    id = spec.name if "." not in spec.name else None
    label, required = spec.label, spec.required
    if spec.kind == LOCKED:
        locked = TextField(label, spec.value or spec.why, locked=True, id=id)
        locked.can_focus = False
        return locked
    if spec.kind == CHOICE:
        return ChoiceField(label, spec.options, required=required, id=id)
    if spec.kind == SWITCH:
        return ToggleField(label, hint=spec.help, id=id)
    if spec.kind == TOGGLES:
        return TogglesField(label, id=id)
    if spec.kind == ROWS:
        return RowsField(label, id=id)
    if spec.kind in {SUGGEST, FILE}:
        field = SuggestField(label, required=required, hint=spec.help, id=id)
        field.set_offers([Offer(option) for option in spec.options])
        if spec.kind == FILE:
            field.find = offered_paths
        return field
    if spec.kind == NUMBER:
        return NumberField(label, required=required, hint=spec.help, id=id)
    return TextField(label, required=required, secret=spec.kind == SECRET, hint=spec.help, id=id)


def offered_paths(typed: str) -> list[Offer]:
    """Files and folders that begin like what was typed."""
    folder, _, begin = typed.rpartition("/")
    before = f"{folder}/" if "/" in typed else ""
    place = Path(before or ".").expanduser()
    found: list[Offer] = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(begin) and (begin or not entry.name.startswith(".")):
                    folder_too = entry.is_dir()
                    shown = f"{before}{entry.name}{'/' if folder_too else ''}"
                    found.append(Offer(shown, "folder" if folder_too else ""))
    except OSError:
        return []
    return sorted(found)[:PATHS_SHOWN]


def _held(field: Field) -> Value:
    """What a field holds."""
    if isinstance(field, RowsField):
        return {pair.key.strip(): pair.value for pair in field.pairs}
    return field.value if isinstance(field, ToggleField | ChoiceField | TextField) else ""


class LaunchForm(FieldScroll):
    """Sections of fields, one below the other."""

    @dataclass(eq=False, repr=False)
    class Edited(Message):
        """The user changed a field."""

        name: str
        value: Value

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.fields: dict[str, Field] = {}
        self.specs: dict[str, FieldSpec] = {}
        self.heads: dict[str, SectionHead] = {}
        self.sections: tuple[Section, ...] = ()
        self._said: tuple[Marks, dict[str, str]] | None = None

    # What there is

    async def show(self, sections: Sequence[Section]) -> None:
        """Show these fields. One that is there already stays as it is, with its cursor."""
        if tuple(sections) == self.sections:
            return
        self.sections = tuple(sections)
        wanted: list[Field] = []
        names: dict[str, FieldSpec] = {}
        for section in sections:
            if section.title:
                wanted.append(self._head(section))
            for spec in section.fields:
                wanted.append(self._field(spec))
                names[spec.name] = spec
        self.fields = {name: field for name, field in self.fields.items() if name in names}
        self.specs = names
        self.heads = {key: head for key, head in self.heads.items() if key in {one.key for one in sections}}
        async with self.batch():
            await self._place(wanted)
        self._show_folds()

    def _head(self, section: Section) -> SectionHead:
        return self.heads.setdefault(section.key, SectionHead(section.title, id=f"head-{section.key}"))

    def _field(self, spec: FieldSpec) -> Field:
        """The widget that is there already, if it is of the same make, or a new one."""
        before = self.specs.get(spec.name)
        if before is None or before._replace(help="") != spec._replace(help=""):
            self.fields[spec.name] = make_field(spec)
        elif before.help != spec.help:
            self.fields[spec.name].hint = spec.help
        return self.fields[spec.name]

    async def _place(self, wanted: Sequence[Field]) -> None:
        """Mount what is new behind what comes before it, and remove what is not wanted any more."""
        kept = set(wanted)
        gone = [child for child in self.children if child not in kept]
        await self.remove_children(gone)
        run: list[Field] = []
        before: Field | None = None
        for field in wanted:
            if not field.is_attached:
                run.append(field)
                continue
            if run:
                await self.mount(*run, before=field)
            run, before = [], field
        if run:
            await (self.mount(*run, after=before) if before is not None else self.mount(*run))

    # What it holds

    def fill(self, request: Request, target: Target) -> None:
        """Show the values of a request, without telling; fields that hold them already are left alone."""
        for name, spec in self.specs.items():
            if spec.kind in {LOCKED, TOGGLES}:
                continue
            field, value = self.fields[name], value_of(request, name, target)
            if name != PIPELINE and with_value(request, name, _held(field), target) == request:
                continue  # it says so already, perhaps in other words, and somebody may be typing there
            if isinstance(field, RowsField):
                assert isinstance(value, dict)
                field.set_pairs(Pair(key, one) for key, one in value.items())
            elif isinstance(field, ToggleField):
                field.set_value(bool(value))
            elif isinstance(field, ChoiceField | TextField):
                field.set_value(str(value))

    def on_field_changed(self, message: Field.Changed) -> None:
        """Tell what the user typed, by the name of the field."""
        message.stop()
        self.post_message(self.Edited(self.name_of(message.field), _held(message.field)))

    def row_names(self, name: str) -> list[str]:
        """The names that stand in a field of names and values, as often as they do."""
        field = self.fields.get(name)
        return [pair.key.strip() for pair in field.pairs] if isinstance(field, RowsField) else []

    def name_of(self, field: object) -> str:
        """The name of a field; empty for none of the form."""
        return next((name for name, own in self.fields.items() if own is field), "")

    def help_of(self, field: object) -> str:
        """What there is to say to whoever is in a field."""
        spec = self.specs.get(self.name_of(field))
        return spec.help if spec else ""

    def offer(self, name: str, offers: Iterable[Offer]) -> None:
        """What a field offers below it."""
        field = self.fields.get(name)
        if isinstance(field, SuggestField):
            field.set_offers(list(offers))

    # What is said beside it

    def annotate(self, marks: Marks, problems: Sequence[Problem]) -> tuple[str, list[str]]:
        """Mark what differs and say what is wrong, in the fields and in the heads of their sections.

        Returns the first field with an error, or "", and what is wrong with none of them.
        """
        wrong, other = errors(self.sections, problems)
        for name, spec in self.specs.items():
            field = self.fields[name]
            field.set_note(*note(spec, marks))
            if isinstance(field, TogglesField):
                field.set_toggles(toggles(marks, problems))
                mine = [problem for problem in problems if problem.field == name]
                field.set_error(mine[0].message if mine else "")
            else:
                field.set_error(wrong.get(name, ""))
            if isinstance(field, RowsField):
                field.set_marks(row_marks(spec, marks))
        self._said = (marks, wrong)
        self._show_heads()
        return next((name for name in self.specs if name in wrong), ""), other

    def _show_heads(self) -> None:
        """Say in the heads what is in their sections."""
        if self._said is None:
            return
        for section in self.sections:
            if section.title:
                head = self.heads[section.key]
                head.set_cells(heading(section, *self._said, head.folded))

    # Folding

    def fold_unchanged(self, marks: Marks, room: int) -> None:
        """Fold what nobody changed, the last section first, until the form has no more lines than `room`."""
        left = sum(bool(one.title) + self._lines(one) for one in self.sections)
        for section in reversed(self.sections):
            quiet = not any(marks.of_field(field) or field.required for field in section.fields)
            if left > room and section.title and quiet and section.key not in KEPT_OPEN:
                self.heads[section.key].folded = True
                left -= self._lines(section)
        self._show_folds()

    def _lines(self, section: Section) -> int:
        return sum(self.fields[spec.name].rows for spec in section.fields)

    def on_section_head_folded(self, message: SectionHead.Folded) -> None:
        """The user folds or unfolds a section."""
        message.stop()
        self._show_folds()

    def _show_folds(self) -> None:
        self._show_heads()
        for section in self.sections:
            head = self.heads.get(section.key)
            for spec in section.fields:
                self.fields[spec.name].display = head is None or not head.folded

    def go_to(self, name: str) -> None:
        """Put the cursor into a field, unfolding its section."""
        section = next((one for one in self.sections if any(spec.name == name for spec in one.fields)), None)
        if section is None:
            return
        if section.title and self.heads[section.key].folded:
            self.heads[section.key].folded = False
            self._show_folds()
        self.fields[name].focus()
