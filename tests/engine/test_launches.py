"""Launches: what is sent, what is written down of it, and what becomes of it when the server says no or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from data.config import ApiSettings, ConnectionSettings, PipelineSettings, ProjectSettings, Secret, Settings
from data.model import (
    CiPreview,
    Command,
    Label,
    Note,
    PipelineAPI,
    PipelineJob,
    PipelineRun,
    Ref,
    Refs,
    RunInfo,
    Submission,
    Variable,
)
from tests.engine.conftest import Lab, until
from tests.engine.gateway import gateway
from tests.engine.launching import PLAIN, launch, limited, pairs, says, submission
from tests.engine.test_tracking import Mlflow, tracked, with_mlflow

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")]
FRAUD, TICKETS = "ml/risk/fraud-detection", "ml/support/nlp/nlp-tickets"
JOBS = ("extract", "unit-tests", "validate-data", "drift-check", "features", "train", "backtest", "evaluate")
NONE = {f"RUN_{name.upper().replace('-', '_')}": "false" for name in (*JOBS, "register", "deploy")}
"""Variables that switch every job off."""


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """One tracking store for this module: making one takes seconds."""
    pytest.importorskip("mlflow")
    folder: Path = tmp_path_factory.mktemp("mlflow")
    yield Mlflow(f"sqlite:///{folder / 'mlflow.db'}")


def with_api(lab: Lab, **api: Any) -> Settings:
    """A project with an API."""
    pipeline = PipelineSettings(name="train", apis=[ApiSettings(name="features", **api)])
    return lab.settings(projects=[ProjectSettings(project=PLAIN, connection="work", pipelines=[pipeline])])


async def ready(lab: Lab) -> None:
    """The engine knows the project and its APIs."""

    async def check() -> bool:
        found = await lab.store.page(PipelineAPI)
        return any(one.pipeline_id.startswith(lab.project_id(PLAIN)) for one in found.records)

    await until(check)


async def test_all_that_was_asked_for_is_kept_and_goes_to_the_run(lab: Lab) -> None:
    asked: dict[str, Any] = {
        "api": "features", "labels": ["nightly"], "note": "with new data", "timeout": 90.0, "image": "python:3.12",
        "environment": "staging", "flow_control": {"train": False}, "like": "work:1:1", "inputs": {},
        "callback_url": "",
    }  # fmt: skip
    files = [{"key": "PARAMS", "value": "a: 1\nb: 2\n", "kind": "file"}]
    async with lab.running(with_api(lab, flow_control={"deploy": False})):
        await ready(lab)
        command = await launch(lab, "r1", path=PLAIN, variables=files, fields={"why": "again"}, **asked)
        command = await lab.settled(command)
    assert command.state == "done", command.answer
    [sent] = await lab.requested()
    assert sent["variables"] == {"EPOCHS": "3", "RUN_ID": "r1", "PARAMS": "a: 1\nb: 2\n"}
    kinds = {one.key: one.variable_type for one in lab.simulator.world.pipelines[sent["id"]].variables}
    assert kinds["PARAMS"] == "file" and kinds["EPOCHS"] == "env_var"
    kept = await submission(lab, command)
    for name, value in asked.items():
        field = {"image": "requested_image", "environment": "requested_environment"}.get(name, name)
        if name != "api":
            found = getattr(kept, field)
            assert (list(found) if isinstance(found, tuple) else found) == value, name
    assert (kept.state, kept.answer, kept.requester, kept.why) == ("done", command.answer, "ada", "again")
    assert kept.pipeline_api_id == f"{lab.project_id(PLAIN)}:train:features"
    run = await lab.store.get(PipelineRun, command.result_id)
    assert run is not None and (run.labels, run.notes, run.environment) == (("nightly",), "with new data", "staging")
    assert (run.api, run.pipeline_api_id, run.git_commit_hash) == ("features", kept.pipeline_api_id, kept.repo_hash)
    label, note = await lab.store.get(Label, f"{run.id}:nightly"), await lab.store.get(Note, run.id)
    assert label is not None and note is not None and label.by == note.by == "ada"
    info = await lab.store.get(RunInfo, "r1")
    assert info is not None and (info.requester, info.kind, info.runs) == ("ada", "production", (run.id,))


async def test_commit_and_job_tree_are_those_that_are_known_when_it_is_sent(lab: Lab) -> None:
    """A launch that waits shows them; what is not in the preview comes from the configuration's jobs."""
    project = lab.project_id(PLAIN)
    names = [("features", ()), ("train", ("features",)), ("evaluate", ("train",))]
    jobs = tuple(
        PipelineJob(
            id=f"{project}:p:{name}", pipeline_id=f"{project}:p", name=name, stage=name, order=order, needs=needs
        )
        for order, (name, needs) in enumerate(names)
    )
    await lab.store.put([
        Refs(id=project, branches=(Ref(name="develop", sha="a" * 40),)),
        CiPreview(id=f"{project}@develop", project_id=project, ref="develop", sha="b" * 40, valid=True, jobs=jobs),
    ])  # fmt: skip
    async with lab.running(lab.settings(PLAIN)):
        command = await launch(
            lab, "r1", path=PLAIN, ref="develop", flow_control={"train": False}, fields={"held": "ada"}
        )
        waiting = await submission(lab, command)
        assert waiting.repo_hash == "a" * 40 and waiting.state == "queued"
        assert waiting.tree == [{"name": name, "stage": name, "needs": list(needs)} for name, needs in names]
        assert waiting.build_plan == {"features": True, "train": False, "evaluate": False}
        now = await lab.store.get(Command, command.id)
        assert now is not None and await lab.store.amend(replace(now, held=""), was=now)
        command = await lab.settled(command)
        sent = await submission(lab, command, lambda one: one.state == "done")
    run = await lab.store.get(PipelineRun, command.result_id)
    assert (
        run is not None
        and sent.repo_hash == run.git_commit_hash == lab.simulator.world.paths[PLAIN].branches["develop"].head.sha
    )
    assert sent.build_plan == waiting.build_plan


