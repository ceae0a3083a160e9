"""Answers of MLflow servers, and of what stands before them, that a healthy one does not give."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from data.config.credentials import Credential
from data.config.secret import Secret
from data.config.settings import ConnectionSettings
from data.errors import BadAnswer, Forbidden, NotFound, RateLimited, Refused, SourceError, Unauthorized, Unreachable
from data.sources.faults import Unanswered
from data.sources.http import Response
from data.sources.mlflow import RestTracking, TrackingSource, open_tracking
from tests.servers import free_port
from tests.sources.scripted import Answer, Scripted, Seen

API = "/api/2.0/mlflow"
EXPERIMENTS, RUNS, RUN = f"{API}/experiments/search", f"{API}/runs/search", f"{API}/runs/get"
BULK, PLAIN = f"{API}/metrics/get-history-bulk-interval", f"{API}/metrics/get-history"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
BASIC = Credential(kind="basic", secret=Secret("pass:wörd"), username="ada", origin="password of connection ml")
BEARER = Credential(kind="oauth_token", secret=Secret("t0ken"), origin="environment variable MLFLOW_TRACKING_TOKEN")


def settings(url: str, **values: Any) -> ConnectionSettings:
    return ConnectionSettings(kind="mlflow", url=url, **{"timeout_connect": 5.0, "timeout_read": 20.0, **values})


@pytest.fixture
def tracking(script: Scripted) -> Iterator[RestTracking]:
    source = RestTracking("ml", settings(script.url), Credential())
    yield source
    source.close()


def run_row(number: int = 1, **info: Any) -> dict[str, Any]:
    fields = {"run_id": f"{number:032x}", "experiment_id": "0", "status": "RUNNING", "start_time": 1_767_268_800_000}
    return {"info": {**fields, **info}, "data": {}}


def failure(source: RestTracking, script: Scripted, answer: Answer) -> SourceError:
    script.on(EXPERIMENTS, answer)
    with pytest.raises(SourceError) as caught:
        source.experiments()
    return caught.value


def test_user_and_password_come_before_a_token_and_may_hold_any_character(script: Scripted) -> None:
    script.on(EXPERIMENTS, Answer({}))
    source = RestTracking("ml", settings(script.url), BASIC)
    assert source.experiments() == []
    source.close()
    expected = base64.b64encode("ada:pass:wörd".encode()).decode()
    assert script.seen[0].headers["Authorization"] == f"Basic {expected}"


def test_a_token_goes_as_bearer(script: Scripted) -> None:
    script.on(EXPERIMENTS, Answer({}))
    source = RestTracking("ml", settings(script.url), BEARER)
    source.experiments()
    source.close()
    assert script.seen[0].headers["Authorization"] == "Bearer t0ken"


def test_a_login_in_the_url_is_used_and_never_shown(script: Scripted) -> None:
    script.on(EXPERIMENTS, Answer({}), Answer("Unauthorized", 401, kind="text/html"))
    script.on("/version", Answer("3.17.2", kind="text/plain"))
    source = RestTracking("ml", settings(script.url.replace("http://", "http://ada:hunter2@")), Credential())
    found = source.probe()
    assert script.seen[0].headers["Authorization"] == f"Basic {base64.b64encode(b'ada:hunter2').decode()}"
    with pytest.raises(Unauthorized) as caught:
        source.experiments()
    source.close()
    assert "hunter2" not in f"{found}{caught.value}"
    assert (found.url, found.version) == (script.url, "3.17.2")


def test_no_origin_header_is_sent(tracking: RestTracking, script: Scripted) -> None:
    script.on(EXPERIMENTS, Answer({}))
    tracking.experiments()
    assert "Origin" not in script.seen[0].headers


def test_plain_http_uses_a_connection_for_each_request(tracking: RestTracking, script: Scripted) -> None:
    script.on(EXPERIMENTS, Answer({}))
    tracking.experiments()
    tracking.experiments()
    assert [seen.headers["Connection"] for seen in script.seen] == ["close", "close"]


def test_a_search_that_was_cut_is_sent_once_more(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUNS, Answer(cut=True), Answer({"runs": [run_row(1)]}))
    assert len(tracking.runs(["1"]).runs) == 1
    script.on(RUNS, Answer(cut=True))
    with pytest.raises(Unreachable, match="cut the connection"):
        tracking.runs(["1"])
    assert len(script.seen) == 4


def test_a_basic_auth_server_refuses_in_plain_text(script: Scripted) -> None:
    source = RestTracking("ml", settings(script.url), BEARER)
    text = "You are not authenticated. Please see https://…"
    error = failure(source, script, Answer(text, 401, kind="text/html"))
    source.close()
    assert isinstance(error, Unauthorized)
    assert "token from environment variable MLFLOW_TRACKING_TOKEN" in error.message
    assert "username and password" in error.hint


def test_forbidden_in_plain_text(tracking: RestTracking, script: Scripted) -> None:
    error = failure(tracking, script, Answer("Permission denied", 403, kind="text/html"))
    assert isinstance(error, Forbidden)
    assert "Permission denied" in error.message


def test_an_invalid_host_header_is_explained_with_allowed_hosts(tracking: RestTracking, script: Scripted) -> None:
    text = "Invalid Host header - possible DNS rebinding attack detected"
    error = failure(tracking, script, Answer(text, 403, kind="text/plain"))
    assert isinstance(error, Forbidden)
    assert "--allowed-hosts 127.0.0.1" in error.hint


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_login_page_is_recognised(tracking: RestTracking, script: Scripted, kind: str) -> None:
    error = failure(tracking, script, Answer("<!DOCTYPE html><html>Sign in</html>", kind=kind))
    assert isinstance(error, BadAnswer)
    assert "login page" in error.hint


@pytest.mark.parametrize("body", [b'{"experiments": [', b"[]", b"7"])
def test_answers_that_are_no_json_object(tracking: RestTracking, script: Scripted, body: bytes) -> None:
    assert isinstance(failure(tracking, script, Answer(body)), BadAnswer)


def test_an_answer_without_its_thing_is_a_bad_answer(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUN, Answer({}))
    with pytest.raises(BadAnswer, match="not documented"):
        tracking.run("a")


def test_a_missing_run_and_a_missing_call_are_told_apart(tracking: RestTracking, script: Scripted) -> None:
    body = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run with id=a not found"}
    script.on(RUN, Answer(body, 404), Answer("<html>404</html>", 404, kind="text/html"))
    with pytest.raises(NotFound, match="the run a"):
        tracking.run("a")
    with pytest.raises(NotFound, match="no MLflow call"):
        tracking.run("a")


def test_a_refused_parameter_is_told_in_mlflows_words(tracking: RestTracking, script: Scripted) -> None:
    body = {"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid clause(s) in filter string: 'x'"}
    error = failure(tracking, script, Answer(body, 400))
    assert isinstance(error, Refused)
    assert "Invalid clause(s)" in error.message


def test_429_and_5xx_keep_their_status(tracking: RestTracking, script: Scripted) -> None:
    error = failure(tracking, script, Answer({"error_code": "X"}, 429, {"Retry-After": "7"}))
    assert isinstance(error, RateLimited)
    assert (error.status, error.retry_after) == (429, 7.0)
    error = failure(tracking, script, Answer("<html>", 503, kind="text/html"))
    assert isinstance(error, BadAnswer)
    assert error.status == 503


def test_a_server_that_is_down_is_told_at_once_and_not_retried() -> None:
    seen: list[Response] = []
    url = f"http://127.0.0.1:{free_port()}"
    source = open_tracking("ml", settings(url), Credential(), on_response=seen.append)
    with pytest.raises(Unreachable, match="refuses connections"):
        source.experiments()
    source.close()
    assert len(seen) == 1


def test_a_silent_server_times_out(script: Scripted) -> None:
    script.on(EXPERIMENTS, Answer(held=True))
    source = RestTracking("ml", settings(script.url, timeout_read=0.1), Credential())
    with pytest.raises(Unreachable, match="did not answer in time"):
        source.experiments()
    source.close()


@pytest.mark.parametrize("answer", [Answer(cut=True), Answer("<html>", 502, kind="text/html")])
def test_a_write_is_sent_once_and_its_outcome_may_be_unknown(
    tracking: RestTracking, script: Scripted, answer: Answer
) -> None:
    script.on(f"{API}/runs/create", answer)
    with pytest.raises(Unanswered):
        tracking.create_run("0", name="x", tags={}, start=START)
    assert len(script.seen) == 1


def test_a_run_that_was_made_is_not_lost_when_it_cannot_be_scheduled(tracking: RestTracking, script: Scripted) -> None:
    script.on(f"{API}/runs/create", Answer({"run": run_row(5)}))
    script.on(f"{API}/runs/update", Answer("<html>", 502, kind="text/html"))
    made = tracking.create_run("0", name="x", tags={}, start=START)
    assert (made.run_id, made.status) == (f"{5:032x}", "RUNNING")


def test_a_search_asks_for_small_pages_of_all_runs(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUNS, Answer({"runs": [run_row(1)], "next_page_token": "t2"}), Answer({}))
    page = tracking.runs(["1", "2"], status="RUNNING", started_after=START, limit=5000)
    assert (len(page.runs), page.next_token) == (1, "t2")
    assert tracking.runs(["1"], page_token="t2") == ([], "", True)
    first, second = (seen.json for seen in script.seen)
    assert first == {
        "experiment_ids": ["1", "2"],
        "filter": "attributes.status = 'RUNNING' AND attributes.start_time > 1767268800000",
        "run_view_type": "ALL",
        "max_results": 20,
        "order_by": ["attributes.start_time DESC"],
    }
    assert second["page_token"] == "t2"


def test_texts_in_filters_are_quoted(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUNS, Answer({}))
    tracking.runs(["1"], run_ids=["it's", 'say "hi"'])
    assert script.seen[0].json["filter"] == """attributes.run_id IN ("it's", 'say "hi"')"""
    with pytest.raises(Refused, match="quotes"):
        tracking.runs(["1"], run_ids=["'\""])


def test_experiments_come_in_pages_and_an_endless_list_ends(tracking: RestTracking, script: Scripted) -> None:
    row = {"experiment_id": "1", "name": "churn"}
    script.on(EXPERIMENTS, Answer({"experiments": [row], "next_page_token": "again"}))
    assert len(tracking.experiments()) == 100
    assert script.seen[0].json["max_results"] == 200


def point(step: int, **more: Any) -> dict[str, Any]:
    return {"key": "loss", "value": 1.0, "timestamp": step, "step": step, **more}


def test_histories_are_asked_for_within_bounds_a_hundred_runs_at_a_time(
    tracking: RestTracking, script: Scripted
) -> None:
    script.on(BULK, lambda seen: Answer({"metrics": [point(1, run_id=run) for run in seen.query["run_ids"]]}))
    found = tracking.histories([f"r{number}" for number in range(250)], "loss", max_points=10_000)
    assert len(found) == 250
    assert [len(seen.query["run_ids"]) for seen in script.seen] == [100, 100, 50]
    query = script.seen[0].query
    assert (query["start_step"], query["end_step"]) == ([str(-(2**63))], [str(2**63 - 1)])
    assert query["max_results"] == ["2500"]


def test_a_history_as_long_as_was_asked_for_may_be_sampled(tracking: RestTracking, script: Scripted) -> None:
    script.on(BULK, Answer({"metrics": [point(step, run_id="r") for step in range(10)]}))
    assert tracking.histories(["r"], "loss", max_points=10)[0].sampled
    assert not tracking.histories(["r"], "loss", max_points=11)[0].sampled


def test_a_bare_nan_is_read_though_it_is_no_json(tracking: RestTracking, script: Scripted) -> None:
    script.on(BULK, Answer(b'{"metrics": [{"run_id": "r", "value": NaN, "step": 1, "timestamp": 2}]}'))
    assert tracking.histories(["r"], "loss")[0].values == (None,)


@pytest.mark.parametrize("missing", [Answer({"error": "404 Not Found"}, 404), Answer("<html>", 404, kind="text/html")])
def test_a_server_without_bulk_histories_is_read_one_by_one(
    tracking: RestTracking, script: Scripted, missing: Answer
) -> None:
    script.on(BULK, missing)

    def history(seen: Seen) -> Answer:
        if seen.query["run_id"] == ["gone"]:
            return Answer({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"}, 404)
        if "page_token" in seen.query:
            return Answer({"metrics": [point(step) for step in range(1000, 1500)]})
        return Answer({"metrics": [point(step) for step in range(1000)], "next_page_token": "2"})

    script.on(PLAIN, history)
    (found,) = tracking.histories(["gone", "r"], "loss", max_points=100)
    assert (found.tracked_run_id, found.sampled, len(found.steps)) == ("ml:r", True, 100)
    assert (found.steps[0], found.steps[-1]) == (0, 1499)
    assert script.asked(PLAIN)[-1].query["max_results"] == ["1000"]
    (part,) = tracking.histories(["r"], "loss", start_step=10, end_step=12)
    assert (part.steps, part.sampled) == ((10, 11, 12), False)
    assert len(script.asked(BULK)) == 1


def test_numbers_that_a_server_writes_as_text(tracking: RestTracking, script: Scripted) -> None:
    row = run_row(1, start_time="1767268800000", end_time="0")
    row["data"] = {"metrics": [{"key": "loss", "value": "NaN", "timestamp": "1767268800000", "step": "7"}]}
    script.on(RUN, Answer({"run": row}))
    found = tracking.run("a")
    assert (found.start, found.end) == (START, None)
    assert (found.metrics["loss"].last, found.metrics["loss"].step, found.metrics["loss"].time) == (None, 7, START)


def test_an_old_servers_run_without_run_name_and_user(tracking: RestTracking, script: Scripted) -> None:
    row: dict[str, Any] = {"info": {"run_uuid": "abc", "experiment_id": 3}, "data": {"tags": []}}
    row["data"]["tags"] = [{"key": "mlflow.runName", "value": "fox"}, {"key": "mlflow.user", "value": "ada"}]
    script.on(RUN, Answer({"run": row}))
    found = tracking.run("abc")
    assert (found.run_id, found.experiment_id, found.name, found.user) == ("abc", "3", "fox", "ada")


def test_a_server_without_a_registry_has_no_models(tracking: RestTracking) -> None:
    assert tracking.registered_models() == []
    assert tracking.model_versions() == []


def test_the_health_page_is_not_believed(tracking: RestTracking, script: Scripted) -> None:
    script.on("/health", Answer("OK", kind="text/plain"))
    script.on(EXPERIMENTS, Answer("Invalid Host header", 403, kind="text/plain"))
    with pytest.raises(Forbidden):
        tracking.probe()


def test_a_version_page_of_another_kind_is_ignored(tracking: RestTracking, script: Scripted) -> None:
    script.on(EXPERIMENTS, Answer({}))
    script.on("/version", Answer("<html>hello</html>", kind="text/html"))
    assert tracking.probe().version == ""


def test_a_redirected_search_names_the_trouble(tracking: RestTracking, script: Scripted) -> None:
    error = failure(tracking, script, Answer(status=302, headers={"Location": "https://sso.example.com/"}))
    assert isinstance(error, BadAnswer)
    assert "redirects" in error.message


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("file:///srv/mlruns", "sqlite:///"),
        ("./mlruns", "sqlite:///"),
        ("postgresql://ml:hunter2@db/mlflow", "URL of the MLflow server"),
        ("databricks", "sqlite:///"),
        ("databricks://profile", "Databricks"),
    ],
)
def test_other_kinds_of_tracking_uri_are_explained(url: str, hint: str) -> None:
    with pytest.raises(Refused) as caught:
        open_tracking("ml", settings(url), Credential())
    assert hint in caught.value.hint
    assert "hunter2" not in str(caught.value)


def test_all_sources_are_tracking_sources(tracking: RestTracking) -> None:
    source: TrackingSource = tracking
    assert source.close is not None
