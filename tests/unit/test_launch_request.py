"""What is wrong with a request, and exactly what it sends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from data.engine.launch_records import Known, submission_of
from data.errors import UsageError
from data.launch.asked import Request, Target
from data.launch.document import to_yaml
from data.launch.filling import from_defaults
from data.launch.payload import Payload
from data.launch.request import covered_inputs, notes, payload, problems, secrets_of
from data.model import Command, Connection, Project, Ref, Refs, Variable
from data.model.vocabulary import TEST
from tests.launches import API, CLOSED, JOBS, PIPELINE, PROJECT, preview, target

INPUTS = (
    Variable(key="lr", kind="number", value="0.001"),
    Variable(key="run_train", kind="bool", value="true"),
    Variable(key="run_evaluate", kind="bool", value="true"),
    Variable(key="run_report", kind="bool", value="true"),
    Variable(key="stage", value="all"),
    Variable(key="hosts", kind="array", value="[]"),
    Variable(key="size", choices=("small", "big"), required=True),
)


def asked(about: Target | None = None, **values: Any) -> Request:
    """The API's own request with what a test asks for."""
    return replace(from_defaults(about or target()), **values)


def sent(request: Request, about: Target | None = None) -> dict[str, str]:
    """The variables that are sent, but for RUN_ID."""
    found = {one.key: one.value for one in payload(request, about or target()).variables}
    assert found.pop("RUN_ID")
    return found


def wrong(request: Request, about: Target | None = None) -> dict[str, str]:
    """Problems by field."""
    return {one.field: one.message for one in problems(request, about or target())}


def test_a_request_as_it_is_sends_locked_and_default_variables() -> None:
    made = payload(asked(run_id="r1"), target())
    assert [(one.key, one.value) for one in made.variables] == [("STAGE", "all"), ("LR", "0.01"), ("RUN_ID", "r1")]
    assert (made.ref, made.api, made.pipeline, made.run_id) == ("stable", API.id, "g:1:default", "r1")
    assert made.track
    assert made.inputs == {}
    assert all(made.flow_control.values())


def test_without_a_run_id_each_launch_gets_one_of_its_own() -> None:
    first, second = payload(asked(), target()), payload(asked(), target())
    assert first.run_id != second.run_id
    assert first.variables[-1] == Variable(key="RUN_ID", value=first.run_id)


def test_a_component_that_is_off_is_told_with_all_that_need_it() -> None:
    request = asked(flow_control={"train": False})
    assert sent(request) == {
        "STAGE": "all", "LR": "0.01", "RUN_TRAIN": "false", "RUN_EVALUATE": "false", "RUN_REPORT": "false",
    }  # fmt: skip
    assert "evaluate needs train, which is off" in notes(request, target())
    assert payload(request, target()).flow_control["report"] is False


def test_the_apis_own_switches_are_sent_too_and_can_be_turned_back() -> None:
    about = target(api=replace(API, flow_control={"report": False}, flow_rule="SKIP_<JOB>=1|0"))
    assert sent(asked(about), about)["SKIP_REPORT"] == "1"
    back = asked(about, flow_control={"report": True})
    assert sent(back, about)["SKIP_REPORT"] == "0"


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"variables": {"LR": "fast"}}, "variables.LR", "must be a number"),
        ({"variables": {"LR": ""}}, "variables.LR", "required"),
        ({"variables": {"LR": "nan"}}, "variables.LR", "must be a number"),
        ({"variables": {"a b": "1"}}, "variables.a b", "no name of a variable"),
        ({"variables": {"STAGE": "none"}}, "variables.STAGE", "locked"),
        ({"variables": {"RUN_ID": "x"}}, "variables.RUN_ID", "set by Lineside"),
        ({"variables": {"RUN_TRAIN": "false"}}, "", ""),
        ({"variables": {"RUN_TRAIN": "no"}, "flow_control": {"train": False}}, "variables.RUN_TRAIN", "switch train"),
        ({"flow_control": {"tarin": False}}, "flow_control.tarin", "no component tarin"),
        ({"flow_control": {job.name: False for job in JOBS}}, "flow_control", "nothing would run"),
        ({"kind": "nightly"}, "kind", "production or test"),
        ({"run_id": "a b"}, "run_id", "no RUN_ID"),
        ({"timeout": "soon"}, "timeout", "not a duration"),
        ({"callback_url": "ftp://x"}, "callback_url", "no address"),
        ({"callback_url": "https://u:p@x.example/h"}, "callback_url", "password"),
        ({"at": "soon"}, "at", "no time"),
        ({"after": "#1 perhaps"}, "after", "no time"),
        ({"image": "python:3.12"}, "image", "cannot choose its image"),
        ({"environment": "staging"}, "environment", "cannot choose its environment"),
        ({"api": "other"}, "api", "no API other"),
    ],
)
def test_problems_name_their_field(values: dict[str, Any], field: str, words: str) -> None:
    found = wrong(asked(**values))
    if not field:
        assert found == {}
        return
    assert words in found[field]
    with pytest.raises(UsageError):
        payload(asked(**values), target())


