"""From the keys to the server and back: dashboard, engine process, a simulated GitLab and a local MLflow store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from textual.pilot import Pilot

from data.model import Command, PipelineRun, Project, TrackedRun
from data.simulator import Simulator, SimulatorSettings
from tests.tui.stage import settle, shown, write_config
from tui.dashboard import Dashboard
from tui.options import DashboardOptions

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

CHURN = "ml/customer/churn"
DEADLINE = 60.0
"""Seconds after which a condition that does not come true fails the test."""


def config_of(folder: Path, simulator: Simulator, *, tracking: str = "") -> Path:
    """A configuration for the simulator's churn project."""
    mlflow = f"  mlflow:\n    kind: mlflow\n    url: {tracking}\n" if tracking else ""
    experiment = "    mlflow: mlflow\n    experiment: churn\n" if tracking else ""
    return write_config(
        folder,
        f"connections:\n  gitlab:\n    kind: gitlab\n    url: {simulator.url}\n"
        f"    token: {simulator.tokens['maintainer']}\n{mlflow}"
        f"projects:\n  - project: {CHURN}\n{experiment}"
        "sync:\n  fast: 0.5\n  medium: 1\n  slow: 5\n",
    )


async def until(pilot: Pilot[str], condition: Callable[[], Any]) -> None:
    """Wait until `condition` holds, or is awaited to something true."""
    end = time.monotonic() + DEADLINE
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        assert time.monotonic() < end, shown(pilot)
        await pilot.pause(0.05)


def ask(simulator: Simulator, path: str) -> Any:
    """What GitLab says."""
    headers = {"PRIVATE-TOKEN": simulator.tokens["owner"]}
    return requests.get(f"{simulator.url}{path}", headers=headers, timeout=10).json()


def created(simulator: Simulator) -> list[dict[str, Any]]:
    """Pipelines made through the API, with their variables."""
    found: list[dict[str, Any]] = ask(simulator, "/-/simulator/pipelines")
    return found


@pytest.fixture
def quiet():
    """A simulator in which nothing happens by itself and nothing fails."""
    with Simulator(SimulatorSettings(history_days=0, activity=0, failure_rate=0, speed=5)) as simulator:
        yield simulator


def app_on(tmp_path: Path, config: Path) -> Dashboard:
    """A dashboard with an engine process."""
    return Dashboard(DashboardOptions(config=config, store=tmp_path / "data" / "lineside.db", ascii=False))


@asynccontextmanager
async def running(app: Dashboard) -> AsyncIterator[Pilot[str]]:
    """The dashboard on a terminal of 140x45; it is quit in any case, and its engine with it."""
    async with app.run_test(size=(140, 45)) as pilot:
        try:
            yield pilot
        finally:
            await app.do_quit()


async def test_launch_with_changed_variables_watch_and_cancel(quiet, tmp_path: Path):
    app = app_on(tmp_path, config_of(tmp_path, quiet))
    async with running(app) as pilot:
        await settle(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "Churn" in shown(pilot) and app.feed and app.feed.overview.names)
        await settle(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "what will be sent" in shown(pilot))
        await settle(pilot)
        from widgets.forms import TextField
        from widgets.rowsfield import Pair, RowsField

        rows = app.screen.query_one("#variables", RowsField)
        rows.set_pairs([pair for pair in rows.pairs if pair.locked] + [Pair("LR", "0.02"), Pair("EPOCHS", "7")])
        why = app.screen.query_one("#why", TextField)
        why.set_value("lower rate")
        why.changed()
        rows.changed()
        await settle(pilot)
        form = shown(pilot)
        await pilot.press("ctrl+s")
        await pilot.pause()
        await pilot.press("y")
        await until(pilot, lambda: created(quiet))
        (pipeline,) = created(quiet)
        sent = dict(pipeline["variables"])
        assert sent.pop("RUN_ID") in form
        assert sent == {"LR": "0.02", "EPOCHS": "7"}
        assert all(value in form for value in sent.values())

        assert app.feed is not None
        store = app.feed.context.store

        async def run() -> PipelineRun | None:
            return await store.get(PipelineRun, f"gitlab:{pipeline['project_id']}:{pipeline['id']}")

        await until(pilot, run)
        await pilot.press("3")
        await until(pilot, lambda: str(pipeline["id"]) in shown(pilot))
        await settle(pilot)
        await until(pilot, lambda: getattr(app.screen, "current_run", None) is not None)
        await pilot.press("x")
        await pilot.pause()
        assert "Cancel" in shown(pilot)
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("x", "y")
        path = f"/api/v4/projects/{pipeline['project_id']}/pipelines/{pipeline['id']}"
        await until(pilot, lambda: ask(quiet, path)["status"] == "canceled")

        async def settled() -> bool:
            found = await run()
            return found is not None and found.status == "canceled"

        await until(pilot, settled)
        commands = (await store.page(Command)).records
        assert {(command.kind, command.state) for command in commands} == {("launch", "done"), ("cancel", "done")}
        launch = next(command for command in commands if command.kind == "launch")
        assert (launch.why, launch.by, launch.result_id) == ("lower rate", app.user, f"gitlab:101:{pipeline['id']}")
        assert launch.created < (launch.sent or launch.created) < (launch.finished or launch.created)


