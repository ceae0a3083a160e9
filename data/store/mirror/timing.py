"""How often a mirror looks, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorTiming:
    """Seconds, where nothing else is said. Tests use smaller ones."""

    look: float = 0.1
    """Between two looks at the local file: what viewers write, and what they look at."""
    news: float = 0.5
    """How long a question for news waits where there are none."""
    rest: float = 0.2
    """Between two pulls, so that many small writes come together."""
    answer: float = 6.0
    """How long the team store gets for an answer, beyond what it was asked to wait."""
    page: float = 60.0
    """How long it gets for a page of older records: it may have to read a whole collection."""
    retry: tuple[float, ...] = (0.5, 1.0, 2.0, 5.0)
    """Before each new try to reach a team store that is away; the last one goes on."""
    lease: float = 15.0
    """For how long this file is ours unless we say so again."""
    renew: float = 4.0
    """Between two renewals of that."""
    interest: float = 30.0
    """For how long the team store is told an interest: clocks of viewers and engines differ a bit."""
    fill: float = 0.05
    """Between two rounds of older records, at least; a round that took longer is followed by as long a rest."""
    log: float = 2.0
    """Between two looks at the log that somebody reads, where no record says that it grew."""
    success: float = 10.0
    """Between two notes that all is well."""
    away: float = 14 * 86_400.0
    """A mirror that saw nothing for so long begins anew: deletions are not told for ever."""
    close: float = 2.0
    """For what waits to be told when the mirror ends."""
    trim: float = 600.0
    """Between two looks at how much room copied logs take."""
    traces: float = 86_400.0
    """For how long viewers of this file are told of a deletion."""
    log_bytes: int = 2_000_000_000
    """Bytes of copied logs that are kept; beyond, those that were not read for longest go."""
