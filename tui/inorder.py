"""Keys one after the other: what is typed ahead waits until the key before it has done its work.

Textual hands a key to what has the focus at that moment. One that is typed ahead, as a slow line delivers them, would
go to a screen that the key before it is about to leave, or to one that is not there yet, and be lost.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump

LOST: Final = 0.3
"""Seconds after which a key counts as done although nothing came back: its way was through something that was removed.
"""
ROUNDS: Final = 10
"""How often what has the focus is asked at most whether it is done: twice, since it may send messages of its own, and
again when something else has got the focus, for instance on a screen that was opened.
"""

Typed = events.Key | events.Paste


class Behind(Message):
    """Follows a key to what has the focus, and comes back when everything before it is done."""

    def __init__(self, event: Typed, number: int) -> None:
        super().__init__()
        self.event, self.number = event, number


class KeysInOrder(App[str]):
    """Mixed into an application."""

    _given: Typed | None = None
    """What is being worked on."""
    _asked: MessagePump | None = None
    """Through what the newest message went behind it."""
    _round = 0
    _alarm: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ahead: deque[Typed] = deque()
        self.last_typed = time.monotonic()
        """When a key or a paste came last; before the first one, when the program began."""

    async def on_event(self, event: events.Event) -> None:
        """Give keys and pastes on one by one."""
        if isinstance(event, Typed) and not event.is_forwarded:
            self.last_typed = time.monotonic()
            self._ahead.append(event)
            if self._given is None:
                await self._go_on()
            return
        await super().on_event(event)
        if event is self._given:
            self._follow(event)  # nobody used it, so that the application did

    async def on_behind(self, message: Behind) -> None:
        """What had the focus is done; what has it now may have just come, and have something to do first."""
        if message.event is not self._given or message.number != self._round:
            return
        settled = self._round > 1 and self._asked is self._target()
        if settled or self._round == ROUNDS:
            self._given = None
            await self._go_on()
        else:
            self._follow(message.event)

    def _target(self) -> MessagePump:
        return self.focused or self.screen

    def _follow(self, event: Typed) -> None:
        """Send a message behind a key."""
        self._round += 1
        self._asked = self._target()
        if self._alarm is not None:
            self._alarm.cancel()
        sent = self._asked.post_message(Behind(event, self._round))
        instead = Behind(event, self._round)
        self._alarm = asyncio.get_running_loop().call_later(LOST if sent else 0, self.post_message, instead)

    async def _go_on(self) -> None:
        while self._ahead and self._given is None:
            event = self._given = self._ahead.popleft()
            self._round = 0
            await super().on_event(event)
            self._follow(event)
