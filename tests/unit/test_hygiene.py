"""What importing a part of Lineside must not load: checked in fresh processes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SCREEN = ("textual", "rich", "tui", "widgets")
SERVERS = ("mlflow", "gitlab", "pymongo", "requests")
LATE = ("sqlalchemy", "aiosqlite", "click", "yaml", "starlette", "uvicorn", "alembic")


def loaded_by(statement: str) -> set[str]:
    """Top-level modules after a statement in a fresh process."""
    code = (
        f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "module",
    [
        "data",
        "data.model",
        "data.config",
        "data.query",
        "data.store.port",
        "data.store.kinds",
        "data.store.open",
        "data.store.sqlite.store",
        "data.sources.gitlab",
        "data.sources.mlflow",
        "data.engine.service",
        "data.simulator",
        "data.logtext",
    ],
)
def test_data_loads_no_screen(module):
    assert not loaded_by(f"import {module}") & set(SCREEN)


@pytest.mark.parametrize("module", ["data.store.port", "data.store.kinds", "data.config", "data.query"])
def test_the_port_is_cheap(module):
    assert not loaded_by(f"import {module}") & {"sqlalchemy", "aiosqlite"}


def test_the_dashboard_loads_no_client_and_nothing_that_the_first_frame_does_not_need():
    assert not loaded_by("import tui.app, tui.dashboard") & {*SERVERS, *LATE}


def test_widgets_know_no_store_no_source_and_no_screen():
    code = "import widgets.grid, widgets.frame, widgets.logview, widgets.chartgrid, widgets.forms, widgets.prompt"
    assert "tui" not in loaded_by(code)


def test_choosing_a_source_loads_no_client():
    assert not loaded_by("import data.sources.mlflow") & {"mlflow"}
