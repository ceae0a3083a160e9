"""`launch` and `again` without a server: what is shown, refused, edited, queued and taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from data.launch.naming import PASSED
from data.launch.payload import payload_of
from data.model import CiPreview, Command, PipelineAPI, PipelineJob, Record, Submission, Variable
from data.store.open import open_store
from tests.cli.conftest import Invoke, fill
from tui.context import collect

pytestmark = pytest.mark.usefixtures("store_file")

EARLIER = {"c1", "c2"}
"""Commands of `tests.world`."""
PIPELINE = "gitlab:1:default"
RUNNING = "#100"
SUBMITTED = "0f6f2f3e-6f38-4f0e-9f0a-0123456789ab"
API = PipelineAPI(
    id=f"{PIPELINE}:nightly",
    pipeline_id=PIPELINE,
    name="nightly",
    system_variables=(Variable(key="STAGE", value="all"),),
    user_variables=(Variable(key="LR", value="0.01", kind="number"), Variable(key="CONFIG", kind="file")),
    image_variable="IMAGE",
)
SECRET = replace(
    API, id=f"{PIPELINE}:guarded", name="guarded", user_variables=(Variable(key="TOKEN", secret=True, required=True),)
)
JOBS = [
    PipelineJob(id=f"{PIPELINE}:{name}", pipeline_id=PIPELINE, name=name, order=order, needs=needs)
    for order, (name, needs) in enumerate([("features", ()), ("train", ("features",)), ("evaluate", ("train",))])
]


@pytest.fixture(autouse=True)
def more(store_file: Path) -> None:
    """APIs with jobs in the project churn, and a submission of one of them."""
    submission = Submission(
        id=SUBMITTED, timestamp=datetime.now(UTC), requester="ada", pipeline_api_id=API.id, pipeline_id=PIPELINE,
        project_id="gitlab:1", ref="dev", run_id="r1", flow_control={"evaluate": False}, labels=("best",),
        variables=(Variable(key="STAGE", value="all"), Variable(key="LR", value="0.5"),
                   Variable(key="CONFIG", value="{}", kind="file"), Variable(key="RUN_ID", value="r1")),
    )  # fmt: skip
    records: Sequence[Record] = [API, SECRET, *JOBS, submission]
    fill(store_file, records)


def outbox(path: Path) -> list[Command]:
    """The commands that a test left behind."""

    async def read() -> list[Command]:
        store = await open_store(path)
        try:
            return [command for command in await collect(store, Command) if command.id not in EARLIER]
        finally:
            await store.close()

    return asyncio.run(read())


def sends(shown: Any) -> dict[str, Any]:
    """The exact request that a dry run printed."""
    found: dict[str, Any] = yaml.safe_load(shown.out)["sends"]
    return found


def variables(shown: Any) -> dict[str, str]:
    """The variables of a dry run, but for those that every launch gets anew."""
    return {one["key"]: one["value"] for one in sends(shown)["variables"] if one["key"] not in PASSED}


def test_a_dry_run_prints_the_exact_request_and_sends_nothing(invoke: Invoke, store_file: Path) -> None:
    shown = invoke(
        "--read-only", "launch", "churn", "--api", "nightly", "--var", "LR=0.5", "--off", "train", "--dry-run"
    )
    assert shown.code == 0, shown.err
    assert variables(shown) == {"STAGE": "all", "LR": "0.5", "RUN_TRAIN": "false", "RUN_EVALUATE": "false"}
    assert sends(shown)["project"] == "ml/churn"
    assert "evaluate needs train: off, too" in shown.err
    assert outbox(store_file) == []


def test_a_dry_run_can_be_read_again(invoke: Invoke, tmp_path: Path) -> None:
    words = ("launch", "churn", "--api", "nightly", "--dry-run", "--run-id", "r7")
    given = ("--var", "LR=0.5", "--off", "evaluate", "--label", "a", "--note", "two\nlines", "--cancel-after", "2h")
    first = invoke(*words, *given)
    document = tmp_path / "request.yaml"
    document.write_text(first.out)
    assert invoke("launch", "churn", "--from", str(document), "--dry-run").out == first.out
    as_json = invoke(*words, *given, "--json")
    assert as_json.json["sends"] == sends(first)
    again = invoke("launch", "churn", "--from", "-", "--dry-run", stdin=as_json.out)
    assert again.out == first.out


def test_the_pipeline_or_the_api_may_stand_behind_the_project(invoke: Invoke) -> None:
    assert yaml.safe_load(invoke("launch", "CHURN/nightly", "--dry-run").out)["api"] == "nightly"
    assert yaml.safe_load(invoke("launch", "churn/default", "--dry-run").out)["api"] == ""


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["launch"], 2, "name a project, a pipeline or an API"),
        (["launch", "churn", "--off", "tarin"], 2, "there is no component tarin"),
        (["launch", "churn", "--on", "evaluate", "--off", "train"], 2, "evaluate cannot be on: evaluate needs train"),
        (["launch", "churn", "--on", "train", "--off", "train"], 2, "train is both on and off"),
        (["launch", "churn", "--test", "--kind", "production"], 2, "contradict each other"),
        (["launch", "churn", "--var", "A=1", "--var", "A=2"], 2, "the variable A is given twice"),
        (["launch", "churn", "--var", "A=1", "--var-file", "A=x"], 2, "the variable A is given twice"),
        (["launch", "churn", "--var-file", "A=nowhere.txt"], 2, "A: there is no file nowhere.txt"),
        (["launch", "churn", "--var-file", "A-B=x"], 2, "no name of a variable"),
        (["launch", "churn", "--at", "soon"], 2, "soon is no time to launch at"),
        (["launch", "churn", "--at", "today 00:00"], 2, "is in the past"),
        (["launch", "churn", "--after", "#999999"], 3, "there is no run #999999 here"),
        (["launch", "churn", "--cancel-after", "soon"], 2, "is not a duration"),
        (["launch", "churn", "--callback", "nowhere"], 2, "is no address"),
        (["launch", "churn", "--image", "python:3.12"], 2, "cannot choose its image"),
        (["launch", "churn", "--from", "nowhere.yaml"], 2, "nowhere.yaml cannot be read"),
        (["launch", "churn", "--from", "-"], 2, "the document is empty"),
        (["launch", "churn", "--from", "-", "--like", "#100"], 2, "contradict each other"),
        (["launch", "fraud-detection", "--like", "#100"], 2, "was launched in churn, not in fraud-detection"),
        (["launch", "--like", "#999999"], 3, "there is no run #999999 here"),
        (["launch", "churn", "--api", "guarded"], 2, "TOKEN is required"),
        (["launch", "churn", "--api", "guarded", "--var", "TOKEN=hush", "--at", "in 2h"], 2, "add --wait"),
        (["again", "#999999"], 3, "there is no run #999999 here"),
        (["again", "abcdef01-2345-6789-abcd-ef0123456789"], 3, "there is no submission"),
        (["again"], 2, "Missing argument"),
    ],
)
def test_refused_before_anything_is_sent(
    invoke: Invoke, store_file: Path, words: list[str], code: int, sentence: str
) -> None:
    shown = invoke("--no-engine", *words, "--yes")
    assert (shown.code, shown.out) == (code, "")
    assert sentence in shown.err
    assert "hush" not in shown.err
    assert outbox(store_file) == []


def test_a_document_that_cannot_be_read_names_its_lines(invoke: Invoke) -> None:
    shown = invoke("launch", "churn", "--from", "-", "--yes", stdin="api: nightly\nvariables:\n  LR: [1]\nreff: x\n")
    assert shown.code == 2
    assert "line 3: variables.LR takes one value" in shown.err
    assert "line 4: a launch has no field reff; did you mean ref?" in shown.err


def test_a_document_may_name_another_api_than_the_words(invoke: Invoke) -> None:
    shown = invoke("launch", "churn", "--from", "-", "--dry-run", stdin="api: nightly\nref: dev\n")
    assert variables(shown) == {"STAGE": "all", "LR": "0.01"}
    other = invoke("launch", "churn", "--api", "guarded", "--from", "-", "--dry-run", stdin="api: nightly\n")
    assert yaml.safe_load(other.out)["api"] == "guarded"


def test_files_are_sent_with_their_content(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"a": 1}\n')
    declared = invoke("launch", "churn/nightly", "--var", f"CONFIG={path}", "--dry-run")
    further = invoke("launch", "churn", "--var-file", f"MORE={path}", "--dry-run")
    content = {"value": '{"a": 1}\n', "variable_type": "file"}
    assert {"key": "CONFIG", **content} in sends(declared)["variables"]
    assert {"key": "MORE", **content} in sends(further)["variables"]


def test_a_delayed_launch_stays_in_the_queue(invoke: Invoke, store_file: Path) -> None:
    shown = invoke("--no-engine", "launch", "churn/nightly", "--at", "in 2h", "--yes", "--label", "x")
    assert shown.code == 0, shown.err
    command = outbox(store_file)[0]
    assert shown.out.split() == [command.id]
    assert command.state == "queued"
    assert command.not_before is not None
    assert timedelta(minutes=119) < command.not_before - datetime.now(UTC) <= timedelta(hours=2)
    assert payload_of(command).labels == ["x"]
    assert "in the queue: it waits until" in shown.err
    assert "no engine is left running" in shown.err


def test_a_launch_after_a_run_waits_for_it(invoke: Invoke, store_file: Path) -> None:
    shown = invoke("--no-engine", "launch", "churn", "--after", f"{RUNNING} ends", "--yes", "--json")
    assert shown.code == 0, shown.err
    command = outbox(store_file)[0]
    assert (command.after, command.after_status, command.state) == ("gitlab:1:100", "finished", "queued")
    assert shown.json == {
        "submission": command.id, "RUN_ID": payload_of(command).run_id, "state": "queued", "answer": "", "run": "",
        "status": "", "web_url": "",
    }  # fmt: skip
    assert "after      #100 has ended" in shown.err


def test_what_nobody_takes_is_taken_back(invoke: Invoke, store_file: Path) -> None:
    shown = invoke("--no-engine", "launch", "churn", "--yes", "--timeout", "0.2")
    assert (shown.code, shown.out) == (1, "")
    assert "taken back, nothing was sent" in shown.err
    assert [command.state for command in outbox(store_file)] == ["withdrawn"]


def test_a_delayed_launch_that_is_waited_for_in_vain_stays(invoke: Invoke, store_file: Path) -> None:
    shown = invoke("--no-engine", "launch", "churn", "--at", "in 2h", "--yes", "--wait", "--timeout", "0.2")
    assert shown.code == 1
    assert "it stays queued" in shown.err
    assert [command.state for command in outbox(store_file)] == ["queued"]


def test_again_sends_what_the_submission_had(invoke: Invoke) -> None:
    for name in (SUBMITTED, SUBMITTED[:8]):
        shown = invoke("again", name, "--dry-run", "--run-id", "r2")
        assert shown.code == 0, shown.err
        request = yaml.safe_load(shown.out)
        assert (request["api"], request["ref"], request["labels"], request["like"]) == (
            "nightly", "dev", ["best"], SUBMITTED,
        )  # fmt: skip
        assert variables(shown) == {"STAGE": "all", "LR": "0.5", "CONFIG": "{}", "RUN_EVALUATE": "false"}


def test_again_takes_changes(invoke: Invoke) -> None:
    shown = invoke("again", SUBMITTED, "--var", "LR=0.7", "--on", "evaluate", "--ref", "main", "--dry-run")
    assert variables(shown) == {"STAGE": "all", "LR": "0.7", "CONFIG": "{}"}
    assert sends(shown)["ref"] == "main"


def test_a_run_that_nobody_submitted_here_can_be_launched_again(invoke: Invoke) -> None:
    shown = invoke("again", RUNNING, "--dry-run")
    assert shown.code == 0, shown.err
    assert yaml.safe_load(shown.out)["like"] == "gitlab:1:100"
    like = invoke("launch", "--like", RUNNING, "--api", "nightly", "--dry-run")
    assert variables(like) == {"STAGE": "all", "LR": "0.01", "EPOCHS": "60"}


def editor(folder: Path, script: str) -> str:
    """A program that edits a file: `script` works on `text`."""
    path = folder / "edit.py"
    before = "import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n"
    path.write_text(f"{before}{script}\nfile.write_text(text)\n")
    return f"python {path}"


def test_the_request_can_be_edited_first(invoke: Invoke, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    change = "text = text.replace('LR: 0.01', 'LR: 0.3').replace('train: true', 'train: false')"
    monkeypatch.setenv("EDITOR", editor(own_world, change))
    shown = invoke("launch", "churn/nightly", "--edit", "--dry-run")
    assert shown.code == 0, shown.err
    assert variables(shown) == {"STAGE": "all", "LR": "0.3", "RUN_TRAIN": "false", "RUN_EVALUATE": "false"}
    monkeypatch.setenv("EDITOR", editor(own_world, "text = text.replace('LR: 0.01', 'LR: fast')"))
    wrong = invoke("launch", "churn/nightly", "--edit", "--dry-run")
    assert (wrong.code, wrong.out) == (2, "")
    assert "LR must be a number" in wrong.err
    assert "line " in wrong.err
    monkeypatch.setenv("EDITOR", editor(own_world, "text = ''"))
    assert "nothing was launched" in invoke("launch", "churn/nightly", "--edit", "--yes").err


def test_secrets_survive_the_editor_and_are_shown_nowhere(
    invoke: Invoke, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    seen = own_world / "seen"
    monkeypatch.setenv("EDITOR", editor(own_world, f"pathlib.Path({str(seen)!r}).write_text(text)"))
    shown = invoke("launch", "churn/guarded", "--var", "TOKEN=hush", "--edit", "--dry-run")
    assert shown.code == 0, shown.err
    assert "hush" not in seen.read_text() + shown.out + shown.err
    assert variables(shown)["TOKEN"] == "•••"


def test_inputs_are_checked_by_what_is_known_of_the_ref(invoke: Invoke, store_file: Path) -> None:
    declared = (Variable(key="epochs", kind="number", value="3"), Variable(key="full", kind="bool", value="false"))
    known = CiPreview(
        id="gitlab:1@main", project_id="gitlab:1", ref="main", valid=True, inputs=declared, read=datetime.now(UTC)
    )
    fill(store_file, [known])
    words = ("--no-engine", "launch", "churn", "--ref", "main", "--dry-run")
    shown = invoke(*words, "--input", "epochs=5", "--input", "full=yes")
    assert sends(shown)["inputs"] == {"epochs": 5, "full": True}
    assert "epochs must be a number" in invoke(*words, "--input", "epochs=x").err
    assert "has no input size; it has epochs, full" in invoke(*words, "--input", "size=1").err


def test_json_of_a_refusal_is_one_object_too(invoke: Invoke) -> None:
    shown = invoke("launch", "churn", "--dry-run", "--json")
    assert json.loads(shown.out)["sends"]["ref"]
