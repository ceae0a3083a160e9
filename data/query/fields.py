"""The fields that a filter can name, and what their values mean."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from data.model.vocabulary import ACTIVE, BLOCKED, FINISHED, PRODUCTION, STATUSES, TEST

ANY: Final = "*"
"""Stands for any characters in a value."""
ME: Final = "me"
"""The value of `by` that means whoever is looking."""
MINE: Final = "mine"
"""Short for `by:me`."""

STATUS_GROUPS: Final[dict[str, frozenset[str]]] = {"active": ACTIVE, "finished": FINISHED, "blocked": BLOCKED}
"""Words that `status` takes for several statuses at once."""


class FieldInfo(NamedTuple):
    """What a filter knows of a field."""

    help: str
    """One sentence for people."""
    values: tuple[str, ...] = ()
    """Values to offer whatever the data holds."""
    prefix: bool = False
    """Whether a value may be the beginning of what is stored, as with commit hashes."""
    sign: str = ""
    """A character that people write before the value (`@ada`, `#4312`) and that is not part of it."""


FIELDS: Final[dict[str, FieldInfo]] = {
    "status": FieldInfo("Status, or a group of them: active, finished, blocked.", (*STATUS_GROUPS, *STATUSES)),
    "project": FieldInfo("Name or path of the project."),
    "pipeline": FieldInfo("Name of the pipeline."),
    "ref": FieldInfo("Branch or tag."),
    "by": FieldInfo("Who started it; `me` for yourself.", (ME,), sign="@"),
    "sha": FieldInfo("Commit, or its first characters.", prefix=True),
    "source": FieldInfo("What started it: push, schedule, web, api, trigger …"),
    "kind": FieldInfo("Production or test run.", (PRODUCTION, TEST)),
    "api": FieldInfo("Name of the pipeline's API."),
    "label": FieldInfo("A label."),
    "id": FieldInfo("Number of the run.", sign="#"),
    "is": FieldInfo("A state that the list marks."),
}
"""All fields by their name in a filter."""

ALIASES: Final = {"commit": "sha"}
"""Other names of fields."""


@lru_cache(maxsize=64)
def patterns(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """What a field is compared with: lower-case, groups spelled out, beginnings ending in `*`, sorted, each once.

    This is the one place that gives values their meaning, for lists in memory and for every store: a record fits when
    one of its values, in lower case, equals a pattern in which `*` stands for any characters.
    """
    info = FIELDS[name]
    found: set[str] = set()
    for value in values:
        word = value.lower()
        if info.sign and len(word) > 1:
            word = word.removeprefix(info.sign)
        found.add(f"{word}{ANY}" if info.prefix and word and ANY not in word else word)
        if name == "status":
            found |= STATUS_GROUPS.get(word, frozenset())
    return tuple(sorted(found))
