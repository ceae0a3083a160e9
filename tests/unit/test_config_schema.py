"""The schema for editors, the template, and the sample files that must not rot."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from data.config import Settings, Severity, check, load
from data.config import settings as module
from data.config.schema import docs, schema
from data.config.settings import Section
from data.config.template import template
from data.store.place import place_of

SAMPLES = Path(__file__).parents[2] / "sample_configs"
ENV = {"HOME": "/nonexistent", "GITLAB_TOKEN": "x", "MLFLOW_TRACKING_PASSWORD": "x"}
SECTIONS = [
    kind
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Section) and kind is not Section
]


def _plain(text: str) -> Any:
    """The file as editors see it: dates and merges resolved to what JSON knows."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


@pytest.mark.parametrize("kind", SECTIONS)
def test_every_field_says_what_it_does(kind: type[Section]) -> None:
    for field in msgspec.structs.fields(kind):
        text = docs(kind).get(field.name, "")
        assert text, f"{kind.__name__}.{field.name} has no docstring"
        assert "\n" not in text


@pytest.mark.parametrize("name", ["minimal", "team", "everything"])
def test_the_samples_are_sound_and_fit_the_schema(name: str) -> None:
    path = SAMPLES / f"{name}.yaml"
    assert [problem for problem in check(path, env=ENV) if problem.severity is not Severity.HINT] == []
    settings = load(path, env=ENV)
    assert settings.projects
    assert settings.names("mlflow")
    jsonschema.Draft202012Validator(schema()).validate(_plain(path.read_text()))


def test_the_team_sample_shares_a_store() -> None:
    path = SAMPLES / "team.yaml"
    assert place_of(load(path, env={**ENV, "MONGO_DB_URL": "mongodb://localhost/x"})).shown == "mongo localhost/x"
    assert place_of(load(path, env=ENV)).shown == "sqlite"
    assert len(load(path, env=ENV).projects) == 3


@pytest.mark.parametrize("kind", SECTIONS)
def test_the_complete_sample_names_every_key(kind: type[Section]) -> None:
    text = (SAMPLES / "everything.yaml").read_text()
    for field in msgspec.structs.fields(kind):
        assert re.search(rf"(^|[\s#{{-]){field.encode_name}:", text, re.MULTILINE), f"{kind.__name__}.{field.name}"


def test_the_complete_sample_shows_the_defaults() -> None:
    settings, defaults = load(SAMPLES / "everything.yaml", env=ENV), Settings()
    for section in ("store", "sync", "logs", "ui", "read_only"):
        assert getattr(settings, section) == getattr(defaults, section)


def test_the_schema_refuses_what_the_loader_refuses(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    for text in (
        "conections: {}",
        "connections: {a: {kind: gitlba, url: x}}",
        "connections: {a: {kind: gitlab}}",
        "sync: {fast: soon}",
        "ui: {mouse: perhaps}",
        "projects: {a: b}",
        "projects: [{name: x}]",
        "logs: {quota: big}",
    ):
        path = tmp_path / "lineside.yaml"
        path.write_text(text)
        assert not validator.is_valid(_plain(text)), text
        assert any(problem.severity is Severity.ERROR for problem in check(path, env=ENV)), text


def test_the_schema_takes_what_the_loader_takes(tmp_path: Path) -> None:
    text = (
        "x-own: 1\n"
        "connections: {a: {kind: gitlab, url: 'https://a.example', timeout_read: 5, tls_verify: '${V:-true}'}}\n"
        "projects: [a/b, {project: 7, experiment: 0, pipelines: [&p {name: p, timeout: 1h30m}]}]\n"
        "sync: {fast: 2}\n"
        "logs: {quota: 1000}\nui: {ascii: auto}\nkeys: {a: 1}\nstore: {path: null}\n"
    )
    path = tmp_path / "lineside.yaml"
    path.write_text(text)
    assert load(path, env=ENV).projects[1].pipelines[0].timeout == 5400
    jsonschema.Draft202012Validator(schema()).validate(_plain(text))


def test_the_minimal_sample_is_the_template() -> None:
    assert (SAMPLES / "minimal.yaml").read_text() == template()
    assert len(template().splitlines()) < 16


@pytest.mark.parametrize("project", ["ml/churn", "42", "yes/no", "a/${HOME}", 'a/"b', "a/b # c", "a/b: c", "a/\x1b[0m"])
def test_the_template_holds_any_project(tmp_path: Path, project: str) -> None:
    text = template(gitlab="https://g.example:8443", project=project, mlflow="sqlite:///m.db", experiment="${X} 'y'")
    path = tmp_path / "lineside.yaml"
    path.write_text(text)
    read = yaml.safe_load(text)["projects"][0]
    assert str(read["project"]).replace("$${", "${") == project
    assert read["experiment"] == "$${X} 'y'"
    if project in ("ml/churn", "42"):
        settings = load(path, env=ENV)
        assert (settings.projects[0].project, settings.projects[0].experiment) == (project, "${X} 'y'")


def test_importing_settings_is_cheap() -> None:
    unwanted = "{'yaml', 'gitlab', 'mlflow', 'platformdirs', 'keyring'}"
    code = f"import sys, data.config, data.query; print(*{unwanted} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=SAMPLES.parent)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
