"""The difference between what is defined and what is wanted, readable field by field, and as what a command carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from data.clean import clean
from data.config.units import format_duration
from data.define.fields import FIELDS, KINDS, Definition, blank, called, chosen, digest, owner_of, same
from data.model import Pipeline, PipelineAPI, PipelineJob, Variable
from data.model.base import builtins

ADDED: Final = "+"
CHANGED: Final = "~"
DELETED: Final = "-"
"""Signs of what happens to a record or a field."""
MASK: Final = "•••"
"""In place of the value of a secret."""
SHOWN: Final = 200
"""Characters of a value in a difference."""


class Edit(NamedTuple):
    """What happens to one field."""

    sign: str
    field: str
    """Dotted path: `timeout`, `user_variables.LR.value`."""
    old: str
    new: str

    def __str__(self) -> str:
        if self.sign == CHANGED:
            return f"{self.sign} {self.field}: {self.old or 'nothing'} → {self.new or 'nothing'}"
        return f"{self.sign} {self.field}: {self.new if self.sign == ADDED else self.old}"


class Change(NamedTuple):
    """What happens to one record: `old` None makes it, `new` None deletes it."""

    old: Definition | None
    new: Definition | None
    edits: tuple[Edit, ...] = ()

    @property
    def record(self) -> Definition:
        """The record, as it is wanted where it stays."""
        record = self.new or self.old
        assert record is not None
        return record

    @property
    def sign(self) -> str:
        """`+`, `~` or `-`."""
        return ADDED if self.old is None else DELETED if self.new is None else CHANGED

    def __str__(self) -> str:
        return f"{self.sign} {called(self.record)}"


class Plan(NamedTuple):
    """All that has to happen, a pipeline before what belongs to it, and what else is to be said about it."""

    changes: tuple[Change, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing has to happen."""
        return not self.changes

    def lines(self) -> list[str]:
        """The difference for people: a line per record, and below it an indented one per field."""
        found = []
        for change in self.changes:
            found.append(clean(str(change)))
            found += [f"    {clean(str(edit))}" for edit in change.edits]
        return found

    def title(self, project: str) -> str:
        """The same in a few words: `change pipeline train of churn`, `definitions of churn: 2 added, 1 changed`."""
        if len(self.changes) == 1:
            word = {ADDED: "add", CHANGED: "change", DELETED: "delete"}[self.changes[0].sign]
            return f"{word} {called(self.changes[0].record)} of {project}"
        words = ((ADDED, "added"), (CHANGED, "changed"), (DELETED, "deleted"))
        counts = {word: sum(one.sign == sign for one in self.changes) for sign, word in words}
        told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        return f"definitions of {project}: {told}"


def plan(old: Iterable[Definition], new: Iterable[Definition], remarks: Iterable[str] = ()) -> Plan:
    """What turns `old` into `new`: what is only in `new` is made, what is only in `old` is deleted.

    A form gives one record, as it was and as it is wanted.
    """
    before = {(type(one), one.id): one for one in old}
    after = {(type(one), one.id): one for one in new}
    gone = [one for key, one in before.items() if key not in after]
    lost = {one.id for one in gone if isinstance(one, Pipeline)}
    changes = [Change(None, one, tuple(_made(one))) for key, one in after.items() if key not in before]
    for key, one in after.items():
        if key in before and not same(before[key], one):
            changes.append(Change(before[key], one, tuple(_edits(before[key], one))))
    # What belongs to a pipeline goes with it.
    alone = [one for one in gone if isinstance(one, Pipeline) or one.pipeline_id not in lost]
    changes += [Change(one, None, tuple(_lost(one, gone))) for one in alone]
    order = list(KINDS.values())
    changes.sort(key=lambda change: order.index(type(change.record)))
    return Plan(tuple(changes), tuple(remarks))


def define_payload(plan: Plan) -> dict[str, Any]:
    """What the command `define` carries: fields that people set, and digests of what they saw."""
    put, delete, was = [], [], {}
    for change in plan.changes:
        record, kind = change.record, type(change.record).__name__
        was[f"{kind}:{record.id}"] = digest(change.old)
        if change.new is None:
            delete.append({"record": kind, "id": record.id})
            continue
        owner = "project_id" if isinstance(record, Pipeline) else "pipeline_id"
        written = builtins(record)
        fields = {name: written[name] for name in FIELDS[type(record)]}
        put.append({"record": kind, "id": record.id, "name": record.name, owner: owner_of(record), **fields})
    return {"put": put, "delete": delete, "was": was}


def _lost(record: Definition, gone: Iterable[Definition]) -> Iterator[Edit]:
    """What goes with a pipeline."""
    for field, kind in (("jobs", PipelineJob), ("apis", PipelineAPI)):
        names = [one.name for one in gone if isinstance(one, kind) and owner_of(one) == record.id]
        if names and isinstance(record, Pipeline):
            yield _edit(field, ", ".join(names), "", DELETED)


def _made(record: Definition) -> Iterator[Edit]:
    """Fields that a new record sets."""
    for edit in _edits(blank(type(record), record.name, owner_of(record)), record):
        yield edit._replace(sign=ADDED, old="")


def _edits(old: Definition, new: Definition) -> Iterator[Edit]:
    after = chosen(new)
    for name, before in chosen(old).items():
        yield from _compared(name, before, after[name])


def _compared(field: str, old: Any, new: Any) -> Iterator[Edit]:
    if old == new:
        return
    before, after = _entries(old), _entries(new)
    if before is None or after is None:
        yield _edit(field, _shown(field, old), _shown(field, new), CHANGED)
        return
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield _edit(f"{field}.{key}", _shown(field, before[key]), "", DELETED)
        elif key not in before:
            yield _edit(f"{field}.{key}", "", _shown(field, after[key]), ADDED)
        elif isinstance(before[key], Variable):
            yield from _variable(f"{field}.{key}", before[key], after[key])
        elif before[key] != after[key]:
            yield _edit(f"{field}.{key}", _shown(field, before[key]), _shown(field, after[key]), CHANGED)
    if isinstance(old, tuple) and before.keys() == after.keys() and list(before) != list(after):
        yield _edit(field, ", ".join(before), ", ".join(after), CHANGED)


def _variable(field: str, old: Variable, new: Variable) -> Iterator[Edit]:
    for name in Variable.__struct_fields__:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            masked = name == "value" and (old.secret or new.secret)
            words = (MASK, MASK) if masked else (_shown(name, before), _shown(name, after))
            yield _edit(f"{field}.{name}", *words, CHANGED)


def _edit(field: str, old: str, new: str, sign: str) -> Edit:
    return Edit(sign, clean(field), old, new)


def _entries(value: Any) -> Mapping[str, Any] | None:
    """A collection whose entries have names, by name; None for other values."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, tuple) and all(isinstance(one, Variable) for one in value):
        return {one.key: one for one in value}
    return None


def _shown(field: str, value: Any) -> str:
    if isinstance(value, Variable):
        extras = [f"{name}={_shown(name, getattr(value, name))}" for name in ("kind", "required", "secret", "choices")
                  if getattr(value, name) not in (False, (), "string")]  # fmt: skip
        text = " ".join(filter(None, [MASK if value.secret and value.value else value.value or '""', *extras]))
    elif field == "timeout" and isinstance(value, float | int):
        text = format_duration(value) if value else "never"
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, tuple):
        text = ", ".join(map(str, value))
    else:
        text = str(value)
    return clean(text, limit=SHOWN)
