"""More fields of a form: suggestions, numbers, switches below each other, sections, texts that no line holds."""

from __future__ import annotations

import pytest
from textual.containers import VerticalScroll

from tests.widgets.stage import Stage, texts, until
from widgets.formparts import NumberField, SectionHead, Toggle, TogglesField, stepped
from widgets.forms import ChoiceField, Field, TextField
from widgets.rowsfield import Pair, RowsField
from widgets.suggest import Offer, SuggestField, matching

OFFERS = [Offer(name) for name in ("main", "feat/main-loop", "domain", "release/2026.03", "m-a-i-n")]


def test_offers_that_begin_with_the_text_come_first() -> None:
    assert [one.value for one in matching(OFFERS, "MAIN")] == ["main", "feat/main-loop", "domain", "m-a-i-n"]
    assert [one.value for one in matching(OFFERS, "r2603")] == ["release/2026.03"]
    assert matching(OFFERS, "") == OFFERS
    assert matching(OFFERS, "zzz") == []


@pytest.mark.parametrize(
    ("text", "up", "down"),
    [("0.01", "0.02", "0.00"), ("64", "65", "63"), ("1e-3", "2e-3", "0e-3"), ("", "1", "-1"), ("-1", "0", "-2"),
     ("0.99", "1.00", "0.98"), ("x", "x", "x"), ("inf", "inf", "inf"), ("1e", "1e", "1e"), ("1e2x", "1e2x", "1e2x")],
)  # fmt: skip
def test_numbers_count_their_last_digit(text: str, up: str, down: str) -> None:
    assert stepped(text, 1) == up
    assert stepped(text, -1) == down


async def test_a_number_is_counted_and_typed() -> None:
    field = NumberField("LR", "0.01")
    app = Stage(field)
    async with app.run_test(size=(70, 12), message_hook=app.hear) as pilot:
        field.focus()
        await pilot.press("ctrl+up", "ctrl+up", "ctrl+down", "5")
        assert field.value == "0.025"
        assert len(app.of(Field.Changed)) == 4


async def test_typing_filters_and_enter_takes() -> None:
    field, below = SuggestField("ref", ""), TextField("other")
    field.set_offers([Offer(f"topic-{number}", "protected" if number == 3 else "") for number in range(300)])
    app = Stage(field, below)
    async with app.run_test(size=(70, 40), message_hook=app.hear) as pilot:
        field.focus()
        await pilot.press(*"pic-3")
        await until(pilot, lambda: field.open and field.size.height == field.rows)
        assert texts(field, [1])[0].split() == ["topic-3", "protected"]
        await pilot.press("down", "down", "enter")
        assert (field.value, field.open) == ("topic-30", False)
        await pilot.press("down")
        assert app.focused is below


async def test_enter_lists_all_and_escape_gives_the_text_back() -> None:
    field = SuggestField("ref", "main")
    field.set_offers(OFFERS)
    app = Stage(field)
    async with app.run_test(size=(70, 40), message_hook=app.hear) as pilot:
        field.focus()
        await pilot.press("enter")
        assert [one.value for one in field.found] == [one.value for one in OFFERS]
        await pilot.press("d", "o")
        assert field.value == "do"
        await pilot.press("escape")
        assert (field.value, field.open) == ("main", False)
        await pilot.press("enter", "pagedown", "up", "enter")
        assert field.value == "release/2026.03"


async def test_the_list_closes_when_one_leaves_and_what_is_unknown_counts_as_typed() -> None:
    field, other = SuggestField("ref", ""), TextField("other")
    field.set_offers(OFFERS)
    async with Stage(field, other).run_test(size=(70, 40)) as pilot:
        field.focus()
        await pilot.press(*"zzz")
        assert "counts as typed" in texts(field, [1])[0]
        await pilot.press("tab")
        await until(pilot, lambda: not field.open)
        assert field.value == "zzz"


async def test_new_offers_keep_what_is_typed_and_the_place_in_the_list() -> None:
    field = SuggestField("ref", "")
    field.set_offers(OFFERS)
    async with Stage(field).run_test(size=(70, 40)) as pilot:
        field.focus()
        await pilot.press("m", "down", "down")
        chosen = field.found[1]
        field.set_offers([Offer("most"), *OFFERS])
        await pilot.press("enter")
        assert field.value == chosen.value


async def test_an_offer_is_taken_by_the_mouse() -> None:
    field = SuggestField("ref", "")
    field.set_offers(OFFERS)
    async with Stage(field).run_test(size=(70, 40)) as pilot:
        await pilot.click(field, offset=(30, 0))
        await until(pilot, lambda: field.open and field.size.height > 3)
        await pilot.click(field, offset=(30, 3))
        assert field.value == OFFERS[2].value


