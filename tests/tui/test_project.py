"""The screen of a project: every field, and all that it refers to."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import Deployment, Membership, Organization, Pipeline, Project, UserGroup
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
)
from tests.world import NOW, records
from tests.world_pipelines import HOSTILE, PIPELINE, PROJECT, world
from tui.present.fields import field_lines, field_title
from tui.present.project import of_project
from tui.screens.definition import DefinitionScreen
from tui.screens.pipeline import PipelineScreen
from tui.screens.project import ProjectScreen
from tui.screens.projects import ProjectsScreen
from tui.screens.runs import RunsScreen
from tui.screens.tracked import TrackedScreen

TABS = ("Project", "Pipelines", "Repositories", "Members", "Experiments", "Environments", "Schedules")
NEXT = "right_square_bracket"


def project() -> Project:
    """The first project of the world."""
    return next(one for one in world() if isinstance(one, Project) and one.id == PROJECT)


async def test_d_on_a_project_shows_everything_about_it(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        await press(pilot, "1", "d")
        assert top(pilot, ProjectScreen).project_id == PROJECT
        for words in ("Who is about to leave?", "We ask each night.", "40  maintainer", "MLflow test experiment",
                      "your role maintainer", "2 pipelines", "69% success"):  # fmt: skip
            assert words in shown(pilot)
        await press(pilot, "escape")
        assert top(pilot, ProjectsScreen).key == PROJECT


def test_every_field_of_a_project_has_a_line() -> None:
    names = [line.name for line in field_lines(project(), NOW, 40) if line.name]
    assert names == [field_title(name) for name in Project.__struct_fields__]


async def test_its_pipelines_lead_to_their_screens(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        await press(pilot, NEXT, "j")
        assert "in 15h" in line_with(pilot, "●✓✗✓")
        assert "in the tab" not in shown(pilot)
        await press(pilot, "enter")
        assert top(pilot, PipelineScreen).pipeline_id == PIPELINE


async def test_repositories_of_all_kinds(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        await press(pilot, *[NEXT] * 2)
        assert "https://gitlab.example/ml/churn-lib" in line_with(pilot, "code ")
        for word in ("s3://churn", "S3 churn", "v12"):
            assert word in line_with(pilot, "data ")
        assert "mlflow" in line_with(pilot, "churn-experiment")


async def test_members_have_roles_and_lead_to_their_runs(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        await press(pilot, *[NEXT] * 3)
        assert "group" in line_with(pilot, "Machine learning")
        assert "Others" not in shown(pilot)
        for name, role in (("Ada", "maintainer"), ("Bo", "developer"), ("Chen", "reporter")):
            assert role in line_with(pilot, name)
        new = Membership(id=f"{PROJECT}:60", user_id="gitlab:60", username="dora", project_id=PROJECT, access_level=50)
        await change(pilot, new)
        await settle(pilot, lambda: "owner" in line_with(pilot, "dora"))
        await press(pilot, "j", "enter")
        assert top(pilot, RunsScreen).filter == "by:dora"


def test_groups_are_those_on_the_way_to_the_project() -> None:
    def group(path: str, connection: str = "gitlab") -> UserGroup:
        return UserGroup(id=f"{connection}:{path}", connection=connection, name=path, path=path)

    top_level = Organization(id="gitlab:1", connection="gitlab", name="ml", path="ml")
    deep = replace(project(), path="ml/risk/churn")
    found = of_project([group("ml/risk"), group("ml/ris"), group("ml", "other"), top_level, group("ml")], deep)
    assert [(type(one).__name__, one.path) for one in found] == [("UserGroup", "ml"), ("UserGroup", "ml/risk")]


async def test_experiments_say_what_they_are_for(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        await press(pilot, *[NEXT] * 4)
        assert line_with(pilot, "production").split()[1:5] == ["churn-experiment", "1", "mlflow", "2"]
        assert "fraud-detection-experiment" in line_with(pilot, "test  ")
        await press(pilot, "enter")
        assert top(pilot, TrackedScreen).experiment_id == "mlflow:1"


async def test_environments_come_before_what_was_deployed(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        await press(pilot, *[NEXT] * 5)
        lines = [line for line in shown(pilot).splitlines() if line.startswith(" production")]
        assert "available" in lines[0]
        assert "✓ success" in lines[1]
        assert "1d ago" in lines[1]
        later = Deployment(id="gitlab:1:deployment:8", name="staging", environment="staging", project_id=PROJECT,
                           status="failed", deployed_by="ada", created=NOW)  # fmt: skip
        await change(pilot, later)
        await settle(pilot, lambda: "✗ failed" in line_with(pilot, " staging"))


async def test_a_schedule_of_the_project_can_be_run(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        await press(pilot, "p")
        assert "they are in the tab Schedules" in last_line(pilot)
        await press(pilot, *[NEXT] * 6, "G", "p", "y")
        (command,) = await commands(pilot)
        assert (command.kind, command.target_id) == ("schedule", "gitlab:1:schedule:6")


async def test_n_defines_a_pipeline_of_the_project(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        await press(pilot, "n")
        record = top(pilot, DefinitionScreen).record
        assert isinstance(record, Pipeline)
        assert (record.project_id, record.repository_url) == (PROJECT, "https://gitlab.example/ml/churn")


async def test_changes_of_the_project_appear(tmp_path: Path) -> None:
    async with playing(tmp_path, world=world()) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        await change(pilot, replace(project(), archived=True, variables_role="no_one_allowed"))
        await settle(pilot, lambda: "archived" in line_with(pilot, "ml/churn"))
        assert "pipeline variables are forbidden" in shown(pilot)


@pytest.mark.parametrize(("tab", "words"), [
    (2, "It refers to no repository"), (3, "No member is known"), (5, "No environment"), (6, "No schedule starts"),
])  # fmt: skip
async def test_empty_tabs_say_what_to_do(tmp_path: Path, tab: int, words: str) -> None:
    async with playing(tmp_path, world=records()) as pilot:
        dashboard(pilot).open_project("gitlab:2")
        await settle(pilot)
        await press(pilot, *[NEXT] * tab)
        assert words in shown(pilot)


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (200, 60)])
async def test_hostile_texts_are_only_text_in_every_tab(tmp_path: Path, size: tuple[int, int]) -> None:
    odd = replace(project(), name=HOSTILE, description=HOSTILE, labels=(HOSTILE,))
    member = Membership(id=f"{PROJECT}:61", user_id="gitlab:61", username=HOSTILE, name=HOSTILE, project_id=PROJECT)
    others = [one for one in world() if one.id != PROJECT or not isinstance(one, Project)]
    async with playing(tmp_path, size, world=[*others, odd, member]) as pilot:
        dashboard(pilot).open_project(PROJECT)
        await settle(pilot)
        for _ in TABS:
            await press(pilot, "j", NEXT)
        assert "[bold red]" in shown(pilot)
        assert dashboard(pilot).is_running
