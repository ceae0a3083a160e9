"""Listings: what is filtered, sorted and cut, as a table and as JSON with keys that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.model import PipelineRun
from tests import world
from tests.cli.conftest import Invoke

pytestmark = pytest.mark.usefixtures("store_file")

KEYS = json.loads((Path(__file__).parent / "json_keys.json").read_text())
"""Fields of each listing's objects. A field may be added; one that goes or is renamed breaks scripts."""

RUNS = {record.id for record in world.records() if isinstance(record, PipelineRun)}


@pytest.mark.parametrize("listing", ["projects", "pipelines", "runs", "tracked", "jobs"])
def test_json_keys_are_stable(invoke: Invoke, listing: str) -> None:
    words = [listing, "#103"] if listing == "jobs" else [listing]
    objects = invoke(*words, "--json").json
    assert objects
    assert len({tuple(one) for one in objects}) == 1
    assert set(KEYS[listing]) <= set(objects[0])


def test_runs_are_newest_first_and_limited(invoke: Invoke) -> None:
    shown = invoke("runs", "--json", "--limit", "3").json
    created = [one["created"] for one in shown]
    assert len(shown) == 3
    assert created == sorted(created, reverse=True)
    assert world.FAILED_RUN in {one["id"] for one in shown}


def test_limit_zero_is_all(invoke: Invoke) -> None:
    everything = invoke("runs", "--json", "--limit", "0").json
    assert {one["id"] for one in everything} == RUNS
    assert len(everything) == len(RUNS)


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        (["status:failed"], lambda one: one["status"] == "failed"),
        (["status:failed,canceled", "project:churn"], lambda one: one["status"] in {"failed", "canceled"}),
        (["-ref:main"], lambda one: one["ref"] != "main"),
        (["not", "ref:main"], lambda one: one["ref"] != "main"),
        (["mine"], lambda one: one["triggered_by"] == "ada"),
        (["by:me,bo"], lambda one: one["triggered_by"] in {"ada", "bo"}),
        (["learning rate"], lambda one: "learning" in one["commit_title"]),
    ],
)
def test_filter_words_are_those_of_the_screens(invoke: Invoke, words: list[str], holds: object) -> None:
    shown = invoke("runs", "--json", "--limit", "0", *words).json
    assert shown
    assert all(holds(one) for one in shown)  # type: ignore[operator]


def test_sort(invoke: Invoke) -> None:
    longest = invoke("runs", "--json", "--sort", "-execution_time", "--limit", "5").json
    times = [one["execution_time"] for one in longest]
    assert times == sorted(times, reverse=True)
    assert times[0] > 0
    wrong = invoke("runs", "--sort", "colour")
    assert (wrong.code, wrong.out) == (2, "")
    assert "cannot sort by colour" in wrong.err
    assert "created" in wrong.err


def test_nothing_found_is_no_failure(invoke: Invoke) -> None:
    empty = invoke("runs", "status:waiting_for_callback")
    assert (empty.code, empty.out) == (0, "")
    assert empty.err == "no runs fit the filter\n"
    assert invoke("runs", "status:waiting_for_callback", "--json").out == "[]\n"


def test_a_broken_filter_says_where(invoke: Invoke) -> None:
    broken = invoke("runs", "statsu:failed")
    assert broken.code == 2
    assert "there is no field `statsu`" in broken.err
    assert "did you mean `status:`?" in broken.err


def test_an_unknown_option_is_no_filter(invoke: Invoke) -> None:
    wrong = invoke("runs", "--jsn")
    assert wrong.code == 2
    assert "there is no option --jsn" in wrong.err


def test_tables_in_pipes_hold_everything_and_no_colours(invoke: Invoke) -> None:
    shown = invoke("runs", "--limit", "0")
    assert shown.code == 0
    assert "\x1b" not in shown.out
    assert "feat/long-branch-name-with-words" in shown.out
    assert "…" not in shown.out
    heading, *rows = shown.out.splitlines()
    assert "status" in heading
    assert len(rows) == len(RUNS)
    assert len({row.index("ada") for row in rows if row.endswith("ada")}) <= 2


def test_project_and_pipeline_tables(invoke: Invoke) -> None:
    projects = invoke("projects").out
    assert "fraud-detection" in projects
    assert "churn-experiment" in projects
    assert "需要予測 demand" in projects
    pipelines = invoke("pipelines").out
    assert "model training" in pipelines
    assert "train-e2e" in invoke("apis").out


def test_jobs_of_a_run(invoke: Invoke) -> None:
    shown = invoke("jobs", "#103")
    assert "1033" in shown.out
    assert "script failure" in shown.out
    failed = invoke("jobs", "103", "status:failed", "--json").json
    assert {one["name"] for one in failed} == {"validate-data", "train"}


def test_a_run_that_is_not_there(invoke: Invoke) -> None:
    missing = invoke("jobs", "#999999")
    assert (missing.code, missing.out) == (3, "")
    assert missing.err.startswith("lineside: there is no run #999999 here\n")


def test_ascii(invoke: Invoke) -> None:
    shown = invoke("--ascii", "runs", "project:churn", "ref:main")
    assert shown.out.isascii()
    assert "✓" in invoke("--unicode", "runs").out
