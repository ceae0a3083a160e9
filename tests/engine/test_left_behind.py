"""MLflow runs that their jobs left RUNNING: marked, unmarked, and ended when somebody asks for it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from data.engine.context import TrackingContext
from data.engine.leases import Leases, Permit
from data.engine.left import LATE, Standing, judge
from data.engine.settle import Settle
from data.engine.verdict import Rejected, had_no_effect
from data.model import Command, JobRun, PipelineRun, TrackedRun
from data.query import parse
from data.store.port import Store
from tests.engine.conftest import TIMING, Lab, until
from tests.engine.test_tracking import Mlflow, tracked, with_mlflow
from tests.servers import free_port, running_mlflow

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ENDED = NOW - timedelta(hours=1)
PIPELINE = PipelineRun(
    id="work:1:10", project_id="work:1", connection="work", git_project_id=1, git_pipeline_id=10, created=NOW,
    status="failed", completion=ENDED,
)  # fmt: skip
JOB = JobRun(
    id="work:1:job:7", pipeline_run_id=PIPELINE.id, project_id="work:1", connection="work", git_project_id=1,
    git_job_id=7, name="train", status="canceled", completion=ENDED,
)  # fmt: skip
RUN = TrackedRun(
    id="ml:r", connection="ml", run_id="r", pipeline_run_id=PIPELINE.id, job_run_id=JOB.id, linked_by="job"
)
MakeLab = Callable[..., Awaitable[Lab]]
BEHIND = 3600.0
"""Seconds that the simulated server's clock is behind: what ends there ended long enough ago."""


# The rule


@pytest.mark.parametrize(
    ("run", "job", "pipeline", "left"),
    [
        (RUN, JOB, PIPELINE, "canceled"),
        (replace(RUN, status="SCHEDULED"), JOB, PIPELINE, "canceled"),
        (replace(RUN, job_run_id="", linked_by="tag"), None, PIPELINE, "failed"),
        (replace(RUN, linked_by="launch"), JOB, PIPELINE, "failed"),
        (replace(RUN, linked_by="launch"), JOB, replace(PIPELINE, status="running"), ""),
        (replace(RUN, linked_by="commit"), None, PIPELINE, ""),
        (replace(RUN, status="FINISHED"), JOB, PIPELINE, ""),
        (RUN, replace(JOB, status="running", completion=None), PIPELINE, ""),
        (RUN, replace(JOB, status="canceling"), PIPELINE, ""),
        (RUN, replace(JOB, completion=NOW - LATE / 2), PIPELINE, ""),
        (RUN, replace(JOB, completion=None), PIPELINE, "canceled"),
        (replace(RUN, last_logged=ENDED + 2 * LATE), JOB, PIPELINE, ""),
        (replace(RUN, last_logged=ENDED + LATE / 2), JOB, PIPELINE, "canceled"),
        (RUN, None, None, ""),
    ],
)
def test_a_run_is_left_behind_when_what_it_belongs_to_has_ended_a_while_ago(
    run: TrackedRun, job: JobRun | None, pipeline: PipelineRun | None, left: str
) -> None:
    standing = judge(run, job, pipeline, NOW)
    assert standing.ended_as == left
    assert bool(standing.why) is not bool(left), "there is a reason exactly where it is not left behind"


def test_the_time_to_look_again_is_told_where_time_decides() -> None:
    job = replace(JOB, completion=NOW - LATE / 2)
    assert judge(RUN, job, PIPELINE, NOW).again == NOW + LATE / 2
    assert judge(RUN, job, PIPELINE, NOW + LATE / 2) == Standing("canceled", NOW - LATE / 2)


# The command, against a server that says what the test wants


class Source:
    """An MLflow with one run."""

    def __init__(self, status: str) -> None:
        self.status, self.written = status, []  # type: ignore[var-annotated]

    def run(self, run_id: str) -> TrackedRun:
        """The run as the server has it now."""
        return replace(RUN, run_id=run_id, status=self.status)

    def set_status(self, run_id: str, status: str, end: datetime | None) -> None:
        """Take a status."""
        self.written.append((run_id, status, end))
        self.status = status


class FakeServer:
    """Calls the source at once."""

    def __init__(self, source: Source) -> None:
        self.source = source

    async def write(self, permit: Permit, ask: Callable[[Any], Any]) -> Any:
        """As `Server.write`."""
        del permit
        return ask(self.source)

    async def call(self, ask: Callable[[Any], Any]) -> Any:
        """As `Server.call`."""
        return ask(self.source)


