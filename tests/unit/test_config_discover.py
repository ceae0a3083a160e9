"""Which file is the configuration, what an unknown one may do, and what is made up where there is none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from data.config import ConnectionSettings, check, load, locate, paths, python_gitlab
from data.config.credentials import credential_for
from data.config.discover import discover
from data.errors import ConfigError


@pytest.fixture(autouse=True)
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """An environment that holds nothing but a home folder; the process's own is emptied, too."""
    for name in [name for name in os.environ if name not in ("PATH", "PYTEST_CURRENT_TEST")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(python_gitlab, "SYSTEM_FILE", str(tmp_path / "etc.cfg"))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    return {"HOME": str(home), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}


def _touch(path: Path, text: str = "read_only: true\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_order_of_files(env: dict[str, str], tmp_path: Path) -> None:
    here = tmp_path / "checkout/sub"
    here.mkdir(parents=True)
    (tmp_path / "checkout/.git").mkdir()
    assert locate(None, here, env) is None
    files = [
        (_touch(tmp_path / "home/.config/lineside/config.yaml"), True),
        (_touch(tmp_path / "checkout/.lineside.yaml"), False),
        (_touch(here / ".lineside.yaml"), False),
        (_touch(here / "lineside.yaml"), False),
    ]
    for count, expected in enumerate(files, 1):
        for path, _ in files[count:]:
            path.unlink(missing_ok=True)
        for path, _ in files[:count]:
            _touch(path)
        assert locate(None, here, env) == expected
    assert locate(None, here, {**env, "LINESIDE_CONFIG": "/a/b.yaml"}) == (Path("/a/b.yaml"), True)
    assert locate("/c.yaml", here, {**env, "LINESIDE_CONFIG": "/a/b.yaml"}) == (Path("/c.yaml"), True)


def test_the_search_ends_at_the_root_of_the_checkout(env: dict[str, str], tmp_path: Path) -> None:
    _touch(tmp_path / ".lineside.yaml")
    inner = tmp_path / "checkout/sub"
    inner.mkdir(parents=True)
    assert locate(None, inner, env) is None
    (tmp_path / "checkout/.git").write_text("gitdir: elsewhere\n")
    assert locate(None, inner, env) is None
    _touch(tmp_path / "checkout/.lineside.yaml")
    assert locate(None, inner, env) == (tmp_path / "checkout/.lineside.yaml", False)


FOUND = """\
connections:
  work:
    kind: gitlab
    url: {url}
    {more}
projects: [a/b]
{end}
"""


@pytest.mark.parametrize(
    ("url", "more", "end", "words"),
    [
        ("https://evil.example", "", "", "names evil.example, for which you have no login yet"),
        ("https://gitlab.example.evil.example", "", "", "evil.example"),
        ("https://evil.example/gitlab.example", "", "", "evil.example"),
        ("https://gitlab.example:9\\@evil.example", "", "", "no host has"),
        ("https://gitlab.example", "token_command: touch /tmp/x", "", "may not run commands"),
        ("https://gitlab.example", "", "store: {url: 'mongodb://u:pw@evil.example/x'}", "not choose the store"),
        ("https://gitlab.example", "", "store: {url: 'mongodb://ok.example/y'}", "store.url: a file that was found"),
        ("https://gitlab.example", "", "store: {url_env: OTHER}", "store.url_env: a file that was found"),
        ("https://gitlab.example", "", "store: {path: prepared}", "store.path: a file that was found"),
        ("https://gitlab.example", "", "store: {history: 1d}", "store.history: a file that was found"),
    ],
)
def test_a_file_that_lay_in_the_way(
    env: dict[str, str], tmp_path: Path, url: str, more: str, end: str, words: str
) -> None:
    env |= {
        "GITLAB_HOST": "gitlab.example",
        "MONGO_DB_URL": "mongodb://ok.example/x",
        "OTHER": "mongodb://ok.example/z",
    }
    path = _touch(tmp_path / "lineside.yaml", FOUND.format(url=url, more=more, end=end))
    with pytest.raises(ConfigError) as caught:
        load(path, env=env, trusted=False)
    assert words in str(caught.value)
    assert "pw" not in str(caught.value)
    assert any("`lineside --config FILE`" in problem.hint for problem in check(path, env=env, trusted=False))


@pytest.mark.parametrize("store", ["url: mongodb://ok.example/x", "url: sqlite", "url_env: MONGO_DB_URL"])
def test_a_found_file_may_say_which_store_the_user_chose(env: dict[str, str], tmp_path: Path, store: str) -> None:
    env |= {"GITLAB_HOST": "gitlab.example", "MONGO_DB_URL": "mongodb://ok.example/x"}
    text = FOUND.format(url="https://gitlab.example", more="", end=f"store: {{{store}}}")
    path = _touch(tmp_path / "lineside.yaml", text)
    assert load(path, env=env, trusted=False).projects


@pytest.mark.parametrize(("host", "refused"), [("evil.example", True), ("git.example", False)])
def test_a_found_file_tells_no_stranger_what_runs(
    env: dict[str, str], tmp_path: Path, host: str, refused: bool
) -> None:
    text = (
        "connections: {work: {kind: gitlab, url: 'https://git.example'}}\n"
        "projects:\n- project: a/b\n  pipelines:\n  - name: p\n    apis:\n"
        f"    - {{name: x, callback_url: 'https://{host}/hook'}}\n"
    )
    path = _touch(tmp_path / "lineside.yaml", text)
    found = check(path, env=env, trusted=False, vouched=["git.example"])
    assert [(one.field, one.line) for one in found] == (
        [("projects[0].pipelines[0].apis[0].callback_url", 7)] if refused else []
    )
    assert load(path, env=env).projects[0].pipelines[0].apis[0].callback_url == f"https://{host}/hook"


@pytest.mark.parametrize("known", ["env", "glab", "python-gitlab", "remote", "loopback"])
def test_a_found_file_may_name_known_servers(env: dict[str, str], tmp_path: Path, known: str) -> None:
    url = "http://127.0.0.1:8080" if known == "loopback" else "https://git.example"
    path = _touch(tmp_path / "lineside.yaml", FOUND.format(url=url, more="", end=""))
    vouched = ["git.example"] if known == "remote" else []
    if known == "env":
        env["CI_SERVER_URL"] = "https://git.example"
    if known == "glab":
        _touch(Path(env["HOME"]) / ".config/glab-cli/config.yml", "hosts: {git.example: {token: x}}\n")
    if known == "python-gitlab":
        _touch(Path(env["HOME"]) / ".python-gitlab.cfg", "[a]\nurl = https://git.example\n")
    assert load(path, env=env, trusted=False, vouched=vouched).projects[0].connection == "work"


@pytest.mark.parametrize(
    ("host", "variables"),
    [
        ("gitlab.com", {}),
        ("my-gitlab.example:8443", {}),
        ("git.example", {"GITLAB_HOST": "git.example"}),
        ("git.example", {"CI_SERVER_URL": "https://git.example"}),
    ],
)
def test_a_checkout_of_a_gitlab_is_one_project(env: dict[str, str], host: str, variables: dict[str, str]) -> None:
    settings = discover(host, "group/sub/name", {**env, **variables})
    assert settings is not None
    assert settings.connections == {"gitlab": ConnectionSettings(kind="gitlab", url=f"https://{host}")}
    (project,) = settings.projects
    assert (project.project, project.connection, project.mlflow) == ("group/sub/name", "gitlab", "")
    token = {**env, **variables, "GITLAB_TOKEN": "t"}
    assert credential_for(settings, "gitlab", token).origin == "environment variable GITLAB_TOKEN"


@pytest.mark.parametrize(
    ("host", "path"), [("github.com", "a/b"), ("", "a/b"), ("gitlab.com", ""), ("git.example", "a/b")]
)
def test_anything_else_is_not(env: dict[str, str], host: str, path: str) -> None:
    assert discover(host, path, env) is None


def test_what_other_tools_know_of_the_server(env: dict[str, str], tmp_path: Path) -> None:
    home = Path(env["HOME"])
    _touch(
        home / ".python-gitlab.cfg", "[a]\nurl = http://git.example/gitlab/\nssl_verify = /ca.pem\nprivate_token = p\n"
    )
    settings = discover("git.example", "gitlab/group/name", env)
    assert settings is not None
    assert settings.connections["gitlab"].url == "http://git.example/gitlab"
    assert settings.connections["gitlab"].ca_file == "/ca.pem"
    assert settings.projects[0].project == "group/name"
    _touch(
        home / ".config/glab-cli/config.yml",
        "hosts: {glab.example: {token: t, api_protocol: http, skip_tls_verify: true}}\n",
    )
    settings = discover("glab.example", "a/b", env)
    assert settings is not None
    assert settings.connections["gitlab"] == ConnectionSettings(
        kind="gitlab", url="http://glab.example", tls_verify=False
    )
    _touch(home / ".config/glab-cli/config.yml", "hosts: [")
    assert discover("gitlab.example", "a/b", env) is not None


def test_mlflow_of_the_environment(env: dict[str, str], tmp_path: Path) -> None:
    env |= {"MLFLOW_TRACKING_URI": "https://ada:secret@mlflow.example/", "MLFLOW_EXPERIMENT_NAME": "churn"}
    settings = discover("gitlab.com", "a/b", env)
    assert settings is not None
    assert settings.connections["mlflow"].url == "https://mlflow.example"
    assert (settings.projects[0].mlflow, settings.projects[0].experiment) == ("mlflow", "churn")
    assert credential_for(settings, "mlflow", env).username == "ada"
    settings = discover("gitlab.com", "a/b", {**env, "MLFLOW_TRACKING_URI": "sqlite:///m.db"}, cwd=tmp_path)
    assert settings is not None
    assert settings.connections["mlflow"].url == f"sqlite:///{tmp_path}/m.db"


def test_asking_for_a_folder_does_not_make_it(env: dict[str, str], tmp_path: Path) -> None:
    env |= {"LINESIDE_DATA_DIR": str(tmp_path / "d/data"), "LINESIDE_STATE_DIR": str(tmp_path / "d/state")}
    folders = [paths.data_dir(env), paths.state_dir(env)]
    assert folders == [tmp_path / "d/data", tmp_path / "d/state"]
    assert not (tmp_path / "d").exists()
    assert paths.data_dir({}).is_relative_to(tmp_path / "home")
    for folder in folders:
        assert stat.S_IMODE(paths.ensure(folder).stat().st_mode) == 0o700
        assert paths.ensure(folder) == folder
    _touch(tmp_path / "file")
    with pytest.raises(ConfigError, match="LINESIDE_DATA_DIR"):
        paths.ensure(tmp_path / "file/sub")
