"""The form of a pipeline, an API or a job: every field, errors in place, the difference, what is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from data.define.fields import Definition
from data.model import PipelineAPI, PipelineJob, Variable
from tests.tui.stage import (
    change,
    commands,
    dashboard,
    last_line,
    line_with,
    playing,
    press,
    settle,
    shown,
    top,
    type_text,
)
from tests.world import records
from tests.world_pipelines import HOSTILE, JOBS, PIPELINE, QUICK, apis, jobs, pipeline, world
from tui.present.definition import changed_fields
from tui.screens.definition import DefinitionScreen
from tui.screens.definition_variable import VariableScreen
from widgets.confirm import Confirm
from widgets.field_question import QuestionScreen
from widgets.formfield import Field


async def open_form(pilot: Pilot[str], record: Definition, *, new: bool = False) -> DefinitionScreen:
    """The form of a record."""
    dashboard(pilot).open_definition(record, new=new)
    await settle(pilot)
    return top(pilot, DefinitionScreen)


async def go(pilot: Pilot[str], name: str) -> Field:
    """Go to a field, and empty it where it holds a text."""
    screen = top(pilot, DefinitionScreen)
    screen.form.fields[name].focus()
    await settle(pilot, lambda: screen.focused is screen.form.fields[name])
    return screen.form.fields[name]


async def enter(pilot: Pilot[str], name: str, text: str) -> None:
    """Type a text into a field in place of what it holds."""
    await go(pilot, name)
    await press(pilot, "ctrl+u")
    await type_text(pilot, text)


async def save(pilot: Pilot[str]) -> dict[str, Any]:
    """`ctrl+s`, yes; what the command carries."""
    await press(pilot, "ctrl+s")
    top(pilot, QuestionScreen)
    await press(pilot, "y")
    (command,) = await commands(pilot)
    assert command.kind == "define"
    return command.payload


async def test_it_says_where_a_definition_comes_from(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        for record, words in ((apis()[0], "defined in the configuration; saved here it is yours until you delete it"),
                              (apis()[2], "defined here"), (apis()[1], "found out from the CI file")):  # fmt: skip
            screen = await open_form(pilot, record)
            assert words in shown(pilot)
            assert (isinstance(screen.focused, Field), screen.form.scroll_offset.y) == (True, 0)
            await press(pilot, "escape")


async def test_a_changed_field_is_marked_and_saved_after_the_difference(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        await open_form(pilot, pipeline())
        await enter(pilot, "max_concurrent", "7")
        assert "~ max_concurrent: 2 → 7" in shown(pilot)
        assert "1 change" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert "Change pipeline train of churn?" in shown(pilot)
        await press(pilot, "enter")
        assert await commands(pilot) == []
        payload = await save(pilot)
        (put,) = payload["put"]
        assert (put["record"], put["id"], put["max_concurrent"]) == ("Pipeline", PIPELINE, 7)
        assert payload["was"][f"Pipeline:{PIPELINE}"]
        assert top(pilot).NAME == "runs"
        assert "change pipeline train of churn" in last_line(pilot)


async def test_nothing_changed_saves_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_form(pilot, pipeline())
        await press(pilot, "ctrl+s")
        assert "nothing has changed" in last_line(pilot)


async def test_errors_stand_below_their_fields_and_keep_it_from_being_saved(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_form(pilot, pipeline())
        await enter(pilot, "timeout", "soon")
        await go(pilot, "description")
        assert screen.form.fields["timeout"].error
        assert "1 thing to mend" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert "cannot be saved: time-out" in last_line(pilot)
        assert screen.focused is screen.form.fields["timeout"]
        await enter(pilot, "timeout", "90m")
        assert screen.form.fields["timeout"].error == ""
        assert (await save(pilot))["put"][0]["timeout"] == 5400


async def test_esc_asks_when_something_was_changed(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_form(pilot, pipeline())
        await press(pilot, "escape")
        assert top(pilot).NAME == "runs"
        await open_form(pilot, pipeline())
        await enter(pilot, "default_ref", "dev")
        await press(pilot, "escape", "escape")
        top(pilot, Confirm)
        assert "Changed and not saved: branch or tag." in shown(pilot)
        await press(pilot, "enter")
        assert top(pilot, DefinitionScreen).draft["default_ref"] == "dev"
        await press(pilot, "escape", "y")
        assert top(pilot).NAME == "runs"


async def test_a_component_takes_along_what_needs_it(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        screen = await open_form(pilot, apis()[0])
        await go(pilot, "flow_control")
        await press(pilot, *["down"] * 3, "space")
        assert "evaluate needs train: off, too" in last_line(pilot)
        assert screen.draft["flow_control"] == {"train": False, "evaluate": False, "deploy": False}
        await press(pilot, "down", "down", "space")
        assert "deploy needs evaluate: on, too" in last_line(pilot)
        assert screen.draft["flow_control"] == {"train": True, "evaluate": True, "deploy": True}
        await press(pilot, "down", "up", "n")
        assert (await save(pilot))["put"][0]["flow_control"]["deploy"] is False


async def test_a_variable_is_changed_in_a_small_form(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_form(pilot, apis()[0])
        await go(pilot, "user_variables")
        await press(pilot, "enter")
        small = top(pilot, VariableScreen)
        assert "LR of API train/full" in shown(pilot)
        small.query_one("#variable-value", Field).focus()
        await press(pilot, "ctrl+u")
        await type_text(pilot, "many")
        await press(pilot, "ctrl+s")
        top(pilot, VariableScreen)
        assert small.query_one("#variable-value", Field).error == "the value is no number"
        await press(pilot, "ctrl+u")
        await type_text(pilot, "0.5")
        await press(pilot, "ctrl+s")
        first = screen.form.variables("user_variables")[0]
        assert (first.key, first.value, first.kind, first.required, first.pattern) == (
            "LR", "0.5", "number", True, r"[\d.]+",
        )  # fmt: skip
        (put,) = (await save(pilot))["put"]
        assert [one["key"] for one in put["user_variables"]] == ["LR", "SIZE", "API_KEY"]
        assert put["user_variables"][0]["value"] == "0.5"


async def test_variables_are_added_moved_and_dropped(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_form(pilot, apis()[0])
        await go(pilot, "user_variables")
        await press(pilot, "down", "down", "down", "enter")
        top(pilot, VariableScreen)
        await press(pilot, "ctrl+s")
        assert "is missing: give it a name" in shown(pilot)
        await type_text(pilot, "LR")
        assert "there is another one of this name" in shown(pilot)
        await press(pilot, "ctrl+u")
        await type_text(pilot, "DEPTH")
        await press(pilot, "down", "right", "ctrl+s")
        assert screen.form.variables("user_variables")[-1] == Variable(key="DEPTH", kind="number")
        await press(pilot, "ctrl+up", "ctrl+x")
        assert [one.key for one in screen.form.variables("user_variables")] == ["LR", "SIZE", "API_KEY"]
        await press(pilot, "up", "ctrl+up")
        assert [one.key for one in screen.form.variables("user_variables")] == ["SIZE", "LR", "API_KEY"]
        await press(pilot, "enter", "escape")
        assert top(pilot) is screen


async def test_choices_of_a_variable_are_lines(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_form(pilot, apis()[0])
        await go(pilot, "user_variables")
        await press(pilot, "down", "enter")
        top(pilot, VariableScreen).query_one("#variable-choices", Field).focus()
        await press(pilot, "down", "enter")
        await type_text(pilot, "huge, really")
        await press(pilot, "ctrl+s")
        assert screen.form.variables("user_variables")[1].choices == ("small", "large", "huge, really")


async def test_the_script_of_a_job_is_edited_line_by_line(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await open_form(pilot, jobs()[0])
        await go(pilot, "instructions")
        await press(pilot, "enter")
        await type_text(pilot, "make data")
        await press(pilot, "down", "ctrl+x")
        (put,) = (await save(pilot))["put"]
        assert put["instructions"] == ["pip install -r requirements.txt", "make data"]


async def test_needs_are_switched_among_the_jobs_of_the_pipeline(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        screen = await open_form(pilot, jobs()[3])
        await go(pilot, "needs")
        assert [one.name for one in screen.form.fields["needs"].toggles] == [n for n in JOBS if n != "train"]  # type: ignore[attr-defined]
        await press(pilot, "down", "space")
        assert screen.draft["needs"] == ("features",)
        assert screen.draft["optional_needs"] == ()
        await press(pilot, "down", "down", "space")
        assert "jobs wait for each other" in screen.form.fields["needs"].error
        await press(pilot, "ctrl+s")
        assert "cannot be saved: needs: " in last_line(pilot)


async def test_a_new_job_is_proposed_from_the_configuration(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        blank = PipelineJob(id=f"{PIPELINE}:", pipeline_id=PIPELINE, name="", order=6)
        screen = await open_form(pilot, blank, new=True)
        assert "the CI file has 1 further job" in shown(pilot)
        await press(pilot, "enter", "down", "enter")
        for name, value in (("name", "calibrate"), ("stage", "evaluate"), ("stage_type", "MODEL_EVALUATION"),
                            ("image", "python:3.12"), ("needs", ("train",)),
                            ("instructions", ("python calibrate.py",))):  # fmt: skip
            assert screen.draft[name] == value
        (put,) = (await save(pilot))["put"]
        assert (put["id"], put["record"]) == (f"{PIPELINE}:calibrate", "PipelineJob")


async def test_the_stage_type_of_a_new_job_is_guessed_until_one_chooses(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        blank = PipelineJob(id=f"{PIPELINE}:", pipeline_id=PIPELINE, name="", order=6)
        screen = await open_form(pilot, blank, new=True)
        await type_text(pilot, "train-more")
        assert screen.draft["stage_type"] == "MODEL_TRAINING"
        await go(pilot, "stage_type")
        await press(pilot, "c")
        assert screen.draft["stage_type"] == "CLEANUP"
        await go(pilot, "name")
        await type_text(pilot, "x")
        assert screen.draft["stage_type"] == "CLEANUP"


async def test_a_name_that_is_taken_is_refused_at_once(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        blank = PipelineAPI(id=f"{PIPELINE}:", pipeline_id=PIPELINE, name="")
        screen = await open_form(pilot, blank, new=True)
        assert screen.form.fields["name"].error == ""
        await press(pilot, "ctrl+s")
        assert "is missing: give it one" in last_line(pilot)
        await type_text(pilot, "full")
        assert "there is another API train/full" in screen.form.fields["name"].error
        await type_text(pilot, "er")
        (put,) = (await save(pilot))["put"]
        assert put["id"] == f"{PIPELINE}:fuller"


async def test_a_copied_pipeline_takes_jobs_and_apis_along(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        await press(pilot, "2", "j", "c")
        assert "like pipeline train with its jobs and APIs" in shown(pilot)
        await type_text(pilot, "train2")
        payload = await save(pilot)
        assert [put["record"] for put in payload["put"]] == ["Pipeline", *["PipelineJob"] * 6, *["PipelineAPI"] * 3]
        assert {put["id"].rpartition(":")[0] for put in payload["put"][1:]} == {"gitlab:1:train2"}
        assert payload["delete"] == []


async def test_branches_are_offered(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_form(pilot, apis()[0])
        assert "refs:gitlab:1" in screen.topics()
        await go(pilot, "default_ref")
        await press(pilot, "enter")
        for name in ("main", "feat-x", "v1"):
            assert name in shown(pilot)
        await press(pilot, "down", "down", "enter")
        assert screen.draft["default_ref"] == "feat-x"


async def test_the_name_of_what_is_there_stays(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_form(pilot, apis()[0])
        assert screen.form.fields["name"].locked
        assert screen.focused is screen.form.fields["description"]


async def test_what_changes_elsewhere_meanwhile_is_taken_over(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        screen = await open_form(pilot, pipeline())
        await enter(pilot, "max_concurrent", "9")
        await change(pilot, replace(pipeline(), default_ref="dev", max_concurrent=3))
        await settle(pilot, lambda: screen.draft["default_ref"] == "dev")
        assert screen.draft["max_concurrent"] == "9"
        assert "somebody else has changed runs at a time, too" in shown(pilot)
        assert "~ max_concurrent: 3 → 9" in shown(pilot)
        (put,) = (await save(pilot))["put"]
        assert (put["default_ref"], put["max_concurrent"]) == ("dev", 9)


async def test_a_long_difference_is_shown_whole(tmp_path: Path) -> None:
    async with playing(tmp_path, (80, 24), world=world()) as pilot:
        await open_form(pilot, jobs()[0])
        await go(pilot, "instructions")
        await press(pilot, "enter")
        await type_text(pilot, "x" * 90 + "end")
        await press(pilot, "ctrl+s")
        assert "xend" in shown(pilot)
        assert "python fetch.py" in shown(pilot).replace("\n", "")


async def test_read_only_saves_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(), read_only=True) as pilot:
        await open_form(pilot, pipeline())
        await press(pilot, "ctrl+s")
        assert "save: Lineside runs read-only" in last_line(pilot)


async def test_the_editor_changes_everything_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, (160, 45), world=world()) as pilot:
        screen = await open_form(pilot, apis()[0])
        edits = iter([("track: true", "track: maybe"), ("track: maybe", "track: false")])

        def edit(_app: object, text: str, line: int = 1) -> str:
            del line
            return text.replace(*next(edits))

        monkeypatch.setattr("tui.screens.definition_editing.edit_text", edit)
        await press(pilot, "ctrl+e")
        assert "ctrl+e opens it again" in last_line(pilot)
        assert "track" not in changed_fields(screen.draft, screen.base)
        await press(pilot, "ctrl+e")
        assert (await save(pilot))["put"][0]["track"] is False


async def test_without_an_editor_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", str(tmp_path / "none"))
    async with playing(tmp_path, world=world()) as pilot:
        await open_form(pilot, apis()[0])
        await press(pilot, "ctrl+e")
        assert "there is no program" in last_line(pilot)


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (200, 60)])
async def test_hostile_texts_are_only_text(tmp_path: Path, size: tuple[int, int]) -> None:
    odd = replace(
        apis()[0], name=HOSTILE, id=f"{PIPELINE}:{HOSTILE}", description=HOSTILE, flow_control={HOSTILE: False},
        user_variables=(Variable(key="A", value=HOSTILE, description=HOSTILE, choices=(HOSTILE, "b")),),
    )  # fmt: skip
    async with playing(tmp_path, size, world=[*world(), odd]) as pilot:
        screen = await open_form(pilot, odd)
        for name, field in screen.form.fields.items():
            if field.can_focus:
                await go(pilot, name)
        await go(pilot, "user_variables")
        await press(pilot, "enter")
        top(pilot, VariableScreen)
        assert "[bold" in shown(pilot)
        await press(pilot, "escape")
        await go(pilot, "track")
        await press(pilot, "space", "ctrl+s")
        assert dashboard(pilot).is_running


async def test_a_pipeline_without_jobs_says_where_components_come_from(tmp_path: Path) -> None:
    async with playing(tmp_path, world=records()) as pilot:
        api = next(one for one in records() if isinstance(one, PipelineAPI))
        await open_form(pilot, api)
        assert "no job is known yet" in line_with(pilot, "Components")


async def test_an_api_that_is_deleted_meanwhile_can_still_be_saved_as_new(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await open_form(pilot, apis()[2])
        await enter(pilot, "description", "mine")
        await change(pilot, delete=[(PipelineAPI, QUICK)])
        await settle(pilot, lambda: screen.new)
        assert "somebody has deleted it meanwhile" in shown(pilot)
        payload = await save(pilot)
        assert payload["was"] == {f"PipelineAPI:{QUICK}": ""}
