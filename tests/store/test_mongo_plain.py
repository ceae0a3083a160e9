"""Documents of the plain design: those that the MongoDB store writes, and those that it finds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from data.model import JobRun, Pipeline, PipelineRun, Project, Session, StageRun
from data.query import parse
from data.store.mongo.client import Database
from data.store.mongo.logs import MongoLogs
from data.store.mongo.store import MongoStore
from data.store.port import Sort
from tests.store.conftest import MongoFactory, held
from tests.store.samples import NOON, changed, job, project, run

STAGE = StageRun(name="tr.ain", status="success", start=NOON, completion=NOON + timedelta(minutes=2))


def without_own(document: dict[str, Any] | None) -> dict[str, Any]:
    """What a reader of the plain design sees."""
    assert document is not None
    return {name: value for name, value in document.items() if name not in ("_id", "lineside")}


async def test_a_run_is_one_plain_document_with_its_stages_and_jobs(opened: MongoStore, raw: Database) -> None:
    one = run(
        7, pipeline_id="gitlab:1:train", status="success", git_commit_hash="9f3c", pipeline_config_used="stages: []",
        start=NOON, completion=NOON + timedelta(minutes=3), stages=(STAGE,),
    )  # fmt: skip
    fit = job(1, 7, name="fit $1.0", stage="tr.ain", status="success", allows_failure=True, start=NOON, completion=NOON)
    await opened.put([one, fit, job(2, 7, name="fit $1.0", stage="tr.ain", status="failed", retried=True)])
    plain = {
        "pipeline_name": "train",
        "run_number": 7,
        "git_commit_hash": "9f3c",
        "pipeline_config_used": "stages: []",
        "status": "success",
        "start_time": NOON,
        "completion_time": NOON + timedelta(minutes=3),
        "logs": {
            "tr%2Eain": {
                "stage_name": "tr.ain",
                "stage_status": "success",
                "start_time": NOON,
                "completion_time": NOON + timedelta(minutes=2),
                "jobs": {
                    "fit %241%2E0": {
                        "job_name": "fit $1.0",
                        "job_status": "success",
                        "allows_failure": True,
                        "start_time": NOON,
                        "completion_time": NOON,
                    }
                },
            }
        },
    }
    assert without_own(await raw["jobs_history"].find_one({"pipeline_name": "train", "run_number": 7})) == plain
    assert await raw["jobs_history"].count_documents({}) == 1


async def test_what_others_add_to_our_documents_stays(opened: MongoStore, raw: Database) -> None:
    await opened.put([run(1, status="running")])
    await raw["jobs_history"].update_one({"run_number": 1}, {"$set": {"reviewed_by": "bo"}})
    await opened.put([run(1, status="failed")])
    document = await raw["jobs_history"].find_one({"run_number": 1})
    assert document is not None and (document["status"], document["reviewed_by"]) == ("failed", "bo")


async def test_sessions_and_pipelines_are_plain_documents(opened: MongoStore, raw: Database) -> None:
    session = Session(id="ada", user_id="ada", repo_name="churn", branch="main", time=NOON, cursor="gitlab:1:7")
    pipeline = Pipeline(
        id="gitlab:1:train.v2", project_id="gitlab:1", name="train.v2", repository_url="https://x/churn",
        default_ref="main", pipeline_config="a: b", job_run_history=("gitlab:1:7",), last_commit_hash="9f3c",
    )  # fmt: skip
    await opened.put([project(1, "Churn", "ml/churn"), session, pipeline])
    assert without_own(await raw["sessions"].find_one({"user_id": "ada"})) == {
        "user_id": "ada",
        "repo_name": "churn",
        "repo_url": "",
        "branch": "main",
        "commit_hash": "",
        "is_remote": False,
        "time": NOON,
    }
    key = {"repo_name": "ml/churn", "repo_url": "https://x/churn", "branch": "main"}
    told = {
        "pipeline_file_name": ".gitlab-ci.yml",
        "pipeline_config": "a: b",
        "job_run_history": ["gitlab:1:7"],
        "active": True,
        "running": False,
        "last_commit_hash": "9f3c",
    }
    assert without_own(await raw["repo_configs"].find_one(key)) == {**key, "pipelines": {"train%2Ev2": told}}


FOREIGN: dict[str, Any] = {
    "pipeline_name": "train",
    "run_number": 12,
    "git_commit_hash": "77ab",
    "status": "failed",
    "start_time": NOON,
    "completion_time": NOON + timedelta(minutes=5),
    "logs": {
        "prepare": {
            "stage_name": "prepare",
            "stage_status": "failed",
            "jobs": {"load": {"job_name": "load", "job_status": "failed", "job_logs": "line 1\nout of memory"}},
        }
    },
    "extra": {"kept": True},
}
"""A run as another tool wrote it."""


@pytest.mark.parametrize("shape", ["by name", "lists", "jobs beside"])
async def test_what_another_tool_wrote_can_be_browsed(mongo: MongoFactory, raw: Database, shape: str) -> None:
    document = {**FOREIGN, "_id": ObjectId()}
    stage = FOREIGN["logs"]["prepare"]
    if shape == "lists":
        document["logs"] = [{**stage, "jobs": list(stage["jobs"].values())}]
    elif shape == "jobs beside":
        document["logs"] = {"prepare": {"stage_status": "failed", **stage["jobs"]}}
    await raw["jobs_history"].insert_one(dict(document))
    config = {"repo_name": "churn", "repo_url": "https://x/churn", "branch": "main", "pipelines": {"train": {}}}
    await raw["repo_configs"].insert_one(config)
    await raw["sessions"].insert_one({"user_id": "ada", "repo_name": "churn", "time": NOON, "theme": "dark"})
    async with held(mongo) as store:
        (found,) = (await store.page(PipelineRun, query=parse("project:churn status:failed"))).records
        assert (found.name, found.run_number, found.git_commit_hash, found.created) == ("train", 12, "77ab", NOON)
        assert await store.get(PipelineRun, found.id) == found
        (made,) = (await store.page(JobRun, where={"pipeline_run_id": found.id})).records
        assert (made.name, made.stage, made.status) == ("load", "prepare", "failed")
        logs = MongoLogs(mongo.url)
        assert await asyncio.to_thread(logs.read, made.id, 0, 100) == b"line 1\nout of memory"
        logs.close()
        assert [one.name for one in (await store.page(Project)).records] == ["churn"]
        assert [one.name for one in (await store.page(Pipeline)).records] == ["train"]
        session = await store.get(Session, "ada")
        assert session is not None and session.repo_name == "churn"
        assert without_own(await raw["sessions"].find_one({"user_id": "ada"}))["theme"] == "dark"
        own = await raw["jobs_history"].find_one({"_id": document["_id"]})
        assert own is not None and {name: own[name] for name in document} == document
        assert await store.adopt_plain() == 0


async def test_nonsense_of_another_tool_is_passed_over(mongo: MongoFactory, raw: Database) -> None:
    await raw["jobs_history"].insert_many([{"_id": 7}, {"logs": "text", "run_number": "x", "start_time": "never"}])
    await raw["repo_configs"].insert_one({"pipelines": [1]})
    await raw["sessions"].insert_one({"user_id": None})
    async with held(mongo) as store:
        assert [one.run_number for one in (await store.page(PipelineRun)).records] == [0]


async def test_what_another_tool_changes_later_is_read_again(mongo: MongoFactory, raw: Database) -> None:
    document = {**FOREIGN, "_id": ObjectId(), "status": "running"}
    await raw["jobs_history"].insert_one(dict(document))
    await raw["repo_configs"].insert_one({"repo_name": "churn", "pipelines": {"train": {"running": True}}})
    await raw["sessions"].insert_one({"user_id": "ada", "repo_name": "churn"})
    async with held(mongo) as store:
        ada = await store.get(Session, "ada")
        assert ada is not None
        await store.put([changed(ada, cursor="gitlab:1:7")])
        assert await store.adopt_plain() == 0
        path = "logs.prepare.jobs.load.job_logs"
        await raw["jobs_history"].update_one({"_id": document["_id"]}, {"$set": {"status": "success", path: "line 2"}})
        await raw["repo_configs"].update_one({}, {"$set": {"pipelines.train.running": False}})
        await raw["sessions"].update_one({"user_id": "ada"}, {"$set": {"repo_name": "fraud"}})
        assert await store.adopt_plain() == 4  # a run and its job, a pipeline, a session
        (found,) = (await store.page(PipelineRun)).records
        (pipeline,) = (await store.page(Pipeline)).records
        assert (found.status, pipeline.running) == ("success", False)
        ada = await store.get(Session, "ada")
        assert ada is not None and (ada.repo_name, ada.cursor) == ("fraud", "gitlab:1:7")
        logs = MongoLogs(mongo.url)
        assert await asyncio.to_thread(logs.read, f"{found.id}:job:1", 0, 99) == b"line 2"
        logs.close()
        assert await store.adopt_plain() == 0


async def test_the_document_of_another_tool_outlives_its_record(mongo: MongoFactory, raw: Database) -> None:
    await raw["jobs_history"].insert_one({**FOREIGN, "_id": ObjectId()})
    async with held(mongo) as store:
        (found,) = (await store.page(PipelineRun)).records
        before = await store.revision()
        assert await store.delete(PipelineRun, [found.id]) == 1
        assert await store.get(PipelineRun, found.id) is None
        assert (await store.changes(before)).deleted == {PipelineRun: {found.id}}
        assert without_own(await raw["jobs_history"].find_one({})) == FOREIGN
        assert await store.adopt_plain() == 0 and await store.count(PipelineRun) == 0


async def test_a_sort_of_sessions_and_runs_leaves_out_what_is_not_ours(opened: MongoStore, raw: Database) -> None:
    await opened.put([run(1)])
    await raw["jobs_history"].insert_one({"pipeline_name": "x", "made": datetime.now(UTC)})
    listing = await opened.listing(PipelineRun, sort=Sort("execution_time"))
    assert [one.id for one in await listing.window(0, 5)] == ["gitlab:1:1"]
    assert await opened.adopt_plain() > 0
    assert await opened.count(PipelineRun) == 2
