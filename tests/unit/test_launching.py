"""From a request to its command: files, times, and what is shown of the exact request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.errors import UsageError
from data.launch.asked import Target
from data.launch.filling import from_defaults
from data.launch.naming import TESTED_API, TESTED_REF
from data.launch.payload import payload_of
from data.launch.request import payload
from data.launch.when import FINISHED, When
from data.model import PipelineRun, Variable
from data.model.vocabulary import TEST
from tests.launches import API, PROJECT, target
from tui.launching import HIDDEN, MAX_FILE, as_json, command_of, exact, when_of, with_files

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FILES = replace(API, user_variables=(*API.user_variables, Variable(key="CONFIG", kind="file")))


def files() -> Target:
    """An API that asks for a file."""
    return target(api=FILES)


def test_a_command_carries_the_exact_request() -> None:
    request = replace(
        from_defaults(target()), why=" because ", variables={"LR": "1", "TEXT": "a\nb\n", "TOKEN": "hush"}
    )
    after = PipelineRun(id="g:1:7", project_id="g:1", connection="g", git_project_id=1, git_pipeline_id=7, created=NOW)
    when = When(NOW + timedelta(hours=1), "#7", FINISHED)
    command = command_of(request, target(), when, by="ada", after=after)
    assert (command.kind, command.connection, command.project_id) == ("launch", "g", "g:1")
    assert command.title == "launch churn train on stable"
    assert (command.by, command.why, command.not_before) == ("ada", "because", NOW + timedelta(hours=1))
    assert (command.after, command.after_status) == ("g:1:7", "finished")
    sent = payload_of(command)
    assert sent == payload(replace(request, run_id=sent.run_id), target())
    assert next(one.value for one in sent.variables if one.key == "TEXT") == "a\nb\n"
    assert "hush" not in repr(command)


def test_the_title_tells_a_test() -> None:
    request = replace(from_defaults(target()), kind=TEST)
    assert command_of(request, target(), When(), by="").title == "launch churn train on stable (test)"


def test_an_archived_project_takes_no_launch() -> None:
    about = target(project=replace(PROJECT, archived=True))
    with pytest.raises(UsageError, match="archived"):
        command_of(from_defaults(about), about, When(), by="")


def test_files_are_read_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"ü": 1}\n')
    (tmp_path / "more.txt").write_text("x")
    request = replace(
        from_defaults(files()), variables={"LR": "1", "CONFIG": "c.json", "MORE": str(tmp_path / "more.txt")},
        files={"MORE": ""},
    )  # fmt: skip
    read, problems = with_files(request, files(), tmp_path)
    assert problems == []
    assert read.files == {"CONFIG": '{"ü": 1}\n', "MORE": "x"}
    assert read.variables == request.variables


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no file"),
        (b"", "is empty"),
        (b"\xff\xfe", "no UTF-8 text"),
        (b"a\0b", "null characters"),
        (b"x" * (MAX_FILE + 1), "larger than 1000 kB"),
    ],
)
def test_files_that_cannot_be_sent_are_told(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "c").write_bytes(content)
    request = replace(from_defaults(files()), variables={"LR": "1", "CONFIG": "c"})
    read, problems = with_files(request, files(), tmp_path)
    assert [one.field for one in problems] == ["variables.CONFIG"]
    assert words in problems[0].message
    assert read.files == {}


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    request = replace(from_defaults(files()), variables={"LR": "1", "CONFIG": str(tmp_path)})
    assert "is no file" in with_files(request, files())[1][0].message


def test_a_content_from_an_earlier_launch_needs_no_path() -> None:
    request = replace(from_defaults(files()), variables={"LR": "1", "CONFIG": ""}, files={"CONFIG": "kept"})
    read, problems = with_files(request, files())
    assert (read, problems) == (request, [])
    assert Variable(key="CONFIG", value="kept", kind="file") in payload(read, files()).variables


def test_a_time_and_a_run_hold_both() -> None:
    request = replace(from_defaults(target()), at="in 1h", after="#7 ends")
    assert when_of(request, NOW) == When(NOW + timedelta(hours=1), "#7", FINISHED)
    assert when_of(replace(request, after=""), NOW) == When(NOW + timedelta(hours=1))
    assert when_of(replace(request, at="after #8", after=""), NOW) == When(after="#8")
    with pytest.raises(UsageError, match="go both"):
        when_of(replace(request, at="after #8"), NOW)


def test_the_exact_request_is_what_gitlab_gets_but_for_secrets() -> None:
    request = replace(
        from_defaults(files()),
        variables={"LR": "1", "CONFIG": "c", "TOKEN": "hush"},
        files={"CONFIG": "{}"},
        run_id="r1",
    )
    sent = exact(payload(request, files()), files())
    assert sent["project"] == "ml/churn"
    assert sent["ref"] == "stable"
    assert "inputs" not in sent
    assert sent["variables"][:4] == [
        {"key": "STAGE", "value": "all"},
        {"key": "LR", "value": "1"},
        {"key": "CONFIG", "value": "{}", "variable_type": "file"},
        {"key": "RUN_ID", "value": "r1"},
    ]
    assert {"key": "TOKEN", "value": HIDDEN} in sent["variables"]
    assert {one["key"] for one in sent["variables"][5:]} == {
        "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_TRACKING_URI",
    }  # fmt: skip


def test_a_request_as_json_has_no_secrets() -> None:
    request = replace(from_defaults(target()), variables={"LR": "1", "TOKEN": "hush"}, labels=("a",))
    found = as_json(request, target())
    assert found["variables"] == {"LR": "1"}
    assert found["labels"] == ["a"]
    assert "hush" not in str(found)


def test_a_test_is_shown_where_it_starts() -> None:
    about = target(api=replace(API, test_repository_url="ml/churn-tests"))
    sent = exact(payload(replace(from_defaults(about), kind=TEST, run_id="r1"), about), about)
    assert (sent["project"], sent["ref"]) == ("ml/churn-tests", "the default branch")
    shown = {one["key"]: one["value"] for one in sent["variables"]}
    assert shown == {"STAGE": "all", "LR": "0.01", "RUN_ID": "r1", TESTED_API: "train", TESTED_REF: "stable"}
