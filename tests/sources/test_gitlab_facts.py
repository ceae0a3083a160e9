"""Refs, inputs, schedules and test reports as GitLab tells them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.clean import is_clean
from data.errors import BadAnswer, Forbidden, NotFound
from data.model import PipelineRun, Refs
from data.simulator.server import Simulator
from data.sources.gitlab import GitLabSource
from data.sources.gitlab.inputs import MAX_INPUTS, declared_inputs
from data.sources.gitlab.refs import refs
from data.sources.gitlab.reports import MAX_CASES, MAX_OUTPUT, report
from data.sources.gitlab.yamltext import first_document
from tests.sources.conftest import Connect
from tests.sources.scripted import Answer, Scripted, Seen

V4 = "/api/v4/projects/7"
RUN = PipelineRun(
    id="gl:7:31", project_id="gl:7", connection="gl", git_project_id=7, git_pipeline_id=31, status="failed",
    created=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip
HEADER = """# Training
spec:
  inputs:
    learning_rate: {type: number, default: 0.001, description: "Step \\e]0;x\\a size"}
    epochs:
      type: number
      options: [10, 20]
    full_data: {type: boolean, default: false}
    site: {default: staging, options: [staging, production]}
    tags: {type: array, default: [a, 1, true]}
    version: {regex: '^v\\d+$'}
    name: {regex: '/ab|cd/', default: x}
    token: {default: hunter2}
    bare:
---
train:
  script: [!reference [.setup, script], echo $[[ inputs.epochs ]]]