def test_all_problems_come_at_once() -> None:
    found = wrong(asked(variables={"LR": "fast", "x y": "1"}, timeout="soon", kind="?"))
    assert set(found) == {"variables.LR", "variables.x y", "timeout", "kind"}


def test_components_that_share_a_variable_are_switched_together() -> None:
    api = replace(API, flow_control={"a-b": True, "a.b": True})
    about = Target(PROJECT, None, api)
    assert "share the variable RUN_A_B" in wrong(asked(about, flow_control={"a-b": False}), about)["flow_control.a.b"]
    assert wrong(asked(about, flow_control={"a-b": False, "a.b": False, "c": True}), about) == {}


def test_secrets_are_in_no_payload() -> None:
    request = asked(variables={"LR": "1", "TOKEN": "hunter2"})
    made = payload(request, target())
    assert made.secrets == ["TOKEN"]
    assert "hunter2" not in repr(made)
    assert secrets_of(request, target()) == {"TOKEN": "hunter2"}
    assert payload(asked(), target()).secrets == []


def test_what_looks_like_a_secret_is_kept_as_little_as_a_declared_one() -> None:
    request = asked(variables={"DB_PASSWORD": "hunter2", "NOTE": "use glpat-0123456789abcdefghij", "PLAIN": "x"})
    made = payload(request, target())
    assert sorted(made.secrets) == ["DB_PASSWORD", "NOTE"]
    assert sent(request)["PLAIN"] == "x" and "hunter2" not in repr(made) and "glpat" not in repr(made)
    assert secrets_of(request, target())["DB_PASSWORD"] == "hunter2"
    assert any("DB_PASSWORD looks like a secret" in one for one in notes(request, target()))
    assert "hunter2" not in to_yaml(request, target())
    assert "give it again" in wrong(asked(variables={"DB_PASSWORD": ""}))["variables.DB_PASSWORD"]
    assert "cannot be sent as an input" in wrong(asked(inputs={"lr": "glpat-0123456789abcdefghij"}))["inputs.lr"]


def test_a_secret_file_stays_a_file() -> None:
    api = replace(API, user_variables=(Variable(key="KUBECONFIG", kind="file", secret=True),))
    request = asked(target(api=api), variables={"KUBECONFIG": ""}, files={"KUBECONFIG": "users: []"})
    made = payload(request, target(api=api))
    assert (made.secrets, made.secret_files) == (["KUBECONFIG"], ["KUBECONFIG"])
    command = Command(id="s1", kind="launch", created=datetime(2026, 5, 4, tzinfo=UTC))
    kept = submission_of(command, made, Known(project_id=PROJECT.id))
    assert Variable(key="KUBECONFIG", kind="file", secret=True) in kept.variables


def test_the_lines_of_an_input_are_kept_with_the_submission() -> None:
    command = Command(id="s1", kind="launch", created=datetime(2026, 5, 4, tzinfo=UTC))
    made = submission_of(command, Payload(ref="main", inputs={"script": "one\ntwo"}), Known(project_id=PROJECT.id))
    assert made.inputs == {"script": "one\ntwo"}


