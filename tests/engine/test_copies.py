"""Copies of a team's logs on this machine: those that were not read for longest go, none that is open."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.engine.copies import make_room
from data.model import Interest
from data.store.logs import LogFiles
from data.store.open import open_store


async def test_the_least_recently_read_goes_but_none_that_is_open(tmp_path: Path) -> None:
    store, files = await open_store(tmp_path / "lineside.db"), LogFiles(tmp_path / "logs")
    try:
        ids = [f"git lab:1:job:{number}" for number in range(4)]
        for number, job_id in enumerate(ids):
            files.reset(job_id, b"x" * 100)
            os.utime(files.path(job_id), (1000 + number, 1000 + number))
        expires = datetime.now(UTC) + timedelta(minutes=1)
        await store.watch([Interest(id="me", viewer="me", topic=f"log:{ids[0]}", expires=expires)])
        for limit in (0, 400):
            assert await make_room(store, files, limit, ["git lab"]) == 0
        assert await make_room(store, files, 250, ["git lab"]) == 200
        assert [files.size(job_id) for job_id in ids] == [100, 0, 0, 100]
    finally:
        await store.close()
