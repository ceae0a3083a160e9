"""Keys that change how a list of runs looks: order, columns, views, window, groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tui.look import Chosen, Look, window_words, words
from tui.table import METRICS, PARAMS, TAGS, Spec
from widgets.glyphs import glyphs
from widgets.grid import Grid

if TYPE_CHECKING:
    from data.model.base import Record
    from tui.groups import GroupRows
    from tui.screens.choose import Choice
    from tui.screens.history import HistoryScreen as Part
else:
    Part = Generic  # Textual does much for each class of screens, and the first frame waits for it: this is part of one

R = TypeVar("R", bound="Record")

OFFERED = 200
"""Names of metrics, params or tags that are offered at once; typing finds the others."""
NOTHING = "-"
"""Key of the choice of no window, or of no groups."""
WINDOWS = {"1d": "the last day", "7d": "the last week", "30d": "the last 30 days", "90d": "the last 90 days"}
"""Windows that are offered; others can be typed."""


class Arranging(Part[R]):
    """The part of a `HistoryScreen` that has these keys."""

    def change_look(self, *, to_top: bool = True, **values: Any) -> None:
        """Look at the list in another way; by default from its beginning."""
        self.take_look(self.look()._replace(**values))
        self._to_top = self._to_top or to_top
        self.load()
        self.work(self.keep, group="keep")

    # Order

    def do_sort(self) -> None:
        """`s`: choose the column to sort by."""
        from tui.screens.choose import ChooseScreen

        hint = "enter sorts, the same column again turns the order"
        offers = (self._offer_columns, self._offer_names)
        screen = ChooseScreen("Sort by", *offers, current=self.sorted_by.key, hint=hint)
        self.dashboard.push_screen(screen, self._sort_by)

    async def _offer_columns(self, text: str) -> Sequence[Choice]:
        """Columns of the list's own, those that are shown first."""
        return self._sorts(text, [*(spec.key for spec in self.specs), *(spec.key for spec in self.TABLE.specs)])

    async def _offer_names(self, text: str) -> Sequence[Choice]:
        """Metrics, params and tags of the store."""
        return self._sorts(text, await self._names(text))

    def _sorts(self, text: str, keys: Sequence[str]) -> Sequence[Choice]:
        from tui.screens.choose import Choice, fitting

        specs = [spec for key in dict.fromkeys(keys) if (spec := self.TABLE.spec(key)) is not None]
        asked = {spec.key for spec in self.specs} if not text.lower().startswith(self.TABLE.extremes) else keys
        choices = [
            Choice(spec.key, spec.column.title, spec.unsorted or spec.help, self._arrow(spec.key))
            for spec in specs
            if spec.sort or (spec.unsorted and spec.key in asked)
        ]
        return fitting(choices, text) if text else choices

    def _arrow(self, key: str) -> str:
        if key != self.sorted_by.key:
            return ""
        return glyphs().descending if self._look.descending else glyphs().ascending

    def _sort_by(self, key: str | None) -> None:
        spec = self.TABLE.spec(key) if key else None
        if spec is None:
            return
        if not spec.sort:
            self.say(f"one cannot sort by {spec.column.title}{spec.unsorted and f': {spec.unsorted}'}", "warning")
        elif spec.key == self.sorted_by.key:
            self.do_sort_turn()
        else:
            self.change_look(sort=spec.key, descending=self._falls(spec))

    def _falls(self, spec: Spec[Any]) -> bool:
        """Whether a column begins with the greatest: names do not, metrics do unless the least is best."""
        if spec.measure is None:
            return not spec.rises
        from data.direction import direction

        given = self.feed.context.settings.directions if self.feed else {}
        return direction(spec.key.partition(".")[2], given) != "min"

    def do_sort_turn(self) -> None:
        """`S`: the other direction."""
        self.change_look(sort=self.sorted_by.key, descending=not self._look.descending)

    def on_grid_header_clicked(self, message: Grid.HeaderClicked) -> None:
        """A click on a heading sorts by it, or turns the order."""
        self._sort_by(message.column)

    # Columns

    def do_columns(self) -> None:
        """`C`: which columns, in which order, how wide."""
        from tui.screens.columns import ColumnsScreen

        def take(chosen: tuple[Chosen, ...] | None) -> None:
            if chosen is not None:
                self.change_look(to_top=False, columns=words(chosen))

        screen = ColumnsScreen(self.TABLE, self._look.chosen, self._names, self.grid.placed_keys)
        self.dashboard.push_screen(screen, take)

    async def _names(self, text: str) -> list[str]:
        """Keys of the columns of metrics, params and tags in the store that hold a text."""
        if self.feed is None:
            return []
        from tui.present.runs import metric_rank

        keys = []
        for family in (METRICS, PARAMS, TAGS):
            part = self._part_of_name(text, family)
            names = await self.feed.context.store.names(self.kind, family, contains=part, limit=OFFERED)
            ordered = sorted(names, key=metric_rank) if family == METRICS else names
            keys += [f"{family}.{name}" for name in ordered]
            if family == METRICS and text:
                keys += [f"{part}.{name}" for name in ordered for part in self.TABLE.extremes]
        return keys

    def _part_of_name(self, text: str, family: str) -> str:
        """What was typed of a name: the longest word that does not say which values of it are meant."""
        found = []
        for word in text.split():
            first, dot, rest = word.partition(".")
            if first in {family, *self.TABLE.extremes}:
                found += [rest] if dot else []
            elif not family.startswith(word.lower()):
                found.append(word)
        return max(found, key=len, default="")

    # Views

    def do_views(self) -> None:
        """`V`: saved views."""
        if self.feed is None:
            return
        from tui.screens.views import ViewsScreen
        from tui.views import Views

        def take(look: Look | None) -> None:
            if look is not None:
                self.change_look(**look.as_dict())
                self.say("the list as it was saved", "dim")

        views = Views(self.feed.context.store, self.NAME, self.dashboard.user)
        self.dashboard.push_screen(ViewsScreen(views, self.look(), self.TABLE.groups, self.now), take)

    # Window

    def do_window(self) -> None:
        """`w`: how far back the list reaches."""
        from tui.screens.choose import ChooseScreen

        def take(key: str | None) -> None:
            if key is not None:
                self.change_look(window="" if key == NOTHING else key)

        hint = "or type one: 12h, 3w, 2026-11-01"
        screen = ChooseScreen("Time window", _offer_windows, current=self._look.window or NOTHING, hint=hint)
        self.dashboard.push_screen(screen, take)

    # Groups

    def do_group(self) -> None:
        """`b`: group by a field."""
        from tui.screens.choose import Choice, ChooseScreen, offered

        def take(key: str | None) -> None:
            if key is not None:
                self._unfolded = frozenset()
                self.change_look(group="" if key == NOTHING else key)

        choices = [Choice(NOTHING, "no groups"), *(Choice(*group) for group in self.TABLE.groups.items())]
        screen = ChooseScreen("Group by", offered(choices), current=self._look.group or NOTHING)
        self.dashboard.push_screen(screen, take)

    @property
    def group_rows(self) -> GroupRows[R] | None:
        """The rows, where they are grouped."""
        if not self.grouped_by:
            return None
        from tui.groups import GroupRows

        rows = self.grid.source
        return rows if isinstance(rows, GroupRows) else None

    async def do_group_fold(self) -> None:
        """`z`: fold or unfold the group under the cursor."""
        from tui.groups import PREFIX

        rows = self.group_rows
        group = rows.group(self.grid.cursor) if rows is not None else None
        if rows is None or group is None:
            return
        await rows.toggle(group.value)
        self._folded(rows)
        self.grid.go_to(PREFIX + group.value)
        await self._want(*self.grid.in_sight)

    async def do_group_fold_all(self) -> None:
        """`Z`: fold all groups, or unfold the first ones."""
        rows = self.group_rows
        if rows is not None:
            await rows.toggle_all()
            self._folded(rows)
            await self._want(*self.grid.in_sight)

    def _folded(self, rows: GroupRows[R]) -> None:
        self._unfolded = rows.unfolded
        self.grid.size_changed()

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id in {"group.fold", "group.fold_all"} and not self.grouped_by:
            return "the list is not grouped; b groups it"
        return super().why_not(id)


def group_of(key: str) -> str | None:
    """The value of the group whose header has the key of a row; None for other rows."""
    from tui.groups import PREFIX

    return key.removeprefix(PREFIX) if key.startswith(PREFIX) else None


async def _offer_windows(text: str) -> Sequence[Choice]:
    """The usual windows, all, and the typed one where it is one."""
    from data.query.values import span
    from tui.screens.choose import Choice, fitting

    typed = text.strip()
    usual = [Choice(key, key, words) for key, words in WINDOWS.items()]
    choices = [*usual, Choice(NOTHING, "all", "everything there is")]
    found = fitting(choices, typed)
    if typed and span(typed) is not None and all(one.key != typed for one in choices):
        found.insert(0, Choice(typed, window_words(typed)))
    return found
