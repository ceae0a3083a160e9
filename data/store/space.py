"""What logs and records take on this machine's disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from data.store.logs import LogFiles


class Space(NamedTuple):
    """Sizes in bytes.

    Attributes:
        held: how many logs there are.
        logs: what they take.
        projects: id of each project with what its logs take, the largest first.
        records: the store's file, without what SQLite has written ahead.
    """

    held: int = 0
    logs: int = 0
    projects: tuple[tuple[str, int], ...] = ()
    records: int = 0


def measure(files: LogFiles, store: Path, connections: Iterable[str] = ()) -> Space:
    """Look at the files; a hundred thousand of them take about a second. `connections` are those of `LogFiles.usage`.

    Raises:
        StoreError: the folder of the logs cannot be read.
    """
    uses = files.usage(connections)
    projects: Counter[str] = Counter()
    for use in uses:
        if use.job_id:
            projects[use.job_id.rsplit(":", 2)[0]] += use.size
    try:
        records = store.stat().st_size
    except FileNotFoundError:
        records = 0
    return Space(len(uses), sum(use.size for use in uses), tuple(projects.most_common()), records)
