"""A project with everything that a launch form can show, and the ways to look at the form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from msgspec.structs import replace
from textual.pilot import Pilot

from data.launch.payload import Payload, payload_of
from data.model import (
    CiPreview,
    PipelineAPI,
    PipelineJob,
    PipelineRun,
    Project,
    Record,
    Ref,
    Refs,
    Submission,
    Variable,
    make,
)
from data.model.vocabulary import SUB_API
from tests.tui.stage import commands, press, settle, shown, top, until
from tests.world import FAILED_RUN, NOW, records
from tui.screens.launch import LaunchScreen
from widgets.formparts import TogglesField
from widgets.forms import ChoiceField, TextField, ToggleField
from widgets.rowsfield import RowsField

FIRST = "gitlab:1"
PIPELINE = f"{FIRST}:default"
TRAIN = f"{PIPELINE}:train-e2e"
JOBS = (
    ("fetch", "data", ()), ("check", "data", ()), ("features", "features", ("fetch",)),
    ("train", "train", ("features",)), ("evaluate", "evaluate", ("train",)), ("deploy", "deploy", ("evaluate",)),
)  # fmt: skip
USER = (
    Variable(key="LR", value="0.01", kind="number", required=True, description="Learning rate of the optimiser."),
    Variable(key="MODEL", value="mlp", choices=("mlp", "gbm", "linear"), description="Kind of model."),
    Variable(key="AUGMENT", value="false", kind="bool"),
    Variable(key="CONFIG", kind="file", description="Search space"),
    Variable(key="TOKEN", secret=True, description="Token of the feature store"),
)  # fmt: skip
EPOCHS = Variable(key="epochs", value="20", kind="number", description="How long it trains")


def jobs() -> list[PipelineJob]:
    """The components of the pipeline."""
    return [
        make(PipelineJob, id=f"{PIPELINE}:{name}", pipeline_id=PIPELINE, name=name, stage=stage, order=place,
             needs=needs, when="manual" if name == "deploy" else "on_success")
        for place, (name, stage, needs) in enumerate(JOBS)
    ]  # fmt: skip


def refs(*more: str) -> Refs:
    """Hundreds of branches, protected ones among them, and a tag."""
    names = ["main", "feat/long-branch-name-with-words", "release/2026.03", *more, *(f"topic-{n}" for n in range(300))]
    branches = [
        Ref(name=name, sha=f"{number:040x}", title=f"Commit {number}", committed=NOW - timedelta(hours=number),
            protected=name in {"main", "release/2026.03"}, may_run=name != "release/2026.03")
        for number, name in enumerate(names)
    ]  # fmt: skip
    return make(Refs, id=FIRST, branches=branches, tags=[Ref(name="v1.2.0", sha="ab" * 20)])


def preview(ref: str = "main", **values: object) -> CiPreview:
    """What CI lint says of a ref."""
    given = {"sha": "ab" * 20, "valid": True, "jobs": jobs(), "inputs": [EPOCHS], "dry_run": True, **values}
    return make(CiPreview, id=f"{FIRST}@{ref}", project_id=FIRST, ref=ref, **given)


def world(
    *more: Record, project: Mapping[str, object] | None = None, api: Mapping[str, object] | None = None
) -> list[Record]:
    """The fixed world with a first project that has it all; `more` replaces what has the same id."""
    own = {
        "system_variables": (Variable(key="STAGE", value="all"),), "user_variables": USER,
        "image_variable": "TRAIN_IMAGE", "description": "Everything, from data to deployment", **(api or {}),
    }  # fmt: skip
    everything: list[Record] = []
    for one in records():
        if isinstance(one, Project) and one.id == FIRST:
            everything.append(replace(one, **(project or {})))
        elif isinstance(one, PipelineAPI) and one.id == TRAIN:
            everything.append(replace(one, **own))
        elif not (isinstance(one, PipelineRun) and one.id in {run.id for run in more}):
            everything.append(one)
    features = make(
        PipelineAPI,
        id=f"{PIPELINE}:features",
        pipeline_id=PIPELINE,
        name="features",
        type=SUB_API,
        flow_control={"train": False, "evaluate": False, "deploy": False},
        user_variables=[{"key": "WINDOW", "value": "7"}, {"key": "LR", "value": "0.1", "kind": "number"}],
    )
    return [*everything, features, *jobs(), *more]


def submission(**values: object) -> Submission:
    """What the failed run of the first project was started with."""
    given = {
        "id": "s103", "timestamp": NOW - timedelta(minutes=1), "requester": "ada", "project_id": FIRST,
        "pipeline_id": PIPELINE, "pipeline_api_id": TRAIN, "ref": "main", "pipeline_run_id": FAILED_RUN,
        "variables": [Variable(key="STAGE", value="all"), Variable(key="LR", value="0.5"),
                      Variable(key="MODEL", value="gbm"), Variable(key="RUN_DEPLOY", value="false"),
                      Variable(key="TOKEN", secret=True)],
        "flow_control": {"deploy": False}, "inputs": {"epochs": 7}, "labels": ["nightly"], "note": "Two\nlines.",
        "why": "compare", "timeout": 5400, "requested_image": "img:2", **values,
    }  # fmt: skip
    return make(Submission, **given)


def failed_run(**values: object) -> PipelineRun:
    """The newest run of the first project, with other values."""
    *_, run = (one for one in records() if isinstance(one, PipelineRun) and one.id == FAILED_RUN)
    return replace(run, **values)


def submitted() -> list[Record]:
    """The failed run and its submission."""
    return [failed_run(submission_id="s103", pipeline_api_id=TRAIN, api="train-e2e"), submission()]


def form(pilot: Pilot[str]) -> LaunchScreen:
    """The form, which must be on top."""
    return top(pilot, LaunchScreen)


async def opened(pilot: Pilot[str], key: str = "t") -> LaunchScreen:
    """Open the form from the second line of the history, a run of the first project."""
    await press(pilot, "j", key)
    await until(pilot, lambda: isinstance(pilot.app.screen, LaunchScreen) and pilot.app.screen.focused is not None)
    await settle(pilot)
    return form(pilot)


def text_of(pilot: Pilot[str], name: str) -> str:
    """What a field holds."""
    field = form(pilot).form.fields[name]
    assert isinstance(field, TextField | ChoiceField)
    return field.value


def held(pilot: Pilot[str]) -> dict[str, object]:
    """What all fields hold, by name."""
    found: dict[str, object] = {}
    for name, field in form(pilot).form.fields.items():
        if isinstance(field, RowsField):
            found[name] = {pair.key: pair.value for pair in field.pairs}
        elif isinstance(field, TogglesField):
            found[name] = {one.name: one.on for one in field.toggles}
        elif isinstance(field, TextField | ChoiceField | ToggleField):
            found[name] = field.value
    return found


async def go_to(pilot: Pilot[str], name: str) -> None:
    """Put the cursor into a field, as the mouse would."""
    form(pilot).form.go_to(name)
    await settle(pilot, lambda: form(pilot).form.name_of(form(pilot).focused) == name)


def request(pilot: Pilot[str]) -> dict[str, str]:
    """The lines of the request that stands beside the form, or below it."""
    lines = shown(pilot).split("what will be sent")[1].splitlines()[1:]
    return {line[1:21].strip(): line[23:].strip() for line in lines if line.startswith(" ") and line[23:].strip()}


async def sent(pilot: Pilot[str]) -> Payload:
    """Answer the question with yes; what the one new command carries."""
    await press(pilot, "ctrl+s", "y")
    (command,) = await commands(pilot)
    return payload_of(command)