"""


# Refs


def branch(name: str, **more: Any) -> dict[str, Any]:
    """A row as api/branches gives it."""
    at = more.pop("at", "2026-01-02T10:00:00.000+01:00")
    commit = {"id": f"{name}-sha", "title": f"On {name}", "committed_date": at}
    return {"name": name, "commit": commit, "protected": False, "can_push": True, **more}


def test_refs_come_with_the_newest_commit_first() -> None:
    rows = [branch("old", at="2026-01-01T00:00:00Z"), branch("new"), branch("odd", commit=None)]
    found = refs("gl", 7, rows, [{"name": "v1", "commit": None, "target": "abc", "protected": True}])
    assert [one.name for one in found.branches] == ["new", "old", "odd"]
    assert (found.id, found.branches[0].sha, found.branches[0].title) == ("gl:7", "new-sha", "On new")
    assert found.branches[0].committed == datetime(2026, 1, 2, 9, tzinfo=UTC)
    assert (found.tags[0].sha, found.tags[0].protected, found.tags[0].committed) == ("abc", True, None)


@pytest.mark.parametrize(
    ("row", "level", "may"),
    [
        ({"can_push": True}, 30, True),
        ({"can_push": False}, 20, False),
        ({"can_push": True, "protected": True}, 0, True),
        ({"can_push": False, "protected": True, "developers_can_merge": True}, 30, True),
        ({"can_push": False, "protected": True, "developers_can_merge": True}, 20, False),
        ({"can_push": False, "protected": True, "developers_can_merge": False}, 30, False),
        ({"can_push": False, "protected": True, "developers_can_merge": False}, 40, True),
        ({"can_push": False, "protected": True}, 0, False),
        ({"can_push": None}, 30, True),
        ({"can_push": None}, 20, False),
        ({"can_push": None, "protected": True}, 30, False),
    ],
)
def test_who_may_push_or_merge_may_run(row: dict[str, Any], level: int, may: bool) -> None:
    assert refs("gl", 7, [branch("b", **row)], [], level).branches[0].may_run is may


@pytest.mark.parametrize(("protected", "level", "may"), [(False, 30, True), (False, 20, False), (True, 30, False),
                                                         (True, 40, True), (True, 0, True)])  # fmt: skip
def test_who_may_create_a_tag_may_run_on_it(protected: bool, level: int, may: bool) -> None:
    assert refs("gl", 7, [], [{"name": "v1", "protected": protected}], level).tags[0].may_run is may


@pytest.mark.server
def test_the_simulators_branches_and_tags(simulator: Simulator, connect: Connect) -> None:
    for number, project in simulator.world.projects.items():
        found: Refs = connect().refs(number, access_level=40)
        assert {one.name for one in found.branches} == set(project.branches)
        assert {one.name: one.sha for one in found.tags} == {one.name: one.commit.sha for one in project.tags.values()}
        assert all(one.may_run for one in (*found.branches, *found.tags))
        assert connect().head(number, "main") == project.branches["main"].head.sha
    with pytest.raises(NotFound):
        connect().head(number, "nosuch")


def test_hostile_refs_are_made_safe_and_old_ones_are_cut_first(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/repository/branches", Answer([branch("feat\x1b[2J/\u202ex")]))
    script.on(f"{V4}/repository/tags", Answer([]))
    found = gitlab.refs(7)
    assert [one.name for one in found.branches] == ["feat/x"] and is_clean(found.branches[0].title)
    assert script.seen[0].query["sort"] == ["updated_desc"]


# Inputs


def test_inputs_have_kinds_defaults_options_and_patterns() -> None:
    found = {one.key: one for one in declared_inputs(HEADER)}
    rate, epochs, full, site = (found[name] for name in ("learning_rate", "epochs", "full_data", "site"))
    assert (rate.kind, rate.value, rate.required, rate.description) == ("number", "0.001", False, "Step  size")
    assert (epochs.kind, epochs.choices, epochs.required) == ("number", ("10", "20"), True)
    assert (full.kind, full.value, full.required) == ("bool", "false", False)
    assert (site.kind, site.value, site.choices) == ("choice", "staging", ("staging", "production"))
    assert (found["tags"].kind, found["tags"].value) == ("array", '["a",1,true]')
    assert (found["version"].pattern, found["name"].pattern) == (r"^v\d+$", ".*(?:ab|cd).*")
    assert (found["token"].secret, found["token"].value) == (True, "")
    assert (found["bare"].kind, found["bare"].required) == ("string", True)


@pytest.mark.parametrize(
    "text",
    ["", "train: {script: x}\n", "spec: 3\n---\n", "spec: {inputs: [a]}\n---\n", "[" * 100_000, "a: " * 50_000,
     "spec: {inputs: !!python/object/apply:os.system [echo]}\n", "spec: {<<: {inputs: {a: 1}}}\n", "a: " + "9" * 9_999,
     "a: 2026-13-45\n", "- " * 100_000 + "x", "? " * 50_000],
)  # fmt: skip
def test_a_file_without_a_header_declares_none(text: str) -> None:
    assert declared_inputs(text) == []


def test_a_header_that_repeats_itself_without_end_is_read_once() -> None:
    names = "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 40))
    maps = "".join(f"m{n}: &m{n} {{{', '.join(f'k{at}: *m{n - 1}' for at in range(9))}}}\n" for n in range(1, 40))
    text = f"b0: &b0 [x]\nm0: &m0 {{x: y}}\n{names}{maps}spec: {{inputs: {{a: {{default: *b39, options: *b39}}}}}}\n"
    [found] = declared_inputs(text)
    assert found.key == "a" and len(found.value) < 10_000
    cyclic = first_document("a: &a\n  b: *a\n")
    assert cyclic["a"]["b"]["b"] is cyclic["a"]["b"]


def test_many_inputs_are_cut() -> None:
    text = "spec:\n  inputs:\n" + "".join(f"    i{number}:\n" for number in range(MAX_INPUTS + 9))
    assert len(declared_inputs(text)) == MAX_INPUTS


@pytest.mark.parametrize("regex", ["(", "a" * 2_000, "*", "^(a+)+$", "^(a|a){9,}$"])
def test_an_expression_that_cannot_be_read_is_left_to_the_server(regex: str) -> None:
    assert declared_inputs(f"spec: {{inputs: {{a: {{regex: '{regex}'}}}}}}")[0].pattern == ""


def test_inputs_are_read_from_the_raw_file(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/repository/files/ci%2Ftrain.yml/raw", Answer(HEADER, kind="text/plain"))
    assert len(gitlab.inputs(7, "main", "ci/train.yml")) == 9
    assert script.seen[0].query == {"ref": ["main"]}
    assert gitlab.inputs(7, "main", "nosuch.yml") == []
    asked = len(script.seen)
    assert gitlab.inputs(7, "main", "ci.yml@group/other") == gitlab.inputs(7, "main", "https://x.y/ci.yml") == []
    assert len(script.seen) == asked, "a file that lies elsewhere is not asked for here"


def test_a_login_page_instead_of_a_file_is_no_header(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/repository/files/.gitlab-ci.yml/raw", Answer("<html>", kind="text/html"))
    with pytest.raises(BadAnswer):
        gitlab.inputs(7, "main", ".gitlab-ci.yml")


# Schedules


SCHEDULE: dict[str, Any] = {
    "id": 13, "description": "Nightly\x1b[0m", "ref": "refs/tags/v1", "cron": "0 1 * * *", "active": True,
    "next_run_at": "2026-05-19T13:41:00.000Z", "cron_timezone": "Asia/Tokyo", "updated_at": "2026-05-19T13:40:17.727Z",
    "owner": {"username": "root"},
}  # fmt: skip
DETAILS: dict[str, Any] = {
    "last_pipeline": {"id": 332, "status": "pending"},
    "variables": [{"key": "A", "value": "1", "variable_type": "env_var"}, {"key": "API_TOKEN", "value": "x"}],
    "inputs": [{"name": "mode", "value": "blue"}, {"name": "flags", "value": ["a", 1]}, {"name": "on", "value": True}],
}


def test_a_schedule_from_the_list_and_in_detail(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/pipeline_schedules", Answer([SCHEDULE]))
    script.on(f"{V4}/pipeline_schedules/13", Answer({**SCHEDULE, **DETAILS}))
    [(listed, updated)] = gitlab.schedules(7)
    assert (listed.id, listed.description, listed.ref, listed.owner) == ("gl:7:schedule:13", "Nightly", "v1", "root")
    assert updated == datetime(2026, 5, 19, 13, 40, 17, 727_000, tzinfo=UTC)
    assert (listed.variables, listed.inputs, listed.last_run_id) == ((), {}, "")
    full = gitlab.schedule(7, 13)
    assert [(one.key, one.value, one.secret) for one in full.variables] == [("A", "1", False), ("API_TOKEN", "", True)]
    assert full.inputs == {"mode": "blue", "flags": '["a",1]', "on": "true"}
    assert (full.last_run_id, full.last_status, full.timezone) == ("gl:7:332", "pending", "Asia/Tokyo")


def test_a_schedule_whose_variables_and_owner_are_not_told(gitlab: GitLabSource, script: Scripted) -> None:
    row = {**SCHEDULE, "owner": None, "last_pipeline": None, "inputs": None, "ref": None, "next_run_at": None}
    script.on(f"{V4}/pipeline_schedules/13", Answer(row))
    found = gitlab.schedule(7, 13)
    assert (found.variables, found.owner, found.last_run_id, found.ref, found.next_run) == ((), "", "", "", None)


@pytest.mark.parametrize("newer", [True, False], ids=["in order", "an older server"])
def test_runs_of_a_schedule_are_found(gitlab: GitLabSource, script: Scripted, newer: bool) -> None:
    rows = [{"id": n, "created_at": f"2026-01-{n:02}T00:00:00Z", "source": "schedule"} for n in range(1, 9)]

    def answer(seen: Seen) -> Answer:
        after = seen.query["created_after"][0]
        if newer:
            return Answer([row for row in reversed(rows) if str(row["created_at"]) > after])
        page = int(seen.query["page"][0])
        headers = {"X-Next-Page": str(page + 1) if page < 4 else ""}
        return Answer(rows[2 * page - 2 : 2 * page], headers=headers)

    script.on(f"{V4}/pipeline_schedules/13/pipelines", answer)
    found = gitlab.schedule_runs(7, 13, created_after=datetime(2026, 1, 5, 12, tzinfo=UTC))
    assert [run.git_pipeline_id for run in found] == [8, 7, 6]


@pytest.mark.server
def test_playing_a_schedule_of_the_simulator(simulator: Simulator, connect: Connect) -> None:
    source, before = connect(), datetime.now(UTC) - timedelta(minutes=1)
    number = next(iter(simulator.world.projects))
    weekly = next(one for one, _ in source.schedules(number) if one.description.startswith("Weekly"))
    known = {run.id for run in source.schedule_runs(number, weekly.git_schedule_id, created_after=before)}
    source.play_schedule(number, weekly.git_schedule_id)
    found = source.schedule_runs(number, weekly.git_schedule_id, created_after=before)
    [new] = [run for run in found if run.id not in known]
    assert new.trigger_type == "schedule"
    assert source.schedule(number, weekly.git_schedule_id).last_run_id == new.id
    assert source.run(number, new.git_pipeline_id).triggered_by == "bo", "it is run by the one who plays it"
    with pytest.raises(Forbidden):
        connect("reporter").play_schedule(number, weekly.git_schedule_id)
    assert connect("developer").schedule(number, weekly.git_schedule_id).variables == ()


# Test reports


def case(status: str, name: str = "test_x", **more: Any) -> dict[str, Any]:
    """A case as the test report has it."""
    return {"status": status, "name": name, "classname": "tests.a", "execution_time": 0.5, "system_output": None,
            "stack_trace": None, **more}  # fmt: skip


def row_of(*suites: dict[str, Any]) -> dict[str, Any]:
    """A report."""
    return {"total_time": 5, "total_count": 9, "success_count": 6, "failed_count": 2, "skipped_count": 1,
            "error_count": 0, "test_suites": list(suites)}  # fmt: skip


def suite(*cases: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A suite of a report."""
    return {"name": "unit", "total_time": 5, "total_count": 9, "suite_error": None, "test_cases": list(cases), **more}


