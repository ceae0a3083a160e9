"""What `lineside doctor` says of the terminal and of what is sent to it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke
from tests.terminal.pty import Terminal

DOCTOR = [sys.executable, "-m", "tui.cli"]


class Known:
    """A terminal that tells its name, its background and that it synchronizes."""

    def answer(self, data: bytes) -> bytes:
        """The answers to what is asked in `data`."""
        answers = {
            b"\x1b[>0q": b"\x1bP>|foot(1.16)\x1b\\",
            b"\x1b]11;?\x1b\\": b"\x1b]11;rgb:ffff/ffff/eeee\x07",
            b"\x1b[?2026$p": b"\x1b[?2026;2$y",
            b"\x1b[5n": b"\x1b[0n",
        }
        return b"".join(answer for question, answer in answers.items() if question in data)


def examined(folder: Path, *options: str, silent: bool = False, known: bool = True) -> str:
    """What doctor prints in a terminal."""
    places = {f"LINESIDE_{name}_DIR": str(folder) for name in ("STATE", "DATA", "CONFIG")}
    env = {**places, "PYTHONPATH": str(Path(__file__).parents[2]), "COLORTERM": ""}
    command = [*DOCTOR, *options, "doctor", "--offline"]
    with Terminal(command, env=env, cwd=folder, silent=silent, columns=200) as terminal:
        if known:
            terminal.responder = Known()  # type: ignore[assignment]
        terminal.wait("versions")
        terminal.wait_exit()
        return terminal.text


@pytest.mark.terminal
def test_it_asks_the_terminal(tmp_path: Path) -> None:
    text = examined(tmp_path)
    assert "foot(1.16)" in text and "16 million colours" in text
    [line] = [line for line in text.splitlines() if "output " in line]
    assert "lean; synchronized frames, scroll regions, repeated characters" in line
    assert "answers in" in line
    assert "rgb" not in text


@pytest.mark.terminal
def test_a_terminal_that_does_not_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    text = examined(tmp_path, silent=True, known=False)
    assert "does not answer: paced by the clock" in text


@pytest.mark.terminal
def test_it_says_who_switched_the_layer_off(tmp_path: Path) -> None:
    assert "stock: by --output" in examined(tmp_path, "--output", "stock")


def test_outside_of_a_terminal_it_says_so(invoke: Invoke, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not asked: this is no terminal" in invoke("doctor", "--offline").out
    monkeypatch.setenv("LINESIDE_OUTPUT", "stock")
    output = invoke("doctor", "--offline", "--json").json["terminal"]["output"]
    assert (output["off"], output["asked"], output["answers"]) == ("by LINESIDE_OUTPUT", False, None)
    monkeypatch.setenv("LINESIDE_OUTPUT", "fast")
    problems = invoke("doctor", "--offline", "--json").json["terminal"]["problems"]
    assert "neither lean nor stock" in problems[0]["message"]


def test_the_configuration_switches_it_off(
    invoke: Invoke, own_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("ui: {output: stock}\n")
    path.chmod(0o600)
    off = invoke("--config", str(path), "doctor", "--offline", "--json").json["terminal"]["output"]["off"]
    assert off == "by ui.output"
