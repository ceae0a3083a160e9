"""Launch: what the form starts from, what it refuses, and that exactly what it shows is sent."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from msgspec.structs import replace

from data.launch.payload import payload_of
from data.model import PipelineAPI, PipelineRun, Record
from tests.tui.launchworld import (
    FIRST,
    PIPELINE,
    TRAIN,
    failed_run,
    form,
    go_to,
    held,
    opened,
    request,
    sent,
    submission,
    submitted,
    text_of,
    world,
)
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
from tui.screens.launch import LaunchScreen
from widgets.confirm import Confirm


async def test_the_form_starts_from_the_last_run(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await opened(pilot)
        assert "filled from #103, the last run" in shown(pilot)
        assert text_of(pilot, "ref") == "main"
        assert (text_of(pilot, "variables.LR"), held(pilot)["variables"]) == ("0.01", {"EPOCHS": "60"})
        assert "1 differs  from #103" in line_with(pilot, "Variables")
        assert held(pilot)["track"] is True


async def test_shift_t_starts_from_the_run_under_the_cursor(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await opened(pilot, "T")
        assert "filled from #103" in shown(pilot)
        assert text_of(pilot, "ref") == "feat/long-branch-name-with-words"
        assert "from #103, default main" in line_with(pilot, "branch or tag")


async def test_a_run_brings_all_that_was_asked_for(tmp_path: Path) -> None:
    async with playing(tmp_path, (160, 45), world=world(*submitted())) as pilot:
        await opened(pilot, "T")
        values = held(pilot)
        assert values["variables.LR"] == "0.5"
        assert values["variables.MODEL"] == "gbm"
        assert values["flow_control"]["deploy"] is False  # type: ignore[index]
        assert values["inputs"] == {"epochs": "7"}
        assert (values["labels"], values["note"], values["why"]) == ("nightly", "Two\nlines.", "compare")
        assert (values["image"], values["timeout"], values["ref"]) == ("img:2", "1h30m", "main")
        assert values["variables.TOKEN"] == ""
        assert "TOKEN was a secret: type it anew" in shown(pilot)
        payload = await sent(pilot)
        assert (payload.note, payload.labels, payload.timeout) == ("Two\nlines.", ["nightly"], 5400)
        assert payload.like == "gitlab:1:103"
        assert {one.key: one.value for one in payload.variables}["RUN_DEPLOY"] == "false"


async def test_a_submission_alone_fills_the_form(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        pilot.app.push_screen(LaunchScreen(FIRST, like=submission(pipeline_run_id="")))
        await settle(pilot, lambda: "filled from the submission of 2026-03-02 11:59" in shown(pilot))
        assert text_of(pilot, "variables.MODEL") == "gbm"


async def test_what_is_started_can_be_named(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        pilot.app.push_screen(LaunchScreen(FIRST, pipeline_id=PIPELINE, api_id=f"{PIPELINE}:features"))
        await settle(pilot, lambda: "WINDOW" in shown(pilot))
        assert text_of(pilot, "api") == "features"


async def test_from_runs_to_a_sent_request_takes_three_keys(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "j")
        await pilot.press("T")
        await settle(pilot, lambda: "what will be sent" in shown(pilot))
        await press(pilot, "ctrl+s", "y")
        assert [command.kind for command in await commands(pilot)] == ["launch"]


async def test_what_is_shown_is_what_is_sent(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await opened(pilot)
        await type_text(pilot, "-2")
        shown_lines = request(pilot)
        assert shown_lines["ref"] == "main-2"
        await press(pilot, "ctrl+s")
        asked = shown(pilot)
        assert "Launch churn train-e2e on main-2?" in asked
        assert all(name in asked for name in shown_lines)
        await press(pilot, "y")
        assert top(pilot).NAME == "runs"
        (command,) = await commands(pilot)
        payload = payload_of(command)
        run_id = shown_lines["RUN_ID"].split()[0]
        assert {one.key: one.value for one in payload.variables} == {"LR": "0.01", "EPOCHS": "60", "RUN_ID": run_id}
        assert (payload.ref, payload.api, payload.kind) == ("main-2", TRAIN, shown_lines["kind"])
        assert (payload.run_id, payload.track) == (run_id, True)
        assert (command.project_id, command.kind) == (FIRST, "launch")
        assert "queued" in last_line(pilot)


async def test_no_is_the_default_and_the_form_stays(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+s")
        top(pilot, Confirm)
        await press(pilot, "enter")
        form(pilot)
        assert await commands(pilot) == []


async def test_a_long_request_scrolls_in_the_question(tmp_path: Path) -> None:
    many = failed_run(variables={f"VARIABLE_{number:02d}": str(number) for number in range(40)})
    async with playing(tmp_path, (80, 24), world=world(many)) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+s")
        assert "Yes (y)" in shown(pilot)
        assert "VARIABLE_39" not in shown(pilot)
        await press(pilot, *["down"] * 12)
        assert "VARIABLE_39" in shown(pilot)
        assert "Yes (y)" in shown(pilot)


async def test_another_api_brings_its_fields_and_keeps_what_was_typed(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await opened(pilot)
        await type_text(pilot, "-x")
        await go_to(pilot, "variables.LR")
        await press(pilot, "5")
        await go_to(pilot, "api")
        await press(pilot, "right")
        assert text_of(pilot, "api") == "features"
        values = held(pilot)
        assert (values["variables.WINDOW"], values["variables.LR"], values["ref"]) == ("7", "0.015", "main-x")
        assert values["flow_control"]["train"] is False  # type: ignore[index]
        assert request(pilot)["jobs"] == "fetch › check › features"
        assert form(pilot).form.name_of(form(pilot).focused) == "api"


async def test_an_empty_ref_means_the_default_branch(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+u")
        assert request(pilot)["ref"] == "main"


def without_apis(**project: object) -> list[Record]:
    """A project that has its pipeline as it is, and no API."""
    return [one for one in world(project=project) if not (isinstance(one, PipelineAPI) and FIRST in one.id)]


async def test_without_an_api_the_pipeline_runs_as_it_is(tmp_path: Path) -> None:
    async with playing(tmp_path, world=without_apis()) as pilot:
        await opened(pilot)
        assert "api" not in form(pilot).form.fields
        payload = await sent(pilot)
        assert (payload.api, payload.pipeline) == ("", PIPELINE)


async def test_what_is_kept_with_the_run_is_sent_too(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await press(pilot, "down", "right")
        for name, text in (
            ("labels", "best nightly"), ("note", "with weights"), ("why", "try again"), ("timeout", "2h"),
            ("callback_url", "https://hook.example/a"), ("image", "img:3"),
        ):  # fmt: skip
            await go_to(pilot, name)
            await type_text(pilot, text)
        await go_to(pilot, "track")
        await press(pilot, "space")
        payload = await sent(pilot)
        (command,) = await commands(pilot)
        assert (payload.kind, payload.track, command.why) == ("test", False, "try again")
        assert (payload.labels, payload.note, payload.timeout) == (["best", "nightly"], "with weights", 7200)
        assert (payload.callback_url, payload.image) == ("https://hook.example/a", "img:3")
        assert {one.key: one.value for one in payload.variables}["TRAIN_IMAGE"] == "img:3"
        assert command.title.endswith("(test)")


async def test_letters_are_typed_and_carry_nothing_out(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+u")
        await type_text(pilot, "q1:?xrR/t")
        assert text_of(pilot, "ref") == "q1:?xrR/t"
        await press(pilot, "f1")
        assert "Keys of launch" in shown(pilot)
        await press(pilot, "escape")
        form(pilot)


async def test_leaving_asks_before_it_drops_what_was_changed(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await opened(pilot)
        await press(pilot, "escape")
        assert top(pilot).NAME == "runs"
        await opened(pilot)
        await type_text(pilot, "-x")
        await press(pilot, "escape")
        assert "What you changed is lost" in shown(pilot)
        await press(pilot, "enter")
        assert text_of(pilot, "ref") == "main-x"
        await pilot.click("#tabs", offset=(3, 0))
        await settle(pilot)
        assert "What you changed is lost" in shown(pilot)
        await press(pilot, "n", "escape", "y")
        assert top(pilot).NAME == "runs"


async def test_reset_fills_the_form_with_the_apis_own_values(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world(*submitted())) as pilot:
        await opened(pilot, "T")
        await press(pilot, "ctrl+r")
        values = held(pilot)
        assert (values["variables.LR"], values["variables"], values["labels"], values["ref"]) == (
            "0.01",
            {},
            "",
            "main",
        )
        assert "differ" not in shown(pilot)
        await go_to(pilot, "labels")
        await type_text(pilot, "x")
        await press(pilot, "ctrl+r")
        assert "Drop the changes" in shown(pilot)
        await press(pilot, "n")
        assert text_of(pilot, "labels") == "x"
        await press(pilot, "ctrl+r", "y")
        assert text_of(pilot, "labels") == ""


async def test_read_only_shows_the_form_nowhere(tmp_path: Path) -> None:
    async with playing(tmp_path, read_only=True) as pilot:
        await press(pilot, "j", "t")
        assert top(pilot).NAME == "runs"
        assert "read-only" in last_line(pilot)


async def test_a_project_that_left_the_store_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        pilot.app.push_screen(LaunchScreen("gitlab:77"))
        await settle(pilot, lambda: "this project is not in the store" in last_line(pilot))


async def test_secrets_are_dots_and_not_sent_without_an_engine_of_our_own(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await opened(pilot)
        await go_to(pilot, "variables.TOKEN")
        await type_text(pilot, "hunter2")
        assert "•••••••" in line_with(pilot, "TOKEN")
        assert "hunter2" not in shown(pilot)
        await press(pilot, "ctrl+s")
        assert "hunter2" not in shown(pilot)
        assert "•••  secret" in shown(pilot)
        await press(pilot, "y")
        assert await commands(pilot) == []
        assert "--no-engine" in last_line(pilot)


async def test_a_secret_is_handed_to_our_engine_and_is_in_no_command(tmp_path: Path) -> None:
    given: dict[str, dict[str, str]] = {}

    class Engine:
        running = True

        def give_secrets(self, command_id: str, secrets: dict[str, object]) -> None:
            given[command_id] = {key: value.reveal() for key, value in secrets.items()}  # type: ignore[attr-defined]

        def stop(self) -> None:
            """Nothing runs."""

    async with playing(tmp_path, world=world()) as pilot:
        backend = dashboard(pilot).backend
        assert backend is not None
        backend.engine = Engine()  # type: ignore[assignment]
        dashboard(pilot).options = dataclasses.replace(dashboard(pilot).options, engine=True)
        await opened(pilot)
        await go_to(pilot, "variables.TOKEN")
        await type_text(pilot, "hunter2")
        payload = await sent(pilot)
        (command,) = await commands(pilot)
        assert given == {command.id: {"TOKEN": "hunter2"}}
        assert payload.secrets == ["TOKEN"]
        assert b"hunter2" not in (tmp_path / "lineside.db").read_bytes()


async def test_what_one_typed_stays_when_the_store_changes(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await opened(pilot)
        await type_text(pilot, "-x")
        everything = records()
        api = next(one for one in world() if isinstance(one, PipelineAPI) and one.id == TRAIN)
        run = next(one for one in everything if isinstance(one, PipelineRun))
        await change(pilot, replace(run, status="canceled"), replace(api, default_ref="other"))
        assert text_of(pilot, "ref") == "main-x"
        assert text_of(pilot, "variables.LR") == "0.01"