def test_an_emptied_default_is_sent_empty_and_an_empty_one_not_at_all() -> None:
    api = replace(API, user_variables=(Variable(key="A", value="1"), Variable(key="B")))
    about = target(api=api)
    assert sent(asked(about, variables={"A": "", "B": ""}), about) == {"STAGE": "all", "A": ""}
    assert sent(asked(about, variables={}), about) == {"STAGE": "all", "A": "1"}


def test_image_and_environment_go_by_the_variables_that_the_api_names() -> None:
    about = target(api=replace(API, image_variable="IMAGE", environment_variable="ENV"))
    request = asked(about, image=" python:3.12 ", environment="staging")
    assert sent(request, about) == {"STAGE": "all", "LR": "0.01", "IMAGE": "python:3.12", "ENV": "staging"}
    made = payload(request, about)
    assert (made.image, made.environment) == ("python:3.12", "staging")
    twice = replace(request, variables={"LR": "1", "IMAGE": "other"})
    assert "another image: other" in wrong(twice, about)["image"]


def test_files_are_sent_with_their_content() -> None:
    api = replace(API, user_variables=(Variable(key="CONFIG", kind="file", required=True),))
    about = target(api=api)
    unread = asked(about, variables={"CONFIG": "c.json", "MORE": "m.txt"}, files={"MORE": ""})
    assert wrong(unread, about) == {}
    with pytest.raises(UsageError, match=r"CONFIG: the file c\.json"):
        payload(unread, about)
    read = replace(unread, files={"CONFIG": "{}\n", "MORE": "x\ny"})
    made = {one.key: (one.value, one.kind) for one in payload(read, about).variables}
    assert made["CONFIG"] == ("{}\n", "file")
    assert made["MORE"] == ("x\ny", "file")
    assert wrong(asked(about, variables={"CONFIG": ""}), about) == {"variables.CONFIG": "CONFIG is required"}


def test_inputs_have_the_types_that_are_declared() -> None:
    about = target(preview=preview(*INPUTS))
    given = {"lr": "1e-2", "run_train": "no", "hosts": '["a", 2]', "size": "big", "stage": "all"}
    made = payload(asked(about, inputs=given), about)
    assert made.inputs == {"lr": 0.01, "run_train": False, "hosts": ["a", 2], "size": "big"}
    assert isinstance(payload(asked(about, inputs={"lr": "3", "size": "big"}), about).inputs["lr"], int)


@pytest.mark.parametrize(
    ("inputs", "field", "words"),
    [
        ({"lr": "fast", "size": "big"}, "inputs.lr", "must be a number"),
        ({"hosts": "a", "size": "big"}, "inputs.hosts", "list in JSON"),
        ({"size": "huge"}, "inputs.size", "one of small, big"),
        ({}, "inputs.size", "size is required"),
        ({"epochs": "3", "size": "big"}, "inputs.epochs", "has no input epochs; it has lr"),
    ],
)
def test_wrong_inputs_are_told(inputs: dict[str, str], field: str, words: str) -> None:
    about = target(preview=preview(*INPUTS))
    found = wrong(asked(about, inputs=inputs), about)
    assert list(found) == [field]
    assert words in found[field]


def test_what_is_declared_on_another_ref_forbids_nothing() -> None:
    about = target(preview=preview(*INPUTS, ref="main"))
    made = payload(asked(about, inputs={"epochs": "3", "name": "three", "all": "true", "quoted": '"3"'}), about)
    assert made.inputs == {"epochs": 3, "name": "three", "all": True, "quoted": "3"}


def test_inputs_that_another_ref_declares_are_left_out_while_they_are_as_declared() -> None:
    about = target(pipeline=replace(PIPELINE, inputs=(Variable(key="epochs", kind="number", value="3"),)))
    request = asked(about, ref="dev")
    assert request.inputs == {"epochs": "3"}
    there = about._replace(preview=preview(Variable(key="size", value="s"), ref="dev"))
    assert wrong(request, there) == {}
    assert payload(request, there).inputs == {}
    assert "has no input epochs" in wrong(replace(request, inputs={"epochs": "4"}), there)["inputs.epochs"]


