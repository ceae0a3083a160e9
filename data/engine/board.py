"""What viewers look at, from their interests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from data.model import Interest

ALL: Final = "projects"
"""Topic of a viewer that looks at all projects."""
TOPICS: Final = ("project", "run", "log", "metrics", "metric", "refs", "preview", "schedules", "tests", "secrets")
"""Topics that name something to look at, as `<topic>:<id>`: see `data.engine.looking` for four of the last ones, and
`data.engine.handover` for `secrets`, which engines tell each other.

`metrics` are MLflow runs of which all metrics are looked at, or one; `metric` are the histories that are looked at, as
`data.engine.wanted` reads them: of whole runs, single ones, and parts.
"""
HISTORIES: Final = ("metrics", "metric")
"""Topics of which the name begins with the id of an MLflow run."""
REFRESH: Final = "refresh"
"""Topic of a wish to synchronise a project now, as `refresh:<project id>`; renewed, it is a new wish."""


class Board:
    """The interests of all viewers, by topic. `changed` is set when they change; whoever waits for it clears it."""

    def __init__(self) -> None:
        self._ids: dict[str, frozenset[str]] = {topic: frozenset() for topic in TOPICS}
        self._refreshed: dict[str, datetime] = {}
        self._wanted: set[str] = set()
        self.everything = False
        """Whether somebody looks at all projects."""
        self.watched = False
        """Whether there is any viewer."""
        self.changed = asyncio.Event()

    def ids(self, topic: str) -> frozenset[str]:
        """Ids of the records that are looked at under a topic."""
        return self._ids[topic]

    def update(self, interests: Iterable[Interest]) -> None:
        """Take in the interests of this moment."""
        found: dict[str, set[str]] = {topic: set() for topic in TOPICS}
        refreshed: dict[str, datetime] = {}
        everything = watched = False
        for interest in interests:
            topic, _, name = interest.topic.partition(":")
            watched = True
            everything = everything or interest.topic == ALL
            if topic == REFRESH:
                refreshed[interest.id] = interest.expires
                if self._refreshed.get(interest.id) != interest.expires:
                    self._wanted.add(name)
                    self.changed.set()
            elif topic in found and name:
                found[topic].add(name)
                if topic in HISTORIES:
                    found["metric"].add(name)
                    found["metrics"].add(":".join(name.split(":")[:2]))
        self._refreshed = refreshed
        new = {topic: frozenset(ids) for topic, ids in found.items()}
        if (new, everything, watched) != (self._ids, self.everything, self.watched):
            self._ids, self.everything, self.watched = new, everything, watched
            self.changed.set()

    def wants_refresh(self, project_id: str) -> bool:
        """Whether somebody asked to synchronise this project now."""
        return project_id in self._wanted

    def take_refresh(self, project_id: str) -> bool:
        """Whether somebody asked to synchronise this project now; asked once, told once."""
        if project_id not in self._wanted:
            return False
        self._wanted.discard(project_id)
        return True