def test_failed_cases_come_first_with_their_text() -> None:
    failed = case("failed", "b", system_output="assert 1\x1b[31m == 2", stack_trace="File x\nline 3",
                  recent_failures={"count": 4, "base_branch": "main"}, file="tests/a.py")  # fmt: skip
    found = report(RUN, row_of(suite(case("success", "a"), case("skipped", "s"), failed, case("error", "e"))))
    assert (found.id, found.project_id, found.total, found.failed, found.complete) == ("gl:7:31", "gl:7", 9, 2, True)
    first, *rest = found.suites[0].cases
    assert [one.status for one in rest] == ["error", "skipped", "success"]
    assert (first.name, first.file, first.recent_failures, first.execution_time) == ("b", "tests/a.py", 4, 0.5)
    assert first.output == "assert 1 == 2\nFile x\nline 3"


def test_what_gitlab_read_from_xml_may_have_any_form() -> None:
    odd = [case("failed", "", classname="c", system_output={"message": "no", "type": "T"}), case("failed", ""),
           case("failed", "n" * 5_000, system_output=["a", {"b": "c"}], execution_time=None)]  # fmt: skip
    found = report(RUN, row_of(suite(*odd, suite_error="JUnit XML parsing failed: 1:1", name=None)))
    one, two, three = found.suites[0].cases
    assert (one.name, one.output) == ("c", "no\nT") and two.name == "tests.a"
    assert (len(three.name), three.output, three.execution_time) == (1_024, "a\nc", 0)
    assert (found.suites[0].suite_error, found.suites[0].name) == ("JUnit XML parsing failed: 1:1", "tests")


