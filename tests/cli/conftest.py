"""A configuration, a store full of records, and a way to run the command line inside the test."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from data.model import JobRun, LogState, Record
from data.store.logs import LogFiles
from data.store.place import LOG_FOLDER, STORE_FILE
from tests import world
from tests.stores import fill_store
from tui.cli import main

CONFIG = """\
connections:
  gitlab:
    kind: gitlab
    url: https://gitlab.example
    token_env: TEST_GITLAB_TOKEN
projects:
  - ml/churn
"""


@dataclass(frozen=True)
class Outcome:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as JSON."""
        return json.loads(self.out)


Invoke = Callable[..., Outcome]


@pytest.fixture
def config(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration file of the user; no server stands behind it."""
    path = own_world / "config" / "config.yaml"
    path.parent.mkdir()
    path.write_text(CONFIG)
    monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(path.parent))
    monkeypatch.setenv("TEST_GITLAB_TOKEN", "glpat-of-the-test")
    monkeypatch.chdir(own_world)
    return path


@pytest.fixture
def store_file(own_world: Path, config: Path) -> Path:
    """A store file with the records of `tests.world`, and the failed job's log beside it."""
    path = own_world / "data" / STORE_FILE
    fill(path, world.records())
    logs = LogFiles(path.parent / LOG_FOLDER)
    logs.append(world.FAILED_JOB, 0, world.LOG)
    return path


def fill(path: Path, records: Sequence[Record]) -> None:
    """Put records into a store."""
    asyncio.run(fill_store(path, records))


def failed_job(*, complete: bool) -> list[Record]:
    """The failed job of `tests.world`, with all of its log held or not."""
    log = LogState(size=len(world.LOG), complete=complete)
    jobs = [record for record in world.records() if isinstance(record, JobRun) and record.id == world.FAILED_JOB]
    return [replace(job, log=log) for job in jobs]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs `lineside` in this process, without a terminal."""

    def run(*arguments: str, stdin: str = "") -> Outcome:
        out, err = _stream(b""), _stream(b"")
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", _stream(stdin.encode()))
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            code = main(list(arguments))
        return Outcome(code, _text(out), _text(err))

    return run


def _stream(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode()
