"""The dashboard: screens, the feed behind them, and the way between them.

The first frame is drawn from the snapshot of the last look; store, configuration and engine come up behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.screen import Screen

from data.errors import LinesideError
from styles import BASE, sheet
from tui import snapshot as snapshots
from tui.options import DashboardOptions
from tui.output.title import counted
from tui.routes import Routes
from tui.screens.base import TABS, LinesideScreen
from tui.screens.history import HistoryScreen
from tui.screens.listing import ListScreen
from tui.screens.runs import RunsScreen
from tui.seldom import Seldom
from tui.signals import BY_SIGNAL, Signals
from widgets import glyphs
from widgets.cells import Cell

if TYPE_CHECKING:
    from textual.worker import Worker

    from data.model.run import PipelineRun
    from data.store.port import Changes
    from tui.feed import Feed
    from tui.opening import Backend
    from tui.whereabouts import Whereabouts

TICK = 1.0
"""Seconds between two looks at the clock."""
SNAPSHOT_TICKS = 15
"""Ticks between two snapshots of the list on the screen."""
KEEPING = 0.5
"""Seconds that leaving waits for the store to keep how lists were looked at."""
NARROW = 60
"""Columns below which the first line tells only of connections that have trouble."""
LOW = 18
"""Lines below which boxes take the whole screen, and lists the lines of what only explains them."""
WIDE = 100
"""Columns from which on the first line also tells which database a team's store is."""