def test_a_large_report_is_limited_and_keeps_what_failed() -> None:
    many = [case("success", f"t{n}") for n in range(MAX_CASES)] + [case("failed", "last", system_output="x" * 99_999)]
    cases = report(RUN, row_of(suite(*many))).suites[0].cases
    assert len(cases) == MAX_CASES and cases[0].name == "last" and len(cases[0].output) == MAX_OUTPUT
    texts = [case("failed", f"t{n}", system_output="x" * MAX_OUTPUT) for n in range(300)]
    found = report(RUN, row_of(suite(*texts)))
    assert sum(len(one.output) for one in found.suites[0].cases) == 1_000_000


def test_a_run_without_tests_has_an_empty_report(gitlab: GitLabSource, script: Scripted) -> None:
    body = dict.fromkeys(("total_time", "total_count", "success_count", "failed_count"), 0)
    script.on(f"{V4}/pipelines/31/test_report", Answer({**body, "test_suites": []}))
    found = gitlab.test_report(RUN)
    assert (found.total, found.suites, found.complete) == (0, (), True)


@pytest.mark.server
def test_the_simulators_reports(simulator: Simulator, connect: Connect) -> None:
    source, number = connect(), next(iter(simulator.world.projects))
    runs = source.pipelines(number, per_page=20).runs
    found = [source.test_report(run) for run in runs]
    assert any(one.total for one in found)
    for one in found:
        assert one.total == one.success + one.failed + one.error + one.skipped
        assert sum(len(part.cases) for part in one.suites) == one.total
