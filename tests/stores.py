"""Store files that tests start from, made once in a process and copied: making one takes longer than many a test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from data.model import Record
from data.store.open import open_store
from tests import world

_made: dict[bool, bytes] = {}
"""Contents of a file without records (False), and of one with the fixed world (True)."""


async def new_store(path: Path) -> None:
    """An empty store at `path`, as `open_store` makes it, unless there is one."""
    if _is_missing(path):
        _copy(await _contents(full=False), path)


async def fill_store(path: Path, records: Sequence[Record]) -> None:
    """Put records into the store at `path`; make it if there is none."""
    if _is_missing(path):
        full = _known() <= {id(record) for record in records}
        _copy(await _contents(full=full), path)
        records = [record for record in records if not full or id(record) not in _known()]
    if records:
        store = await open_store(path)
        await store.put(records)
        await store.close()


@cache
def _known() -> frozenset[int]:
    """The very objects of the fixed world, which live as long as the process."""
    return frozenset(id(record) for record in world.records())


async def _contents(*, full: bool) -> bytes:
    if full not in _made:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "lineside.db"
            store = await open_store(path)
            await store.put(world.records() if full else [])
            await store.close()
            _made[full] = path.read_bytes()
    return _made[full]


def _is_missing(path: Path) -> bool:
    return not path.exists()


def _copy(contents: bytes, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(contents)
