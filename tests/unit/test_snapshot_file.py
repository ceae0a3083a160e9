"""The file that the first frame is drawn from."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.look import Look
from tui.options import DashboardOptions
from tui.snapshot import ROWS, Snapshot, load, save, snapshot_path, state_folder
from widgets.cells import Cell
from widgets.rows import Row

ROW = Row("g:1:1", (Cell("größe ✓ 日本", "dim"), Cell.of(("✓", "success"), ("✗", "failed")), Cell()))
LOOK = Look(
    filter='a "b"', window="7d", sort="metrics.val_auc", descending=False, group="ref", columns=("id", "metrics.a:12:9")
)
SNAPSHOT = Snapshot(
    taken=datetime(2026, 3, 1, tzinfo=UTC), screen="projects", look=LOOK, cursor="g:1:1", rows=(ROW,), theme="nord"
)


def test_it_comes_back_as_it_was(tmp_path: Path):
    path = tmp_path / "deep" / "screen.json"
    save(path, SNAPSHOT)
    assert load(path) == SNAPSHOT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [child.name for child in path.parent.iterdir()] == ["screen.json"]


def test_only_so_many_rows_are_kept(tmp_path: Path):
    path = tmp_path / "screen.json"
    save(path, Snapshot(taken=SNAPSHOT.taken, rows=(ROW,) * (ROWS + 50)))
    loaded = load(path)
    assert loaded is not None
    assert len(loaded.rows) == ROWS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"version": 1}',
        b'{"version": 2}',
        b'{"version": 3}',
        b'{"version": 3, "taken": 1, "screen": "runs", "look": {"filter": ""}, "cursor": "", "rows": [], "theme": ""}',
        b'{"version": 3, "taken": 1, "screen": "runs", "look": "x", "cursor": "", "rows": [], "theme": ""}',
        b"\xff",
        b"[" * 100_000,
        b'{"version": 3, "taken": 1e400}',
    ],
)
def test_anything_else_is_no_snapshot(tmp_path: Path, content: bytes):
    path = tmp_path / "screen.json"
    path.write_bytes(content)
    assert load(path) is None


def test_no_file_is_no_snapshot(tmp_path: Path):
    assert load(tmp_path / "nosuch.json") is None
    assert load(tmp_path) is None


def test_a_folder_that_cannot_be_made_is_no_reason_to_complain(tmp_path: Path):
    (tmp_path / "file").write_text("")
    save(tmp_path / "file" / "screen.json", SNAPSHOT)


def test_each_configuration_store_and_folder_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    paths = {snapshot_path(DashboardOptions()), snapshot_path(DashboardOptions(config=Path("a.yaml")))}
    paths.add(snapshot_path(DashboardOptions(config=Path("a.yaml"), store=Path("b.db"))))
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path / "x")
    paths.add(snapshot_path(DashboardOptions()))
    assert len(paths) == 4
    assert snapshot_path(DashboardOptions(config=Path("a.yaml"))) in paths


def test_the_state_folder_is_that_of_the_configuration(monkeypatch: pytest.MonkeyPatch):
    from data.config.paths import state_dir

    assert state_folder() == state_dir()
    monkeypatch.delenv("LINESIDE_STATE_DIR")
    assert state_folder() == state_dir()
    monkeypatch.setenv("XDG_STATE_HOME", os.path.join(os.sep, "somewhere"))
    assert state_folder() == state_dir()
