"""Every refusal of GitLab becomes one clear sentence with a way out."""

from __future__ import annotations

from typing import Any

import pytest

from data.config.credentials import Credential
from data.config.secret import Secret
from data.errors import BadAnswer, Forbidden, NotFound, RateLimited, Refused, SourceError, Unauthorized
from data.sources.gitlab import GitLabSource
from tests.sources.conftest import access_token, settings
from tests.sources.scripted import Answer, Scripted

V4 = "/api/v4"
READ, CREATE = f"{V4}/projects/7", f"{V4}/projects/7/pipeline"


def refusal(
    source: GitLabSource, script: Scripted, status: int, body: Any, *, kind: str = "application/json"
) -> SourceError:
    """The error of reading a project that is answered so."""
    script.on(READ, Answer(body, status, kind=kind))
    with pytest.raises(SourceError) as caught:
        source.project(7)
    return caught.value


def test_an_unknown_token_names_where_it_comes_from(gitlab: GitLabSource, script: Scripted) -> None:
    error = refusal(gitlab, script, 401, {"message": "401 Unauthorized"})
    assert isinstance(error, Unauthorized)
    assert "access token from environment variable GITLAB_TOKEN" in error.message
    assert error.status == 401


@pytest.mark.parametrize(("fate", "said"), [("expired", "has expired"), ("revoked", "was revoked")])
def test_an_expired_or_revoked_token_says_so(gitlab: GitLabSource, script: Scripted, fate: str, said: str) -> None:
    description = {"expired": "Token is expired. You can…", "revoked": "Token was revoked. You have to…"}[fate]
    error = refusal(gitlab, script, 401, {"error": "invalid_token", "error_description": description})
    assert isinstance(error, Unauthorized)
    assert said in error.message
    assert "Access tokens" in error.hint


def test_an_expired_login_of_another_tool_gives_that_tools_advice(script: Scripted) -> None:
    advice = "log in again with `glab auth login`"
    login = Credential(kind="oauth_token", secret=Secret("x"), origin="glab's login for x", advice=advice)
    source = GitLabSource("gl", settings(script.url), login)
    error = refusal(source, script, 401, {"error": "invalid_token", "error_description": "Token is expired."})
    source.close()
    assert error.hint == advice


def test_no_credential_says_that_one_is_needed(script: Scripted) -> None:
    source = GitLabSource("gl", settings(script.url), Credential())
    error = refusal(source, script, 401, {"message": "401 Unauthorized"})
    source.close()
    assert "needs a login" in error.message


def test_a_missing_scope_names_the_scope(gitlab: GitLabSource, script: Scripted) -> None:
    body = {"error": "insufficient_scope", "error_description": "The request requires higher…", "scope": "api"}
    error = refusal(gitlab, script, 403, body)
    assert isinstance(error, Forbidden)
    assert "scope api" in error.message


def test_forbidden_names_what_was_asked_for(gitlab: GitLabSource, script: Scripted) -> None:
    error = refusal(gitlab, script, 403, {"message": "403 Forbidden"})
    assert isinstance(error, Forbidden)
    assert "project 7" in error.message


def test_a_blocked_address_is_told_from_a_missing_right(gitlab: GitLabSource, script: Scripted) -> None:
    error = refusal(gitlab, script, 403, "<html>error code: 1020</html>", kind="text/html")
    assert isinstance(error, Forbidden)
    assert "firewall" in error.hint


def test_a_missing_or_invisible_project_is_one_error(gitlab: GitLabSource, script: Scripted) -> None:
    error = refusal(gitlab, script, 404, {"message": "404 Project Not Found"})
    assert isinstance(error, NotFound)
    assert "may not see it" in error.hint


def test_a_404_page_means_that_no_gitlab_answers_at_this_url(gitlab: GitLabSource, script: Scripted) -> None:
    error = refusal(gitlab, script, 404, "<!DOCTYPE html><html>404</html>", kind="text/html")
    assert isinstance(error, NotFound)
    assert "no GitLab API" in error.message


@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=utf-8", ""])
def test_a_login_page_instead_of_json_is_recognised(gitlab: GitLabSource, script: Scripted, kind: str) -> None:
    error = refusal(gitlab, script, 200, "<!DOCTYPE html><title>Sign in</title>", kind=kind)
    assert isinstance(error, BadAnswer)
    assert "login page" in error.hint


