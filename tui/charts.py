"""The charts of a screen: brings histories from the store into a grid, and says which ones are looked at.

A screen makes one for its grid, tells it the runs (`set_runs`), adds `topics` to its own, and calls `load` whenever the
grid says `Moved`, `data_changed` whenever the store changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from data.model.tracking import MetricSeries, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from tui.present.histories import Points, is_settled, line_of, ordered_keys, points_of, run_names, spliced, wide_window
from widgets.chartgrid import ChartGrid, Line, Metric
from widgets.series import Places

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.screens.base import LinesideScreen

AT_ONCE = 24
"""Histories that are read before what was read is drawn and keys get their turn."""

KEPT = 500_000
"""Points that are kept in memory beyond those of the charts in sight and next to them; a point takes 24 bytes."""

KEPT_WINDOWS = 3
"""Finer parts of one history that are drawn, the newest ones."""

Window = tuple[int, int]


class _Place(NamedTuple):
    """Where a stored history belongs."""

    key: str
    run: str
    window: Window | None = None

    @property
    def id(self) -> str:
        """Id of the `MetricSeries`."""
        part = f"@{self.window[0]}..{self.window[1]}" if self.window else ""
        return f"{self.run}:{self.key}{part}"


class _History(NamedTuple):
    """A history in memory: its points, whether it is all there will be, finer parts of it, and the line of these."""

    points: Points
    settled: bool
    windows: dict[Window, Points]
    line: Line


class Charts:
    """Feeds a `ChartGrid` of a screen."""

    def __init__(self, screen: LinesideScreen, grid: ChartGrid) -> None:
        self._screen, self._grid = screen, grid
        self._runs: dict[str, TrackedRun] = {}
        self._names: dict[str, str] = {}
        self._places = Places()
        self._metrics: dict[str, Metric] = {}
        self._histories: dict[str, dict[str, _History]] = {}
        self._missing: set[_Place] = set()
        self._revision: int | None = None

    def number_of(self, run_id: str) -> int:
        """The number of a run that is looked at: what its colour, dash and letter are made of (`widgets.series`)."""
        return self._places.of(run_id)

    def set_runs(self, runs: Sequence[TrackedRun]) -> None:
        """Look at these runs, the first one in front. A run keeps its colour as long as it is among them."""
        before, self._runs = self._runs, {run.id: run for run in runs}
        self._names = run_names(runs)
        self._places.keep([run.id for run in runs])
        for key, held in self._histories.items():
            self._histories[key] = {
                run: self._renamed(_Place(key, run), one, before[run]) for run, one in held.items() if run in self._runs
            }
        self._show(ordered_keys(runs))

    def _renamed(self, place: _Place, held: _History, before: TrackedRun) -> _History:
        """A history under the name and start that its run has now."""
        run = self._runs[place.run]
        if self._names[run.id] == held.line.name and before.start == run.start:
            return held
        return held._replace(line=self._line(place, held.points, held.windows))

    def topics(self) -> list[str]:
        """The histories in sight of which more can come, as topics of `data.model.Interest`."""
        return [f"metric:{place.id}" for place in self._in_sight() if not self._is_settled(place)]

    def _is_settled(self, place: _Place) -> bool:
        held = self._held(place)
        if place.window is None or held is None:
            return held is not None and held.settled
        return place.window in held.windows and self._runs[place.run].status not in TRACKED_ACTIVE

    async def load(self) -> None:
        """Read what is in sight and not in memory or has changed, then the charts before and behind that."""
        await self._catch_up()
        wanted = [place for place in self._in_sight() if not self._is_held(place)]
        await self._read(wanted)
        await self._read([place for place in self._around() if not self._is_held(place)])
        self._forget()

    async def data_changed(self, changes: Changes) -> None:
        """Read histories again that are drawn and have changed."""
        ids = changes.put.get(MetricSeries, frozenset())
        if ids:
            drawn = [_Place(key, run) for key, held in self._histories.items() for run in held]
            known = dict.fromkeys([*self._in_sight(), *self._around(), *drawn])
            await self._read([place for place in known if place.id in ids])

    async def _catch_up(self) -> None:
        """Take over what changed while nobody told: another screen was on top."""
        feed = self._screen.feed
        if feed is None:
            return
        store = feed.context.store
        if self._revision is None:
            self._revision = await store.revision()
        complete = self._revision == await store.revision()
        while not complete:
            changes = await store.changes(self._revision)
            await self.data_changed(changes)
            self._revision, complete = changes.revision, changes.complete

    # What is wanted

    def _in_sight(self) -> Iterator[_Place]:
        """Histories in sight: whole ones, and the finer parts that the zoom asks for."""
        for key in self._grid.shown_keys:
            for run in self._having(key):
                place = _Place(key, run.id)
                yield place
                held = self._held(place)
                seen = self._grid.window_of(key, run.id) if held is not None and held.points.sampled else None
                if seen is not None:
                    yield _Place(key, run.id, wide_window(*seen))

    def _around(self) -> list[_Place]:
        """Histories of the charts that one key brings into sight."""
        return [_Place(key, run.id) for key in self._grid.near_keys for run in self._having(key)]

    def _having(self, key: str) -> Iterator[TrackedRun]:
        return (run for run in self._runs.values() if key in run.metrics)

    def _held(self, place: _Place) -> _History | None:
        return self._histories.get(place.key, {}).get(place.run)

    def _is_held(self, place: _Place) -> bool:
        held = self._held(place)
        if place in self._missing:
            return True
        return held is not None and (place.window is None or place.window in held.windows)

    # Reading

    async def _read(self, places: Sequence[_Place]) -> None:
        feed = self._screen.feed
        if feed is None:
            return
        for start in range(0, len(places), AT_ONCE):
            part = places[start : start + AT_ONCE]
            found = await feed.context.store.get_many(MetricSeries, [place.id for place in part])
            for place in part:
                series = found.get(place.id)
                if series is None:
                    self._missing.add(place)
                elif place.run in self._runs:
                    self._missing.discard(place)
                    self._take(place, series)
            self._show_keys({place.key for place in part})

    def _take(self, place: _Place, series: MetricSeries) -> None:
        held = self._held(place)
        points = points_of(series)
        if place.window is None:
            windows = held.windows if held is not None else {}
            settled = is_settled(self._runs[place.run], series, TRACKED_ACTIVE)
        elif held is None:
            return
        else:
            windows = {window: part for window, part in held.windows.items() if window != place.window}
            windows[place.window] = points
            windows = dict(list(windows.items())[-KEPT_WINDOWS:])
            points, settled = held.points, held.settled
        line = self._line(place, points, windows)
        self._histories.setdefault(place.key, {})[place.run] = _History(points, settled, windows, line)

    def _line(self, place: _Place, points: Points, windows: dict[Window, Points]) -> Line:
        drawn = spliced(points, windows.items()) if points.sampled else points
        run = self._runs[place.run]
        return line_of(run, self._names[run.id], self._places.of(run.id), drawn)

    def _forget(self) -> None:
        """Let go of charts that were read long ago and are not near what is in sight."""
        near = {*self._grid.shown_keys, *self._grid.near_keys}
        far = [key for key in self._histories if key not in near]
        spare = sum(self._points(key) for key in far) - KEPT
        gone = []
        for key in far:
            if spare <= 0:
                break
            spare -= self._points(key)
            del self._histories[key]
            gone.append(key)
        if gone:
            self._show_keys(gone)

    def _points(self, key: str) -> int:
        return sum(len(held.line.steps) for held in self._histories[key].values())

    # Showing

    def _show(self, keys: Iterable[str]) -> None:
        self._metrics = {key: self._metric(key) for key in keys}
        self._grid.show(tuple(self._metrics.values()))

    def _show_keys(self, keys: Iterable[str]) -> None:
        for key in keys:
            if key in self._metrics:
                self._metrics[key] = self._metric(key)
        self._grid.show(tuple(self._metrics.values()))

    def _metric(self, key: str) -> Metric:
        known = self._histories.get(key)
        held = [known[run] for run in self._runs if run in known] if known else []
        return Metric(key, tuple(one.line for one in held), any(one.points.sampled for one in held))
