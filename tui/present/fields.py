"""Every field of a record as lines: its name, and its whole value, broken where it is longer than there is room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from data.model.base import Record
from data.model.pipeline import Variable
from tui.present.params import wrapped
from tui.present.run import ago
from tui.present.text import clock, took
from widgets.cells import Cell, Column
from widgets.rows import Row

COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="field", width=24, min_width=12, priority=0),
    Column(key="value", title="value", width=40, min_width=16, flex=1, priority=0),
)
"""Columns of the lines."""
DURATIONS: Final = frozenset({"timeout", "execution_time", "queued_time"})
"""Fields that hold seconds."""
WORDS: Final = {
    "id": "id",
    "os": "OS",
    "api_url": "API address",
    "test_api_url": "API address of tests",
    "mlflow_experiment_id": "MLflow experiment",
    "test_mlflow_experiment_id": "MLflow test experiment",
    "git_project_id": "GitLab project id",
    "git_schedule_id": "GitLab schedule id",
    "pipeline_file_name": "CI file",
    "pipeline_config": "CI configuration",
    "last_commit_hash": "validated at commit",
    "flow_control": "components",
    "flow_rule": "rule for components",
    "track": "MLflow run",
    "run_id": "RUN_ID",
    "repo_hash": "commit",
    "pipeline_api_id": "API",
    "web_url": "web address",
    "callback_key_env": "callback key variable",
    "job_run_history": "newest runs",
}
"""What fields are called, where that is not their name with spaces."""


class FieldLine(NamedTuple):
    """A line: a field, an entry of one, or the rest of a value that is longer than a line."""

    key: str
    name: str
    value: Cell
    whole: str
    """The whole value, for copying."""


def field_title(name: str) -> str:
    """What people call a field."""
    return WORDS.get(name, name.replace("_", " "))


def field_lines(
    record: Record, now: datetime, width: int, told: Mapping[str, Any] | None = None, without: Iterable[str] = ()
) -> list[FieldLine]:
    """All fields of a record, in its own order, in lines of at most `width` cells.

    `told` replaces the values of some fields, such as a project's id by its name; `without` leaves some out.
    """
    told, left_out = told or {}, frozenset(without)
    found: list[FieldLine] = []
    for name in record.__struct_fields__:
        if name not in left_out:
            value = told.get(name, getattr(record, name))
            found += _field(name, value, now, width)
    return found


def _field(name: str, value: Any, now: datetime, width: int) -> list[FieldLine]:
    title = field_title(name)
    entries = _entries(value)
    if entries is None:
        text, tone = words(name, value, now)
        return _broken(name, title, text, tone, width)
    if not entries:
        return [FieldLine(name, title, Cell("none", "dim"), "")]
    lines: list[FieldLine] = []
    for number, (key, text, tone) in enumerate(entries):
        shown = text if not key else f"{key} = {text}" if text else key
        lines += _broken(f"{name}:{number}", title if not number else "", shown, tone, width, copied=text or key)
    return lines


def _broken(key: str, title: str, text: str, tone: str, width: int, copied: str = "") -> list[FieldLine]:
    parts = wrapped(text, width)
    whole = copied or text
    return [
        FieldLine(f"{key}.{number}" if number else key, title if not number else "", Cell(part, tone), whole)
        for number, part in enumerate(parts)
    ]


def words(name: str, value: Any, now: datetime) -> tuple[str, str]:
    """A single value in words, and its tone."""
    if isinstance(value, bool):
        return ("yes", "") if value else ("no", "dim")
    if isinstance(value, datetime):
        return f"{clock(value)}  {ago(value, now) if value <= now else ''}".rstrip(), ""
    if value in ("", None):
        return "–", "dim"
    if name == "timeout":
        return (f"{took(value)} ({value:g} s)", "") if value else ("never", "")
    if name == "max_concurrent":
        return (str(value), "") if value else ("no limit", "")
    if name in DURATIONS:
        return took(value) or "–", ""
    if isinstance(value, msgspec.Struct | dict | list):
        return msgspec.json.encode(value).decode(), ""
    return (f"{value:g}", "") if isinstance(value, float) else (str(value), "")


def _entries(value: Any) -> Sequence[tuple[str, str, str]] | None:
    """(name, value, tone) of the entries of a collection; None for what is none."""
    if isinstance(value, Mapping):
        return [(str(key), *_entry(one)) for key, one in value.items()]
    if not isinstance(value, tuple):
        return None
    return [variable_words(one) if isinstance(one, Variable) else ("", str(one), "") for one in value]


def _entry(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return ("on", "success") if value else ("off", "dim")
    return value if isinstance(value, str) else msgspec.json.encode(value).decode(), ""


def variable_words(variable: Variable) -> tuple[str, str, str]:
    """A variable's name, its value with all that is asked of it, and its tone."""
    asked = variable_rules(variable)
    value = "•••" if variable.secret else variable.value
    told = filter(None, [value or "–", f"({asked})" if asked else "", variable.description])
    return variable.key, "  ".join(told), ""


def variable_rules(variable: Variable) -> str:
    """What is asked of a variable's value: kind, choices, pattern, whether it is required and a secret."""
    parts = [
        variable.kind if variable.kind != "string" else "",
        "required" if variable.required else "",
        "secret" if variable.secret else "",
        f"one of {', '.join(variable.choices)}" if variable.choices else "",
        f"matches {variable.pattern}" if variable.pattern else "",
    ]
    return ", ".join(filter(None, parts))


def matches(line: FieldLine, text: str) -> bool:
    """Whether a filter fits a line."""
    wanted = text.lower()
    return wanted in line.name.lower() or wanted in line.whole.lower()


def field_row(line: FieldLine) -> Row:
    """A row: a cell per entry of `COLUMNS`."""
    return Row(line.key, (Cell(line.name, "dim"), line.value))