async def test_inputs_keep_their_types(lab: Lab) -> None:
    given = {"epochs": 7, "learning_rate": 0.01, "full_data": True, "environment": "production"}
    async with lab.running(lab.settings(TICKETS)):
        command = await lab.submit("launch", path=TICKETS, ref="main", run_id="r1", inputs=given)
        command = await lab.settled(command)
        kept = await submission(lab, command, lambda one: one.state == "done")
    assert command.state == "done", command.answer
    [sent] = await lab.requested()
    assert sent["inputs"] == given and kept.inputs == given and sent["variables"] == {}


@pytest.mark.parametrize(
    ("who", "path", "payload", "words"),
    [
        ("developer", FRAUD, {}, "sufficient permission to run a pipeline on 'main'"),
        ("maintainer", TICKETS, {}, "Insufficient permissions to set pipeline variables"),
        ("maintainer", PLAIN, {"ref": "nowhere"}, "Reference not found"),
        ("maintainer", PLAIN, {"variables": pairs(**NONE)}, "would have been empty"),
        ("maintainer", PLAIN, {"variables": pairs(EPOCHS="4")}, "Duplicate variable name: EPOCHS"),
    ],
)  # fmt: skip
async def test_a_refusal_has_the_servers_words(
    lab: Lab, who: str, path: str, payload: dict[str, Any], words: str
) -> None:
    async with lab.running(lab.settings(path, who=who)):
        command = await lab.settled(await launch(lab, "r1", path=path, **payload))
        kept = await submission(lab, command, lambda one: one.state == "refused")
    assert command.state == "refused" and words in command.answer
    assert kept.answer == command.answer and await lab.requested() == []


async def test_a_configuration_that_is_not_there_is_refused(lab: Lab) -> None:
    del lab.simulator.world.paths[PLAIN].files[".gitlab-ci.yml"]
    async with lab.running(lab.settings(PLAIN)):
        command = await lab.settled(await launch(lab, "r1", path=PLAIN))
    assert command.state == "refused" and "Missing CI config file" in command.answer


async def test_a_502_after_the_pipeline_was_made_makes_no_second_one(lab: Lab) -> None:
    with gateway(lab.simulator.url) as proxy:
        proxy.lose = 1
        token = Secret(lab.simulator.tokens["maintainer"])
        through = ConnectionSettings(kind="gitlab", url=proxy.url, token=token, timeout_read=5.0)
        async with lab.running(lab.settings(PLAIN, connections={"work": through})):
            command = await lab.settled(await launch(lab, "r1", path=PLAIN))
    assert proxy.lose == 0 and command.state == "done" and command.attempts == 1
    [made] = await lab.requested()
    run = await lab.store.get(PipelineRun, command.result_id)
    assert run is not None and run.git_pipeline_id == made["id"]


