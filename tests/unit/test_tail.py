"""The lines of a log that are shown at a glance."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.tail import failure_lines

START = "section_start:1772452800:step_script\r\x1b[0K$ python train.py"
END = "section_end:1772452860:step_script\r\x1b[0K"
UPLOAD = [
    "section_start:1772452860:upload_artifacts_on_failure\r\x1b[0KUploading artifacts for failed job",
    "model/: found 1 matching artifact files and directories",
    "section_end:1772452861:upload_artifacts_on_failure\r\x1b[0K",
]
VERDICT = "ERROR: Job failed: exit code 1"
TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "train.py", line 12, in <module>',
    "    step(batch)",
    "ValueError: Input contains NaN",
]


@pytest.fixture
def log(tmp_path: Path):
    def write(*lines: str) -> Path:
        path = tmp_path / "job.log"
        path.write_text("\n".join(lines) + "\n", newline="")
        return path

    return write


def test_the_exception_is_shown_and_not_what_the_runner_did_after_it(log) -> None:
    path = log(START, "epoch 1", "epoch 2", *TRACEBACK, END, *UPLOAD, VERDICT)
    assert failure_lines(path, 2) == ["step(batch)", "ValueError: Input contains NaN"]
    assert failure_lines(path, 5) == ["epoch 2", *(line.strip() for line in TRACEBACK)]
    assert failure_lines(path, 50)[0] == "epoch 1"


def test_what_a_script_says_after_its_last_error_is_left_out(log) -> None:
    path = log(START, "ERROR: no disk", *["cleaning"] * 9, END, VERDICT)
    assert failure_lines(path, 4) == ["ERROR: no disk"]


def test_where_nothing_tells_why_the_last_lines_do(log, tmp_path: Path) -> None:
    assert failure_lines(log("one", "two", "", "three"), 2) == ["two", "three"]
    assert failure_lines(tmp_path / "none.log", 4) == []
