"""GitLab's own MLflow: one experiment to a search, no filter, no sampled histories."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from data.config.credentials import Credential
from data.config.secret import Secret
from data.config.settings import ConnectionSettings
from data.errors import Forbidden, NotFound
from data.sources.mlflow import GitLabTracking, TrackingSource, open_tracking
from tests.sources.scripted import Answer, Scripted, Seen

BASE = "/api/v4/projects/7/ml/mlflow"
API = f"{BASE}/api/2.0/mlflow"
DAY = 86_400_000
TOKEN = Credential(kind="oauth_token", secret=Secret("glpat-x"), origin="environment variable GITLAB_TOKEN")


@pytest.fixture
def tracking(script: Scripted) -> Iterator[TrackingSource]:
    source = open_tracking("ml", ConnectionSettings(kind="mlflow", url=script.url + BASE), TOKEN)
    assert isinstance(source, GitLabTracking)
    yield source
    source.close()


def row(run: str, start: int, status: str = "FINISHED") -> dict[str, Any]:
    return {"info": {"run_id": run, "experiment_id": "1", "status": status, "start_time": start, "end_time": start + 1}}


def test_probe_and_experiments_need_read_access_only(tracking: TrackingSource, script: Scripted) -> None:
    script.on(f"{API}/experiments/list", Answer({"experiments": [{"experiment_id": "1", "name": "churn"}]}))
    assert tracking.probe().version == "GitLab"
    assert [one.name for one in tracking.experiments()] == ["churn"]
    assert {seen.method for seen in script.seen} == {"GET"}
    assert script.seen[0].headers["Authorization"] == "Bearer glpat-x"


def test_runs_of_several_experiments_are_searched_one_after_the_other(
    tracking: TrackingSource, script: Scripted
) -> None:
    def answer(seen: Seen) -> Answer:
        body = seen.json
        assert "filter" not in body
        assert "order_by" not in body
        (number,) = body["experiment_ids"]
        if "page_token" in body:
            return Answer({"runs": [row(f"{number}-older", DAY)]})
        more = {"next_page_token": "p:2"} if number == "1" else {}
        return Answer({"runs": [row(f"{number}-newer", 2 * DAY)], **more})

    script.on(f"{API}/runs/search", answer)
    seen: list[str] = []
    token = ""
    for _ in range(9):
        page = tracking.runs(["1", "2"], page_token=token)
        seen += [run.run_id for run in page.runs]
        token = page.next_token
        if not token:
            break
    assert seen == ["1-newer", "1-older", "2-newer"]
    assert tracking.runs([]) == ([], "", True)


def test_conditions_are_applied_here(tracking: TrackingSource, script: Scripted) -> None:
    rows = [row("new", 3 * DAY, "RUNNING"), row("old", DAY, "RUNNING"), row("done", 3 * DAY)]
    script.on(f"{API}/runs/search", Answer({"runs": rows}))
    after = datetime.fromtimestamp(2 * DAY / 1000, UTC)
    assert [run.run_id for run in tracking.runs(["1"], status="RUNNING", started_after=after).runs] == ["new"]
    assert [run.run_id for run in tracking.runs(["1"], ended_after=after).runs] == ["new", "done"]


def test_runs_by_id_are_read_one_by_one(tracking: TrackingSource, script: Scripted) -> None:
    script.on(f"{API}/runs/get", lambda seen: Answer({"run": row(seen.query["run_id"][0], DAY)}))
    assert [run.run_id for run in tracking.runs(["1"], run_ids=["a", "b"]).runs] == ["a", "b"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_may_only_read_is_told_what_searching_needs(
    tracking: TrackingSource, script: Scripted, status: int
) -> None:
    script.on(f"{API}/runs/search", Answer({"message": f"{status}"}, status))
    with pytest.raises(Exception, match="scope api and the role developer"):
        tracking.runs(["1"])


def test_an_invisible_project_is_not_found(tracking: TrackingSource, script: Scripted) -> None:
    script.on(f"{API}/experiments/list", Answer({"message": "404 Project Not Found"}, 404))
    with pytest.raises(NotFound, match="no such thing"):
        tracking.probe()


def test_histories_are_read_whole_without_asking_for_bulk(tracking: TrackingSource, script: Scripted) -> None:
    points = [{"key": "loss", "value": 0.5, "timestamp": 1, "step": step} for step in (1, 0)]
    script.on(f"{API}/metrics/get-history", Answer({"metrics": points}))
    assert tracking.histories(["a"], "loss")[0].steps == (0, 1)
    assert {seen.path for seen in script.seen} == {f"{API}/metrics/get-history"}


def test_model_versions_and_models_that_gitlab_does_not_offer_are_none(tracking: TrackingSource) -> None:
    assert tracking.registered_models() == []
    assert tracking.model_versions() == []


def test_a_forbidden_write_is_forbidden(tracking: TrackingSource, script: Scripted) -> None:
    script.on(f"{API}/runs/set-tag", Answer({"message": "403 Forbidden"}, 403))
    with pytest.raises(Forbidden):
        tracking.set_tag("a", "k", "v")


def test_what_it_does_not_offer_stays_empty(tracking: TrackingSource, script: Scripted) -> None:
    script.on(f"{API}/runs/get", Answer({"run": row("a", DAY)}))
    assert tracking.artifacts("a") == []
    assert tracking.detail("a").models == []
    assert tracking.runs(["1"], undated=True).runs == []
    assert tracking.sketch(["a"], "loss", 10**6, range(25)) == []
    assert [seen.path for seen in script.seen] == [f"{API}/runs/get"]


def test_a_run_that_is_gone_does_not_spoil_the_others(tracking: TrackingSource, script: Scripted) -> None:
    def answer(seen: Seen) -> Answer:
        run = seen.query["run_id"][0]
        return (
            Answer({"error_code": "RESOURCE_DOES_NOT_EXIST"}, 404) if run == "gone" else Answer({"run": row(run, DAY)})
        )

    script.on(f"{API}/runs/get", answer)
    assert [run.run_id for run in tracking.runs(["1"], run_ids=["gone", "b"]).runs] == ["b"]


def test_pages_of_what_is_too_old_are_not_read(tracking: TrackingSource, script: Scripted) -> None:
    """Its lists begin with the newest run; a search for news ends where nothing new can come."""
    script.on(f"{API}/runs/search", Answer({"runs": [row("old", 2 * DAY, "RUNNING")], "next_page_token": "p:2"}))
    lately = datetime.fromtimestamp(20 * DAY / 1000, UTC)
    for conditions in ({"active": True, "started_after": lately}, {"ended_after": lately}):
        assert tracking.runs(["1"], **conditions) == ([], "", False)
    page = tracking.runs(["1"], active=True)
    assert ([run.run_id for run in page.runs], page.next_token) == (["old"], "0:p:2")