def test_a_login_page_instead_of_a_list_is_recognised(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{READ}/pipelines", Answer("<html>", kind="text/html"))
    with pytest.raises(BadAnswer, match="instead of JSON"):
        gitlab.pipelines(7)


def test_broken_json_is_a_bad_answer(gitlab: GitLabSource, script: Scripted) -> None:
    assert "broken JSON" in refusal(gitlab, script, 200, '{"id": 7, "na').message


@pytest.mark.parametrize("body", [[], "text", None, 7])
def test_json_of_another_shape_is_a_bad_answer(gitlab: GitLabSource, script: Scripted, body: object) -> None:
    script.on(READ, Answer(body if not isinstance(body, str) else f'"{body}"'))
    with pytest.raises(BadAnswer):
        gitlab.project(7)


def test_a_list_that_is_none_is_a_bad_answer(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{READ}/pipelines", Answer({"message": "hello"}))
    with pytest.raises(BadAnswer, match="list"):
        gitlab.pipelines(7)


def test_a_row_without_an_id_is_a_bad_answer(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{READ}/pipelines", Answer([{"status": "success"}]))
    with pytest.raises(BadAnswer, match="not documented"):
        gitlab.pipelines(7)


def test_a_row_that_breaks_a_rule_is_a_bad_answer(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{READ}/pipelines", Answer([{"id": 1, "status": "success", "created_at": None}]))
    with pytest.raises(BadAnswer, match=r"PipelineRun\.created"):
        gitlab.pipelines(7)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 530])
def test_server_errors_are_bad_answers_that_may_pass(gitlab: GitLabSource, script: Scripted, status: int) -> None:
    error = refusal(gitlab, script, status, "<html>Bad Gateway</html>", kind="text/html")
    assert isinstance(error, BadAnswer)
    assert error.status == status
    assert "<" not in error.message


def test_503_with_a_wait_keeps_it(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(READ, Answer({"message": "down"}, 503, {"Retry-After": "17"}))
    with pytest.raises(BadAnswer) as caught:
        gitlab.project(7)
    assert caught.value.retry_after == 17


def test_both_kinds_of_429_are_rate_limits(gitlab: GitLabSource, script: Scripted) -> None:
    assert isinstance(refusal(gitlab, script, 429, "Retry later\n", kind="text/plain"), RateLimited)
    body = {"message": {"error": "This endpoint has been requested too many times. Try again later."}}
    assert isinstance(refusal(gitlab, script, 429, body), RateLimited)


@pytest.mark.parametrize(
    ("message", "part", "hint"),
    [
        ({"base": ["Reference not found"]}, "Reference not found", "branch"),
        ({"base": ["Missing CI config file"]}, "Missing CI config file", "CI configuration"),
        ({"base": ["The resulting pipeline would have been empty. Review the rules"]}, "empty", "rules"),
        ({"base": ["The pipeline did not run. Review the workflow:rules configuration"]}, "did not run", "workflow"),
        ({"base": ["No stages / jobs for this pipeline."]}, "No stages", "rules"),
        ({"base": ["Insufficient permissions to set pipeline variables"]}, "Insufficient", "inputs"),
        ({"base": ["Duplicate variable name: FOO"]}, "Duplicate variable name: FOO", ""),
        ({"base": ["Pipelines are disabled!"]}, "disabled", "settings"),
        ({"base": ["a", "b"], "name": ["is too long"]}, "a, b; name: is too long", ""),
        (["one", "two"], "one, two", ""),
    ],
)
def test_refusals_of_a_launch_are_in_gitlabs_words(
    gitlab: GitLabSource, script: Scripted, message: object, part: str, hint: str
) -> None:
    script.on(CREATE, Answer({"message": message}, 400))
    with pytest.raises(Refused) as caught:
        gitlab.create_pipeline(7, "main")
    assert part in caught.value.message
    assert "{" not in caught.value.message
    assert hint in caught.value.hint


def test_a_parameter_error_is_read_from_error(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(CREATE, Answer({"error": "ref is missing"}, 400))
    with pytest.raises(Refused, match="ref is missing"):
        gitlab.create_pipeline(7, "")


def test_yaml_errors_lose_escapes_and_line_ends(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(CREATE, Answer({"message": {"base": ["jobs:train:\n\x1b[31mscript can't be blank\u202e"]}}, 400))
    with pytest.raises(Refused) as caught:
        gitlab.create_pipeline(7, "main")
    assert "jobs:train: script can't be blank" in caught.value.message
    assert caught.value.message.isprintable()


def test_what_cannot_be_retried_was_refused_and_is_no_missing_right(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{READ}/jobs/5/retry", Answer({"message": "403 Forbidden - Job is not retryable"}, 403))
    with pytest.raises(Refused, match="Job is not retryable"):
        gitlab.retry_job(7, 5)


def test_what_cannot_be_played_was_refused(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{READ}/jobs/5/play", Answer({"message": "400 Bad request - Unplayable Job"}, 400))
    with pytest.raises(Refused, match="Unplayable Job") as caught:
        gitlab.play_job(7, 5)
    assert caught.value.hint


def test_a_long_message_is_cut(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(CREATE, Answer({"message": {"base": ["x" * 10_000]}}, 400))
    with pytest.raises(Refused) as caught:
        gitlab.create_pipeline(7, "main")
    assert len(caught.value.message) < 800


def test_the_url_is_shown_without_a_login(script: Scripted) -> None:
    url = script.url.replace("http://", "http://user:hunter2@")
    source = GitLabSource("gl", settings(url), access_token())
    error = refusal(source, script, 404, {"message": "404 Project Not Found"})
    source.close()
    assert "hunter2" not in str(error)
