"""The viewer in a real terminal: files, pipes, other programs, signals, and what it writes."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.pty import DEADLINE, Terminal

pytestmark = pytest.mark.terminal

VIEW = [sys.executable, "-m", "tui.cli", "view"]
ROOT = str(Path(__file__).parents[2])
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
"""SGR with a colour in it; 39 and 49 are the terminal's own."""


@contextlib.contextmanager
def viewer(*words: str | Path, shell: str = "{}", columns: int = 80, rows: int = 24, **env: str) -> Iterator[Terminal]:
    """The viewer in a terminal, started by the shell that `shell` is a line of; {} stands for the viewer."""
    command = shell.format(shlex.join([*VIEW, *map(str, words)]))
    given = {"COLORTERM": "truecolor", "PYTHONPATH": ROOT, **env}
    with Terminal(["/bin/sh", "-c", command], columns=columns, rows=rows, env=given) as terminal:
        yield terminal


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with colours, and with what no terminal may get."""
    path = tmp_path / "some.log"
    hostile = "\x1b]52;c;aGVsbG8=\x07 \x1b]0;title\x07 \x1bc \x9b2J \u202e \x1b[2J \x1b[31mred\x1b[0m end"
    path.write_text("".join(f"line {number}\n" for number in range(1, 200)) + f"{hostile}\nlast line\n")
    return path


def end(terminal: Terminal) -> str:
    """What the terminal shows once the program has ended and everything has been read."""
    assert terminal.wait_exit() == 0, terminal.text
    while terminal.read():
        pass
    return terminal.text


def test_a_file_is_shown_and_q_gives_the_terminal_back(log: Path) -> None:
    with viewer(log, shell="{}; echo code $?; stty -a") as terminal:
        text = terminal.wait("last line")
        assert "some.log" in text
        assert "199 line 199" in text
        terminal.send("q")
        end(terminal)
    _, left, after = bytes(terminal.raw).partition(b"\x1b[?1049l")
    assert left
    assert b"code 0" in after
    assert re.search(rb"\sicanon\s", after)
    assert re.search(rb"\secho\s", after)


def test_nothing_hostile_of_the_file_reaches_the_terminal(log: Path) -> None:
    with viewer(log) as terminal:
        terminal.wait("red end")
        terminal.send("q")
        end(terminal)
    assert b"\x1b]52" not in terminal.raw
    assert b"\x1b]0;" not in terminal.raw
    assert b"\x1bc" not in terminal.raw
    assert b"\x1b[2J" not in terminal.raw
    assert "\x9b".encode() not in terminal.raw
    assert "\u202e".encode() not in terminal.raw


def test_bytes_that_are_no_text_are_no_keys_and_do_no_harm(log: Path) -> None:
    with viewer(log) as terminal:
        terminal.wait("last line")
        terminal.send(b"\x9b\xff\xfe\xc3(")
        terminal.send("g")
        terminal.wait("line 1\n")
        terminal.send("q")
        end(terminal)


def test_a_pipe_is_viewed_with_the_keys_of_the_terminal() -> None:
    with viewer(shell="seq 1 5000 | {}") as terminal:
        terminal.wait("5000 5000")
        terminal.send("g")
        terminal.wait("1 1")
        terminal.send("/4321\r")
        terminal.wait("4321 4321")
        terminal.send("q")
        end(terminal)


def test_a_pipe_that_never_ends_is_usable_and_its_writer_ends_with_the_viewer(tmp_path: Path) -> None:
    told = tmp_path / "writer"
    writer = f"(sh -c 'echo $$ > {told}; exec yes some words')"
    with viewer(shell=f"{writer} | {{}}") as terminal:
        terminal.wait("some words")
        terminal.wait("reading the pipe")
        terminal.send("g")
        terminal.wait(lambda text: re.search(r"^ *1 some words", text, re.MULTILINE) is not None)
        pid = int(told.read_text())
        began = time.monotonic()
        terminal.send("q")
        end(terminal)
        assert time.monotonic() - began < DEADLINE / 2
        with pytest.raises(ProcessLookupError):
            while time.monotonic() - began < DEADLINE:
                os.kill(pid, 0)


def test_ctrl_c_stops_reading_a_pipe() -> None:
    with viewer(shell="(echo one; exec sleep 1000) | {}") as terminal:
        terminal.wait("1 one")
        terminal.send("\x03")
        terminal.wait("stopped reading the pipe after 4 B")
        assert terminal.poll() is None
        terminal.send("q")
        terminal.read(0.2)
        # The shell waits for `sleep`, which does not write and so does not notice.
        terminal.wait(lambda _: b"\x1b[?1049l" in terminal.raw)


def test_a_standard_input_that_is_of_no_use_does_not_keep_keys_away(log: Path) -> None:
    with viewer(log, shell="{} < /dev/null 2> /dev/null") as terminal:
        terminal.wait("last line")
        terminal.send("g")
        terminal.wait("1 line 1")
        terminal.send("q")
        end(terminal)


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_standard_streams_that_are_closed(log: Path, closed: str) -> None:
    with viewer(log, shell="{} " + closed) as terminal:
        terminal.wait("last line")
        terminal.send("q")
        end(terminal)


def test_standard_output_elsewhere_gets_the_clean_text(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with viewer(log, shell=f"{{}} > {out}") as terminal:
        end(terminal)
    lines = out.read_text().splitlines()
    assert len(lines) == 201
    assert lines[-1] == "last line"
    assert all(line.isprintable() for line in lines)
    assert lines[-2].endswith("red end")


def test_process_substitution(log: Path) -> None:
    command = shlex.join(VIEW)
    with viewer(shell=f"exec bash -c '{command} <(seq 1 300)'") as terminal:
        terminal.wait("300 300")
        terminal.send("q")
        end(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_terminal_is_as_it_was(log: Path, number: signal.Signals) -> None:
    with viewer(log, shell="exec {}") as terminal:
        terminal.wait("last line")
        os.kill(terminal.pid, number)
        assert terminal.wait_exit() == 128 + number
        while terminal.read():
            pass
        assert b"\x1b[?1049l" in terminal.raw
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize("editing", [False, True])
def test_nothing_is_left_when_the_terminal_is_taken_away(log: Path, tmp_path: Path, editing: bool) -> None:
    editor, temporary = tmp_path / "editor", tmp_path / "temporary"
    editor.write_text("#!/bin/sh\necho EDITING\nread x\n")
    editor.chmod(0o755)
    temporary.mkdir()
    with viewer(log, shell="exec {}", VISUAL=str(editor), TMPDIR=str(temporary)) as terminal:
        terminal.wait("last line")
        if editing:
            terminal.send("e")
            terminal.wait("EDITING")
            assert os.listdir(temporary)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), terminal.fd)
        began = time.monotonic()
        while terminal.poll() is None:
            assert time.monotonic() - began < DEADLINE
        assert terminal.status == 128 + signal.SIGHUP
        assert os.listdir(temporary) == []


def test_the_editor_gets_a_clean_copy_and_the_viewer_comes_back(log: Path, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    seen = tmp_path / "seen"
    editor.write_text(f'#!/bin/sh\nls -l "$1" > {seen}\ncat "$1" >> {seen}\necho EDITING\nread x\n')
    editor.chmod(0o755)
    with viewer(log, VISUAL=str(editor)) as terminal:
        terminal.wait("last line")
        terminal.send("e")
        terminal.wait("EDITING")
        terminal.send("\n")
        terminal.wait("last line")
        terminal.send("g")
        terminal.wait("1 line 1")
        terminal.send("q")
        end(terminal)
    listed, *lines = seen.read_text().splitlines()
    assert listed.startswith("-rw-------")
    assert len(lines) == 201
    assert all(line.isprintable() for line in lines)
    assert not Path(listed.split()[-1]).exists()


def test_the_pager_gets_colours_and_what_goes_wrong_is_said(log: Path, tmp_path: Path) -> None:
    pager = tmp_path / "less"
    seen = tmp_path / "seen"
    pager.write_text(f'#!/bin/sh\necho "$@" > {seen}\nfor f; do :; done; cat "$f" >> {seen}\nexit 3\n')
    pager.chmod(0o755)
    with viewer(log, PAGER=str(pager)) as terminal:
        terminal.wait("last line")
        terminal.send("p")
        terminal.wait("less ended with exit code 3")
        terminal.send("q")
        end(terminal)
    words, *lines = seen.read_text().splitlines()
    assert words.startswith("-R ")
    assert "\x1b[38;5;1mred\x1b[0m" in lines[-2]
    assert {part[0] for line in lines for part in line.split("\x1b")[1:]} == {"["}


def test_a_program_that_is_not_there_is_said(log: Path) -> None:
    with viewer(log, VISUAL="no-such-editor --wait", PAGER="'no") as terminal:
        terminal.wait("last line")
        terminal.send("e")
        terminal.wait("there is no program no-such-editor")
        terminal.send("p")
        terminal.wait("a quote is not closed")
        terminal.send("q")
        end(terminal)


def test_copying_goes_through_the_terminal(log: Path) -> None:
    with viewer(log) as terminal:
        terminal.wait("last line")
        terminal.send("gy")
        terminal.wait("copied 1 line, 6 B")
        assert b"\x1b]52;c;bGluZSAx\x07" in terminal.raw
        terminal.send("q")
        end(terminal)


def test_another_size_while_it_runs(log: Path) -> None:
    with viewer(log, columns=40, rows=10) as terminal:
        terminal.wait("last line")
        terminal.resize(100, 30)
        terminal.wait("199 line 199")
        terminal.wait("180 line 180")
        terminal.send("q")
        end(terminal)


def test_no_color_means_none(log: Path) -> None:
    with viewer(log, NO_COLOR="1") as terminal:
        terminal.wait("last line")
        terminal.send("q")
        end(terminal)
    assert COLOUR.search(bytes(terminal.raw)) is None


def test_the_c_locale_gets_ascii_signs(log: Path) -> None:
    with viewer(log, LC_ALL="C") as terminal:
        terminal.wait("last line")
        terminal.send("q")
        end(terminal)
    drawn = bytes(terminal.raw).decode("utf-8", "replace")
    assert not set("●✓✗…›▸▾") & set(drawn)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["no-such-file"], 3, "there is no file no-such-file"),
        (["/"], 2, "/ is a folder"),
        ([], 2, "there is nothing to view"),
        (["-"], 2, "nothing is piped in"),
    ],
)
def test_what_cannot_be_viewed_is_one_sentence(words: list[str], code: int, sentence: str) -> None:
    with viewer(*words) as terminal:
        assert terminal.wait_exit() == code
        while terminal.read():
            pass
        assert sentence in terminal.text
        assert "Traceback" not in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw


def test_without_any_terminal_it_copies(log: Path) -> None:
    done = subprocess.run(
        [*VIEW, str(log)], capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": ROOT}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "last line"
