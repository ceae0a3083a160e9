"""Which lines of a log tell of an error."""

from __future__ import annotations

import re

ERRORS = re.compile(
    r"^ERROR: "  # the runner, pip
    r"|\b(?:ERROR|FATAL|CRITICAL|PANIC)\b"  # log levels
    r"|^Traceback \(most recent call last\)"
    r"|^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception)(?::|$)"  # Python, JVM
    r"|^E {3}\S|^FAILED \S"  # pytest
    r"|^(?:\S+:\d+(?::\d+)?: )?(?:fatal )?error(?:\[\w+\])?: "  # compilers, cargo
    r"|^fatal: |^npm (?:ERR!|error)|^make(?:\[\d+\])?: \*\*\*"
    r"|^panic: |[Ss]egmentation fault|: command not found$|\bout of memory\b|^Killed$|CUDA error",
)
"""Beginnings and words by which programs name their errors, for one clean line; `0 errors` is none."""

ERROR_HINTS = (
    *("ERROR", "FATAL", "CRITICAL", "PANIC", "FAILED ", "Traceback", "Error", "Exception", "E   ", "error: ", "error["),
    *("fatal: ", "npm ", "***", "panic: ", "egmentation fault", "command not found", "out of memory", "Killed", "CUDA"),
)
"""Each line that `ERRORS` matches holds one of these; looking for them first is some six times faster."""


def is_error(text: str) -> bool:
    """Whether `text`, one clean line, tells of an error."""
    return ERRORS.search(text) is not None
