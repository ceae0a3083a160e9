"""What filters mean: the same in every store as in memory."""

from __future__ import annotations

import pytest

from data.model import JobRun, Link, PipelineRun, Project, Record
from data.query import parse
from data.store.kinds import KINDS
from data.store.match import getter, meaning
from data.store.port import Sort, Store
from tests.store.samples import job, project, run

WORLD: list[Record] = [
    project(1, "Churn", "ml/churn", labels=("gold",)),
    project(2, "Fraud 100%", "ml/risk/fraud_detection", archived=True),
    project(3, "ÉTUDE", "ml/etude"),
    run(1, status="success", ref="main", triggered_by="ada", git_commit_hash="9f3c2abd", pipeline_id="gitlab:1:train"),
    run(2, status="failed", ref="feat/LR_decay", triggered_by="bo", git_commit_hash="77ab", error_message="OOM killed"),
    run(3, status="running", ref="Main", triggered_by="Ada", trigger_type="schedule", labels=("gpu", "night ly")),
    run(4, status="pending", ref="release/2026.03", api="features", kind="test", warnings=True),
    run(5, status="manual", ref="fix/ünïcode-✓", triggered_by="maría", commit_title='say "hi" 100%_done'),
    run(
        6, status="SUCCESS", project_id="gitlab:2", ref="50%", labels=("GPU",), name="nightly retrain",
        mlflow_run_ids=("m:1",), link=Link(by="commit", certain=False),
    ),
    run(4312, project_id="gitlab:3", run_number=43, status="brand_new", ref="a*b", parent_run_id="gitlab:1:1"),
    job(1, 1, name="train", stage="train", stage_type="MODEL_TRAINING", status="success", endpoint="gpu-7"),
    job(2, 2, name="evaluate", status="failed", allows_failure=True, failure_reason="script_failure"),
]  # fmt: skip

CASES: list[tuple[type[Record], str, set[int]]] = [
    (PipelineRun, "", {1, 2, 3, 4, 5, 6, 4312}),
    (PipelineRun, "status:failed", {2}),
    (PipelineRun, "status:FAILED", {2}),
    (PipelineRun, "status:success", {1, 6}),
    (PipelineRun, "status:failed,running", {2, 3}),
    (PipelineRun, "status:active", {3, 4}),
    (PipelineRun, "status:finished", {1, 2, 6}),
    (PipelineRun, "status:blocked", {5}),
    (PipelineRun, "status:brand_new", {4312}),
    (PipelineRun, "status:brandXnew", set()),
    (PipelineRun, "-status:success", {2, 3, 4, 5, 4312}),
    (PipelineRun, "not status:success not status:failed", {3, 4, 5, 4312}),
    (PipelineRun, "status:active -ref:main", {4}),
    (PipelineRun, "ref:main", {1, 3}),
    (PipelineRun, "ref:mai", set()),
    (PipelineRun, "ref:mai*", {1, 3}),
    (PipelineRun, "ref:*ain", {1, 3}),
    (PipelineRun, "ref:feat/*decay", {2}),
    (PipelineRun, "ref:feat/lr_decay", {2}),
    (PipelineRun, "ref:feat/lrXdecay", set()),
    (PipelineRun, "ref:feat/lr_*", {2}),
    (PipelineRun, "ref:*r_d*", {2}),
    (PipelineRun, "ref:50%", {6}),
    (PipelineRun, "ref:5%*", set()),
    (PipelineRun, "ref:*0%", {6}),
    (PipelineRun, "ref:fix/ÜNÏCODE-✓", {5}),
    (PipelineRun, "ref:*ünï*", {5}),
    (PipelineRun, "ref:a*b", {4312}),
    (PipelineRun, "ref:*", {1, 2, 3, 4, 5, 6, 4312}),
    (PipelineRun, 'ref:"release/2026.03"', {4}),
    (PipelineRun, "by:ada", {1, 3}),
    (PipelineRun, "by:@ada,bo", {1, 2, 3}),
    (PipelineRun, "by:MARÍA", {5}),
    (PipelineRun, "by:mar*", {5}),
    (PipelineRun, "sha:9f3c", {1}),
    (PipelineRun, "commit:9F3C2ABD", {1}),
    (PipelineRun, "sha:3c2a", set()),
    (PipelineRun, "sha:9f3c,77", {1, 2}),
    (PipelineRun, "id:4312", {4312}),
    (PipelineRun, "id:#43", {4312}),
    (PipelineRun, "id:43*", {4312}),
    (PipelineRun, "id:04312", set()),
    (PipelineRun, "id:99999999999999999999999", set()),
    (PipelineRun, "id:1,2,x", {1, 2}),
    (PipelineRun, "source:schedule", {3}),
    (PipelineRun, "kind:test", {4}),
    (PipelineRun, "api:features", {4}),
    (PipelineRun, 'api:""', {1, 2, 3, 5, 6, 4312}),
    (PipelineRun, "label:gpu", {3, 6}),
    (PipelineRun, 'label:"night ly"', {3}),
    (PipelineRun, "label:night", set()),
    (PipelineRun, "label:g*y", set()),
    (PipelineRun, "-label:gpu", {1, 2, 4, 5, 4312}),
    (PipelineRun, "is:warnings", {4}),
    (PipelineRun, "is:likely", {6}),
    (PipelineRun, "is:child", {4312}),
    (PipelineRun, "project:churn", {1, 2, 3, 4, 5}),
    (PipelineRun, "project:CHU", {1, 2, 3, 4, 5}),
    (PipelineRun, "project:ml/risk", {6}),
    (PipelineRun, "project:ml/*detection", {6}),
    (PipelineRun, "project:churn*", {1, 2, 3, 4, 5}),
    (PipelineRun, "project:hurn*", set()),
    (PipelineRun, "project:100%", {6}),
    (PipelineRun, "project:0_", set()),
    (PipelineRun, "project:étude", {4312}),
    (PipelineRun, "-project:churn,fraud", {4312}),
    (PipelineRun, "project:nowhere", set()),
    (PipelineRun, "pipeline:train", {1}),
    (PipelineRun, 'pipeline:"nightly retrain"', {6}),
    (PipelineRun, "oom", {2}),
    (PipelineRun, "OOM KILLED", {2}),
    (PipelineRun, '"oom killed"', {2}),
    (PipelineRun, '"killed oom"', set()),
    (PipelineRun, '"say \\"hi\\""', {5}),
    (PipelineRun, "100%_done", {5}),
    (PipelineRun, "100%xdone", set()),
    (PipelineRun, "ÜNÏCODE", {5}),
    (PipelineRun, "fraud", {6}),
    (PipelineRun, "étude", {4312}),
    (PipelineRun, "main ada", {1, 3}),
    (PipelineRun, "main -schedule", {1, 3}),
    (PipelineRun, "4312", {4312}),
    (PipelineRun, "'; DROP TABLE pipeline_run; --", set()),
    (PipelineRun, '"\x1f"', set()),
    (JobRun, "status:failed", {2}),
    (JobRun, "ref:main", {1}),
    (JobRun, "pipeline:train", {1}),
    (JobRun, "project:churn", {1, 2}),
    (JobRun, "is:allowed", {2}),
    (JobRun, "id:2", {2}),
    (JobRun, "gpu-7", {1}),
    (JobRun, "api:x", set()),
    (JobRun, "-api:x", {1, 2}),
    (Project, "project:churn", {1}),
    (Project, "label:gold", {1}),
    (Project, "is:archived", {2}),
    (Project, "detection", {2}),
    (Project, "étude", {3}),
]
"""Record type, filter, and the numbers of the records that fit."""


