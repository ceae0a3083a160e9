"""Builders of what tidies up, their reasons, and what is asked before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.errors import UsageError
from data.model import Artifact, Command, Connection, JobRun, LogState, PipelineRun, Project, Schedule
from data.model.vocabulary import STATUSES
from tui.actions_more import (
    delete_command,
    erase_command,
    keep_command,
    parse_variables,
    question_of,
    rename_command,
    schedule_command,
)
from tui.present.losses import delete_losses, erase_losses
from tui.reasons_more import why_not_erase

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RUN = PipelineRun(id="git:7:12", project_id="git:7", connection="git", git_project_id=7, git_pipeline_id=12,
                  created=NOW, status="failed", job_count=3)  # fmt: skip


def job(status: str = "failed", **values: object) -> JobRun:
    given = {
        "id": "git:7:job:9", "pipeline_run_id": RUN.id, "project_id": "git:7", "connection": "git",
        "git_project_id": 7, "git_job_id": 9, "name": "train", "status": status, "start": NOW,
    }  # fmt: skip
    return JobRun(**{**given, **values})  # type: ignore[arg-type]


def project(level: int = 50, **values: object) -> Project:
    given = {"id": "git:7", "name": "churn", "connection": "git", "access_level": level}
    return Project(**{**given, **values})  # type: ignore[arg-type]


SCHEDULE = Schedule(id="git:7:schedule:3", project_id="git:7", connection="git", git_project_id=7, git_schedule_id=3,
                    description="nightly", ref="main")  # fmt: skip


def test_each_names_what_it_is_about() -> None:
    commands = [
        erase_command(job(), project(), by="ada", why="secrets"),
        keep_command(job(artifacts_size=1), (), project()),
        delete_command(RUN, project()),
        rename_command(RUN, " base\nline ", project()),
        schedule_command(SCHEDULE, project()),
    ]
    assert [one.title for one in commands] == [
        "erase churn train (job 9)", "keep the artifacts of churn train (job 9)", "delete churn #12",
        "rename churn #12 to base line", "run churn schedule nightly now",
    ]  # fmt: skip
    assert [one.kind for one in commands] == ["erase", "keep", "delete", "rename", "schedule"]
    assert {(one.connection, one.project_id, one.state) for one in commands} == {("git", "git:7", "queued")}
    assert (commands[0].by, commands[0].why, commands[0].target_id) == ("ada", "secrets", "git:7:job:9")
    assert commands[3].payload == {"name": "base line"}
    assert len({one.id for one in commands}) == 5


@pytest.mark.parametrize("status", STATUSES)
def test_only_finished_jobs_are_erased(status: str) -> None:
    assert (why_not_erase(job(status)) == "") == (status in {"success", "failed", "canceled", "skipped"})


EXPIRING = Artifact(id="a", name="a.zip", expires=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: erase_command(job(erased=NOW)), "is erased already"),
        (lambda: erase_command(job(bridge=True)), "it has no log"),
        (lambda: erase_command(job("skipped", start=None)), "never ran"),
        (lambda: erase_command(job(), project(20)), "20 \\(reporter\\)"),
        (lambda: erase_command(job(), project(archived=True)), "archived"),
        (lambda: keep_command(job()), "has no artifacts"),
        (lambda: keep_command(job(erased=NOW), [EXPIRING]), "has no artifacts"),
        (lambda: keep_command(job(), [Artifact(id="a", name="a")], now=NOW), "kept already"),
        (lambda: keep_command(job(), [EXPIRING], now=NOW + timedelta(days=2)), "have expired"),
        (lambda: delete_command(RUN, project(40)), "needs 50 \\(owner\\)"),
        (lambda: delete_command(PipelineRun(**{**{f: getattr(RUN, f) for f in RUN.__struct_fields__}, "gone": True})),
         "only our copy is left"),
        (lambda: rename_command(RUN, " "), "needs a name"),
        (lambda: rename_command(RUN, "x" * 256), "at most 255"),
        (lambda: schedule_command(SCHEDULE, project(10)), "10 \\(guest\\)"),
        (lambda: delete_command(RUN, project(), Connection(id="git", name="git", kind="gitlab", scopes=("read_api",))),
         "read_api"),
    ],
)  # fmt: skip
def test_what_is_not_possible_says_why(build: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        build()  # type: ignore[operator]


def test_what_is_not_known_is_left_to_the_server() -> None:
    assert delete_command(RUN).title == "delete #12"
    assert delete_command(RUN, project(0)).kind == "delete"
    assert keep_command(job(artifacts_size=5)).kind == "keep"
    assert keep_command(job(), [EXPIRING], now=NOW).kind == "keep"
    assert schedule_command(SCHEDULE, project(0)).kind == "schedule"


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("LR=0.1", [("LR", "0.1")]),
        ("LR=0.1  NAME='two words' EMPTY=", [("LR", "0.1"), ("NAME", "two words"), ("EMPTY", "")]),
        ('A="x=y"', [("A", "x=y")]),
    ],
)
def test_variables_are_read_as_a_shell_reads_them(text: str, pairs: list[tuple[str, str]]) -> None:
    assert [(one.key, one.value) for one in parse_variables(text)] == pairs


@pytest.mark.parametrize(
    ("text", "sentence"), [("LR", "no name of a variable"), ("A=1 A=2", "given twice"), ("A='1", "does not end")]
)
def test_what_is_no_variable(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_variables(text)


def test_questions_say_where_it_happens() -> None:
    assert question_of([delete_command(RUN, project())]) == "Delete churn #12 on the server?"
    assert question_of([delete_command(RUN), delete_command(RUN)]) == "Delete 2 runs on the server?"
    assert question_of([erase_command(job()), erase_command(job())]) == "Erase log and artifacts of 2 jobs?"
    assert question_of([schedule_command(SCHEDULE)]) == "Run schedule nightly now?"
    cancel = Command(id="1", kind="cancel", target_id=RUN.id, title="cancel churn #12", created=NOW)
    assert question_of([cancel]) == "Cancel churn #12?"


def test_losses_tell_what_is_held_here() -> None:
    part, whole = job(log=LogState(size=2048)), job(log=LogState(size=1024, complete=True), artifacts_size=1024)
    assert erase_losses([whole])[0] == "Lost: 1 log (all held here, 1.0 KiB) and 1.0 KiB of artifacts."
    assert erase_losses([part, whole])[0] == "Lost: 2 logs (2 held here, 3.0 KiB) and 1.0 KiB of artifacts."
    assert erase_losses([job(), job(erased=NOW)])[0] == "Lost: 1 log (none is held here)."
    told = delete_losses([RUN], [whole])[0]
    assert told == "Lost: 1 pipeline, 3 jobs with their logs (1 held here, 1.0 KiB), 1.0 KiB of artifacts."
