"""The last lines of a log file, for a glance."""

from __future__ import annotations

from pathlib import Path

from data.logtext import plain

WINDOW = 32_768
"""Bytes read from the end; enough for a handful of lines of any usual length."""

_NOISE = ("section_start:", "section_end:", "Cleaning up project directory", "Job succeeded", "Uploading artifacts")


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
