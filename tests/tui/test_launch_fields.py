"""The fields of the launch form: components, typed variables, files, inputs, RUN_IDs, times; errors in place."""

from __future__ import annotations

from pathlib import Path

from data.model import RunInfo, Variable, make
from tests.tui.launchworld import (
    FIRST,
    PIPELINE,
    form,
    go_to,
    held,
    opened,
    preview,
    refs,
    request,
    sent,
    text_of,
    world,
)
from tests.tui.stage import commands, last_line, line_with, playing, press, settle, shown, type_text, until
from tests.world import NOW
from widgets.formparts import TogglesField
from widgets.suggest import SuggestField


async def test_a_component_takes_along_what_needs_it(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await go_to(pilot, "flow_control")
        await press(pilot, "down", "down", "down", "space")
        assert "evaluate needs train: off, too; deploy needs evaluate: off, too" in last_line(pilot)
        assert "off: needs train" in line_with(pilot, "off evaluate")
        assert "3 of 6 run" in line_with(pilot, "Components")
        assert "3 differ" in line_with(pilot, "Components")
        assert request(pilot)["off"] == "train, evaluate, deploy"
        assert request(pilot)["RUN_TRAIN"] == "false"
        await press(pilot, "down", "y")
        assert "evaluate needs train: on, too" in last_line(pilot)
        assert "5 of 6 run" in line_with(pilot, "Components")
        payload = await sent(pilot)
        assert [name for name, on in payload.flow_control.items() if not on] == ["deploy"]


async def test_every_component_can_be_toggled(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await go_to(pilot, "flow_control")
        field = form(pilot).form.fields["flow_control"]
        assert isinstance(field, TogglesField)
        names = [one.name for one in field.toggles]
        for _ in names[1:]:
            await press(pilot, "down")
        for name in reversed(names):
            await press(pilot, "space")
            assert not next(one for one in field.toggles if one.name == name).on
            await press(pilot, "up")
        await press(pilot, "ctrl+s")
        assert "every component is off" in last_line(pilot)


async def test_typed_variables_take_what_they_are_for(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await go_to(pilot, "variables.LR")
        assert "Learning rate of the optimiser" in shown(pilot)
        await press(pilot, "ctrl+up")
        assert text_of(pilot, "variables.LR") == "0.02"
        assert "default 0.01" in line_with(pilot, "LR *")
        await press(pilot, "down", "right", "down", "left")
        values = held(pilot)
        assert (values["variables.MODEL"], values["variables.AUGMENT"]) == ("gbm", "true")
        assert "4 differ" in line_with(pilot, "Variables")
        assert "all" in line_with(pilot, "STAGE")
        assert "set by the API" in line_with(pilot, "STAGE")
        payload = await sent(pilot)
        variables = {one.key: one.value for one in payload.variables}
        assert (variables["STAGE"], variables["LR"], variables["MODEL"], variables["AUGMENT"]) == (
            "all",
            "0.02",
            "gbm",
            "true",
        )


async def test_all_errors_stand_in_place_and_the_first_one_in_the_last_line(tmp_path: Path) -> None:
    own = {"user_variables": (
        Variable(key="LR", kind="number", required=True), Variable(key="TAG", pattern="v[0-9]+", required=True),
    )}  # fmt: skip
    async with playing(tmp_path, (120, 60), world=world(api=own)) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+r", "y")
        assert "is required" not in shown(pilot).split("cannot be sent")[0]
        await go_to(pilot, "timeout")
        await type_text(pilot, "soon")
        await press(pilot, "ctrl+s")
        above = shown(pilot).split("cannot be sent")[0]
        assert all(text in above for text in ("LR is required", "TAG is required", "soon"))
        assert "2 wrong" in line_with(pilot, "Variables")
        assert "3 things to mend" in shown(pilot)
        assert form(pilot).form.name_of(form(pilot).focused) == "variables.LR"
        assert await commands(pilot) == []
        await type_text(pilot, "1")
        await go_to(pilot, "variables.TAG")
        await type_text(pilot, "x")
        assert "TAG must match v[0-9]+" in shown(pilot)
        assert "LR is required" not in shown(pilot)


async def test_a_wrong_value_is_named_and_nothing_is_sent(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        screen = await opened(pilot)
        await go_to(pilot, "variables.LR")
        await type_text(pilot, "x")
        assert "LR must be a number" in last_line(pilot)
        await press(pilot, "ctrl+s")
        assert form(pilot) is screen
        assert "send: LR must be a number" in last_line(pilot)


async def test_a_file_is_read_and_sent(tmp_path: Path) -> None:
    space = tmp_path / "space.yaml"
    space.write_text("lr: [0.1]\n")
    async with playing(tmp_path / "data", (120, 60), world=world()) as pilot:
        await opened(pilot)
        await go_to(pilot, "variables.CONFIG")
        field = form(pilot).form.fields["variables.CONFIG"]
        assert isinstance(field, SuggestField)
        await type_text(pilot, f"{tmp_path}/spa")
        await press(pilot, "down", "enter")
        assert field.value == str(space)
        await until(pilot, lambda: "a file of 10 bytes" in shown(pilot))
        payload = await sent(pilot)
        (file,) = [one for one in payload.variables if one.kind == "file"]
        assert (file.key, file.value) == ("CONFIG", "lr: [0.1]\n")


async def test_a_file_that_cannot_be_read_is_an_error_in_place(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await go_to(pilot, "variables.CONFIG")
        await type_text(pilot, "/nowhere/at-all")
        await until(pilot, lambda: "CONFIG: there is no file" in shown(pilot).split("cannot be sent")[0])
        await press(pilot, "ctrl+s")
        assert await commands(pilot) == []


async def test_further_variables_have_names_of_their_own(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+r")
        await go_to(pilot, "variables")
        await press(pilot, "enter")
        await type_text(pilot, "LR")
        assert "LR has a field of its own" in shown(pilot)
        await type_text(pilot, "2")
        await press(pilot, "enter")
        await type_text(pilot, "x")
        assert request(pilot)["LR2"] == "x"
        payload = await sent(pilot)
        assert {one.key: one.value for one in payload.variables}["LR2"] == "x"


async def test_inputs_come_from_the_preview_and_are_typed(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world(preview(), refs())) as pilot:
        await opened(pilot)
        assert text_of(pilot, "inputs.epochs") == "20"
        await go_to(pilot, "inputs.epochs")
        await press(pilot, "ctrl+up", "ctrl+up")
        payload = await sent(pilot)
        assert payload.inputs == {"epochs": 22}


async def test_a_ref_is_found_among_hundreds(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(refs())) as pilot:
        await opened(pilot)
        await press(pilot, "enter")
        assert "default, protected" in line_with(pilot, "Commit 0")
        assert "protected, you may not run it" in line_with(pilot, "release/2026.03 ")
        assert "304 in all" in shown(pilot)
        await type_text(pilot, "pic-29")
        assert "304 in all" not in shown(pilot)
        await press(pilot, "down", "down", "enter")
        assert text_of(pilot, "ref") == "topic-290"
        assert "in all" not in shown(pilot)  # the list is closed
        assert (await sent(pilot)).ref == "topic-290"


async def test_esc_gives_the_ref_back_and_stays_in_the_form(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(refs())) as pilot:
        await opened(pilot)
        await press(pilot, "enter", "t", "o", "escape")
        assert text_of(pilot, "ref") == "main"
        form(pilot)


async def test_an_open_run_id_is_joined(tmp_path: Path) -> None:
    infos = [
        make(RunInfo, id="1nfopenopen1", pipeline_id=PIPELINE, create_time=NOW, runs=["a", "b"], requester="ada"),
        make(RunInfo, id="1nfdonedone1", pipeline_id=PIPELINE, create_time=NOW, finish_time=NOW),
    ]
    async with playing(tmp_path, world=world(*infos)) as pilot:
        await opened(pilot)
        new = request(pilot)["RUN_ID"].split()[0]
        await press(pilot, "down", "down", "enter")
        assert "1nfdonedone1" not in shown(pilot)
        assert "2 runs, now, by ada" in line_with(pilot, "1nfopenopen1")
        await press(pilot, "down", "enter")
        assert request(pilot)["RUN_ID"].split()[0] == "1nfopenopen1" != new
        assert (await sent(pilot)).run_id == "1nfopenopen1"


async def test_a_launch_can_wait_for_a_time_and_for_a_run(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await go_to(pilot, "when")
        await type_text(pilot, "in 2h")
        assert "it waits until" in shown(pilot)
        assert "for 2:00:00" in shown(pilot)
        await press(pilot, "ctrl+u")
        await type_text(pilot, "after #100")
        await press(pilot, "escape", "ctrl+s")
        assert "it waits until #100 has succeeded" in shown(pilot)
        await press(pilot, "y")
        (command,) = await commands(pilot)
        assert (command.after, command.after_status, command.not_before) == (f"{FIRST}:100", "success", None)


async def test_a_run_that_nobody_knows_is_not_waited_for(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await go_to(pilot, "when")
        await type_text(pilot, "after #99999")
        await press(pilot, "escape", "ctrl+s")
        assert "there is no run #99999 in churn" in last_line(pilot)
        await press(pilot, "ctrl+u")
        await type_text(pilot, "whenever")
        assert "whenever is no time to launch at" in shown(pilot)


async def test_sections_fold_and_what_is_folded_is_told_in_a_few_words(tmp_path: Path) -> None:
    async with playing(tmp_path, (80, 24), world=world()) as pilot:
        await opened(pilot)
        form_ = form(pilot).form
        assert form_.heads["when"].folded
        assert not form_.fields["timeout"].display
        assert not form_.heads["variables"].folded
        form_.heads["when"].focus()
        await press(pilot, "enter", "down", "down")
        assert form_.name_of(form(pilot).focused) == "timeout"
        await type_text(pilot, "2h")
        form_.heads["when"].focus()
        await press(pilot, "left")
        assert "timeout 2h" in line_with(pilot, "When")
        assert "1 differs" in line_with(pilot, "When")
        assert not form_.fields["timeout"].display


async def test_the_mouse_works(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        fields = form(pilot).form.fields
        await pilot.click(fields["kind"], offset=(30, 0))
        await settle(pilot)
        await pilot.click(fields["flow_control"], offset=(30, 5))
        await settle(pilot)
        assert text_of(pilot, "kind") == "test"
        assert request(pilot)["off"] == "deploy"
        await pilot.click(form(pilot).form.heads["components"], offset=(5, 0))
        await settle(pilot)
        assert not fields["flow_control"].display
