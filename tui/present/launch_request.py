"""What a launch sends, line by line, and what it will wait for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap
from typing import NamedTuple

from data.launch.asked import Problem, Request, Target, known_ref
from data.launch.naming import RUN_ID
from data.launch.payload import Payload
from data.launch.when import SUCCESS, When
from tui.present.launch_fields import HIDDEN
from tui.present.text import took
from widgets.cells import Cell, fit_text
from widgets.glyphs import glyphs

LABEL, GAP = 20, 2
"""Cells of the labels, and behind them."""
LEAST_VALUE = 20
"""Cells that values have at least."""
COMMIT = 8
"""Characters of a commit that name it."""


class Line(NamedTuple):
    """One line of a request."""

    label: str
    value: str
    about: str = ""
    """A few words about the value: where it comes from."""

    def cells(self, width: int) -> list[list[Cell]]:
        """The line as it is drawn in `width` cells; a long value goes on below."""
        room = max(LEAST_VALUE, width - LABEL - GAP)
        first, *rest = wrap(self.value, room, break_on_hyphens=False) or [""]
        label = (f"{fit_text(self.label, LABEL)}{' ' * GAP}", "dim")
        about = (f"  {self.about}" if self.about else "", "dim")
        return [
            [Cell.of(label, (first, ""), about if not rest else ("", ""))],
            *([Cell.of((" " * (LABEL + GAP), ""), (part, ""))] for part in rest),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"


class Queue(NamedTuple):
    """What stands before a launch.

    Attributes:
        running: active runs of its pipeline.
        waiting: launches of its pipeline that wait already.
        most: runs of its pipeline at a time; 0 for no limit.
        launched: launched runs of its connection that are active.
        most_there: of these, at a time; 0 for no limit.
    """

    running: int = 0
    waiting: int = 0
    most: int = 0
    launched: int = 0
    most_there: int = 0


def request_lines(target: Target, request: Request, payload: Payload) -> list[Line]:
    """The exact request, every variable and input of it, and what goes with it."""
    project = target.project
    lines = [Line("project", project.path or project.name)]
    if payload.test_repository:
        lines.append(Line("test repository", payload.test_repository, "the pipeline starts there"))
    lines.append(Line("ref", payload.ref, _commit(target, payload)))
    if target.api is not None:
        lines.append(Line("api", target.api.name))
    elif target.pipeline is not None:
        lines.append(Line("pipeline", target.pipeline.name))
    lines.append(Line("kind", payload.kind))
    lines += _variables(target, payload)
    lines += [Line(key, _json(value), "input") for key, value in payload.inputs.items()]
    if payload.track:
        lines.append(Line("MLFLOW_RUN_ID", "of a run that is made first", "with its experiment and server"))
    off = [name for name, on in payload.flow_control.items() if not on]
    if off:
        lines.append(Line("off", ", ".join(off)))
    if jobs := [job.name for job in target.jobs if payload.flow_control.get(job.name, True)]:
        lines.append(Line("jobs", " › ".join(jobs)))
    return lines + _beside(request, payload)


def _commit(target: Target, payload: Payload) -> str:
    ref = known_ref(target, payload.ref)
    return f"{ref.sha[:COMMIT]} {ref.title}".strip() if ref is not None and not payload.test_repository else ""


def _variables(target: Target, payload: Payload) -> list[Line]:
    locked = {one.key for one in (target.api.system_variables if target.api else ())}
    lines = []
    for one in payload.variables:
        about = "locked" if one.key in locked else "set by Lineside" if one.key == RUN_ID else ""
        value = one.value
        if one.kind == "file":
            value, about = f"a file of {len(one.value.encode())} bytes", "file"
        elif "\n" in value:
            value, about = value.partition("\n")[0], f"{len(value.splitlines())} lines"
        lines.append(Line(one.key, value, about))
    return [*lines, *(Line(key, HIDDEN, "secret") for key in payload.secrets)]


def _beside(request: Request, payload: Payload) -> list[Line]:
    """What is kept with the run and does not go to the server."""
    found = (
        ("image", payload.image),
        ("environment", payload.environment),
        ("labels", " ".join(payload.labels)),
        ("note", payload.note.partition("\n")[0]),
        ("why", request.why),
        ("timeout", "" if payload.timeout is None else took(payload.timeout) if payload.timeout else "never"),
        ("callback", payload.callback_url),
    )
    return [Line(label, value) for label, value in found if value]


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def waiting_lines(when: When, queue: Queue, pipeline: str, now: datetime) -> list[str]:
    """What a launch will wait for, a sentence each; nothing when it goes at once."""
    lines = []
    if when.not_before is not None and when.not_before > now:
        wait = took((when.not_before - now).total_seconds())
        lines.append(f"it waits until {when.not_before.astimezone():%Y-%m-%d %H:%M}, for {wait}")
    if when.after:
        lines.append(f"it waits until {when.after} has {'succeeded' if when.after_status == SUCCESS else 'ended'}")
    behind = f", behind {queue.waiting} that wait{'s' * (queue.waiting == 1)} already" if queue.waiting else ""
    if queue.most and queue.running >= queue.most:
        runs = f"{queue.most} run{'s' * (queue.most > 1)} of {pipeline}"
        lines.append(f"at most {runs} at a time: it goes when one ends{behind}")
    elif queue.most_there and queue.launched >= queue.most_there:
        runs = f"{queue.most_there} launched run{'s' * (queue.most_there > 1)}"
        lines.append(f"at most {runs} at a time on this server: it goes when one ends{behind}")
    elif queue.waiting:
        lines.append(f"it takes its turn{behind}")
    return lines


def drawn(lines: Sequence[Line], waits: Sequence[str], said: Sequence[str], width: int) -> list[list[Cell]]:
    """What the form shows of a request: what it waits for, what is to be known about it, and its lines."""
    return [
        *([Cell(part, "pending")] for text in waits for part in wrap(text, width)),
        *([Cell(part, "warning")] for text in said for part in wrap(f"{glyphs().warning} {text}", width)),
        *(cells for line in lines for cells in line.cells(width)),
    ]


def refused(problems: Sequence[Problem], width: int) -> list[list[Cell]]:
    """What stands against a request, all of it."""
    texts = [one.message if _names(one) else f"{one.field}: {one.message}" for one in problems]
    return [[Cell(part, "failed")] for text in texts for part in wrap(f"{glyphs().failed} {text}", width)]


def _names(problem: Problem) -> bool:
    """Whether the message of a problem names what it is about."""
    return problem.field.rpartition(".")[2].lower() in problem.message.lower() or problem.field == "project"
