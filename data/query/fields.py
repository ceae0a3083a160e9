"""The fields that a filter can name, and what their values mean."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, NamedTuple

from data.model.vocabulary import ACTIVE, BLOCKED, FINISHED, PRODUCTION, STATUSES, TEST

ANY: Final = "*"
"""Stands for any characters in a value."""
ME: Final = "me"
"""The value of `by` that means whoever is looking."""
MINE: Final = "mine"
"""Short for `by:me`."""

STATUS_GROUPS: Final[dict[str, frozenset[str]]] = {
    "active": ACTIVE,
    "finished": FINISHED | {"killed"},
    "blocked": BLOCKED,
}
"""Words that `status` takes for several statuses at once, those of MLflow among them."""

Op = Literal["=", "<", "<=", ">", ">="]
"""How a comparison compares; `!=` is written as the opposite of `=`."""
FieldType = Literal["text", "number", "duration", "size", "time", "mixed"]
"""What values are: `duration` in seconds, `size` in megabytes, `mixed` a number where both sides are one, else text."""


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
    type: FieldType = "text"
    """What its values are; all but `text` can be compared by order."""


DURATIONS: Final = ("1m", "10m", "1h", "1d")
"""Durations to offer."""
TIMES: Final = ("today", "yesterday", "7d", "30d")
"""Times to offer."""
SIZES: Final = ("500MB", "2GB", "16GB")
"""Sizes to offer."""

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
    "run": FieldInfo("RUN_ID: runs that belong together."),
    "experiment": FieldInfo("Name of the MLflow experiment."),
    "dataset": FieldInfo("Data that was used: name, or name@digest."),
    "model": FieldInfo("Registered model that came of it."),
    "environment": FieldInfo("Environment that it deploys to."),
    "took": FieldInfo("How long it ran: took>10m.", DURATIONS, type="duration"),
    "queued": FieldInfo("How long it waited: queued>5m.", DURATIONS, type="duration"),
    "created": FieldInfo("When it was made: created>=7d, created:2026-11-01.", TIMES, type="time"),
    "started": FieldInfo("When it began to run.", TIMES, type="time"),
    "ended": FieldInfo("When it ended.", TIMES, type="time"),
    "updated": FieldInfo("When it last changed.", TIMES, type="time"),
    "failed": FieldInfo("Number of failed jobs: failed>=2.", type="number"),
    "jobs": FieldInfo("Number of jobs.", type="number"),
    "memory": FieldInfo("Greatest use of memory: memory>2GB.", SIZES, type="size"),
    "cpu": FieldInfo("Greatest use of the processor in per cent: cpu>90.", type="number"),
}
"""All fields by their name in a filter."""

ALIASES: Final = {"commit": "sha"}
"""Other names of fields."""

SPANS: Final[dict[str, tuple[str, Op]]] = {"since": ("created", ">="), "before": ("created", "<")}
"""Words for a comparison with a time: `since:7d` is `created>=7d`."""

ENTRIES: Final = {"metric": "metrics", "param": "params", "tag": "tags"}
"""First parts of names such as `metric.val_auc`, and what `Kind.entries` calls these values of a record."""

_ENTRY_INFOS: Final = {
    "metric": FieldInfo("Last value of a metric: metric.val_auc>0.9.", type="number"),
    "param": FieldInfo("A parameter: param.lr=0.01, param.opt:adam*.", type="mixed"),
    "tag": FieldInfo("A tag: tag.team:nlp.", type="mixed"),
}


def entry(name: str) -> tuple[str, str] | None:
    """What a name such as `metric.val_auc` means: (`metrics`, `val_auc`); None for a plain field."""
    first, dot, key = name.partition(".")
    return (ENTRIES[first], key) if dot and first in ENTRIES else None


def info(name: str) -> FieldInfo:
    """What is known of a field: a key of `FIELDS`, or `metric.<key>`, `param.<key>`, `tag.<key>`."""
    return FIELDS[name] if name in FIELDS else _ENTRY_INFOS[name.partition(".")[0]]


@lru_cache(maxsize=64)
def patterns(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """What a field is compared with: lower-case, groups spelled out, beginnings ending in `*`, sorted, each once.

    This is the one place that gives values their meaning, for lists in memory and for every store: a record fits when
    one of its values, in lower case, equals a pattern in which `*` stands for any characters. `*` alone fits every
    value but the empty text: there is a value. A value that is a number fits where a pattern is the same number, or
    `*` alone.
    """
    known = info(name)
    found: set[str] = set()
    for value in values:
        word = value.lower()
        if known.sign and len(word) > 1:
            word = word.removeprefix(known.sign)
        found.add(f"{word}{ANY}" if known.prefix and word and ANY not in word else word)
        if name == "status":
            found |= STATUS_GROUPS.get(word, frozenset())
    return tuple(sorted(found))


def is_any(pattern: str) -> bool:
    """Whether a pattern fits whatever is not empty: `*`."""
    return bool(pattern) and not pattern.strip(ANY)
