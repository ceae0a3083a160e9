"""What other tools write to a team's database is taken up by one engine at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from data.engine.adopting import LEASE, keep_adopting
from data.errors import StoreError
from data.store.sqlite.store import SqliteStore, open_sqlite
from tests.engine.conftest import until


class Shared:
    """A store that counts how often it was asked, and is away the first time."""

    adopt_every = 0.01

    def __init__(self, store: SqliteStore) -> None:
        self._store, self.asked = store, 0

    async def lease(self, name: str, owner: str, *, host: str = "", seconds: float = 15) -> object:
        return await self._store.lease(name, owner, host=host, seconds=seconds)

    async def adopt_plain(self) -> int:
        self.asked += 1
        if self.asked == 1:
            raise StoreError("the store is away")
        return 0


async def test_one_engine_does_it_again_and_again(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path / "lineside.db")
    one, other = Shared(store), Shared(store)
    assert await store.lease(LEASE, "one", seconds=60) is not None
    tasks = [asyncio.create_task(keep_adopting(shared, name)) for shared, name in ((one, "one"), (other, "other"))]  # type: ignore[arg-type]

    async def thrice() -> bool:
        return one.asked >= 3

    try:
        await until(thrice)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.close()
    assert other.asked == 0


async def test_a_file_of_ones_own_has_no_other_writers(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path / "lineside.db")
    await keep_adopting(store, "one")
    await store.close()