async def test_a_lost_launch_is_not_taken_for_another_one_of_its_run_id(lab: Lab) -> None:
    """Another program starts an API under the same RUN_ID; the launch itself never reaches the server at first."""
    await lab.pipeline(PLAIN, RUN_ID="r1", STEP="features", EPOCHS="3")
    await lab.fault("cut_before", method="POST", path="/pipeline$")
    async with lab.running(lab.settings(PLAIN)):
        command = await lab.settled(await launch(lab, "r1", path=PLAIN, variables=pairs(STEP="train")))
    assert command.state == "done" and command.attempts == 2
    assert [one["variables"]["STEP"] for one in await lab.requested()] == ["features", "train"]


@pytest.mark.parametrize("kind", ["rate_limit", "application_limit"])
async def test_a_429_waits_and_then_makes_one(lab: Lab, kind: str) -> None:
    await lab.fault(kind, method="POST", path="/pipeline$", retry_after=1)
    async with lab.running(lab.settings(PLAIN)):
        command = await launch(lab, "r1", path=PLAIN)
        behind = await launch(lab, "r2", path=PLAIN)
        await says(lab, command, "the server limits requests")
        await submission(lab, command, lambda one: one.state == "queued" and "limits" in one.answer)
        done = [await lab.settled(one) for one in (command, behind)]
    assert [one.state for one in done] == ["done", "done"] and done[0].attempts == 1
    assert [one["variables"]["RUN_ID"] for one in await lab.requested()] == ["r1", "r2"]


async def test_an_expired_token_keeps_a_launch_waiting_until_it_is_renewed(lab: Lab) -> None:
    """That a token has expired is no answer to what was asked for: nothing is lost."""
    async with lab.running(lab.settings(PLAIN)):
        await ready(lab)
        await lab.call("POST", "/-/simulator/token", json={"name": "maintainer", "action": "expire"}, who="owner")
        command = await launch(lab, "r1", path=PLAIN)
        waiting = await says(lab, command, "has expired")
        assert "it goes as soon as the server accepts it" in waiting.answer
        kept = await submission(lab, command, lambda one: "has expired" in one.answer)
        assert kept.state == "queued" and await lab.requested() == []
        await lab.call("POST", "/-/simulator/token", json={"name": "maintainer", "action": "restore"}, who="owner")
        command = await lab.settled(command)
    assert command.state == "done" and len(await lab.requested()) == 1


async def test_secrets_that_are_not_here_any_more_are_missed_at_once(lab: Lab) -> None:
    async with lab.running(lab.settings(PLAIN)):
        command = await launch(lab, "r1", path=PLAIN, secrets=["API_TOKEN"], fields={"held": "ada"})
        kept = await submission(lab, command)
        assert [(one.key, one.value, one.secret) for one in kept.variables][-1] == ("API_TOKEN", "", True)
    async with lab.running(lab.settings(PLAIN), owner="another"):
        now = await lab.store.get(Command, command.id)
        assert now is not None and await lab.store.amend(replace(now, held=""), was=now)
        command = await lab.settled(command)
    assert command.state == "refused" and "API_TOKEN are secret" in command.answer


# Timeouts


@pytest.mark.parametrize(
    ("own", "pipeline", "why"), [(0.3, 3600.0, "timeout of this launch (0.3s)"), (None, 0.3, "timeout of train (0.3s)")]
)
async def test_a_run_is_cancelled_after_its_own_timeout_or_the_pipelines(
    lab: Lab, own: float | None, pipeline: float, why: str
) -> None:
    async with lab.running(limited(lab, PLAIN, timeout=pipeline)):
        command = await lab.settled(await launch(lab, "r1", path=PLAIN, timeout=own, note="mine"))

        async def cancelled() -> Command | None:
            page = await lab.store.page(Command, where={"kind": "cancel", "state": "done"})
            return page.records[0] if page.records else None

        cancel = await until(cancelled)
    run = await lab.store.get(PipelineRun, command.result_id)
    assert run is not None and cancel.target_id == run.id and cancel.why == f"longer than the {why}"
    assert run.notes == f"mine\nCancelled by Lineside: longer than the {why}."


