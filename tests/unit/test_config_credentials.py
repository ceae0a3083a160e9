"""Where a connection's credential comes from, and where it never goes."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from types import ModuleType

import pytest

from data.config import ConnectionSettings, ProjectSettings, Secret, Settings, outside, python_gitlab
from data.config.credentials import Credential, credential_for, resolve
from data.errors import ConfigError

TOKEN = "glpat-not-for-your-eyes"
GITLAB = ConnectionSettings(kind="gitlab", url="https://gitlab.example:8443/")
MLFLOW = ConnectionSettings(kind="mlflow", url="https://mlflow.example")


@pytest.fixture(autouse=True)
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """An environment that holds nothing but a home folder and programs; the process's own is emptied, too."""
    for name in [name for name in os.environ if name not in ("PATH", "PYTEST_CURRENT_TEST")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(python_gitlab, "SYSTEM_FILE", str(tmp_path / "etc.cfg"))
    monkeypatch.setitem(sys.modules, "keyring", None)
    home = {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "xdg"), "PATH": os.environ["PATH"]}
    monkeypatch.setenv("HOME", str(tmp_path))
    return home


def _with(base: ConnectionSettings, **fields: object) -> ConnectionSettings:
    kept = {name: getattr(base, name) for name in base.__struct_fields__}
    return ConnectionSettings(**{**kept, **fields})


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _script(path: Path, text: str) -> str:
    _write(path, f"#!{sys.executable}\n{text}\n").chmod(stat.S_IRWXU)
    return str(path)


def _seen(found: Credential) -> tuple[str, str, str]:
    return found.kind, found.secret.reveal(), found.origin


def test_the_settings_come_first(env: dict[str, str], tmp_path: Path) -> None:
    env |= {"GITLAB_TOKEN": "other", "LINESIDE_WORK_TOKEN": "other", "MINE": f" {TOKEN}\n"}
    command = _script(tmp_path / "tool", f"print('{TOKEN}'); print('more')")
    for fields, origin in (
        ({"token": Secret(TOKEN)}, "`token` of connection work"),
        ({"token_env": "MINE"}, "environment variable MINE"),
        ({"token_command": f"{command} a 'b c'"}, "`token_command` of connection work"),
    ):
        assert _seen(resolve("work", _with(GITLAB, **fields), env, only=True)) == ("private_token", TOKEN, origin)
    oauth = _with(GITLAB, token=Secret(TOKEN), token_type="oauth_token")
    assert resolve("work", oauth, env).kind == "oauth_token"


def test_commands_have_no_shell_and_tell_only_their_name(env: dict[str, str], tmp_path: Path) -> None:
    script = _script(tmp_path / "tool", f"import sys; sys.stderr.write('{TOKEN}'); sys.exit(3)")
    silent = _script(tmp_path / "quiet", "pass")
    for command, words in (
        (f"{script} --password {TOKEN}", "`tool` failed with exit code 3"),
        (f"{silent} {TOKEN}", "`quiet` printed nothing"),
        (f"/nowhere/tool {TOKEN}", "`tool` cannot be run"),
        (f"echo '{TOKEN}", "a quote without an end"),
        (" ", "is empty"),
    ):
        with pytest.raises(ConfigError) as caught:
            resolve("work", _with(GITLAB, token_command=command), env)
        assert words in str(caught.value)
        assert caught.value.field == "connections.work.token_command"
        assert TOKEN not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
    marker = tmp_path / "made-by-a-shell"
    found = resolve("work", _with(GITLAB, token_command=f"echo x;touch${{IFS}}{marker}"), env)
    assert found.secret.reveal().startswith("x;touch")
    assert not marker.exists()


def test_a_command_that_hangs_is_ended(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "COMMAND_TIMEOUT", 0.2)
    script = _script(tmp_path / "slow", "import time; time.sleep(60)")
    with pytest.raises(ConfigError, match="`slow` took more than"):
        resolve("work", _with(GITLAB, token_command=script), env)


