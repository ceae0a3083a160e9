"""How long the engine waits for what, in seconds. Intervals between polls are the user's settings (`SyncSettings`)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

OVERLAP: Final = 300.0
"""How far a list by change time reaches back behind the greatest time seen: clocks differ, and pages shift."""


class Timing(Struct, frozen=True, kw_only=True):
    """The engine's own paces; tests make them shorter."""

    lease: float = 10.0
    """Life of a lease; it is renewed after a third of it, so that another engine goes on in less than 15 s."""
    watch: float = 0.1
    """Between two looks at the store's revision: how late a command is noticed at most."""
    news: float = 0.5
    """The same for a store behind a network, where a look is a request."""
    looks: float = 0.2
    """Between two looks at what viewers look at, in a store on this machine: how late a new chart begins at most."""
    interests: float = 0.5
    """The same in a store behind a network; and between two looks of those who only follow it."""
    heartbeat: float = 5.0
    """Least time between two writes of a record that only says that all is well."""
    backoff_first: float = 1.0
    """Wait after the first failure of a connection; it doubles with each further one."""
    backoff_watched: float = 4.0
    """Longest wait while somebody looks."""
    backoff_cap: float = 60.0
    """Longest wait at all."""
    background_gap: float = 0.2
    """Between two background calls of a connection, beside what the budget demands: many servers tell no limit."""
    refs: float = 30.0
    """Between two readings of two hundred branches and tags that somebody looks at; more take longer."""
    preview: float = 60.0
    """Between two questions what would run on a ref that somebody looks at, while its commit stays."""
    report: float = 120.0
    """How old the test report is at most that GitLab answers from its cache: a run's last one is read after that."""
    history: float = 5.0
    """Between two readings of a short MLflow history that somebody may still be writing."""
    full_pass: float = 3600.0
    """Between two full passes, which find what was deleted on a server."""
    describe: float = 900.0
    """Between two looks at a project's record and members."""
    settle: float = 60.0
    """After a launch without an answer: how long the server may still be at it before it is sent again."""
    search: float = 3.0
    """Between two looks for a launch whose answer was lost."""
    hold: float = 5.0
    """Between two looks whether a launch that waits for a free place may go."""
    creations: float = 60.0
    """Time in which GitLab takes so many new pipelines from one project (see `data.engine.capacity.CREATIONS`)."""
    secrets: float = 5.0
    """How long a launch waits for the values of its secret variables, which come on another way than the command."""
    tail_steps: tuple[float, ...] = (1.0, 3.0, 5.0, 15.0)
    """Waits between two looks at a log while nothing comes; the first one as long as bytes come."""
    tail_write: float = 0.25
    """Least time between two writes of a job's log state."""
    tail_settle: float = 3.0
    """Between a job's end and the last fetch of its log: the runner sends its last bytes late."""
    sweep: float = 3600.0
    """Between two looks for finished jobs whose logs are to be kept and are not here yet."""
    quota: float = 600.0
    """Longest time between two looks at the space that logs take."""
    quota_check: float = 5.0
    """Between two looks at how much was added since."""
    stop: float = 0.5
    """How long tasks may take to end when the engine is told to."""
