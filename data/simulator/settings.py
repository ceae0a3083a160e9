"""What a simulated GitLab server is like: seed, size, pace, limits, and features that differ between versions."""

from __future__ import annotations

from dataclasses import dataclass

from data.errors import ConfigError

DAY = 86_400.0
"""Seconds of a day."""

MAX_PORT = 65_535
"""Largest TCP port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """Settings of one simulator.

    Attributes:
        seed: everything random follows from it and from the clock's first instant.
        projects: number of projects; the first six have names of their own, the rest are made up.
        speed: how many times faster than in life jobs run, queue and are authored. Times stay those of the clock.
        history_days: days of finished pipelines that exist at the start; 0 gives projects without pipelines.
        activity: pipelines per hour that the background author starts over all projects; 0 switches it off.
        test_runs: runs of test repositories that are there at the start, one or more for each known project in turn.
        failure_rate: factor on every job's own probability to fail; 0 means that no job fails by chance.
        host, port: where it listens; port 0 takes a free one.
        mlflow_uri: tracking URI (`sqlite:///…` or `http://…`) that training jobs log to; empty for none.
        mlflow_history: most past training runs that are written to MLflow.
        trace_range: the trace endpoint honours `Range` (206, 416), as some proxies and newer servers do.
        trace_byte_offset: the trace endpoint honours `byte_offset` and `byte_limit`, as reported for newer servers.
        trace_interval: seconds between two pushes of log bytes by the runner; 0 means continuously.
        rate_limit: requests per minute and user, 0 for no limit; GitLab.com allows 2,000.
        jobs_limit: requests per minute and user to a project's job list (GitLab docs, instance limits); 0 for no limit.
        create_limit: pipelines per minute and user that one project accepts; 0 for no limit, GitLab.com allows 25.
        count_limit: lists longer than this carry no totals (GitLab docs, REST API pagination: 10,000).
        graphql: there is a GraphQL API; some proxies let no request to it through.
        latency_ms: milliseconds that every answer of GitLab takes at least.
        version: the GitLab version that the server claims.
    """

    seed: int = 1
    projects: int = 6
    speed: float = 1.0
    history_days: float = 14.0
    activity: float = 30.0
    test_runs: int = 0
    failure_rate: float = 1.0
    host: str = "127.0.0.1"
    port: int = 0
    mlflow_uri: str = ""
    mlflow_history: int = 120
    trace_range: bool = False
    trace_byte_offset: bool = False
    trace_interval: float = 0.0
    rate_limit: int = 2000
    jobs_limit: int = 600
    create_limit: int = 0
    count_limit: int = 10_000
    graphql: bool = True
    latency_ms: float = 0.0
    version: str = "18.9.1-ee"

    def __post_init__(self) -> None:
        """Refuse values that make no world.

        Raises:
            ConfigError: names the setting and what would be right.
        """
        if not self.speed > 0:
            raise ConfigError(f"{self.speed} is not a pace", field="speed", hint="give a number above 0")
        if self.projects < 1:
            raise ConfigError(f"{self.projects} projects make no world", field="projects", hint="give 1 or more")
        if not 0 <= self.port <= MAX_PORT:
            raise ConfigError(f"{self.port} is not a port", field="port", hint=f"give 0 to {MAX_PORT}")
        for name in ("history_days", "activity", "test_runs", "failure_rate", "trace_interval", "latency_ms"):
            if not getattr(self, name) >= 0:
                raise ConfigError("must not be negative", field=name)
