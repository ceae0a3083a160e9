"""Submissions: what was asked for, as rows, as a list of all fields, and side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from data.clean import clean
from data.model.pipeline import Submission
from data.model.run import PipelineRun
from data.model.vocabulary import TEST
from tui.present.params import Value
from tui.present.text import age, clock, sha, took
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph, status_tone

COLUMNS: tuple[Column, ...] = (
    Column(key="age", title="age", width=4, align="right", priority=2),
    Column(key="state", title="state", width=11, min_width=9, priority=0),
    Column(key="project", title="project", width=14, min_width=8, priority=0),
    Column(key="api", title="api", width=12, min_width=8, priority=1),
    Column(key="ref", title="ref", width=12, min_width=6, priority=2),
    Column(key="commit", title="commit", width=8, priority=4),
    Column(key="by", title="who", width=10, min_width=6, priority=3),
    Column(key="asked", title="asked for", width=30, min_width=16, flex=3, priority=2),
    Column(key="result", title="result", width=24, min_width=14, flex=1, priority=1),
)
"""Columns of the submissions."""
SECRET: Final = "•••"
"""Shown in place of a secret's value, which is not kept."""
RUN: Final = "run"
"""Kind of the line that names the run that came of it."""
FIELD: Final = "field"
"""Kind of all other lines."""
GROUPS: Final = ("request", "component", "variable", "input")
"""What the lines of a request belong to, in order."""


class Known(NamedTuple):
    """What else is known of submissions, by id: names of projects, of pipelines and APIs, and the runs they led to."""

    projects: Mapping[str, str]
    apis: Mapping[str, str]
    runs: Mapping[str, PipelineRun]


def submission_cells(submission: Submission, known: Known, now: datetime) -> tuple[Cell, ...]:
    """A row: a cell per entry of `COLUMNS`."""
    tone = {"unknown": "warning", "withdrawn": "dim"}.get(submission.state) or status_tone(submission.state)
    return (
        Cell(age(submission.timestamp, now), "dim"),
        Cell(f"{status_glyph(submission.state)} {submission.state}", tone),
        Cell(known.projects.get(submission.project_id, submission.project_id)),
        Cell(_api(submission, known)),
        Cell(submission.ref),
        Cell(sha(submission.repo_hash), "dim"),
        Cell(submission.requester, "dim"),
        Cell(asked_for(submission), "dim"),
        _result(submission, known),
    )


def asked_for(submission: Submission) -> str:
    """A test, the image, components that were switched off, variables and inputs, in one line."""
    pairs = [f"{one.key}={SECRET if one.secret else one.value}" for one in submission.variables]
    pairs += [f"{key}={_text(value)}" for key, value in submission.inputs.items()]
    off = [name for name, on in submission.flow_control.items() if not on]
    words = [submission.kind if submission.kind == TEST else "", submission.requested_image]
    return " ".join(filter(None, [*words, "without " + ", ".join(off) if off else "", *pairs]))


def _result(submission: Submission, known: Known) -> Cell:
    run = known.runs.get(submission.pipeline_run_id)
    if run is not None:
        gone = " (deleted)" if run.gone else ""
        words = f"{status_glyph(run.status)} #{run.git_pipeline_id} {run.status}{gone}"
        return Cell(words, status_tone(run.status))
    if submission.pipeline_run_id:
        return Cell(submission.pipeline_run_id, "dim")
    return Cell(submission.answer.replace("\n", " "), "failed" if submission.state == "refused" else "dim")


def _api(submission: Submission, known: Known) -> str:
    return known.apis.get(submission.pipeline_api_id, submission.pipeline_api_id)


def request_values(submission: Submission, known: Known) -> list[Value]:
    """What was asked for: a line per field, variable, input and component that counts when it is sent again."""
    timeout = submission.timeout
    fields = [
        ("project", known.projects.get(submission.project_id, submission.project_id)),
        ("pipeline", known.apis.get(submission.pipeline_id, submission.pipeline_id)),
        ("API", _api(submission, known)),
        ("kind", submission.kind),
        ("ref", submission.ref),
        ("image", submission.requested_image),
        ("environment", submission.requested_environment),
        ("MLflow run", "made first and passed on" if submission.track else "left to the jobs"),
        ("timeout", "the pipeline's" if timeout is None else took(timeout) or "none"),
        ("callback", submission.callback_url),
        ("test repository", submission.test_repository),
        ("labels", " ".join(submission.labels)),
        ("note", submission.note),
    ]
    switched = [(name, "on" if on else "off") for name, on in submission.flow_control.items()]
    variables = [(one.key, SECRET if one.secret else one.value) for one in submission.variables]
    inputs = [(key, _text(value)) for key, value in submission.inputs.items()]
    return [
        *_lines("request", fields),
        *_lines("component", switched),
        *_lines("variable", variables),
        *_lines("input", inputs),
    ]


def all_values(submission: Submission, known: Known) -> list[Value]:
    """Every field of a submission, under headings; the run that came of it first."""
    run = known.runs.get(submission.pipeline_run_id)
    result = f"#{run.git_pipeline_id} {run.status}{' (deleted on the server)' if run.gone else ''}" if run else ""
    came = [
        Value("result:run", RUN, "run", result or submission.pipeline_run_id or "none"),
        Value("result:state", FIELD, "state", submission.state),
        Value("result:answer", FIELD, "answer", submission.answer),
    ]
    about = [
        ("uuid", submission.id),
        ("time", clock(submission.timestamp)),
        ("requester", submission.requester),
        ("why", submission.why),
        ("like", submission.like),
        ("RUN_ID", submission.run_id),
        ("commit", submission.repo_hash),
    ]
    plans = [("job tree", _json(submission.tree)), ("build plan", _json(submission.build_plan))]
    request = request_values(submission, known)
    return [
        _heading("result"), *came, _heading("submission"), *_lines("about", about),
        *(line for group in GROUPS for line in _under(group, [one for one in request if one.owner == group])),
        _heading("plan"), *_lines("plan", plans),
    ]  # fmt: skip


def _under(group: str, values: list[Value]) -> list[Value]:
    title = group if group == "request" else f"{group}s"
    return [_heading(title), *values] if values else []


def _heading(title: str) -> Value:
    return Value(f"heading:{title}", "", title)


def _lines(group: str, pairs: Sequence[tuple[str, str]]) -> list[Value]:
    return [Value(f"{group}:{name}", FIELD, name, value, group) for name, value in pairs]


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else clean(json.dumps(value, ensure_ascii=False))


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)


class Difference(NamedTuple):
    """A line of a comparison: what it is, its name, and its value for each submission, "" where it has none."""

    key: str
    group: str
    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether not all are alike."""
        return len(set(self.values)) > 1


def compared(submissions: Sequence[Submission], known: Known) -> list[Difference]:
    """What was asked for, side by side: a line for each field, in order, also for those that only some have."""
    asked = [{one.key: one for one in request_values(each, known)} for each in submissions]
    lines = {key: one for each in reversed(asked) for key, one in each.items()}
    order = list(dict.fromkeys(key for each in asked for key in each))
    order.sort(key=lambda key: GROUPS.index(lines[key].owner))
    return [
        Difference(
            key, lines[key].owner, lines[key].name, tuple(each[key].value if key in each else "" for each in asked)
        )
        for key in order
    ]
