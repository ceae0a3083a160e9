"""Headers of groups of runs: name, how many, how they went, the best value, and the newest ones as a strip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from rich.cells import cell_len

from tui.present.pipelines import pipeline_name
from tui.present.runs import metric_rank
from tui.present.text import age, number, percent, plural, sha
from tui.table import NONE, Scene
from widgets.cells import GAP, Cell, Column, Span, fit, layout, truncate_left
from widgets.glyphs import glyphs

if TYPE_CHECKING:
    from data.model.base import Record
    from data.query import Query
    from data.store.port import Group, Store, Where

R = TypeVar("R", bound="Record")

STRIP = 20
"""Newest records of a group that are shown as glyphs."""
OWN_BEST = 5_000
"""Records of a group of which each is looked at for the best value of another metric: some 30 ms."""
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
    best: tuple[str, float] | None = None
    """A metric that they have, and its best value in the group, where none has the metric of all groups."""


class Headers(Generic[R]):
    """Draws the headers of one grouping.

    Args:
        field: field of the store that is grouped by.
        title: how people call it.
        metric: the metric of which `Group.best` is the best value; "" for none.
        scene: projects, and names of experiments.
        glyph: (glyph, tone) of a record.
        directions: which metrics are better when greater or less, where the user says so.
    """

    def __init__(
        self,
        field: str,
        title: str,
        metric: str,
        scene: Callable[[], Scene],
        glyph: Callable[[R], tuple[str, str]],
        directions: Mapping[str, str] = NONE,
    ) -> None:
        self.field, self.title, self.metric, self._directions = field, title, metric, directions
        self._scene, self._glyph = scene, glyph
        self._peeks: dict[str, Peek] = {}

    def cell(self, group: Group, width: int, *, unfolded: bool, exact: bool = True) -> Cell:
        """The header of a group in `width` cells. Without `exact` it has at least as many runs as it says."""
        places = layout(COLUMNS, width)
        fold = f"{glyphs().open if unfolded else glyphs().closed} "
        cells = self._cells(group, fold, places[0].width if places else 0)
        if not exact:
            cells[1] = Cell(f"{group.count}+ runs", "dim")
        spans: list[Span] = []
        x = 0
        for index, start, size in places:
            spans.append((" " * (start - x), ""))
            spans += fit(cells[index], size, COLUMNS[index].align)
            x = start + size
        return Cell.of(*spans)

    def _cells(self, group: Group, fold: str, room: int) -> list[Cell]:
        peek = self._peeks.get(group.value, Peek(None, ()))
        one = group.count == 1
        best = peek.best if group.best is None else (self.metric, group.best)
        name = self.name(group.value)
        if self.field == "pipeline_id":  # its end tells most
            name = truncate_left(name, room - cell_len(fold))
        title = [(" " * GAP + peek.title, "dim")] if peek.title else []
        return [
            Cell.of((fold, "dim"), (name, "bold" if group.value else "dim"), *title),
            Cell(plural(group.count, "run")),
            _outcome(group) if one else Cell(percent(group.succeeded, group.succeeded + group.failed)),
            Cell(f"{glyphs().running} {group.active}", "running") if group.active and not one else Cell(),
            Cell() if best is None else Cell.of((f"{best[0]} ", "dim"), (number(best[1]), "")),
            Cell.of(*peek.strip),
            Cell(age(group.newest, self._scene().now), "dim"),
        ]

    def name(self, value: str) -> str:
        """How a group is called."""
        if not value:
            return f"no {self.title}"
        scene = self._scene()
        if self.field == "git_commit_hash":
            return sha(value)
        if self.field == "pipeline_id":
            return pipeline_name(value, scene.projects, f" {glyphs().crumb} ")
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
            title, best = await self._title(store, group.value, found), None
            if self.metric and group.best is None and group.count <= OWN_BEST:
                best = await self._own_best(store, kind, at, query, found)
            self._peeks[group.value] = Peek(group.newest, strip, title, best)
        return bool(wanted)

    async def _own_best(
        self, store: Store, kind: type[R], where: Where, query: Query | None, found: Iterable[Any]
    ) -> tuple[str, float] | None:
        """The best value of the metric that tells most of those that the newest records have."""
        from data.direction import direction
        from data.store.port import Sort

        names = sorted({name for record in found for name in record.metrics}, key=metric_rank)
        ways = ((name, direction(name, self._directions)) for name in names)
        name, way = next(((name, way) for name, way in ways if way), ("", ""))
        if not name:
            return None
        best = Sort(f"metrics.{name}", descending=way == "max")
        groups = await store.groups(kind, self.field, where=where, query=query, best=best)
        return next(((name, group.best) for group in groups if group.best is not None), None)

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
