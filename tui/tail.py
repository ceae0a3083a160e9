"""The last lines of a log file, for a glance: those that tell why a job failed, else the last ones."""

from __future__ import annotations

from pathlib import Path

from data.logtext import plain
from data.logtext.failing import failing_line
from data.logtext.index import LogIndex

WINDOW = 32_768
"""Bytes read from the end; enough for a handful of lines of any usual length."""
MOST = 400
"""Lines behind the one that tells of the failure that are looked at for the last word on it."""

_NOISE = ("section_start:", "section_end:", "Cleaning up project directory", "Job succeeded", "Uploading artifacts")


def failure_lines(path: Path, count: int) -> list[str]:
    """At most `count` lines that tell why a job failed, as plain text; its last ones where none does. Blocks."""
    index = LogIndex(path)
    try:
        index.extend()
        found = failing_line(index)
        if found is None:
            return tail_lines(path, count)
        lines = _until_last_error(index, found)
        return [*_before(index, found, count - len(lines)), *lines[-count:]]
    except OSError:
        return []
    finally:
        index.close()


def _until_last_error(index: LogIndex, number: int) -> list[str]:
    """The lines of the failure that `number` begins: up to the last error before the section ends, the verdict at most.

    A traceback ends with its exception; where nothing is an error, the line itself must do.
    """
    lines: list[str] = []
    told = 1
    for at in range(number, min(index.lines, number + MOST)):
        line = index.line(at)
        if lines and line.marks:
            break
        if text := line.text.strip():
            lines.append(text)
            told = len(lines) if line.kind == "error" else told
    return lines[:told]


def _before(index: LogIndex, number: int, count: int) -> list[str]:
    """The last `count` lines of the section before a line."""
    lines: list[str] = []
    while number > 0 and len(lines) < count:
        number -= 1
        line = index.line(number)
        if line.marks:
            break
        if text := line.text.strip():
            lines.insert(0, text)
    return lines


def tail_lines(path: Path, count: int) -> list[str]:
    """The last `count` lines that say something, as plain text; nothing when there is no file. Blocks on the disk."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - WINDOW))
            raw = file.read(WINDOW)
    except OSError:
        return []
    lines = [plain(line).strip() for line in raw.split(b"\n")]
    return [line for line in lines if line and not line.startswith(_NOISE)][-count:]