def number(record: Record) -> int:
    """The number in the id of a record of this world."""
    return int(record.id.rsplit(":", 1)[1])


@pytest.mark.parametrize(
    ("kind", "text", "expected"), CASES, ids=[f"{kind.__name__}-{text}" for kind, text, _ in CASES]
)
async def test_a_filter_finds(store: Store, kind: type[Record], text: str, expected: set[int]) -> None:
    await store.put(WORLD)
    query = parse(text)
    assert {number(one) for one in (await store.page(kind, query=query)).records} == expected
    assert await store.count(kind, query=query) == len(expected)

    by_id = {(type(record), record.id): record for record in WORLD}
    meant = meaning(query, KINDS[kind])
    in_memory = {
        number(record)
        for record in WORLD
        if type(record) is kind and meant.matches(getter(KINDS[kind], record, lambda other, id: by_id.get((other, id))))
    }
    assert in_memory == expected


async def test_filters_and_orders_go_together(store: Store) -> None:
    await store.put(WORLD)
    query, sort = parse("project:churn -status:manual"), Sort("ref", descending=True)
    listing = await store.listing(PipelineRun, query=query, where={"kind": "production"}, sort=sort)
    await listing.finish()
    assert [number(one) for one in await listing.window(0, 10)] == [3, 1, 2]
    assert await store.tally(PipelineRun, "status", query=parse("ref:main")) == {"success": 1, "running": 1}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_every_field_of_every_type_can_be_sorted_and_every_term_asked(store: Store, kind: type[Record]) -> None:
    specification = KINDS[kind]
    for name, column in specification.fields.items():
        if column.type != "words":
            assert (await store.page(kind, sort=Sort(name))).records == ()
        assert await store.tally(kind, name) == {}
    for term in specification.terms:
        assert await store.count(kind, query=parse(f"{term}:x,y*,é some text")) == 0
