"""An engine that is killed at any step of the outbox: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import requests

from data.model import Command, JobRun, Label, Note, PipelineRun, RunInfo, Submission
from tests.engine.conftest import Lab, until
from tests.engine.killing import ENDED, KILLED, PACE, Killing, Order, killing
from tests.engine.launching import PLAIN, launch_command
from tests.engine.test_callbacks import receiving
from tests.servers import MlflowServer, running_mlflow

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
MOST = 80
"""Steps of one command, at most."""
TRACKED = ("create_run", "set_status", "set_tag", "TrackedRun", "Submission", "create_pipeline")
"""Words of the steps at which a launch with an MLflow run is killed; at the others it is as one without."""


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killing]:
    """Engines that die when they are told to."""
    with killing(tmp_path_factory.mktemp("killed") / "log") as found:
        yield found


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """An MLflow server."""
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


class Walk:
    """Gives a command to an engine that is killed at one step after the other, and to a second one afterwards."""

    def __init__(self, lab: Lab, engines: Killing, **more: str) -> None:
        self._lab, self._engines, self._more = lab, engines, more
        self.trace: list[str] = []

    async def at(self, command: Command, last: int) -> bool:
        """Kill at this step, then let another engine finish; False when there were not so many steps."""
        lab, owner, trace = self._lab, f"killed-{last}", self._lab.folder / "trace"
        await lab.store.submit(command)
        order = Order(
            command=command.id, last=last, owner=owner, store=str(lab.folder / "lineside.db"), trace=str(trace),
            gitlab=lab.simulator.url, token=lab.simulator.tokens["maintainer"], path=PLAIN, **self._more,
        )  # fmt: skip
        code = await self._engines.run(order)
        self.trace = trace.read_text().splitlines()
        assert code in (KILLED, ENDED), f"{code} after {self.trace[-1:]}: {self._engines.said}"
        # It is dead for sure: nobody has to wait until its leases have expired.
        for name in (lab.project_id(PLAIN), "launching:work", "work", "ml"):
            await lab.store.release(name, owner)
        async with lab.running(order.settings(), owner=f"after-{last}", timing=PACE):
            await lab.settled(command)
        return code == KILLED

    async def steps(self) -> AsyncIterator[int]:
        """Step after step; the caller breaks when there are no more."""
        for last in range(1, MOST):
            yield last
        raise AssertionError(f"there are more than {MOST} steps: {self.trace}")


async def check_launch(lab: Lab, command: Command, where: str) -> dict[str, str]:
    """One pipeline exists, and all that is written down of it; gives its variables."""
    run_id = command.payload["run_id"]
    made = [one for one in await lab.requested() if one["variables"].get("RUN_ID") == run_id]
    assert len(made) == 1, f"{len(made)} pipelines after the engine died {where}"
    now = await lab.store.get(Command, command.id)
    assert now is not None and now.state == "done", where
    run = await lab.store.get(PipelineRun, now.result_id)
    assert run is not None and run.git_pipeline_id == made[0]["id"], where
    assert (run.submission_id, run.run_info_id, run.labels, run.notes) == (command.id, run_id, ("nightly",), "why")

    async def told() -> Submission | None:
        found = await lab.store.get(Submission, command.id)
        return found if found is not None and found.state == "done" else None

    submission = await until(told, where)
    assert (submission.pipeline_run_id, submission.answer) == (run.id, now.answer), where
    info = await lab.store.get(RunInfo, str(run_id))
    assert info is not None and info.runs == (run.id,) and info.requester == "ada", where
    assert await lab.store.get(Note, run.id) is not None
    assert await lab.store.get(Label, f"{run.id}:nightly") is not None, where
    variables: dict[str, str] = made[0]["variables"]
    return variables


async def test_a_launch(lab: Lab, engines: Killing) -> None:
    walk = Walk(lab, engines)
    async for last in walk.steps():
        command = launch_command(lab, f"r{last}", path=PLAIN, labels=["nightly"], note="why")
        more = await walk.at(command, last)
        await check_launch(lab, command, f"{walk.trace[-1]} ({last})")
        if not more:
            break
    requests = [step for step in walk.trace if "create_pipeline" in step]
    assert requests == ["before create_pipeline", "after create_pipeline"]
    assert "before put Submission" in walk.trace and "after settle done" in walk.trace
    assert len(await lab.requested()) == last


async def test_a_launch_with_an_mlflow_run(lab: Lab, engines: Killing, mlflow: MlflowServer) -> None:
    def ask(path: str, **body: Any) -> Any:
        return requests.post(f"{mlflow.url}/api/2.0/mlflow/{path}", json=body, timeout=20).json()

    experiment = ask("experiments/create", name=f"killed-{lab.folder.name}-{lab.simulator.url}")["experiment_id"]
    name = ask("experiments/search", max_results=1000)["experiments"]
    [named] = [one["name"] for one in name if one["experiment_id"] == experiment]
    walk = Walk(lab, engines, mlflow=mlflow.url, experiment=named)

    async def killed(last: int) -> None:
        command = launch_command(lab, f"r{last}", path=PLAIN, labels=["nightly"], note="why", track=True)
        await walk.at(command, last)
        where = f"{walk.trace[-1]} ({last})"
        variables = await check_launch(lab, command, where)
        found = ask("runs/search", experiment_ids=[experiment], max_results=1000).get("runs", [])
        tags = [({tag["key"]: tag["value"] for tag in one["data"]["tags"]}, one["info"]["run_id"]) for one in found]
        ours = [(tag, id) for tag, id in tags if tag.get("lineside.submission") == command.id]
        assert [id for _, id in ours] == [variables["MLFLOW_RUN_ID"]], where
        assert ours[0][0]["CI_PIPELINE_ID"] and ours[0][0]["mlflow.source.git.commit"], where

    await killed(0)
    trace = walk.trace
    assert [step for step in trace if "create_run" in step] == ["before create_run", "after create_run"]
    for last, step in enumerate(trace, 1):
        if any(word in step for word in TRACKED):
            await killed(last)


@pytest.mark.parametrize("kind", ["cancel", "retry", "play"])
async def test_an_action(lab: Lab, engines: Killing, kind: str) -> None:
    """Each step has a run of its own; what is counted is what its jobs became on the server."""
    world = lab.simulator.world
    numbers = [await lab.pipeline(PLAIN, EPOCHS="3") for _ in range(20)]
    if kind != "cancel":
        lab.pass_time_until(lambda: all(world.pipelines[number].status == "success" for number in numbers))
    await lab.engine(lab.settings(PLAIN)).sync_once()
    walk = Walk(lab, engines)
    async for last in walk.steps():
        number = numbers[last - 1]
        jobs = {job.name: job for job in world.pipelines[number].jobs}
        target = {
            "cancel": lab.run_id(number, PLAIN),
            "retry": f"{lab.project_id(PLAIN)}:job:{jobs['extract'].id}",
            "play": f"{lab.project_id(PLAIN)}:job:{jobs['deploy'].id}",
        }[kind]
        assert await lab.store.get(PipelineRun if kind == "cancel" else JobRun, target) is not None
        command = launch_command(lab, "", path=PLAIN, fields={"kind": kind, "target_id": target, "payload": {}})
        more = await walk.at(command, last)
        now = await lab.store.get(Command, command.id)
        where = f"{walk.trace[-1]} ({last})"
        assert now is not None and now.state == "done", where
        after = world.pipelines[number]
        if kind == "cancel":
            assert after.status in ("canceled", "canceling"), where
        elif kind == "retry":
            assert len([job for job in after.jobs if job.name == "extract"]) == 2, where
        else:
            assert jobs["deploy"].status not in ("manual", "created"), where
            assert len([job for job in after.jobs if job.name == "deploy"]) == 1, where
        if not more:
            break


async def test_a_callback(lab: Lab, engines: Killing) -> None:
    """It may be told twice when the answer was lost; the receiver knows by the delivery's id."""
    with receiving() as receiver:
        walk = Walk(lab, engines)
        async for last in walk.steps():
            payload = {"url": receiver.url, "key_env": "", "body": {"event": "run_finished", "number": last}}
            command = launch_command(lab, "", path=PLAIN, fields={"kind": "callback", "payload": payload})
            more = await walk.at(command, last)
            where = f"{walk.trace[-1]} ({last})"
            now = await lab.store.get(Command, command.id)
            assert now is not None and now.state == "done", where
            told = [body for headers, body in receiver.got if headers["X-Lineside-Delivery"] == command.id]
            assert 1 <= len(told) <= 2 and len(set(told)) == 1, where
            assert len(told) == 1 or walk.trace[-1] in ("after _post", "before settle done"), where
            if not more:
                break
    assert "before _post" in walk.trace
