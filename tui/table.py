"""Tables whose columns the user chooses: what columns there are, how a record is drawn in each, and how it sorts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tui.look import Chosen
from tui.present.text import number
from widgets.cells import Align, Cell, Column

if TYPE_CHECKING:
    from data.model.project import Project

R = TypeVar("R")

NONE: Mapping[Any, Any] = {}
"""Nothing is known."""

METRICS, PARAMS, TAGS = "metrics", "params", "tags"
"""What stands before the name of a metric, param or tag in the key of its column; stores sort by the same names."""
LEAST, GREATEST = "min", "max"
"""What stands before the name of a metric in the key of the column of its least, or greatest, value."""
METRIC_PRIORITY, TEXT_PRIORITY = 3, 5
"""How long the columns of metrics, and of params and tags, stay where the width does not suffice."""
METRIC_WIDTH, TEXT_WIDTH = 9, 12
"""Cells of a metric (what `number` writes at most) and of a param or tag, unless their name is longer."""
LONG_NAME = 18
"""Cells that a name gets at most as a heading."""


class Scene:
    """What cells are made of beside their record.

    Args:
        now: the time that ages are counted from.
        names: names of projects by id.
        projects: projects by id.
        experiments: names of experiments by `<connection>:<experiment id>`.
        like: durations in seconds of runs like one, by what makes runs alike (`tui.present.runs.likeness`).
        best: the best value in sight by key of the column, where that is known.
        pending: kinds of the commands under way by id of their target.
    """

    __slots__ = ("best", "experiments", "like", "names", "now", "pending", "projects")

    def __init__(
        self,
        now: datetime,
        *,
        names: Mapping[str, str] = NONE,
        projects: Mapping[str, Project] = NONE,
        experiments: Mapping[str, str] = NONE,
        like: Mapping[tuple[str, str], Sequence[float]] = NONE,
        best: Mapping[str, float] = NONE,
        pending: Mapping[str, str] = NONE,
    ) -> None:
        self.now, self.names, self.projects, self.experiments = now, names, projects, experiments
        self.like, self.best, self.pending = like, best, pending


class Spec(Generic[R]):
    """One column of a table.

    Args:
        column: key, heading, widths, and how long it stays.
        draw: the cell of a record.
        help: what it shows, a few words for the list of columns.
        sort: field of the store by which it sorts; "" where it cannot.
        unsorted: why it cannot, where one might expect it.
        rises: whether its first order is ascending, as with names; else the greatest comes first.
        measure: the number that the cell shows; best ones are told from others by it.
        export: name of the column in exported files, where that is not its key; "" where it is nothing for them.
    """

    __slots__ = ("column", "draw", "export", "help", "measure", "rises", "sort", "unsorted")

    def __init__(
        self,
        column: Column,
        draw: Callable[[R, Scene], Cell],
        *,
        help: str = "",
        sort: str = "",
        unsorted: str = "",
        rises: bool = False,
        measure: Callable[[R], float | None] | None = None,
        export: str | None = None,
    ) -> None:
        self.column, self.draw, self.help, self.sort = column, draw, help, sort
        self.unsorted, self.rises, self.measure, self.export = unsorted, rises, measure, export

    def of_width(self, width: int) -> Spec[R]:
        """The column with a width that the user gave; 0 leaves it as it is."""
        if not width:
            return self
        sized = copy(self)
        sized.column = replace(self.column, width=width, min_width=width, flex=0)
        return sized

    @property
    def key(self) -> str:
        """Its name."""
        return self.column.key

    @property
    def exported(self) -> str:
        """Name of the column in exported files; "" where it is nothing for them."""
        return self.key if self.export is None else self.export


class Table(Generic[R]):
    """The columns that a list can have.

    Args:
        specs: the columns of its own, in the order in which they are offered.
        shown: keys of those that are shown unless the user chose others.
        sort: key of the column by which the list is ordered unless the user chose another.
        families: makers of columns such as `metrics.val_auc`, by what stands before the first dot.
        groups: what rows can be grouped by: field of the store, and how people call it.
    """

    def __init__(
        self,
        specs: Sequence[Spec[R]],
        *,
        shown: str,
        sort: str,
        families: Mapping[str, Callable[[str], Spec[R]]],
        groups: Mapping[str, str],
    ) -> None:
        self.specs = tuple(specs)
        self.sort = sort
        self.groups = groups
        self.extremes = tuple(name for name in (LEAST, GREATEST) if name in families)
        """What stands before the name of a metric for its least and its greatest value, where the table has them."""
        self._by_key = {spec.key: spec for spec in specs}
        self.shown = tuple(self._by_key[key] for key in shown.split())
        self._families = {name: lru_cache(maxsize=256)(make) for name, make in families.items()}

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are shown unless the user chose others."""
        return tuple(spec.column for spec in self.shown)

    def spec(self, key: str) -> Spec[R] | None:
        """The column of a key; None where this table has none of that name."""
        family, dot, name = key.partition(".")
        if dot and name and family in self._families:
            return self._families[family](name)
        return self._by_key.get(key)

    def chosen(self, chosen: Sequence[Chosen]) -> tuple[Spec[R], ...]:
        """The columns that the user chose, with the widths given to them; the table's own for none.

        Keys that no column has any more are left out.
        """
        found = [spec.of_width(one.width) for one in chosen if (spec := self.spec(one.key)) is not None]
        return tuple({spec.key: spec for spec in found}.values()) or self.shown


def column(
    key: str, title: str, width: int, priority: int, *, least: int = 0, flex: int = 0, right: bool = False
) -> Column:
    """A column in one line; `least` is its least width, `right` says that its text keeps to the right."""
    align: Align = "right" if right else "left"
    return Column(key=key, title=title, width=width, min_width=least, flex=flex, align=align, priority=priority)


def metric_column(key: str, name: str, title: str = "") -> Column:
    """The column of a metric."""
    title = title or name
    return Column(
        key=key,
        title=title,
        width=max(METRIC_WIDTH, min(LONG_NAME, len(title))),
        min_width=METRIC_WIDTH,
        align="right",
        priority=METRIC_PRIORITY,
    )


def text_column(key: str, name: str) -> Column:
    """The column of a param, a variable or a tag."""
    width = max(TEXT_WIDTH, min(LONG_NAME, len(name)))
    return Column(key=key, title=name, width=width, min_width=min(8, width), priority=TEXT_PRIORITY)


def measured(key: str, value: float | None, scene: Scene) -> Cell:
    """The cell of a number; accented where it is the best in sight."""
    if value is None:
        return Cell()
    if math.isnan(value):
        return Cell(number(value), "warning")
    return Cell(number(value), "accent" if scene.best.get(key) == value else "")


def spec_of(
    place: Column,
    sort: str,
    draw: Callable[[R, Scene], Cell],
    help: str = "",
    *,
    rises: bool = False,
    export: str | None = None,
) -> Spec[R]:
    """A column of a table in one line."""
    return Spec(place, draw, help=help, sort=sort, rises=rises, export=export)


def text_spec(family: str, help: str, name: str, *, sorts: bool = True) -> Spec[Any]:
    """The column of one param, variable or tag; `family` is the attribute that holds all of them."""
    key = f"{family}.{name}"

    def draw(record: Any, _: Scene) -> Cell:
        return Cell(getattr(record, family).get(name, ""))

    exported = f"{family.removesuffix('s')}.{name}"
    return Spec(text_column(key, name), draw, sort=key if sorts else "", help=help, rises=True, export=exported)
