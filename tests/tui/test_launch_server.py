"""What servers say and allow: refs and previews that arrive later, permissions, the job graph, a full queue."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from data.model import Command, Connection, Interest, Pipeline, PipelineJob, Ref, Refs, Variable, make
from tests.tui.launchworld import (
    FIRST,
    PIPELINE,
    form,
    go_to,
    held,
    opened,
    preview,
    refs,
    sent,
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
    until,
)
from tests.world import NOW, records
from tui.screens.launch_question import LaunchQuestion
from widgets.facts import Facts


async def topics(pilot: object) -> set[str]:
    """What the engine is asked for."""
    feed = dashboard(pilot).feed  # type: ignore[arg-type]
    assert feed is not None
    return {one.topic for one in (await feed.context.store.page(Interest, limit=100)).records}


async def test_refs_and_preview_are_asked_for_and_the_ref_with_a_pause(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(refs())) as pilot:
        await opened(pilot)
        asked = await topics(pilot)
        assert {f"refs:{FIRST}", f"preview:{FIRST}@main"} <= asked
        await press(pilot, "enter")
        await type_text(pilot, "topic-7")
        form(pilot).form.fields["ref"].close()  # type: ignore[attr-defined]

        async def wanted() -> bool:
            return f"preview:{FIRST}@topic-7" in await topics(pilot)

        for _ in range(500):
            if await wanted():
                break
            await pilot.pause(0.02)
        asked = await topics(pilot)
        assert f"preview:{FIRST}@topic-7" in asked
        assert not {f"preview:{FIRST}@topi", f"preview:{FIRST}@topic"} & asked


async def test_what_arrives_later_is_added_and_changes_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await type_text(pilot, "-x")
        await go_to(pilot, "variables.LR")
        await type_text(pilot, "5")
        focused = form(pilot).focused
        await change(pilot, refs("main-x"))
        await change(pilot, preview("main-x"))
        await until(pilot, lambda: "inputs.epochs" in form(pilot).form.fields)
        values = held(pilot)
        assert (values["ref"], values["variables.LR"], values["inputs.epochs"]) == ("main-x", "0.015", "20")
        assert form(pilot).focused is focused
        await go_to(pilot, "inputs.epochs")
        await type_text(pilot, "0")
        await change(
            pilot, preview("main-x", inputs=[Variable(key="epochs", value="30", kind="number"), Variable(key="size")])
        )
        await until(pilot, lambda: "inputs.size" in form(pilot).form.fields)
        assert text_of(pilot, "inputs.epochs") == "200"


async def test_half_typed_texts_stay_as_they_are_when_the_store_changes(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+r")
        await go_to(pilot, "labels")
        await type_text(pilot, "best ")
        await go_to(pilot, "variables")
        await press(pilot, "enter")
        await type_text(pilot, "LR")
        await press(pilot, "enter", "enter")
        await type_text(pilot, "LR")
        await change(pilot, refs())
        await until(pilot, lambda: len(form(pilot).form.fields["ref"].offers) > 300)  # type: ignore[attr-defined]
        assert text_of(pilot, "labels") == "best "
        assert form(pilot).form.row_names("variables") == ["LR", "LR"]


async def test_offers_grow_while_the_list_is_open(tmp_path: Path) -> None:
    async with playing(
        tmp_path, world=world(make(Refs, id=FIRST, branches=[Ref(name="main"), Ref(name="old")]))
    ) as pilot:
        await opened(pilot)
        await press(pilot, "enter", "down")
        await change(pilot, refs("old"))
        await until(pilot, lambda: "305 in all" in shown(pilot))
        await press(pilot, "enter")
        assert text_of(pilot, "ref") == "old"


async def test_a_protected_ref_is_refused_before_one_tries(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(refs())) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+u")
        await type_text(pilot, "release/2026.03")
        assert "release/2026.03 is protected: you may not run pipelines on it" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert await commands(pilot) == []
        assert "is protected" in last_line(pilot)


async def test_where_variables_are_forbidden_the_form_says_so_and_offers_none(tmp_path: Path) -> None:
    locked = world(project={"variables_role": "no_one_allowed"}, api={"user_variables": (), "system_variables": ()})
    async with playing(tmp_path, (120, 60), world=locked) as pilot:
        await opened(pilot)
        assert "churn lets nobody set pipeline variables; use inputs" in line_with(pilot, "Variables")
        assert "variables" not in form(pilot).form.fields
        assert (await sent(pilot)).variables == []


async def test_where_variables_are_forbidden_inputs_take_their_place(tmp_path: Path) -> None:
    own = {"user_variables": (Variable(key="LR", value="0.01", kind="number"),), "system_variables": ()}
    declared = [Variable(key="lr", value="0.5", kind="number"), Variable(key="run_deploy", value="true", kind="bool")]
    everything = world(preview(inputs=declared), refs(), project={"variables_role": "no_one_allowed"}, api=own)
    async with playing(tmp_path, (120, 60), world=everything) as pilot:
        await opened(pilot)
        assert "that of the variable LR" in line_with(pilot, "lr  ")
        await go_to(pilot, "variables.LR")
        await press(pilot, "ctrl+up")
        assert "LR is sent as the input lr" in shown(pilot)
        await go_to(pilot, "flow_control")
        await press(pilot, *["down"] * 5, "space")
        payload = await sent(pilot)
        assert payload.variables == []
        assert payload.inputs["lr"] == 0.02
        assert payload.inputs["run_deploy"] is False


async def test_an_archived_project_says_why_nothing_runs_in_it(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world(project={"archived": True})) as pilot:
        await opened(pilot)
        assert "churn is archived: GitLab runs nothing in it" in line_with(pilot, "Launch churn")
        await press(pilot, "ctrl+s")
        assert "archived" in last_line(pilot)
        assert await commands(pilot) == []


async def test_a_token_that_may_only_read_says_so(tmp_path: Path) -> None:
    gitlab = next(one for one in records() if isinstance(one, Connection) and one.kind == "gitlab")
    async with playing(tmp_path, world=world(replace(gitlab, scopes=("read_api",)))) as pilot:
        await opened(pilot)
        assert "has the scope read_api; launching needs api" in line_with(pilot, "Launch churn")
        await press(pilot, "ctrl+s")
        assert await commands(pilot) == []


async def test_the_graph_shows_what_runs_and_strikes_out_what_does_not(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world(preview(), refs())) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+g")
        assert "6 of 6 jobs" in line_with(pilot, "what will run")
        assert "CI lint, commit abababab" in shown(pilot)
        assert "◌ train" in shown(pilot)
        assert "▷ deploy" in shown(pilot)
        await go_to(pilot, "flow_control")
        await press(pilot, "down", "down", "down", "space")
        assert "3 of 6 jobs" in line_with(pilot, "what will run")
        assert "↷ off train" in shown(pilot)
        assert "switched off" in line_with(pilot, "off: train  ")
        await press(pilot, "ctrl+g")
        assert "what will be sent" in shown(pilot)


async def test_the_graph_says_where_lint_refused_and_where_no_dry_run_was_allowed(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 60), world=world(preview(dry_run=False), refs())) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+g")
        assert "no dry run was allowed" in shown(pilot)
        await change(pilot, preview(valid=False, errors=["jobs:train config should implement script"], jobs=[]))
        await until(pilot, lambda: "CI lint refuses the configuration on main" in shown(pilot))
        assert "jobs:train config should implement script" in shown(pilot)
        await press(pilot, "ctrl+u")
        await type_text(pilot, "topic-1")
        assert "CI lint has not said yet what runs on topic-1" in shown(pilot)


async def test_jobs_that_the_rules_leave_out_are_told(tmp_path: Path) -> None:
    some = [one for one in world() if isinstance(one, PipelineJob) and one.name != "deploy"]
    async with playing(tmp_path, (120, 60), world=world(preview(jobs=some), refs())) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+g")
        assert "left out by its rules" in line_with(pilot, "off: deploy  ")
        assert "5 of 6 jobs" in shown(pilot)


async def test_where_the_graph_has_no_room_the_jobs_are_listed(tmp_path: Path) -> None:
    many = [
        make(PipelineJob, id=f"{PIPELINE}:job-{n}", pipeline_id=PIPELINE, name=f"job-with-a-long-name-{n}",
             stage=f"stage-{n}", order=n)
        for n in range(12)
    ]  # fmt: skip
    async with playing(tmp_path, (80, 40), world=world(preview(jobs=many), refs())) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+g")
        assert all(f"job-with-a-long-name-{n}" in shown(pilot) for n in range(8))
        assert line_with(pilot, "job-with-a-long-name-3").split()[0] == "stage-3"


async def test_a_full_queue_is_told_before_one_sends(tmp_path: Path) -> None:
    pipeline = next(one for one in records() if isinstance(one, Pipeline) and one.id == PIPELINE)
    waiting = make(Command, id="w1", kind="launch", connection="gitlab", project_id=FIRST, created=NOW,
                   payload={"ref": "main", "pipeline": PIPELINE})  # fmt: skip
    async with playing(tmp_path, world=world(replace(pipeline, max_concurrent=1), waiting)) as pilot:
        await opened(pilot)
        sentence = "at most 1 run of default at a time: it goes when one ends, behind 1 that waits already"
        assert sentence in shown(pilot)
        await press(pilot, "ctrl+s")
        details = top(pilot, LaunchQuestion).query("Facts").last(Facts)
        assert sentence in " ".join(cell.text for line in details.lines for cell in line)
        await press(pilot, "n")
        await change(pilot, replace(pipeline, max_concurrent=0))
        await until(pilot, lambda: "it takes its turn, behind 1 that waits already" in shown(pilot))


async def test_hostile_texts_are_plain(tmp_path: Path) -> None:
    hostile = "[red]x[/] [@click=app.quit]y[/] \x1b]52;c;aGk=\x07 [/foo]"
    branch = make(Refs, id=FIRST, branches=[Ref(name="main", title=hostile), Ref(name="a[/b]", title="[x")])
    own = {"description": hostile, "user_variables": (Variable(key="LR", value="1", description=hostile),)}
    lint = preview(valid=False, errors=[hostile], warnings=["[/w]"])
    async with playing(tmp_path, (160, 50), world=world(branch, lint, api=own)) as pilot:
        await opened(pilot)
        await press(pilot, "enter", "down", "down", "enter")
        assert text_of(pilot, "ref") == "a[/b]"
        await press(pilot, "ctrl+u")
        await go_to(pilot, "variables.LR")
        await press(pilot, "ctrl+g")
        assert "[red]x[/] [@click=app.quit]y[/]" in shown(pilot)
        assert "\x1b" not in shown(pilot)
        await press(pilot, "ctrl+s")
        await settle(pilot)
