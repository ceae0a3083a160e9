"""How a list is looked at: filter, window, order, group and columns. It costs no import, for the first frame."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from data.model.work import View

NARROWEST, WIDEST = 3, 80
"""Cells that a user can give a column."""

RENAMED = {"pipeline": "pipeline_id"}
"""Groups of looks that were kept before they had another name: pipelines were told apart by their names only."""

_AGE = r"(?:[\d.]+[a-zA-Z]+)+"
_WIDTH = r"(?s)(.+):(\d{1,3})"


class Chosen(NamedTuple):
    """A column that is shown: its key, and the width that the user gave it, 0 for its own."""

    key: str
    width: int = 0

    @classmethod
    def parse(cls, word: str) -> Chosen:
        """The column of a word such as `ref` or `ref:24`."""
        found = re.fullmatch(_WIDTH, word)
        if found is None:
            return cls(word)
        width = int(found[2])
        return cls(found[1], max(NARROWEST, min(WIDEST, width)) if width else 0)

    def __str__(self) -> str:
        # A key that itself ends like a width is told from one with a width by a width of 0.
        ambiguous = re.fullmatch(_WIDTH, self.key) is not None
        return f"{self.key}:{self.width}" if self.width or ambiguous else self.key


class Look(NamedTuple):
    """What a `View` says, without its name and owner; the fields mean what they mean there."""

    filter: str = ""
    window: str = ""
    sort: str = ""
    descending: bool = True
    group: str = ""
    columns: tuple[str, ...] = ()

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        """The columns; none for those of the list's own."""
        return tuple(Chosen.parse(word) for word in self.columns)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON and for a `View`."""
        return self._asdict()

    @classmethod
    def of(cls, view: View) -> Look:
        """How a view looks at its list."""
        return cls.read({name: getattr(view, name) for name in cls._fields})

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Look:
        """The look that `as_dict` gave.

        Raises:
            KeyError, TypeError: it is something else.
        """
        return cls(
            filter=str(found["filter"]),
            window=str(found["window"]),
            sort=str(found["sort"]),
            descending=bool(found["descending"]),
            group=RENAMED.get(str(found["group"]), str(found["group"])),
            columns=tuple(map(str, found["columns"])),
        )


def words(chosen: Iterable[Chosen]) -> tuple[str, ...]:
    """Columns as a look and a view keep them."""
    return tuple(map(str, chosen))


def window_words(window: str) -> str:
    """A window for people: `in the last 7d`, `since 2026-11-01`."""
    return f"in the last {window}" if re.fullmatch(_AGE, window) else f"since {window}"
