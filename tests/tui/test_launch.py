"""Launch: what the form starts from, what it refuses, and that exactly what it shows is sent."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot

from data.model import Pipeline, PipelineAPI, PipelineJob, PipelineRun, Project, Record, Variable
from data.model.vocabulary import SUB_API
from tests.tui.stage import commands, dashboard, last_line, line_with, playing, press, settle, shown, top, type_text
from tests.world import records
from tui.screens.launch import LaunchScreen
from widgets.confirm import Confirm
from widgets.forms import ChoiceField, TextField, ToggleField
from widgets.rowsfield import RowsField

FIRST = "gitlab:1"


def world_with(**project: object) -> list[Record]:
    """The fixed world with another first project, and more to choose from in its pipeline."""
    everything: list[Record] = []
    for one in records():
        if isinstance(one, Project) and one.id == FIRST:
            everything.append(replace(one, **project))
        elif isinstance(one, PipelineAPI) and one.pipeline_id == f"{FIRST}:default":
            everything.append(
                replace(
                    one,
                    system_variables=(Variable(key="STAGE", value="all"),),
                    user_variables=(
                        Variable(key="LR", value="0.01", kind="number", required=True),
                        Variable(key="TOKEN", secret=True),
                    ),
                )
            )
            everything.append(
                PipelineAPI(
                    id=f"{FIRST}:default:features",
                    pipeline_id=f"{FIRST}:default",
                    name="features",
                    type=SUB_API,
                    flow_control={"train": False},
                    user_variables=(Variable(key="WINDOW", value="7"),),
                )
            )
        else:
            everything.append(one)
    jobs = [
        PipelineJob(id=f"{FIRST}:default:{name}", pipeline_id=f"{FIRST}:default", name=name, order=place)
        for place, name in enumerate(("data", "features", "train"))
    ]
    return [*everything, *jobs]


def values(screen: LaunchScreen) -> dict[str, str]:
    """The variables of the form."""
    return {pair.key: pair.value for pair in screen.query_one(RowsField).pairs}


def shown_request(pilot: Pilot[str]) -> dict[str, str]:
    """The lines of the request below the form."""
    lines = shown(pilot).split("what will be sent")[1].splitlines()[1:]
    return {line[1:23].strip(): line[23:].strip() for line in lines if line.startswith(" ") and line[23:].strip()}


async def test_the_form_starts_from_the_last_run(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "t")
        screen = top(pilot, LaunchScreen)
        assert "filled from the last run, which differed in EPOCHS" in shown(pilot)
        assert screen.query_one("#ref", TextField).value == "main"
        assert values(screen) == {"LR": "0.01", "EPOCHS": "60"}
        assert screen.query_one("#track", ToggleField).value


async def test_shift_t_starts_from_the_run_under_the_cursor(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "T")
        assert "filled from run #103" in shown(pilot)
        assert top(pilot, LaunchScreen).query_one("#ref", TextField).value == "feat/long-branch-name-with-words"


async def test_what_is_shown_is_what_is_sent(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "t")
        await type_text(pilot, "-2")
        request = shown_request(pilot)
        assert request["ref"] == "main-2"
        await press(pilot, "ctrl+s")
        assert "Launch churn train-e2e on main-2?" in shown(pilot)
        await press(pilot, "y")
        assert top(pilot).NAME == "runs"
        (command,) = await commands(pilot)
        sent = {pair["key"]: pair["value"] for pair in command.payload["variables"]}  # type: ignore[index,union-attr,call-overload]
        assert sent == {"LR": request["LR"], "EPOCHS": request["EPOCHS"], "RUN_ID": request["RUN_ID"]}
        assert command.payload["ref"] == "main-2"
        assert command.payload["api"] == f"{FIRST}:default:train-e2e"
        assert command.payload["kind"] == request["kind"] == "production"
        assert command.payload["run_id"] == request["RUN_ID"]
        assert command.payload["track"] is True
        assert command.project_id == FIRST
        assert command.kind == "launch"
        assert "queued" in last_line(pilot)


async def test_no_is_the_default_and_the_form_stays(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "t", "ctrl+s")
        top(pilot, Confirm)
        await press(pilot, "enter")
        top(pilot, LaunchScreen)
        assert await commands(pilot) == []


async def test_another_api_brings_its_variables_and_leaves_out_jobs(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world_with()) as pilot:
        await press(pilot, "j", "t")
        screen = top(pilot, LaunchScreen)
        assert "data › features › train" in shown(pilot)
        assert line_with(pilot, "STAGE").split()[-1] == "all"
        await press(pilot, "up", "right")
        assert screen.query_one("#api", ChoiceField).value == "features"
        assert values(screen) == {"WINDOW": "7"}
        assert shown_request(pilot)["jobs"] == "data › features"


async def test_a_wrong_value_is_named_and_nothing_is_sent(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world_with()) as pilot:
        await press(pilot, "j", "t")
        screen = top(pilot, LaunchScreen)
        await press(pilot, "down", "down", "down", "down", "down", "tab")
        await type_text(pilot, "x")
        assert values(screen)["LR"] == "0.01x"
        assert "cannot be sent: LR must be a number" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert top(pilot, LaunchScreen) is screen
        assert "send: LR must be a number" in last_line(pilot)


async def test_an_empty_ref_means_the_default_branch(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "t", "ctrl+u")
        assert shown_request(pilot)["ref"] == "main"


async def test_a_secret_is_dots_and_is_not_sent_without_an_engine_of_our_own(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world_with()) as pilot:
        await press(pilot, "j", "t", *["down"] * 6, "tab")
        await type_text(pilot, "hunter2")
        assert values(top(pilot, LaunchScreen))["TOKEN"] == "hunter2"
        assert "•••••••" in line_with(pilot, "TOKEN")
        assert shown_request(pilot)["TOKEN"] == "•••"
        assert "hunter2" not in shown(pilot)
        await press(pilot, "ctrl+s", "y")
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

    async with playing(tmp_path, world=world_with()) as pilot:
        backend = dashboard(pilot).backend
        assert backend is not None
        backend.engine = Engine()  # type: ignore[assignment]
        await press(pilot, "j", "t", *["down"] * 6, "tab")
        await type_text(pilot, "hunter2")
        await press(pilot, "ctrl+s", "y")
        (command,) = await commands(pilot)
        assert given == {command.id: {"TOKEN": "hunter2"}}
        assert command.payload["secrets"] == ["TOKEN"]
        assert b"hunter2" not in (tmp_path / "lineside.db").read_bytes()


async def test_where_variables_are_forbidden_there_are_none(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world_without_apis(variables_role="no_one_allowed")) as pilot:
        await press(pilot, "j", "t")
        assert "churn lets nobody set pipeline variables; use inputs" in shown(pilot)
        assert not top(pilot).query_one(RowsField).display
        await press(pilot, "ctrl+s", "y")
        (command,) = await commands(pilot)
        assert command.payload["variables"] == []


def world_without_apis(**project: object) -> list[Record]:
    """A project that has its pipeline as it is, and no API."""
    return [one for one in world_with(**project) if not (isinstance(one, PipelineAPI) and FIRST in one.id)]


async def test_without_an_api_the_pipeline_runs_as_it_is(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world_without_apis()) as pilot:
        await press(pilot, "j", "t")
        assert not top(pilot).query_one("#api").display
        await press(pilot, "ctrl+s", "y")
        (command,) = await commands(pilot)
        assert command.payload["api"] == ""
        assert command.payload["pipeline"] == f"{FIRST}:default"


async def test_an_archived_project_says_why_nothing_runs_in_it(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world_with(archived=True)) as pilot:
        await press(pilot, "j", "t")
        assert "churn is archived: GitLab runs nothing in it" in shown(pilot)
        await press(pilot, "ctrl+s")
        top(pilot, LaunchScreen)


async def test_a_note_and_a_test_run_are_sent_too(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "t", "down", "right", "down", "space", "down")
        await type_text(pilot, "try again")
        await press(pilot, "ctrl+s", "y")
        (command,) = await commands(pilot)
        assert (command.why, command.payload["kind"], command.payload["track"]) == ("try again", "test", False)
        assert command.title.endswith("(test)")


async def test_letters_are_typed_and_carry_nothing_out(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "t", "ctrl+u")
        await type_text(pilot, "q1:?xrR/t")
        assert top(pilot, LaunchScreen).query_one("#ref", TextField).value == "q1:?xrR/t"
        await press(pilot, "f1")
        assert "Keys of launch" in shown(pilot)
        await press(pilot, "escape", "escape")
        assert top(pilot).NAME == "runs"


async def test_read_only_shows_the_form_nowhere(tmp_path: Path) -> None:
    async with playing(tmp_path, read_only=True) as pilot:
        await press(pilot, "j", "t")
        assert top(pilot).NAME == "runs"
        assert "Lineside runs read-only" in last_line(pilot)


async def test_a_project_that_left_the_store_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        pilot.app.push_screen(LaunchScreen("gitlab:77"))
        await settle(pilot, lambda: "this project is not in the store" in last_line(pilot))


async def test_what_one_typed_stays_when_the_store_changes(tmp_path: Path) -> None:
    from tests.tui.stage import change

    async with playing(tmp_path) as pilot:
        await press(pilot, "j", "t")
        await type_text(pilot, "-x")
        run = next(one for one in records() if isinstance(one, PipelineRun))
        pipeline = next(one for one in records() if isinstance(one, Pipeline))
        await change(pilot, replace(run, status="canceled"), replace(pipeline, default_ref="other"))
        assert top(pilot, LaunchScreen).query_one("#ref", TextField).value == "main-x"
