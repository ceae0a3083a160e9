"""What the launch form says beside its fields: what differs, where it comes from, what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from data.launch.asked import Problem, Request, Target
from data.launch.components import Component, components
from tui.present.launch_fields import ROWS, SECRET, TOGGLES, FieldSpec, Section, Value, names_of, value_of
from widgets.cells import Cell, truncate
from widgets.formfield import CHANGED, FILLED
from widgets.formparts import Toggle

SHOWN_DEFAULT = 24
"""Cells of a default value that are shown beside another one."""


class Marks(NamedTuple):
    """What a request is held against.

    Attributes:
        target: what it is about.
        request: as it stands.
        defaults: what the API says.
        filled: what the form was filled with.
        origin: where that came from, such as `from #103`; empty where it came from the API.
        differing: names of what differs from the defaults.
        changed: names of what differs from what the form was filled with.
    """

    target: Target
    request: Request
    defaults: Request
    filled: Request
    origin: str
    differing: frozenset[str]
    changed: frozenset[str]

    def mark(self, name: str) -> str:
        """How the value of a name came about."""
        if name not in self.differing:
            return ""
        return CHANGED if name in self.changed or not self.origin else FILLED

    def of_field(self, field: FieldSpec) -> list[str]:
        """Names of the parts of a field that differ."""
        own = names_of(field.name, self.request)
        if field.kind == ROWS:
            held = value_of(self.request, field.name, self.target)
            own = tuple(f"{field.name}.{key}" for key in held) if isinstance(held, dict) else ()
        if field.kind == TOGGLES:
            return [name for name in sorted(self.differing) if name.startswith(f"{field.name}.")]
        return [name for name in own if name in self.differing]


def note(field: FieldSpec, marks: Marks) -> tuple[str, str]:
    """(words, mark) at the end of a field's line."""
    if field.why:
        return field.why if field.value else "", ""
    if field.kind in {TOGGLES, ROWS}:
        return "", ""
    differing = marks.of_field(field)
    if not differing:
        return "", ""
    mark = CHANGED if any(marks.mark(name) == CHANGED for name in differing) else FILLED
    if field.kind == SECRET:
        return "", mark
    words = [marks.origin] if mark == FILLED else []
    default = _shown(value_of(marks.defaults, field.name, marks.target))
    if default:
        words.append(f"default {truncate(default, SHOWN_DEFAULT)}")
    return ", ".join(words), mark


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if isinstance(value, dict) else value


def toggles(marks: Marks, problems: Iterable[Problem]) -> list[Toggle]:
    """The components of an API: on or off, why, and what is wrong."""
    target, request = marks.target, marks.request
    flow = {**(target.api.flow_control if target.api else {}), **request.flow_control}
    wrong = {problem.field: problem.message for problem in problems}
    every = components(target.jobs, flow)
    off = {one.name for one in every if not one.on}
    return [
        Toggle(
            one.name,
            one.on,
            one.stage,
            _reason(one, off),
            wrong.get(f"flow_control.{one.name}", ""),
            marks.mark(f"flow_control.{one.name}"),
        )
        for one in every
    ]


def _reason(one: Component, off: Collection[str]) -> str:
    """What a component needs, or without which of these it is off."""
    missing = [need for need in one.needs if need in off]
    needs = ", ".join(missing or one.needs)
    return f"{'off: ' if missing else ''}needs {needs}" if needs else ""


def row_marks(field: FieldSpec, marks: Marks) -> dict[str, str]:
    """How the values of further variables or inputs came about, by name."""
    prefix = f"{field.name}."
    return {name.removeprefix(prefix): marks.mark(name) for name in marks.of_field(field)}


def errors(shown: Sequence[Section], problems: Iterable[Problem]) -> tuple[dict[str, str], list[str]]:
    """What is wrong by the name of the field, the first of each, and what belongs to no field that is shown."""
    fields = {field.name: field for section in shown for field in section.fields}
    found: dict[str, str] = {}
    other: list[str] = []
    for problem in problems:
        name = field_of(problem.field, fields)
        if name is None:
            other.append(problem.message)
        else:
            found.setdefault(name, problem.message)
    return found, other


def field_of(name: str, fields: Collection[str]) -> str | None:
    """The field in which something of this name is shown; None for none."""
    if name in fields:
        return name
    if name in {"at", "after"}:
        return "when" if "when" in fields else None
    group = name.partition(".")[0]
    return group if group in fields else None


def heading(section: Section, marks: Marks, wrong: Mapping[str, str], folded: bool) -> list[Cell]:
    """What stands behind the title of a section."""
    cells = [Cell(section.why, "warning")] if section.why else []
    count = sum(field.name in wrong for field in section.fields)
    if count:
        cells.append(Cell(f"{count} wrong", "failed"))
    differing = {name for field in section.fields for name in marks.of_field(field)}
    if differing:
        mine = any(marks.mark(name) == CHANGED for name in differing)
        cells.append(Cell(f"{len(differing)} differ{'s' if len(differing) == 1 else ''}", "accent"))
        if marks.origin and not mine:
            cells.append(Cell(marks.origin, "dim"))
    if summary := _summary(section, marks, folded):
        cells.append(Cell(summary, "dim"))
    return cells


def _summary(section: Section, marks: Marks, folded: bool) -> str:
    if section.key == "components":
        every = toggles(marks, ())
        return f"{sum(one.on for one in every)} of {len(every)} run"
    if not folded:
        return ""
    texts = [_brief(field, marks) for field in section.fields]
    return ", ".join(text for text in texts if text)


def _brief(field: FieldSpec, marks: Marks) -> str:
    """A field of a folded section in a few words."""
    if field.why and not field.value:
        return ""
    value = field.value or value_of(marks.request, field.name, marks.target)
    if isinstance(value, dict):
        return " ".join(f"{key}={one}" for key, one in value.items())
    if isinstance(value, bool):
        return f"{field.label} {_shown(value)}"
    if field.kind == SECRET:
        return ""
    return f"{field.label} {truncate(value, SHOWN_DEFAULT)}" if value else ""
