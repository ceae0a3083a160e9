"""Searching in the log view: while one types, forwards, backwards, around; errors; before all lines are counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.logtext import LogIndex
from tests.widgets.logs import Seen, append, looking, numbered, write
from tests.widgets.stage import Stage, until
from widgets.logview import LogView


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


LOSSES = b"".join(b"%s %d\n" % (b"Loss" if number % 100 == 7 else b"line", number) for number in range(1000))
"""`Loss` in lines 7, 107, …, 907."""


async def over(seen: Seen) -> LogView.Searched:
    """What a search found in the end."""
    await seen.until(lambda: seen.app.of(LogView.Searched) and seen.app.of(LogView.Searched)[-1].done)
    return seen.app.of(LogView.Searched)[-1]


async def test_searching_forwards_backwards_and_around(log: Path) -> None:
    write(log, LOSSES)
    async with looking(log) as seen:
        view = seen.view
        await seen.press("g")
        assert view.search("loss") == ""
        found = await over(seen)
        assert (found.count, found.place) == (10, 1)
        places = [view.hit]
        for key in ("n", "n", "N", "N", "N", "n"):
            await seen.press(key)
            places.append(view.hit)
        assert places == [7, 107, 207, 107, 7, 907, 7]
        assert seen.said() == ["10 of 10, from the end again", "1 of 10, from the beginning again"]
        hits = [part.text for part in view.render_line(view.hit - view.top) if part.style and part.style.bold]
        assert "Loss" in hits
        append(log, b"another LOSS\n")
        view.grow()
        await seen.until(lambda: seen.app.of(LogView.Searched)[-1].count == 11)
        assert view.search("(", regex=True).startswith("not a regular expression")
        assert view.search("absent") == ""
        await seen.until(lambda: seen.app.of(LogView.NotFound))
        assert seen.app.of(LogView.NotFound)[-1].what == "match"


async def test_typing_on_never_wanders_and_nothing_typed_returns(log: Path) -> None:
    write(log, numbered(300) + b"abacus\n" + numbered(300) + b"abbey\n" + numbered(300) + b"abacus\n")
    async with looking(log) as seen:
        view = seen.view
        view.goto("101")
        await seen.press("j", "j")
        top = view.top
        for text, hit in [("a", 300), ("ab", 300), ("abb", 601), ("ab", 300), ("abc", 100), ("abbey", 601)]:
            view.search(text)
            await seen.until(lambda hit=hit: view.hit == hit)
        view.search("abb")
        view.search("")
        assert (view.top, view.hit, view.pattern) == (top, 100, None)


async def test_a_search_that_was_kept_is_where_the_next_one_begins(log: Path) -> None:
    write(log, numbered(100) + b"alpha\n" + numbered(100) + b"beta\n" + numbered(100) + b"alpha\n")
    async with looking(log) as seen:
        view = seen.view
        await seen.press("g")
        view.search("alpha")
        await seen.until(lambda: view.hit == 100)
        view.search("alpha")
        await seen.press("n")
        assert view.hit == 302
        view.search("beta")
        await seen.until(lambda: view.hit == 201)
        await seen.until(lambda: seen.said()[-1] == "1 of 1, from the beginning again")
        view.search("")
        assert view.hit == 302


async def test_a_log_that_grows_says_only_what_is_new(log: Path) -> None:
    write(log, numbered(100) + b"needle\n")
    async with looking(log) as seen:
        seen.view.search("needle")
        await over(seen)
        said = len(seen.app.of(LogView.Searched))
        for number in range(3):
            append(log, b"more\n")
            seen.view.grow()
            await seen.until(lambda number=number: seen.view.lines == 102 + number)
            search = seen.view.searches()[0]
            await seen.until(lambda search=search: search.done)
        assert len(seen.app.of(LogView.Searched)) == said
        append(log, b"needle\n")
        seen.view.grow()
        await seen.until(lambda: seen.app.of(LogView.Searched)[-1].count == 2)


async def test_searching_leaves_and_takes_up_the_end_of_the_log(log: Path) -> None:
    write(log, b"needle\n" + numbered(100))
    async with looking(log) as seen:
        view = seen.view
        view.search("needle")
        await seen.until(lambda: view.hit == 0)
        assert not view.following
        view.search("needless")
        await seen.until(lambda: seen.app.of(LogView.NotFound))
        assert view.following and view.top == 81


async def test_case_and_expressions(log: Path) -> None:
    write(log, b"epoch 1\nEpoch 2\nEPOCH 3\n")
    async with looking(log) as seen:
        for text, regex, case, count in [
            ("epoch", False, None, 3),
            ("Epoch", False, None, 1),
            ("epoch", False, True, 1),
            ("EPOCH", False, False, 3),
            (r"^e\w+ [12]$", True, None, 2),
            (r"^e\w+ [12]$", False, None, 0),
        ]:
            assert seen.view.search(text, regex=regex, case=case) == ""
            seen.app.heard.clear()
            assert (await over(seen)).count == count, text


async def test_matches_that_are_folded_away_are_unfolded(log: Path) -> None:
    from tests.widgets.logs import SECTIONED

    write(log, SECTIONED)
    async with looking(log) as seen:
        assert "fetch 2" not in seen.lines()
        seen.view.search("fetch 2")
        await seen.until(lambda: seen.view.hit == 3)
        assert "fetch 2" in seen.lines()


async def test_n_without_a_search_says_so(log: Path) -> None:
    write(log, numbered(3))
    async with looking(log) as seen:
        await seen.press("n", "N")
        assert seen.said() == ["nothing is searched for; / searches"] * 2


async def test_an_erased_log_is_searched_anew(log: Path) -> None:
    write(log, numbered(200) + b"needle\n")
    async with looking(log) as seen:
        seen.view.search("needle")
        await seen.until(lambda: seen.view.hit == 200)
        write(log, b"x\nneedle\n")
        seen.view.grow()
        assert seen.view.hit == -1
        await over(seen)
        await seen.press("n")
        await seen.until(lambda: seen.view.hit == 1)


async def test_the_next_error_is_found_without_searching_for_it(log: Path) -> None:
    write(log, numbered(300) + b"\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n" + numbered(300))
    async with looking(log) as seen:
        view = seen.view
        await seen.press("g", "E")
        await seen.until(lambda: view.hit == 300)
        assert view.top <= 300 < view.top + view.page
        await seen.press("E")
        await seen.until(lambda: seen.said()[-1:] == ["error 1 of 1, from the beginning again"])
        assert view.hit == 300
        assert not seen.app.of(LogView.Searched)


async def test_no_error_is_said(log: Path) -> None:
    write(log, numbered(3))
    async with looking(log) as seen:
        await seen.press("E")
        await seen.until(lambda: [message.what for message in seen.app.of(LogView.NotFound)] == ["error"])


async def test_the_line_at_which_a_job_failed_is_shown(log: Path) -> None:
    trouble = b'Traceback (most recent call last):\n  File "train.py"\nValueError: bad\n' + numbered(4)
    write(log, numbered(300) + trouble + b"ERROR: Job failed: exit code 1\n")
    async with looking(log) as seen:
        assert seen.view.show_failing()
        assert seen.view.hit == seen.view.current == 300
        assert any(line.startswith("Traceback") for line in seen.lines())
        write(log, b"all is well\n")
        seen.view.grow()
        assert not seen.view.show_failing()


class Held:
    """A log of which only the end is known until `go` is called."""

    def __init__(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.index = LogIndex(log)
        self.view = LogView(self.index)
        self.app = Stage(self.view)
        self._lead = self.index.lead
        monkeypatch.setattr(self.index, "lead", lambda: None)
        self._monkeypatch = monkeypatch

    def go(self) -> None:
        """Let the rest be read."""
        self._monkeypatch.setattr(self.index, "lead", self._lead)
        self.view._read_lead()


LARGE = b"".join(
    b"%s %d of many lines that fill a large log\n" % (b"Loss" if n % 10_000 == 7 else b"line", n)
    for n in range(150_000)
)
"""Large enough for its end to be shown before its lines are counted; `Loss` in lines 7, 10007, …, 140007."""


async def test_the_first_match_is_shown_before_the_lines_are_counted(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, LARGE)
    held = Held(log, monkeypatch)
    view = held.view
    async with held.app.run_test(size=(60, 20), message_hook=held.app.hear) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows)
        assert not held.index.complete
        view.jump(10)
        view.search("loss 140007")
        await until(pilot, lambda: view.hit >= 0)
        shown = held.index.line(view.hit).text
        assert shown.startswith("Loss 140007")
        assert not held.index.complete
        await pilot.press("n")
        held.go()
        await until(pilot, lambda: held.index.complete)
        await until(pilot, lambda: view.hit == 140_007)
        assert held.index.line(view.hit).text == shown
        await until(pilot, lambda: held.app.of(LogView.Searched)[-1].place == 1)


async def test_keys_go_on_to_matches_and_errors_before_the_lines_are_counted(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, LARGE.replace(b"Loss", b"ERROR: Loss"))
    held = Held(log, monkeypatch)
    view = held.view

    def shown() -> str:
        return held.index.line(view.hit).text.partition(" of ")[0] if view.hit >= 0 else ""

    async with held.app.run_test(size=(60, 20), message_hook=held.app.hear) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows)
        await pilot.press("g")
        view.search("loss")
        await until(pilot, lambda: shown() == "ERROR: Loss 130007")
        await pilot.press("n")
        await until(pilot, lambda: shown() == "ERROR: Loss 140007")
        await pilot.press("g", "E")
        await until(pilot, lambda: shown() == "ERROR: Loss 130007")
        await pilot.press("E")
        await until(pilot, lambda: shown() == "ERROR: Loss 140007")
        assert not held.index.complete
        await pilot.press("n")
        held.go()
        await until(pilot, lambda: held.index.complete and view.hit == 7)
        assert held.app.of(LogView.Said)[-1].text.endswith("from the beginning again")


async def test_a_match_in_what_is_not_known_yet_is_shown_as_soon_as_it_is(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, LARGE)
    held = Held(log, monkeypatch)
    view = held.view
    async with held.app.run_test(size=(60, 20), message_hook=held.app.hear) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows)
        view.search("loss 10007 ")
        await until(pilot, lambda: any(message.done for message in held.app.of(LogView.Searched)))
        assert view.hit == -1
        held.go()
        await until(pilot, lambda: held.index.complete and view.hit == 10_007)
        assert view.top <= view.row_of(10_007) < view.top + view.page


async def test_the_same_match_once_more_is_said_once_more(log: Path) -> None:
    write(log, LOSSES)
    async with looking(log) as seen:
        view = seen.view
        await seen.press("G")
        assert view.search("907") == ""
        await over(seen)
        await seen.press("G")
        seen.app.heard.clear()
        await seen.press("N")
        await seen.until(lambda: seen.app.of(LogView.Searched))
        assert not view.following
        kinds = (LogView.FollowChanged, LogView.Searched)
        heard = [type(message) for message in seen.app.heard if isinstance(message, kinds)]
        assert LogView.FollowChanged in heard
        assert heard[-1] is LogView.Searched, "what was found is said last"
