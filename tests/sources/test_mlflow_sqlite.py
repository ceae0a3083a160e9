"""An MLflow database file is never made, changed or misread by looking at it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.config.credentials import Credential
from data.config.settings import ConnectionSettings
from data.errors import BadAnswer, NotFound, Unreachable
from data.sources.mlflow import TrackingSource, open_tracking

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def tracking(path: Path) -> TrackingSource:
    return open_tracking("ml", ConnectionSettings(kind="mlflow", url=f"sqlite:///{path}"), Credential())


def test_a_file_that_does_not_exist_is_not_made_by_reading(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with pytest.raises(NotFound, match="no MLflow database") as caught:
        tracking(path).experiments()
    assert "MLflow makes it" in caught.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mlflow.db"
    path.write_bytes(content)
    with pytest.raises(BadAnswer, match="no MLflow database"):
        tracking(path).probe()
    assert path.read_bytes() == content


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        tracking(tmp_path).probe()


def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (id TEXT)")
        connection.commit()
    with pytest.raises(BadAnswer, match="no MLflow database"):
        tracking(path).probe()


def test_a_database_of_another_version_is_explained_and_not_upgraded(tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0123456789ab')")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(BadAnswer, match="another version of MLflow") as caught:
        tracking(path).probe()
    assert f"mlflow db upgrade sqlite:///{path}" in caught.value.hint
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(Unreachable):
        tracking(path).probe()


def test_a_path_with_odd_characters_is_found(tmp_path: Path) -> None:
    path = tmp_path / "my #1 100% mlflow?.db"
    path.write_bytes(b"")
    with pytest.raises(NotFound if "?" in str(path) else BadAnswer):
        tracking(path).probe()


def test_choosing_a_source_imports_neither_mlflow_nor_its_tables(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from data.config.credentials import Credential\n"
        "from data.config.settings import ConnectionSettings\n"
        "from data.sources.mlflow import open_tracking\n"
        "open_tracking('a', ConnectionSettings(kind='mlflow', url='sqlite:///x.db'), Credential())\n"
        "open_tracking('b', ConnectionSettings(kind='mlflow', url='http://localhost:5000'), Credential())\n"
        "print(sorted({'mlflow', 'sqlalchemy', 'gitlab', 'pandas', 'textual'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_reading_a_missing_file_does_not_import_mlflow(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from data.errors import NotFound\n"
        "from data.sources.mlflow import ClientTracking\n"
        "try:\n"
        f"    ClientTracking('a', 'sqlite:///{tmp_path}/x.db').probe()\n"
        "except NotFound:\n"
        "    print('mlflow' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr
