"""Where the user is, kept in the store: whoever sits down at another machine goes on there."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from data.errors import LinesideError
from tui.look import Look
from tui.screens.listing import ListScreen
from tui.snapshot import Snapshot

if TYPE_CHECKING:
    from data.engine.here import Checkout
    from data.model.work import Session
    from data.store.port import Changes, Store
    from tui.dashboard import Dashboard

RESTED = 2.0
"""Seconds that the user has to be at a place before it is kept."""
PACE = 10.0
"""Least seconds between two times that it is kept."""
ARRIVING = 10.0
"""Seconds after the start in which a newer place may still come from the team's store."""
HOME = "runs"
"""The tab that lies below all others."""
CHECKOUT_AGE = 60.0
"""Seconds after which the git checkout is looked at again."""


class Spot(NamedTuple):
    """A tab, what restricts its list, and the key of the row under the cursor."""

    screen: str
    filter: str
    cursor: str


class Whereabouts:
    """Keeps the place of the user of a dashboard."""

    def __init__(self, app: Dashboard, store: Store, begun: Snapshot | None) -> None:
        """`begun` is what the dashboard began with, if anything."""
        self._app, self._store, self._begun = app, store, begun
        self._began = monotonic()
        self._kept: Spot | None = None
        self._kept_at = self._since = self._began
        self._seen: Spot | None = None
        self._checkout: Checkout | None = None
        self._looked: float | None = None

    # Coming back

    async def arrive(self) -> None:
        """Go where the user was last, if that was elsewhere, after this machine was left."""
        from data.model.work import Session

        session = await self._store.get(Session, self._app.user)
        if session is not None and self._rests():
            self._return(session)

    async def heard(self, changes: Changes | None) -> None:
        """The store changed: perhaps the team's store has told only now where the user was."""
        from data.model.work import Session

        early = monotonic() - self._began < ARRIVING and self._kept is None
        if early and changes is not None and self._app.user in changes.put.get(Session, ()):
            await self.arrive()

    def _rests(self) -> bool:
        """Whether the user has not gone elsewhere since the first frame."""
        screen, begun = self._tab(), self._begun
        if screen is None or len(self._app.screen_stack) > 1 + (screen.NAME != HOME):
            return False
        here, key = (screen.NAME, screen.look().filter), screen.grid.cursor_key
        if begun is None:
            return here == (HOME, "") and screen.grid.cursor == 0
        moved = key != begun.cursor and any(row.key == begun.cursor for row in begun.rows)
        return here == (begun.screen, begun.filter) and not moved

    def _return(self, session: Session) -> None:
        from tui.screens.base import TABS

        app, left = self._app, self._app.left
        spot = Spot(session.screen, session.filter, session.cursor)
        if session.time is None or (left is not None and session.time <= left) or spot.screen not in TABS:
            return
        if self._spot() != spot:
            look, shown = Look(filter=spot.filter), list(app.screen_stack)
            seen = Snapshot(taken=session.time, screen=spot.screen, look=look, cursor=spot.cursor)
            app.show(spot.screen, spot.filter, seen)
            screen = app.screen
            if isinstance(screen, ListScreen) and any(screen is one for one in shown):
                screen.set_filter(spot.filter)
                screen.grid.expect(spot.cursor)
        self._kept = spot

    # Keeping

    def tick(self) -> None:
        """Now and then: keep the place where the user rests."""
        now, spot = monotonic(), self._spot()
        if spot != self._seen:
            self._seen, self._since = spot, now
        elif spot not in (None, self._kept) and now - self._since >= RESTED and now - self._kept_at >= PACE:
            self._app.run_worker(self.keep(), group="whereabouts", exclusive=True, exit_on_error=False)

    async def keep(self) -> None:
        """Write where the user is, unless that is written. A store that cannot be written is no reason to complain."""
        spot = self._spot()
        if spot is None or spot == self._kept:
            return
        self._kept_at = monotonic()
        await self._look_at_checkout()
        with contextlib.suppress(LinesideError):
            await self._store.put([self._session(spot)])
            self._kept = spot

    def _spot(self) -> Spot | None:
        screen = self._tab()
        return Spot(screen.NAME, screen.look().filter, screen.grid.cursor_key or "") if screen is not None else None

    def _tab(self) -> ListScreen | None:
        """The topmost tab."""
        tabs = (one for one in reversed(self._app.screen_stack) if isinstance(one, ListScreen) and one.TAB == one.NAME)
        return next((one for one in tabs if one.is_mounted), None)

    async def _look_at_checkout(self) -> None:
        if self._looked is None or monotonic() - self._looked > CHECKOUT_AGE:
            from data.engine.here import checkout_here

            self._looked = monotonic()
            self._checkout = await asyncio.to_thread(checkout_here, Path.cwd())

    def _session(self, spot: Spot) -> Session:
        from data.model.base import make
        from data.model.work import Session

        git = self._checkout
        return make(
            Session,
            id=self._app.user,
            user_id=self._app.user,
            repo_name=(git.project_path or Path(git.root).name) if git else "",
            repo_url=git.url if git else "",
            branch=(git.branch if git else "") or "",
            commit_hash=(git.commit_hash if git else "") or "",
            is_remote=git.is_remote if git else False,
            time=self._app.now(),
            **spot._asdict(),
        )