def closed(*inputs: Variable, **more: Any) -> Target:
    """A project that takes no variables, whose CI configuration declares these inputs."""
    return target(project=CLOSED, preview=preview(*inputs), **more)


def test_inputs_stand_in_for_variables_that_a_project_forbids() -> None:
    about = closed(*INPUTS)
    request = asked(about, flow_control={"train": False}, inputs={"size": "big"})
    made = payload(request, about)
    assert made.variables == []
    assert made.inputs == {
        "size": "big", "lr": 0.01, "run_train": False, "run_evaluate": False, "run_report": False,
    }  # fmt: skip
    assert not made.track
    assert covered_inputs(request, about)["lr"] == "LR"
    said = notes(request, about)
    assert "LR is sent as the input lr" in said
    assert any(one.startswith("no MLflow run is made first") for one in said)
    assert any(one.startswith("RUN_ID is not passed on") for one in said)


def test_run_id_is_passed_as_an_input_where_there_is_one() -> None:
    about = closed(Variable(key="run_id"), Variable(key="lr"), Variable(key="stage", value="all"))
    assert payload(asked(about, run_id="r7"), about).inputs["run_id"] == "r7"


def test_what_has_no_way_into_the_project_is_refused() -> None:
    about = closed(Variable(key="stage", value="all"))
    found = wrong(asked(about, variables={"LR": "0.5", "EXTRA": "1"}, flow_control={"report": False}), about)
    assert set(found) == {"variables.LR", "variables.EXTRA", "flow_control.report"}
    assert found["variables.EXTRA"].startswith("churn lets nobody set pipeline variables")
    assert "no input run_report" in found["flow_control.report"]


def test_a_default_that_has_no_way_is_left_to_the_ci_configuration() -> None:
    api = replace(API, system_variables=(), user_variables=(Variable(key="EPOCHS", value="5"),))
    about = closed(api=api)
    request = asked(about)
    assert request.variables == {}
    assert payload(request, about).inputs == {}
    assert any(one.startswith("EPOCHS is left to the CI configuration") for one in notes(request, about))


def test_secrets_and_files_never_become_inputs() -> None:
    about = closed(Variable(key="token"), Variable(key="lr"), Variable(key="stage", value="all"))
    found = wrong(asked(about, variables={"TOKEN": "hunter2"}), about)
    assert "is a secret, which cannot be sent as an input" in found["variables.TOKEN"]
    assert "hunter2" not in str(found)


def test_of_a_variable_and_its_input_the_one_that_was_changed_wins() -> None:
    api = replace(API, user_variables=(Variable(key="LR", value="0.01", kind="number"),))
    about = closed(Variable(key="lr", kind="number", value="0.001"), Variable(key="stage", value="all"), api=api)
    assert payload(asked(about, inputs={"lr": "0.5"}), about).inputs == {"lr": 0.5}
    assert payload(asked(about, variables={"LR": "0.7"}), about).inputs == {"lr": 0.7}
    assert payload(asked(about, variables={"LR": "0.5"}, inputs={"lr": "5e-1"}), about).inputs == {"lr": 0.5}
    both = wrong(asked(about, variables={"LR": "0.7"}, inputs={"lr": "0.5"}), about)
    assert "LR says another value" in both["inputs.lr"]


def test_a_role_that_is_too_low_sends_inputs_like_one_that_is_forbidden() -> None:
    owners = replace(PROJECT, variables_role="owner")
    assert "only the role owner" in wrong(asked(), target(project=owners))["variables.STAGE"]
    assert wrong(asked(), target(project=replace(owners, access_level=0))) == {}


