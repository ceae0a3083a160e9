"""Forms and questions in terminals of 40x10 and 60x12: every field can be seen, reached, sent and given up by key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from data.model import Pipeline, PipelineAPI, PipelineJob, Variable
from tests.tui.launchworld import FIRST, PIPELINE, TRAIN, preview, refs, submitted, world
from tests.tui.stage import commands, dashboard, playing, press, settle, shown, top, type_text
from tui.dashboard import Dashboard
from tui.screens.definition import DefinitionScreen
from tui.screens.definition_variable import VariableScreen
from tui.screens.launch import LaunchScreen
from tui.screens.launch_question import LaunchQuestion
from tui.screens.notice import WelcomeScreen
from widgets.cells import Cell
from widgets.confirm import Confirm
from widgets.field_name import NameScreen
from widgets.field_question import QuestionScreen
from widgets.formfield import Field, FieldScroll
from widgets.formparts import SectionHead, TogglesField

SIZES = ((40, 10), (60, 12))
MOST_TABS = 120
"""More than any form has fields."""
LABEL = 12
"""Characters of a label that can be seen in the narrowest form."""
SCROLLBAR = "▁▂▃▄▅▆▇█"
"""What the end of a scroll bar is drawn with."""
WORLD = world(preview(), refs(), *submitted())

low = pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))


def form_of(pilot: Pilot[str]) -> FieldScroll:
    """The fields on top."""
    return pilot.app.screen.query_one(FieldScroll)


def line_of_focus(pilot: Pilot[str]) -> str:
    """The line of the screen that keys go to; it must be in sight, in the form, and say which field it is of."""
    field = pilot.app.focused
    assert isinstance(field, Field), field
    form = form_of(pilot).region
    y = field.region.y + field.cursor_row
    assert form.height > 1
    assert form.y <= y < form.bottom, f"{field} is out of sight:\n{shown(pilot)}"
    line = shown(pilot).splitlines()[y]
    if isinstance(field, TogglesField):
        assert field.toggles[field.cursor_row].name[:LABEL] in line
    else:
        assert field.label[:LABEL] in line or form.y <= field.region.y, shown(pilot)
    return line


def errors_below(pilot: Pilot[str]) -> str:
    """What the lines below the field with the focus say is wrong."""
    field = pilot.app.focused
    assert isinstance(field, Field)
    below = field.region.y + field.rows
    lines = shown(pilot).splitlines()[below : below + len(field.error_lines)]
    return " ".join(line.rstrip(SCROLLBAR).strip() for line in lines)


async def walk(pilot: Pilot[str]) -> list[Field]:
    """Go through the form by `tab`, unfolding what is folded; every field that there is was in sight when it had the
    focus.
    """
    seen: list[Field] = []
    for _ in range(MOST_TABS):
        line_of_focus(pilot)
        field = pilot.app.focused
        assert isinstance(field, Field)
        if isinstance(field, SectionHead) and field.folded:
            await press(pilot, "right")
            line_of_focus(pilot)
        if seen and field is seen[0]:
            break
        if field not in seen:
            seen.append(field)
        await press(pilot, "tab")
    wanted = {field for field in form_of(pilot).query(Field) if field.can_focus and field.display and field.rows}
    assert wanted <= set(seen)
    return seen


async def opened(pilot: Pilot[str], open_: Callable[[Dashboard], object], kind: type[Screen]) -> None:  # type: ignore[type-arg]
    """Open a form, and wait until it has the focus."""
    open_(dashboard(pilot))
    await settle(pilot, lambda: isinstance(pilot.app.screen, kind) and isinstance(pilot.app.focused, Field))


@low
async def test_the_launch_form(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size, world=WORLD) as pilot:
        await opened(pilot, lambda app: app.open_launch(FIRST), LaunchScreen)
        assert len(await walk(pilot)) > 20
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, LaunchScreen)


@low
async def test_what_is_wrong_with_a_launch_is_in_sight_and_it_can_be_sent(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with playing(tmp_path, size, world=WORLD) as pilot:
        await opened(pilot, lambda app: app.open_launch(FIRST), LaunchScreen)
        await press(pilot, "ctrl+u")
        await type_text(pilot, "release/2026.03")
        await press(pilot, "escape", "ctrl+s")
        field = pilot.app.focused
        assert isinstance(field, Field)
        assert field.id == "ref"
        line_of_focus(pilot)
        assert field.error
        assert errors_below(pilot) == field.error
        await press(pilot, "ctrl+u", *"main", "escape")
        assert not field.error
        form = top(pilot, LaunchScreen).form
        form.go_to("variables.LR")
        await press(pilot, "ctrl+u", "5", "ctrl+s")
        top(pilot, LaunchQuestion)
        lines = shown(pilot).splitlines()
        assert any("Launch churn" in line for line in lines)
        assert any("No (n)" in line and "Yes (y)" in line for line in lines)
        await press(pilot, "pagedown", "y")
        (command,) = await commands(pilot)
        assert command.project_id == FIRST


@low
async def test_the_list_below_a_field_is_in_sight(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size, world=WORLD) as pilot:
        await opened(pilot, lambda app: app.open_launch(FIRST), LaunchScreen)
        await press(pilot, "ctrl+u", *"topic-1")
        assert "topic-1" in line_of_focus(pilot)
        assert "in all" in shown(pilot)
        await press(pilot, "down", "enter")
        assert "topic-1" in line_of_focus(pilot)


RECORDS = {
    one.id: one
    for one in WORLD
    if isinstance(one, Pipeline | PipelineAPI | PipelineJob) and one.id in {PIPELINE, TRAIN, f"{PIPELINE}:train"}
}
"""A record of each kind that has a form, by id."""


@low
@pytest.mark.parametrize("id", RECORDS)
async def test_the_forms_of_definitions(tmp_path: Path, size: tuple[int, int], id: str) -> None:
    record = RECORDS[id]
    async with playing(tmp_path, size, world=WORLD) as pilot:
        await opened(pilot, lambda app: app.push_screen(DefinitionScreen(record)), DefinitionScreen)
        assert len(await walk(pilot)) > 8
        screen = top(pilot, DefinitionScreen)
        screen.form.fields["image" if isinstance(record, PipelineJob) else "description"].focus()
        await press(pilot, "ctrl+u", *"2h", "escape")
        top(pilot, Confirm)
        assert "Leave without saving?" in shown(pilot)
        assert "No (n)" in shown(pilot)
        await press(pilot, "n", "ctrl+s")
        top(pilot, QuestionScreen)
        assert "y yes" in shown(pilot)
        await press(pilot, "y")
        assert [one.target_id for one in await commands(pilot)] == [record.id]


@low
async def test_what_is_wrong_with_a_definition_is_in_sight(tmp_path: Path, size: tuple[int, int]) -> None:
    record = RECORDS[PIPELINE]
    async with playing(tmp_path, size, world=WORLD) as pilot:
        await opened(pilot, lambda app: app.push_screen(DefinitionScreen(record)), DefinitionScreen)
        fields = top(pilot, DefinitionScreen).form.fields
        fields["max_concurrent"].focus()
        await press(pilot, "ctrl+u", *"soon")
        fields["description"].focus()
        await press(pilot, "ctrl+s")
        assert pilot.app.focused is fields["max_concurrent"]
        line_of_focus(pilot)
        assert "is no whole number from 0" in errors_below(pilot)
        await press(pilot, "ctrl+u", "3", "ctrl+s")
        top(pilot, QuestionScreen)


@low
async def test_help_shows_keys_and_what_they_do(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size, world=WORLD) as pilot:
        await press(pilot, "question_mark")
        assert any(line.split()[:2] == ["enter", "open"] for line in shown(pilot).splitlines())
        assert "Open what is under the cursor." in shown(pilot)


@low
async def test_the_form_of_a_variable(tmp_path: Path, size: tuple[int, int]) -> None:
    taken: list[Variable | None] = []

    def judge(variable: Variable) -> dict[str, str]:
        return {} if variable.key else {"key": "is missing: give it a name"}

    async with playing(tmp_path, size) as pilot:
        small = VariableScreen("A new variable", Variable(key=""), judge)
        await opened(pilot, lambda app: app.push_screen(small, taken.append), VariableScreen)
        assert len(await walk(pilot)) == len(Variable.__struct_fields__)
        small.query_one("#variable-secret", Field).focus()
        await press(pilot, "ctrl+s")
        assert pilot.app.focused is small.query_one("#variable-key")
        line_of_focus(pilot)
        assert "is missing: give it a name" in shown(pilot)
        small.query_one("#variable-choices", Field).focus()
        for number in range(8):
            await press(pilot, *f"c{number}", "enter")
            line_of_focus(pilot)
        small.query_one("#variable-key", Field).focus()
        await press(pilot, *"LR")
        assert "is missing" not in shown(pilot)
        await press(pilot, "ctrl+s")
        assert taken[0] is not None
        assert (taken[0].key, len(taken[0].choices)) == ("LR", 8)
        again = VariableScreen("LR", taken[0], judge)
        await opened(pilot, lambda app: app.push_screen(again, taken.append), VariableScreen)
        await press(pilot, "escape")
        assert taken[1] is None


@low
async def test_a_question_that_is_answered_by_a_name(tmp_path: Path, size: tuple[int, int]) -> None:
    answers: list[bool | None] = []
    told = ["Its 3 APIs and 7 jobs go with it; its 400 runs stay.", "2 runs of it go on.", "GitLab stays as it is."]
    async with playing(tmp_path, size) as pilot:
        for keys in (("enter",), ("escape",)):
            dashboard(pilot).push_screen(NameScreen("Delete pipeline default?", "quick", told), answers.append)
            await settle(pilot)
            for line in ("Delete pipeline default?", "2 runs of it go on.", "Type its name"):
                assert line in shown(pilot)
            await press(pilot, *"quic", "enter")
            lines = shown(pilot).splitlines()
            (at,) = (y for y, line in enumerate(lines) if "name" in line and "quic" in line)
            assert "that is another name" in lines[at + 1]
            await press(pilot, "k", *keys)
        assert answers == [True, False]


@low
async def test_questions_show_their_answers(tmp_path: Path, size: tuple[int, int]) -> None:
    answers: list[bool | None] = []
    question = "Cancel 40 runs of pipeline default of project churn, and all of their jobs?"
    names = [f"churn #{number} on feat/long-branch-name-with-words" for number in range(40)]
    async with playing(tmp_path, size) as pilot:
        for key in "yn":
            dashboard(pilot).push_screen(Confirm(question, names), answers.append)
            await settle(pilot)
            words = " ".join(shown(pilot).replace("│", " ").split())
            assert question in words
            assert "churn #0" in words
            assert " more No (n) Yes (y)" in words
            await press(pilot, key)
        for key in "yn":
            dashboard(pilot).push_screen(QuestionScreen(question, [Cell(name) for name in names]), answers.append)
            await settle(pilot)
            await press(pilot, "G")
            words = " ".join(shown(pilot).split())
            assert "all of their jobs?" in words
            assert "churn #39" in words
            assert "y yes n no" in words
            await press(pilot, key)
        assert answers == [True, False, True, False]


@low
async def test_the_welcome_shows_its_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(tmp_path, size) as pilot:
        dashboard(pilot).push_screen(WelcomeScreen())
        await settle(pilot)
        assert "d   look around" in shown(pilot)
        assert "q   quit" in shown(pilot)
        await press(pilot, "end")
        assert "without any file" in " ".join(shown(pilot).split())


async def test_the_field_stays_in_sight_while_the_size_changes(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 40), world=WORLD) as pilot:
        await opened(pilot, lambda app: app.open_launch(FIRST), LaunchScreen)
        top(pilot, LaunchScreen).form.go_to("timeout")
        await press(pilot, *"soon")
        for size in (*SIZES, (80, 24), (40, 10), (400, 10), (160, 45)):
            await pilot.resize_terminal(*size)
            await settle(pilot, lambda size=size: pilot.app.screen.size == size)  # type: ignore[misc]
            assert "soon" in line_of_focus(pilot)
