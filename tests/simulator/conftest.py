"""A simulated server whose time stands still until the test moves it, and python-gitlab clients on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import gitlab
import pytest
import requests

from data.simulator import ManualClock, Simulator, SimulatorSettings

QUIET: dict[str, Any] = {"history_days": 0, "activity": 0, "failure_rate": 0}
"""A world without pipelines in which nothing happens by itself and nothing fails by chance."""

STEP, LONGEST = 5.0, 3_600.0
"""Seconds of the world's time by which tests move on, and after which they give up."""


class Bench:
    """A running simulator with its clock and clients.

    `gl` is python-gitlab as a Maintainer; `as_(name)` as somebody else; `get` and `post` are plain requests.
    """

    def __init__(self, simulator: Simulator, clock: ManualClock, stack: contextlib.ExitStack) -> None:
        self.simulator, self.clock, self._stack = simulator, clock, stack
        self.session = stack.enter_context(requests.Session())
        self.gl = self.as_("maintainer")

    def as_(self, name: str) -> gitlab.Gitlab:
        """Return a client with the token `name`."""
        client = gitlab.Gitlab(self.simulator.url, private_token=self.simulator.tokens[name], timeout=10)
        return self._stack.enter_context(client)

    def project(self, path: str = "ml/customer/churn", who: str = "maintainer") -> Any:
        """Return a project by its path."""
        return self.as_(who).projects.get(path)

    def url(self, path: str) -> str:
        """Return the URL of an API path."""
        return f"{self.simulator.url}{path}" if path.startswith("/-/") else f"{self.simulator.url}/api/v4{path}"

    def call(self, method: str, path: str, who: str = "maintainer", **options: Any) -> requests.Response:
        """Send a plain request."""
        headers = {"PRIVATE-TOKEN": self.simulator.tokens[who], **options.pop("headers", {})}
        return self.session.request(method, self.url(path), headers=headers, timeout=10, **options)

    def get(self, path: str, who: str = "maintainer", **options: Any) -> requests.Response:
        """GET."""
        return self.call("GET", path, who, **options)

    def post(self, path: str, who: str = "maintainer", **options: Any) -> requests.Response:
        """POST."""
        return self.call("POST", path, who, **options)

    def until(self, reached: Callable[[], bool]) -> None:
        """Let time pass until `reached`, which asks the server."""
        passed = 0.0
        while not reached():
            assert passed < LONGEST, "the world never got there"
            self.clock.advance(STEP)
            passed += STEP

    def pipeline(self, project: Any, until: str = "", ref: str = "main", **variables: str) -> Any:
        """Create a pipeline and let time pass until it has the status `until`."""
        given = [{"key": key, "value": value} for key, value in variables.items()]
        made = project.pipelines.create({"ref": ref, "variables": given})
        if until:
            self.until(lambda: project.pipelines.get(made.id).status == until)
        return project.pipelines.get(made.id)

    def job(self, pipeline: Any, name: str, until: str = "") -> Any:
        """Return the newest attempt of a job, once it has the status `until`."""

        def find() -> Any:
            found = [job for job in pipeline.jobs.list(get_all=True) if job.name == name]
            return found[0] if found else None

        if until:
            self.until(lambda: (found := find()) is not None and found.status == until)
        job = find()
        return self.gl.projects.get(pipeline.project_id, lazy=True).jobs.get(job.id)


@contextlib.contextmanager
def serving(**settings: Any) -> Iterator[Bench]:
    """Serve a quiet world, changed by `settings`."""
    clock = ManualClock()
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulator(SimulatorSettings(**{**QUIET, **settings}), clock))
        yield Bench(simulator, clock, stack)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A quiet world of six projects."""
    with serving() as found:
        yield found


@pytest.fixture
def serve() -> Iterator[Callable[..., Bench]]:
    """Serve worlds with settings of the test's own."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving(**settings))
