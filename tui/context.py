"""What every part of the application works with: settings, store and logs, opened together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from data.model.base import Record
from data.model.vocabulary import TEAM_STORE
from tui.actions import user_name
from tui.options import DashboardOptions

if TYPE_CHECKING:
    from data.config import Settings
    from data.model.work import Connection
    from data.query import Query
    from data.store.logs import LogFiles
    from data.store.mirror import Mirror
    from data.store.place import Place
    from data.store.port import Store

R = TypeVar("R", bound=Record)

PAGE = 500
"""Records read at a time."""
BRINGING = 10.0
"""Seconds to wait for something from a team's store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Settings and data of one session.

    Attributes:
        settings: the whole configuration.
        config_path: the file that it came from; None where it was found out from the checkout that one stands in.
        store: opened records: those of the SQLite file, which mirrors a team's store where there is one.
        place: where records and logs are.
        logs: job logs as files.
        user: login name, put on commands.
        read_only: no action on a server is possible.
        mirror: keeps the file equal to the team's store, where this session does that itself.
    """

    settings: Settings
    config_path: Path | None
    store: Store
    place: Place
    logs: LogFiles
    user: str
    read_only: bool
    mirror: Mirror | None = None

    @property
    def store_path(self) -> Path:
        """The SQLite file."""
        return self.place.file

    def addresses(self, kind: str) -> dict[str, str]:
        """URL by name of the connections of a kind (`gitlab`, `mlflow`)."""
        return {name: self.settings.connections[name].url for name in self.settings.names(kind)}

    async def bring(self, topics: Sequence[str]) -> None:
        """Fetch what topics of `Interest` name from the team's store, now; nothing is to be done for a file."""
        if self.mirror is not None:
            with contextlib.suppress(TimeoutError):  # then it comes later
                async with asyncio.timeout(BRINGING):
                    await self.mirror.bring(topics)

    async def close(self) -> None:
        """Let go of the store."""
        await self.store.close()


async def open_context(options: DashboardOptions) -> Context | None:
    """Read the configuration and open the store; None where there is no configuration and none can be found out.

    Raises:
        ConfigError: the configuration cannot be used.
        StoreError: the store cannot be opened; StoreCorrupt, StoreReadOnly and StoreVersion say why.
    """
    from data.config.paths import ensure
    from data.store.logs import LogFiles
    from data.store.open import open_store
    from data.store.place import place_of

    found = read_settings(options)
    if found is None:
        return None
    settings, config_path = found
    place = place_of(settings, options.store)
    ensure(place.file.parent)
    return Context(
        settings=settings,
        config_path=config_path,
        store=await open_store(place.file),
        place=place,
        logs=LogFiles(place.logs),
        user=user_name(),
        read_only=options.read_only or settings.read_only,
    )


def read_settings(options: DashboardOptions) -> tuple[Settings, Path | None] | None:
    """The configuration and its file: the named one, the one of the usual places, or none where it was found out.

    Raises:
        ConfigError: a file that cannot be used.
    """
    from data.config import load, locate

    located = locate(options.config, Path.cwd())
    if located is not None and located.trusted:
        return load(located.path), located.path
    from data.engine.here import settings_here

    return settings_here(options.config, Path.cwd())


async def collect(store: Store, kind: type[R], limit: int = 0, **asked: Any) -> list[R]:
    """Up to `limit` records of a query, all for 0, page by page; `asked` goes to `Store.page`."""
    records: list[R] = []
    after: str | None = None
    while True:
        size = min(PAGE, limit - len(records)) if limit else PAGE
        page = await store.page(kind, after=after, limit=size, **asked)
        records += page.records
        after = page.after
        if after is None or (limit and len(records) >= limit):
            return records


async def team_connection(store: Store) -> Connection | None:
    """How the talk with the team's store goes; None where there was none yet."""
    from data.model.work import Connection

    return await store.get(Connection, TEAM_STORE)


def names_of(connections: Iterable[Connection], user: str) -> tuple[str, ...]:
    """Names under which a user is known: those of the credentials, and the user name. The credentials of a team's store
    are those of its engines, which may be anybody's.
    """
    known = tuple(connections)
    names = [connection.user.split(" ")[0].removeprefix("@") for connection in known]
    if any(connection.id == TEAM_STORE for connection in known):
        names = []
    return tuple(dict.fromkeys(filter(None, [*names, user])))


async def personal_query(store: Store, text: str) -> Query | None:
    """The predicate of a filter, `mine` and `by:me` spelled out as one's own names; None for an empty filter.

    Raises:
        QueryError: the text is no filter.
    """
    from data.model.work import Connection
    from data.query import for_viewer, parse

    if not text.strip():
        return None
    return for_viewer(parse(text), names_of(await collect(store, Connection), user_name()))
