"""Checks that look at several settings at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.config import Severity, check

API = "error|6|projects[0].pipelines[0].apis[0].user_variables"
"""Beginning of what is said about the variables of the only API."""
ONE = API.removesuffix(".user_variables")
LOCKED = f"{ONE}.system_variables"
"""The same about the API itself, and about its locked variables."""
BASE = """\
connections:
  one: {{kind: gitlab, url: "https://one.example"{one}}}
  track: {{kind: mlflow, url: "https://mlflow.example"{track}}}
{more}
projects:
  - {project}
"""


def _check(
    tmp_path: Path, *, one: str = "", track: str = "", more: str = "", project: str = "project: a/b"
) -> list[str]:
    path = tmp_path / "lineside.yaml"
    path.write_text(BASE.format(one=one, track=track, more=more, project=f"{{{project}}}" if project else "a/b"))
    path.chmod(0o600)
    return [f"{one.severity}|{one.line}|{one.field}|{one.message}|{one.hint}" for one in check(path, env={"SET": "x"})]


def _apis(text: str) -> str:
    return f"project: a/b, pipelines: [{{name: p, apis: [{{name: x, {text}}}]}}]"


def test_a_sound_file_has_no_problems(tmp_path: Path) -> None:
    assert _check(tmp_path) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"one": ", token_env: NOT_SET"}, "warning|2|connections.one.token_env|the environment variable `NOT_SET`"),
        (
            {"one": ", token_env: SET, token_from: glab"},
            "error|2|connections.one.token_from|token_env and token_from are given",
        ),
        ({"one": ", password_env: SET"}, "error|2|connections.one.password_env|GitLab takes tokens"),
        ({"one": ", tls_verify: false"}, "warning|2|connections.one.tls_verify|"),
        ({"one": ", ca_file: nowhere.pem"}, "error|2|connections.one.ca_file|there is no such file"),
        ({"track": ", password_env: SET"}, "error|3|connections.track.password_env|a password needs a `username`"),
        (
            {"track": ", password_env: SET, username: u, token_env: SET"},
            "warning|3|connections.track.token_env|the password is used",
        ),
        ({"track": ", token_from: glab"}, "hint|3|connections.track.token_from|"),
        (
            {"more": "  two: {kind: gitlab, url: gitlab.example}"},
            "error|4|connections.two.url|is not a URL of a gitlab server",
        ),
        (
            {"more": "  two: {kind: gitlab, url: 'https://g.example/api/v4'}"},
            "error|4|connections.two.url|is the address of the API",
        ),
        (
            {"more": "  two: {kind: gitlab, url: 'https://u@g.example'}"},
            "error|4|connections.two.url|a login in the URL",
        ),
        ({"more": "  two: {kind: gitlab, url: 'http://g.example'}"}, "warning|4|connections.two.url|http sends"),
        ({"more": "  two: {kind: mlflow, url: 'databricks'}"}, "error|4|connections.two.url|is not a URL of a mlflow"),
        (
            {"more": "  two: {kind: mlflow, url: 'https://m.example?x=1'}"},
            "error|4|connections.two.url|has a `?` or `#`",
        ),
        ({"more": "  two: {kind: mlflow, url: 'http://[::1'}"}, "error|4|connections.two.url|is not a URL"),
        (
            {"more": "  two: {kind: gitlab, url: 'https://two.example'}"},
            "error|6|projects[0]|there are 2 gitlab connections",
        ),
        ({"more": "store: {url: 'postgres://x'}"}, "error|4|store.url|is not `sqlite`"),
        ({"more": "sync: {fast: 1m}"}, "hint|4|sync|the intervals are not in order"),
        (
            {"project": "project: a/b, connection: onne"},
            "error|6|projects[0].connection|no gitlab connection is called `onne`|did you mean `one`?",
        ),
        ({"project": "project: a/b, connection: track"}, "error|6|projects[0].connection|no gitlab connection"),
        ({"project": "project: a/b, mlflow: one"}, "error|6|projects[0].mlflow|no mlflow connection"),
        ({"project": "project: churn"}, "error|6|projects[0].project|`churn` is no project's path"),
        (
            {"project": "project: 'https://one.example/a/b/-/pipelines'"},
            "error|6|projects[0].project|is a URL, not a project's path|write `a/b`",
        ),
        ({"project": "project: a/b}\n  - {project: /a/B"}, "error|7|projects[1].project|`/a/B` is there twice"),
        (
            {"project": "project: a/b, pipelines: [{name: p}, {name: p}]"},
            "error|6|projects[0].pipelines[1].name|the name `p` is there twice",
        ),
        (
            {"project": "project: a/b, pipelines: [{name: p, stage_types: {fit: model_trainin}}]"},
            "warning|6|projects[0].pipelines[0].stage_types.fit|`model_trainin` is no known stage type|"
            "did you mean MODEL_TRAINING?",
        ),
        ({"project": _apis("user_variables: {'A B': 1}")}, f"{API}|`A B` cannot be"),
        ({"project": _apis("system_variables: {A: 1}, user_variables: {A: 1}")}, f"{API}.A|is both"),
        ({"project": _apis("user_variables: {A: {kind: choice}}")}, f"{API}.A|a `choice` needs"),
        ({"project": _apis("user_variables: {A: {value: x, choices: [y]}}")}, f"{API}.A|the value is none"),
        ({"project": _apis("user_variables: {A: {pattern: '('}}")}, f"{API}.A.pattern|is no regular"),
        ({"project": _apis("user_variables: {A: {value: x, pattern: '\\d+'}}")}, f"{API}.A|the value does not match"),
        ({"project": _apis("user_variables: {A: {value: x, kind: number}}")}, f"{API}.A|the value is no number"),
        ({"project": _apis("user_variables: {A: {value: x, kind: bool}}")}, f"{API}.A|the value is not true or false"),
        (
            {"project": _apis("user_variables: {A: {value: x, secret: true}}")},
            f"{API.replace('error', 'warning')}.A.value|a secret's value is never kept; it is asked for|leave it out",
        ),
        ({"project": _apis("system_variables: {A: {kind: choice}}")}, f"{LOCKED}.A|a `choice` needs"),
        ({"project": _apis("flow_rule: 'RUN=false'")}, f"{ONE}.flow_rule|'RUN=false' names no component"),
        ({"project": _apis("flow_rule: ''")}, f"{ONE}.flow_rule|is empty"),
        ({"project": _apis("callback_url: 'ftp://a/b'")}, f"{ONE}.callback_url|is no address of the web|write https"),
        ({"project": _apis("callback_url: '/hook'")}, f"{ONE}.callback_url|is no address of the web"),
        ({"project": _apis("callback_url: 'https://u:p@a/b'")}, f"{ONE}.callback_url|a login in the address"),
        ({"project": _apis("callback_key_env: '$KEY'")}, f"{ONE}.callback_key_env|`$KEY` cannot be a variable's name"),
        ({"project": _apis("image_variable: 'my image'")}, f"{ONE}.image_variable|`my image` cannot be"),
        ({"project": _apis("environment_variable: 'a-b'")}, f"{ONE}.environment_variable|`a-b` cannot be"),
        (
            {"project": _apis("test_repository: tests")},
            f"{ONE}.test_repository|`tests` is no project|write `group/name`, its address or its id",
        ),
        ({"project": "project: a/b, pipelines: [{name: p, max_concurrent: -1}]"}, "error|6|projects[0].pipelines[0].m"),
    ],
)  # fmt: skip
def test_each_problem_has_its_place(tmp_path: Path, given: dict[str, str], expected: str) -> None:
    found = _check(tmp_path, **given)
    assert [one for one in found if one.startswith(expected)], found


def test_experiments_without_mlflow(tmp_path: Path) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_text(
        "connections:\n  g: {kind: gitlab, url: 'https://g.example'}\nprojects:\n- {project: a/b, experiment: x}\n"
    )
    (problem,) = check(path, env={})
    assert (problem.severity, problem.line) == (Severity.WARNING, 4)


def test_nothing_to_show_is_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_text("read_only: true\n")
    (problem,) = check(path, env={})
    assert problem.severity is Severity.HINT
    path.write_text("projects: [a/b]\n")
    assert "there is no gitlab connection" in str(check(path, env={})[0])


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        ("true", []),
        ("false", []),
        ("[p, q]", []),
        ("[]", []),
        ("[p, Q]", ["error|6|projects[0].keep_logs[1]|no pipeline of this project is called `Q`|there are: p, q"]),
        (
            "[trian]",
            ["error|6|projects[0].keep_logs[0]|no pipeline of this project is called `trian`|did you mean `train`?"],
        ),
        ("p", ["error|6|projects[0].keep_logs|`p` is not true or false or a list|"]),
        ("{p: true}", ["error|6|projects[0].keep_logs|a mapping stands here, not true or false or a list|"]),
        ("[[p]]", ["error|6|projects[0].keep_logs[0]|a list stands here, not text|"]),
    ],
)
def test_whose_logs_are_kept(tmp_path: Path, keep: str, expected: list[str]) -> None:
    names = "train, p" if "trian" in keep else "p, q"
    pipelines = ", ".join(f"{{name: {name}}}" for name in names.split(", "))
    assert _check(tmp_path, project=f"project: a/b, keep_logs: {keep}, pipelines: [{pipelines}]") == expected


def test_a_project_without_pipelines_has_the_default_one(tmp_path: Path) -> None:
    assert _check(tmp_path, project="project: a/b, keep_logs: [default]") == []
    assert "there are: default" in _check(tmp_path, project="project: a/b, keep_logs: [p]")[0]