async def test_switches_move_turn_and_say_why() -> None:
    field, after = TogglesField("components"), TextField("after")
    app = Stage(field, after)
    async with app.run_test(size=(80, 12), message_hook=app.hear) as pilot:
        field.set_toggles([
            Toggle("fetch", True, "data"), Toggle("check", True, "data"),
            Toggle("train", False, "train", "off: needs fetch", "", "changed"),
        ])  # fmt: skip
        field.focus()
        await until(pilot, lambda: field.size.height == 3)
        rows = texts(field, range(3))
        assert rows[0].split() == ["▸", "data", "[■]", "on", "fetch"]
        assert rows[1].split() == ["[■]", "on", "check"]
        assert rows[2].split() == ["◆train", "[□]", "off", "train", "off:", "needs", "fetch"]
        await pilot.press("space", "down", "y", "down", "y", "n")
        asked = [(one.name, one.on) for one in app.of(TogglesField.Switched)]
        assert asked == [("fetch", False), ("train", True)]
        await pilot.press("down")
        assert app.focused is after


async def test_a_section_folds_by_keys_and_mouse() -> None:
    head = SectionHead("Variables")
    app = Stage(head)
    async with app.run_test(size=(80, 12), message_hook=app.hear) as pilot:
        head.focus()
        await pilot.press("enter")
        assert head.folded
        await pilot.press("left", "right", "space")
        await pilot.click(head, offset=(5, 0))
        assert [head.folded for head in (app.of(SectionHead.Folded)[-1].head,)] == [False]
        assert len(app.of(SectionHead.Folded)) == 4


async def test_a_text_of_several_lines_is_kept_whole() -> None:
    field, secret = TextField("note", "two\nlines\n"), TextField("key", "-----\nabc\n", secret=True)
    async with Stage(field, secret).run_test(size=(80, 12)) as pilot:
        field.focus()
        await pilot.press("x", "backspace", "left")
        assert field.value == "two\nlines\n"
        assert "2 lines: two" in texts(field, [0])[0]
        assert "abc" not in texts(secret, [0])[0]
        await pilot.press("ctrl+u", "x")
        assert field.value == "x"


async def test_a_row_of_several_lines_is_kept_whole() -> None:
    field = RowsField("variables", [Pair("CERT", "a\nb")])
    async with Stage(field).run_test(size=(80, 12)) as pilot:
        field.focus()
        await pilot.press("tab", "x")
        assert field.pairs == [Pair("CERT", "a\nb")]
        await pilot.press("ctrl+u", "x")
        assert field.pairs == [Pair("CERT", "x")]


async def test_a_choice_keeps_a_value_that_is_not_offered_until_another_is_chosen() -> None:
    field = ChoiceField("model", ["mlp", "gbm"])
    async with Stage(field).run_test(size=(80, 12)) as pilot:
        field.set_value("old")
        field.focus()
        await pilot.pause()
        assert "old" in texts(field, [0])[0]
        await pilot.press("right")
        assert field.value == "mlp"
        await pilot.click(field, offset=(30, 0))
        assert field.value == "gbm"


async def test_what_a_form_binds_is_not_taken_by_its_fields() -> None:
    class Form(Stage):
        BINDINGS = [("ctrl+e", "edited", "editor")]
        edited = 0

        def action_edited(self) -> None:
            self.edited += 1

    field = TextField("ref", "main")
    app = Form(field)
    async with app.run_test(size=(80, 12)) as pilot:
        field.focus()
        await pilot.press("home", "ctrl+e", "x")
        assert (app.edited, field.value) == (1, "xmain")


async def test_a_note_stands_at_the_end_of_the_line() -> None:
    field = TextField("ref", "m" * 200)
    async with Stage(field).run_test(size=(80, 12)) as pilot:
        field.set_note("default main", "changed")
        await pilot.pause()
        line = texts(field, [0])[0]
        assert line.endswith("  default main")
        assert line[1:5] == "◆ref"
        assert len(line) == 79


async def test_the_row_with_the_cursor_is_in_sight() -> None:
    field = TogglesField("components")
    scroll = VerticalScroll(TextField("first"), field, can_focus=False)
    async with Stage(scroll).run_test(size=(80, 10)) as pilot:
        field.set_toggles([Toggle(f"job-{number}", True) for number in range(40)])
        field.focus()
        await until(pilot, lambda: field.size.height == 40)
        await pilot.press(*["down"] * 30)
        await until(pilot, lambda: scroll.scroll_y > 20)
