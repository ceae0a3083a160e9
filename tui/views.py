"""Saved views of a list in the store: the user's own, those that others share, and the one that was left last."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tui.look import Look

if TYPE_CHECKING:
    from data.model.work import View
    from data.store.port import Store

MOST = 500
"""Views of one list that are read."""


class Views:
    """The views of one list.

    Args:
        store: where they are kept.
        screen: name of the list.
        user: whose they are.
    """

    def __init__(self, store: Store, screen: str, user: str) -> None:
        self._store, self.screen, self.user = store, screen, user

    def id_of(self, name: str) -> str:
        """Id of the user's view of a name; the one without a name is how the list was left last."""
        return f"{self.user}:{self.screen}:{name}"

    async def last(self) -> View | None:
        """How the list was left last."""
        from data.model.work import View

        return await self._store.get(View, self.id_of(""))

    async def named(self) -> list[View]:
        """The user's own views by name, then those that others share."""
        from data.model.work import View

        own = await self._store.page(View, where={"screen": self.screen, "by": self.user}, limit=MOST)
        shared = await self._store.page(View, where={"screen": self.screen, "shared": True}, limit=MOST)
        seen = {view.id: view for view in (*own.records, *shared.records) if view.name}
        return sorted(seen.values(), key=lambda view: (view.by != self.user, view.name.lower(), view.by, view.id))

    async def save(self, name: str, look: Look, now: datetime, *, shared: bool = False) -> View:
        """Keep a look under a name; one of that name is replaced."""
        from data.model.base import make
        from data.model.work import View

        view = make(
            View,
            id=self.id_of(name),
            screen=self.screen,
            name=name,
            by=self.user,
            shared=shared,
            updated=now,
            **look.as_dict(),
        )
        await self._store.put([view])
        return view

    async def rename(self, view: View, name: str, now: datetime) -> View:
        """Give one of the user's views another name."""
        renamed = await self.save(name, Look.of(view), now, shared=view.shared)
        if renamed.id != view.id:
            await self.delete(view)
        return renamed

    async def share(self, view: View, now: datetime) -> View:
        """Offer one of the user's views to others, or stop doing so."""
        return await self.save(view.name, Look.of(view), now, shared=not view.shared)

    async def delete(self, view: View) -> None:
        """Take one of the user's views away."""
        from data.model.work import View

        await self._store.delete(View, [view.id])

    def is_mine(self, view: View) -> bool:
        """Whether the user may change it."""
        return view.by == self.user
