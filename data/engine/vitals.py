"""How an engine does, in a line for people or for a program that watches it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from data.clean import clean
from data.model import Connection


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine does at a moment.

    Attributes:
        state: `opening` until the store was reached for the first time, `away` while it cannot be reached.
        store: what the store is called; without user and password.
        trouble: why the store cannot be reached.
        projects: how many are configured.
        leases: projects and MLflow connections that this engine works on.
        connections: state of each server, with the reason where it is not ok.
        uptime: seconds.
    """

    time: datetime
    owner: str
    state: Literal["opening", "ok", "away", "ended"]
    store: str
    trouble: str = ""
    since: datetime | None = None
    projects: int = 0
    leases: tuple[str, ...] = ()
    connections: dict[str, str] = {}
    uptime: float = 0.0

    def telling(self) -> Vitals:
        """Without what changes all the time."""
        return msgspec.structs.replace(self, time=datetime.min, uptime=0.0)

    def line(self) -> str:
        """In a line for people."""
        parts = [f"store {self.store}{f': {self.trouble}' if self.trouble else ''}"]
        if self.state == "ok":
            parts.append(f"works on {len(self.leases)} of {self.projects} projects and MLflow servers")
        parts += [f"{name} {state}" for name, state in self.connections.items()]
        return clean(f"{self.time:%Y-%m-%d %H:%M:%SZ} {self.state}: {'; '.join(parts)}")

    def json(self) -> str:
        """As one line of JSON."""
        return msgspec.json.encode(self).decode()


def state_of(connection: Connection) -> str:
    """State of a server in a few words; `unasked` where this engine does not work on it."""
    if connection.last_check is None:
        return "unasked"
    return f"{connection.state}: {connection.last_error}" if connection.last_error else connection.state
