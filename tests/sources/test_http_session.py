"""The session that all HTTP sources share: logins, redirects, repeats, limits, TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from email.utils import format_datetime
from pathlib import Path

import pytest

from data.config.credentials import Credential
from data.config.secret import MASK, Secret
from data.errors import BadAnswer, RateLimited, SourceError, Unreachable
from data.model.masking import is_secret
from data.sources.faults import Unanswered
from data.sources.gitlab import GitLabSource
from data.sources.http import Response, mask_logins, rate_limit, retry_after, route
from tests.servers import free_port
from tests.sources.conftest import TOKEN, access_token, settings
from tests.sources.scripted import Answer, Scripted, scripted

PROJECT = {"id": 7, "name": "churn", "path_with_namespace": "ml/churn"}
V4 = "/api/v4"


def test_the_token_is_sent_as_bearer_so_that_no_redirect_carries_it_away(script: Scripted) -> None:
    with scripted() as other:
        other.on("/signed", Answer(PROJECT))
        script.on(f"{V4}/projects/7", Answer(status=302, headers={"Location": f"{other.url}/signed"}))
        source = GitLabSource("gl", settings(script.url), access_token())
        assert source.project(7).name == "churn"
        source.close()
        assert script.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
        assert not {"Authorization", "PRIVATE-TOKEN", "JOB-TOKEN"} & set(other.seen[0].headers)


def test_a_job_token_has_its_own_header_and_leaves_with_no_redirect_either(script: Scripted) -> None:
    with scripted() as other:
        other.on("/signed", Answer(PROJECT))
        script.on(f"{V4}/projects/7", Answer(status=302, headers={"Location": f"{other.url}/signed"}))
        job = Credential(kind="job_token", secret=Secret("job-secret"), origin="environment variable CI_JOB_TOKEN")
        source = GitLabSource("gl", settings(script.url), job)
        source.project(7)
        source.close()
        assert script.seen[0].headers["JOB-TOKEN"] == "job-secret"
        assert "JOB-TOKEN" not in other.seen[0].headers


def test_a_moved_project_is_followed_on_its_own_server_with_the_token(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/old", Answer(status=301, headers={"Location": f"{script.url}{V4}/projects/7"}))
    script.on(f"{V4}/projects/7", Answer(PROJECT))
    assert gitlab.project("old").git_project_id == 7
    assert script.seen[1].headers["Authorization"] == f"Bearer {TOKEN}"


def test_netrc_is_never_used(script: Scripted, own_world: Path) -> None:
    netrc = own_world / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hunter2\n")
    netrc.chmod(0o600)
    script.on(f"{V4}/projects/7", Answer(PROJECT))
    source = GitLabSource("gl", settings(script.url), Credential())
    source.project(7)
    source.close()
    assert "Authorization" not in script.seen[0].headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirected_post_is_not_sent_on_and_names_the_right_url(
    gitlab: GitLabSource, script: Scripted, status: int
) -> None:
    target = "https://gitlab.example.com/api/v4/projects/7/pipeline"
    script.on(f"{V4}/projects/7/pipeline", Answer(status=status, headers={"Location": target}))
    with pytest.raises(BadAnswer, match="redirects") as caught:
        gitlab.create_pipeline(7, "main")
    assert "https://gitlab.example.com" in caught.value.hint
    assert len(script.seen) == 1


def test_a_get_on_a_connection_that_was_cut_is_sent_once_more(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7", Answer(PROJECT), Answer(cut=True), Answer(PROJECT))
    gitlab.project(7)
    gitlab.project(7)
    assert len(script.seen) == 3


def test_a_get_that_is_cut_again_and_again_gives_up_after_two(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7", Answer(cut=True))
    with pytest.raises(Unreachable, match="cut the connection"):
        gitlab.project(7)
    assert len(script.seen) == 2


def test_a_post_is_never_repeated_when_its_answer_is_cut(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7/pipeline", Answer(cut=True))
    with pytest.raises(Unanswered, match="not known"):
        gitlab.create_pipeline(7, "main")
    assert len(script.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_a_post_is_never_repeated_after_a_server_error(gitlab: GitLabSource, script: Scripted, status: int) -> None:
    script.on(f"{V4}/projects/7/pipeline", Answer("<html>Bad Gateway</html>", status=status, kind="text/html"))
    with pytest.raises(SourceError, match=str(status)) as caught:
        gitlab.create_pipeline(7, "main")
    assert isinstance(caught.value, Unanswered) == (status in (502, 503, 504))
    assert len(script.seen) == 1


def test_an_answer_that_does_not_come_times_out(script: Scripted) -> None:
    script.on(f"{V4}/projects/7", Answer(held=True))
    source = GitLabSource("gl", settings(script.url, timeout_read=0.1), access_token())
    with pytest.raises(Unreachable, match="did not answer in time"):
        source.project(7)
    source.close()


def test_a_write_without_an_answer_says_that_its_outcome_is_unknown(script: Scripted) -> None:
    script.on(f"{V4}/projects/7/pipeline", Answer(held=True))
    source = GitLabSource("gl", settings(script.url, timeout_read=0.1), access_token())
    with pytest.raises(Unanswered, match="not known"):
        source.create_pipeline(7, "main")
    source.close()


def test_429_returns_at_once_with_the_wait(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7", Answer("Retry later\n", 429, {"Retry-After": "3600"}, "text/plain"))
    with pytest.raises(RateLimited) as caught:
        gitlab.project(7)
    assert (caught.value.status, caught.value.retry_after, len(script.seen)) == (429, 3600.0, 1)


def test_429_with_an_http_date_is_understood(gitlab: GitLabSource, script: Scripted) -> None:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=120)
    later = format_datetime(moment, usegmt=True)
    script.on(f"{V4}/projects/7", Answer("Retry later\n", 429, {"Retry-After": later}, "text/plain"))
    with pytest.raises(RateLimited) as caught:
        gitlab.project(7)
    assert caught.value.retry_after is not None
    assert 60 < caught.value.retry_after <= 120


def test_429_of_the_application_comes_without_a_wait(gitlab: GitLabSource, script: Scripted) -> None:
    body = {"message": {"error": "This endpoint has been requested too many times. Try again later."}}
    script.on(f"{V4}/projects/7", Answer(body, 429))
    with pytest.raises(RateLimited) as caught:
        gitlab.project(7)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:20:00 GMT"}, 200.0),
        ({"Retry-After": "999999999"}, 86_400.0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "1060"}, 60.0),
        ({"RateLimit-Remaining": "4", "RateLimit-Reset": "1060"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers, now=1000) == expected


def test_rate_limits_are_read_and_broken_ones_left_out() -> None:
    told = rate_limit({"RateLimit-Limit": "2000", "RateLimit-Remaining": "1999", "RateLimit-Reset": "1700000000"})
    assert (told.limit, told.remaining) == (2000, 1999)
    assert told.reset == dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)
    odd = rate_limit({"RateLimit-Limit": "many", "RateLimit-Reset": "99999999999999999999"})
    assert (odd.limit, odd.remaining, odd.reset) == (None, None, None)


def test_every_request_is_reported_with_a_route_without_ids(script: Scripted) -> None:
    seen: list[Response] = []
    script.on(f"{V4}/projects/7/pipelines/31/jobs", Answer([], headers={"RateLimit-Remaining": "11"}))
    script.on(f"{V4}/projects/7/pipelines/31/bridges", Answer([]))
    script.on(f"{V4}/projects/7/pipelines/31", Answer({"id": 31, "created_at": "2026-01-01T00:00:00Z"}))
    source = GitLabSource("gl", settings(script.url), access_token(), on_response=seen.append)
    source.jobs(source.run(7, 31))
    assert [(one.method, one.route, one.status) for one in seen] == [
        ("GET", "/projects/:id/pipelines/:id", 200),
        ("GET", "/projects/:id/pipelines/:id/jobs", 200),
        ("GET", "/projects/:id/pipelines/:id/bridges", 200),
    ]
    assert source.rate.remaining == 11
    source.close()


def test_a_request_without_an_answer_is_reported_with_status_0() -> None:
    seen: list[Response] = []
    source = GitLabSource("gl", settings(f"http://127.0.0.1:{free_port()}"), access_token(), on_response=seen.append)
    with pytest.raises(Unreachable, match="refuses connections") as caught:
        source.project(7)
    source.close()
    assert [one.status for one in seen] == [0]
    assert not isinstance(caught.value, Unanswered)


def test_a_refused_write_was_never_sent() -> None:
    source = GitLabSource("gl", settings(f"http://127.0.0.1:{free_port()}"), access_token())
    with pytest.raises(Unreachable) as caught:
        source.create_pipeline(7, "main")
    source.close()
    assert not isinstance(caught.value, Unanswered)


def test_an_unknown_host_is_named() -> None:
    source = GitLabSource("gl", settings("http://no-such-host.invalid"), access_token())
    with pytest.raises(Unreachable) as caught:
        source.project(7)
    source.close()
    assert "no-such-host.invalid" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x/api/v4/projects/ml%2Fchurn/jobs/5/trace?byte_offset=3", "/projects/:id/jobs/:id/trace"),
        ("https://x/gitlab/api/v4/groups/ml", "/groups/:id"),
        ("https://x/api/v4/projects/1/repository/commits/0ff3ae198f8601a285", "/projects/:id/repository/commits/:id"),
        ("https://x/api/v4/personal_access_tokens/self", "/personal_access_tokens/self"),
        ("http://x:5000/api/2.0/mlflow/runs/search", "/runs/search"),
    ],
)
def test_routes(url: str, expected: str) -> None:
    assert route(url) == expected


def test_logins_in_urls_are_masked() -> None:
    text = "fatal: https://gitlab-ci-token:glcbt-64_abc@gitlab.example.com/ml/churn.git and git@host:path"
    assert mask_logins(text) == f"fatal: https://{MASK}@gitlab.example.com/ml/churn.git and git@host:path"


@pytest.mark.parametrize("key", ["MLFLOW_TRACKING_TOKEN", "db_password", "AWS_SECRET_ACCESS_KEY", "API_KEY", "SECRET"])
def test_names_of_secrets(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize("key", ["MAX_TOKENS", "TOKENIZER", "KEYS", "RUN_ID", "MONKEY", "PRIMARY_KEYS"])
def test_names_that_only_look_like_secrets(key: str) -> None:
    assert not is_secret(key)


def test_values_of_secrets() -> None:
    assert is_secret("X", TOKEN)
    assert not is_secret("X", "glorious-results")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that no authority has signed, with its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_an_untrusted_certificate_points_to_ca_file(tls: ssl.SSLContext) -> None:
    with scripted(tls) as server:
        source = GitLabSource("gl", settings(server.url), access_token())
        with pytest.raises(Unreachable, match="certificate") as caught:
            source.project(7)
        source.close()
    assert "ca_file" in caught.value.hint


def test_ca_file_is_trusted(tls: ssl.SSLContext, certificate: Path) -> None:
    with scripted(tls) as server:
        server.on(f"{V4}/projects/7", Answer(PROJECT))
        source = GitLabSource("gl", settings(server.url, ca_file=str(certificate)), access_token())
        assert source.project(7).name == "churn"
        source.close()


def test_verification_can_be_switched_off_without_a_warning(tls: ssl.SSLContext) -> None:
    with scripted(tls) as server:
        server.on(f"{V4}/projects/7", Answer(PROJECT))
        source = GitLabSource("gl", settings(server.url, tls_verify=False), access_token())
        assert source.project(7).name == "churn"
        source.close()


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unreachable) as caught:
        GitLabSource("gl", settings("https://gitlab.example.com", ca_file=str(path)), access_token())
    assert str(path) in str(caught.value)
    assert "connections.gl.ca_file" in caught.value.hint


def test_https_to_a_plain_server_says_so(script: Scripted) -> None:
    source = GitLabSource("gl", settings(script.url.replace("http://", "https://")), access_token())
    with pytest.raises(Unreachable) as caught:
        source.project(7)
    source.close()
    assert "http://" in caught.value.hint


def test_a_proxy_that_does_not_answer_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    source = GitLabSource("gl", settings("http://gitlab.example.com"), access_token())
    with pytest.raises(Unreachable, match="proxy"):
        source.project(7)
    source.close()


def test_no_error_repeats_the_token(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(f"{V4}/projects/7", Answer({"message": f"bad token {TOKEN}"}, 400))
    with pytest.raises(SourceError) as caught:
        gitlab.project(7)
    assert TOKEN not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
