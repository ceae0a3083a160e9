"""The world: everything that exists, the heap of what is going to happen, and the instant up to which it has happened.

Nothing here knows HTTP. `advance` brings the world up to its clock; whoever reads it calls that first and holds `lock`.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable

from data.simulator.clock import Clock, SystemClock
from data.simulator.entities import Access, Group, Job, Pipeline, Project, Runner, Token, User
from data.simulator.settings import SimulatorSettings

Event = Callable[[], None]
"""Something that happens at an instant; it finds out by itself whether it still applies."""


class World:
    """A seeded GitLab instance.

    Attributes:
        time: the instant up to which everything has happened, seconds since the epoch.
        born: the instant at which history ends and live life begins.
        testing: test repositories of projects by id. They are not in lists, whose length is the number that was asked
            for, and nobody works in them by himself.
        requested: pipelines that were created through the API, oldest first.
        forced: outcomes that were ordered, by job name: failure reason or "success".
        watchers: called with a job whenever its status changes.
        settled: called with a pipeline whenever it ends or blocks.
    """

    def __init__(self, settings: SimulatorSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.lock = threading.RLock()
        self.born = self.time = self.clock.now()
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.groups: dict[str, Group] = {}
        self.projects: dict[int, Project] = {}
        self.testing: dict[int, Project] = {}
        self.paths: dict[str, Project] = {}
        self.pipelines: dict[int, Pipeline] = {}
        self.jobs: dict[int, Job] = {}
        self.runners: list[Runner] = []
        self.queues: dict[str, deque[Job]] = {}
        self.requested: list[Pipeline] = []
        self.forced: dict[str, str] = {}
        self.watchers: list[Callable[[Job], None]] = []
        self.settled: list[Callable[[Pipeline], None]] = []
        self._ids: dict[str, itertools.count[int]] = {}
        self._events: list[tuple[float, int, Event]] = []
        self._order = itertools.count()

    def next_id(self, kind: str, start: int = 1) -> int:
        """Return the next id of a kind of thing; the first one is `start`."""
        return next(self._ids.setdefault(kind, itertools.count(start)))

    def after(self, seconds: float, event: Event) -> None:
        """Let `event` happen `seconds` of life from now; `speed` makes it sooner."""
        self.at(self.time + seconds / self.settings.speed, event)

    def at(self, instant: float, event: Event) -> None:
        """Let `event` happen at `instant`."""
        heapq.heappush(self._events, (instant, next(self._order), event))

    def advance(self, until: float | None = None) -> float:
        """Let everything happen up to `until` (the clock's now by default) and return that instant."""
        target = max(self.clock.now() if until is None else until, self.time)
        while self._events and self._events[0][0] <= target:
            instant, _, event = heapq.heappop(self._events)
            self.time = max(self.time, instant)
            event()
        self.time = target
        return target

    def rewind(self, instant: float) -> None:
        """Set the beginning of time before anything happened, for history."""
        self.time = instant

    def project(self, reference: str) -> Project | None:
        """Return a project by numeric id or full path."""
        if not reference.isdecimal():
            return self.paths.get(reference)
        return self.projects.get(int(reference)) or self.testing.get(int(reference))

    def access(self, user: User, project: Project) -> Access:
        """Return what `user` may do in `project`."""
        return project.members.get(user.id, Access.NONE)

    def visible(self, user: User) -> list[Project]:
        """Return the projects that `user` is a member of, by id."""
        return [project for project in self.projects.values() if user.id in project.members]

    def changed(self, job: Job) -> None:
        """Tell the watchers that the status of `job` changed."""
        for watcher in self.watchers:
            watcher(job)
