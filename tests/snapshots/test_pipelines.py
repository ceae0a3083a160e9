"""Pipelines, a pipeline, a project and the form of a definition, at the sizes that people have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.snapshots.sizes import USUAL, pictures
from tests.tui.stage import dashboard, press, settle, stage
from tests.world_pipelines import PIPELINE, PROJECT, apis, jobs, pipeline, world
from tui.dashboard import Dashboard
from tui.screens.definition import DefinitionScreen
from tui.screens.definition_variable import VariableScreen

LARGE = (160, 45)
NEXT = "right_square_bracket"
PIPELINE_TABS = {"apis": 0, "jobs": 1, "run-ids": 2, "schedules": 3, "submissions": 4, "definition": 5, "ci": 6}
PROJECT_TABS = {"project": 0, "pipelines": 1, "repositories": 2, "members": 3}
FORMS: dict[str, tuple[Callable[[Dashboard], None], Sequence[str]]] = {
    "pipeline": (lambda app: app.open_definition(pipeline()), ("down", "down", "down", "space")),
    "api": (lambda app: app.open_definition(apis()[0]), (*["down"] * 6, "space")),
    "job": (lambda app: app.open_definition(jobs()[3]), ("ctrl+up", "down", "x")),
    "wrong": (lambda app: app.open_definition(pipeline()), (*["tab"] * 9, *"soon", "ctrl+s")),
    "copy": (lambda app: app.push_screen(DefinitionScreen(jobs()[0], new=True, like=jobs()[0])), ("x", "ctrl+s")),
    "variable": (lambda app: app.open_definition(apis()[0]), (*["tab"] * 6, "down", "enter")),
}
"""What opens each form, and the keys in it."""


def has_focus(pilot: Pilot[str]) -> bool:
    """Whether the first field of a form has the focus; it gets it after the form was laid out."""
    screen = pilot.app.screen
    return screen.focused is not None or not isinstance(screen, DefinitionScreen | VariableScreen)


def play(
    snap_compare, folder: Path, size: tuple[int, int], keys: Sequence[str], open_it: Callable[[Dashboard], None] | None
) -> bool:
    """The dashboard on the world of definitions, after some keys."""
    app = asyncio.run(stage(folder / "data", world=world()))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        if open_it is not None:
            open_it(dashboard(pilot))
            await settle(pilot, lambda: has_focus(pilot))
        await press(pilot, *keys)
        await settle(pilot, lambda: has_focus(pilot))

    return snap_compare(app, terminal_size=size, run_before=run_before)


@pytest.mark.parametrize("size", USUAL, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pipelines(size, snap_compare, tmp_path: Path):
    assert play(snap_compare, tmp_path, size, ("2", "j", "tab", "j"), None)


@pictures("tab", PIPELINE_TABS, LARGE, {"apis", "definition"})
def test_pipeline(tab, size, snap_compare, tmp_path: Path):
    keys = (*[NEXT] * PIPELINE_TABS[tab], "j")
    assert play(snap_compare, tmp_path, size, keys, lambda app: app.open_pipeline(PIPELINE))


@pictures("tab", PROJECT_TABS, LARGE, {"pipelines"})
def test_project(tab, size, snap_compare, tmp_path: Path):
    keys = (*[NEXT] * PROJECT_TABS[tab], "j")
    assert play(snap_compare, tmp_path, size, keys, lambda app: app.open_project(PROJECT))


@pictures("form", FORMS, LARGE, {"pipeline", "job"})
def test_definition(form, size, snap_compare, tmp_path: Path):
    open_it, keys = FORMS[form]
    assert play(snap_compare, tmp_path, size, keys, open_it)


def test_delete(snap_compare, tmp_path: Path):
    assert play(snap_compare, tmp_path, (80, 24), ("2", "j", "tab", "G", "D", *"qui"), None)


def test_pipeline_on_a_large_terminal(snap_compare, tmp_path: Path):
    assert play(snap_compare, tmp_path, (200, 60), ("j",), lambda app: app.open_pipeline(PIPELINE))