class FakeDesk:
    """Edits without a lease."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def edit(self, lease: str, kind: type[Any], id: str, edit: Callable[[Any], Any]) -> None:
        """As `Desk.edit`."""
        assert lease == "ml"
        await self.store.put([edit(await self.store.get(kind, id))])


def settle_of(lab: Lab, source: Source) -> Settle:
    """The handler, on the lab's store."""
    leases, timing = Leases(lab.store, "test", TIMING), TIMING
    context = TrackingContext("ml", FakeServer(source), FakeDesk(lab.store), leases, timing)  # type: ignore[arg-type]
    return Settle(context)


def command(kind: str = "settle", target: str = RUN.id, **payload: Any) -> Command:
    """What a user asks of an MLflow run."""
    return Command(
        id=str(uuid.uuid4()), kind=kind, connection="ml", project_id="ml", target_id=target, title=f"{kind} {target}",
        payload=payload, by="ada", created=NOW,
    )  # fmt: skip


async def test_a_settled_run_gets_the_status_and_the_end_of_its_job(lab: Lab) -> None:
    await lab.store.put([RUN, JOB, PIPELINE])
    source = Source("RUNNING")
    done = await settle_of(lab, source).perform(command(status="KILLED"))
    assert "KILLED" in done.answer and source.written == [("r", "KILLED", ENDED)]
    run = await lab.store.get(TrackedRun, RUN.id)
    assert run is not None and (run.status, run.end, run.ended_as) == ("KILLED", ENDED, "")
    again = await settle_of(lab, source).perform(command(status="KILLED"))
    assert again.answer.startswith("it had ended already") and len(source.written) == 1


async def test_nothing_is_written_to_a_run_that_ended_meanwhile(lab: Lab) -> None:
    await lab.store.put([replace(RUN, ended_as="canceled"), JOB, PIPELINE])
    source = Source("FINISHED")
    done = await settle_of(lab, source).perform(command(status="KILLED"))
    assert source.written == []
    assert had_no_effect(replace(command(), state="done", answer=done.answer))
    run = await lab.store.get(TrackedRun, RUN.id)
    assert run is not None and (run.status, run.ended_as) == ("FINISHED", "")


@pytest.mark.parametrize(
    ("job", "asked", "reason"),
    [
        (replace(JOB, status="running"), "KILLED", "has not ended: the status is running"),
        (replace(JOB, status="success"), "KILLED", "ended as success meanwhile"),
        (replace(JOB, completion=datetime.now(UTC) + timedelta(hours=1)), "KILLED", "ended a moment ago"),
    ],
)
async def test_what_the_user_agreed_to_must_still_be_so(lab: Lab, job: JobRun, asked: str, reason: str) -> None:
    await lab.store.put([RUN, job, PIPELINE])
    source = Source("RUNNING")
    with pytest.raises(Rejected, match=reason):
        await settle_of(lab, source).perform(command(status=asked))
    assert source.written == []


async def test_after_a_lost_answer_the_server_is_looked_at(lab: Lab) -> None:
    await lab.store.put([RUN, JOB, PIPELINE])
    assert await settle_of(lab, Source("RUNNING")).check(command()) is None, "it may be sent once more"
    done = await settle_of(lab, Source("KILLED")).check(command())
    assert done is not None and "KILLED" in done.answer
    with pytest.raises(Rejected):
        await settle_of(lab, Source("RUNNING")).check(command(target="ml:other"))


# The whole way, against a tracking store in a file


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """One tracking store for this module: making one takes seconds."""
    pytest.importorskip("mlflow")
    folder: Path = tmp_path_factory.mktemp("mlflow")
    yield Mlflow(f"sqlite:///{folder / 'mlflow.db'}")


with_server = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")


async def ask(lab: Lab, kind: str, run_id: str, **payload: Any) -> Command:
    """Have a command carried out."""
    asked = command(kind, f"ml:{run_id}", **payload)
    await lab.store.submit(asked)
    return await lab.settled(asked)


