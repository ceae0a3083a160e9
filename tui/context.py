"""What every part of the application works with: settings, store and logs, opened together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from data.model.base import Record
from tui.actions import user_name
from tui.options import DashboardOptions

if TYPE_CHECKING:
    from data.config import Settings
    from data.model.work import Connection
    from data.query import Query
    from data.store.logs import LogFiles
    from data.store.port import Store

R = TypeVar("R", bound=Record)

STORE_FILE = "lineside.db"
"""Name of the SQLite file in the data folder."""
LOG_FOLDER = "logs"
"""Name of the folder of job logs beside the store file."""
PAGE = 500
"""Records read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Settings and data of one session.

    Attributes:
        settings: the whole configuration.
        config_path: the file that it came from; None where it was found out from the checkout that one stands in.
        store: opened records.
        store_path: the SQLite file.
        logs: job logs as files.
        user: login name, put on commands.
        read_only: no action on a server is possible.
    """

    settings: Settings
    config_path: Path | None
    store: Store
    store_path: Path
    logs: LogFiles
    user: str
    read_only: bool

    def addresses(self, kind: str) -> dict[str, str]:
        """URL by name of the connections of a kind (`gitlab`, `mlflow`)."""
        return {name: self.settings.connections[name].url for name in self.settings.names(kind)}

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

    found = read_settings(options)
    if found is None:
        return None
    settings, config_path = found
    path = store_path(options, settings)
    ensure(path.parent)
    return Context(
        settings=settings,
        config_path=config_path,
        store=await open_store(path),
        store_path=path,
        logs=LogFiles(path.parent / LOG_FOLDER),
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


def store_path(options: DashboardOptions, settings: Settings) -> Path:
    """The SQLite file: the one of `--store`, else that of the configuration, else the one in the data folder."""
    from data.config.paths import data_dir

    if options.store is not None:
        return options.store.expanduser().absolute()
    folder = Path(settings.store.path).expanduser() if settings.store.path else data_dir()
    return folder.absolute() / STORE_FILE


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


def names_of(connections: Iterable[Connection], user: str) -> tuple[str, ...]:
    """Names under which a user is known: those of the credentials, and the login name."""
    names = [connection.user.split(" ")[0].removeprefix("@") for connection in connections]
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
