"""The tab Artifacts: GitLab's and MLflow's files in one tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from data.model.artifact import Artifact
from tui.lazyrows import LazyRows
from tui.present.artifacts import COLUMNS, Leaf, artifact_tree, leaf_row, leaf_words
from tui.present.run import run_name
from tui.screens.pane import Pane
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.grid import Grid, Row

if TYPE_CHECKING:
    from data.export import Table
    from data.store.port import Changes

PAGE = 500
"""Artifacts read at once."""
MOST = 50_000
"""Artifacts that are read at most."""


class ArtifactsPane(Pane):
    """The files of a run's jobs and MLflow runs."""

    TITLE = "Artifacts"

    def __init__(self) -> None:
        super().__init__()
        self.artifacts: list[Artifact] = []

    def compose(self) -> ComposeResult:
        """The tree, and the whole path of the line under the cursor."""
        yield Grid(COLUMNS, empty_text=(Cell("reading the artifacts", "dim"),), id="artifacts", classes="pane-list")
        yield Facts(1, id="artifact")

    async def load(self) -> None:
        """Read the artifacts that the store knows."""
        subject = self.subject
        jobs = [job.id for job in subject.family.all_jobs() if not job.bridge]
        found = await self._read("job_run_id", jobs)
        self.artifacts = found + await self._read("tracked_run_id", [run.id for run in subject.tracked])
        self.show()

    async def _read(self, field: str, ids: Sequence[str]) -> list[Artifact]:
        found: list[Artifact] = []
        after: str | None = None
        while self.store is not None and ids and len(found) < MOST:
            page = await self.store.page(Artifact, where={field: list(ids)}, after=after, limit=PAGE)
            found += page.records
            after = page.after
            if after is None:
                break
        return found

    def count(self) -> int:
        """Files that are known."""
        return len(self.artifacts)

    async def data_changed(self, changes: Changes) -> None:
        """Read again when an artifact came or went."""
        if Artifact in changes.put or Artifact in changes.deleted:
            await self.load()

    def show(self) -> None:
        """Draw the tree."""
        subject = self.subject
        jobs = sorted(subject.family.all_jobs(), key=lambda job: job.git_job_id)
        leaves = artifact_tree(jobs, subject.tracked, self.artifacts, self.filter)
        self.nothing("No artifacts", "No job says that it left any, and MLflow names no place for them")
        self.grid.set_source(LazyRows(leaves, _key, self._row))
        self._show_words()

    def _row(self, leaf: Leaf) -> Row:
        return leaf_row(leaf, self.now())

    @property
    def leaf(self) -> Leaf | None:
        """The line under the cursor."""
        rows = self.grid.source
        return rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None

    def on_grid_moved(self) -> None:
        """Another path."""
        self._show_words()
        self.home.refresh_frame()

    def _show_words(self) -> None:
        subject, leaf = self.subject, self.leaf
        owners = {
            **{job.id: job.name for job in subject.family.all_jobs()},
            **{run.id: run_name(run) for run in subject.tracked},
        }
        self.query_one("#artifact", Facts).update([leaf_words(leaf, owners, self.now())] if leaf else [])

    def on_grid_opened(self) -> None:
        """`enter`: the job or MLflow run that left it."""
        leaf = self.leaf
        if leaf is None:
            return
        if any(run.id == leaf.owner for run in self.subject.tracked):
            self.home.dashboard.open_tracked(leaf.owner)
        else:
            self.home.dashboard.open_log(leaf.owner)

    def copied(self) -> str:
        """What `y` copies: the path under the cursor."""
        leaf = self.leaf
        return (leaf.artifact.path or leaf.artifact.name) if leaf and leaf.artifact else ""

    def tables(self) -> Sequence[Table]:
        """The files."""
        from data.export import Table

        rows = [
            (one.job_run_id or one.tracked_run_id, one.path or one.name, one.file_size, one.storage_type, one.expires)
            for one in self.artifacts
        ]
        return [Table.of("artifacts", ("of", "path", "bytes", "storage", "expires"), rows)] if rows else []


def _key(leaf: Leaf) -> str:
    return leaf.key
