"""What several specifications share."""

from __future__ import annotations

from typing import Final

from data.model import Command, Project
from data.store.port import Sort
from data.store.specification import Term, Via

NEWEST: Final = Sort("created", descending=True)
BY_NAME: Final = Sort("name")
BY_ID: Final = Sort("id")

PROJECT: Final = Via("project_id", Project, ("name", "path"))
"""The project of a record that has its id."""
OF_PROJECT: Final = Term(via=(PROJECT,), inside=True)
"""`project:churn` fits a project whose name or path holds `churn`."""
NAMED: Final[dict[str, Term]] = {"id": Term(("id",))}


def words(**marks: bool) -> tuple[str, ...]:
    """Names of the marks that hold."""
    return tuple(word for word, holds in marks.items() if holds)


def queue_place(command: Command) -> float:
    """A command's place in the queue: the one it was given, else the time at which it was made."""
    return command.place or command.created.timestamp()


def dataset_name(dataset: str) -> str:
    """The name in `<name>@<digest>`."""
    name, _, digest = dataset.rpartition("@")
    return name or digest
