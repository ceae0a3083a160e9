"""`lineside view` without a terminal: the clean text of files and of what is piped in."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import world
from tests.cli.conftest import Invoke
from tests.unit.test_hygiene import loaded_by


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with sections, colours and progress bars."""
    path = tmp_path / "job.log"
    path.write_bytes(world.LOG)
    return path


@pytest.mark.usefixtures("own_world")
def test_the_text_is_that_of_plain_logs(invoke: Invoke, log: Path) -> None:
    shown = invoke("view", str(log))
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert all(line.isprintable() for line in lines)
    assert "$ python train.py --lr 0.01" in lines
    assert not any("section_" in line for line in lines)


@pytest.mark.parametrize("words", [(), ("-",)])
def test_what_is_piped_in(invoke: Invoke, words: tuple[str, ...]) -> None:
    shown = invoke("view", *words, stdin="one\n\x1b[31mtwo\x1b[0m\nthree")
    assert (shown.code, shown.out) == (0, "one\ntwo\nthree\n")


def test_several_files_one_after_the_other_and_those_that_are_not_there(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one\n")
    (tmp_path / "b").write_text("two\n")
    shown = invoke("view", str(tmp_path / "a"), str(tmp_path / "none"), str(tmp_path), str(tmp_path / "b"))
    assert shown.out == "one\ntwo\n"
    assert shown.code == 2
    assert "there is no file" in shown.err
    assert "is a folder" in shown.err


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files(invoke: Invoke, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "packed"
    path.write_bytes(pack(b"one\ntwo\n"))
    assert invoke("view", str(path)).out == "one\ntwo\n"


def test_a_compressed_file_that_breaks_off(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "packed.gz"
    path.write_bytes(gzip.compress(b"one\n" * 1000)[:-9])
    shown = invoke("view", str(path))
    assert shown.code == 1
    assert "breaks off" in shown.err


def test_zstd_says_how_to_pipe_it(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "packed.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    shown = invoke("view", str(path))
    assert shown.code == 2
    assert f"zstd -dc {path} | lineside view" in shown.err


def test_a_place_is_no_file_unless_there_is_one(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("one\n")
    assert invoke("view", "+12", "a").out == "one\n"
    Path("+12").write_text("two\n")
    assert invoke("view", "+12", "a").out == "two\none\n"


@pytest.mark.parametrize("words", [("--line", "0", "a"), ("--no-such-option",)])
def test_wrong_usage(invoke: Invoke, words: tuple[str, ...]) -> None:
    shown = invoke("view", *words)
    assert (shown.code, shown.out) == (2, "")
    assert "lineside view --help" in shown.err


def test_help_tells_of_every_option(invoke: Invoke) -> None:
    shown = invoke("view", "--help")
    assert shown.code == 0
    for word in ("--line", "--goto", "--search", "--wrap", "+LINE", "gzip"):
        assert word in shown.out


def test_the_first_frame_needs_neither_store_nor_parser_of_arguments() -> None:
    late = {"click", "msgspec", "yaml", "sqlalchemy", "requests", "gitlab", "mlflow"}
    assert not loaded_by("import tui.cli.viewing, tui.viewer, tui.viewer_source") & late
