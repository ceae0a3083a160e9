"""Job logs: forms, targets, and what is said where there is none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tui.cli
from data.logtext import LogLine, Sgr, TextSpan
from data.logtext.ansi import highlighted, painted, sgr_codes
from tests import world
from tests.cli.conftest import Invoke, failed_job, fill

TIMEOUT = 60.0
"""Seconds that a process may take."""


@pytest.fixture
def complete(store_file: Path) -> None:
    """The failed job's log is complete here."""
    fill(store_file, failed_job(complete=True))


@pytest.mark.usefixtures("complete")
@pytest.mark.parametrize(
    "target",
    [
        "1033",
        world.FAILED_JOB,
        "103/train",
        "#103/train",
        "churn#103/train",
        "https://gitlab.example/ml/churn/-/jobs/1033",
    ],
)
def test_a_log_by_every_name(invoke: Invoke, target: str) -> None:
    shown = invoke("logs", target)
    assert shown.code == 0, shown.err
    assert "RuntimeError: CUDA out of memory" in shown.out
    assert "größe ✓ 日本語 done" in shown.out


@pytest.mark.usefixtures("complete")
def test_plain_is_free_of_control_sequences(invoke: Invoke) -> None:
    lines = invoke("logs", "1033").out.splitlines()
    assert all(line.isprintable() for line in lines)
    assert "Executing step_script" in lines
    assert "$ python train.py --lr 0.01" in lines
    assert not any("section_" in line for line in lines)


@pytest.mark.usefixtures("complete")
def test_raw_is_every_byte(invoke: Invoke) -> None:
    assert invoke("logs", "1033", "--raw").out.encode() == world.LOG


@pytest.mark.usefixtures("complete")
def test_color_has_colours_and_nothing_else(invoke: Invoke) -> None:
    shown = invoke("logs", "1033", "--color").out
    assert "\x1b[1;38;5;2m$ python train.py --lr 0.01\x1b[0m" in shown
    assert {part[0] for part in shown.split("\x1b")[1:]} == {"["}
    assert all("m" in part for part in shown.split("\x1b[")[1:])


def test_an_incomplete_log_without_an_engine_says_so(invoke: Invoke, store_file: Path) -> None:
    fill(store_file, failed_job(complete=False))
    shown = invoke("--no-engine", "logs", "1033")
    assert shown.code == 0
    assert "CUDA out of memory" in shown.out
    assert "there may be more" in shown.err


@pytest.mark.usefixtures("store_file")
@pytest.mark.parametrize(
    ("target", "code", "sentence"),
    [
        ("424242", 3, "there is no job 424242 here"),
        ("103/trian", 3, "there is no job 103/trian here"),
        ("1034", 2, "trials is a trigger job: it has no log of its own"),
        ("1036", 2, "deploy never ran: its status is manual"),
        ("https://elsewhere.example/a/b/-/jobs/1", 2, "no connection leads to elsewhere.example"),
        ("https://gitlab.example/no/such/-/jobs/1", 2, "the project no/such is not followed"),
    ],
)
def test_no_log(invoke: Invoke, target: str, code: int, sentence: str) -> None:
    shown = invoke("logs", target)
    assert (shown.code, shown.out) == (code, "")
    assert sentence in shown.err


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("lineside logs p", {"prune"}),
        ("lineside logs prune --dry", {"--dry-run"}),
        ("lineside logs --sec", {"--section", "--sections"}),
        ("lineside logs 4312/train --timestamps ", {"off", "absolute", "relative", "delta"}),
    ],
)
def test_completion(words: str, answer: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli"],
        env={
            **os.environ,
            tui.cli.COMPLETION: "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
        capture_output=True,
        cwd=Path(tui.cli.__file__).parents[2],
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
    )
    assert {line.removeprefix("plain,") for line in done.stdout.decode().split()} == answer


def test_prune_is_a_command_of_its_own(invoke: Invoke) -> None:
    shown = invoke("logs", "prune", "--help")
    assert shown.code == 0
    assert "Usage: lineside logs prune [OPTIONS]" in shown.out
    missing = invoke("logs")
    assert (missing.code, missing.out) == (2, "")
    assert "Missing argument 'JOB'" in missing.err


def test_painting() -> None:
    red = Sgr(fg=1, bold=True)
    line = LogLine(0, "one two three", (TextSpan(4, 7, red), TextSpan(8, 13, Sgr(bg=(1, 2, 3)))))
    assert painted(line) == "one \x1b[1;38;5;1mtwo\x1b[0m \x1b[48;2;1;2;3mthree\x1b[0m"
    assert sgr_codes(Sgr()) == ""
    assert sgr_codes(Sgr(dim=True, italic=True, underline=True, reverse=True)) == "\x1b[2;3;4;7m"
    assert sgr_codes(Sgr(strike=True)) == "\x1b[9m"


def test_what_matches_is_drawn_reverse_within_its_own_colours() -> None:
    red = Sgr(fg=1)
    line = LogLine(0, "one two three", (TextSpan(4, 7, red),))
    marked = highlighted(line, re.compile("two|o"))
    assert [(line.text[start:end], sgr) for start, end, sgr in marked.spans] == [
        ("o", Sgr(reverse=True)),
        ("two", Sgr(fg=1, reverse=True)),
    ]
    assert highlighted(line, re.compile("x*")) == line
