"""A file becomes settings, or problems that name file, line and field."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.config import Problem, Secret, Settings, Severity, check, load
from data.errors import ConfigError

BROKEN = Path(__file__).parent / "data/config/broken.yaml"
TOKEN = "glpat-not-for-your-eyes"
ENV = {"HOME": "/nonexistent", "TOKEN": TOKEN}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name not in ("PATH", "PYTEST_CURRENT_TEST")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


def _write(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "lineside.yaml"
    path.write_text(text)
    path.chmod(mode)
    return path


def _settings(tmp_path: Path, text: str) -> Settings:
    return load(_write(tmp_path, text), env=ENV)


def _problems(tmp_path: Path, text: str) -> list[Problem]:
    return check(_write(tmp_path, text), env=ENV)


def _gitlab(more: str = "") -> str:
    return f"connections:\n  work:\n    kind: gitlab\n    url: https://gitlab.example\n{more}"


def test_what_a_file_leaves_out_is_filled_in(tmp_path: Path) -> None:
    text = _gitlab(
        "  track:\n    kind: mlflow\n    url: sqlite:///runs.db\nprojects:\n  - project: ml/churn/\n  - 42\n"
    )
    settings = _settings(tmp_path, text)
    assert [project.project for project in settings.projects] == ["ml/churn", "42"]
    assert {project.connection for project in settings.projects} == {"work"}
    assert {project.mlflow for project in settings.projects} == {"track"}
    assert settings.connections["track"].url == f"sqlite:///{tmp_path}/runs.db"
    assert settings.sync.fast == 2
    assert settings.read_only is False


def test_mlflow_none_means_none(tmp_path: Path) -> None:
    text = _gitlab(
        "  t:\n    kind: mlflow\n    url: http://localhost:5000/\nprojects:\n- {project: a/b, mlflow: none}\n"
    )
    settings = _settings(tmp_path, text)
    assert settings.projects[0].mlflow == ""
    assert settings.connections["t"].url == "http://localhost:5000"


def test_values_are_read_by_the_type_that_is_wanted(tmp_path: Path) -> None:
    text = _gitlab(
        "    timeout_read: 1m\n    tls_verify: no\n    requests_per_minute: ${CAP:-120}\n"
        "projects:\n  - project: 0123\n    pipelines:\n      - name: on\n        ref: 1.10\n        timeout: 1h30m\n"
        "        apis:\n          - name: 2026-01-01\n            system_variables: {A: 007, B: yes, C: }\n"
        "            user_variables: {EPOCHS: 20, F: {value: 1e-3, kind: number}}\n"
        "ui: {ascii: true}\nlogs: {quota: 2GiB}\nsync:\n"
    )
    settings = _settings(tmp_path, text)
    work, (project,) = settings.connections["work"], settings.projects
    api = project.pipelines[0].apis[0]
    assert (work.timeout_read, work.tls_verify, work.requests_per_minute) == (60.0, False, 120)
    assert (project.project, project.pipelines[0].name, project.pipelines[0].ref) == ("0123", "on", "1.10")
    assert project.pipelines[0].timeout == 5400
    locked = {name: one.value for name, one in api.system_variables.items()}
    assert (api.name, locked) == ("2026-01-01", {"A": "007", "B": "yes", "C": ""})
    assert {name: variable.value for name, variable in api.user_variables.items()} == {"EPOCHS": "20", "F": "1e-3"}
    assert settings.ui.ascii is True
    assert settings.logs.quota == 2**31


def test_variables_of_the_environment(tmp_path: Path) -> None:
    text = _gitlab("    token: ${TOKEN}\n    username: a${EMPTY:-b}${X:-}c$${TOKEN}\n")
    work = load(_write(tmp_path, text), env={**ENV, "EMPTY": ""}).connections["work"]
    assert work.token == Secret(TOKEN)
    assert work.username == "abc${TOKEN}"


def test_a_missing_variable_names_file_line_field_and_itself(tmp_path: Path) -> None:
    path = _write(tmp_path, _gitlab("    token: ${NOT_THERE}\n"))
    with pytest.raises(ConfigError) as caught:
        load(path, env=ENV)
    error = caught.value
    assert (error.file, error.line, error.field) == (str(path), 5, "connections.work.token")
    assert "`NOT_THERE` is not set" in error.message
    assert "${NOT_THERE:-value}" in error.hint


def test_a_login_in_a_url_becomes_user_name_and_password(tmp_path: Path) -> None:
    text = "connections:\n  t:\n    kind: mlflow\n    url: https://ada:p%40ss@mlflow.example/x\n"
    connection = _settings(tmp_path, text).connections["t"]
    assert connection.url == "https://mlflow.example/x"
    assert (connection.username, connection.password) == ("ada", Secret("p@ss"))
    assert not any("p%40ss" in str(problem) for problem in _problems(tmp_path, text))


def test_all_problems_at_once() -> None:
    errors = {(one.line, one.message) for one in check(BROKEN, env=ENV) if one.severity is Severity.ERROR}
    expected = {
        (2, "unknown key `conections`; did you mean `connections`?"),
        (5, "`gitlba` is not one of gitlab, mlflow"),
        (7, "the environment variable `LINESIDE_NOWHERE` is not set"),
        (
            8,
            "`soon` is not a duration such as 30s, 15m, 12h, 90d, 2w or 1h30m; "
            "a plain number is seconds from 0.1s to 1h",
        ),
        (9, "`work` is given twice; first in line 4"),
        (10, "a list stands here, not a mapping (`key: value` lines)"),
        (13, "a single value stands here, not a list"),
        (15, "`name` is missing"),
        (16, "`-1` is not a whole number from 0"),
        (18, "`perhaps` is not true or false"),
        (19, "`runz` is not one of last, projects, pipelines, runs, experiments, models, activity"),
    }
    assert expected <= errors
    assert "did you mean `runs`?" in {one.hint for one in check(BROKEN, env=ENV)}


def test_load_raises_the_first_and_counts_the_others() -> None:
    errors = [one for one in check(BROKEN, env=ENV) if one.severity is Severity.ERROR]
    with pytest.raises(ConfigError) as caught:
        load(BROKEN, env=ENV)
    assert caught.value.line == 2
    assert f"and {len(errors) - 1} more problems in this file" in caught.value.hint


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = _gitlab(
        "x-base: &base {max_concurrent: 2, timeout: 1h}\nx-more: &more {timeout: 2h, description: more}\n"
        "projects:\n  - project: a/b\n    pipelines:\n      - {<<: *base, name: one}\n"
        "      - {<<: [*base, *more], name: two, max_concurrent: 5}\n"
    )
    one, two = _settings(tmp_path, text).projects[0].pipelines
    assert (one.max_concurrent, one.timeout) == (2, 3600)
    assert (two.max_concurrent, two.timeout, two.description) == (5, 3600, "more")


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    text = _gitlab(f"    token: {TOKEN}\nstore:\n  url: mongodb://ada:{TOKEN}@db.example/lineside\n")
    settings = _settings(tmp_path, text)
    assert settings.store.url.reveal().startswith("mongodb")
    for shown in (
        repr(settings),
        str(settings),
        f"{settings.connections['work'].token}",
        *map(str, _problems(tmp_path, text)),
    ):
        assert TOKEN not in shown
    token = settings.connections["work"].token
    assert token is not None
    assert token.reveal() == TOKEN
    with pytest.raises(TypeError):
        token.__reduce__()


@pytest.mark.parametrize(
    "line", ["token: [{T}]", "token: '{T}\\n{T}'", 'token: "{T}\\e[0m"', "tokne: {T}", "timeout_read: ${{TOKEN}}"]
)
def test_wrong_values_do_not_show_secrets(tmp_path: Path, line: str) -> None:
    problems = _problems(
        tmp_path, _gitlab("    " + line.replace("{T}", TOKEN).replace("{{", "{").replace("}}", "}") + "\n")
    )
    assert all(TOKEN not in str(problem) for problem in problems)


@pytest.mark.parametrize(
    ("mode", "severity"), [(0o600, Severity.HINT), (0o640, Severity.WARNING), (0o604, Severity.WARNING)]
)
def test_a_literal_secret_is_warned_about_where_others_can_read_it(
    tmp_path: Path, mode: int, severity: Severity
) -> None:
    path = _write(tmp_path, _gitlab(f"    token: {TOKEN}\nprojects: [a/b]\n"), mode)
    (problem,) = check(path, env=ENV)
    assert (problem.severity, problem.field, problem.line) == (severity, "connections.work.token", 5)
    assert load(path, env=ENV).connections["work"].token == Secret(TOKEN)


def test_a_secret_from_the_environment_is_no_problem(tmp_path: Path) -> None:
    path = _write(tmp_path, _gitlab("    token: ${TOKEN}\nprojects: [a/b]\nstore: {url: sqlite}\n"), 0o644)
    assert check(path, env=ENV) == []


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("no", False), ("[a, b]", ["a", "b"]), ("'${KEPT}'", True)]
)
def test_logs_are_kept_for_all_pipelines_or_some(tmp_path: Path, text: str, expected: object) -> None:
    path = _write(
        tmp_path,
        _gitlab() + f"projects:\n- {{project: a/b, keep_logs: {text}, pipelines: [{{name: a}}, {{name: b}}]}}\n",
    )
    assert load(path, env={**ENV, "KEPT": "yes"}).projects[0].keep_logs == expected


def test_limits_of_launches_where_a_file_says_nothing(tmp_path: Path) -> None:
    text = (
        "connections:\n  one: {kind: gitlab, url: 'https://one.example'}\n"
        "projects:\n- {project: a/b, pipelines: [{name: p, apis: [{name: x}]}]}\n"
    )
    found = load(_write(tmp_path, text), env=ENV)
    pipeline = found.projects[0].pipelines[0]
    assert found.connections["one"].max_concurrent == 5
    assert (pipeline.max_concurrent, pipeline.timeout, pipeline.active) == (5, 3600, True)
    api = pipeline.apis[0]
    assert (api.flow_rule, api.track, api.callback_url, api.image_variable) == ("RUN_<JOB>=false", True, "", "")


def test_apis_are_read_in_full(tmp_path: Path) -> None:
    text = (
        "connections:\n  one: {kind: gitlab, url: 'https://one.example', max_concurrent: 0}\n"
        "projects:\n- project: a/b\n  pipelines:\n  - name: p\n    apis:\n    - name: x\n      description: All\n"
        "      flow_rule: run_<job>=no|yes\n      image_variable: IMAGE\n      environment_variable: DEPLOY\n"
        "      track: false\n      callback_url: https://a/b\n      callback_key_env: KEY\n      test_repository: 12\n"
        "      system_variables: {A: 1, B: {value: x, description: Why}}\n"
    )
    found = load(_write(tmp_path, text), env=ENV)
    assert found.connections["one"].max_concurrent == 0
    api = found.projects[0].pipelines[0].apis[0]
    assert (api.description, api.flow_rule, api.image_variable) == ("All", "run_<job>=no|yes", "IMAGE")
    assert (api.environment_variable, api.track) == ("DEPLOY", False)
    assert (api.callback_url, api.callback_key_env, api.test_repository) == ("https://a/b", "KEY", "12")
    assert {name: (one.value, one.description) for name, one in api.system_variables.items()} == {
        "A": ("1", ""), "B": ("x", "Why"),
    }  # fmt: skip