class Dashboard(Routes):
    """The application. It returns what the command line is to do next: nothing, or `demo`."""

    CSS_PATH = [*BASE, sheet("prompt")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]

    def __init__(self, options: DashboardOptions, *, now: Callable[[], datetime] | None = None) -> None:
        self._snapshot_path = snapshots.snapshot_path(options)
        self._snapshot = snapshots.load(self._snapshot_path)
        seen = self._snapshot
        super().__init__(options, theme=seen.theme if seen else "", theme_by=seen.theme_by if seen else "")
        self.feed: Feed | None = None
        self.backend: Backend | None = None
        self.read_only = options.read_only
        self.user = ""
        self.bell_rings = self.notifies = self.titled = False
        self.start = "last"
        self.keeps_journal = False
        self.left = self._snapshot.taken if self._snapshot else None
        """When the user left last; None where nobody was here before."""
        self._clock = now or (lambda: datetime.now(UTC))
        self._ticks = 0
        self._seldom = Seldom()
        self._failed = 0
        """Runs that failed since somebody was here last."""
        self._opening: Worker[None] | None = None
        self._whereabouts: Whereabouts | None = None
        self._signals = Signals(self._ended_by)

    def get_default_screen(self) -> Screen[None]:
        """The history, as it was seen last if it was; it lies below all other screens."""
        seen = self._snapshot
        return RunsScreen(seen.filter, seen) if seen is not None and seen.screen == "runs" else RunsScreen()

    def now(self) -> datetime:
        """The time that ages are counted from."""
        return self._clock()

    # Life

    def on_mount(self) -> None:
        """Show the tab on which one left."""
        if not self.is_headless:
            self._signals.take()
        seen = self._snapshot
        if seen is not None and seen.screen in TABS and seen.screen != "runs":
            self.show(seen.screen, seen.filter, seen)

    def on_ready(self) -> None:
        """Wait for the first frame."""
        self.screen.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """The first frame stands: bring up what is behind it."""
        self.set_interval(TICK, self._tick)
        self._opening = self.run_worker(self._open(), group="open", exit_on_error=False)

    async def _open(self) -> None:
        from tui.opening import open_backend, open_engine

        if self.keeps_journal:
            from tui import journal

            journal.start()
            if self.output_trouble:
                logging.getLogger(__name__).warning("%s", self.output_trouble)
        try:
            backend = await open_backend(self)
        except Exception as error:  # the last resort: a sentence, and the way out, in place of a dead screen
            self.failed(error)
            return
        finally:
            self.imports_stand()
        if backend is None:
            return
        self.backend, self.feed = backend, backend.feed
        self.feed.attend(self.app_focus)
        self.run_worker(self.feed.run(), group="feed", exit_on_error=False)
        self._entitle()
        await self._show_start(backend)
        for screen in self.screen_stack:
            if isinstance(screen, LinesideScreen):
                screen.refresh_frame()
                screen.load()
        if isinstance(self.screen, LinesideScreen):
            await self.feed.look_at(self.screen.topics())
        if self.options.open:
            await self.open_name(self.options.open)
        await open_engine(self, backend)

    async def _show_start(self, backend: Backend) -> None:
        """The configured first screen, unless the snapshot brought it or the user went elsewhere meanwhile; else the
        place where the user was last, on whatever machine.
        """
        from tui.whereabouts import Whereabouts

        self._whereabouts = Whereabouts(self, backend.context.store, self._snapshot)
        if self.start not in TABS:
            await self._whereabouts.arrive()
        elif len(self.screen_stack) == 1 and self._snapshot is None:
            self.show(self.start)

    async def changed(self, changes: Changes | None) -> None:
        """The store changed: tell the screen on top; the others read again when one comes back to them."""
        if self._whereabouts is not None and self.start not in TABS:
            await self._whereabouts.heard(changes)
        self._entitle()
        screen = self.top_screen()
        if screen is not None and screen.is_attached:
            if changes is None:
                screen.load()
            else:
                await screen.data_changed(changes)
            screen.refresh_frame()

    def top_screen(self) -> LinesideScreen | None:
        """The topmost screen that is no question or table of keys."""
        stack = reversed(self.screen_stack) if self._running else ()
        return next((screen for screen in stack if isinstance(screen, LinesideScreen)), None)

    def _tick(self) -> None:
        screen = self.top_screen()
        if screen is not None and screen.is_attached and screen.is_mounted and self._seldom.is_due(self.app_focus):
            screen.tick()
            screen.refresh_frame()
        if self._whereabouts is not None:
            self._whereabouts.tick()
        self._ticks += 1
        if self._ticks % SNAPSHOT_TICKS == 0:
            self._save_snapshot()

    def runs_ended(self, runs: list[PipelineRun]) -> None:
        """Ring when one of them failed, and ask the terminal for a notification, as the configuration says."""
        from tui.alerts import sentence

        failed = sum(run.status == "failed" for run in runs)
        self._failed += failed
        if self.bell_rings and failed:
            self.bell()
        if self.notifies and self.feed is not None:
            self.tell_desktop(sentence(runs, self.feed.overview.names))
        self._entitle()

    def attended(self) -> None:
        """Somebody is here, and has seen what failed."""
        if self._failed:
            self._failed = 0
            self._entitle()

    def watch_app_focus(self, focus: bool) -> None:
        """Without the focus less is asked for and drawn; when it is back, all is brought up to date."""
        super().watch_app_focus(focus)
        if self.feed is not None:
            self.feed.attend(focus)
        if focus and self._running:
            self._tick()

    def _entitle(self) -> None:
        """Tell in the title of the terminal's window what is under way, where the configuration wants one."""
        if self.titled and self.feed is not None:
            sign = ":" if glyphs.glyphs() is glyphs.ASCII else " ·"
            self.entitle(counted(str(self.TITLE), self.feed.overview.active, self._failed, sign))

    def hand_over(self, command_id: str, secrets: Mapping[str, str]) -> bool:
        """Give our engine the values of a launch's secret variables, in memory only; False where there is none."""
        from data.config import Secret

        engine = self.backend.engine if self.backend else None
        if engine is None or not engine.running or not self.options.engine:
            return False
        engine.give_secrets(command_id, {key: Secret(value) for key, value in secrets.items()})
        return True

    # The frame

    def head_cells(self) -> Sequence[Cell]:
        """The right side of the first line."""
        if self.feed is None:
            return (Cell("opening", "dim"),)
        from data.model.vocabulary import TEAM_STORE
        from tui.present.health import health_line

        seen = self.feed.overview
        shown = seen.connections
        if self.size.width < NARROW:
            shown = tuple(one for one in shown if one.id == TEAM_STORE or one.state not in {"ok", "unknown"})
        place = self.feed.context.place.shown
        store = place if self.size.width >= WIDE else place.partition(" ")[0]
        cells = health_line(shown, store, seen.active, seen.pending, self.now())
        engine = self.backend.engine if self.backend else None
        if engine is not None and not engine.running:
            what = "engine" if self.options.engine else "mirror"
            cells = (*cells, Cell(f"{glyphs.glyphs().failed} {what} ended", "failed"))
        if self.feed.trouble:
            cells = (*cells, Cell(f"{glyphs.glyphs().failed} store", "failed"))
        return (*cells, Cell("read-only", "warning")) if self.read_only else cells

    # The snapshot

    def take_snapshot(self) -> snapshots.Snapshot | None:
        """The list as it stands; None while it has not been read."""
        stack = [screen for screen in self.screen_stack if isinstance(screen, ListScreen) and screen.TAB == screen.NAME]
        if not stack or self.feed is None:
            return None
        name = stack[-1].NAME if self.start not in TABS else self.start
        screen = next((one for one in reversed(stack) if name == one.NAME and one.is_attached), None)
        theme = "" if self.no_color else self.theme
        if screen is None:
            return snapshots.Snapshot(taken=self.now(), screen=name, theme=theme, theme_by=self.theme_by)
        return snapshots.Snapshot(
            taken=self.now(),
            screen=name,
            look=screen.look(),
            cursor=screen.grid.cursor_key or "",
            rows=tuple(screen.snapshot_rows(snapshots.ROWS)),
            theme=theme,
            theme_by=self.theme_by,
        )

    def _save_snapshot(self) -> None:
        snapshot = self.take_snapshot()
        if snapshot is not None:
            asyncio.get_running_loop().run_in_executor(None, snapshots.save, self._snapshot_path, snapshot)

    async def do_quit(self) -> None:
        """`ctrl+q`: quit within a second, whatever the network does."""
        await self._leave()
        self.exit()

    def _ended_by(self, number: int) -> None:
        """A signal ends it, as a key would."""
        if number == signal.SIGHUP:
            self.terminal_gone()
        self.run_worker(self._leave_by(number), group="end", exit_on_error=False)

    async def _leave_by(self, number: int) -> None:
        try:
            await self._leave()
        finally:
            self.exit(return_code=BY_SIGNAL + number)

    async def _leave(self) -> None:
        """Keep where one is, and let go of the store."""
        snapshot = self.take_snapshot()
        if snapshot is not None:
            snapshots.save(self._snapshot_path, snapshot)
        if self._opening is not None:
            self._opening.cancel()
        self.workers.cancel_group(self, "feed")
        await self._keep_looks()
        await self._let_go()

    async def on_unmount(self) -> None:
        """However it ends, let go of the store."""
        await self._let_go()
        self._signals.give_back()

    async def _let_go(self) -> None:
        backend, self.backend = self.backend, None
        if backend is not None:
            await backend.close()

    async def _keep_looks(self) -> None:
        """Keep where one is, and how the lists are looked at, where the store takes it in time."""
        if self._whereabouts is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._whereabouts.keep(), KEEPING)
        for screen in self.screen_stack:
            if isinstance(screen, HistoryScreen) and screen.whole:
                with contextlib.suppress(LinesideError, TimeoutError):
                    await asyncio.wait_for(screen.keep(), KEEPING)

    async def action_quit(self) -> None:
        """Textual's own way to quit."""
        await self.do_quit()
