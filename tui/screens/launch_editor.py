"""The whole request as YAML in the user's editor: what is wrong comes back above its lines, and no text is lost."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App

from data.clean import clean
from data.errors import UsageError
from data.launch.asked import Problem
from tui.reading_outside import editor, run_outside

FILE = "launch.yaml"
"""Name of the file: editors tell from it what it is."""
REMARK = "# ! "
"""What a comment begins with that says what is wrong with the line below."""
MOST = 1_000_000
"""Bytes of a document beyond which it is none."""


def edit_text(app: App[Any], text: str, line: int = 1) -> str:
    """Let the user edit `text`, beginning at `line`; returns what was saved.

    Raises:
        UsageError: there is no editor, it failed, or what it left cannot be read.
    """
    program = editor()
    folder = Path(tempfile.mkdtemp(prefix="lineside-"))
    path = folder / FILE
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if wrong := run_outside(app, program.with_file(path, line)):
            raise UsageError(wrong)
        data = path.read_bytes()
        if len(data) > MOST:
            raise UsageError(f"what {program.name} left has {len(data):,} bytes, which is too much for a request")
        return data.decode()
    except UnicodeDecodeError:
        raise UsageError(f"what {program.name} left is no text in UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be used: {error.strerror or error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def with_remarks(text: str, problems: Sequence[Problem]) -> str:
    """The text with each problem as a comment above its line; those without a line stand at the top."""
    by_line: dict[int, list[str]] = {}
    for problem in problems:
        by_line.setdefault(max(1, problem.line), []).append(f"{REMARK}{clean(problem.message)}\n")
    lines = text.splitlines(keepends=True) or [""]
    return "".join(
        remark for number, line in enumerate(lines, 1) for remark in (*by_line.get(number, ()), line)
    ) + "".join(remark for number in sorted(by_line) if number > len(lines) for remark in by_line[number])


def without_remarks(text: str) -> str:
    """The text without such comments."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith(REMARK))


def first_remark(text: str) -> int:
    """The line of the first such comment, from 1; 1 where there is none."""
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.lstrip().startswith(REMARK)), 1)


def is_empty(text: str) -> bool:
    """Whether there is nothing but comments: the user gives up."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())