@pytest.mark.server
@with_server
async def test_a_canceled_jobs_run_is_marked_and_settled_on_request(make_lab: MakeLab, mlflow: Mlflow) -> None:
    lab = await make_lab(behind=BEHIND)
    name, experiment = mlflow.experiment()
    number = await lab.pipeline(EPOCHS="3")
    job = lab.simulator.world.pipelines[number].jobs[3]
    left = mlflow.run(experiment, tags={"gitlab.CI_JOB_ID": str(job.id)})
    fine = mlflow.run(experiment, tags={"gitlab.CI_JOB_ID": str(job.id)})
    by_pipeline = mlflow.run(experiment, tags={"CI_PIPELINE_ID": str(number)})
    async with lab.running(with_mlflow(lab, mlflow, name)):
        await lab.look("projects")
        for run_id in (left, by_pipeline):
            await tracked(lab, run_id, lambda run: run.pipeline_run_id)
        await lab.call("POST", f"/projects/{lab.git()}/pipelines/{number}/cancel")
        lab.pass_time(120)
        assert (await tracked(lab, left, lambda run: run.ended_as)).ended_as == "canceled"
        found = (await lab.store.page(TrackedRun, query=parse("is:left"))).records
        assert left in {run.run_id for run in found}
        mlflow.client.set_terminated(fine, "FAILED")
        assert (await tracked(lab, fine, lambda run: run.status == "FAILED" and not run.ended_as)).linked_by == "job"
        await tracked(lab, by_pipeline, lambda run: run.ended_as == "canceled")
        done = await ask(lab, "settle", left, status="KILLED")
        assert (done.state, done.answer) == ("done", "MLflow shows it as KILLED now")
        await tracked(lab, left, lambda run: run.status == "KILLED" and not run.ended_as)
        info = mlflow.client.get_run(left).info
        ended = (await lab.jobs(number))[job.spec.name].completion
        assert ended is not None and info.status == "KILLED" and info.end_time == int(ended.timestamp() * 1000)
        again = await ask(lab, "settle", left, status="KILLED")
        assert had_no_effect(again), again.answer
        await lab.call("POST", f"/projects/{lab.git()}/pipelines/{number}/retry")
        await lab.run(number, "running", "pending", "created", "preparing")
        await tracked(lab, by_pipeline, lambda run: run.status == "RUNNING" and not run.ended_as)
        refused = await ask(lab, "settle", by_pipeline, status="KILLED")
        assert refused.state == "refused" and "has not ended" in refused.answer
    assert mlflow.client.get_run(by_pipeline).info.status == "RUNNING"


@pytest.mark.server
@with_server
async def test_a_run_is_settled_as_soon_as_a_server_that_was_away_is_back(make_lab: MakeLab, tmp_path: Path) -> None:
    lab, port = await make_lab(behind=BEHIND), free_port()

    @asynccontextmanager
    async def serving() -> AsyncIterator[Mlflow]:
        server = running_mlflow(tmp_path, port=port)
        try:
            yield Mlflow((await asyncio.to_thread(server.__enter__)).url)
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)

    async with AsyncExitStack() as stack:
        async with serving() as mlflow:
            name, experiment = mlflow.experiment()
            number = await lab.pipeline(EPOCHS="3")
            job = lab.simulator.world.pipelines[number].jobs[3]
            left = mlflow.run(experiment, tags={"gitlab.CI_JOB_ID": str(job.id)})
            await stack.enter_async_context(lab.running(with_mlflow(lab, mlflow, name)))
            await lab.look("projects")
            await tracked(lab, left, lambda run: run.pipeline_run_id)
            await lab.call("POST", f"/projects/{lab.git()}/pipelines/{number}/cancel")
            lab.pass_time(120)
            await tracked(lab, left, lambda run: run.ended_as == "canceled")
        asked = command("settle", f"ml:{left}", status="KILLED")
        await lab.store.submit(asked)

        async def waits() -> Command | None:
            found = await lab.store.get(Command, asked.id)
            return found if found is not None and found.state == "queued" and found.answer else None

        waiting = await until(waits, "it never said why it waits")
        assert "refuses connections; it goes as soon as" in waiting.answer and waiting.attempts == 0
        await tracked(lab, left, lambda run: run.status == "RUNNING" and run.ended_as == "canceled")
        async with serving() as mlflow:
            done = await lab.settled(asked)
            assert (done.state, done.answer) == ("done", "MLflow shows it as KILLED now")
            assert mlflow.client.get_run(left).info.status == "KILLED"
            await tracked(lab, left, lambda run: run.status == "KILLED" and not run.ended_as)