@pytest.mark.parametrize("value", ["two words", "esc\x1b[0m", "line\nbreak", "umläut"])
def test_what_cannot_be_sent_is_refused(env: dict[str, str], value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve("work", _with(GITLAB, token=Secret(value)), env)
    assert value not in str(caught.value)


def test_a_named_variable_must_be_there(env: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="`NOT_THERE` is not set"):
        resolve("work", _with(GITLAB, token_env="NOT_THERE"), {**env, "GITLAB_TOKEN": TOKEN}, only=True)


def test_the_environment_in_its_order(env: dict[str, str]) -> None:
    order = ["LINESIDE_MY_WORK_TOKEN", "GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN", "GITLAB_PRIVATE_TOKEN"]
    env |= {name: f"token-{name}" for name in order} | {"GITLAB_HOST": "https://gitlab.example:8443"}
    for name in order:
        kind = "oauth_token" if name == "OAUTH_TOKEN" else "private_token"
        assert _seen(resolve("my-work", GITLAB, env)) == (kind, f"token-{name}", f"environment variable {name}")
        del env[name]


@pytest.mark.parametrize(
    ("host", "only", "sent"),
    [
        ("gitlab.example:8443", False, True),
        ("https://GitLab.example:8443/x", False, True),
        ("gitlab.example", False, True),
        ("gitlab.example:443", False, False),
        ("gitlab.example:9", False, False),
        ("other.example", True, False),
        ("gitlab.example.evil.example", True, False),
        ("", True, True),
        ("", False, False),
    ],
)
def test_a_token_goes_only_to_the_host_it_belongs_to(env: dict[str, str], host: str, only: bool, sent: bool) -> None:
    env |= {"GITLAB_TOKEN": TOKEN, "GITLAB_HOST": host}
    if sent:
        assert resolve("work", GITLAB, env, only=only).secret.reveal() == TOKEN
        return
    with pytest.raises(ConfigError) as caught:
        resolve("work", GITLAB, env, only=only)
    assert "GITLAB_HOST=gitlab.example:8443" in caught.value.hint
    assert TOKEN not in str(caught.value)


def test_the_job_token_only_in_ci_and_only_to_its_server(env: dict[str, str]) -> None:
    ci = {**env, "CI_JOB_TOKEN": TOKEN, "GITLAB_CI": "true", "CI_SERVER_URL": "https://gitlab.example:8443"}
    assert _seen(resolve("work", GITLAB, ci)) == ("job_token", TOKEN, "environment variable CI_JOB_TOKEN")
    for change in ({"GITLAB_CI": ""}, {"CI_SERVER_URL": "https://other.example"}, {"CI_SERVER_URL": ""}):
        with pytest.raises(ConfigError):
            resolve("work", GITLAB, {**ci, **change}, only=True)


def test_without_any_the_ways_are_named(env: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve("work", GITLAB, env)
    for way in ("LINESIDE_WORK_TOKEN", "glab auth login --hostname gitlab.example:8443", "token_command"):
        assert way in caught.value.hint
    assert caught.value.field == "connections.work"


GLAB = """\
host: gitlab.example:8443
hosts:
    gitlab.com:
        token:
    gitlab.example:8443:
        token: {token}
        api_host: gitlab.example:8443
        {more}
"""


@pytest.mark.parametrize(
    ("token", "more", "kind"),
    [
        (TOKEN, "", "private_token"),
        (f"!!null {TOKEN}", "", "private_token"),
        (f'"{TOKEN}"', 'is_oauth2: "true"', "oauth_token"),
        (TOKEN, "is_oauth2: true", "oauth_token"),
        ("", f"job_token: {TOKEN}", "job_token"),
    ],
)
@pytest.mark.parametrize("place", ["GLAB_CONFIG_DIR", ".config/glab-cli", "XDG_CONFIG_HOME", "xdg/glab-cli"])
def test_the_login_of_glab(env: dict[str, str], tmp_path: Path, token: str, more: str, kind: str, place: str) -> None:
    folder = tmp_path / ("glab-cli" if place.isupper() else place)
    _write(folder / "config.yml", GLAB.format(token=token, more=more))
    if place.isupper():
        env[place] = str(tmp_path if place.startswith("XDG") else folder)
    found = resolve("work", GITLAB, env)
    assert _seen(found) == (kind, TOKEN, "glab's login for gitlab.example:8443")
    assert ("glab auth status" in found.advice) is (kind == "oauth_token")
    assert _seen(resolve("work", _with(GITLAB, token_from="glab"), {**env, "GITLAB_TOKEN": "x"}, only=True))[1] == TOKEN


def test_glab_knows_nothing_of_another_host(env: dict[str, str], tmp_path: Path) -> None:
    _write(tmp_path / ".config/glab-cli/config.yml", GLAB.format(token=TOKEN, more=""))
    other = ConnectionSettings(kind="gitlab", url="https://gitlab.com", token_from="glab")
    with pytest.raises(ConfigError, match=r"glab has no login for gitlab\.com"):
        resolve("work", other, env)


@pytest.mark.parametrize("content", [b"hosts: [", b"\xff", b"hosts: !!python/object/apply:os.system [x]", b"[]", b""])
def test_a_broken_file_of_glab_is_told_and_stops_nothing(env: dict[str, str], tmp_path: Path, content: bytes) -> None:
    path = _write(tmp_path / ".config/glab-cli/config.yml", "")
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="no credential for"):
        resolve("work", GITLAB, env)
    assert resolve("work", GITLAB, {**env, "GITLAB_TOKEN": TOKEN}, only=True).secret.reveal() == TOKEN


def _keyring(monkeypatch: pytest.MonkeyPatch, entries: dict[tuple[str, str], str]) -> None:
    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]

    def get_password(service: str, user: str) -> str | None:
        if service == "locked":
            raise errors.KeyringError(TOKEN)
        return entries.get((service, user))

    keyring.get_password = get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def test_the_keyring(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = _with(GITLAB, token_keyring="lineside")
    with pytest.raises(ConfigError, match=r"lineside\[keyring\]"):
        resolve("work", connection, env)
    _keyring(monkeypatch, {("lineside", "work"): TOKEN, ("glab:gitlab.example:8443", ""): "of-glab"})
    assert _seen(resolve("work", connection, env)) == ("private_token", TOKEN, "keyring entry lineside")
    with pytest.raises(ConfigError, match="keyring set lineside ada"):
        resolve("work", _with(connection, username="ada"), env)
    with pytest.raises(ConfigError, match="cannot be read: KeyringError") as caught:
        resolve("work", _with(GITLAB, token_keyring="locked"), env)
    assert TOKEN not in str(caught.value)
    _write(tmp_path / ".config/glab-cli/config.yml", GLAB.format(token="", more="user: ada"))
    assert resolve("work", GITLAB, env).secret.reveal() == "of-glab"


CFG = """\
[global]
default = main
ssl_verify = /etc/ssl/own.pem
[first]
url = https://gitlab.example:8443
private_token = wrong
[main]
url = https://gitlab.example:8443/
{token}
"""


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        (f"private_token = {TOKEN}", "private_token"),
        (f"oauth_token = {TOKEN}", "oauth_token"),
        (f"job_token = {TOKEN}", "job_token"),
        (f"http_username = ada\nhttp_password = {TOKEN}", "basic"),
    ],
)
def test_the_login_of_python_gitlab(env: dict[str, str], tmp_path: Path, token: str, kind: str) -> None:
    _write(tmp_path / ".python-gitlab.cfg", CFG.format(token=token))
    found = resolve("work", GITLAB, env)
    assert _seen(found) == (kind, TOKEN, "python-gitlab's section main")
    assert found.username == ("ada" if kind == "basic" else "")
    named = _write(tmp_path / "named.cfg", CFG.format(token="private_token = 100%-named"))
    env["PYTHON_GITLAB_CFG"] = str(named)
    assert resolve("work", _with(GITLAB, token_from="python-gitlab"), env).secret.reveal() == "100%-named"


