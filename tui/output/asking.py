"""Asks the terminal what it is, for a program that draws nothing."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import select
import termios
import time
from collections.abc import Iterator
from typing import NamedTuple

from tui.output.answers import Answer, Answers, Kind
from tui.output.pace import QUESTION
from tui.output.terminal import BACKGROUND_QUESTION, VERSION_QUESTION, Terminal, told

SYNC_QUESTION = "\x1b[?2026$p"
"""DECRQM: whether the terminal knows mode 2026, synchronized output."""
SYNC_ANSWER = re.compile(r"\x1b\[\?2026;([1-4])\$y")
"""DECRPM with any but 0, not recognized (xterm, ctlseqs)."""
LONGEST = 0.3
"""Seconds that an answer is waited for."""
READ = 1024
"""Bytes that are read at a time."""
LOCAL_FLAGS = 3
"""Place of the local flags among the attributes of a terminal (Python docs, termios)."""


class Heard(NamedTuple):
    """What came of it."""

    terminal: Terminal
    """What is known now."""
    delay: float | None
    """Seconds until the answer to the last question; None: there was none."""


def ask(terminal: Terminal, source: int, target: int, *, all_questions: bool, seconds: float = LONGEST) -> Heard:
    """Ask the terminal, and wait for its answers.

    Args:
        terminal: what is known before.
        source: descriptor from which the answers come.
        target: descriptor to which the questions go.
        all_questions: also those that a terminal may not know.
        seconds: how long to wait.
    """
    if os.tcgetpgrp(source) != os.getpgrp():
        return Heard(terminal, None)  # in the background the terminal belongs to somebody else
    answers = Answers()
    questions = VERSION_QUESTION + BACKGROUND_QUESTION + SYNC_QUESTION if all_questions else ""
    with _quiet(source):
        began = time.monotonic()
        os.write(target, (questions + QUESTION).encode())
        rest = _listen(answers, source, began + seconds)
        delay = time.monotonic() - began
    answered = any(answer.kind is Kind.REPORT for answer in answers.heard)
    return Heard(_considered(terminal._replace(answers=answered), answers.heard, rest), delay if answered else None)


@contextlib.contextmanager
def _quiet(descriptor: int) -> Iterator[None]:
    """Have what comes in neither shown nor kept back until the end of a line."""
    before = termios.tcgetattr(descriptor)
    quiet = list(before)
    quiet[LOCAL_FLAGS] = before[LOCAL_FLAGS] & ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _listen(answers: Answers, source: int, deadline: float) -> str:
    """Take answers until the last one; returns what was none of them."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    rest = ""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([source], [], [], left)[0]:
            break
        data = os.read(source, READ)
        rest += "".join(map(answers.take, decode(data)))
        if not data or any(answer.kind is Kind.REPORT for answer in answers.heard):
            break
    return rest


def _considered(terminal: Terminal, heard: list[Answer], rest: str) -> Terminal:
    for answer in heard:
        terminal = told(terminal, answer)
    return terminal._replace(synchronized=bool(SYNC_ANSWER.search(rest)))