async def test_a_timeout_of_none_is_none_whatever_the_pipeline_says(lab: Lab) -> None:
    """The second run is cancelled, which proves that the first one was looked at, too."""
    async with lab.running(limited(lab, PLAIN, timeout=0.3)):
        first = await lab.settled(await launch(lab, "r1", path=PLAIN, timeout=0.0))
        second = await lab.settled(await launch(lab, "r2", path=PLAIN))

        async def cancelled() -> bool:
            page = await lab.store.page(Command, where={"kind": "cancel", "state": "done"})
            return bool(page.records)

        await until(cancelled)
        page = await lab.store.page(Command, where={"kind": "cancel"})
    assert [one.target_id for one in page.records] == [second.result_id] != [first.result_id]


# MLflow


async def test_an_mlflow_run_is_made_with_the_tags_that_a_resumed_run_lacks(lab: Lab, mlflow: Mlflow) -> None:
    name, experiment = mlflow.experiment()
    async with lab.running(with_mlflow(lab, mlflow, name, path=PLAIN)):
        await ready(lab)
        command = await lab.settled(await launch(lab, "r1", path=PLAIN, track=True))
        plain = await lab.settled(await launch(lab, "r2", path=PLAIN))
    first, second = (one["variables"] for one in await lab.requested())
    assert plain.state == "done" and "MLFLOW_RUN_ID" not in second
    assert first["MLFLOW_EXPERIMENT_ID"] == experiment
    run = mlflow.client.get_run(first["MLFLOW_RUN_ID"])
    tags = run.data.tags
    assert (tags["mlflow.user"], tags["mlflow.source.name"], tags["mlflow.source.type"]) == ("ada", PLAIN, "PROJECT")
    assert (tags["mlflow.source.git.branch"], tags["RUN_ID"], tags["lineside.submission"]) == ("main", "r1", command.id)
    assert tags["mlflow.source.git.commit"] == lab.simulator.world.paths[PLAIN].branches["main"].head.sha
    assert tags["mlflow.source.git.repoURL"].endswith(PLAIN)
    assert run.info.status == "SCHEDULED"


async def test_the_mlflow_run_of_a_refused_launch_is_ended(lab: Lab, mlflow: Mlflow) -> None:
    name, _ = mlflow.experiment()
    async with lab.running(with_mlflow(lab, mlflow, name, path=PLAIN)):
        command = await lab.settled(await launch(lab, "r1", path=PLAIN, ref="nowhere", track=True))
        kept = await submission(lab, command, lambda one: one.state == "refused")
        run_id = next(one.value for one in kept.variables if one.key == "MLFLOW_RUN_ID")
        await tracked(lab, run_id, lambda run: run.status == "KILLED")
    assert mlflow.client.get_run(run_id).info.status == "KILLED"


async def test_the_mlflow_run_of_a_launch_that_was_taken_back_is_ended(lab: Lab, mlflow: Mlflow) -> None:
    """It is taken back while the server asks for patience, and before an engine is there again."""
    name, _ = mlflow.experiment()
    await lab.fault("rate_limit", method="POST", path="/pipeline$", retry_after=600)
    settings = with_mlflow(lab, mlflow, name, path=PLAIN)
    async with lab.running(settings):
        command = await launch(lab, "r1", path=PLAIN, track=True)
        await says(lab, command, "limits")
        kept = await submission(lab, command, lambda one: len(one.variables) > 2)
        run_id = next(one.value for one in kept.variables if one.key == "MLFLOW_RUN_ID")
    assert await lab.store.withdraw(command.id)
    async with lab.running(settings, owner="another"):
        await submission(lab, command, lambda one: one.state == "withdrawn")
        await tracked(lab, run_id, lambda run: run.status == "KILLED")
    assert mlflow.client.get_run(run_id).info.status == "KILLED"


async def test_what_mlflow_could_not_be_told_is_made_good_later(lab: Lab, mlflow: Mlflow) -> None:
    """An engine ended between the refusal and the word to MLflow."""
    name, experiment = mlflow.experiment()
    run_id = mlflow.run(experiment, tags={"lineside.submission": "s"})
    project = lab.project_id(PLAIN)
    async with lab.running(with_mlflow(lab, mlflow, name, path=PLAIN)):
        await tracked(lab, run_id)
    refused = Submission(
        id="s", timestamp=datetime.now(UTC), requester="ada", project_id=project, state="refused",
        variables=(Variable(key="MLFLOW_RUN_ID", value=run_id),),
    )  # fmt: skip
    await lab.store.put([refused])
    async with lab.running(with_mlflow(lab, mlflow, name, path=PLAIN), owner="another"):
        await tracked(lab, run_id, lambda run: run.status == "KILLED")
