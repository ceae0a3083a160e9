"""The smaller commands: config, store, open, completion, help, version, simulate, doctor without servers."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import tui.cli
from data.store.place import STORE_FILE
from tests.cli.conftest import Invoke
from tests.servers import readable
from tui.cli.opening import has_browser
from tui.cli.root import COMMANDS
from tui.cli.service import attribute_helps

ROOT = Path(tui.cli.__file__).parents[2]
TIMEOUT = 60.0
"""Seconds that a process may take."""


@pytest.mark.parametrize("words", [(), ("queue",), ("submissions",), ("schedules",), ("run-ids",)])
def test_no_sentence_about_a_command_is_cut(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, words: tuple[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    listed = invoke(*words, "--help").out.partition("Commands:")[2].splitlines()
    assert len(listed) > 1
    assert [line for line in listed if line.endswith("...")] == []


def test_config_path(invoke: Invoke, config: Path) -> None:
    shown = invoke("config", "path")
    assert (shown.code, shown.out) == (0, f"{config}\n")
    named = invoke("--config", "/elsewhere.yaml", "config", "path")
    assert named.out == "/elsewhere.yaml\n"


def test_config_init_makes_a_private_file_that_is_valid(
    invoke: Invoke, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(own_world / "new"))
    monkeypatch.setenv("GITLAB_TOKEN", "x" * 20)
    monkeypatch.chdir(own_world)
    assert invoke("config", "path").code == 2
    made = invoke("config", "init", "--gitlab", "https://git.example", "--project", "ml/churn")
    path = Path(made.out.strip())
    assert (made.code, path) == (0, own_world / "new" / "config.yaml")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "https://git.example" in path.read_text()
    checked = invoke("config", "check")
    assert checked.code == 0, checked.out
    again = invoke("config", "init")
    assert again.code == 2
    assert "there is a configuration already" in again.err
    assert invoke("config", "init", "--force").code == 0
    assert "gitlab.example.com" in invoke("config", "init", "--stdout").out


def test_config_check_lists_everything(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(
        "connections:\n  g:\n    kind: gitlba\n    url: https://g.example\n    tokn: x\nsync:\n  fast: never\n"
    )
    checked = invoke("config", "check", str(path))
    assert checked.code == 2
    assert "3 errors" in checked.err
    assert all(word in checked.out for word in ("gitlba", "tokn", "fast"))


def test_config_schema_is_json_schema(invoke: Invoke) -> None:
    schema = invoke("config", "schema").json
    assert "connections" in json.dumps(schema)


def test_store_path(invoke: Invoke, config: Path, own_world: Path) -> None:
    assert invoke("store", "path").out == f"{own_world / 'data' / STORE_FILE}\n"
    assert invoke("--store", "/x/y.db", "store", "path").out == "/x/y.db\n"
    mirror = invoke("--store", "mongodb://ada:hunter2@db.example/x", "store", "path").out
    assert mirror.startswith(f"{own_world / 'data' / 'team' / 'db.example-x-'}")
    assert mirror.endswith(f"/{STORE_FILE}\n")
    wrong = invoke("--store", "mongodb://ada:hunter2@db.example:x/x", "store", "path")
    assert (wrong.code, wrong.out, "hunter2" in wrong.err) == (2, "", False)


@pytest.mark.usefixtures("store_file")
def test_open_in_the_browser(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def browse(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    monkeypatch.setenv("DISPLAY", ":0")
    shown = invoke("open", "churn#103", "--browser")
    assert (shown.code, shown.err) == (0, "")
    assert opened == [shown.out.strip()] == ["https://gitlab.example/ml/p/-/pipelines/159"]
    assert invoke("open", "churn", "--browser").out == "https://gitlab.example/ml/churn\n"
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    remote = invoke("open", "1033", "--browser")
    assert "no browser here" in remote.err
    assert len(opened) == 2
    missing = invoke("open", "#77777", "--browser")
    assert (missing.code, missing.out) == (3, "")


def test_browser_only_where_the_user_sits() -> None:
    assert has_browser({"DISPLAY": ":0"})
    assert has_browser({"BROWSER": "w3m"})
    assert not has_browser({"DISPLAY": ":0", "SSH_CONNECTION": "x"})
    assert not has_browser({})


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(invoke: Invoke, shell: str) -> None:
    script = invoke("completion", shell)
    assert script.code == 0
    assert tui.cli.COMPLETION in script.out


def test_completion_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli"],
        env={**os.environ, tui.cli.COMPLETION: "bash_complete", "COMP_WORDS": "lineside lau", "COMP_CWORD": "1"},
        capture_output=True,
        cwd=ROOT,
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout.decode().split() == ["plain,launch"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(invoke: Invoke, name: str) -> None:
    by_option, by_word = invoke(name, "--help"), invoke("help", name)
    assert by_option.code == by_word.code == 0
    assert f"Usage: lineside {name}" in by_option.out
    assert f"Usage: lineside {name}" in by_word.out


def test_the_list_of_commands_is_not_cut(invoke: Invoke) -> None:
    text = invoke("--help").out
    assert all(f"  {name} " in text for name in COMMANDS)
    assert "..." not in text.partition("Commands:")[2]


def test_help_keys_lists_ids_for_the_configuration(invoke: Invoke) -> None:
    keys = invoke("help", "keys").out
    assert "run.cancel" in keys
    assert invoke("help", "nothing").code == 3


def test_version(invoke: Invoke) -> None:
    assert invoke("version").out.startswith("lineside ")
    assert invoke("--version").out == invoke("version").out
    assert "textual" in invoke("version", "--all").out


def test_simulator_helps_come_from_its_docstring() -> None:
    assert attribute_helps("X.\n\n    Attributes:\n        a, b: first\n            line.\n        c: last.\n") == {
        "a": "first line.",
        "b": "first line.",
        "c": "last.",
    }


def test_simulate_refuses_what_makes_no_world(invoke: Invoke) -> None:
    shown = invoke("simulate", "--speed", "0")
    assert (shown.code, shown.out) == (2, "")
    assert "is not a pace" in shown.err


@pytest.mark.server
def test_a_simulator_ends_with_its_parent() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "simulate", "--json", "--parent", "--projects", "1", "--history-days", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert readable(process.stdout, TIMEOUT)
        facts = json.loads(process.stdout.readline())
        assert facts["pid"] == process.pid
        process.stdin.close()
        assert process.wait(TIMEOUT) == 0


def test_doctor_without_a_configuration(invoke: Invoke, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(own_world / "none"))
    monkeypatch.chdir(own_world)
    examined = invoke("doctor")
    assert examined.code == 1
    assert "there is no configuration yet" in examined.out
    assert not (own_world / "data").exists()


def test_doctor_names_all_errors_of_a_configuration(invoke: Invoke, config: Path) -> None:
    config.write_text("connections:\n  g:\n    kind: gitlba\n    url: https://g.example\n    tokn: x\n")
    examined = invoke("doctor", "--json")
    assert examined.code == 1
    assert len(examined.json["config"]["problems"]) == 2


def test_doctor_on_a_damaged_store(invoke: Invoke, store_file: Path) -> None:
    good = invoke("doctor", "--offline", "--json").json
    assert good["store"]["integrity"] == "ok"
    assert good["store"]["counts"]["projects"] == 3
    assert good["store"]["log_bytes"] > 0
    with store_file.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)
    for path in store_file.parent.glob(f"{STORE_FILE}-*"):
        path.unlink()
    bad = invoke("doctor", "--offline", "--json")
    assert bad.code == 1
    assert bad.json["store"]["problems"]
    store_file.write_bytes(b"no database " * 1000)
    worse = invoke("doctor", "--offline")
    assert worse.code == 1
    assert "Traceback" not in worse.err + worse.out
