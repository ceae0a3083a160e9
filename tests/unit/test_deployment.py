"""The files for running an engine as a service: what they name exists, and the system that reads them takes them."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from data.config.mongo_url import parse_mongo_url
from tui.cli.root import cli

ROOT = Path(__file__).parents[2]
DEPLOYMENT = ROOT / "sample_configs" / "deployment"
UNIT = DEPLOYMENT / "lineside-engine.service"
OURS = {"LINESIDE_CONFIG", "LINESIDE_DATA_DIR", "LINESIDE_STATE_DIR"}
"""Variables that say where an installation has its files."""
PROGRAM = "/opt/lineside/bin/lineside"
END = 1.0
"""Seconds in which an engine ends, as it promises."""


def unit() -> configparser.ConfigParser:
    """The unit; keys with their case."""
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as configparser's documentation says
    parser.read(UNIT)
    return parser


def instructions() -> list[tuple[str, str]]:
    """The container file: instruction and the rest of its line, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (DEPLOYMENT / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def starts_the_engine(words: list[str]) -> bool:
    """Whether the command line takes these words; nothing is carried out."""
    asked = CliRunner().invoke(cli, [*words, "--help"], prog_name="lineside")
    return asked.exit_code == 0 and asked.output.startswith("Usage: lineside engine ")


def test_the_service_starts_the_engine() -> None:
    service = unit()["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program == PROGRAM
    assert starts_the_engine(words)
    assert {one.partition("=")[0] for one in shlex.split(service["Environment"])} <= OURS
    assert service["KillSignal"] == "SIGTERM"
    assert float(service["TimeoutStopSec"]) > END


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("needs systemd-analyze")
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace(PROGRAM, sys.executable))
    done = subprocess.run([verify, "verify", path], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_container_has_all_that_the_package_is_made_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {*project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "pyproject.toml", "constraints.txt"}
    wanted |= {project["project"]["readme"], *project["project"]["license-files"]}
    copied = {name for word, rest in instructions() if word == "COPY" for name in shlex.split(rest)[:-1]}
    assert copied == wanted
    assert all((ROOT / name).exists() for name in copied)
    version = re.fullmatch(r"python:(\d+\.\d+)-slim", dict(instructions())["FROM"])
    assert version is not None
    assert f">={version[1]}" in project["project"]["requires-python"]


def test_the_container_runs_the_engine_as_somebody_without_rights() -> None:
    found = dict(instructions())
    assert json.loads(found["ENTRYPOINT"]) == ["lineside"]
    assert starts_the_engine(json.loads(found["CMD"]))
    assert found["STOPSIGNAL"] == "SIGTERM"
    assert found["USER"] != "root"
    assert {one.partition("=")[0] for one in shlex.split(found["ENV"])} == OURS
    order = [word for word, _ in instructions()]
    assert order.index("USER") > order.index("RUN")


def test_the_sample_of_the_environment_is_well_formed_and_holds_no_secret() -> None:
    lines = [line for line in (DEPLOYMENT / "engine.env").read_text().splitlines() if not line.startswith("#")]
    values = dict(line.split("=", 1) for line in lines)
    assert parse_mongo_url(values["MONGO_DB_URL"]).hosts == ("db.example.com",)
    assert not re.search(r"glpat-|eyJ", "".join(values.values()))


def test_commands_in_the_files_exist() -> None:
    for path in DEPLOYMENT.iterdir():
        for found in re.findall(r"lineside-engine lineside ([a-z]+)", path.read_text()):
            assert isinstance(cli.get_command(click.Context(cli), found), click.Command)
