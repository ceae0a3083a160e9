"""GraphQL: the needs of jobs, in GitLab's own schema and words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.conftest import Bench

QUERY = """
query JobNeeds($project: ID!, $pipeline: ID!, $after: String) {
  project(fullPath: $project) { id pipeline(iid: $pipeline) { iid jobs(first: 4, after: $after) {
    pageInfo { hasNextPage endCursor } nodes { id name needs { nodes { name } } } } } }
}
"""


def ask(bench: Bench, query: str = QUERY, who: str = "reader", **variables: Any) -> Any:
    """The JSON of an answer."""
    url = f"{bench.simulator.url}/api/graphql"
    headers = {"Authorization": f"Bearer {bench.simulator.tokens[who]}"}
    answer = bench.session.post(url, json={"query": query, "variables": variables}, headers=headers, timeout=10)
    assert answer.status_code == 200
    return answer.json()


def test_needs_of_all_jobs_page_by_page(bench: Bench) -> None:
    made = bench.pipeline(bench.project(), EPOCHS="3")
    needs: dict[str, list[str]] = {}
    after = None
    for _ in range(9):
        variables = {"project": "ml/customer/churn", "pipeline": str(made.iid), "after": after}
        jobs = ask(bench, **variables)["data"]["project"]["pipeline"]["jobs"]
        assert len(jobs["nodes"]) <= 4
        needs |= {job["name"]: [one["name"] for one in job["needs"]["nodes"]] for job in jobs["nodes"]}
        after = jobs["pageInfo"]["endCursor"]
        if not jobs["pageInfo"]["hasNextPage"]:
            break
    assert needs["extract"] == [] and needs["trials"] == ["features"]
    assert set(needs["evaluate"]) == {"train", "trials"}
    assert set(needs) == {job.name for job in bench.simulator.world.pipelines[made.id].jobs}


def test_a_need_that_rules_left_out_is_not_told(bench: Bench) -> None:
    made = bench.pipeline(bench.project(), RUN_TRIALS="false")
    query = 'query { project(fullPath: "ml/customer/churn") { pipeline(iid: "%s") { jobs { nodes { name needs { nodes { name } } } } } } }'  # noqa: E501
    nodes = ask(bench, query % made.iid)["data"]["project"]["pipeline"]["jobs"]["nodes"]
    assert next(job["needs"]["nodes"] for job in nodes if job["name"] == "evaluate") == [{"name": "train"}]


@pytest.mark.parametrize("who", ["outsider", "maintainer"])
def test_what_is_not_there_or_not_visible_is_null(bench: Bench, who: str) -> None:
    path = "ml/customer/churn" if who == "outsider" else "no/such"
    assert ask(bench, who=who, project=path, pipeline="1") == {"data": {"project": None}}
    assert ask(bench, project="ml/customer/churn", pipeline="99")["data"]["project"]["pipeline"] is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("query { project { colour } }", "Field 'colour' doesn't exist on type 'Project'"),
        ("query { projects { id } }", "Field 'projects' doesn't exist on type 'Query'"),
        ("query { project(id: 1) { id } }", "Field 'project' doesn't accept argument 'id'"),
        ("query { project(fullPath: $p) { id } }", "Variable $p is used but not declared"),
        ("query A($p: ID!) { project(fullPath: $p) { id } }", "Variable $p of type ID! was provided invalid value"),
        ("query { project", "Unexpected end of document"),
        ("query { project { id } } }", 'Parse error on "}"'),
        ("query { project @skip { id } }", 'Parse error on "@" (error) at [1]'),
        ("", "Unexpected end of document"),
    ],
)
def test_mistakes_are_told_with_status_200(bench: Bench, query: str, message: str) -> None:
    assert [error["message"] for error in ask(bench, query)["errors"]] == [message]


def test_only_known_tokens_may_ask(bench: Bench) -> None:
    url = f"{bench.simulator.url}/api/graphql"
    for who, status in (("expired", 401), ("reader", 200)):
        headers = {"Authorization": f"Bearer {bench.simulator.tokens[who]}"}
        answer = bench.session.post(url, json={"query": "query { project { id } }"}, headers=headers, timeout=10)
        assert answer.status_code == status


def test_a_server_without_graphql(serve: Callable[..., Bench]) -> None:
    bench = serve(graphql=False)
    answer = bench.session.post(
        f"{bench.simulator.url}/api/graphql",
        json={"query": QUERY},
        headers={"PRIVATE-TOKEN": bench.simulator.tokens["owner"]},
        timeout=10,
    )
    assert answer.status_code == 404
