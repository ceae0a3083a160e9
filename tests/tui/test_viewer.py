"""The viewer: files that grow, are rotated, truncated and removed; streams; several files; its keys."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from data.errors import LinesideError
from tests.tui.stage import last_line, shown, until
from tests.tui.viewing import log_of, screen_of, type_line, until_shown, viewing
from tui.options import DashboardOptions
from tui.viewer import Viewer
from tui.viewer_screen import Wishes
from tui.viewer_source import openers
from widgets.grid import Grid


async def test_it_opens_at_the_end_and_says_name_size_and_lines(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        text = shown(pilot)
        assert "200 line 200 of some log" in text
        head = text.splitlines()[0]
        assert "some.log" in head
        assert "200 lines" in head
        assert "4.0 KiB" in head
        assert "search" in last_line(pilot)


async def test_what_is_appended_appears(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    async with viewing(path) as pilot:
        with path.open("a") as file:
            file.write("and one more\n")
        await until_shown(pilot, "201 and one more")
        assert "201 lines" in shown(pilot)


async def test_scrolling_up_leaves_the_end_and_reaching_it_takes_it_up(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    async with viewing(path) as pilot:
        await pilot.press("pageup")
        with path.open("a") as file:
            file.write("and one more\n")
        await until_shown(pilot, "201 lines")
        assert "and one more" not in shown(pilot)
        await pilot.press("G")
        await until_shown(pilot, "and one more")


async def test_a_rotated_file_is_replaced_by_the_new_one(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    async with viewing(path) as pilot:
        path.rename(tmp_path / "some.log.1")
        await until_shown(pilot, "removed or renamed")
        assert "200 line 200" in shown(pilot)
        path.write_text("a new beginning\n")
        await until_shown(pilot, "1 a new beginning")
        assert "this is the new one" in last_line(pilot)
        assert "line 200" not in shown(pilot)
        with path.open("a") as file:
            file.write("goes on\n")
        await until_shown(pilot, "2 goes on")


async def test_a_removed_file_stays_readable_and_still_grows(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    with path.open("a") as file:
        async with viewing(path) as pilot:
            path.unlink()
            await until_shown(pilot, "waiting for a new one of that name")
            file.write("written afterwards\n")
            file.flush()
            await until_shown(pilot, "201 written afterwards")


async def test_a_truncated_file_begins_anew(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    async with viewing(path) as pilot:
        path.write_text("short\n")
        await until_shown(pilot, "1 short")
        assert "truncated" in last_line(pilot)
        assert "line 200" not in shown(pilot)


async def test_an_empty_file_is_shown_as_such_and_fills(tmp_path: Path) -> None:
    path = tmp_path / "empty.log"
    path.touch()
    async with viewing(path) as pilot:
        assert "0 lines" in shown(pilot)
        await pilot.press("g", "G", "n", "E", "y", "enter")
        path.write_text("first\n")
        await until_shown(pilot, "1 first")


async def test_a_binary_file_is_shown_clean(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(bytes(range(256)) * 40 + b"\nthe \x1b]52;c;aGVsbG8=\x07end\x1bc\n")
    async with viewing(path) as pilot:
        await until_shown(pilot, "the end")
        assert all(line.isprintable() for line in shown(pilot).splitlines())


async def test_searching_finds_while_one_types(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("g", "slash", *"line", "space", "1", "5")
        await until_shown(pilot, "1 of 11")
        await pilot.press("enter", "n")
        await until_shown(pilot, "2 of 11")
        await pilot.press("escape")
        assert screen_of(pilot).searched == ""


async def test_the_filter_shows_only_lines_that_match(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("ampersand", "9", "9", "enter")
        await until(pilot, lambda: "line 199" in shown(pilot) and "line 200" not in shown(pilot))
        assert "line 99 of" in shown(pilot)
        await pilot.press("escape")
        await until_shown(pilot, "line 200 of")


async def test_a_place_to_begin_at(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path, 2000), place="1000") as pilot:
        await until_shown(pilot, "line 1000 of")
        assert "line 2000" not in shown(pilot)


async def test_of_a_pipe_the_place_is_gone_to_when_it_has_come(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    async with viewing("-", pipe=reading, place="100", search="line") as pilot:
        os.write(writing, b"line\n" * 50)
        await until_shown(pilot, "50 line")
        os.write(writing, b"line\n" * 250)
        await until(pilot, lambda: screen_of(pilot).view.hit == 99)
        os.write(writing, b"line\n" * 50)
        await until_shown(pilot, "350 lines")
        assert screen_of(pilot).view.hit == 99
        os.close(writing)


async def test_a_place_that_never_comes_is_said(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    async with viewing("-", pipe=reading, place="100") as pilot:
        os.write(writing, b"line\n" * 50)
        await until_shown(pilot, "50 line")
        os.close(writing)
        await until_shown(pilot, "the log has 50 lines")


async def test_something_to_search_for_at_the_beginning(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path, 2000), search="line 77 ") as pilot:
        await until_shown(pilot, "line 77 of")
        await pilot.press("n")
        await until_shown(pilot, "1 of 1")


async def test_wrapping_at_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_text("a" * 100 + "the end of it\n")
    async with viewing(path, wrap=True) as pilot:
        await until_shown(pilot, "the end of it")
        await pilot.press("w")
        await until(pilot, lambda: "the end of it" not in shown(pilot))


async def test_braces_go_to_the_files_beside_it(tmp_path: Path) -> None:
    one, two = log_of(tmp_path, 5, "one.log"), log_of(tmp_path, 7, "two.log")
    async with viewing(one, two) as pilot:
        assert "1/2 one.log" in shown(pilot)
        await pilot.press("right_curly_bracket")
        await until_shown(pilot, "2/2 two.log")
        await until_shown(pilot, "line 7 of")
        await pilot.press("right_curly_bracket")
        assert "this is the last file" in last_line(pilot)
        await pilot.press("left_curly_bracket")
        await until_shown(pilot, "1/2 one.log")
        two.unlink()
        one.unlink()
        await pilot.press("right_curly_bracket")
        await until_shown(pilot, "removed")


async def test_what_cannot_be_shown_is_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    async with viewing(tmp_path / "folder", log_of(tmp_path), size=(120, 24)) as pilot:
        assert "some.log" in shown(pilot).splitlines()[0]
        assert "is a folder" in last_line(pilot)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
async def test_compressed_files_are_unpacked(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "packed"
    path.write_bytes(pack(b"".join(b"line %d\n" % number for number in range(50_000))))
    async with viewing(path) as pilot:
        await until_shown(pilot, "50000 line 49999")
        await until(pilot, lambda: "unpacking" not in shown(pilot))


async def test_a_compressed_file_that_breaks_off_shows_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "packed.gz"
    packed = gzip.compress(os.urandom(100_000).hex("\n", 40).encode())
    path.write_bytes(packed[: len(packed) // 2])
    async with viewing(path) as pilot:
        await until_shown(pilot, "broke off")
        assert screen_of(pilot).view.lines > 100


async def test_a_pipe_is_read_while_it_is_written(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    async with viewing("-", pipe=reading) as pilot:
        os.write(writing, b"one\ntwo\n")
        await until_shown(pilot, "2 two")
        assert "reading the pipe; ctrl+c stops" in shown(pilot)
        os.write(writing, b"three\n")
        await until_shown(pilot, "3 three")
        os.close(writing)
        await until(pilot, lambda: "reading the pipe" not in shown(pilot))
        assert "3 three" in shown(pilot)


async def test_ctrl_c_stops_reading_and_the_writer_notices(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    async with viewing("-", pipe=reading) as pilot:
        os.write(writing, b"one\n")
        await until_shown(pilot, "1 one")
        await pilot.press("ctrl+c")
        await until_shown(pilot, "stopped reading the pipe after 4 B")

        def refused() -> bool:
            try:
                os.write(writing, b"two\n")
            except BrokenPipeError:
                return True
            return False

        await until(pilot, refused)
        os.close(writing)
        await pilot.press("ctrl+c")
        assert "q quits" in last_line(pilot)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no file"),
        (b"\x28\xb5\x2f\xfd....", "is compressed with zstd (zstd -dc "),
    ],
)
def test_files_that_cannot_be_shown(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "it.zst"
    if content is not None:
        path.write_bytes(content)
    good, (error,) = openers([str(path)], None)
    assert good == []
    assert isinstance(error, LinesideError)
    assert sentence in str(error)


def test_names_with_escape_sequences_are_said_clean(tmp_path: Path) -> None:
    _, (error,) = openers([str(tmp_path / "a\x1b]0;title\x07b")], None)
    assert str(error).isprintable()


async def test_help_and_palette_show_the_keys(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path), size=(100, 40)) as pilot:
        await pilot.press("question_mark")
        await until_shown(pilot, "Keys of view")
        grid = pilot.app.screen.query_one(Grid)
        assert grid.get_component_rich_style("grid--cursor").bgcolor != grid.rich_style.bgcolor
        await pilot.press("escape", "ctrl+p", *"log.home", "enter")
        await until_shown(pilot, "line 1 of")


async def test_the_line_takes_places_themes_and_commands(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path), size=(100, 30)) as pilot:
        await pilot.press("colon", *"100", "enter")
        await until_shown(pilot, "line 100 of")
        await pilot.press("colon")
        await type_line(pilot, "theme lineside-light")
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.theme == "lineside-light")
        await pilot.press("colon")
        await type_line(pilot, "nonsense")
        await pilot.press("enter")
        await until_shown(pilot, "there is no command nonsense")
        await pilot.press("colon")
        await type_line(pilot, "log.home")
        await pilot.press("enter")
        await until_shown(pilot, "line 1 of")


async def test_the_dashboards_commands_are_not_offered(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        ids = {spec.id for spec in screen_of(pilot).commands()}
        assert not ids & {"go.runs", "refresh"}
        assert {"log.search", "view.next-file", "help", "quit", "line", "palette"} <= ids


async def test_keys_and_theme_of_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("ui:\n  theme: nord\nkeys:\n  log.home: ctrl+t\n")
    monkeypatch.setenv("LINESIDE_CONFIG", str(path))
    async with viewing(log_of(tmp_path)) as pilot:
        await until(pilot, lambda: pilot.app.theme == "nord")
        await pilot.press("ctrl+t")
        await until_shown(pilot, "line 1 of")


async def test_a_configuration_that_cannot_be_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("uii: {}\n")
    monkeypatch.setenv("LINESIDE_CONFIG", str(path))
    async with viewing(log_of(tmp_path), size=(160, 24)) as pilot:
        await until_shown(pilot, "config.yaml:1")
        assert "line 200" in shown(pilot)


@pytest.mark.parametrize("size", [(40, 10), (10, 3), (200, 60)])
async def test_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with viewing(log_of(tmp_path), size=size) as pilot:
        assert "200" in shown(pilot)
        await pilot.press("slash", "l", "enter", "g", "w", "t")
        await pilot.resize_terminal(60, 12)
        await until_shown(pilot, "line 1 of")


async def test_q_quits(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("q")
        assert not pilot.app.is_running


async def test_a_file_that_vanishes_before_it_is_shown_ends_it_with_a_sentence(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    good, _ = openers([str(path)], None)
    path.unlink()
    app = Viewer(good, Wishes(), DashboardOptions())
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.error is not None)
    assert "there is no file" in str(app.error)
