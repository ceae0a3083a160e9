"""Log files: appended at the right place or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from data.errors import StoreError, StoreReadOnly
from data.store.logs import LogFiles

JOB = "gitlab:12:job:4312"


@pytest.fixture
def logs(tmp_path: Path) -> LogFiles:
    """Log files in an empty folder."""
    return LogFiles(tmp_path / "logs")


def test_bytes_come_back_as_they_were(logs: LogFiles) -> None:
    data = bytes(range(256)) * 10
    assert logs.append(JOB, 0, data) == 2560
    assert logs.append(JOB, 2560, b"") == 2560
    assert logs.append(JOB, 2560, b"more\r\n\x1b[0m") == 2570
    assert logs.size(JOB) == 2570
    assert logs.read(JOB, 0, 10_000) == data + b"more\r\n\x1b[0m"
    assert logs.read(JOB, 2560, 4) == b"more"
    assert logs.read(JOB, 9999, 4) == b""
    assert logs.path(JOB).read_bytes() == logs.read(JOB, 0, 2570)


def test_a_log_that_is_not_there_is_empty(logs: LogFiles) -> None:
    assert (logs.size(JOB), logs.read(JOB, 0, 10), logs.total()) == (0, b"", 0)
    logs.remove(JOB)
    logs.reset(JOB)


def test_an_append_at_another_offset_is_refused(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"abc")
    for offset in (0, 2, 4, -1):
        with pytest.raises(StoreError, match="holds 3 bytes"):
            logs.append(JOB, offset, b"xyz")
    assert logs.read(JOB, 0, 10) == b"abc"


def test_a_viewer_keeps_what_it_has_open_when_a_log_begins_anew(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"old generation")
    with logs.path(JOB).open("rb") as viewer:
        logs.reset(JOB)
        logs.append(JOB, 0, b"new")
        assert viewer.read() == b"old generation"
    assert logs.read(JOB, 0, 100) == b"new"


def test_logs_lie_by_connection_and_project(logs: LogFiles) -> None:
    assert logs.path(JOB) == logs.root / "gitlab" / "12" / "4312.log"
    assert logs.path("my:server:12:job:1") == logs.root / logs.path("my:server:12:job:1").parts[-3] / "12" / "1.log"


@pytest.mark.parametrize(
    "job_id",
    [
        "../../etc/passwd", "..:..:job:..", "/etc:1:job:1", ".hidden:1:job:1", "a/b:1:job:1", "a\\b:1:job:1",
        "nul\x00:1:job:1", "ünï 漢字:1:job:1", "x" * 500 + ":1:job:1", "plain", "-rf:1:job:1", ":1:job:1",
        "a:1:job:", "\ud800:1:job:1",
    ],
)  # fmt: skip
def test_names_from_outside_stay_inside(logs: LogFiles, job_id: str) -> None:
    path = logs.path(job_id)
    assert path.resolve().is_relative_to(logs.root.resolve())
    assert not path.name.startswith((".", "-")) and len(path.name.encode()) < 255
    logs.append(job_id, 0, b"x")
    assert logs.size(job_id) == 1
    assert len(path.relative_to(logs.root).parts) in (2, 3)


def test_different_jobs_have_different_files(logs: LogFiles) -> None:
    ids = ["a/b:1:job:1", "a_b:1:job:1", "a b:1:job:1", "a:b:1:job:1", "A:1:job:11", "A:11:job:1", "x" * 90, "x" * 91]
    assert len({logs.path(job_id) for job_id in ids}) == len(ids)


def test_total_and_remove(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"12345")
    logs.append("gitlab:12:job:1", 0, b"123")
    assert logs.total() == 8
    logs.remove(JOB)
    assert (logs.total(), logs.size(JOB)) == (3, 0)


def test_only_the_user_may_read_them(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"secret")
    assert stat.S_IMODE(logs.path(JOB).stat().st_mode) == 0o600
    assert stat.S_IMODE(logs.path(JOB).parent.stat().st_mode) == 0o700


def test_a_full_disk_leaves_no_half_chunk(logs: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.append(JOB, 0, b"kept")
    write = os.write

    def fill_up(handle: int, data: bytes) -> int:
        if len(data) <= 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data[:4])

    monkeypatch.setattr(os, "write", fill_up)
    with pytest.raises(StoreError, match="is full"):
        logs.append(JOB, 4, b"12345678")
    monkeypatch.undo()
    assert logs.read(JOB, 0, 100) == b"kept"
    assert logs.append(JOB, 4, b"12345678") == 12


def test_failures_are_said_in_words(logs: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.root.parent.joinpath("logs").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be"):
        logs.append(JOB, 0, b"x")

    def refuse(*args: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    logs.root.unlink()
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreReadOnly, match="cannot be written"):
        logs.append(JOB, 0, b"x")
