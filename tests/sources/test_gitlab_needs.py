"""What jobs wait for: GraphQL of a simulated GitLab, and of servers that do not have it or do not know the question."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from data.errors import BadAnswer, Refused, SourceError
from data.model import PipelineRun, make
from data.simulator.server import Simulator
from data.sources.gitlab import GitLabSource
from data.sources.gitlab.needs import project_path
from tests.sources.conftest import Connect
from tests.sources.scripted import Answer, Scripted, Seen

GRAPHQL = "/api/graphql"


@pytest.fixture
def run() -> PipelineRun:
    return make(
        PipelineRun, id="gl:7:41", project_id="gl:7", connection="gl", git_project_id=7, git_pipeline_id=41,
        run_number=12, created="2026-01-01T00:00:00Z", web_url="https://git.example.com/ml/churn/-/pipelines/41",
    )  # fmt: skip


def page(*jobs: tuple[str, list[str]], cursor: str = "") -> dict[str, Any]:
    nodes = [{"name": name, "needs": {"nodes": [{"name": need} for need in needs]}} for name, needs in jobs]
    about = {"hasNextPage": bool(cursor), "endCursor": cursor or None}
    return {"data": {"project": {"pipeline": {"jobs": {"pageInfo": about, "nodes": nodes}}}}}


@pytest.mark.server
@pytest.mark.parametrize("who", ["maintainer", "reader"])
def test_a_pipeline_with_needs_and_its_trigger_jobs(simulator: Simulator, connect: Connect, who: str) -> None:
    source = connect(who)
    project = source.project("ml/customer/churn").git_project_id
    [*runs] = source.pipelines(project).runs
    found = source.needs(runs[0])
    assert found["train"] == ("features",)
    assert found["trials"] == ("features",), "a trigger job"
    assert set(found["evaluate"]) == {"train", "trials"}
    assert "extract" not in found
    assert set(found) <= {job.name for job in source.jobs(runs[0])}


def test_one_request_asks_by_path_and_number(gitlab: GitLabSource, script: Scripted, run: PipelineRun) -> None:
    script.on(GRAPHQL, Answer(page(("build", []), ("test \x1b[31m1", ["build", "build"]))))
    assert gitlab.needs(run) == {"test 1": ("build",)}
    (seen,) = script.seen
    assert seen.method == "POST"
    assert seen.headers["Authorization"].startswith("Bearer ")
    assert seen.json["variables"] == {"project": "ml/churn", "pipeline": "12", "after": None}


def test_a_pipeline_with_more_than_a_hundred_jobs(gitlab: GitLabSource, script: Scripted, run: PipelineRun) -> None:
    def answer(seen: Seen) -> Answer:
        first = seen.json["variables"]["after"] is None
        return Answer(page(("a", ["x"]), cursor="c1") if first else page(("b", ["y"])))

    script.on(GRAPHQL, answer)
    assert gitlab.needs(run) == {"a": ("x",), "b": ("y",)}


def test_a_list_that_never_ends_is_not_followed(gitlab: GitLabSource, script: Scripted, run: PipelineRun) -> None:
    script.on(GRAPHQL, Answer(page(("a", ["x"]), cursor="again")))
    assert gitlab.needs(run) == {"a": ("x",)}
    assert len(script.seen) == 10


@pytest.mark.parametrize("data", [{"project": None}, {"project": {"pipeline": None}}, {"project": {"pipeline": {}}}])
def test_what_the_login_may_not_see_has_no_needs(
    gitlab: GitLabSource, script: Scripted, run: PipelineRun, data: dict[str, Any]
) -> None:
    script.on(GRAPHQL, Answer({"data": data}))
    assert gitlab.needs(run) == {}


def test_an_older_server_refuses_in_its_words(gitlab: GitLabSource, script: Scripted, run: PipelineRun) -> None:
    script.on(GRAPHQL, Answer({"errors": [{"message": "Field 'needs' doesn't exist on type 'CiJob'"}]}))
    with pytest.raises(Refused, match="doesn't exist on type"):
        gitlab.needs(run)


def test_a_token_that_graphql_does_not_take_is_no_fault_of_the_connection(
    gitlab: GitLabSource, script: Scripted, run: PipelineRun
) -> None:
    script.on(GRAPHQL, Answer({"errors": [{"message": "Invalid token"}]}, 401))
    with pytest.raises(Refused):
        gitlab.needs(run)


@pytest.mark.parametrize("answer", [Answer("<html>", kind="text/html"), Answer([1]), Answer({"data": {"project": 7}})])
def test_answers_that_nobody_documents(
    gitlab: GitLabSource, script: Scripted, run: PipelineRun, answer: Answer
) -> None:
    script.on(GRAPHQL, answer)
    with pytest.raises(SourceError) as caught:
        gitlab.needs(run)
    assert isinstance(caught.value, BadAnswer)


def test_without_an_address_the_project_is_asked_for_its_path(
    gitlab: GitLabSource, script: Scripted, run: PipelineRun
) -> None:
    script.on("/api/v4/projects/7", Answer({"id": 7, "path_with_namespace": "ml/churn"}))
    script.on(GRAPHQL, Answer(page(("b", ["a"]))))
    assert gitlab.needs(replace(run, web_url="")) == {"b": ("a",)}
    assert script.asked(GRAPHQL)[0].json["variables"]["project"] == "ml/churn"


@pytest.mark.parametrize(
    ("base", "web_url", "path"),
    [
        ("https://git.example.com", "https://git.example.com/ml/risk/fraud/-/pipelines/1", "ml/risk/fraud"),
        ("https://example.com/gitlab", "https://example.com/gitlab/ml/churn/-/pipelines/1", "ml/churn"),
        ("http://localhost:8080", "https://git.example.com/ml/churn/-/pipelines/1", "ml/churn"),
        ("https://git.example.com", "https://git.example.com/ml/churn/pipelines/1", ""),
        ("https://git.example.com", "", ""),
    ],
)
def test_the_path_in_an_address(base: str, web_url: str, path: str) -> None:
    assert project_path(base, web_url) == path
