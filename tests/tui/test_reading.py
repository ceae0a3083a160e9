"""What one does with a log: search, filter, go to, copy, save, open elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from data.errors import UsageError
from tests.tui.stage import last_line, until
from tests.tui.viewing import log_of, screen_of, type_line, until_shown, viewing
from tui.cli.logwriter import Form
from tui.reading_copy import Copying, Stopped, around, copy, whole
from tui.reading_outside import LARGE, Handout, Program, editor, pager
from tui.reading_save import Target, complete_path, file_name, keep_copied, save, suggested
from widgets.prompt import Prompt

COLOURED = b"\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07plain\n"


def job(work: Callable[[Copying], None] = lambda _: None) -> Copying:
    """A copy that nobody listens to."""
    return Copying("copying", work, lambda _: None)


# The prompt


async def test_the_label_shows_how_the_text_is_taken(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        screen = screen_of(pilot)
        await pilot.press("slash")
        prompt = screen.query_one(Prompt)
        assert prompt.label == "/"
        assert prompt.get_component_rich_style("prompt--label").color != prompt.rich_style.color
        await pilot.press("alt+r")
        assert prompt.label == "/.*"
        await pilot.press("alt+c")
        assert prompt.label == "/.* Aa"
        await pilot.press("alt+c")
        assert prompt.label == "/.* aa"
        assert prompt.value == ""
        await pilot.press("escape", "ampersand")
        assert screen.query_one(Prompt).label == "&.* aa"


async def test_a_regular_expression_that_is_none_is_said_in_the_prompt(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("alt+r", "slash", *"line", "space", "left_parenthesis")
        await until_shown(pilot, "not a regular expression")
        await pilot.press("enter")
        assert screen_of(pilot).query(Prompt)
        await pilot.press(*"199", "right_parenthesis", "enter")
        await until_shown(pilot, "1 of 1")
        assert not screen_of(pilot).query(Prompt)


async def test_the_way_changes_while_a_search_stands(tmp_path: Path) -> None:
    path = tmp_path / "some.log"
    path.write_text("Error one\nerror two\nerr.r three\n")
    async with viewing(path) as pilot:
        await pilot.press("slash", *"err", "full_stop", "r", "enter")
        await until_shown(pilot, "1 of 1")
        await pilot.press("alt+r")
        await until_shown(pilot, "of 3")
        await pilot.press("alt+c")
        await until_shown(pilot, "of 2")


async def test_up_brings_earlier_searches_back(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("slash", *"77", "enter", "slash", *"88", "enter", "slash", "up", "up")
        assert screen_of(pilot).query_one(Prompt).value == "77"
        await pilot.press("enter")
        await until(pilot, lambda: screen_of(pilot).searched == "77")


async def test_enter_on_nothing_keeps_the_search(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("slash", *"77", "enter", "slash", "enter")
        assert screen_of(pilot).searched == "77"


async def test_esc_ends_the_search_and_goes_back(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("slash", *"line", "space", "1", "2", "space")
        await until_shown(pilot, "line 12 of")
        await pilot.press("escape")
        await until_shown(pilot, "line 200 of")
        assert screen_of(pilot).searched == ""


async def test_n_without_a_search_says_why_not(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        assert "n next" not in last_line(pilot)
        assert screen_of(pilot).why_not("log.next_match") == "nothing is searched for; / searches"
        assert screen_of(pilot).why_not("log.context_more") == "nothing is filtered; & filters"


async def test_a_search_without_a_match_says_so(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("slash", *"zzz", "enter")
        await until_shown(pilot, "no match")


async def test_going_to_a_place_and_to_one_that_is_not_there(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path), size=(100, 24)) as pilot:
        await pilot.press("ctrl+g", *"100", "enter")
        await until_shown(pilot, "line 100 of")
        await pilot.press("ctrl+g", *"999", "enter")
        await until_shown(pilot, "the log has 200 lines")
        await pilot.press("ctrl+g", "enter", "ctrl+g", "escape")
        assert not screen_of(pilot).query(Prompt)


# Copying


async def test_copying_says_how_much(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("g", "v", "j", "j", "y")
        await until_shown(pilot, "copied 3 lines, 56 B")
        assert pilot.app.clipboard == "line 1 of some log\nline 2 of some log\nline 3 of some log"


async def test_what_is_too_much_for_a_terminal_goes_to_a_file(tmp_path: Path, own_world: Path) -> None:
    async with viewing(log_of(tmp_path, 9000), size=(160, 24)) as pilot:
        await pilot.press("g", "v", "G", "y")
        await until_shown(pilot, "192.3 KiB are too much for a terminal's clipboard")
        assert "saved to a file instead: ~/state/copied.txt" in last_line(pilot)
        assert (own_world / "state" / "copied.txt").read_text() == pilot.app.clipboard
        assert (own_world / "state" / "copied.txt").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_is_a_sentence(own_world: Path) -> None:
    (own_world / "state").write_text("a file in its place")
    with pytest.raises(UsageError, match=r"copied\.txt cannot be written"):
        keep_copied("text")


# Saving


async def test_saving_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "some.log"
    path.write_bytes(COLOURED)
    async with viewing(path) as pilot:
        await pilot.press("s")
        prompt = screen_of(pilot).query_one(Prompt)
        assert (prompt.label, prompt.value) == ("save plain", "some-copy.log")
        await pilot.press("enter")
        await until_shown(pilot, "saved 10 B to ")
        assert (tmp_path / "some-copy.log").read_text() == "red plain\n"
        assert sorted(os.listdir(tmp_path)) == ["some-copy.log", "some.log"]


@pytest.mark.parametrize("way", ["key", "name"])
async def test_saving_raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "some.log"
    path.write_bytes(COLOURED)
    async with viewing(path) as pilot:
        await pilot.press("s")
        if way == "key":
            await pilot.press("alt+r")
        await type_line(pilot, "out" if way == "key" else "out.raw")
        assert screen_of(pilot).query_one(Prompt).label == "save raw"
        await pilot.press("enter")
        await until_shown(pilot, "saved 31 B to ")
        assert (tmp_path / ("out" if way == "key" else "out.raw")).read_bytes() == COLOURED


async def test_saving_asks_before_it_overwrites(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("precious")
    there.chmod(0o640)
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("s")
        await type_line(pilot, str(there))
        await pilot.press("enter")
        await until_shown(pilot, "It holds 8 B now.")
        await pilot.press("enter")
        await until_shown(pilot, "not saved")
        assert there.read_text() == "precious"
        await pilot.press("s")
        await type_line(pilot, str(there))
        await pilot.press("enter")
        await until_shown(pilot, "It holds 8 B now.")
        await pilot.press("y")
        await until_shown(pilot, "saved 4.0 KiB to ")
        assert there.read_text().startswith("line 1 of")
        assert there.stat().st_mode & 0o777 == 0o640


async def test_what_cannot_be_saved_is_a_sentence(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    async with viewing(path, size=(140, 24)) as pilot:
        for text, sentence in (
            (str(tmp_path / "no" / "folder"), "there is no folder"),
            ("/dev/null", "/dev/null is no regular file"),
            (str(path), "that is the file of this log itself"),
            ("/proc/self/no-file", "cannot save to /proc"),
        ):
            await pilot.press("s")
            await type_line(pilot, text)
            await pilot.press("enter")
            await until_shown(pilot, sentence)


def test_targets(tmp_path: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = log_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert Target.of("out.log", "x", source) == Target(tmp_path / "out.log", None)
    assert Target.of("~/out.log", "x", source) == Target(Path(os.path.realpath(own_world)) / "out.log", None)
    assert Target.of(".", "a b/c", source) == Target(tmp_path / "a-b-c.log", None)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real").touch()
    assert Target.of("link", "x", source) == Target(tmp_path / "real", 0)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("churn-train-4312", "churn-train-4312"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\x1b[31m b", "a-31m-b"),
        ("größe: train[1/2]", "größe-train-1-2"),
        ("...", "log"),
        ("", "log"),
    ],
)
def test_names_of_files(name: str, safe: str) -> None:
    assert file_name(name) == safe
    assert suggested(name) == f"{safe}.log"


def test_a_file_that_came_to_be_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    source = log_of(tmp_path)
    target = Target.of(str(tmp_path / "out"), "x", source)
    target.path.write_text("precious")
    with pytest.raises(UsageError, match=r"cannot save to .*: file exists"):
        save(source, target, Form.PLAIN, job())
    assert target.path.read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_copy_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    source = log_of(tmp_path, 50_000)
    target = Target.of(str(tmp_path / "out"), "x", source)
    stopping = job()
    stopping._stopped.set()
    with pytest.raises(Stopped):
        save(source, target, Form.PLAIN, stopping)
    assert [file.name for file in tmp_path.iterdir()] == ["some.log"]


def test_paths_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("file.log", ".hidden", "folder/inside"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert complete_path("f") == ["file.log", "folder/"]
    assert complete_path("") == ["file.log", "folder/"]
    assert complete_path(".h") == [".hidden"]
    assert complete_path("folder/") == ["folder/inside"]
    assert complete_path(f"{tmp_path}/fi") == [f"{tmp_path}/file.log"]
    assert complete_path("no/such/") == []


# Copies


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (Form.PLAIN, b"red plain\nnext\n"),
        (Form.COLOR, b"\x1b[38;5;1mred\x1b[0m plain\nnext\n"),
        (Form.RAW, COLOURED + b"section_start:1:a\r\x1b[0K\nnext"),
    ],
)
def test_forms(tmp_path: Path, form: Form, written: bytes) -> None:
    source, out = tmp_path / "log", tmp_path / "out"
    source.write_bytes(COLOURED + b"section_start:1:a\r\x1b[0K\nnext")
    with out.open("wb") as file:
        copy(source, file, form, whole(source), job())
    assert out.read_bytes() == written


def test_parts_are_whole_lines(tmp_path: Path) -> None:
    source = log_of(tmp_path, 1000)
    data = source.read_bytes()
    offset = data.index(b"line 500 ")
    part = around(source, offset, 1000)
    assert part.start < offset < part.end
    assert data[part.start - 1 : part.start] == data[part.end - 1 : part.end] == b"\n"
    assert 1800 < part.end - part.start < 2100
    assert around(source, offset, 10**9) == whole(source)


def test_what_goes_wrong_in_a_copy_is_one_sentence(tmp_path: Path) -> None:
    def work(_: Copying) -> None:
        (tmp_path / "none").open()

    copying = job(work)
    copying.run()
    assert copying.done
    assert copying.error == "copying failed: No such file or directory"


# Other programs


def test_the_editor_is_visual_then_editor() -> None:
    assert editor({"VISUAL": "sh -c 'a b'", "EDITOR": "ls"}) == Program(("sh", "-c", "a b"), Form.PLAIN)
    assert editor({"EDITOR": "ls"}).name == "ls"


@pytest.mark.parametrize(("text", "sentence"), [("no-such-program -x", "there is no program"), ("'a", "a quote")])
def test_commands_that_cannot_be_used(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        pager({"PAGER": text})


def test_no_editor_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match=r"no editor is named \(set \$VISUAL or \$EDITOR\)"):
        editor({})


def test_pagers_get_colours_where_they_show_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("less", "most", "other"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pager({}) == Program(("less", "-R"), Form.COLOR)
    assert pager({"PAGER": "less -S"}) == Program(("less", "-S", "-R"), Form.COLOR)
    assert pager({"PAGER": "less -SR"}) == Program(("less", "-SR"), Form.COLOR)
    assert pager({"PAGER": "most"}) == Program(("most",), Form.COLOR)
    assert pager({"PAGER": "other"}) == Program(("other",), Form.PLAIN)
    assert pager({"PAGER": "less", "NO_COLOR": "1"}) == Program(("less",), Form.PLAIN)


def test_a_handout_begins_at_the_current_line_and_is_private(tmp_path: Path) -> None:
    source = tmp_path / "log"
    source.write_bytes(b"one\nsection_start:1:a\r\x1b[0K\ntwo\nthree\n")
    handout = Handout(source, "a/b", Program(("vi",), Form.PLAIN), source.read_bytes().index(b"three"))
    handout.make(job())
    assert handout._file.name == "a-b.log"
    assert handout._file.read_text() == "one\ntwo\nthree\n"
    assert handout.program.with_file(handout._file, handout._line) == ["vi", "+3", str(handout._file)]
    assert handout._file.stat().st_mode & 0o077 == handout._file.parent.stat().st_mode & 0o077 == 0
    handout.remove()
    assert not handout._file.parent.exists()
    assert Program(("sed",), Form.PLAIN).with_file(Path("x"), 3) == ["sed", "x"]


def test_of_a_large_log_the_part_around_the_line_is_handed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LARGE == 64 * 1024 * 1024
    monkeypatch.setattr("tui.reading_outside.LARGE", 2000)
    source = log_of(tmp_path, 1000)
    handout = Handout(source, "log", Program(("vi",), Form.PLAIN), source.read_bytes().index(b"line 500 "))
    handout.make(job())
    lines = handout._file.read_text().splitlines()
    assert lines[handout._line - 1] == "line 500 of some log"
    assert 80 < len(lines) < 120
    assert handout.note == "that was 1.9 KiB around the line, of 20.4 KiB"
    handout.remove()


async def test_without_a_real_terminal_it_cannot_be_lent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("e")
        await until_shown(pilot, "this terminal cannot be lent to another program")
        assert list((tmp_path / "temp").iterdir()) == []