def test_helpers_of_python_gitlab(env: dict[str, str], tmp_path: Path) -> None:
    script = _script(tmp_path / "helper", "import sys; print(sys.argv[1])")
    _write(tmp_path / ".python-gitlab.cfg", CFG.format(token=f"private_token = helper: {script} {TOKEN}"))
    assert resolve("work", GITLAB, env).secret.reveal() == TOKEN
    _write(tmp_path / ".python-gitlab.cfg", CFG.format(token=f"private_token = helper: false {TOKEN}"))
    with pytest.raises(ConfigError, match="`false` failed") as caught:
        resolve("work", GITLAB, env)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("content", [b"no section\n" + TOKEN.encode(), b"\xff", b"[a\n"])
def test_a_broken_file_of_python_gitlab_shows_nothing_of_it(
    env: dict[str, str], tmp_path: Path, content: bytes
) -> None:
    _write(tmp_path / ".python-gitlab.cfg", "").write_bytes(content)
    with pytest.raises(ConfigError, match="python-gitlab's configuration cannot be read") as caught:
        resolve("work", GITLAB, env)
    assert TOKEN not in str(caught.value)


def test_mlflow_in_its_order(env: dict[str, str], tmp_path: Path) -> None:
    assert resolve("t", MLFLOW, env, only=True) == Credential()
    file = "[mlflow]\nmlflow_tracking_username = u\nmlflow_tracking_password = 50%off\n"
    _write(tmp_path / ".mlflow/credentials", file)
    found = resolve("t", MLFLOW, env, only=True)
    assert (*_seen(found), found.username) == ("basic", "50%off", "~/.mlflow/credentials", "u")
    env["MLFLOW_TRACKING_TOKEN"] = TOKEN
    assert _seen(resolve("t", MLFLOW, env, only=True)) == (
        "oauth_token",
        TOKEN,
        "environment variable MLFLOW_TRACKING_TOKEN",
    )
    env |= {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "pässword"}
    found = resolve("t", MLFLOW, env, only=True)
    assert (found.kind, found.secret.reveal(), found.username) == ("basic", "pässword", "ada")
    env["LINESIDE_T_TOKEN"] = "own"
    assert _seen(resolve("t", MLFLOW, env)) == ("oauth_token", "own", "environment variable LINESIDE_T_TOKEN")
    own = _with(MLFLOW, username="bo", password_env="PW")
    assert resolve("t", own, {**env, "PW": "pw"}).secret.reveal() == "pw"


