"""What is wrong with a configuration, and where."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from data.errors import ConfigError


class Severity(StrEnum):
    """How much a problem matters: an error stops, a warning does harm, a hint could be better."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a file. It never holds a secret's value."""

    message: str
    severity: Severity = Severity.ERROR
    file: str = ""
    line: int = 0
    """1-based; 0 when the whole file is meant."""
    field: str = ""
    """Dotted path of the setting, such as `connections.work.url` or `projects[0].pipelines[1].name`."""
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.severity}: {self.error()}"

    def error(self, more: int = 0) -> ConfigError:
        """The problem as an error; `more` is how many other errors the file has."""
        others = f"and {more} more problem{'s' * (more > 1)} in this file; `lineside config check` lists them"
        hint = "; ".join(part for part in (self.hint, others if more else "") if part)
        return ConfigError(self.message, hint=hint, file=self.file, line=self.line, field=self.field)


def line_of(field: str, lines: Mapping[str, int]) -> int:
    """The line of a setting by its dotted path, else of the nearest one above it that the file gives; 0 for none."""
    while field and field not in lines:
        field = field[: max(field.rfind("."), field.rfind("["), 0)]
    return lines.get(field, 0)