@pytest.mark.server
@with_server
async def test_notes_go_to_mlflow_and_labels_stay_here(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    run_id = mlflow.run(experiment, auc=0.5)
    async with lab.running(with_mlflow(lab, mlflow, name)):
        await lab.look("projects")
        await tracked(lab, run_id)
        done = await ask(lab, "note", run_id, text="first\nsecond\x1b[2J", was="")
        assert done.state == "done", done.answer
        assert mlflow.client.get_run(run_id).data.tags["mlflow.note.content"] == "first\nsecond"
        await tracked(lab, run_id, lambda run: run.note == "first\nsecond")
        late = await ask(lab, "note", run_id, text="mine", was="")
        assert late.state == "refused" and "changed the note meanwhile: first second" in late.answer
        assert (await ask(lab, "note", run_id, text="x" * 8001)).state == "refused"
        assert (await ask(lab, "note", run_id, text="", was="first\nsecond")).state == "done"
        done = await ask(lab, "label", run_id, add=["best", " odd \n one "], remove=["none"])
        assert done.state == "done", done.answer
        mlflow.client.log_metric(run_id, "auc", 0.75, step=2)
        run = await tracked(lab, run_id, lambda run: run.metrics["auc"].last == 0.75)
        assert run.labels == ("best", "odd   one") and run.note == ""
        assert "best" not in mlflow.client.get_run(run_id).data.tags
        assert (await ask(lab, "label", run_id, remove=["best"])).state == "done"
        for text, count in (('label:"odd   one"', 1), ("label:best", 0)):
            page = await lab.store.page(TrackedRun, query=parse(text))
            assert len(page.records) == count, text
        gone = await ask(lab, "label", "0" * 32, add=["x"])
        assert gone.state == "refused"


@pytest.mark.server
@with_server
async def test_read_only_refuses_what_would_reach_the_server(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    run_id = mlflow.run(experiment)
    settings = with_mlflow(lab, mlflow, name)
    async with lab.running(replace(settings, read_only=True)):
        await lab.look("projects")
        await tracked(lab, run_id)
        for kind in ("settle", "note"):
            refused = await ask(lab, kind, run_id, text="x", status="KILLED")
            assert refused.state == "refused" and "read-only" in refused.answer
        assert (await ask(lab, "label", run_id, add=["mine"])).state == "done"
    assert "mlflow.note.content" not in mlflow.client.get_run(run_id).data.tags


@pytest.mark.server
@with_server
async def test_a_run_takes_experiment_params_and_data_from_mlflow(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    number = await lab.pipeline(EPOCHS="3")
    run_id = mlflow.run(experiment, tags={"CI_PIPELINE_ID": str(number)})
    mlflow.client.log_param(run_id, "lr", "0.01")
    async with lab.running(with_mlflow(lab, mlflow, name)):
        await lab.look("projects")

        async def summed() -> PipelineRun | None:
            run = await lab.store.get(PipelineRun, lab.run_id(number))
            return run if run is not None and run.experiment else None

        run = await until(summed)
        assert (run.experiment, run.params) == (name, {"lr": "0.01"})


@pytest.mark.server
@with_server
async def test_a_run_learns_the_new_name_of_its_experiment(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    number = await lab.pipeline(EPOCHS="3")
    mlflow.run(experiment, tags={"CI_PIPELINE_ID": str(number)})

    async def called(wanted: str) -> bool:
        run = await lab.store.get(PipelineRun, lab.run_id(number))
        return run is not None and run.experiment == wanted

    async with lab.running(with_mlflow(lab, mlflow, "")):
        await lab.look("projects")
        await until(lambda: called(name), "the run never knew its experiment")
        mlflow.client.rename_experiment(experiment, f"{name}-renamed")
        await until(lambda: called(f"{name}-renamed"), "the run never learned the new name")


@pytest.mark.server
@with_server
async def test_a_run_that_was_linked_before_its_experiment_was_known_is_summed_up_again(
    lab: Lab, mlflow: Mlflow
) -> None:
    name, experiment = mlflow.experiment()
    number = await lab.pipeline(EPOCHS="3")
    mlflow.run(experiment, tags={"CI_PIPELINE_ID": str(number)})
    settings = with_mlflow(lab, mlflow, name)

    async def summed() -> PipelineRun | None:
        run = await lab.store.get(PipelineRun, lab.run_id(number))
        return run if run is not None and run.experiment else None

    async with lab.running(settings):
        await lab.look("projects")
        run = await until(summed)
    await lab.store.put([replace(run, experiment="", params={})])
    async with lab.running(settings):
        assert (await until(summed)).experiment == name
