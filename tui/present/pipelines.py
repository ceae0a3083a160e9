"""What a pipeline is called where those of several projects stand together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.model.project import Project


def pipeline_name(id_: str, projects: Mapping[str, Project], between: str) -> str:
    """Path of the project and name of the pipeline, with `between` between them; the id where the project is not known.

    The id is `<project id>:<name>` (`data.model.Pipeline`), and either may hold colons.
    """
    at = id_.rfind(":")
    while at > 0:
        project = projects.get(id_[:at])
        if project is not None:
            return f"{project.path or project.name}{between}{id_[at + 1 :]}"
        at = id_.rfind(":", 0, at)
    return id_
