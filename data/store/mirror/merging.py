"""Who is right when a record was changed here and in the team store: pure decisions on three versions of it.

`here` is the local one, `there` that of the team store, `agreed` what both had when they last agreed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from data.model import Command, Connection, Interest, Lease, MetricSeries, Record, Session, TestReport, View
from data.model.vocabulary import TEAM_STORE

TWO_WAY: Final[tuple[type[Record], ...]] = (Command, View, Session)
"""Kinds that viewers write; all others come from the team store only."""
LOCAL: Final[frozenset[type[Record]]] = frozenset({Interest, Lease})
"""Kinds that are never copied: they are told otherwise."""
DETAILS: Final[frozenset[type[Record]]] = frozenset({MetricSeries, TestReport})
"""Kinds that are only brought when somebody looks at them: they are large, and there are many."""

OURS: Final = frozenset({"queued", "withdrawn"})
"""States in which a command may have been changed here; any other is the word of an engine."""
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)

Step = Literal["submit", "withdraw", "amend", "put", "delete", "take", "forget", "nothing"]


class Plan(NamedTuple):
    """What to tell the team store, and of which record."""

    step: Step
    record: Record | None = None


def takes(here: Record | None, agreed: Record | None, there: Record) -> bool:
    """Whether what the team store has replaces what is here; else the team store is to be told first."""
    if isinstance(there, Command):
        if there.state != "queued" or here is None or here in (there, agreed):
            return True
        return isinstance(here, Command) and here.state not in OURS
    if here is None:  # what was deleted here comes back where somebody changed it since
        return agreed is None or agreed != there
    return here in (there, agreed) or not is_newer(here, there)


def goes(here: Record, agreed: Record | None) -> bool:
    """Whether a record that the team store has deleted is deleted here; one that was changed here since stays."""
    if isinstance(here, Command):
        return agreed is not None or here.state not in OURS
    return here == agreed


def keeps(record: Record) -> bool:
    """Whether it must be remembered that both sides agreed on it: it may still be changed here, or was."""
    return not isinstance(record, Command) or record.state in OURS


def is_pending(here: Record | None, agreed: Record | None) -> bool:
    """Whether the team store may have to be told of something."""
    if here is None:
        return agreed is not None and not isinstance(agreed, Command)
    return here != agreed and (not isinstance(here, Command) or here.state in OURS)


def plan(here: Record | None, agreed: Record | None, there: Record | None, *, sent: bool) -> Plan:
    """What to tell the team store. `sent` says that `agreed` was perhaps never received."""
    if isinstance(here, Command):
        assert there is None or isinstance(there, Command)
        assert agreed is None or isinstance(agreed, Command)
        return _plan_command(here, agreed, there, sent=sent)
    if here is None:
        if there is None:
            return Plan("forget")
        return Plan("delete", there) if there == agreed else Plan("take", there)
    return Plan("put", here) if there is None or is_newer(here, there) else Plan("take", there)


def _plan_command(here: Command, agreed: Command | None, there: Command | None, *, sent: bool) -> Plan:
    if here.state not in OURS:
        return Plan("nothing")
    if there is None:  # what it had and has no more was removed there
        return Plan("submit", here) if agreed is None or sent else Plan("forget")
    if there.state != "queued":
        return Plan("take", there)
    if here.state == "withdrawn":
        return Plan("withdraw", there)
    both = merged(here, agreed, there)
    return Plan("take", there) if both == there else Plan("amend", both)


def merged(here: Command, agreed: Command | None, there: Command) -> Command:
    """The team store's command with what was changed here since both agreed."""
    if agreed is None:
        return there
    changed = {
        name: getattr(here, name)
        for name in here.__struct_fields__
        if name != "state" and getattr(here, name) != getattr(agreed, name)
    }
    return replace(there, **changed)


def is_newer(one: Record, other: Record) -> bool:
    """Whether somebody wrote the first later than the second, by the time that they hold."""
    return _written(one) > _written(other)


def _written(record: Record) -> datetime:
    if isinstance(record, View):
        return record.updated or _NEVER
    return (record.time or _NEVER) if isinstance(record, Session) else _NEVER


def is_copied(kind: type[Record]) -> bool:
    """Whether records of a kind are copied from the team store at all."""
    return kind not in LOCAL


def is_own(record: Record) -> bool:
    """Whether a record says something of this file only."""
    return isinstance(record, Connection) and record.id == TEAM_STORE
