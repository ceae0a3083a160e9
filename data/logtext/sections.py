"""The sections of a log, from the markers in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """A section marker in a file: byte offset, start or end, name, seconds since 1970, options as written."""

    offset: int
    starts: bool
    name: str
    time: int
    options: str

    @classmethod
    def of(cls, found: re.Match[bytes], base: int) -> Place:
        """The marker that `raw.MARK_BYTES` found in data that begins at byte `base`."""
        what, time, name, options = found.groups()
        return cls(base + found.start(), what == b"start", name.decode(), int(time), (options or b"").decode())


@dataclass(slots=True)
class Section:
    """A part of a log with a name.

    Attributes:
        name: as in the marker, such as `step_script`.
        start: line with its heading.
        end: line with its end marker; None while it runs, or when the job was cut off.
        started: seconds since 1970.
        ended: seconds since 1970; None while it runs.
        depth: 0 for one that lies in no other.
        collapsed: the job wants it folded at first.
        hide_duration: the job wants its duration hidden.
    """

    name: str
    start: int
    end: int | None
    started: int
    ended: int | None
    depth: int
    collapsed: bool
    hide_duration: bool

    @property
    def seconds(self) -> int | None:
        """How long it took; None while it runs."""
        return None if self.ended is None else max(0, self.ended - self.started)


def sections(places: Iterable[tuple[int, Place]]) -> list[Section]:
    """Sections of (line, marker), which come in the order of the file; an end without a start is nothing."""
    found: list[Section] = []
    running: list[Section] = []
    names: Counter[str] = Counter()
    for line, place in places:
        if place.starts:
            section = Section(
                name=place.name,
                start=line,
                end=None,
                started=place.time,
                ended=None,
                depth=len(running),
                collapsed="collapsed=true" in place.options,
                hide_duration="hide_duration=true" in place.options,
            )
            found.append(section)
            running.append(section)
            names[place.name] += 1
        elif names[place.name]:
            _end(running, names, line, place)
    return found


def _end(running: list[Section], names: Counter[str], line: int, place: Place) -> None:
    """End the innermost running section that `place` names, and those in it that were left open."""
    while running:
        section = running.pop()
        names[section.name] -= 1
        section.end = line
        if section.name == place.name:
            section.ended = place.time
            return


class SectionTime(NamedTuple):
    """One line of a summary of a log.

    Attributes:
        name: as in the marker.
        depth: 0 for a section that lies in no other.
        seconds: how long it took; None while it runs, when the job was cut off in it, or wants it hidden.
        start: line with its heading.
        failing: the line that made the job fail is in it.
    """

    name: str
    depth: int
    seconds: int | None
    start: int
    failing: bool


def summary(sections: Iterable[Section], failing: int | None = None) -> list[SectionTime]:
    """What took how long, in the order of the log; `failing` is what `failing.failing_line` found."""
    return [
        SectionTime(
            name=section.name,
            depth=section.depth,
            seconds=None if section.hide_duration else section.seconds,
            start=section.start,
            failing=failing is not None and _holds(section, failing),
        )
        for section in sections
    ]


def _holds(section: Section, line: int) -> bool:
    """Whether `line` is in `section`; its last line is the first one of the next section."""
    return section.start <= line and (section.end is None or line < max(section.end, section.start + 1))
