"""`tests` and `run-ids`: test reports, and the runs that belong together."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from tests import tested, world
from tests.cli.conftest import Invoke, fill

RUN = f"#{tested.TEST_RUN.rpartition(':')[2]}"


@pytest.fixture(autouse=True)
def whole(store_file: Path) -> None:
    """The fixed world with a test run in it."""
    fill(store_file, [*world.records(), *tested.tested()])


def test_a_report_is_told_with_the_failures_first_and_fails(invoke: Invoke) -> None:
    found = invoke("--no-engine", "tests", RUN)
    assert found.code == 1
    lines = found.out.splitlines()
    assert lines[0] == "1 failed, 1 error, 3 passed, 1 skipped (6 cases in 3 suites, 2.52s)"
    suites = [line.partition(":")[0] + line.partition("]")[1] for line in lines if line and line[0] != " "]
    assert suites[1].startswith("report") and "prepare-cases" in suites[-1]
    failed = next(place for place, line in enumerate(lines) if "FAILED" in line)
    assert "cases.full.test_full.test_metric_above_baseline (0.42s, cases/full/test_full.py)" in lines[failed]
    assert "      E       assert 0.8012 >= (0.8231 - 0.005)" in lines[failed:]
    assert "JUnit XML parsing failed" in found.out
    assert "test_pipeline_succeeds" not in found.out
    assert "test_pipeline_succeeds" in invoke("--no-engine", "tests", RUN, "--all").out


def test_a_report_in_which_all_passed_is_a_success(invoke: Invoke, store_file: Path) -> None:
    run = "gitlab:1:701"
    fill(store_file, [tested.report(tested.suite("unit-tests", tested.case("test_shape")), run=run)])
    found = invoke("--no-engine", "tests", "#701")
    assert found.code == 0 and found.out.startswith("1 passed")


def test_a_suite_that_could_not_be_read_is_no_success(invoke: Invoke, store_file: Path) -> None:
    broken = replace(tested.suite("unit-tests"), suite_error="JUnit XML parsing failed")
    fill(store_file, [tested.report(broken, run="gitlab:1:701")])
    assert invoke("--no-engine", "tests", "#701").code == 1


def test_no_report_is_said(invoke: Invoke, store_file: Path) -> None:
    missing = invoke("--no-engine", "tests", "#702")
    assert missing.code == 1 and "was not read yet" in missing.err
    fill(store_file, [tested.report(run="gitlab:1:702")])
    empty = invoke("--no-engine", "tests", "#702")
    assert empty.code == 0 and "no job of #702 has left a JUnit report" in empty.err and not empty.out


def test_a_report_for_programs(invoke: Invoke) -> None:
    found = invoke("--no-engine", "tests", RUN, "--json").json
    assert (found["failed"], found["error"], found["total"]) == (1, 1, 6)
    assert found["suites"][1]["cases"][1]["output"] == tested.TRACE
    root = ElementTree.fromstring(invoke("--no-engine", "tests", RUN, "--junit").out)
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("6", "1", "1")
    failures = root.findall("testsuite/testcase/failure")
    assert [one.text for one in failures] == [tested.TRACE]
    both = invoke("--no-engine", "tests", RUN, "--json", "--junit")
    assert both.code == 2


def test_the_text_of_a_failure_cannot_steer_the_terminal(invoke: Invoke, store_file: Path) -> None:
    hostile = tested.case("test_\x1b]0;x\x07", "failed", "E  \x1b[2J\x1b[31mred\n\x9b1mline")
    fill(store_file, [tested.report(tested.suite("s\x1b[1m", hostile), run="gitlab:1:701")])
    for options in ([], ["--all"]):
        out = invoke("--no-engine", "tests", "#701", *options).out
        assert "\x1b" not in out and "\x9b" not in out and "\x07" not in out


def test_run_ids_are_listed_with_what_became_of_them(invoke: Invoke) -> None:
    found = invoke("run-ids")
    assert found.code == 0
    test = next(line for line in found.out.splitlines() if tested.RUN_ID in line)
    assert "test" in test and "running" in test and " 3 " in test and "train-e2e" in test and "ada" in test
    production = next(line for line in found.out.splitlines() if tested.TOGETHER in line)
    assert "production" in production and "success" in production and "features, train-e2e" in production


def test_run_ids_are_filtered(invoke: Invoke) -> None:
    assert [one["id"] for one in invoke("run-ids", "kind:test", "--json").json] == [tested.RUN_ID]
    assert [one["id"] for one in invoke("run-ids", "is:finished", "--json").json] == [tested.TOGETHER]
    nothing = invoke("run-ids", "kind:nonsense")
    assert nothing.code == 0 and not nothing.out


@pytest.mark.parametrize("name", [tested.RUN_ID, tested.RUN_ID[:8], "#702"])
def test_everything_of_a_run_id(invoke: Invoke, name: str) -> None:
    out = invoke("run-ids", "show", name).out
    for fact in (tested.RUN_ID, "test pipeline  #700 Tests of churn", "finished       not yet", "by             ada"):
        assert fact in out
    for number in ("700", "701", "702", "703"):
        assert number in out
    cases = out[out.index("case ") :].splitlines()
    assert "full" in cases[1] and "failed" in cases[1]


def test_a_run_id_as_json(invoke: Invoke) -> None:
    found = invoke("run-ids", "show", tested.RUN_ID, "--json").json
    assert (found["id"], found["kind"], found["requester"]) == (tested.RUN_ID, "test", "ada")
    assert [run["git_pipeline_id"] for run in found["runs"]] == [701, 702, 703]
    assert found["test_run"]["git_pipeline_id"] == 700


def test_run_ids_that_there_are_not(invoke: Invoke) -> None:
    assert invoke("run-ids", "show", "nothing").code == 3
    alone = invoke("run-ids", "show", "#103")
    assert alone.code == 3 and "has no RUN_ID" in alone.err


def test_the_kind_of_a_run_is_in_the_listing(invoke: Invoke) -> None:
    line = next(line for line in invoke("runs", "id:702").out.splitlines() if "702" in line)
    assert "train-e2e test" in line
