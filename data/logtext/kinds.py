"""What a line of a log is: a command, an error, a warning, the runner's verdict, or output."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["", "command", "error", "warning", "success", "section_start", "section_end"]

COMMAND: Final = "$ "
"""What the runner puts before a line of the script that it echoes; `cmd # collapsed multi-line command` too."""

ERROR_HINTS = (
    *("ERROR", "FATAL", "CRITICAL", "PANIC", "FAIL", "Traceback", "Error", "Exception", "E   ", "error: ", "error["),
    *(": error ", "panicked at", "fatal: ", "npm ", "***", "panic: ", "egmentation fault", ": command not found"),
    *(": not found", "Killed", "Aborted", "ut of memory", "CUDA error"),
)
"""Each line that `error_pattern()` matches holds one of these; looking for them first is some six times faster."""


@cache
def error_pattern() -> re.Pattern[str]:
    """Beginnings and words by which programs name their errors, for one clean line; `0 errors` is none.

    Compiled when a line first looks like one, as that takes as long as showing ten lines.
    """
    return re.compile(
        r"^ERROR: "  # the runner, pip
        r"|\b(?:ERROR|FATAL|CRITICAL|PANIC)\b"  # log levels
        r"|\bTraceback \(most recent call last\)"
        r"|^(?:\[rank\d+\]: ?|│ ?)?(?:[A-Za-z_][\w.]*\.)?(?:[A-Z]\w*)?(?:Error|Exception)(?::|$)"  # Python, JVM, Node
        r"|^Exception in thread |^CMake Error\b|^Error \[\w+\]: "
        r"|^E {3}\S|^(?:\s*--- )?FAIL(?:ED|URE)?\b:?\s+\S"  # pytest, unittest, Go, Jest, Gradle
        r"|^(?:\S+:\d+(?::\d+)?: )?(?:fatal )?error(?:\[\w+\])?: |: error [A-Z]{1,4}\d+: |\bpanicked at\b"  # compilers
        r"|^fatal: |^npm (?:ERR!|error)|^make(?:\[\d+\])?: \*\*\*"
        r"|^panic: |[Ss]egmentation fault|: command not found$|^(?:/bin/)?sh: .*: not found$"
        r"|: line \d+: +\d+ (?:Killed|Aborted)\b|^Killed$|\b[Oo]ut of memory\b|CUDA error",
    )


def is_error(text: str) -> bool:
    """Whether `text`, one clean line, tells of an error."""
    for hint in ERROR_HINTS:
        if hint in text:
            return error_pattern().search(text) is not None
    return False


def kind_of(text: str) -> Kind:
    """What `text`, one clean line without section markers, is; "" for output."""
    if text.startswith(COMMAND):
        return "command"
    if is_error(text):
        return "error"
    if text.startswith("WARNING: "):
        return "warning"
    return "success" if text == "Job succeeded" else ""
