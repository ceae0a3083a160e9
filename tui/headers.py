"""Headers of groups of runs: name, how many, how they went, the best value, and the newest ones as a strip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from tui.present.text import age, number, percent, plural, sha
from tui.table import Scene
from widgets.cells import GAP, Cell, Column, Span, fit, layout
from widgets.glyphs import glyphs

if TYPE_CHECKING:
    from data.model.base import Record
    from data.query import Query
    from data.store.port import Group, Store, Where

R = TypeVar("R", bound="Record")

STRIP = 20
"""Newest records of a group that are shown as glyphs."""
COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="", width=24, min_width=18, flex=1, priority=0),
    Column(key="count", title="", width=12, min_width=9, align="right", priority=1),
    Column(key="rate", title="", width=9, align="right", priority=2),
    Column(key="active", title="", width=6, priority=3),
    Column(key="best", title="", width=22, min_width=16, priority=4),
    Column(key="strip", title="", width=STRIP, min_width=8, priority=5),
    Column(key="age", title="", width=4, align="right", priority=6),
)
"""How a header shares its line."""


class Peek(NamedTuple):
    """What the newest records of a group tell: a strip of glyphs, the newest first, and a fuller name."""

    newest: datetime | None
    strip: tuple[Span, ...]
    title: str = ""


class Headers(Generic[R]):
    """Draws the headers of one grouping.

    Args:
        field: field of the store that is grouped by.
        title: how people call it.
        metric: the metric of which `Group.best` is the best value; "" for none.
        scene: names of projects and experiments.
        glyph: (glyph, tone) of a record.
    """

    def __init__(
        self, field: str, title: str, metric: str, scene: Callable[[], Scene], glyph: Callable[[R], tuple[str, str]]
    ) -> None:
        self.field, self.title, self.metric = field, title, metric
        self._scene, self._glyph = scene, glyph
        self._peeks: dict[str, Peek] = {}

    def cell(self, group: Group, width: int, *, unfolded: bool) -> Cell:
        """The header of a group in `width` cells."""
        cells = self._cells(group, glyphs().open if unfolded else glyphs().closed)
        spans: list[Span] = []
        x = 0
        for index, start, size in layout(COLUMNS, width):
            spans.append((" " * (start - x), ""))
            spans += fit(cells[index], size, COLUMNS[index].align)
            x = start + size
        return Cell.of(*spans)

    def _cells(self, group: Group, fold: str) -> tuple[Cell, ...]:
        peek = self._peeks.get(group.value, Peek(None, ()))
        one = group.count == 1
        return (
            Cell.of((f"{fold} ", "dim"), (self.name(group.value), "bold" if group.value else "dim"),
                    (" " * GAP + peek.title, "dim")),
            Cell(plural(group.count, "run")),
            _outcome(group) if one else Cell(percent(group.succeeded, group.succeeded + group.failed)),
            Cell(f"{glyphs().running} {group.active}", "running") if group.active and not one else Cell(),
            Cell() if group.best is None else Cell.of((f"{self.metric} ", "dim"), (number(group.best), "")),
            Cell.of(*peek.strip),
            Cell(age(group.newest, self._scene().now), "dim"),
        )  # fmt: skip

    def name(self, value: str) -> str:
        """How a group is called."""
        if not value:
            return f"no {self.title}"
        scene = self._scene()
        if self.field == "git_commit_hash":
            return sha(value)
        if self.field == "experiment_id":
            return next((name for id_, name in scene.experiments.items() if id_.partition(":")[2] == value), value)
        return scene.names.get(value, value) if self.field == "project_id" else value

    async def peek(
        self, store: Store, kind: type[R], where: Where, query: Query | None, groups: Iterable[Group]
    ) -> bool:
        """Look at the newest records of groups that have not been looked at, or have newer ones since."""
        wanted = [group for group in groups if self._stale(group)]
        for group in wanted:
            at = {**where, self.field: group.value}
            found = (await store.page(kind, where=at, query=query, limit=STRIP)).records
            strip = tuple(map(self._glyph, found))
            self._peeks[group.value] = Peek(group.newest, strip, await self._title(store, group.value, found))
        return bool(wanted)

    def _stale(self, group: Group) -> bool:
        known = self._peeks.get(group.value)
        return known is None or group.active > 0 or known.newest != group.newest

    async def _title(self, store: Store, value: str, found: Iterable[Any]) -> str:
        """What tells more of a group than its value: the subject of a commit, the name of a parent run."""
        newest = next(iter(found), None)
        if self.field == "git_commit_hash" and newest is not None:
            return str(newest.commit_title)
        if self.field == "parent_run_id" and value and newest is not None:
            from data.model.tracking import TrackedRun

            parents = await store.page(TrackedRun, where={"run_id": value}, limit=1)
            return next((parent.name for parent in parents.records), "")
        return ""


def _outcome(group: Group) -> Cell:
    """How the only run of a group went."""
    if group.succeeded:
        return Cell(f"{glyphs().success} success", "success")
    if group.failed:
        return Cell(f"{glyphs().failed} failed", "failed")
    return Cell(f"{glyphs().running} active", "running") if group.active else Cell()
