"""Keys that come before the rows that they are for: kept until the first rows of the list are there.

A list is read in the background when its screen opens, and again for each filter. `j`, `enter` or `c` typed at that
moment mean rows that are not there yet; and what is typed behind them means what they lead to.
"""

from __future__ import annotations

from typing import Any, Final

from textual import events
from textual.screen import Screen

from tui.inorder import KeysInOrder, Typed
from tui.screens.listing import ListScreen

KEPT: Final = 32
"""Keys that are kept; of more, whoever holds one down sees soon enough that there is no list yet."""


class EarlyKeys(KeysInOrder):
    """Mixed into the dashboard."""

    _kept_for: Screen[Any] | None = None
    """The screen for whose rows keys are kept; None while there are no such keys."""

    async def on_event(self, event: events.Event) -> None:
        """Forget keys that are kept when their screen is left, by a key or otherwise."""
        if isinstance(event, Typed) and not event.is_forwarded and self._kept_for is not None:
            if self._kept_for is not self.screen or self._leaves(event):
                self._ahead.clear()
                self._kept_for = None
            elif len(self._ahead) >= KEPT:
                return
        await super().on_event(event)

    def rows_stand(self, screen: Screen[Any]) -> None:
        """A screen has the first rows of its filter, or none: go on with what was kept for them."""
        if self._kept_for is screen:
            self.call_later(self._go_on)

    async def _go_on(self) -> None:
        while self._ahead and self._given is None:
            ready = self._readiness(self._ahead[0])
            if ready is None:
                self._ahead.popleft()
            elif ready:
                self._kept_for = None
                await super()._go_on()
            else:
                self._kept_for = self.screen
                return
        if not self._ahead:
            self._kept_for = None

    def _readiness(self, event: Typed) -> bool | None:
        """Whether what a key is for is there; None where it never will be."""
        screen = self.screen
        if not isinstance(event, events.Key) or not isinstance(screen, ListScreen):
            return True
        if (screen.is_filled and self._kept_for is None) or screen.is_ready_for(event.key):
            return True
        return None if screen.is_filled else False

    def _leaves(self, event: Typed) -> bool:
        screen = self.screen
        if not isinstance(event, events.Key) or not isinstance(screen, ListScreen):
            return False
        if any(isinstance(kept, events.Key) and screen.types_behind(kept.key) for kept in self._ahead):
            return False
        return screen.leaves_by(event.key)
