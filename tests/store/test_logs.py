"""Log files: appended at the right place or not at all."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from data.errors import StoreError, StoreReadOnly
from data.store.logs import LogChanged, LogFiles, LogUse

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


def test_what_continues_a_log_that_was_dropped_leaves_no_empty_file(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"abc")
    logs.remove(JOB)
    with pytest.raises(LogChanged, match="not here any more"):
        logs.append(JOB, 3, b"def")
    assert logs.usage() == []
    logs.append(JOB, 0, b"abcdef")
    assert logs.size(JOB) == 6


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


def test_what_continues_another_log_is_refused(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"one log")
    assert logs.append(JOB, 7, b", more", after=b"log") == 13
    with pytest.raises(LogChanged, match="begun anew"):
        logs.append(JOB, 13, b"xyz", after=b"less")
    logs.reset(JOB, b"another log, ")
    with pytest.raises(LogChanged, match="begun anew"):
        logs.append(JOB, 13, b"xyz", after=b"more")
    assert logs.read(JOB, 0, 100) == b"another log, "


def test_beginning_anew_with_bytes_never_leaves_nothing(logs: LogFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.append(JOB, 0, b"old")
    with logs.path(JOB).open("rb") as viewer:
        logs.reset(JOB, b"new and longer")
        assert (viewer.read(), logs.read(JOB, 0, 100)) == (b"old", b"new and longer")
    assert os.listdir(logs.path(JOB).parent) == [logs.path(JOB).name]

    def fail(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(StoreError, match="is full"):
        logs.reset(JOB, b"newest")
    monkeypatch.undo()
    assert logs.read(JOB, 0, 100) == b"new and longer"
    assert os.listdir(logs.path(JOB).parent) == [logs.path(JOB).name]


def test_two_writers_get_all_bytes_in_once(logs: LogFiles) -> None:
    """Each asks for the size, appends what follows in the same whole, and asks again when it was refused."""
    whole = os.urandom(60_000)

    def work() -> None:
        size = 0
        while size < len(whole):
            end = whole[max(size - 64, 0) : size]
            try:
                size = logs.append(JOB, size, whole[size : size + 100], after=end)
            except LogChanged:
                size = logs.size(JOB)

    writers = [threading.Thread(target=work) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert logs.read(JOB, 0, 100_000) == whole


def test_usage_says_which_log_is_how_large_and_was_read_when(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"12345")
    logs.append("my server:12:job:7", 0, b"123")
    logs.append("odd", 0, b"1")
    os.utime(logs.path(JOB), (1_000, 2_000))
    found = {use.path: use for use in logs.usage(["gitlab", "my server"])}
    assert found[logs.path(JOB)] == LogUse(logs.path(JOB), JOB, 5, 2_000)
    assert found[logs.path("my server:12:job:7")].job_id == "my server:12:job:7"
    assert found[logs.path("odd")].job_id == ""
    assert "my server:12:job:7" not in {use.job_id for use in logs.usage()}, "its folder has another name"
    before = time.time() - 1
    logs.touch(JOB)
    read = next(use.read for use in logs.usage() if use.job_id == JOB)
    assert read > before and logs.path(JOB).stat().st_mtime == 2_000
    logs.touch("gitlab:1:job:99")
    assert not logs.path("gitlab:1:job:99").exists()


def test_empty_folders_go_with_their_last_log(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"1")
    logs.append("gitlab:13:job:1", 0, b"1")
    logs.remove(JOB)
    assert [path.name for path in (logs.root / "gitlab").iterdir()] == ["13"]
    logs.remove("gitlab:13:job:1")
    assert list(logs.root.iterdir()) == []
    assert logs.append(JOB, 0, b"again") == 5


def test_what_was_appended_is_counted(logs: LogFiles) -> None:
    logs.append(JOB, 0, b"12345")
    logs.reset(JOB, b"123")
    with pytest.raises(LogChanged):
        logs.append(JOB, 0, b"12345")
    assert logs.appended == 8
