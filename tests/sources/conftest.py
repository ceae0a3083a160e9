"""Servers and sources for the tests of sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from data.config.credentials import Credential
from data.config.secret import Secret
from data.config.settings import ConnectionSettings
from data.simulator.server import Simulator
from data.simulator.settings import SimulatorSettings
from data.sources.gitlab import GitLabSource
from tests.servers import mlflow_server
from tests.sources.scripted import Scripted, scripted

__all__ = ["mlflow_server"]

TOKEN = "glpat-0123456789abcdefghij"
"""A token of the form that GitLab gives."""


def access_token(value: str = TOKEN) -> Credential:
    """A personal access token from the environment."""
    return Credential(kind="private_token", secret=Secret(value), origin="environment variable GITLAB_TOKEN")


@pytest.fixture
def script() -> Iterator[Scripted]:
    """A scripted server."""
    with scripted() as server:
        yield server


@pytest.fixture
def gitlab(script: Scripted) -> Iterator[GitLabSource]:
    """A GitLab source that talks to the scripted server."""
    source = GitLabSource("gl", settings(script.url), access_token())
    yield source
    source.close()


def settings(url: str, **values: object) -> ConnectionSettings:
    """Settings of a GitLab connection with short time-outs."""
    fields: dict[str, object] = {"kind": "gitlab", "url": url, "timeout_connect": 5.0, "timeout_read": 20.0, **values}
    return ConnectionSettings(**fields)  # type: ignore[arg-type]  # fields by name


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A small simulated GitLab; one for all tests of a module."""
    with Simulator(SimulatorSettings(projects=2, history_days=2, activity=0, speed=30)) as running:
        yield running


Connect = Callable[..., GitLabSource]


@pytest.fixture
def connect(simulator: Simulator) -> Iterator[Connect]:
    """Makes sources that talk to the simulator: `connect("reporter")`."""
    made: list[GitLabSource] = []

    def make(who: str = "maintainer", **values: object) -> GitLabSource:
        source = GitLabSource("gl", settings(simulator.url, **values), access_token(simulator.tokens[who]))
        made.append(source)
        return source

    yield make
    for source in made:
        source.close()
