"""Logs in words: attempts, names, sections, and jobs that have none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from data.logtext import Section
from data.model import JobRun, LogState, SyncState
from tests.world import FAILED_JOB, records
from tui.present.log import has_log, log_status, merged_names, merged_status, section_words, two_attempts

NOW = datetime.fromtimestamp(1000, UTC)


def job(number: int, name: str = "train", **values: object) -> JobRun:
    """A job with a number."""
    found = next(one for one in records() if isinstance(one, JobRun) and one.id == FAILED_JOB)
    return replace(found, **{"id": f"gitlab:1:job:{number}", "git_job_id": number, "name": name, **values})


def test_the_last_two_attempts_are_compared_or_the_chosen_one_with_the_last() -> None:
    first, second, third = (job(number) for number in (1, 2, 3))
    jobs = [third, job(9, "lint"), first, second]
    assert two_attempts(third, jobs) == (second, third)
    assert two_attempts(second, jobs) == (second, third)
    assert two_attempts(first, jobs) == (first, third)
    assert two_attempts(job(9, "lint"), jobs) is None


def test_names_tell_jobs_apart() -> None:
    jobs = [job(1), job(2, "lint"), job(3)]
    assert list(merged_names(jobs, 16).values()) == ["#1 train", "lint", "#3 train"]


def test_long_names_lose_their_middle() -> None:
    jobs = [job(1, "trial: [lr=0.001]"), job(2, "trial: [lr=0.003]"), job(3, "日本語のジョブ 12/20")]
    assert list(merged_names(jobs, 16).values()) == ["trial:…lr=0.001]", "trial:…lr=0.003]", "日本語…ブ 12/20"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, True),
        ({"bridge": True}, False),
        ({"start": None, "log": LogState()}, False),
        ({"start": None, "log": LogState(size=1)}, True),
    ],
)
def test_which_jobs_have_a_log(values: dict[str, object], expected: bool) -> None:
    assert has_log(job(1, **values)) is expected


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ended": 992}, "step_script 3:12"),
        ({"end": None}, "step_script 3:20"),
        ({}, "step_script"),
        ({"ended": 992, "hide_duration": True}, "step_script"),
    ],
)
def test_a_section_and_its_time(values: dict[str, object], words: str) -> None:
    fields = {
        "name": "step_script", "start": 3, "end": 9, "started": 800, "ended": None, "depth": 0, "collapsed": False,
        "hide_duration": False,
    }  # fmt: skip
    assert section_words(Section(**{**fields, **values}), NOW) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "told", "words"),
    [
        (100, "", "erased on the server; what we hold (100 B) stays here"),
        (0, "", "erased on the server; nothing of it is held here"),
        (0, "the server holds no log of this job", "the server holds no log of this job"),
    ],
)
def test_an_erased_log(held: int, told: str, words: str) -> None:
    reason = SyncState(id="log:1", connection="gitlab", last_error=told) if told else None
    assert log_status(job(1, log=LogState(erased=True)), held, reason, None).text == words


def test_a_job_that_waits_says_for_what() -> None:
    reason = SyncState(id="log:1", connection="gitlab", last_error="the job waits for a runner with the tag gpu")
    status = log_status(job(1, status="pending", log=LogState()), 0, reason, None)
    assert (status.text, status.tone) == ("the job waits for a runner with the tag gpu", "pending")


def test_a_merged_log_says_what_is_left_out() -> None:
    jobs = [job(1, status="running"), job(2, log=LogState()), job(3, log=LogState(complete=True))]
    assert merged_status(jobs, 4, None, dropped=True).text == (
        "following 1 job; 2 jobs ended; 1 log still being fetched; 4 more not shown; what came first was dropped here"
    )
