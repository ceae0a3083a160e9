"""Tokens, scopes and both kinds of 429."""

from __future__ import annotations

from collections.abc import Callable

import gitlab
import pytest

from tests.simulator.conftest import Bench


def test_token_errors(bench: Bench) -> None:
    unknown = bench.get("/user", headers={"PRIVATE-TOKEN": "glpat-nobody"})
    assert (unknown.status_code, unknown.json()) == (401, {"message": "401 Unauthorized"})
    expired = bench.get("/user", "expired")
    assert (expired.status_code, expired.json()["error"]) == (401, "invalid_token")
    assert expired.json()["error_description"].startswith("Token is expired.")
    revoked = bench.get("/user", "revoked")
    assert (revoked.status_code, revoked.json()["error_description"]) == (
        401, "Token was revoked. You have to re-authorize from the user."
    )  # fmt: skip
    with pytest.raises(gitlab.GitlabAuthenticationError, match="invalid_token"):
        bench.as_("expired").auth()


def test_a_reading_token_cannot_write(bench: Bench) -> None:
    project = bench.project().id
    assert bench.get(f"/projects/{project}", "reader").status_code == 200
    answer = bench.post(f"/projects/{project}/pipeline", "reader", json={"ref": "main"})
    assert answer.status_code == 403
    assert answer.json() == {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": "api",
    }


def test_bearer_and_anonymous(bench: Bench) -> None:
    token = bench.simulator.tokens["developer"]
    with gitlab.Gitlab(bench.simulator.url, oauth_token=token, timeout=5) as client:
        client.auth()
        assert client.user is not None and client.user.username == "chidi"

    def anonymous(path: str) -> tuple[int, object]:
        answer = bench.session.get(bench.url(path), timeout=5)
        return answer.status_code, answer.json()

    assert anonymous("/user") == (401, {"message": "401 Unauthorized"})
    assert anonymous("/projects") == (200, [])
    assert anonymous("/projects/101") == (404, {"message": "404 Project Not Found"})


def test_a_token_can_be_expired_at_run_time(bench: Bench) -> None:
    bench.post("/-/simulator/token", json={"name": "maintainer", "action": "expire"})
    assert bench.get("/user").status_code == 401
    bench.post("/-/simulator/token", json={"name": "maintainer", "action": "restore"})
    assert bench.get("/user").status_code == 200
    assert bench.post("/-/simulator/token", json={"name": "maintainer", "action": "x"}).status_code == 400


def test_roles(bench: Bench) -> None:
    made = bench.pipeline(bench.project())
    path = f"/projects/{made.project_id}/pipelines/{made.id}"
    assert bench.get(path, "reporter").status_code == 200
    for action in ("cancel", "retry"):
        answer = bench.post(f"{path}/{action}", "reporter")
        assert (answer.status_code, answer.json()) == (403, {"message": "403 Forbidden"})
    fraud = bench.pipeline(bench.project("ml/risk/fraud-detection"))
    protected = bench.post(f"/projects/{fraud.project_id}/pipelines/{fraud.id}/cancel", "developer")
    assert protected.status_code == 403


def test_every_answer_carries_the_rate_limit(bench: Bench) -> None:
    one, two = bench.get("/version"), bench.get("/nowhere")
    assert int(bench.get("/user", "expired").headers["RateLimit-Observed"]) == 1
    assert one.headers["RateLimit-Name"] == "throttle_authenticated_api" and one.headers["RateLimit-Limit"] == "2000"
    assert int(two.headers["RateLimit-Observed"]) == int(one.headers["RateLimit-Observed"]) + 1
    assert int(two.headers["RateLimit-Remaining"]) == int(one.headers["RateLimit-Remaining"]) - 1
    assert float(one.headers["RateLimit-Reset"]) > bench.clock.now()


def test_rack_attack_throttles_with_plain_text(serve: Callable[..., Bench]) -> None:
    bench = serve(rate_limit=3)
    assert [bench.get("/version").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = bench.get("/version")
    assert answer.text == "Retry later\n" and answer.headers["content-type"].startswith("text/plain")
    assert 0 < int(answer.headers["Retry-After"]) <= 60 and answer.headers["RateLimit-Remaining"] == "0"
    assert answer.headers["RateLimit-ResetTime"].endswith("GMT")
    assert bench.get("/version", "developer").status_code == 200
    bench.clock.advance(float(answer.headers["Retry-After"]))
    assert bench.get("/version").status_code == 200


def test_the_application_limits_job_lists_and_creation_with_json(serve: Callable[..., Bench]) -> None:
    bench = serve(jobs_limit=2, create_limit=1)
    path, body = (
        "/projects/101/jobs",
        {"message": {"error": "This endpoint has been requested too many times. Try again later."}},
    )
    assert [bench.get(path).status_code for _ in range(3)] == [200, 200, 429]
    answer = bench.get(path)
    assert (
        answer.json() == body and int(answer.headers["RateLimit-Remaining"]) > 0 and "Retry-After" not in answer.headers
    )
    create = [bench.post("/projects/101/pipeline", json={"ref": "main"}) for _ in range(2)]
    assert [made.status_code for made in create] == [201, 429] and create[1].json() == body