@pytest.mark.parametrize(
    ("project", "connection", "words"),
    [
        (replace(PROJECT, archived=True), None, "archived"),
        (replace(PROJECT, access_level=20), None, "20 (reporter); launching needs 30"),
        (PROJECT, Connection(id="g", name="g", kind="gitlab", scopes=("read_api", "read_user")), "scope read_api"),
        (PROJECT, Connection(id="g", name="g", kind="gitlab", can_write=False), "may only read"),
        (replace(PROJECT, access_level=0), None, ""),
        (PROJECT, Connection(id="g", name="g", kind="gitlab", scopes=("pipelines:create",)), ""),
        (PROJECT, Connection(id="g", name="g", kind="gitlab", scopes=("read_api", "api")), ""),
    ],
)
def test_what_token_and_role_do_not_allow(project: Project, connection: Connection | None, words: str) -> None:
    found = wrong(asked(), target(project=project, connection=connection))
    assert words in found.get("project", "") if words else "project" not in found


def test_protected_refs_and_unknown_ones() -> None:
    refs = Refs(id="g:1", branches=(Ref(name="stable", protected=True, may_run=False), Ref(name="dev")))
    about = target(refs=refs)
    assert "stable is protected" in wrong(asked(), about)["ref"]
    assert "your role is maintainer" in wrong(asked(), about)["ref"]
    assert wrong(asked(ref="dev"), about) == {}
    assert wrong(asked(ref="nowhere"), about) == {}
    assert "nowhere is not among the branches" in notes(asked(ref="nowhere"), about)[0]


@pytest.mark.parametrize(
    "name",
    ["two words", "tab\there", "a..b", "-x", "a//b", "/a", "a/", "x.lock", ".x", "a:b", "what?", "x@{1}", "é\x00"],
)
def test_what_git_takes_for_no_ref_is_refused(name: str) -> None:
    assert "can be the name of no branch or tag" in wrong(asked(ref=name), target(refs=None))["ref"]


@pytest.mark.parametrize("name", ["feat/größe-2", "v1.0", "refs/merge-requests/5/head", "a-b_c.d"])
def test_what_git_takes_for_a_ref_may_be_one(name: str) -> None:
    assert "ref" not in wrong(asked(ref=name), target(refs=None))


def test_a_configuration_that_lint_refuses_is_told() -> None:
    about = target(preview=preview(valid=False, errors=("jobs:train config is wrong\x1b[0m",)))
    assert notes(asked(), about)[0] == "CI lint refuses the configuration at stable: jobs:train config is wrong"
    assert problems(asked(), about) == []


def test_a_project_without_a_default_branch_needs_a_ref() -> None:
    about = Target(replace(PROJECT, default_ref=""), None, None)
    assert "name a branch or tag" in wrong(Request(), about)["ref"]
    assert payload(Request(ref="dev"), about).ref == "dev"


def test_a_test_goes_to_the_test_repository_without_the_inputs_of_the_project() -> None:
    api = replace(API, test_repository_id=77, inputs={"size": "big"})
    about = target(api=api, preview=preview(*INPUTS))
    made = payload(asked(about, kind=TEST, inputs={}), about)
    assert (made.test_repository, made.kind, made.inputs) == ("77", TEST, {})
    assert payload(asked(about), about).test_repository == ""
    assert "test repository" in wrong(asked(about, kind=TEST, inputs={"lr": "0.5"}), about)["inputs.lr"]
    itself = target(api=replace(API, test_repository_id=0, test_repository_url="ml/churn"))
    assert payload(asked(itself, kind=TEST), itself).test_repository == ""


def test_a_test_repository_gets_variables_that_the_project_forbids() -> None:
    about = closed(*INPUTS, api=replace(API, test_repository_url="ml/churn-tests"))
    made = payload(asked(about, kind=TEST, inputs={}), about)
    assert {one.key for one in made.variables} == {"STAGE", "LR", "RUN_ID"}
    assert made.inputs == {}


def test_what_goes_with_a_launch() -> None:
    request = asked(
        labels=("best", " best ", "new\x1b[0m"), note=" tries\nagain ", timeout="2h", callback_url="https://x.example/h"
    )
    made = payload(request, target())
    assert (made.labels, made.note, made.timeout, made.callback_url) == (
        ["best", "new"], "tries\nagain", 7200.0, "https://x.example/h",
    )  # fmt: skip
    assert [payload(asked(timeout=text), target()).timeout for text in ("", "never", "0")] == [None, 0.0, 0.0]
