"""What was written after a revision: one statement over all tables."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, literal, select, union_all

from data.model import Record
from data.store.kinds import KINDS
from data.store.port import Changes
from data.store.sqlite.tables import COUNTER, HOMES, TOMBSTONE
from data.store.sqlite.writing import REVISION

BATCH: Final = 10_000
"""Changes told at a time; more only where one write had more."""

_BY_TABLE: Final = {kind.table: record for record, kind in KINDS.items()}
_PUT, _DELETED = 1, 0


def _since(head: Any, table: Any, state: int) -> Select[Any]:
    between = (head.c.revision > bindparam("since"), head.c.revision <= bindparam("upto"))
    return select(literal(state).label("state"), table.label("kind"), head.c.id, head.c.revision).where(*between)


_CHANGED: Final = union_all(
    *(_since(at.head, literal(at.kind.table), _PUT) for at in HOMES.values()),
    _since(TOMBSTONE, TOMBSTONE.c.kind, _DELETED),
).order_by("revision")
_LAST: Final = select(COUNTER.c.value).where(COUNTER.c.name == REVISION)


def last_revision(connection: Connection) -> int:
    """Revision of the newest write."""
    return int(connection.execute(_LAST).scalar() or 0)


def changes(connection: Connection, since: int, batch: int = BATCH) -> Changes:
    """What was written after revision `since`, oldest first, about `batch` of it."""
    newest = upto = last_revision(connection)
    if since >= newest:
        return Changes(newest, {}, {})
    rows = connection.execute(_CHANGED.limit(batch + 1), {"since": since, "upto": newest}).all()
    if len(rows) > batch:
        cut = rows[-1].revision
        if rows[0].revision < cut:
            upto = cut - 1
        else:  # one write had more than a batch
            upto = cut
            rows = connection.execute(_CHANGED, {"since": since, "upto": upto}).all()
    put: dict[type[Record], set[str]] = {}
    deleted: dict[type[Record], set[str]] = {}
    for row in rows:
        if row.revision <= upto and row.kind in _BY_TABLE:
            (put if row.state == _PUT else deleted).setdefault(_BY_TABLE[row.kind], set()).add(row.id)
    return Changes(upto, _frozen(put), _frozen(deleted), upto == newest)


def _frozen(sets: dict[type[Record], set[str]]) -> dict[type[Record], frozenset[str]]:
    return {kind: frozenset(ids) for kind, ids in sets.items()}
