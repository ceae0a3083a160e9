"""Fields of a form, and the question before an action."""

from __future__ import annotations

from textual import events

from tests.widgets.stage import Stage, texts, until
from widgets.confirm import Confirm
from widgets.forms import ChoiceField, Field, TextField, ToggleField
from widgets.rowsfield import Pair, RowsField


async def test_a_form_is_filled_by_keys_alone() -> None:
    ref = TextField("ref", "main", required=True)
    api = ChoiceField("api", ["train-e2e", "features", "predict"])
    real = ToggleField("production")
    app = Stage(ref, api, real)
    async with app.run_test(size=(70, 12), message_hook=app.hear) as pilot:
        ref.focus()
        await pilot.press("ctrl+u", *"feat", "down", "right", "p", "down", "space")
        assert (ref.value, api.value, real.value) == ("feat", "predict", True)
        await pilot.press("n", "up", "left", "tab")
        assert (api.value, real.value, app.focused) == ("features", False, real)
        assert {type(message.field) for message in app.of(Field.Changed)} == {TextField, ChoiceField, ToggleField}
        assert "ref *" in texts(ref, [0])[0]


async def test_an_error_stands_under_its_field_until_it_is_mended() -> None:
    field = TextField("ref", "x y")
    async with Stage(field).run_test(size=(70, 12)) as pilot:
        field.set_error("no such ref on the server")
        await pilot.pause()
        assert field.size.height == 2
        assert texts(field, [1])[0].strip() == "no such ref on the server"
        field.focus()
        await pilot.press("z")
        assert field.error == ""
        await pilot.pause()
        assert field.size.height == 1


async def test_locked_and_secret_values() -> None:
    locked, secret = TextField("RUN_ID", "4312", locked=True), TextField("token", "hunter2", secret=True)
    async with Stage(locked, secret).run_test(size=(70, 12)) as pilot:
        locked.focus()
        await pilot.press("x", "backspace")
        assert locked.value == "4312"
        assert "4312" in texts(locked, [0])[0]
        for widget in (locked, secret):
            widget.focus()
            await pilot.pause()
            assert "hunter2" not in texts(secret, [0])[0]
        await pilot.press("down", "down")


async def test_rows_are_added_changed_and_deleted() -> None:
    field = RowsField("variables", [Pair("RUN_ID", "4312", locked=True), Pair("EPOCHS", "3")])
    app = Stage(field)
    async with app.run_test(size=(90, 12), message_hook=app.hear) as pilot:
        field.focus()
        await pilot.press("x", "ctrl+x")
        assert field.pairs == [Pair("RUN_ID", "4312", locked=True), Pair("EPOCHS", "3")]
        await pilot.press("down", "tab", "0", "enter", *"LR", "enter", *"1e-3")
        assert field.pairs == [Pair("RUN_ID", "4312", locked=True), Pair("EPOCHS", "30"), Pair("LR", "1e-3")]
        await until(pilot, lambda: field.size.height == 4)
        assert texts(field, range(3))[2].split() == ["LR", "=", "1e-3"]
        await pilot.press("up", "ctrl+x")
        assert [pair.key for pair in field.pairs] == ["RUN_ID", "LR"]
        field.set_pairs([Pair("A", "1"), Pair("A", "2"), Pair("B", "")])
        assert field.duplicates() == ["A"]


async def test_pasting_a_variable_fills_name_and_value() -> None:
    field = RowsField("variables", [Pair("", "")])
    app = Stage(field)
    async with app.run_test(size=(90, 12)) as pilot:
        field.focus()
        await pilot.pause()
        app.post_message(events.Paste("EPOCHS=30\n"))
        await until(pilot, lambda: field.pairs)
        assert field.pairs == [Pair("EPOCHS", "30")]


async def ask(*keys: str) -> bool | None:
    app = Stage()
    answers: list[bool | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(Confirm("Cancel 3 runs of churn?", ["#4312 on main"]), answers.append)
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press(*keys)
        await until(pilot, lambda: answers)
    return answers[0]


async def test_the_answer_is_no_unless_one_says_yes() -> None:
    assert await ask("enter") is False
    assert await ask("escape") is False
    assert await ask("n") is False
    assert await ask("y") is True
    assert await ask("right", "enter") is True
    assert await ask("tab", "left", "enter") is False


async def test_the_question_is_shown_whole() -> None:
    app = Stage()
    async with app.run_test(size=(80, 24)) as pilot:
        question = "Cancel the pipeline " + "with a long name " * 6 + "of churn?"
        app.push_screen(Confirm(question, [f"run {number}" for number in range(20)]))
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        lines = app.screen.query_one("_Lines")
        shown = " ".join(texts(lines, range(lines.size.height)))
        assert " ".join(question.split()) in " ".join(shown.split())
        assert "and 9 more" in shown
        assert "No (n)" in shown
