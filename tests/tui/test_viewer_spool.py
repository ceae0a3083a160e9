"""Streams: their limit, and what they leave behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.errors import UsageError
from tui.viewer_source import StreamSource, openers
from tui.viewer_spool import STDIN, Spool


def test_a_spool_holds_the_writer_at_its_limit() -> None:
    reading, writing = os.pipe()
    spool = Spool.of_pipe(reading, STDIN, limit=3)
    source = StreamSource("stdin", spool)
    os.write(writing, b"12345")
    while not source.status.text.startswith("the pipe is held"):
        source.look()
        assert spool.is_alive()
    assert source.path.read_bytes() == b"12345"
    os.write(writing, b"more")
    source.close()
    assert spool.size == 5
    assert not spool.is_alive()
    with pytest.raises(BrokenPipeError):
        os.write(writing, b"even more")
    os.close(writing)


def test_a_spool_has_no_name_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reading, writing = os.pipe()
    source = StreamSource("stdin", Spool.of_pipe(reading, STDIN))
    os.write(writing, b"secret")
    os.close(writing)
    while source.status.text:
        source.look()
    assert list(tmp_path.iterdir()) == []
    assert source.path.read_bytes() == b"secret"
    source.close()


def test_a_named_pipe_is_not_opened_before_it_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    good, bad = openers([str(path)], None)
    assert (len(good), bad) == (1, [])
    with pytest.raises(OSError, match="No such device"):  # ENXIO: nobody reads
        os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    source = good[0]()
    writing = os.open(path, os.O_WRONLY)
    os.write(writing, b"hello\n")
    os.close(writing)
    while source.status.text:
        source.look()
    assert source.path.read_bytes() == b"hello\n"
    source.close()


def test_no_room_for_a_stream_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    reading, writing = os.pipe()
    with pytest.raises(UsageError, match=r"no room for a temporary file.*TMPDIR"):
        Spool.of_pipe(reading, STDIN)
    os.close(reading)
    os.close(writing)
