"""What all tests share: nothing of the developer's machine gets into a test."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.idle import wait_for_idle
from tui.garbage import THRESHOLDS

pytest_plugins = ["tests.overdue"]

PRIVATE = (
    "GITLAB",
    "MLFLOW",
    "MONGO_",
    "LINESIDE",
    "GLAB",
    "CI_",
    "OAUTH_TOKEN",
    "XDG_",
    "PYTHON_GITLAB",
    "SSH_",
    "TEXTUAL",
)
"""Beginnings of environment variables that could change what a test sees."""


LONG_FIRST = (
    "engine/test_killed",
    "team/",
    "tui/test_whole_line",
    "store/test_seek",
    "terminal/",
    "engine/",
    "mirror/",
    "moving/",
    "store/",
    "tui/",
    "cli/",
    "snapshots/",
)
"""Beginnings of the files whose tests take long, the longest first: no worker begins with one when all others end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, those that nobody names last; within a file the order stays."""
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        name = item.path.relative_to(tests).as_posix()
        return next((place for place, start in enumerate(LONG_FIRST) if name.startswith(start)), len(LONG_FIRST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported is no garbage: looking through it again and again would take a good part of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


@pytest.fixture(autouse=True, scope="session")
def quick_pilot() -> Iterator[None]:
    """Textual's pilot looks often whether the application rests."""
    with pytest.MonkeyPatch.context() as patched:
        for module in ("textual.app", "textual.pilot"):
            patched.setattr(f"{module}.wait_for_idle", wait_for_idle)
        yield


@pytest.fixture(autouse=True)
def own_world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, folders and an environment of the test's own."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if (name.startswith(PRIVATE) and not name.startswith("TEXTUAL_SNAPSHOT")) or name in {
            "NO_COLOR",
            "CI",
            "COLORTERM",
            "TMUX",
            "STY",
        }:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LINESIDE_DATA_DIR", str(home / "data"))
    monkeypatch.setenv("LINESIDE_STATE_DIR", str(home / "state"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    return home
