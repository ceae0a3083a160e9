"""The prompt and the editing of one line."""

from __future__ import annotations

from textual import events

from tests.widgets.stage import Stage, texts, until
from widgets.editing import MAX_LENGTH, EditLine
from widgets.prompt import Prompt


def edited(text: str, *keys: str) -> tuple[str, int]:
    line = EditLine(text)
    for key in keys:
        assert line.press(key), key
    return line.text, line.cursor


def test_the_keys_of_readline() -> None:
    assert edited("abc", "left", "backspace") == ("ac", 1)
    assert edited("abc", "home", "delete") == ("bc", 0)
    assert edited("abc", "ctrl+a", "right", "ctrl+k") == ("a", 1)
    assert edited("status:failed main", "ctrl+w") == ("status:failed ", 14)
    assert edited("a b  ", "ctrl+w") == ("a ", 2)
    assert edited("one two", "ctrl+left", "ctrl+u") == ("two", 0)
    assert edited("one two", "home", "ctrl+right") == ("one two", 3)
    assert edited("", "backspace", "delete", "left", "right", "ctrl+w") == ("", 0)
    assert not EditLine().press("f5")


def test_what_is_pasted_is_one_clean_line() -> None:
    line = EditLine()
    line.insert("a\nb\tc\x1b]52;c;AAAA\x07\u202ed\r\x00")
    assert line.text == "a b cd "
    line.set("x" * 10_000)
    assert len(line.text) == MAX_LENGTH


def test_the_cursor_stays_in_view() -> None:
    line = EditLine("日本語" * 20)
    for _ in range(70):
        shown, cell = line.view(10)
        assert cell < 10
        assert shown == line.text[len(line.text) - len(shown) :]
        line.press("left")
    assert line.view(10)[1] == 0


async def test_typing_completing_and_sending() -> None:
    prompt = Prompt()
    app = Stage(prompt)
    async with app.run_test(size=(60, 4), message_hook=app.hear) as pilot:
        prompt.open("/", "", complete=lambda text: ["status:running", "status:failed"] if text else [])
        prompt.focus()
        await pilot.press(*"stat")
        assert prompt.ghost == "us:running"
        assert texts(prompt, [0])[0] == " / status:running"
        await pilot.press("tab")
        assert prompt.value == "status:running"
        await pilot.press("q", "backspace", "space", "m", "enter")
        await until(pilot, lambda: app.of(Prompt.Submitted))
        assert app.of(Prompt.Submitted)[0].value == "status:running m"
        assert [message.value for message in app.of(Prompt.Changed)][:2] == ["s", "st"]
        await pilot.press("escape")
        await until(pilot, lambda: app.of(Prompt.Cancelled))
        assert app.focused is prompt


async def test_history_keeps_what_was_typed() -> None:
    prompt = Prompt()
    async with Stage(prompt).run_test(size=(60, 4)) as pilot:
        prompt.open(":", "new", history=["first", "second"])
        prompt.focus()
        values = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            values.append(prompt.value)
        assert values == ["second", "first", "first", "second", "new", "new"]


async def test_an_error_is_said_at_its_place() -> None:
    prompt = Prompt()
    async with Stage(prompt).run_test(size=(60, 4)) as pilot:
        prompt.open("/", "status:(")
        prompt.focus()
        prompt.show_error("a bracket is not closed", 7)
        await pilot.pause()
        assert texts(prompt, [0])[0].endswith("a bracket is not closed")
        marked = [part.text for part in prompt.render_line(0) if part.style and part.style.underline]
        assert marked == ["("]
        prompt.show_error("")
        await pilot.pause()
        assert texts(prompt, [0])[0] == " / status:("
        for width in range(1, 60):
            assert prompt.draw(width).cell_length == width


async def test_pasting_rubbish_into_the_prompt() -> None:
    prompt = Prompt()
    app = Stage(prompt)
    async with app.run_test(size=(60, 4), message_hook=app.hear) as pilot:
        prompt.open("/")
        prompt.focus()
        await pilot.pause()
        app.post_message(events.Paste("main\n\x1b[2Jbranch\x00"))
        await until(pilot, lambda: prompt.value)
        assert prompt.value == "main branch"
        await until(pilot, lambda: app.of(Prompt.Changed))