def test_mlflow_passwords_stay_with_their_server(env: dict[str, str]) -> None:
    env |= {"MLFLOW_TRACKING_TOKEN": TOKEN, "MLFLOW_TRACKING_URI": "https://other.example"}
    assert resolve("t", MLFLOW, env, only=True).kind == "none"
    env["MLFLOW_TRACKING_URI"] = "https://mlflow.example/x"
    assert resolve("t", MLFLOW, env).secret.reveal() == TOKEN
    local = ConnectionSettings(kind="mlflow", url="sqlite:////tmp/x.db")
    assert resolve("t", local, env, only=True).kind == "none"


def test_the_mlflow_of_a_gitlab_takes_its_token(env: dict[str, str]) -> None:
    url = "https://gitlab.example:8443/api/v4/projects/7/ml/mlflow"
    connections = {"work": _with(GITLAB, token=Secret(TOKEN)), "t": ConnectionSettings(kind="mlflow", url=url)}
    settings = Settings(connections=connections, projects=[ProjectSettings(project="a/b")])
    found = credential_for(settings, "t", env)
    assert _seen(found) == ("oauth_token", TOKEN, "`token` of connection work")
    elsewhere = {**connections, "t": ConnectionSettings(kind="mlflow", url=url.replace("gitlab.", "evil."))}
    assert credential_for(Settings(connections=elsewhere), "t", env).kind == "none"


def test_only_one_gitlab_gets_the_environments_token(env: dict[str, str]) -> None:
    env["GITLAB_TOKEN"] = TOKEN
    one = Settings(connections={"work": GITLAB, "t": MLFLOW})
    assert credential_for(one, "work", env).secret.reveal() == TOKEN
    two = Settings(connections={"work": GITLAB, "other": ConnectionSettings(kind="gitlab", url="https://b.example")})
    with pytest.raises(ConfigError):
        credential_for(two, "work", env)


def test_a_credential_is_never_printed(env: dict[str, str]) -> None:
    found = resolve("work", _with(GITLAB, token=Secret(TOKEN)), env)
    assert TOKEN not in repr(found)
    assert TOKEN not in str(found)
