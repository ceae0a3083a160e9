"""What the jobs and MLflow runs of a run left behind, as one tree of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import NamedTuple

from data.model.artifact import Artifact
from data.model.run import JobRun
from data.model.tracking import TrackedRun
from tui.present.run import run_name
from tui.present.text import age, size
from widgets.cells import Cell, Column
from widgets.glyphs import glyphs
from widgets.rows import Row

COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="artifact", width=32, min_width=20, flex=3, priority=0),
    Column(key="size", title="size", width=10, min_width=9, align="right", priority=1),
    Column(key="expires", title="expires", width=10, min_width=8, align="right", priority=2),
    Column(key="kind", title="kind", width=12, min_width=8, priority=4),
    Column(key="note", title="", width=20, min_width=14, flex=2, priority=3),
)
"""Columns of the tree."""
MODEL_FILE = "MLmodel"
"""The file that makes a folder a model (MLflow docs, model format)."""
FILES_SINCE = "the server lists no files (GitLab does from 18.8 on)"
"""Said of an archive whose files are not known."""


class Leaf(NamedTuple):
    """A line of the tree: a job or an MLflow run, a folder, or a file."""

    key: str
    depth: int
    name: str
    bytes: int = 0
    artifact: Artifact | None = None
    note: str = ""
    owner: str = ""
    """Id of the job or MLflow run at the top."""


class _Folder:
    """A folder that is being filled."""

    def __init__(self) -> None:
        self.folders: dict[str, _Folder] = {}
        self.files: list[Artifact] = []

    @property
    def bytes(self) -> int:
        return sum(one.file_size for one in self.files) + sum(one.bytes for one in self.folders.values())


def artifact_tree(
    jobs: Sequence[JobRun], tracked: Sequence[TrackedRun], artifacts: Iterable[Artifact], filter: str = ""
) -> list[Leaf]:
    """The lines: GitLab's by job, then MLflow's by run. With a filter those files in whose path it occurs."""
    by_owner: dict[str, list[Artifact]] = {}
    wanted = filter.lower()
    for one in artifacts:
        if wanted in (one.path or one.name).lower():
            by_owner.setdefault(one.job_run_id or one.tracked_run_id, []).append(one)
    found: list[Leaf] = []
    for job in jobs:
        note = "" if job.id in by_owner or not job.artifacts_size else "the list was not read yet"
        if job.id in by_owner or (job.artifacts_size and not filter):
            attempt = f" attempt {job.attempt_number}" if job.attempt_number > 1 else ""
            found += _owner(job.id, job.name + attempt, job.artifacts_size, by_owner.get(job.id, ()), note)
    for run in tracked:
        note = "" if run.id in by_owner else f"not read: {run.artifact_uri}"
        if run.id in by_owner or (run.artifact_uri and not filter):
            found += _owner(run.id, f"MLflow {run_name(run)}", 0, by_owner.get(run.id, ()), note)
    return found


def _owner(id: str, name: str, told: int, own: Sequence[Artifact], note: str) -> list[Leaf]:
    """The line of a job or MLflow run, and its files below it."""
    root = _Folder()
    for one in sorted(own, key=lambda one: (bool(one.path), one.path or one.name)):
        *folders, _ = (one.path or one.name).split("/")
        at = root
        for folder in folders:
            at = at.folders.setdefault(folder, _Folder())
        at.files.append(one)
    # The files in an archive are in its size already.
    whole = told or sum(one.file_size for one in own if not one.path) or root.bytes
    archives = [one for one in own if one.metadata.get("file_type") == "archive"]
    if archives and not any(one.path for one in own) and not note:
        note = FILES_SINCE
    return [Leaf(id, 0, name, whole, note=note, owner=id), *_below(root, id, id, 1)]


def _below(folder: _Folder, path: str, owner: str, depth: int) -> Iterable[Leaf]:
    for name, inner in sorted(folder.folders.items()):
        yield Leaf(f"{path}/{name}", depth, f"{name}/", inner.bytes, owner=owner)
        yield from _below(inner, f"{path}/{name}", owner, depth + 1)
    for one in folder.files:
        yield Leaf(one.id, depth, (one.path or one.name).rpartition("/")[2], one.file_size, one, owner=owner)


def leaf_row(leaf: Leaf, now: datetime) -> Row:
    """A row of the tree, a cell per entry of `COLUMNS`."""
    indent = "  " * leaf.depth
    sized = Cell(size(leaf.bytes) if leaf.bytes else "", "" if leaf.artifact else "dim")
    one = leaf.artifact
    if one is None:
        sign = "  " if leaf.note else f"{glyphs().open} "
        tone = "bold" if not leaf.depth else "accent"
        named = Cell.of((indent + sign, "dim"), (leaf.name, tone))
        return Row(leaf.key, (named, sized, Cell(), Cell(), _dim(leaf.note)))
    gone = expired(one, now)
    name = Cell(indent + leaf.name, "dim" if gone else "")
    sized = sized if leaf.bytes or one.storage_type != "GITLAB" else _dim("unknown")
    return Row(leaf.key, (name, sized, expiry(one, now), _dim(kind_of(one)), _dim(one.description.partition("\n")[0])))


def kind_of(artifact: Artifact) -> str:
    """What it is: GitLab's file type, a model, else the ending of its name.

    An ending tells the format and no more: a `.csv` may be a data set or the points of a plot.
    """
    if told := artifact.metadata.get("file_type"):
        return told
    if is_model(artifact):
        return "model"
    return PurePosixPath(artifact.path or artifact.name).suffix.removeprefix(".").lower()


def is_model(artifact: Artifact) -> bool:
    """Whether MLflow says that it is a model, or it is the file that makes a folder one."""
    return "model_id" in artifact.metadata or artifact.name == MODEL_FILE


def _dim(text: str) -> Cell:
    return Cell(text, "dim")


def expired(artifact: Artifact, now: datetime) -> bool:
    """Whether the server has dropped it."""
    return not artifact.is_active or (artifact.expires is not None and artifact.expires <= now)


def expiry(artifact: Artifact, now: datetime) -> Cell:
    """When it goes: `in 3d`, `expired`; empty for never, or where nobody told."""
    if expired(artifact, now):
        return Cell("expired", "warning")
    return Cell(f"in {age(now, artifact.expires)}" if artifact.expires else "", "dim")


def leaf_words(leaf: Leaf, owners: Mapping[str, str], now: datetime) -> list[Cell]:
    """What there is to say of the line under the cursor: its whole path, and where it lies."""
    one = leaf.artifact
    items = [Cell(one.path or one.name if one else leaf.name, "bold")]
    if leaf.bytes:
        items.append(Cell(f"{size(leaf.bytes)} ({leaf.bytes} bytes)" if leaf.bytes >= 1024 else size(leaf.bytes)))  # noqa: PLR2004 - binary units
    if one is not None:
        items.append(_dim(f"{one.storage_type.lower() or 'unknown storage'}, of {owners.get(leaf.owner, leaf.owner)}"))
        if one.expires is not None:
            items.append(_dim(f"expires {one.expires.astimezone():%Y-%m-%d %H:%M}"))
        elif one.storage_type == "GITLAB" and not expired(one, now):
            items.append(_dim("does not expire, as far as the server told"))
    if leaf.note:
        items.append(Cell(leaf.note, "warning"))
    return items
