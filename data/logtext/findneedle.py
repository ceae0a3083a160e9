"""What every match of a pattern holds: bytes to look for first, a hundred times faster than the pattern itself."""

from __future__ import annotations

import re
from typing import NamedTuple

from data.logtext.kinds import ERROR_HINTS, error_pattern

FOLDS_TO_ASCII = frozenset("\u0130\u0131\u017f\u212a")
"""The other characters that a pattern which ignores case takes for an ASCII letter: dotted and dotless i, long s, and
the kelvin sign (Python docs, `re.IGNORECASE`)."""

_FLAGS = re.IGNORECASE | re.MULTILINE | re.UNICODE
"""Flags under which the characters of a pattern stand for themselves."""

_TOKEN = re.compile(
    r"\\(?P<escaped>[^a-zA-Z0-9])"
    r"|(?P<code>\\[xuUN0-9]|\(\?#)"  # takes in what follows in ways of its own
    r"|\\[a-zA-Z]|\[\^?\]?(?:\\.|[^\\\]])*\]|[.^$]"
    r"|(?P<open>\()|(?P<close>\))|(?P<either>\|)"
    r"|(?P<repeat>[*?+]|\{[^}]*\})"
    r"|(?P<literal>.)",
    re.DOTALL,
)
"""One element of a regular expression that was found to be valid."""


class Needle(NamedTuple):
    """What to look for in bytes.

    Attributes:
        options: each match holds one of these; in lower case when `fold`. Empty when nothing is known.
        fold: look for them in lower case.
        exact: a line of ASCII matches if, and only if, it holds one.
    """

    options: tuple[bytes, ...] = ()
    fold: bool = False
    exact: bool = False


def needle_of(pattern: re.Pattern[str]) -> Needle:
    """The longest text that every match of `pattern` holds; of several alternatives one of each."""
    if pattern is error_pattern():
        return _HINTS
    if pattern.flags & ~_FLAGS:
        return Needle()
    fold = bool(pattern.flags & re.IGNORECASE)
    options = []
    exact = True
    for runs in _alternatives(pattern.pattern):
        longest = max((part for run in runs for part in _searchable(run or "", fold)), key=len)
        if not longest:
            return Needle()
        exact = exact and runs == [longest]
        options.append(longest)
    fold = fold and any(option.lower() != option.upper() for option in options)
    return Needle(tuple((option.lower() if fold else option).encode() for option in options), fold, exact)


def _alternatives(pattern: str) -> list[list[str | None]]:
    """For each alternative the pieces of text outside of groups that its matches hold; None for whatever else."""
    alternatives: list[list[str | None]] = []
    runs: list[str | None] = []
    run: list[str] = []
    depth = 0
    for token in _TOKEN.finditer(pattern):
        if token["code"]:
            return [[None]]
        text = token["escaped"] or token["literal"]
        if text and not depth:
            run.append(text)
            continue
        if token["either"] and not depth:
            alternatives.append([*runs, "".join(run)])
            runs = []
        elif not depth or not token["repeat"]:
            runs += ["".join(run[:-1] if token["repeat"] else run), None]
        run = []
        depth += bool(token["open"]) - bool(token["close"])
    return [*alternatives, [*runs, "".join(run)]]


def _searchable(run: str, fold: bool) -> list[str]:
    """The parts of `run` whose bytes are in a log as they are; an ellipsis may stand for the cut end of a line."""
    kept = [
        character
        if character.isprintable()
        and character != "…"
        and (character.isascii() or not fold or character.lower() == character.upper() == character)
        else "\n"
        for character in run
    ]
    return "".join(kept).split("\n")


def _hints() -> Needle:
    """`ERROR_HINTS` in lower case, without those that hold another."""
    folded = dict.fromkeys(hint.lower() for hint in ERROR_HINTS)
    least = [hint for hint in folded if not any(other in hint for other in folded if other != hint)]
    return Needle(tuple(hint.encode() for hint in least), fold=True)


_HINTS = _hints()