async def test_the_mlflow_run_of_a_launch_is_linked_and_its_metrics_arrive(tmp_path: Path):
    tracking = f"sqlite:///{tmp_path}/mlflow.db"
    settings = SimulatorSettings(
        history_days=2, activity=0, failure_rate=0, speed=8, mlflow_uri=tracking, mlflow_history=3
    )
    with Simulator(settings) as simulator:
        app = app_on(tmp_path, config_of(tmp_path, simulator, tracking=tracking))
        async with running(app) as pilot:
            await settle(pilot)
            await until(pilot, lambda: app.feed and app.feed.overview.names)
            assert app.feed is not None
            store = app.feed.context.store

            async def experiment_is_known() -> bool:
                found = await store.get(Project, "gitlab:101")
                return found is not None and bool(found.mlflow_experiment_id)

            await until(pilot, experiment_is_known)
            await pilot.press("1")
            await until(pilot, lambda: "Churn" in shown(pilot))
            await settle(pilot)
            await pilot.press("t")
            await until(pilot, lambda: "MLFLOW_RUN_ID" in shown(pilot))
            await pilot.press("ctrl+s")
            await pilot.pause()
            await pilot.press("y")
            await until(pilot, lambda: created(simulator))
            sent = dict(created(simulator)[0]["variables"])
            tracked_id = f"mlflow:{sent['MLFLOW_RUN_ID']}"

            async def metrics() -> bool:
                run = await store.get(PipelineRun, f"gitlab:101:{created(simulator)[0]['id']}")
                tracked = await store.get(TrackedRun, tracked_id)
                return bool(
                    run
                    and tracked
                    and tracked_id in run.mlflow_run_ids
                    and run.metrics
                    and tracked.pipeline_run_id == run.id
                )

            await until(pilot, metrics)


async def test_the_server_goes_away_and_comes_back(tmp_path: Path):
    settings = SimulatorSettings(history_days=1, activity=0, speed=1)
    simulator = Simulator(settings)
    simulator.start()
    port = int(simulator.url.rsplit(":", 1)[1])
    app = app_on(tmp_path, config_of(tmp_path, simulator))
    async with running(app) as pilot:
        await settle(pilot)

        def state() -> str:
            connections = app.feed.overview.connections if app.feed else ()
            return next((one.state for one in connections if one.id == "gitlab"), "")

        await until(pilot, lambda: state() == "ok" and "success" in shown(pilot))
        simulator.stop()
        await until(pilot, lambda: state() == "offline")
        for key in "124563":
            await pilot.press(key)
            await settle(pilot)
            assert "offline" in shown(pilot).splitlines()[0]
        assert "success" in shown(pilot)
        await pilot.press("6")
        await settle(pilot)
        assert "refuses connections" in shown(pilot)
        again = Simulator(SimulatorSettings(history_days=1, activity=0, speed=1, port=port))
        again.start()
        try:
            await until(pilot, lambda: state() == "ok")
        finally:
            again.stop()


async def test_two_dashboards_on_one_store_share_one_engine_and_see_the_same(quiet, tmp_path: Path):
    config = config_of(tmp_path, quiet)
    one, other = app_on(tmp_path, config), app_on(tmp_path, config)
    async with running(one) as first, running(other) as second:
        await settle(first)
        await settle(second)
        await until(first, lambda: one.feed and one.feed.overview.names)
        await until(second, lambda: other.feed and other.feed.overview.names)
        headers = {"PRIVATE-TOKEN": quiet.tokens["maintainer"]}
        url = f"{quiet.url}/api/v4/projects/101/pipeline"
        answer = await asyncio.to_thread(requests.post, url, json={"ref": "main"}, headers=headers, timeout=10)
        number = str(answer.json()["id"])
        await until(first, lambda: number in shown(first))
        await until(second, lambda: number in shown(second))
        await asyncio.to_thread(requests.post, f"{quiet.url}/-/simulator/reset", timeout=10)
        began = time.monotonic()
        await until(first, lambda: time.monotonic() - began > 4)
        counted = ask(quiet, "/-/simulator/requests")["routes"]
        lists = sum(count for route, count in counted.items() if route.endswith("/pipelines"))
        # One engine that asks every 0.5 s makes 8 lists in 4 s; two would make 16.
        assert lists <= 12, counted
