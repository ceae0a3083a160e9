"""What goes wrong is told in a sentence, with an exit code that scripts can rely on; tracebacks stay in a file."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import tui.cli
from data.errors import ConfigError, NotFound, QueryError, StoreError, Unauthorized, UsageError
from data.store.place import STORE_FILE
from tests.cli.conftest import Invoke
from tui.cli import failures

TIMEOUT = 60.0
"""Seconds that a process may take; far more than it needs."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ConfigError("x"), 2),
        (QueryError("x"), 2),
        (failures.NoSuchThing("x"), 3),
        (NotFound("x"), 3),
        (StoreError("x"), 1),
        (Unauthorized("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.report(error) == code
    assert capsys.readouterr().out == ""


def test_hints_stand_on_their_own_line(capsys: pytest.CaptureFixture[str]) -> None:
    failures.report(UsageError("that is wrong\x1b[31m", hint="do this"))
    assert capsys.readouterr().err == "lineside: that is wrong\n  do this\n"


def test_an_unexpected_error_leaves_a_file_and_no_traceback(
    invoke: Invoke, config: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_arguments: list[str]) -> int:
        raise RuntimeError("request to https://me:hunter2@gitlab.example failed, token=glpat-abcdefghijkl Bearer xyz")

    monkeypatch.setattr(tui.cli, "_run", broken)
    shown = invoke("runs")
    path = own_world / "state" / failures.CRASH_FILE
    assert (shown.code, shown.out) == (1, "")
    assert "Traceback" not in shown.err
    assert "this is a bug in Lineside" in shown.err
    assert str(path) in shown.err
    written = path.read_text()
    assert "RuntimeError" in written
    assert "in broken" in written
    assert not any(secret in written for secret in ("hunter2", "glpat-abc"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://u:pw@h/x", "https://u:•••@h/x"),
        ("PRIVATE-TOKEN: abc123", "PRIVATE-TOKEN: •••"),
        ('{"token": "abc123"}', '{"token": "•••"}'),
        ("Authorization: Bearer abc", "Authorization: •••"),
        ("got glpat-AbCdEfGhIjKl there", "got ••• there"),
        ("nothing to hide at 12:30", "nothing to hide at 12:30"),
    ],
)
def test_credentials_are_masked(text: str, masked: str) -> None:
    assert failures.redact(text) == masked


def test_no_configuration_offers_a_way_on(
    invoke: Invoke, own_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(own_world / "none"))
    monkeypatch.chdir(tmp_path)
    shown = invoke("runs")
    assert (shown.code, shown.out) == (2, "")
    assert "there is no configuration yet" in shown.err
    assert "lineside demo" in shown.err
    assert "lineside config init" in shown.err


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        ("connections: [", ["config.yaml:2", "is not YAML"]),
        ("conections: {}", ["config.yaml:1", "conections"]),
        ("connections:\n  g:\n    kind: gitlab\n    url: https://g.example\n    tokn: x\n", ["config.yaml:5", "tokn"]),
        ("connections:\n  g:\n    kind: gitlab\n", ["config.yaml:3", "`url` is missing"]),
        ("\x00\x01", ["config.yaml"]),
    ],
)
def test_a_broken_configuration_names_the_place(
    invoke: Invoke, config: Path, content: str, sentences: list[str]
) -> None:
    config.write_text(content)
    for words in (["runs"], ["launch", "x", "--yes"], ["logs", "1"], ["sync", "--once"], ["engine"]):
        shown = invoke(*words)
        assert (shown.code, shown.out) == (2, "")
        for sentence in sentences:
            assert sentence in shown.err
        assert "Traceback" not in shown.err


def test_a_missing_file_that_was_named(invoke: Invoke, tmp_path: Path) -> None:
    shown = invoke("--config", str(tmp_path / "nowhere.yaml"), "runs")
    assert shown.code == 2
    assert "nowhere.yaml" in shown.err


def test_a_store_that_is_no_database(invoke: Invoke, store_file: Path) -> None:
    store_file.write_bytes(b"this is no database at all, but long enough to be looked at " * 100)
    shown = invoke("runs")
    assert (shown.code, shown.out) == (1, "")
    assert str(store_file) in shown.err
    assert "Traceback" not in shown.err


def test_a_store_in_a_place_that_cannot_be_made(invoke: Invoke, config: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shown = invoke("--store", str(tmp_path / "file" / STORE_FILE), "runs")
    assert (shown.code, shown.out) == (2, "")
    assert "cannot make the folder" in shown.err


def test_the_dashboard_needs_a_terminal(invoke: Invoke) -> None:
    for words in ([], ["--ascii"], ["open", "#1"], ["demo"]):
        shown = invoke(*words)
        assert shown.code == 2
        assert "needs a terminal" in shown.err


def lineside(*words: str, head: int | None = None) -> tuple[int, str, str]:
    """Run the program; with `head` its reader goes away after so many bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(tui.cli.__file__).parents[2],
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        if head is not None:
            out = process.stdout.read(head)
            process.stdout.close()
            err = process.stderr.read()
        else:
            out, err = process.communicate(timeout=TIMEOUT)
        return process.wait(TIMEOUT), out.decode(), err.decode()


@pytest.mark.usefixtures("store_file")
@pytest.mark.parametrize("words", [["runs", "--json", "--limit", "0"], ["logs", "1033", "--raw"], ["--help"]])
def test_a_reader_that_goes_away_is_no_error(words: list[str]) -> None:
    code, out, err = lineside("--no-engine", *words, head=1) if words != ["--help"] else lineside(*words, head=1)
    assert len(out) == 1
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
    assert "Exception ignored" not in err
    assert code in {0, failures.READER_GONE}


@pytest.mark.usefixtures("store_file")
@pytest.mark.parametrize("words", ["runs --json", "logs 1033 --raw", "logs 1033 --sections"])
@pytest.mark.parametrize(("to", "said"), [("/dev/full", "lineside: the output: No space left on device\n"), ("&-", "")])
def test_an_output_that_takes_nothing(words: str, to: str, said: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m tui.cli --no-engine {words} >{to}"],
        cwd=Path(tui.cli.__file__).parents[2],
        timeout=TIMEOUT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.stderr.endswith(said)
    assert "bug" not in done.stderr


def test_a_file_that_may_not_be_read_is_no_bug(capsys: pytest.CaptureFixture[str]) -> None:
    code = failures.report(PermissionError(errno.EACCES, "Permission denied", "/logs/1.log"))
    assert (code, capsys.readouterr().err) == (1, "lineside: /logs/1.log: Permission denied\n")


def test_a_process_without_streams() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m tui.cli version >&- 2>&-"],
        cwd=Path(tui.cli.__file__).parents[2],
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode in {0, 1}


def test_importing_the_entry_point_is_cheap() -> None:
    heavy = ("click", "rich", "msgspec", "textual", "data.model")
    code = f"import sys, tui.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=Path(tui.cli.__file__).parents[2], timeout=TIMEOUT
    )
    assert done.stdout.decode().strip() == "[]"
