"""Where the records of each type live, and how their documents name what is in them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from data.errors import UsageError
from data.model import PipelineRun, Record, Session
from data.store.kinds import KINDS
from data.store.specification import Kind

Document = dict[str, Any]

OWN: Final = "lineside"
"""The subdocument with all that Lineside adds: readers of the plain design never meet anything of ours outside it."""
REVISION: Final = f"{OWN}.rev"
ID: Final = f"{OWN}.f.id"
SEEN: Final = f"{OWN}.seen"
"""How another tool's part of a document was when its record was made."""
SEARCH: Final = f"{OWN}.s"
NAMES: Final = f"{OWN}.n"
FIELDS: Final = f"{OWN}.f"
"""Values by which records are filtered and sorted: texts in lower case, times in microseconds since 1970. What is
empty (`""`, False, None, no words) is left out: most values of most records are.
"""
SPELLED: Final = f"{OWN}.x"
"""Texts as they are spelled, ids in lower case: only those that differ from what `FIELDS` has."""
ENTRIES: Final = f"{OWN}.e"
"""Metrics, params and tags: numbers, and texts in lower case."""

_PLAIN: Final[dict[type[Record], str]] = {PipelineRun: "jobs_history", Session: "sessions"}
_ESCAPED: Final = {"%": "%25", ".": "%2E", "$": "%24", "\0": "%00"}


class Home(NamedTuple):
    """The collection of a record type. `shared` says that other tools of the plain design write to it, too."""

    kind: Kind
    collection: str
    shared: bool

    def field(self, name: str) -> str:
        """Path of a field.

        Raises:
            UsageError: the kind has no such field.
        """
        if name not in self.kind.fields:
            fields = ", ".join(sorted(self.kind.fields))
            raise UsageError(f"{self.kind.name} have no field `{name}`", hint=f"fields are {fields}")
        return f"{FIELDS}.{name}"


HOMES: Final[dict[type[Record], Home]] = {
    record: Home(kind, _PLAIN.get(record, kind.table), record in _PLAIN) for record, kind in KINDS.items()
}
"""Every record type's collection."""
BY_TABLE: Final[dict[str, type[Record]]] = {kind.table: record for record, kind in KINDS.items()}


def id_in(document: Document) -> str | None:
    """Id of the record in a document; None where it holds none of ours."""
    own = document.get(OWN)
    fields = own.get("f") if isinstance(own, dict) else None
    id_ = fields.get("id") if isinstance(fields, dict) else None
    return id_ if isinstance(id_, str) else None


def home(kind: type[Record]) -> Home:
    """The collection of a record type."""
    return HOMES[kind]


def spelled(name: str) -> str:
    """Path of a field's other spelling."""
    return f"{SPELLED}.{name}"


def entry_path(group: str, key: str) -> str:
    """Path of a metric, param or tag."""
    return f"{ENTRIES}.{escaped(f'{group}:{key}')}"


def escaped(name: str) -> str:
    """A name as key of a document: those of MongoDB hold neither dots nor dollars where every server takes them."""
    return "".join(_ESCAPED.get(character, character) for character in name)


def unescaped(key: str) -> str:
    """The name that `escaped` made a key of."""
    for character, code in reversed(_ESCAPED.items()):
        key = key.replace(code, character)
    return key


def leading(kind: Kind) -> frozenset[str]:
    """Fields with which an index begins."""
    return frozenset({"id", *(fields[0] for fields in indexed_fields(kind))})


def indexed_fields(kind: Kind) -> list[tuple[str, ...]]:
    """The fields of each of a kind's indexes, without the id that ends each."""
    pairs = [*kind.indexes, *((field, kind.default_sort.field) for field in kind.group_fields)]
    words = [(name,) for name, column in kind.fields.items() if column.type == "words"]
    default = [(kind.default_sort.field,)] if kind.default_sort.field != "id" else []
    return list(dict.fromkeys([*default, *((field,) for field in kind.sorts), *pairs, *words]))
